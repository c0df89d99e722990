"""Which parts of the front desk are away, or were away in the last day. Only reads what the watch wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from frontdesk.records.models import Outage

LOOK_BACK: Final = timedelta(hours=24)
TITLES: Final = {"rasa": "Rasa", "actions": "Action server", "frontdesk": "Front desk"}


@dataclass(frozen=True)
class Away:
    """One part: its latest outage and how many there were. `seconds` is None while it is away still."""

    part: str
    title: str
    began_at: datetime
    seconds: float | None
    times: int


def outages(session: Session, at: datetime) -> Sequence[Away]:
    """The parts that are away, first, then those that were within a day."""
    found = session.scalars(
        select(Outage)
        .where(or_(Outage.ended_at.is_(None), Outage.ended_at > at - LOOK_BACK))
        .order_by(Outage.began_at)
    ).all()
    parts: dict[str, list[Outage]] = {}
    for outage in found:
        parts.setdefault(outage.part, []).append(outage)
    told = [
        Away(
            part=part,
            title=TITLES.get(part, part),
            began_at=latest.began_at,
            seconds=None if latest.ended_at is None else (latest.ended_at - latest.began_at).total_seconds(),
            times=len(each),
        )
        for part, each in parts.items()
        for latest in [next((one for one in each if one.ended_at is None), each[-1])]
    ]
    return sorted(told, key=lambda away: (away.seconds is not None, away.title))
