"""Drafts on the record: kept at once, with their history, and gone when they are cancelled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from frontdesk.applications import drafts
from frontdesk.applications.form import dialogue
from frontdesk.applications.form.sheet import Sheet
from frontdesk.applications.form.states import DraftState, Incoming
from frontdesk.applications.wording import application_wording, phrases
from frontdesk.records.models import Conversation, Draft, DraftChange
from frontdesk.records.session import Record

TODAY = dt.date(2026, 11, 22)
CONVERSATION = "c" * 32


@pytest.fixture
def record(sqlite_record: Record) -> Record:
    with sqlite_record.transaction() as session:
        session.add(Conversation(id=CONVERSATION, channel="website", external_ref="v1"))
    return sqlite_record


def say(record: Record, text: str) -> Draft:
    with record.transaction() as session:
        draft = drafts.unsent(session, CONVERSATION)
        turn = Sheet(
            drafts.state_of(draft),
            Incoming(text),
            today=TODAY,
            wording=application_wording(),
            phrases=phrases(),
            consent_text="May I?",
        )
        return drafts.apply(
            session, CONVERSATION, draft, dialogue.run(turn), message_id=None, consent_version="v7"
        )


def kept(record: Record) -> Draft | None:
    with record.reading() as session:
        return drafts.unsent(session, CONVERSATION)


def test_each_answer_is_on_the_record_when_the_turn_ends(record: Record) -> None:
    for text in ("I want to apply", "yes", "Ana Ruiz", "ana@example.com"):
        say(record, text)
    draft = kept(record)
    assert draft is not None
    assert draft.values == {"full_name": "Ana Ruiz", "email": "ana@example.com"}
    assert draft.asking == "phone"
    assert draft.state == "open"


def test_consent_is_kept_with_its_time_and_version(record: Record) -> None:
    say(record, "I want to apply")
    assert (kept(record) or Draft()).consent_at is None
    say(record, "yes")
    draft = kept(record)
    assert draft is not None
    assert draft.consent_version == "v7"
    assert draft.consent_at is not None


def test_every_change_leaves_a_line_of_history(record: Record) -> None:
    for text in ("apply", "yes", "Ana Ruiz", "sorry, my name is Ana Lima"):
        draft = say(record, text)
    with record.reading() as session:
        told = [(one.field, one.before, one.after, one.by) for one in drafts.history(session, draft.id)]
    assert told == [
        ("full_name", None, {"value": "Ana Ruiz"}, "applicant"),
        ("full_name", {"value": "Ana Ruiz"}, {"value": "Ana Lima"}, "applicant"),
    ]


def test_a_refusal_leaves_nothing_of_the_person(record: Record) -> None:
    say(record, "apply, I am Ana Ruiz, ana@example.com")
    say(record, "no")
    with record.reading() as session:
        draft = session.scalars(select(Draft)).one()
        assert (draft.state, draft.values, draft.working, draft.consent_at) == ("cancelled", {}, {}, None)
        assert session.scalars(select(DraftChange)).all() == []


def test_cancelling_forgets_values_and_history(record: Record) -> None:
    for text in ("apply", "yes", "Ana Ruiz", "cancel my application", "yes"):
        draft = say(record, text)
    with record.reading() as session:
        found = session.get(Draft, draft.id)
        assert found is not None
        assert (found.state, found.values, found.consent_at) == ("cancelled", {}, None)
        assert drafts.history(session, draft.id) == []


def test_starting_over_keeps_the_consent_and_nothing_else(record: Record) -> None:
    for text in ("apply", "yes", "Ana Ruiz", "start over", "yes"):
        draft = say(record, text)
    assert draft.values == {}
    assert draft.consent_version == "v7"
    assert draft.asking == "full_name"
    with record.reading() as session:
        assert drafts.history(session, draft.id) == []


def test_a_new_draft_begins_after_a_cancelled_one(record: Record) -> None:
    say(record, "apply")
    first = say(record, "no")
    second = say(record, "apply")
    assert second.id != first.id
    assert second.asking == "consent"


def test_days_later_the_form_goes_on_where_it_was(record: Record) -> None:
    for text in ("apply", "yes", "Ana Ruiz", "I have to go, back later"):
        say(record, text)
    assert (kept(record) or Draft()).state == "paused"
    draft = say(record, "continue")
    assert (draft.state, draft.asking) == ("open", "email")


def test_the_waiting_field_is_known_only_while_the_form_is_open(record: Record) -> None:
    def waiting() -> str | None:
        with record.reading() as session:
            return drafts.waiting_field(session, CONVERSATION)

    assert waiting() is None
    say(record, "apply")
    assert waiting() == "consent"
    say(record, "stop")
    assert waiting() is None


def test_progress_counts_what_applies(record: Record) -> None:
    for text in ("apply", "yes", "Ana Ruiz"):
        draft = say(record, text)
    assert drafts.progress(draft) == (1, 16)


def test_staff_fill_a_field_and_the_form_goes_on_behind_it(record: Record) -> None:
    for text in ("apply", "yes"):
        say(record, text)
    with record.transaction() as session:
        draft = drafts.open_draft(session, CONVERSATION)
        drafts.set_value(
            session,
            draft,
            "full_name",
            "Ana Ruiz",
            by="Kim (staff)",
            wording=application_wording(),
            today=TODAY,
        )
    draft = kept(record)
    assert draft is not None
    assert draft.asking == "email"
    with record.reading() as session:
        assert [one.by for one in drafts.history(session, draft.id)] == ["Kim (staff)"]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("shoe_size", "42", "no field"),
        ("email", "nonsense", "can't be used"),
        ("email", None, "can't be left open"),
        ("duration_weeks", 99, "can't be used"),
        ("specialties", ["plumbing"], "can't be used"),
        ("country_of_citizenship", "Germany", "can't be used"),
    ],
)
def test_a_value_by_hand_is_judged_like_any_other(record: Record, name: str, value: Any, reason: str) -> None:
    with record.transaction() as session:
        draft = drafts.open_draft(session, CONVERSATION)
        with pytest.raises(drafts.DraftError, match=reason):
            drafts.set_value(
                session, draft, name, value, by="Kim", wording=application_wording(), today=TODAY
            )


def test_a_year_by_hand_must_fit_the_stage(record: Record) -> None:
    with record.transaction() as session:
        draft = drafts.open_draft(session, CONVERSATION)
        draft.values = {"training_stage": "graduate"}
        with pytest.raises(drafts.DraftError, match="still to come"):
            drafts.set_value(
                session, draft, "graduation_year", 2029, by="Kim", wording=application_wording(), today=TODAY
            )


@pytest.mark.parametrize("step", [drafts.pause, drafts.resume])
def test_pause_and_resume_by_hand(record: Record, step: Callable[[Draft], None]) -> None:
    with record.transaction() as session:
        draft = drafts.open_draft(session, CONVERSATION)
        before = draft.version
        step(draft)
        assert draft.state == ("paused" if step is drafts.pause else "open")
        assert draft.version == before + 1


def test_cancel_and_restart_by_hand_forget(record: Record) -> None:
    for text in ("apply", "yes", "Ana Ruiz"):
        say(record, text)
    with record.transaction() as session:
        draft = drafts.open_draft(session, CONVERSATION)
        drafts.restart(session, draft)
        assert (draft.values, draft.asking) == ({}, "full_name")
        drafts.cancel(session, draft)
        assert (draft.state, draft.consent_at) == ("cancelled", None)


def test_an_unknown_draft_is_a_new_one() -> None:
    assert drafts.state_of(None) == DraftState()
