"""A message id that was handled answers with the replies it gave then, also after a sudden end."""

from __future__ import annotations

import asyncio
import threading

import pytest
import requests


async def test_the_same_message_id_again_gives_the_same_replies_and_runs_nothing(desk, action_server):
    first = await desk.hear("a", "cost", message_id="x")
    called = len(action_server.calls)

    second = await desk.hear("a", "cost", message_id="x")

    assert (first.again, second.again) == (False, True)
    assert second.replies == first.replies
    assert len(action_server.calls) == called


async def test_an_earlier_message_gives_its_own_replies_not_the_latest(desk):
    first = await desk.hear("a", "cost one", message_id="x")
    await desk.hear("a", "cost two", message_id="y")

    assert (await desk.hear("a", "cost one", message_id="x")).replies == first.replies


async def test_an_answered_form_question_is_not_answered_twice(desk):
    await desk.hear("a", "apply")
    await desk.hear("a", "yes", message_id="x")
    await desk.hear("a", "yes", message_id="x")

    assert (await desk.tracker("a")).get_slot("requested_slot") == "full_name"


async def test_several_replies_come_again_in_their_order_and_pairs(desk, action_server):
    responses = [
        {"text": "One.\n\nWith a paragraph.", "custom": {}},
        {"text": None, "custom": {"act": "answer", "topic": "a"}},
        {"text": "Two.", "custom": {}},
        {"text": "Three.", "custom": {}},
        {"text": None, "custom": {"act": "clarify"}},
    ]
    action_server.behaviours["action_answer"] = lambda call: {"events": [], "responses": responses}
    first = await desk.hear("a", "cost", message_id="x")
    second = await desk.hear("a", "cost", message_id="x")

    expected = [
        ("One.\n\nWith a paragraph.", {"act": "answer", "topic": "a"}),
        ("Two.", None),
        ("Three.", {"act": "clarify"}),
    ]
    assert [(reply.text, reply.act) for reply in first.replies] == expected
    assert second.replies == first.replies


async def test_the_same_message_id_in_another_conversation_is_another_message(desk):
    await desk.hear("a", "cost", message_id="x")

    assert not (await desk.hear("b", "cost", message_id="x")).again


async def test_two_copies_of_a_message_at_once_run_once(desk, action_server):
    turns = await asyncio.gather(*(desk.hear("a", "cost", message_id="x") for _ in range(3)))

    assert sorted(turn.again for turn in turns) == [False, True, True]
    assert [call["next_action"] for call in action_server.calls] == ["action_answer"]


@pytest.mark.rasa
def test_after_kill_9_a_handled_message_is_answered_again_and_a_cut_one_is_run(
    start_rasa, action_server, conversation
):
    rasa = start_rasa()
    rasa.turn(conversation, "apply", "m1")
    handled = rasa.turn(conversation, "yes", "m2").json()

    reached = threading.Event()
    ordinary = action_server.the_form

    def held(call):
        reached.set()
        action_server.released.wait(30)
        return ordinary(call)

    action_server.behaviours["validate_application_form"] = held

    def cut():
        with pytest.raises(requests.RequestException):
            rasa.turn(conversation, "Amina Bello", "m3")

    client = threading.Thread(target=cut)
    client.start()
    assert reached.wait(10)
    rasa.kill()
    client.join()
    action_server.reset()
    rasa.start()

    again = rasa.turn(conversation, "yes", "m2").json()
    assert again == {**handled, "again": True}
    run = rasa.turn(conversation, "Amina Bello", "m3").json()
    assert run["again"] is False
    assert run["replies"][0]["text"] == "full_name is Amina Bello. Next: email?"
