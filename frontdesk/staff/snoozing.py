"""When a conversation that is laid aside comes back: usual moments, or one of one's own, in CHHA's zone."""

from __future__ import annotations

import datetime as dt
from typing import Final

from frontdesk.knowledge.hours import next_opening
from frontdesk.knowledge.organization import Organization

LONGEST: Final = dt.timedelta(days=180)


def usual(organization: Organization, at: dt.datetime) -> list[tuple[str, str, dt.datetime]]:
    """(name, words, moment) of what is offered at `at` (aware)."""
    local = at.astimezone(organization.hours.zone)
    tomorrow = (local + dt.timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    week = (local + dt.timedelta(days=7 - local.weekday())).replace(hour=9, minute=0, second=0, microsecond=0)
    offered = [
        ("hour", "In an hour", local + dt.timedelta(hours=1)),
        ("three_hours", "In three hours", local + dt.timedelta(hours=3)),
        ("tomorrow", "Tomorrow at 9:00", tomorrow),
        ("week", "Monday at 9:00", week),
    ]
    opens = next_opening(organization, at)
    if opens is not None:
        offered.insert(2, ("opening", "When the desk opens next", opens))
    return offered


def chosen(name: str, moment: str, organization: Organization, at: dt.datetime) -> dt.datetime:
    """The moment that was chosen: a usual one by its name, else `moment` as a browser writes it.

    Raises:
        ValueError: no moment, one in the past, or one too far away; the text says which.
    """
    for known, _, when in usual(organization, at):
        if known == name:
            return when
    try:
        own = dt.datetime.fromisoformat(moment)
    except ValueError:
        raise ValueError("Choose when this conversation comes back.") from None
    if own.tzinfo is None:
        own = own.replace(tzinfo=organization.hours.zone)
    if own <= at:
        raise ValueError("Choose a moment that is still to come.")
    if own > at + LONGEST:
        raise ValueError("Choose a moment within half a year.")
    return own
