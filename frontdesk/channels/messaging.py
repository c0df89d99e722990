"""The messaging channels of one web process: their doors, the outbox, fetched media, who is seen writing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import anyio.to_thread
from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.channels import rasa_rest
from frontdesk.channels.channel import Attachment, Call, Channel, SendFailure
from frontdesk.channels.configured import configured
from frontdesk.channels.media import MediaFetcher
from frontdesk.channels.outbox import Outbox
from frontdesk.channels.webhooks import Doors
from frontdesk.conversations.live import Changes
from frontdesk.files.keeping import Files, NotThere
from frontdesk.records.models import (
    Conversation,
    KeptFile,
    Message,
    ProviderMessage,
    TypingSignal,
    now,
)
from frontdesk.records.session import Record
from frontdesk.settings import Settings

# A provider shows writing for five seconds or more.
TYPING_SECONDS = 4.0
MEDIA_SECONDS = 3.0


class Messaging:
    """Everything of the channels that one app runs.

    Args:
        received: called with the channel's name for each message kept, for metrics.
        channels: instead of those that the settings turn on.
    """

    def __init__(
        self,
        record: Record,
        settings: Settings,
        changes: Changes,
        files: Files,
        received: Callable[[str], None] = lambda _channel: None,
        channels: Mapping[str, Channel] | None = None,
    ) -> None:
        self._record = record
        self._files = files
        self._settings = settings
        self._changes = changes
        self._received = received
        self.channels = configured(settings) if channels is None else channels
        self.outbox = Outbox(record, self.channels, settings, changes=changes, attachments=self._attachments)
        self.media = MediaFetcher(record, self.channels, files)
        self._doors = Doors(record, settings, changes, self.channels, received)

    def routers(self) -> Sequence[APIRouter]:
        """`/channels/…`, Rasa's REST shape and `/go/…`; the fixed paths first."""
        rest = rasa_rest.router(self._record, self._settings, self._changes, self._received)
        return [rest, self._doors.routes()]

    def jobs(self, every: Callable[[float, str, Callable[[], object]], None]) -> None:
        """What one process of all does again and again."""
        if self.channels:
            every(MEDIA_SECONDS, "media of channels", self.media.run_due)
            every(TYPING_SECONDS, "typing on channels", self.show_typing)

    async def stop(self) -> None:
        """Send nothing new, and let what is on its way arrive."""
        await self.outbox.stop()
        await self._doors.close()

    async def close(self) -> None:
        """Close every connection."""
        for channel in self.channels.values():
            await channel.close()

    async def show_typing(self) -> None:
        """Show each applicant whose person writes now that somebody does."""
        for name, calls in await anyio.to_thread.run_sync(self._typing):
            channel = self.channels[name]
            for call in calls:
                try:
                    await channel.ask(channel.authorised(call))
                except SendFailure:
                    break  # a courtesy

    def _typing(self) -> list[tuple[str, Sequence[Call]]]:
        with self._record.reading() as session:
            found = session.execute(
                select(Conversation)
                .join(TypingSignal, TypingSignal.conversation_id == Conversation.id)
                .where(TypingSignal.until > now(), Conversation.channel.in_(self.channels))
            ).scalars()
            return [
                (
                    one.channel,
                    self.channels[one.channel].typing(one.external_ref, _last_heard(session, one.id)),
                )
                for one in found
            ]

    def _attachments(self, session: Session, message: Message) -> Sequence[Attachment]:
        """The files that a member of staff sent with a reply."""
        if message.author != "staff":
            return ()
        found = []
        for file in session.scalars(
            select(KeptFile).where(KeptFile.message_id == message.id).order_by(KeptFile.created_at)
        ):
            try:
                opened = self._files.open(file.id)
            except NotThere:
                continue
            content = opened.path.read_bytes()
            found.append(Attachment(file.name or "file", file.media or "application/octet-stream", content))
        return found


def _last_heard(session: Session, conversation_id: str) -> str | None:
    return session.scalars(
        select(ProviderMessage.provider_id)
        .join(Message, Message.id == ProviderMessage.message_id)
        .where(Message.conversation_id == conversation_id, Message.author == "applicant")
        .order_by(Message.seq.desc())
        .limit(1)
    ).one_or_none()
