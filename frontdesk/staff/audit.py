"""The audit log: who of the staff did what to what. Ids and names of fields, never an applicant's data."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from frontdesk.records.models import AuditEntry


def note(session: Session, actor: str, action: str, subject: str | None = None, **detail: Any) -> None:
    """Add an entry to the transaction of what it tells.

    Args:
        actor: the login, or `system`.
        action: a stable name such as `conversation.claimed`.
        subject: the id of what it was done to.
    """
    session.add(AuditEntry(actor=actor, action=action, subject=subject, detail=detail or None))
