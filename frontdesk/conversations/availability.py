"""Whether a person can be promised: CHHA's hours say so, and somebody of the team can be reached."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.knowledge.hours import closes_at, is_open, next_opening
from frontdesk.knowledge.organization import Organization
from frontdesk.records.models import Staff
from frontdesk.settings import settings


@dataclass(frozen=True)
class Availability:
    """`available` now; otherwise `opens` (aware, CHHA's zone) when known.

    `closes` is given when it is open by the hours, but nobody can be reached.
    """

    available: bool
    opens: dt.datetime | None
    closes: dt.datetime | None = None


def availability(
    session: Session, organization: Organization, at: dt.datetime, *, reachable_minutes: float | None = None
) -> Availability:
    """Whether somebody is there at `at` (aware): within the hours, available, and at the console lately.

    An open console says so each minute, so who closed it without a word is soon not counted any more. Before
    the first account exists, the hours alone decide.

    Args:
        reachable_minutes: how lately somebody must have been at the console; by default the setting.
    """
    opens = next_opening(organization, at)
    if not is_open(organization, at):
        return Availability(False, opens)
    team = session.execute(
        select(Staff.available, Staff.last_seen_at).where(Staff.disabled_at.is_(None))
    ).all()
    minutes = settings().reachable_minutes if reachable_minutes is None else reachable_minutes
    lately = at - dt.timedelta(minutes=minutes)
    there = any(available and seen is not None and seen >= lately for available, seen in team)
    if there or not team:
        return Availability(True, opens)
    return Availability(False, opens, closes_at(organization, at))
