"""Delivery: letters of the outbox by SMTP, again with growing pauses, or to the console without a server."""

from __future__ import annotations

import logging
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import aiosmtplib
import anyio.to_thread
from sqlalchemy import select

from frontdesk.mail.outbox import WAITING
from frontdesk.records.models import Mail, now
from frontdesk.records.session import Record
from frontdesk.settings import Settings

logger = logging.getLogger(__name__)

AT_ONCE: Final = 50
TIMEOUT_SECONDS: Final = 20
FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=6)
TRIES: Final = 12  # about two days
# The last letter to somebody whose data was deleted: nothing of it stays.
FORGOTTEN: Final = frozenset({"deleted"})
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Delivery:
    """Delivers what waits; one process at a time calls it (a periodic job)."""

    def __init__(self, record: Record, settings: Settings) -> None:
        self._record = record
        self._sender = settings.mail_sender
        self._server = server_of(settings)

    async def deliver(self) -> int:
        """Deliver what is due; how many letters went out."""
        due = await anyio.to_thread.run_sync(self._due)
        sent = 0
        for mail in due:
            if self._server is None:
                await anyio.to_thread.run_sync(self._note, mail.id, "shown", None)
                continue
            try:
                await aiosmtplib.send(self.message(mail), timeout=TIMEOUT_SECONDS, **self._server)
            except (aiosmtplib.SMTPException, OSError) as error:
                await anyio.to_thread.run_sync(self._failed, mail.id, error)
                if isinstance(
                    error, aiosmtplib.SMTPConnectError | aiosmtplib.SMTPServerDisconnected | OSError
                ):
                    break  # the server is away: the others wait too
            else:
                await anyio.to_thread.run_sync(self._note, mail.id, "sent", None)
                sent += 1
        return sent

    def message(self, mail: Mail) -> EmailMessage:
        """The letter as it goes out. A repeated delivery has the same Message-ID."""
        made = EmailMessage()
        made["From"] = self._sender
        made["To"] = mail.recipient
        made["Subject"] = mail.subject
        made["Date"] = format_datetime(mail.created_at)
        domain = parseaddr(self._sender)[1].rpartition("@")[2] or "localhost"
        made["Message-ID"] = f"<{mail.id}@{domain}>"
        made["Auto-Submitted"] = "auto-generated"
        made.set_content(mail.body)
        return made

    def _due(self) -> list[Mail]:
        with self._record.reading() as session:
            return list(
                session.scalars(
                    select(Mail)
                    .where(Mail.state == WAITING, Mail.next_attempt_at <= now())
                    .order_by(Mail.next_attempt_at, Mail.created_at)
                    .limit(AT_ONCE)
                )
            )

    def _note(self, mail_id: str, state: str, error: str | None) -> None:
        with self._record.transaction() as session:
            mail = session.get(Mail, mail_id, with_for_update=True)
            if mail is not None and mail.kind in FORGOTTEN:
                session.delete(mail)
            elif mail is not None:
                mail.state, mail.error = state, error
                mail.sent_at = now() if state == "sent" else None

    def _failed(self, mail_id: str, error: Exception) -> None:
        code = getattr(error, "code", None)
        told = f"{type(error).__name__} {code}" if code else type(error).__name__
        logger.warning("The letter %s could not be delivered: %s", mail_id, told)
        with self._record.transaction() as session:
            mail = session.get(Mail, mail_id, with_for_update=True)
            if mail is None:
                return
            mail.attempts += 1
            mail.error = told[:128]
            # 5xx about this letter is final (RFC 5321, 4.2.1); about the login somebody can mend it.
            refused = _is_refusal(error)
            if refused or mail.attempts >= TRIES:
                mail.state = "failed"
            else:
                pause = min(FIRST_PAUSE * 2 ** (mail.attempts - 1), LONGEST_PAUSE)
                mail.next_attempt_at = now() + pause


def server_of(settings: Settings) -> dict[str, Any] | None:
    """What `CHHA_SMTP_URL` says, as aiosmtplib takes it; None without a server."""
    if not settings.smtp_url:
        return None
    url = urlsplit(settings.smtp_url)
    host = url.hostname or ""
    secure = url.scheme == "smtps"
    found: dict[str, Any] = {
        "hostname": host,
        "port": url.port or (465 if secure else 587),
        "use_tls": secure,
        # Beyond this machine nothing goes out in the clear.
        "start_tls": False if secure else (None if host in LOOPBACK else True),
    }
    if url.username:
        found["username"] = unquote(url.username)
        found["password"] = settings.smtp_password or unquote(url.password or "")
    return found


def _is_refusal(error: Exception) -> bool:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(refused.code >= 500 for refused in error.recipients)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError | aiosmtplib.SMTPConnectError):
        return False
    return isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= 500
