"""Sessions of the staff: signing in (throttled), who is signed in, signing out.

The cookie holds a random token; the record keeps its SHA-256 only.
"""

from __future__ import annotations

import hashlib
import math
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from frontdesk.records.models import HouseRule, SecondFactor, Staff, StaffSession, now
from frontdesk.records.session import Record
from frontdesk.settings import Settings
from frontdesk.staff import audit, passwords, second_factor
from frontdesk.staff.accounts import ROLES

COOKIE: Final = "chha_staff"
PATH: Final = "/staff"
# How much of a session's hash names it on pages; enough to tell sessions of one account apart.
HANDLE: Final = 16
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
    """Who is signed in, and by which session.

    `second_factor`: waiting, given, or None (none on the account). `must_set_up`: a rule of the house asks
    for one that the account does not have yet.
    """

    staff_id: str
    login: str
    name: str
    role: str
    available: bool
    must_change_password: bool
    session: str
    csrf: str
    expires_at: datetime
    second_factor: str | None = None
    must_set_up: bool = False

    def may(self, role: str) -> bool:
        """Whether this person's role includes that one (`agent` < `editor` < `admin`)."""
        return ROLES.index(self.role) >= ROLES.index(role)


class Sessions:
    """The sessions of one installation; tries to sign in are counted in this process's memory."""

    def __init__(self, record: Record, settings: Settings) -> None:
        self._record = record
        self._lifetime = timedelta(hours=settings.staff_session_hours)
        self._rate = RateLimitItemPerMinute(settings.logins_per_minute)
        self._code_rate = RateLimitItemPerHour(settings.second_factor_codes_per_hour)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def sign_in(self, login: str, password: str, address: str, browser: str = "") -> str:
        """A new session; it waits for the second factor where the account has one.

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
        return self._open(staff, fresh, address, browser)

    def count_try(self, login: str, address: str) -> None:
        """Count a try to prove oneself by a password.

        Raises:
            SignInRefused: too many of this login, or from this address.
        """
        self._count(self._rate, "address", address)
        self._count(self._rate, "login", login)

    def count_address(self, address: str) -> None:
        """Count a try to come in by an invitation or a single sign-on.

        Raises:
            SignInRefused: too many from this address.
        """
        self._count(self._rate, "address", address)

    def count_code(self, login: str) -> None:
        """Count a try of a second-factor code: six digits must not be tried through.

        Raises:
            SignInRefused: too many of this login.
        """
        self._count(self._code_rate, "code", login)

    def reopen(self, staff_id: str, address: str, browser: str = "", *, proved: bool) -> str:
        """A new session for somebody who has just proved oneself otherwise; returns the token.

        Args:
            proved: the second factor was given already, here or at the single sign-on's provider.
        """
        with self._record.reading() as session:
            staff = session.get_one(Staff, staff_id)
        return self._open(staff, None, address, browser, proved=proved)

    def _open(
        self, staff: Staff, fresh_hash: str | None, address: str, browser: str, *, proved: bool = False
    ) -> str:
        token, at = secrets.token_urlsafe(32), now()
        with self._record.transaction() as session:
            waits = not proved and second_factor.in_force(session, staff.id)
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
                    second_factor="given" if proved else "waiting" if waits else None,
                    address=address[:64],
                    browser=browser[:200],
                    seen_at=at,
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
                select(StaffSession, Staff, SecondFactor.confirmed_at, HouseRule.value)
                .join(Staff, Staff.id == StaffSession.staff_id)
                .outerjoin(SecondFactor, SecondFactor.staff_id == Staff.id)
                .outerjoin(HouseRule, HouseRule.name == second_factor.RULE)
                .where(
                    StaffSession.token_hash == token_hash,
                    StaffSession.ended_at.is_(None),
                    StaffSession.expires_at > at,
                    Staff.disabled_at.is_(None),
                )
            ).one_or_none()
        if row is None:
            return None
        kept, staff, confirmed_at, rule = row
        required = rule == "everybody" or (rule == "admins" and staff.role == "admin")
        member = Member(
            staff_id=staff.id,
            login=staff.login,
            name=staff.name,
            role=staff.role,
            available=staff.available,
            must_change_password=staff.must_change_password,
            session=kept.token_hash,
            csrf=kept.csrf,
            expires_at=kept.expires_at,
            second_factor=kept.second_factor,
            must_set_up=required and confirmed_at is None and kept.second_factor != "given",
        )
        if not member.must_change_password and member.second_factor != "waiting":
            self._note_seen(kept, staff, at)
        return member

    def _note_seen(self, kept: StaffSession, staff: Staff, at: datetime) -> None:
        seen = min(kept.seen_at or kept.created_at, staff.last_seen_at or kept.created_at)
        if staff.last_seen_at is not None and at - seen <= SEEN_EVERY:
            return
        with self._record.transaction() as session:
            session.execute(update(Staff).where(Staff.id == staff.id).values(last_seen_at=at))
            session.execute(
                update(StaffSession).where(StaffSession.token_hash == kept.token_hash).values(seen_at=at)
            )

    def give_second_factor(self, member: Member, code: str, keys: second_factor.Keys) -> None:
        """Take the code that the session waits for.

        Raises:
            SignInRefused: too many tries.
            second_factor.WrongCode, second_factor.NoSecondFactor
        """
        self.count_code(member.login)
        try:
            with self._record.transaction() as session:
                second_factor.take(session, session.get_one(Staff, member.staff_id), keys, code)
                self.prove(session, member)
        except second_factor.WrongCode:
            with self._record.transaction() as session:
                audit.note(session, member.login, "second_factor.refused", member.staff_id)
            raise

    @staticmethod
    def prove(session: Session, member: Member, how: str | None = "given") -> None:
        """Note in a running transaction that this session gave its second factor; None when there is none."""
        session.execute(
            update(StaffSession).where(StaffSession.token_hash == member.session).values(second_factor=how)
        )

    def open_ones(self, staff_id: str) -> Sequence[StaffSession]:
        """The sessions of an account that can be used, the newest first."""
        with self._record.reading() as session:
            return session.scalars(
                select(StaffSession)
                .where(
                    StaffSession.staff_id == staff_id,
                    StaffSession.ended_at.is_(None),
                    StaffSession.expires_at > now(),
                )
                .order_by(StaffSession.created_at.desc())
            ).all()

    def end(self, staff_id: str, *, by: Member, only: str | None = None, but: str | None = None) -> int:
        """End sessions of an account; returns how many.

        Args:
            only: the beginning of the hash of the one to end; all when None.
            but: the hash of one to keep.
        """
        ended = [
            one.token_hash
            for one in self.open_ones(staff_id)
            if (only is None or one.token_hash[:HANDLE] == only) and one.token_hash != but
        ]
        with self._record.transaction() as session:
            session.execute(
                update(StaffSession)
                .where(StaffSession.token_hash.in_(ended), StaffSession.ended_at.is_(None))
                .values(ended_at=now())
            )
            if ended:
                audit.note(session, by.login, "session.revoked", staff_id, count=len(ended))
        return len(ended)

    def sign_out(self, member: Member) -> None:
        with self._record.transaction() as session:
            session.execute(
                update(StaffSession).where(StaffSession.token_hash == member.session).values(ended_at=now())
            )
            audit.note(session, member.login, "session.closed", member.staff_id)

    def _count(self, rate: RateLimitItem, what: str, whose: str) -> None:
        if self._limiter.hit(rate, what, whose):
            return
        reset = self._limiter.get_window_stats(rate, what, whose).reset_time
        wait = max(1, math.ceil(reset - time.time()))
        raise SignInRefused(f"Too many tries. Wait {wait} seconds, then try again.", retry_after=wait)


def hashed_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
