"""What the door takes, what it refuses with a sentence, and in which shape it answers."""

from __future__ import annotations

import json

import pytest
import requests

from extensions import turns

UNUSABLE = [
    "null",
    "[]",
    '""',
    "7",
    "",
    "{",
    "{}",
    "[" * 100_000,
    '{"sender": "a"}',
    '{"sender": null, "message": "hello"}',
    '{"sender": "", "message": "hello"}',
    '{"sender": ["a"], "message": "hello"}',
    '{"sender": "a\\u0000b", "message": "hello"}',
    '{"sender": "a\\nb", "message": "hello"}',
    '{"sender": "a\\ud800", "message": "hello"}',
    json.dumps({"sender": "s" * 256, "message": "hello"}),
    '{"sender": "a", "message": null}',
    '{"sender": "a", "message": ["hello"]}',
    '{"sender": "a", "message": {"text": "hello"}}',
    '{"sender": "a", "message": "  "}',
    '{"sender": "a", "message": "\\u0000\\u0001"}',
    '{"sender": "a", "message": "hello", "message_id": 7}',
    '{"sender": "a", "message": "hello", "message_id": ""}',
]


@pytest.mark.parametrize("body", UNUSABLE, ids=[body[:40] for body in UNUSABLE])
def test_a_body_that_cannot_be_used_is_refused_with_a_sentence(rasa, body):
    answer = rasa.post("/webhook", body)

    assert answer.status_code == 422
    assert answer.json()["error"] == "bad_request"
    assert answer.json()["detail"].endswith(".")


UNUSABLE_TURNS = [
    {"conversation": None},
    {"conversation": "c" * 256},
    {"message_id": None},
    {"message_id": "m" * 129},
    {"text": 7},
    {"text": ""},
    {"choice": "affirm"},
    {"choice": []},
    {"choice": {}},
    {"choice": {"topic": "../x"}},
    {"choice": {"topic": "a", "intent": "affirm"}},
    {"choice": {"intent": "no_such_intent"}},
    {"choice": {"intent": "returned_to_bot"}},
    {"choice": {"field": "email", "value": {"a": 1}}},
    {"choice": {"field": "email", "value": "x" * 4_001}},
    {"event": "restart"},
    {"event": ["returned_to_bot"]},
    {"event": "returned_to_bot", "choice": {"intent": "affirm"}},
    {"form": "email"},
    {"form": {}},
    {"form": {"field": 3}},
    {"channel": 3},
]


@pytest.mark.parametrize("change", UNUSABLE_TURNS, ids=[json.dumps(change)[:60] for change in UNUSABLE_TURNS])
def test_a_turn_that_cannot_be_used_is_refused_with_a_sentence(rasa, change):
    body = {"conversation": "a", "message_id": "m", "text": "hello"} | change

    answer = rasa.post("/turn", body)

    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"].endswith(".")


@pytest.mark.parametrize("path", ["/webhook", "/turn"])
def test_a_text_of_4000_characters_is_taken_and_a_longer_one_refused_not_cut(rasa, conversation, path):
    def send(text, number):
        named = {"sender": conversation, "conversation": conversation, "message_id": f"{path}{number}"}
        return rasa.post(path, named | {"message": text, "text": text})

    assert send("hello " + "ü" * 3_994, 1).status_code == 200
    refused = send("hello " + "ü" * 3_995, 2)
    assert refused.status_code == 422
    assert "4000" in refused.json()["detail"]


def test_a_body_beyond_every_limit_is_refused_before_it_is_read(rasa):
    try:
        answer = rasa.post("/webhook", {"sender": "a", "message": "x" * 1_000_000})
    except requests.ConnectionError:
        return  # closed while it was still being sent
    assert answer.status_code == 413


def test_control_characters_and_halves_of_characters_are_left_out_of_the_text(rasa, conversation):
    answer = rasa.post(
        "/webhook", f'{{"sender": "{conversation}", "message": "hel\\u0000lo\\u0007 a\\r\\nb \\ud83d"}}'
    )

    assert answer.json()[0]["text"] == "action_smalltalk: hello a\nb"


def test_emoji_and_other_scripts_pass_unchanged(rasa, conversation):
    text = "hello 👩🏽‍⚕️ नमस्ते مرحبا 你好"

    assert rasa.say(conversation, text).json()[0]["text"] == f"action_smalltalk: {text}"


