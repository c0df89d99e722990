"""The lists of conversations: who waits, since when and why; what oneself and colleagues hold; the rest.

Only reads. Conversations of the examination door are left out: nobody there waits for a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy import Row as Answered
from sqlalchemy.orm import Session, aliased

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
OWN_SECTIONS: Final = frozenset({"mine", "mentions", "colleagues"})


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


@dataclass(frozen=True)
class Tallies:
    """How many conversations are in each section, for everybody of the team at once."""

    common: Mapping[str, int]
    held: Mapping[str | None, int]
    awake: Mapping[str | None, int]
    mentions: Mapping[str, int]

    def of(self, staff_id: str) -> dict[str, int]:
        """Section → how many conversations are in it for that person."""
        others = sum(count for whose, count in self.held.items() if whose not in (None, staff_id))
        own = {
            "mine": self.awake.get(staff_id, 0),
            "mentions": self.mentions.get(staff_id, 0),
            "colleagues": others,
        }
        return {section: own.get(section, self.common.get(section, 0)) for section in SECTIONS}


def tallies(session: Session) -> Tallies:
    """Counts by the rules of the sections themselves, in two questions for the whole team."""
    shared = [section for section in SECTIONS if is_common(section)]
    counted = [*(_WHERE[section]("") for section in shared), _held(), _held_awake()]
    common: Counter[str] = Counter()
    held: dict[str | None, int] = {}
    awake: dict[str | None, int] = {}
    for staff_id, *found, of_held, of_awake in session.execute(
        select(Conversation.staff_id, *(func.count(case((rule, 1))) for rule in counted))
        .where(Conversation.channel != EXAMINATION_DOOR)
        .group_by(Conversation.staff_id)
    ):
        common.update(dict(zip(shared, found, strict=True)))
        held[staff_id], awake[staff_id] = of_held, of_awake
    named = session.execute(
        select(Mention.staff_id, func.count(Mention.conversation_id.distinct()))
        .join(Conversation, Conversation.id == Mention.conversation_id)
        .where(Mention.seen_at.is_(None), Conversation.channel != EXAMINATION_DOOR)
        .group_by(Mention.staff_id)
    )
    return Tallies(common, held, awake, dict(named.all()))


def is_common(section: str) -> bool:
    """Whether everybody of the team sees the same conversations there."""
    return section not in OWN_SECTIONS


def listing(
    session: Session,
    section: str,
    staff_id: str,
    *,
    page: int,
    at: datetime,
    overdue_minutes: int | None,
    size: int = PAGE,
) -> Listing:
    """A page of a section: the queue with what is urgent on top, then who waits longest; others newest first.

    Args:
        page: from 1 on; past the last one, the last one is given. A page has `size` rows.
        overdue_minutes: a waiting person unanswered for longer is marked.
    """
    total = session.scalar(select(func.count()).select_from(Conversation).where(_in(section, staff_id))) or 0
    pages = max(1, -(-total // size))
    page = min(max(1, page), pages)
    found = session.execute(
        _ordered(section).where(_in(section, staff_id)).offset((page - 1) * size).limit(size)
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


def _held() -> ColumnElement[bool]:
    return Conversation.holder == "assigned"


def _held_awake() -> ColumnElement[bool]:
    return and_(_held(), Conversation.snoozed_until.is_(None))


def _mine(staff_id: str) -> ColumnElement[bool]:
    return and_(_held_awake(), Conversation.staff_id == staff_id)


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
    "colleagues": lambda staff_id: and_(_held(), Conversation.staff_id != staff_id),
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
                last_at=last.at if last else conversation.updated_at,
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


@dataclass(frozen=True)
class Last:
    text: str
    author: str
    at: datetime


def _last_messages(session: Session, ids: Sequence[str]) -> dict[str, Last]:
    """The newest words of a person; of the assistant only where no person wrote yet."""
    line = aliased(Message)
    # Each found by walking back from the end of the thread, however long it is.
    by_people, by_the_bot = (
        select(line.seq)
        .where(line.conversation_id == Conversation.id, line.author.in_(authors))
        .order_by(line.seq.desc())
        .limit(1)
        .scalar_subquery()
        for authors in (("applicant", "staff"), ("bot",))
    )
    found = session.execute(
        select(Message.conversation_id, Message.text, Message.author, Message.created_at)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.id.in_(ids), Message.seq == func.coalesce(by_people, by_the_bot))
    )
    return {row.conversation_id: Last(row.text, row.author, row.created_at) for row in found}


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= LAST_WORDS else flat[: LAST_WORDS - 1].rstrip() + "…"
