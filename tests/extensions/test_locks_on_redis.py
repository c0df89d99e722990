"""Rasa's Redis locks for more than one machine, on a real Redis of these tests' own."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess

import pytest
from rasa.core.lock_store import RedisLockStore

from extensions.turns import TurnFailed, TurnRunner, redis_lock_store


@pytest.fixture
def redis_server(tmp_path):
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not on this machine: apt-get install redis-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if "eady to accept connections" in line:
            break
    yield process, f"redis://127.0.0.1:{port}/1"
    process.kill()
    process.wait()


async def test_two_processes_take_turns_in_one_conversation(desk, redis_server, monkeypatch):
    monkeypatch.setenv("CHHA_LOCK_URL", redis_server[1])
    first, second = TurnRunner(desk.agent), TurnRunner(desk.agent)
    assert isinstance(desk.agent.lock_store, RedisLockStore)

    async def hear(turns, message_id):
        desk.turns = turns
        return await desk.hear("a", f"hello {message_id}", message_id=message_id)

    turns = await asyncio.gather(hear(first, "x"), hear(second, "y"))

    assert [turn.again for turn in turns] == [False, False]
    heard = {event.text for event in (await desk.tracker("a")).events if event.type_name == "user"}
    assert heard == {"hello x", "hello y"}


async def test_while_redis_is_away_a_turn_fails_and_is_not_kept(desk, redis_server, monkeypatch):
    process, url = redis_server
    monkeypatch.setenv("CHHA_LOCK_URL", url)
    desk.turns = TurnRunner(desk.agent)
    process.kill()
    process.wait()

    with pytest.raises(TurnFailed) as failed:
        await desk.hear("a", "hello")

    assert failed.value.cause == "tracker_store"
    assert await desk.tracker("a") is None


@pytest.mark.parametrize("url", ["http://a", "localhost:6379", "redis://", ""])
def test_an_address_that_is_no_redis_is_refused_with_a_sentence(url):
    with pytest.raises(ValueError, match="CHHA_LOCK_URL"):
        redis_lock_store(url)
