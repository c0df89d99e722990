"""The applicant beside the thread, and applications: fields in words, what is missing, who changed what.

States are changed here with their audit entry; which may follow which stands in
`frontdesk/applications/pipeline.py`, what a field means and how it is shown in `fields.py` there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from frontdesk.applications import fields, pipeline
from frontdesk.applications.pipeline import STATE_FIELD, Sought
from frontdesk.applications.wording import ApplicationWording
from frontdesk.conversations import threads
from frontdesk.records.models import Application, Conversation, Draft, DraftChange, Staff
from frontdesk.staff import audit
from frontdesk.staff.queue import name_in

PAGE: Final = 50


@dataclass(frozen=True)
class Telling:
    """How an applicant is told of a state: CHHA's short name, words of one's own, the knowledge folder."""

    name: str
    words: str = ""
    folder: Path | None = None


class UnknownApplication(LookupError):
    """There is no application of that reference."""


@dataclass(frozen=True)
class Item:
    """One field: `value` is None while it is missing."""

    field: str
    label: str
    value: str | None


@dataclass(frozen=True)
class Group:
    title: str
    items: Sequence[Item]


@dataclass(frozen=True)
class ChangeTold:
    """One line of a history."""

    at: datetime
    label: str
    before: str
    after: str
    by: str


@dataclass(frozen=True)
class DraftView:
    """An application that is not sent yet."""

    state: str
    groups: Sequence[Group]
    missing: Sequence[str]
    done: int
    total: int
    asking: str | None
    updated_at: datetime
    consent_at: datetime | None
    consent_version: str | None
    history: Sequence[ChangeTold]


@dataclass(frozen=True)
class ApplicationView:
    """An application that was sent."""

    reference: str
    state: str
    conversation_id: str
    name: str
    groups: Sequence[Group]
    sent_at: datetime
    updated_at: datetime
    consent_at: datetime | None
    consent_version: str | None
    history: Sequence[ChangeTold]


@dataclass(frozen=True)
class Contact:
    """Who writes, as far as it was told in an application; values are in words."""

    name: str | None
    email: str | None
    phone: str | None
    citizenship: str | None


@dataclass(frozen=True)
class Beside:
    """What stands beside a thread: the contact, an unsent draft, applications sent, the newest first."""

    contact: Contact
    draft: DraftView | None
    applications: Sequence[ApplicationView]


@dataclass(frozen=True)
class Listed:
    """One application in the list."""

    reference: str
    name: str
    email: str | None
    program: str
    citizenship: str
    start: str
    state: str
    channel: str
    sent_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Found:
    """One page of applications."""

    rows: Sequence[Listed]
    total: int
    page: int
    pages: int


def beside(session: Session, conversation_id: str, wording: ApplicationWording) -> Beside:
    """Applicant, draft and applications of a conversation."""
    draft = session.scalars(
        select(Draft)
        .where(Draft.conversation_id == conversation_id, Draft.state.in_(("open", "paused")))
        .order_by(Draft.updated_at.desc())
        .limit(1)
    ).one_or_none()
    sent = session.scalars(
        select(Application)
        .where(Application.conversation_id == conversation_id)
        .order_by(Application.sent_at.desc())
    ).all()
    told = [draft.values] if draft is not None else []
    told += [application.values for application in sent]

    def first(field: str) -> str | None:
        return next((_shown(field, values[field], wording) for values in told if values.get(field)), None)

    return Beside(
        contact=Contact(first("full_name"), first("email"), first("phone"), first("country_of_citizenship")),
        draft=_draft_view(session, draft, wording) if draft is not None else None,
        applications=[view(session, application, wording) for application in sent],
    )


def find(session: Session, reference: str, *, lock: bool = False) -> Application:
    """Raises UnknownApplication."""
    chosen = select(Application).where(Application.reference == reference)
    found = session.scalars(chosen.with_for_update() if lock else chosen).one_or_none()
    if found is None:
        raise UnknownApplication(reference)
    return found


def view(session: Session, application: Application, wording: ApplicationWording) -> ApplicationView:
    """An application with every field in words and its history, the newest change first."""
    return ApplicationView(
        reference=application.reference,
        state=application.state,
        conversation_id=application.conversation_id,
        name=name_in(application.values) or application.reference,
        groups=_groups(application.values, wording),
        sent_at=application.sent_at,
        updated_at=application.updated_at,
        consent_at=application.consent_at,
        consent_version=application.consent_version,
        history=_history(session, application.draft_id, wording),
    )


def listed(
    session: Session, wording: ApplicationWording, sought: Sought, *, zone: ZoneInfo, page: int
) -> Found:
    """A page of applications, in the order that is sought."""
    where = sought.where(zone)
    total = session.scalar(select(func.count()).select_from(Application).where(where)) or 0
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    found = session.execute(
        select(Application, Conversation.channel)
        .join(Conversation, Conversation.id == Application.conversation_id)
        .where(where)
        .order_by(*sought.order())
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    )

    def shown(one: Application, field: str) -> str:
        return _shown(field, one.values.get(field), wording) or ""

    rows = [
        Listed(
            reference=one.reference,
            name=name_in(one.values) or one.reference,
            email=one.email,
            program=shown(one, "program_interest"),
            citizenship=shown(one, "country_of_citizenship"),
            start=shown(one, "preferred_start"),
            state=one.state,
            channel=channel,
            sent_at=one.sent_at,
            updated_at=one.updated_at,
        )
        for one, channel in found
    ]
    return Found(rows, total, page, pages)


def counts(session: Session) -> dict[str, int]:
    """State → how many applications."""
    found = select(Application.state, func.count()).group_by(Application.state)
    return dict(session.execute(found).all())


def change_state(
    session: Session,
    reference: str,
    *,
    to: str,
    seen: str,
    staff: Staff,
    telling: Telling | None = None,
) -> bool:
    """Move an application to another state; whether it moved (it may be there already).

    Args:
        seen: the state that the person saw when choosing.
        telling: how the applicant is told on their channel; None: they are not.

    Raises:
        UnknownApplication, pipeline.StaleState, pipeline.IllegalMove, pipeline.UnknownState
        ValueError: too many words of one's own.
    """
    if telling is not None:  # in the order in which everybody locks: the conversation first
        threads.locked(session, find(session, reference).conversation_id)
    application = find(session, reference, lock=True)
    before = pipeline.move(session, application, to=to, seen=seen, by=staff.name)
    if before is None:
        return False
    if telling is not None:
        pipeline.tell(session, application, name=telling.name, words=telling.words, folder=telling.folder)
    audit.note(
        session,
        staff.login,
        "application.state_changed",
        application.id,
        before=before,
        after=to,
        **({"told": True} if telling is not None else {}),
    )
    session.flush()
    return True


def _draft_view(session: Session, draft: Draft, wording: ApplicationWording) -> DraftView:
    asked, missing = fields.asked_of(draft.values), fields.missing(draft.values)
    asking = wording.fields.get(draft.asking or "")
    return DraftView(
        state=draft.state,
        groups=_groups(draft.values, wording),
        missing=[wording.fields[name].label for name in missing],
        done=len(asked) - len(missing),
        total=len(asked),
        asking=asking.label if asking else None,
        updated_at=draft.updated_at,
        consent_at=draft.consent_at,
        consent_version=draft.consent_version,
        history=_history(session, draft.id, wording),
    )


def _groups(values: dict[str, Any], wording: ApplicationWording) -> list[Group]:
    groups: dict[str, list[Item]] = {}
    for field in fields.asked_of(values):
        items = groups.setdefault(wording.steps[field.step], [])
        value = _shown(field.name, values[field.name], wording) if field.name in values else None
        items.append(Item(field.name, wording.fields[field.name].label, value))
    return [Group(title, items) for title, items in groups.items()]


def _history(session: Session, draft_id: str, wording: ApplicationWording) -> list[ChangeTold]:
    found = session.scalars(
        select(DraftChange).where(DraftChange.draft_id == draft_id).order_by(DraftChange.at.desc()).limit(200)
    ).all()
    told = []
    for change in found:
        known = wording.fields.get(change.field)
        label = "State" if change.field == STATE_FIELD else known.label if known else change.field
        told.append(
            ChangeTold(
                at=change.at,
                label=label,
                before=_changed(change.field, change.before, wording),
                after=_changed(change.field, change.after, wording),
                by=change.by,
            )
        )
    return told


def _changed(field: str, kept: dict[str, Any] | None, wording: ApplicationWording) -> str:
    if not kept or "value" not in kept:
        return "–"
    if field == STATE_FIELD:
        return str(kept["value"]).replace("_", " ")
    return _shown(field, kept["value"], wording) or "–"


def _shown(field: str, value: Any, wording: ApplicationWording) -> str | None:
    """A value in words; what cannot be read any more is shown as it is kept, rather than hiding the rest."""
    if field not in wording.fields:
        return None if value is None else str(value)
    try:
        return fields.shown(field, value, wording)
    except (KeyError, ValueError, TypeError, LookupError):
        return str(value)
