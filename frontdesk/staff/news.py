"""Live news for open consoles: small signals over server-sent events; pages fetch what changed themselves.

One look a second for the whole process (and at once when this process itself wrote), however many are open.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import anyio.to_thread
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sse_starlette import ServerSentEvent

from frontdesk.conversations.live import Changes
from frontdesk.records.models import (
    Alert,
    Application,
    ContactLeft,
    Conversation,
    Draft,
    KeptFile,
    Outage,
    StaffSession,
    now,
)
from frontdesk.records.session import Record
from frontdesk.staff import alerting, queue
from frontdesk.staff.sessions import Sessions

CHECK_SESSION_EVERY: Final = 10.0
# A burst of messages is one signal, or every open console would fetch its lists for each of them.
BREATH: Final = 0.2
CALLS_KEPT: Final = timedelta(minutes=2)
CALLS_AT_ONCE: Final = 200


@dataclass(frozen=True)
class Look:
    """What all open consoles want to know; two equal ones mean that nothing happened."""

    waiting: int
    lists: tuple[Any, ...]
    parts: tuple[Any, ...]


@dataclass(frozen=True)
class Call:
    """An alert for open consoles. `staff_id`: the one person it is for; None is everybody."""

    id: str
    event: str
    staff_id: str | None
    news: dict[str, str]


def version(session: Session, conversation_id: str) -> dict[str, Any] | None:
    """What a conversation's page compares with what it shows; see `versions`."""
    return versions(session, [conversation_id]).get(conversation_id)


