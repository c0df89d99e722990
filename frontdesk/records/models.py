"""The tables. A change here comes with a migration under `migrations/versions`.

Moments are aware UTC datetimes; ids are 32 hex characters; JSON columns hold plain dicts and lists.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Float, ForeignKey, Index, String, Text, TypeDecorator, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def new_id() -> str:
    """A fresh id that tells nothing: 128 random bits, 32 hex characters."""
    return secrets.token_hex(16)


def now() -> datetime:
    return datetime.now(UTC)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite forgets the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Moment(),
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
        str: String(255),
    }


Id = String(64)


class Conversation(Base):
    """One thread with one applicant on one channel, one ordered line of messages, one holder.

    `holder`: bot, queued, assigned, closed. `epoch` counts its changes; `epoch_message_id` names the inbound
    message whose own turn made the last change (a turn that asked for a person may still say so).
    `attention` (crisis, emergency, harassment, complaint, privacy) puts it before the eyes of staff first.
    `turn_owner`, `turn_token`, `turn_lease_until` are the lease of the one process that runs its turns.
    """

    __tablename__ = "conversations"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(32))
    external_ref: Mapped[str]
    holder: Mapped[str] = mapped_column(String(16), default="bot")
    epoch: Mapped[int] = mapped_column(default=0)
    epoch_message_id: Mapped[str | None] = mapped_column(Id)
    staff_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    attention: Mapped[str | None] = mapped_column(String(16))
    last_seq: Mapped[int] = mapped_column(default=0)
    turn_owner: Mapped[str | None] = mapped_column(Id)
    turn_token: Mapped[int] = mapped_column(default=0)
    turn_lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        UniqueConstraint("channel", "external_ref"),
        Index("conversations_by_holder", "holder", "updated_at"),
    )


class Message(Base):
    """One line of a thread. `author`: applicant, bot, staff, system.

    `(channel, external_id)` is unique where the channel gives an id: a delivery repeated is one message.
    `client_id` is the website visitor's own id of it; `choice` the server-kept choice that a button meant.
    """

    __tablename__ = "messages"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int]
    author: Mapped[str] = mapped_column(String(16))
    staff_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    text: Mapped[str] = mapped_column(Text)
    act: Mapped[dict[str, Any] | None]
    choice: Mapped[dict[str, Any] | None]
    channel: Mapped[str] = mapped_column(String(32))
    external_id: Mapped[str | None]
    client_id: Mapped[str | None]
    in_reply_to: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        UniqueConstraint("channel", "external_id"),
        Index("messages_by_reply", "in_reply_to"),
    )


class Turn(Base):
    """One call to Rasa for one inbound message (or one event such as `returned_to_bot`), and how it ended.

    `state`: waiting, running, done, dropped (a person took over meanwhile), failed (handed to people).
    `message_id` is what Rasa and the actions key their effects by. `attempts` counts tries that failed;
    `away_since` is when the assistant was first found away in this turn, null once it answered again.
    """

    __tablename__ = "turns"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    message_id: Mapped[str] = mapped_column(Id, unique=True)
    event: Mapped[str | None] = mapped_column(String(32))
    seq: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    epoch: Mapped[int]
    attempts: Mapped[int] = mapped_column(default=0)
    away_since: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime] = mapped_column(default=now)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index("turns_to_run", "state", "next_attempt_at"),
        Index("turns_by_conversation", "conversation_id", "seq"),
    )


class Handoff(Base):
    """A person was asked in: from the asking to the giving back. `ended_as`: returned, closed."""

    __tablename__ = "handoffs"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    message_id: Mapped[str | None] = mapped_column(Id, unique=True)
    reason: Mapped[str] = mapped_column(String(64))
    available: Mapped[bool]
    requested_at: Mapped[datetime] = mapped_column(default=now)
    claimed_at: Mapped[datetime | None]
    claimed_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    first_reply_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_as: Mapped[str | None] = mapped_column(String(16))


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


class ActionOutcome(Base):
    """What an action answered for a message, kept in the transaction of its writes.

    When the turn is run again (a process died in between), the action answers with this and writes nothing.
    """

    __tablename__ = "action_outcomes"

    message_id: Mapped[str] = mapped_column(Id, primary_key=True)
    action: Mapped[str] = mapped_column(String(64), primary_key=True)
    outcome: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(default=now)


class Staff(Base):
    """A member of CHHA's team. `role`: agent, editor, admin."""

    __tablename__ = "staff"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    must_change_password: Mapped[bool] = mapped_column(default=False)
    role: Mapped[str] = mapped_column(String(16), default="agent")
    available: Mapped[bool] = mapped_column(default=True)
    last_seen_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class StaffSession(Base):
    """A login. Only the SHA-256 of the cookie is kept."""

    __tablename__ = "staff_sessions"

    token_hash: Mapped[str] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), index=True)
    csrf: Mapped[str] = mapped_column(Id)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class AuditEntry(Base):
    """Who of the staff (or the system) did what to what; never personal data of an applicant."""

    __tablename__ = "audit_log"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    actor: Mapped[str]
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str | None]
    detail: Mapped[dict[str, Any] | None]


class Heartbeat(Base):
    """The last sign of life of a part (`rasa`, `actions`, `frontdesk`), and since when it is there."""

    __tablename__ = "heartbeats"

    part: Mapped[str] = mapped_column(String(32), primary_key=True)
    alive_since: Mapped[datetime]
    seen_at: Mapped[datetime]
    note: Mapped[str | None]


class Outage(Base):
    """A part was away. `seconds` is filled when it came back."""

    __tablename__ = "outages"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    part: Mapped[str] = mapped_column(String(32), index=True)
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    seconds: Mapped[float | None] = mapped_column(Float)
