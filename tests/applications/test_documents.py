"""The checklist names what is missing for this applicant; reminders name exactly that, until stopped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from frontdesk.applications import afterwards, documents, reminders, wishes
from frontdesk.applications.submission import Submitted
from frontdesk.applications.wording import application_wording
from frontdesk.conversations import threads
from frontdesk.files import keeping
from frontdesk.files.keeping import About, Files
from frontdesk.knowledge.organization import Organization, Reminders
from frontdesk.records.models import Application, ReminderPlan, now
from frontdesk.records.session import Record
from tests.applications.served import ORGANIZATION, application, conversation, letters, lines
from tests.files.conftest import PDF


def sent(record: Record) -> tuple[str, str]:
    """(conversation, application): it was just sent, and what follows is done."""
    where = conversation(record)
    application_id = application(record, where)
    with record.transaction() as session:
        found = session.get_one(Application, application_id)
        done = Submitted(found, updated=False, again=False)
        follow(session, done)
    return where, application_id


def follow(session: Any, done: Submitted) -> Any:
    return afterwards.follow(
        session,
        done,
        draft_id=done.application.draft_id,
        wording=application_wording(),
        organization=ORGANIZATION,
    )


def hand_in(record: Record, settings: Any, where: str, document: str) -> None:
    Files(record, settings).keep([PDF], About(where, document=document))


def papers(record: Record, where: str) -> dict[str, str]:
    with record.reading() as session:
        return {one.key: one.state for one in documents.checklist(session, where, ORGANIZATION)}


def make_due(record: Record, application_id: str) -> None:
    with record.transaction() as session:
        session.get_one(ReminderPlan, application_id).next_at = now() - timedelta(seconds=1)


def remind(record: Record) -> list[str]:
    return reminders.give_due(record, ORGANIZATION)


def test_the_checklist_holds_what_this_applicant_needs(
    record: Record, make_settings: Callable[..., Any]
) -> None:
    where, _ = sent(record)
    assert papers(record, where) == {"cv": "missing", "dean_letter": "missing", "photo": "optional"}
    hand_in(record, make_settings(), where, "cv")
    assert papers(record, where)["cv"] == "there"


def test_what_staff_sent_is_neither_a_paper_nor_an_unfiled_file(
    sqlite_record: Record, make_settings: Callable[..., Any]
) -> None:
    where, _ = sent(sqlite_record)
    files = Files(sqlite_record, make_settings())
    files.keep([PDF], About(where, name="Offer.pdf", source=keeping.STAFF))
    files.keep([PDF], About(where, name="cv.pdf", source=keeping.STAFF, document="cv"))
    own = files.keep([PDF], About(where, name="scan.pdf"))
    by_mail = files.keep([PDF], About(where, name="letter.pdf", source=keeping.TEAM))
    with sqlite_record.reading() as session:
        assert [file.id for file in documents.unfiled(session, where)] == [own.id, by_mail.id]
    assert papers(sqlite_record, where)["cv"] == "missing"


def test_before_the_stage_is_told_nothing_is_left_out(sqlite_record: Record) -> None:
    where = conversation(sqlite_record)
    assert set(papers(sqlite_record, where)) == {"cv", "diploma", "dean_letter", "photo"}


def test_a_file_that_came_is_thanked_for_with_what_is_still_missing(
    sqlite_record: Record, make_settings: Callable[..., Any]
) -> None:
    from frontdesk.knowledge.texts import texts

    where, _ = sent(sqlite_record)
    files = Files(sqlite_record, make_settings())
    for document, words in (
        ("cv", "Still missing: dean's letter."),
        ("dean_letter", "Nothing is missing now."),
    ):
        file = files.keep([PDF], About(where, document=document))
        with sqlite_record.transaction() as session:
            documents.came(session, where, file.id, organization=ORGANIZATION, words=texts("documents"))
        assert words in lines(sqlite_record, where)[-1].text


def test_after_sending_the_applicant_gets_a_copy_once_and_hears_what_is_wanted(record: Record) -> None:
    _, application_id = sent(record)
    with record.transaction() as session:
        found = session.get_one(Application, application_id)
        told = follow(session, Submitted(found, updated=False, again=True))
    assert told is not None
    text, act = told
    assert "CV and dean's letter" in text
    assert "/upload/" in text
    assert act["act"] == "application"
    assert [one["key"] for one in act["documents"] if one["state"] == "missing"] == ["cv", "dean_letter"]
    (letter,) = letters(record)
    assert (letter.kind, letter.recipient) == ("copy", "ana@example.com")
    assert found.reference in letter.subject
    assert "Medical school: UNAM" in letter.body
    assert "UNAM" not in letter.subject


def test_a_reminder_names_exactly_what_is_missing_in_the_chat_and_by_mail(
    record: Record, make_settings: Callable[..., Any]
) -> None:
    where, application_id = sent(record)
    hand_in(record, make_settings(), where, "cv")
    assert remind(record) == [], "not before its time"
    make_due(record, application_id)
    assert remind(record) == [where]
    line = lines(record, where)[-1]
    assert "still missing is dean's letter." in line.text
    assert "CV" not in line.text
    assert line.act is not None
    assert line.act["reminder"] is True
    assert letters(record)[-1].kind == "reminder"
    assert remind(record) == [], "the next one only after every_days"


def test_reminders_end_after_at_most_so_many(sqlite_record: Record) -> None:
    where, application_id = sent(sqlite_record)
    for expected in ([where], [where], [], []):
        make_due(sqlite_record, application_id)
        assert remind(sqlite_record) == expected


def test_reminders_stop_on_request(record: Record) -> None:
    where, application_id = sent(record)
    make_due(record, application_id)
    with record.transaction() as session:
        assert reminders.stop(session, where) is True
        assert reminders.stop(session, where) is False
    assert remind(record) == []


def test_nobody_is_reminded_when_nothing_is_missing_or_a_person_has_the_chat(
    sqlite_record: Record, make_settings: Callable[..., Any]
) -> None:
    where, application_id = sent(sqlite_record)
    make_due(sqlite_record, application_id)
    with sqlite_record.transaction() as session:
        threads.locked(session, where).holder = "queued"
    assert remind(sqlite_record) == []
    with sqlite_record.transaction() as session:
        threads.locked(session, where).holder = "bot"
    for document in ("cv", "dean_letter"):
        hand_in(sqlite_record, make_settings(), where, document)
    make_due(sqlite_record, application_id)
    assert remind(sqlite_record) == []


def test_an_application_that_ended_is_not_reminded_of(sqlite_record: Record) -> None:
    _, application_id = sent(sqlite_record)
    make_due(sqlite_record, application_id)
    with sqlite_record.transaction() as session:
        session.get_one(Application, application_id).state = "withdrawn"
    assert remind(sqlite_record) == []


def test_an_organization_may_want_no_reminders(sqlite_record: Record) -> None:
    application_id = application(sqlite_record, conversation(sqlite_record))
    with sqlite_record.transaction() as session:
        found = session.get_one(Application, application_id)
        reminders.plan(session, found, Organization(reminders=Reminders(at_most=0)))
    with sqlite_record.reading() as session:
        assert session.get(ReminderPlan, application_id) is None


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("Can I continue on my phone?", "resume_code"),
        ("give me a code", "resume_code"),
        ("how do I finish this on another laptop", "resume_code"),
        ("can we go on on WhatsApp", "resume_code"),
        ("What documents are missing?", "documents"),
        ("which papers do I still have to hand in", "documents"),
        ("I'd like to upload my CV", "documents"),
        ("did you get my transcript?", "documents"),
        ("stop reminding me", "stop_reminders"),
        ("no more reminders please", "stop_reminders"),
        ("don't remind me again", "stop_reminders"),
        ("which documents does ECFMG still need", None),
        ("is a document missing for my visa?", None),
        ("continue", None),
        ("unsubscribe and delete me", None),
        ("remind me what a rotation is", None),
        ("Which documents do I need to apply?", None),
        ("my phone is +52 55 1234 5678", None),
    ],
)
def test_a_wish_is_heard_in_its_own_words_only(text: str, wish: str | None) -> None:
    assert wishes.wish(text) == wish
