"""Laid aside and brought back: at its time, or when the applicant writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from frontdesk.conversations import holder
from frontdesk.records.models import Alert, Conversation, now
from frontdesk.records.session import Record
from tests.conversations.test_threads import say, start


@pytest.fixture
def ann(record: Record, make_staff: Callable[..., str]) -> str:
    return make_staff(record, "Ann")


@pytest.fixture
def snoozed(record: Record, ann: str) -> str:
    """A conversation of Ann's, laid aside for an hour."""
    conversation = start(record)
    with record.transaction() as session:
        holder.queue(session, conversation, reason="asked", message_id=None, available=True)
        holder.claim(session, conversation, ann)
        holder.snooze(session, conversation, ann, now() + timedelta(hours=1))
    return conversation


def until(record: Record, conversation: str) -> object:
    with record.reading() as session:
        return session.get_one(Conversation, conversation).snoozed_until


def test_it_comes_back_at_its_time_and_calls_who_laid_it_aside(
    record: Record, snoozed: str, ann: str
) -> None:
    with record.transaction() as session:
        assert holder.wake_due(session, now()) == []
        assert holder.wake_due(session, now() + timedelta(minutes=61)) == [snoozed]
        assert holder.wake_due(session, now() + timedelta(minutes=61)) == []
    assert until(record, snoozed) is None
    with record.reading() as session:
        called = session.scalars(select(Alert).where(Alert.event == "woke")).one()
        assert called.staff_id == ann
        assert session.get_one(Conversation, snoozed).holder == "assigned"


def test_it_comes_back_when_the_applicant_writes(record: Record, snoozed: str) -> None:
    say(record, snoozed, "hello?")
    assert until(record, snoozed) is None


def test_a_change_of_holder_brings_it_back(record: Record, snoozed: str, ann: str) -> None:
    with record.transaction() as session:
        holder.release(session, snoozed, ann)
    assert until(record, snoozed) is None


def test_nobody_lays_a_colleagues_conversation_aside_or_into_the_past(
    record: Record, snoozed: str, ann: str, make_staff: Callable[..., str]
) -> None:
    bea = make_staff(record, "Bea")
    with record.transaction() as session:
        with pytest.raises(holder.HolderConflict, match="Ann"):
            holder.snooze(session, snoozed, bea, now() + timedelta(hours=1))
        with pytest.raises(ValueError, match="still to come"):
            holder.snooze(session, snoozed, ann, now() - timedelta(seconds=1))
