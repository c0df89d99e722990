"""Erasure: all that the record holds of conversations, whatever table it lies in, and Rasa's memory of them.

Tables are found by their foreign keys, so one that is new is erased too. For privacy requests and retention.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Table, delete, exists, or_, select, text, update
from sqlalchemy.orm import Session

from frontdesk.applications import privacy, search
from frontdesk.conversations import threads
from frontdesk.files.keeping import Files
from frontdesk.knowledge.organization import Organization
from frontdesk.knowledge.texts import texts
from frontdesk.mail import outbox
from frontdesk.records.models import (
    ActionOutcome,
    AuditEntry,
    Base,
    Conversation,
    KeptFile,
    Message,
    PrivacyRequest,
    TrackerErasure,
    Turn,
    new_id,
    now,
)
from frontdesk.records.session import Record

# Rasa knows an examiner's conversation by the name that the examiner gave, all others by their id.
REST: Final = "rest"
# What stays of a request that was done is that there was one.
STAYS: Final = frozenset({PrivacyRequest.__tablename__})


@dataclass(frozen=True)
class Erased:
    """What was erased: how many rows of each table, and the places of files whose bytes are to be removed."""

    rows: dict[str, int]
    places: Sequence[str]


def erase(session: Session, conversation_ids: Collection[str], *, leave_empty: bool = False) -> Erased:
    """Erase conversations with all that hangs on them, in the caller's transaction.

    Args:
        leave_empty: keep the emptied row of a website's thread, so that its visitor can still be told.
    """
    ids = sorted(conversation_ids)
    for one in ids:
        threads.locked(session, one)
    conversations = session.scalars(select(Conversation).where(Conversation.id.in_(ids))).all()
    places = [
        place
        for place in session.scalars(
            select(KeptFile.place).where(KeptFile.conversation_id.in_(ids), KeptFile.place.is_not(None))
        )
        if place
    ]
    messages = select(Message.id).where(Message.conversation_id.in_(ids))
    turns = select(Turn.message_id).where(Turn.conversation_id.in_(ids))
    session.execute(
        delete(ActionOutcome).where(
            or_(ActionOutcome.message_id.in_(messages), ActionOutcome.message_id.in_(turns))
        ),
        execution_options={"synchronize_session": False},
    )
    for conversation in conversations:
        named = conversation.external_ref if conversation.channel == REST else conversation.id
        session.merge(TrackerErasure(tracker=named))
    session.execute(
        update(PrivacyRequest).where(PrivacyRequest.conversation_id.in_(ids)).values(conversation_id=None),
        execution_options={"synchronize_session": False},
    )
    session.flush()
    kept = {one.id for one in conversations if leave_empty and one.channel == "website"}
    rows = _erase_rows(session, ids, kept)
    session.expire_all()
    for one in kept:
        shell_of = session.get_one(Conversation, one)
        shell_of.external_ref, shell_of.last_seq, shell_of.attention = new_id(), 0, None
        shell_of.holder, shell_of.staff_id, shell_of.epoch_message_id = "bot", None, None
        shell_of.epoch += 1
    return Erased(rows, places)


def erase_proven(record: Record, files: Files, organization: Organization) -> int:
    """The periodic job: do the deletions that are proven and whose turn has ended. How many were done."""
    with record.reading() as session:
        unfinished = exists().where(
            Turn.conversation_id == PrivacyRequest.conversation_id, Turn.state.in_(threads.UNFINISHED)
        )
        due = session.scalars(
            select(PrivacyRequest.id).where(
                PrivacyRequest.kind == "deletion",
                PrivacyRequest.state == "proven",
                PrivacyRequest.conversation_id.is_not(None),
                ~unfinished,
            )
        ).all()
    for request_id in due:
        _erase_person(record, files, organization, request_id)
    return len(due)


def _erase_person(record: Record, files: Files, organization: Organization, request_id: str) -> None:
    with record.transaction() as session:
        request = session.get(PrivacyRequest, request_id, with_for_update=True)
        if request is None or request.state != "proven" or request.conversation_id is None:
            return
        here = request.conversation_id
        email = privacy.email_of(session, here)
        ids = privacy.conversations_of(session, here)
        erased = erase(session, ids, leave_empty=True)
        done = session.get_one(PrivacyRequest, request_id)
        done.state, done.done_at = "done", now()
        session.add(
            AuditEntry(
                actor="system",
                action="privacy.deletion_done",
                subject=request_id,
                detail={"proof": done.proof, "conversations": len(ids), "rows": erased.rows},
            )
        )
        if email is not None:
            outbox.forget(session, recipient=email)
            outbox.put(
                session, "deleted", email, name=organization.name, website=organization.website_url or ""
            )
        if (shell := session.get(Conversation, here)) is not None:
            threads.append(
                session,
                shell,
                author="system",
                text=texts("privacy").said("deleted"),
                act={"act": "privacy", "event": "deletion_confirmed"},
            )
    files.remove(erased.places)
    settle(record)


def settle(record: Record) -> None:
    """What was erased must not live on in SQLite's search index or its write-ahead log."""
    search.purge(record)
    if record.is_sqlite:
        with record.engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


def _erase_rows(session: Session, ids: list[str], kept: Collection[str]) -> dict[str, int]:
    """Delete the conversations' rows and every row that refers to one of them, children first."""
    held: dict[str, list[Any]] = {Conversation.__tablename__: list(ids)}
    for table in Base.metadata.sorted_tables:
        if table.name in held or table.name in STAYS:
            continue
        where = [
            column.in_(held[key.column.table.name])
            for column in table.columns
            for key in column.foreign_keys
            if held.get(key.column.table.name) and key.column.name == _key(key.column.table)
        ]
        if where:
            found = session.execute(select(table.columns[_key(table)]).where(or_(*where))).scalars().all()
            if found:
                held[table.name] = list(found)
    rows: dict[str, int] = {}
    for table in reversed(Base.metadata.sorted_tables):
        chosen = held.get(table.name)
        if table.name == Conversation.__tablename__:
            chosen = [one for one in ids if one not in kept]
        if chosen:
            key = table.columns[_key(table)]
            for start in range(0, len(chosen), 500):
                session.execute(delete(table).where(key.in_(chosen[start : start + 500])))
            rows[table.name] = len(chosen)
    return rows


def _key(table: Any) -> str:
    assert isinstance(table, Table)
    return str(next(iter(table.primary_key.columns)).name)
