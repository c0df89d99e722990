"""Counting attempts over all processes, so that guessing ends: codes, look-ups, letters. In the record."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from frontdesk.records.models import Attempt, now

EVERYBODY: Final = "*"
KEPT_SECONDS: Final = 86_400


def count(session: Session, what: str, whose: str, *, within: float) -> int:
    """How many attempts were noted in the last `within` seconds."""
    since = now() - timedelta(seconds=within)
    return (
        session.scalar(
            select(func.count())
            .select_from(Attempt)
            .where(Attempt.what == what, Attempt.whose == whose, Attempt.at > since)
        )
        or 0
    )


def note(session: Session, what: str, whose: str) -> None:
    """One more."""
    session.add(Attempt(what=what, whose=whose))
    session.flush()


def allowed(session: Session, what: str, whose: str, *, most: int, within: float) -> bool:
    """Note an attempt, if there were fewer than `most` in the last `within` seconds. Whether it may be."""
    if count(session, what, whose, within=within) >= most:
        return False
    note(session, what, whose)
    return True


def forget_old(session: Session) -> None:
    """Remove what counts nowhere any more."""
    session.execute(delete(Attempt).where(Attempt.at < now() - timedelta(seconds=KEPT_SECONDS)))
