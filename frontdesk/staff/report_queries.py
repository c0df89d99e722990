"""What the reports count: figures of a span of days, by channel and by day in CHHA's time zone.

Only numbers leave this module, never what somebody wrote (but for texts of the review list, masked there).
Times of a handoff are seconds from the asking. An erased conversation is counted no more.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from frontdesk.applications import fields
from frontdesk.records.models import (
    Application,
    Conversation,
    Draft,
    Handoff,
    Message,
    Rating,
    ReviewItem,
)

MOST_DAYS: Final = 366
# Examined by programs, not written by applicants.
NOT_COUNTED: Final = ("rest",)
UNSURE: Final = {"fallback": "Not understood", "clarify": "Asked back", "decline": "Declined"}


@dataclass(frozen=True)
class Span:
    """Days `since` to `until`, inclusive, of one channel or of all."""

    since: dt.date
    until: dt.date
    zone: ZoneInfo
    channel: str = ""

    @property
    def days(self) -> list[dt.date]:
        return [self.since + dt.timedelta(days=n) for n in range((self.until - self.since).days + 1)]

    def day(self, at: dt.datetime) -> dt.date:
        return at.astimezone(self.zone).date()

    def within(self, column: Any) -> ColumnElement[bool]:
        begin = dt.datetime.combine(self.since, dt.time(), self.zone)
        end = dt.datetime.combine(self.until + dt.timedelta(days=1), dt.time(), self.zone)
        found: list[ColumnElement[bool]] = [column >= begin, column < end]
        return and_(*found)

    def of_channel(self) -> ColumnElement[bool]:
        if self.channel:
            return Conversation.channel == self.channel
        return Conversation.channel.not_in(NOT_COUNTED)


@dataclass(frozen=True)
class Volume:
    """Applicants' messages by day and channel, and conversations in which they were."""

    days: Sequence[dt.date]
    messages: dict[str, list[int]]
    conversations: int

    @property
    def total(self) -> int:
        return sum(sum(counts) for counts in self.messages.values())


def volume(session: Session, span: Span) -> Volume:
    found = session.execute(
        select(Message.created_at, Message.channel, Message.conversation_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.author == "applicant", span.within(Message.created_at), span.of_channel())
    )
    place = {day: number for number, day in enumerate(span.days)}
    by_channel: dict[str, list[int]] = {}
    conversations = set()
    for at, channel, conversation_id in found:
        by_channel.setdefault(channel, [0] * len(place))[place[span.day(at)]] += 1
        conversations.add(conversation_id)
    return Volume(span.days, dict(sorted(by_channel.items())), len(conversations))


@dataclass(frozen=True)
class Answered:
    """Conversations by the day of their first message of the span: how many a person was asked into."""

    days: Sequence[dt.date]
    by_assistant: list[int]
    handed_over: list[int]
    reasons: dict[str, int]

    @property
    def share(self) -> float | None:
        """The part that the assistant answered alone, 0 to 1; None when there was none."""
        alone, handed = sum(self.by_assistant), sum(self.handed_over)
        return alone / (alone + handed) if alone + handed else None


def answered(session: Session, span: Span) -> Answered:
    firsts: dict[str, dt.datetime] = {}
    for conversation_id, at in session.execute(
        select(Message.conversation_id, Message.created_at)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.author == "applicant", span.within(Message.created_at), span.of_channel())
    ):
        firsts[conversation_id] = min(at, firsts.get(conversation_id, at))
    reasons: Counter[str] = Counter()
    handed = set()
    for conversation_id, reason in session.execute(
        select(Handoff.conversation_id, Handoff.reason)
        .join(Conversation, Conversation.id == Handoff.conversation_id)
        .where(span.within(Handoff.requested_at), span.of_channel())
    ):
        handed.add(conversation_id)
        reasons[reason] += 1
    place = {day: number for number, day in enumerate(span.days)}
    alone, with_person = [0] * len(place), [0] * len(place)
    for conversation_id, at in firsts.items():
        (with_person if conversation_id in handed else alone)[place[span.day(at)]] += 1
    return Answered(span.days, alone, with_person, dict(reasons.most_common()))


@dataclass(frozen=True)
class Spread:
    """How long something took, in seconds: how often, median, and what nine of ten stayed below."""

    count: int
    median: float | None
    p90: float | None


