"""Reminders of missing papers, planned when an application is sent, as often as organization.yml allows.

Each names exactly what is missing, in the thread and by mail; they stop on request, and rest while a person
has the conversation. Functions take a session inside a transaction.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.applications import documents
from frontdesk.conversations import threads
from frontdesk.files.links import UploadLinks
from frontdesk.knowledge.organization import Organization
from frontdesk.knowledge.texts import texts
from frontdesk.mail import outbox
from frontdesk.records.models import Application, Conversation, Message, ReminderPlan, now
from frontdesk.records.session import Record
from frontdesk.settings import settings

AT_ONCE: Final = 100
# States of an application in which papers are still waited for.
WAITING: Final = ("received", "in_review", "documents_missing", "offer")


def links() -> UploadLinks:
    """The upload links of this installation."""
    known = settings()
    return UploadLinks(known.secret_key, known.base_url, known.upload_link_hours)


def plan(session: Session, application: Application, organization: Organization) -> None:
    """Plan the first reminder; a plan that is there already stays."""
    if organization.reminders.at_most and session.get(ReminderPlan, application.id) is None:
        due = now() + timedelta(days=organization.reminders.every_days)
        session.add(ReminderPlan(application_id=application.id, next_at=due))


def stop(session: Session, conversation_id: str) -> bool:
    """No more reminders for the applications of this conversation. Whether there were any to stop."""
    planned = session.scalars(
        select(ReminderPlan)
        .join(Application, Application.id == ReminderPlan.application_id)
        .where(Application.conversation_id == conversation_id, ReminderPlan.stopped_at.is_(None))
    ).all()
    for one in planned:
        one.stopped_at = now()
    return bool(planned)


def due(session: Session) -> list[str]:
    """Applications (ids) whose reminder may be given now."""
    return list(
        session.scalars(
            select(ReminderPlan.application_id)
            .join(Application, Application.id == ReminderPlan.application_id)
            .where(
                ReminderPlan.stopped_at.is_(None),
                ReminderPlan.next_at <= now(),
                Application.state.in_(WAITING),
            )
            .order_by(ReminderPlan.next_at)
            .limit(AT_ONCE)
        )
    )


def remind(session: Session, application_id: str, organization: Organization) -> Message | None:
    """Give the reminder that is due: its line in the thread; None when there is nothing to remind of."""
    planned = session.get(ReminderPlan, application_id, with_for_update=True)
    if planned is None or planned.stopped_at is not None or planned.next_at > now():
        return None
    if planned.given >= organization.reminders.at_most:
        planned.stopped_at = now()
        return None
    application = session.get_one(Application, application_id)
    conversation = threads.locked(session, application.conversation_id)
    planned.next_at = now() + timedelta(days=organization.reminders.every_days)
    missing = documents.missing(documents.checklist(session, conversation.id, organization))
    if not missing or conversation.holder in ("queued", "assigned"):
        return None
    planned.given += 1
    planned.last_at = now()
    only = missing[0].key if len(missing) == 1 else None
    return _tell(
        session, application, conversation, missing, links().link(conversation.id, only), organization
    )


def _tell(
    session: Session,
    application: Application,
    conversation: Conversation,
    missing: list[documents.Paper],
    link: str,
    organization: Organization,
) -> Message:
    words = texts("documents")
    said = words.said(
        "reminder", reference=application.reference, missing=documents.named(missing), link=link
    )
    act = {
        "act": "application",
        "event": "saved",
        "reference": application.reference,
        "documents": documents.told(missing),
        "upload": link,
        "reminder": True,
    }
    line = threads.append(session, conversation, author="bot", text=said, act=act)
    if application.email:
        outbox.put(
            session,
            "reminder",
            application.email,
            conversation_id=conversation.id,
            key=f"reminder:{line.id}",
            secret=True,
            applicant=application.values.get("full_name"),
            reference=application.reference,
            missing="\n".join(f"- {paper.label}" for paper in missing),
            link=link,
            hours=f"{settings().upload_link_hours:g}",
            name=organization.name,
            website=organization.website_url,
        )
    return line


def give_due(record: Record, organization: Organization) -> list[str]:
    """The periodic job: remind where it is due, one by one; the conversations that got a line."""
    reminded = []
    with record.reading() as session:
        found = due(session)
    for application_id in found:
        with record.transaction() as session:
            line = remind(session, application_id, organization)
            if line is not None:
                reminded.append(line.conversation_id)
    return reminded
