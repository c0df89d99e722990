"""Numbers as people write and say them. Pure; the words are in the vocabulary."""

from __future__ import annotations

import re
from functools import lru_cache

from frontdesk.knowledge.vocabulary import Gazetteer, answer_words, fold

# In English "once" is no number, though in Spanish it is eleven.
_NO_NUMBER = frozenset({"a", "an", "once"})


@lru_cache(maxsize=4)
def _number_word(known: Gazetteer) -> re.Pattern[str]:
    """A number in words: up to nineteen, a ten, or a ten with its unit ("twenty-four")."""
    values = {word: int(value) for word, value in known.meanings.items() if word not in _NO_NUMBER}
    small = [word for word, value in values.items() if value < 20]
    units = [word for word, value in values.items() if 1 <= value <= 9]
    tens = [word for word, value in values.items() if 20 <= value < 60]
    return re.compile(
        rf"\b(?:(?P<tens>{_either(tens)})(?:[\s-]+(?P<unit>{_either(units)})\b)?|(?P<word>{_either(small)}))\b"
    )


def _either(known: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(known, key=len, reverse=True))


def _value(word: str | None) -> int:
    return int(answer_words()["number"].meanings.get(word or "", "0"))


_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_UNITS = "one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_SPOKEN_YEAR = re.compile(
    r"\b(?:(?P<century>twenty|nineteen)[\s-]+(?=ten|eleven|twelve|thir|four|fif|six|seven|eigh"
    r"|nine|twen|for|oh)"
    r"|two thousand(?:\s+and)?(?:\s+|$))"
    rf"(?:(?P<tens>{_TENS})(?:[\s-]+(?P<unit>{_UNITS})\b)?|(?P<teen>{_TEENS})"
    rf"|(?:oh[\s-]+)?(?P<single>{_UNITS}))\b"
)


def years_to_digits(text: str) -> str:
    """Folded text in which spoken years stand in digits: "twenty twenty-one", "two thousand nineteen"."""

    def digits(match: re.Match[str]) -> str:
        base = 1900 if match["century"] == "nineteen" else 2000
        if match["single"] and match["century"] and "oh" not in match.group():
            # "twenty one weeks" is no year.
            return match.group()
        two = _value(match["tens"]) + _value(match["unit"] or match["teen"] or match["single"])
        return str(base + two)

    # "2k19" and "2 0 1 9" are years, too.
    plain = re.sub(r"\b2k(\d{2})\b", r"20\1", ascii_digits(fold(text)))
    plain = re.sub(r"(?<!\d)([12]) ([09]) (\d) (\d)(?! ?\d)", r"\1\2\3\4", plain)
    return _SPOKEN_YEAR.sub(digits, plain)


def words_to_digits(text: str) -> str:
    """Folded text in which numbers up to 59 stand in digits ("twenty-four weeks" → "24 weeks").

    "once" stays: in English it is no number.
    """

    def digits(match: re.Match[str]) -> str:
        return str(_value(match["tens"]) + _value(match["unit"] or match["word"]))

    return _number_word(answer_words()["number"]).sub(digits, ascii_digits(fold(text)))


_SPOKEN_HUNDREDS = re.compile(
    rf"(?<!step )(?<!part )\b(?P<hundreds>one|two|three)[\s-]+"
    rf"(?:hundred(?:[\s-]+(?:and[\s-]+)?(?:(?P<a_tens>{_TENS})(?:[\s-]+(?P<a_unit>{_UNITS}))?|(?P<a_rest>{_TEENS}|{_UNITS})))?"
    rf"|(?P<tens>{_TENS})(?:[\s-]+(?P<unit>{_UNITS}))?|(?P<teen>{_TEENS})|(?:oh|o)[\s-]+(?P<single>{_UNITS}))"
    rf"\b(?![\s-]+(?:{_TENS}|{_TEENS}|{_UNITS}|hundred)\b)"
)


def hundreds_to_digits(text: str) -> str:
    """Folded text in which a spoken number of three digits stands in digits: "two forty-five" → "245"."""

    def digits(match: re.Match[str]) -> str:
        rest = ("a_tens", "a_unit", "a_rest", "tens", "unit", "teen", "single")
        return str(100 * _value(match["hundreds"]) + sum(_value(match[part]) for part in rest))

    return _SPOKEN_HUNDREDS.sub(digits, ascii_digits(fold(text)))


def ascii_digits(text: str) -> str:
    """Arabic-Indic, Devanagari and other decimal digits as 0 to 9."""
    return "".join(_digit(c) for c in text)


def _digit(character: str) -> str:
    if character.isascii() or not character.isdecimal():
        return character
    return str(int(character))
