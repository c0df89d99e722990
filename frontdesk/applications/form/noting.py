"""Taking values: one field after another goes onto the sheet, what follows from it is settled, and what
was taken is said back.
"""

from __future__ import annotations

from typing import Any

from frontdesk.applications import extraction, fields
from frontdesk.applications.form.sheet import Sheet
from frontdesk.applications.form.states import Change
from frontdesk.applications.parsing import countries, phones, schools, years
from frontdesk.applications.parsing.result import Certain, Context
from frontdesk.knowledge.vocabulary import key_of


def set_value(sheet: Sheet, name: str, value: Any) -> None:
    """Put a value on the sheet, and settle what follows from it."""
    before = sheet.values.get(name)
    had = name in sheet.values
    sheet.values[name] = value
    if not had or before != value:
        sheet.changes.append(Change(name, before, value))
    (sheet.changed if had and before is not None and before != value else sheet.noted).append(name)
    for about_fields in ("misses", "hints"):
        sheet.working[about_fields] = {
            field: noted for field, noted in (sheet.working.get(about_fields) or {}).items() if field != name
        }
    order = [one for one in sheet.working.get("order", []) if one != name]
    sheet.working["order"] = [*order, name]
    if name == "training_stage":
        agree_year(sheet)
    if name == "phone":
        sheet.working.pop("deferred_phone", None)
    if name in {"country_of_citizenship", "school_country"}:
        place_deferred_phone(sheet)


def agree_year(sheet: Sheet) -> None:
    """A year that the training stage makes impossible is asked again."""
    year = sheet.values.get("graduation_year")
    if isinstance(year, int) and years.implausible(year, sheet.context()):
        sheet.values.pop("graduation_year")
        sheet.changes.append(Change("graduation_year", year, None))
        sheet.prefix.append(sheet.wording.text("year_again"))


def place_deferred_phone(sheet: Sheet) -> None:
    """A number that waited for its country is placed now."""
    kept = sheet.working.get("deferred_phone")
    if not kept:
        return
    country = sheet.values.get("country_of_citizenship")
    parsed = phones.place(str(kept), (country,) if isinstance(country, str) else (), sheet.context())
    sheet.working.pop("deferred_phone")
    if isinstance(parsed, Certain):
        set_value(sheet, "phone", parsed.value)
        sheet.noted.remove("phone")
        sheet.prefix.append(sheet.wording.text("deferred_phone", value=phones.shown(str(parsed.value))))
    else:
        sheet.prefix.append(
            sheet.wording.text("deferred_phone_wrong", country=countries.name_of(str(country)))
        )


def implausible(sheet: Sheet, name: str, value: Any) -> str | None:
    """What is wrong with the value, in words for the applicant; None if nothing."""
    if name != "graduation_year" or not isinstance(value, int):
        return None
    problem = years.implausible(value, sheet.context())
    return sheet.wording.asked(problem, year=value) if problem else None


def with_school(sheet: Sheet, name: str, rest: str) -> None:
    """The country that the school's own line names."""
    if name == "medical_school" and "school_country" not in sheet.values:
        code = schools.country_in(rest)
        if code:
            set_value(sheet, "school_country", code)


def extras(sheet: Sheet, text: str, *, asked: str | None, only_new: bool = False) -> None:
    """Fields that the message answers besides the asked one; what is known already is left alone."""
    found = extraction.extract(text, sheet.context(), sheet.phrases, asked=asked)
    for name, value in found.values.items():
        if name in sheet.values and (only_new or sheet.values[name] is not None):
            continue
        if implausible(sheet, name, value):
            continue
        set_value(sheet, name, value)


def hold(sheet: Sheet, text: str) -> None:
    """Before consent nothing is saved: what the message says is held in the draft and dropped on a no."""
    context = Context(today=sheet.today)
    found = extraction.extract(text, context, sheet.phrases)
    held: dict[str, Any] = dict(sheet.working.get("held") or {})
    held.update(found.values)
    told = set(held)
    # A wish in passing ("I want a rotation") may be half of the wish: it is asked about, not taken.
    if not (told & extraction.PERSONAL or len(told) >= 4):
        hints = {
            name: held.pop(name)
            for name in (
                "program_interest",
                "specialties",
                "duration_weeks",
                "preferred_location",
                "preferred_start",
            )
            if name in held
        }
        if hints.get("program_interest") == "both":
            held["program_interest"] = hints.pop("program_interest")
        sheet.working["hints"] = {**(sheet.working.get("hints") or {}), **hints}
    if held:
        sheet.working["held"] = held
    regions = [*(sheet.working.get("regions") or []), *extraction.regions_in(text)]
    if regions:
        sheet.working["regions"] = list(dict.fromkeys(regions))[:3]


def show_taken(sheet: Sheet, plain: str | None = None) -> None:
    """Say back what was taken, except an answer that is kept just as it was typed."""
    if plain in sheet.noted and len(sheet.noted) == 1 and not sheet.changed and as_typed(sheet, plain or ""):
        sheet.noted.clear()
    changed, noted = list(dict.fromkeys(sheet.changed)), list(dict.fromkeys(sheet.noted))
    noted = [name for name in noted if name not in changed]
    if noted:
        text = sheet.wording.text("noted", items=items_of(sheet, noted))
        sheet.say(text, {"act": "application", "event": "saved", "fields": noted})
    if changed:
        text = sheet.wording.text("changed", items=items_of(sheet, changed))
        sheet.say(text, {"act": "application", "event": "changed", "fields": changed})
    sheet.noted.clear()
    sheet.changed.clear()


def as_typed(sheet: Sheet, name: str) -> bool:
    """Whether the value reads as the applicant typed it."""
    shown = " ".join(key_of(fields.shown(name, sheet.values.get(name), sheet.wording)))
    return shown in " ".join(key_of(sheet.text))


def items_of(sheet: Sheet, names_: list[str]) -> str:
    """Fields with their values, in a line."""
    return "; ".join(
        f"{sheet.wording.fields[name].label}: {fields.shown(name, sheet.values.get(name), sheet.wording)}"
        for name in names_
    )


def unchanged(sheet: Sheet, names_: list[str]) -> str:
    """`It stays …`."""
    return sheet.wording.text("unchanged", items=items_of(sheet, names_))
