"""The book of turns: what is due, whose it is, and when a reply may still be said."""

from __future__ import annotations

import platform
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from frontdesk.conversations import holder, restarts, threads
from frontdesk.conversations.rasa import RasaAway, RasaNoReply, RasaTimeout, RasaTurnFailed, Reply
from frontdesk.conversations.turns import Notice, Taken, TurnBook
from frontdesk.records.models import Conversation, Draft, Handoff, Message, Turn, now
from frontdesk.records.session import Record
from tests.conversations.test_threads import at_once, say, start, texts

HELLO = [Reply(text="hello", act={"act": "smalltalk"})]


@pytest.fixture
def make_book(record: Record, make_settings: Callable) -> Callable[..., TurnBook]:
    def make(owner: str | None = None, notice: Any = None, **changed: Any) -> TurnBook:
        extra = {"notice": notice} if notice else {}
        return TurnBook(record, make_settings(**changed), owner=owner, **extra)

    return make


@pytest.fixture
def book(make_book: Callable[..., TurnBook]) -> TurnBook:
    return make_book()


def taken(book: TurnBook, conversation: str) -> Taken:
    found = book.take(conversation)
    assert found is not None
    return found


def states(record: Record) -> list[str]:
    with record.reading() as session:
        return list(session.scalars(select(Turn.state).order_by(Turn.seq, Turn.created_at)))


def let_lease_run_out(record: Record) -> None:
    past = now() - timedelta(seconds=1)
    with record.transaction() as session:
        session.execute(update(Conversation).values(turn_lease_until=past))


def queue(record: Record, conversation: str, message_id: str | None = None) -> None:
    with record.transaction() as session:
        holder.queue(session, conversation, reason="asked", message_id=message_id, available=True)


def test_a_waiting_turn_is_due_and_carries_its_message(record: Record, book: TurnBook) -> None:
    conversation = start(record)
    message = say(record, conversation, "hi").message
    assert book.due(5) == [conversation]
    call = taken(book, conversation).call
    assert (call.message_id, call.text, call.channel, call.form) == (message.id, "hi", "website", None)


def test_the_choice_of_a_button_travels_with_the_turn(record: Record, book: TurnBook) -> None:
    conversation = start(record)
    with record.transaction() as session:
        threads.receive(session, conversation, text="Yes", external_id="1", choice={"intent": "affirm"})
    assert taken(book, conversation).call.body()["choice"] == {"intent": "affirm"}


@pytest.mark.parametrize(("state", "form"), [("open", {"field": "email"}), ("paused", None), ("sent", None)])
def test_the_call_says_which_field_the_record_waits_for(
    record: Record, book: TurnBook, state: str, form: dict | None
) -> None:
    conversation = start(record)
    say(record, conversation, "hi")
    with record.transaction() as session:
        session.add(Draft(conversation_id=conversation, state=state, asking="email"))
    assert taken(book, conversation).call.body()["form"] == form


def test_a_taken_conversation_is_not_due_for_others(
    record: Record, book: TurnBook, make_book: Callable
) -> None:
    conversation = start(record)
    say(record, conversation, "one")
    say(record, conversation, "two")
    taken(book, conversation)
    other = make_book()
    assert other.due(5) == []
    assert other.take(conversation) is None


def test_two_processes_that_take_at_once_get_one_turn(record: Record, make_book: Callable) -> None:
    conversation = start(record)
    say(record, conversation, "hi")
    books = [make_book(owner) for owner in "abcd"]
    got = at_once([lambda book=book: book.take(conversation) for book in books])
    assert sum(one is not None for one in got) == 1


def test_turns_of_a_conversation_run_in_the_order_of_its_messages(record: Record, book: TurnBook) -> None:
    conversation = start(record)
    for text in ("one", "two", "three"):
        say(record, conversation, text)
    order = []
    while (found := book.take(conversation)) is not None:
        order.append(found.call.text)
        book.finish(found, HELLO)
    assert order == ["one", "two", "three"]


