"""Messaging channels on a record, against stand-ins of providers; the outbox runs by a clock of the test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from starlette.testclient import TestClient

from frontdesk.channels import problems
from frontdesk.channels.configured import configured
from frontdesk.channels.messaging import Messaging
from frontdesk.channels.outbox import Outbox
from frontdesk.conversations import threads
from frontdesk.conversations.live import Changes
from frontdesk.files.keeping import Files
from frontdesk.records.models import Conversation, Delivery, Message, ProviderEvent, now
from frontdesk.records.session import Record
from frontdesk.settings import Settings
from tests.channels.messaging.providers import Providers
from tests.channels.messaging.senders import SENDERS, Delivered, Sender


class Clock:
    """A time that moves when it is told to, or when somebody sleeps."""

    def __init__(self) -> None:
        self.at = now()

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        self.forward(seconds)
        await asyncio.sleep(0)


class Kit:
    """The doors of one front desk, its record, and what the providers got."""

    def __init__(self, record: Record, settings: Settings, providers: Providers | None) -> None:
        self.record = record
        self.settings = settings
        self._providers = providers
        self.changes = Changes()
        self.files = Files(record, settings)
        self.messaging = Messaging(record, settings, self.changes, self.files)
        app = FastAPI()
        problems.install(app)
        for router in self.messaging.routers():
            app.include_router(router)
        app.add_middleware(problems.UnexpectedErrors)
        self.client = TestClient(app, base_url=settings.base_url)
        self.client.__enter__()  # one event loop for all calls

    def close(self) -> None:
        self.client.__exit__(None, None, None)

    @property
    def providers(self) -> Providers:
        assert self._providers is not None
        return self._providers

    def post(self, delivered: Delivered) -> httpx.Response:
        return self.client.post(delivered.path, content=delivered.body, headers=delivered.headers)

    def accept(self, *delivered: Delivered) -> None:
        for one in delivered:
            answer = self.post(one)
            assert answer.status_code == 200, answer.text

    def messages(self, author: str | None = "applicant") -> list[Message]:
        with self.record.reading() as session:
            wanted = select(Message).order_by(Message.conversation_id, Message.seq)
            if author is not None:
                wanted = wanted.where(Message.author == author)
            return list(session.scalars(wanted))

    def texts(self, author: str | None = "applicant") -> list[str]:
        return [one.text for one in self.messages(author)]

    def stored(self) -> int:
        """Rows of messages and events."""
        with self.record.reading() as session:
            return sum(
                session.scalar(select(func.count()).select_from(table)) or 0
                for table in (Message, ProviderEvent, Conversation)
            )

    def conversation(self, sender: Sender, thread: str | None = None) -> str:
        with self.record.transaction() as session:
            return threads.ensure(session, channel=sender.name, external_ref=thread or sender.thread).id

    def speak(
        self,
        conversation_id: str,
        text: str,
        act: dict[str, Any] | None = None,
        author: str = "bot",
        staff_id: str | None = None,
        in_reply_to: str | None = None,
    ) -> str:
        with self.record.transaction() as session:
            conversation = threads.locked(session, conversation_id)
            return threads.append(
                session,
                conversation,
                author=author,
                text=text,
                act=act,
                staff_id=staff_id,
                in_reply_to=in_reply_to,
            ).id

    def outbox(self, clock: Clock | None = None) -> Outbox:
        made = clock or Clock()
        return Outbox(
            self.record,
            configured(self.settings),  # connections of this event loop
            self.settings,
            clock=made,
            sleep=made.sleep,
            attachments=self.messaging._attachments,
        )

    async def deliver(
        self, outbox: Outbox | None = None, clock: Clock | None = None, seconds: float = 0
    ) -> None:
        """Run the outbox until nothing is due, or for `seconds` of the clock."""
        clock = clock or Clock()
        outbox = outbox or self.outbox(clock)
        until = clock() + timedelta(seconds=seconds)
        while True:
            while await outbox.run_due():
                pass
            due = outbox.next_due()
            if due is None or not seconds or clock() > until:
                return
            clock.forward(max((due - clock()).total_seconds(), 0.05))

    def deliveries(self) -> list[Delivery]:
        with self.record.reading() as session:
            return list(session.scalars(select(Delivery).order_by(Delivery.conversation_id, Delivery.seq)))

    def get(self, table: type[Any], key: Any) -> Any:
        with self.record.reading() as session:
            return session.get(table, key)

    def all(self, table: type[Any]) -> list[Any]:
        with self.record.reading() as session:
            return list(session.scalars(select(table)))


@pytest.fixture(scope="module")
def shared_providers() -> Iterator[Providers]:
    made = Providers()
    yield made
    made.stop()


@pytest.fixture
def providers() -> Iterator[Providers]:
    made = Providers()
    yield made
    made.stop()


@pytest.fixture
def make_kit(make_settings: Any) -> Iterator[Callable[..., Kit]]:
    """`make_kit(record, providers, **settings)`."""
    made: list[Kit] = []

    def make(record: Record, providers: Providers | None, **changed: Any) -> Kit:
        told = providers.settings() if providers else Providers.settings(_NOWHERE)  # type: ignore[arg-type]
        made.append(Kit(record, make_settings(**{**told, **changed}), providers))
        return made[-1]

    yield make
    for kit in made:
        kit.close()


class _Nowhere:
    url = "http://127.0.0.1:9"


_NOWHERE = _Nowhere()


@pytest.fixture
def kit(sqlite_record: Record, make_kit: Callable[..., Kit]) -> Kit:
    """Every channel is on; no provider listens (nothing is sent by the doors alone)."""
    return make_kit(sqlite_record, None)


@pytest.fixture
def desk(sqlite_record: Record, providers: Providers, make_kit: Callable[..., Kit]) -> Kit:
    """Every channel is on, with a stand-in of each provider."""
    return make_kit(sqlite_record, providers)


@pytest.fixture(params=list(SENDERS))
def sender(request: pytest.FixtureRequest) -> Sender:
    """Each provider in turn."""
    return SENDERS[request.param]
