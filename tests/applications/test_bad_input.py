"""Bad input of every field: what it gets is a sentence with an example, nothing is stored, the field is
asked again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from frontdesk.applications.fields import NAMES
from frontdesk.applications.form.states import Say

BAD: dict[str, list[str]] = {
    "consent": ["maybe", "banana", "12", "later on perhaps"],
    "full_name": ["12345", "Ana 2", "x", "@@@", "N" * 300, "..."],
    "email": [
        "ana",
        "ana@example",
        "@example.com",
        "ana@@example.com",
        "a@example.com b@example.com",
        "my mail",
    ],
    "phone": ["12", "12345", "+1 23", "+00 000", "phone", "98000 00034 or 98000 00035"],
    "country_of_citizenship": ["Atlantis", "xyz", "12", "Europe", "Congo", "Canada and Egypt"],
    "medical_school": ["7", "2019", "a", "university", "India"],
    "school_country": ["Narnia", "42", "africa", "???"],
    "training_stage": ["blue", "internship", "house job", "high school student", "7"],
    "graduation_year": ["20188", "12", "1850", "2099", "soon", "2019 or 2020", "final year"],
    "usmle_step1": ["banana", "999", "yes", "230 or 240", "12"],
    "usmle_step2ck": ["xyz", "400", "done", "step 3 passed"],
    "ecfmg_status": ["purple", "7"],
    "program_interest": ["pizza", "rotation or residency", "not sure"],
    "specialties": ["plumbing", "IM, FM, peds, psych", "any", "7"],
    "preferred_start": [
        "banana",
        "june 2019",
        "2027",
        "03/04/2027",
        "2099-01",
        "anytime",
        "feb 28",
        "2027-13",
    ],
    "duration_weeks": ["forever", "6-8 weeks", "0", "99 weeks", "4 or 8"],
    "preferred_location": ["12345", "P" * 200],
    "match_year": ["banana", "1999", "2099", "20277"],
    "visa_help": ["banana", "7"],
    "review": ["banana", "7"],
}


@pytest.mark.parametrize(("field", "text"), [(field, text) for field, texts in BAD.items() for text in texts])
def test_bad_input_gets_a_sentence_with_an_example(
    chat: Callable[..., Any], answers: dict[str, Any], field: str, text: str
) -> None:
    known = {**answers, "program_interest": "residency_support"} if field == "match_year" else None
    talk = chat(field, known).say(text)
    last = talk.result.replies[-1]
    assert isinstance(last, Say)
    assert "for example" in last.text.casefold()
    assert last.act["act"] == "question"
    assert talk.asking == last.act["field"] == field
    assert field not in talk.values
    assert talk.outcome == "open"


def test_the_table_covers_every_field() -> None:
    assert set(BAD) == set(NAMES)


@pytest.mark.parametrize("field", [name for name in NAMES if name not in {"consent", "review"}])
def test_bad_input_is_never_asked_about_three_times_in_the_same_words(
    chat: Callable[..., Any], answers: dict[str, Any], field: str
) -> None:
    known = {**answers, "program_interest": "residency_support"} if field == "match_year" else None
    talk = chat(field, known)
    bad = "1234567 ? banana"[0:7] if field == "preferred_location" else BAD[field][0]
    told = [talk.say(bad).said[-1].text for _ in range(6)]
    assert len(set(told[1:])) == len(told[1:])
    assert "person" in told[1]
    assert all("for example" in text.casefold() for text in told)


def test_the_second_failure_of_an_optional_field_offers_to_leave_it_open(chat: Callable[..., Any]) -> None:
    assert '"skip"' in chat("phone").say("12345").say("123").text
