"""Effects once: what an action did for a message is kept with its writes, and given again."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy.orm import Session

from actions.context import TurnContext
from frontdesk.records.models import ActionOutcome


def key_of(context: TurnContext, conversation_id: str) -> str:
    """What the message's effects are kept under.

    At Rasa's own door callers number their messages as they like, so there the conversation counts too.
    """
    if context.conversation_id and context.message_id:
        return context.message_id
    return hashlib.sha256(f"{conversation_id}\0{context.message_id}".encode()).hexdigest()


def kept(session: Session, key: str, action: str) -> dict[str, Any] | None:
    """What the action answered for this message before."""
    found = session.get(ActionOutcome, (key, action))
    return dict(found.outcome) if found else None


def keep(session: Session, key: str, action: str, outcome: dict[str, Any]) -> dict[str, Any]:
    """Keep it with what the transaction writes."""
    session.add(ActionOutcome(message_id=key, action=action, outcome=outcome))
    return outcome
