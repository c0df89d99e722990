"""The tracker store on a real PostgreSQL of these tests' own, which goes away and comes back."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from extensions.tracker_store import ConversationTrackerStore, TrackerConflict
from extensions.turns import TurnFailed

pytestmark = pytest.mark.postgres

DEBIAN_BINARIES = Path("/usr/lib/postgresql/15/bin")
ACCOUNT = "postgres"


class Postgres:
    """A server without a disk worth syncing, on a free port, started and stopped at will."""

    def __init__(self) -> None:
        found = shutil.which("initdb")
        assert found or DEBIAN_BINARIES.exists(), (
            "PostgreSQL is not on this machine: apt-get install postgresql"
        )
        self._binaries = DEBIAN_BINARIES if DEBIAN_BINARIES.exists() else Path(found).resolve().parent
        self.home = Path(tempfile.mkdtemp(prefix="tracker-postgres-"))
        self._as_user = []
        if os.geteuid() == 0:  # initdb refuses root
            shutil.chown(self.home, ACCOUNT, ACCOUNT)
            self._as_user = ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups"]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._run(
            "initdb", "-D", str(self.home / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"
        )
        self._process = None
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def _run(self, program: str, *arguments: str) -> int:
        command = [*self._as_user, str(self._binaries / program), *arguments]
        return subprocess.run(command, capture_output=True, check=False, cwd=self.home).returncode

    def start(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.home,
            "fsync": "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [*self._as_user, str(self._binaries / "postgres"), "-D", str(self.home / "data"), *options]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.home
        )
        end = time.monotonic() + 30
        while self._run("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-t", "1"):
            assert self._process.poll() is None, "PostgreSQL did not start"
            assert time.monotonic() < end, "PostgreSQL does not answer"

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(20)
            self._process = None


@pytest.fixture(scope="module")
def server():
    made = Postgres()
    yield made
    made.stop()
    shutil.rmtree(made.home, ignore_errors=True)


@pytest.fixture
def on_postgres(desk, server):
    """The desk, keeping its conversations in PostgreSQL."""
    desk.store = ConversationTrackerStore(domain=desk.agent.domain, url=server.url)
    desk.agent.tracker_store = desk.store
    return desk


async def test_a_conversation_is_kept_and_goes_on(on_postgres):
    await on_postgres.hear("kept", "apply")
    await on_postgres.hear("kept", "yes")

    tracker = await on_postgres.tracker("kept")
    assert (tracker.active_loop_name, tracker.get_slot("requested_slot")) == ("application_form", "full_name")


async def test_while_it_is_away_turns_fail_and_afterwards_the_form_is_where_it_was(on_postgres, server):
    await on_postgres.hear("away", "apply")
    await on_postgres.hear("away", "yes")
    server.stop()
    try:
        with pytest.raises(TurnFailed) as failed:
            await on_postgres.hear("away", "Amina", message_id="x")
        assert failed.value.cause == "tracker_store"
        with pytest.raises(TurnFailed):
            await on_postgres.turns.check_store()
    finally:
        server.start()

    turn = await on_postgres.hear("away", "Amina", message_id="x")
    assert not turn.again
    assert turn.replies[0].text == "full_name is Amina. Next: email?"


async def test_when_it_goes_away_between_reading_and_saving_nothing_is_kept(
    on_postgres, server, action_server
):
    await on_postgres.hear("between", "hello")

    def gone(call):
        server.stop()
        return {"events": [], "responses": [{"text": "It costs."}]}

    action_server.behaviours["action_answer"] = gone
    try:
        with pytest.raises(TurnFailed) as failed:
            await on_postgres.hear("between", "cost", message_id="x")
        assert failed.value.cause == "tracker_store"
    finally:
        server.start()
    action_server.reset()

    assert not (await on_postgres.hear("between", "cost", message_id="x")).again


async def test_one_that_never_answers_fails_the_turn_within_its_time(desk):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        port = silent.getsockname()[1]
        desk.agent.tracker_store = ConversationTrackerStore(
            domain=desk.agent.domain, url=f"postgresql://postgres@127.0.0.1:{port}/postgres"
        )
        begun = time.monotonic()
        with pytest.raises(TurnFailed) as failed:
            await desk.hear("a", "hello")

    assert failed.value.cause == "tracker_store"
    assert time.monotonic() - begun < 15


async def test_two_processes_that_save_one_conversation_do_not_overwrite_each_other(on_postgres, server):
    await on_postgres.hear("two", "hello")
    other = ConversationTrackerStore(domain=on_postgres.agent.domain, url=server.url)
    mine, theirs = await on_postgres.tracker("two"), await other.retrieve("two")

    outcomes = await asyncio.gather(on_postgres.store.save(mine), other.save(theirs), return_exceptions=True)

    assert sorted(type(outcome) for outcome in outcomes if outcome) == [TrackerConflict]


async def test_processes_that_start_together_make_the_table_once(server, desk):
    server_url = server.url
    first = ConversationTrackerStore(domain=desk.agent.domain, url=server_url)
    await first._in_thread(
        lambda connection: connection.exec_driver_sql("DROP TABLE IF EXISTS conversation_trackers")
    )
    stores = [ConversationTrackerStore(domain=desk.agent.domain, url=server_url) for _ in range(4)]

    assert await asyncio.gather(*(store.retrieve("nobody") for store in stores)) == [None] * 4


async def test_a_conversation_is_erased(on_postgres):
    await on_postgres.hear("erased", "hello")

    assert await on_postgres.turns.forget("erased") is True
    assert await on_postgres.tracker("erased") is None