def test_a_turn_that_waits_for_its_next_try_holds_back_those_behind_it(
    record: Record, book: TurnBook
) -> None:
    conversation = start(record)
    say(record, conversation, "one")
    say(record, conversation, "two")
    assert book.fail(taken(book, conversation), RasaTimeout()) == "again"
    assert book.take(conversation) is None
    assert book.due(5) == []


def test_replies_are_stored_where_the_turn_closes(record: Record, book: TurnBook) -> None:
    conversation = start(record)
    asked = say(record, conversation, "hi").message
    assert book.finish(taken(book, conversation), HELLO) == "done"
    with record.reading() as session:
        reply = threads.read(session, conversation, after=1)[0]
        assert (reply.author, reply.text, reply.act) == ("bot", "hello", {"act": "smalltalk"})
        assert reply.in_reply_to == asked.id
        assert not threads.state(session, conversation).working


def test_a_turn_closed_twice_is_said_once(record: Record, book: TurnBook) -> None:
    conversation = start(record)
    say(record, conversation, "hi")
    turn = taken(book, conversation)
    assert [book.finish(turn, HELLO), book.finish(turn, HELLO)] == ["done", "lost"]
    assert texts(record, conversation) == ["hi", "hello"]


def test_a_dead_process_s_turn_is_taken_again_when_its_lease_has_run_out(
    record: Record, make_book: Callable
) -> None:
    conversation = start(record)
    say(record, conversation, "hi")
    dead, alive = make_book("dead"), make_book("alive")
    lost = taken(dead, conversation)
    assert alive.take(conversation) is None
    let_lease_run_out(record)
    again = taken(alive, conversation)
    assert again.call == lost.call
    assert alive.finish(again, HELLO) == "done"


def test_the_lease_of_a_dead_process_of_this_machine_is_not_waited_for(
    record: Record, make_book: Callable
) -> None:
    conversation = start(record)
    say(record, conversation, "hi")
    dead = make_book(f"{platform.node()[:40]}:4194303:abcd")  # above the highest process number
    lost = taken(dead, conversation)
    after = make_book()
    after.free_from_the_dead()
    again = taken(after, conversation)
    assert (dead.finish(lost, HELLO), after.finish(again, HELLO)) == ("lost", "done")


@pytest.mark.parametrize("owner", ["another-machine:4194303:abcd", f"{platform.node()[:40]}:1:abcd"])
def test_the_lease_of_a_process_that_may_live_is_respected(
    record: Record, make_book: Callable, owner: str
) -> None:
    conversation = start(record)
    say(record, conversation, "hi")
    taken(make_book(owner), conversation)
    after = make_book()
    after.free_from_the_dead()
    assert after.take(conversation) is None


def test_a_process_that_lost_its_lease_writes_nothing(record: Record, make_book: Callable) -> None:
    conversation = start(record)
    say(record, conversation, "hi")
    slow, quick = make_book("slow"), make_book("quick")
    lost = taken(slow, conversation)
    let_lease_run_out(record)
    again = taken(quick, conversation)
    assert slow.finish(lost, [Reply(text="late")]) == "lost"
    assert slow.fail(lost, RasaTimeout()) == "lost"
    assert slow.renew(lost) is False
    assert quick.finish(again, HELLO) == "done"
    assert texts(record, conversation) == ["hi", "hello"]


def test_a_renewed_lease_keeps_others_away(record: Record, book: TurnBook, make_book: Callable) -> None:
    conversation = start(record)
    say(record, conversation, "hi")
    mine = taken(book, conversation)
    let_lease_run_out(record)
    assert book.renew(mine) is True
    assert make_book().take(conversation) is None


def test_a_turn_put_back_is_due_at_once(record: Record, book: TurnBook, make_book: Callable) -> None:
    conversation = start(record)
    say(record, conversation, "hi")
    book.put_back(taken(book, conversation))
    assert taken(make_book(), conversation).call.text == "hi"


def test_replies_are_dropped_when_a_person_took_over_meanwhile(
    record: Record, book: TurnBook, make_staff: Callable
) -> None:
    ann = make_staff(record, "Ann")
    conversation = start(record)
    say(record, conversation, "hi")
    turn = taken(book, conversation)
    queue(record, conversation)
    with record.transaction() as session:
        holder.reply(session, conversation, ann, "I'm here")
    assert book.finish(turn, HELLO) == "dropped"
    assert "hello" not in texts(record, conversation)


