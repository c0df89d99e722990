"""Retention: what is older than organization.yml's `retention` allows goes by itself. A periodic job."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import Session

from frontdesk.applications import attempts, drafts, erasure
from frontdesk.conversations import threads
from frontdesk.files.keeping import Files, mark_erased
from frontdesk.knowledge.organization import Organization
from frontdesk.knowledge.texts import texts
from frontdesk.mail import outbox
from frontdesk.records.models import (
    ActionOutcome,
    Application,
    AuditEntry,
    Conversation,
    Draft,
    KeptFile,
    OneTimeCode,
    now,
)
from frontdesk.records.session import Record

AT_ONCE: Final = 200
# A turn is run again within minutes; what actions answered is needed no longer than that.
OUTCOME_DAYS: Final = 2
SYSTEM: Final = "system"


def enforce(record: Record, files: Files, organization: Organization, *, mail_days: int) -> dict[str, int]:
    """Remove what is over; how many of each, for the log and the audit."""
    kept = organization.retention
    counts = {
        "drafts": _drafts(record, kept.drafts) if kept.drafts else 0,
        "closed_conversations": (
            _conversations(record, files, _closed(_before(kept.closed_conversations)))
            if kept.closed_conversations
            else 0
        ),
        "applications": (
            _conversations(record, files, _applied(_before(kept.applications))) if kept.applications else 0
        ),
        "files": _files(record, files, kept.files) if kept.files else 0,
    }
    with record.transaction() as session:
        outbox.forget_old(session, mail_days)
        attempts.forget_old(session)
        session.execute(delete(ActionOutcome).where(ActionOutcome.at < _before(OUTCOME_DAYS)))
        session.execute(delete(OneTimeCode).where(OneTimeCode.expires_at < _before(OUTCOME_DAYS)))
        if any(counts.values()):
            session.add(AuditEntry(actor=SYSTEM, action="retention.enforced", detail=dict(counts)))
    if any(counts.values()):
        erasure.settle(record)
    return counts


def expire(session: Session, draft: Draft, days: int) -> None:
    """An unsent draft is over: its answers go, and its conversation is told."""
    if draft.state not in drafts.UNSENT:
        return
    had_answers = bool(draft.values)
    drafts.cancel(session, draft)
    session.execute(delete(OneTimeCode).where(OneTimeCode.draft_id == draft.id))
    if had_answers:
        conversation = threads.locked(session, draft.conversation_id)
        act = {"act": "application", "event": "cancelled"}
        told = texts("resuming").said("expired", days=days)
        threads.append(session, conversation, author="system", text=told, act=act)


def _drafts(record: Record, days: int) -> int:
    with record.reading() as session:
        over = session.scalars(
            select(Draft.id)
            .where(Draft.state.in_(drafts.UNSENT), Draft.updated_at < _before(days))
            .limit(AT_ONCE)
        ).all()
    for draft_id in over:
        with record.transaction() as session:
            draft = session.get(Draft, draft_id, with_for_update=True)
            if draft is not None and draft.updated_at < _before(days):
                expire(session, draft, days)
    return len(over)


def _files(record: Record, files: Files, days: int) -> int:
    with record.transaction() as session:
        over = session.scalars(
            select(KeptFile)
            .where(KeptFile.state != "erased", KeptFile.created_at < _before(days))
            .limit(AT_ONCE)
            .with_for_update()
        ).all()
        for file in over:
            mark_erased(file, by=SYSTEM)
    files.clear()
    return len(over)


def _closed(before: datetime) -> ColumnElement[bool]:
    applied = exists().where(Application.conversation_id == Conversation.id)
    drafted = exists().where(Draft.conversation_id == Conversation.id, Draft.state.in_(drafts.UNSENT))
    return (Conversation.holder == "closed") & (Conversation.updated_at < before) & ~applied & ~drafted


def _applied(before: datetime) -> ColumnElement[bool]:
    own = Application.conversation_id == Conversation.id
    later = exists().where(own, Application.updated_at >= before)
    return exists().where(own) & ~later & (Conversation.updated_at < before)


def _conversations(record: Record, files: Files, over: ColumnElement[bool]) -> int:
    with record.reading() as session:
        found = session.scalars(select(Conversation.id).where(over).limit(AT_ONCE)).all()
    for one in found:
        with record.transaction() as session:
            threads.locked(session, one)
            if session.scalar(select(Conversation.id).where(Conversation.id == one, over)) is None:
                continue
            erased = erasure.erase(session, [one])
        files.remove(erased.places)
    return len(found)


def _before(days: int) -> datetime:
    return now() - timedelta(days=days)
