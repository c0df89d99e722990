"""The fields of an application: order, steps, when each is asked, what it accepts, how a value is shown.

The specification's names are the names of the record and of every export. What is said stands in
`knowledge/application.yml`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from frontdesk.applications.parsing import (
    countries,
    durations,
    ecfmg,
    emails,
    exams,
    months,
    names,
    phones,
    places,
    programs,
    schools,
    specialties,
    stages,
    visas,
    years,
    yes_no,
)
from frontdesk.applications.parsing.result import Certain, Context, Parsed
from frontdesk.applications.wording import ApplicationWording

STEPS = 5
CONSENT = "consent"
REVIEW = "review"

type Values = Mapping[str, Any]


def _always(values: Values) -> bool:
    return True


def _rotation(values: Values) -> bool:
    return values.get("program_interest") in {"clinical_rotation", "both"}


def _residency(values: Values) -> bool:
    return values.get("program_interest") in {"residency_support", "both"}


@dataclass(frozen=True)
class Field:
    """One field.

    `parse` reads an answer, `accepts` judges a stored value, `asked` says whether the field applies to these
    values, `free` marks text that almost anything could be.
    """

    name: str
    step: int
    parse: Callable[[str, Context], Parsed]
    accepts: Callable[[Any], bool]
    asked: Callable[[Values], bool] = _always
    free: bool = False


def _text(longest: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and 0 < len(value.strip()) <= longest


def _one_of(*allowed: str) -> Callable[[Any], bool]:
    return lambda value: value in allowed


def _int(lowest: int, highest: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest


def _specialties(value: Any) -> bool:
    return (
        isinstance(value, list)
        and 1 <= len(value) <= specialties.MOST
        and len(set(value)) == len(value)
        and all(specialties.is_known(one) for one in value)
    )


def _email(value: Any) -> bool:
    return isinstance(value, str) and emails.addresses(value) == [value]


FIELDS: tuple[Field, ...] = (
    Field(CONSENT, 0, yes_no.parse, _one_of("yes", "no")),
    Field("full_name", 1, names.parse, _text(names.LONGEST), free=True),
    Field("email", 1, emails.parse, _email),
    Field("phone", 1, phones.parse, phones.is_e164),
    Field("country_of_citizenship", 1, countries.parse, countries.is_code),
    Field("medical_school", 2, schools.parse, _text(schools.LONGEST), free=True),
    Field("school_country", 2, countries.parse, countries.is_code),
    Field("training_stage", 2, stages.parse, _one_of("student", "graduate")),
    Field("graduation_year", 2, years.graduation, _int(years.EARLIEST, 2100)),
    Field("usmle_step1", 3, exams.step1, exams.is_value),
    Field("usmle_step2ck", 3, exams.step2ck, exams.is_value),
    Field("ecfmg_status", 3, ecfmg.parse, _one_of(*ecfmg.STATES)),
    Field("program_interest", 4, programs.parse, _one_of(*programs.PROGRAMS)),
    Field("specialties", 4, specialties.parse, _specialties),
    Field("preferred_start", 4, months.parse, months.is_value),
    Field("duration_weeks", 4, durations.parse, _int(1, durations.LONGEST), asked=_rotation),
    Field("preferred_location", 4, places.parse, _text(places.LONGEST), free=True),
    Field("match_year", 4, years.match, _int(2000, 2100), asked=_residency),
    Field("visa_help", 4, visas.parse, _one_of(*visas.ANSWERS)),
    Field(REVIEW, 5, yes_no.parse, _one_of("yes")),
)
BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}
NAMES: tuple[str, ...] = tuple(field.name for field in FIELDS)
RECORD: tuple[str, ...] = tuple(name for name in NAMES if name not in {CONSENT, REVIEW})
"""The fields of the application record, in order."""


def asked_of(values: Values) -> list[Field]:
    """The record's fields that apply to these values, in order."""
    return [BY_NAME[name] for name in RECORD if BY_NAME[name].asked(values)]


def missing(values: Values) -> list[str]:
    """Fields that apply and are neither answered nor left open."""
    return [field.name for field in asked_of(values) if field.name not in values]


def problems(values: Values, wording: ApplicationWording, today: dt.date) -> dict[str, str]:
    """What keeps these values from being sent: field → a word for it (missing, invalid, …); empty when
    nothing.
    """
    found: dict[str, str] = {}
    for field in asked_of(values):
        value = values.get(field.name)
        if field.name not in values:
            found[field.name] = "missing"
        elif value is None:
            if not wording.fields[field.name].optional:
                found[field.name] = "missing"
        elif not field.accepts(value):
            found[field.name] = "invalid"
    year = values.get("graduation_year")
    if isinstance(year, int) and "graduation_year" not in found:
        context = Context(today=today, values=values)
        if years.implausible(year, context):
            found["graduation_year"] = "invalid"
    return found


def shown(name: str, value: Any, wording: ApplicationWording) -> str:
    """A value in words for a reader."""
    if value is None:
        return wording.text("left_open")
    choices = wording.fields[name].choices
    if name == "preferred_location":
        return wording.text("no_preference") if value == places.ANY else str(value)
    if isinstance(value, str) and value in choices:
        return choices[value]
    match name:
        case "phone":
            return phones.shown(str(value))
        case "country_of_citizenship" | "school_country":
            return countries.name_of(str(value))
        case "specialties":
            return ", ".join(specialties.label(str(one)) for one in value)
        case "preferred_start":
            return months.shown(str(value)) if months.is_value(value) else str(value)
        case "duration_weeks":
            return wording.text("week") if value == 1 else wording.text("weeks", value=value)
        case _:
            return str(value)


def summary(values: Values, wording: ApplicationWording) -> list[dict[str, Any]]:
    """The application grouped by step: [{title, items: [{field, label, value}]}]."""
    groups: list[dict[str, Any]] = []
    for field in asked_of(values):
        title = wording.steps[field.step]
        if not groups or groups[-1]["title"] != title:
            groups.append({"title": title, "items": []})
        groups[-1]["items"].append(
            {
                "field": field.name,
                "label": wording.fields[field.name].label,
                "value": shown(field.name, values.get(field.name), wording),
            }
        )
    return groups


def as_choice(name: str, value: Any) -> Parsed:
    """A value of a server-kept choice, judged like any other."""
    if name in BY_NAME and BY_NAME[name].accepts(value):
        return Certain(value)
    return None
