"""One message is cut where it may hold several questions, and nowhere else."""

from __future__ import annotations

import pytest

from extensions.nlu.segmentation import (
    MAX_JOINERS,
    MAX_SENTENCES,
    asks,
    is_filler,
    joiners,
    opens_question,
    sentences,
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("what is soap? how much is it?", ["what is soap?", "how much is it?"]),
        ("what is soap?how much is it?", ["what is soap?", "how much is it?"]),
        ("i study in lahore. is it enough", ["i study in lahore.", "is it enough"]),
        ("first line\nsecond line", ["first line", "second line"]),
        ("the fee; the dates", ["the fee", "the dates"]),
        ("1. the fee 2. the dates", ["the fee", "the dates"]),
        ("1) the fee\n2) the dates", ["the fee", "the dates"]),
        ("- the fee\n- the dates", ["the fee", "the dates"]),
        ("firstly the fee? secondly the dates?", ["the fee?", "the dates?"]),
    ],
)
def test_marks_lines_and_numbers_end_a_sentence(text: str, parts: list[str]) -> None:
    assert sentences(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "i work with dr. khan in delhi",
        "a small cost, e.g. for housing",
        "my gpa is 3.5 of 4",
        "i live on st. john street",
        "the u.s. program",
    ],
)
def test_an_abbreviation_or_a_decimal_ends_none(text: str) -> None:
    assert len(sentences(text)) == 1


def test_of_a_very_long_story_the_last_sentences_are_kept() -> None:
    story = " ".join(f"this is sentence {number}." for number in range(60)) + " what is the fee?"
    found = sentences(story)
    assert len(found) == MAX_SENTENCES
    assert found[-1] == "what is the fee?"


@pytest.mark.parametrize("text", ["", "?", "...", "-", "1."])
def test_marks_alone_are_no_sentence(text: str) -> None:
    assert sentences(text) == []


def cut(text: str) -> list[str]:
    pieces, start = [], 0
    for boundary in joiners(text):
        pieces.append(text[start : boundary.start].strip())
        start = boundary.end
    return [*pieces, text[start:].strip()]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("what is soap and how long is it", ["what is soap", "how long is it"]),
        ("what is soap and also how long is it", ["what is soap", "how long is it"]),
        ("how much is it, when does it start", ["how much is it", "when does it start"]),
        ("the fee, the dates and the housing", ["the fee", "the dates", "the housing"]),
        ("can i come in may plus is housing included", ["can i come in may", "is housing included"]),
    ],
)
def test_a_joiner_counts_where_a_question_follows_or_a_list_stands(text: str, pieces: list[str]) -> None:
    assert cut(text) == pieces


@pytest.mark.parametrize(
    "text",
    [
        "what is the difference between an internship and a residency",
        "compare family medicine and internal medicine for me",
        "if i fail and my visa ends what is next",
        "is it observership or externship",
        "my father and my mother are both doctors in a small town",
    ],
)
def test_a_joiner_inside_one_question_does_not_count(text: str) -> None:
    assert cut(text) == [text]


def test_no_more_joiners_are_searched_than_the_bound() -> None:
    assert (
        len(joiners("the fee, the dates, the city, the visa, the letter, the food, the bus")) == MAX_JOINERS
    )


@pytest.mark.parametrize(
    "text",
    [
        "what is soap",
        "is it paid",
        "tell me about visas",
        "i want to know the fee",
        "it is required or not",
        "hello sir, can i apply",
        "i am confused about the match",
        "the fee is how much",
        "the fee?",
    ],
)
def test_a_question_or_request_asks(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize(
    "text", ["i finished my studies in 2020", "my father is a farmer", "we live far away", ""]
)
def test_a_statement_does_not_ask(text: str) -> None:
    assert not asks(text)


def test_only_a_part_that_begins_as_a_question_opens_one() -> None:
    assert opens_question("and how long is it")
    assert not opens_question("the fee is how much")


@pytest.mark.parametrize(
    "text",
    [
        "hello dear sir",
        "good morning team",
        "thank you so much",
        "i have two questions",
        "hi",
        "please help me",
    ],
)
def test_greetings_and_announcements_are_filler(text: str) -> None:
    assert is_filler(text)


@pytest.mark.parametrize("text", ["hello what is soap", "thanks but how much", "visa"])
def test_a_greeting_with_a_question_is_no_filler(text: str) -> None:
    assert not is_filler(text)
