"""The outbox: a letter is kept in the transaction of what it tells, and delivered afterwards.

Nothing that an applicant typed reaches a header but the checked address; subjects are one line.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from frontdesk.knowledge.texts import texts
from frontdesk.records.models import Mail, now

SUBJECT_LIMIT: Final = 200
WAITING: Final = "waiting"
SIGNATURE: Final = "signature"
TEXTS: Final = "mail"


class NoAddress(ValueError):
    """That is no address to which a letter can go."""


def put(
    session: Session,
    kind: str,
    recipient: str,
    *,
    conversation_id: str | None = None,
    key: str | None = None,
    secret: bool = False,
    folder: Path | None = None,
    **details: object,
) -> Mail:
    """Keep the letter `kind` of `knowledge/mail.yml` (texts `<kind>_subject` and `<kind>`) with its details.

    Args:
        conversation_id: whose thread it belongs to; the letter goes when that is erased.
        key: asked for again with the same one, it is the letter kept before.
        secret: it holds a code or a link that opens something.

    Raises:
        NoAddress, KeyError: no such letter.
    """
    words = texts(TEXTS, folder)
    body = f"{words.written(kind, **details)}\n\n{words.written(SIGNATURE, **details)}\n"
    return put_text(
        session,
        kind,
        recipient,
        subject=words.said(f"{kind}_subject", **details),
        body=body,
        conversation_id=conversation_id,
        key=key,
        secret=secret,
    )


def put_text(
    session: Session,
    kind: str,
    recipient: str,
    *,
    subject: str,
    body: str,
    conversation_id: str | None = None,
    key: str | None = None,
    secret: bool = False,
) -> Mail:
    """Keep a letter in words of the caller's own. As `put`."""
    if key is not None and (before := _of_key(session, key)) is not None:
        return before
    mail = Mail(
        kind=kind,
        key=key,
        recipient=checked(recipient),
        subject=" ".join(_printable(subject).split())[:SUBJECT_LIMIT],
        body=_printable(body),
        conversation_id=conversation_id,
        secret=secret,
    )
    try:
        with session.begin_nested():
            session.add(mail)
    except IntegrityError:
        before = _of_key(session, key) if key is not None else None
        if before is None:
            raise
        return before
    return mail


def checked(address: str) -> str:
    """The address as it is written to.

    Raises:
        NoAddress
    """
    try:
        return validate_email(address, check_deliverability=False, allow_smtputf8=True).normalized
    except EmailNotValidError:
        raise NoAddress("this is no e-mail address") from None


def forget(session: Session, *, conversation_id: str | None = None, recipient: str | None = None) -> int:
    """Erase letters of a conversation or to an address. How many."""
    erased = 0
    for chosen in (
        Mail.conversation_id == conversation_id if conversation_id else None,
        Mail.recipient == recipient if recipient else None,
    ):
        if chosen is not None:
            erased += session.execute(delete(Mail).where(chosen)).rowcount  # type: ignore[attr-defined]
    return erased


def forget_old(session: Session, days: int) -> int:
    """Erase letters that were dealt with so many days ago. How many."""
    before = now() - timedelta(days=days)
    done = delete(Mail).where(Mail.state != WAITING, Mail.created_at < before)
    return session.execute(done).rowcount  # type: ignore[attr-defined, no-any-return]


def _of_key(session: Session, key: str) -> Mail | None:
    return session.scalars(select(Mail).where(Mail.key == key)).one_or_none()


def _printable(text: str) -> str:
    return "".join(sign for sign in text if sign == "\n" or sign.isprintable())
