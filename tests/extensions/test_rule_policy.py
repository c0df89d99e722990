"""A policy that reads only the last states of a conversation decides as one that reads them all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.core.agent import Agent
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    LoopInterrupted,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from extensions.rule_policy import ShortcutFreeRulePolicy, _last_seen

FORM = "application_form"
# What is said one after the other; "!" as the form refuses to take it, so that rules have the word.
CONVERSATIONS = {
    "one question": ["cost"],
    "nothing that any rule knows": ["unknown", "unknown", "unknown"],
    "more turns than the longest rule": ["hello", "cost", "football", "person", "unknown", "status", "cost"],
    "the form from end to end": ["apply", "yes", "Asha Rao", "asha@example.org", "yes"],
    "questions inside the form": ["hello", "apply", "cost", "yes", "cost", "unknown", "Asha Rao"],
    "danger inside the form": ["apply", "yes", "I want to kill myself", "yes"],
    "the form paused and taken up": ["apply", "yes", "stop", "cost", "go on", "Asha Rao"],
    "the form paused twice": ["apply", "stop", "apply", "stop", "yes", "nope"],
    "the form refuses": ["apply", "yes", "!cost", "yes", "!hello", "!unknown", "Asha Rao"],
    "the form refuses at once": ["cost", "apply", "!person", "!apply", "yes"],
    "words of a form outside it": ["yes", "skip", "back", "change", "help", "why", "stop", "start over"],
}


def policy_of(agent):
    nodes = agent.processor.graph_runner._instantiated_nodes.values()
    return next(node._component for node in nodes if isinstance(node._component, ShortcutFreeRulePolicy))


@pytest.fixture(scope="module")
def loaded(model):
    """The policy of the trained model and its domain."""
    agent = Agent.load(model)
    return policy_of(agent), agent.domain


def decisions(policy, tracker, domain):
    """What is decided behind the last states, and behind all of them."""
    predict = ShortcutFreeRulePolicy._predict
    longest = policy._longest_rule
    assert longest is not None
    try:
        short, _ = predict(policy, tracker, domain)
        policy._longest_rule = None
        full, _ = predict(policy, tracker, domain)
    finally:
        policy._longest_rule = longest
    return short.__dict__, full.__dict__


def test_the_longest_rule_is_the_longest_that_was_learned(loaded):
    policy, _ = loaded
    lengths = [len(json.loads(rule)) for rule in policy.lookup[RULES]]

    assert policy._longest_rule == max(lengths) > 1


@pytest.mark.parametrize("said", CONVERSATIONS.values(), ids=CONVERSATIONS)
async def test_every_decision_of_a_conversation_is_the_one_that_rasa_takes(desk, action_server, said):
    policy = policy_of(desk.agent)
    taken = []

    def refuse_once(_):
        del action_server.behaviours["validate_application_form"]
        return {"events": [{"event": "action_execution_rejected", "name": FORM}], "responses": []}

    def predict(tracker, domain):
        taken.append(decisions(policy, tracker, domain))
        return ShortcutFreeRulePolicy._predict(policy, tracker, domain)

    policy._predict = predict
    for text in said:
        if text.startswith("!"):
            action_server.behaviours["validate_application_form"] = refuse_once
        assert (await desk.hear("a", text.lstrip("!"))).replies

    assert len(taken) >= len(said)
    assert all(short == full for short, full in taken)


# --- conversations nobody would play ----------


def uttered(intent):
    return [UserUttered(intent, {"name": intent, "confidence": 1.0})]


INTENTS = [
    "faq",
    "chitchat",
    "safety",
    "apply",
    "resume",
    "stop_form",
    "affirm",
    "human",
    "nlu_fallback",
    None,
]
ACTIONS = ["action_answer", "action_fallback", "action_send_application", "action_outside_form", FORM]
# A turn as it mostly is, and single events in any order between.
TURNS = st.builds(
    lambda intent, action: [*uttered(intent), ActionExecuted(action), ActionExecuted(ACTION_LISTEN_NAME)],
    st.sampled_from(INTENTS),
    st.sampled_from(ACTIONS),
)
OPENINGS = st.builds(
    lambda intent: [*uttered(intent), ActionExecuted(FORM), ActiveLoop(FORM)],
    st.sampled_from(["apply", "resume"]),
)
ENDINGS = st.builds(
    lambda outcome: [
        ActionExecuted(FORM),
        ActiveLoop(None),
        SlotSet("requested_slot", None),
        SlotSet("application_outcome", outcome),
    ],
    st.sampled_from(["send", "paused", "cancelled", "open"]),
)
SINGLE = st.one_of(
    st.sampled_from(INTENTS).map(uttered),
    st.sampled_from([*ACTIONS, ACTION_LISTEN_NAME]).map(lambda name: [ActionExecuted(name)]),
    st.sampled_from([FORM, None]).map(lambda name: [ActiveLoop(name)]),
    st.booleans().map(lambda flag: [LoopInterrupted(flag)]),
    st.sampled_from(["consent", "review", None]).map(lambda field: [SlotSet("requested_slot", field)]),
    st.sampled_from(
        [
            ActionExecutionRejected(FORM),
            SessionStarted(),
            Restarted(),
            ActionReverted(),
            UserUtteranceReverted(),
        ]
    ).map(lambda event: [event]),
)
EVENTS = st.lists(st.one_of(TURNS, OPENINGS, ENDINGS, SINGLE), max_size=14).map(
    lambda blocks: [ActionExecuted(ACTION_LISTEN_NAME), *(event for block in blocks for event in block)]
)


@settings(max_examples=120, deadline=None, derandomize=True, database=None)
@given(events=EVENTS)
def test_whatever_happened_the_last_states_decide_as_all_of_them(loaded, events):
    policy, domain = loaded
    tracker = DialogueStateTracker.from_events("a", events, domain.slots)
    short, full = decisions(policy, tracker, domain)

    assert short == full


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(events=EVENTS)
def test_the_states_that_are_read_are_the_last_of_all(loaded, events):
    _, domain = loaded
    tracker = DialogueStateTracker.from_events("a", events, domain.slots)
    every = tracker.past_states(domain)

    for count in range(1, len(every) + 3):
        read = [domain._clean_state(domain.get_active_state(seen)) for seen in _last_seen(tracker, count)]
        assert read == [domain._clean_state(state) for state in every[-count:]]


# --- rules that look far back ----------

ASKED_TWICE = """
version: "3.1"
intents: [ask, agree]
actions: [action_offer, action_book, action_repeat, action_wonder]
"""


def behind(*turns):
    """A rule's key: the states of these pairs of the last action (None at the start) and the intent."""
    states = [
        ({"user": {"intent": intent}} if intent else {})
        | ({"prev_action": {"action_name": action}} if action else {})
        for action, intent in turns
    ]
    return json.dumps(states, sort_keys=True)


