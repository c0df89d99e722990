"""What a choice means, pressed or typed."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extensions import choices
from extensions.choices import typed

MEANINGS = [
    {"topic": "what_is_internship", "label": "Internship before graduation (clinical rotation)"},
    {"topic": "intern_year_pgy1", "label": "Intern year, the first year of residency"},
    {"topic": "home_country_internship", "label": "Internship in my home country"},
]
MIXED = [
    {"topic": "rotation_cost", "label": "How much does a rotation cost?"},
    {"choice": "human", "intent": "human", "label": "Talk to a person", "affirm": True},
]


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("2", "intern_year_pgy1"),
        ("2.", "intern_year_pgy1"),
        ("(2)", "intern_year_pgy1"),
        ("#2", "intern_year_pgy1"),
        ("number 2", "intern_year_pgy1"),
        ("option two please", "intern_year_pgy1"),
        ("two", "intern_year_pgy1"),
        ("the second one", "intern_year_pgy1"),
        ("The SECOND", "intern_year_pgy1"),
        ("2nd", "intern_year_pgy1"),
        ("I mean the second one, thanks", "intern_year_pgy1"),
        ("one", "what_is_internship"),
        ("the first one", "what_is_internship"),
        ("the last one", "home_country_internship"),
        ("Intern year, the first year of residency", "intern_year_pgy1"),
        ("intern year the first year of residency", "intern_year_pgy1"),
        ("intern yaer, the first year of residency", "intern_year_pgy1"),
        ("internship in my home country", "home_country_internship"),
        ("the home country one", "home_country_internship"),
        ("home country", "home_country_internship"),
        ("I meant clinical rotation", "what_is_internship"),
    ],
)
def test_words_that_point_at_one_offer_are_that_choice(text, topic):
    assert typed(text, MEANINGS, asked=True) == {"topic": topic}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "0",
        "4",
        "22",
        "2024",
        "1 or 2",
        "the first and the second",
        "neither",
        "no",
        "none of these",
        "not the second",
        "internship",
        "intern",
        "residency",
        "two weeks",
        "second year of medical school",
        "can I do the first year twice",
        "how much does it cost",
        "hello",
    ],
)
def test_words_that_point_at_none_or_several_are_no_choice(text):
    assert typed(text, MEANINGS, asked=True) is None


@pytest.mark.parametrize(
    "text", ["talk to a person", "Talk to a person.", "2", "the latter", "talk to a persn"]
)
def test_an_offered_command_becomes_its_intent(text):
    assert typed(text, MIXED, asked=True) == {"intent": "human"}


@pytest.mark.parametrize("text", ["cost", "person", "the rotation one", "a person please"])
def test_suggestions_beside_an_answer_are_not_chosen_by_a_word_of_their_label(text):
    assert typed(text, MIXED, asked=False) is None


def test_two_offers_with_one_label_are_ambiguous():
    assert (
        typed("same", [{"topic": "a", "label": "Same"}, {"topic": "b", "label": "Same"}], asked=True) is None
    )


@pytest.mark.parametrize("offered", [None, [], "2", {"topic": "a"}, [None, 3], [{"label": "Something"}] * 2])
def test_a_slot_of_another_shape_offers_nothing(offered):
    assert typed("2", offered, asked=True) is None


def mistyped(label, changes):
    """The label with so many letters exchanged for others, spread over it."""
    letters = list(label)
    for number in range(changes):
        place = (number * 7 + 3) % len(letters)
        letters[place] = "z" if letters[place] != "z" else "x"
    return "".join(letters)


LABELS = [offer["label"] for offer in [*MEANINGS, *MIXED]] + [
    "Intern year, the second year of residency",
    "How much does a rotation costs?",
    "Talk to a parson",
    "abcd",
]
NEAR_MISSES = [mistyped(label, changes) for label in LABELS for changes in range(9)] + [
    *(label[:-cut] for label in LABELS for cut in (1, 2, 4, 8)),
    *(label + tail for label in LABELS for tail in (" x", " thank you", " for all of us and more")),
    # As many letters of each kind, in another order: only the last and dearest comparison tells.
    *(" ".join(reversed(label.split())) for label in LABELS),
    *("".join(sorted(label)) for label in LABELS),
    "abce",
    "abxx",
    "abc",
]


def plain_ratio(text, label):
    return difflib.SequenceMatcher(None, text, label).ratio()


@pytest.mark.parametrize("offered", [LABELS[:3], LABELS[3:5], LABELS[1:2] + LABELS[5:6], LABELS[3:8], LABELS])
@pytest.mark.parametrize("asked", [True, False])
def test_a_near_miss_points_at_the_offer_that_the_whole_comparison_finds(offered, asked, monkeypatch):
    options = [{"topic": str(number), "label": label} for number, label in enumerate(offered)]
    ours = [typed(text, options, asked=asked) for text in NEAR_MISSES]
    monkeypatch.setattr(choices, "_closeness", plain_ratio)

    assert ours == [typed(text, options, asked=asked) for text in NEAR_MISSES]
    assert None in ours
    assert any(ours)


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_closeness_is_the_whole_ratio_wherever_that_could_count(text):
    least = choices._CLOSE - choices._APART
    for label in LABELS:
        ratio = plain_ratio(text, label)
        closeness = choices._closeness(text, label)
        assert closeness == ratio or ratio <= closeness < least


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.text("abcd ", max_size=12), st.lists(st.text("abcd ", max_size=12), min_size=1, max_size=4))
def test_any_words_point_at_the_offer_that_the_whole_comparison_finds(text, labels):
    ours = choices._by_label(text, labels, False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choices, "_closeness", plain_ratio)

        assert choices._by_label(text, labels, False) == ours


# --- in a conversation ----------


def offering(options, act="clarify"):
    return lambda call: {
        "events": [{"event": "slot", "name": "offered", "value": options}],
        "responses": [{"text": "Which one?"}, {"custom": {"act": act, "options": options}}],
    }


def last_message(action_server):
    return action_server.calls[-1]["tracker"]["latest_message"]


async def test_a_typed_answer_to_a_clarifying_question_is_understood_as_the_topic(desk, action_server):
    action_server.behaviours["action_answer"] = offering(MEANINGS)
    await desk.hear("a", "cost")
    del action_server.behaviours["action_answer"]

    turn = await desk.hear("a", "the second one")

    assert turn.replies[0].text == "action_answer: the second one"
    message = last_message(action_server)
    assert message["metadata"]["choice"] == {"topic": "intern_year_pgy1"}
    assert message["intent"]["name"] == "faq"
    assert message["understanding"] == {
        "parts": [
            {
                "text": "the second one",
                "label": "faq/intern_year_pgy1",
                "confidence": 1.0,
                "ranking": [["faq/intern_year_pgy1", 1.0]],
            }
        ],
        "more": [],
        "decision": "act",
        "safety": None,
        "language": "en",
        "is_question": True,
    }


async def test_a_typed_answer_can_be_a_command(desk, action_server):
    action_server.behaviours["action_answer"] = offering(MIXED)
    await desk.hear("a", "cost")

    assert (await desk.hear("a", "2")).replies[0].text == "action_handoff: 2"


async def test_an_offer_stands_for_one_turn_only(desk, action_server):
    action_server.behaviours["action_answer"] = offering(MEANINGS)
    await desk.hear("a", "cost")
    await desk.hear("a", "hello")

    assert (await desk.tracker("a")).get_slot("offered") is None
    assert (await desk.hear("a", "2")).replies[0].text == "action_fallback: 2"


async def test_an_offer_made_again_stands_again(desk, action_server):
    action_server.behaviours["action_answer"] = offering(MEANINGS)
    await desk.hear("a", "cost")
    await desk.hear("a", "cost")

    assert (await desk.tracker("a")).get_slot("offered") == MEANINGS


async def test_while_the_form_asks_a_number_is_its_answer(desk, action_server):
    action_server.behaviours["action_answer"] = offering(MEANINGS)
    await desk.hear("a", "cost")
    await desk.hear("a", "hello", form="consent")
    action_server.behaviours["validate_application_form"] = lambda call: {
        "events": [
            {"event": "slot", "name": "requested_slot", "value": "full_name"},
            {"event": "slot", "name": "application_outcome", "value": "open"},
            {"event": "slot", "name": "offered", "value": MEANINGS},
        ],
        "responses": [{"text": "Name?"}],
    }
    await desk.hear("a", "hello")

    assert (await desk.hear("a", "2")).replies[0].text == "Name?"
    assert last_message(action_server)["metadata"]["choice"] is None


async def test_a_pressed_topic_is_answered_without_guessing(desk, action_server):
    turn = await desk.hear("a", "How much is it?", choice={"topic": "rotation_cost"})

    assert turn.replies[0].text == "action_answer: How much is it?"
    message = last_message(action_server)
    assert message["understanding"]["parts"][0]["label"] == "faq/rotation_cost"
    assert message["intent"] == {"name": "faq", "confidence": 1.0}
    assert message["metadata"]["choice"] == {"topic": "rotation_cost"}


async def test_a_pressed_topic_needs_no_text(desk):
    assert (await desk.hear("a", "", choice={"topic": "rotation_cost"})).replies


@pytest.mark.parametrize(
    ("intent", "action"),
    [("human", "action_handoff"), ("affirm", "action_outside_form"), ("chitchat/greet", "action_smalltalk")],
)
async def test_a_pressed_intent_reaches_its_rule(desk, action_server, intent, action):
    turn = await desk.hear("a", "pressed", choice={"intent": intent})

    assert turn.replies[0].text == f"{action}: pressed"
    assert last_message(action_server)["understanding"]["parts"][0]["label"] == intent


async def test_a_pressed_value_of_the_form_travels_as_it_is_beside_the_text(desk, action_server):
    await desk.hear("a", "apply")
    choice = {"field": "consent", "value": True}
    await desk.hear("a", "Yes, I agree", choice=choice)

    assert last_message(action_server)["metadata"]["choice"] == choice
    assert last_message(action_server)["intent"]["name"] == "affirm"  # read by NLU like any text


async def test_a_pressed_value_without_text_is_its_own_text(desk, action_server):
    await desk.hear("a", "apply")
    turn = await desk.hear("a", "", choice={"field": "consent", "value": "yes"})

    assert turn.replies[0].text == "consent is yes. Next: full_name?"
