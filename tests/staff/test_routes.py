"""Every route of the console × who asks × how: allowed or refused. A route that is not in the table fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from frontdesk.staff import console
from frontdesk.staff.rendering import HEADERS, STATIC

IN = 303  # to the sign-in page
PUBLIC, NOBODY = "public", "nobody"

# (method, path) → the answers to: nobody, agent, editor, admin. A POST without the CSRF token is 403 always.
TABLE: dict[tuple[str, str], tuple[int, int, int, int]] = {
    ("GET", "/staff"): (303, 303, 303, 303),
    ("GET", "/staff/login"): (200, 303, 303, 303),
    ("GET", "/staff/static/{name:path}"): (200, 200, 200, 200),
    ("GET", "/staff/"): (IN, 200, 200, 200),
    ("GET", "/staff/queue"): (IN, 200, 200, 200),
    ("GET", "/staff/queue/beside"): (IN, 200, 200, 200),
    ("GET", "/staff/outages"): (IN, 200, 200, 200),
    ("GET", "/staff/password"): (IN, 200, 200, 200),
    ("GET", "/staff/conversations/{conversation_id}"): (IN, 200, 200, 200),
    ("GET", "/staff/conversations/{conversation_id}/thread"): (IN, 200, 200, 200),
    ("GET", "/staff/conversations/{conversation_id}/handling"): (IN, 200, 200, 200),
    ("GET", "/staff/conversations/{conversation_id}/beside"): (IN, 200, 200, 200),
    ("GET", "/staff/applications"): (IN, 200, 200, 200),
    ("GET", "/staff/applications.csv"): (IN, 403, 200, 200),
    ("GET", "/staff/applications.json"): (IN, 403, 200, 200),
    ("GET", "/staff/applications/{reference}"): (IN, 200, 200, 200),
    ("GET", "/staff/team"): (IN, 403, 403, 200),
    ("GET", "/staff/audit"): (IN, 403, 403, 200),
    ("GET", "/staff/{rest:path}"): (IN, 404, 404, 404),
    ("POST", "/staff/login"): (403, 403, 403, 403),
    ("POST", "/staff/logout"): (IN, 303, 303, 303),
    ("POST", "/staff/password"): (IN, 422, 422, 422),
    ("POST", "/staff/availability"): (IN, 303, 303, 303),
    ("POST", "/staff/conversations/{conversation_id}/claim"): (IN, 303, 303, 303),
    ("POST", "/staff/conversations/{conversation_id}/take-over"): (IN, 303, 303, 303),
    ("POST", "/staff/conversations/{conversation_id}/reply"): (IN, 303, 303, 303),
    ("POST", "/staff/conversations/{conversation_id}/release"): (IN, 409, 409, 409),
    ("POST", "/staff/conversations/{conversation_id}/transfer"): (IN, 422, 422, 422),
    ("POST", "/staff/conversations/{conversation_id}/return"): (IN, 303, 303, 303),
    ("POST", "/staff/conversations/{conversation_id}/close"): (IN, 303, 303, 303),
    ("POST", "/staff/conversations/{conversation_id}/settle"): (IN, 303, 303, 303),
    ("POST", "/staff/applications/{reference}/state"): (IN, 303, 303, 303),
    ("POST", "/staff/team"): (IN, 403, 403, 200),
    ("POST", "/staff/team/{staff_id}/reset"): (IN, 403, 403, 200),
    ("POST", "/staff/team/{staff_id}/role"): (IN, 403, 403, 303),
    ("POST", "/staff/team/{staff_id}/disable"): (IN, 403, 403, 303),
    ("POST", "/staff/team/{staff_id}/enable"): (IN, 403, 403, 303),
}
# A stream never ends; who may open it is asked in test_news.py.
STREAM = ("GET", "/staff/events")
FORM = {
    "text": "Hello",
    "state": "offer",
    "seen": "received",
    "role": "agent",
    "login": "newcomer",
    "name": "New",
    "available": "yes",
}
WHO = ("nobody", "agent", "editor", "admin")


@dataclass
class Place:
    desk: Any
    conversation_id: str
    colleague: str

    def path(self, template: str) -> str:
        return (
            template.replace("{conversation_id}", self.conversation_id)
            .replace("{reference}", "K7QX4M")
            .replace("{staff_id}", self.colleague)
            .replace("{name:path}", "console.css")
            .replace("{rest:path}", "nowhere/at/all")
        )


@pytest.fixture
def place(desk: Any) -> Place:
    desk.application("K7QX4M")
    return Place(desk, desk.waiting(), desk.staff("colleague"))


def asked(place: Place, who: str) -> Any:
    return place.desk.visitor() if who == "nobody" else place.desk.signed_in(who, role=who)


def test_every_route_is_in_the_table(desk: Any) -> None:
    routes = console.router(desk.record, desk.settings, desk.changes).routes
    found = {(method, route.path) for route in routes for method in route.methods}  # type: ignore[attr-defined]
    assert found == {*TABLE, STREAM}


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("method", "template"), TABLE)
def test_a_route_answers_by_role(place: Place, method: str, template: str, who: str) -> None:
    visitor = asked(place, who)
    path = place.path(template)
    if method == "GET":
        response = visitor.get(path)
    else:
        token = visitor.token() if who != "nobody" else "none"
        response = visitor.client.post(path, data={"csrf": token, **FORM})
    assert response.status_code == TABLE[method, template][WHO.index(who)], response.text[:400]
    if who == "nobody" and TABLE[method, template][0] == IN and path != "/staff":
        assert response.headers["location"].startswith("/staff/login")


@pytest.mark.parametrize(("method", "template"), [entry for entry in TABLE if entry[0] == "POST"])
def test_a_change_without_the_csrf_token_is_refused(place: Place, method: str, template: str) -> None:
    response = asked(place, "admin").client.post(place.path(template), data=FORM)
    assert response.status_code == 403


@pytest.mark.parametrize("who", ["nobody", "admin"])
@pytest.mark.parametrize(("method", "template"), [entry for entry in TABLE if entry[0] == "GET"])
def test_every_answer_carries_the_headers(place: Place, method: str, template: str, who: str) -> None:
    response = asked(place, who).get(place.path(template))
    for name, value in HEADERS.items():
        assert response.headers[name] == value
    if "static" not in template:
        assert response.headers["Cache-Control"] == "no-store"


def test_pages_hold_no_inline_script_and_no_inline_style(place: Place) -> None:
    admin = asked(place, "admin")
    for method, template in TABLE:
        if method == "GET" and "static" not in template:
            html = admin.get(place.path(template)).text
            assert "<style" not in html
            assert " style=" not in html
            assert "<script>" not in html
            assert " onclick=" not in html


def test_the_vendored_file_is_the_one_of_the_notice() -> None:
    import hashlib

    notice = (STATIC / "vendor" / "NOTICE").read_text()
    for path in (STATIC / "vendor").glob("*.js"):
        assert path.name in notice
        assert hashlib.sha256(path.read_bytes()).hexdigest() in notice


@pytest.mark.parametrize(
    "name", ["../console.py", "..%2fconsole.py", "vendor/../../console.py", "nothing.css"]
)
def test_only_static_files_are_given_out(desk: Any, name: str) -> None:
    assert desk.visitor().get(f"/staff/static/{name}").status_code in (303, 404)


def test_a_body_that_is_too_large_is_refused(desk: Any) -> None:
    visitor = desk.signed_in()
    response = visitor.post(f"/staff/conversations/{desk.waiting()}/reply", text="x" * 70_000)
    assert response.status_code == 413


def test_a_form_that_is_no_form_is_refused(desk: Any) -> None:
    visitor = desk.signed_in()
    headers = {"X-CSRF-Token": visitor.token()}
    assert (
        visitor.client.post("/staff/availability", json={"available": "no"}, headers=headers).status_code
        == 415
    )


def test_a_record_that_does_not_answer_is_said_so(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    visitor = desk.signed_in()

    def broken(*_: object, **__: object) -> Callable[..., Any]:
        raise OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr(desk.record, "reading", broken)
    response = visitor.get("/staff/")
    assert response.status_code == 503
    assert "The record does not answer" in response.text


def test_admins_add_reset_and_disable_colleagues(desk: Any) -> None:
    from frontdesk.staff.accounts import find

    admin = desk.signed_in("ada", role="admin")
    added = admin.post("/staff/team", login="mei", name="Mei-Ling", role="editor")
    given = added.text.split('data-testid="one-time-password">')[1].split("<")[0]
    assert desk.visitor().sign_in("mei", given).status_code == 303
    with desk.record.reading() as session:
        staff_id = find(session, "mei").id  # type: ignore[union-attr]
    reset = admin.post(f"/staff/team/{staff_id}/reset").text
    again = reset.split('data-testid="one-time-password">')[1].split("<")[0]
    assert desk.visitor().sign_in("mei", given).status_code == 401
    assert desk.visitor().sign_in("mei", again).status_code == 303
    admin.post(f"/staff/team/{staff_id}/disable")
    assert desk.visitor().sign_in("mei", again).status_code == 401
    assert admin.post("/staff/team", login="mei", name="Again", role="agent").status_code == 422
    assert "account.disabled" in admin.get("/staff/audit").text


def test_an_admin_cannot_lock_oneself_out(desk: Any) -> None:
    staff_id = desk.staff("ada", role="admin")
    admin = desk.signed_in("ada")
    assert admin.post(f"/staff/team/{staff_id}/disable").status_code == 409
    assert admin.post(f"/staff/team/{staff_id}/reset").status_code == 409
    assert admin.post(f"/staff/team/{staff_id}/role", role="agent").status_code == 422
