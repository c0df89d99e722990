"""The holder of a conversation: `bot → queued → assigned → bot | closed`, one at a time.

Every function takes a session inside a transaction, locks the conversation's row, and raises HolderConflict
(nothing changed) when somebody else was first. Which change is legal stands in `states.py`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.conversations import alerts, staff_typing, threads
from frontdesk.conversations.states import HolderConflict, change, conflict, staff_name
from frontdesk.records.models import Conversation, Handoff, Message, Turn, new_id, now

__all__ = [
    "HolderConflict",
    "claim",
    "close",
    "open_handoff",
    "queue",
    "release",
    "reply",
    "return_to_bot",
    "snooze",
    "transfer",
    "wake",
    "wake_due",
]

RETURNED = "returned_to_bot"
BOT_UNAVAILABLE = "bot_unavailable"
TAKEN_OVER = "taken_over"


def queue(
    session: Session, conversation_id: str, *, reason: str, message_id: str | None, available: bool
) -> Handoff:
    """Ask a person in. The same `message_id` again, or asking while it waits already, changes nothing.

    Args:
        reason: why, for the staff (asked, complaint, bot_unavailable, …).
        message_id: the inbound message (or event) whose turn asks; None when a member of staff takes it over.
        available: what the applicant is told about somebody being there.

    Raises:
        HolderConflict: a person has it already.
        threads.UnknownConversation
    """
    conversation = threads.locked(session, conversation_id)
    if message_id is not None:
        asked = session.scalars(select(Handoff).where(Handoff.message_id == message_id)).one_or_none()
        if asked is not None:
            # The turn that was too slow asks for a person itself: it must not go back to the bot afterwards.
            if asked.reason == BOT_UNAVAILABLE and reason != BOT_UNAVAILABLE:
                asked.reason, asked.available = reason, available
            return asked
    if conversation.holder == "queued":
        waiting = open_handoff(session, conversation_id)
        if waiting is not None:
            return waiting
    change(session, conversation, "queued", message_id=message_id)
    handoff = Handoff(
        conversation_id=conversation_id, message_id=message_id, reason=reason, available=available
    )
    session.add(handoff)
    session.flush()
    if reason not in (TAKEN_OVER, conversation.attention):  # what calls for attention has called already
        alerts.call(session, "handoff", conversation_id, key=f"handoff:{handoff.id}", reason=reason)
    return handoff


def claim(session: Session, conversation_id: str, staff_id: str) -> Conversation:
    """A member of staff takes a waiting conversation; claiming one's own again changes nothing.

    Raises:
        HolderConflict: somebody else was first, or nobody asked for a person.
        threads.UnknownConversation
    """
    conversation = threads.locked(session, conversation_id)
    if conversation.holder == "assigned" and conversation.staff_id == staff_id:
        return conversation
    if conversation.holder != "queued":
        raise conflict(session, conversation)
    change(session, conversation, "assigned", staff_id=staff_id)
    handoff = open_handoff(session, conversation_id)
    if handoff is not None:
        handoff.claimed_at = handoff.claimed_at or now()
        handoff.claimed_by = staff_id
    _announce(session, conversation, staff_id)
    return conversation


def release(session: Session, conversation_id: str, staff_id: str) -> Conversation:
    """The person who has it puts it back into the queue.

    Raises:
        HolderConflict: it is not theirs.
        threads.UnknownConversation
    """
    conversation = _own(session, conversation_id, staff_id)
    change(session, conversation, "queued")
    handoff = open_handoff(session, conversation_id)
    if handoff is not None:
        handoff.claimed_by = None
    session.flush()
    return conversation


def transfer(session: Session, conversation_id: str, staff_id: str, to_staff_id: str) -> Conversation:
    """The person who has it gives it to a colleague.

    Raises:
        HolderConflict: it is not theirs.
        threads.UnknownConversation
    """
    conversation = _own(session, conversation_id, staff_id)
    if to_staff_id == staff_id:
        return conversation
    change(session, conversation, "assigned", staff_id=to_staff_id)
    handoff = open_handoff(session, conversation_id)
    if handoff is not None:
        handoff.claimed_by = to_staff_id
    _announce(session, conversation, to_staff_id)
    return conversation


def reply(session: Session, conversation_id: str, staff_id: str, text: str) -> Message:
    """A member of staff writes in the thread; a waiting conversation is claimed by it.

    Raises:
        HolderConflict: somebody else has it.
        ValueError: the text is empty.
        threads.UnknownConversation
    """
    if not text.strip():
        raise ValueError("A reply needs words.")
    conversation = claim(session, conversation_id, staff_id)
    handoff = open_handoff(session, conversation_id)
    if handoff is not None:
        handoff.first_reply_at = handoff.first_reply_at or now()
    staff_typing.stopped(session, conversation_id)
    return threads.append(session, conversation, author="staff", text=text, staff_id=staff_id)


def snooze(session: Session, conversation_id: str, staff_id: str, until: datetime) -> Conversation:
    """Lay a waiting or one's own conversation aside until a moment, or until the applicant writes.

    Who holds it stays: a waiting one waits in the queue again afterwards.

    Raises:
        HolderConflict: somebody else has it, or no person was asked.
        ValueError: the moment is over already.
        threads.UnknownConversation
    """
    if until <= now():
        raise ValueError("Choose a moment that is still to come.")
    conversation = _waiting_or_own(session, conversation_id, staff_id)
    conversation.snoozed_until, conversation.snoozed_by = until, staff_id
    conversation.updated_at = now()
    session.flush()
    return conversation


def wake(session: Session, conversation_id: str) -> bool:
    """Bring a conversation back that was laid aside; whether it was.

    Raises:
        threads.UnknownConversation
    """
    conversation = threads.locked(session, conversation_id)
    if conversation.snoozed_until is None:
        return False
    conversation.snoozed_until = None
    conversation.updated_at = now()
    session.flush()
    return True


def wake_due(session: Session, at: datetime) -> list[str]:
    """Bring back what was laid aside until now and call who did so; returns the conversations' ids."""
    due = session.scalars(select(Conversation.id).where(Conversation.snoozed_until <= at).limit(200)).all()
    woken = []
    for conversation_id in due:
        conversation = threads.locked(session, conversation_id)
        until = conversation.snoozed_until
        if until is None or until > at:
            continue
        wake(session, conversation_id)
        alerts.call(
            session,
            "woke",
            conversation_id,
            key=f"woke:{conversation_id}:{until.isoformat()}",
            staff_id=conversation.staff_id or conversation.snoozed_by,
        )
        woken.append(conversation_id)
    return woken


