"""The lists of conversations: who waits, since when and why; what oneself and colleagues hold; the rest.

Only reads. Conversations of the examination door are left out: nobody there waits for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy import Row as Answered
from sqlalchemy.orm import Session

from frontdesk.applications import fields
from frontdesk.conversations.threads import URGENCY
from frontdesk.records.models import Application, Conversation, Draft, Handoff, Mention, Message, Staff
from frontdesk.staff import languages

EXAMINATION_DOOR: Final = "rest"
PAGE: Final = 50
LAST_WORDS: Final = 160

SECTIONS: Final = {
    "queue": "Queue",
    "mine": "Mine",
    "mentions": "Mentions",
    "snoozed": "Snoozed",
    "colleagues": "With colleagues",
    "bot": "With the bot",
    "closed": "Closed",
}


@dataclass(frozen=True)
class Row:
    """One conversation in a list. `since`: when the person was asked for, where one was."""

    id: str
    name: str
    channel: str
    holder: str
    staff_name: str | None
    attention: str | None
    reason: str | None
    since: datetime | None
    overdue: bool
    language: str | None
    snoozed_until: datetime | None
    application: str | None
    last_words: str
    last_author: str | None
    last_at: datetime


@dataclass(frozen=True)
class Listing:
    """One page of a section."""

    section: str
    rows: Sequence[Row]
    page: int
    pages: int
    total: int


def waiting(session: Session) -> int:
    """How many conversations wait for anybody of the team."""
    return session.scalar(select(func.count()).select_from(Conversation).where(_in("queue", ""))) or 0


def counts(session: Session, staff_id: str) -> dict[str, int]:
    """Section → how many conversations are in it."""
    columns = [func.count(case((_in(section, staff_id), 1))) for section in SECTIONS]
    found = session.execute(
        select(*columns).select_from(Conversation).where(Conversation.channel != EXAMINATION_DOOR)
    ).one()
    return dict(zip(SECTIONS, found, strict=True))


def listing(
    session: Session, section: str, staff_id: str, *, page: int, at: datetime, overdue_minutes: int | None
) -> Listing:
    """A page of a section: the queue with what is urgent on top, then who waits longest; others newest first.

    Args:
        page: from 1 on; past the last one, the last one is given.
        overdue_minutes: a waiting person unanswered for longer is marked.
    """
    total = session.scalar(select(func.count()).select_from(Conversation).where(_in(section, staff_id))) or 0
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    found = session.execute(
        _ordered(section).where(_in(section, staff_id)).offset((page - 1) * PAGE).limit(PAGE)
    ).all()
    rows = _rows(session, found, at, overdue_minutes)
    return Listing(section, rows, page, pages, total)


def _in(section: str, staff_id: str) -> ColumnElement[bool]:
    known = Conversation.channel != EXAMINATION_DOOR
    return and_(known, _WHERE[section](staff_id))


def _waits(_: str) -> ColumnElement[bool]:
    # Something urgent waits for people although the bot goes on with it.
    return or_(
        and_(Conversation.holder == "queued", Conversation.snoozed_until.is_(None)),
        and_(Conversation.attention.is_not(None), Conversation.holder != "assigned"),
    )


def _mine(staff_id: str) -> ColumnElement[bool]:
    held = and_(Conversation.holder == "assigned", Conversation.staff_id == staff_id)
    return and_(held, Conversation.snoozed_until.is_(None))


def _mentions(staff_id: str) -> ColumnElement[bool]:
    return exists().where(
        Mention.conversation_id == Conversation.id, Mention.staff_id == staff_id, Mention.seen_at.is_(None)
    )


# Built where it is asked for: every open console asks at every change.
_WHERE: Final[dict[str, Callable[[str], ColumnElement[bool]]]] = {
    "queue": _waits,
    "mine": _mine,
    "mentions": _mentions,
    "snoozed": lambda _: Conversation.snoozed_until.is_not(None),
    "colleagues": lambda staff_id: and_(Conversation.holder == "assigned", Conversation.staff_id != staff_id),
    # Somebody who opened the widget and wrote nothing has nothing to read.
    "bot": lambda _: and_(Conversation.holder == "bot", Conversation.last_seq > 0),
    "closed": lambda _: Conversation.holder == "closed",
}


def _ordered(section: str) -> Select[Conversation, Handoff | None]:
    chosen = select(Conversation, Handoff).outerjoin(
        Handoff, and_(Handoff.conversation_id == Conversation.id, Handoff.ended_at.is_(None))
    )
    if section == "snoozed":
        return chosen.order_by(Conversation.snoozed_until, Conversation.id)
    if section in ("queue", "mine", "colleagues"):
        urgent = case(
            {reason: place for place, reason in enumerate(URGENCY)}, value=Conversation.attention, else_=-1
        )
        since = func.coalesce(Handoff.requested_at, Conversation.updated_at)
        return chosen.order_by(urgent.desc(), since, Conversation.id)
    return chosen.order_by(Conversation.updated_at.desc(), Conversation.id)


def _rows(
    session: Session,
    found: Sequence[Answered[Conversation, Handoff | None]],
    at: datetime,
    overdue_minutes: int | None,
) -> list[Row]:
    ids = [conversation.id for conversation, _ in found]
    lasts, names, told = _last_messages(session, ids), staff_names(session), applications_told(session, ids)
    rows = []
    for conversation, handoff in found:
        last = lasts.get(conversation.id)
        name, application = told.get(conversation.id, (None, None))
        since = handoff.requested_at if handoff is not None else None
        rows.append(
            Row(
                id=conversation.id,
                name=name or visitor(conversation.id),
                channel=conversation.channel,
                holder=conversation.holder,
                staff_name=names.get(conversation.staff_id or ""),
                attention=conversation.attention,
                reason=handoff.reason if handoff is not None else None,
                since=since,
                overdue=bool(
                    overdue_minutes
                    and since
                    and conversation.holder == "queued"
                    and at - since > timedelta(minutes=overdue_minutes)
                ),
                language=languages.said(conversation.language),
                snoozed_until=conversation.snoozed_until,
                application=application,
                last_words=_shortened(last.text) if last else "",
                last_author=last.author if last else None,
                last_at=last.created_at if last else conversation.updated_at,
            )
        )
    return rows


def visitor(conversation_id: str) -> str:
    """What somebody is called who has not told a name."""
    return f"Visitor {conversation_id[:4]}"


def staff_names(session: Session) -> dict[str, str]:
    return dict(session.execute(select(Staff.id, Staff.name)).all())


def applications_told(session: Session, ids: Sequence[str]) -> dict[str, tuple[str | None, str | None]]:
    """Conversation id → the applicant's name, and how far the application is; the newest of each counts."""
    told: dict[str, tuple[str | None, str | None]] = {}
    sent = select(Application).where(Application.conversation_id.in_(ids)).order_by(Application.sent_at)
    for application in session.scalars(sent):
        state = application.state.replace("_", " ")
        told[application.conversation_id] = (
            name_in(application.values),
            f"{application.reference} {state}",
        )
    unsent = (
        select(Draft)
        .where(Draft.conversation_id.in_(ids), Draft.state.in_(("open", "paused")))
        .order_by(Draft.updated_at)
    )
    for draft in session.scalars(unsent):
        before = told.get(draft.conversation_id, (None, None))[0]
        told[draft.conversation_id] = (name_in(draft.values) or before, progress(draft))
    return told


def name_in(values: dict[str, Any]) -> str | None:
    name = values.get("full_name")
    return str(name) if name else None


def progress(draft: Draft) -> str:
    """How far a draft is, in words."""
    asked = len(fields.asked_of(draft.values))
    return f"draft {asked - len(fields.missing(draft.values))} of {asked}"


def _last_messages(session: Session, ids: Sequence[str]) -> dict[str, Message]:
    """The newest words of a person; of the assistant only where no person wrote yet."""
    by_people = func.max(case((Message.author.in_(("applicant", "staff")), Message.seq)))
    newest = (
        select(Message.conversation_id, func.coalesce(by_people, func.max(Message.seq)).label("seq"))
        .where(Message.conversation_id.in_(ids), Message.author != "system")
        .group_by(Message.conversation_id)
        .subquery()
    )
    found = session.scalars(
        select(Message).join(
            newest, and_(Message.conversation_id == newest.c.conversation_id, Message.seq == newest.c.seq)
        )
    )
    return {message.conversation_id: message for message in found}


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= LAST_WORDS else flat[: LAST_WORDS - 1].rstrip() + "…"
