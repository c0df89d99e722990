"""Help first. A crisis puts the form aside, and only the wish to go on brings it back."""

from __future__ import annotations

import re

from frontdesk.applications import commands
from frontdesk.applications.fields import BY_NAME, RECORD
from frontdesk.applications.form import questions, reading, ways_out
from frontdesk.applications.form.sheet import Sheet
from frontdesk.applications.form.states import SAFETY_KINDS, HandOver, Help, Interruption
from frontdesk.applications.parsing import names, specialties, speech
from frontdesk.applications.parsing.result import Certain, Confirm
from frontdesk.knowledge.vocabulary import key_of


def help_first(sheet: Sheet) -> bool:
    """Help first; the form waits until the person wants it back. Nothing of the message is kept."""
    found = sheet.understanding.get("safety") or {}
    kind = found.get("kind")
    by_classifier = found.get("by") in {None, "classifier"}
    if kind is None:
        parts = sheet.understanding.get("parts") or []
        label = str(parts[0].get("label", "")) if parts else ""
        sure = sheet.understanding.get("decision") == "act" and label.startswith("safety/")
        kind = label.removeprefix("safety/") if sure else None
    if kind not in SAFETY_KINDS:
        return False
    # Emergency medicine is a specialty, even in the words of the safety list.
    by_specialty = sheet.asking == "specialties" and kind == "emergency"
    if (by_classifier or by_specialty) and is_plainly_the_answer(sheet):
        return False
    if by_classifier and _is_well_again(sheet):
        return False
    sheet.working["aside"] = kind
    sheet.replies.append(Help(str(kind)))
    return True


def is_plainly_the_answer(sheet: Sheet) -> bool:
    """A name, an address, a number that a classifier took for an alarm.

    Only short messages without any alarming word, read for certain by the field that was asked; a phrase
    of the safety list always counts, whatever was asked.
    """
    if sheet.state != "open" or sheet.asking not in RECORD or sheet.working.get("aside"):
        return False
    said = specialties.without(sheet.text, asked=True) if sheet.asking == "specialties" else sheet.text
    if sheet.asking == "full_name":
        # "Myself Sushil Thapa" introduces a name in South Asian English.
        said = re.sub(r"^\W*myself\b", " ", said, flags=re.IGNORECASE)
    # "My full name, as it appears in my passport, is …" may take its words.
    longest = 18 if sheet.asking == "full_name" and names.is_plainly_a_name(said) else 9
    if speech.is_alarming(said) or speech.is_question(sheet.text) or len(key_of(sheet.text)) > longest:
        return False
    parsed = BY_NAME[sheet.asking].parse(sheet.text, sheet.context())
    if not isinstance(parsed, Certain | Confirm):
        return False
    return reading.is_evident(sheet, parsed) if BY_NAME[sheet.asking].free else True


def _is_well_again(sheet: Sheet) -> bool:
    """ "I talked to a friend, I am safe, please continue": after help was shown, no new alarm."""
    return bool(
        sheet.working.get("aside")
        and re.search(r"\b(?:safe|ok|okay|fine|better|well|good)\b", speech.folded(sheet.text))
        and not re.search(r"\b(?:not|never|dont|isnt|wasnt|no longer)\b", speech.folded(sheet.text))
        and commands.wants_to_go_on(sheet.text, {}, sheet.phrases)
    )


def stand_aside(sheet: Sheet) -> None:
    """After help was shown: only the wish to go on opens the form again."""
    if (
        commands.wants_to_go_on(sheet.text, sheet.understanding, sheet.phrases)
        or (sheet.choice or {}).get("intent") == "resume"
    ):
        sheet.working.pop("aside")
        sheet.working.pop("step", None)
        sheet.prefix.append(sheet.wording.text("go_on"))
        questions.ask_again(sheet)
        return
    command = commands.said(sheet.text, sheet.phrases, fuzzy=False) or commands.labelled(sheet.understanding)
    if command in {"human", "complaint"}:
        sheet.replies.append(HandOver("asked" if command == "human" else "complaint"))
    elif command in {"stop", "cancel"}:
        sheet.working.pop("aside")
        ways_out.pause(sheet)
    elif reading.asks_something(sheet) or reading.is_talk(sheet):
        sheet.replies.append(Interruption())
    else:
        sheet.say(sheet.wording.text("aside"), {"act": "application", "event": "paused"})
