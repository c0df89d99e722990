"""An applicant is writing: said every few seconds while keys are pressed, and it fades by itself.

Only that somebody writes is kept, never what.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from frontdesk.records.models import Conversation, now

SECONDS = 6


def is_typing(session: Session, conversation_id: str, typing: bool) -> bool:
    """Say that the applicant writes now, or not any more; to be said again at least every `SECONDS`.

    Returns:
        Whether a person of the team can see it: while the assistant has the conversation, nobody looks.
    """
    until = now() + timedelta(seconds=SECONDS) if typing else None
    told = session.scalars(
        update(Conversation)
        .where(Conversation.id == conversation_id, Conversation.holder.in_(("queued", "assigned")))
        .values(applicant_typing_until=until)
        .returning(Conversation.id)
    ).all()
    return bool(told)
