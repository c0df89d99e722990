"""Benchmark: the console of a busy day. 200 people wait, 20 colleagues look on, applicants go on writing.

A console is a client that does what the page does: it keeps the stream of news open and asks for the queue
again when it is told to. Only the front desk runs; the bot has no part in a conversation that waits.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
from sqlalchemy import update

from frontdesk.channels.visitor_tokens import VisitorTokens
from frontdesk.conversations import holder, threads
from frontdesk.records.migrate import migrate
from frontdesk.records.models import Staff, StaffSession, Turn, now
from frontdesk.records.session import Record
from frontdesk.staff.sessions import COOKIE, hashed_token
from tests.bench.processes import resident_megabytes
from tests.bench.report import Row
from tests.stack import KEY, Process, free_port

WAITING, CONSOLES = 200, 20
LONG_QUEUE, LONG_THREAD = 500, 2_000
WRITERS = 8
# Consoles that stay open while thousands of messages come, so that those are what is measured.
AT_NIGHT = 2
LONGEST_WAIT = 30.0
UNLIMITED = "1000000"


@dataclass(frozen=True)
class Load:
    """How much is measured."""

    arrivals: int
    messages: int
    views: int


FULL = Load(arrivals=100, messages=10_000, views=40)
QUICK = Load(arrivals=30, messages=2_000, views=20)


class Place:
    """A front desk as a process, with its record filled."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.record = Record(f"sqlite:///{folder / 'record.db'}")
        migrate(self.record)
        self.url = f"http://127.0.0.1:{free_port()}"
        env = {
            **os.environ,
            "CHHA_VAR_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{folder / 'record.db'}",
            "CHHA_RASA_KEY": KEY,
            "CHHA_SECRET_KEY": KEY,
            "CHHA_RASA_PORT": str(free_port()),
            "CHHA_ACTIONS_PORT": str(free_port()),
            "CHHA_HOST": "127.0.0.1",
            "CHHA_PORT": self.url.rpartition(":")[2],
            "CHHA_PUBLIC_URL": "",
            "CHHA_MESSAGES_PER_MINUTE": UNLIMITED,
            "CHHA_READS_PER_MINUTE": UNLIMITED,
        }
        command = [sys.executable, "-m", "frontdesk.app.serve"]
        self.desk = Process("frontdesk", command, env, folder, f"{self.url}/health")
        self._tokens = VisitorTokens(KEY, timedelta(days=1))

    def colleagues(self, count: int) -> list[str]:
        """So many accounts, each signed in; the cookies."""
        cookies = []
        with self.record.transaction() as session:
            for number in range(count):
                staff = Staff(login=f"staff{number}", name=f"Staff {number}", role="agent", password_hash="-")
                session.add(staff)
                session.flush()
                cookies.append(secrets.token_urlsafe(32))
                session.add(
                    StaffSession(
                        token_hash=hashed_token(cookies[-1]),
                        staff_id=staff.id,
                        csrf=secrets.token_urlsafe(32),
                        expires_at=now() + timedelta(hours=8),
                    )
                )
        return cookies

    def waiting(self, count: int) -> list[str]:
        """So many conversations that wait for a person, the oldest first; their ids."""
        made = []
        for number in range(count):
            with self.record.transaction() as session:
                conversation = threads.start(session, channel="website")
                said = threads.receive(
                    session, conversation.id, text="Can I talk to a person?", external_id=secrets.token_hex(8)
                )
                asked = holder.queue(
                    session, conversation.id, reason="asked", message_id=said.message.id, available=True
                )
                asked.requested_at = now() - timedelta(minutes=count - number)
                # The assistant has said that it asked for somebody: nothing of it is left to be done.
                session.execute(
                    update(Turn)
                    .where(Turn.message_id == said.message.id)
                    .values(state="done", finished_at=now())
                )
                made.append(conversation.id)
        return made

    def lengthen(self, conversation_id: str, count: int) -> None:
        """So many messages more in one thread."""
        with self.record.transaction() as session:
            conversation = threads.locked(session, conversation_id)
            for number in range(count):
                author = "applicant" if number % 2 else "bot"
                threads.append(session, conversation, author=author, text=f"line {number}")

    def applicant(self, conversation_id: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._tokens.issue(conversation_id)}"}

    def stop(self) -> None:
        self.desk.stop()
        self.record.close()


class Console:
    """One open queue page."""

    def __init__(self, place: Place, cookie: str):
        self.client = _client(place, {"Cookie": f"{COOKIE}={cookie}"})
        self.connected = False
        self.awaited = ""
        self.shown = 0.0  # when the awaited words were on the page; 0 while they are not

    def expect(self, words: str) -> None:
        self.awaited, self.shown = words, 0.0

    async def look_on(self) -> None:
        """Follow the news for ever, and ask for the queue when told to."""
        async with self.client.stream("GET", "/staff/events") as news:
            assert news.status_code == httpx.codes.OK, news.status_code
            async for line in news.aiter_lines():
                if line.strip() == "event: queue":
                    self.connected = True
                    page = (await self.client.get("/staff/queue")).text
                    if self.awaited and not self.shown and self.awaited in page:
                        self.shown = time.perf_counter()


