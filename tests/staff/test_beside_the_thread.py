"""Beside a thread: papers, the same person elsewhere; typing, being there, coming back; who saw what."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from frontdesk.channels.visitor_tokens import VisitorTokens
from frontdesk.conversations.availability import availability
from frontdesk.knowledge.organization import organization
from frontdesk.records.models import Alert, AuditEntry, Conversation, Mention, SitePerson, now
from frontdesk.staff.alerting import Alerting


def panel(html: str, name: str) -> str:
    return html.partition(f'data-testid="{name}"')[2].partition("</section>")[0]


def test_documents_stand_beside_the_thread_with_what_is_missing(desk: Any) -> None:
    conversation_id = desk.application("K7QX4M")
    paper = desk.paper(conversation_id, "cv")
    amara = desk.signed_in()
    page = amara.get(f"/staff/conversations/{conversation_id}").text
    piece = amara.get(f"/staff/conversations/{conversation_id}/beside").text
    for html in (panel(page, "papers"), panel(piece, "papers")):
        assert f'href="/staff/files/{paper}"' in html
        assert '<span class="badge strong">missing</span>' in html


def test_earlier_conversations_of_the_same_person_say_whether_that_is_proven(desk: Any) -> None:
    first, second = desk.application("K7QX4M"), desk.application("P2MX9A")
    stranger = desk.application("Z2MX9A", email="other@example.com", phone="+2348030000000")
    amara = desk.signed_in()
    page = panel(amara.get(f"/staff/conversations/{second}").text, "earlier")
    assert f'href="/staff/conversations/{first}"' in page
    assert "only told" in page
    assert stranger not in page

    with desk.record.transaction() as session:
        for conversation_id in (first, second):
            session.add(SitePerson(conversation_id=conversation_id, subject="user-7"))
    assert "proven" in panel(amara.get(f"/staff/conversations/{second}").text, "earlier")
    assert 'data-testid="earlier"' not in amara.get(f"/staff/conversations/{stranger}").text


def test_unattended_is_who_waits_longer_than_the_minutes_of_the_house(
    make_console: Any, sqlite_record: Any, tmp_path: Any
) -> None:
    file = tmp_path / "organization.yml"
    file.write_text("name: CHHA\nunattended_alert_minutes: 7\n")
    desk = make_console(sqlite_record, organization_file=file)
    late, soon = desk.waiting(minutes=8), desk.waiting(minutes=6)
    Alerting(desk.record, desk.settings, desk.changes).look()
    with desk.record.reading() as session:
        called = session.scalars(select(Alert).where(Alert.event == "unattended")).all()
    assert [one.conversation_id for one in called] == [late]
    rows = dict(
        re.findall(
            r'<li class="row([^"]*)" data-testid="row" data-conversation="(\w+)"',
            desk.signed_in().get("/staff/").text,
        )
    )
    assert {name.strip(): one for name, one in rows.items()} == {"is-late": late, "": soon}


def test_a_laid_aside_conversation_comes_back_at_its_moment_and_calls_who_laid_it_aside(desk: Any) -> None:
    conversation_id = desk.waiting()
    amara = desk.signed_in("amara")
    amara.post(f"/staff/conversations/{conversation_id}/snooze", until="hour")
    alerting = Alerting(desk.record, desk.settings, desk.changes)
    alerting.look()
    assert conversation_id not in amara.get("/staff/").text
    with desk.record.transaction() as session:
        session.execute(update(Conversation).values(snoozed_until=now() - timedelta(seconds=1)))
    alerting.look()
    assert conversation_id in amara.get("/staff/").text
    with desk.record.reading() as session:
        woke = session.scalars(select(Alert).where(Alert.event == "woke")).one()
    assert woke.staff_id == desk.staff_id("amara")


def test_a_colleague_who_is_named_in_a_note_is_called_and_a_word_with_a_sign_is_not(desk: Any) -> None:
    conversation_id, daniel = desk.waiting(), desk.staff("daniel")
    desk.signed_in("amara").post(
        f"/staff/conversations/{conversation_id}/note", text="@daniel, please ask x@example.org, not @nobody"
    )
    with desk.record.reading() as session:
        assert session.scalars(select(Mention.staff_id)).all() == [daniel]
        called = session.scalars(select(Alert).where(Alert.event == "mention")).all()
    assert [(one.staff_id, one.conversation_id) for one in called] == [(daniel, conversation_id)]


def test_nobody_is_promised_while_all_are_away(desk: Any, open_house: Any) -> None:
    amara = desk.signed_in("amara")
    amara.post("/staff/availability", available="no")

    def there() -> bool:
        with desk.record.reading() as session:
            return bool(availability(session, open_house, now()).available)

    assert not there()
    amara.post("/staff/availability", available="yes")
    assert there()


@pytest.fixture
def open_house(tmp_path: Any) -> Any:
    """A house where it is about noon of a working day."""
    file = tmp_path / "organization.yml"
    days = "".join(
        f"    {day}: ['00:00-23:59']\n" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    )
    zone = f"Etc/GMT{now().hour - 12:+d}"
    file.write_text(f"name: CHHA\nhours:\n  timezone: {zone}\n  weekly:\n{days}")
    return organization(file)


def test_typing_is_told_both_ways(desk: Any) -> None:
    from starlette.testclient import TestClient

    from frontdesk.app.main import create_app

    conversation_id, amara = desk.waiting(), desk.signed_in("amara")
    path = f"/staff/conversations/{conversation_id}"
    amara.post(f"{path}/claim")
    tokens = VisitorTokens(desk.settings.secret_key, timedelta(days=1))
    headers = {"Authorization": f"Bearer {tokens.issue(conversation_id)}"}
    app = create_app(desk.settings, record=desk.record)
    visitor = TestClient(app, base_url="http://desk.test", headers=headers)

    def told() -> Any:
        answer = visitor.get(f"/api/conversations/{conversation_id}/messages").json()
        return answer["state"]["typing"]

    assert not told()
    assert amara.post(f"{path}/typing", typing="yes").status_code == 204
    assert told()
    amara.post(f"{path}/typing", typing="no")
    assert not told()

    assert visitor.post(f"/api/conversations/{conversation_id}/typing", json={"typing": True}).is_success
    from frontdesk.staff.news import version

    with desk.record.reading() as session:
        news = version(session, conversation_id)
    assert news is not None
    assert news["typing"]


DEEDS = {
    "a document is opened": ("file.downloaded", lambda amara, at: amara.get(f"/staff/files/{at['paper']}")),
    "a document is erased": (
        "file.erased",
        lambda amara, at: amara.post(f"/staff/files/{at['paper']}/erase"),
    ),
    "an application is seen beside the thread": (
        "application.viewed",
        lambda amara, at: amara.get(f"/staff/conversations/{at['conversation']}"),
    ),
    "an application is opened": (
        "application.viewed",
        lambda amara, at: amara.get("/staff/applications/K7QX4M"),
    ),
    "an application is printed": (
        "application.printed",
        lambda amara, at: amara.get("/staff/applications/K7QX4M/print"),
    ),
    "applications are exported as CSV": (
        "applications.exported",
        lambda amara, at: amara.get("/staff/applications.csv"),
    ),
    "applications are exported as JSON": (
        "applications.exported",
        lambda amara, at: amara.get("/staff/applications.json"),
    ),
    "a report is exported": ("report.exported", lambda amara, at: amara.get("/staff/reports/volume.csv")),
    "a state is changed": (
        "application.state_changed",
        lambda amara, at: amara.post("/staff/applications/K7QX4M/state", state="in_review", seen="received"),
    ),
    "the audit log itself is exported": ("audit.exported", lambda amara, at: amara.get("/staff/audit.csv")),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_who_saw_exported_changed_or_erased_something_stands_in_the_audit_log(desk: Any, deed: str) -> None:
    conversation_id = desk.application("K7QX4M")
    at = {"conversation": conversation_id, "paper": desk.paper(conversation_id)}
    action, do = DEEDS[deed]
    answer = do(desk.signed_in("amara", role="admin"), at)
    assert answer.status_code in (200, 303)
    with desk.record.reading() as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all()
    assert [one.actor for one in found] == ["amara"]
    assert "Amina" not in str([one.detail for one in found]), "no personal data in the log"
