"""The outbox: what is queued in the record goes to its channel, once, in the order of each conversation.

Any number of processes may run one: a delivery is taken by a lease. A provider that is away is waited
for; what cannot be sent is marked, and people see it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Literal

import anyio.to_thread
from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, aliased

from frontdesk.channels import deliveries, health, intake
from frontdesk.channels.channel import Attachment, Channel, Envelope, Part, SendFailure
from frontdesk.channels.rendering import Outgoing, render
from frontdesk.channels.words import channel_words
from frontdesk.conversations.live import POLL_SECONDS, Changes
from frontdesk.conversations.states import staff_name
from frontdesk.records.models import Conversation, Delivery, Message, ShortLink, new_id, now
from frontdesk.records.session import Record
from frontdesk.settings import Settings

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=90)
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 120.0
# How long evidence is awaited for a call whose answer was lost, before it is made again.
UNSURE_PAUSE: Final = 60.0
GIVE_UP: Final = timedelta(hours=24)
AT_ONCE: Final = 8

STOPPED: Final = "The applicant said STOP; nothing is sent until START."
WINDOW: Final = "The reply window is closed; it is sent when the applicant writes again."
NUDGED: Final = "The reply window is closed; a template asked the applicant to answer, then it is sent."

type AttachmentsOf = Callable[[Session, Message], Sequence[Attachment]]


@dataclass
class _Taken:
    """A delivery that this process sends now."""

    message_id: str
    channel: str
    thread: str
    parts: Sequence[Part]
    first: int
    how: Literal["inside", "tag", "template"]
    about: dict[str, Any] = field(default_factory=dict)


class Outbox:
    """The sending of one process.

    Args:
        channels: by name; deliveries of others wait.
        clock, sleep: the time; tests give their own.
        attachments: the files of a message.
    """

    def __init__(
        self,
        record: Record,
        channels: Mapping[str, Channel],
        settings: Settings,
        *,
        changes: Changes | None = None,
        clock: Callable[[], datetime] = now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        attachments: AttachmentsOf = lambda _session, _message: (),
    ) -> None:
        self._record = record
        self._channels = channels
        self._settings = settings
        self._changes = changes or Changes()
        self._clock = clock
        self._sleep = sleep
        self._attachments = attachments
        self._owner = new_id()
        self._paused: dict[str, datetime] = {}
        self._failures: dict[str, int] = {}
        self._pace = _Pace(clock)
        self._stopping = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    async def run(self) -> None:
        """Send until `stop`. A database that is away is waited for."""
        if not self._channels:
            return
        with self._changes.listen() as listener:
            while not self._stopping.is_set():
                try:
                    while await self.run_due() and not self._stopping.is_set():
                        pass
                except (SQLAlchemyError, OSError) as error:
                    logger.error("The record does not answer (%s); messages wait.", type(error).__name__)
                await listener.wait(POLL_SECONDS)

    async def stop(self, patience: float = 5.0) -> None:
        """Take nothing new, and let what is on its way arrive within `patience` seconds."""
        self._stopping.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._idle.wait()

    async def run_due(self) -> int:
        """Send what is due now, several conversations at once; how many were tried."""
        due = await _off_loop(self._due)
        if not due:
            return 0
        gate = asyncio.Semaphore(AT_ONCE)

        async def serve(conversation_id: str) -> None:
            async with gate:
                while not self._stopping.is_set() and await self._send_next(conversation_id):
                    pass

        self._idle.clear()
        try:
            await asyncio.gather(*(serve(one) for one in due))
        finally:
            self._idle.set()
        return len(due)

    def next_due(self) -> datetime | None:
        """When a queued delivery may be tried next; None when nothing is queued."""
        first, earliest = _first_of_its_conversation(), None
        with self._record.reading() as session:
            queued = select(Delivery.channel, func.min(Delivery.next_attempt_at)).where(
                Delivery.state == "queued", Delivery.channel.in_(self._channels), first
            )
            for channel, told in session.execute(queued.group_by(Delivery.channel)):
                due = max(told, self._paused.get(channel, told))
                earliest = due if earliest is None else min(earliest, due)
        return earliest

    def _due(self) -> Sequence[str]:
        at = self._clock()
        open_ones = [name for name in self._channels if self._paused.get(name, at) <= at]
        free = Delivery.lease_until.is_(None) | (Delivery.lease_until <= at)
        query = (
            select(Delivery.conversation_id)
            .where(Delivery.state == "queued", Delivery.next_attempt_at <= at, free)
            .where(Delivery.channel.in_(open_ones), _first_of_its_conversation())
            .order_by(Delivery.next_attempt_at)
            .limit(100)
        )
        with self._record.reading() as session:
            return list(dict.fromkeys(session.scalars(query)))

    async def _send_next(self, conversation_id: str) -> bool:
        """Send the conversation's next message; whether another may follow at once."""
        taken = await _off_loop(self._take, conversation_id)
        if taken is None or taken == "next":
            return taken == "next"
        channel = self._channels[taken.channel]
        try:
            await self._send(channel, taken)
        except SendFailure as failure:
            await _off_loop(self._failed, taken, failure)
            return False
        except asyncio.CancelledError:
            await asyncio.shield(_off_loop(self._give_back, taken))
            raise
        except Exception as error:
            # A fault of ours must not hold up everybody behind this message; its words may hold what was
            # written.
            logger.exception("A message of %s could not be sent", taken.channel)
            reason = SendFailure(f"It could not be prepared ({type(error).__name__}).", again=True)
            await _off_loop(self._failed, taken, reason)
            return False
        self._changes.notify(conversation_id)
        return True

    async def _send(self, channel: Channel, taken: _Taken) -> None:
        can = channel.capabilities(taken.thread)
        for number, part in list(enumerate(taken.parts))[taken.first :]:
            wait = self._pace.reserve(channel.name, taken.thread, can.per_second, can.per_thread)
            if wait > 0:
                await self._sleep(wait)
            envelope = Envelope(
                taken.thread,
                deliveries.reference(taken.message_id, number),
                outside_window=taken.how != "inside",
                about=taken.about,
            )
            provider_id = await channel.send(part, envelope)
            self._failures.pop(channel.name, None)
            if taken.how == "template":
                await self._surely(self._nudged, taken)
                return
            await self._surely(self._accepted, taken, number, provider_id)

    async def _surely[**Given](
        self, write: Callable[Given, None], *args: Given.args, **kwargs: Given.kwargs
    ) -> None:
        """Write down that a call was taken; a record that is away is waited for, or it would be made
        twice.
        """
        while True:
            try:
                await _off_loop(write, *args, **kwargs)
                return
            except (SQLAlchemyError, OSError) as error:
                if self._stopping.is_set():
                    raise
                logger.error("A sent message could not be noted yet: %s", type(error).__name__)
                await asyncio.sleep(POLL_SECONDS)

    # ------------------------------------------------------------------ the record

    def _take(  # noqa: PLR0911 - each reason not to send stands where it is found
        self, conversation_id: str
    ) -> _Taken | Literal["next"] | None:
        at = self._clock()
        with self._record.transaction() as session:
            delivery = session.scalars(
                select(Delivery)
                .where(Delivery.conversation_id == conversation_id, Delivery.state == "queued")
                .order_by(Delivery.seq)
                .limit(1)
                .with_for_update()
            ).one_or_none()
            if delivery is None or delivery.next_attempt_at > at:
                return None
            if delivery.lease_until is not None and delivery.lease_until > at:
                return None
            channel = self._channels.get(delivery.channel)
            if channel is None or self._paused.get(delivery.channel, at) > at:
                return None
            conversation = session.get_one(Conversation, conversation_id)
            message = session.get_one(Message, delivery.message_id)
            thread = conversation.external_ref
            if not delivery.despite_opt_out and intake.opted_out(session, delivery.channel, thread):
                delivery.state, delivery.error = "held", STOPPED
                return "next"
            how = self._how(session, channel, conversation, message)
            if how == "hold":
                delivery.state, delivery.error = "held", WINDOW
                return "next"
            rendered = render(
                self._outgoing(session, message),
                channel.capabilities(thread),
                channel_words(self._settings.knowledge_dir),
            )
            delivery.parts_total, delivery.numbered = len(rendered.parts), rendered.numbered
            if not rendered.parts:
                delivery.state = "sent"
                return "next"
            delivery.unsure_since = None
            delivery.lease_owner, delivery.lease_until = self._owner, at + LEASE
            about: dict[str, Any] = {"author": message.author, "message": message.id, "act": message.act}
            if message.staff_id:
                about["name"] = staff_name(session, message.staff_id)
            parts = rendered.parts if how != "template" else rendered.parts[:1]
            first = min(delivery.parts, len(parts) - 1) if how != "template" else 0
            return _Taken(message.id, channel.name, thread, parts, first, how, about)

    def _how(
        self, session: Session, channel: Channel, conversation: Conversation, message: Message
    ) -> Literal["inside", "tag", "template", "hold"]:
        window = channel.capabilities(conversation.external_ref).window
        if window is None:
            return "inside"
        last = session.scalar(
            select(func.max(Message.created_at)).where(
                Message.conversation_id == conversation.id, Message.author == "applicant"
            )
        )
        hours = (self._clock() - last).total_seconds() / 3600 if last else float("inf")
        # A minute before the end counts as over: the call takes its time, and their clock is not ours.
        if hours < window - 1 / 60:
            return "inside"
        outside = channel.outside_window(message.author, hours)
        if outside == "template":
            nudged = select(Delivery.message_id).where(
                Delivery.conversation_id == conversation.id, Delivery.nudged_at.is_not(None)
            )
            if last is not None:
                nudged = nudged.where(Delivery.nudged_at > last)
            if session.scalars(nudged.limit(1)).one_or_none() is not None:
                return "hold"
        return outside

    def _outgoing(self, session: Session, message: Message) -> Outgoing:
        following = session.scalars(
            select(Message).where(
                Message.conversation_id == message.conversation_id, Message.seq == message.seq + 1
            )
        ).one_or_none()
        goes_on = (
            following is not None
            and following.author == "bot" == message.author
            and following.in_reply_to == message.in_reply_to
        )
        return Outgoing(
            message.id,
            message.author,
            message.text,
            message.act,
            staff_name(session, message.staff_id),
            last_of_turn=not goes_on,
            attachments=self._attachments(session, message),
            link=partial(self._short, session),
        )

    def _short(self, session: Session, url: str) -> str:
        """The short form of a source's address where the world can follow it."""
        if not self._settings.public_url or not _saves(url, self._settings.base_url):
            return url
        code = base64.b32encode(hashlib.sha256(url.encode()).digest()).decode()[:8].lower()
        found = session.get(ShortLink, code)
        if found is None:
            session.add(ShortLink(code=code, url=url))
            session.flush()
        elif found.url != url:
            return url
        return f"{self._settings.base_url}/go/{code}"

    def _accepted(self, taken: _Taken, part: int, provider_id: str | None) -> None:
        with self._record.transaction() as session:
            delivery = session.get(Delivery, taken.message_id, with_for_update=True)
            if delivery is None:
                return
            deliveries.accepted(session, delivery, part, provider_id)
            if delivery.parts_total is not None and delivery.parts >= delivery.parts_total:
                if delivery.state == "queued":
                    delivery.state = "sent"
                delivery.lease_owner = delivery.lease_until = None
            else:
                delivery.lease_until = self._clock() + LEASE
            health.sent(session, taken.channel)

    def _nudged(self, taken: _Taken) -> None:
        with self._record.transaction() as session:
            delivery = session.get(Delivery, taken.message_id, with_for_update=True)
            if delivery is not None:
                delivery.state, delivery.error, delivery.nudged_at = "held", NUDGED, self._clock()
                delivery.lease_owner = delivery.lease_until = None
            health.sent(session, taken.channel)

    def _give_back(self, taken: _Taken) -> None:
        with self._record.transaction() as session:
            delivery = session.get(Delivery, taken.message_id, with_for_update=True)
            if delivery is not None and delivery.lease_owner == self._owner:
                delivery.lease_owner = delivery.lease_until = None
                # The call may be on its way: evidence first.
                delivery.unsure_since = self._clock()
                delivery.next_attempt_at = self._clock() + timedelta(seconds=UNSURE_PAUSE)

    def _failed(self, taken: _Taken, failure: SendFailure) -> None:
        at = self._clock()
        with self._record.transaction() as session:
            health.failed(session, taken.channel, str(failure))
            delivery = session.get(Delivery, taken.message_id, with_for_update=True)
            if failure.opted_out:
                intake.begin_opt_out(session, taken.channel, taken.thread, "told by the provider")
            if delivery is None or delivery.lease_owner != self._owner:
                return
            delivery.lease_owner = delivery.lease_until = None
            delivery.error = str(failure)[:500]
            delivery.attempts += 1
            if failure.window_closed:
                delivery.state, delivery.error = "held", WINDOW
            elif not failure.again or at - delivery.created_at > GIVE_UP:
                delivery.state = "failed"
            else:
                delivery.next_attempt_at = at + timedelta(seconds=self._pause(delivery.attempts, failure))
                delivery.unsure_since = at if failure.unsure else None
        logger.warning("A message on %s was not taken: %s", taken.channel, type(failure).__name__)
        if failure.again and failure.everybody:
            self._failures[taken.channel] = self._failures.get(taken.channel, 0) + 1
            seconds = self._pause(self._failures[taken.channel], failure)
            self._paused[taken.channel] = at + timedelta(seconds=seconds)

    @staticmethod
    def _pause(tries: int, failure: SendFailure) -> float:
        if failure.retry_after is not None:
            # Never before the time that was asked for; a little after it, not all at once.
            return failure.retry_after + random.uniform(0.05, 0.5)  # noqa: S311 - no secret
        pause = min(FIRST_PAUSE * 2.0 ** min(tries - 1, 12), LONGEST_PAUSE) * random.uniform(0.8, 1.2)  # noqa: S311
        return max(pause, UNSURE_PAUSE) if failure.unsure else pause


