"""Turns: each inbound message for the bot becomes one call to Rasa, in order, with its effect once.

A process takes a conversation's turns by a lease that it renews; a dead one's lease runs out and another runs
the turn again (Rasa and the actions know its message id). Every write checks the lease's token: who lost it
writes nothing. What a failed turn says to the applicant is given by the app, which knows the hours.
"""

from __future__ import annotations

import asyncio
import logging
import os
import platform
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Literal

import anyio.to_thread
from sqlalchemy import exists, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, aliased

from frontdesk.conversations import holder, restarts, states, threads
from frontdesk.conversations.live import POLL_SECONDS, Changes
from frontdesk.conversations.rasa import Call, RasaClient, RasaFailure, Reply
from frontdesk.records.models import Conversation, Draft, Message, Turn, now
from frontdesk.records.session import Record
from frontdesk.settings import Settings

logger = logging.getLogger(__name__)

Outcome = Literal["done", "dropped", "failed", "again", "lost"]

FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 8.0
BOT_UNAVAILABLE: Final = holder.BOT_UNAVAILABLE


@dataclass(frozen=True)
class Notice:
    """What is said when the bot cannot answer: the words, and whether a person is there now."""

    text: str
    available: bool


def plain_notice(_: Session) -> Notice:
    """The notice of an installation that says nothing about its hours."""
    return Notice(
        "I'm sorry, something on our side is broken and I can't answer right now. "
        "Your message is kept, and I've put this chat in front of our team; a person will answer you here.",
        available=False,
    )


@dataclass(frozen=True)
class Taken:
    """A turn that this process runs now, by the lease `token`."""

    turn_id: str
    token: int
    call: Call


