"""Live news: small signals over server-sent events, from this process's and other processes' changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from frontdesk.conversations import holder
from frontdesk.records.models import Outage, StaffSession, now
from frontdesk.staff import news
from frontdesk.staff.sessions import COOKIE


class Signals:
    """The stream of one console, event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.iter_lines()

    def next(self) -> tuple[str, Any]:
        name = ""
        for line in self._lines:
            if line.startswith("event:"):
                name = line.removeprefix("event:").strip()
            elif line.startswith("data:") and name:
                return name, json.loads(line.removeprefix("data:"))
        raise AssertionError("the stream ended")

    def until(self, wanted: str) -> Any:
        while True:
            name, data = self.next()
            if name == wanted:
                return data


@contextmanager
def following(served: tuple[Any, str], conversation_id: str | None = None) -> Iterator[Signals]:
    desk, address = served
    cookie = {COOKIE: desk.signed_in().client.cookies[COOKIE]}
    params = {"conversation": conversation_id} if conversation_id else None
    with (
        httpx.Client(base_url=address, cookies=cookie, timeout=20, trust_env=False) as client,
        client.stream("GET", "/staff/events", params=params) as response,
    ):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Signals(response)


def test_nobody_listens_without_signing_in(desk: Any) -> None:
    response = desk.visitor().client.get("/staff/events", headers={"Accept": "text/event-stream"})
    assert response.status_code == 401


def test_a_change_of_another_process_is_heard(served: tuple[Any, str]) -> None:
    desk, _ = served
    with following(served) as signals:
        assert signals.until("queue") == {"waiting": 0}
        desk.waiting()  # written without telling this process
        assert signals.until("queue") == {"waiting": 1}


def test_a_message_and_a_change_of_holder_are_heard_on_the_conversations_page(
    served: tuple[Any, str],
) -> None:
    desk, _ = served
    conversation_id = desk.waiting()
    staff_id = desk.staff("daniel")
    with following(served, conversation_id) as signals:
        before = signals.until("conversation")
        desk.says(conversation_id, "Are you there?")
        heard = signals.until("conversation")
        assert heard["seq"] == before["seq"] + 1
        assert heard["held"] == before["held"]
        with desk.record.transaction() as session:
            holder.claim(session, conversation_id, staff_id)
        assert signals.until("conversation")["held"] != before["held"]


def test_an_outage_is_heard(served: tuple[Any, str]) -> None:
    desk, _ = served
    with following(served) as signals:
        signals.until("parts")
        with desk.record.transaction() as session:
            session.add(Outage(part="rasa", began_at=now()))
        signals.until("parts")


def test_the_stream_ends_with_the_session(served: tuple[Any, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "CHECK_SESSION_EVERY", 0.0)
    desk, _ = served
    with following(served) as signals:
        signals.until("queue")
        with desk.record.transaction() as session:
            session.execute(update(StaffSession).values(ended_at=now()))
        signals.until("signed-out")
        with pytest.raises(AssertionError, match="ended"):
            signals.next()
