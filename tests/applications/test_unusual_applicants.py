"""Ways of answering of unusual people: couples, coordinators, dictation, other languages in the middle."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from frontdesk.applications import extraction
from frontdesk.applications.opening import wants_to_apply
from frontdesk.applications.parsing import (
    countries,
    ecfmg,
    exams,
    months,
    names,
    numbers,
    places,
    programs,
    specialties,
    speech,
    stages,
    visas,
)
from frontdesk.applications.parsing.result import Certain, Confirm, Context

TODAY = Context(today=dt.date(2026, 11, 27))


@pytest.mark.parametrize(
    ("parser", "text", "value"),
    [
        (names.parse, "mine is Asha Gurung, my husband is Hari Gurung", "Asha Gurung"),
        (names.parse, "Ivanenko Petro - name Petro, surname Ivanenko", "Petro Ivanenko"),
        (names.parse, "first name Ana last name Ruiz Diaz", "Ana Ruiz Diaz"),
        (names.parse, "Surname Rao, given name Priya", "Priya Rao"),
        (names.parse, "my first name is Li and my last name is Wei", "Li Wei"),
        (names.parse, "first student: Joy Adeyemi", "Joy Adeyemi"),
        (names.parse, "Okafor Chidinma, family name first", "Okafor Chidinma"),
        (names.parse, "Nguyen, Son", "Nguyen, Son"),
        (names.parse, "Katarina Novak with a K", "Katarina Novak"),
        (exams.state, "two forty five", "245"),
        (exams.state, "I got two thirty on it", "230"),
        (exams.state, "two hundred and nine", "209"),
        (exams.state, "passed, I don't remember the score", "passed"),
        (exams.state, "passed but no score", "passed"),
        (programs.parse, "rotation for both of us", "clinical_rotation"),
        (programs.parse, "we both want a rotation", "clinical_rotation"),
        (programs.parse, "both of them", "both"),
        (visas.parse, "não sei", "unsure"),
        (visas.parse, "no sé todavía", "unsure"),
        (visas.parse, "pata nahi", "unsure"),
        (visas.parse, "no, green card holder", "no"),
        (places.parse, "does not matter", "any"),
        (places.parse, "me da igual", "any"),
        (places.parse, "tanto faz", "any"),
        (stages.parse, "passed mbbs", "graduate"),
        (stages.parse, "mbbs completed", "graduate"),
        (countries.parse, "🇨🇦", "CA"),
        (countries.parse, "🇮🇪 here", "IE"),
        (months.parse, "2027年6月", "2027-06"),
        (months.parse, "2027년 6월 1일", "2027-06"),
    ],
)
def test_an_unusual_answer_is_read_as_it_was_meant(parser: Any, text: str, value: Any) -> None:
    assert parser(text, TODAY) == Certain(value)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("emergency and general surgery", ["emergency medicine", "general surgery"]),
        ("radiology, heart", ["diagnostic radiology", "cardiology"]),
    ],
)
def test_an_everyday_word_joined_to_a_specialty_is_asked_about_and_not_lost(
    text: str, ids: list[str]
) -> None:
    parsed = specialties.parse(text, TODAY)
    assert isinstance(parsed, Confirm)
    assert parsed.value == ids


@pytest.mark.parametrize("text", ["step two twenty weeks ago", "twenty twenty one", "two", "one two three"])
def test_what_is_no_number_of_three_digits_stays(text: str) -> None:
    assert numbers.hundreds_to_digits(text) == text


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("I passed, he is still studying", "I passed"),
        ("I am a graduate and my wife is a student", "I am a graduate"),
        ("she passed", "she passed"),
        ("Her score is 240, I think", "Her score is 240, I think"),
        ("I am her mother, she passed", "I am her mother, she passed"),
    ],
)
def test_what_is_told_of_another_person_is_no_answer_of_the_applicant(text: str, own: str) -> None:
    assert speech.own_part(text) == own


def test_a_couple_is_two_applicants_of_whom_one_writes() -> None:
    found = extraction.about_people("me and my husband are both doctors and want to rotate together")
    assert (found.several, found.other_person) == (True, False)
    found = extraction.about_people("my husband wants to rotate")
    assert (found.several, found.other_person) == (False, True)


@pytest.mark.parametrize(
    "text",
    [
        "I coordinate electives for a college and have three students to register",
        "saya mau apply, bisa di sini?",
        "mag-apply po sana ako",
        "mujhe apply karna hai",
    ],
)
def test_a_wish_to_apply_in_another_voice_is_heard(text: str) -> None:
    assert wants_to_apply(text)


def test_the_rest_of_a_clause_with_a_private_number_is_no_answer(chat: Callable[..., Any]) -> None:
    talk = chat("visa_help").say("my SSN is 123-45-6789 if you need it")
    assert talk.values.get("visa_help") is None
    assert talk.asking == "visa_help"
    assert "123-45-6789" not in talk.text


def test_a_part_of_the_name_is_respelled_and_the_rest_stays(chat: Callable[..., Any]) -> None:
    talk = chat("email", {"full_name": "María Fernanda Pena Núñez"})
    talk.say("oh wait, my name is misspelled, it is Peña with n tilde")
    assert talk.values["full_name"] == "María Fernanda Peña Núñez"
    assert talk.asking == "email"


def test_a_yes_with_its_year_is_asked_about_as_certified() -> None:
    parsed = ecfmg.parse("Yes since 2022", TODAY)
    assert isinstance(parsed, Confirm)
    assert parsed.value == "certified"


def test_words_that_come_again_where_they_were_no_answer_get_an_example_and_no_third_same_prompt(
    chat: Callable[..., Any],
) -> None:
    label = "faq/match_chances"
    talk = chat("ecfmg_status")
    first = talk.say("well the thing with the paper", label)
    assert first.acts == ["interruption", "question:ecfmg_status"]
    told = [talk.say("well the thing with the paper", label).text for _ in range(3)]
    assert all("for example" in one.casefold() for one in told)
    assert len(set(told)) == 3