def test_the_open_door_answers_in_the_shape_of_rasas_own_channel(rasa, conversation):
    assert rasa.say(conversation, "hello").json() == [
        {"recipient_id": conversation, "text": "action_smalltalk: hello"},
        {"recipient_id": conversation, "custom": {"act": "answer", "action": "action_smalltalk"}},
    ]


def test_a_text_with_paragraphs_stays_one_entry(rasa, action_server, conversation):
    action_server.behaviours["action_smalltalk"] = lambda call: {
        "events": [],
        "responses": [{"text": "One.\n\nTwo."}, {"custom": {"act": "smalltalk"}}],
    }

    assert [entry.get("text") for entry in rasa.say(conversation, "hello").json()] == ["One.\n\nTwo.", None]


def test_the_frontdesks_door_answers_in_the_shape_of_the_contract(rasa, conversation):
    assert rasa.turn(conversation, "hello", "m1").json() == {
        "message_id": "m1",
        "again": False,
        "replies": [
            {"text": "action_smalltalk: hello", "act": {"act": "answer", "action": "action_smalltalk"}},
        ],
    }


@pytest.mark.parametrize("key", [None, "", "wrong", "a key for test", "ключ".encode().decode("latin-1")])
def test_the_frontdesks_door_is_closed_without_the_key(rasa, conversation, key):
    body = {"conversation": conversation, "message_id": "m1", "text": "hello"}

    assert rasa.post("/turn", body, key=key).status_code == 401
    assert requests.delete(rasa.url("/conversations/a"), timeout=10).status_code == 401


def test_the_open_door_needs_no_key(rasa, conversation):
    assert rasa.post("/webhook", {"sender": conversation, "message": "hello"}, key=None).status_code == 200


def test_it_says_that_it_lives_and_when_it_is_ready(rasa):
    assert requests.get(rasa.url("/"), timeout=10).json() == {"status": "ok"}
    ready = requests.get(rasa.url("/ready"), timeout=10)
    assert ready.status_code == 200
    assert ready.json()["tracker_store"] == "ok"
    assert ready.json()["model"]


def test_what_actions_see_of_a_message_is_what_the_contract_says(rasa, action_server, conversation):
    rasa.turn(conversation, "hello", "m1", channel="telegram", form=None)

    seen = action_server.calls[-1]["tracker"]["latest_message"]
    assert seen["text"] == "hello"
    assert seen["metadata"] == {
        "message_id": "m1",
        "conversation": conversation,
        "channel": "telegram",
        "choice": None,
        "event": None,
        "context": {"topic": None, "subject": None, "form": None},
    }
    assert action_server.calls[-1]["tracker"]["latest_input_channel"] == "telegram"
    assert action_server.calls[-1]["domain"] == {}  # rasa-sdk refuses a call without one


def test_through_the_open_door_there_is_no_conversation_of_the_record(rasa, action_server, conversation):
    rasa.say(conversation, "hello", message_id="m1")

    seen = action_server.calls[-1]["tracker"]["latest_message"]["metadata"]
    assert (seen["conversation"], seen["channel"], seen["message_id"]) == (None, "rest", "m1")
    assert action_server.calls[-1]["tracker"]["sender_id"] == conversation


async def test_what_was_talked_about_goes_with_the_next_message(desk, action_server):
    action_server.behaviours["action_answer"] = lambda call: {
        "events": [
            {"event": "slot", "name": "last_topic", "value": "rotation_cost"},
            {"event": "slot", "name": "last_subject", "value": "surgery"},
        ],
        "responses": [{"text": "It costs."}],
    }
    await desk.hear("a", "cost")
    await desk.hear("a", "hello")

    metadata = (await desk.tracker("a")).latest_message.metadata
    assert metadata["context"] == {"topic": "rotation_cost", "subject": "surgery", "form": None}


async def test_nlu_gets_the_context(desk, monkeypatch):
    heard = []
    parse = turns._parse
    monkeypatch.setattr(
        turns,
        "_parse",
        lambda processor, message, tracker: (
            heard.append(message.metadata) or parse(processor, message, tracker)
        ),
    )
    await desk.hear("a", "apply")
    await desk.hear("a", "yes")

    assert heard[1]["context"] == {"topic": None, "subject": None, "form": "consent"}
