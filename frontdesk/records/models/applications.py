"""Applications: while they are told, what was changed, and what was sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from frontdesk.records.models.base import Base, Id, new_id, now


class Draft(Base):
    """An application while it is being told. `state`: open, paused, sent, cancelled.

    `asking` is the field whose answer is awaited; `values` holds field → value under the names of the
    application record; `working` what the form keeps for itself (misses per field, pending confirmations, …).
    """

    __tablename__ = "drafts"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), default="open")
    asking: Mapped[str | None] = mapped_column(String(64))
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    working: Mapped[dict[str, Any]] = mapped_column(default=dict)
    consent_at: Mapped[datetime | None]
    consent_version: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class DraftChange(Base):
    """One field of a draft or application changed: by whom, from what, to what."""

    __tablename__ = "draft_changes"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    draft_id: Mapped[str] = mapped_column(ForeignKey("drafts.id"), index=True)
    field: Mapped[str] = mapped_column(String(64))
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    by: Mapped[str]
    message_id: Mapped[str | None] = mapped_column(Id)
    at: Mapped[datetime] = mapped_column(default=now)


class Application(Base):
    """An application that was sent. Its record is `values`, exported under the names of the specification."""

    __tablename__ = "applications"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    draft_id: Mapped[str] = mapped_column(ForeignKey("drafts.id"), unique=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    state: Mapped[str] = mapped_column(String(32), default="received")
    values: Mapped[dict[str, Any]]
    email: Mapped[str | None]
    phone: Mapped[str | None] = mapped_column(String(32))
    consent_at: Mapped[datetime | None]
    consent_version: Mapped[str | None]
    sent_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
