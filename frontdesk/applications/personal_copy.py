"""A copy of what is kept about a person, as plain data: threads, answers, applications, papers, letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.applications import drafts, export, privacy
from frontdesk.applications.fields import RECORD
from frontdesk.records.models import Application, Conversation, Draft, KeptFile, Mail, Message, now


def copy_of(session: Session, conversation_id: str) -> dict[str, Any]:
    """Everything of the person of this conversation; times in ISO 8601, fields under the record's names."""
    ids = privacy.conversations_of(session, conversation_id)
    return {
        "made_at": now().isoformat(),
        "conversations": [_conversation(session, one) for one in ids],
        "applications": [export.row(one) for one in _of(session, Application, ids)],
        "unsent_answers": [
            {
                "changed_at": one.updated_at.isoformat(),
                "consent_at": one.consent_at.isoformat() if one.consent_at else None,
                "consent_version": one.consent_version,
                "values": {name: one.values[name] for name in RECORD if name in one.values},
            }
            for one in _of(session, Draft, ids)
            if one.state in drafts.UNSENT
        ],
        "files": [
            {
                "name": one.name,
                "media": one.media,
                "size": one.size,
                "document": one.document,
                "state": one.state,
                "came_at": one.created_at.isoformat(),
            }
            for one in _of(session, KeptFile, ids)
            if one.state != "erased"
        ],
        "letters": [
            {
                "to": one.recipient,
                "subject": one.subject,
                "at": one.created_at.isoformat(),
                "state": one.state,
            }
            for one in _of(session, Mail, ids)
        ],
    }


def _conversation(session: Session, conversation_id: str) -> dict[str, Any]:
    kept = session.get_one(Conversation, conversation_id)
    lines = session.scalars(
        select(Message).where(Message.conversation_id == conversation_id).order_by(Message.seq)
    )
    return {
        "channel": kept.channel,
        "began_at": kept.created_at.isoformat(),
        "messages": [
            {"at": one.created_at.isoformat(), "from": one.author, "text": one.text} for one in lines
        ],
    }


def _of[Row: (Application, Draft, KeptFile, Mail)](
    session: Session, model: type[Row], ids: Sequence[str]
) -> Sequence[Row]:
    return session.scalars(select(model).where(model.conversation_id.in_(ids))).all()
