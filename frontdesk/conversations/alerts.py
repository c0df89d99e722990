"""Alerts: what staff are to be called for, written in the transaction of what it tells.

Who is called, and by which route, is decided by the console; here is only what happened. No alert holds what
an applicant wrote.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.records.models import Alert

Event = Literal["crisis", "complaint", "privacy", "handoff", "unattended", "message", "mention", "woke"]
EVENTS: Final[tuple[Event, ...]] = get_args(Event)

# Reasons of attention that help first; all of them call as a crisis does.
URGENT: Final = frozenset({"crisis", "emergency", "harassment"})


def call(
    session: Session,
    event: Event,
    conversation_id: str,
    *,
    key: str,
    staff_id: str | None = None,
    **detail: str | int | None,
) -> None:
    """Note an alert once; the same `key` again changes nothing. The caller has locked the conversation's row.

    Args:
        key: names what happened, such as `handoff:<id>`.
        staff_id: the one person it is for; everybody when None.
        detail: reasons and counts, never words of an applicant.
    """
    if session.scalar(select(Alert.id).where(Alert.key == key)) is not None:
        return
    session.add(
        Alert(event=event, key=key, conversation_id=conversation_id, staff_id=staff_id, detail=detail or None)
    )
    session.flush()