def test_a_turn_that_itself_asked_for_a_person_may_say_so(record: Record, book: TurnBook) -> None:
    conversation = start(record)
    own = say(record, conversation, "a person please").message
    turn = taken(book, conversation)
    queue(record, conversation, own.id)
    assert book.finish(turn, HELLO) == "done"
    assert texts(record, conversation) == ["a person please", "hello"]


def test_a_turn_that_asked_for_a_person_is_silent_once_somebody_has_joined(
    record: Record, book: TurnBook, make_staff: Callable
) -> None:
    ann = make_staff(record, "Ann")
    conversation = start(record)
    own = say(record, conversation, "a person please").message
    turn = taken(book, conversation)
    queue(record, conversation, own.id)
    with record.transaction() as session:
        holder.claim(session, conversation, ann)
    assert book.finish(turn, HELLO) == "dropped"


def test_a_turn_that_asked_for_a_person_and_died_is_run_again(record: Record, make_book: Callable) -> None:
    conversation = start(record)
    own = say(record, conversation, "a person please").message
    taken(make_book("dead"), conversation)
    queue(record, conversation, own.id)
    let_lease_run_out(record)
    alive = make_book("alive")
    assert alive.finish(taken(alive, conversation), HELLO) == "done"


def test_an_old_turn_stays_silent_after_the_conversation_came_back_to_the_bot(
    record: Record, book: TurnBook, make_staff: Callable
) -> None:
    ann = make_staff(record, "Ann")
    conversation = start(record)
    say(record, conversation, "hi")
    turn = taken(book, conversation)
    queue(record, conversation)
    with record.transaction() as session:
        holder.return_to_bot(session, conversation, ann)
    assert book.finish(turn, HELLO) == "dropped"
    call = taken(book, conversation).call
    assert (call.event, call.text) == ("returned_to_bot", "")


def test_a_turn_whose_time_is_over_is_closed_without_a_call(record: Record, book: TurnBook) -> None:
    conversation = start(record)
    say(record, conversation, "hi")
    taken(book, conversation)
    queue(record, conversation)
    let_lease_run_out(record)
    assert book.take(conversation) is None
    assert states(record) == ["dropped"]


def test_a_failed_try_is_repeated_after_a_growing_pause(record: Record, make_book: Callable) -> None:
    book = make_book(turn_attempts=4)
    conversation = start(record)
    say(record, conversation, "hi")
    pauses = []
    for _ in range(3):
        assert book.fail(taken(book, conversation), RasaTimeout()) == "again"
        with record.transaction() as session:
            turn = session.scalars(select(Turn)).one()
            pauses.append((turn.next_attempt_at - now()).total_seconds())
            turn.next_attempt_at = now()
    assert pauses[0] < pauses[1] < pauses[2]


def test_after_the_last_try_people_are_asked_and_the_applicant_is_told(
    record: Record, make_book: Callable
) -> None:
    book = make_book(turn_attempts=1, notice=lambda _: Notice("We are on it.", available=True))
    conversation = start(record)
    asked = say(record, conversation, "hi").message
    assert book.fail(taken(book, conversation), RasaNoReply()) == "failed"
    with record.reading() as session:
        told = threads.read(session, conversation, after=1)
        assert [(line.text, line.act) for line in told] == [
            ("We are on it.", {"act": "handoff", "reason": "bot_unavailable", "available": True})
        ]
        handoff = session.scalars(select(Handoff)).one()
        assert (handoff.reason, handoff.available, handoff.message_id) == ("bot_unavailable", True, asked.id)
        assert session.get_one(Conversation, conversation).holder == "queued"
        assert session.scalars(select(Turn)).one().error == "no_reply"


def test_a_handover_drops_the_messages_that_waited_behind_it(record: Record, make_book: Callable) -> None:
    book = make_book(turn_attempts=1)
    conversation = start(record)
    say(record, conversation, "one")
    say(record, conversation, "two")
    book.fail(taken(book, conversation), RasaNoReply())
    assert states(record) == ["failed", "dropped"]


