"""Staff send a file with a reply; what cannot be sent is refused with a reason, and nothing of it stays."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from frontdesk.conversations import holder
from frontdesk.records.models import AuditEntry, Conversation, KeptFile, Message
from tests.files.conftest import PDF


def send(visitor: Any, conversation_id: str, content: bytes = PDF, **fields: str) -> httpx.Response:
    return visitor.client.post(
        f"/staff/conversations/{conversation_id}/file",
        data={"csrf": visitor.token(), **fields},
        files={"file": ("Offer.pdf", content, "text/html")},
    )


def said(desk: Any) -> list[Message]:
    with desk.record.reading() as session:
        return list(session.scalars(select(Message).where(Message.author == "staff")))


def kept(desk: Any) -> list[KeptFile]:
    with desk.record.reading() as session:
        return list(session.scalars(select(KeptFile).where(KeptFile.state == "kept")))


def test_a_file_is_sent_with_words_and_claims_the_conversation(desk: Any) -> None:
    waiting = desk.waiting()
    answer = send(desk.signed_in("ann"), waiting, text="Your offer")
    assert answer.status_code == 303
    [message], [file] = said(desk), kept(desk)
    assert (message.text, file.message_id, file.source) == ("Your offer", message.id, "staff")
    assert message.act["file"]["name"] == "Offer.pdf"
    with desk.record.reading() as session:
        assert session.get_one(Conversation, waiting).holder == "assigned"
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "file.sent")).one()
    assert (entry.actor, entry.subject) == ("ann", file.id)


def test_a_file_without_words_is_named(desk: Any) -> None:
    send(desk.signed_in("ann"), desk.waiting())
    assert [one.text for one in said(desk)] == ["Offer.pdf"]


def test_the_page_offers_it_and_then_shows_the_file_in_the_thread(desk: Any) -> None:
    waiting, ann = desk.waiting(), desk.signed_in("ann")
    assert 'data-testid="send-file"' in ann.get(f"/staff/conversations/{waiting}").text
    send(ann, waiting)
    [file] = kept(desk)
    assert f'href="/staff/files/{file.id}"' in ann.get(f"/staff/conversations/{waiting}").text


@pytest.mark.parametrize(
    ("content", "status", "why"),
    [(b"", 422, "empty"), (b"MZ\x90 a program", 415, "kind of file"), (PDF + b" " * 20_000, 413, "MB")],
)
def test_a_file_that_cannot_be_taken_is_refused_with_the_reason(
    sqlite_record: Any, make_console: Any, content: bytes, status: int, why: str
) -> None:
    desk = make_console(sqlite_record, file_size_limit=10_000)
    answer = send(desk.signed_in("ann"), desk.waiting(), content)
    assert answer.status_code == status
    assert why in answer.text
    assert said(desk) == kept(desk) == []


def test_a_channel_that_carries_no_files_says_so(desk: Any) -> None:
    texting = desk.waiting(channel="twilio")
    ann = desk.signed_in("ann")
    assert 'data-testid="send-file"' not in ann.get(f"/staff/conversations/{texting}").text
    answer = send(ann, texting)
    assert answer.status_code == 409
    assert "cannot carry files" in answer.text
    assert kept(desk) == []


def test_nothing_is_sent_in_a_colleagues_conversation(desk: Any) -> None:
    waiting, ann = desk.waiting(), desk.signed_in("ann")
    bo = desk.staff("bo")
    with desk.record.transaction() as session:
        holder.claim(session, waiting, bo)
    assert send(ann, waiting).status_code == 409
    assert said(desk) == kept(desk) == []


def test_a_record_that_fails_after_the_file_was_kept_leaves_no_file(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, waiting = desk.signed_in("ann"), desk.waiting()

    def away(*_: object, **__: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("disk I/O error"))

    with monkeypatch.context() as patch:
        patch.setattr(holder, "reply", away)
        assert send(ann, waiting).status_code == 503
    assert said(desk) == kept(desk) == []
    assert [path for path in desk.settings.files_folder.rglob("*") if path.is_file()] == []
    assert send(ann, waiting).status_code == 303


def test_a_file_that_is_beyond_all_reading_gets_a_page_with_a_sentence(
    make_console: Any, sqlite_record: Any
) -> None:
    desk = make_console(sqlite_record, file_size_limit=10_000, body_limit=5_000)
    answer = send(desk.signed_in("ann"), desk.waiting(), PDF + b" " * 50_000)
    assert answer.status_code == 413
    assert answer.headers["content-type"].startswith("text/html")
    assert "That file is too large. Choose a smaller one." in answer.text
    assert "<h1" in answer.text
    assert kept(desk) == []


def test_a_form_of_another_session_sends_nothing(desk: Any) -> None:
    waiting = desk.waiting()
    answer = send(desk.signed_in("ann"), waiting, csrf="x" * 43)
    assert answer.status_code == 403
    assert said(desk) == kept(desk) == []


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
def test_a_file_is_chosen_and_sent_by_mouse_at_desk_and_phone_width(
    served: tuple[Any, str], take_seat: Any, width: int, height: int
) -> None:
    desk, _ = served
    waiting = desk.waiting("Can you send me the overview?")
    seat = take_seat(viewport={"width": width, "height": height})
    seat.go(f"/staff/conversations/{waiting}")
    seat.page.get_by_test_id("file-open").click()
    chosen = {"name": "Overview.pdf", "mimeType": "application/pdf", "buffer": PDF}
    seat.page.get_by_test_id("file-chosen").set_input_files(chosen)
    seat.page.get_by_test_id("file-text").fill("Here it is")
    seat.page.get_by_test_id("send-file").click()
    seat.page.wait_for_url("**done=sent*")
    assert [one.text for one in said(desk)] == ["Here it is"]
    assert seat.troubles == []