def recover(session: Session, conversation_id: str, message_id: str) -> bool:
    """The slow turn of that message was answered after all: while nobody took it, the bot goes on.

    What the applicant wrote meanwhile gets its turns.
    """
    conversation = threads.locked(session, conversation_id)
    handoff = open_handoff(session, conversation_id)
    if (
        conversation.holder != "queued"
        or conversation.epoch_message_id != message_id
        or handoff is None
        or (handoff.message_id, handoff.reason) != (message_id, BOT_UNAVAILABLE)
    ):
        return False
    change(session, conversation, "bot")
    _end_handoff(session, conversation_id, "recovered")
    threads.revive(session, conversation, message_id)
    return True


def return_to_bot(session: Session, conversation_id: str, staff_id: str) -> Conversation:
    """Give a waiting or one's own conversation back to the bot, which says so in a turn of its own.

    Raises:
        HolderConflict: somebody else has it, or no person was asked.
        threads.UnknownConversation
    """
    conversation = _waiting_or_own(session, conversation_id, staff_id)
    change(session, conversation, "bot")
    _end_handoff(session, conversation_id, "returned")
    session.add(
        Turn(
            conversation_id=conversation_id,
            message_id=new_id(),
            event=RETURNED,
            seq=conversation.last_seq,
            epoch=conversation.epoch,
        )
    )
    session.flush()
    return conversation


def close(session: Session, conversation_id: str, staff_id: str) -> Conversation:
    """End a waiting or one's own conversation; the applicant's next message opens it again, to the bot.

    Raises:
        HolderConflict: somebody else has it, or no person was asked.
        threads.UnknownConversation
    """
    conversation = _waiting_or_own(session, conversation_id, staff_id)
    change(session, conversation, "closed")
    _end_handoff(session, conversation_id, "closed")
    threads.append(
        session,
        conversation,
        author="system",
        text="The conversation was closed. Write again whenever you need us.",
    )
    return conversation


def open_handoff(session: Session, conversation_id: str) -> Handoff | None:
    """The asking that has not ended yet."""
    return session.scalars(
        select(Handoff)
        .where(Handoff.conversation_id == conversation_id, Handoff.ended_at.is_(None))
        .order_by(Handoff.requested_at.desc())
        .limit(1)
    ).one_or_none()


def _own(session: Session, conversation_id: str, staff_id: str) -> Conversation:
    conversation = threads.locked(session, conversation_id)
    if conversation.holder != "assigned" or conversation.staff_id != staff_id:
        raise conflict(session, conversation)
    return conversation


def _waiting_or_own(session: Session, conversation_id: str, staff_id: str) -> Conversation:
    conversation = threads.locked(session, conversation_id)
    own = conversation.holder == "assigned" and conversation.staff_id == staff_id
    if conversation.holder != "queued" and not own:
        raise conflict(session, conversation)
    return conversation


def _end_handoff(session: Session, conversation_id: str, ended_as: str) -> None:
    handoff = open_handoff(session, conversation_id)
    if handoff is not None:
        handoff.ended_at = now()
        handoff.ended_as = ended_as


def _announce(session: Session, conversation: Conversation, staff_id: str) -> None:
    name = staff_name(session, staff_id) or "A member of the team"
    threads.append(
        session,
        conversation,
        author="system",
        text=f"{name} has joined the conversation.",
        staff_id=staff_id,
    )
