"""Real parts for tests, evaluation and benchmarks: a Rasa and its actions on free ports, a whole front desk.

Everything listens on loopback and keeps its data in a folder of its own; everything is gone at the end.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from frontdesk.app.run import newest_model
from frontdesk.records.migrate import migrate
from frontdesk.records.session import Record
from frontdesk.settings import ROOT

RASA_PYTHON = str(ROOT / "extensions" / ".venv" / "bin" / "python")
START_SECONDS = 120
KEY = "a key of the tests"


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 30, pause: float = 0.05) -> Any:
    """The first true value of `condition`, looked at again and again.

    Raises:
        AssertionError: it did not become true in time.
    """
    until = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"waited {seconds:.0f} s in vain for: {what}")
        time.sleep(pause)


def answers(url: str) -> bool:
    # Not httpx.get: it reads all certificates for each call, a third of a core while waiting for a start.
    place = urlsplit(url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=1)
    try:
        connection.request("GET", place.path or "/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Process:
    """One process with its log; started, killed and started again by tests."""

    def __init__(self, name: str, command: list[str], env: dict[str, str], folder: Path, health: str):
        self.name = name
        self._command = command
        self._env = env
        self.log = folder / f"{name}.log"
        self.health = health
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, wait: bool = True) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._env, stdout=log, stderr=log, start_new_session=True
            )
        if wait:
            self.wait_until_well()

    def wait_until_well(self) -> None:
        def well() -> bool:
            assert self._process is not None
            if self._process.poll() is not None:
                raise AssertionError(f"{self.name} ended: {self.log.read_text(errors='replace')[-2000:]}")
            return answers(self.health)

        wait_for(well, f"{self.name} to be ready", START_SECONDS)

    def wait_until_ended(self) -> int:
        """The exit status of the process itself (not of what it started), negative for a signal."""
        assert self._process is not None
        return self._process.wait(timeout=10)

    def kill(self) -> None:
        """SIGKILL to the process and all it started."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        if self._process is None:
            return
        for which in (number, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, which)
            except ProcessLookupError:
                break
            try:
                self._process.wait(timeout=10)
                break
            except subprocess.TimeoutExpired:
                continue
        self._process = None


class Assistant:
    """A Rasa with this project's model and an action server, with a record of their own; no front desk.

    Args:
        folder: where record, tracker store and logs go.
        model: a trained model; the newest one in models/ by default.
        env: what to set besides.
    """

    def __init__(self, folder: Path, model: Path | None = None, env: dict[str, str] | None = None):
        self.folder = folder
        self.rasa_port = free_port()
        self.actions_port = free_port()
        self.url = f"http://127.0.0.1:{self.rasa_port}"
        self.database = f"sqlite:///{folder / 'record.db'}"
        self.env = {
            **os.environ,
            "CHHA_VAR_DIR": str(folder),
            "DATABASE_URL": self.database,
            "CHHA_RASA_KEY": KEY,
            "CHHA_SECRET_KEY": KEY,
            "CHHA_RASA_PORT": str(self.rasa_port),
            "CHHA_ACTIONS_PORT": str(self.actions_port),
            "CHHA_ACTIONS_URL": f"http://127.0.0.1:{self.actions_port}/webhook",
            "CHHA_TRACKER_URL": f"sqlite:///{folder / 'tracker.db'}",
            "RASA_TELEMETRY_ENABLED": "false",
            "CHHA_ACTIONS_HOST": "127.0.0.1",
            "OMP_NUM_THREADS": "1",
            **(env or {}),
        }
        self.database = self.env["DATABASE_URL"]
        self.record = Record(self.database)
        migrate(self.record)
        self.actions = Process(
            "actions",
            [sys.executable, "-m", "actions"],
            self.env,
            folder,
            f"http://127.0.0.1:{self.actions_port}/health",
        )
        self.rasa = Process(
            "rasa",
            [
                RASA_PYTHON,
                "-m",
                "extensions.launcher",
                "run",
                "--model",
                str(model or newest_model(ROOT / "models")),
                "--interface",
                "127.0.0.1",
                "--port",
                str(self.rasa_port),
            ],
            self.env,
            folder,
            f"{self.url}/webhooks/rest/ready",
        )
        self._client = httpx.Client(timeout=60)

    def start(self) -> None:
        self.actions.start(wait=False)
        self.rasa.start()
        self.actions.wait_until_well()

    def stop(self) -> None:
        self.rasa.stop()
        self.actions.stop()
        self.record.close()
        self._client.close()

    def post(self, sender: str, text: str, **more: Any) -> list[dict[str, Any]]:
        """One message through Rasa's own door, as the stock REST channel answers it."""
        answer = self._client.post(
            f"{self.url}/webhooks/rest/webhook", json={"sender": sender, "message": text, **more}
        )
        answer.raise_for_status()
        return list(answer.json())

    def acts(self, sender: str, text: str) -> list[dict[str, Any]]:
        """The dialogue acts of the reply to one message, in order."""
        return [one["custom"] for one in self.post(sender, text) if "custom" in one]


@contextmanager
def assistant(folder: Path, **more: Any) -> Iterator[Assistant]:
    """A running assistant."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Assistant(folder, **more)
    try:
        made.start()
        yield made
    finally:
        made.stop()
