"""The website's API: called inside the process, and served by a real uvicorn where streams matter."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from frontdesk.app import main, serve
from frontdesk.conversations import threads
from frontdesk.records.models import Message
from frontdesk.records.session import Record
from tests.stand_in_rasa import StandInRasa


class Visitor:
    """A browser that has started a conversation."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        started = client.post("/api/conversations")
        assert started.status_code == 201, started.text
        self.conversation: str = started.json()["conversation"]
        self.token: str = started.json()["token"]
        self.headers = {"Authorization": f"Bearer {self.token}"}
        self.path = f"/api/conversations/{self.conversation}"

    def send(self, body: Any = None, **fields: Any) -> httpx.Response:
        return self.client.post(f"{self.path}/messages", json=body or fields, headers=self.headers)

    def say(self, text: str, client_id: str | None = None) -> dict[str, Any]:
        answer = self.send(client_id=client_id or text, text=text)
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()["message"]
        return found

    def read(self, **query: int) -> httpx.Response:
        return self.client.get(f"{self.path}/messages", params=query, headers=self.headers)

    def texts(self) -> list[str]:
        return [message["text"] for message in self.read(limit=200).json()["messages"]]

    def until(self, count: int, seconds: float = 20) -> list[dict[str, Any]]:
        """The thread, when it has `count` messages."""
        deadline = time.monotonic() + seconds
        while len(found := self.read(limit=200).json()["messages"]) < count:
            assert time.monotonic() < deadline, f"{found} is all that came"
            time.sleep(0.02)
        return found  # type: ignore[no-any-return]


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The app on a real uvicorn at a free port; its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(serve.configuration(app))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < deadline, "the server did not start in time"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


@pytest.fixture
def make_client(
    sqlite_record: Record, make_settings: Callable, rasa: StandInRasa, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., httpx.Client]]:
    """`make_client(messages_per_minute=2)`: a client of a served app on SQLite, without the staff console."""
    monkeypatch.setattr(main, "STAFF_CONSOLE", "frontdesk.no_console")
    open_servers: list[Any] = []

    def make(**changed: Any) -> httpx.Client:
        settings = make_settings(rasa_port=rasa.port, actions_port=rasa.port, **changed)
        server = served(main.create_app(settings, record=sqlite_record))
        address = server.__enter__()
        client = httpx.Client(base_url=address, trust_env=False, timeout=20)
        open_servers.append((client, server))
        return client

    yield make
    for client, server in open_servers:
        client.close()
        server.__exit__(None, None, None)


@pytest.fixture
def client(make_client: Callable[..., httpx.Client]) -> httpx.Client:
    return make_client()


@pytest.fixture
def visitor(client: httpx.Client) -> Visitor:
    return Visitor(client)


@pytest.fixture
def bot_says(sqlite_record: Record) -> Callable[..., Message]:
    """`bot_says(visitor, "Which?", act)`: a bot message in the thread, with what it offers."""

    def say(visitor: Visitor, text: str, act: dict[str, Any] | None = None) -> Message:
        with sqlite_record.transaction() as session:
            conversation = threads.locked(session, visitor.conversation)
            return threads.append(session, conversation, author="bot", text=text, act=act)

    return say
