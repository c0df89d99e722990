"""What must never be typed here: passport, identity, exam and card numbers, dates of birth. Pure.

`hidden` takes it out of a message before the message is kept anywhere; `find` is the wider net, by which the
form leaves out what could be meant so, and tells the applicant. A mark of `hidden` is found too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ID = r"(?:[:#=\-]|\bis\b|\bno\b\.?|\bnumber\b|\bnum\b|\bnr\b|\bid\b|\s)*"
# A token that could be a document's number: it holds a digit, at least five characters in all.
_CODE = (
    r"(?P<code>(?=[A-Z0-9\-/ ]*\d)(?:[A-Z0-9][A-Z0-9\-/]{4,24}(?:[ \-]\d{2,6}){0,4}|\d{3,6}(?:[ "
    r"\-]\d{2,6}){1,4}))"
)

_LABELLED = [
    (
        "passport",
        rf"\b(?:passport|pasaporte|passeport|pass\s?port|reisepass)\b{_ID}(?:of mine\s*)?{_CODE}",
    ),
    (
        "identity",
        rf"\b(?:ssn|social security|aadhaa?r|cnic|nin|national (?:id|identity)(?: card)?|id card"
        rf"|identity card|"
        rf"curp|cpf|emirates id|iqama|pan card|voter id|driving licen[cs]e|driver'?s licen[cs]e"
        rf"|tax id)\b{_ID}{_CODE}",
    ),
    (
        "exam",
        rf"\b(?:usmle|ecfmg|intealth|nrmp|aamc|eras|myintealth)[\s/\-]*(?:/\s*ecfmg\s*)?"
        rf"(?:id|identification|number|no\.?|#)\b{_ID}{_CODE}",
    ),
    (
        "card",
        rf"\b(?:credit|debit|visa|master|bank|iban|account)\s*(?:card)?\s*(?:number|no\.?|#)\b{_ID}{_CODE}",
    ),
    (
        "birth",
        r"\b(?:d\.?o\.?b\.?|date of birth|birth ?date|birthday|born on|fecha de "
        r"nacimiento)\b[\s:=,\-]*(?:is\s*)?"
        r"(?P<code>\d{1,4}[./\- ]+(?:\d{1,2}|[a-z]{3,9})[./\- ]+\d{2,4}|[a-z]{3,9}\.? "
        r"\d{1,2}(?:st|nd|rd|th)?,? \d{4})",
    ),
]
_LABELS = [(kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _LABELLED]
_NAMES = {
    "passport": "passport number",
    "identity": "identity number",
    "exam": "exam number",
    "card": "card number",
    "birth": "date of birth",
}
_KINDS = {name: kind for kind, name in _NAMES.items()}
_MARK = re.compile(rf"\[({'|'.join(_KINDS)}) hidden\]")
_SSN = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")
_EXAM_ID = re.compile(r"(?<![\d-])[01]-\d{3}-\d{3}-\d(?![\d-])")
_CARD = re.compile(r"(?<![\d+])\d(?:[ \-]?\d){12,18}(?!\d)")


@dataclass(frozen=True)
class Sensitive:
    """Where something stands that must not be kept, and its kind: passport, identity, exam, card, birth."""

    kind: str
    start: int
    end: int


def find(text: str) -> list[Sensitive]:
    """Everything of that sort in the text, in its order, no overlaps."""
    found = [
        Sensitive(kind, match.start("code"), match.end("code"))
        for kind, pattern in _LABELS
        for match in pattern.finditer(text)
    ]
    found += [Sensitive(_KINDS[match[1]], match.start(), match.end()) for match in _MARK.finditer(text)]
    found += [Sensitive("identity", match.start(), match.end()) for match in _SSN.finditer(text)]
    found += [Sensitive("exam", match.start(), match.end()) for match in _EXAM_ID.finditer(text)]
    found += [
        Sensitive("card", match.start(), match.end())
        for match in _CARD.finditer(text)
        if _is_card(match.group())
    ]
    kept: list[Sensitive] = []
    for one in sorted(found, key=lambda s: (s.start, -s.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def hidden(text: str) -> tuple[str, list[str]]:
    """The text with a mark in place of each number that is surely one of these; the kinds, in order.

    Surer than `find`, as what is taken out here is lost: digits alone count as a card only where no phone
    number can be (15 digits of American Express, 16 of the others, with a right check digit).
    """
    sure = [
        one
        for one in find(text)
        if not _MARK.fullmatch(text[one.start : one.end])
        and _holds_number(text[one.start : one.end])
        and (one.kind != "card" or _labelled(text, one) or _is_surely_card(text[one.start : one.end]))
    ]
    for one in reversed(sure):
        text = f"{text[: one.start]}[{_NAMES[one.kind]} hidden]{text[one.end :]}"
    return text, [one.kind for one in sure]


def kinds_hidden(text: str) -> list[str]:
    """The kinds of the marks in a text."""
    return [_KINDS[match[1]] for match in _MARK.finditer(text)]


def name_of(kind: str) -> str:
    """The kind in words: "passport number"."""
    return _NAMES[kind]


def mask(text: str, mark: str = "•••") -> str:
    """The text without what `find` found."""
    for one in reversed(find(text)):
        text = text[: one.start] + mark + text[one.end :]
    return text


def _holds_number(code: str) -> bool:
    digits = sum(sign.isdigit() for sign in code)
    return digits >= 5 or (digits == 4 and any(sign.isalpha() for sign in code))


def _labelled(text: str, one: Sensitive) -> bool:
    return any(match.start("code") == one.start for _, pattern in _LABELS for match in pattern.finditer(text))


def _is_surely_card(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    if len(digits) == 15:
        return digits[:2] in {"34", "37"}
    return len(digits) == 16 and (digits[0] in "456" or "2221" <= digits[:4] <= "2720")


def _is_card(text: str) -> bool:
    digits = [int(c) for c in text if c.isdigit()]
    # Card numbers begin with 3 to 6 (or 2 in one range); a phone in 00 form begins with 0.
    if not 13 <= len(digits) <= 19 or digits[0] not in {2, 3, 4, 5, 6}:
        return False
    doubled = [d if i % 2 == 0 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0