class TurnBook:
    """The turns in the record: what is due, who runs it, how it ended. Synchronous, one transaction a method.

    Args:
        owner: the name of the process in its leases.
    """

    def __init__(
        self,
        record: Record,
        settings: Settings,
        *,
        owner: str | None = None,
        notice: Callable[[Session], Notice] = plain_notice,
    ) -> None:
        self._record = record
        self._settings = settings
        self._notice = notice
        self.owner = owner or f"{_machine()}:{os.getpid()}:{secrets.token_hex(4)}"

    def due(self, limit: int, but_not: Sequence[str] = ()) -> Sequence[str]:
        """At most `limit` conversations (ids) whose first unfinished turn may run now, longest wait first."""
        earlier = aliased(Turn)
        first = ~exists().where(
            earlier.conversation_id == Turn.conversation_id,
            earlier.state.in_(threads.UNFINISHED),
            earlier.seq < Turn.seq,
        )
        free = Conversation.turn_lease_until.is_(None) | (Conversation.turn_lease_until < now())
        query = (
            select(Turn.conversation_id)
            .join(Conversation, Conversation.id == Turn.conversation_id)
            .where(Turn.state.in_(threads.UNFINISHED), Turn.next_attempt_at <= now(), first, free)
            .where(Turn.conversation_id.not_in(but_not))
            .order_by(Turn.next_attempt_at)
            .limit(limit)
        )
        with self._record.reading() as session:
            return list(dict.fromkeys(session.scalars(query)))

    def take(self, conversation_id: str) -> Taken | None:
        """Take the conversation's lease and its first unfinished turn; None when there is nothing to run now.

        Turns that may not speak any more are closed on the way.
        """
        with self._record.transaction() as session:
            conversation = threads.locked(session, conversation_id)
            until = conversation.turn_lease_until
            if until is not None and until > now():
                return None
            for turn in session.scalars(
                select(Turn)
                .where(Turn.conversation_id == conversation_id, Turn.state.in_(threads.UNFINISHED))
                .order_by(Turn.seq, Turn.created_at)
            ):
                if not states.may_speak(conversation, turn):
                    _end(turn, "dropped")
                    continue
                if turn.next_attempt_at > now():
                    return None
                turn.state = "running"
                turn.started_at = turn.started_at or now()
                conversation.turn_owner = self.owner
                conversation.turn_token += 1
                conversation.turn_lease_until = now() + timedelta(seconds=self._settings.turn_lease)
                return Taken(turn.id, conversation.turn_token, _call(session, conversation, turn))
            return None

    def free_from_the_dead(self) -> None:
        """End the leases of processes of this machine that are gone: a restart waits for none of them.

        To be called before the first turn is taken: a lease of this very process number is a predecessor's.
        """
        with self._record.transaction() as session:
            held = select(Conversation).where(
                Conversation.turn_owner.startswith(f"{_machine()}:", autoescape=True),
                Conversation.turn_lease_until > now(),
            )
            for conversation in session.scalars(held.with_for_update()):
                if _is_gone(conversation.turn_owner or ""):
                    _let_go(conversation)

    def renew(self, taken: Taken) -> bool:
        """Keep the lease; False when another process has it."""
        with self._record.transaction() as session:
            conversation = threads.locked(session, taken.call.conversation)
            if conversation.turn_token != taken.token:
                return False
            conversation.turn_lease_until = now() + timedelta(seconds=self._settings.turn_lease)
            return True

    def finish(self, taken: Taken, replies: Sequence[Reply]) -> Outcome:
        """Close the turn with its replies, or without them when a person took over meanwhile."""
        with self._record.transaction() as session:
            conversation, turn = self._still_mine(session, taken)
            if turn is None:
                return "lost"
            _let_go(conversation)
            if not states.may_speak(conversation, turn):
                _end(turn, "dropped")
                return "dropped"
            for reply in replies:
                _say(session, conversation, turn, reply.text, reply.act)
            _end(turn, "done")
            holder.recover(session, conversation.id, turn.message_id)
            return "done"

    def fail(self, taken: Taken, failure: RasaFailure) -> Outcome:
        """The try failed: have it tried again, or, when that is no use any more, hand over to people.

        While something is away and may be back (`failure.away`), tries do not count; `turn_grace` does.
        During an announced restart of Rasa neither does.
        """
        with self._record.transaction() as session:
            conversation, turn = self._still_mine(session, taken)
            if turn is None:
                return "lost"
            _let_go(conversation)
            if not states.may_speak(conversation, turn):
                _end(turn, "dropped")
                return "dropped"
            turn.error = failure.cause
            if restarts.is_on(session):
                # Patience is for what nobody foresaw; it begins when the restart should be over.
                turn.away_since = None
                give_up, pause = False, POLL_SECONDS
            elif failure.away:
                turn.away_since = turn.away_since or now()
                waited = (now() - turn.away_since).total_seconds()
                give_up = waited >= self._settings.turn_grace
                pause = POLL_SECONDS
            else:
                turn.away_since = None
                turn.attempts += 1
                give_up = turn.attempts >= self._settings.turn_attempts
                pause = min(FIRST_PAUSE_SECONDS * 2 ** (turn.attempts - 1), LONGEST_PAUSE_SECONDS)
            if not give_up:
                turn.state = "waiting"
                turn.next_attempt_at = now() + timedelta(seconds=pause)
                return "again"
            self._hand_over(session, conversation, turn)
            return "failed"

    def call_people(self, since: datetime) -> Sequence[str]:
        """Queue for people what the bot owes an answer for longer than `turn_patience`, and say so.

        The turn goes on: answered while nobody took the conversation, its replies are still said and the bot
        has the conversation again (`holder.recover`).

        Args:
            since: turns of before are counted from here; a process that starts late gives the bot its chance.

        Returns:
            The conversations (ids).
        """
        if (now() - since).total_seconds() < self._settings.turn_patience:
            return []
        late = now() - timedelta(seconds=self._settings.turn_patience)
        owed = (
            select(Turn.conversation_id)
            .join(Conversation, Conversation.id == Turn.conversation_id)
            .where(
                Turn.state.in_(threads.UNFINISHED),
                Turn.event.is_(None),
                Turn.created_at < late,
                Turn.epoch == Conversation.epoch,
                Conversation.holder == "bot",
            )
            .distinct()
            .limit(200)
        )
        with self._record.reading() as session:
            found = session.scalars(owed).all()
        called = []
        for conversation_id in found:
            with self._record.transaction() as session:
                conversation = threads.locked(session, conversation_id)
                first = session.scalars(
                    select(Turn)
                    .where(Turn.conversation_id == conversation_id, Turn.state.in_(threads.UNFINISHED))
                    .order_by(Turn.seq, Turn.created_at)
                    .limit(1)
                ).one_or_none()
                # A turn that just began after others ended has its own time.
                if first is None or first.event or first.created_at >= late or conversation.holder != "bot":
                    continue
                self._call(session, conversation, first)
                called.append(conversation_id)
        return called

    def put_back(self, taken: Taken) -> None:
        """Give the turn to whoever comes next: this process stops."""
        with self._record.transaction() as session:
            conversation, turn = self._still_mine(session, taken)
            if turn is not None:
                _let_go(conversation)
                turn.state = "waiting"

    def _still_mine(self, session: Session, taken: Taken) -> tuple[Conversation, Turn | None]:
        conversation = threads.locked(session, taken.call.conversation)
        turn = session.get(Turn, taken.turn_id, populate_existing=True)
        if turn is None or turn.state != "running" or conversation.turn_token != taken.token:
            return conversation, None
        return conversation, turn

    def _hand_over(self, session: Session, conversation: Conversation, turn: Turn) -> None:
        _end(turn, "failed")
        asked = holder.open_handoff(session, conversation.id)
        if asked is not None and (asked.message_id, asked.reason) == (turn.message_id, BOT_UNAVAILABLE):
            return  # said when its time was over
        self._call(session, conversation, turn)

    def _call(self, session: Session, conversation: Conversation, turn: Turn) -> None:
        """Say that the bot cannot answer, and ask people in."""
        notice = self._notice(session)
        act = {"act": "handoff", "reason": BOT_UNAVAILABLE, "available": notice.available}
        _say(session, conversation, turn, notice.text, act)
        if conversation.holder == "bot":
            holder.queue(
                session,
                conversation.id,
                reason=BOT_UNAVAILABLE,
                message_id=turn.message_id,
                available=notice.available,
            )


