"""The thread as staff read it: who said what when, dialogue acts in short words, sources. Only reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.records.models import Message
from frontdesk.staff.channel_notes import notes
from frontdesk.staff.queue import staff_names

PAGE: Final = 100
AUTHORS: Final = {"applicant": "Applicant", "bot": "Assistant", "staff": "Team", "system": "Note"}

# What of an act is worth a word beside its name, in this order.
_TOLD: Final = ("topic", "field", "event", "kind", "reason", "reference", "state", "subject")


@dataclass(frozen=True)
class Source:
    """`url` is None when it is no web address: nothing else is ever made a link."""

    title: str
    url: str | None


@dataclass(frozen=True)
class Line:
    """One message. `act`: the dialogue act in short; `button`: the applicant pressed one.

    `notes`: what its channel told about it.
    """

    id: str
    seq: int
    author: str
    name: str
    at: datetime
    text: str
    act: str | None
    options: Sequence[str]
    sources: Sequence[Source]
    button: bool
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Transcript:
    """A stretch of a thread, oldest first. `earlier`: what to ask `before`, when there is more above."""

    lines: Sequence[Line]
    earlier: int | None
    last_seq: int


def latest(
    session: Session, conversation_id: str, *, applicant: str, before: int | None = None
) -> Transcript:
    """The newest stretch, or the one above `before`.

    Args:
        applicant: what the applicant is called.
    """
    chosen = select(Message).where(Message.conversation_id == conversation_id)
    if before is not None:
        chosen = chosen.where(Message.seq < before)
    found = session.scalars(chosen.order_by(Message.seq.desc()).limit(PAGE + 1)).all()
    lines = _lines(session, list(reversed(found[:PAGE])), applicant)
    earlier = lines[0].seq if len(found) > PAGE else None
    return Transcript(lines, earlier, lines[-1].seq if lines else 0)


def since(session: Session, conversation_id: str, *, applicant: str, after: int) -> Transcript:
    """What came after the message numbered `after`."""
    found = session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq > after)
        .order_by(Message.seq)
        .limit(PAGE)
    ).all()
    lines = _lines(session, found, applicant)
    return Transcript(lines, None, lines[-1].seq if lines else after)


def _lines(session: Session, messages: Sequence[Message], applicant: str) -> list[Line]:
    names, told = staff_names(session), notes(session, messages)
    return [
        Line(
            id=message.id,
            seq=message.seq,
            author=message.author,
            name=applicant
            if message.author == "applicant"
            else names.get(message.staff_id or "", AUTHORS["staff"])
            if message.author == "staff"
            else AUTHORS[message.author],
            at=message.created_at,
            text=message.text,
            act=_act(message.act),
            options=_labels(message.act),
            sources=_sources(message.act),
            button=message.choice is not None,
            notes=told.get(message.id, ()),
        )
        for message in messages
    ]


def _act(act: dict[str, Any] | None) -> str | None:
    if not act or not isinstance(act.get("act"), str):
        return None
    told = [str(act[key]) for key in _TOLD if isinstance(act.get(key), str | int) and act[key] != ""]
    if isinstance(act.get("step"), int) and isinstance(act.get("steps"), int):
        told.append(f"step {act['step']} of {act['steps']}")
    if isinstance(act.get("tries"), int):
        told.append(f"try {act['tries']}")
    if isinstance(act.get("reviewed"), str):
        told.append(f"reviewed {act['reviewed']}")
    return " · ".join([str(act["act"]), *told])


def _labels(act: dict[str, Any] | None) -> list[str]:
    """What was offered as buttons."""
    offered = (act or {}).get("options") or (act or {}).get("choices") or []
    if not isinstance(offered, list):
        return []
    return [str(one["label"]) for one in offered if isinstance(one, dict) and one.get("label")]


def _sources(act: dict[str, Any] | None) -> list[Source]:
    given = (act or {}).get("sources") or []
    if not isinstance(given, list):
        return []
    found = []
    for one in given:
        if isinstance(one, dict) and one.get("title"):
            url = str(one.get("url") or "")
            found.append(Source(str(one["title"]), url if url.startswith(("https://", "http://")) else None))
    return found
