"""What serves an applicant around the application: codes, counted attempts, reminders, privacy requests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from frontdesk.records.models.base import Base, Id, new_id, now


class OneTimeCode(Base):
    """A code that is typed once. Its keyed hash only is kept.

    `purpose`: resume (moves `draft_id` to where it is typed) or proof (of the person who has the mailbox that
    the code went to, for `request_id`). `failures` counts wrong codes typed while this one was open.
    """

    __tablename__ = "one_time_codes"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    purpose: Mapped[str] = mapped_column(String(16))
    code_hash: Mapped[str] = mapped_column(Id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    draft_id: Mapped[str | None] = mapped_column(ForeignKey("drafts.id", ondelete="CASCADE"), index=True)
    request_id: Mapped[str | None] = mapped_column(Id)
    failures: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("purpose", "code_hash"),)


class Attempt(Base):
    """One try at something that is counted, over all processes: `what` by `whose`. Old ones are removed."""

    __tablename__ = "attempts"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    what: Mapped[str] = mapped_column(String(32))
    whose: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("attempts_counted", "what", "whose", "at"),)


class ReminderPlan(Base):
    """Reminders of an application's missing papers: how many were given, when the next may be."""

    __tablename__ = "reminder_plans"

    application_id: Mapped[str] = mapped_column(
        ForeignKey("applications.id", ondelete="CASCADE"), primary_key=True
    )
    given: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(index=True)
    last_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]


class PrivacyRequest(Base):
    """Somebody asked to see (`export`) or to delete (`deletion`) what is kept about them.

    `state`: asked (waits for a proof), proven, done, refused, dropped. `proof`: code or staff. What stays after
    a deletion is this row without its conversation: that there was a request, and when it was done.
    """

    __tablename__ = "privacy_requests"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    conversation_id: Mapped[str | None] = mapped_column(
        ForeignKey("conversations.id", ondelete="SET NULL"), index=True
    )
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default="asked")
    proof: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    done_at: Mapped[datetime | None]

    __table_args__ = (Index("privacy_requests_by_state", "state", "created_at"),)


class TrackerErasure(Base):
    """A conversation that Rasa must still forget; gone from here once it did."""

    __tablename__ = "tracker_erasures"

    tracker: Mapped[str] = mapped_column(String(255), primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(default=now)
