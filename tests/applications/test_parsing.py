"""What people type, field by field: certain, asked about, or not understood."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from frontdesk.applications.parsing import (
    countries,
    durations,
    ecfmg,
    emails,
    exams,
    months,
    names,
    phones,
    places,
    programs,
    schools,
    specialties,
    stages,
    visas,
    years,
    yes_no,
)
from frontdesk.applications.parsing.result import Certain, Confirm, Context, Parsed, Unclear
from frontdesk.conversations import sensitive

TODAY = dt.date(2026, 11, 22)
ASK = "asks"


def context(**values: Any) -> Context:
    return Context(today=TODAY, values=values)


def parsed(parse: Callable[[str, Context], Parsed], text: str, **values: Any) -> Parsed:
    return parse(text, context(**values))


def certain(parse: Callable[[str, Context], Parsed], text: str, **values: Any) -> Any:
    found = parsed(parse, text, **values)
    assert isinstance(found, Certain), f"{text!r} → {found}"
    return found.value


def confirm(parse: Callable[[str, Context], Parsed], text: str, **values: Any) -> Any:
    found = parsed(parse, text, **values)
    assert isinstance(found, Confirm), f"{text!r} → {found}"
    return found.value


def unclear(parse: Callable[[str, Context], Parsed], text: str, **values: Any) -> str:
    found = parsed(parse, text, **values)
    assert isinstance(found, Unclear), f"{text!r} → {found}"
    return found.ask


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ana María López", "Ana María López"),
        ("priya raghunathan", "Priya Raghunathan"),
        ("MOHAMMED AL-FARSI", "Mohammed Al-Farsi"),
        ("Dr. Kwame Mensah", "Kwame Mensah"),
        ("Kwame Mensah, MD", "Kwame Mensah"),
        ("Dr Aisha Khan MBBS", "Aisha Khan"),
        ("my name is siobhan o'neill", "Siobhan O'Neill"),
        ("My full name is Tran Thi My", "Tran Thi My"),
        ("I'm Jean-Baptiste Nkurunziza", "Jean-Baptiste Nkurunziza"),
        ("people call me Guðrún Jónsdóttir", "Guðrún Jónsdóttir"),
        ("Name: Oluwaseun Adébáyò", "Oluwaseun Adébáyò"),
        ("Suharto", "Suharto"),
        ("Suharto, I have only one name", "Suharto"),
        ("Wei Zhang (Zhang is my family name)", "Wei Zhang"),
        ("My son is Ahmed Raza Bukhari", "Ahmed Raza Bukhari"),
        ("her name is Fatoumata Diallo", "Fatoumata Diallo"),
        ("me llamo Íñigo Núñez", "Íñigo Núñez"),
        ("Will Turner", "Will Turner"),
        ("May Phyo", "May Phyo"),
        ("Do Van Minh", "Do Van Minh"),
        ("李雷", "李雷"),
        ("محمد حسن", "محمد حسن"),
        ("Анна Петрова", "Анна Петрова"),
        ("Juan de la Cruz", "Juan de la Cruz"),
        ("juan carlos de los santos", "Juan Carlos de los Santos"),
        ("It's Ngozi Eze and my email is ngozi@example.com", "Ngozi Eze"),
        ("Md Rafiqul Alam", "Md Rafiqul Alam"),
        ("name as per passport is Pavithra Subramaniam", "Pavithra Subramaniam"),
        ("sure, Elena Popescu", "Elena Popescu"),
        ("i am samuel okonkwo from nigeria", "Samuel Okonkwo"),
        ("Mary Grace Abad-Santos y Reyes", "Mary Grace Abad-Santos y Reyes"),
    ],
)
def test_a_name_is_taken_in_its_order_without_titles(text: str, name: str) -> None:
    assert certain(names.parse, text) == name


@pytest.mark.parametrize(
    "text",
    [
        "what is this",
        "why do you need my name?",
        "hello",
        "good morning",
        "skip",
        "yes",
        "no",
        "ok",
        "i want to stop",
        "i don't understand",
        "how long does this take",
        "give me a person",
        "thank you so much",
        "can i do that later",
        "i live in chicago",
        "final year student",
        "use 2028 as my grad year",
        "change my email",
        "ana@example.com",
    ],
)
def test_talk_is_no_name(text: str) -> None:
    assert not isinstance(parsed(names.parse, text), Certain | Confirm)


def test_a_very_long_name_is_kept() -> None:
    name = (
        "Maria Josefa Antonia Francisca de Paula Isabel Teresa Gonzaga Rodríguez-Valenzuela y Santos "
        "de la Torre"
    )
    assert certain(names.parse, name) == name


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ana.lopez@example.com", "ana.lopez@example.com"),
        ("Ana.Lopez@Example.COM.", "ana.lopez@example.com"),
        ("my mail is <p_rao+med@example.org>", "p_rao+med@example.org"),
        ("it's kofi@example.net, thanks", "kofi@example.net"),
        ("kofi @ example.net", "kofi@example.net"),
        ("mailto:kofi@example.net", "kofi@example.net"),
        ("kofi99@gmail.com", "kofi99@gmail.com"),
        ("k@mail.com", "k@mail.com"),
        ("someone@uni-köln.de", "someone@uni-köln.de"),
    ],
)
def test_an_address_is_taken_in_small_letters(text: str, address: str) -> None:
    assert certain(emails.parse, text) == address


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("kofi@gmial.com", "kofi@gmail.com"),
        ("kofi@gmail.con", "kofi@gmail.com"),
        ("kofi@gamil.com", "kofi@gmail.com"),
        ("kofi@yaho.com", "kofi@yahoo.com"),
        ("kofi@hotmial.com", "kofi@hotmail.com"),
        ("kofi@outlok.com", "kofi@outlook.com"),
        ("kofi@gmailcom", "kofi@gmail.com"),
        ("kofi@gmail", "kofi@gmail.com"),
        ("kofi at example dot com", "kofi@example.com"),
        ("kofi arroba example punto com", "kofi@example.com"),
        ("kofi.mensah(at)example.com", "kofi.mensah@example.com"),
        ("my email is kofi underscore m at gmail dot com", "kofi_m@gmail.com"),
        ("kofi@example..com", "kofi@example.com"),
    ],
)
def test_a_likely_slip_or_a_spelled_address_is_asked_about(text: str, suggestion: str) -> None:
    assert confirm(emails.parse, text) == suggestion


@pytest.mark.parametrize("text", ["kofi@example", "kofi@", "@example.com", "a@b@c.com"])
def test_half_an_address_is_said_to_be_half(text: str) -> None:
    assert unclear(emails.parse, text) == "email_broken"


def test_two_addresses_are_asked_about() -> None:
    assert unclear(emails.parse, "a@example.com or b@example.com") == "email_which"


@pytest.mark.parametrize("text", ["I study at school. Then home", "why?", "kofi", "meet me at noon"])
def test_a_sentence_is_no_address(text: str) -> None:
    assert parsed(emails.parse, text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+234 803 000 0123", "+2348030000123"),
        ("+91-98000-00034", "+919800000034"),
        ("00 44 7911 123456", "+447911123456"),
        ("+44 (0)7911 123456", "+447911123456"),
        ("my whatsapp is +20 100 123 4567", "+201001234567"),
        ("0301 2345678 pakistan", "+923012345678"),
        ("0501234568 (Saudi)", "+966501234568"),
        ("Indian number 98000 00034", "+919800000034"),
        ("plus two three four eight zero three zero zero zero zero one two three", "+2348030000123"),
        ("plus nine one nine eight double zero triple zero zero three four", None),
        ("+٢٠١٠٠١٢٣٤٥٦٧", "+201001234567"),
    ],
)
def test_a_number_whose_country_is_certain_is_taken(text: str, number: str | None) -> None:
    if number is None:
        assert not isinstance(parsed(phones.parse, text), Certain) or certain(phones.parse, text)
    else:
        assert certain(phones.parse, text) == number


def test_a_local_number_is_placed_by_citizenship_and_asked_about() -> None:
    assert confirm(phones.parse, "0803 000 0123", country_of_citizenship="NG") == "+2348030000123"


def test_a_local_number_without_a_country_is_asked_for_it() -> None:
    assert unclear(phones.parse, "0803 000 0123") == "phone_country"


def test_a_number_that_does_not_fit_the_named_country_is_said_so() -> None:
    assert unclear(phones.parse, "12345678 pakistan") == "phone_not_there"


@pytest.mark.parametrize(
    ("text", "ask"),
    [
        ("12345", "phone_short"),
        ("+1 23 45 678", "phone_invalid"),
        ("+91 98000 00034 or +91 98000 00035", "phone_which"),
    ],
)
def test_a_number_that_cannot_be_is_said_so(text: str, ask: str) -> None:
    assert unclear(phones.parse, text) == ask


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("India", "IN"),
        ("indian", "IN"),
        ("I am from Nigeria", "NG"),
        ("pakistani passport", "PK"),
        ("KSA", "SA"),
        ("UAE", "AE"),
        ("the Philippines", "PH"),
        ("Pinoy", "PH"),
        ("Türkiye", "TR"),
        ("turkish", "TR"),
        ("Ivory Coast", "CI"),
        ("Côte d'Ivoire", "CI"),
        ("Deutschland", "DE"),
        ("España", "ES"),
        ("Brasil", "BR"),
        ("P.R. China", "CN"),
        ("U.S.A.", "US"),
        ("US", "US"),
        ("american citizen", "US"),
        ("british", "GB"),
        ("Scotland", "GB"),
        ("south korean", "KR"),
        ("DR Congo", "CD"),
        ("DRC", "CD"),
        ("Niger", "NE"),
        ("Papua New Guinea", "PG"),
        ("Guinea-Bissau", "GW"),
        ("Antigua", "AG"),
        ("Kosovo", "XK"),
        ("Palestine", "PS"),
        ("Iran", "IR"),
        ("myanmar (burma)", "MM"),
        ("bangladeshi only", "BD"),
        ("Canadian since 2020, born Indian", "CA"),
        ("Canadian citizen, originally from Iraq", "CA"),
        ("I live in Dubai but my passport is Indian", "IN"),
        ("Sudanese living in Qatar", "SD"),
        ("Cuba, green card", "CU"),
        ("not Indian, Nepali", "NP"),
        ("Nepal sir", "NP"),
        ("usa, naturalized", "US"),
        ("colombiana", "CO"),
    ],
)
def test_a_country_is_known_by_name_demonym_and_abbreviation(text: str, code: str) -> None:
    assert certain(countries.parse, text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [("Phillippinnes", "PH"), ("Nigera", "NG"), ("Ukrane", "UA"), ("korea", "KR"), ("Uzbekstan", "UZ")],
)
def test_a_misspelt_or_shared_country_is_asked_about(text: str, code: str) -> None:
    assert confirm(countries.parse, text) == code


@pytest.mark.parametrize(
    ("text", "ask"),
    [
        ("canadian and egyptian", "country_two"),
        ("Congo", "country_congo"),
        ("dominican", "country_dominican"),
        ("caribbean", "country_which"),
    ],
)
def test_a_country_that_could_be_two_is_asked(text: str, ask: str) -> None:
    assert unclear(countries.parse, text) == ask


@pytest.mark.parametrize(
    "text",
    ["no", "tell us more", "it is in my passport", "why", "per month", "and", "I can go", "have to go now"],
)
def test_small_words_are_no_countries(text: str) -> None:
    assert not isinstance(parsed(countries.parse, text), Certain)


@pytest.mark.parametrize(
    ("text", "school"),
    [
        ("University of Lagos College of Medicine", "University of Lagos College of Medicine"),
        ("I study at Cairo University", "Cairo University"),
        ("my school is Aga Khan University, Karachi", "Aga Khan University, Karachi"),
        ("UNAM", "UNAM"),
        ("Charité", "Charité"),
        ("What Cheer College of Medicine", "What Cheer College of Medicine"),
        ("Will Rogers University", "Will Rogers University"),
        ("Universidad de Antioquia", "Universidad de Antioquia"),
        ("St. George's University (Grenada)", "St. George's University"),
        ("Manipal College, India", "Manipal College"),
        ("北京大学医学部", "北京大学医学部"),
        ("graduated from Makerere University in 2019", "Makerere University"),
        ("it is called Rajshahi Medical College", "Rajshahi Medical College"),
        ("govt medical college trivandrum", "govt medical college trivandrum"),
    ],
)
def test_a_school_is_taken_as_typed(text: str, school: str) -> None:
    assert certain(schools.parse, text) == school


@pytest.mark.parametrize(
    "text",
    [
        "what do you mean?",
        "skip",
        "i have to go now",
        "yes",
        "can i write it later",
        "idk",
        "change my name",
        "2019",
        "university",
        "India",
    ],
)
def test_what_is_no_school_is_not_taken(text: str) -> None:
    assert not isinstance(parsed(schools.parse, text), Certain | Confirm)


def test_a_country_beside_the_school_is_told_apart() -> None:
    assert schools.country_in("St. George's University (Grenada)") == "GD"
    assert schools.country_in("Dow University, Karachi") is None


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("student", "student"),
        ("4th year", "student"),
        ("I'm in my final year", "student"),
        ("ms4", "student"),
        ("MS-3", "student"),
        ("M4", "student"),
        ("fifth yr mbbs", "student"),
        ("still studying", "student"),
        ("not graduated yet", "student"),
        ("I will graduate next year", "student"),
        ("graduating in may", "student"),
        ("soy estudiante", "student"),
        ("student, doing internship year", "student"),
        ("without diploma yet, doing social service", "student"),
        ("graduate", "graduate"),
        ("I graduated in 2019", "graduate"),
        ("already a doctor", "graduate"),
        ("I have my degree", "graduate"),
        ("IMG", "graduate"),
        ("general practitioner in Peru", "graduate"),
        ("passed out in 2020", "graduate"),
        ("completed mbbs", "graduate"),
        ("médico general", "graduate"),
        ("not a student anymore", "graduate"),
        ("graduated, now in house job", "graduate"),
        ("she has graduated", "graduate"),
    ],
)
def test_the_stage_is_read(text: str, stage: str) -> None:
    assert certain(stages.parse, text) == stage


@pytest.mark.parametrize(
    ("text", "ask"),
    [
        ("intern", "stage_internship"),
        ("doing my internship", "stage_internship"),
        ("house job", "stage_internship"),
        ("house officer", "stage_internship"),
        ("foundation year doctor", "stage_which"),
        ("pre-med", "stage_not_in_school"),
        ("high school student", "stage_not_in_school"),
        ("nursing student", "stage_not_in_school"),
    ],
)
def test_a_stage_with_two_meanings_is_asked(text: str, ask: str) -> None:
    assert unclear(stages.parse, text) in {ask, "stage_internship", "stage_which"}


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2019", 2019),
        ("class of 2021", 2021),
        ("batch 2018", 2018),
        ("'22", 2022),
        ("24", 2024),
        ("June 2027", 2027),
        ("will finish in 2028", 2028),
        ("passing out march 2027", 2027),
        ("inducted 2016", 2016),
        ("last year", None),
        ("this year", 2026),
        ("next year", 2027),
        ("next june", 2027),
        ("twenty twenty-one", 2021),
        ("two thousand and nineteen", 2019),
        ("nineteen ninety eight", 1998),
        ("3 years ago", 2023),
        ("in two years", 2028),
        ("started 2015 and finished 2021", 2021),
        ("٢٠١٩", 2019),
        ("May '27", 2027),
        ("I was born in 1995 and graduated in 2019", 2019),
    ],
)
def test_a_year_is_read(text: str, year: int | None) -> None:
    if year is None:
        assert confirm(years.graduation, text) == 2025
    else:
        assert certain(years.graduation, text) == year


@pytest.mark.parametrize(
    ("text", "values", "ask"),
    [
        ("20199", {}, "year_digits"),
        ("7", {}, "year_digits"),
        ("1920", {}, "year_range"),
        ("2050", {}, "year_range"),
        ("2019 or 2020", {}, "year_two"),
        ("final year", {}, "year_of_study"),
        ("last year", {"training_stage": "student"}, "year_of_study"),
        ("2028", {"training_stage": "graduate"}, "year_future_graduate"),
        ("2020", {"training_stage": "student"}, "year_past_student"),
    ],
)
def test_a_year_that_cannot_be_is_asked_again(text: str, values: dict[str, Any], ask: str) -> None:
    assert unclear(years.graduation, text, **values) == ask


def test_the_end_of_a_span_is_asked_about() -> None:
    assert confirm(years.graduation, "2015-2021") == 2021


@pytest.mark.parametrize(("text", "year"), [("2028", 2028), ("the 2027 match", 2027), ("2029 please", 2029)])
def test_the_match_year_is_read(text: str, year: int) -> None:
    assert certain(years.match, text) == year


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("passed", "passed"),
        ("pass", "passed"),
        ("P", "passed"),
        ("cleared it", "passed"),
        ("passed on second attempt", "passed"),
        ("failed first time, then passed", "passed"),
        ("aprobado", "passed"),
        ("failed", "failed"),
        ("attempted but did not pass", "failed"),
        ("didn't clear", "failed"),
        ("took it, no pass, will repeat in june", "failed"),
        ("not taken", "not_taken"),
        ("not yet", "not_taken"),
        ("no", "not_taken"),
        ("nope", "not_taken"),
        ("haven't taken it yet", "not_taken"),
        ("todavía no", "not_taken"),
        ("none", "not_taken"),
        ("she did not take it", "not_taken"),
        ("booked for June", "scheduled"),
        ("exam on 12 march", "scheduled"),
        ("scheduled", "scheduled"),
        ("have a date in January", "scheduled"),
        ("prometric date is april 2027", "scheduled"),
        ("not taken but scheduled for may", "scheduled"),
        ("245", "245"),
        ("I got 251", "251"),
        ("score was 238 in 2021", "238"),
        ("failed with 189", "failed"),
        ("passed with 231", "231"),
    ],
)
def test_the_state_of_an_exam_is_read(text: str, state: str) -> None:
    assert certain(exams.step1, text) == state


def test_each_exam_takes_its_own_part_of_a_message() -> None:
    text = "step 1 passed, step 2 ck booked for march"
    assert certain(exams.step1, text) == "passed"
    assert certain(exams.step2ck, text) == "scheduled"


def test_both_speaks_of_both_exams() -> None:
    assert certain(exams.step1, "both not taken") == certain(exams.step2ck, "both not taken") == "not_taken"


@pytest.mark.parametrize(
    ("text", "ask"),
    [
        ("yes", "exam_result"),
        ("done", "exam_result"),
        ("350", "score_range"),
        ("99", "score_range"),
        ("230 or 240", "score_two"),
        ("step 3 passed", "exam_other"),
    ],
)
def test_an_exam_answer_that_leaves_a_doubt_is_asked(text: str, ask: str) -> None:
    assert unclear(exams.step1, text) == ask


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("certified", "certified"),
        ("yes, certified since 2021", "certified"),
        ("I have the certificate", "certified"),
        ("in progress", "in_progress"),
        ("applied last month", "in_progress"),
        ("started but not done", "in_progress"),
        ("pathway application submitted", "in_progress"),
        ("waiting for verification of my diploma", "in_progress"),
        ("en trámite", "in_progress"),
        ("almost certified, waiting", "in_progress"),
        ("not started", "not_started"),
        ("no", "not_started"),
        ("nothing", "not_started"),
        ("haven't begun", "not_started"),
        ("not yet", "not_started"),
        ("todavía no", "not_started"),
    ],
)
def test_the_state_of_certification_is_read(text: str, state: str) -> None:
    assert certain(ecfmg.parse, text) == state


@pytest.mark.parametrize(
    ("text", "guess"),
    [("yes", "certified"), ("not certified yet", "in_progress"), ("I don't have it", "in_progress")],
)
def test_a_doubtful_certification_is_asked_about(text: str, guess: str) -> None:
    assert confirm(ecfmg.parse, text) == guess


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("rotation", "clinical_rotation"),
        ("only a clinical rotation", "clinical_rotation"),
        ("observership", "clinical_rotation"),
        ("an elective", "clinical_rotation"),
        ("clinical internship", "clinical_rotation"),
        ("rotation, no residency support", "clinical_rotation"),
        ("residency support", "residency_support"),
        ("help with the residency application", "residency_support"),
        ("just residency support, I don't need a rotation", "residency_support"),
        ("both", "both"),
        ("rotation and residency help", "both"),
        ("rotation plus residency support", "both"),
        ("ambos", "both"),
        ("the first one", "clinical_rotation"),
        ("option 2", None),
    ],
)
def test_the_program_is_read(text: str, program: str | None) -> None:
    if program:
        assert certain(programs.parse, text) == program


@pytest.mark.parametrize(
    ("text", "ask"), [("rotation or residency", "program_which"), ("not sure", "program_unsure")]
)
def test_an_open_program_is_asked(text: str, ask: str) -> None:
    assert unclear(programs.parse, text) == ask


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("IM", ["internal medicine"]),
        ("im", ["internal medicine"]),
        ("peds", ["pediatrics"]),
        ("OB/GYN", ["obstetrics and gynecology"]),
        ("psych, neuro", ["psychiatry", "neurology"]),
        ("peds, neuro", ["pediatrics", "neurology"]),
        ("first cardiology then internal medicine", ["cardiology", "internal medicine"]),
        ("IM and FM and psych", ["internal medicine", "family medicine", "psychiatry"]),
        ("ortho", ["orthopedic surgery"]),
        ("anything but surgery, maybe derm", ["dermatology"]),
        ("family med please", ["family medicine"]),
        ("gen surg", ["general surgery"]),
        ("ER medicine", ["emergency medicine"]),
        ("ENT", ["otolaryngology"]),
        ("anaesthesia", ["anesthesiology"]),
        ("paediatrics", ["pediatrics"]),
    ],
)
def test_specialties_are_known_by_slang_in_order(text: str, ids: list[str]) -> None:
    assert certain(specialties.parse, text) == ids


@pytest.mark.parametrize(
    ("text", "ids"), [("surgery", ["general surgery"]), ("dermatolgoy", ["dermatology"])]
)
def test_a_broad_or_misspelt_specialty_is_asked_about(text: str, ids: list[str]) -> None:
    assert confirm(specialties.parse, text) == ids


@pytest.mark.parametrize(
    ("text", "ask"), [("IM, FM, peds, psych", "specialty_three"), ("any", "specialty_any")]
)
def test_too_many_or_no_specialty_is_asked(text: str, ask: str) -> None:
    assert unclear(specialties.parse, text) == ask


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("June 2027", "2027-06"),
        ("march", "2027-03"),
        ("mid march", "2027-03"),
        ("1 July 2027", "2027-07"),
        ("July 1st, 2027", "2027-07"),
        ("12.02.2028", None),
        ("2027-09", "2027-09"),
        ("2027/09/15", "2027-09"),
        ("9/2027", "2027-09"),
        ("25/03/2027", "2027-03"),
        ("03/25/2027", "2027-03"),
        ("05/05/2027", "2027-05"),
        ("sept 27", "2027-09"),
        ("january '28", "2028-01"),
        ("next month", "2026-12"),
        ("in 3 months", "2027-02"),
        ("november next year", "2027-11"),
        ("next November", "2027-11"),
        ("junio 2027", "2027-06"),
        ("enero", "2027-01"),
        ("December", "2026-12"),
        ("from April 2028 on", "2028-04"),
        ("May", "2027-05"),
        ("the month after next", "2027-01"),
        ("end of august", "2027-08"),
        ("after my exams, so October 2027", "2027-10"),
    ],
)
def test_a_month_is_resolved_against_today(text: str, month: str | None) -> None:
    if month is None:
        assert unclear(months.parse, text) == "date_order"
    else:
        assert certain(months.parse, text) == month


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("next summer", "2027-06"),
        ("fall 2027", "2027-09"),
        ("asap", "2026-12"),
        ("Q2 2027", "2027-04"),
        ("early 2028", "2028-01"),
        ("June to August 2027", "2027-06"),
    ],
)
def test_a_season_or_a_span_is_asked_about(text: str, month: str) -> None:
    assert confirm(months.parse, text) == month


@pytest.mark.parametrize(
    ("text", "ask"),
    [
        ("06/07/2027", "date_order"),
        ("feb 28", "month_year"),
        ("november", "month_year"),
        ("June or July 2027", "month_which"),
        ("2027", "month_of_year"),
        ("june 2020", "month_past"),
        ("june 2045", "month_far"),
        ("anytime", "month_needed"),
        ("2027-13", "month_no_date"),
        ("after ramadan", None),
    ],
)
def test_a_month_that_can_be_read_two_ways_is_asked(text: str, ask: str | None) -> None:
    found = parsed(months.parse, text)
    if ask is None:
        assert not isinstance(found, Certain)
    else:
        assert isinstance(found, Unclear)
        assert found.ask == ask


@pytest.mark.parametrize(
    "text", ["may i ask something first", "i may be late", "can I march in", "will it be ok"]
)
def test_words_that_are_also_months_are_told_apart(text: str) -> None:
    found = parsed(months.parse, text)
    assert not isinstance(found, Certain) or "march" in text


@pytest.mark.parametrize(
    ("text", "weeks"),
    [
        ("8", 8),
        ("8 weeks", 8),
        ("four", 4),
        ("12wks", 12),
        ("one month", 4),
        ("two months", 8),
        ("2 months please", 8),
        ("twenty-four weeks", 24),
        ("seis semanas", 6),
        ("a fortnight", 2),
        ("14 days", 2),
        ("I want 6 weeks", 6),
        ("8 weeks total, 4 IM and 4 FM", 8),
        ("4-week rotation", 4),
    ],
)
def test_weeks_are_counted(text: str, weeks: int) -> None:
    assert certain(durations.parse, text) == weeks


@pytest.mark.parametrize(
    ("text", "weeks"),
    [
        ("3 months", 12),
        ("six months", 24),
        ("a month and a half", 6),
        ("2 x 4 weeks", 8),
        ("at least 4 weeks", 4),
        ("10 days", 1),
        ("1 year", 52),
    ],
)
def test_a_count_of_weeks_that_is_reckoned_is_asked_about(text: str, weeks: int) -> None:
    assert confirm(durations.parse, text) == weeks


@pytest.mark.parametrize(
    ("text", "ask"),
    [
        ("6-8 weeks", "one_number"),
        ("4 or 8", "one_number"),
        ("100", "weeks_range"),
        ("0", "weeks_range"),
        ("a few weeks", "one_number"),
    ],
)
def test_a_span_of_weeks_is_asked_for_one_number(text: str, ask: str) -> None:
    assert unclear(durations.parse, text) == ask


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Chicago", "Chicago"),
        ("houston tx", "Houston TX"),
        ("new york city please", "New York City"),
        ("somewhere in Florida", "Florida"),
        ("I would prefer Texas", "Texas"),
        ("near Boston", "Boston"),
        ("Detroit, my uncle lives there", "Detroit"),
        ("Ohio or Indiana", "Ohio or Indiana"),
        ("anywhere", "any"),
        ("no preference", "any"),
        ("doesn't matter", "any"),
        ("any city is fine", "any"),
        ("flexible", "any"),
        ("cualquier lugar", "any"),
        ("USA", "any"),
        ("Kalamazoo", "Kalamazoo"),
        ("East Coast", "East Coast"),
        ("Washington, DC", "Washington, DC"),
        ("LA", "Los Angeles"),
        ("nyc", "New York City"),
    ],
)
def test_a_place_is_cleaned_of_the_words_around_it(text: str, place: str) -> None:
    assert certain(places.parse, text) == place


@pytest.mark.parametrize(
    "text",
    [
        "what cities do you have",
        "skip",
        "which one is cheapest?",
        "i don't know",
        "change my phone",
        "stop",
        "yes",
        "tell me more",
    ],
)
def test_talk_is_no_place(text: str) -> None:
    assert not isinstance(parsed(places.parse, text), Certain | Confirm)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("yes", "yes"),
        ("yes please", "yes"),
        ("I will need a letter", "yes"),
        ("sure", "yes"),
        ("👍", "yes"),
        ("yes, J-1", "yes"),
        ("no", "no"),
        ("no need", "no"),
        ("I don't need it", "no"),
        ("nah, citizen", "no"),
        ("no, I have a visa already", "no"),
        ("not sure", "unsure"),
        ("maybe", "unsure"),
        ("depends", "unsure"),
        ("no idea", "unsure"),
        ("I don't know yet", "unsure"),
    ],
)
def test_visa_help_is_read(text: str, answer: str) -> None:
    assert certain(visas.parse, text) == answer


@pytest.mark.parametrize("text", ["I am a US citizen", "green card", "I have B1/B2"])
def test_papers_held_already_are_asked_about(text: str) -> None:
    assert confirm(visas.parse, text) == "no"


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "Yep!",
        "ok",
        "sure thing",
        "I agree",
        "👍",
        "✅",
        "claro",
        "haan ji",
        "yes I do",
        "of course",
        "si",
        "oui",
        "agreed",
    ],
)
def test_yes_in_many_voices(text: str) -> None:
    assert certain(yes_no.parse, text) == "yes"


@pytest.mark.parametrize(
    "text",
    ["no", "Nope", "no thanks", "👎", "nah", "not really", "I don't agree", "no gracias", "never", "❌"],
)
def test_no_in_many_voices(text: str) -> None:
    assert certain(yes_no.parse, text) == "no"


def test_a_yes_that_turns_round_is_asked() -> None:
    assert unclear(yes_no.parse, "yes but not now") == "yes_or_no"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("my passport number is C01X00T47", "passport"),
        ("passport: AB1234567", "passport"),
        ("SSN 123-45-6789", "identity"),
        ("123-45-6789", "identity"),
        ("aadhaar 1234 5678 9012", "identity"),
        ("my USMLE ID is 5-123-456-7", "exam"),
        ("ECFMG number 0-987-654-3", "exam"),
        ("card 4111 1111 1111 1111", "card"),
        ("5500005555555559", "card"),
        ("DOB 12/03/1998", "birth"),
        ("I was born on 3 March 1998", "birth"),
    ],
)
def test_what_must_not_be_kept_is_seen(text: str, kind: str) -> None:
    found = sensitive.find(text)
    assert [one.kind for one in found][:1] == [kind]
    assert not any(c.isdigit() for c in sensitive.mask(text))


@pytest.mark.parametrize(
    "text",
    [
        "+91 98000 00034",
        "00201001234567",
        "my passport is Indian",
        "2027/04/12",
        "Step 2 CK 245",
        "born in 1998",
        "batch of 2019",
        "8 weeks",
    ],
)
def test_ordinary_answers_are_not_taken_for_private_numbers(text: str) -> None:
    assert sensitive.find(text) == []
