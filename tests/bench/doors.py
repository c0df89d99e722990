"""Benchmark: the ways in whose time is measured. Each says one message and waits for the whole reply."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from sqlalchemy import select

from frontdesk.conversations import threads
from frontdesk.records.models import Draft
from frontdesk.records.session import Record
from tests.evaluation.reading import Reply
from tests.stack import KEY

WAIT_SECONDS = 30.0


class NoReply(RuntimeError):
    """A message was not answered; the text says through which door and why."""


@dataclass(frozen=True)
class Said:
    """What one message brought and how long it took."""

    milliseconds: float
    reply: Reply


class Door(Protocol):
    """One way in."""

    name: str

    def open(self) -> str:
        """Start a conversation; its id."""

    def say(self, conversation: str, text: str) -> Said:
        """Say one message in it.

        Raises:
            NoReply: there was none.
        """

    def leave(self, conversation: str) -> None:
        """The conversation is over for its visitor."""

    def close(self) -> None:
        """Nothing more is said here."""


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=WAIT_SECONDS, trust_env=False)


class RestDoor:
    """POST /webhooks/rest/webhook: Rasa's own REST channel, or ours in its shape."""

    def __init__(self, name: str, url: str):
        self.name = name
        self._client = _client(url)

    def open(self) -> str:
        return uuid.uuid4().hex

    def say(self, conversation: str, text: str) -> Said:
        began = time.perf_counter()
        answer = _post(
            self.name, self._client, "/webhooks/rest/webhook", {"sender": conversation, "message": text}
        )
        took = (time.perf_counter() - began) * 1000
        reply = Reply.of(answer)
        if not reply.texts:
            raise NoReply(f"{self.name}: answered without a word.")
        return Said(took, reply)

    def leave(self, conversation: str) -> None:
        pass

    def close(self) -> None:
        self._client.close()


class TurnDoor:
    """POST /webhooks/rest/turn: the private channel as the front desk uses it."""

    name = "/webhooks/rest/turn"

    def __init__(self, url: str, record: Record):
        self._client = httpx.Client(
            base_url=url, timeout=WAIT_SECONDS, trust_env=False, headers={"X-Frontdesk-Key": KEY}
        )
        self._record = record

    def open(self) -> str:
        with self._record.transaction() as session:
            return threads.start(session, channel="website").id

    def say(self, conversation: str, text: str) -> Said:
        asked = self._asked(conversation)
        body = {
            "conversation": conversation,
            "message_id": uuid.uuid4().hex,
            "text": text,
            "choice": None,
            "event": None,
            "form": {"field": asked} if asked else None,
            "channel": "website",
        }
        began = time.perf_counter()
        answer = _post(self.name, self._client, self.name, body)
        took = (time.perf_counter() - began) * 1000
        said = answer["replies"]
        reply = Reply(
            [one["text"] for one in said if one["text"]], [one["act"] for one in said if one["act"]]
        )
        return Said(took, reply)

    def _asked(self, conversation: str) -> str | None:
        """The field that the record waits for, as the front desk tells it; not measured here."""
        with self._record.reading() as session:
            return session.scalar(
                select(Draft.asking).where(Draft.conversation_id == conversation, Draft.state == "open")
            )

    def leave(self, conversation: str) -> None:
        pass

    def close(self) -> None:
        self._client.close()


@dataclass
class _Visitor:
    """A browser on one conversation: its token and its open stream."""

    token: str
    stack: ExitStack
    events: Iterator[dict[str, Any]]
    sent: int = 0


class WebsiteDoor:
    """POST a message to the website API until its reply is read from the event stream, as a widget does."""

    name = "front desk"

    def __init__(self, url: str):
        self._client = _client(url)
        self._visitors: dict[str, _Visitor] = {}

    def open(self) -> str:
        answer = _post(self.name, self._client, "/api/conversations", {})
        conversation = str(answer["conversation"])
        token = str(answer["token"])
        stack = ExitStack()
        stream = stack.enter_context(
            self._client.stream(
                "GET",
                f"/api/conversations/{conversation}/events",
                headers=_bearer(token),
                params={"after": 0},
            )
        )
        if stream.status_code != httpx.codes.OK:
            stack.close()
            raise NoReply(f"{self.name}: the event stream answered {stream.status_code}.")
        visitor = _Visitor(token, stack, messages(stream.iter_lines()))
        self._visitors[conversation] = visitor
        return conversation

    def say(self, conversation: str, text: str) -> Said:
        visitor = self._visitors[conversation]
        visitor.sent += 1
        began = time.perf_counter()
        accepted = _post(
            self.name,
            self._client,
            f"/api/conversations/{conversation}/messages",
            {"client_id": f"m{visitor.sent}", "text": text},
            _bearer(visitor.token),
        )
        own = accepted["message"]["id"]
        try:
            first = self._reply(visitor, own)
        except httpx.HTTPError as error:
            raise NoReply(f"{self.name}: no reply on the stream ({type(error).__name__}).") from None
        took = (time.perf_counter() - began) * 1000
        # The replies of a turn are kept in one transaction; the rest is read where it lies.
        return Said(took, self._thread(conversation, visitor, own, first))

    def _reply(self, visitor: _Visitor, own: str) -> dict[str, Any]:
        until = time.monotonic() + WAIT_SECONDS
        for message in visitor.events:
            if message["from"] == "bot" and message["in_reply_to"] == own:
                return message
            if time.monotonic() > until:
                break
        raise NoReply(f"{self.name}: no reply on the stream.")

    def _thread(self, conversation: str, visitor: _Visitor, own: str, first: dict[str, Any]) -> Reply:
        read = self._client.get(
            f"/api/conversations/{conversation}/messages",
            params={"after": int(first["seq"]) - 1},
            headers=_bearer(visitor.token),
        )
        said = [one for one in read.json()["messages"] if one["in_reply_to"] == own]
        return Reply([one["text"] for one in said if one["text"]], [one["act"] for one in said if one["act"]])

    def leave(self, conversation: str) -> None:
        visitor = self._visitors.pop(conversation, None)
        if visitor is not None:
            visitor.stack.close()

    def close(self) -> None:
        for conversation in list(self._visitors):
            self.leave(conversation)
        self._client.close()


def messages(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """The `message` events of a server-sent event stream, each as it comes."""
    event, data = "", ""
    for line in lines:
        if line.startswith("event:"):
            event = line[6:].strip()
        elif line.startswith("data:"):
            data += line[5:].strip()
        elif not line:
            if event == "message" and data:
                yield json.loads(data)
            event, data = "", ""


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _post(
    name: str, client: httpx.Client, path: str, body: dict[str, Any], headers: dict[str, str] | None = None
) -> Any:
    try:
        answer = client.post(path, json=body, headers=headers)
    except httpx.HTTPError as error:
        raise NoReply(f"{name}: {type(error).__name__}.") from None
    if not answer.is_success:
        raise NoReply(f"{name}: status {answer.status_code}: {answer.text[:200]}")
    return answer.json()
