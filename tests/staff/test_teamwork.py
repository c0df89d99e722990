"""What the team does beside a thread: notes that no applicant sees, saved replies, fields by hand, alerts."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from frontdesk.app.main import create_app
from frontdesk.channels.visitor_tokens import VisitorTokens
from frontdesk.records.models import Alert, AlertDelivery, Conversation, Draft, DraftChange, Mail, Staff, now
from frontdesk.staff.alerting import Alerting, signature

SECRET = "the applicant must never read this"


def test_a_private_note_is_shown_to_the_team_and_at_no_door_of_the_applicant(desk: Any) -> None:
    from starlette.testclient import TestClient

    conversation_id = desk.waiting("Hello?")
    daniel, amara = desk.signed_in("daniel"), desk.signed_in("amara")
    kept = amara.post(f"/staff/conversations/{conversation_id}/note", text=f"@daniel {SECRET}")
    assert kept.status_code == 303
    page = f"/staff/conversations/{conversation_id}"
    assert SECRET in amara.get(page).text
    assert SECRET in amara.get(f"{page}/thread", after="0").text
    assert conversation_id in daniel.get("/staff/", section="mentions").text
    assert SECRET in daniel.get(page).text
    assert conversation_id not in daniel.get("/staff/", section="mentions").text, "seen"

    app = create_app(desk.settings, record=desk.record)
    tokens = VisitorTokens(desk.settings.secret_key, timedelta(days=1))
    headers = {"Authorization": f"Bearer {tokens.issue(conversation_id)}"}
    visitor = TestClient(app, base_url="http://desk.test", headers=headers)
    for door in ("messages", "transcript"):
        answer = visitor.get(f"/api/conversations/{conversation_id}/{door}")
        assert answer.status_code == 200
        assert "Hello?" in answer.text
        assert SECRET not in answer.text


def test_a_saved_reply_is_filled_and_an_open_variable_is_not_sent(desk: Any) -> None:
    reply_id = desk.saved_reply("Welcome", "Hello {first_name}, your reference is {reference}. {me}")
    conversation_id = desk.waiting()
    desk.draft(conversation_id, full_name="Amina Bello")
    amara = desk.signed_in("amara")
    filled = amara.client.get(
        f"/staff/conversations/{conversation_id}/saved/{reply_id}", headers={"Accept": "text/plain"}
    ).text
    assert filled == "Hello Amina, your reference is [reference]. Amara"
    refused = amara.post(f"/staff/conversations/{conversation_id}/reply", text=filled)
    assert refused.status_code == 422
    assert "Fill in [reference]" in refused.text


def test_a_snoozed_conversation_leaves_the_queue_and_can_be_brought_back(desk: Any) -> None:
    conversation_id = desk.waiting()
    amara = desk.signed_in("amara")
    path = f"/staff/conversations/{conversation_id}"
    assert amara.post(f"{path}/snooze", until="", moment="2001-01-01T09:00").status_code == 422
    assert amara.post(f"{path}/snooze", until="hour").status_code == 303
    assert conversation_id not in amara.get("/staff/").text
    assert conversation_id in amara.get("/staff/", section="snoozed").text
    amara.post(f"{path}/wake")
    assert conversation_id in amara.get("/staff/").text


def test_a_field_changed_by_hand_has_its_history_and_does_not_overwrite_a_newer_answer(desk: Any) -> None:
    conversation_id = desk.waiting()
    draft_id = desk.draft(conversation_id, full_name="Amina Belo")
    amara = desk.signed_in("amara")
    path = f"/staff/conversations/{conversation_id}/fields/draft/full_name"
    assert amara.post(path, value="Amina Bello", seen="'Somebody Else'").status_code == 409
    assert amara.post(path, value="", seen="'Amina Belo'").status_code == 422
    assert amara.post(path, value="Amina Bello", seen="'Amina Belo'").status_code == 303
    assert desk.get(Draft, draft_id).values["full_name"] == "Amina Bello"
    with desk.record.reading() as session:
        change = session.scalars(select(DraftChange)).one()
        assert (change.before, change.by) == ({"value": "Amina Belo"}, "Amara")


@pytest.fixture
def receiver() -> Iterator[Any]:
    """A local server for Slack and webhook calls; `answers` are the statuses it gives next."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            server.calls.append((self.path, dict(self.headers.items()), body))
            self.send_response(server.answers.pop(0) if server.answers else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.calls, server.answers = [], []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


async def test_a_crisis_goes_by_every_route_without_the_applicants_words_and_is_tried_again(
    make_console: Any, sqlite_record: Any, receiver: Any
) -> None:
    address = f"http://127.0.0.1:{receiver.server_port}"
    key = "whsec_c2VjcmV0"
    desk = make_console(
        sqlite_record,
        alert_slack_url=f"{address}/slack",
        alert_webhook_url=f"{address}/hook",
        alert_webhook_secret=key,
    )
    staff_id = desk.staff("amara")
    with desk.record.transaction() as session:
        session.get_one(Staff, staff_id).email = "amara@example.org"
    receiver.answers = [503, 503]
    desk.waiting("I want to hurt myself", attention="crisis")
    alerting = Alerting(desk.record, desk.settings, desk.changes)
    await alerting.run()
    with desk.record.transaction() as session:
        waiting = session.scalars(select(AlertDelivery).where(AlertDelivery.state == "waiting")).all()
        assert {one.error for one in waiting} == {"answered 503"}
        for one in waiting:
            one.next_attempt_at = now()
    await alerting.run()
    with desk.record.reading() as session:
        crisis = session.scalars(select(Alert).where(Alert.event == "crisis")).one()
        ways = session.scalars(select(AlertDelivery).where(AlertDelivery.alert_id == crisis.id)).all()
        assert {(way.route, way.state) for way in ways} == {
            ("email", "sent"),
            ("slack", "sent"),
            ("webhook", "sent"),
        }
        letters = session.scalars(select(Mail).where(Mail.recipient == "amara@example.org")).all()
    assert any("Crisis" in letter.subject for letter in letters)
    told = [body for _, _, body in receiver.calls] + [letter.body.encode() for letter in letters]
    assert all(b"hurt" not in body for body in told)
    path, headers, body = next(call for call in receiver.calls if call[0] == "/hook")
    sent = {name.casefold(): value for name, value in headers.items()}
    signed = signature(key, sent["webhook-id"], int(sent["webhook-timestamp"]), body)
    assert (path, sent["webhook-signature"]) == ("/hook", signed)
    assert json.loads(body)["data"]["conversation"]


def test_who_waits_too_long_is_called_once(desk: Any) -> None:
    late = desk.waiting(minutes=60)
    desk.waiting(minutes=1)
    alerting = Alerting(desk.record, desk.settings, desk.changes)
    alerting.look()
    alerting.look()
    with desk.record.reading() as session:
        called = session.scalars(select(Alert).where(Alert.event == "unattended")).all()
    assert [one.conversation_id for one in called] == [late]


def test_the_applicant_typing_is_kept_while_a_person_can_see_it(desk: Any) -> None:
    from frontdesk.conversations import applicant_typing

    waiting, with_bot = desk.waiting(), desk.conversation("hi")
    with desk.record.transaction() as session:
        assert applicant_typing.is_typing(session, waiting, True)
        assert not applicant_typing.is_typing(session, with_bot, True)
    assert desk.get(Conversation, waiting).applicant_typing_until > now()
