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