def measure(folder: Path, load: Load) -> list[Row]:
    """The rows of this section.

    Raises:
        AssertionError: the front desk did not start, or an arrival was not shown in LONGEST_WAIT.
    """
    place = Place(folder)
    try:
        cookies, ids = place.colleagues(CONSOLES), place.waiting(WAITING)
        place.desk.start()
        arrivals, memory = asyncio.run(_busy_day(place, cookies, ids, load))
        place.waiting(LONG_QUEUE - WAITING)
        place.lengthen(ids[0], LONG_THREAD)
        views = asyncio.run(_views(place, cookies[0], ids[0], load.views))
    finally:
        place.stop()
    return [
        Row.measured(
            "desk",
            f"A message is shown by {CONSOLES} consoles, {WAITING} waiting",
            "ms",
            arrivals,
            [],
            aim="p95 ≤ 1,000 ms",
            note="from sending it to the last console that shows its words",
        ),
        Row.single(
            "desk",
            f"Front desk's memory, growth over {load.messages:,} messages",
            "×",
            memory[-1] / memory[0],
            None,
            aim="≤ 1.10",
            note=f"from {memory[0]:.0f} MB to {memory[-1]:.0f} MB, counted after the first tenth",
        ),
        Row.measured(
            "desk", f"Queue page, {LONG_QUEUE} waiting", "ms", views["queue"], [], aim="p95 ≤ 250 ms"
        ),
        Row.measured(
            "desk", f"Conversation of {LONG_THREAD:,} messages", "ms", views["thread"], [], aim="p95 ≤ 250 ms"
        ),
    ]


async def _busy_day(
    place: Place, cookies: list[str], ids: list[str], load: Load
) -> tuple[list[float], list[float]]:
    """Milliseconds until every console showed a message, and megabytes after each tenth of the messages."""
    consoles = [Console(place, cookie) for cookie in cookies]
    watching = [asyncio.create_task(one.look_on()) for one in consoles]
    try:
        async with _client(place) as sender:
            await _until(lambda: all(one.connected for one in consoles), "all consoles to be connected")
            arrivals = [
                await _arrival(place, sender, consoles, ids[number % 10], f"arrival {number} of the day")
                for number in range(load.arrivals)
            ]
            for task in watching[AT_NIGHT:]:
                task.cancel()
            memory = []
            for tenth in range(10):
                await _many(
                    place, sender, ids, range(tenth * load.messages // 10, (tenth + 1) * load.messages // 10)
                )
                memory.append(resident_megabytes(place.desk.pid))
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        for one in consoles:
            await one.client.aclose()
    return arrivals, memory


async def _arrival(
    place: Place, sender: httpx.AsyncClient, consoles: list[Console], conversation_id: str, words: str
) -> float:
    """Milliseconds from sending a message until the last console shows it."""
    for one in consoles:
        one.expect(words)
    began = time.perf_counter()
    await _write(place, sender, conversation_id, words)
    await _until(lambda: all(one.shown for one in consoles), words)
    return (max(one.shown for one in consoles) - began) * 1000


async def _many(place: Place, sender: httpx.AsyncClient, ids: list[str], numbers: range) -> None:
    """So many messages by WRITERS at once, each conversation in turn."""
    left = iter(numbers)

    async def write() -> None:
        for number in left:
            await _write(place, sender, ids[number % len(ids)], f"message {number}")

    await asyncio.gather(*(write() for _ in range(WRITERS)))


async def _write(place: Place, sender: httpx.AsyncClient, conversation_id: str, words: str) -> None:
    answer = await sender.post(
        f"/api/conversations/{conversation_id}/messages",
        json={"client_id": words.replace(" ", "-"), "text": words},
        headers=place.applicant(conversation_id),
    )
    assert answer.is_success, f"{answer.status_code}: {answer.text[:200]}"


async def _views(place: Place, cookie: str, conversation_id: str, count: int) -> dict[str, list[float]]:
    """Milliseconds of each view of the pages that grow."""
    paths = {"queue": "/staff/", "thread": f"/staff/conversations/{conversation_id}"}
    found: dict[str, list[float]] = {name: [] for name in paths}
    async with _client(place, {"Cookie": f"{COOKIE}={cookie}"}) as client:
        for _ in range(count):
            for name, path in paths.items():
                began = time.perf_counter()
                answer = await client.get(path)
                found[name].append((time.perf_counter() - began) * 1000)
                assert answer.status_code == httpx.codes.OK, answer.status_code
    return found


def _client(place: Place, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=place.url, headers=headers, timeout=LONGEST_WAIT, trust_env=False)


async def _until(condition: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + LONGEST_WAIT
    while not condition():
        assert time.monotonic() < until, f"waited {LONGEST_WAIT:.0f} s in vain for: {what}"
        await asyncio.sleep(0.005)
