"""Starting: what must be right is checked first, said in one sentence. Stopping: nothing is left running."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

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


def test_ctrl_c_stops_everything_and_leaves_nothing_running(own_desk: Desk):
    own_desk.start()
    pids = [own_desk.pid(part) for part in ("rasa", "actions", "frontdesk")]
    assert all(pids)
    assert own_desk.interrupt() == 0
    assert [pid for pid in pids if alive(pid)] == []


def test_the_second_start_takes_up_the_same_record(own_desk: Desk):
    own_desk.start()
    first = own_desk.password
    assert own_desk.interrupt() == 0
    began = time.monotonic()
    own_desk.start()
    assert own_desk.password
    assert own_desk.password != first  # never changed by its owner, so a fresh one is given
    assert time.monotonic() - began < 150


def test_a_supervisor_without_its_parent_stops_too(own_desk: Desk):
    own_desk.start()
    pids = [own_desk.pid(part) for part in ("rasa", "actions", "frontdesk")]
    assert own_desk.process is not None
    own_desk.process.kill()
    own_desk.process.wait()
    wait_for(lambda: not any(alive(pid) for pid in pids), "the parts to stop", 60)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
