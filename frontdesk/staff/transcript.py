"""The thread as staff read it: who said what when, acts in short words, files, private notes. Only reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.records.models import KeptFile, Message, StaffNote
from frontdesk.staff import channel_notes
from frontdesk.staff.queue import staff_names

PAGE: Final = 60
FOUND_MOST: Final = 50
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

    `notes`: what its channel told about it; `stuck`: it did not arrive and may be tried again.
    A private note of the team is a line with `author` = note; its `seq` is the message that it stands after.
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
    files: Sequence[KeptFile] = ()
    stuck: bool = False


@dataclass(frozen=True)
class Transcript:
    """A stretch of a thread, oldest first. `earlier`: what to ask `before`, when there is more above.

    `last_note` is the number of the newest note of it.
    """

    lines: Sequence[Line]
    earlier: int | None
    last_seq: int
    last_note: int = 0


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
    last = lines[-1].seq if lines else 0
    notes = select(StaffNote).where(StaffNote.conversation_id == conversation_id)
    if earlier is not None:
        notes = notes.where(StaffNote.after_seq >= earlier)
    if before is not None:
        notes = notes.where(StaffNote.after_seq < before)
    kept = session.scalars(notes.order_by(StaffNote.number)).all()
    return Transcript(_merged(lines, _notes(session, kept)), earlier, last, kept[-1].number if kept else 0)


def found(session: Session, conversation_id: str, *, applicant: str, words: str) -> Transcript:
    """The newest messages and notes with these words in them, FOUND_MOST of each at most."""
    messages = session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.text.icontains(words, autoescape=True))
        .order_by(Message.seq.desc())
        .limit(FOUND_MOST)
    ).all()
    notes = session.scalars(
        select(StaffNote)
        .where(StaffNote.conversation_id == conversation_id, StaffNote.text.icontains(words, autoescape=True))
        .order_by(StaffNote.number.desc())
        .limit(FOUND_MOST)
    ).all()
    lines = _lines(session, list(reversed(messages)), applicant)
    return Transcript(_merged(lines, _notes(session, list(reversed(notes)))), None, 0)


def since(
    session: Session, conversation_id: str, *, applicant: str, after: int, after_note: int = 0
) -> Transcript:
    """What came after the message numbered `after` and the note numbered `after_note`."""
    found = session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq > after)
        .order_by(Message.seq)
        .limit(PAGE)
    ).all()
    lines = _lines(session, found, applicant)
    notes = session.scalars(
        select(StaffNote)
        .where(StaffNote.conversation_id == conversation_id, StaffNote.number > after_note)
        .order_by(StaffNote.number)
        .limit(PAGE)
    ).all()
    return Transcript(
        _merged(lines, _notes(session, notes)),
        None,
        lines[-1].seq if lines else after,
        notes[-1].number if notes else after_note,
    )


def _merged(lines: Sequence[Line], notes: Sequence[Line]) -> list[Line]:
    """Each note after the message that it followed."""
    return sorted([*lines, *notes], key=lambda line: (line.seq, line.author == "note", line.at))


def _notes(session: Session, notes: Sequence[StaffNote]) -> list[Line]:
    names = staff_names(session) if notes else {}
    return [
        Line(
            id=note.id,
            seq=note.after_seq,
            author="note",
            name=names.get(note.staff_id, AUTHORS["staff"]),
            at=note.created_at,
            text=note.text,
            act=None,
            options=(),
            sources=(),
            button=False,
        )
        for note in notes
    ]


def _files(session: Session, messages: Sequence[Message]) -> dict[str, list[KeptFile]]:
    """Message id → the files that came with it."""
    found: dict[str, list[KeptFile]] = {}
    ids = [message.id for message in messages]
    for file in session.scalars(select(KeptFile).where(KeptFile.message_id.in_(ids))):
        found.setdefault(file.message_id or "", []).append(file)
    return found


def _lines(session: Session, messages: Sequence[Message], applicant: str) -> list[Line]:
    names, told = staff_names(session), channel_notes.notes(session, messages)
    files, stuck = _files(session, messages), channel_notes.can_be_retried(session, messages)
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
            files=files.get(message.id, ()),
            stuck=message.id in stuck,
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