def test_a_turn_that_asked_for_a_person_and_then_failed_queues_once(
    record: Record, make_book: Callable
) -> None:
    book = make_book(turn_attempts=1)
    conversation = start(record)
    own = say(record, conversation, "a person please").message
    turn = taken(book, conversation)
    queue(record, conversation, own.id)
    assert book.fail(turn, RasaNoReply()) == "failed"
    with record.reading() as session:
        assert session.scalars(select(Handoff)).one().reason == "asked"
        assert session.get_one(Conversation, conversation).epoch == 1


def test_a_failure_after_a_person_took_over_says_nothing(
    record: Record, make_book: Callable, make_staff: Callable
) -> None:
    book = make_book(turn_attempts=1)
    ann = make_staff(record, "Ann")
    conversation = start(record)
    say(record, conversation, "hi")
    turn = taken(book, conversation)
    queue(record, conversation)
    with record.transaction() as session:
        holder.claim(session, conversation, ann)
    assert book.fail(turn, RasaNoReply()) == "dropped"
    assert texts(record, conversation) == ["hi", "Ann has joined the conversation."]


@pytest.mark.parametrize(
    "failure",
    [
        RasaAway("nobody answers"),
        RasaTurnFailed("action_server", ""),
        RasaTurnFailed("tracker_store", ""),
        RasaTurnFailed("model", ""),
    ],
    ids=lambda failure: failure.cause,
)
def test_while_something_is_away_tries_do_not_count_until_the_grace_is_over(
    record: Record, make_book: Callable, failure: Any
) -> None:
    book = make_book(turn_attempts=1, turn_grace=20)
    conversation = start(record)
    say(record, conversation, "hi")
    assert book.fail(taken(book, conversation), failure) == "again"
    with record.transaction() as session:
        turn = session.scalars(select(Turn)).one()
        assert turn.attempts == 0
        turn.away_since = now() - timedelta(seconds=21)
        turn.next_attempt_at = now()
    assert book.fail(taken(book, conversation), failure) == "failed"


@pytest.mark.parametrize("failure", [RasaAway("gone"), RasaTimeout("late")])
def test_an_announced_restart_of_rasa_is_waited_out(
    record: Record, make_book: Callable, failure: Any
) -> None:
    book = make_book(turn_attempts=1, turn_grace=0)
    conversation = start(record)
    say(record, conversation, "hi")
    with record.transaction() as session:
        restarts.announce(session, 60, by="test")
    assert book.fail(taken(book, conversation), failure) == "again"
    with record.transaction() as session:
        restarts.over(session)
        session.scalars(select(Turn)).one().next_attempt_at = now()
    assert book.fail(taken(book, conversation), failure) == "failed"


def test_an_announcement_that_nobody_took_back_runs_out(record: Record) -> None:
    with record.transaction() as session:
        restarts.announce(session, -1, by="test")
        assert not restarts.is_on(session)


def test_conversations_that_wait_longest_are_due_first(record: Record, book: TurnBook) -> None:
    conversations = [start(record) for _ in range(3)]
    for conversation in reversed(conversations):
        say(record, conversation, conversation)
    assert book.due(2) == [conversations[2], conversations[1]]


def test_conversations_in_hand_are_left_out(record: Record, book: TurnBook) -> None:
    first, second = start(record), start(record)
    say(record, first, "a")
    say(record, second, "b")
    assert book.due(5, [first]) == [second]


def test_what_the_bot_says_is_never_kept_without_its_turn_being_closed(
    record: Record, make_book: Callable
) -> None:
    def broken(_: Any) -> Notice:
        raise ZeroDivisionError

    book = make_book(turn_attempts=1, notice=broken)
    conversation = start(record)
    say(record, conversation, "hi")
    with pytest.raises(ZeroDivisionError):
        book.fail(taken(book, conversation), RasaNoReply())
    with record.reading() as session:
        assert len(session.scalars(select(Message)).all()) == 1
    assert states(record) == ["running"]
