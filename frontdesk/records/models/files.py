"""Files that applicants hand in. The bytes lie on the shelf (`frontdesk/files`), never in the record."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from frontdesk.records.models.base import Base, Id, new_id, now


class KeptFile(Base):
    """One file of a conversation. `state`: kept, scanning, refused, infected, erased.

    `place` is its random name on the shelf, null when nothing lies there any more. `name` is what the applicant
    called it, cleaned; null once it is erased. `media` is the type that was found, not the one that was said;
    `size` is in bytes. `document` is the key of the checklist it answers. `source`: applicant, staff (sent
    to the applicant), team (filed by staff for the applicant), or the channel that fetched it; `source_ref` is
    that channel's own id of it, so that none is fetched twice.
    `note` says why it was refused, or what the scanner called it.
    """

    __tablename__ = "kept_files"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[str | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"), index=True)
    document: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str | None]
    media: Mapped[str | None] = mapped_column(String(128))
    size: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str | None] = mapped_column(String(64))
    place: Mapped[str | None] = mapped_column(Id, unique=True)
    source: Mapped[str] = mapped_column(String(32))
    source_ref: Mapped[str | None]
    state: Mapped[str] = mapped_column(String(16))
    note: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    erased_at: Mapped[datetime | None]
    erased_by: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("conversation_id", "source", "source_ref"),
        Index("kept_files_by_state", "state", "created_at"),
    )
