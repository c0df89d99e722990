"""A message to an empty desk: how to reach the applicant is kept with the words that they agreed to."""

from __future__ import annotations

from frontdesk.applications import contacts_left
from frontdesk.conversations import holder, threads
from frontdesk.knowledge.wording import wording
from frontdesk.records.models import ContactLeft
from frontdesk.records.session import Record


def asked(record: Record, *, available: bool) -> str:
    with record.transaction() as session:
        conversation = threads.start(session, channel="website").id
        holder.queue(session, conversation, reason="asked", message_id=None, available=available)
    return conversation


def heard(record: Record, conversation: str, text: str) -> ContactLeft | None:
    with record.transaction() as session:
        return contacts_left.heard(session, conversation, text, wording())


def said(record: Record, conversation: str) -> list[str]:
    with record.reading() as session:
        return [line.text for line in threads.read(session, conversation)]


def test_an_e_mail_and_a_phone_are_kept_with_the_consent_and_confirmed_once(sqlite_record: Record) -> None:
    conversation = asked(sqlite_record, available=False)
    heard(sqlite_record, conversation, "Is Houston free in June? ada@example.org")
    kept = heard(sqlite_record, conversation, "or call +234 803 123 4567")
    assert kept is not None
    assert (kept.email, kept.phone) == ("ada@example.org", "+2348031234567")
    assert "you agree" in kept.consent
    [confirmation] = said(sqlite_record, conversation)
    assert "ada@example.org" in confirmation


def test_words_without_a_contact_keep_nothing(sqlite_record: Record) -> None:
    conversation = asked(sqlite_record, available=False)
    assert heard(sqlite_record, conversation, "Is Houston free in June?") is None
    assert said(sqlite_record, conversation) == []


def test_while_somebody_is_there_nothing_is_taken_from_the_thread(sqlite_record: Record) -> None:
    conversation = asked(sqlite_record, available=True)
    assert heard(sqlite_record, conversation, "ada@example.org") is None