LISTENS = ACTION_LISTEN_NAME
RULES_OF_SEVERAL_TURNS = {
    behind((LISTENS, "ask")): "action_offer",
    behind((LISTENS, "agree")): "action_wonder",
    behind(
        (LISTENS, "ask"),
        ("action_offer", "ask"),
        (LISTENS, "ask"),
        ("action_offer", "ask"),
        (LISTENS, "agree"),
    ): "action_book",
    # At a conversation's beginning only.
    behind((None, None), (LISTENS, "agree"), ("action_wonder", "agree"), (LISTENS, "agree")): "action_repeat",
}


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    """A stored and loaded policy whose rules go back several turns, and its domain."""
    storage = LocalModelStorage(tmp_path_factory.mktemp("policy"))
    config = {**ShortcutFreeRulePolicy.get_default_config(), "enable_fallback_prediction": False}
    place = (config, storage, Resource("policy"), ExecutionContext(GraphSchema({})))
    policy = ShortcutFreeRulePolicy.create(*place)
    policy.lookup = {RULES: RULES_OF_SEVERAL_TURNS, RULES_FOR_LOOP_UNHAPPY_PATH: {}}
    policy.persist()
    return ShortcutFreeRulePolicy.load(*place), Domain.from_yaml(ASKED_TWICE)


def chat(domain, turns):
    events = [ActionExecuted(ACTION_LISTEN_NAME)]
    for intent, action in turns:
        events += [*uttered(intent), ActionExecuted(action), ActionExecuted(ACTION_LISTEN_NAME)]
    return DialogueStateTracker.from_events("a", [*events, *uttered("agree")], domain.slots)


ASK, WONDER = ("ask", "action_offer"), ("agree", "action_wonder")


@pytest.mark.parametrize(
    ("turns", "action"),
    [
        ([], "action_wonder"),
        ([ASK], "action_wonder"),
        ([ASK, ASK], "action_book"),
        ([WONDER, ASK, ASK], "action_book"),
        ([WONDER] * 9 + [ASK, ASK], "action_book"),
        ([WONDER], "action_repeat"),
        ([ASK, WONDER], "action_wonder"),
    ],
)
def test_a_rule_of_several_turns_is_read_as_far_back_as_it_goes(far, turns, action):
    policy, domain = far
    short, full = decisions(policy, chat(domain, turns), domain)

    assert short == full
    assert short["probabilities"][domain.index_for_action(action)] == 1.0


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(turns=st.lists(st.sampled_from([ASK, WONDER, ("agree", "action_book"), ("ask", "action_wonder")])))
def test_whatever_was_said_rules_of_several_turns_decide_alike(far, turns):
    policy, domain = far
    short, full = decisions(policy, chat(domain, turns), domain)

    assert short == full


def test_reading_leaves_the_conversation_as_it_was(loaded):
    policy, domain = loaded
    events = [ActionExecuted(ACTION_LISTEN_NAME), *uttered("apply"), ActionExecuted(FORM), ActiveLoop(FORM)]
    tracker = DialogueStateTracker.from_events("a", events, domain.slots)
    before = (list(tracker.events), tracker.current_state())
    decisions(policy, tracker, domain)

    assert (list(tracker.events), tracker.current_state()) == before


def test_a_policy_in_training_reads_everything(loaded):
    _, domain = loaded
    turns = [[*uttered("faq"), ActionExecuted("action_answer"), ActionExecuted(ACTION_LISTEN_NAME)]] * 9
    events = [ActionExecuted(ACTION_LISTEN_NAME), *(event for turn in turns for event in turn)]
    tracker = DialogueStateTracker.from_events("a", events, domain.slots)
    policy, _ = loaded
    longest = policy._longest_rule
    read = policy._prediction_states(tracker, domain)
    policy._longest_rule = None
    everything = policy._prediction_states(tracker, domain)
    policy._longest_rule = longest

    assert len(everything) == 20
    assert read == everything[-longest:]
