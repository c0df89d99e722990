"""Edits of the knowledge made in the console, and what the checking of its links found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from frontdesk.records.models.base import Base, Id, new_id, now


class KnowledgeEdit(Base):
    """One change of an answer (`subject` is `topics/<id>`) or of CHHA's facts (`organization`).

    `before` and `after` hold the changed keys only, as plain data; a key that was or is to be missing is null.
    `state`: proposed (waits for another person), live, refused, withdrawn. By logins.
    """

    __tablename__ = "knowledge_edits"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    subject: Mapped[str]
    state: Mapped[str] = mapped_column(String(16))
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    why: Mapped[str] = mapped_column(Text, default="")
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime] = mapped_column(default=now)
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("knowledge_edits_by_subject", "subject", "proposed_at"),
        Index("knowledge_edits_by_state", "state"),
    )


class LinkCheck(Base):
    """What the last look at a source's address found. `works` is null while it was not reached for our reasons."""

    __tablename__ = "link_checks"

    url_hash: Mapped[str] = mapped_column(Id, primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    works: Mapped[bool | None]
    found: Mapped[str]
    checked_at: Mapped[datetime] = mapped_column(default=now)
    checked_by: Mapped[str]
