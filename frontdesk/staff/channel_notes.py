"""What a channel told about a message, in short words beside it: edits, media, reactions, how far it came."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.channels.deliveries import STUCK
from frontdesk.records.models import Delivery, MediaReference, Message, Reaction

_MEDIA = {
    "told": "",
    "waiting": ", being fetched",
    "kept": ", among the files",
    "refused": ", not kept: {error}",
    "failed": ", could not be fetched: {error}",
}


def notes(session: Session, messages: Sequence[Message]) -> dict[str, list[str]]:
    """Message id → notes, for those that have any."""
    ids = [message.id for message in messages]
    found: dict[str, list[str]] = {}
    for message in messages:
        if message.deleted_at is not None:
            found[message.id] = [f"Taken back by the sender. It said: {message.original_text}"]
        elif message.edited_at is not None:
            found[message.id] = [f"Edited by the sender. It first said: {message.original_text}"]
    for medium in session.scalars(select(MediaReference).where(MediaReference.message_id.in_(ids))):
        told = _MEDIA[medium.state].format(error=medium.error or "unknown")
        found.setdefault(medium.message_id, []).append(f"{medium.kind.capitalize()}{told}")
    for reaction in session.scalars(select(Reaction).where(Reaction.message_id.in_(ids))):
        found.setdefault(reaction.message_id, []).append(f"Reaction: {reaction.value}")
    for delivery in session.scalars(select(Delivery).where(Delivery.message_id.in_(ids))):
        why = f": {delivery.error}" if delivery.error else ""
        told = {"queued": f"Being sent{why}", "held": f"Held{why}", "failed": f"Not delivered{why}"}.get(
            delivery.state, delivery.state.capitalize()
        )
        found.setdefault(delivery.message_id, []).append(told)
    return found


def can_be_retried(session: Session, messages: Sequence[Message]) -> set[str]:
    """The ids of those that did not arrive and may be tried again."""
    ids = [message.id for message in messages]
    stuck = select(Delivery.message_id).where(Delivery.message_id.in_(ids), Delivery.state.in_(STUCK))
    return set(session.scalars(stuck))
