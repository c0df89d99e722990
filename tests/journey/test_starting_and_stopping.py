"""Starting: what must be right is checked first, said in one sentence. Stopping: nothing is left running."""

from __future__ import annotations

import os
import pty
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from frontdesk.settings import ROOT
from tests.desk import Desk
from tests.stack import wait_for


def ended(desk: Desk) -> tuple[int, str]:
    """The exit code and the last line said by a desk that does not start."""
    desk.begin()
    assert desk.process is not None
    code = desk.process.wait(timeout=150)
    lines = [line for line in desk.said.splitlines() if line.strip() and not line.startswith("·")]
    return code, " ".join(lines)


def one_sentence(said: str) -> bool:
    return "Traceback" not in said and said.strip().endswith((".", ")"))


def test_a_taken_port_is_named_with_the_variable_that_moves_it(own_desk: Desk):
    with socket.socket() as other:
        other.bind(("127.0.0.1", own_desk.settings.port))
        other.listen()
        code, said = ended(own_desk)
    assert code != 0
    assert str(own_desk.settings.port) in said
    assert "CHHA_PORT" in said
    assert one_sentence(said)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("hours: {timezone: Nowhere/Land}", "Nowhere/Land"),
        ("price_ulr: https://example.org/", "price_ulr"),
        ("name: [", "line"),
    ],
)
def test_a_broken_organization_file_is_named_with_place_and_reason(own_desk: Desk, content: str, named: str):
    own_desk.organization.write_text(content)
    code, said = ended(own_desk)
    assert code != 0
    assert "organization.yml" in said
    assert named in said
    assert one_sentence(said)


def test_a_bad_setting_is_named(own_desk: Desk):
    own_desk.env["CHHA_RASA_PORT"] = "eighty"
    code, said = ended(own_desk)
    assert code != 0
    assert "CHHA_RASA_PORT" in said
    assert one_sentence(said)


def test_a_database_that_does_not_answer_is_said(own_desk: Desk):
    own_desk.env["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/nothing"
    code, said = ended(own_desk)
    assert code != 0
    assert "DATABASE_URL" in said
    assert one_sentence(said)


def test_no_model_at_all_says_how_to_get_one(own_desk: Desk, tmp_path: Path):
    empty = tmp_path / "models"
    empty.mkdir()
    own_desk.env["CHHA_MODELS_DIR"] = str(empty)
    code, said = ended(own_desk)
    assert code != 0
    assert "make train" in said


def test_a_model_that_rasa_refuses_ends_the_start_with_a_sentence(own_desk: Desk, tmp_path: Path):
    models = tmp_path / "models"
    models.mkdir()
    (models / "broken.tar.gz").write_bytes(b"this is no model")
    own_desk.env["CHHA_MODELS_DIR"] = str(models)
    code, said = ended(own_desk)
    assert code != 0
    assert "Rasa" in said
    assert "Traceback" not in said


PARTS = ("rasa", "actions", "frontdesk")


def test_a_desk_is_stopped_by_ctrl_c_started_again_and_stops_when_its_parent_is_killed(own_desk: Desk):
    """One desk's life: three starts would cost more than they tell."""
    own_desk.start()
    first = own_desk.password
    pids = [own_desk.pid(part) for part in PARTS]
    assert all(pids)
    assert own_desk.interrupt() == 0
    assert [pid for pid in pids if alive(pid)] == []

    own_desk.start()
    assert own_desk.password != first  # never changed by its owner, so a fresh one is given
    assert "Environment of" not in own_desk.said  # no set-up again
    pids = [own_desk.pid(part) for part in PARTS]

    assert own_desk.process is not None
    own_desk.process.kill()
    own_desk.process.wait()
    wait_for(lambda: not any(alive(pid) for pid in pids), "the parts to stop", 60)


def test_the_shell_answers_with_the_actions_beside_it_and_leaves_nothing_behind(own_desk: Desk):
    """Rasa's own shell wants a terminal, so it gets one."""
    terminal, inner = pty.openpty()
    shell = subprocess.Popen(
        [sys.executable, "-m", "frontdesk.app.shell"],
        cwd=ROOT,
        env={**own_desk.env, "TERM": "dumb"},
        stdin=inner,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
    )
    os.close(inner)
    shown = Screen(terminal)
    try:
        wait_for(lambda: "Your input" in shown.text(), "the shell's prompt", 150)
        os.write(terminal, b"what is the difference between internship and residency?\r")
        wait_for(lambda: '"topic": "difference_overview"' in shown.text(), "the answer", 60)
        os.write(terminal, b"/stop\r")
        assert shell.wait(timeout=60) == 0
    finally:
        if shell.poll() is None:
            os.killpg(shell.pid, signal.SIGTERM)
            shell.wait(timeout=60)
        os.close(terminal)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", own_desk.settings.actions_port)) != 0


class Screen:
    """What a terminal has shown so far."""

    def __init__(self, terminal: int):
        self._terminal = terminal
        self._seen = b""

    def text(self) -> str:
        while select.select([self._terminal], [], [], 0)[0]:
            try:
                self._seen += os.read(self._terminal, 65_536)
            except OSError:  # the other side closed it
                break
        return self._seen.decode(errors="replace")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
