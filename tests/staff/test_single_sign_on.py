"""Single sign-on against a local OpenID provider: who comes in, and every answer that proves nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc.jwk import RSAKey

from frontdesk.records.models import Staff
from frontdesk.staff import accounts, invitations
from tests.openid_provider import CLIENT, SECRET, OpenIdProvider


@dataclass
class House:
    desk: Any
    provider: OpenIdProvider

    def colleague(self, email: str | None = "amara@example.org", login: str = "amara") -> str:
        staff_id: str = self.desk.staff(login)
        with self.desk.record.transaction() as session:
            session.get_one(Staff, staff_id).email = email
        return staff_id

    def way(self, to: str = "/staff/") -> tuple[Any, str]:
        """A browser that pressed the button, and the address that the provider sends it back to."""
        visitor = self.desk.visitor()
        gone = visitor.get("/staff/single-sign-on", to=to)
        assert gone.status_code == 303, gone.text
        back = self.provider.authorize(gone.headers["location"])
        return visitor, back.removeprefix(self.desk.settings.base_url)

    def come_in(self) -> tuple[Any, Any]:
        visitor, back = self.way()
        return visitor, visitor.get(back)


@pytest.fixture(scope="module")
def shared_provider() -> Iterator[OpenIdProvider]:
    made = OpenIdProvider()
    yield made
    made.stop()


@pytest.fixture
def house(make_console: Callable[..., Any], sqlite_record: Any, shared_provider: OpenIdProvider) -> House:
    shared_provider.claims = {"email": "amara@example.org", "email_verified": True}
    shared_provider.lies = {}
    shared_provider.signing_key = shared_provider.key
    desk = make_console(
        sqlite_record,
        oidc_issuer=shared_provider.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_name="CHHA's account",
    )
    shared_provider.redirect_uri = f"{desk.settings.base_url}/staff/single-sign-on/callback"
    return House(desk, shared_provider)


def test_an_account_is_found_by_the_verified_address(house: House) -> None:
    house.colleague()
    assert "Sign in with CHHA&#39;s account" in house.desk.visitor().get("/staff/login").text
    visitor, back = house.way(to="/staff/applications")
    arrived = visitor.get(back)
    assert arrived.status_code == 200
    assert 'content="0;url=/staff/applications"' in arrived.text
    assert visitor.get("/staff/").status_code == 200
    assert "session.single_sign_on" in house.desk.audited()


def test_the_address_is_compared_without_regard_to_case(house: House) -> None:
    house.colleague()
    house.provider.claims["email"] = "Amara@Example.ORG"
    assert house.come_in()[1].status_code == 200


def test_an_invited_address_gets_the_promised_account_without_a_password(house: House) -> None:
    with house.desk.record.transaction() as session:
        invitations.invite(session, email="mei@example.org", name="Mei-Ling", role="editor", days=1, by="ada")
    house.provider.claims["email"] = "mei@example.org"
    visitor, arrived = house.come_in()
    assert arrived.status_code == 200
    assert visitor.get("/staff/").status_code == 200
    with house.desk.record.reading() as session:
        made = accounts.by_email(session, "mei@example.org")
        assert invitations.waiting(session) == []
    assert (made.role, made.login) == ("editor", "mei@example.org")
    assert house.desk.visitor().sign_in("mei@example.org", "!").status_code == 401


def refused(house: House, visitor_and_answer: tuple[Any, Any]) -> None:
    visitor, answer = visitor_and_answer
    assert answer.status_code == 403, answer.text
    assert visitor.get("/staff/").status_code == 303
    assert "session.opened" not in house.desk.audited()


def test_somebody_without_an_account_stays_outside(house: House) -> None:
    house.colleague(email=None)
    refused(house, house.come_in())


def test_a_disabled_account_stays_closed(house: House) -> None:
    staff_id = house.colleague()
    house.desk.staff("ada", role="admin")
    with house.desk.record.transaction() as session:
        accounts.disable(session, session.get_one(Staff, staff_id), by="ada")
    refused(house, house.come_in())


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email_verified": None}, {"email": None}])
def test_an_address_that_nobody_vouches_for_is_refused(house: House, claims: dict[str, Any]) -> None:
    house.colleague()
    house.provider.claims |= claims
    refused(house, house.come_in())


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "of another sign-on"},
        {"aud": "another client"},
        {"iss": "https://provider.invalid"},
        {"exp": int(time.time()) - 3600},
    ],
    ids=["nonce", "audience", "issuer", "expired"],
)
def test_a_token_that_is_not_for_this_sign_on_is_refused(house: House, lies: dict[str, Any]) -> None:
    house.colleague()
    house.provider.lies = lies
    refused(house, house.come_in())


def test_a_token_that_somebody_else_signed_is_refused(house: House) -> None:
    house.colleague()
    house.provider.signing_key = RSAKey.generate_key(2048, {"kid": "one"})
    refused(house, house.come_in())


def test_an_answer_to_a_sign_on_that_this_browser_did_not_begin_is_refused(house: House) -> None:
    house.colleague()
    _, back = house.way()
    stranger = house.desk.visitor()
    refused(house, (stranger, stranger.get(back)))


def test_a_changed_state_is_refused(house: House) -> None:
    house.colleague()
    visitor, back = house.way()
    refused(house, (visitor, visitor.get(back + "x")))


def test_a_code_that_was_stolen_is_worth_nothing_without_the_verifier(house: House) -> None:
    house.colleague()
    _, stolen = house.way()
    visitor, own = house.way()
    code = dict(parse_qsl(urlsplit(stolen).query))["code"]
    state = dict(parse_qsl(urlsplit(own).query))["state"]
    answer = visitor.get(f"/staff/single-sign-on/callback?code={code}&state={state}")
    refused(house, (visitor, answer))


def test_an_answer_is_taken_once(house: House) -> None:
    house.colleague()
    visitor, back = house.way()
    assert visitor.get(back).status_code == 200
    assert visitor.get(back).status_code == 403


def test_a_refusal_of_the_provider_is_said(house: House) -> None:
    house.colleague()
    visitor, back = house.way()
    state = dict(parse_qsl(urlsplit(back).query))["state"]
    answer = visitor.get(f"/staff/single-sign-on/callback?error=access_denied&state={state}")
    refused(house, (visitor, answer))


def test_a_provider_that_is_away_leaves_the_password(
    make_console: Any, sqlite_record: Any, free_port: int
) -> None:
    desk = make_console(sqlite_record, oidc_issuer=f"http://127.0.0.1:{free_port}", oidc_client_id="x")
    answer = desk.visitor().get("/staff/single-sign-on")
    assert answer.status_code == 403
    assert "use your password" in answer.text


def test_a_second_factor_at_the_desk_is_asked_unless_the_provider_asked(house: House) -> None:
    house.colleague()
    admin = house.desk.signed_in("ada", role="admin")
    admin.post("/staff/team/rules", second_factor="everybody")
    visitor, _ = house.come_in()
    assert visitor.get("/staff/").headers["location"] == "/staff/second-factor/set-up"
    house.provider.claims["amr"] = ["pwd", "otp"]
    visitor, _ = house.come_in()
    assert visitor.get("/staff/").status_code == 200