def _machine() -> str:
    return platform.node()[:40]


def _is_gone(owner: str) -> bool:
    number = owner.split(":")[-2]
    if int(number) == os.getpid():
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _call(session: Session, conversation: Conversation, turn: Turn) -> Call:
    message = session.get(Message, turn.message_id)
    asking = session.scalars(
        select(Draft.asking)
        .where(Draft.conversation_id == conversation.id, Draft.state == "open")
        .order_by(Draft.updated_at.desc())
        .limit(1)
    ).one_or_none()
    return Call(
        conversation=conversation.id,
        message_id=turn.message_id,
        text=message.text if message else "",
        channel=conversation.channel,
        choice=message.choice if message else None,
        event=turn.event,
        form=asking,
    )


def _say(
    session: Session, conversation: Conversation, turn: Turn, text: str, act: dict[str, Any] | None
) -> None:
    threads.append(
        session,
        conversation,
        author="bot",
        text=text,
        act=act,
        in_reply_to=None if turn.event else turn.message_id,
    )


def _end(turn: Turn, state: str) -> None:
    turn.state = state
    turn.finished_at = now()


def _let_go(conversation: Conversation) -> None:
    conversation.turn_owner = None
    conversation.turn_lease_until = None


class TurnRunner:
    """Runs due turns: several conversations at once, one turn at a time in each, in order.

    Any number of processes may run one on the same record.

    Args:
        changes: wakes it at once for what this process receives; it also looks each second.
        notice: the words for a failed turn; called inside the transaction that hands over.
        observe: told the outcome and the seconds of each call, for metrics.
    """

    def __init__(
        self,
        record: Record,
        rasa: RasaClient,
        settings: Settings,
        *,
        changes: Changes | None = None,
        notice: Callable[[Session], Notice] = plain_notice,
        observe: Callable[[Outcome, float], None] = lambda _outcome, _seconds: None,
    ) -> None:
        self._book = TurnBook(record, settings, notice=notice)
        self._rasa = rasa
        self._settings = settings
        self._changes = changes or Changes()
        self._observe = observe
        self._running: dict[str, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Run turns until `stop`. A database that is away is waited for."""
        freed = False
        since = now()
        with self._changes.listen() as listener:
            while not self._stopping.is_set():
                try:
                    if not freed:
                        await _off_loop(self._book.free_from_the_dead)
                        freed = True
                    await self._start_due(listener.wake)
                    for called in await _off_loop(self._book.call_people, since):
                        self._changes.notify(called)
                except (SQLAlchemyError, OSError) as error:
                    logger.error("The record does not answer (%s); turns wait.", type(error).__name__)
                await listener.wait(POLL_SECONDS)

    async def stop(self, patience: float = 5.0) -> None:
        """Take nothing new, let what runs end within `patience` seconds, give the rest back."""
        self._stopping.set()
        running = list(self._running.values())
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=patience)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _start_due(self, wake: Callable[[], None]) -> None:
        room = self._settings.turns_at_once - len(self._running)
        if room <= 0:
            return
        due = await _off_loop(self._book.due, room, tuple(self._running))
        for conversation_id in due:
            if self._stopping.is_set() or conversation_id in self._running:
                continue
            task = asyncio.create_task(self._serve(conversation_id))
            self._running[conversation_id] = task
            task.add_done_callback(partial(self._served, conversation_id, wake))

    def _served(self, conversation_id: str, wake: Callable[[], None], task: asyncio.Task[None]) -> None:
        del self._running[conversation_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its lease runs out and the turn is run again. The error's text may hold what was written.
            logger.error("A turn of conversation %s broke off: %s", conversation_id, type(error).__name__)
            return
        # What came while this conversation was in hand was passed over: look again.
        wake()

    async def _serve(self, conversation_id: str) -> None:
        while not self._stopping.is_set():
            taken = await _off_loop(self._book.take, conversation_id)
            if taken is None:
                return
            try:
                await self._run_turn(taken)
            except asyncio.CancelledError:
                await asyncio.shield(_off_loop(self._book.put_back, taken))
                raise

    async def _run_turn(self, taken: Taken) -> None:
        self._changes.notify(taken.call.conversation)
        began = time.perf_counter()
        keeping = asyncio.create_task(self._keep_lease(taken))
        failure: RasaFailure | None = None
        replies: list[Reply] = []
        try:
            replies = await self._rasa.turn(taken.call)
        except RasaFailure as error:
            failure = error
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
        outcome = await self._close(taken, replies, failure)
        seconds = time.perf_counter() - began
        logger.info(
            "turn %s of conversation %s: %s in %.0f ms%s",
            taken.turn_id,
            taken.call.conversation,
            outcome,
            seconds * 1000,
            f" ({failure.cause})" if failure else "",
        )
        self._observe(outcome, seconds)
        self._changes.notify(taken.call.conversation)

    async def _close(self, taken: Taken, replies: list[Reply], failure: RasaFailure | None) -> Outcome:
        """Write how the call ended; a record that is away is waited for while the lease is ours."""
        deadline = time.monotonic() + self._settings.turn_lease
        while True:
            try:
                if failure is None:
                    return await _off_loop(self._book.finish, taken, replies)
                return await _off_loop(self._book.fail, taken, failure)
            except (SQLAlchemyError, OSError) as error:
                if time.monotonic() > deadline or self._stopping.is_set():
                    raise
                logger.warning("A turn could not be closed yet: %s", type(error).__name__)
                await asyncio.sleep(POLL_SECONDS)

    async def _keep_lease(self, taken: Taken) -> None:
        while True:
            await asyncio.sleep(self._settings.turn_lease / 3)
            try:
                if not await _off_loop(self._book.renew, taken):
                    return
            except (SQLAlchemyError, OSError) as error:
                logger.warning("A lease could not be renewed: %s", type(error).__name__)


async def _off_loop[**Given, Result](
    function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
) -> Result:
    """Run a blocking look at the record beside the event loop."""
    return await anyio.to_thread.run_sync(partial(function, *args, **kwargs))
