"""Live news for open consoles: small signals over server-sent events; pages fetch what changed themselves.

One look a second for the whole process (and at once when this process itself wrote), however many are open.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import anyio.to_thread
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sse_starlette import ServerSentEvent

from frontdesk.conversations.live import Changes
from frontdesk.records.models import Application, Conversation, Draft, Outage
from frontdesk.records.session import Record
from frontdesk.staff import queue
from frontdesk.staff.sessions import Sessions

CHECK_SESSION_EVERY: Final = 10.0
# A burst of messages is one signal, or every open console would fetch its lists for each of them.
BREATH: Final = 0.1


@dataclass(frozen=True)
class Look:
    """What all open consoles want to know; two equal ones mean that nothing happened."""

    waiting: int
    lists: tuple[Any, ...]
    parts: tuple[Any, ...]


def version(session: Session, conversation_id: str) -> dict[str, Any] | None:
    """What a conversation's page compares with what it shows: `seq` (newest message), `held`, `beside`."""
    row = session.execute(
        select(
            Conversation.last_seq,
            Conversation.epoch,
            Conversation.attention,
            Conversation.staff_id,
        ).where(Conversation.id == conversation_id)
    ).one_or_none()
    if row is None:
        return None
    drafts = select(func.max(Draft.updated_at)).where(Draft.conversation_id == conversation_id)
    sent = select(func.max(Application.updated_at)).where(Application.conversation_id == conversation_id)
    seq, epoch, attention, staff_id = row
    return {
        "seq": seq,
        "held": f"{epoch}-{attention}-{staff_id}",
        "beside": f"{session.scalar(drafts)}-{session.scalar(sent)}",
    }


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

    async def follow(self, session_hash: str, conversation_id: str | None) -> AsyncIterator[ServerSentEvent]:
        """Signals until the session ends: `queue` {"waiting"}, `parts`, `conversation` (a `version`).

        Each is told once at the beginning, so that nothing is missed between page and stream; `signed-out` is
        the last one.
        """
        loop = asyncio.get_running_loop()
        told: Look | None = None
        told_conversation: dict[str, Any] | None = None
        checked = loop.time()
        seen = 0
        async with self._listening():
            while True:
                seen = await self._next(seen)
                if loop.time() - checked > CHECK_SESSION_EVERY:
                    checked = loop.time()
                    if not await self._still_signed_in(session_hash):
                        yield ServerSentEvent("{}", event="signed-out")
                        return
                look = self._look
                if look is not None and look != told:
                    if told is None or (look.waiting, look.lists) != (told.waiting, told.lists):
                        yield ServerSentEvent(json.dumps({"waiting": look.waiting}), event="queue")
                    if told is None or look.parts != told.parts:
                        yield ServerSentEvent("{}", event="parts")
                    told = look
                if conversation_id is not None:
                    now_there = await anyio.to_thread.run_sync(self._conversation, conversation_id)
                    if now_there is not None and now_there != told_conversation:
                        told_conversation = now_there
                        yield ServerSentEvent(json.dumps(now_there), event="conversation")

    def _listening(self) -> _Listening:
        return _Listening(self)

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
                    self._look = await anyio.to_thread.run_sync(self._read)
                async with self._looked:
                    self._looks += 1
                    self._looked.notify_all()
                await asyncio.sleep(BREATH)
                await listener.wait()

    def _read(self) -> Look:
        with self._record.reading() as session:
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
            return Look(queue.waiting(session), (*held, *others), tuple(parts))

    def _conversation(self, conversation_id: str) -> dict[str, Any] | None:
        try:
            with self._record.reading() as session:
                return version(session, conversation_id)
        except (SQLAlchemyError, OSError):
            return None

    async def _still_signed_in(self, session_hash: str) -> bool:
        try:
            return await anyio.to_thread.run_sync(self._sessions.by_hash, session_hash) is not None
        except (SQLAlchemyError, OSError):
            return True


class _Listening:
    """Starts the looking with the first listener, ends it with the last."""

    def __init__(self, news: News) -> None:
        self._news = news

    async def __aenter__(self) -> None:
        news = self._news
        news._listeners += 1
        if news._looking is None:
            news._looking = asyncio.create_task(news._look_again_and_again(), name="staff news")

    async def __aexit__(self, *_: object) -> None:
        news = self._news
        news._listeners -= 1
        if not news._listeners and news._looking is not None:
            news._looking.cancel()
            news._looking = None
