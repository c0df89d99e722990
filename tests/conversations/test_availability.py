"""When a person may be promised: within the hours, and when somebody of the team can be reached."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import update

from frontdesk.conversations.availability import availability
from frontdesk.knowledge.organization import Hours, Organization
from frontdesk.records.models import Staff
from frontdesk.records.session import Record

ZONE = "America/New_York"
WEEKLY = {"mon": ["09:00-17:00"], "tue": ["09:00-17:00"]}
OFFICE = Organization(hours=Hours(timezone=ZONE, weekly=WEEKLY))
HOLIDAY = Organization(hours=Hours(timezone=ZONE, weekly=WEEKLY, holidays=["2026-11-23"]))
MONDAY_NOON = dt.datetime.fromisoformat("2026-11-23T12:00:00-05:00")


@pytest.fixture
def team(sqlite_record: Record, make_staff) -> Record:
    """One member of staff, who was at the console a minute ago."""
    make_staff(sqlite_record, "Ann")
    seen(sqlite_record, minutes=1)
    return sqlite_record


def seen(record: Record, *, minutes: float, **more: object) -> None:
    at = MONDAY_NOON - dt.timedelta(minutes=minutes)
    with record.transaction() as session:
        session.execute(update(Staff).values(last_seen_at=at, **more))


def found(record: Record, organization: Organization = OFFICE, at: dt.datetime = MONDAY_NOON):
    with record.reading() as session:
        return availability(session, organization, at, reachable_minutes=5)


def test_somebody_on_duty_at_the_console_is_promised(team: Record) -> None:
    assert found(team).available


def test_who_is_shown_as_away_is_not_promised(team: Record) -> None:
    seen(team, minutes=1, available=False)
    nobody = found(team)
    assert not nobody.available
    assert nobody.closes is not None
    assert nobody.closes.isoformat() == "2026-11-23T17:00:00-05:00"


def test_who_has_not_been_at_the_console_lately_is_not_promised(team: Record) -> None:
    seen(team, minutes=6)
    assert not found(team).available


def test_before_the_first_account_exists_the_hours_alone_decide(sqlite_record: Record) -> None:
    assert found(sqlite_record).available


@pytest.mark.parametrize(
    ("organization", "at", "opens"),
    [
        (OFFICE, "2026-11-23T08:59:00-05:00", "2026-11-23T09:00:00-05:00"),
        (OFFICE, "2026-11-23T17:00:00-05:00", "2026-11-24T09:00:00-05:00"),
        (OFFICE, "2026-11-23T22:30:00+01:00", None),
        (HOLIDAY, "2026-11-23T12:00:00-05:00", "2026-11-24T09:00:00-05:00"),
    ],
)
def test_outside_hours_and_on_holidays_the_next_opening_is_told(
    team: Record, organization: Organization, at: str, opens: str | None
) -> None:
    moment = dt.datetime.fromisoformat(at)
    seen(team, minutes=-60 * 24)
    nobody = found(team, organization, moment)
    if opens is None:  # half past ten in the evening in Paris is half past four in the office
        assert nobody.available
        return
    assert not nobody.available
    assert nobody.closes is None
    assert nobody.opens is not None
    assert nobody.opens.isoformat() == opens
