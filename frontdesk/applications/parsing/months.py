"""The month to start in, from dates, ranges, seasons and "asap", resolved against today. Pure.

A value is "YYYY-MM", never in the past. What can be read two ways is asked, with both ways as choices.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

from frontdesk.applications.parsing.month_names import ENGLISH, named_months
from frontdesk.applications.parsing.numbers import words_to_digits
from frontdesk.applications.parsing.result import Certain, Confirm, Context, Parsed, Unclear, doubted
from frontdesk.applications.parsing.speech import respelled
from frontdesk.applications.parsing.years import century
from frontdesk.knowledge.vocabulary import answer_words, words

YEARS_AHEAD = 5
_ISO = re.compile(r"(?<!\d)(20\d{2})\s*[-/.]\s*(\d{1,2})(?:\s*[-/.]\s*(\d{1,2}))?(?!\d)")
_DMY = re.compile(r"(?<!\d)(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(20\d{2}|\d{2})(?!\d)")
_MY = re.compile(r"(?<![\d/.-])(\d{1,2})\s*[-/.]\s*(20\d{2})(?!\d)")
_YEAR = re.compile(r"(?<!\d)(20\d{2})(?!\d)")
_SOON = re.compile(
    r"\b(?:asap|as soon as (?:possible|i can|you can)|soon as possible|soonest|immediately|right "
    r"away|straight ?away|now|at once"
    r"|earliest(?: possible| available| date)?|lo antes posible|cuanto antes|as early as possible)\b"
)
_OPEN = re.compile(
    r"\b(?:any ?time|whenever|flexible|any month|open|no preference|does ?nt matter|doesnt matter"
    r"|cualquier)\b"
)
_RANGE = re.compile(r"\b(?:to|till|until|through|thru|a|hasta|-)\b|[-–—]")


def shown(value: str) -> str:
    """ "2027-06" as "June 2027"."""
    year, _, month = value.partition("-")
    return f"{calendar.month_name[int(month)]} {year}"


def value_of(year: int, month: int) -> str:
    return f"{year:04d}-{month:02d}"


def is_value(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"20\d{2}-(?:0[1-9]|1[0-2])", value) is not None


def parse(text: str, context: Context) -> Parsed:
    """The month that the text names to start in; a misspelt one is asked about."""
    found = _parse(text, context)
    if (found is None or isinstance(found, Unclear)) and (mended := respelled(text, frozenset(ENGLISH))):
        again = _parse(mended, context)
        if isinstance(again, Certain | Confirm):
            return doubted(again)
    return found


# "2027年6月", "2027년 6월".
_EAST_ASIAN = re.compile(
    r"(?P<year>20\d{2})\s*[年년]\s*(?P<month>1[0-2]|0?[1-9])\s*[月월](?:\s*\d{1,2}\s*[日일])?"
)


def _parse(text: str, context: Context) -> Parsed:
    today = context.today
    plain = words_to_digits(_EAST_ASIAN.sub(r"\g<month>/\g<year>", text))
    numeric = _numeric(plain, today)
    if numeric is not None:
        return numeric
    named = named_months(plain)
    years = sorted({int(y) for y in _YEAR.findall(plain)})
    if re.search(r"\b(?:next|coming|following) year\b|\bproximo ano\b|\bano que viene\b", plain):
        years = years or [today.year + 1]
    elif re.search(r"\b(?:this|current) year\b|\beste ano\b", plain):
        years = years or [today.year]
    if named:
        found = _with_names(plain, named, years, today)
        return _beside(plain, named[0][1], found, today)
    return _without_names(plain, years, today)


def _beside(plain: str, start: int, found: Parsed, today: dt.date) -> Parsed:
    """ "After June" is not June: the month beside it is asked about."""
    side = re.search(r"\b(after|before)\s+(?:the\s+)?(?:end of\s+|mid\s+)?$", plain[:start])
    if not side or not isinstance(found, Certain):
        return found
    year, month = (int(part) for part in str(found.value).split("-"))
    step = 1 if side[1] == "after" else -1
    beside = _add(dt.date(year, month, 1), step)
    return _suggest(*beside, today)


def _numeric(plain: str, today: dt.date) -> Parsed:
    iso = _ISO.search(plain)
    if iso:
        return _dated(int(iso[1]), int(iso[2]), today)
    dmy = _DMY.search(plain)
    if dmy:
        first, second = int(dmy[1]), int(dmy[2])
        year = int(dmy[3]) if len(dmy[3]) == 4 else century(int(dmy[3]), today)
        if not (1 <= first <= 31 and 1 <= second <= 31) or (first > 12 and second > 12):
            return Unclear("month_no_date")
        if first > 12 or second > 12 or first == second:
            return _dated(year, second if first > 12 else first, today)
        days = [(second, first), (first, second)]
        options = [value_of(year, month) for month, _ in days if _problem(year, month, today) is None]
        if len(options) == 2:
            ways = [f"{day} {calendar.month_name[month]} {year}" for month, day in days]
            return Unclear("date_order", {"one": ways[0], "other": ways[1]}, options=tuple(options))
        # One of the two ways lies in the past, so the other is meant; said back to be sure.
        if options:
            return Confirm(options[0], "confirm_month", {"value": shown(options[0])})
        return Unclear("month_past", {"given": shown(value_of(year, second))})
    short = re.fullmatch(r"\W*(?:in |from |start )?(\d{1,2})\s*/\s*(\d{2})\W*", plain)
    if short and 1 <= int(short[1]) <= 12 and int(short[2]) >= today.year % 100:
        return _suggest(century(int(short[2]), today), int(short[1]), today)
    month_year = _MY.search(plain)
    if month_year:
        return _dated(int(month_year[2]), int(month_year[1]), today)
    return None


def _dated(year: int, month: int, today: dt.date) -> Parsed:
    if not 1 <= month <= 12:
        return Unclear("month_no_date")
    problem = _problem(year, month, today)
    return (
        Unclear(problem, {"given": shown(value_of(year, month))})
        if problem
        else Certain(value_of(year, month))
    )


def _problem(year: int, month: int, today: dt.date) -> str | None:
    if (year, month) < (today.year, today.month):
        return "month_past"
    if year > today.year + YEARS_AHEAD:
        return "month_far"
    return None


def _with_names(plain: str, named: list[tuple[int, int, int]], years: list[int], today: dt.date) -> Parsed:
    months = list(dict.fromkeys(number for number, _, _ in named))
    if len(years) > 1:
        return Unclear("month_which")
    if len(months) > 1:
        values = []
        for month in months:
            resolved = _one(plain, month, named[0][2], years, today)
            if isinstance(resolved, Certain):
                values.append(str(resolved.value))
        between = plain[named[0][2] : named[1][1]]
        if len(values) == len(months) and _RANGE.search(between):
            return Confirm(values[0], "confirm_month", {"value": shown(values[0])})
        return Unclear("month_which", options=tuple(values[:3]))
    return _one(plain, months[0], named[0][2], years, today)


def _one(plain: str, month: int, end: int, years: list[int], today: dt.date) -> Parsed:
    if years:
        return _dated(years[0], month, today)
    upcoming = today.year if month > today.month else today.year + 1
    near = re.match(r"[\s,.'’]*(?:of\s+)?['’]?(\d{2})(?!\d|\s*(?:st|nd|rd|th|wk|week|day|mon))", plain[end:])
    glued = re.search(r"[a-z](\d{2})\b", plain[max(0, end - 5) : end])
    short = near or glued
    if short and int(short[1]) >= today.year % 100:
        year = century(int(short[1]), today)
        number = int(short[1])
        apostrophe = re.search(r"['’]\s*" + short[1], plain) is not None
        day_too = number <= calendar.monthrange(upcoming, month)[1] and not apostrophe and not glued
        if year == upcoming or not day_too or year > today.year + YEARS_AHEAD:
            return _dated(year if year <= today.year + YEARS_AHEAD else upcoming, month, today)
        options = (value_of(upcoming, month), value_of(year, month))
        return Unclear("month_year", {"one": shown(options[0]), "other": shown(options[1])}, options=options)
    if month == today.month and not re.search(r"\bnext\b|\bcoming\b", plain):
        options = (value_of(today.year, month), value_of(today.year + 1, month))
        return Unclear("month_year", {"one": shown(options[0]), "other": shown(options[1])}, options=options)
    return Certain(value_of(upcoming, month))


def _without_names(plain: str, years: list[int], today: dt.date) -> Parsed:
    found = _relative(plain, today)
    if found:
        return found
    season = _stands_for("season", plain)
    if season:
        year = years[0] if years else (today.year if season > today.month else today.year + 1)
        return _suggest(year, season, today)
    quarter = re.search(r"\bq([1-4])\b|\b([1-4])(?:st|nd|rd|th)?\s*quarter\b", plain)
    if quarter:
        month = (int(quarter[1] or quarter[2]) - 1) * 3 + 1
        year = years[0] if years else (today.year if month > today.month else today.year + 1)
        return _suggest(year, month, today)
    if years:
        part = _stands_for("part_of_year", plain)
        if part:
            return _suggest(years[0], part, today)
        return Unclear("month_of_year", {"year": str(years[0])}, kept=str(years[0]))
    if re.search(r"\b(?:end of (?:the |this )?year|year end)\b", plain):
        return _suggest(today.year, 12, today)
    if re.search(r"\b(?:in|from|after|the|at)? ?(?:the )?new year\b", plain):
        return _suggest(today.year + 1, 1, today)
    if re.search(r"\bas soon as (?:i|my|we|the)\b", plain):
        return Unclear("month_needed")
    if _SOON.search(plain):
        soon = _add(today, 1)
        return Confirm(value_of(*soon), "confirm_soon", {"value": shown(value_of(*soon))})
    if _OPEN.search(plain):
        return Unclear("month_needed")
    if re.search(
        r"\b(?:month|season|vacation|holidays?|exams?|eid|ramadan|christmas|semester|graduation|later)\b",
        plain,
    ):
        return Unclear("month_needed") if len(words(plain)) <= 8 else None
    if re.fullmatch(r"\W*\d{1,2}\W*", plain):
        return Unclear("month_needed")
    return None


def _stands_for(kind: str, plain: str) -> int | None:
    """The month that the first season or part of a year in the text stands for."""
    found = answer_words()[kind].find(plain)
    return ENGLISH[found[0].id] if found else None


def _suggest(year: int, month: int, today: dt.date) -> Parsed:
    problem = _problem(year, month, today)
    if problem:
        return Unclear(problem, {"given": shown(value_of(year, month))})
    return Confirm(value_of(year, month), "confirm_month", {"value": shown(value_of(year, month))})


def _relative(plain: str, today: dt.date) -> Parsed:
    if re.search(r"\bmonth after next\b", plain):
        return Certain(value_of(*_add(today, 2)))
    if re.search(
        r"\b(?:next|coming|following) month\b|\bproximo mes\b|\bel mes que viene\b|\bmes que vem\b", plain
    ):
        return Certain(value_of(*_add(today, 1)))
    if re.search(r"\bthis month\b|\beste mes\b", plain):
        return Certain(value_of(today.year, today.month))
    ahead = re.search(
        r"\b(?:in|after|within|about|en|dentro de)\s+(?:about\s+)?(\d{1,2}|a)\s*(?:months?|meses|mois)\b",
        plain,
    )
    if not ahead:
        ahead = re.search(r"\b(\d{1,2}|a) months? (?:from (?:now|today)|later)\b", plain)
    if ahead:
        months = 1 if ahead[1] == "a" else int(ahead[1])
        if months <= YEARS_AHEAD * 12:
            return Certain(value_of(*_add(today, months)))
    weeks = re.search(r"\b(?:in|after)\s+(\d{1,2}|a)\s*weeks?\b", plain)
    if weeks:
        day = today + dt.timedelta(weeks=1 if weeks[1] == "a" else int(weeks[1]))
        return Confirm(
            value_of(day.year, day.month), "confirm_month", {"value": shown(value_of(day.year, day.month))}
        )
    if re.search(r"\bnext week\b|\btomorrow\b", plain):
        day = today + dt.timedelta(weeks=1)
        return Confirm(
            value_of(day.year, day.month), "confirm_month", {"value": shown(value_of(day.year, day.month))}
        )
    return None


def _add(today: dt.date, months: int) -> tuple[int, int]:
    index = today.year * 12 + today.month - 1 + months
    return index // 12, index % 12 + 1
