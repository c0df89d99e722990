"""Ways of answering that further personas brought up, each a general mechanism."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from frontdesk.applications.opening import wants_to_apply
from frontdesk.applications.parsing import (
    durations,
    ecfmg,
    exams,
    months,
    names,
    places,
    schools,
    specialties,
    speech,
    stages,
    visas,
)
from frontdesk.applications.parsing.result import Certain, Context

TODAY = Context(today=dt.date(2026, 11, 22))


@pytest.mark.parametrize(
    ("parser", "text", "value"),
    [
        (names.parse, "myself Sushil Thapa Magar", "Sushil Thapa Magar"),
        (names.parse, "Ioana Popescu, ioana.popescu@example.ro, +40721234567", "Ioana Popescu"),
        (names.parse, "Ioana Popescu; phone: +40721234567", "Ioana Popescu"),
        (stages.parse, "I have my MD already", "graduate"),
        (stages.parse, "dokter, lulus", "graduate"),
        (specialties.parse, "ginecología y obstetricia", ["obstetrics and gynecology"]),
        (specialties.parse, "medicina interna", ["internal medicine"]),
        (visas.parse, "I think so, yes", "yes"),
        (schools.parse, "Royal College of Surgeons in Ireland", "Royal College of Surgeons in Ireland"),
    ],
)
def test_an_answer_is_read_as_it_was_meant(parser: Any, text: str, value: Any) -> None:
    assert parser(text, TODAY) == Certain(value)


def test_a_name_without_contact_data_is_not_cut() -> None:
    assert names.parse("Okafor, Chidinma", TODAY) == Certain("Okafor, Chidinma")


@pytest.mark.parametrize("text", ["lol whats your favorite color", "haha how old are you"])
def test_a_question_behind_a_laugh_is_a_question(text: str) -> None:
    assert speech.is_question(text)


@pytest.mark.parametrize(
    ("parser", "text", "value"),
    [
        (names.parse, "My full name, as it appears in my passport, is Ana Ruiz.", "Ana Ruiz"),
        (names.parse, "First one is Nino Beridze", "Nino Beridze"),
        (names.parse, "Amara Diallo 😊", "Amara Diallo"),
        (names.parse, "Hanako Yamada in English", "Hanako Yamada"),
        (stages.parse, "house officer, degree in hand", "graduate"),
        (exams.step1, "both passed, ck 239, ecfmg certified", "passed"),
        (exams.step2ck, "both passed, ck 239, ecfmg certified", "239"),
        (ecfmg.parse, "não comecei", "not_started"),
        (months.parse, "janeiro de 2028", "2028-01"),
        (names.parse, "uh my name is george papadopoulos", "George Papadopoulos"),
        (exams.step1, "approved", "passed"),
        (places.parse, "peu importe", "any"),
        (durations.parse, "four to be exact", 4),
        (durations.parse, "six would be great I think", 6),
    ],
)
def test_an_answer_of_another_voice_is_read(parser: Any, text: str, value: Any) -> None:
    assert parser(text, TODAY) == Certain(value)


@pytest.mark.parametrize(
    ("asking", "text", "value"),
    [
        ("graduation_year", "2027, no wait, 2028", 2028),
        ("duration_weeks", "4 weeks, actually 6", 6),
        ("usmle_step1", "failed, sorry I mean passed", "passed"),
        ("specialties", "cardiology... scratch that, neurology", ["neurology"]),
    ],
)
def test_a_second_thought_in_the_same_breath_counts(chat: Any, asking: str, text: str, value: Any) -> None:
    assert chat(asking).say(text).values[asking] == value


def test_a_number_that_replaces_another_one_is_taken_as_one_of_its_country(chat: Any) -> None:
    talk = chat("medical_school").say("oh wait my phone is 55 8765 4321")
    assert talk.values["phone"] == "+525587654321"
    assert talk.asking == "medical_school"


def test_a_list_of_bare_words_answers_the_other_wishes_too(chat: Any) -> None:
    talk = chat("program_interest").say("rotation, IM, 4 weeks, Chicago")
    assert talk.values["specialties"] == ["internal medicine"]
    assert talk.values["preferred_location"] == "Chicago"
    assert talk.asking == "preferred_start"


@pytest.mark.parametrize(("said", "value"), [("✅", "passed"), ("no", "failed")])
def test_asked_whether_the_exam_was_passed_a_plain_word_is_enough(chat: Any, said: str, value: str) -> None:
    assert chat("usmle_step1").say("taken").say(said).values["usmle_step1"] == value


def test_a_citizenship_said_again_moves_no_school(chat: Any, answers: dict[str, Any]) -> None:
    known = {**answers, "country_of_citizenship": "US", "school_country": "BB"}
    del known["visa_help"]
    talk = chat("visa_help", known).say("nope im american")
    assert talk.values["school_country"] == "BB"


def test_asked_twice_what_to_change_the_words_are_others(chat: Any) -> None:
    talk = chat("graduation_year").say("I want to change something", "change_answer")
    first = talk.text
    talk.say("that thing", "change_answer")
    assert talk.text != first


def test_a_specialty_in_an_everyday_word_is_asked_about_and_raises_no_alarm(chat: Any) -> None:
    talk = chat("specialties").say("emergency", safety="emergency")
    assert talk.acts == ["question:specialties"]
    assert talk.say("yes").values["specialties"] == ["emergency medicine"]


def test_a_number_of_a_right_length_that_no_table_knows_is_asked_about(chat: Any) -> None:
    talk = chat("phone").say("+44 7700 900123")
    assert talk.acts == ["question:phone"]
    assert talk.say("yes").values["phone"] == "+447700900123"


@pytest.mark.parametrize(
    "text",
    [
        "I am writing for my son, he is a final year medical student and wants training in America.",
        "I coordinate electives at our school and have three students who want rotations. How do I apply?",
        "Tryna get into a peds elective, what do u need",
        "buenas, quiero hacer la aplicación para rotaciones",
        "Oi, quero me inscrever",
        "bonjour, je voudrais postuler",
    ],
)
def test_whoever_wants_to_apply_gets_the_form(text: str) -> None:
    assert wants_to_apply(text)


@pytest.mark.parametrize(
    "text",
    [
        "my daughter wants to know if rotations are paid",
        "can my wife come with me during the rotation?",
        "my students ask what an elective is",
    ],
)
def test_who_only_asks_for_others_is_answered(text: str) -> None:
    assert not wants_to_apply(text)


def test_sa_is_saudi_arabia_to_some_and_south_africa_to_others_and_asked_about(chat: Any) -> None:
    talk = chat("country_of_citizenship").say("SA")
    assert talk.asking == "country_of_citizenship"
    assert "South Africa" in talk.text
    assert talk.say("South African").values["country_of_citizenship"] == "ZA"


def test_a_school_in_a_list_with_labels_brings_its_country(chat: Any) -> None:
    lines = "I want to apply:\nName: Ngozi Umeh\nCitizenship: Nigerian\nSchool: University of Benin, Nigeria"
    talk = chat().say(lines).say("yes")
    assert talk.values["medical_school"] == "University of Benin"
    assert talk.values["school_country"] == "NG"


def test_a_long_name_in_capitals_is_a_name_whatever_a_classifier_hears(chat: Any) -> None:
    name = "Phra Wachirawut Somdet Srisavarindira Chulalongkorn Krom Phraya Damrong Rajanubhab Na Ayutthaya"
    talk = chat("full_name").say(name, "safety/crisis", confidence=0.9)
    assert talk.values["full_name"] == name


def test_who_says_to_be_safe_and_wants_to_go_on_is_not_shown_help_again(chat: Any) -> None:
    talk = chat("phone").say("I want to die", safety="crisis")
    talk.say("I talked to a friend, I am safe, please continue", "safety/harassment")
    assert talk.asking == "phone"
    assert talk.acts == ["question:phone"]


def test_a_score_taken_back_changes_the_exam_before(chat: Any) -> None:
    talk = chat("ecfmg_status").say("no sorry 238 is right")
    assert talk.values["usmle_step2ck"] == "238"
    assert talk.asking == "ecfmg_status"


def test_the_ending_of_an_address_is_changed_by_naming_old_and_new(chat: Any) -> None:
    talk = chat("ecfmg_status").say("the email ends in .org not .com")
    assert talk.values["email"] == "ana@example.org"
    assert talk.asking == "ecfmg_status"
