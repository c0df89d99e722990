"""Whether somebody is at the desk, and when next, by `hours` of organization.yml; knows nothing of staff."""

from __future__ import annotations

import datetime as dt

from frontdesk.knowledge.organization import Organization

LOOK_AHEAD_DAYS = 60


def is_open(organization: Organization, at: dt.datetime) -> bool:
    """Whether `at` (aware) lies in the weekly hours and not on a holiday."""
    local = at.astimezone(organization.hours.zone)
    return any(opens <= local < closes for opens, closes in organization.hours.spans(local.date()))


def next_opening(organization: Organization, at: dt.datetime) -> dt.datetime | None:
    """The first opening after `at`, aware in CHHA's zone; None when none is within sixty days."""
    local = at.astimezone(organization.hours.zone)
    for days in range(LOOK_AHEAD_DAYS):
        for opens, _ in organization.hours.spans(local.date() + dt.timedelta(days=days)):
            if opens > local:
                return opens
    return None


def closes_at(organization: Organization, at: dt.datetime) -> dt.datetime | None:
    """When the span ends in which `at` (aware) lies, in CHHA's zone; None when it is closed."""
    local = at.astimezone(organization.hours.zone)
    spans = organization.hours.spans(local.date())
    return next((closes for opens, closes in spans if opens <= local < closes), None)


def spoken(moment: dt.datetime) -> str:
    """A moment in words that no reader takes for another: "Monday 23 November, 9:00 AM (EST)"."""
    clock = moment.strftime("%I:%M %p").lstrip("0")
    return f"{moment.strftime('%A')} {moment.day} {moment.strftime('%B')}, {clock} ({moment.tzname()})"
