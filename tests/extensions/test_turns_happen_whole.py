"""A turn happens whole or not at all: each way an action can fail, in and out of the form."""

from __future__ import annotations

import asyncio
import time

import pytest
from rasa.core.lock_store import LockError

from extensions.turns import TurnFailed, TurnRunner


def blocked(server):
    """An action that answers only when the test lets go."""

    def behaviour(call):
        server.released.wait(30)
        return {"events": [], "responses": []}

    return behaviour


FAILURES = {
    "answers 500": (lambda server: lambda call: (500, "{}"), "HTTP 500"),
    "answers 404": (lambda server: lambda call: (404, "{}"), "HTTP 404"),
    "answers too late": (blocked, "no answer within 3 seconds"),
    "answers no JSON": (lambda server: lambda call: (200, "<html>"), "the call failed"),
    "answers null": (lambda server: lambda call: (200, "null"), "not of Rasa's form"),
    "answers another shape": (
        lambda server: lambda call: {"events": [{"event": "slot", "name": 7}], "responses": []},
        "not of Rasa's form (at events/0)",
    ),
    "answers an unknown event": (
        lambda server: lambda call: {"events": [{"event": "nonsense"}], "responses": []},
        "",
    ),
}


def misbehave(action_server, action, failure):
    """Have `action` fail, or the whole server be away; what is expected in the failure's detail."""
    if failure == "is away":
        action_server.stop()
        return "cannot be reached"
    make, detail = FAILURES[failure]
    action_server.behaviours[action] = make(action_server)
    return detail


@pytest.mark.parametrize("failure", [*FAILURES, "is away"])
async def test_a_failed_answer_fails_the_turn_and_leaves_the_tracker_as_it_was(desk, action_server, failure):
    await desk.hear("a", "hello")
    before = (await desk.tracker("a")).as_dialogue().as_dict()
    detail = misbehave(action_server, "action_answer", failure)

    with pytest.raises(TurnFailed) as failed:
        await desk.hear("a", "what does it cost", message_id="x")

    assert failed.value.cause == "action_server"
    assert "action_answer" in failed.value.detail
    assert detail in failed.value.detail
    assert (await desk.tracker("a")).as_dialogue().as_dict() == before


@pytest.mark.parametrize("failure", [*FAILURES, "is away"])
async def test_a_failed_form_turn_leaves_the_form_where_it_was_and_the_same_message_works_later(
    desk, action_server, failure
):
    await desk.hear("a", "apply")
    misbehave(action_server, "validate_application_form", failure)

    with pytest.raises(TurnFailed):
        await desk.hear("a", "yes", message_id="x")
    tracker = await desk.tracker("a")
    assert (tracker.active_loop_name, tracker.get_slot("requested_slot")) == ("application_form", "consent")

    action_server.reset()
    turn = await desk.hear("a", "yes", message_id="x")
    assert turn.replies[0].text == "consent is yes. Next: full_name?"
    assert not turn.again


async def test_a_form_that_fails_when_it_starts_neither_opens_nor_sends(desk, action_server):
    action_server.behaviours["validate_application_form"] = lambda call: (500, "{}")

    with pytest.raises(TurnFailed):
        await desk.hear("a", "apply")

    assert await desk.tracker("a") is None
    assert [call["next_action"] for call in action_server.calls] == ["validate_application_form"]


async def test_when_sending_fails_the_review_is_still_open(desk, action_server):
    await desk.hear("a", "apply")
    await desk.hear("a", "yes", form="review")
    action_server.behaviours["action_send_application"] = lambda call: (500, "{}")

    with pytest.raises(TurnFailed):
        await desk.hear("a", "yes", form="review", message_id="send")
    action_server.reset()
    turn = await desk.hear("a", "yes", form="review", message_id="send")

    assert turn.replies[0].text == "action_send_application: yes"


async def test_an_action_that_says_nothing_makes_a_turn_without_reply_and_is_not_kept(desk, action_server):
    action_server.behaviours["action_answer"] = lambda call: {"events": [], "responses": []}

    with pytest.raises(TurnFailed) as failed:
        await desk.hear("a", "cost")

    assert failed.value.cause == "no_reply"
    assert await desk.tracker("a") is None


async def test_a_form_that_keeps_its_answer_to_itself_is_a_turn_without_reply(desk, action_server):
    await desk.hear("a", "apply")
    action_server.behaviours["validate_application_form"] = lambda call: {"events": [], "responses": []}

    with pytest.raises(TurnFailed) as failed:
        await desk.hear("a", "yes")

    assert failed.value.cause == "no_reply"
    assert failed.value.detail.startswith("application_form")
    assert (await desk.tracker("a")).get_slot("requested_slot") == "consent"


