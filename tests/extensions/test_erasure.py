"""A conversation can be erased from Rasa's memory, by the frontdesk only."""

from __future__ import annotations

import asyncio
import threading

import pytest


def test_an_erased_conversation_is_forgotten_and_its_message_ids_too(rasa, conversation):
    rasa.turn(conversation, "apply", "m1")

    assert rasa.erase(conversation).json() == {"deleted": True}
    assert rasa.erase(conversation).json() == {"deleted": False}
    assert rasa.turn(conversation, "hello", "m1").json()["again"] is False


@pytest.mark.parametrize("odd", ["a/b", "a b", "+1 555", "ü%20", "x?y=z", "#"])
def test_an_odd_conversation_id_can_be_erased(rasa, conversation, odd):
    rasa.say(odd + conversation, "hello")

    assert rasa.erase(odd + conversation).json() == {"deleted": True}


def test_an_impossible_conversation_id_is_refused(rasa):
    assert rasa.erase("a\nb").status_code == 422


async def test_erasing_waits_for_the_turn_that_is_running(desk, action_server):
    reached = threading.Event()

    def held(call):
        reached.set()
        action_server.released.wait(10)
        return {"events": [], "responses": [{"text": "Here."}]}

    action_server.behaviours["action_answer"] = held
    turn = asyncio.ensure_future(desk.hear("a", "cost"))
    await asyncio.to_thread(reached.wait, 10)
    erased = asyncio.ensure_future(desk.turns.forget("a"))
    action_server.released.set()

    assert (await turn).replies[0].text == "Here."
    assert await erased is True
    assert await desk.tracker("a") is None
