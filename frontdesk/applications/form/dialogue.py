"""The order of a turn: safety, what was set aside, buttons, private numbers, decisions, then the message as
command, correction, answer, statement or question – in this order of certainty.
"""

from __future__ import annotations

from frontdesk.applications import commands
from frontdesk.applications.fields import CONSENT, REVIEW
from frontdesk.applications.form import (
    answering,
    buttons,
    commanding,
    correcting,
    decisions,
    doubts,
    interruptions,
    noting,
    private_numbers,
    questions,
    reading,
    safety,
)
from frontdesk.applications.form.sheet import Sheet
from frontdesk.applications.form.states import FormResult
from frontdesk.applications.parsing.result import Certain, Confirm, Unclear


def run(sheet: Sheet) -> FormResult:
    """Interpret the message and say what follows."""
    if sheet.state in {"new", "cancelled", "sent"}:
        begin(sheet)
    elif sheet.state == "paused":
        go_on(sheet)
    else:
        follow(sheet)
    return sheet.result()


def ask_again(sheet: Sheet) -> FormResult:
    """Only the question that waits, for when a person gives the thread back: nothing is interpreted."""
    questions.ask_again(sheet)
    return sheet.result()


def begin(sheet: Sheet) -> None:
    """The form is opened: what the opening says for certain is held until consent is given."""
    before = sheet.state
    sheet.state, sheet.values, sheet.working, sheet.asking = "open", {}, {}, CONSENT
    if safety.help_first(sheet):
        return
    if before == "new" and commands.said(sheet.text, sheet.phrases, fuzzy=False) == "resume":
        sheet.prefix.append(sheet.wording.text("nothing_to_resume"))
    if sheet.sent is not None:
        sheet.working["pending"] = {"kind": "again"}
        questions.ask_update_or_new(sheet)
        return
    noting.hold(sheet, sheet.text)
    started = sheet.wording.text("started")
    if sheet.held():
        started = f"{started} {sheet.wording.text('started_held')}"
    sheet.say(sheet.with_prefix(started), {"act": "application", "event": "started"})
    interruptions.about_people(sheet)
    private_numbers.tell(sheet)
    questions.ask(sheet, CONSENT)


def go_on(sheet: Sheet) -> None:
    """A paused form is opened again."""
    sheet.state = "open"
    sheet.asking = questions.due(sheet, sheet.asking)
    if safety.help_first(sheet):
        return
    if not sheet.working.pop("aside", None) and sheet.pending("cancel"):
        sheet.working.pop("pending")
    sheet.say(sheet.wording.text("resumed"), {"act": "application", "event": "resumed"})
    private_numbers.tell(sheet)
    if sheet.asking != CONSENT and not commands.said(sheet.text, sheet.phrases, fuzzy=True):
        noting.extras(sheet, sheet.text, asked=None)
        noting.show_taken(sheet)
    sheet.working.pop("step", None)
    questions.ask_again(sheet)


def follow(sheet: Sheet) -> None:
    """A message inside the open form."""
    if safety.help_first(sheet):
        return
    if sheet.working.get("aside"):
        safety.stand_aside(sheet)
        return
    if sheet.choice and buttons.press(sheet):
        return
    if private_numbers.left_out(sheet):
        return
    deciding = sheet.pending("again") or sheet.pending("cancel") or sheet.pending("restart")
    if deciding and decisions.decide(sheet):
        return
    understand(sheet)


def understand(sheet: Sheet) -> None:
    """The message as command, correction, answer, statement, question – in this order of certainty."""
    command = reading.command_in(sheet)
    corrected = correcting.corrections_in(sheet)
    correction = corrected[0] if corrected else None
    if correction is not None and correction.sure and command in {None, "back", "change_answer"}:
        correcting.correct(sheet, correction, corrected[1:])
        return
    parsed, rest = reading.answer_in(sheet)
    if command and not reading.outweighs(sheet, parsed, command):
        commanding.obey(sheet, command)
        return
    if answering.settle_pending(sheet, parsed):
        return
    if correction is not None and correcting.is_statement(sheet, correction, parsed):
        correcting.correct(sheet, correction, corrected[1:])
        return
    if isinstance(parsed, Certain):
        answering.accept(sheet, parsed.value, rest)
        return
    if isinstance(parsed, Confirm):
        doubts.ask_to_confirm(sheet, parsed)
        return
    if commanding.obey_classifier(sheet):
        return
    if answering.take_others(sheet):
        return
    if reading.asks_something(sheet):
        interruptions.interrupt(sheet)
        return
    if isinstance(parsed, Unclear) and not reading.is_small_talk(sheet):
        doubts.ask_which(sheet, parsed)
        return
    if sheet.asking == REVIEW and sheet.phrases.corrections.find(sheet.text) and not reading.is_talk(sheet):
        correcting.change_which(sheet)
        return
    if reading.is_talk(sheet) or sheet.understanding.get("language", "en") != "en":
        interruptions.interrupt(sheet)
        return
    doubts.missed(sheet)
