"""Benchmark: both assistants as running processes, each with the model given, on free ports."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.bench.doors import Door, RestDoor, TurnDoor, WebsiteDoor
from tests.stack import RASA_PYTHON, Assistant, Process, answers, free_port, wait_for

UNLIMITED = "1000000"
# A Rasa with TensorFlow on a machine that has much else to do.
STOCK_START_SECONDS = 600


class PatientProcess(Process):
    """A process that may take long to start."""

    def wait_until_well(self) -> None:
        def well() -> bool:
            if self._process is None or self._process.poll() is not None:
                raise AssertionError(f"{self.name} ended: {self.log.read_text(errors='replace')[-2000:]}")
            return answers(self.health)

        wait_for(well, f"{self.name} to be ready", STOCK_START_SECONDS)


class Ours:
    """This assistant: Rasa, action server and front desk."""

    def __init__(self, folder: Path, model: Path):
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        # One visitor says more in a minute here than a person may.
        limits = {
            "CHHA_MESSAGES_PER_MINUTE": UNLIMITED,
            "CHHA_READS_PER_MINUTE": UNLIMITED,
            "CHHA_CONVERSATIONS_PER_HOUR": UNLIMITED,
        }
        desk = {"CHHA_HOST": "127.0.0.1", "CHHA_PORT": str(port), "CHHA_PUBLIC_URL": "", **limits}
        self.assistant = Assistant(folder, model=model, env=desk)
        self.rasa = self.assistant.rasa
        self.actions = self.assistant.actions
        self.desk = Process(
            "frontdesk",
            [sys.executable, "-m", "frontdesk.app.serve"],
            self.assistant.env,
            folder,
            f"{self.url}/health",
        )

    @property
    def parts(self) -> dict[str, Process]:
        return {"Rasa": self.rasa, "action server": self.actions, "front desk": self.desk}

    def start(self) -> None:
        """Start all three at once, wait until each is well."""
        for part in self.parts.values():
            part.start(wait=False)
        for part in self.parts.values():
            part.wait_until_well()

    def doors(self) -> dict[str, Door]:
        """The three ways in."""
        url = self.assistant.url
        return {
            "turn": TurnDoor(url, self.assistant.record),
            "webhook": RestDoor("/webhooks/rest/webhook", url),
            "website": WebsiteDoor(self.url),
        }

    def stop(self) -> None:
        self.desk.stop()
        self.assistant.stop()


class Stock:
    """The stock assistant: one Rasa with its REST channel."""

    def __init__(self, folder: Path, model: Path):
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        project = model.parent
        command = [RASA_PYTHON, "-m", "rasa", "run", "--model", str(model)]
        command += ["--interface", "127.0.0.1", "--port", str(port)]
        command += ["--credentials", str(project / "credentials.yml")]
        command += ["--endpoints", str(project / "endpoints.yml")]
        env = {**os.environ, "RASA_TELEMETRY_ENABLED": "false"}
        self.rasa = PatientProcess("stock", command, env, folder, f"{self.url}/webhooks/rest/")

    def start(self) -> None:
        self.rasa.start()

    def door(self) -> Door:
        return RestDoor("stock REST channel", self.url)

    def stop(self) -> None:
        self.rasa.stop()


@contextmanager
def ours_alone(folder: Path, model: Path) -> Iterator[Ours]:
    """This assistant, started and in the end stopped."""
    ours = Ours(folder, model)
    try:
        ours.start()
        yield ours
    finally:
        ours.stop()


@contextmanager
def both(folder: Path, own_model: Path, stock_model: Path) -> Iterator[tuple[Ours, Stock]]:
    """Both assistants, started and in the end stopped."""
    with ExitStack() as stack:
        ours = Ours(folder / "ours", own_model)
        stack.callback(ours.stop)
        stock = Stock(folder / "stock", stock_model)
        stack.callback(stock.stop)
        ours.start()
        stock.start()
        yield ours, stock


def seconds_to_ready(process: Process) -> float:
    """Start one process alone; the seconds until it is well."""
    began = time.perf_counter()
    process.start()
    return time.perf_counter() - began
