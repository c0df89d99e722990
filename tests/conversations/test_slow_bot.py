"""The bot is down or slow: after a few seconds people are asked in, and a late answer is still said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from frontdesk.conversations import holder, threads
from frontdesk.conversations.rasa import RasaAway, Reply
from frontdesk.conversations.turns import Notice, TurnBook
from frontdesk.records.models import Conversation, Handoff, Turn, now
from frontdesk.records.session import Record
from tests.conversations.test_threads import say, start, texts

LATE = [Reply(text="late", act={"act": "smalltalk"})]
LONG_AGO = now() - timedelta(hours=1)


@pytest.fixture
def book(record: Record, make_settings: Callable[..., Any]) -> TurnBook:
    return TurnBook(record, make_settings(), notice=lambda _: Notice("We are slow.", available=True))


def begun(record: Record, book: TurnBook, *said: str, seconds: float = 6) -> tuple[str, Any]:
    """A conversation whose first message is in a turn since so many seconds."""
    conversation = start(record)
    for text in said or ("hi",):
        say(record, conversation, text)
    taken = book.take(conversation)
    with record.transaction() as session:
        session.execute(update(Turn).values(created_at=now() - timedelta(seconds=seconds)))
    return conversation, taken


def holder_of(record: Record, conversation: str) -> str:
    with record.reading() as session:
        return session.get_one(Conversation, conversation).holder


def test_after_five_seconds_without_an_answer_people_are_asked_and_the_applicant_is_told(
    record: Record, book: TurnBook
) -> None:
    conversation, _ = begun(record, book)
    assert book.call_people(LONG_AGO) == [conversation]
    assert book.call_people(LONG_AGO) == [], "once"
    assert holder_of(record, conversation) == "queued"
    assert texts(record, conversation) == ["hi", "We are slow."]
    with record.reading() as session:
        assert session.scalars(select(Handoff)).one().reason == "bot_unavailable"


def test_within_its_time_the_bot_is_left_alone(record: Record, book: TurnBook) -> None:
    conversation, _ = begun(record, book, seconds=4)
    assert book.call_people(LONG_AGO) == []
    assert holder_of(record, conversation) == "bot"


def test_a_process_that_has_just_started_gives_the_bot_its_chance(record: Record, book: TurnBook) -> None:
    begun(record, book, seconds=600)
    assert book.call_people(now()) == []


def test_a_late_answer_is_said_and_the_bot_goes_on_while_nobody_took_it(
    record: Record, book: TurnBook
) -> None:
    conversation, taken = begun(record, book, "one", "two")
    book.call_people(LONG_AGO)
    say(record, conversation, "three")
    assert book.finish(taken, LATE) == "done"
    assert holder_of(record, conversation) == "bot"
    assert texts(record, conversation) == ["one", "two", "We are slow.", "three", "late"]
    for text in ("two", "three"):
        turn = book.take(conversation)
        assert turn is not None
        assert turn.call.text == text
        assert book.finish(turn, [Reply(text=f"re: {text}", act=None)]) == "done"
    with record.reading() as session:
        assert session.scalars(select(Handoff.ended_as)).one() == "recovered"


def test_a_late_answer_is_dropped_when_a_person_took_it(
    record: Record, book: TurnBook, make_staff: Callable[..., str]
) -> None:
    conversation, taken = begun(record, book)
    book.call_people(LONG_AGO)
    with record.transaction() as session:
        holder.claim(session, conversation, make_staff(record, "Ann"))
    assert book.finish(taken, LATE) == "dropped"
    assert "late" not in texts(record, conversation)
    assert holder_of(record, conversation) == "assigned"


def test_a_late_turn_that_asks_for_a_person_stays_with_people(record: Record, book: TurnBook) -> None:
    conversation, taken = begun(record, book, "a person please")
    book.call_people(LONG_AGO)
    with record.transaction() as session:
        message_id = taken.call.message_id
        holder.queue(session, conversation, reason="asked", message_id=message_id, available=True)
    assert book.finish(taken, LATE) == "done"
    assert holder_of(record, conversation) == "queued"


def test_a_turn_that_fails_after_people_were_asked_says_nothing_twice(record: Record, book: TurnBook) -> None:
    conversation, taken = begun(record, book)
    book.call_people(LONG_AGO)
    with record.transaction() as session:
        session.execute(update(Turn).values(away_since=now() - timedelta(minutes=5)))
    assert book.fail(taken, RasaAway("gone")) == "failed"
    assert texts(record, conversation) == ["hi", "We are slow."]
    with record.reading() as session:
        assert threads.state(session, conversation).working is False
