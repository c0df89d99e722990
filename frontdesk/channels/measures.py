"""How providers count text, and where a long text may be cut. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

# GSM 03.38: the basic alphabet, and the signs that cost two places.
GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("\f^{}\\[~]|€")

# Places of a single SMS and of each piece of a longer one, by alphabet.
GSM_SINGLE, GSM_PIECE = 160, 153
UCS2_SINGLE, UCS2_PIECE = 70, 67

# Typographic signs that would make a whole SMS cost twice, and what stands for them.
_PLAIN_SIGNS = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "…": "...",
        "•": "-", "\u00a0": " ", "\u202f": " ", "−": "-", "→": "->", "×": "x", "\t": " ",
    }
)  # fmt: skip


def characters(text: str) -> int:
    """Unicode characters."""
    return len(text)


def utf16(text: str) -> int:
    """UTF-16 units, as Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def gsm_septets(text: str) -> int | None:
    """Places in the GSM alphabet; None when a sign is not in it."""
    total = 0
    for sign in text:
        if sign in GSM_BASIC:
            total += 1
        elif sign in GSM_EXTENDED:
            total += 2
        else:
            return None
    return total


def sms_segments(text: str) -> int:
    """How many SMS a text costs: GSM-7 where every sign is in it, else UCS-2."""
    septets = gsm_septets(text)
    if septets is not None:
        return 1 if septets <= GSM_SINGLE else -(-septets // GSM_PIECE)
    units = utf16(text)
    return 1 if units <= UCS2_SINGLE else -(-units // UCS2_PIECE)


def sms_plain(text: str) -> str:
    """The text with typographic signs that GSM-7 lacks written plainly."""
    return text.translate(_PLAIN_SIGNS)


def shortened(text: str, limit: int, measure: Callable[[str], int]) -> str:
    """The text within `limit`, cut at a word with an ellipsis where it is longer."""
    if measure(text) <= limit:
        return text
    cut = text
    while cut and measure(cut + "…") > limit:
        cut = cut[:-1]
    at_word = cut.rpartition(" ")[0]
    return (at_word if len(at_word) > len(cut) // 2 else cut).rstrip() + "…"


# After a paragraph, a line, a sentence, a word: the best place to cut comes first.
_PLACES = (
    re.compile(r"\n[ \t]*\n+"),
    re.compile(r"\n+"),
    re.compile(r"(?<=[.!?…。！？])[)\"'”’\]]*\s+"),
    re.compile(r"\s+"),
)


def cut(length: int, text: str, fits: Callable[[int, int], bool]) -> list[tuple[int, int]]:
    """Where to cut a text of `length` characters so that each piece fits: `[(start, end)]`, blanks between
    left out.

    Args:
        fits: whether the piece from start to end may be sent as one; must be true for a single character.
    """
    pieces: list[tuple[int, int]] = []
    start = 0
    while start < length:
        while start < length and text[start].isspace():
            start += 1
        if start >= length:
            break
        if fits(start, length):
            pieces.append((start, length))
            break
        longest = _longest(start, length, fits)
        end, after = _best_place(text, start, longest)
        pieces.append((start, end))
        start = after
    return pieces


def _longest(start: int, length: int, fits: Callable[[int, int], bool]) -> int:
    low, high = start + 1, length
    while low < high:
        middle = (low + high + 1) // 2
        if fits(start, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _best_place(text: str, start: int, longest: int) -> tuple[int, int]:
    # A place in the first third would make pieces of a word or two.
    least = start + max(1, (longest - start) // 3)
    for place in _PLACES:
        found = [
            one for one in place.finditer(text, start, min(len(text), longest + 1)) if one.start() >= least
        ]
        if found:
            best = found[-1]
            if best.start() <= longest:
                return best.start(), best.end()
    return longest, longest
