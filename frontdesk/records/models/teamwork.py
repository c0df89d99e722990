"""Teamwork: what staff keep beside a thread, and the alerts that call them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from frontdesk.records.models.base import Base, Id, new_id, now


class StaffNote(Base):
    """A private note beside a thread, for the team only. It stands after the message numbered `after_seq`.

    `number` counts the notes of its conversation from 1 on.
    """

    __tablename__ = "staff_notes"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    number: Mapped[int]
    after_seq: Mapped[int]
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (UniqueConstraint("conversation_id", "number"),)


class Mention(Base):
    """A colleague named in a note by @login; `seen_at` once they opened the conversation."""

    __tablename__ = "mentions"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    note_id: Mapped[str] = mapped_column(ForeignKey("staff_notes.id", ondelete="CASCADE"), index=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    seen_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("mentions_by_staff", "staff_id", "seen_at"),)


class SavedReply(Base):
    """A reply that the team uses again, with variables such as `{first_name}`."""

    __tablename__ = "saved_replies"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    title: Mapped[str] = mapped_column(String(80), unique=True)
    text: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(default=now)


class ContactLeft(Base):
    """How somebody who wrote while nobody was there may be reached, and the words they agreed to by it."""

    __tablename__ = "contacts_left"

    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    email: Mapped[str | None]
    phone: Mapped[str | None] = mapped_column(String(32))
    consent: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=now)


class Alert(Base):
    """Something that staff are to be called for; written in the transaction of what it tells.

    `event`: crisis, complaint, privacy, handoff, unattended, message, mention, woke. `key` is unique: the same
    thing calls once. `staff_id` is the one person it is for; null is everybody. It never holds an applicant's
    words. `routed_at` is when its deliveries were made out.
    """

    __tablename__ = "alerts"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    event: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(unique=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    staff_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    detail: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    routed_at: Mapped[datetime | None]


class AlertDelivery(Base):
    """An alert on one route to one target. `route`: email, slack, webhook.

    `state`: waiting, sent, failed (given up), unset (the route is not set up: shown in the console only).
    `target` is an address of the team; null where the route has one of its own.
    """

    __tablename__ = "alert_deliveries"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"), index=True)
    route: Mapped[str] = mapped_column(String(16))
    target: Mapped[str | None]
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(default=now)
    error: Mapped[str | None]
    sent_at: Mapped[datetime | None]

    __table_args__ = (Index("alert_deliveries_to_send", "state", "next_attempt_at"),)


class AlertChoice(Base):
    """How one person wants to be called for one event; where there is no row, the defaults hold."""

    __tablename__ = "alert_choices"

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    event: Mapped[str] = mapped_column(String(16), primary_key=True)
    email: Mapped[bool]
    browser: Mapped[bool]