def versions(session: Session, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Conversation id → `seq` (newest message), `note` (newest note), `held`, `beside`, `typing`."""
    if not ids:
        return {}
    sent = _newest(session, Application.conversation_id, Application.updated_at, ids)
    drafts = _newest(session, Draft.conversation_id, Draft.updated_at, ids)
    files = _newest(session, KeptFile.conversation_id, KeptFile.created_at, ids)
    left = _newest(session, ContactLeft.conversation_id, ContactLeft.at, ids)
    at = now()
    rows = session.execute(
        select(
            Conversation.id,
            Conversation.last_seq,
            Conversation.last_note,
            Conversation.epoch,
            Conversation.attention,
            Conversation.staff_id,
            Conversation.snoozed_until,
            Conversation.applicant_typing_until,
        ).where(Conversation.id.in_(ids))
    ).all()
    return {
        row.id: {
            "seq": row.last_seq,
            "note": row.last_note,
            "held": f"{row.epoch}-{row.attention}-{row.staff_id}-{row.snoozed_until}",
            "beside": "-".join(str(each.get(row.id)) for each in (drafts, sent, files, left)),
            "typing": row.applicant_typing_until is not None and row.applicant_typing_until > at,
        }
        for row in rows
    }


def _newest(session: Session, whose: Any, when: Any, ids: Sequence[str]) -> dict[str, datetime]:
    found = session.execute(select(whose, func.max(when)).where(whose.in_(ids)).group_by(whose))
    return {row[0]: row[1] for row in found}


class News:
    """The looks of one process. It looks only while somebody listens."""

    def __init__(self, record: Record, changes: Changes, sessions: Sessions) -> None:
        self._record = record
        self._changes = changes
        self._sessions = sessions
        self._listeners = 0
        self._looking: asyncio.Task[None] | None = None
        self._looked = asyncio.Condition()
        self._look: Look | None = None
        self._looks = 0
        self._followed: Counter[str] = Counter()
        self._versions: dict[str, dict[str, Any]] = {}
        self._calls: Sequence[Call] = ()

    async def follow(self, session_hash: str, conversation_id: str | None) -> AsyncIterator[ServerSentEvent]:
        """Signals until the session ends: `queue` {"waiting"}, `parts`, `conversation` (a `version`), `call`.

        Each but the calls is told once at the beginning, so that nothing is missed between page and stream;
        `signed-out` is the last one.
        """
        loop = asyncio.get_running_loop()
        told: Look | None = None
        told_conversation: dict[str, Any] | None = None
        heard: set[str] | None = None
        whose, chosen = await anyio.to_thread.run_sync(self._choices, session_hash)
        checked = loop.time()
        seen = 0
        async with self._listening(conversation_id):
            while True:
                seen = await self._next(seen)
                if loop.time() - checked > CHECK_SESSION_EVERY:
                    checked = loop.time()
                    if not await self._still_signed_in(session_hash):
                        yield ServerSentEvent("{}", event="signed-out")
                        return
                    whose, chosen = await anyio.to_thread.run_sync(self._choices, session_hash)
                calls = self._calls
                if heard is None:
                    heard = {call.id for call in calls}
                for call in calls:
                    mine = call.staff_id is None or call.staff_id == whose
                    if call.id not in heard and mine and chosen.get(call.event, True):
                        yield ServerSentEvent(json.dumps(call.news), event="call")
                heard = {call.id for call in calls}
                look = self._look
                if look is not None and look != told:
                    if told is None or (look.waiting, look.lists) != (told.waiting, told.lists):
                        yield ServerSentEvent(json.dumps({"waiting": look.waiting}), event="queue")
                    if told is None or look.parts != told.parts:
                        yield ServerSentEvent("{}", event="parts")
                    told = look
                if conversation_id is not None:
                    now_there = self._versions.get(conversation_id)
                    if now_there is not None and now_there != told_conversation:
                        told_conversation = now_there
                        yield ServerSentEvent(json.dumps(now_there), event="conversation")

    def _listening(self, conversation_id: str | None) -> _Listening:
        return _Listening(self, conversation_id)

    async def _next(self, seen: int) -> int:
        """Wait for a look that is newer than the one numbered `seen`; returns its number."""
        async with self._looked:
            await self._looked.wait_for(lambda: self._looks > seen)
            return self._looks

    async def _look_again_and_again(self) -> None:
        with self._changes.listen() as listener:
            while True:
                # The record may be away for a moment: what was known stays known.
                with suppress(SQLAlchemyError, OSError):
                    look = await anyio.to_thread.run_sync(self._read, tuple(self._followed))
                    self._look, self._versions, self._calls = look
                async with self._looked:
                    self._looks += 1
                    self._looked.notify_all()
                await asyncio.sleep(BREATH)
                await listener.wait()

    def _read(self, followed: Sequence[str]) -> tuple[Look, dict[str, dict[str, Any]], Sequence[Call]]:
        with self._record.reading() as session:
            there, calls = versions(session, followed), self._new_calls(session)
            held = session.execute(
                select(
                    func.count(),
                    func.max(Conversation.updated_at),
                    func.sum(Conversation.epoch),
                    func.sum(Conversation.last_seq),
                ).where(Conversation.holder.in_(("queued", "assigned")))
            ).one()
            # Of those that nobody waits for, only the newest change is asked: it stands in the index.
            others = [
                session.scalar(select(func.max(Conversation.updated_at)).where(Conversation.holder == holder))
                for holder in ("bot", "closed")
            ]
            parts = session.execute(
                select(func.count(), func.max(Outage.began_at), func.max(Outage.ended_at))
            ).one()
            look = Look(queue.waiting(session), (*held, *others), tuple(parts))
        return look, there, calls

    def _new_calls(self, session: Session) -> Sequence[Call]:
        """The alerts of the last minutes; each stream tells those that it has not told."""
        since = now() - CALLS_KEPT
        found = session.scalars(
            select(Alert).where(Alert.created_at > since).order_by(Alert.created_at).limit(CALLS_AT_ONCE)
        ).all()
        known = {call.id: call for call in self._calls}
        return [known.get(alert.id) or _call(session, alert) for alert in found]

    def _choices(self, session_hash: str) -> tuple[str | None, dict[str, bool]]:
        """Whose session it is, and for which events an open console calls."""
        try:
            with self._record.reading() as session:
                kept = session.get(StaffSession, session_hash)
                if kept is None:
                    return None, {}
                chosen = alerting.choices(session, kept.staff_id)
                return kept.staff_id, {event: one.browser for event, one in chosen.items()}
        except (SQLAlchemyError, OSError):
            return None, {}

    async def _still_signed_in(self, session_hash: str) -> bool:
        try:
            return await anyio.to_thread.run_sync(self._sessions.by_hash, session_hash) is not None
        except (SQLAlchemyError, OSError):
            return True


def _call(session: Session, alert: Alert) -> Call:
    words = alerting.told(session, alert, "")
    news = {
        "id": alert.id,
        "event": alert.event,
        "title": words.title,
        "text": words.text,
        "url": words.url,
        "conversation": alert.conversation_id,
    }
    return Call(alert.id, alert.event, alert.staff_id, news)


class _Listening:
    """Starts the looking with the first listener, ends it with the last."""

    def __init__(self, news: News, conversation_id: str | None) -> None:
        self._news = news
        self._conversation = conversation_id

    async def __aenter__(self) -> None:
        news = self._news
        news._listeners += 1
        if self._conversation is not None:
            news._followed[self._conversation] += 1
        if news._looking is None:
            news._looking = asyncio.create_task(news._look_again_and_again(), name="staff news")

    async def __aexit__(self, *_: object) -> None:
        news = self._news
        news._listeners -= 1
        if self._conversation is not None:
            news._followed[self._conversation] -= 1
            if not news._followed[self._conversation]:
                del news._followed[self._conversation]
        if not news._listeners and news._looking is not None:
            news._looking.cancel()
            news._looking = None
            # Whoever comes next waits for a look of that moment, instead of being told an old one.
            news._looks, news._look, news._versions, news._calls = 0, None, {}, ()
