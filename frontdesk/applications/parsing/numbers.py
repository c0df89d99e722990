"""Numbers as people write and say them. Pure; imports only the words of a text."""

from __future__ import annotations

import re

from frontdesk.knowledge.vocabulary import fold

UNITS = {
    **dict(zip("zero one two three four five six seven eight nine ten".split(), range(11), strict=True)),
    **dict(
        zip(
            "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(),
            range(11, 20),
            strict=True,
        )
    ),
    **dict(zip("uno dos tres cuatro cinco seis siete ocho nueve diez".split(), range(1, 11), strict=True)),
    **dict(zip("un deux trois quatre cinq six".split(), range(1, 7), strict=True)),
    **dict(zip("um dois tres quatro cinco seis sete oito nove dez".split(), range(1, 11), strict=True)),
    "once": 11,
    "doce": 12,
    "onze": 11,
    "douze": 12,
    "doze": 12,
    "una": 1,
    "une": 1,
    "uma": 1,
    "a": 1,
    "an": 1,
    "couple": 2,
    "dozen": 12,
}
TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}

_NUMBER_WORD = re.compile(
    r"\b(?:(?P<tens>twenty|thirty|forty|fifty)(?:[\s-]+(?P<unit>one|two|three|four|five|six|seven"
    r"|eight|nine))?"
    r"|(?P<word>"
    + "|".join(sorted((w for w in UNITS if w not in {"a", "an"}), key=len, reverse=True))
    + r"))\b"
)


_SPOKEN_YEAR = re.compile(
    r"\b(?:(?P<century>twenty|nineteen)[\s-]+(?=ten|eleven|twelve|thir|four|fif|six|seven|eigh"
    r"|nine|twen|for|oh)"
    r"|two thousand(?:\s+and)?(?:\s+|$))"
    r"(?:(?P<tens>twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[\s-]+(?P<unit>one|two"
    r"|three|four|five|six|seven|eight|nine)\b)?"
    r"|(?P<teen>ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
    r"|(?:oh[\s-]+)?(?P<single>one|two|three|four|five|six|seven|eight|nine))\b"
)
_DECADES = {**TENS, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}


def years_to_digits(text: str) -> str:
    """Folded text in which spoken years stand in digits: "twenty twenty-one", "two thousand nineteen"."""

    def digits(match: re.Match[str]) -> str:
        base = 1900 if match["century"] == "nineteen" else 2000
        if match["single"] and match["century"] and "oh" not in match.group():
            # "twenty one weeks" is no year.
            return match.group()
        two = _DECADES.get(match["tens"] or "", 0) + UNITS.get(
            match["unit"] or match["teen"] or match["single"] or "", 0
        )
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
        if match["tens"]:
            return str(TENS[match["tens"]] + (UNITS[match["unit"]] if match["unit"] else 0))
        return match["word"] if match["word"] == "once" else str(UNITS[match["word"]])

    return _NUMBER_WORD.sub(digits, ascii_digits(fold(text)))


def ascii_digits(text: str) -> str:
    """Arabic-Indic, Devanagari and other decimal digits as 0 to 9."""
    return "".join(_digit(c) for c in text)


def _digit(character: str) -> str:
    if character.isascii() or not character.isdecimal():
        return character
    return str(int(character))
