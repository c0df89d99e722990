"""A whole front desk for tests, started as a person starts it: `frontdesk.app.run` with its supervisor."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from frontdesk.app.supervision import process_states
from frontdesk.knowledge.organization import WEEKDAYS
from frontdesk.records.session import Record
from frontdesk.settings import ROOT, Settings
from tests.stack import KEY, free_port, wait_for

START_SECONDS = 150

ALL_WEEK = ", ".join(f'{day}: ["00:00-23:59"]' for day in WEEKDAYS)
OPEN_ALWAYS = f"hours: {{timezone: UTC, weekly: {{{ALL_WEEK}}}}}\n"


class Desk:
    """One front desk on free ports with its data in `folder`.

    Args:
        organization: the content of its organization.yml; open at all hours by default.
    """

    def __init__(self, folder: Path, organization: str = "name: CHHA\n" + OPEN_ALWAYS, **env: str):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.organization = folder / "organization.yml"
        self.organization.write_text(organization)
        self.settings = Settings(
            port=free_port(),
            rasa_port=free_port(),
            actions_port=free_port(),
            var_dir=folder,
            organization_file=self.organization,
            secret_key=KEY,
            rasa_key=KEY,
        )
        self.url = self.settings.base_url
        self.env = {
            **os.environ,
            "CHHA_PORT": str(self.settings.port),
            "CHHA_RASA_PORT": str(self.settings.rasa_port),
            "CHHA_ACTIONS_PORT": str(self.settings.actions_port),
            "CHHA_VAR_DIR": str(folder),
            "CHHA_ORGANIZATION_FILE": str(self.organization),
            "CHHA_SECRET_KEY": KEY,
            "CHHA_RASA_KEY": KEY,
            "CHHA_MESSAGES_PER_MINUTE": "10000",
            "CHHA_CONVERSATIONS_PER_HOUR": "10000",
            "PYTHONUNBUFFERED": "1",
            **env,
        }
        self.log = folder / "run.log"
        self.process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Start without waiting."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "frontdesk.app.run"],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start(self) -> None:
        """Start and wait until the welcome is printed.

        Raises:
            AssertionError: with what was printed, when it ended or took too long.
        """
        self.begin()

        def welcomed() -> bool:
            assert self.process is not None
            if self.process.poll() is not None:
                raise AssertionError(f"the front desk ended: {self.said}")
            return "Ctrl-C stops everything" in self.said

        wait_for(welcomed, "the welcome", START_SECONDS)

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def password(self) -> str:
        found = re.search(r"one-time password (\S+)", self.said)
        assert found, self.said
        return found.group(1)

    def interrupt(self) -> int:
        """Ctrl-C; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)

    def stop(self) -> None:
        """Stop however it takes."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)

    def pid(self, part: str) -> int:
        """The process of `rasa`, `actions` or `frontdesk` now, 0 while it is away."""
        state = process_states(self.settings).get(part)
        return state.pid if state and state.state in ("RUNNING", "STARTING") else 0

    def kill(self, part: str) -> int:
        """SIGKILL to a part; the process id that it had."""
        pid = wait_for(lambda: self.pid(part), f"{part} to run", 60)
        os.kill(pid, signal.SIGKILL)
        return int(pid)

    def record(self) -> Record:
        return Record(self.settings.database)
