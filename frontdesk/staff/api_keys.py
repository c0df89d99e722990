"""Keys of the console's API: made once, shown once, kept as SHA-256; each acts for a person within scopes.

A key can never do more than the person it acts for, and dies with that account.
"""

from __future__ import annotations

import hashlib
import math
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from frontdesk.records.models import ApiKey, Staff, now
from frontdesk.records.session import Record
from frontdesk.settings import Settings
from frontdesk.staff import audit
from frontdesk.staff.accounts import ROLES

# Scope → (what it opens, the role that its person needs).
SCOPES: Final[dict[str, tuple[str, str]]] = {
    "conversations:read": ("Read conversations and their threads", "agent"),
    "conversations:write": (
        "Claim, reply, send files, hand over, lay aside, return and close conversations",
        "agent",
    ),
    "applications:read": ("Search and read applications and their documents", "agent"),
    "applications:write": ("Change the state and the fields of applications", "agent"),
    "applications:export": ("Export applications", "editor"),
    "knowledge:read": ("Read the answers with their sources", "agent"),
    "knowledge:write": ("Edit answers", "editor"),
    "learning:read": ("Read what was not understood", "editor"),
    "learning:write": ("Label what was not understood", "editor"),
    "reports:read": ("Read the reports", "editor"),
}
LONGEST_DAYS: Final = 730
BEGINNING: Final = "chha_"
HINT: Final = 10
USED_EVERY: Final = timedelta(minutes=1)


class KeyFault(ValueError):
    """The key cannot be made like this; the text says why."""


class KeyRefused(Exception):
    """No such key, or it is over."""


class TooMany(Exception):
    """The key asked too often. `retry_after`: seconds to wait."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("Too many requests.")
        self.retry_after = retry_after


@dataclass(frozen=True)
class Caller:
    """Who asks by a key: the person it acts for, and what it may do."""

    key_id: str
    key_name: str
    staff_id: str
    login: str
    name: str
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        """As the audit log names it."""
        return f"{self.login} (key {self.key_name})"


def make(
    session: Session, *, name: str, staff: Staff, scopes: Iterable[str], days: int | None, by: str
) -> tuple[ApiKey, str]:
    """A fresh key; returns it with its plain text, which is kept nowhere.

    Args:
        staff: whom it acts for.
        days: how long it is good for; None for ever.

    Raises:
        KeyFault
    """
    name, chosen = " ".join(name.split()), [scope for scope in SCOPES if scope in set(scopes)]
    if not name or len(name) > 100 or not name.isprintable():
        raise KeyFault("Give the key a name of 1 to 100 characters that says who uses it.")
    if not chosen:
        raise KeyFault("Choose at least one thing that the key may do.")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise KeyFault(f"A key is good for 1 to {LONGEST_DAYS} days.")
    if staff.disabled_at is not None:
        raise KeyFault("That account is disabled.")
    for scope in chosen:
        if not _may(staff.role, scope):
            raise KeyFault(
                f"“{SCOPES[scope][0]}” needs the role {SCOPES[scope][1]}; {staff.login} is {staff.role}."
            )
    plain = BEGINNING + secrets.token_urlsafe(32)
    made = ApiKey(
        name=name,
        hint=plain[:HINT],
        key_hash=_hashed(plain),
        staff_id=staff.id,
        scopes=list(chosen),
        created_by=by,
        expires_at=None if days is None else now() + timedelta(days=days),
    )
    session.add(made)
    session.flush()
    audit.note(session, by, "key.made", made.id, name=name, acts_as=staff.login, scopes=list(chosen))
    return made, plain


def listed(session: Session) -> Sequence[tuple[ApiKey, Staff]]:
    """All keys with the people they act for; those that still open something first, the newest first."""
    rows = session.execute(
        select(ApiKey, Staff)
        .join(Staff, Staff.id == ApiKey.staff_id)
        .order_by(ApiKey.revoked_at.is_not(None), ApiKey.created_at.desc())
    ).all()
    return [(row[0], row[1]) for row in rows]


def state_of(key: ApiKey, staff: Staff, at: datetime) -> str:
    """`active`, `revoked`, `expired`, or `account disabled`."""
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is not None and key.expires_at <= at:
        return "expired"
    return "account disabled" if staff.disabled_at is not None else "active"


def revoke(session: Session, key_id: str, *, by: str) -> None:
    """Raises LookupError: there is no such key."""
    found = session.get(ApiKey, key_id, with_for_update=True)
    if found is None:
        raise LookupError(key_id)
    if found.revoked_at is None:
        found.revoked_at = now()
        audit.note(session, by, "key.revoked", found.id, name=found.name)
    session.flush()


class Keyring:
    """Tells who asks; requests of a key are counted in this process's memory."""

    def __init__(self, record: Record, settings: Settings) -> None:
        self._record = record
        self._rate = RateLimitItemPerMinute(settings.api_requests_per_minute)
        self._guesses = RateLimitItemPerMinute(settings.logins_per_minute)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def caller(self, plain: str, address: str) -> Caller:
        """Who asks with that key.

        Raises:
            KeyRefused, TooMany
        """
        if not self._limiter.test(self._guesses, "guess", address):
            raise TooMany(self._wait(self._guesses, "guess", address))
        with self._record.reading() as session:
            row = session.execute(
                select(ApiKey, Staff)
                .join(Staff, Staff.id == ApiKey.staff_id)
                .where(ApiKey.key_hash == _hashed(plain))
            ).one_or_none()
        at = now()
        if row is None or state_of(row[0], row[1], at) != "active":
            self._limiter.hit(self._guesses, "guess", address)
            raise KeyRefused
        key, staff = row
        if not self._limiter.hit(self._rate, "key", key.id):
            raise TooMany(self._wait(self._rate, "key", key.id))
        if key.last_used_at is None or at - key.last_used_at > USED_EVERY:
            with self._record.transaction() as session:
                session.execute(update(ApiKey).where(ApiKey.id == key.id).values(last_used_at=at))
        scopes = frozenset(scope for scope in key.scopes if scope in SCOPES and _may(staff.role, scope))
        return Caller(key.id, key.name, staff.id, staff.login, staff.name, scopes)

    def _wait(self, rate: RateLimitItemPerMinute, what: str, whose: str) -> int:
        reset = self._limiter.get_window_stats(rate, what, whose).reset_time
        return max(1, math.ceil(reset - time.time()))


def _may(role: str, scope: str) -> bool:
    return ROLES.index(role) >= ROLES.index(SCOPES[scope][1])


def _hashed(plain: str) -> str:
    # 256 random bits need no slow hash.
    return hashlib.sha256(plain.encode()).hexdigest()
