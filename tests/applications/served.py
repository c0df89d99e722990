"""What tests of the services around an application share: people, their drafts and applications."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.applications import drafts
from frontdesk.applications.submission import record_of
from frontdesk.conversations import threads
from frontdesk.knowledge.organization import Document, Organization, Reminders, Retention
from frontdesk.records.models import Application, Base, Draft, Mail, Message, new_id, now
from frontdesk.records.session import Record
from tests.applications.conftest import ANSWERS

ORGANIZATION = Organization(
    documents=[
        Document(key="cv", label="CV"),
        Document(key="diploma", label="diploma", needed_by=["graduate"]),
        Document(key="dean_letter", label="dean's letter", needed_by=["student"]),
        Document(key="photo", label="photo", required=False),
    ],
    reminders=Reminders(every_days=7, at_most=2),
    retention=Retention(drafts=30, closed_conversations=10, applications=400, files=60),
)


def conversation(record: Record, channel: str = "website") -> str:
    with record.transaction() as session:
        return threads.start(session, channel=channel).id


def draft(record: Record, conversation_id: str, **values: Any) -> str:
    with record.transaction() as session:
        made = drafts.open_draft(session, conversation_id)
        made.values = values or {"full_name": "Ana Ruiz", "email": "ana@example.com"}
        made.consent_at = now()
        made.working = {"consented": True}
        made.asking = "phone"
        return made.id


def application(record: Record, conversation_id: str, **changed: Any) -> str:
    """A sent application of that conversation; its id."""
    with record.transaction() as session:
        told = Draft(conversation_id=conversation_id, state="sent", values=ANSWERS)
        session.add(told)
        session.flush()
        sent = Application(
            reference=new_id()[:8].upper(),
            draft_id=told.id,
            conversation_id=conversation_id,
            values=record_of({**ANSWERS, **changed}),
            email=changed.get("email", "ana@example.com"),
            phone="+525512345678",
        )
        session.add(sent)
        session.flush()
        return sent.id


def lines(record: Record, conversation_id: str) -> list[Message]:
    with record.reading() as session:
        return list(threads.read(session, conversation_id, limit=200))


def letters(record: Record) -> list[Mail]:
    with record.reading() as session:
        return list(session.scalars(select(Mail).order_by(Mail.created_at)))


def counted(session: Session, model: type[Base]) -> int:
    return len(session.scalars(select(model)).all())


def older(row: Any, days: float, *names: str) -> None:
    """Make moments of a row lie in the past."""
    for name in names:
        setattr(row, name, now() - timedelta(days=days))
