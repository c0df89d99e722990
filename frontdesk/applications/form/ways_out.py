"""The ways out of a question: back, skip, help, progress, stop, delete, begin again."""

from __future__ import annotations

from frontdesk.applications import fields
from frontdesk.applications.fields import BY_NAME, CONSENT, RECORD, REVIEW
from frontdesk.applications.form import noting, questions
from frontdesk.applications.form.sheet import Sheet


def pause(sheet: Sheet) -> None:
    sheet.state = "paused"
    _say_paused(sheet)


def _say_paused(sheet: Sheet) -> None:
    done = sheet.done()
    text = (
        sheet.wording.text("paused", done=done, total=len(fields.asked_of(sheet.values)))
        if done
        else sheet.wording.text("paused_empty")
    )
    sheet.say(text, {"act": "application", "event": "paused"})


def offer_cancel(sheet: Sheet) -> None:
    """Stopped at once, deleted only after a clear yes."""
    _say_paused(sheet)
    if not sheet.consent_given() or not sheet.done():
        sheet.state = "paused"
        return
    text = sheet.wording.text("cancel_ask")
    sheet.working["pending"] = {"kind": "cancel"}
    options = [
        {"field": "cancel", "value": "yes", "label": "Delete"},
        {"field": "cancel", "value": "no", "label": "Keep for later"},
        {"field": "cancel", "value": "continue", "label": "Continue"},
    ]
    sheet.say(text, {"act": "clarify", "options": options})


def cancel(sheet: Sheet) -> None:
    sheet.forget()
    sheet.state = "cancelled"
    sheet.asking = None
    sheet.say(sheet.wording.text("cancelled"), {"act": "application", "event": "cancelled"})


def offer_restart(sheet: Sheet) -> None:
    if not sheet.done():
        questions.ask_again(sheet)
        return
    sheet.working["pending"] = {"kind": "restart"}
    options = [
        {"field": "restart", "value": "yes", "label": "Begin again"},
        {"field": "restart", "value": "no", "label": "Keep my answers"},
    ]
    sheet.say(sheet.wording.text("restart_ask"), {"act": "clarify", "options": options})


def restart(sheet: Sheet) -> None:
    updates = sheet.working.get("updates")
    sheet.forget()
    if updates:
        sheet.working["updates"] = updates
    sheet.restarted = True
    sheet.say(sheet.wording.text("restarted"), {"act": "application", "event": "cancelled"})
    # The consent stands: it was given for this application and nothing about it has changed.
    questions.ask(sheet, fields.missing(sheet.values)[0])


def back(sheet: Sheet) -> None:
    order = [name for name in sheet.working.get("order", []) if name in sheet.values and name != sheet.asking]
    if sheet.asking in {CONSENT, None} or not order:
        sheet.prefix.append(sheet.wording.text("back_at_first"))
        questions.ask_again(sheet)
        return
    positions = {name: at for at, name in enumerate(RECORD)}
    current = positions.get(sheet.asking or "", len(RECORD))
    earlier = [name for name in order if positions[name] < current]
    target = max(earlier, key=lambda name: positions[name]) if earlier else order[-1]
    sheet.working.pop("pending", None)
    sheet.prefix.append(sheet.wording.text("back"))
    questions.ask(sheet, target, known=True)


def skip(sheet: Sheet) -> None:
    name = sheet.asking
    if name in sheet.values and name in RECORD:
        # A question asked again by "back" or "change": skipping it keeps what was said.
        sheet.working.pop("pending", None)
        sheet.prefix.append(noting.unchanged(sheet, [name]))
        questions.ask_next(sheet)
        return
    if name not in RECORD or not sheet.wording.fields[name].optional:
        sheet.prefix.append(sheet.wording.text("skip_not_possible"))
        questions.ask_again(sheet)
        return
    sheet.working.pop("pending", None)
    if name == "phone":
        sheet.working.pop("deferred_phone", None)
    noting.set_value(sheet, name, None)
    sheet.prefix.append(sheet.wording.text("skipped"))
    questions.ask_next(sheet)


def help_out(sheet: Sheet) -> None:
    known = sheet.wording.fields[sheet.asking or REVIEW]
    example = known.invalid[max(0, known.invalid.casefold().rfind("for example")) :]
    if not example.endswith("."):
        example += "."
    helped = sheet.wording.text("help", why=known.why, example=example[:1].upper() + example[1:])
    questions.ask_again(sheet, text=f"{helped} {questions.plain_question(sheet)}")


def progress(sheet: Sheet) -> None:
    total = len(fields.asked_of(sheet.values))
    done = sheet.done()
    step = BY_NAME[sheet.asking].step if sheet.asking in BY_NAME else fields.STEPS
    text = sheet.wording.text(
        "progress", step=max(step, 1), steps=fields.STEPS, done=done, left=max(0, total - done)
    )
    if done:
        items = noting.items_of(sheet, [name for name in RECORD if name in sheet.values])
        text = f"{text} {sheet.wording.text('progress_list', items=items)}"
    sheet.prefix.append(text)
    questions.ask_again(sheet)
