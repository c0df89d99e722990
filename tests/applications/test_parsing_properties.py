"""What holds for any text: no parser breaks, what is claimed for certain can be kept, and values come back
as given.
"""

from __future__ import annotations

import calendar
import datetime as dt
from pathlib import Path

import phonenumbers
import pycountry
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from frontdesk.applications import corrections, extraction, fields
from frontdesk.applications.fields import BY_NAME, FIELDS, Field
from frontdesk.applications.form import dialogue
from frontdesk.applications.form.sheet import Sheet
from frontdesk.applications.form.states import DraftState, Incoming
from frontdesk.applications.parsing import (
    countries,
    durations,
    ecfmg,
    emails,
    exams,
    month_names,
    months,
    names,
    numbers,
    phones,
    places,
    programs,
    schools,
    specialties,
    speech,
    stages,
    visas,
    years,
    yes_no,
)
from frontdesk.applications.parsing.result import Certain, Confirm, Context, Unclear
from frontdesk.applications.wording import application_wording, phrases
from frontdesk.conversations import sensitive
from frontdesk.knowledge.vocabulary import answer_words, key_of, vocabulary, words

TODAY = dt.date(2026, 11, 22)
CONTEXT = Context(today=TODAY)
WORDS = st.sampled_from(
    "yes no not change my phone email 2027 2019 +91 98000 00034 june may step 1 passed ck 245 "
    "weeks 8 rotation IM surgery"
    " graduate student india indian texas ana@example.com @ . , ? ! sorry i meant from to skip "
    "back stop 12/03/2027 👍 the".split()
)
TEXT = st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=14).map(" ".join))


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
@given(text=TEXT)
@example(text="\x00\ud7ff\u202e٣٤٥")
@example(text="12/13/")
@example(text="１２ weeks ½")
def test_no_text_breaks_a_parser_and_what_is_certain_can_be_kept(field: Field, text: str) -> None:
    found = field.parse(text, CONTEXT)
    if isinstance(found, Certain | Confirm) and field.name not in {fields.REVIEW}:
        assert field.accepts(found.value), (text, found)


@pytest.mark.parametrize(
    ("text", "weeks"),
    [
        ("you told me wrong things and I lost 3 weeks", None),
        ("we waited 2 months for you", None),
        ("there was no reply for 5 weeks", None),
        ("I sent it 4 weeks ago", None),
        ("I want 4 weeks in cardiology", 4),
        ("my last rotation was good, I want 6 weeks", 6),
    ],
)
def test_weeks_that_have_passed_are_no_wish_for_so_many(text: str, weeks: int | None) -> None:
    assert extraction.extract(text, CONTEXT, phrases()).values.get("duration_weeks") == weeks


@given(text=TEXT)
def test_no_text_breaks_extraction_and_what_it_takes_can_be_kept(text: str) -> None:
    for name, value in extraction.extract(text, CONTEXT, phrases()).values.items():
        assert BY_NAME[name].accepts(value), (text, name, value)


FULL = {
    "full_name": "Ana Ruiz",
    "email": "ana@example.com",
    "phone": "+525512345678",
    "country_of_citizenship": "MX",
    "medical_school": "UNAM",
    "school_country": "MX",
    "training_stage": "student",
    "graduation_year": 2027,
    "usmle_step1": "passed",
    "usmle_step2ck": "240",
    "ecfmg_status": "in_progress",
    "program_interest": "clinical_rotation",
    "specialties": ["internal medicine"],
    "preferred_start": "2027-06",
    "duration_weeks": 4,
    "preferred_location": "Texas",
    "visa_help": "yes",
}


@given(text=TEXT)
def test_no_text_breaks_a_correction_and_what_it_takes_can_be_kept(text: str) -> None:
    found = corrections.find(
        text,
        asked="review",
        context=Context(today=TODAY, values=FULL),
        recent=list(reversed(FULL)),
        phrases=phrases(),
        wording=application_wording(),
    )
    for one in found:
        if isinstance(one.parsed, Certain):
            assert BY_NAME[one.field].accepts(one.parsed.value), (text, one)


