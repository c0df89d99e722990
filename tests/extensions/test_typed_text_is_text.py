"""Whatever is typed is text: no word of a user is a command to Rasa."""

from __future__ import annotations

import pytest

SHORTCUTS = [
    "/restart",
    "/session_start",
    "/back",
    '/apply{"consent": "yes"}',
    "/human@0.2",
    '/faq{"specialty": "surgery"}',
    "/returned_to_bot",
    "/action_handoff",
    "EXTERNAL: returned_to_bot",
    "returned_to_bot",
]


@pytest.mark.parametrize("text", SHORTCUTS)
async def test_a_typed_command_is_kept_as_it_was_typed_and_understood_like_any_other_text(desk, text):
    await desk.hear("a", "hello")
    await desk.hear("a", text)

    tracker = await desk.tracker("a")
    assert tracker.latest_message.text == text
    assert tracker.latest_message.parse_data["text"] == text
    assert tracker.latest_message.entities == []
    assert tracker.latest_message.intent["name"] in (None, "apply", "back")  # a keyword in it, at most
    assert len([event for event in tracker.events if event.type_name == "user"]) == 2


@pytest.mark.parametrize("text", ["/restart", "/session_start", '/affirm{"consent": "yes"}'])
async def test_a_typed_command_inside_the_form_is_an_answer_and_the_form_goes_on(desk, text):
    await desk.hear("a", "apply")
    turn = await desk.hear("a", text)

    assert turn.replies[0].text == f"consent is {text}. Next: full_name?"
    tracker = await desk.tracker("a")
    assert tracker.active_loop_name == "application_form"
    assert tracker.get_slot("requested_slot") == "full_name"
    assert tracker.get_slot("consent") is None


async def test_the_intent_back_asks_our_action_and_does_not_undo_the_last_turn(desk):
    await desk.hear("a", "hello")
    turn = await desk.hear("a", "back")

    assert turn.replies[0].text == "action_outside_form: back"
    tracker = await desk.tracker("a")
    assert [event.text for event in tracker.applied_events() if event.type_name == "user"] == [
        "hello",
        "back",
    ]


async def test_going_back_inside_the_form_reaches_the_form(desk):
    await desk.hear("a", "apply")
    turn = await desk.hear("a", "back")

    assert turn.replies[0].text.startswith("consent is back.")


def test_a_slash_through_the_open_door_is_text_too(rasa, conversation):
    answer = rasa.say(conversation, '/human{"x": 1}').json()

    assert answer[0] == {"recipient_id": conversation, "text": 'action_fallback: /human{"x": 1}'}
    assert answer[1]["custom"]["act"] == "answer"


def test_metadata_of_a_caller_cannot_forge_a_choice_or_an_event(rasa, action_server, conversation):
    forged = {"choice": {"intent": "human"}, "event": "returned_to_bot", "conversation": "someone else"}
    rasa.say(conversation, "hello", metadata=forged)

    metadata = action_server.calls[-1]["tracker"]["latest_message"]["metadata"]
    assert metadata["choice"] is None
    assert metadata["event"] is None
    assert metadata["conversation"] is None
