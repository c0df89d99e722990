"""A pressed button: a server-kept choice, taken as it stands."""

from __future__ import annotations

from frontdesk.applications import corrections, fields
from frontdesk.applications.fields import CONSENT, RECORD, REVIEW
from frontdesk.applications.form import agreeing, answering, commanding, correcting, decisions, questions
from frontdesk.applications.form.sheet import Sheet
from frontdesk.applications.form.states import Interruption
from frontdesk.applications.parsing.result import Certain


def press(sheet: Sheet) -> bool:
    """A pressed button."""
    choice = sheet.choice or {}
    if "intent" in choice:
        return commanding.obey_label(sheet, str(choice["intent"]))
    if "topic" in choice:
        sheet.replies.append(Interruption((f"faq/{choice['topic']}",)))
        questions.ask_again(sheet)
        return True
    name, value = str(choice.get("field")), choice.get("value")
    if name in {"again", "cancel", "restart"}:
        sheet.text = str(value)
        return bool(sheet.pending(name)) and decisions.decide(sheet)
    pending = sheet.working.get("pending") or {}
    if (
        name == sheet.asking
        and pending.get("field") == name
        and pending.get("kind") == "confirm"
        and value in {"yes", "no"}
    ):
        sheet.text = str(value)
        return False
    if name == CONSENT == sheet.asking and value in {"yes", "no"}:
        agreeing.consent(sheet, value == "yes")
        return True
    if name == REVIEW == sheet.asking and value == "yes":
        agreeing.send(sheet)
        return True
    parsed = fields.as_choice(name, value)
    if name in RECORD and isinstance(parsed, Certain) and sheet.consent_given():
        if name == sheet.asking:
            answering.accept(sheet, parsed.value, "")
        else:
            correcting.correct(sheet, corrections.Correction(name, parsed, sure=True))
        return True
    return False
