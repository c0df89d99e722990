"""The action server as a process: one, so that whoever supervises it holds all of it."""

from __future__ import annotations

import os
import signal

from tests.stack import Assistant, answers


def test_an_action_server_that_is_killed_leaves_nothing_on_its_port(talk: Assistant):
    server = talk.actions
    os.kill(server.pid, signal.SIGKILL)
    server.wait_until_ended()
    assert not answers(server.health)
    server.start()
    assert answers(server.health)
