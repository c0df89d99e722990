"""What a button means is read from the act that offered it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk.channels.choices import NotOffered, resolve

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


def test_options_go_before_choices_and_choices_before_next() -> None:
    topic = [{"topic": "t", "label": "T"}]
    choices = [{"value": "v", "label": "V"}]
    act = {"field": "f", "options": topic, "choices": choices, "next": [{"topic": "n", "label": "N"}]}
    assert resolve(act, 0)[0] == "T"
    assert resolve({**act, "options": []}, 0)[0] == "V"
    assert resolve({"next": act["next"]}, 0)[0] == "N"


def test_a_choice_kept_as_a_whole_is_given_as_it_is() -> None:
    act = {"options": [{"choice": {"field": "email", "value": "a@b.org"}, "label": "a@b.org"}]}
    assert resolve(act, 0) == ("a@b.org", {"field": "email", "value": "a@b.org"})


def test_a_choice_named_by_a_word_is_an_intent() -> None:
    assert resolve({"options": [{"choice": "skip", "label": "Skip"}]}, 0) == ("Skip", {"intent": "skip"})


def test_a_value_of_false_is_a_value() -> None:
    act = {"field": "consent", "choices": [{"value": False, "label": "No"}]}
    assert resolve(act, 0) == ("No", {"field": "consent", "value": False})


@pytest.mark.parametrize("act", [None, {}, {"act": "answer"}, {"options": None}, {"options": [{}]}])
def test_an_act_that_offers_nothing_has_no_choice(act: dict | None) -> None:
    with pytest.raises(NotOffered):
        resolve(act, 0)


@given(
    act=st.dictionaries(st.sampled_from(["options", "choices", "next", "field"]), ANY), option=st.integers()
)
def test_whatever_an_act_holds_a_choice_is_found_or_refused(act: dict, option: int) -> None:
    try:
        label, choice = resolve(act, option)
    except NotOffered:
        return
    assert label
    assert choice
