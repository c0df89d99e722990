"""Rasa's room: where conversations are kept between turns, one row each, bounded.

May change: how a tracker is kept. Must not import: frontdesk, actions (another Python).
The record (frontdesk) is the truth; this is Rasa's memory of the last turns, so that "and is it paid?" has
a before.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional, TypeVar

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SerializedTrackerAsText, TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_URL = f"sqlite:///{ROOT / 'var' / 'tracker.db'}"

# Rasa replays all events of a tracker several times a turn, about 0.11 ms an event: hence a bound.
# When more user turns than MOST_TURNS are kept, the oldest become their outcome and KEPT_TURNS stay.
MOST_TURNS = 8
KEPT_TURNS = 6
LONGEST_SENDER = 255

SQLITE_BUSY_SECONDS = 3.0
POSTGRES_CONNECT_SECONDS = 3
POSTGRES_STATEMENT_MS = 5_000
POSTGRES_CONNECTIONS = 8

_metadata = sa.MetaData()
_trackers = sa.Table(
    "conversation_trackers",
    _metadata,
    sa.Column("sender_id", sa.String(LONGEST_SENDER), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False),
    sa.Column("dialogue", sa.Text, nullable=False),
)

_Result = TypeVar("_Result")


class TrackerConflict(RuntimeError):
    """The conversation was changed or erased by somebody else since it was read; nothing was written."""


class ConversationTrackerStore(TrackerStore, SerializedTrackerAsText):
    """One row a conversation in SQLite or PostgreSQL.

    A save replaces the row only if it is still the one that was read, so a second machine or an erasure in
    between is noticed. Every operation runs in a thread: a database that is slow or away stops its own
    turn, not the others.
    """

    def __init__(
        self,
        domain: Optional[Domain] = None,
        event_broker: Optional[EventBroker] = None,
        host: Optional[str] = None,
        url: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        """Made by Rasa from endpoints.yml, where `url` may stand; `CHHA_TRACKER_URL` goes before it.

        Nothing is connected yet: a database that is away makes turns fail, not the start.

        Raises:
            ValueError: the URL is for neither SQLite nor PostgreSQL.
        """
        super().__init__(domain, event_broker, **kwargs)
        self._url = _checked_url(os.environ.get("CHHA_TRACKER_URL") or host or url or DEFAULT_URL)
        is_sqlite = self._url.get_backend_name() == "sqlite"
        self._threads = ThreadPoolExecutor(
            max_workers=1 if is_sqlite else POSTGRES_CONNECTIONS, thread_name_prefix="tracker-store"
        )
        self._engine: Optional[Engine] = None
        self._is_sqlite = is_sqlite

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """The tracker of a conversation, None when there is none."""
        row = await self._in_thread(lambda connection: _row(connection, sender_id))
        if row is None:
            return None
        tracker = self.deserialise_tracker(sender_id, row.dialogue)
        tracker.stored_revision = row.revision  # type: ignore[attr-defined]
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep a tracker: its last turns as they were, what was before as its outcome.

        Raises:
            TrackerConflict: the row is not the one that the tracker was read from.
        """
        await self.stream_events(tracker)
        revision: Optional[int] = getattr(tracker, "stored_revision", None)
        kept = bounded(tracker)
        dialogue = json.dumps({"name": tracker.sender_id, "events": [event.as_dict() for event in kept]})
        tracker.stored_revision = await self._in_thread(  # type: ignore[attr-defined]
            lambda connection: _write(connection, tracker.sender_id, revision, dialogue)
        )

    async def delete(self, sender_id: str) -> bool:
        """Erase a conversation's tracker. Whether there was one."""
        erased = await self._in_thread(lambda connection: _delete(connection, sender_id))
        if erased and self._is_sqlite:
            await self._in_thread(_truncate_log)
        return erased

    async def keys(self) -> Iterable[str]:
        """The ids of all conversations kept."""
        return await self._in_thread(
            lambda connection: [row.sender_id for row in connection.execute(sa.select(_trackers.c.sender_id))]
        )

    async def ping(self) -> None:
        """Reach the database, or raise what it raises."""
        await self._in_thread(lambda connection: connection.execute(sa.select(sa.literal(1))).scalar())

    async def _in_thread(self, work: Callable[[Connection], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._transaction, work)

    def _transaction(self, work: Callable[[Connection], _Result]) -> _Result:
        engine = self._connected()
        try:
            with engine.begin() as connection:
                return work(connection)
        except OperationalError:
            # Away, locked or moved: the next turn starts from a new connection and looks for its table again.
            self._engine = None
            engine.dispose()
            raise

    def _connected(self) -> Engine:
        if self._engine is None:
            engine = _engine(self._url)
            try:
                _metadata.create_all(engine)
            except (IntegrityError, ProgrammingError, OperationalError):
                # Another process made the table at the same moment; if it was something else, this raises
                # again.
                _metadata.create_all(engine)
            self._engine = engine
        return self._engine


def bounded(tracker: DialogueStateTracker, *, most: int = MOST_TURNS, keep: int = KEPT_TURNS) -> List[Event]:
    """The events worth keeping: all of them, or above `most` user turns the last `keep` after a summary of
    the rest.

    The summary is the state in which the kept turns begin: session, slots, open form and its question,
    listening. So replaying it gives the same state as replaying everything.
    """
    events = list(tracker.events)
    heard = [index for index, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(heard) <= most:
        return events
    cut = heard[-keep]
    before = tracker.init_copy()
    for event in events[:cut]:
        before.update(event)
    return _summary(before) + events[cut:]


def _summary(before: DialogueStateTracker) -> List[Event]:
    at = before.events[-1].timestamp
    events: List[Event] = [
        ActionExecuted(ACTION_SESSION_START_NAME, timestamp=at),
        SessionStarted(timestamp=at),
    ]
    if before.active_loop_name is not None:
        events.append(ActionExecuted(before.active_loop_name, timestamp=at))
        events.append(ActiveLoop(before.active_loop_name, timestamp=at))
        if before.is_active_loop_rejected:
            events.append(ActionExecutionRejected(before.active_loop_name, timestamp=at))
    events.extend(
        SlotSet(slot.name, slot.value, timestamp=at)
        for slot in before.slots.values()
        if slot.value != slot.initial_value
    )
    events.append(ActionExecuted(ACTION_LISTEN_NAME, timestamp=at))
    return events


def _row(connection: Connection, sender_id: str) -> Any:
    return connection.execute(
        sa.select(_trackers.c.revision, _trackers.c.dialogue).where(_trackers.c.sender_id == sender_id)
    ).first()


def _write(connection: Connection, sender_id: str, revision: Optional[int], dialogue: str) -> int:
    values: Dict[str, Any] = {"dialogue": dialogue, "updated_at": time.time()}
    if revision is None:
        try:
            connection.execute(_trackers.insert().values(sender_id=sender_id, revision=1, **values))
        except IntegrityError as error:
            raise TrackerConflict("the conversation was begun by somebody else") from error
        return 1
    written = connection.execute(
        _trackers.update()
        .where(_trackers.c.sender_id == sender_id, _trackers.c.revision == revision)
        .values(revision=revision + 1, **values)
    )
    if written.rowcount != 1:
        raise TrackerConflict("the conversation was changed or erased by somebody else")
    return revision + 1


def _delete(connection: Connection, sender_id: str) -> bool:
    return connection.execute(_trackers.delete().where(_trackers.c.sender_id == sender_id)).rowcount > 0


def _truncate_log(connection: Connection) -> None:
    # What was erased must not live on in SQLite's write-ahead log.
    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _checked_url(raw: str) -> URL:
    text = raw
    for prefix in ("postgres://", "postgresql://"):
        if text.startswith(prefix):
            text = "postgresql+psycopg2://" + text[len(prefix) :]
    try:
        url = make_url(text)
        backend = url.get_backend_name()
    except sa.exc.ArgumentError:
        backend = ""
    if backend not in ("sqlite", "postgresql"):
        raise ValueError(
            "CHHA_TRACKER_URL must be sqlite:///path/to/file.db or postgresql://user:password@host/name."
        )
    return url


def _engine(url: URL) -> Engine:
    # hide_parameters: an error must not quote a conversation.
    if url.get_backend_name() == "postgresql":
        return sa.create_engine(
            url,
            hide_parameters=True,
            pool_size=POSTGRES_CONNECTIONS,
            max_overflow=0,
            pool_timeout=POSTGRES_CONNECT_SECONDS,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": POSTGRES_CONNECT_SECONDS,
                "tcp_user_timeout": POSTGRES_STATEMENT_MS,
                "options": f"-c statement_timeout={POSTGRES_STATEMENT_MS}",
            },
        )
    if url.database and url.database != ":memory:":
        Path(url.database).expanduser().resolve().parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        poolclass=sa.pool.StaticPool,  # one thread, one connection, opened once
        connect_args={"check_same_thread": False, "timeout": SQLITE_BUSY_SECONDS},
    )

    @sa.event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine
