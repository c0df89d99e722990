"""Invitations of colleagues: a signed link that expires, used once or revoked.

The link is signed by the installation's key and names a row of the record; the row decides whether it counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.knowledge.texts import texts
from frontdesk.mail import outbox
from frontdesk.records.models import Invitation, Staff, now
from frontdesk.records.session import Record
from frontdesk.staff import accounts, audit, passwords
from frontdesk.staff.accounts import ROLES, AccountError

SALT: Final = "staff invitation"
WAY: Final = "/staff/invitation/"


class InvitationOver(LookupError):
    """The link is not (any more) worth anything; the text says what to do."""


class Links:
    """Makes and reads the links.

    Args:
        secret_key: the installation's key.
        base_url: the address under which people reach the console.
    """

    def __init__(self, secret_key: str, base_url: str) -> None:
        self._serializer = URLSafeSerializer(secret_key, salt=SALT)
        self._base = base_url

    def link(self, invitation: Invitation) -> str:
        return f"{self._base}{WAY}{self._serializer.dumps(invitation.id)}"

    def read(self, token: str) -> str:
        """The id of the invitation.

        Raises:
            InvitationOver: the link was not made here, or was changed.
        """
        try:
            return str(self._serializer.loads(token))
        except BadData:
            raise _over() from None


def invite(session: Session, *, email: str, name: str, role: str, days: float, by: str) -> Invitation:
    """Ask a colleague in; earlier invitations to the same address are revoked.

    Raises:
        AccountError: the address or role cannot be used, or the address has an account.
    """
    if role not in ROLES:
        raise AccountError(f"The role is one of {', '.join(ROLES)}.")
    name = " ".join(name.split())
    if not name or len(name) > 100 or not name.isprintable():
        raise AccountError("A name has 1 to 100 characters; applicants see it.")
    kept = accounts.free_email(session, email)
    for earlier in waiting(session):
        if earlier.email == kept:
            earlier.revoked_at = now()
    made = Invitation(
        email=kept, name=name, role=role, invited_by=by, expires_at=now() + timedelta(days=days)
    )
    session.add(made)
    session.flush()
    audit.note(session, by, "account.invited", made.id, role=role)
    return made


def write_to(
    session: Session,
    invitation: Invitation,
    link: str,
    *,
    organization: str,
    zone: ZoneInfo,
    folder: Path | None = None,
) -> None:
    """Put the letter with the link into the outbox, in the transaction of the invitation.

    Args:
        organization: whose desk it is.
        zone: in which the last day is told.
        folder: the knowledge folder, where the words stand.
    """
    words = texts("mail", folder)
    until = invitation.expires_at.astimezone(zone)
    details = {
        "name": organization,
        "invited": invitation.name,
        "by": invitation.invited_by,
        "link": link,
        "until": f"{until.day} {until:%B %Y, %H:%M} ({zone})",
    }
    outbox.put_text(
        session,
        "invitation",
        invitation.email,
        subject=words.said("invitation_subject", **details),
        body=words.written("invitation", **details) + "\n",
        key=f"invitation:{invitation.id}",
        secret=True,
    )


def waiting(session: Session) -> Sequence[Invitation]:
    """The invitations that can still be accepted, the newest first."""
    return session.scalars(
        select(Invitation)
        .where(
            Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > now()
        )
        .order_by(Invitation.created_at.desc())
    ).all()


def open_one(session: Session, invitation_id: str, *, lock: bool = False) -> Invitation:
    """An invitation that can still be accepted.

    Raises:
        InvitationOver
    """
    found = session.get(Invitation, invitation_id, with_for_update=lock or None)
    if found is None or found.accepted_at or found.revoked_at or found.expires_at <= now():
        raise _over()
    return found


def to_address(session: Session, email: str) -> Invitation | None:
    """The open invitation to an address."""
    return next((one for one in waiting(session) if one.email == email), None)


def revoke(session: Session, invitation_id: str, *, by: str) -> None:
    """Raises InvitationOver: it was accepted, has run out, or is not there."""
    open_one(session, invitation_id, lock=True).revoked_at = now()
    audit.note(session, by, "account.invitation_revoked", invitation_id)
    session.flush()


def accept(
    record: Record, invitation_id: str, *, login: str, password: str, breaches: Path | None = None
) -> Staff:
    """Make the account that was promised, with a login and password of its owner's choice.

    Raises:
        InvitationOver, AccountError, passwords.UnfitPassword
    """
    with record.reading() as session:
        name = open_one(session, invitation_id).name
    passwords.check(password, login=login.strip() or "-", name=name, breaches=breaches)
    password_hash = passwords.hashed(password)  # takes its time, so not inside the transaction
    with record.transaction() as session:
        invitation = open_one(session, invitation_id, lock=True)
        return _account(session, invitation, login=login, password_hash=password_hash)


def accept_by_single_sign_on(session: Session, invitation: Invitation) -> Staff:
    """Make the account of somebody whose provider vouches for the address; it has no password.

    Raises:
        AccountError
    """
    return _account(session, invitation, login=invitation.email[:64], password_hash=accounts.NO_PASSWORD)


def _account(session: Session, invitation: Invitation, *, login: str, password_hash: str) -> Staff:
    made = accounts.create(
        session,
        login,
        name=invitation.name,
        role=invitation.role,
        email=invitation.email,
        password_hash=password_hash,
        by=invitation.invited_by,
    )
    invitation.accepted_at = now()
    invitation.staff_id = made.id
    audit.note(session, made.login, "account.invitation_accepted", invitation.id)
    session.flush()
    return made


def _over() -> InvitationOver:
    return InvitationOver("This invitation was used, revoked, or has run out. Ask an admin for a new one.")
