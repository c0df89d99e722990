"""Private data out of a message before anybody makes a training example of it: names, addresses, numbers.

A net with holes by nature: a person reads each example and can edit it before it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from phonenumbers import PhoneNumberMatcher

NAME: Final = "NAME"
EMAIL: Final = "EMAIL"
PHONE: Final = "PHONE"
NUMBER: Final = "NUMBER"
LINK: Final = "LINK"
# Where a number without its country's code may come from.
REGIONS: Final = ("US", "IN", "GB")
LONGEST: Final = 300

_EMAIL = re.compile(r"[^\s@<>()\[\],;:]+@[^\s@<>()\[\],;:]+\.\w{2,}")
_LINK = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
# Six digits and more, in groups too: passports, AAMC and ECFMG ids, cards. Scores and years are shorter.
_LONG_NUMBER = re.compile(r"(?<!\w)(?!(?:19|20)\d\d[ -](?:19|20|0|1)\d{1,3}(?!\d))(?:\d[ -]?){6,}\d?(?!\w)")
_CODE = re.compile(r"\b(?=\w*\d)(?=\w*[A-Z])[A-Z0-9]{6,12}\b")
_DATE = re.compile(r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b")
_WORD = r"[^\W\d_][\w'’.-]*"
_CALLED = re.compile(
    r"(?P<lead>\b(?:my (?:full |first |last )?name(?: is|'s|:)|name:|i am called|they call me|"
    r"call me(?! at| on| by| back| when| later| PHONE)|mr\.?|mrs\.?|ms\.?|dr\.?)\s+)"
    rf"(?P<name>{_WORD}(?:\s+(?!(?:and|from|i|but|i'm|a|is|my)\b){_WORD}){{0,3}})",
    re.IGNORECASE,
)
# "I am Amina Bello": two capitals in a row, or it would take "I am Indian" for a name.
_I_AM = re.compile(
    r"(?P<lead>\b(?:[Ii] am|[Ii]['’]?m|[Tt]his is|[Rr]egards,?|[Ss]incerely,?)\s+)"
    r"(?P<name>[A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]+){1,3})"
)
_SPACES = re.compile(r"\s+")


def names_in(values: Iterable[dict[str, Any]]) -> list[str]:
    """The names that applications and drafts hold."""
    return [str(one["full_name"]) for one in values if one.get("full_name")]


def masked(text: str, names: Iterable[str] = (), *, whole_names: Iterable[str] = ()) -> str:
    """One line of text without what tells who wrote it.

    Args:
        names: full names known from the record; their parts of three letters and more are masked, too.
        whole_names: names that are masked only as they stand (the team's: one may be called "Front desk").
    """
    line = _SPACES.sub(" ", text).strip()
    line = _EMAIL.sub(EMAIL, _LINK.sub(LINK, line))
    line = _without_phones(line)
    line = _DATE.sub(NUMBER, line)
    line = _LONG_NUMBER.sub(NUMBER, line)
    line = _CODE.sub(NUMBER, line)
    for part in [*whole_names, *_parts(names)]:
        line = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", NAME, line, flags=re.IGNORECASE)
    for pattern in (_CALLED, _I_AM):
        line = pattern.sub(lambda found: f"{found['lead']}{NAME}", line)
    line = re.sub(rf"{NAME}(?:[ -]{NAME})+", NAME, line)
    return line[:LONGEST].rstrip()


def _parts(names: Iterable[str]) -> list[str]:
    """Whole names first, then their words."""
    found: set[str] = set()
    for name in names:
        whole = _SPACES.sub(" ", name).strip()
        found |= {whole, *(word for word in whole.split(" ") if len(word) > 2)}
    return sorted((one for one in found if one), key=len, reverse=True)


def _without_phones(line: str) -> str:
    for region in REGIONS:
        pieces, end = [], 0
        for match in PhoneNumberMatcher(line, region):
            pieces += [line[end : match.start], PHONE]
            end = match.end
        line = "".join(pieces) + line[end:]
    return line
