"""One holder at a time: bot, queue, one person, bot or closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from frontdesk.conversations import holder
from frontdesk.conversations.states import LEGAL
from frontdesk.records.models import Conversation, Handoff, Message, Turn
from frontdesk.records.session import Record
from tests.conversations.test_threads import at_once, say, start, texts


@pytest.fixture
def ann(record: Record, make_staff: Callable) -> str:
    return make_staff(record, "Ann")


@pytest.fixture
def ben(record: Record, make_staff: Callable) -> str:
    return make_staff(record, "Ben")


def do(record: Record, change: Callable, conversation: str, *args: Any, **kwargs: Any) -> Any:
    with record.transaction() as session:
        return change(session, conversation, *args, **kwargs)


def queue(record: Record, conversation: str, message_id: str | None = None) -> Handoff:
    return do(record, holder.queue, conversation, reason="asked", message_id=message_id, available=True)


def row(record: Record, conversation: str) -> Conversation:
    with record.reading() as session:
        return session.get_one(Conversation, conversation)


def handoff(record: Record) -> Handoff:
    with record.reading() as session:
        return session.scalars(select(Handoff)).one()


def test_asking_for_a_person_queues_the_conversation(record: Record) -> None:
    conversation = start(record)
    queue(record, conversation, "m1")
    found = row(record, conversation)
    assert (found.holder, found.epoch, found.epoch_message_id) == ("queued", 1, "m1")


def test_asking_again_for_the_same_message_changes_nothing(record: Record) -> None:
    conversation = start(record)
    assert queue(record, conversation, "m1").id == queue(record, conversation, "m1").id
    assert row(record, conversation).epoch == 1


def test_asking_again_while_it_waits_changes_nothing(record: Record) -> None:
    conversation = start(record)
    assert queue(record, conversation, "m1").id == queue(record, conversation, "m2").id
    assert row(record, conversation).epoch == 1


def test_two_claims_at_once_have_one_winner_and_the_loser_is_told_who(
    record: Record, ann: str, ben: str
) -> None:
    conversation = start(record)
    queue(record, conversation)

    def claim(staff: str) -> str:
        try:
            do(record, holder.claim, conversation, staff)
        except holder.HolderConflict as lost:
            return f"lost to {lost.staff_name}"
        return "won"

    results = at_once([lambda: claim(ann), lambda: claim(ben)])
    winner = "Ann" if row(record, conversation).staff_id == ann else "Ben"
    assert sorted(results) == [f"lost to {winner}", "won"]


def test_claiming_ones_own_again_changes_nothing(record: Record, ann: str) -> None:
    conversation = start(record)
    queue(record, conversation)
    do(record, holder.claim, conversation, ann)
    do(record, holder.claim, conversation, ann)
    assert row(record, conversation).epoch == 2


def test_nobody_claims_what_the_bot_holds(record: Record, ann: str) -> None:
    conversation = start(record)
    with pytest.raises(holder.HolderConflict, match="assistant holds"):
        do(record, holder.claim, conversation, ann)


def test_a_person_who_joins_is_announced_by_name(record: Record, ann: str) -> None:
    conversation = start(record)
    queue(record, conversation)
    do(record, holder.claim, conversation, ann)
    assert texts(record, conversation) == ["Ann has joined the conversation."]


def test_the_first_claim_and_the_first_reply_are_timed(record: Record, ann: str) -> None:
    conversation = start(record)
    queue(record, conversation)
    do(record, holder.claim, conversation, ann)
    claimed = handoff(record)
    do(record, holder.reply, conversation, ann, "Hello")
    replied = handoff(record)
    assert claimed.claimed_at is not None
    assert claimed.first_reply_at is None
    assert (replied.claimed_by, replied.claimed_at) == (ann, claimed.claimed_at)
    assert replied.first_reply_at is not None


def test_a_reply_to_a_waiting_conversation_claims_it(record: Record, ann: str) -> None:
    conversation = start(record)
    queue(record, conversation)
    message = do(record, holder.reply, conversation, ann, "Hello, I'm Ann")
    assert (message.author, message.staff_id) == ("staff", ann)
    assert row(record, conversation).staff_id == ann


def test_nobody_writes_in_a_colleagues_conversation(record: Record, ann: str, ben: str) -> None:
    conversation = start(record)
    queue(record, conversation)
    do(record, holder.claim, conversation, ann)
    with pytest.raises(holder.HolderConflict, match="Ann holds"):
        do(record, holder.reply, conversation, ben, "Hello")
    assert texts(record, conversation) == ["Ann has joined the conversation."]


def test_an_empty_reply_is_refused(record: Record, ann: str) -> None:
    conversation = start(record)
    queue(record, conversation)
    with pytest.raises(ValueError, match="needs words"):
        do(record, holder.reply, conversation, ann, "  \n")
    assert row(record, conversation).holder == "queued"


def test_a_released_conversation_waits_again(record: Record, ann: str, ben: str) -> None:
    conversation = start(record)
    queue(record, conversation)
    do(record, holder.claim, conversation, ann)
    do(record, holder.release, conversation, ann)
    do(record, holder.claim, conversation, ben)
    assert (row(record, conversation).epoch, handoff(record).claimed_by) == (4, ben)


def test_a_conversation_is_transferred_to_a_colleague(record: Record, ann: str, ben: str) -> None:
    conversation = start(record)
    queue(record, conversation)
    do(record, holder.claim, conversation, ann)
    do(record, holder.transfer, conversation, ann, ben)
    assert row(record, conversation).staff_id == ben
    assert texts(record, conversation)[-1] == "Ben has joined the conversation."


def test_returning_to_the_bot_ends_the_handoff_and_owes_a_turn_that_says_so(record: Record, ann: str) -> None:
    conversation = start(record)
    queue(record, conversation)
    do(record, holder.claim, conversation, ann)
    do(record, holder.return_to_bot, conversation, ann)
    with record.reading() as session:
        turn = session.scalars(select(Turn)).one()
        assert (turn.event, turn.state, turn.epoch) == ("returned_to_bot", "waiting", 3)
    assert handoff(record).ended_as == "returned"


def test_closing_says_so_in_the_thread_and_ends_the_handoff(record: Record, ann: str) -> None:
    conversation = start(record)
    queue(record, conversation)
    do(record, holder.close, conversation, ann)
    assert "closed" in texts(record, conversation)[-1]
    assert (row(record, conversation).holder, handoff(record).ended_as) == ("closed", "closed")


@pytest.mark.parametrize("change", [holder.release, holder.return_to_bot, holder.close])
def test_nobody_takes_a_colleagues_conversation_away(
    record: Record, ann: str, ben: str, change: Callable
) -> None:
    conversation = start(record)
    queue(record, conversation)
    do(record, holder.claim, conversation, ann)
    with pytest.raises(holder.HolderConflict) as told:
        do(record, change, conversation, ben)
    assert (told.value.holder, told.value.staff_name) == ("assigned", "Ann")


@pytest.mark.parametrize("change", [holder.claim, holder.release, holder.return_to_bot, holder.close])
def test_a_closed_conversation_stays_closed_for_staff(record: Record, ann: str, change: Callable) -> None:
    conversation = start(record)
    queue(record, conversation)
    do(record, holder.close, conversation, ann)
    with pytest.raises(holder.HolderConflict):
        do(record, change, conversation, ann)


def test_turns_that_still_wait_are_dropped_when_a_person_is_asked(record: Record) -> None:
    conversation = start(record)
    own = say(record, conversation, "a person please").message
    say(record, conversation, "hello?")
    queue(record, conversation, own.id)
    with record.reading() as session:
        turns = session.scalars(select(Turn).order_by(Turn.seq)).all()
        # The asking turn is kept: it still has to say that somebody was asked.
        assert [turn.state for turn in turns] == ["waiting", "dropped"]


def test_every_holder_says_what_may_follow_it() -> None:
    assert set(LEGAL) == {"bot", "queued", "assigned", "closed"}
    assert "assigned" not in LEGAL["bot"]
    assert "bot" in LEGAL["closed"]


def test_a_lost_race_leaves_no_trace(record: Record, ann: str, ben: str) -> None:
    conversation = start(record)
    queue(record, conversation)
    do(record, holder.claim, conversation, ann)
    before = row(record, conversation)
    with pytest.raises(holder.HolderConflict):
        do(record, holder.transfer, conversation, ben, ann)
    after = row(record, conversation)
    assert (after.epoch, after.last_seq, after.staff_id) == (before.epoch, before.last_seq, ann)
    with record.reading() as session:
        assert len(session.scalars(select(Message)).all()) == 1
