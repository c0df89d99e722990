"""Thumbs up and down: what visitors think of an answer. One rating a message; the last word counts."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.records.models import Message, Rating, now


class NotRatable(LookupError):
    """There is no such message of the bot or the team in this conversation."""


def rate(session: Session, conversation_id: str, message_id: str, helpful: bool | None) -> None:
    """Keep what the visitor of this conversation thinks of a message; None takes it back.

    Raises:
        NotRatable
    """
    message = session.get(Message, message_id, with_for_update=True)
    if (
        message is None
        or message.conversation_id != conversation_id
        or message.author not in ("bot", "staff")
    ):
        raise NotRatable(message_id)
    kept = session.get(Rating, message_id)
    if helpful is None:
        if kept is not None:
            session.delete(kept)
    elif kept is None:
        session.add(Rating(message_id=message_id, conversation_id=conversation_id, helpful=helpful))
    elif kept.helpful != helpful:
        kept.helpful = helpful
        kept.changed_at = now()
    session.flush()


def ratings_of(session: Session, message_ids: Iterable[str]) -> dict[str, bool]:
    """Message id → whether it was helpful, for those that were rated."""
    asked = list(message_ids)
    if not asked:
        return {}
    found = session.execute(select(Rating.message_id, Rating.helpful).where(Rating.message_id.in_(asked)))
    return {row[0]: row[1] for row in found}
