"""Any earlier answer changes by saying so, in many ways, with or without the new value; the rest stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

type Talk = Callable[..., Any]


@pytest.mark.parametrize(
    ("asking", "text", "field", "value"),
    [
        ("phone", "sorry my email is ana2@example.com", "email", "ana2@example.com"),
        ("phone", "sorry, it's ruiz@example.com", "email", "ruiz@example.com"),
        ("phone", "oops the email should be ana2@example.com", "email", "ana2@example.com"),
        ("phone", "that email was my sister's, mine is ana2@example.com", "email", "ana2@example.com"),
        ("phone", "correction: my name is Ana Lima", "full_name", "Ana Lima"),
        ("medical_school", "change my phone to +52 55 8765 4321", "phone", "+525587654321"),
        ("medical_school", "I meant Peru", "country_of_citizenship", "PE"),
        ("medical_school", "no, Peruvian not Mexican", "country_of_citizenship", "PE"),
        ("training_stage", "sorry, the school is in Spain", "school_country", "ES"),
        ("usmle_step1", "no, 2028 not 2027", "graduation_year", 2028),
        ("usmle_step1", "wait, my graduation year is 2028", "graduation_year", 2028),
        ("usmle_step1", "oops, 2028", "graduation_year", 2028),
        ("usmle_step2ck", "actually I failed step 1", "usmle_step1", "failed"),
        ("program_interest", "I wrote CK 240 by mistake, it is 250", "usmle_step2ck", "250"),
        ("program_interest", "step 2 ck is 250, not 240", "usmle_step2ck", "250"),
        ("program_interest", "actually ecfmg is certified now", "ecfmg_status", "certified"),
        ("specialties", "change my program to both", "program_interest", "both"),
        (
            "preferred_start",
            "add neurology to the specialties",
            "specialties",
            ["internal medicine", "neurology"],
        ),
        ("duration_weeks", "start should be august 2027 instead", "preferred_start", "2027-08"),
        ("duration_weeks", "july, not june", "preferred_start", "2027-07"),
        ("preferred_location", "make it 8 weeks instead of 4", "duration_weeks", 8),
        ("preferred_location", "i meant 8 weeks", "duration_weeks", 8),
        ("visa_help", "change the city to Boston", "preferred_location", "Boston"),
        ("review", "email: ana2@example.com", "email", "ana2@example.com"),
        ("review", "location is New York", "preferred_location", "New York"),
        ("review", "start is July 2027", "preferred_start", "2027-07"),
        ("review", "from internal medicine to psychiatry", "specialties", ["psychiatry"]),
        ("visa_help", "I put internal medicine but make it psychiatry", "specialties", ["psychiatry"]),
        ("review", "I wrote 4 weeks, please change it to 6", "duration_weeks", 6),
        ("review", "also add pediatrics", "specialties", ["internal medicine", "pediatrics"]),
        ("review", "name: Ana María Ruiz", "full_name", "Ana María Ruiz"),
        ("review", "my surname is Ruíz not Ruiz", "full_name", "Ana Ruíz"),
        ("review", "it's example.org not example.com", "email", "ana@example.org"),
        ("review", "not 4 weeks but 6", "duration_weeks", 6),
        ("review", "I don't need visa help, change that: visa no", "visa_help", "no"),
        (
            "review",
            "the school should be Universidad de Guadalajara",
            "medical_school",
            "Universidad de Guadalajara",
        ),
        ("review", "stage: student", "training_stage", "student"),
    ],
)
def test_one_answer_changes_and_the_same_question_follows(
    chat: Talk, asking: str, text: str, field: str, value: Any
) -> None:
    talk = chat(asking)
    before = talk.values
    talk.say(text)
    assert talk.values == before | {field: value}
    assert talk.asking == asking
    assert talk.acts[0] == "application:changed"
    assert talk.acts[-1] == f"question:{asking}"


@pytest.mark.parametrize(
    ("asking", "text", "field"),
    [
        ("medical_school", "change my email", "email"),
        ("medical_school", "I typed the wrong phone number", "phone"),
        ("usmle_step1", "wrong grad year, sorry", "graduation_year"),
        ("review", "I want to change the specialty", "specialties"),
        ("review", "the name is misspelled", "full_name"),
        ("review", "can I change the start date?", "preferred_start"),
        ("review", "location", "preferred_location"),
    ],
)
def test_a_field_named_without_its_value_is_asked_with_what_it_is_now(
    chat: Talk, asking: str, text: str, field: str
) -> None:
    talk = chat(asking)
    talk.say(text)
    assert talk.asking == field
    assert talk.acts[-1] == f"question:{field}"


def test_after_the_new_value_the_form_goes_on_where_it_was(chat: Talk) -> None:
    talk = chat("usmle_step1").say("change my email").say("new@example.com")
    assert talk.values["email"] == "new@example.com"
    assert talk.asking == "usmle_step1"


def test_after_a_change_at_the_review_the_summary_follows(chat: Talk) -> None:
    talk = chat("review").say("change my email").say("new@example.com")
    assert talk.asking == "review"
    assert "new@example.com" in talk.said[-1].text


def test_something_to_change_without_a_name_is_asked_for(chat: Talk) -> None:
    talk = chat("review").say("no")
    assert "What would you like to change" in talk.text
    assert talk.say("the phone").asking == "phone"


def test_two_corrections_in_one_message_are_both_made(chat: Talk) -> None:
    talk = chat("review").say("change start to march 2028 and weeks to 6")
    assert talk.values["preferred_start"] == "2028-03"
    assert talk.values["duration_weeks"] == 6


def test_a_correction_beside_back_is_made_instead_of_going_back(chat: Talk) -> None:
    talk = chat("preferred_location").say("go back, weeks should be 6")
    assert talk.values["duration_weeks"] == 6
    assert talk.asking == "preferred_location"


def test_confirming_what_is_there_changes_nothing(chat: Talk) -> None:
    talk = chat("review").say("Please leave the name as Ana Ruiz")
    assert talk.values["full_name"] == "Ana Ruiz"
    assert talk.result.changes == []
    assert talk.asking == "review"


def test_a_doubtful_new_value_is_asked_about(chat: Talk) -> None:
    talk = chat("review").say("change my email to ana@gmial.com")
    assert talk.values["email"] == "ana@example.com"
    assert talk.say("yes").values["email"] == "ana@gmail.com"
    assert talk.asking == "review"


@pytest.mark.parametrize(
    "text", ["No, that's not it", "no not really", "it is not that, no", "that is not what I mean"]
)
def test_a_mere_no_rewrites_nothing(chat: Talk, text: str) -> None:
    known = {"medical_school": "Medical University of Warsaw", "preferred_location": "Detroit"}
    talk = chat("review", {**chat("review").values, **known})
    before = talk.values
    assert talk.say(text).values == before


def test_a_specialty_is_taken_from_the_list(chat: Talk, answers: dict[str, Any]) -> None:
    talk = chat("review", answers | {"specialties": ["psychiatry", "neurology"]}).say("remove neurology")
    assert talk.values["specialties"] == ["psychiatry"]


def test_a_question_that_names_a_field_changes_nothing(chat: Talk) -> None:
    talk = chat("review")
    before = talk.values
    talk.say("can my start date change later because of the visa?", "faq/start_dates", question=True)
    assert talk.values == before


def test_each_change_is_told_to_the_record(chat: Talk) -> None:
    talk = chat("review").say("email: ana2@example.com")
    assert [(one.field, one.before, one.after) for one in talk.result.changes] == [
        ("email", "ana@example.com", "ana2@example.com")
    ]
