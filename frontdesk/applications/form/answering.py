"""The message answers: the question that waits, or another one that is still open."""

from __future__ import annotations

from frontdesk.applications import extraction
from frontdesk.applications.fields import BY_NAME, CONSENT, RECORD, REVIEW
from frontdesk.applications.form import agreeing, doubts, interruptions, noting, questions
from frontdesk.applications.form.sheet import Sheet
from frontdesk.applications.parsing import places, speech, yes_no
from frontdesk.applications.parsing.result import Certain, Confirm, Parsed, Value
from frontdesk.knowledge.vocabulary import key_of

_NOTHING = object()


def settle_pending(sheet: Sheet, parsed: Parsed) -> bool:
    """A question that made sure: yes takes its value, no drops it, another answer replaces it."""
    pending = sheet.pending("confirm")
    if pending is None or pending.get("field") != sheet.asking:
        return False
    said = yes_no.plain(sheet.text)
    if said is None and isinstance(parsed, Certain) and sheet.asking not in {"visa_help"}:
        return False
    if isinstance(parsed, Confirm) and parsed.value == pending["value"]:
        # The same answer again is a yes.
        said = "yes"
    said = said or yes_no.leading(sheet.text)
    if said == "yes":
        sheet.working.pop("pending")
        accept(sheet, pending["value"], "" if yes_no.plain(sheet.text) else sheet.text)
        return True
    answered_anew = isinstance(parsed, Certain | Confirm) and yes_no.plain(sheet.text) != "no"
    if said == "no" and not answered_anew:
        sheet.working.pop("pending")
        if "otherwise" in pending:
            accept(sheet, pending["otherwise"], "")
        else:
            doubts.missed(sheet, counted=False)
        return True
    return False


def accept(sheet: Sheet, value: Value, rest: str) -> None:
    """The asked field is answered."""
    name = sheet.asking or ""
    if name == CONSENT:
        agreeing.consent(sheet, value == "yes")
        return
    if name == REVIEW:
        agreeing.review(sheet, value == "yes")
        return
    problem = noting.implausible(sheet, name, value)
    if problem:
        doubts.missed(sheet, text=problem)
        return
    sheet.working.pop("pending", None)
    noting.set_value(sheet, name, value)
    if rest:
        noting.with_school(sheet, name, rest)
        if len(key_of(rest)) >= 4:
            noting.extras(sheet, rest, asked=name, only_new=True)
    noting.show_taken(sheet, plain=name)
    interruptions.answer_beside(sheet)
    questions.ask_next(sheet)


def take_others(sheet: Sheet) -> bool:
    """The message is no answer to the question, but answers other questions."""
    if sheet.asking == CONSENT:
        before = dict(sheet.working.get("held") or {})
        noting.hold(sheet, sheet.text)
        if (sheet.working.get("held") or {}) != before:
            sheet.prefix.append(sheet.wording.text("consent_first"))
            questions.ask_again(sheet)
            return True
        return False
    if sheet.asking == REVIEW and fill_open(sheet):
        return True
    found = extraction.extract(sheet.text, sheet.context(), sheet.phrases, asked=None)
    fresh = {name: value for name, value in found.values.items() if sheet.values.get(name, _NOTHING) != value}
    if sheet.asking != REVIEW:
        fresh = {name: value for name, value in fresh.items() if sheet.values.get(name) is None}
    if not fresh or any(noting.implausible(sheet, name, value) for name, value in fresh.items()):
        return False
    for name, value in fresh.items():
        noting.set_value(sheet, name, value)
    noting.show_taken(sheet)
    questions.ask_next(sheet, stay=sheet.asking if sheet.asking not in sheet.values else None)
    return True


def fill_open(sheet: Sheet) -> bool:
    """At the review a bare value fills the one line that was left open and takes it."""
    if speech.is_question(sheet.text):
        return False
    for name in RECORD:
        if name in sheet.values and sheet.values[name] is None and BY_NAME[name].asked(sheet.values):
            parsed = BY_NAME[name].parse(sheet.text, sheet.context())
            if isinstance(parsed, Certain) and (
                name != "preferred_location" or places.mentioned(sheet.text) or parsed.value == places.ANY
            ):
                noting.set_value(sheet, name, parsed.value)
                noting.show_taken(sheet)
                questions.ask_next(sheet)
                return True
    return False
