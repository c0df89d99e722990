"""How many weeks. Pure. One month is four weeks and two are eight; from three months on the count is asked
about.
"""

from __future__ import annotations

import re

from frontdesk.applications.parsing.numbers import words_to_digits
from frontdesk.applications.parsing.result import Certain, Confirm, Context, Parsed, Unclear

LONGEST = 52
_WEEK = (
    r"(?:weeks?|wks?|weekz|week's|wekks?|weaks?|semanas?|sem|semaines?|wochen?|hafta|hafte|linggo"
    r"|settiman[ae]|w)"
)
_MONTH = r"(?:months?|mnths?|mths?|mos?|meses|mes|mois|monate?n?|mesi|mahine|buwan)"
_DAY = r"(?:days?|dias?|jours?|tage?n?)"
_N = r"(\d{1,3}(?:[.,]\d)?)"
_RANGE = re.compile(
    rf"{_N}\s*{_WEEK}?\s*(?:-|–|—|/|\bto\b|\bor\b|\btill\b|\buntil\b|\bo\b|\bou\b|\ba\b|\boder\b"
    rf"|\bbetween\b|\band\b)\s*{_N}(?![\d:])"
)
_WEEKS = re.compile(rf"{_N}\s*-?\s*{_WEEK}\b")
_MONTHS = re.compile(rf"(?:{_N}|\b(a|an|one))\s*-?\s*{_MONTH}\b")
_HALF = re.compile(rf"\b(?:{_MONTH}\s+and\s+(?:a\s+)?half|and\s+(?:a\s+)?half\s+{_MONTH})\b")
_DAYS = re.compile(rf"{_N}\s*-?\s*{_DAY}\b")
_TIMES = re.compile(rf"\b(\d)\s*(?:x|×|times|blocks?\s+of|rotations?\s+of|\*)\s*(\d{{1,2}})\s*{_WEEK}?\b")
_BOUND = re.compile(
    r"\b(?:at least|minimum|min|at most|maximum|max|up to|about|around|approx\w*|roughly|more "
    r"than|less than|or more|or less|over|under|~)\b|\d\s*\+"
)
_WORDS_OF_IT = re.compile(
    rf"^(?:\W|\b(?:for|it|is|its|i|want|need|would|like|prefer|can|do|stay|please|pls|plz|po|only"
    rf"|just|total|in|of|the|rotation|long|full"
    rf"|maybe|think|{_WEEK})\b)*{_N}(?:\W|\b(?:for|please|pls|plz|po|only|just|total|in|enough|is"
    rf"|ok|fine|good|great|best|thanks|thank|you|sir|madam|to be (?:exact|precise)|exactly|i (?:guess|think)"
    rf"|would (?:do|be|work)|should (?:do|be)|works?)\b)*$"
)


def parse(text: str, context: Context) -> Parsed:
    """Weeks from 1 to 52."""
    plain = words_to_digits(text).replace("½", ".5")
    # "8 (eight) weeks" says one number twice.
    plain = re.sub(r"\b(\d{1,3})\s*\(\s*\1\s*\)", r"\1", plain)
    plain = re.sub(r"\b(?:a )?2 of (?=[a-z])", "2 ", plain)
    added = re.search(rf"(?<!\d)(\d{{1,2}})\s*\+\s*(\d{{1,2}})\s*{_WEEK}?\b", plain)
    if added:
        return _confirm(int(added[1]) + int(added[2]))
    if re.search(r"\bhalf (?:a )?year\b", plain):
        return _confirm(26)
    times = _TIMES.search(plain)
    if times:
        return _confirm(int(times[1]) * int(times[2]))
    if re.search(r"\bfortnight\b", plain):
        return Certain(2)
    whole_range = _RANGE.search(plain)
    weeks = [_number(n) for n in _WEEKS.findall(plain)]
    months = [_number(n) if n else 1.0 for n, _ in _MONTHS.findall(plain)]
    is_date = re.fullmatch(r"\W*\d{1,2}\s*[-/]\s*\d{1,2}\s*[-/]\s*\d{2,4}\W*", plain)
    if whole_range and not is_date and _number(whole_range[1]) != _number(whole_range[2]):
        return Unclear("one_number")
    if len(set(weeks)) > 1:
        total = re.search(
            rf"{_N}\s*{_WEEK}\s*(?:in\s+)?(?:total|altogether|overall|together)|total\D{{0,12}}{_N}", plain
        )
        if total:
            return _weeks(_number(total[1] or total[2]), sure=True)
        return Unclear("one_number")
    if weeks:
        return _weeks(weeks[0], sure=not _BOUND.search(plain))
    if months:
        return _from_months(months, plain)
    if _HALF.search(plain):
        return _confirm(6)
    if re.search(r"\b(?:half a month|half month)\b", plain):
        return _confirm(2)
    if re.search(r"\b(?:1|a|one|full|whole)\s*(?:year|yr)\b", plain):
        return _confirm(52)
    days = [_number(n) for n in _DAYS.findall(plain)]
    if len(set(days)) == 1:
        return _weeks(days[0] / 7, sure=True) if days[0] % 7 == 0 else _confirm(max(1, round(days[0] / 7)))
    bare = _WORDS_OF_IT.match(plain.strip())
    if bare:
        return _weeks(_number(bare[1]), sure=True)
    if re.search(rf"\b{_WEEK}\b|\b{_MONTH}\b", plain) and len(plain.split()) <= 8 and "ago" not in plain:
        return Unclear("one_number")
    return None


def in_weeks(text: str) -> int | None:
    """Weeks that the text states as such ("8 weeks"), for messages that say several things."""
    plain = words_to_digits(text)
    if _RANGE.search(plain) or _BOUND.search(plain):
        return None
    found = {_number(n) for n in _WEEKS.findall(re.sub(r"\bw\b", " ", plain))}
    if len(found) != 1:
        return None
    parsed = _weeks(found.pop(), sure=True)
    return parsed.value if isinstance(parsed, Certain) and isinstance(parsed.value, int) else None


def _from_months(months: list[float], plain: str) -> Parsed:
    if len(set(months)) > 1:
        return Unclear("one_number")
    count = months[0] + (0.5 if _HALF.search(plain) else 0.0)
    if count in (1, 2) and not _BOUND.search(plain):
        return Certain(int(count) * 4)
    weeks = 52 if count == 12 else round(count * 4)
    return _confirm(weeks)


def _weeks(count: float, *, sure: bool) -> Parsed:
    if not 1 <= count <= LONGEST:
        return Unclear("weeks_range")
    if count != int(count):
        return _confirm(round(count))
    return Certain(int(count)) if sure else _confirm(int(count))


def _confirm(weeks: int) -> Parsed:
    if not 1 <= weeks <= LONGEST:
        return Unclear("weeks_range")
    return Confirm(weeks, "confirm_weeks", {"value": str(weeks)})


def _number(text: str) -> float:
    return float(text.replace(",", "."))
