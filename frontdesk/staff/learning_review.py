"""The review list: messages that the assistant did not understand, gathered, grouped, and decided by people.

Services over the record; each takes a session inside a transaction. Files of the project are written by
`learning_examples`, models trained by `learning_training`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from rapidfuzz import fuzz
from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from frontdesk.records.models import (
    Application,
    Conversation,
    Draft,
    Handoff,
    Message,
    Rating,
    ReviewItem,
    Staff,
    new_id,
    now,
)
from frontdesk.staff import audit
from frontdesk.staff.learning_examples import Example, Examples, normal
from frontdesk.staff.learning_masking import masked, names_in

REASONS: Final = {
    "fallback": "Not understood",
    "clarify": "Asked what was meant",
    "rated_down": "Rated as no help",
    "corrected": "Corrected by the team",
}
OUT_OF_SCOPE: Final = "decline/off_topic"
# How far back messages are gathered, and how many at a time.
LOOK_BACK: Final = timedelta(days=90)
AT_ONCE: Final = 500
# Open items on one page; the rest follows when these are decided.
PAGE: Final = 200
# Two messages that are this alike (of 100) stand in one group.
ALIKE: Final = 62.0


class StaleItem(RuntimeError):
    """A colleague decided about it first."""


@dataclass(frozen=True)
class Group:
    """Messages that ask nearly the same; `offered` are labels to begin with, the likeliest first."""

    items: Sequence[ReviewItem]
    offered: Sequence[str]


def gather(session: Session) -> int:
    """Put what came since on the list; returns how many."""
    since = now() - LOOK_BACK
    told: dict[str, tuple[Message, str, list[str]]] = {}
    for message, act in session.execute(_doubted(since)).all():
        told.setdefault(message.id, (message, str(act.get("act")), _offered(act)))
    for message in session.scalars(_taken_over(since)):
        told[message.id] = (message, "corrected", [])
    for message in session.scalars(_rated_down(since)):
        told[message.id] = (message, "rated_down", [])
    for message, reason, offered in told.values():
        add(session, message, reason, offered=_chosen(session, message) + offered)
    return len(told)


def add(session: Session, message: Message, reason: str, *, offered: Sequence[str] = ()) -> ReviewItem:
    """Put one message on the list, masked; once."""
    there = session.scalars(select(ReviewItem).where(ReviewItem.message_id == message.id)).one_or_none()
    if there is not None:
        return there
    item = ReviewItem(
        id=new_id(),
        message_id=message.id,
        conversation_id=message.conversation_id,
        reason=reason,
        text=masked(
            message.text,
            _names(session, message.conversation_id),
            whole_names=session.scalars(select(Staff.name)).all(),
        ),
        offered=list(dict.fromkeys(offered))[:4],
        said_at=message.created_at,
    )
    session.add(item)
    session.flush()
    return item


def open_groups(session: Session, *, reason: str = "") -> list[Group]:
    """The open items in groups: the largest first, within a group the newest first."""
    wanted = select(ReviewItem).where(ReviewItem.state == "open")
    if reason:
        wanted = wanted.where(ReviewItem.reason == reason)
    items = session.scalars(wanted.order_by(ReviewItem.said_at.desc(), ReviewItem.id).limit(PAGE)).all()
    groups: list[tuple[str, list[ReviewItem]]] = []
    for item in items:
        plain = normal(item.text)
        near = max(groups, key=lambda one: _alike(one[0], plain), default=None)
        if near is not None and _alike(near[0], plain) >= ALIKE:
            near[1].append(item)
        else:
            groups.append((plain, [item]))
    groups.sort(key=lambda one: -len(one[1]))
    return [
        Group(found, list(dict.fromkeys(str(label) for item in found for label in item.offered))[:4])
        for _, found in groups
    ]


def counts(session: Session) -> dict[str, int]:
    """Reason → how many open items."""
    found = (
        select(ReviewItem.reason, func.count()).where(ReviewItem.state == "open").group_by(ReviewItem.reason)
    )
    return dict(session.execute(found).all())


def decided(session: Session, *, limit: int = 100) -> Sequence[ReviewItem]:
    """What was decided last."""
    return session.scalars(
        select(ReviewItem)
        .where(ReviewItem.state != "open")
        .order_by(ReviewItem.decided_at.desc())
        .limit(limit)
    ).all()


def teach(
    session: Session,
    item_ids: Iterable[str],
    examples: Examples,
    *,
    label: str,
    texts: dict[str, str],
    by: str,
) -> int:
    """Take items over as examples of a label; returns how many.

    Args:
        texts: item id → the text as the reviewer left it.

    Raises:
        StaleItem, learning_examples.UnfitExample, learning_examples.UnreadableData
    """
    items = _open(session, item_ids)
    for item in items:
        item.example = examples.fit(texts.get(item.id, item.text), label)
        item.label = label
        _decide(session, item, "example", by)
    return len(items)


def ask_for_topic(session: Session, item_ids: Iterable[str], *, note: str, by: str) -> int:
    """Items wait for a topic that there is not yet; returns how many.

    Raises:
        StaleItem
        ValueError: the note is empty.
    """
    note = " ".join(note.split())[:500]
    if not note:
        raise ValueError("Say in a few words which topic is missing.")
    items = _open(session, item_ids)
    for item in items:
        item.note = note
        _decide(session, item, "topic_wanted", by)
    return len(items)


def dismiss(session: Session, item_ids: Iterable[str], *, by: str) -> int:
    """Nothing is to be learned from these; returns how many.

    Raises:
        StaleItem
    """
    items = _open(session, item_ids)
    for item in items:
        _decide(session, item, "dismissed", by)
    return len(items)


def reopen(session: Session, item_id: str, *, by: str) -> ReviewItem:
    """Take a decision back. What it taught is withdrawn at the next writing of the file.

    Raises:
        LookupError: there is no such item.
    """
    item = session.get(ReviewItem, item_id, with_for_update=True)
    if item is None:
        raise LookupError(item_id)
    if item.state != "open":
        audit.note(session, by, "learning.reopened", item.id, before=item.state)
        item.state = "open"
        item.decided_by = item.decided_at = None
    session.flush()
    return item


def taught(session: Session) -> list[Example]:
    """The examples that people accepted."""
    rows = session.execute(
        select(ReviewItem.label, ReviewItem.example).where(
            ReviewItem.state == "example", ReviewItem.label.is_not(None), ReviewItem.example.is_not(None)
        )
    ).all()
    return [Example(str(label), str(text)) for label, text in rows]


def withdrawn(session: Session) -> list[Example]:
    """The examples that were accepted once and are not any more."""
    rows = session.execute(
        select(ReviewItem.label, ReviewItem.example).where(
            ReviewItem.state != "example", ReviewItem.label.is_not(None), ReviewItem.example.is_not(None)
        )
    ).all()
    still = {(one.label, normal(one.text)) for one in taught(session)}
    gone = [Example(str(label), str(text)) for label, text in rows]
    return [one for one in gone if (one.label, normal(one.text)) not in still]


def _alike(one: str, other: str) -> float:
    return max(fuzz.ratio(one, other), fuzz.token_set_ratio(one, other) - 12)


def _doubted(since: Any) -> Select[Any]:
    """Typed messages that the bot answered by a fallback or a clarifying question, with the act."""
    answer = aliased(Message)
    return (
        select(Message, answer.act)
        .join(answer, answer.in_reply_to == Message.id)
        .where(
            answer.author == "bot",
            or_(*(answer.act["act"].as_string() == name for name in ("fallback", "clarify"))),
            *_typed(since),
        )
        .order_by(answer.seq)
        .limit(AT_ONCE)
    )


def _taken_over(since: Any) -> Select[Any]:
    """The last answered message before a member of staff took a conversation over from the bot."""
    earlier = aliased(Message)
    answered = exists().where(earlier.in_reply_to == Message.id, earlier.author == "bot")
    last = (
        select(func.max(earlier.seq))
        .where(
            earlier.conversation_id == Handoff.conversation_id,
            earlier.author == "applicant",
            earlier.created_at <= Handoff.requested_at,
        )
        .correlate(Handoff)
        .scalar_subquery()
    )
    return (
        select(Message)
        .join(Handoff, Handoff.conversation_id == Message.conversation_id)
        .where(Handoff.reason == "taken_over", Message.seq == last, answered, *_typed(since))
        .limit(AT_ONCE)
    )


def _rated_down(since: Any) -> Select[Any]:
    """Messages whose answer the applicant rated as no help."""
    answer = aliased(Message)
    return (
        select(Message)
        .join(answer, answer.in_reply_to == Message.id)
        .join(Rating, Rating.message_id == answer.id)
        .where(Rating.helpful.is_(False), answer.author == "bot", *_typed(since))
        .limit(AT_ONCE)
    )


def _typed(since: Any) -> list[Any]:
    return [
        Message.author == "applicant",
        Message.choice.is_(None),
        Message.text != "",
        Message.created_at >= since,
        ~exists().where(ReviewItem.message_id == Message.id),
        ~exists().where(Conversation.id == Message.conversation_id, Conversation.channel == "rest"),
    ]


def _offered(act: dict[str, Any]) -> list[str]:
    """The labels behind the options of a clarifying question."""
    options = act.get("options")
    return [
        f"faq/{option['topic']}" if option.get("topic") else str(option["intent"])
        for option in (options if isinstance(options, list) else [])
        if isinstance(option, dict) and (option.get("topic") or option.get("intent"))
    ]


def _chosen(session: Session, message: Message) -> list[str]:
    """The label of the button that the applicant pressed next: what was really meant."""
    following = session.scalars(
        select(Message)
        .where(
            Message.conversation_id == message.conversation_id,
            Message.author == "applicant",
            Message.seq > message.seq,
        )
        .order_by(Message.seq)
        .limit(1)
    ).one_or_none()
    choice = following.choice if following is not None else None
    if not choice:
        return []
    if choice.get("topic"):
        return [f"faq/{choice['topic']}"]
    return [str(choice["intent"])] if choice.get("intent") else []


def _names(session: Session, conversation_id: str) -> list[str]:
    """What the applicant is called, as far as it was told."""
    values = [
        *session.scalars(select(Draft.values).where(Draft.conversation_id == conversation_id)),
        *session.scalars(select(Application.values).where(Application.conversation_id == conversation_id)),
    ]
    return names_in(values)


def _open(session: Session, item_ids: Iterable[str]) -> list[ReviewItem]:
    wanted = sorted(set(item_ids))
    items = session.scalars(
        select(ReviewItem).where(ReviewItem.id.in_(wanted)).order_by(ReviewItem.id).with_for_update()
    ).all()
    if len(items) < len(wanted) or any(item.state != "open" for item in items):
        raise StaleItem("A colleague decided about some of these first. Nothing was changed; look again.")
    return list(items)


def _decide(session: Session, item: ReviewItem, state: str, by: str) -> None:
    item.state = state
    item.decided_by = by
    item.decided_at = now()
    audit.note(session, by, f"learning.{state}", item.id, label=item.label if state == "example" else None)
    session.flush()
