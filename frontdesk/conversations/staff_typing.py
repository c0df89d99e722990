"""A person of the team is writing: said every few seconds while keys are pressed, and it fades by itself.

Kept in the record, so that it reaches a visitor's stream in whichever process that one is.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from frontdesk.records.models import Conversation, TypingSignal, now

SECONDS = 6


def is_typing(session: Session, conversation_id: str, staff_id: str) -> bool:
    """Say that this person writes now; to be said again at least every `SECONDS`.

    Returns:
        Whether it counts: only who holds the conversation is shown as writing.
    """
    conversation = session.get(Conversation, conversation_id)
    if conversation is None or conversation.holder != "assigned" or conversation.staff_id != staff_id:
        return False
    session.merge(
        TypingSignal(
            conversation_id=conversation_id, staff_id=staff_id, until=now() + timedelta(seconds=SECONDS)
        )
    )
    session.flush()
    return True


def stopped(session: Session, conversation_id: str) -> None:
    """The field is empty again, or the reply was sent."""
    session.execute(delete(TypingSignal).where(TypingSignal.conversation_id == conversation_id))


def who_types(session: Session, conversation_id: str) -> str | None:
    """The staff id of who is writing now, or None."""
    return session.scalar(
        select(TypingSignal.staff_id).where(
            TypingSignal.conversation_id == conversation_id, TypingSignal.until > now()
        )
    )
