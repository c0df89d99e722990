"""The thread live: from a cursor on, without a gap, with the state between."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from frontdesk.conversations import holder
from frontdesk.records.session import Record
from tests.channels.conftest import Visitor


class Stream:
    """Server-sent events as they come."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()

    def next(self) -> tuple[str, str | None, dict[str, Any]]:
        """Name, id and data of the next event; comments are passed over."""
        found: dict[str, str] = {}
        for line in self._lines:
            if not line and found:
                return found["event"], found.get("id"), json.loads(found["data"])
            name, _, value = line.partition(": ")
            if name:
                found[name] = value
        raise AssertionError("the stream ended")

    def messages(self, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while len(found) < count:
            event, identity, data = self.next()
            if event == "message":
                assert identity == str(data["seq"])
                found.append(data)
        return found

    def state(self, **wanted: Any) -> dict[str, Any]:
        """The next state with these values."""
        while True:
            event, identity, data = self.next()
            if event == "state" and wanted.items() <= data.items():
                assert identity is None
                return data


@contextmanager
def following(visitor: Visitor, headers: dict[str, str] | None = None, **query: int) -> Iterator[Stream]:
    with visitor.client.stream(
        "GET", f"{visitor.path}/events", params=query, headers={**visitor.headers, **(headers or {})}
    ) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Stream(response)


def test_what_was_said_before_comes_first(visitor: Visitor) -> None:
    visitor.say("hello")
    visitor.until(2)
    with following(visitor) as stream:
        assert [message["text"] for message in stream.messages(2)] == ["hello", "re: hello"]
        assert stream.state()["holder"] == "bot"


def test_what_is_said_later_comes_live(visitor: Visitor) -> None:
    with following(visitor) as stream:
        assert stream.state() == {"holder": "bot", "staff": None, "working": False, "typing": False}
        visitor.say("hello")
        assert [message["text"] for message in stream.messages(2)] == ["hello", "re: hello"]


def test_the_state_tells_while_the_bot_works(visitor: Visitor, rasa: Any) -> None:
    rasa.gate.clear()
    with following(visitor) as stream:
        visitor.say("hello")
        stream.state(working=True)
        rasa.gate.set()
        stream.state(working=False)


def test_a_stream_goes_on_from_the_last_event_id_without_gap_or_double(visitor: Visitor) -> None:
    visitor.say("one")
    visitor.until(2)
    with following(visitor) as stream:
        seen = [message["seq"] for message in stream.messages(2)]
    visitor.say("two")
    visitor.until(4)
    # A browser repeats the first address, with the header of what it saw last.
    with following(visitor, {"Last-Event-ID": str(seen[-1])}, after=0) as stream:
        assert [message["seq"] for message in stream.messages(2)] == [3, 4]


def test_a_stream_starts_from_the_cursor_asked_for(visitor: Visitor) -> None:
    visitor.say("one")
    visitor.until(2)
    with following(visitor, after=1) as stream:
        assert stream.messages(1)[0]["seq"] == 2


def test_a_last_event_id_that_is_no_number_is_passed_over(visitor: Visitor) -> None:
    visitor.say("one")
    with following(visitor, {"Last-Event-ID": "abc"}) as stream:
        assert stream.messages(1)[0]["seq"] == 1


def test_a_long_thread_comes_whole_and_in_order(visitor: Visitor, bot_says: Callable) -> None:
    for number in range(205):
        bot_says(visitor, f"line {number}")
    with following(visitor) as stream:
        assert [message["seq"] for message in stream.messages(205)] == list(range(1, 206))


def test_a_person_who_joins_and_writes_is_seen_live_though_another_process_wrote(
    visitor: Visitor, sqlite_record: Record, make_staff: Callable
) -> None:
    ann = make_staff(sqlite_record, "Ann")
    with following(visitor) as stream:
        stream.state(holder="bot")
        with sqlite_record.transaction() as session:  # nobody notifies this process
            holder.queue(session, visitor.conversation, reason="asked", message_id=None, available=True)
        stream.state(holder="queued")
        with sqlite_record.transaction() as session:
            holder.reply(session, visitor.conversation, ann, "Hello, I'm Ann")
        joined, reply = stream.messages(2)
        assert joined["from"] == "system"
        assert (reply["from"], reply["name"], reply["text"]) == ("staff", "Ann", "Hello, I'm Ann")
        assert stream.state()["staff"] == {"name": "Ann", "picture": None}


def test_two_windows_of_one_visitor_see_the_same(visitor: Visitor) -> None:
    with following(visitor) as one, following(visitor) as two:
        visitor.say("hello")
        assert one.messages(2) == two.messages(2)


def test_a_conversation_is_not_followed_without_bound(visitor: Visitor) -> None:
    with ExitStack() as stack:
        streams = [stack.enter_context(following(visitor)) for _ in range(8)]
        for stream in streams:
            stream.state()
        refused = visitor.client.get(f"{visitor.path}/events", headers=visitor.headers)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}])
def test_a_stream_needs_the_token(visitor: Visitor, headers: dict[str, str]) -> None:
    answer = visitor.client.get(f"{visitor.path}/events", headers=headers)
    assert answer.status_code == 401
