"""An announced restart of Rasa: turns wait it out instead of asking people in, in every process of the desk.

Announced in the record for a bounded time, so that who announced it and died leaves nothing behind for long.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from frontdesk.records.models import HouseRule, now

NAME: Final = "rasa_restarts_until"


def announce(session: Session, seconds: float, *, by: str) -> None:
    """Rasa is restarted and is back within `seconds`."""
    until = now() + timedelta(seconds=seconds)
    session.merge(HouseRule(name=NAME, value=until.isoformat(), changed_by=by, changed_at=now()))
    session.flush()


def over(session: Session) -> None:
    """It is back."""
    found = session.get(HouseRule, NAME)
    if found is not None:
        session.delete(found)
        session.flush()


def is_on(session: Session) -> bool:
    """Whether an announced restart goes on now."""
    found = session.get(HouseRule, NAME)
    return found is not None and datetime.fromisoformat(found.value) > now()
