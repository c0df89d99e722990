"""Asking: what is due, how a question sounds, its dialogue act, the same question again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from frontdesk.applications import fields
from frontdesk.applications.fields import BY_NAME, CONSENT, RECORD, REVIEW
from frontdesk.applications.form.sheet import Sheet


def due(sheet: Sheet, preferred: str | None = None) -> str:
    """The field to be asked: the preferred one if it is still open, else the first open one, else the
    review.
    """
    if not sheet.consent_given():
        return CONSENT
    left = fields.missing(sheet.values)
    if sheet.working.get("deferred_phone") and "country_of_citizenship" not in sheet.values:
        left = [name for name in left if name != "phone"]
    if preferred in left or (preferred in RECORD and preferred in sheet.values):
        return str(preferred)
    return left[0] if left else REVIEW


def ask_next(sheet: Sheet, stay: str | None = None) -> None:
    """Ask what comes next; `stay` is asked again if it is still open."""
    if stay in {CONSENT, REVIEW} and stay is not None:
        target = REVIEW if stay == REVIEW and not fields.missing(sheet.values) else due(sheet)
    else:
        target = due(sheet, stay if stay and stay not in sheet.values else None)
    keep = target == sheet.asking and (sheet.working.get("pending") or {}).get("field") == target
    if not keep:
        sheet.working.pop("pending", None)
    if keep:
        ask_again(sheet)
    else:
        ask(sheet, target)


def ask_again(sheet: Sheet, text: str | None = None) -> None:
    """The same question again."""
    if sheet.asking is None:
        sheet.asking = due(sheet)
    pending = sheet.working.get("pending") or {}
    if sheet.pending("again"):
        ask_update_or_new(sheet)
        return
    if text is None and pending.get("field") == sheet.asking and pending.get("text"):
        act = act_of(sheet, sheet.asking)
        if pending["kind"] == "confirm":
            offer_yes_or_no(act)
        elif pending["kind"] == "options":
            offer(sheet, act, sheet.asking, pending["options"])
        sheet.say(sheet.with_prefix(str(pending["text"])), act)
        return
    if pending.get("kind") == "change":
        sheet.working.pop("pending")
    ask(sheet, sheet.asking, text=text, known=sheet.asking in sheet.values)


def ask(sheet: Sheet, name: str, *, text: str | None = None, known: bool = False) -> None:
    """Ask a field, with its step's heading when the step begins."""
    sheet.asking = name
    if (sheet.working.get("pending") or {}).get("field") not in {None, name}:
        sheet.working.pop("pending")
    hint = (sheet.working.get("hints") or {}).get(name)
    if hint is not None and text is None and name not in sheet.values:
        hints = dict(sheet.working["hints"])
        hints.pop(name)
        sheet.working["hints"] = hints
        shown = fields.shown(name, hint, sheet.wording)
        text = f"{plain_question(sheet)} {sheet.wording.asked('hint', value=shown)}"
        sheet.working["pending"] = {"kind": "confirm", "field": name, "value": hint, "text": text}
    said = text or plain_question(sheet)
    step = BY_NAME[name].step
    if step != sheet.working.get("step") and name not in {CONSENT, REVIEW} and not known:
        said = f"Step {step} of {fields.STEPS}: {sheet.wording.steps[step]}. {said}"
        sheet.working["step"] = step
    if known and name in sheet.values and sheet.values[name] is not None:
        said = f"{said} ({fields.shown(name, sheet.values[name], sheet.wording)})"
    sheet.say(sheet.with_prefix(said), act_of(sheet, name))


def ask_update_or_new(sheet: Sheet) -> None:
    """An application was sent before: change it, or send another?"""
    assert sheet.sent is not None
    options = [
        {"field": "again", "value": value, "label": label}
        for value, label in sheet.wording.texts_of("again_choices").items()
    ]
    text = sheet.wording.text("again_ask", reference=sheet.sent.reference)
    sheet.say(
        sheet.with_prefix(text), {"act": "clarify", "options": options, "reference": sheet.sent.reference}
    )


def plain_question(sheet: Sheet) -> str:
    """The question of the waiting field, without heading."""
    name = sheet.asking or REVIEW
    known = sheet.wording.fields[name]
    asked = known.ask_other if sheet.working.get("other_person") and known.ask_other else known.ask
    if name == CONSENT:
        return f"{sheet.consent_text} {asked}"
    return f"{summary_text(sheet)}\n{asked}" if name == REVIEW else asked


def summary_text(sheet: Sheet) -> str:
    """All answers, grouped, as text."""
    lines = [sheet.wording.text("summary_title")]
    for group in fields.summary(sheet.values, sheet.wording):
        lines.append(f"{group['title']}")
        lines += [f"- {item['label']}: {item['value']}" for item in group["items"]]
    lines.append(sheet.wording.text("summary_more"))
    return "\n".join(lines)


def act_of(sheet: Sheet, name: str) -> dict[str, Any]:
    """The dialogue act of a question about this field."""
    known = sheet.wording.fields[name]
    act: dict[str, Any] = {
        "act": "question",
        "form": "application",
        "field": name,
        "step": BY_NAME[name].step,
        "steps": fields.STEPS,
        "optional": known.optional,
    }
    if known.choices:
        act["choices"] = [{"value": value, "label": label} for value, label in known.choices.items()]
    if name == REVIEW:
        act["summary"] = fields.summary(sheet.values, sheet.wording)
    return act


def offer_yes_or_no(act: dict[str, Any]) -> None:
    """The question makes sure of a reading: a yes takes it."""
    act["choices"] = [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}]
    act["confirms"] = True


def offer(sheet: Sheet, act: dict[str, Any], name: str, values: Iterable[Any]) -> None:
    """The question offers these values of the field."""
    act["choices"] = [{"value": one, "label": fields.shown(name, one, sheet.wording)} for one in values]
