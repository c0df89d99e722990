"""The website chat beside its messages: ratings, who types, signed-in persons, consents, staff pictures."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from frontdesk.records.models.base import Base, Id, new_id, now


class Rating(Base):
    """What the visitor thinks of one answer: one a message, changeable, gone when taken back."""

    __tablename__ = "ratings"

    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    helpful: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ratings_by_time", "changed_at"),)


class TypingSignal(Base):
    """A member of staff is writing in a thread, until `until` unless said again."""

    __tablename__ = "typing_signals"

    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    until: Mapped[datetime]


class SitePerson(Base):
    """A website vouched that this thread is of its own signed-in person `subject` (the site's id of them)."""

    __tablename__ = "site_persons"

    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    subject: Mapped[str] = mapped_column(String(128), index=True)
    name: Mapped[str | None]
    email: Mapped[str | None]
    joined_at: Mapped[datetime] = mapped_column(default=now)


class ChatConsent(Base):
    """The notice that a visitor agreed to before the first message, in its own words."""

    __tablename__ = "chat_consents"

    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    given_at: Mapped[datetime] = mapped_column(default=now)


class StaffPicture(Base):
    """How a member of staff looks to visitors. A new picture has a new id, so browsers may keep it for good."""

    __tablename__ = "staff_pictures"

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(Id, unique=True, default=new_id)
    media_type: Mapped[str] = mapped_column(String(32))
    image: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now)
