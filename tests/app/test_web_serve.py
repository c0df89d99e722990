"""The web process as it is really started: killed, restarted, refused."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from frontdesk.records.models import Heartbeat, Message, Outage
from frontdesk.records.session import Record
from tests.stand_in_rasa import KEY, StandInRasa

ROOT = Path(__file__).resolve().parents[2]


class Process:
    """`python -m frontdesk.app.serve` with its own folder and port."""

    def __init__(
        self, port: int, rasa_port: int, folder: Path, database: str = "", **environment: str
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "serve.log"
        own = {
            "CHHA_VAR_DIR": str(folder),
            "CHHA_PORT": str(port),
            "CHHA_RASA_PORT": str(rasa_port),
            "CHHA_ACTIONS_PORT": str(rasa_port),
            "CHHA_RASA_KEY": KEY,
            "CHHA_SECRET_KEY": "a" * 43,
            "DATABASE_URL": database,
            **environment,
        }
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CHHA_")}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "frontdesk.app.serve"], cwd=ROOT, env={**clean, **own}, stderr=log
            )

    def wait_until_alive(self, seconds: float = 180) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if httpx.get(f"{self.url}/health", trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.05)
        raise AssertionError(f"it did not start: {self.log.read_text()}")

    def end(self, number: int = signal.SIGKILL) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def serve(rasa: StandInRasa, tmp_path: Path, free_port: int) -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def begin(database: str) -> Process:
        made = Process(free_port, rasa.port, tmp_path, database)
        started.append(made)
        made.wait_until_alive()
        return made

    yield begin
    for made in started:
        if made.process.poll() is None:
            made.end()


def converse(url: str) -> tuple[str, dict[str, str]]:
    started = httpx.post(f"{url}/api/conversations", trust_env=False).json()
    path = f"{url}/api/conversations/{started['conversation']}/messages"
    return path, {"Authorization": f"Bearer {started['token']}"}


def until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)
    return found


def test_a_front_desk_killed_in_the_middle_of_a_turn_answers_it_once_after_its_restart(
    serve: Callable[..., Process], rasa: StandInRasa, record: Record, record_url: str
) -> None:
    first = serve(record_url)
    path, headers = converse(first.url)
    rasa.gate.clear()
    httpx.post(path, json={"client_id": "c", "text": "hi"}, headers=headers, trust_env=False)
    rasa.wait_for_calls(1)
    first.end(signal.SIGKILL)
    rasa.gate.set()
    serve(record_url)
    # The visitor's token of before is still good.
    thread = until(
        lambda: (
            found
            if len(found := httpx.get(path, headers=headers, trust_env=False).json()["messages"]) > 1
            else None
        )
    )
    assert [message["text"] for message in thread] == ["hi", "re: hi"]
    with record.reading() as session:
        assert len(session.scalars(select(Message)).all()) == 2
        assert session.scalars(select(Outage.part)).all() == ["frontdesk"]


def test_a_clean_stop_is_quick_even_with_a_stream_open_and_is_no_outage(
    serve: Callable[..., Process], sqlite_url: str
) -> None:
    process = serve(sqlite_url)
    path, headers = converse(process.url)
    with httpx.stream(
        "GET", path.replace("/messages", "/events"), headers=headers, trust_env=False, timeout=30
    ) as stream:
        next(stream.iter_lines())
        began = time.monotonic()
        assert process.end(signal.SIGTERM) in (0, -signal.SIGTERM)
        assert time.monotonic() - began < 15
    record = Record(sqlite_url)
    with record.reading() as session:
        assert session.get_one(Heartbeat, "frontdesk").note == "stopped"
    record.close()


def test_logs_are_json_lines_without_text_tokens_or_queries(
    serve: Callable[..., Process], sqlite_url: str
) -> None:
    process = serve(sqlite_url)
    path, headers = converse(process.url)
    httpx.post(path, json={"client_id": "c", "text": "my secret"}, headers=headers, trust_env=False)
    httpx.get(f"{path}?after=0&note=secret-query", headers=headers, trust_env=False)
    until(lambda: len(httpx.get(path, headers=headers, trust_env=False).json()["messages"]) == 2)
    process.end(signal.SIGTERM)
    text = process.log.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert any(line["logger"] == "frontdesk.access" and line["status"] == 202 for line in lines)
    for hidden in ("secret", headers["Authorization"][-20:], "?"):
        assert hidden not in text


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"CHHA_PORT": "99999"}, "CHHA_PORT"),
        ({"CHHA_ORGANIZATION_FILE": "/nowhere/organization.yml"}, "organization.yml"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://desk:hush@127.0.0.1:1/x"}, "DATABASE_URL"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    tmp_path: Path, free_port: int, environment: dict[str, str], told: str
) -> None:
    process = Process(free_port, 1, tmp_path, **environment)
    assert process.process.wait(180) == 2
    said = process.log.read_text()
    assert told in said
    assert "Traceback" not in said
    assert "hush" not in said


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = Process(port, 1, tmp_path)
        assert process.process.wait(180) == 2
    assert f"Port {port}" in process.log.read_text()
    assert "CHHA_PORT" in process.log.read_text()
