"""How the house runs: outcomes of actions, heartbeats, outages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Float, String
from sqlalchemy.orm import Mapped, mapped_column

from frontdesk.records.models.base import Base, Id, new_id, now


class ActionOutcome(Base):
    """What an action answered for a message, kept in the transaction of its writes.

    When the turn is run again (a process died in between), the action answers with this and writes nothing.
    """

    __tablename__ = "action_outcomes"

    message_id: Mapped[str] = mapped_column(Id, primary_key=True)
    action: Mapped[str] = mapped_column(String(64), primary_key=True)
    outcome: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(default=now)


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
