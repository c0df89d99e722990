"""The year of graduation and the year of the Match. Pure."""

from __future__ import annotations

import datetime as dt
import re

from frontdesk.applications.parsing.month_names import month_numbers
from frontdesk.applications.parsing.numbers import words_to_digits, years_to_digits
from frontdesk.applications.parsing.result import Certain, Confirm, Context, Parsed, Unclear

EARLIEST = 1950
STUDENT_AHEAD = 8
MATCH_AHEAD = 8

_LONG_DIGITS = re.compile(r"(?<!\d)\d{5,}(?!\d)")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_SPAN = re.compile(
    r"(?<!\d)((?:19|20)\d{2})\s*(?:-|–|—|/|to|till|until|a)\s*((?:19|20)\d{2}|\d{2})(?![\d/.\-])"
)
_SHORT = re.compile(
    r"(?:^|\b(?:class|batch|grad|graduate|graduated|graduating|graduation|year|in|of|finish"
    r"|finished|mbbs|cohort|promo|'))"
    r"\s*(?:year|of|in|is|the|class|batch|:|-|')*\s*['’`]?(\d{2})(?=\W*(?:$|grad|batch|class"
    r"|please|pls|insha\w*|only|sir|po\b))"
)
_MONTH_SHORT = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)\w*\.?[\s,'’-]+(\d{2})(?!\d"
    r"|\s*(?:st|nd|rd|th))"
)
_AGO = re.compile(r"\b(\d{1,2}|a)\s*(?:years?|yrs?|y)\s*(?:ago|back|before)\b")
_AHEAD = re.compile(r"\b(?:in|after|within|another)\s*(\d|a)\s*(?:more\s*)?(?:years?|yrs?)\b")
_NOT_IT = re.compile(
    r"\b(?:born|birth|dob|joined|started|start|began|begin|enrolled|entered|admitted|admission"
    r"|step\s*1|step\s*2|ck|visa"
    r"|moved|came|married)\b[^,;.\d]*$|\b(?:from|since)\s*$"
)
_IT = re.compile(
    r"\b(?:graduat\w*|finish\w*|complet\w*|pass\w*|class|batch|degree|diploma|inducted"
    r"|convocation|end\w*|till|until|to|will be|done)"
    r"\b[^,;.\d]*$"
)


def graduation(text: str, context: Context) -> Parsed:
    """Four digits, past for graduates, at most eight years ahead for students."""
    today = context.today
    plain = words_to_digits(years_to_digits(text))
    if _LONG_DIGITS.search(plain):
        return Unclear("year_digits")
    found = _found(plain, today)
    if re.search(r"\b(?:last|final) year\b", plain) and not _YEAR.search(plain):
        # For a student the last year is the one they are in, not the one gone by.
        if context.values.get("training_stage") == "student":
            return Unclear("year_of_study")
        if isinstance(found, int) and context.values.get("training_stage") != "graduate":
            return Confirm(found, "confirm_year", {"value": str(found)})
    if not isinstance(found, int):
        return found
    problem = implausible(found, context)
    return Unclear(problem, {"year": str(found)}) if problem else Certain(found)


def implausible(year: int, context: Context) -> str | None:
    """Why this year of graduation cannot be, with the stage as known; None when it can."""
    today = context.today
    if not EARLIEST <= year <= today.year + STUDENT_AHEAD:
        return "year_range"
    stage = context.values.get("training_stage")
    if stage == "graduate" and year > today.year:
        return "year_future_graduate"
    if stage == "student" and year < today.year:
        return "year_past_student"
    return None


def match(text: str, context: Context) -> Parsed:
    """The year of the Match aimed at: this one or later."""
    today = context.today
    plain = words_to_digits(years_to_digits(text))
    if _LONG_DIGITS.search(plain):
        return Unclear("year_digits")
    if re.search(r"\b(?:next|upcoming|coming|this coming|nearest)\s+(?:the\s+)?match\b", plain):
        return Confirm(next_match(today), "confirm_match_year", {"value": str(next_match(today))})
    if re.search(r"\b(?:asap|as soon as possible|soonest)\b", plain):
        return Confirm(next_match(today), "confirm_match_year", {"value": str(next_match(today))})
    found = _found(plain, today)
    if isinstance(found, Unclear) and found.ask == "year_two":
        return Unclear("match_two")
    if not isinstance(found, int):
        return found
    if not today.year <= found <= today.year + MATCH_AHEAD:
        return Unclear("match_range", {"year": str(found)})
    return Certain(found)


def next_match(today: dt.date) -> int:
    """The Match whose result comes next: it is announced in March."""
    return today.year if today.month < 3 else today.year + 1


def _found(plain: str, today: dt.date) -> int | Unclear | Confirm | None:
    span = _SPAN.search(plain)
    if span:
        end = int(span[2]) if len(span[2]) == 4 else int(span[1][:2] + span[2])
        if end > int(span[1]):
            return Confirm(end, "confirm_year", {"value": str(end)})
    years = [(int(m.group()), plain[: m.start()]) for m in _YEAR.finditer(plain)]
    wanted = [year for year, before in years if not _NOT_IT.search(before)]
    said = [year for year, before in years if _IT.search(before) and not _NOT_IT.search(before)]
    if len(set(wanted)) > 1:
        # A year of another calendar beside ours: "2080 BS, 2023 AD".
        wanted = [year for year in wanted if EARLIEST <= year <= today.year + STUDENT_AHEAD] or wanted
    if len(set(wanted)) > 1:
        wanted = said if len(set(said)) == 1 else wanted
    if len(set(wanted)) > 1:
        return Unclear("year_two")
    if wanted:
        return wanted[0]
    if years:
        return None
    short = _MONTH_SHORT.search(plain) or _SHORT.search(plain)
    if short:
        return century(int(short[1]), today)
    return _relative(plain, today)


def century(two_digits: int, today: dt.date) -> int:
    """'28 is 2028, '98 is 1998: nothing that ends more than fifteen years from now."""
    year = 2000 + two_digits
    return year if year <= today.year + 15 else year - 100


def _relative(plain: str, today: dt.date) -> int | Unclear | None:
    if re.search(r"\b(?:the\s+)?year after next\b|\bnext to next year\b", plain):
        return today.year + 2
    if re.search(r"\b(?:this|current|present|same) year\b|\beste ano\b", plain):
        return today.year
    if re.search(
        r"\b(?:next|coming|following|upcoming) year\b|\b(?:proximo ano|el ano que viene|ano que vem)\b", plain
    ):
        return today.year + 1
    if re.search(r"\b(?:last|previous|past) year\b|\bano pasado\b", plain):
        return today.year - 1
    ago = _AGO.search(plain)
    if ago:
        return today.year - (1 if ago[1] == "a" else int(ago[1]))
    ahead = _AHEAD.search(plain)
    if ahead:
        return today.year + (1 if ahead[1] == "a" else int(ahead[1]))
    month = _next_month(plain)
    if month:
        if re.search(r"\blast\b", plain):
            return today.year if month < today.month else today.year - 1
        return today.year if month > today.month else today.year + 1
    if re.search(r"\b(?:final|last|[1-7](?:st|nd|rd|th)?)\s*(?:year|yr)\b", plain):
        return Unclear("year_of_study")
    if re.fullmatch(r"\W*\d{1,3}\W*", plain):
        return Unclear("year_digits")
    return None


def _next_month(plain: str) -> int | None:
    numbers = month_numbers(plain)
    return (
        numbers[0]
        if len(set(numbers)) == 1 and re.search(r"\b(?:next|this|coming|last|in)\b", plain)
        else None
    )
