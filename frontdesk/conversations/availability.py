"""Whether a person can be promised: CHHA's hours say so, and not everybody on the team is away."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.knowledge.hours import is_open, next_opening
from frontdesk.knowledge.organization import Organization
from frontdesk.records.models import Staff


@dataclass(frozen=True)
class Availability:
    """`available` now; otherwise `opens` (aware, CHHA's zone) when known."""

    available: bool
    opens: dt.datetime | None


def availability(session: Session, organization: Organization, at: dt.datetime) -> Availability:
    """Whether somebody is there at `at` (aware).

    Before the first account exists, the hours alone decide.
    """
    opens = next_opening(organization, at)
    if not is_open(organization, at):
        return Availability(False, opens)
    team = session.scalars(select(Staff.available).where(Staff.disabled_at.is_(None))).all()
    return Availability(not team or any(team), opens)