def _first_of_its_conversation() -> ColumnElement[bool]:
    earlier = aliased(Delivery)
    return ~exists().where(
        earlier.conversation_id == Delivery.conversation_id,
        earlier.state == "queued",
        earlier.seq < Delivery.seq,
    )


def _saves(url: str, base: str) -> bool:
    """Whether the short form is shorter."""
    return len(f"{base}/go/") + 8 < len(url)


class _Pace:
    """How fast this process may call: so many a second to a provider, so far apart to a thread."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._next: dict[tuple[str, str], datetime] = {}

    def reserve(self, channel: str, thread: str, per_second: float, per_thread: float) -> float:
        """Take the next free place; the seconds to wait for it."""
        at = self._clock()
        if len(self._next) > 10_000:
            self._next = {key: free for key, free in self._next.items() if free > at}
        place = max(at, self._next.get((channel, ""), at), self._next.get((channel, thread), at))
        self._next[channel, ""] = max(self._next.get((channel, ""), at), at) + timedelta(
            seconds=1 / per_second
        )
        if per_thread:
            self._next[channel, thread] = place + timedelta(seconds=per_thread)
        return (place - at).total_seconds()


async def _off_loop[**Given, Result](
    function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
) -> Result:
    """Run a blocking look at the record beside the event loop."""
    return await anyio.to_thread.run_sync(partial(function, *args, **kwargs))
