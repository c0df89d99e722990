"""Fetching what applicants send: bounded in size and kind, by authorised calls to the provider alone.

What is fetched goes to the file storage; what may not be fetched stays a reference that says why.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import anyio.to_thread
from sqlalchemy import select

from frontdesk.channels.channel import Channel, MediaRefused, SendFailure
from frontdesk.files.keeping import About, Files
from frontdesk.records.models import MediaReference, Message, now
from frontdesk.records.session import Record

logger = logging.getLogger(__name__)

# Kinds whose content is fetched: what may be a document. A voice message or a film stays a reference.
FETCHED: Final = ("photo", "file")
TRIES: Final = 6
LEASE: Final = timedelta(seconds=120)


class MediaFetcher:
    """The fetching of one process; a periodic job."""

    def __init__(
        self,
        record: Record,
        channels: Mapping[str, Channel],
        files: Files,
        *,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._record = record
        self._channels = channels
        self._files = files
        self._clock = clock

    async def run_due(self) -> int:
        """Fetch what is due; how many were tried."""
        tried = 0
        while (media := await anyio.to_thread.run_sync(self._take)) is not None:
            tried += 1
            await self._fetch(media)
        return tried

    async def _fetch(self, media: MediaReference) -> None:
        channel = self._channels[media.channel]
        try:
            if media.kind not in FETCHED:
                raise MediaRefused("Only photos and documents are kept here.")
            if media.size is not None and media.size > self._files.limit:
                raise MediaRefused(f"It is larger than {self._files.limit} bytes.")
            content = await channel.fetch(media.reference or "", self._files.limit)
            file_id = await anyio.to_thread.run_sync(self._keep, media, content)
        except (MediaRefused, ValueError) as refused:
            await anyio.to_thread.run_sync(self._end, media.id, "refused", str(refused), None)
        except SendFailure as failure:
            await anyio.to_thread.run_sync(self._later, media.id, failure)
        else:
            await anyio.to_thread.run_sync(self._end, media.id, "kept", None, file_id)

    def _keep(self, media: MediaReference, content: bytes) -> str:
        with self._record.reading() as session:
            message = session.get_one(Message, media.message_id)
        about = About(
            message.conversation_id,
            name=media.name,
            source=media.channel,
            source_ref=media.id,
            message_id=message.id,
        )
        return self._files.keep([content], about).id

    def _take(self) -> MediaReference | None:
        at = self._clock()
        with self._record.transaction() as session:
            found = session.scalars(
                select(MediaReference)
                .where(
                    MediaReference.state == "waiting",
                    MediaReference.next_attempt_at <= at,
                    MediaReference.channel.in_(self._channels),
                )
                .order_by(MediaReference.next_attempt_at)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).one_or_none()
            if found is not None:
                # The lease: whoever dies with it leaves it due again.
                found.next_attempt_at = at + LEASE
            return found

    def _end(self, media_id: str, state: str, error: str | None, file_id: str | None) -> None:
        with self._record.transaction() as session:
            found = session.get(MediaReference, media_id)
            if found is not None:
                found.state, found.error, found.file_id = state, error[:500] if error else None, file_id

    def _later(self, media_id: str, failure: SendFailure) -> None:
        with self._record.transaction() as session:
            found = session.get(MediaReference, media_id)
            if found is None:
                return
            found.attempts += 1
            found.error = str(failure)[:500]
            if not failure.again or found.attempts >= TRIES:
                found.state = "failed"
                return
            pause = failure.retry_after or 5.0 * 2.0**found.attempts
            found.next_attempt_at = self._clock() + timedelta(seconds=pause)
