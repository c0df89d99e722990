"""Numbers that must not be kept – passport, exam id, card: left out, and the applicant is told."""

from __future__ import annotations

import re

from frontdesk.applications.fields import BY_NAME, CONSENT, REVIEW
from frontdesk.applications.form import answering, questions
from frontdesk.applications.form.sheet import Sheet
from frontdesk.applications.parsing import phones, speech
from frontdesk.applications.parsing.result import Certain
from frontdesk.conversations import sensitive
from frontdesk.knowledge.vocabulary import key_of


def left_out(sheet: Sheet) -> bool:
    """Private numbers typed: they are left out and the applicant is told; the question stays."""
    found = tell(sheet)
    if not found:
        return False
    clean = _around_numbers(sheet.text)
    asked = BY_NAME.get(sheet.asking or "")
    # Around a number that must not be kept, free text is only its wrapping ("my passport number is").
    if asked and not asked.free and sheet.asking not in {CONSENT, REVIEW}:
        parsed = asked.parse(speech.statements(clean), sheet.context())
        if isinstance(parsed, Certain) and len(key_of(clean)) <= 8:
            answering.accept(sheet, parsed.value, "")
            return True
    questions.ask_again(sheet)
    return True


_MARK = "\N{REPLACEMENT CHARACTER}"
_CLAUSES = re.compile(r"[,;.!\n]|\b(?:and|but)\b", re.IGNORECASE)


def _around_numbers(text: str) -> str:
    """The clauses that hold no private number; "my SSN is … if you need" says nothing about a need."""
    clauses = _CLAUSES.split(sensitive.mask(text, _MARK))
    return ", ".join(clause.strip() for clause in clauses if _MARK not in clause and clause.strip())


def tell(sheet: Sheet) -> bool:
    """Say which kinds were typed; False if the message holds none."""
    found = [one for one in sensitive.find(sheet.text) if not is_own_number(sheet, one)]
    if not found:
        return False
    kinds = sheet.wording.texts_of("sensitive_kinds")
    what = " or ".join(dict.fromkeys(kinds.get(one.kind, one.kind) for one in found))
    sheet.say(
        sheet.wording.text("sensitive", what=what), {"act": "privacy", "event": "explained", "kept": False}
    )
    return True


def is_own_number(sheet: Sheet, found: sensitive.Sensitive) -> bool:
    """A phone number that happens to look like something else while the phone is asked."""
    if sheet.asking != "phone" or found.kind != "card":
        return False
    return isinstance(phones.parse(sheet.text, sheet.context()), Certain)
