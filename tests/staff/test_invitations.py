"""Invitations: a signed link, used once, revoked, run out. Passwords, sessions, the audit log."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from frontdesk.records.models import Invitation, Mail, now
from frontdesk.staff import accounts, breached

NEW = "marble window atlas"


def invited(desk: Any, email: str = "Mei@Example.org", role: str = "editor") -> str:
    """The path of a fresh invitation's link."""
    admin = desk.signed_in("ada", role="admin")
    page = admin.post("/staff/team/invitations", email=email, name="Mei-Ling", role=role)
    found = re.search(r'data-testid="invitation-link">([^<]+)<', page.text)
    assert found, page.text
    return found[1].removeprefix(desk.settings.base_url)


def accept(desk: Any, path: str, password: str = NEW, login: str = "mei") -> Any:
    visitor = desk.visitor()
    page = visitor.get(path)
    token = re.search(r'name="csrf" value="([^"]*)"', page.text)
    data = {"csrf": token[1] if token else "", "login": login, "new": password, "again": password}
    return visitor, visitor.client.post(path, data=data)


def test_who_accepts_is_in_with_the_promised_role(both: Any) -> None:
    visitor, done = accept(both, invited(both))
    assert (done.status_code, done.headers["location"]) == (303, "/staff/?done=welcome")
    assert visitor.get("/staff/").status_code == 200
    with both.record.reading() as session:
        made = accounts.find(session, "mei")
    assert (made.role, made.name, made.email) == ("editor", "Mei-Ling", "mei@example.org")
    assert {"account.invited", "account.invitation_accepted"} <= set(both.audited())


def test_the_letter_with_the_link_waits_in_the_outbox(desk: Any) -> None:
    path = invited(desk)
    with desk.record.reading() as session:
        [mail] = session.query(Mail)
    assert (mail.recipient, mail.secret) == ("mei@example.org", True)
    assert desk.settings.base_url + path in mail.body
    assert "ada invites you" in mail.body


def test_a_link_works_once(desk: Any) -> None:
    path = invited(desk)
    accept(desk, path)
    assert desk.visitor().get(path).status_code == 404
    assert accept(desk, path, login="other")[1].status_code in (403, 404)


def test_a_revoked_or_run_out_or_forged_link_is_over(desk: Any) -> None:
    first, second = invited(desk), invited(desk, "ben@example.org")
    admin = desk.signed_in("ada")
    with desk.record.reading() as session:
        ids = {one.email: one.id for one in session.query(Invitation)}
    assert admin.post(f"/staff/team/invitations/{ids['mei@example.org']}/revoke").status_code == 303
    assert desk.visitor().get(first).status_code == 404
    with desk.record.transaction() as session:
        session.execute(update(Invitation).values(expires_at=now() - timedelta(seconds=1)))
    assert desk.visitor().get(second).status_code == 404
    assert desk.visitor().get(second[:-2] + "xx").status_code == 404


def test_a_second_invitation_to_the_same_address_ends_the_first(desk: Any) -> None:
    first, second = invited(desk), invited(desk)
    assert desk.visitor().get(first).status_code == 404
    assert desk.visitor().get(second).status_code == 200


def test_an_address_with_an_account_is_not_invited(desk: Any) -> None:
    accept(desk, invited(desk))
    again = desk.signed_in("ada").post(
        "/staff/team/invitations", email="MEI@example.org", name="Mei", role="agent"
    )
    assert again.status_code == 422


@pytest.mark.parametrize("password", ["short", "mei mei mei mei", "password password"])
def test_a_weak_password_is_not_accepted(desk: Any, password: str) -> None:
    assert accept(desk, invited(desk), password)[1].status_code == 422


def breach_list(folder: Path, *passwords: str) -> Path:
    """A file as haveibeenpwned.com gives it: many hashes in order, these among them."""
    known = {hashlib.sha1(word.encode()).hexdigest().upper() for word in passwords}
    others = {hashlib.sha1(str(number).encode()).hexdigest().upper() for number in range(3000)}
    file = folder / "breached.txt"
    lines = [f"{one}:{len(one) + index}" for index, one in enumerate(sorted(known | others))]
    file.write_text("\r\n".join(lines) + "\r\n")
    return file