async def test_an_error_inside_rasa_fails_the_turn_without_quoting_the_message(desk, monkeypatch, caplog):
    def break_down(processor, message, tracker):
        raise ValueError(message.text)

    monkeypatch.setattr("extensions.turns._parse", break_down)

    with pytest.raises(TurnFailed) as failed:
        await desk.hear("a", "secret words of the applicant")

    assert failed.value.cause == "no_reply"
    assert "secret" not in failed.value.detail
    assert "secret words" not in caplog.text
    assert await desk.tracker("a") is None


async def test_a_conversation_that_an_action_paused_is_still_answered(desk, action_server):

    action_server.behaviours["action_handoff"] = lambda call: {
        "events": [{"event": "pause"}],
        "responses": [{"text": "Wait."}],
    }
    await desk.hear("a", "a person please")

    turn = await desk.hear("a", "hello")

    assert turn.replies[0].text == "action_smalltalk: hello"


async def test_messages_of_one_conversation_wait_for_each_other_in_order(desk):
    turns = await asyncio.gather(
        *(desk.hear("a", f"hello {number}", message_id=str(number)) for number in range(6))
    )

    assert [turn.replies[0].text for turn in turns] == [
        f"action_smalltalk: hello {number}" for number in range(6)
    ]
    heard = [event.text for event in (await desk.tracker("a")).events if event.type_name == "user"]
    assert heard == [f"hello {number}" for number in range(6)]
    assert desk.turns._waiting == {}


async def test_a_slow_conversation_does_not_hold_up_another_one(desk, action_server):
    action_server.behaviours["action_answer"] = blocked(action_server)
    slow = asyncio.ensure_future(desk.hear("a", "cost"))

    turn = await desk.hear("b", "hello")

    assert turn.replies
    assert not slow.done()
    action_server.released.set()
    with pytest.raises(TurnFailed):
        await slow


async def test_a_lock_that_cannot_be_had_is_a_failed_turn_not_silence(desk, monkeypatch):
    def refuse(*_, **__):
        raise LockError("no ticket")

    monkeypatch.setattr(desk.agent.lock_store, "issue_ticket", refuse)

    with pytest.raises(TurnFailed) as failed:
        await desk.hear("a", "hello")

    assert failed.value.cause == "tracker_store"
    assert "lock" in failed.value.detail
    assert desk.turns._waiting == {}


async def test_a_lock_ticket_outlives_the_longest_turn(desk, monkeypatch):
    lifetimes = []
    issue = desk.agent.lock_store.issue_ticket
    monkeypatch.setattr(
        desk.agent.lock_store,
        "issue_ticket",
        lambda conversation, lifetime: lifetimes.append(lifetime) or issue(conversation, lifetime),
    )

    await desk.hear("a", "hello")

    assert lifetimes[0] > 10


async def test_a_turn_whose_caller_went_away_is_not_kept_and_can_be_sent_again(desk, action_server):
    action_server.behaviours["action_answer"] = blocked(action_server)
    turn = asyncio.ensure_future(desk.hear("a", "cost", message_id="x"))
    while not action_server.calls:
        await asyncio.sleep(0.01)
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    assert desk.turns._waiting == {}
    action_server.released.set()
    action_server.behaviours.clear()

    assert not (await desk.hear("a", "cost", message_id="x")).again
    heard = [event.text for event in (await desk.tracker("a")).events if event.type_name == "user"]
    assert heard == ["cost"]


async def test_a_turn_of_many_slow_actions_ends_before_its_caller_stops_waiting(
    desk, action_server, monkeypatch
):
    monkeypatch.setenv("CHHA_TURN_TIMEOUT", "2")
    desk.turns = TurnRunner(desk.agent)
    action_server.behaviours["action_answer"] = blocked(action_server)
    slow = asyncio.ensure_future(desk.hear("a", "cost", message_id="x"))
    waiting = asyncio.ensure_future(desk.hear("a", "hello", message_id="y"))

    begun = time.monotonic()
    with pytest.raises(TurnFailed, match=r"longer than 1\.8 seconds"):
        await slow
    with pytest.raises(TurnFailed, match=r"an earlier turn|longer than"):
        await asyncio.wait_for(waiting, 10)

    assert time.monotonic() - begun < 4
    assert await desk.tracker("a") is None


def test_the_door_says_503_and_which_part_failed(rasa, action_server, conversation):
    action_server.stop()

    answers = [rasa.say(conversation, "cost"), rasa.turn(conversation, "cost", "m1")]

    for answer in answers:
        assert answer.status_code == 503
        assert answer.json()["error"] == "turn_failed"
        assert answer.json()["cause"] == "action_server"
        assert "action_answer" in answer.json()["detail"]


def test_neither_texts_nor_replies_reach_the_log(rasa, action_server, conversation):
    action_server.behaviours["action_answer"] = lambda call: (500, "a secret reply")
    rasa.turn(conversation, "the secret cost of my visa", "m1")
    rasa.turn(conversation, "/secret hello", "m2")

    log = rasa.log.read_text()

    assert "A turn failed" in log
    assert "secret" not in log
