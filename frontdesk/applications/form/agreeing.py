"""The two yeses: consent before the first field, and the review before the application is sent."""

from __future__ import annotations

from frontdesk.applications import fields
from frontdesk.applications.fields import RECORD
from frontdesk.applications.form import correcting, noting, questions
from frontdesk.applications.form.sheet import Sheet


def consent(sheet: Sheet, given: bool) -> None:
    """A yes takes what was said before it; a no ends the form and keeps nothing."""
    if not given:
        sheet.forget()
        sheet.working = {}
        sheet.state = "cancelled"
        sheet.asking = None
        sheet.say(sheet.wording.text("consent_refused"), {"act": "application", "event": "cancelled"})
        return
    sheet.consented = True
    sheet.working["consented"] = True
    held = sheet.working.pop("held", None) or {}
    for name in RECORD:
        if name in held and name not in sheet.values:
            problem = noting.implausible(sheet, name, held[name])
            if not problem:
                noting.set_value(sheet, name, held[name])
    if sheet.noted:
        items = noting.items_of(sheet, sheet.noted)
        sheet.say(
            sheet.wording.text("noted_first", items=items),
            {"act": "application", "event": "saved", "fields": list(sheet.noted)},
        )
        sheet.noted.clear()
    else:
        sheet.prefix.append(sheet.wording.text("consent_thanks"))
    questions.ask_next(sheet)


def review(sheet: Sheet, right: bool) -> None:
    """Right as it stands: sent. Not right: what is to be changed?"""
    if right:
        send(sheet)
    else:
        correcting.change_which(sheet)


def send(sheet: Sheet) -> None:
    """Hand over to the sending action, unless a value is missing or no longer plausible."""
    wrong = fields.problems(sheet.values, sheet.wording, sheet.today)
    if wrong:
        name = next(one for one in RECORD if one in wrong)
        if wrong[name] == "invalid":
            sheet.values.pop(name, None)
        sheet.prefix.append(sheet.wording.text("not_complete"))
        questions.ask(sheet, name)
        return
    sheet.working.pop("pending", None)
    sheet.sending = True
