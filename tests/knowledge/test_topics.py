"""What the topics promise: each answer has its proof; CHHA's details are from organization.yml or missed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from frontdesk.knowledge.files import KnowledgeError
from frontdesk.knowledge.organization import Organization, organization
from frontdesk.knowledge.topics import read_topics, topics

ARTICLE = "https://www.clinicalprograms.com/blogs/what-is-the-difference-between-internship-and-residency"
EMPTY = Organization()
ENTRY = """
topics:
  - id: first
    question: What is first?
    tier: core
    answer: The first answer is this one.
    sources: [{title: A page, url: "https://example.org/"}]
    stability: stable
    reviewed: 2026-11-22
"""


def all_topics():
    return list(topics())


def test_all_topics_of_the_fact_sheet_are_there():
    assert len(topics()) == 102


@pytest.mark.parametrize("topic", all_topics(), ids=lambda topic: topic.id)
def test_every_answer_carries_sources_and_a_review_date(topic):
    answer = topics().answer(topic.id, EMPTY)
    assert answer.act["act"] == "answer"
    assert answer.act["topic"] == topic.id
    assert answer.act["sources"]
    assert all(source["url"].startswith("http") and source["title"] for source in answer.act["sources"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", answer.act["reviewed"])


@pytest.mark.parametrize("topic", all_topics(), ids=lambda topic: topic.id)
def test_every_answer_is_one_to_five_sentences(topic):
    text = topics().answer(topic.id, EMPTY).text
    sentences = [part for part in re.split(r"(?<=[.!?])\s+(?=[A-Z(\"])", text) if part]
    assert 1 <= len(sentences) <= 7
    assert len(text) <= 620


@pytest.mark.parametrize("topic", all_topics(), ids=lambda topic: topic.id)
def test_no_answer_with_empty_details_shows_a_placeholder(topic):
    assert "{" not in topics().answer(topic.id, EMPTY).text


def test_the_overview_cites_the_article_of_chha():
    answer = topics().answer("difference_overview", EMPTY)
    assert ARTICLE in [source["url"] for source in answer.act["sources"]]


def test_a_price_is_never_invented():
    assert not re.search(r"\$\s?\d", topics().answer("rotation_cost", EMPTY).text)


def test_a_filled_detail_takes_the_place_of_the_missing_one():
    filled = Organization(price_url="https://example.org/prices")
    answer = topics().answer("rotation_cost", filled)
    assert "https://example.org/prices" in answer.text
    assert "don't have" not in answer.text


def test_every_answer_with_details_fills_all_its_placeholders():
    filled = organization().model_copy(
        update={
            "locations": ["Chicago"],
            "rotation_min_weeks": 4,
            "rotation_max_weeks": 12,
        }
    )
    text = topics().answer("rotation_duration", filled).text
    assert "4" in text
    assert "12" in text


def test_the_length_of_a_residency_is_told_for_the_specialty_asked():
    answer = topics().answer("residency_length", EMPTY, subject="neurosurgery")
    assert "7 years" in answer.text
    assert answer.act["subject"] == "neurosurgery"


def test_an_unknown_specialty_gets_the_general_answer():
    answer = topics().answer("residency_length", EMPTY, subject="astrology")
    assert "subject" not in answer.act


def test_labels_of_topics_differ():
    labels = [topic.question.casefold() for topic in topics()]
    assert len(labels) == len(set(labels))


def test_an_edited_answer_is_live_without_a_restart(tmp_path: Path):
    folder = tmp_path / "topics"
    folder.mkdir()
    file = folder / "a.yml"
    file.write_text(ENTRY)
    assert topics(tmp_path).answer("first", EMPTY).text == "The first answer is this one."
    file.write_text(ENTRY.replace("this one", "that one, edited"))
    assert topics(tmp_path).answer("first", EMPTY).text == "The first answer is that one, edited."


def test_a_broken_edit_keeps_the_last_good_answers(tmp_path: Path):
    folder = tmp_path / "topics"
    folder.mkdir()
    file = folder / "a.yml"
    file.write_text(ENTRY)
    assert "first" in topics(tmp_path)
    file.write_text(ENTRY + "  - id: [broken")
    assert topics(tmp_path).answer("first", EMPTY).text == "The first answer is this one."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("topics: 3", "expected a list under `topics:`"),
        ("topics:\n  - id: x\n", "x"),
        (ENTRY + ENTRY.replace("topics:", "").replace("\n\n", "\n"), "stands twice"),
        (ENTRY.replace("https://example.org/", "ftp://example.org/"), "url"),
        (ENTRY.replace("stable", "sometimes"), "stability"),
        (ENTRY + "    next: [nowhere]\n", "nowhere"),
        ("topics:\n\t- id: x", "line 2"),
        ("topics: []\ntopics: []", "stands twice"),
    ],
)
def test_a_broken_file_is_refused_with_a_sentence_that_names_the_place(tmp_path: Path, text: str, said: str):
    file = tmp_path / "a.yml"
    file.write_text(text)
    with pytest.raises(KnowledgeError, match=re.escape(said)):
        read_topics([file])


def test_a_missing_file_says_what_to_do(tmp_path: Path):
    with pytest.raises(KnowledgeError, match="restore it"):
        read_topics([tmp_path / "gone.yml"])
