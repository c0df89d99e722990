"""A question, a remark, a `why` in the middle of the form: answered by the actions, then the same question
again. One mechanism for every topic.
"""

from __future__ import annotations

from frontdesk.applications import commands, corrections, extraction
from frontdesk.applications.fields import RECORD, REVIEW
from frontdesk.applications.form import doubts, questions, reading
from frontdesk.applications.form.sheet import Sheet
from frontdesk.applications.form.states import Interruption
from frontdesk.applications.parsing import speech, yes_no
from frontdesk.knowledge.vocabulary import key_of

LONGEST_HEARD = 80


def interrupt(sheet: Sheet) -> None:
    """Answer what was asked, then the same question again."""
    about_this = commands.asks_what(sheet.text) and len(key_of(sheet.text)) <= 6
    if commands.asks_why(sheet.text) or (about_this and not reading.topics_of(sheet)):
        explain(sheet)
        return
    if (
        commands.asks_who_sees(sheet.text)
        and "faq/privacy" not in reading.topics_of(sheet)
        and sheet.understanding.get("decision") != "act"
    ):
        sheet.replies.append(Interruption(("faq/privacy",)))
    else:
        sheet.replies.append(Interruption())
    # The same words again, or small talk again and again, may be an answer that nobody understands: with
    # other words, a way out.
    insists = _said_again(sheet)
    if not sheet.pending("again") and (insists or (reading.is_small_talk(sheet) and _chatted(sheet) > 1)):
        doubts.missed(sheet)
        return
    questions.ask_again(sheet)


def _said_again(sheet: Sheet) -> bool:
    """Whether the waiting question got these very words before, and they ask nothing by their form."""
    heard = {"field": sheet.asking or REVIEW, "text": speech.folded(sheet.text)[:LONGEST_HEARD]}
    again = sheet.working.get("heard") == heard and not speech.is_question(sheet.text)
    sheet.working["heard"] = heard
    return again


def _chatted(sheet: Sheet) -> int:
    """How often the waiting question got small talk instead of an answer, this time included."""
    known = dict(sheet.working.get("chatted") or {})
    name = sheet.asking or REVIEW
    sheet.working["chatted"] = {name: known.get(name, 0) + 1}
    return int(known.get(name, 0)) + 1


def explain(sheet: Sheet) -> None:
    """Why the field is asked, and who sees it where that is the question."""
    named = [name for name in corrections.named_fields(sheet.text, sheet.phrases) if name in RECORD]
    name = named[0] if named else sheet.asking or REVIEW
    why = sheet.wording.text("why", why=sheet.wording.fields[name].why)
    if commands.asks_who_sees(sheet.text):
        privacy_first(sheet)
        why = f"{why} {sheet.wording.text('privacy_hint')}"
    elif reading.topics_of(sheet):
        sheet.replies.append(Interruption())
    sheet.prefix.append(why)
    questions.ask_again(sheet)


def privacy_first(sheet: Sheet) -> None:
    """The answer about privacy, among what else was asked."""
    labels = reading.topics_of(sheet)
    sheet.replies.append(Interruption() if "faq/privacy" in labels else Interruption(("faq/privacy",)))


def answer_beside(sheet: Sheet) -> None:
    """A question in the same message as the answer."""
    asking = [part for part in speech.sentences(sheet.text) if speech.is_question(part)]
    if not asking or yes_no.plain(sheet.text) or not speech.statements(sheet.text):
        return
    if commands.asks_what(asking[0]) or commands.asks_why(asking[0]):
        name = sheet.working.get("order", [REVIEW])[-1]
        sheet.prefix.append(sheet.wording.text("why", why=sheet.wording.fields[name].why))
    elif reading.topics_of(sheet) or any(
        str(p.get("label", "")).startswith("decline/") for p in sheet.understanding.get("parts") or []
    ):
        sheet.replies.append(Interruption())


def about_people(sheet: Sheet) -> None:
    """Somebody applies for another person, or for several: tell how that goes."""
    found = extraction.about_people(sheet.text)
    if found.several:
        sheet.say(
            sheet.wording.text("several"), {"act": "application", "event": "started", "note": "several"}
        )
    if found.other_person and not sheet.working.get("other_person"):
        sheet.working["other_person"] = True
        if not found.several:
            note = {"act": "application", "event": "started", "note": "other_person"}
            sheet.say(sheet.wording.text("for_someone_else"), note)