@given(text=TEXT, asking=st.sampled_from([field.name for field in FIELDS]))
def test_every_message_gets_an_answer_and_keeps_the_record_whole(text: str, asking: str) -> None:
    known = {}
    for name, value in FULL.items():
        if name == asking:
            break
        known[name] = value
    consented = {} if asking == "consent" else {"consented": True, "order": list(known)}
    turn = Sheet(
        DraftState("open", asking, {} if asking == "consent" else known, consented),
        Incoming(text),
        today=TODAY,
        wording=application_wording(),
        phrases=phrases(),
        consent_text="Consent.",
    )
    result = dialogue.run(turn)
    assert result.replies or result.outcome == "send"
    for name, value in result.values.items():
        assert value is None or BY_NAME[name].accepts(value), (text, name, value)
    if asking == "consent" and not result.consented:
        assert result.values == {}


@given(text=st.text(max_size=300))
def test_masking_leaves_no_private_number_behind(text: str) -> None:
    assert sensitive.find(sensitive.mask(text)) == []


REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


@given(region=st.sampled_from(REGIONS), style=st.sampled_from(["E164", "INTERNATIONAL", "00"]))
def test_an_international_number_comes_back_as_given(region: str, style: str) -> None:
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    if number is None:
        return
    wanted = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    written = (
        "00" + wanted[1:]
        if style == "00"
        else phonenumbers.format_number(number, getattr(phonenumbers.PhoneNumberFormat, style))
    )
    assert phones.parse(f"my number is {written}", CONTEXT) == Certain(wanted)


@given(region=st.sampled_from(REGIONS))
def test_a_national_number_is_never_put_into_another_country_for_certain(region: str) -> None:
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    if number is None:
        return
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    found = phones.parse(written, CONTEXT)
    if isinstance(found, Certain):
        assert found.value == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@given(
    local=st.from_regex(r"[a-z][a-z0-9]{0,8}([._+-][a-z0-9]{1,6})?", fullmatch=True),
    domain=st.sampled_from(["example.com", "example.org", "uni.example.edu", "gmail.com", "yahoo.co.in"]),
)
def test_an_address_comes_back_as_given(local: str, domain: str) -> None:
    assert emails.parse(f"My E-Mail: {local.upper()}@{domain}.", CONTEXT) == Certain(f"{local}@{domain}")


@pytest.mark.parametrize("country", list(pycountry.countries), ids=lambda country: country.alpha_2)
def test_every_country_is_known_by_its_name(country: object) -> None:
    name = getattr(country, "common_name", None) or country.name  # type: ignore[attr-defined]
    found = countries.parse(name, CONTEXT)
    if name == "Congo":
        # Two countries are called so.
        assert isinstance(found, Unclear)
        return
    assert found == Certain(country.alpha_2)  # type: ignore[attr-defined]


@pytest.mark.parametrize("entry", vocabulary()["country_demonym"].entries, ids=lambda entry: entry.id)
def test_every_demonym_means_its_country(entry: object) -> None:
    for alias in entry.aliases:  # type: ignore[attr-defined]
        found = countries.parse(alias, CONTEXT)
        if isinstance(found, Certain):
            assert found.value == entry.id, alias  # type: ignore[attr-defined]


@pytest.mark.parametrize("entry", vocabulary()["specialty"].entries, ids=lambda entry: entry.id)
def test_every_specialty_is_known_by_every_alias(entry: object) -> None:
    for alias in [entry.label, *entry.aliases]:  # type: ignore[attr-defined]
        found = specialties.parse(alias, CONTEXT)
        assert isinstance(found, Certain | Confirm), alias
        assert entry.id in (found.value or []), (alias, found)  # type: ignore[attr-defined]


@given(
    year=st.integers(2027, 2031),
    month=st.integers(1, 12),
    style=st.sampled_from(
        [
            "{name} {year}",
            "{short} {year}",
            "{month}/{year}",
            "{year}-{month:02d}",
            "1 {name} {year}",
            "i can start in {name} {year}",
        ]
    ),
)
def test_a_month_comes_back_as_given(year: int, month: int, style: str) -> None:
    text = style.format(
        name=calendar.month_name[month], short=calendar.month_abbr[month], year=year, month=month
    )
    assert months.parse(text, CONTEXT) == Certain(f"{year}-{month:02d}")


