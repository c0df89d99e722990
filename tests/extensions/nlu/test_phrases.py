"""Phrases are read from their files, and a mistake in one is named with its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from extensions.nlu import phrases, safety_phrases
from extensions.nlu.engine import training_examples
from extensions.nlu.vocabulary import VocabularyError, vocabulary_folder

FILES = sorted(path.stem for path in (vocabulary_folder() / "phrases").glob("*.yml"))


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


# --- patterns that begin at a word's edge are joined ---


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Texts of every label, typed and as the phrases of safety read them, and such as touch the edges."""
    typed, labels = training_examples()
    limits = [
        text for text, label in zip(typed, labels, strict=True) if label.startswith(("decline", "safety"))
    ]
    some = [*typed[::20], *limits[::3], "", "x", "can't-do_it", "50% of 3 mg", "मुझे मरना है", "l'an 2000"]
    return list(dict.fromkeys([*(text.lower() for text in some), *map(safety_phrases.flat, some)]))


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_phrases_finds_what_its_patterns_find_one_by_one(
    name: str, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []
    join = phrases._joined
    monkeypatch.setattr(phrases, "_joined", lambda patterns: given.extend(patterns) or join(patterns))
    found = phrases.load(name)
    plain = re.compile("|".join(given))

    def places(pattern: re.Pattern[str], text: str) -> list[int]:
        """Where the text can be read as a phrase; how far one reaches is nobody's question."""
        first = pattern.search(text)
        return [first.start()] if first else []

    assert [places(found, text) for text in texts] == [places(plain, text) for text in texts]


def test_the_texts_hold_phrases_to_find(texts: list[str]) -> None:
    found = {name for name in FILES if any(map(phrases.load(name).search, texts))}
    assert len(found) > len(FILES) / 2


@pytest.mark.parametrize(
    ("patterns", "joined"),
    [
        ([r"\bone", r"\btwo\b"], r"\b(?:one|two\b)"),
        ([r"\bone", "two", r"\bthree"], r"\b(?:one|three)|two"),
        ([r"\bone|two", r"\bthree"], r"\b(?:three)|\bone|two"),
        ([r"\b(?:one|two)", r"\b[|]x"], r"\b(?:(?:one|two)|[|]x)"),
        ([r"\bone\|two"], r"\b(?:one\|two)"),
        ([r"\b(?:a)|b"], r"\b(?:a)|b"),
        ([r"\\bone", "two"], r"\\bone|two"),
        (["two"], "two"),
    ],
)
def test_only_a_pattern_without_alternatives_of_its_own_is_joined_at_the_edge(
    patterns: list[str], joined: str
) -> None:
    assert phrases._joined(patterns) == joined


@pytest.mark.parametrize(
    ("pattern", "branches"),
    [
        ("a|b", True),
        ("(a|b)", False),
        ("(?:a|(b|c))d", False),
        ("(?:a|b)|c", True),
        (r"a\|b", False),
        (r"\(a|b\)", True),
        ("[|]", False),
        ("[(]|b", True),
        ("([)|]a)", False),
        ("[]|]a", False),
        ("[^]|]a", False),
        ("[](]a|b", True),
        (r"[\]|]a", False),
        ("(?:[](]a)|b", True),
    ],
)
def test_alternatives_outside_all_groups_are_seen(pattern: str, branches: bool) -> None:
    re.compile(pattern)
    assert phrases._branches(pattern) is branches
