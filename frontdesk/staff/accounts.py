"""Accounts of the staff: made, reset, given passwords. Also a command line:

`python -m frontdesk.staff.accounts add LOGIN --name NAME --role agent|editor|admin`, `reset LOGIN`, `list`.

Whoever gets a one-time password must choose one of their own before anything else.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from frontdesk.conversations import holder
from frontdesk.records.models import Conversation, Staff, StaffSession, now
from frontdesk.records.session import Record
from frontdesk.staff import audit, passwords

FIRST_LOGIN: Final = "admin"
FIRST_NAME: Final = "Front desk"
ROLES: Final = ("agent", "editor", "admin")
SYSTEM: Final = "system"

# The hash of no password: an account that is entered by single sign-on only.
NO_PASSWORD: Final = "!"  # noqa: S105 - the lack of one

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,63}")


class AccountError(ValueError):
    """It cannot be done to this account; the text says why."""


@dataclass(frozen=True)
class OneTimePassword:
    """To be told to its owner once; the plain password is kept nowhere."""

    login: str
    password: str


def ensure_first_account(session: Session) -> OneTimePassword | None:
    """The first account of an installation, made when there is none.

    While its owner never came in, each call gives it a fresh one-time password, so that a lost first print
    locks nobody out.

    Returns:
        None when the owner has come in already.
    """
    first = session.scalars(
        select(Staff).order_by(Staff.created_at, Staff.id).limit(1).with_for_update()
    ).one_or_none()
    if first is None:
        try:
            with session.begin_nested():
                return add(session, FIRST_LOGIN, name=FIRST_NAME, role="admin", by=SYSTEM)
        except (AccountError, IntegrityError):  # another process made it in between
            first = session.scalars(select(Staff).where(Staff.login == FIRST_LOGIN)).one()
    # Nobody is seen before a password of their own was chosen, so a later reset is not mistaken for this.
    if first.must_change_password and first.last_seen_at is None and first.disabled_at is None:
        return give_one_time_password(session, first, by=SYSTEM)
    return None


def add(session: Session, login: str, *, name: str, role: str, by: str) -> OneTimePassword:
    """A new account with a one-time password.

    Args:
        by: the login of who adds it, for the audit log.

    Raises:
        AccountError: the login, name or role cannot be used, or the login is taken.
    """
    password = passwords.one_time()
    made = create(
        session,
        login,
        name=name,
        role=role,
        password_hash=passwords.hashed(password),
        must_change_password=True,
        by=by,
    )
    return OneTimePassword(made.login, password)


def create(
    session: Session,
    login: str,
    *,
    name: str,
    role: str,
    password_hash: str,
    by: str,
    email: str | None = None,
    must_change_password: bool = False,
) -> Staff:
    """A new account.

    Args:
        password_hash: from `passwords.hashed`, or NO_PASSWORD.

    Raises:
        AccountError: the login, name, role or address cannot be used, or is taken.
    """
    login, name = login.strip().casefold(), " ".join(name.split())
    if not _LOGIN.fullmatch(login):
        raise AccountError(
            "A login has 2 to 64 small letters, digits or . _ @ + - and begins with a letter or digit."
        )
    if not name or len(name) > 100 or not name.isprintable():
        raise AccountError("A name has 1 to 100 characters; applicants see it.")
    if role not in ROLES:
        raise AccountError(f"The role is one of {', '.join(ROLES)}.")
    if find(session, login) is not None:
        raise AccountError(f"The login {login} is taken.")
    made = Staff(
        login=login,
        name=name,
        role=role,
        email=free_email(session, email) if email else None,
        password_hash=password_hash,
        must_change_password=must_change_password,
    )
    session.add(made)
    session.flush()
    audit.note(session, by, "account.added", made.id, login=login, role=role)
    return made


def by_email(session: Session, email: str) -> Staff | None:
    return session.scalars(select(Staff).where(Staff.email == email.strip().casefold())).one_or_none()


def free_email(session: Session, email: str, *, but: Staff | None = None) -> str:
    """The address as it is kept.

    Args:
        but: the account that may have it already.

    Raises:
        AccountError: it is no address, or another account has it.
    """
    try:
        kept = validate_email(email, check_deliverability=False).normalized.casefold()
    except EmailNotValidError:
        raise AccountError("That is not an e-mail address.") from None
    owner = by_email(session, kept)
    if owner is not None and (but is None or owner.id != but.id):
        raise AccountError(f"The account {owner.login} has this e-mail address already.")
    return kept


def set_email(session: Session, staff: Staff, email: str, *, by: str) -> None:
    """Where the account is written to, and by which address a single sign-on finds it; "" for none.

    Raises:
        AccountError
    """
    after = free_email(session, email, but=staff) if email.strip() else None
    if after != staff.email:
        staff.email = after
        audit.note(session, by, "account.email_changed", staff.id, removed=after is None)
    session.flush()


def find(session: Session, login: str) -> Staff | None:
    return session.scalars(select(Staff).where(Staff.login == login.strip().casefold())).one_or_none()


def give_one_time_password(session: Session, staff: Staff, *, by: str) -> OneTimePassword:
    """A fresh one-time password; every session of the account ends."""
    password = passwords.one_time()
    staff.password_hash = passwords.hashed(password)
    staff.must_change_password = True
    end_sessions(session, staff.id)
    audit.note(session, by, "account.password_reset", staff.id)
    session.flush()
    return OneTimePassword(staff.login, password)


def change_password(
    record: Record, staff_id: str, *, current: str, new: str, breaches: Path | None = None
) -> None:
    """The owner's own change; every session of the account ends.

    Hashing takes its time, so it happens before the transaction, not inside.

    Raises:
        AccountError: the current password is not right, or the new one is the same.
        passwords.UnfitPassword
    """
    with record.reading() as session:
        known = session.get_one(Staff, staff_id)
        login, name, kept = known.login, known.name, known.password_hash
    if not passwords.fits(current, kept):
        raise AccountError("That is not your current password.")
    passwords.check(new, login=login, name=name, breaches=breaches)
    if passwords.fits(new, kept):
        raise AccountError("The new password is the old one. Choose another.")
    fresh = passwords.hashed(new)
    with record.transaction() as session:
        staff = session.get_one(Staff, staff_id, with_for_update=True)
        if staff.password_hash != kept:
            raise AccountError("Your password was changed meanwhile. Sign in again.")
        staff.password_hash = fresh
        staff.must_change_password = False
        end_sessions(session, staff.id)
        audit.note(session, login, "account.password_changed", staff.id)


def set_available(session: Session, staff_id: str, available: bool) -> str | None:
    """Somebody is at the desk, or away. Returns what was done, as audited; None when it was so already."""
    staff = session.get_one(Staff, staff_id, with_for_update=True)
    if staff.available == available:
        return None
    staff.available = available
    return "staff.available" if available else "staff.away"


def disable(session: Session, staff: Staff, *, by: str) -> Sequence[str]:
    """Nobody logs in with it any more; what its owner held waits in the queue again.

    Returns:
        The ids of those conversations.

    Raises:
        AccountError: it is the last admin.
    """
    if staff.role == "admin" and not _other_admins(session, staff):
        raise AccountError("This is the last admin. Make somebody else an admin first.")
    staff.disabled_at = now()
    staff.available = False
    end_sessions(session, staff.id)
    held = held_by(session, staff)
    for conversation_id in held:
        holder.release(session, conversation_id, staff.id)
    audit.note(session, by, "account.disabled", staff.id)
    session.flush()
    return held


def enable(session: Session, staff: Staff, *, by: str) -> None:
    staff.disabled_at = None
    audit.note(session, by, "account.enabled", staff.id)
    session.flush()


def change_role(session: Session, staff: Staff, role: str, *, by: str) -> None:
    """Raises AccountError: there is no such role, or nobody else would be an admin."""
    if role not in ROLES:
        raise AccountError(f"The role is one of {', '.join(ROLES)}.")
    if staff.role == "admin" and role != "admin" and not _other_admins(session, staff):
        raise AccountError("This is the last admin. Make somebody else an admin first.")
    if staff.role != role:
        audit.note(session, by, "account.role_changed", staff.id, before=staff.role, after=role)
    staff.role = role
    session.flush()


def held_by(session: Session, staff: Staff) -> Sequence[str]:
    """The ids of the conversations that this person holds."""
    return session.scalars(
        select(Conversation.id).where(Conversation.holder == "assigned", Conversation.staff_id == staff.id)
    ).all()


def end_sessions(session: Session, staff_id: str) -> None:
    session.execute(
        update(StaffSession)
        .where(StaffSession.staff_id == staff_id, StaffSession.ended_at.is_(None))
        .values(ended_at=now())
    )


def _other_admins(session: Session, staff: Staff) -> bool:
    """Whether another admin can log in; locks the admins, so that two do not remove each other at once."""
    admins = session.scalars(
        select(Staff)
        .where(Staff.role == "admin", Staff.disabled_at.is_(None))
        .order_by(Staff.id)
        .with_for_update()
    ).all()
    return any(one.id != staff.id for one in admins)


def main(arguments: list[str] | None = None) -> int:
    """The command line. Exit codes: 0 done, 2 something to mend first."""
    from frontdesk.records.migrate import migrate
    from frontdesk.settings import SettingsError, load_settings

    asked = _parser().parse_args(arguments)
    try:
        record = Record(load_settings().database)
        try:
            migrate(record)
            with record.transaction() as session:
                print(_do(session, asked))
        finally:
            record.close()
    except (AccountError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 2
    except (SQLAlchemyError, OSError) as error:
        cause = str(getattr(error, "orig", None) or error).splitlines()[0]
        print(f"The record does not answer: {cause}. Check DATABASE_URL.", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m frontdesk.staff.accounts", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    adding = commands.add_parser("add", help="make an account and print its one-time password")
    adding.add_argument("login")
    adding.add_argument("--name", required=True, help="as applicants see it")
    adding.add_argument("--role", choices=ROLES, default="agent")
    resetting = commands.add_parser("reset", help="print a fresh one-time password of an account")
    resetting.add_argument("login")
    commands.add_parser("list", help="the accounts, without passwords")
    return parser


def _do(session: Session, asked: argparse.Namespace) -> str:
    if asked.command == "list":
        rows = session.scalars(select(Staff).order_by(Staff.login)).all()
        return "\n".join(
            f"{one.login:<24} {one.role:<7} {'disabled' if one.disabled_at else 'active':<9} {one.name}"
            for one in rows
        )
    if asked.command == "add":
        given = add(session, asked.login, name=asked.name, role=asked.role, by="command line")
    else:
        found = find(session, asked.login)
        if found is None:
            raise AccountError(f"There is no account {asked.login}; see `list`.")
        given = give_one_time_password(session, found, by="command line")
    return f"login {given.login}, one-time password {given.password}"


if __name__ == "__main__":
    sys.exit(main())