@given(day=st.dates(dt.date(2024, 1, 1), dt.date(2030, 12, 31)), month=st.integers(1, 12))
def test_a_month_by_name_is_never_in_the_past(day: dt.date, month: int) -> None:
    found = months.parse(calendar.month_name[month], Context(today=day))
    if isinstance(found, Certain):
        assert str(found.value) >= f"{day.year}-{day.month:02d}"


@given(
    weeks=st.integers(1, 52),
    style=st.sampled_from(["{}", "{} weeks", "{}wks", "for {} weeks please", "i want {} weeks"]),
)
def test_weeks_come_back_as_given(weeks: int, style: str) -> None:
    assert durations.parse(style.format(weeks), CONTEXT) == Certain(weeks)


@given(
    year=st.integers(1980, 2034),
    style=st.sampled_from(["{}", "class of {}", "in {}", "batch {}", "{} insha'Allah"]),
)
def test_a_year_comes_back_as_given(year: int, style: str) -> None:
    assert years.graduation(style.format(year), CONTEXT) == Certain(year)


@given(score=st.integers(100, 300), style=st.sampled_from(["{}", "score {}", "i got {}", "{} (2021)"]))
def test_a_score_comes_back_as_given(score: int, style: str) -> None:
    assert exams.step2ck(style.format(score), CONTEXT) == Certain(str(score))


GIVEN = st.sampled_from(
    "Ana Wei Kwame Olga Ngozi Íñigo Zoë Nguyễn Mehmet Fatıma Jürgen Siân Łukasz 李 محمد Анна Raj "
    "O'Neill Al-Farsi D'Souza".split()
)


@given(
    parts=st.lists(GIVEN, min_size=1, max_size=5),
    title=st.sampled_from(["", "Dr. ", "Dr ", "Mr. ", "my name is "]),
    degree=st.sampled_from(["", ", MD", " MBBS"]),
)
def test_a_name_comes_back_in_its_order(parts: list[str], title: str, degree: str) -> None:
    name = " ".join(parts)
    if len(key_of(name)) == 1 and len("".join(word.folded for word in words(name))) == 1:
        return
    assert names.parse(f"{title}{name}{degree}", CONTEXT) == Certain(name)


@given(text=TEXT)
def test_no_text_breaks_what_parsers_share(text: str) -> None:
    assert "".join(speech.sentences(text)).count("\x00") == text.count("\x00")
    assert speech.is_question(text) or speech.statements(text) or not text.strip()
    assert 0.0 <= speech.talk_share(text) <= 1.0
    assert speech.second_thought(text) is None or len(speech.second_thought(text) or "") < len(text)
    assert yes_no.plain(text) in {None, "yes", "no"}
    assert all(1 <= month <= 12 for month in month_names.month_numbers(text))
    assert not any(c.isdecimal() and not c.isascii() for c in numbers.words_to_digits(text))


SPOKEN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
TENS = {20: "twenty", 30: "thirty", 40: "forty", 50: "fifty"}


@given(number=st.integers(0, 59), dash=st.sampled_from([" ", "-"]))
def test_a_number_in_words_comes_back_in_digits(number: int, dash: str) -> None:
    tens, unit = number // 10 * 10, number % 10
    said = SPOKEN[number] if number < 20 else TENS[tens] + (f"{dash}{SPOKEN[unit]}" if unit else "")
    assert numbers.words_to_digits(said) == str(number)


@given(region=st.sampled_from(REGIONS))
def test_a_spoken_number_comes_back_as_given(region: str) -> None:
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    if number is None:
        return
    wanted = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    said = " ".join(["plus", *(SPOKEN[int(digit)] for digit in wanted[1:])])
    assert phones.parse(said, CONTEXT) == Certain(wanted)


