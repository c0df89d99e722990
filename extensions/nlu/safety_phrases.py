"""Room: extensions/nlu. Finds phrases of crisis, emergency and harassment, and figures of speech.

The phrases stand in `knowledge/vocabulary/phrases`, each with a line in the table of
tests/extensions/nlu/test_safety.py. They are written for recall: a false alarm costs one kind sentence, a
miss may cost a life. Must not import Rasa.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from extensions.nlu import phrases

KINDS = ("crisis", "emergency", "harassment")

_PATTERNS = {kind: phrases.load(kind) for kind in KINDS}
_FIGURES = phrases.load("figures")
_DISTRESS = phrases.load("distress")
_MARKS = re.compile(r"[^\w\s'.,!?;-]", re.UNICODE)
_SPACES = re.compile(r"\s+")


@lru_cache(maxsize=64)
def flat(text: str) -> str:
    """Return a text as the phrases expect it: lower case, Latin letters without accents, single spaces."""
    text = text.lower().replace("’", "'")
    if not text.isascii():
        text = "".join(_without_accent(character) for character in text)
    # Vowel signs of Indic scripts are no word characters, so only Latin marks are removed.
    return _SPACES.sub(" ", _MARKS.sub(_mark, text)).strip()


def _mark(found: "re.Match[str]") -> str:
    return (
        found.group() if ord(found.group()) > 0x24F and unicodedata.category(found.group())[0] == "M" else " "
    )


def _without_accent(character: str) -> str:
    if ord(character) > 0x24F:
        return character
    return unicodedata.normalize("NFD", character)[0]


@lru_cache(maxsize=64)
def without_figures(text: str) -> tuple[str, bool]:
    """Return a flat text without figures of speech, and whether it held any."""
    reduced, count = _FIGURES.subn(" ", text)
    return reduced, bool(count)


def shows_distress(text: str) -> bool:
    """Return whether a text holds a word of distress, or is not written in Latin letters."""
    reduced, _ = without_figures(flat(text))
    return bool(_DISTRESS.search(reduced)) or not reduced.isascii()


def find(texts: list[str]) -> tuple[str | None, bool]:
    """Return (kind of harm that a phrase reports or None, whether figures of speech stand in the texts).

    `texts` are versions of one message (as typed, as spelled); crisis comes before emergency before
    harassment.
    """
    versions: dict[str, None] = {}  # as typed and as spelled is often the same
    figurative = False
    for text in texts:
        reduced, found = without_figures(flat(text))
        figurative = figurative or found
        versions[reduced] = None
    for kind in KINDS:
        if any(_PATTERNS[kind].search(version) for version in versions):
            return kind, figurative
    return None, figurative
