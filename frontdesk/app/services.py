"""The periodic work around applications: deletions, reminders, retention, and Rasa's forgetting."""

from __future__ import annotations

import logging

import anyio.to_thread
from sqlalchemy import select

from frontdesk.applications import erasure, reminders, retention
from frontdesk.conversations.live import Changes
from frontdesk.conversations.rasa import RasaClient, RasaFailure
from frontdesk.files.keeping import Files
from frontdesk.knowledge.organization import Organization, organization
from frontdesk.records.models import TrackerErasure
from frontdesk.records.session import Record
from frontdesk.settings import Settings

logger = logging.getLogger(__name__)


class Services:
    """What the jobs of one web process call."""

    def __init__(
        self, record: Record, settings: Settings, files: Files, rasa: RasaClient, changes: Changes
    ) -> None:
        self._record = record
        self._settings = settings
        self._files = files
        self._rasa = rasa
        self._changes = changes

    async def erase(self) -> None:
        """Do the deletions that are proven, then have Rasa forget."""
        await anyio.to_thread.run_sync(erasure.erase_proven, self._record, self._files, self._organization())
        await self.forget_trackers()

    async def forget_trackers(self) -> int:
        """Have Rasa forget what was erased; what it cannot now is tried next time. How many it forgot."""
        forgotten = 0
        for tracker in await anyio.to_thread.run_sync(self._to_forget):
            try:
                await self._rasa.forget(tracker)
            except RasaFailure as failure:
                logger.warning("Rasa could not forget a conversation yet: %s", failure.cause)
                break
            await anyio.to_thread.run_sync(self._forgotten, tracker)
            forgotten += 1
        return forgotten

    def remind(self) -> None:
        """Give the reminders that are due."""
        for conversation_id in reminders.give_due(self._record, self._organization()):
            self._changes.notify(conversation_id)

    def enforce_retention(self) -> None:
        """Remove what is over."""
        counts = retention.enforce(
            self._record, self._files, self._organization(), mail_days=self._settings.mail_days
        )
        if any(counts.values()):
            logger.info("Retention removed: %s", counts)

    def _organization(self) -> Organization:
        return organization(self._settings.organization_file)

    def _to_forget(self) -> list[str]:
        with self._record.reading() as session:
            return list(session.scalars(select(TrackerErasure.tracker).limit(100)))

    def _forgotten(self, tracker: str) -> None:
        with self._record.transaction() as session:
            found = session.get(TrackerErasure, tracker)
            if found is not None:
                session.delete(found)
