"""Names of months in a text: English and the vocabulary's other languages. Pure."""

from __future__ import annotations

import calendar
import re

from frontdesk.knowledge.vocabulary import answer_words, fold, vocabulary, words

ENGLISH = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
SHORT = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
# Abbreviations in other languages that are English words.
_NOT_MONTHS = frozenset({"set", "out", "ago", "mars", "i", "do", "mei"})
# "may I", "it may take": no month.
_AFTER_MAY = frozenset("i you we be it they he she not have take need start also".split())
_BEFORE_MAY = frozenset("i it we you that she he they".split())


def month_numbers(text: str) -> list[int]:
    """The months named in the text, in order."""
    return [number for number, _, _ in named_months(fold(text))]


def named_months(plain: str) -> list[tuple[int, int, int]]:
    """(month, start, end) for each name of a month in a folded text; "may I …" names none."""
    found: list[tuple[int, int, int]] = []
    line = words(plain)
    for at, word in enumerate(line):
        number = _number(word.folded)
        if number is None:
            continue
        after = line[at + 1].folded if at + 1 < len(line) else ""
        before = line[at - 1].folded if at else ""
        if word.folded == "may" and (after in _AFTER_MAY or before in _BEFORE_MAY):
            continue
        found.append((number, word.start, word.end))
    return found


def _number(word: str) -> int | None:
    """The month of one word, a year glued to it ("june27") included."""
    number = ENGLISH.get(word) or SHORT.get(word)
    if number is None and word not in _NOT_MONTHS:
        abroad = answer_words()["month_abroad"].meanings.get(word)
        number = _number_of(vocabulary()["month"].terms.id_of((word,)) or abroad)
    if number is None and (glued := re.fullmatch(r"([a-z]{3,9})(\d{2}|\d{4})", word)):
        number = ENGLISH.get(glued[1]) or SHORT.get(glued[1])
    return number


def _number_of(id_: str | None) -> int | None:
    if id_ is None:
        return None
    if id_.isdigit():
        return int(id_) if 1 <= int(id_) <= 12 else None
    return ENGLISH.get(fold(id_)) or SHORT.get(fold(id_)[:3])
