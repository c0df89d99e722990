"""Threads: conversations, their messages, turns and handoffs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from frontdesk.records.models.base import Base, Id, new_id, now


class Conversation(Base):
    """One thread with one applicant on one channel, one ordered line of messages, one holder.

    `holder`: bot, queued, assigned, closed. `epoch` counts its changes; `epoch_message_id` names the inbound
    message whose own turn made the last change (a turn that asked for a person may still say so).
    `attention` (crisis, emergency, harassment, complaint, privacy) puts it before the eyes of staff first.
    `attention_at` is when that was raised. `language` is what the applicant writes in, where the assistant heard
    it. `snoozed_until`: `snoozed_by` laid it aside; it comes back then, or when the applicant writes.
    `applicant_typing_until`: the applicant is writing now. `last_note` numbers its newest staff note.
    `turn_owner`, `turn_token`, `turn_lease_until` are the lease of the one process that runs its turns.
    `contact_name` is what the channel calls the applicant; `came_from` the link or advertisement that led here.
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
    attention_at: Mapped[datetime | None]
    language: Mapped[str | None] = mapped_column(String(16))
    snoozed_until: Mapped[datetime | None] = mapped_column(index=True)
    snoozed_by: Mapped[str | None] = mapped_column(Id)
    applicant_typing_until: Mapped[datetime | None]
    last_seq: Mapped[int] = mapped_column(default=0)
    last_note: Mapped[int] = mapped_column(default=0, server_default="0")
    contact_name: Mapped[str | None]
    came_from: Mapped[str | None]
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
    An edit by its sender changes `text`, a deletion empties it; `original_text` keeps what was said first.
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
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    original_text: Mapped[str | None] = mapped_column(Text)

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
    """A person was asked in: from the asking to the giving back. `ended_as`: returned, recovered, closed."""

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
