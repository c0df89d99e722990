"""The form as a conversation: consent, one question at a time, several answers at once, review, sending."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from frontdesk.applications.fields import RECORD

type Talk = Callable[..., Any]

TYPED = {
    "full_name": "ana ruiz",
    "email": "Ana@Example.com",
    "phone": "+52 55 1234 5678",
    "country_of_citizenship": "mexicana",
    "medical_school": "UNAM",
    "school_country": "Mexico",
    "training_stage": "final year student",
    "graduation_year": "2027",
    "usmle_step1": "passed",
    "usmle_step2ck": "240",
    "ecfmg_status": "in process",
    "program_interest": "just a rotation",
    "specialties": "IM",
    "preferred_start": "june 2027",
    "duration_weeks": "one month",
    "preferred_location": "texas please",
    "visa_help": "yes please",
}


def test_consent_is_asked_before_anything_is_noted(chat: Talk) -> None:
    talk = chat().say("I want to apply")
    assert talk.acts == ["application:started", "question:consent"]
    assert "May I save it?" in talk.text
    assert talk.values == {}


def test_after_a_yes_the_first_field_is_asked(chat: Talk) -> None:
    talk = chat().say("I want to apply").say("yes")
    assert talk.result.consented
    assert talk.asking == "full_name"
    assert "Step 1 of 5" in talk.text


def test_a_refusal_is_respected_and_nothing_is_kept(chat: Talk) -> None:
    talk = chat().say("My name is Ana Ruiz, I want to apply").say("no")
    assert talk.outcome == "cancelled"
    assert talk.acts == ["application:cancelled"]
    assert talk.values == {}
    assert talk.draft.working == {}


def test_without_a_clear_yes_nothing_is_noted(chat: Talk) -> None:
    talk = chat().say("apply").say("my email is ana@example.com")
    assert talk.values == {}
    assert talk.asking == "consent"
    talk.say("ok")
    assert talk.values == {"email": "ana@example.com"}


def test_every_field_is_asked_once_in_order_and_the_review_sends(chat: Talk, answers: dict[str, Any]) -> None:
    talk = chat().say("I want to apply").say("yes")
    asked = []
    while talk.asking != "review":
        asked.append(talk.asking)
        talk.say(TYPED[talk.asking])
    assert asked == [name for name in RECORD if name != "match_year"]
    assert talk.values == answers
    talk.say("yes")
    assert talk.outcome == "send"


def test_the_question_tells_its_step_choices_and_whether_it_may_be_skipped(chat: Talk) -> None:
    act = chat("phone").say("hello?", "chitchat/greet").said[-1].act
    assert act == {
        "act": "question",
        "form": "application",
        "field": "phone",
        "step": 1,
        "steps": 5,
        "optional": True,
    }
    choices = chat("school_country").say("Mexico").said[-1].act["choices"]
    assert {"value": "student", "label": "Medical student"} in choices


def test_the_length_is_not_asked_for_residency_support_and_the_match_year_is(chat: Talk) -> None:
    talk = (
        chat("program_interest").say("residency support only").say("psychiatry").say("june 2027").say("any")
    )
    assert talk.asking == "match_year"
    assert "duration_weeks" not in talk.values


def test_for_both_programs_length_and_match_year_are_asked(chat: Talk) -> None:
    talk = chat("program_interest").say("both").say("psychiatry").say("june 2027")
    assert talk.asking == "duration_weeks"
    assert talk.say("8").say("any").asking == "match_year"


def test_a_normalised_answer_is_shown_back(chat: Talk) -> None:
    talk = chat("duration_weeks").say("two months")
    assert talk.acts == ["application:saved", "question:preferred_location"]
    assert "8 weeks" in talk.said[0].text


def test_an_answer_kept_as_typed_is_not_repeated(chat: Talk) -> None:
    assert chat("medical_school").say("UNAM").acts == ["question:school_country"]


def test_several_answers_in_the_opening_are_taken_and_shown_after_consent(chat: Talk) -> None:
    talk = (
        chat()
        .say("I'm Kofi Mensah, graduate, University of Ghana 2020, want 6 weeks of psych in Ohio")
        .say("yes")
    )
    assert talk.values == {
        "full_name": "Kofi Mensah",
        "medical_school": "University of Ghana",
        "training_stage": "graduate",
        "graduation_year": 2020,
        "specialties": ["psychiatry"],
        "duration_weeks": 6,
        "preferred_location": "Ohio",
    } | {key: talk.values[key] for key in ("program_interest",) if key in talk.values}
    assert "Kofi Mensah" in talk.said[0].text
    assert talk.asking == "email"


def test_a_pasted_list_fills_what_it_names(chat: Talk) -> None:
    talk = chat().say(
        "Name: Olga Petrenko\nEmail: olga@example.org\nPhone: +380 67 123 4567\nNationality: Ukrainian\n"
        "Graduated from Kyiv Medical University (Ukraine) in 2016\nStep 1: passed\nCK: 241\nECFMG: certified"
    )
    talk.say("yes")
    assert talk.values == {
        "full_name": "Olga Petrenko",
        "email": "olga@example.org",
        "phone": "+380671234567",
        "country_of_citizenship": "UA",
        "medical_school": "Kyiv Medical University",
        "school_country": "UA",
        "training_stage": "graduate",
        "graduation_year": 2016,
        "usmle_step1": "passed",
        "usmle_step2ck": "241",
        "ecfmg_status": "certified",
    }
    assert talk.asking == "program_interest"


def test_a_wish_in_passing_is_asked_about_instead_of_taken(chat: Talk) -> None:
    talk = chat().say("I want to apply for a rotation in cardiology").say("yes")
    assert talk.values == {}
    talk = chat("program_interest", hints={"program_interest": "clinical_rotation"})
    talk.say("what do you mean?", "help")
    assert talk.asking == "program_interest"


def test_a_hint_is_offered_and_a_yes_takes_it(chat: Talk) -> None:
    talk = chat("ecfmg_status", hints={"program_interest": "clinical_rotation"}).say("certified")
    assert "You mentioned Clinical rotation" in talk.text
    assert talk.say("yes").values["program_interest"] == "clinical_rotation"


def test_the_answer_wins_over_a_hint(chat: Talk) -> None:
    talk = chat("ecfmg_status", hints={"program_interest": "clinical_rotation"}).say("certified")
    assert talk.say("both please").values["program_interest"] == "both"


def test_what_else_a_message_says_is_taken_with_the_answer(chat: Talk) -> None:
    talk = chat("usmle_step1").say("step 1 passed, CK 244, ecfmg certified")
    assert {name: talk.values[name] for name in ("usmle_step1", "usmle_step2ck", "ecfmg_status")} == {
        "usmle_step1": "passed",
        "usmle_step2ck": "244",
        "ecfmg_status": "certified",
    }
    assert talk.asking == "program_interest"


def test_a_statement_about_a_later_field_is_kept_and_the_question_asked_again(chat: Talk) -> None:
    talk = chat("medical_school").say("by the way my grad year is 2027")
    assert talk.values["graduation_year"] == 2027
    assert talk.asking == "medical_school"
    assert talk.acts == ["application:saved", "question:medical_school"]


@pytest.mark.parametrize("text", ["yes", "send it", "👍", "ok looks good", "everything is correct"])
def test_at_the_review_a_yes_sends(chat: Talk, text: str) -> None:
    assert chat("review").say(text).outcome == "send"


def test_at_the_review_a_yes_with_a_change_does_not_send(chat: Talk) -> None:
    talk = chat("review").say("yes but my email is ana2@example.com")
    assert talk.outcome == "open"
    assert talk.values["email"] == "ana2@example.com"
    assert talk.asking == "review"


def test_the_review_shows_everything_grouped(chat: Talk) -> None:
    act = chat("visa_help").say("yes").said[-1].act
    assert act["field"] == "review"
    assert [group["title"] for group in act["summary"]] == [
        "About you",
        "Medical school",
        "Exams",
        "Your plan",
    ]
    assert {"field": "phone", "label": "Phone", "value": "+52 55 1234 5678"} in act["summary"][0]["items"]


def test_a_draft_that_is_not_complete_is_not_sent(chat: Talk, answers: dict[str, Any]) -> None:
    answers.pop("email")
    talk = chat("review", answers).say("yes")
    assert talk.outcome == "open"
    assert talk.asking == "email"


def test_a_question_that_makes_sure_takes_its_value_on_yes(chat: Talk) -> None:
    talk = chat("email").say("ana@gmial.com")
    assert "ana@gmail.com" in talk.text
    assert "email" not in talk.values
    assert talk.say("yes").values["email"] == "ana@gmail.com"


def test_a_no_keeps_what_was_written_where_that_is_possible(chat: Talk) -> None:
    talk = chat("email").say("ana@gmial.com").say("no")
    assert talk.values["email"] == "ana@gmial.com"


def test_the_same_answer_again_is_a_yes(chat: Talk) -> None:
    assert chat("duration_weeks").say("3 months").say("3 months").values["duration_weeks"] == 12


def test_another_answer_replaces_the_doubtful_one(chat: Talk) -> None:
    assert chat("duration_weeks").say("3 months").say("no, 10 weeks").values["duration_weeks"] == 10


def test_a_date_that_can_be_read_two_ways_is_settled_by_the_month(chat: Talk) -> None:
    talk = chat("preferred_start").say("05/08/2027")
    assert "5 August 2027" in talk.text
    assert "8 May 2027" in talk.text
    assert talk.say("august").values["preferred_start"] == "2027-08"


def test_a_year_is_put_together_with_the_month_that_follows(chat: Talk) -> None:
    assert chat("preferred_start").say("2028").say("june").values["preferred_start"] == "2028-06"


def test_a_local_number_is_put_together_with_its_country(chat: Talk) -> None:
    talk = chat("phone").say("0803 000 0123")
    assert "Which country" in talk.text
    assert talk.say("Nigeria").values["phone"] == "+2348030000123"


def test_a_local_number_given_twice_waits_for_the_country_of_the_applicant(chat: Talk) -> None:
    talk = chat("phone").say("0803 000 0123").say("0803 000 0123")
    assert talk.asking == "country_of_citizenship"
    talk.say("Nigerian")
    assert talk.values["phone"] == "+2348030000123"
    assert "+234 803 000 0123" in talk.text


def test_a_year_that_does_not_fit_the_stage_is_asked_again(chat: Talk, answers: dict[str, Any]) -> None:
    talk = chat("review", answers).say("change stage to graduate")
    assert talk.values["training_stage"] == "graduate"
    assert talk.asking == "graduation_year"


def test_a_pressed_choice_is_an_answer(chat: Talk) -> None:
    talk = chat("training_stage").say(
        "Medical student", choice={"field": "training_stage", "value": "student"}
    )
    assert talk.values["training_stage"] == "student"


def test_a_pressed_yes_to_a_doubtful_answer_takes_it(chat: Talk) -> None:
    talk = chat("duration_weeks").say("3 months")
    talk.say("Yes", choice={"field": "duration_weeks", "value": "yes"})
    assert talk.values["duration_weeks"] == 12


def test_a_choice_with_a_value_of_no_field_changes_nothing(chat: Talk) -> None:
    talk = chat("training_stage").say("x", choice={"field": "training_stage", "value": "king"})
    assert "training_stage" not in talk.values


def test_a_parent_is_asked_for_the_applicants_own_data(chat: Talk) -> None:
    talk = chat().say("I want to register my son, he is in the fourth year of medicine").say("yes")
    assert "the person who will come" in talk.text
    assert talk.values["training_stage"] == "student"
    assert talk.say("My son is Tariq Hassan").values["full_name"] == "Tariq Hassan"


def test_a_coordinator_with_several_students_is_told_how(chat: Talk) -> None:
    assert "One application is for one person" in chat().say("I want to apply for three students").text


def test_a_premedical_student_is_told_and_not_trapped(chat: Talk) -> None:
    talk = chat("training_stage").say("I'm pre-med")
    assert "person" in talk.text
    assert talk.say("person", "human").acts == ["hand_over:asked"]
    assert talk.outcome == "open"


def test_an_applicant_who_refuses_a_phone_goes_on(chat: Talk) -> None:
    talk = chat("phone").say("I don't want to give my number")
    assert talk.values["phone"] is None
    assert talk.asking == "country_of_citizenship"


def test_the_form_never_asks_for_what_it_must_not(chat: Talk) -> None:
    talk = chat("country_of_citizenship").say("my passport number is C01X00T47, write it down")
    assert "country_of_citizenship" not in talk.values
    assert "C01X00T47" not in repr(talk.draft)
    assert "C01X00T47" not in talk.text
    assert talk.acts == ["privacy:explained", "question:country_of_citizenship"]


def test_a_private_number_beside_the_answer_leaves_the_answer(chat: Talk) -> None:
    talk = chat("country_of_citizenship").say("Syrian, passport no N1234567")
    assert talk.values["country_of_citizenship"] == "SY"
    assert "N1234567" not in repr(talk.draft)


def test_a_second_application_is_a_choice(chat: Talk, answers: dict[str, Any]) -> None:
    from frontdesk.applications.form.states import Sent

    talk = chat()
    talk.sent = Sent("a1", "QWRT2346", answers)
    talk.say("I want to apply")
    assert talk.acts == ["clarify"]
    assert "QWRT2346" in talk.text
    updating = talk.say("change it")
    assert updating.asking == "review"
    assert updating.values == answers
    assert updating.draft.working["updates"] == "a1"


def test_a_new_application_begins_with_consent(chat: Talk, answers: dict[str, Any]) -> None:
    from frontdesk.applications.form.states import Sent

    talk = chat()
    talk.sent = Sent("a1", "QWRT2346", answers)
    talk.say("I want to apply").say("a new one")
    assert talk.asking == "consent"
    assert talk.values == {}