def test_a_password_from_a_breach_is_not_accepted(
    make_console: Any, sqlite_record: Any, tmp_path: Path
) -> None:
    desk = make_console(sqlite_record, breached_passwords_file=breach_list(tmp_path, NEW))
    path = invited(desk)
    refused = accept(desk, path)[1]
    assert refused.status_code == 422
    assert "stolen passwords" in refused.text
    assert accept(desk, path, "copper window atlas")[1].status_code == 303


def test_the_lookup_finds_every_line_of_the_file_and_no_other(tmp_path: Path) -> None:
    file = breach_list(tmp_path, "one", "two")
    assert all(breached.is_known(str(number), file) for number in range(0, 3000, 7))
    assert breached.is_known("one", file)
    assert not any(breached.is_known(f"not {number}", file) for number in range(300))


def test_without_its_list_a_password_can_still_be_chosen(
    make_console: Any, sqlite_record: Any, tmp_path: Path
) -> None:
    desk = make_console(sqlite_record, breached_passwords_file=tmp_path / "gone.txt")
    assert accept(desk, invited(desk))[1].status_code == 303


def test_one_sees_and_ends_ones_own_sessions(both: Any) -> None:
    here = both.visitor()
    both.staff("amara")
    here.client.headers["user-agent"] = "Firefox on the desk"
    here.sign_in("amara")
    there = both.visitor("192.0.2.77")
    there.client.headers["user-agent"] = "Phone in the train"
    there.sign_in("amara")
    page = here.get("/staff/account").text
    assert "Phone in the train" in page
    assert "192.0.2.77" in page
    handle = re.search(r"/staff/account/sessions/([0-9a-f]{16})/end", page)
    assert handle
    here.post(f"/staff/account/sessions/{handle[1]}/end")
    assert there.get("/staff/").status_code == 303
    assert here.get("/staff/").status_code == 200
    assert "Phone in the train" not in here.get("/staff/account").text


def test_nobody_ends_a_session_of_somebody_else_by_the_own_page(desk: Any) -> None:
    amara, daniel = desk.signed_in("amara"), desk.signed_in("daniel")
    from frontdesk.staff.sessions import COOKIE, hashed_token

    handle = hashed_token(daniel.client.cookies[COOKIE])[:16]
    amara.post(f"/staff/account/sessions/{handle}/end")
    assert daniel.get("/staff/").status_code == 200


def test_an_admin_ends_the_sessions_of_a_colleague(desk: Any) -> None:
    admin, amara = desk.signed_in("ada", role="admin"), desk.signed_in("amara")
    with desk.record.reading() as session:
        staff_id = accounts.find(session, "amara").id
    assert admin.get(f"/staff/team/{staff_id}/sessions").status_code == 200
    admin.post(f"/staff/team/{staff_id}/sessions/end")
    assert amara.get("/staff/").status_code == 303
    assert "session.revoked" in desk.audited()


def test_the_audit_log_is_filtered_and_exported(desk: Any) -> None:
    desk.staff("ada", role="admin")
    desk.visitor().sign_in("ada")
    desk.visitor().sign_in("ada", "wrong")
    admin = desk.signed_in("ada")
    admin.get("/staff/keys")
    page = admin.get("/staff/audit", action="session.refused").text
    assert page.count("<td>session.refused</td>") == 1
    assert "<td>session.opened</td>" not in page
    family = admin.get("/staff/audit", action="session.", actor="ada").text
    assert "<td>session.opened</td>" in family
    assert "<td>session.refused</td>" not in family
    assert "<td>session" not in admin.get("/staff/audit", until="2020-01-01").text
    exported = admin.get("/staff/audit.csv", action="session.")
    assert exported.headers["content-type"].startswith("text/csv")
    assert len(exported.text.splitlines()) == 3
    assert "audit.exported" in desk.audited()
