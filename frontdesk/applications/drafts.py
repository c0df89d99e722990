"""Drafts in the record: an application while it is being told. The draft is the truth, not the dialogue's
slots.

Every function takes a session inside a transaction; each change of a value leaves a DraftChange.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from frontdesk.applications import fields
from frontdesk.applications.fields import BY_NAME, RECORD, REVIEW
from frontdesk.applications.form.states import Change, DraftState, FormResult
from frontdesk.applications.parsing import years
from frontdesk.applications.parsing.result import Context
from frontdesk.applications.wording import ApplicationWording
from frontdesk.records.models import Conversation, Draft, DraftChange, now

APPLICANT = "applicant"
UNSENT = ("open", "paused")


class DraftError(ValueError):
    """A draft cannot be changed like this; the text says why and what to do."""


def open_draft(session: Session, conversation_id: str) -> Draft:
    """The conversation's unsent draft, opened again if it was paused, or a new one."""
    lock(session, conversation_id)
    draft = unsent(session, conversation_id)
    if draft is None:
        draft = Draft(
            conversation_id=conversation_id, state="open", asking=fields.CONSENT, values={}, working={}
        )
        session.add(draft)
    draft.state = "open"
    _touch(draft)
    session.flush()
    return draft


def unsent(session: Session, conversation_id: str) -> Draft | None:
    """The conversation's newest draft that is open or paused, or None."""
    return session.scalars(
        select(Draft)
        .where(Draft.conversation_id == conversation_id, Draft.state.in_(UNSENT))
        .order_by(Draft.created_at.desc(), Draft.id)
        .limit(1)
    ).first()


def waiting_field(session: Session, conversation_id: str) -> str | None:
    """The field whose answer the conversation's open draft waits for, None when no form is open."""
    draft = unsent(session, conversation_id)
    return draft.asking if draft is not None and draft.state == "open" else None


def progress(draft: Draft) -> tuple[int, int]:
    """(answered, all) of the fields that apply so far."""
    asked = fields.asked_of(draft.values)
    return sum(1 for field in asked if field.name in draft.values), len(asked)


def state_of(draft: Draft | None) -> DraftState:
    """The draft as the form sees it."""
    if draft is None:
        return DraftState()
    return DraftState(
        state=draft.state,  # type: ignore[arg-type]
        asking=draft.asking,
        values=dict(draft.values),
        working=dict(draft.working),
    )


def apply(
    session: Session,
    conversation_id: str,
    draft: Draft | None,
    result: FormResult,
    *,
    message_id: str | None,
    consent_version: str,
) -> Draft:
    """Make the draft what the turn of the form says it is.

    A draft cancelled or begun again keeps nothing that was said: values and their history go.
    """
    if draft is None or draft.state not in UNSENT:
        draft = Draft(conversation_id=conversation_id)
        session.add(draft)
    draft.state = result.state
    draft.asking = result.asking
    draft.values = dict(result.values)
    draft.working = dict(result.working)
    if result.consented:
        draft.consent_at = now()
        draft.consent_version = consent_version
    _touch(draft)
    session.flush()
    if result.restarted or result.state == "cancelled":
        _forget_history(session, draft)
        if result.state == "cancelled":
            draft.consent_at = draft.consent_version = None
    for change in result.changes:
        _remember(session, draft, change, by=APPLICANT, message_id=message_id)
    return draft


def set_value(
    session: Session,
    draft: Draft,
    name: str,
    value: Any,
    *,
    by: str,
    wording: ApplicationWording,
    today: dt.date,
    message_id: str | None = None,
) -> Draft:
    """Fill or correct one field by hand (a member of staff); the form goes on with what is then open.

    Args:
        by: who, as shown in the history.

    Raises:
        DraftError: no such field, or a value that it does not take.
    """
    if name not in RECORD:
        raise DraftError(f"{name!r} is no field of an application; use one of: {', '.join(RECORD)}.")
    if value is None and not wording.fields[name].optional:
        raise DraftError(f"{wording.fields[name].label} can't be left open.")
    if value is not None and not BY_NAME[name].accepts(value):
        raise DraftError(
            f"{wording.fields[name].label}: that value can't be used. {wording.fields[name].invalid}"
        )
    values = {**draft.values, name: value}
    year = values.get("graduation_year")
    if name in {"graduation_year", "training_stage"} and isinstance(year, int):
        problem = years.implausible(year, Context(today=today, values=values))
        if problem:
            raise DraftError(wording.asked(problem, year=year))
    change = Change(name, draft.values.get(name), value)
    draft.values = values
    working = {**draft.working}
    if (working.get("pending") or {}).get("field") == name:
        working.pop("pending")
    draft.working = working
    if draft.asking == name:
        left = fields.missing(values)
        draft.asking = left[0] if left else REVIEW
    _touch(draft)
    if change.before != change.after:
        _remember(session, draft, change, by=by, message_id=message_id)
    return draft


def pause(draft: Draft) -> None:
    draft.state = "paused"
    _touch(draft)


def resume(draft: Draft) -> None:
    draft.state = "open"
    _touch(draft)


def cancel(session: Session, draft: Draft) -> None:
    """The draft ends without being sent, and what was said in it is forgotten."""
    draft.state, draft.asking, draft.values, draft.working = "cancelled", None, {}, {}
    draft.consent_at = draft.consent_version = None
    _forget_history(session, draft)
    _touch(draft)


def restart(session: Session, draft: Draft) -> None:
    """All answers are forgotten, the consent stands."""
    draft.values = {}
    draft.working = {"consented": True} if draft.working.get("consented") else {}
    draft.state = "open"
    draft.asking = RECORD[0] if draft.working else fields.CONSENT
    _forget_history(session, draft)
    _touch(draft)


def history(session: Session, draft_id: str) -> list[DraftChange]:
    """What was changed in the draft, oldest first."""
    return list(
        session.scalars(
            select(DraftChange)
            .where(DraftChange.draft_id == draft_id)
            .order_by(DraftChange.at, DraftChange.id)
        )
    )


def _remember(session: Session, draft: Draft, change: Change, *, by: str, message_id: str | None) -> None:
    session.add(
        DraftChange(
            draft_id=draft.id,
            field=change.field,
            before=None if change.before is None else {"value": change.before},
            after=None if change.after is None else {"value": change.after},
            by=by,
            message_id=message_id,
        )
    )


def _forget_history(session: Session, draft: Draft) -> None:
    session.execute(delete(DraftChange).where(DraftChange.draft_id == draft.id))


def lock(session: Session, conversation_id: str) -> None:
    """One turn at a time: whoever reads the draft to change it holds the conversation's row."""
    session.execute(select(Conversation.id).where(Conversation.id == conversation_id).with_for_update())


def _touch(draft: Draft) -> None:
    draft.version = (draft.version or 0) + 1
    draft.updated_at = now()
