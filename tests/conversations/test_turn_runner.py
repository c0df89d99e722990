"""The runner answers what is received: in order, once, over failures, in one process and in several."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from frontdesk.conversations import holder, threads
from frontdesk.conversations.live import Changes
from frontdesk.conversations.rasa import RasaClient
from frontdesk.conversations.turns import TurnRunner
from frontdesk.records.models import Conversation, Handoff, Message, Turn
from frontdesk.records.session import Record
from tests.conversations.test_threads import say, start, texts
from tests.stand_in_rasa import KEY, StandInRasa

ROOT = Path(__file__).resolve().parents[2]


async def until(condition: Callable[[], Any], seconds: float = 30) -> None:
    """Wait until it holds, looking often."""
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(condition):
        if time.monotonic() > deadline:
            raise AssertionError(f"{condition} did not come true in {seconds} s")
        await asyncio.sleep(0.01)


def unfinished(record: Record) -> int:
    with record.reading() as session:
        waiting = select(func.count()).where(Turn.state.in_(("waiting", "running")))
        return session.scalar(waiting.select_from(Turn)) or 0


def idle(record: Record) -> Callable[[], bool]:
    return lambda: unfinished(record) == 0


@pytest.fixture
def running(record: Record, rasa: StandInRasa, make_settings: Callable) -> Callable[..., Any]:
    """`async with running(turn_attempts=2) as (runner, changes)`: a runner at work."""

    @asynccontextmanager
    async def run(**changed: Any) -> AsyncIterator[tuple[TurnRunner, Changes]]:
        settings = make_settings(**changed)
        changes = Changes()
        client = RasaClient(rasa.url, KEY, settings.turn_timeout)
        runner = TurnRunner(record, client, settings, changes=changes)
        task = asyncio.create_task(runner.run())
        try:
            yield runner, changes
        finally:
            await runner.stop()
            await task
            await client.close()

    return run


async def test_what_waits_when_the_process_starts_is_answered(record: Record, running: Callable) -> None:
    conversation = start(record)
    say(record, conversation, "hi")
    async with running():
        await until(idle(record))
    assert texts(record, conversation) == ["hi", "re: hi"]


async def test_what_comes_later_is_answered_at_once(record: Record, running: Callable) -> None:
    conversation = start(record)
    async with running() as (_, changes):
        await until(lambda: changes._listeners)
        with changes.listen(conversation) as listener:
            await asyncio.to_thread(say, record, conversation, "hi")
            changes.notify(conversation)
            while await asyncio.to_thread(unfinished, record):
                assert await listener.wait(10)
    assert texts(record, conversation) == ["hi", "re: hi"]


async def test_what_another_process_received_is_found_by_looking(record: Record, running: Callable) -> None:
    conversation = start(record)
    async with running():
        await asyncio.to_thread(say, record, conversation, "hi")  # nobody notifies
        await until(idle(record))
    assert texts(record, conversation) == ["hi", "re: hi"]


async def test_a_backlog_is_answered_one_by_one_in_order(
    record: Record, rasa: StandInRasa, running: Callable
) -> None:
    conversation = start(record)
    said = [f"m{number}" for number in range(8)]
    for text in said:
        say(record, conversation, text)
    async with running():
        await until(idle(record))
    assert rasa.order[conversation] == said
    assert rasa.overlapping == []
    assert texts(record, conversation) == [*said, *(f"re: {text}" for text in said)]


async def test_a_slow_conversation_does_not_hold_up_another(
    record: Record, rasa: StandInRasa, running: Callable
) -> None:
    slow, quick = start(record), start(record)
    rasa.gate.clear()
    say(record, slow, "slow")
    async with running(turns_at_once=2):
        await until(lambda: rasa.calls)
        rasa.gate.set()
        rasa.on_turn = lambda body: time.sleep(0.5) if body["text"] == "slow" else None
        await asyncio.to_thread(say, record, quick, "quick")
        await until(lambda: texts(record, quick) == ["quick", "re: quick"])
        await until(idle(record))


async def test_no_more_conversations_run_at_once_than_allowed(
    record: Record, rasa: StandInRasa, running: Callable
) -> None:
    rasa.gate.clear()
    for number in range(5):
        say(record, start(record), f"m{number}")
    async with running(turns_at_once=2):
        await until(lambda: len(rasa.calls) == 2)
        assert await asyncio.to_thread(unfinished, record) == 5
        assert len(rasa.calls) == 2
        rasa.gate.set()
        await until(idle(record))
    assert len(rasa.calls) == 5


@pytest.mark.parametrize(
    "kind",
    [
        "503:action_server",
        "503:tracker_store",
        "503:model",
        "503:no_reply",
        "500",
        "empty",
        "garbage",
        "drop",
    ],
)
async def test_a_try_that_fails_once_is_repeated_and_loses_nothing(
    record: Record, rasa: StandInRasa, running: Callable, kind: str
) -> None:
    conversation = start(record)
    rasa.fail_next(kind)
    say(record, conversation, "hi")
    async with running():
        await until(idle(record))
    assert texts(record, conversation) == ["hi", "re: hi"]


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("503:action_server", "action_server"),
        ("503:tracker_store", "tracker_store"),
        ("503:no_reply", "no_reply"),
        ("500", "bad_answer"),
        ("empty", "no_reply"),
        ("401", "refused"),
    ],
)
async def test_a_turn_that_keeps_failing_is_handed_to_people(
    record: Record, rasa: StandInRasa, running: Callable, kind: str, cause: str
) -> None:
    conversation = start(record)
    rasa.fail_next(*[kind] * 10)
    say(record, conversation, "hi")
    async with running(turn_attempts=2, turn_grace=0):
        await until(idle(record))
    with record.reading() as session:
        told = threads.read(session, conversation, after=1)
        assert [line.act for line in told] == [
            {"act": "handoff", "reason": "bot_unavailable", "available": False}
        ]
        assert session.scalars(select(Turn)).one().error == cause
        assert session.scalars(select(Handoff)).one().reason == "bot_unavailable"


async def test_a_rasa_that_never_answers_in_time_is_handed_to_people(
    record: Record, rasa: StandInRasa, running: Callable
) -> None:
    conversation = start(record)
    rasa.gate.clear()
    say(record, conversation, "hi")
    async with running(turn_attempts=1, turn_timeout=0.2):
        await until(idle(record))
    with record.reading() as session:
        assert session.scalars(select(Turn)).one().error == "timeout"
        assert session.get_one(Conversation, conversation).holder == "queued"


async def test_a_restart_of_rasa_within_the_grace_hands_nothing_over(
    record: Record, rasa: StandInRasa, running: Callable
) -> None:
    conversation = start(record)
    rasa.stop()
    say(record, conversation, "hi")
    async with running(turn_attempts=1, turn_grace=60):

        def was_tried() -> bool:
            with record.reading() as session:
                return session.scalars(select(Turn.away_since)).one() is not None

        await until(was_tried)
        back = StandInRasa(rasa.port)
        try:
            await until(idle(record))
        finally:
            back.stop()
    assert texts(record, conversation) == ["hi", "re: hi"]


async def test_a_rasa_that_stays_away_is_handed_to_people(
    record: Record, rasa: StandInRasa, running: Callable
) -> None:
    conversation = start(record)
    rasa.stop()
    say(record, conversation, "hi")
    async with running(turn_grace=0):
        await until(idle(record))
    with record.reading() as session:
        assert session.scalars(select(Turn)).one().error == "rasa_away"
        assert session.get_one(Conversation, conversation).holder == "queued"


async def test_an_action_that_asks_for_a_person_still_has_its_words_said(
    record: Record, rasa: StandInRasa, running: Callable
) -> None:
    def ask(body: dict[str, Any]) -> None:
        with record.transaction() as session:
            holder.queue(
                session, body["conversation"], reason="asked", message_id=body["message_id"], available=True
            )

    rasa.on_turn = ask
    conversation = start(record)
    say(record, conversation, "a person please")
    async with running():
        await until(idle(record))
    assert texts(record, conversation) == ["a person please", "re: a person please"]


async def test_the_bot_is_silent_when_a_person_answered_during_its_turn(
    record: Record, rasa: StandInRasa, running: Callable, make_staff: Callable
) -> None:
    ann = make_staff(record, "Ann")
    conversation = start(record)
    rasa.gate.clear()
    say(record, conversation, "hi")
    async with running():
        await until(lambda: rasa.calls)
        with record.transaction() as session:
            holder.queue(session, conversation, reason="staff", message_id=None, available=True)
            holder.reply(session, conversation, ann, "I'm Ann")
        rasa.gate.set()
        await until(idle(record))
    assert texts(record, conversation) == ["hi", "Ann has joined the conversation.", "I'm Ann"]


async def test_a_lease_is_kept_while_a_turn_runs_longer_than_it(
    record: Record, rasa: StandInRasa, running: Callable
) -> None:
    conversation = start(record)
    rasa.gate.clear()
    say(record, conversation, "hi")

    def lease() -> Any:
        with record.reading() as session:
            return session.get_one(Conversation, conversation).turn_lease_until

    async with running(turn_lease=0.3):
        await until(lambda: rasa.calls)
        first = await asyncio.to_thread(lease)
        await until(lambda: lease() > first)
        rasa.gate.set()
        await until(idle(record))
    assert texts(record, conversation) == ["hi", "re: hi"]


async def test_stopping_lets_a_running_turn_end(record: Record, rasa: StandInRasa, running: Callable) -> None:
    conversation = start(record)
    rasa.seconds = 0.3
    say(record, conversation, "hi")
    async with running() as (runner, _):
        await until(lambda: rasa.calls)
        await runner.stop()
    assert texts(record, conversation) == ["hi", "re: hi"]


async def test_stopping_gives_back_a_turn_that_takes_too_long(
    record: Record, rasa: StandInRasa, running: Callable
) -> None:
    conversation = start(record)
    rasa.gate.clear()
    say(record, conversation, "hi")
    async with running() as (runner, _):
        await until(lambda: rasa.calls)
        await runner.stop(patience=0.05)
    rasa.gate.set()
    with record.reading() as session:
        assert session.get_one(Conversation, conversation).turn_lease_until is None
    async with running():
        await until(idle(record))
    assert texts(record, conversation) == ["hi", "re: hi"]


@pytest.fixture
def start_runner(rasa: StandInRasa) -> Iterator[Callable[..., subprocess.Popen]]:
    """Starts real processes that run turns; kills what is left at the end."""
    started: list[subprocess.Popen] = []

    def begin(database: str, lease: float = 60.0) -> subprocess.Popen:
        command = [sys.executable, "-m", "tests.conversations.runner_process", database, rasa.url, str(lease)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ})
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.mark.postgres
async def test_two_processes_keep_bursts_to_one_conversation_whole_and_in_order(
    postgres_record: Record, postgres_url: str, rasa: StandInRasa, start_runner: Callable
) -> None:
    start_runner(postgres_url)
    start_runner(postgres_url)
    conversations = [start(postgres_record) for _ in range(4)]
    rasa.seconds = 0.005

    def burst(conversation: str) -> list[str]:
        said = []
        for number in range(15):
            message = say(postgres_record, conversation, f"m{number}", f"{conversation}:{number}").message
            if number % 5 == 4:  # a delivery repeated
                say(postgres_record, conversation, f"m{number}", f"{conversation}:{number}")
            said.append(message.id)
        return said

    with ThreadPoolExecutor(4) as pool:
        sent = dict(zip(conversations, pool.map(burst, conversations), strict=True))
    await until(idle(postgres_record), 60)

    assert rasa.overlapping == []
    with postgres_record.reading() as session:
        for conversation in conversations:
            assert rasa.order[conversation] == [f"m{number}" for number in range(15)]
            lines = threads.read(session, conversation, limit=200)
            assert [line.seq for line in lines] == list(range(1, 31))
            assert [line.id for line in lines if line.author == "applicant"] == sent[conversation]
            assert [line.in_reply_to for line in lines if line.author == "bot"] == sent[conversation]


async def test_a_killed_process_s_turn_is_run_again_once_by_another(
    record: Record, record_url: str, rasa: StandInRasa, start_runner: Callable
) -> None:
    conversation = start(record)
    rasa.gate.clear()
    first = start_runner(record_url)
    say(record, conversation, "hi")
    say(record, conversation, "still there?")
    await until(lambda: rasa.calls)
    first.kill()
    first.wait()
    rasa.gate.set()
    start_runner(record_url)
    await until(idle(record), 50)  # below the lease, which nobody has to wait for
    assert texts(record, conversation) == ["hi", "still there?", "re: hi", "re: still there?"]
    assert rasa.order[conversation] == ["hi", "still there?"]


async def test_a_process_told_to_stop_ends_its_turn_and_itself(
    record: Record, record_url: str, rasa: StandInRasa, start_runner: Callable
) -> None:
    conversation = start(record)
    rasa.gate.clear()
    process = start_runner(record_url)
    say(record, conversation, "hi")
    await until(lambda: rasa.calls)
    process.send_signal(signal.SIGTERM)
    rasa.gate.set()
    assert await asyncio.to_thread(process.wait, 20) == 0
    assert texts(record, conversation) == ["hi", "re: hi"]
    with record.reading() as session:
        assert len(session.scalars(select(Message)).all()) == 2
