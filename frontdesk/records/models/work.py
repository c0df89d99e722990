"""Work that comes back by itself: when each periodic job is due, and which process has it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from frontdesk.records.models.base import Base, Id, now


class PeriodicJob(Base):
    """One job. `owner` and `lease_until` are the lease of the one process that runs it now.

    `failures` counts failed runs in a row, `error` is the kind of the last one, never its words.
    """

    __tablename__ = "periodic_jobs"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(default=now)
    owner: Mapped[str | None] = mapped_column(Id)
    lease_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(128))
