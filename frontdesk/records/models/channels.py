"""Messaging channels: what goes out and how far it came, what a provider told, media, opt-outs, health."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from frontdesk.records.models.base import Base, Id, new_id, now


class Delivery(Base):
    """An outbound message on its way to its channel; written in the transaction that wrote the message.

    `state`: queued, held (it may not be sent now; `error` says why), sent, failed, delivered, read. `parts` of
    `parts_total` provider calls were accepted. `numbered`: its options were shown as numbers to be typed.
    `nudged_at`: a template asked the applicant to answer, because the reply window was closed.
    `unsure_since`: a call whose answer was lost; evidence is awaited before it is tried again.
    `lease_owner` and `lease_until` are the lease of the process that sends it now.
    """

    __tablename__ = "deliveries"

    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(32))
    seq: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), default="queued")
    parts: Mapped[int] = mapped_column(default=0)
    parts_total: Mapped[int | None]
    numbered: Mapped[bool] = mapped_column(default=False)
    despite_opt_out: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(default=now)
    unsure_since: Mapped[datetime | None]
    nudged_at: Mapped[datetime | None]
    lease_owner: Mapped[str | None] = mapped_column(Id)
    lease_until: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]

    __table_args__ = (
        Index("deliveries_to_send", "state", "next_attempt_at"),
        Index("deliveries_by_conversation", "conversation_id", "seq"),
    )


class ProviderMessage(Base):
    """The provider's own name of a message, inbound or outbound (one for each part).

    Receipts, edits, deletions and reactions speak of it. `state` of an outbound part: sent, failed, delivered,
    read.
    """

    __tablename__ = "provider_messages"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(32))
    provider_id: Mapped[str]
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    part: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(16), default="sent")
    at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (UniqueConstraint("channel", "provider_id"),)


class ProviderEvent(Base):
    """Something a provider told that is no message of its own: an edit, a receipt, a reaction, a notice.

    `(channel, event_id)` is unique: told again, it changes nothing. What speaks of a message that is not known
    yet keeps its `value` until that message comes (`applied_at` is null so long).
    """

    __tablename__ = "provider_events"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(32))
    event_id: Mapped[str]
    kind: Mapped[str] = mapped_column(String(32))
    target: Mapped[str | None]
    value: Mapped[dict[str, Any] | None]
    at: Mapped[datetime] = mapped_column(default=now)
    applied_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("channel", "event_id"),
        Index("provider_events_by_target", "channel", "target"),
    )


class Reaction(Base):
    """What an applicant put on a message, such as a thumb."""

    __tablename__ = "reactions"

    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    value: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=now)


class MediaReference(Base):
    """Something sent that is no text: photo, file, voice, video, sticker, location, contact, unknown.

    `reference` is the provider's name of the content (null where there is nothing to fetch), `detail` what the
    provider tells of it. `state`: told (nothing to fetch), waiting, kept (`file_id`), refused, failed.
    """

    __tablename__ = "media_references"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    channel: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(16))
    reference: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str | None]
    media_type: Mapped[str | None]
    size: Mapped[int | None]
    detail: Mapped[dict[str, Any] | None]
    state: Mapped[str] = mapped_column(String(16), default="told")
    file_id: Mapped[str | None] = mapped_column(Id)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(default=now)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("media_to_fetch", "state", "next_attempt_at"),)


class ChannelHealth(Base):
    """How a channel is: its last messages, its last error, and whether the provider knows our address.

    `webhook`: registered, elsewhere, missing, unknown.
    """

    __tablename__ = "channel_health"

    channel: Mapped[str] = mapped_column(String(32), primary_key=True)
    last_inbound_at: Mapped[datetime | None]
    last_outbound_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    last_error_at: Mapped[datetime | None]
    webhook: Mapped[str] = mapped_column(String(16), default="unknown")
    webhook_note: Mapped[str | None] = mapped_column(Text)
    webhook_checked_at: Mapped[datetime | None]


class OptOut(Base):
    """Who said STOP: nothing is sent there until START (`ended_at`)."""

    __tablename__ = "opt_outs"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(32))
    address: Mapped[str]
    word: Mapped[str] = mapped_column(String(32))
    began_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]

    __table_args__ = (Index("opt_outs_by_address", "channel", "address"),)


class ShortLink(Base):
    """A web address of an answer's source under a few letters, for channels where every letter counts."""

    __tablename__ = "short_links"

    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    url: Mapped[str] = mapped_column(Text)