def spread(seconds: Sequence[float]) -> Spread:
    """Median and 90th percentile (nearest rank) of some times."""
    if not seconds:
        return Spread(0, None, None)
    ordered = sorted(seconds)
    rank = max(1, -(-len(ordered) * 9 // 10))
    return Spread(len(ordered), median(ordered), ordered[rank - 1])


@dataclass(frozen=True)
class Times:
    """First response and handling from the handoff: by the day of the asking, by channel, all together."""

    days: Sequence[dt.date]
    first: list[Spread]
    handling: list[Spread]
    first_all: Spread
    handling_all: Spread
    by_channel: dict[str, tuple[Spread, Spread]]
    unanswered: int


def times(session: Session, span: Span) -> Times:
    first: dict[dt.date, list[float]] = defaultdict(list)
    handling: dict[dt.date, list[float]] = defaultdict(list)
    by_channel: dict[str, tuple[list[float], list[float]]] = {}
    unanswered = 0
    for one, channel in session.execute(
        select(Handoff, Conversation.channel)
        .join(Conversation, Conversation.id == Handoff.conversation_id)
        .where(span.within(Handoff.requested_at), span.of_channel())
    ):
        day = span.day(one.requested_at)
        firsts, handlings = by_channel.setdefault(channel, ([], []))
        if one.first_reply_at is not None:
            seconds = (one.first_reply_at - one.requested_at).total_seconds()
            first[day].append(seconds)
            firsts.append(seconds)
        else:
            unanswered += 1
        if one.ended_at is not None:
            seconds = (one.ended_at - one.requested_at).total_seconds()
            handling[day].append(seconds)
            handlings.append(seconds)
    return Times(
        days=span.days,
        first=[spread(first[day]) for day in span.days],
        handling=[spread(handling[day]) for day in span.days],
        first_all=spread([one for day in first.values() for one in day]),
        handling_all=spread([one for day in handling.values() for one in day]),
        by_channel={name: (spread(a), spread(b)) for name, (a, b) in sorted(by_channel.items())},
        unanswered=unanswered,
    )


@dataclass(frozen=True)
class Ratings:
    """What applicants think of answers, by day and by topic: (helpful, not helpful)."""

    days: Sequence[dt.date]
    helpful: list[int]
    not_helpful: list[int]
    by_topic: dict[str, tuple[int, int]]


def ratings(session: Session, span: Span) -> Ratings:
    place = {day: number for number, day in enumerate(span.days)}
    helpful, not_helpful = [0] * len(place), [0] * len(place)
    by_topic: dict[str, list[int]] = {}
    for at, good, act in session.execute(
        select(Rating.changed_at, Rating.helpful, Message.act)
        .join(Message, Message.id == Rating.message_id)
        .join(Conversation, Conversation.id == Rating.conversation_id)
        .where(span.within(Rating.changed_at), span.of_channel())
    ):
        (helpful if good else not_helpful)[place[span.day(at)]] += 1
        topic = str((act or {}).get("topic") or (act or {}).get("act") or "other")
        by_topic.setdefault(topic, [0, 0])[0 if good else 1] += 1
    worst = sorted(by_topic.items(), key=lambda one: (-one[1][1], -one[1][0], one[0]))
    return Ratings(span.days, helpful, not_helpful, {name: (a, b) for name, (a, b) in worst})


@dataclass(frozen=True)
class Unanswered:
    """What the assistant could not answer at once: (kind, what, how often), the most frequent first.

    `examples` are texts of the review list that fell back or were rated down, alike ones together.
    """

    rows: Sequence[tuple[str, str, int]]
    examples: Sequence[tuple[str, int]] = field(default_factory=tuple)

    @property
    def by_kind(self) -> dict[str, int]:
        found: Counter[str] = Counter()
        for kind, _, many in self.rows:
            found[kind] += many
        return dict(found)


def unanswered(session: Session, span: Span, labels: dict[str, str]) -> Unanswered:
    """Args: labels: topic id → its question."""
    found: Counter[tuple[str, str]] = Counter()
    act = Message.act["act"].as_string()
    for (said,) in session.execute(
        select(Message.act)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Message.author == "bot",
            span.within(Message.created_at),
            span.of_channel(),
            act.in_(tuple(UNSURE)),
        )
    ):
        for what in _about(said, labels):
            found[(UNSURE[said["act"]], what)] += 1
    alike: Counter[str] = Counter()
    shown: dict[str, str] = {}
    for (text,) in session.execute(
        select(ReviewItem.text)
        .join(Conversation, Conversation.id == ReviewItem.conversation_id)
        .where(
            span.within(ReviewItem.said_at),
            span.of_channel(),
            ReviewItem.reason.in_(("fallback", "rated_down")),
        )
    ):
        key = " ".join(text.casefold().split()).strip(" ?!.")
        alike[key] += 1
        shown.setdefault(key, " ".join(text.split())[:200])
    rows = [(kind, what, many) for (kind, what), many in found.most_common()]
    return Unanswered(rows, [(shown[key], many) for key, many in alike.most_common(20)])


def _about(act: dict[str, Any], labels: dict[str, str]) -> Iterable[str]:
    if act["act"] == "fallback":
        return [f"try {act.get('tries', 1)}"]
    if act["act"] == "decline":
        return [str(act.get("reason", "other")).replace("_", " ")]
    topics = [str(one["topic"]) for one in act.get("options") or [] if one.get("topic")]
    return [labels.get(topic, topic.replace("_", " ")) for topic in topics[:1]] or ["a choice"]


@dataclass(frozen=True)
class Stage:
    """One stage of the funnel: how many came to it, and how many of these went no further."""

    name: str
    reached: int
    stopped: int


@dataclass(frozen=True)
class Funnel:
    """Applications that were begun in the span: stage by stage, and at which question the others stand."""

    stages: Sequence[Stage]
    stopped_at: Sequence[tuple[str, int]]
    states: dict[str, int]


def funnel(session: Session, span: Span, steps: dict[int, str], labels: dict[str, str]) -> Funnel:
    """Args: steps: number → title of the form's steps; labels: field → its label.

    What was said in a cancelled draft is forgotten; how far it was is told by the last question of its chat.
    """
    drafts = session.execute(
        select(
            Draft.state, Draft.asking, Draft.values, Draft.consent_at, Draft.conversation_id, Draft.created_at
        )
        .join(Conversation, Conversation.id == Draft.conversation_id)
        .where(span.within(Draft.created_at), span.of_channel())
    ).all()
    cancelled = {row.conversation_id for row in drafts if row.state == "cancelled"}
    asked = _last_step_asked(session, cancelled)
    last = max(steps) + 1
    reached: Counter[int] = Counter()
    stopped: Counter[str] = Counter()
    for row in drafts:
        if row.state == "sent":
            at = last
        elif row.state == "cancelled":
            at, field_name = asked.get(row.conversation_id, (0, fields.CONSENT))
            stopped[field_name] += 1
        else:
            at = _step_of(row.asking)
            stopped[row.asking or fields.CONSENT] += 1
        for step in range(at + 1):
            reached[step] += 1
    names = {step: steps[step] for step in sorted(steps)} | {last: "Sent"}
    stages = [
        Stage(
            name=f"{number}. {title}" if number not in (0, last) else title,
            reached=reached[number],
            stopped=0 if number == last else reached[number] - reached[number + 1],
        )
        for number, title in names.items()
    ]
    states = session.execute(
        select(Application.state)
        .join(Conversation, Conversation.id == Application.conversation_id)
        .where(span.within(Application.sent_at), span.of_channel())
    )
    return Funnel(
        stages,
        [(labels.get(name, name), many) for name, many in stopped.most_common()],
        dict(Counter(state for (state,) in states).most_common()),
    )


def _step_of(asking: str | None) -> int:
    return fields.BY_NAME[asking].step if asking in fields.BY_NAME else 0


def _last_step_asked(session: Session, conversations: set[str]) -> dict[str, tuple[int, str]]:
    if not conversations:
        return {}
    found: dict[str, tuple[int, str]] = {}
    questions = (
        select(Message.conversation_id, Message.act)
        .where(
            Message.conversation_id.in_(conversations),
            Message.author == "bot",
            Message.act["act"].as_string() == "question",
        )
        .order_by(Message.conversation_id, Message.seq)
    )
    for conversation_id, act in session.execute(questions):
        name = str(act.get("field") or fields.CONSENT)
        found[conversation_id] = (_step_of(name), name)
    return found
