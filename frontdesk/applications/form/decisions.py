"""A decision is awaited (delete? begin again? change the sent application or send a new one?) and taken only
from a clear word.
"""

from __future__ import annotations

import re

from frontdesk.applications import commands
from frontdesk.applications.fields import CONSENT, RECORD, REVIEW
from frontdesk.applications.form import interruptions, questions, reading, ways_out
from frontdesk.applications.form.sheet import Sheet
from frontdesk.applications.parsing import speech, yes_no
from frontdesk.knowledge.vocabulary import key_of


def decide(sheet: Sheet) -> bool:
    """A yes or no to: delete? begin again? change the sent application or a new one?"""
    kind = str(sheet.working["pending"]["kind"])
    line = speech.folded(sheet.text)
    command = commands.said(sheet.text, sheet.phrases, fuzzy=True)
    said = yes_no.plain(sheet.text) or (yes_no.leading(sheet.text) if len(key_of(sheet.text)) <= 6 else None)
    if kind == "again":
        return decide_again(sheet, line)
    if (
        command == "keep"
        or (command == "resume" and said != "yes")
        or (command == "resume" and "continue" in line)
    ):
        sheet.working.pop("pending")
        sheet.prefix.append(sheet.wording.text("not_cancelled" if kind == "cancel" else "not_restarted"))
        questions.ask_again(sheet)
        return True
    if (
        kind == "cancel"
        and (said == "yes" or command == "cancel" or re.search(r"\bdelete\b", line))
        and said != "no"
    ):
        ways_out.cancel(sheet)
        return True
    if kind == "cancel" and (said == "no" or command == "stop"):
        sheet.working.pop("pending")
        sheet.state = "paused"
        sheet.say(sheet.wording.text("kept"), {"act": "application", "event": "paused"})
        return True
    if kind == "restart" and (said == "yes" or command == "restart") and said != "no":
        ways_out.restart(sheet)
        return True
    if kind == "restart" and said == "no":
        sheet.working.pop("pending")
        sheet.prefix.append(sheet.wording.text("not_restarted"))
        questions.ask_again(sheet)
        return True
    # Anything else is no decision: nothing is deleted, the message counts as usual.
    sheet.working.pop("pending")
    return False


def decide_again(sheet: Sheet, line: str) -> bool:
    """Change what was sent, or send another application? Always True: nothing else is heard before."""
    assert sheet.sent is not None or sheet.working["pending"].get("id")
    update = re.search(
        r"\b(?:update|change|edit|correct|same|old|existing|that one|first|modify|fix)\b", line
    )
    new = re.search(r"\b(?:new|another|second|fresh|other|different|send a new)\b", line)
    if bool(update) == bool(new):
        command = commands.said(sheet.text, sheet.phrases, fuzzy=True)
        if command in {"stop", "cancel"} or yes_no.plain(sheet.text) == "no":
            sheet.working = {}
            sheet.state = "cancelled"
            sheet.asking = None
            sheet.say(sheet.wording.text("consent_refused"), {"act": "application", "event": "cancelled"})
            return True
        if reading.asks_something(sheet):
            interruptions.interrupt(sheet)
            return True
        sheet.prefix.append(sheet.wording.text("again_invalid"))
        questions.ask_update_or_new(sheet)
        return True
    sheet.working.pop("pending")
    if update and sheet.sent is not None:
        sheet.values = {name: sheet.sent.values.get(name) for name in RECORD if name in sheet.sent.values}
        # The consent given when it was sent stands for the same application.
        sheet.working.update(updates=sheet.sent.id, consented=True)
        sheet.asking = REVIEW
        sheet.say(sheet.wording.text("update_started"), {"act": "application", "event": "resumed"})
        questions.ask(sheet, REVIEW)
        return True
    sheet.say(sheet.wording.text("started"), {"act": "application", "event": "started"})
    questions.ask(sheet, CONSENT)
    return True
