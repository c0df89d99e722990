"""Phrases are read from their files, and a mistake in one is named with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from extensions.nlu import phrases
from extensions.nlu.vocabulary import VocabularyError


def test_words_stand_for_their_parts_in_patterns_and_in_later_words(tmp_path: Path) -> None:
    (tmp_path / "sea.yml").write_text(
        "words: {who: '(?:i|we)', go: '{who} sail'}\npatterns: {Latin letters: ['\\b{go}\\b.{2,9}home']}\n"
    )
    found = phrases.load("sea", tmp_path)
    assert found.search("tomorrow we sail back home")
    assert not found.search("they sail back home")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("patterns: [", "not YAML"),
        ("phrases: {}", "allowed are"),
        ("words: {}", "must map"),
        ("patterns: {Latin letters: []}", "needs a list"),
        ("patterns: {Latin letters: [12]}", "no pattern"),
        ("patterns: {Latin letters: ['(open']}", "no regular expression"),
        ("patterns: {Latin letters: ['{nobody} left']}", "which `words` lacks"),
        ("patterns: {Latin letters: ['x*']}", "empty message"),
    ],
)
def test_a_faulty_file_is_refused_with_its_name_and_what_is_wrong(
    tmp_path: Path, content: str, complaint: str
) -> None:
    (tmp_path / "sea.yml").write_text(content)
    with pytest.raises(VocabularyError, match=complaint) as refused:
        phrases.load("sea", tmp_path)
    assert "sea.yml" in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match=r"land\.yml"):
        phrases.load("land", tmp_path)
