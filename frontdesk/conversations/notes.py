"""Private notes of the team beside a thread, and colleagues named in them. Applicants never see any of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from frontdesk.conversations import alerts, threads
from frontdesk.records.models import Mention, Staff, StaffNote, now

NOTE_LIMIT: Final = 4000
_NAMED: Final = re.compile(r"(?<![\w@.])@([\w][\w.+-]{0,63})")


def add(session: Session, conversation_id: str, staff_id: str, text: str) -> StaffNote:
    """Keep a note after the newest message; each colleague named by @login is told.

    Raises:
        ValueError: no words, or more than NOTE_LIMIT characters; the text says which.
        threads.UnknownConversation
    """
    text = text.strip()
    if not text:
        raise ValueError("Write something first.")
    if len(text) > NOTE_LIMIT:
        raise ValueError(f"A note has at most {NOTE_LIMIT} characters; this one has {len(text)}.")
    conversation = threads.locked(session, conversation_id)
    conversation.last_note += 1
    note = StaffNote(
        conversation_id=conversation_id,
        number=conversation.last_note,
        after_seq=conversation.last_seq,
        staff_id=staff_id,
        text=text,
    )
    session.add(note)
    session.flush()
    for colleague in mentioned(session, text):
        if colleague.id == staff_id:
            continue
        mention = Mention(note_id=note.id, conversation_id=conversation_id, staff_id=colleague.id)
        session.add(mention)
        session.flush()
        alerts.call(session, "mention", conversation_id, key=f"mention:{mention.id}", staff_id=colleague.id)
    return note


def mentioned(session: Session, text: str) -> Sequence[Staff]:
    """The members of staff whose @login stands in the text."""
    logins = {found.rstrip(".").casefold() for found in _NAMED.findall(text)}
    if not logins:
        return []
    return session.scalars(
        select(Staff).where(Staff.login.in_(logins), Staff.disabled_at.is_(None)).order_by(Staff.login)
    ).all()


def seen(session: Session, conversation_id: str, staff_id: str) -> bool:
    """This person has opened the conversation; whether there was a mention they had not seen."""
    found = session.scalars(
        update(Mention)
        .where(
            Mention.conversation_id == conversation_id,
            Mention.staff_id == staff_id,
            Mention.seen_at.is_(None),
        )
        .values(seen_at=now())
        .returning(Mention.id)
    ).all()
    return bool(found)
