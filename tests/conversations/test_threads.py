"""Threads keep every message once, in one order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from frontdesk.conversations import holder, threads
from frontdesk.records.models import Conversation, Message, Turn
from frontdesk.records.session import Record


def start(record: Record) -> str:
    with record.transaction() as session:
        return threads.start(session, channel="website").id


def say(record: Record, conversation_id: str, text: str, external_id: str | None = None) -> threads.Received:
    with record.transaction() as session:
        return threads.receive(session, conversation_id, text=text, external_id=external_id or text)


def texts(record: Record, conversation_id: str) -> list[str]:
    with record.reading() as session:
        return [message.text for message in threads.read(session, conversation_id, limit=200)]


def at_once(jobs: list[Callable[[], object]]) -> list[object]:
    """Run every job in its own thread, all let go together."""
    barrier = threading.Barrier(len(jobs))

    def run(job: Callable[[], object]) -> object:
        barrier.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def test_messages_are_numbered_from_one_in_the_order_they_came(record: Record) -> None:
    conversation = start(record)
    assert [say(record, conversation, text).message.seq for text in ("a", "b", "c")] == [1, 2, 3]


def test_a_delivery_repeated_is_one_message_and_one_turn(record: Record) -> None:
    conversation = start(record)
    first = say(record, conversation, "hello", "x1")
    again = say(record, conversation, "hello", "x1")
    assert (first.duplicate, again.duplicate) == (False, True)
    assert again.message.id == first.message.id
    with record.reading() as session:
        assert session.scalar(select(func.count()).select_from(Turn)) == 1


def test_a_delivery_repeated_eight_times_at_once_is_one_message(record: Record) -> None:
    conversation = start(record)
    received = at_once([lambda: say(record, conversation, "hello", "x1")] * 8)
    assert sum(not one.duplicate for one in received) == 1  # type: ignore[attr-defined]
    assert texts(record, conversation) == ["hello"]


def test_messages_that_come_at_once_are_all_kept_without_a_gap(record: Record) -> None:
    conversation = start(record)
    at_once([lambda text=f"m{number}": say(record, conversation, text) for number in range(8)])
    with record.reading() as session:
        kept = threads.read(session, conversation, limit=200)
        assert [message.seq for message in kept] == list(range(1, 9))
        assert {message.text for message in kept} == {f"m{number}" for number in range(8)}


def test_the_bot_owes_one_turn_for_each_message_it_holds(record: Record) -> None:
    conversation = start(record)
    say(record, conversation, "one")
    say(record, conversation, "two")
    with record.reading() as session:
        turns = session.scalars(select(Turn).order_by(Turn.seq)).all()
        assert [(turn.seq, turn.state, turn.epoch) for turn in turns] == [
            (1, "waiting", 0),
            (2, "waiting", 0),
        ]


def test_no_turn_is_owed_while_a_person_is_asked(record: Record) -> None:
    conversation = start(record)
    with record.transaction() as session:
        holder.queue(session, conversation, reason="asked", message_id=None, available=True)
    say(record, conversation, "are you there?")
    with record.reading() as session:
        assert session.scalars(select(Turn)).all() == []


def test_a_message_to_a_closed_conversation_opens_it_to_the_bot(record: Record, make_staff: Callable) -> None:
    ann = make_staff(record, "Ann")
    conversation = start(record)
    with record.transaction() as session:
        holder.queue(session, conversation, reason="asked", message_id=None, available=True)
        holder.close(session, conversation, ann)
    say(record, conversation, "one more thing")
    with record.reading() as session:
        found = session.get_one(Conversation, conversation)
        turn = session.scalars(select(Turn)).one()
        assert (found.holder, found.epoch, turn.epoch) == ("bot", 3, 3)


def test_a_thread_is_read_from_a_cursor(record: Record) -> None:
    conversation = start(record)
    for text in ("a", "b", "c", "d"):
        say(record, conversation, text)
    with record.reading() as session:
        page = threads.read(session, conversation, after=1, limit=2)
        assert [message.text for message in page] == ["b", "c"]


def test_what_the_bot_says_is_numbered_with_the_rest(record: Record) -> None:
    conversation = start(record)
    asked = say(record, conversation, "hi").message
    with record.transaction() as session:
        row = threads.locked(session, conversation)
        threads.append(
            session, row, author="bot", text="hello", act={"act": "smalltalk"}, in_reply_to=asked.id
        )
    with record.reading() as session:
        reply = threads.read(session, conversation, after=1)[0]
        assert (reply.seq, reply.author, reply.in_reply_to) == (2, "bot", asked.id)


def test_a_channels_thread_is_opened_once_even_by_eight_at_once(record: Record) -> None:
    def ensure() -> str:
        with record.transaction() as session:
            return threads.ensure(session, channel="telegram", external_ref="42").id

    assert len(set(at_once([ensure] * 8))) == 1


def test_the_state_tells_holder_and_whether_the_bot_is_working(record: Record) -> None:
    conversation = start(record)
    with record.reading() as session:
        assert threads.state(session, conversation) == threads.State("bot", None, working=False, last_seq=0)
    say(record, conversation, "hi")
    with record.reading() as session:
        assert threads.state(session, conversation) == threads.State("bot", None, working=True, last_seq=1)


def test_the_bot_is_working_until_it_has_said_that_a_person_is_asked(record: Record) -> None:
    conversation = start(record)
    own = say(record, conversation, "a person please").message
    say(record, conversation, "hello?")
    with record.transaction() as session:
        holder.queue(session, conversation, reason="asked", message_id=own.id, available=True)
    with record.reading() as session:
        assert threads.state(session, conversation).working


def test_the_bot_is_not_working_once_a_person_has_it(record: Record, make_staff: Callable) -> None:
    ann = make_staff(record, "Ann")
    conversation = start(record)
    own = say(record, conversation, "a person please").message
    with record.transaction() as session:
        holder.queue(session, conversation, reason="asked", message_id=own.id, available=True)
        holder.claim(session, conversation, ann)
    with record.reading() as session:
        assert not threads.state(session, conversation).working


def test_the_state_names_the_person_who_has_it(record: Record, make_staff: Callable) -> None:
    ann = make_staff(record, "Ann")
    conversation = start(record)
    with record.transaction() as session:
        holder.queue(session, conversation, reason="asked", message_id=None, available=True)
        holder.claim(session, conversation, ann)
    with record.reading() as session:
        state = threads.state(session, conversation)
        assert (state.holder, state.staff_name) == ("assigned", "Ann")


@pytest.mark.parametrize("call", [threads.state, threads.locked], ids=["state", "locked"])
def test_a_conversation_that_does_not_exist_is_said_so(sqlite_record: Record, call: Callable) -> None:
    with sqlite_record.transaction() as session, pytest.raises(threads.UnknownConversation):
        call(session, "nowhere")


def test_the_more_urgent_reason_for_attention_stays(record: Record) -> None:
    conversation = start(record)
    for reason in ("complaint", "crisis", "privacy"):
        with record.transaction() as session:
            threads.call_attention(session, conversation, reason)
    with record.reading() as session:
        assert session.get_one(Conversation, conversation).attention == "crisis"


def test_settled_attention_is_gone(record: Record) -> None:
    conversation = start(record)
    with record.transaction() as session:
        threads.call_attention(session, conversation, "crisis")
        threads.settle_attention(session, conversation)
    with record.reading() as session:
        assert session.get_one(Conversation, conversation).attention is None


def test_an_unknown_reason_for_attention_is_refused(sqlite_record: Record) -> None:
    conversation = start(sqlite_record)
    with sqlite_record.transaction() as session, pytest.raises(ValueError, match="boredom"):
        threads.call_attention(session, conversation, "boredom")


def test_what_was_kept_tells_its_channel(record: Record) -> None:
    conversation = start(record)
    say(record, conversation, "hi")
    with record.reading() as session:
        assert session.scalars(select(Message.channel)).one() == "website"
