"""The second factor: set up, asked for, never taken twice, required by the house, recovered."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from frontdesk.records.models import RecoveryCode, SecondFactor, now
from frontdesk.staff import second_factor
from frontdesk.staff.accounts import find


def app_of(desk: Any, login: str) -> pyotp.TOTP:
    """The authenticator app of somebody whose second factor was set up or begun."""
    with desk.record.reading() as session:
        sealed = session.get_one(SecondFactor, find(session, login).id).sealed
    return pyotp.TOTP(second_factor.Keys(desk.settings.secret_key).open(sealed))


def fresh(desk: Any, login: str) -> str:
    """A code that was not taken yet: the next step's, which a clock that is ahead would show."""
    app = app_of(desk, login)
    with desk.record.reading() as session:
        last = session.get_one(SecondFactor, find(session, login).id).last_step
    step = max(int(now().timestamp()) // 30, last + 1)
    return app.at(step * 30)


def set_up(desk: Any, login: str = "amara", role: str = "agent") -> tuple[Any, list[str]]:
    """A signed-in browser whose owner has just set up a second factor, and the recovery codes."""
    visitor = desk.signed_in(login, role=role)
    visitor.get("/staff/second-factor/set-up")
    shown = visitor.post("/staff/second-factor/set-up", code=app_of(desk, login).now())
    assert shown.status_code == 200, shown.text
    codes = re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", shown.text)
    # As if it had been a minute ago: the next sign-in is not in the same half minute.
    with desk.record.transaction() as session:
        session.get_one(SecondFactor, find(session, login).id).last_step -= 2
    return visitor, codes


def test_setting_up_shows_a_picture_a_secret_and_then_recovery_codes(both: Any) -> None:
    visitor = both.signed_in("amara")
    page = visitor.get("/staff/second-factor/set-up").text
    secret = re.search(r'data-testid="secret">([A-Z2-7]{32})<', page)
    assert secret
    assert visitor.get("/staff/second-factor/set-up").text.count(secret[1]) == 1
    picture = visitor.get("/staff/second-factor/qr.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert b"<svg" in picture.content
    done = visitor.post("/staff/second-factor/set-up", code=pyotp.TOTP(secret[1]).now())
    assert len(set(re.findall(r"<code>([a-z2-9-]{11})</code>", done.text))) == 10
    assert "On. 10 recovery codes left." in visitor.get("/staff/account").text


def test_neither_secret_nor_recovery_codes_stand_in_the_record(desk: Any) -> None:
    _, codes = set_up(desk)
    secret = app_of(desk, "amara").secret
    with desk.record.reading() as session:
        kept = session.get_one(SecondFactor, find(session, "amara").id)
        hashes = {one.code_hash for one in session.query(RecoveryCode)}
    assert secret not in kept.sealed
    assert not hashes & {code.replace("-", "") for code in codes}


def test_a_password_alone_opens_nothing_any_more(both: Any) -> None:
    set_up(both)
    visitor = both.visitor()
    visitor.sign_in("amara")
    for path in ("/staff/", "/staff/account", "/staff/password", "/staff/events"):
        assert visitor.get(path).headers["location"].startswith("/staff/second-factor"), path
    visitor.csrf = csrf_of(visitor)
    assert visitor.post("/staff/availability", available="no").headers["location"] == "/staff/second-factor"
    wrong = visitor.post("/staff/second-factor", code="000000", to="/staff/applications")
    assert wrong.status_code == 422
    done = visitor.post("/staff/second-factor", code=fresh(both, "amara"), to="/staff/applications")
    assert (done.status_code, done.headers["location"]) == (303, "/staff/applications")
    assert visitor.get("/staff/").status_code == 200


def test_a_code_that_was_taken_is_refused_the_second_time(both: Any) -> None:
    set_up(both)
    code = fresh(both, "amara")
    first, second = waiting_for_code(both), waiting_for_code(both)
    assert first.post("/staff/second-factor", code=code).status_code == 303
    refused = second.post("/staff/second-factor", code=code)
    assert refused.status_code == 422
    assert "used already" in refused.text


def test_a_recovery_code_lets_in_once(both: Any) -> None:
    _, codes = set_up(both)
    first, second = waiting_for_code(both), waiting_for_code(both)
    assert first.post("/staff/second-factor", code=codes[0].upper()).status_code == 303
    assert second.post("/staff/second-factor", code=codes[0]).status_code == 422
    assert "9 recovery codes left" in first.get("/staff/account").text
    assert "second_factor.recovery_code_used" in both.audited()


def test_a_recovery_code_of_somebody_else_is_refused(desk: Any) -> None:
    set_up(desk)
    _, codes = set_up(desk, "daniel")
    assert waiting_for_code(desk).post("/staff/second-factor", code=codes[0]).status_code == 422


def test_codes_cannot_be_tried_through(make_console: Any, sqlite_record: Any) -> None:
    desk = make_console(sqlite_record, second_factor_codes_per_hour=5)
    set_up(desk)  # counts as one
    visitor = waiting_for_code(desk)
    for _ in range(4):
        assert visitor.post("/staff/second-factor", code="000000").status_code == 422
    refused = visitor.post("/staff/second-factor", code=fresh(desk, "amara"))
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


def test_the_house_can_require_it_of_admins_or_everybody(both: Any) -> None:
    admin = both.signed_in("ada", role="admin")
    agent = both.signed_in("amara")
    assert admin.post("/staff/team/rules", second_factor="admins").status_code == 303
    assert admin.get("/staff/").headers["location"] == "/staff/second-factor/set-up"
    assert admin.get("/staff/second-factor/set-up").status_code == 200
    assert agent.get("/staff/").status_code == 200
    admin.post("/staff/second-factor/set-up", code=app_of(both, "ada").now())
    assert admin.get("/staff/").status_code == 200
    assert admin.post("/staff/team/rules", second_factor="everybody").status_code == 303
    assert agent.get("/staff/").headers["location"] == "/staff/second-factor/set-up"
    assert admin.post("/staff/team/rules", second_factor="dogs").status_code == 422


def test_switching_off_and_new_recovery_codes_need_a_code(desk: Any) -> None:
    visitor, old = set_up(desk)
    assert visitor.post("/staff/second-factor/remove", code="123456").status_code == 422
    renewed = visitor.post("/staff/second-factor/codes", code=old[0])
    assert renewed.status_code == 200
    assert not any(code in renewed.text for code in old)
    assert visitor.post("/staff/second-factor/remove", code=old[1]).status_code == 422
    assert visitor.post("/staff/second-factor/remove", code=fresh(desk, "amara")).status_code == 303
    assert desk.visitor().sign_in("amara").headers["location"] == "/staff/"
    assert "Off." in visitor.get("/staff/account").text


def test_an_admin_removes_it_of_somebody_who_lost_the_phone(desk: Any) -> None:
    visitor, _ = set_up(desk)
    with desk.record.reading() as session:
        staff_id = find(session, "amara").id
    desk.signed_in("ada", role="admin").post(f"/staff/team/{staff_id}/second-factor/remove")
    assert visitor.get("/staff/").status_code == 303
    again = desk.visitor()
    again.sign_in("amara")
    assert again.get("/staff/").status_code == 200
    assert "second_factor.removed" in desk.audited()


def test_a_secret_of_another_key_is_said_so_instead_of_breaking(desk: Any) -> None:
    set_up(desk)
    with desk.record.transaction() as session:
        other = second_factor.Keys("another key of another installation")
        session.get_one(SecondFactor, find(session, "amara").id).sealed = other.seal("A" * 32)
    answer = waiting_for_code(desk).post("/staff/second-factor", code="123456")
    assert answer.status_code == 422
    assert "An admin can remove" in answer.text


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_phone_may_be_one_step_off(desk: Any, steps: int) -> None:
    set_up(desk)
    at = now() + timedelta(seconds=30 * steps)
    code = app_of(desk, "amara").at(at)
    assert waiting_for_code(desk).post("/staff/second-factor", code=code).status_code == 303


def waiting_for_code(desk: Any, login: str = "amara") -> Any:
    """A browser in which the right password was typed."""
    visitor = desk.visitor()
    visitor.sign_in(login)
    visitor.csrf = csrf_of(visitor)
    return visitor


def csrf_of(visitor: Any) -> str:
    found = re.search(r'name="csrf" value="([^"]*)"', visitor.get("/staff/second-factor").text)
    assert found
    return found[1]
