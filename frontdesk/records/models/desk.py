"""What the console keeps for its own work: the search index of applications and each person's saved views."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from frontdesk.records.models.base import Base, Id, new_id, now


class ApplicationWords(Base):
    """The words by which an application is found, folded, each once, one space between them.

    Made of the application as it was at `application_at` and its thread up to `seq`; goes with the application.
    On SQLite the FTS5 table `application_words_fts` follows it by triggers, on PostgreSQL a GIN index does
    (`frontdesk/applications/search.py` reads both).
    """

    __tablename__ = "application_words"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[str] = mapped_column(
        ForeignKey("applications.id", ondelete="CASCADE"), unique=True
    )
    seq: Mapped[int]
    application_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(Text)


class SavedView(Base):
    """A filter of the application list that a member of staff kept; `query` as it stands in an address."""

    __tablename__ = "saved_views"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    query: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (UniqueConstraint("staff_id", "name"),)
