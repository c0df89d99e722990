"""What is not yet certain: make sure of a reading, ask which of two, tell what was not understood – and never
three times in the same words.
"""

from __future__ import annotations

from typing import Any

from frontdesk.applications import fields
from frontdesk.applications.fields import CONSENT, REVIEW
from frontdesk.applications.form import questions
from frontdesk.applications.form.sheet import Sheet
from frontdesk.applications.parsing import yes_no
from frontdesk.applications.parsing.result import Confirm, Unclear


def ask_to_confirm(sheet: Sheet, parsed: Confirm) -> None:
    """`Did you mean …?` – the value is taken by a yes."""
    pending: dict[str, Any] = {"kind": "confirm", "field": sheet.asking, "value": parsed.value}
    if parsed.otherwise is not None:
        pending["otherwise"] = parsed.otherwise.value
    shown = fields.shown(sheet.asking or REVIEW, parsed.value, sheet.wording)
    text = sheet.wording.asked(parsed.ask, **{"value": shown, **parsed.details})
    pending["text"] = text
    sheet.working["pending"] = pending
    act = questions.act_of(sheet, sheet.asking or REVIEW)
    questions.offer_yes_or_no(act)
    sheet.say(sheet.with_prefix(text), act)


def ask_which(sheet: Sheet, parsed: Unclear) -> None:
    """Two readings, or a piece is missing: ask for it and remember the rest."""
    name = sheet.asking or REVIEW
    text = sheet.wording.asked(parsed.ask, **parsed.details)
    pending = sheet.working.get("pending") or {}
    if name == "phone" and parsed.ask == "phone_country" and parsed.kept:
        if pending.get("kind") == "phone" and "country_of_citizenship" not in sheet.values:
            # Asked once already: the number waits until the country is known.
            sheet.working["deferred_phone"] = parsed.kept
            sheet.working.pop("pending")
            sheet.prefix.append(sheet.wording.asked("phone_later"))
            questions.ask_next(sheet)
            return
        sheet.working["pending"] = {"kind": "phone", "field": name, "kept": parsed.kept, "text": text}
    elif parsed.options:
        sheet.working["pending"] = {
            "kind": "options",
            "field": name,
            "options": list(parsed.options),
            "text": text,
        }
    elif parsed.ask == "exam_result":
        sheet.working["pending"] = {"kind": "result", "field": name, "text": text}
    elif parsed.ask == "month_of_year" and parsed.kept:
        sheet.working["pending"] = {"kind": "year", "field": name, "kept": parsed.kept, "text": text}
    else:
        sheet.working.pop("pending", None)
    missed(sheet, text=text, options=parsed.options)


def missed(
    sheet: Sheet, text: str | None = None, *, options: tuple[str, ...] = (), counted: bool = True
) -> None:
    """First an example, then a way out, then never the same words again."""
    name = sheet.asking or REVIEW
    misses = dict(sheet.working.get("misses") or {})
    if sheet.pending("change"):
        # "What would you like to change?" was said once already.
        misses[name] = max(misses.get(name, 0), 1)
    misses[name] = misses.get(name, 0) + (1 if counted else 0)
    sheet.working["misses"] = misses
    known = sheet.wording.fields[name]
    count = misses[name]
    said = text or known.invalid
    if sheet.pending("change"):
        said = sheet.wording.text("change_which")
    if yes_no.plain(sheet.text) == "no" and text is None and name not in {CONSENT, REVIEW} and counted:
        said = f"{sheet.wording.text('not_now')} {said}"
    if count == 2:
        way_out = "way_out_optional" if known.optional else "way_out"
        said = f"{sheet.wording.text(way_out)} {said}"
    elif count == 3:
        said = f"{sheet.wording.text('stuck')} {said}"
    elif count > 3:
        said = f"{sheet.wording.text('stuck_again', count=count)} {said}"
    act = questions.act_of(sheet, name)
    if options:
        questions.offer(sheet, act, name, options)
    act["tries"] = count
    sheet.say(sheet.with_prefix(said), act)
