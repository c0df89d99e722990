"""Which holder may follow which: the one table, and the one function that changes a holder.

Nothing else writes `Conversation.holder` or `epoch`.
"""

from __future__ import annotations

from typing import Final, Literal

from sqlalchemy import update
from sqlalchemy.orm import Session

from frontdesk.records.models import Conversation, Staff, Turn, now

Holder = Literal["bot", "queued", "assigned", "closed"]

LEGAL: Final[dict[str, frozenset[str]]] = {
    "bot": frozenset({"queued"}),
    "queued": frozenset({"assigned", "bot", "closed"}),
    "assigned": frozenset({"assigned", "queued", "bot", "closed"}),
    "closed": frozenset({"bot", "queued"}),
}


class HolderConflict(RuntimeError):
    """The conversation is not where the caller took it to be; nothing was changed.

    Args:
        holder: who holds it now.
        staff_name: the person, when it is assigned.
    """

    def __init__(self, holder: str, staff_name: str | None) -> None:
        self.holder = holder
        self.staff_name = staff_name
        where = {
            "bot": "The assistant holds this conversation.",
            "queued": "This conversation waits for a person.",
            "assigned": f"{staff_name or 'Another member of the team'} holds this conversation.",
            "closed": "This conversation is closed.",
        }
        super().__init__(where[holder])


def conflict(session: Session, conversation: Conversation) -> HolderConflict:
    """The error that tells who holds it now."""
    return HolderConflict(conversation.holder, staff_name(session, conversation.staff_id))


def staff_name(session: Session, staff_id: str | None) -> str | None:
    found = session.get(Staff, staff_id) if staff_id else None
    return found.name if found else None


def change(
    session: Session,
    conversation: Conversation,
    holder: Holder,
    *,
    staff_id: str | None = None,
    message_id: str | None = None,
) -> None:
    """Give a conversation, whose row the caller has locked, to another holder; the epoch rises by one.

    Turns that still wait when the bot lets go are dropped: the thread is read by a person now. The turn of
    `message_id`, which asked for the change itself, is kept, so that it can still say so.

    Raises:
        HolderConflict: that holder may not follow the present one.
    """
    if holder not in LEGAL[conversation.holder]:
        raise conflict(session, conversation)
    if conversation.holder == "bot":
        waiting = update(Turn).where(Turn.conversation_id == conversation.id, Turn.state == "waiting")
        if message_id is not None:
            waiting = waiting.where(Turn.message_id != message_id)
        session.execute(waiting.values(state="dropped", finished_at=now()))
    conversation.holder = holder
    conversation.staff_id = staff_id
    conversation.epoch += 1
    conversation.epoch_message_id = message_id
    conversation.snoozed_until = None
    conversation.updated_at = now()


def may_speak(conversation: Conversation, turn: Turn) -> bool:
    """Whether this turn's replies may still be said.

    They may while nobody took over since it began, except at its own asking.
    """
    if conversation.epoch == turn.epoch:
        return True
    return conversation.epoch == turn.epoch + 1 and conversation.epoch_message_id == turn.message_id
