"""The action server as a process: one, so that whoever supervises it holds all of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import Assistant, Process, answers


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Process]:
    """An action server without a Rasa."""
    made = Assistant(tmp_path)
    made.actions.start()
    yield made.actions
    made.stop()


def test_an_action_server_that_is_killed_leaves_nothing_on_its_port(server: Process):
    os.kill(server.pid, signal.SIGKILL)
    server.wait_until_ended()
    assert not answers(server.health)
    server.start()
    assert answers(server.health)
