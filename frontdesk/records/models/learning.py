"""What the assistant did not understand, what people made of it, and the training runs that followed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from frontdesk.records.models.base import Base, Id, new_id, now


class ReviewItem(Base):
    """A message of an applicant that somebody should look at. Private data is masked in `text` already.

    `reason`: fallback, clarify, rated_down, corrected. `state`: open, example (it teaches `label`), topic_wanted
    (`note` says which), dismissed. `example` is the text that was accepted, as it stands in the training data.
    `offered` are the labels that the assistant thought of. It goes with its message when that is erased.
    """

    __tablename__ = "review_items"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), unique=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    offered: Mapped[list[Any]] = mapped_column(default=list)
    state: Mapped[str] = mapped_column(String(16), default="open")
    label: Mapped[str | None]
    example: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    said_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("review_items_by_state", "state", "said_at"),)


class TrainingRun(Base):
    """One training of a candidate model and its measuring beside the one that is live.

    `state`: training, measuring, ready (a person may put it live), live, passed_over, failed. `owner` and
    `lease_until` are the lease of the process that works on it; only one run is worked on at a time (`working`
    is 1 then, null after, and unique). `figures` hold both models' results.
    """

    __tablename__ = "training_runs"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    state: Mapped[str] = mapped_column(String(16), default="training")
    working: Mapped[int | None] = mapped_column(unique=True)
    owner: Mapped[str | None] = mapped_column(Id)
    lease_until: Mapped[datetime | None]
    step: Mapped[str] = mapped_column(default="")
    model: Mapped[str]
    compared_with: Mapped[str | None]
    examples: Mapped[int] = mapped_column(default=0)
    figures: Mapped[dict[str, Any] | None]
    error: Mapped[str | None] = mapped_column(Text)
    started_by: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
    live_by: Mapped[str | None]
    live_at: Mapped[datetime | None]
