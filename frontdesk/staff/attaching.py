"""A file that the team sends to the applicant with a reply: kept, sent and noted, or nothing of it stays."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from frontdesk.channels.configured import carries_files
from frontdesk.channels.uploads import STATUS, chunks
from frontdesk.conversations import holder
from frontdesk.conversations.live import Changes
from frontdesk.conversations.states import HolderConflict
from frontdesk.files.keeping import STAFF, About, FileRefused, Files, NotThere, told
from frontdesk.records.models import Conversation, KeptFile, Message
from frontdesk.records.session import Record
from frontdesk.settings import Settings
from frontdesk.staff import audit
from frontdesk.staff.queue import EXAMINATION_DOOR

logger = logging.getLogger(__name__)


class NotSent(Exception):
    """Nothing was sent, nothing is kept; the text says why. `status`: of HTTP; `title`: a word or two."""

    def __init__(self, status: int, title: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.title = title


@dataclass(frozen=True)
class Sender:
    """Who sends. `key`: the name of the API key by which it is done, if by one."""

    staff_id: str
    login: str
    key: str | None = None


class Attaching:
    """Sending files, for the pages and for the API."""

    def __init__(self, record: Record, settings: Settings, changes: Changes) -> None:
        self._record = record
        self._changes = changes
        self._text_limit = settings.text_limit
        self._files = Files(record, settings)

    @property
    def limit(self) -> int:
        """How many bytes a file may have."""
        return self._files.limit

    def send(self, sender: Sender, conversation_id: str, content: BinaryIO, name: str, text: str) -> Message:
        """Send a file with a reply, which claims a waiting conversation. Blocking.

        Raises:
            NotSent
            OSError, SQLAlchemyError: the shelf or the record does not answer.
        """
        text = text.replace("\r\n", "\n").strip()
        if len(text) > self._text_limit:
            raise NotSent(422, "Too long", f"A reply has at most {self._text_limit} characters.")
        self._may_write(sender, conversation_id)
        try:
            file = self._files.keep(chunks(content), About(conversation_id, name=name, source=STAFF))
        except FileRefused as refused:
            raise NotSent(STATUS[refused.reason], "Not sent", str(refused)) from None
        try:
            if file.state != "kept":  # a reply goes out at once; its file could not
                raise NotSent(
                    503, "Not sent", "The virus scanner does not answer now. Try again in a moment."
                )
            with self._record.transaction() as session:
                message = _reply(session, sender, conversation_id, file.id, text)
        except HolderConflict:
            self._erase(file, sender)
            raise NotSent(
                409, "Not sent", "Somebody else has this conversation meanwhile. Nothing was sent."
            ) from None
        except BaseException:
            self._erase(file, sender)
            raise
        self._changes.notify(conversation_id)
        return message

    def _erase(self, file: KeptFile, sender: Sender) -> None:
        """What went wrong is told, not that this did too: a record that is away cannot forget either."""
        try:
            self._files.erase(file.id, by=sender.login)
        except (SQLAlchemyError, OSError, NotThere) as error:
            logger.error("The file %s was not sent and stays kept: %s", file.id, type(error).__name__)

    def _may_write(self, sender: Sender, conversation_id: str) -> None:
        """Nothing is kept for a reply that could not be sent."""
        with self._record.reading() as session:
            found = session.get(Conversation, conversation_id)
        if found is None or found.channel == EXAMINATION_DOOR:
            raise NotSent(404, "Not found", "There is no such conversation.")
        if not carries_files(found.channel):
            raise NotSent(
                409, "Not sent", "This channel cannot carry files. Send a link, or ask for an e-mail address."
            )
        if found.holder == "queued" or (found.holder == "assigned" and found.staff_id == sender.staff_id):
            return
        raise NotSent(409, "Not yours", "Take this conversation over first, then send the file again.")


def _reply(session: Session, sender: Sender, conversation_id: str, file_id: str, text: str) -> Message:
    file = session.get_one(KeptFile, file_id, with_for_update=True)
    message = holder.reply(session, conversation_id, sender.staff_id, text or (file.name or "file"))
    message.act = {"act": "file", "file": told(file)}
    file.message_id = message.id
    by = {"key": sender.key} if sender.key else {}
    audit.note(session, sender.login, "file.sent", file_id, conversation=conversation_id, **by)
    return message
