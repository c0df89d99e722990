"""How far each outbound message came, whatever the order in which that is told.

Functions take a session in a transaction. What is known only grows: delivered is never sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from frontdesk.channels.choices import offered_labels
from frontdesk.records.models import (
    Conversation,
    Delivery,
    Message,
    ProviderEvent,
    ProviderMessage,
    Reaction,
    now,
)

# What a part is known to be; a lower one never follows a higher one.
RANK: Final = {"sent": 1, "failed": 2, "delivered": 3, "read": 4}


def places(act: dict[str, Any] | None) -> list[int]:
    """The places of the options in the order in which they were numbered."""
    return [place for place, _ in offered_labels(act)]


def reference(message_id: str, part: int) -> str:
    """Our own name of a part, given to providers that give it back."""
    return f"{message_id}.{part}"


def accepted(session: Session, delivery: Delivery, part: int, provider_id: str | None) -> None:
    """The provider took a part; what it told about it before we knew its name is done now."""
    delivery.parts = max(delivery.parts, part + 1)
    delivery.attempts, delivery.error, delivery.unsure_since = 0, None, None
    delivery.sent_at = delivery.sent_at or now()
    if provider_id:
        row = _named(session, delivery, part, provider_id)
        told = select(ProviderEvent).where(
            ProviderEvent.channel == delivery.channel,
            ProviderEvent.target == row.provider_id,
            ProviderEvent.applied_at.is_(None),
        )
        for event in session.scalars(told.order_by(ProviderEvent.at)).all():
            value = event.value or {}
            if event.kind == "receipt":
                _raise(session, row, str(value.get("state")), value.get("error"))
            elif event.kind == "reacted" and value.get("value"):
                session.merge(Reaction(message_id=row.message_id, value=str(value["value"])[:64]))
            event.applied_at, event.value = now(), None
    _settle(session, delivery)


def receipt(session: Session, channel: str, provider_id: str, state: str, error: str | None) -> bool:
    """A receipt for a part by the provider's name of it; whether we know that name."""
    row = session.scalars(
        select(ProviderMessage).where(
            ProviderMessage.channel == channel, ProviderMessage.provider_id == provider_id
        )
    ).one_or_none()
    if row is None:
        return False
    delivery = session.get(Delivery, row.message_id, with_for_update=True)
    if delivery is None:
        return True  # of an inbound message
    _raise(session, row, state, error)
    _settle(session, delivery)
    return True


def evidence(
    session: Session, channel: str, ours: str, provider_id: str | None, state: str, error: str | None
) -> bool:
    """A receipt that names our own reference: also a call whose answer was lost did arrive."""
    message_id, _, number = ours.rpartition(".")
    delivery = session.get(Delivery, message_id[:64], with_for_update=True)
    if delivery is None or delivery.channel != channel or not (number.isascii() and number.isdigit()):
        return False
    part = int(number[:4])
    if provider_id is None:
        return False
    if part == delivery.parts and delivery.state == "queued":
        if delivery.unsure_since is None:
            return False  # our call is not back yet: its answer will find this receipt
        accepted(session, delivery, part, provider_id)
    return receipt(session, channel, provider_id, state, error)


def read_until(session: Session, channel: str, thread: str, until: datetime, state: str) -> None:
    """Everything that was sent to a thread until a moment is delivered, or read."""
    rows = session.scalars(
        select(ProviderMessage)
        .join(Message, Message.id == ProviderMessage.message_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            ProviderMessage.channel == channel,
            Conversation.channel == channel,
            Conversation.external_ref == thread,
            Message.author != "applicant",
            ProviderMessage.at <= until,
            ProviderMessage.state != "read",
        )
    ).all()
    for row in rows:
        delivery = session.get(Delivery, row.message_id, with_for_update=True)
        if delivery is not None:
            _raise(session, row, state, None)
            _settle(session, delivery)


def _named(session: Session, delivery: Delivery, part: int, provider_id: str) -> ProviderMessage:
    known = select(ProviderMessage).where(
        ProviderMessage.channel == delivery.channel, ProviderMessage.provider_id == provider_id[:255]
    )
    found = session.scalars(known).one_or_none()
    if found is not None:
        return found
    made = ProviderMessage(
        channel=delivery.channel, provider_id=provider_id[:255], message_id=delivery.message_id, part=part
    )
    try:
        with session.begin_nested():
            session.add(made)
            session.flush()
    except IntegrityError:
        return session.scalars(known).one()
    return made


def _raise(session: Session, row: ProviderMessage, state: str, error: Any) -> None:
    if RANK.get(state, 0) <= RANK.get(row.state, 0):
        return
    row.state = state
    if state == "failed":
        delivery = session.get(Delivery, row.message_id)
        if delivery is not None:
            delivery.error = str(error or "The provider could not deliver it.")[:500]
    session.flush()


def _settle(session: Session, delivery: Delivery) -> None:
    """The message's state from its parts': as far as the part that came least far, failed when one did."""
    if delivery.parts_total is None or delivery.parts < delivery.parts_total:
        return
    session.flush()
    states: Sequence[str] = session.scalars(
        select(ProviderMessage.state)
        .where(ProviderMessage.message_id == delivery.message_id)
        .order_by(ProviderMessage.part)
    ).all()
    if "failed" in states:
        state = "failed"
    elif len(states) < delivery.parts_total:
        state = "sent"
    else:
        state = min(states, key=lambda one: RANK.get(one, 1))
    if state == "failed" and delivery.state in ("delivered", "read"):
        return
    if state != "failed" and RANK.get(state, 0) < RANK.get(delivery.state, 0) and delivery.state != "failed":
        return
    delivery.state = state
    if state in ("delivered", "read"):
        delivery.error = None
        delivery.delivered_at = delivery.delivered_at or now()
    if state == "read":
        delivery.read_at = delivery.read_at or now()
    session.flush()


def release(session: Session, conversation_id: str) -> None:
    """What was held may be tried again: the applicant wrote."""
    session.execute(
        update(Delivery)
        .where(Delivery.conversation_id == conversation_id, Delivery.state == "held")
        .values(state="queued", next_attempt_at=now(), error=None)
    )


# States of a message that did not arrive and may be tried again.
STUCK: Final = ("failed", "held")


def retry(session: Session, message_id: str) -> bool:
    """Try a message again that failed or is held; whether there was one."""
    delivery = session.get(Delivery, message_id, with_for_update=True)
    if delivery is None or delivery.state not in STUCK:
        return False
    if delivery.parts_total is not None and delivery.parts >= delivery.parts_total:
        delivery.parts = 0  # every part was taken, and one was not delivered: all of it again
        session.execute(delete(ProviderMessage).where(ProviderMessage.message_id == message_id))
    delivery.state, delivery.error, delivery.attempts = "queued", None, 0
    delivery.created_at = delivery.next_attempt_at = now()
    return True


def undelivered(session: Session, conversation_id: str) -> int:
    """How many messages of a conversation did not reach it: failed or held."""
    return int(
        session.scalar(
            select(func.count()).where(Delivery.conversation_id == conversation_id, Delivery.state.in_(STUCK))
        )
        or 0
    )
