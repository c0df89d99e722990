"""The team: accounts, logins, and what was done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from frontdesk.records.models.base import Base, Id, new_id, now


class Staff(Base):
    """A member of CHHA's team. `role`: agent, editor, admin.

    `email` is where invitations and alerts go, and how a single sign-on finds its account; in small letters.
    """

    __tablename__ = "staff"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str | None] = mapped_column(index=True, unique=True)
    password_hash: Mapped[str]
    must_change_password: Mapped[bool] = mapped_column(default=False)
    role: Mapped[str] = mapped_column(String(16), default="agent")
    available: Mapped[bool] = mapped_column(default=True)
    last_seen_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class StaffSession(Base):
    """A login. Only the SHA-256 of the cookie is kept.

    `second_factor`: waiting (the password was right, the code is still due), given, or null where none was due.
    `address` and `browser` tell its owner where it was opened.
    """

    __tablename__ = "staff_sessions"

    token_hash: Mapped[str] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), index=True)
    csrf: Mapped[str] = mapped_column(Id)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    second_factor: Mapped[str | None] = mapped_column(String(16))
    address: Mapped[str | None] = mapped_column(String(64))
    browser: Mapped[str | None] = mapped_column(String(200))
    seen_at: Mapped[datetime | None]


class SecondFactor(Base):
    """A TOTP secret of a member of staff, sealed by the installation's key; in force once `confirmed_at`.

    `last_step` is the 30-second step of the newest code that was taken: none is taken twice.
    """

    __tablename__ = "staff_second_factors"

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)


class RecoveryCode(Base):
    """A code for who lost the second factor's device; its keyed hash only, used once."""

    __tablename__ = "staff_recovery_codes"

    code_hash: Mapped[str] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    used_at: Mapped[datetime | None]


class Invitation(Base):
    """A colleague asked in by a signed link that expires. Accepted once, or revoked."""

    __tablename__ = "staff_invitations"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    role: Mapped[str] = mapped_column(String(16))
    invited_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    staff_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"))


class ApiKey(Base):
    """A key of the console's API. It acts as `staff_id` within `scopes`; its SHA-256 only is kept.

    `hint` is the beginning of the key, by which people recognise it.
    """

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    name: Mapped[str]
    hint: Mapped[str] = mapped_column(String(16))
    key_hash: Mapped[str] = mapped_column(Id, unique=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    scopes: Mapped[list[Any]]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class HouseRule(Base):
    """What holds for the whole house: rules that admins set (who must have a second factor), and notes of its own
    for all processes (`conversations.restarts`)."""

    __tablename__ = "house_rules"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str]
    changed_by: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(default=now)


class AuditEntry(Base):
    """Who of the staff (or the system) did what to what; never personal data of an applicant."""

    __tablename__ = "audit_log"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    actor: Mapped[str]
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str | None]
    detail: Mapped[dict[str, Any] | None]
