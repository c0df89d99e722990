"""The record says which field is open; Rasa's form follows it. A person hands back by an event."""

from __future__ import annotations

import pytest


async def state(desk, sender="a"):
    tracker = await desk.tracker(sender)
    return tracker.active_loop_name, tracker.get_slot("requested_slot")


async def test_a_form_that_rasa_has_forgotten_is_open_again_at_the_records_field(desk):
    turn = await desk.hear("a", "Amina Bello", form="full_name")

    assert turn.replies[0].text == "full_name is Amina Bello. Next: email?"
    assert await state(desk) == ("application_form", "email")


async def test_a_form_that_the_record_has_closed_is_closed(desk):
    await desk.hear("a", "apply")

    turn = await desk.hear("a", "hello", form=None)

    assert turn.replies[0].text == "action_smalltalk: hello"
    assert await state(desk) == (None, None)


async def test_where_the_record_waits_for_another_field_the_record_is_right(desk):
    await desk.hear("a", "apply")

    turn = await desk.hear("a", "amina@example.org", form="email")

    assert turn.replies[0].text == "email is amina@example.org. Next: review?"


async def test_without_a_word_about_the_form_the_tracker_is_left_alone(desk):
    await desk.hear("a", "apply")
    await desk.hear("a", "yes")

    assert await state(desk) == ("application_form", "full_name")


async def test_agreeing_about_the_form_adds_no_event(desk):
    await desk.hear("a", "apply", form=None)
    before = len((await desk.tracker("a")).events)
    await desk.hear("a", "yes", form="consent")

    added = [event.type_name for event in list((await desk.tracker("a")).events)[before:]]
    assert added[0] == "user"


async def test_a_failed_turn_does_not_keep_the_synchronised_form(desk, action_server):
    await desk.hear("a", "hello")
    action_server.behaviours["validate_application_form"] = lambda call: (500, "{}")

    with pytest.raises(Exception, match="action_server"):
        await desk.hear("a", "yes", form="consent")

    assert await state(desk) == (None, None)


async def test_the_form_asks_through_one_call_a_turn_also_when_it_opens(desk, action_server):
    await desk.hear("a", "apply")
    await desk.hear("a", "yes")

    assert [call["next_action"] for call in action_server.calls] == ["validate_application_form"] * 2


@pytest.mark.parametrize(
    "text", ["cost", "I want to kill myself", "football", "person", "status", "delete", "help"]
)
async def test_whatever_is_said_while_the_form_is_open_goes_to_the_form(desk, action_server, text):
    await desk.hear("a", "apply")
    await desk.hear("a", text)

    assert action_server.calls[-1]["next_action"] == "validate_application_form"


async def test_a_paused_form_is_closed_and_the_next_message_is_an_ordinary_one(desk):
    await desk.hear("a", "apply")
    turn = await desk.hear("a", "stop")

    assert [reply.text for reply in turn.replies] == ["Paused."]
    assert await state(desk) == (None, None)
    assert (await desk.hear("a", "cost")).replies[0].text == "action_answer: cost"


async def test_a_sent_form_is_closed_after_the_send_action_has_spoken(desk, action_server):
    await desk.hear("a", "yes", form="review")

    assert [call["next_action"] for call in action_server.calls] == [
        "validate_application_form",
        "action_send_application",
    ]
    assert await state(desk) == (None, None)
    assert (await desk.hear("a", "hello")).replies[0].text == "action_smalltalk: hello"


@pytest.mark.parametrize("outcome", ["paused", "cancelled", "open"])
async def test_a_form_that_ends_as_it_opens_leaves_the_word_to_the_applicant(desk, action_server, outcome):
    action_server.behaviours["validate_application_form"] = lambda call: {
        "events": [
            {"event": "slot", "name": "requested_slot", "value": None},
            {"event": "slot", "name": "application_outcome", "value": outcome},
        ],
        "responses": [{"text": "You have sent one already."}],
    }
    turn = await desk.hear("a", "apply")

    assert [reply.text for reply in turn.replies] == ["You have sent one already."]
    assert await state(desk) == (None, None)


async def test_the_form_can_be_opened_again_after_it_was_sent(desk):
    await desk.hear("a", "yes", form="review")
    turn = await desk.hear("a", "apply")

    assert turn.replies[0].text == "First: consent?"


# --- a person hands back ----------


async def test_a_hand_back_runs_its_own_action_and_nothing_else(desk, action_server):
    await desk.hear("a", "hello")
    turn = await desk.hear("a", "", event="returned_to_bot", form=None)

    assert turn.replies[0].text == "action_returned_to_bot: "
    message = action_server.calls[-1]["tracker"]["latest_message"]
    assert message["intent"]["name"] == "returned_to_bot"
    assert message["metadata"]["event"] == "returned_to_bot"
    assert (await desk.hear("a", "cost")).replies[0].text == "action_answer: cost"


async def test_a_hand_back_in_the_middle_of_the_form_leaves_the_form_open(desk, action_server):
    await desk.hear("a", "apply")
    await desk.hear("a", "", event="returned_to_bot", form="consent")

    assert [call["next_action"] for call in action_server.calls][-1] == "action_returned_to_bot"
    assert await state(desk) == ("application_form", "consent")
    assert (await desk.hear("a", "yes")).replies[0].text == "consent is yes. Next: full_name?"


async def test_a_hand_back_has_its_effect_once(desk, action_server):
    first = await desk.hear("a", "", event="returned_to_bot", message_id="x")
    second = await desk.hear("a", "", event="returned_to_bot", message_id="x")

    assert second.again
    assert second.replies == first.replies
    assert len(action_server.calls) == 1


async def test_a_failed_hand_back_is_not_kept(desk, action_server):
    action_server.behaviours["action_returned_to_bot"] = lambda call: (500, "{}")

    with pytest.raises(Exception, match="action_server"):
        await desk.hear("a", "", event="returned_to_bot")

    assert await desk.tracker("a") is None


def test_the_open_door_knows_no_events_and_no_form(rasa, action_server, conversation):
    rasa.say(
        conversation, "hello", event="returned_to_bot", form={"field": "email"}, choice={"intent": "human"}
    )

    assert action_server.calls[-1]["next_action"] == "action_smalltalk"
