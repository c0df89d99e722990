"""An earlier answer is wrong: found in the message, changed, and on with the form where it was."""

from __future__ import annotations

from collections.abc import Sequence

from frontdesk.applications import corrections
from frontdesk.applications.fields import BY_NAME, RECORD, REVIEW
from frontdesk.applications.form import doubts, noting, questions, reading
from frontdesk.applications.form.sheet import Sheet
from frontdesk.applications.parsing.result import Certain, Confirm, Parsed


def corrections_in(sheet: Sheet) -> list[corrections.Correction]:
    """The corrections that the message holds, the likeliest first."""
    if not sheet.consent_given():
        return []
    found = corrections.find(
        sheet.text,
        asked=sheet.asking,
        context=sheet.context(),
        recent=list(reversed(sheet.working.get("order", []))),
        phrases=sheet.phrases,
        wording=sheet.wording,
    )
    if sheet.pending("change") or (sheet.asking == REVIEW and not found):
        # Asked what to change, the bare name of a field is an answer.
        name = corrections.names_only(sheet.text, sheet.phrases)
        if name is None and sheet.pending("change") and not found:
            named = corrections.named_fields(sheet.text, sheet.phrases)
            name = named[0] if named else None
        if name in RECORD and (not found or found[0].parsed is None):
            return [corrections.Correction(str(name), None, sure=True)]
    return found


def is_statement(sheet: Sheet, correction: corrections.Correction, parsed: Parsed) -> bool:
    """A statement about another field ("my grad year is 2028") counts where the message is no answer."""
    if isinstance(parsed, Certain | Confirm):
        asked = BY_NAME.get(sheet.asking or "")
        return bool(
            asked
            and asked.free
            and not reading.is_evident(sheet, parsed)
            and isinstance(correction.parsed, Certain)
        )
    return isinstance(correction.parsed, Certain | Confirm)


def correct(
    sheet: Sheet, correction: corrections.Correction, more: Sequence[corrections.Correction] = ()
) -> None:
    """Take the new value, or ask for it where none can be read."""
    name = correction.field
    if sheet.pending("change") or (sheet.working.get("pending") or {}).get("field") != sheet.asking:
        sheet.working.pop("pending", None)
    if isinstance(correction.parsed, Certain):
        problem = noting.implausible(sheet, name, correction.parsed.value)
        if problem:
            questions.ask(sheet, name, text=problem)
            return
        if name in sheet.values and sheet.values[name] == correction.parsed.value:
            sheet.prefix.append(noting.unchanged(sheet, [name]))
            sheet.say_prefix({"act": "application", "event": "changed", "fields": [name]})
        else:
            noting.set_value(sheet, name, correction.parsed.value)
            if name == "email":
                drop_question(sheet, "email")
        for other in more:
            if isinstance(other.parsed, Certain) and not noting.implausible(
                sheet, other.field, other.parsed.value
            ):
                noting.set_value(sheet, other.field, other.parsed.value)
        noting.extras(sheet, sheet.text, asked=name, only_new=True)
        noting.show_taken(sheet)
        questions.ask_next(sheet, stay=sheet.asking if sheet.asking not in sheet.values else None)
        return
    about_field(sheet, name, correction)


def about_field(sheet: Sheet, name: str, correction: corrections.Correction) -> None:
    """The field was named without a readable new value: ask for it, then go on where we were."""
    if isinstance(correction.parsed, Confirm):
        sheet.asking = name
        doubts.ask_to_confirm(sheet, correction.parsed)
        return
    sheet.prefix.append(sheet.wording.text("change_ask"))
    questions.ask(sheet, name, known=True)


def drop_question(sheet: Sheet, name: str) -> None:
    """A question that made sure of the old value is void."""
    pending = sheet.working.get("pending") or {}
    if pending.get("field") == name:
        sheet.working.pop("pending")


def change_which(sheet: Sheet) -> None:
    """A change is wanted, of what is not said: the field named in passing, else ask."""
    named = [name for name in corrections.named_fields(sheet.text, sheet.phrases) if name in sheet.values]
    if named:
        correct(sheet, corrections.Correction(named[0], None, sure=True))
        return
    if sheet.pending("change"):
        # Asked already: the question is put in other words, with a way out.
        doubts.missed(sheet)
        return
    sheet.working["pending"] = {"kind": "change"}
    act = questions.act_of(sheet, sheet.asking or REVIEW)
    act.pop("choices", None)
    sheet.say(sheet.with_prefix(sheet.wording.text("change_which")), act)
