"""Signing in, staying in, being sent out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from frontdesk.records.models import AuditEntry, Staff, StaffSession, now
from frontdesk.staff import accounts
from frontdesk.staff.sessions import COOKIE, hashed_token

NEW = "marble window atlas"


def test_who_signs_in_comes_to_the_queue(both: Any) -> None:
    both.staff("amara")
    visitor = both.visitor()
    response = visitor.sign_in("Amara")
    assert (response.status_code, response.headers["location"]) == (303, "/staff/")
    assert "Nobody is waiting." in visitor.get("/staff/").text


def test_the_cookie_is_for_this_browser_and_the_console_only(desk: Any) -> None:
    desk.staff("amara")
    cookie = next(
        value
        for value in desk.visitor().sign_in("amara").headers.get_list("set-cookie")
        if value.startswith(COOKIE + "=")
    )
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/staff" in cookie
    assert "Secure" not in cookie


def test_over_https_the_cookie_is_secure(make_console: Any, sqlite_record: Any) -> None:
    desk = make_console(sqlite_record, public_url="https://desk.example.org")
    desk.staff("amara")
    visitor = desk.visitor()
    visitor.client.base_url = "https://desk.test"
    cookies = visitor.sign_in("amara").headers.get_list("set-cookie")
    assert all("Secure" in cookie for cookie in cookies)


def test_the_record_keeps_a_hash_of_the_token_only(desk: Any) -> None:
    visitor = desk.signed_in()
    token = visitor.client.cookies[COOKIE]
    with desk.record.reading() as session:
        kept = session.scalars(select(StaffSession.token_hash)).all()
    assert kept == [hashed_token(token)]
    assert token not in kept


def test_unknown_logins_and_wrong_passwords_are_answered_alike(desk: Any) -> None:
    desk.staff("amara")
    with desk.record.transaction() as session:
        session.get(Staff, desk.staff("gone")).disabled_at = now()
    answers = {
        (response.status_code, response.text.replace(login, ""))
        for login, password in [("amara", "wrong"), ("nobody", "wrong"), ("gone", "river lantern copper")]
        for visitor in [desk.visitor()]
        for response in [visitor.sign_in(login, password)]
    }
    tokens_apart = {(status, text.split('name="csrf"')[0]) for status, text in answers}
    assert len(tokens_apart) == 1
    assert tokens_apart.pop()[0] == 401


def test_too_many_tries_must_wait_per_login(make_console: Any, sqlite_record: Any) -> None:
    desk = make_console(sqlite_record, logins_per_minute=3)
    desk.staff("amara")
    for number in range(3):
        assert desk.visitor(f"192.0.2.{number}").sign_in("amara", "wrong").status_code == 401
    refused = desk.visitor("192.0.2.9").sign_in("amara")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


def test_too_many_tries_must_wait_per_address(make_console: Any, sqlite_record: Any) -> None:
    desk = make_console(sqlite_record, logins_per_minute=3)
    desk.staff("amara")
    for number in range(3):
        assert desk.visitor().sign_in(f"somebody{number}", "wrong").status_code == 401
    assert desk.visitor().sign_in("amara").status_code == 429
    assert desk.visitor("198.51.100.7").sign_in("amara").status_code == 303


def test_a_login_form_of_another_site_is_refused(desk: Any) -> None:
    desk.staff("amara")
    visitor = desk.visitor()
    data = {"login": "amara", "password": "river lantern copper", "csrf": "made up"}
    assert visitor.client.post("/staff/login", data=data).status_code == 403
    visitor.get("/staff/login")
    assert visitor.client.post("/staff/login", data=data).status_code == 403


def test_a_form_without_the_sessions_token_changes_nothing(desk: Any) -> None:
    visitor = desk.signed_in()
    staff_id = desk.get(StaffSession, hashed_token(visitor.client.cookies[COOKIE])).staff_id
    assert visitor.client.post("/staff/availability", data={"available": "no"}).status_code == 403
    assert (
        visitor.client.post("/staff/availability", data={"available": "no", "csrf": "x"}).status_code == 403
    )
    assert desk.get(Staff, staff_id).available


def test_a_token_of_another_session_is_refused(desk: Any) -> None:
    one, other = desk.signed_in("amara"), desk.signed_in("daniel")
    data = {"available": "no", "csrf": other.token()}
    assert one.client.post("/staff/availability", data=data).status_code == 403


def test_a_right_token_from_another_site_is_refused(desk: Any) -> None:
    visitor = desk.signed_in()
    response = visitor.client.post(
        "/staff/availability",
        data={"available": "no", "csrf": visitor.token()},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert response.status_code == 403


def test_an_expired_session_is_asked_to_sign_in_and_led_back(desk: Any) -> None:
    visitor = desk.signed_in()
    conversation_id = desk.waiting()
    with desk.record.transaction() as session:
        session.execute(update(StaffSession).values(expires_at=now() - timedelta(seconds=1)))
    path = f"/staff/conversations/{conversation_id}"
    response = visitor.get(path)
    assert response.status_code == 303
    assert response.headers["location"] == f"/staff/login?to=%2Fstaff%2Fconversations%2F{conversation_id}"
    assert visitor.sign_in("amara", to=path).headers["location"] == path


def test_htmx_is_sent_to_the_sign_in_page_when_the_session_expired(desk: Any) -> None:
    visitor = desk.signed_in()
    visitor.token()
    with desk.record.transaction() as session:
        session.execute(update(StaffSession).values(expires_at=now() - timedelta(seconds=1)))
    response = visitor.client.get(
        "/staff/queue",
        headers={"HX-Request": "true", "HX-Current-URL": "http://desk.test/staff/?section=mine"},
    )
    assert response.status_code == 401
    assert response.headers["hx-redirect"] == "/staff/login?to=%2Fstaff%2F%3Fsection%3Dmine"


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.test/",
        "//evil.test/",
        "/staff//..\\evil",
        "/staff\\@evil.test",
        "javascript:alert(1)",
        "/api/",
        "",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(desk: Any, to: str) -> None:
    desk.staff("amara")
    assert desk.visitor().sign_in("amara", to=to).headers["location"].startswith("/staff/")


def test_signing_out_ends_the_session_in_the_record(desk: Any) -> None:
    visitor = desk.signed_in()
    token = visitor.client.cookies[COOKIE]
    assert visitor.post("/staff/logout").status_code == 303
    visitor.client.cookies.set(COOKIE, token, domain="desk.test", path="/staff")
    assert visitor.get("/staff/").status_code == 303


def test_a_one_time_password_opens_the_password_page_and_nothing_else(both: Any) -> None:
    conversation_id = both.waiting()
    with both.record.transaction() as session:
        given = accounts.add(session, "mei", name="Mei", role="admin", by="test")
    visitor = both.visitor()
    visitor.sign_in("mei", given.password)
    for path in ("/staff/", "/staff/team", f"/staff/conversations/{conversation_id}", "/staff/events"):
        response = visitor.get(path)
        assert (response.status_code, response.headers["location"]) == (303, "/staff/password"), path
    visitor.post(f"/staff/conversations/{conversation_id}/claim")
    assert visitor.get("/staff/password").status_code == 200
    changed = visitor.post("/staff/password", current=given.password, new=NEW, again=NEW)
    assert changed.status_code == 303
    assert visitor.get("/staff/").status_code == 200
    assert both.visitor().sign_in("mei", NEW).status_code == 303


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"current": "wrong", "new": NEW, "again": NEW}, "not your current password"),
        ({"current": "river lantern copper", "new": NEW, "again": "other"}, "not the same"),
        ({"current": "river lantern copper", "new": "short", "again": "short"}, "at least 12"),
        (
            {
                "current": "river lantern copper",
                "new": "river lantern copper",
                "again": "river lantern copper",
            },
            "old one",
        ),
    ],
)
def test_a_password_change_that_cannot_be_says_why(desk: Any, fields: dict[str, str], said: str) -> None:
    visitor = desk.signed_in()
    response = visitor.post("/staff/password", **fields)
    assert response.status_code == 422
    assert said in response.text


def test_changing_the_password_ends_every_other_session(desk: Any) -> None:
    here, elsewhere = desk.signed_in("amara"), desk.signed_in("amara")
    before = here.client.cookies[COOKIE]
    here.post("/staff/password", current="river lantern copper", new=NEW, again=NEW)
    assert here.get("/staff/").status_code == 200
    assert here.client.cookies[COOKIE] != before
    assert elsewhere.get("/staff/").status_code == 303


def test_sign_ins_are_in_the_audit_log_and_typed_logins_are_not(desk: Any) -> None:
    desk.staff("amara")
    desk.visitor().sign_in("my secret password", "x")
    desk.visitor().sign_in("amara")
    with desk.record.reading() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.at)).all()
    assert [(entry.actor, entry.action) for entry in entries] == [
        ("unknown", "session.refused"),
        ("amara", "session.opened"),
    ]
