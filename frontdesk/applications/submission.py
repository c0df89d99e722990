"""Sending an application: once a draft, however often it is asked for. Every required field is checked
again here.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.applications import fields
from frontdesk.applications.fields import RECORD
from frontdesk.applications.wording import ApplicationWording
from frontdesk.records.models import Application, Draft, now

# No vowels (no words by chance), and nothing that looks like something else: 0 O, 1 I L, 5 S, 8 B, U V.
ALPHABET = "CDFGHJKMNPQRTWXYZ234679"
LENGTH = 8
RECEIVED = "received"


class NotComplete(ValueError):
    """The draft cannot be sent: `problems` is field → missing or invalid."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("not complete: " + ", ".join(f"{name} {why}" for name, why in problems.items()))
        self.problems = problems


@dataclass(frozen=True)
class Submitted:
    """`updated`: an application sent earlier was changed; `again`: it had been sent before this call."""

    application: Application
    updated: bool
    again: bool


def send(session: Session, draft: Draft, *, wording: ApplicationWording, today: dt.date) -> Submitted:
    """Send the draft as an application, or change the application that it updates.

    Raises:
        NotComplete: a field is missing or wrong; nothing was written.
    """
    updates = draft.working.get("updates")
    before = _sent_as(session, draft)
    if before is not None:
        return Submitted(before, updated=bool(updates), again=True)
    problems = fields.problems(draft.values, wording, today)
    if not updates and draft.consent_at is None:
        problems = {fields.CONSENT: "missing", **problems}
    if problems:
        raise NotComplete(problems)
    values = record_of(draft.values)
    application = session.get(Application, updates) if updates else None
    updated = application is not None
    if application is None:
        application = Application(
            reference=_reference(session),
            draft_id=draft.id,
            conversation_id=draft.conversation_id,
            state=RECEIVED,
            values=values,
        )
        session.add(application)
        application.consent_at, application.consent_version = draft.consent_at, draft.consent_version
    application.values = values
    application.email, application.phone = values["email"], values["phone"]
    application.updated_at = now()
    draft.state, draft.asking = "sent", None
    draft.version += 1
    draft.updated_at = now()
    session.flush()
    return Submitted(application, updated=updated, again=False)


def record_of(values: Any) -> dict[str, Any]:
    """All fields of the record in order; what does not apply or was left open is None."""
    asked = {field.name for field in fields.asked_of(values)}
    return {name: values.get(name) if name in asked else None for name in RECORD}


def is_reference(text: str) -> bool:
    return len(text) == LENGTH and all(c in ALPHABET for c in text)


def _sent_as(session: Session, draft: Draft) -> Application | None:
    if draft.state != "sent":
        return None
    updates = draft.working.get("updates")
    if updates:
        return session.get(Application, updates)
    return session.scalars(select(Application).where(Application.draft_id == draft.id)).first()


def _reference(session: Session) -> str:
    while True:
        made = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        # A digit and a letter, so that it is told from a word and from a number.
        if made.isalpha() or made.isdigit():
            continue
        if session.scalars(select(Application.id).where(Application.reference == made)).first() is None:
            return made
