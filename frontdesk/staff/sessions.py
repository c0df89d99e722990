"""Sessions of the staff: signing in (throttled), who is signed in, signing out.

The cookie holds a random token; the record keeps its SHA-256 only.
"""

from __future__ import annotations

import hashlib
import math
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy import delete, select, update

from frontdesk.records.models import Staff, StaffSession, now
from frontdesk.records.session import Record
from frontdesk.settings import Settings
from frontdesk.staff import audit, passwords
from frontdesk.staff.accounts import ROLES

COOKIE: Final = "chha_staff"
PATH: Final = "/staff"
SEEN_EVERY: Final = timedelta(minutes=1)
# How long an ended session stays in the record, for who looks into an incident.
KEPT_AFTER_END: Final = timedelta(days=30)


class SignInRefused(Exception):
    """Login and password do not fit, or too many tries. The text never says which logins exist.

    Args:
        retry_after: seconds to wait, when there were too many tries.
    """

    def __init__(self, text: str, retry_after: int | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Member:
    """Who is signed in, and by which session."""

    staff_id: str
    login: str
    name: str
    role: str
    available: bool
    must_change_password: bool
    session: str
    csrf: str
    expires_at: datetime

    def may(self, role: str) -> bool:
        """Whether this person's role includes that one (`agent` < `editor` < `admin`)."""
        return ROLES.index(self.role) >= ROLES.index(role)


class Sessions:
    """The sessions of one installation; tries to sign in are counted in this process's memory."""

    def __init__(self, record: Record, settings: Settings) -> None:
        self._record = record
        self._lifetime = timedelta(hours=settings.staff_session_hours)
        self._rate = RateLimitItemPerMinute(settings.logins_per_minute)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def sign_in(self, login: str, password: str, address: str) -> str:
        """A new session.

        Returns:
            The token for the cookie.

        Raises:
            SignInRefused
        """
        login = login.strip().casefold()[:64]
        self.count_try(login, address)
        with self._record.reading() as session:
            staff = session.scalars(select(Staff).where(Staff.login == login)).one_or_none()
        fresh: str | None = None
        if staff is None:
            passwords.fits_nobody(password)
        elif not passwords.fits(password, staff.password_hash) or staff.disabled_at is not None:
            staff = None
        elif passwords.is_outdated(staff.password_hash):
            fresh = passwords.hashed(password)
        if staff is None:
            with self._record.transaction() as session:
                # What was typed as a login may be a password in the wrong box: it is not written down.
                audit.note(session, "unknown", "session.refused", address=address)
            raise SignInRefused("Login and password do not fit together.")
        return self._open(staff, fresh, address)

    def count_try(self, login: str, address: str) -> None:
        """Count a try to prove oneself by a password.

        Raises:
            SignInRefused: too many of this login, or from this address.
        """
        self._count("address", address)
        self._count("login", login)

    def reopen(self, staff_id: str, address: str) -> str:
        """A new session for somebody who has just changed the password; returns the token."""
        with self._record.reading() as session:
            staff = session.get_one(Staff, staff_id)
        return self._open(staff, None, address)

    def _open(self, staff: Staff, fresh_hash: str | None, address: str) -> str:
        token, at = secrets.token_urlsafe(32), now()
        with self._record.transaction() as session:
            if fresh_hash is not None:
                session.execute(
                    update(Staff)
                    .where(Staff.id == staff.id, Staff.password_hash == staff.password_hash)
                    .values(password_hash=fresh_hash)
                )
            session.execute(delete(StaffSession).where(StaffSession.expires_at < at - KEPT_AFTER_END))
            session.add(
                StaffSession(
                    token_hash=hashed_token(token),
                    staff_id=staff.id,
                    csrf=secrets.token_urlsafe(32),
                    created_at=at,
                    expires_at=at + self._lifetime,
                )
            )
            audit.note(session, staff.login, "session.opened", staff.id, address=address)
        return token

    def member(self, token: str | None) -> Member | None:
        """Who is signed in with that token; None when nobody is, or not any more."""
        return self.by_hash(hashed_token(token)) if token else None

    def by_hash(self, token_hash: str) -> Member | None:
        at = now()
        with self._record.reading() as session:
            row = session.execute(
                select(StaffSession, Staff)
                .join(Staff, Staff.id == StaffSession.staff_id)
                .where(
                    StaffSession.token_hash == token_hash,
                    StaffSession.ended_at.is_(None),
                    StaffSession.expires_at > at,
                    Staff.disabled_at.is_(None),
                )
            ).one_or_none()
        if row is None:
            return None
        kept, staff = row
        if not staff.must_change_password and (
            staff.last_seen_at is None or at - staff.last_seen_at > SEEN_EVERY
        ):
            with self._record.transaction() as session:
                session.execute(update(Staff).where(Staff.id == staff.id).values(last_seen_at=at))
        return Member(
            staff_id=staff.id,
            login=staff.login,
            name=staff.name,
            role=staff.role,
            available=staff.available,
            must_change_password=staff.must_change_password,
            session=kept.token_hash,
            csrf=kept.csrf,
            expires_at=kept.expires_at,
        )

    def sign_out(self, member: Member) -> None:
        with self._record.transaction() as session:
            session.execute(
                update(StaffSession).where(StaffSession.token_hash == member.session).values(ended_at=now())
            )
            audit.note(session, member.login, "session.closed", member.staff_id)

    def _count(self, what: str, whose: str) -> None:
        if self._limiter.hit(self._rate, what, whose):
            return
        reset = self._limiter.get_window_stats(self._rate, what, whose).reset_time
        wait = max(1, math.ceil(reset - time.time()))
        raise SignInRefused(f"Too many tries. Wait {wait} seconds, then try again.", retry_after=wait)


def hashed_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