@given(
    kind=st.sampled_from(
        ["University of {}", "{} Medical College", "Universidad de {}", "{} School of Medicine"]
    ),
    place=st.sampled_from(["Lagos", "Pune", "São Paulo", "Kraków", "King Edward", "Al-Azhar", "Ain Shams"]),
    style=st.sampled_from(["{}", "I study at {}", "my school is {}", "{}."]),
)
def test_a_school_comes_back_as_typed(kind: str, place: str, style: str) -> None:
    name = kind.format(place)
    assert schools.parse(style.format(name), CONTEXT) == Certain(name)


@given(
    state=st.sampled_from(
        [one.name for one in pycountry.subdivisions.get(country_code="US") if one.type == "State"]
    ),
    style=st.sampled_from(["{}", "in {}", "{} please", "I would prefer {}"]),
)
def test_a_state_comes_back_as_the_place(state: str, style: str) -> None:
    assert places.parse(style.format(state), CONTEXT) == Certain(state)


@pytest.mark.parametrize(
    ("field", "value"),
    [(field.name, value) for field in FIELDS for value in application_wording().fields[field.name].choices],
)
def test_every_choice_is_understood_when_its_label_or_value_is_typed(field: str, value: str) -> None:
    label = application_wording().fields[field].choices[value]
    for typed in (label, label.casefold(), label.upper()):
        found = BY_NAME[field].parse(typed, CONTEXT)
        assert isinstance(found, Certain | Confirm), (typed, found)
        assert found.value == value, typed


@pytest.mark.parametrize("said", ["yes", "no"])
def test_every_yes_and_no_of_the_vocabulary_is_one_with_politeness_around_it(said: str) -> None:
    for word in answer_words()["yes_no"].listed(said):
        for typed in (word, word.upper(), f"{word} please", f"{word}, thank you sir!"):
            assert yes_no.plain(typed) == said, typed


@pytest.mark.parametrize("kind", ["month", "month_abroad"])
def test_every_spelling_of_a_month_is_that_month(kind: str) -> None:
    gazetteer = vocabulary()[kind] if kind == "month" else answer_words()[kind]
    for entry in gazetteer.entries:
        for alias in entry.aliases:
            assert month_names.month_numbers(alias)[:1] == [month_names.ENGLISH[entry.id]], alias


DENIED = st.sampled_from(["not", "did not", "have not", "haven't", "never", "didn't"])


@given(denial=DENIED, verb=st.sampled_from(["passed", "pass", "cleared", "pass it", "passed yet"]))
def test_what_is_denied_is_never_taken_as_passed(denial: str, verb: str) -> None:
    for parse in (exams.step1, exams.step2ck):
        found = parse(f"I {denial} {verb}", CONTEXT)
        assert not (isinstance(found, Certain) and found.value == "passed"), found


@given(denial=st.sampled_from(["not", "not yet", "I am not", "still not"]))
def test_what_is_denied_is_never_taken_as_certified_or_graduated(denial: str) -> None:
    certified = ecfmg.parse(f"{denial} certified", CONTEXT)
    assert not (isinstance(certified, Certain) and certified.value == "certified")
    graduated = stages.parse(f"{denial} graduated", CONTEXT)
    assert not (isinstance(graduated, Certain) and graduated.value == "graduate")


@given(
    denial=st.sampled_from(["no", "not", "don't want"]),
    wish=st.sampled_from(["rotation", "residency support"]),
)
def test_what_is_denied_is_never_taken_as_the_program(denial: str, wish: str) -> None:
    wanted = {"rotation": "clinical_rotation", "residency support": "residency_support"}[wish]
    found = programs.parse(f"{denial} {wish}", CONTEXT)
    assert not (isinstance(found, Certain) and found.value in {wanted, "both"}), found


@given(status=st.sampled_from(["citizen", "green card holder", "permanent resident"]))
def test_who_needs_no_visa_is_never_noted_as_needing_help(status: str) -> None:
    found = visas.parse(f"no, I am a {status}", CONTEXT)
    assert isinstance(found, Certain | Confirm)
    assert found.value == "no"


def test_every_parser_is_held_to_properties() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    modules = {path.stem for path in Path(str(speech.__file__)).parent.glob("*.py")} - {"__init__", "result"}
    assert modules == {module for module in modules if f"{module}." in here}
