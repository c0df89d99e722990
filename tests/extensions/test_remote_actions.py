"""Calls of the action server: bounded, validated as Rasa validates, reported."""

from __future__ import annotations

import jsonschema
import pytest
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import EndpointConfig

from extensions import remote_actions

remote_actions.install()

ANSWERS = [
    {"events": [], "responses": []},
    {},
    {"events": [{"event": "slot", "name": "a", "value": None, "timestamp": None}], "responses": []},
    {"events": [{"event": "active_loop", "name": None}], "responses": [{"text": "Hello."}]},
    {
        "events": [{"event": "followup", "name": "action_listen"}],
        "responses": [{"custom": {"act": "answer"}}],
    },
    {"events": [{"event": "user", "text": "hi", "parse_data": {"intent": {"name": "a", "confidence": 1}}}]},
    {"events": [{"event": "user", "parse_data": {"intent": {"name": 7}}}]},
    {"events": [{"event": "slot", "name": 7, "value": 1}]},
    {"events": [{"event": "slot", "value": 1}]},
    {"events": [{"event": "nonsense"}]},
    {"events": [{"name": "a"}]},
    {"events": [{"event": "slot", "name": "a", "value": 1, "timestamp": "now"}]},
    {"events": {"event": "slot"}},
    {"events": [None]},
    {"responses": "Hello."},
    {"responses": ["Hello."]},
    {"responses": [None]},
    [],
    None,
    "ok",
    7,
]


@pytest.mark.parametrize("answer", ANSWERS, ids=[str(answer)[:50] for answer in ANSWERS])
def test_an_answer_gets_the_verdict_that_rasa_gives_it(answer):
    action = RemoteAction("action_answer", None)

    def verdict(validate):
        try:
            validate()
        except jsonschema.ValidationError as error:
            return list(error.absolute_path), error.message
        return None

    rasas = verdict(lambda: jsonschema.validate(answer, RemoteAction.action_response_format_spec()))
    ours = verdict(lambda: action._validate_action_result(answer))

    assert ours == rasas


def test_the_schema_is_built_once(monkeypatch):
    built = []
    monkeypatch.setattr(
        RemoteAction,
        "action_response_format_spec",
        staticmethod(lambda: built.append(1) or {"type": "object"}),
    )
    action = RemoteAction("action_answer", None)
    for _ in range(3):
        action._validate_action_result({"events": []})

    assert built == []


def test_installing_twice_changes_nothing_more():
    before = RemoteAction.run

    remote_actions.install()

    assert RemoteAction.run is before


@pytest.mark.parametrize("raw", ["0", "-1", "soon", "inf", "nan"])
def test_a_time_limit_that_is_none_is_refused_with_a_sentence(monkeypatch, raw):
    monkeypatch.setenv("CHHA_ACTION_TIMEOUT", raw)

    with pytest.raises(ValueError, match="CHHA_ACTION_TIMEOUT"):
        remote_actions.action_timeout()


def test_without_a_setting_an_action_has_ten_seconds(monkeypatch):
    monkeypatch.delenv("CHHA_ACTION_TIMEOUT", raising=False)

    assert remote_actions.action_timeout() == 10


async def test_a_failure_is_recorded_and_raised_on(desk, action_server):
    action_server.behaviours["action_answer"] = lambda call: (503, "secret")
    action = RemoteAction("action_answer", EndpointConfig(action_server.url))
    tracker = desk.store.init_tracker("a")

    with remote_actions.recorded_failures() as failures, pytest.raises(Exception, match="action_answer"):
        await action.run(None, None, tracker, desk.agent.domain)

    assert failures == [remote_actions.ActionFailure("action_answer", "the action server answered HTTP 503")]


async def test_outside_a_turn_a_failure_is_only_raised(desk, action_server):
    action_server.stop()
    action = RemoteAction("action_answer", EndpointConfig(action_server.url))

    with pytest.raises(Exception, match="action_answer"):
        await action.run(None, None, desk.store.init_tracker("a"), desk.agent.domain)


async def test_the_environment_names_the_action_server(desk, action_server, monkeypatch):
    from extensions.turns import TurnRunner

    desk.agent.action_endpoint.url = "http://127.0.0.1:9/webhook"
    monkeypatch.setenv("CHHA_ACTIONS_URL", action_server.url)
    desk.turns = TurnRunner(desk.agent)

    assert (await desk.hear("a", "hello")).replies


async def test_an_action_gets_the_state_and_the_last_two_turns_and_no_domain(desk, action_server):
    for number in range(5):
        await desk.hear("a", f"hello {number}")

    call = action_server.calls[-1]
    heard = [event["text"] for event in call["tracker"]["events"] if event["event"] == "user"]
    assert heard == ["hello 3", "hello 4"]
    assert call["domain"] == {}
    assert call["tracker"]["latest_message"]["text"] == "hello 4"
    assert "last_topic" in call["tracker"]["slots"]
