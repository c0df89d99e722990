"""Typos become the words that were meant; names, numbers, addresses and known words are never touched."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from extensions.nlu.spelling import SpellingCorrector, distance, edits, joined, tokens
from extensions.nlu.text_normalizer import TextNormalizer
from extensions.nlu.weights import repository_root


def spelled(speller: SpellingCorrector, text: str) -> str:
    return joined(corrected for _, corrected in speller.correct(text))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("residancy", "residency"),
        ("residecny", "residency"),
        ("resdiency", "residency"),
        ("intership", "internship"),
        ("internshipp", "internship"),
        ("rotaion", "rotation"),
        ("rotatoin", "rotation"),
        ("felowship", "fellowship"),
        ("obsrvership", "observership"),
        ("observrship", "observership"),
        ("clerkshp", "clerkship"),
        ("recomendation", "recommendation"),
        ("certifcation", "certification"),
        ("insurence", "insurance"),
        ("malpratice", "malpractice"),
        ("hospitl", "hospital"),
        ("vaccin", "vaccine"),
        ("docment", "document"),
        ("preliminry", "preliminary"),
        ("categoricl", "categorical"),
        ("transitonal", "transitional"),
        ("applicaton", "application"),
    ],
)
def test_a_typo_becomes_the_word_that_was_meant(speller: SpellingCorrector, typed: str, meant: str) -> None:
    assert spelled(speller, typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("whatis", "what is"),
        ("howmuch", "how much"),
        ("howlong", "how long"),
        ("medicalschool", "medical school"),
        ("rotationcost", "rotation cost"),
        ("visaletter", "visa letter"),
    ],
)
def test_glued_words_are_parted(speller: SpellingCorrector, typed: str, meant: str) -> None:
    assert spelled(speller, typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("u", "you"),
        ("pls", "please"),
        ("wat", "what"),
        ("bcz", "because"),
        ("dont", "do not"),
        ("yrs", "years"),
    ],
)
def test_chat_spelling_is_written_out(speller: SpellingCorrector, typed: str, meant: str) -> None:
    assert spelled(speller, typed) == meant


@pytest.mark.parametrize(("typed", "meant"), [("residenccccy", "residency"), ("visaaaaa", "visa")])
def test_a_word_drawn_out_is_shortened_before_it_is_corrected(
    speller: SpellingCorrector, typed: str, meant: str
) -> None:
    assert spelled(speller, typed) == meant


@pytest.mark.parametrize(
    "name",
    ["Siddiqui", "Okonkwo", "Villanueva", "Chaudhry", "Wolde", "Phan", "Kowalczyk", "Rawalpindi", "Dhaka"],
)
def test_a_capitalised_unknown_word_inside_a_sentence_is_a_name(
    speller: SpellingCorrector, name: str
) -> None:
    assert (name, name.lower()) in speller.correct(f"I study with {name} this year")


@pytest.mark.parametrize(
    "text", ["my name is siddiqi ranaa", "i am called okonkwa", "ask dr ramasamyy", "from mr vilanueva"]
)
def test_what_follows_a_word_of_naming_is_a_name(speller: SpellingCorrector, text: str) -> None:
    assert spelled(speller, text) == text


@pytest.mark.parametrize(
    "token",
    [
        "12",
        "230",
        "2,500",
        "2027",
        "3.5",
        "+919800000012",
        "12/05/2027",
        "ana.reyess@example.com",
        "https://example.org/aplication",
        "www.example.org/residancy",
        "ABC12345",
    ],
)
def test_numbers_and_addresses_are_never_touched(speller: SpellingCorrector, token: str) -> None:
    text = f"please write {token} there"
    assert token.lower() in spelled(speller, text).replace("+ ", "+")


@pytest.mark.parametrize(
    "text",
    [
        "what is the difference between an internship and a residency",
        "can you explain how the match works for international graduates",
        "which hospitals take students from abroad in the summer",
        "is there an age limit to begin training in psychiatry or neurology",
        "how soon must the fee be paid before the first day",
        "does the preceptor write an evaluation at the end",
        "may my husband come with me and where would we live",
        "do hospitals check my background and ask for a drug screen",
    ],
)
def test_clean_english_stays_as_it_is(speller: SpellingCorrector, text: str) -> None:
    assert spelled(speller, text) == text


@pytest.mark.parametrize("field", ["full_name", "email", "phone", "medical_school", "preferred_location"])
def test_an_answer_that_is_a_name_or_an_address_is_not_spelled(
    normalizer: TextNormalizer, field: str
) -> None:
    assert "residancy" in normalizer.prepare("residancy collage of medecine", field).normalized


@pytest.mark.parametrize("field", ["full_name", "medical_school"])
def test_chat_spelling_alone_is_read_even_where_a_name_is_asked(
    normalizer: TextNormalizer, field: str
) -> None:
    assert normalizer.prepare("tysm", field).normalized == "thank you so much"
    assert normalizer.prepare("Ur Medical College", field).normalized == "ur medical college"


def test_in_a_field_of_words_spelling_helps(normalizer: TextNormalizer) -> None:
    assert "surgery" in normalizer.prepare("generel surgry", "specialties").normalized


def test_another_language_is_not_spelled(normalizer: TextNormalizer) -> None:
    text = "quiero saber cuando empieza la rotacion"
    assert normalizer.prepare(text).normalized == text


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("step2ck", "step 2 ck"),
        ("Step II CK", "step 2 ck"),
        ("STEP-1", "step 1"),
        ("usmle step one", "step 1"),
        ("h1b", "h-1b"),
        ("H 1 B", "h-1b"),
        ("j1", "j-1"),
        ("b1/b2", "b-1/b-2"),
        ("PGY1", "pgy-1"),
        ("pgy 2", "pgy-2"),
        ("M.B.B.S.", "mbbs"),
        ("ds2019", "ds-2019"),
    ],
)
def test_exams_visas_and_years_have_one_written_form(
    normalizer: TextNormalizer, typed: str, form: str
) -> None:
    assert normalizer.prepare(f"tell me about {typed}").normalized.endswith(form)


def test_the_acronym_im_is_internal_medicine_and_the_word_im_is_not(normalizer: TextNormalizer) -> None:
    assert "internal medicine" in normalizer.prepare("matching in IM as an IMG").normalized
    assert "internal medicine" not in normalizer.prepare("im from Nepal").normalized


def test_a_rare_word_of_the_examples_one_edit_from_a_frequent_one_is_a_typo_of_it() -> None:
    texts = ["what is a residency"] * 40 + ["what is a residancy"]
    learned = SpellingCorrector.learn(texts, general=["what", "is"])
    assert "residancy" not in learned.own_words
    assert spelled(learned, "residancy") == "residency"


def test_one_edit_is_one_letter_more_less_other_or_swapped() -> None:
    assert {"isa", "vsa", "vida", "ivsa", "visas"} <= edits("visa")
    assert "visa" not in edits("visa")


@pytest.mark.parametrize(
    ("first", "second", "far"),
    [
        ("visa", "visa", 0),
        ("visa", "vsia", 1),
        ("visa", "vis", 1),
        ("visa", "vizas", 2),
        ("visa", "match", 3),
    ],
)
def test_distance_counts_edits_up_to_its_limit(first: str, second: str, far: int) -> None:
    assert distance(first, second) == far


def test_tokens_keep_addresses_and_words_with_inner_marks_whole() -> None:
    assert tokens("mail a.b@c.org, it's h-1b; 2,500?") == [
        "mail",
        "a.b@c.org,",
        "it's",
        "h-1b",
        ";",
        "2,500",
        "?",
    ]


@pytest.mark.parametrize("noise", ["flurb wozzle gromp", "zxqv plmk qqrt", "blarg snurfle wibbet dran"])
def test_words_of_no_list_are_noise(normalizer: TextNormalizer, noise: str) -> None:
    assert normalizer.prepare(noise).noise


@pytest.mark.parametrize(
    "text", ["rotation", "what is soap", "wat is teh cots of rotaton", "J1 or H1B for IMG"]
)
def test_words_and_typos_are_no_noise(normalizer: TextNormalizer, text: str) -> None:
    assert not normalizer.prepare(text).noise


def test_between_equally_good_words_the_choice_is_the_same_in_every_process() -> None:
    program = (
        "from extensions.nlu.spelling import SpellingCorrector as S;"
        "words = ['cash', 'crush', 'crass', 'rash', 'trash', 'brash'];"
        "print(S(own={word: 5 for word in words}, general=[]).correct_word('crash'))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            cwd=repository_root(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(6)
    }
    assert len(said) == 1
