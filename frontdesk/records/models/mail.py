"""Mail that goes out: kept first, delivered by a job, shown in the console."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from frontdesk.records.models.base import Base, Id, new_id, now


class Mail(Base):
    """One letter to one address. `state`: waiting, sent, failed, shown (there is no mail server; see console).

    `kind` names its text in `knowledge/mail.yml`. `key`, where given, is unique: what is asked for twice is one
    letter. `secret` letters hold a code or a link that opens something; the console does not show their body.
    """

    __tablename__ = "mails"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(32))
    key: Mapped[str | None] = mapped_column(String(128), unique=True)
    conversation_id: Mapped[str | None] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    recipient: Mapped[str] = mapped_column(String(320), index=True)
    subject: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    secret: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(default=now)
    error: Mapped[str | None] = mapped_column(String(128))
    created_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]

    __table_args__ = (Index("mails_to_send", "state", "next_attempt_at"),)
