"""In the middle of the form: questions, commands, safety. The form goes on where it was, and keeps what it
has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

type Talk = Callable[..., Any]


@pytest.mark.parametrize(
    ("asking", "text", "label"),
    [
        ("full_name", "is it paid?", "faq/difference_pay"),
        ("email", "how much does it cost", "faq/rotation_cost"),
        ("medical_school", "Are Caribbean schools accepted?", "faq/caribbean_schools"),
        ("training_stage", "can graduates do clerkships?", "faq/graduates_and_clerkships"),
        ("usmle_step1", "if I failed once, is it over for me?", "faq/usmle_attempts_limit"),
        ("specialties", "how long is internal medicine?", "faq/residency_length"),
        ("preferred_start", "is there a drug test before it", "faq/health_requirements"),
        ("duration_weeks", "is 8 weeks better than 4?", "faq/rotation_length"),
        ("preferred_location", "which cities do you have?", "faq/rotation_locations"),
        ("review", "can you promise me a match?", "faq/guarantee"),
        ("email", "what's the weather like", "decline/off_topic"),
        ("email", "thank you", "chitchat/thanks"),
        ("email", "are you a robot?", "chitchat/bot_challenge"),
    ],
)
def test_a_question_is_answered_and_the_same_field_asked_again(
    chat: Talk, asking: str, text: str, label: str
) -> None:
    talk = chat(asking)
    before = talk.values
    talk.say(text, label, question=text.endswith("?"))
    assert talk.acts == ["interruption", f"question:{asking}"]
    assert talk.values == before


def test_a_question_the_classifier_does_not_know_is_still_a_question(chat: Talk) -> None:
    assert chat("full_name").say("what happens after that?").acts == ["interruption", "question:full_name"]


def test_a_message_in_another_language_is_answered_and_the_field_asked_again(chat: Talk) -> None:
    assert chat("email").say("je ne comprends rien", language="fr").acts == ["interruption", "question:email"]


@pytest.mark.parametrize(
    ("asking", "text", "value"),
    [
        ("preferred_start", "May", "2027-05"),
        ("preferred_start", "may 2027?", "2027-05"),
        ("full_name", "Will Smith", "Will Smith"),
        ("full_name", "May Thu", "May Thu"),
        ("medical_school", "What Cheer Medical College", "What Cheer Medical College"),
        ("medical_school", "Will County Medical School", "Will County Medical School"),
        ("preferred_location", "Why, Arizona", "Why, Arizona"),
    ],
)
def test_an_answer_that_looks_like_a_question_word_is_not_stolen(
    chat: Talk, asking: str, text: str, value: Any
) -> None:
    assert chat(asking).say(text, "faq/start_dates", confidence=0.7).values[asking] == value


def test_an_answer_before_a_question_is_taken_and_the_question_answered(chat: Talk) -> None:
    talk = chat("duration_weeks").say("6 weeks. Is housing included?", "faq/housing", question=True)
    assert talk.values["duration_weeks"] == 6
    assert "interruption" in talk.acts


@pytest.mark.parametrize("text", ["why do you need my phone?", "why", "what for?", "why do you ask this"])
def test_every_field_says_why_it_is_asked(chat: Talk, text: str) -> None:
    talk = chat("phone").say(text)
    assert "something is urgent" in talk.text
    assert talk.asking == "phone"


def test_who_sees_it_is_answered_from_the_privacy_topic(chat: Talk) -> None:
    talk = chat("email").say("why do you want my email and who will see it?")
    assert talk.acts == ["interruption:faq/privacy", "question:email"]


def test_help_gives_an_example(chat: Talk) -> None:
    talk = chat("preferred_start").say("help")
    assert "June 2027" in talk.text
    assert talk.asking == "preferred_start"


@pytest.mark.parametrize("kind", ["crisis", "emergency", "harassment"])
def test_help_comes_first_and_the_form_waits(chat: Talk, kind: str) -> None:
    talk = chat("program_interest")
    before = talk.values
    talk.say("…", safety=kind)
    assert talk.acts == [f"help:{kind}"]
    assert talk.values == before
    assert talk.outcome == "open"


def test_after_a_crisis_only_the_wish_to_go_on_asks_again(chat: Talk) -> None:
    talk = chat("visa_help").say("I want to end it", safety="crisis")
    assert "question:visa_help" not in talk.say("no").acts
    assert "visa_help" not in talk.values
    assert talk.say("thanks", "chitchat/thanks").acts == ["interruption"]
    assert talk.say("I'm safe now, thank you. let's go on with the form").acts == ["question:visa_help"]


def test_a_second_crisis_message_is_helped_again(chat: Talk) -> None:
    talk = chat("email").say("…", safety="crisis").say("continue? i want to die", safety="crisis")
    assert talk.acts == ["help:crisis"]


def test_a_crisis_in_the_opening_opens_no_questions(chat: Talk) -> None:
    talk = chat().say("apply… i want to die", safety="crisis")
    assert talk.acts == ["help:crisis"]
    assert talk.say("ok, continue").acts == ["question:consent"]


@pytest.mark.parametrize(
    "text", ["back", "go back", "previous question", "one step back please", "can we go back one?"]
)
def test_back_asks_the_question_before_with_its_answer(chat: Talk, text: str) -> None:
    talk = chat("phone").say(text)
    assert talk.asking == "email"
    assert "ana@example.com" in talk.text


def test_back_twice_goes_two_questions_back_and_answers_lead_forward(chat: Talk) -> None:
    talk = chat("phone").say("back").say("back")
    assert talk.asking == "full_name"
    talk.say("Ana Lima")
    assert talk.values["full_name"] == "Ana Lima"
    assert talk.asking == "phone"


def test_back_at_the_first_question_says_so(chat: Talk) -> None:
    assert "first question" in chat("full_name").say("back").text


def test_skip_after_back_keeps_the_answer(chat: Talk) -> None:
    talk = chat("phone").say("back").say("skip")
    assert talk.values["email"] == "ana@example.com"
    assert talk.asking == "phone"


@pytest.mark.parametrize(
    "text", ["skip", "skip this one", "I'd rather not say", "leave it blank", "next question", "no phone"]
)
def test_an_optional_field_is_left_open(chat: Talk, text: str) -> None:
    talk = chat("phone").say(text)
    assert talk.values["phone"] is None
    assert talk.asking == "country_of_citizenship"


def test_a_needed_field_is_not_skipped_and_a_way_out_is_named(chat: Talk) -> None:
    talk = chat("email").say("skip")
    assert "person" in talk.text
    assert talk.asking == "email"


def test_what_was_left_open_is_filled_when_given_at_the_review(chat: Talk, answers: dict[str, Any]) -> None:
    talk = chat("review", answers | {"preferred_location": None}).say("Las Vegas")
    assert talk.values["preferred_location"] == "Las Vegas"
    assert talk.asking == "review"


def test_pass_is_an_answer_about_an_exam_and_a_skip_elsewhere(chat: Talk) -> None:
    assert chat("usmle_step1").say("pass").values["usmle_step1"] == "passed"
    assert chat("phone").say("pass").values["phone"] is None


@pytest.mark.parametrize(
    "text",
    [
        "stop",
        "let's stop here",
        "I have to go, back later",
        "i'll continue tomorrow",
        "brb",
        "need to leave now",
        "ok bye",
    ],
)
def test_stop_keeps_the_draft_and_offers_a_person(chat: Talk, text: str) -> None:
    talk = chat("medical_school")
    before = talk.values
    talk.say(text)
    assert talk.outcome == "paused"
    assert talk.values == before
    assert talk.acts == ["application:paused"]
    assert "person" in talk.text


@pytest.mark.parametrize("text", ["continue", "I'm back", "let's go on", "apply", "resume my application"])
def test_a_paused_form_goes_on_where_it_was(chat: Talk, text: str) -> None:
    talk = chat("medical_school").say("stop").say(text, "resume")
    assert talk.acts == ["application:resumed", "question:medical_school"]
    assert talk.outcome == "open"


def test_cancel_deletes_only_after_a_yes(chat: Talk) -> None:
    talk = chat("medical_school").say("cancel my application")
    assert talk.values
    assert talk.acts == ["application:paused", "clarify"]
    talk.say("yes")
    assert talk.outcome == "cancelled"
    assert talk.values == {}


def test_cancel_and_no_keeps_the_draft(chat: Talk) -> None:
    talk = chat("medical_school").say("cancel").say("no")
    assert talk.outcome == "paused"
    assert talk.values


def test_cancel_and_continue_goes_on(chat: Talk) -> None:
    assert chat("medical_school").say("cancel").say("continue").acts == ["question:medical_school"]


def test_a_cancel_taken_back_in_the_same_breath_cancels_nothing(chat: Talk) -> None:
    talk = chat("medical_school").say("cancel it. no sorry don't cancel")
    assert talk.acts == ["question:medical_school"]
    assert talk.values


def test_start_over_is_asked_first(chat: Talk) -> None:
    talk = chat("medical_school").say("start over")
    assert talk.values
    talk.say("yes")
    assert talk.values == {}
    assert talk.asking == "full_name"
    assert talk.result.restarted


def test_start_over_and_no_keeps_everything(chat: Talk) -> None:
    talk = chat("medical_school").say("restart please").say("no")
    assert talk.values
    assert talk.asking == "medical_school"


def test_an_answer_instead_of_a_decision_deletes_nothing(chat: Talk) -> None:
    talk = chat("medical_school").say("start over").say("Cairo University")
    assert talk.values["medical_school"] == "Cairo University"
    assert talk.values["full_name"] == "Ana Ruiz"


@pytest.mark.parametrize(
    "text", ["person", "I want to talk to a human", "can i speak to someone", "agent please"]
)
def test_a_person_is_asked_in_and_the_draft_stays_open(chat: Talk, text: str) -> None:
    talk = chat("usmle_step1")
    before = talk.values
    talk.say(text)
    assert talk.acts == ["hand_over:asked"]
    assert talk.outcome == "open"
    assert talk.values == before


def test_a_complaint_goes_to_a_person(chat: Talk) -> None:
    assert chat("usmle_step1").say("your staff was rude to me", "complaint").acts == ["hand_over:complaint"]


def test_how_far_am_i_is_told(chat: Talk) -> None:
    talk = chat("usmle_step1").say("how many questions are left?")
    assert "step 3 of 5" in talk.text
    assert "ana@example.com" in talk.text
    assert talk.asking == "usmle_step1"


def test_delete_my_data_leaves_the_form_to_the_privacy_answer(chat: Talk) -> None:
    talk = chat("usmle_step1").say("delete my data")
    assert talk.acts == ["interruption:delete_my_data"]
    assert talk.outcome == "paused"
    assert talk.values


@pytest.mark.parametrize(
    ("asking", "text", "label"),
    [
        ("full_name", "Stop Okafor", "stop_form"),
        ("medical_school", "Human Sciences University", "human"),
        ("preferred_location", "Help, Utah", "help"),
        ("full_name", "Grace Back", "back"),
    ],
)
def test_a_name_that_holds_a_word_of_command_is_a_name(
    chat: Talk, asking: str, text: str, label: str
) -> None:
    assert chat(asking).say(text, label, confidence=0.5).values[asking] == text


def test_the_classifiers_command_counts_where_the_message_is_no_answer(chat: Talk) -> None:
    assert chat("email").say("i think that is all i can do this evening", "stop_form").outcome == "paused"
    assert chat("email").say("can you take me to the one earlier", "back").asking == "full_name"


def test_a_yes_where_nothing_was_asked_is_not_swallowed(chat: Talk) -> None:
    talk = chat("full_name").say("yes")
    assert "full_name" not in talk.values
    assert talk.asking == "full_name"


@pytest.mark.parametrize(
    ("asking", "text", "value"),
    [
        ("full_name", "Anna Maria Kowalska", "Anna Maria Kowalska"),
        ("full_name", "tunde bakare", "Tunde Bakare"),
        ("full_name", "myself Sushil Thapa", "Sushil Thapa"),
        ("email", "tunde@example.com", "tunde@example.com"),
        ("medical_school", "Lodz Medical University", "Lodz Medical University"),
        ("usmle_step1", "failed", "failed"),
        ("preferred_location", "Chicago", "Chicago"),
    ],
)
def test_a_plain_answer_that_the_classifier_takes_for_an_alarm_is_an_answer(
    chat: Talk, asking: str, text: str, value: str
) -> None:
    assert chat(asking).say(text, "safety/crisis").values[asking] == value


@pytest.mark.parametrize(
    "text",
    [
        "i want to die",
        "i feel worthless",
        "cannot go on living",
        "everything hurts, goodbye",
        "kill myself",
        "no hope left",
        "tired of life",
        "my life is over",
        "better to end it",
    ],
)
@pytest.mark.parametrize(
    "asking", ["full_name", "medical_school", "usmle_step1", "preferred_location", "visa_help"]
)
def test_a_cry_for_help_is_heard_whatever_was_asked(chat: Talk, asking: str, text: str) -> None:
    talk = chat(asking).say(text, "safety/crisis")
    assert talk.acts == ["help:crisis"]
    assert asking not in talk.values


def test_a_phrase_of_the_safety_list_counts_even_in_a_plain_answer(chat: Talk) -> None:
    assert chat("full_name").say("Anna Maria Kowalska", safety="crisis").acts == ["help:crisis"]


def test_emergency_medicine_is_a_specialty(chat: Talk) -> None:
    talk = chat("specialties").say("emergency medicine", safety="emergency")
    assert talk.values["specialties"] == ["emergency medicine"]
    assert chat("specialties").say("emergency, i am bleeding", safety="emergency").acts == ["help:emergency"]


@pytest.mark.parametrize(
    "text", ["shukran", "muchas gracias", "thx a lot", "God bless you", "can somebody ring me"]
)
@pytest.mark.parametrize("asking", ["full_name", "medical_school", "preferred_location"])
def test_thanks_are_no_answer(chat: Talk, asking: str, text: str) -> None:
    assert asking not in chat(asking).say(text, "chitchat/thanks").values
