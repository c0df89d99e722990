"""The watch: asks Rasa and the action server every few seconds how they are, and keeps what it hears.

Heartbeats say that a part is there, outages when it was away; the staff console shows both. A part that the
supervisor started again between two looks was away, too: its process is another one. The front desk's own
outage is found when it starts again and its last heartbeat was no farewell.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import platform
from datetime import datetime, timedelta

import anyio.to_thread
import httpx
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from frontdesk.app.supervision import ProcessState, process_states
from frontdesk.records.models import Heartbeat, Outage, now
from frontdesk.records.session import Record
from frontdesk.settings import Settings

logger = logging.getLogger(__name__)

OWN = "frontdesk"
FAREWELL = "stopped"
ASK_SECONDS = 2.0
# A part that was not there yet since this process began counts as away only after the time a start takes.
START_SECONDS = 60.0


class Watch:
    """Watches the parts; `present` is what was heard last, None before the first answer."""

    def __init__(self, record: Record, settings: Settings) -> None:
        self._record = record
        self._settings = settings
        self._began = now()
        self._name = f"{platform.node()} {os.getpid()}"[:255]
        self._client = httpx.AsyncClient(timeout=ASK_SECONDS, trust_env=False)
        self._addresses = {
            "rasa": f"{settings.rasa_url}/webhooks/rest/ready",
            "actions": f"http://{settings.actions_host}:{settings.actions_port}/health",
        }
        self.present: dict[str, bool | None] = dict.fromkeys(self._addresses)

    async def run(self) -> None:
        """Watch until cancelled; the farewell is written then."""
        try:
            await self._noting(self._began_again)
            while True:
                await self.look()
                await asyncio.sleep(self._settings.watch_every)
        finally:
            with anyio.CancelScope(shield=True):
                await self._noting(self._say_farewell)
                await self._client.aclose()

    async def look(self) -> None:
        """Ask everybody once and keep the answers."""
        parts = list(self._addresses)
        answers = await asyncio.gather(*(self.answers(part) for part in parts))
        self.present = dict(zip(parts, answers, strict=True))
        await self._noting(self._keep)

    async def answers(self, part: str) -> bool:
        """Whether `rasa` or `actions` says now that it is well."""
        try:
            response = await self._client.get(self._addresses[part])
        except (httpx.HTTPError, OSError):
            return False
        return response.status_code == httpx.codes.OK

    async def _noting(self, write: object) -> None:
        assert callable(write)
        with contextlib.suppress(RuntimeError):  # the loop's threads are gone: the process ends
            try:
                await anyio.to_thread.run_sync(write)
            except (SQLAlchemyError, OSError) as error:
                logger.error("The watch cannot write to the record: %s", type(error).__name__)

    def _keep(self) -> None:
        at = now()
        processes = process_states(self._settings)
        with self._record.transaction() as session:
            _beat(session, OWN, at, self._name)
            for part, present in self.present.items():
                if present:
                    self._restarted(session, part, processes.get(part), at)
                    _beat(session, part, at, _named(processes.get(part)))
                else:
                    self._missed(session, part, at)

    def _missed(self, session: Session, part: str, at: datetime) -> None:
        if _open_outage(session, part) is not None:
            return
        last = session.get(Heartbeat, part)
        seen_by_us = last is not None and last.seen_at >= self._began
        if not seen_by_us and at - self._began < timedelta(seconds=START_SECONDS):
            return
        began_at = last.seen_at if seen_by_us and last is not None else self._began
        session.add(Outage(part=part, began_at=began_at))
        logger.warning("%s does not answer.", part)

    def _restarted(self, session: Session, part: str, process: ProcessState | None, at: datetime) -> None:
        """Keep the outage of a part that ended and came back between two looks of ours."""
        last = session.get(Heartbeat, part)
        name = _named(process)
        if last is None or None in (last.note, name) or last.note == name or last.seen_at < self._began:
            return
        if _open_outage(session, part) is None:
            seconds = (at - last.seen_at).total_seconds()
            session.add(Outage(part=part, began_at=last.seen_at, ended_at=at, seconds=seconds))
            last.alive_since = at
            logger.warning("%s was started again.", part)

    def _began_again(self) -> None:
        """Keep the front desk's own outage, when the last one to run here ended without farewell."""
        at = now()
        with self._record.transaction() as session:
            last = session.get(Heartbeat, OWN, with_for_update=True)
            if last is not None and last.note != FAREWELL and self._is_gone(last, at):
                seconds = (at - last.seen_at).total_seconds()
                session.add(Outage(part=OWN, began_at=last.seen_at, ended_at=at, seconds=seconds))
                last.alive_since = at
            _beat(session, OWN, at, self._name)

    def _is_gone(self, last: Heartbeat, at: datetime) -> bool:
        """Whether the process that wrote this heartbeat is not there any more."""
        host, _, process = (last.note or "").rpartition(" ")
        if host == platform.node() and process.isdigit():
            if int(process) == os.getpid():
                return True
            try:
                os.kill(int(process), 0)
            except ProcessLookupError:
                return True
            except OSError:
                pass
        return at - last.seen_at > timedelta(seconds=3 * self._settings.watch_every + ASK_SECONDS)

    def _say_farewell(self) -> None:
        with self._record.transaction() as session:
            last = session.get(Heartbeat, OWN, with_for_update=True)
            # Another process of the front desk may have written since; then the desk is not closed.
            if last is not None and last.note == self._name:
                last.note = FAREWELL


def _named(process: ProcessState | None) -> str | None:
    return f"process {process.pid}" if process is not None and process.pid else None


def _beat(session: Session, part: str, at: datetime, note: str | None) -> None:
    found = session.get(Heartbeat, part, with_for_update=True)
    if found is None:
        session.add(Heartbeat(part=part, alive_since=at, seen_at=at, note=note))
        session.flush()
        return
    outage = _open_outage(session, part)
    if outage is not None:
        outage.ended_at = at
        outage.seconds = (at - outage.began_at).total_seconds()
        found.alive_since = at
        logger.warning("%s is back after %.0f s.", part, outage.seconds)
    elif found.note == FAREWELL:
        found.alive_since = at
    found.seen_at = at
    found.note = note


def _open_outage(session: Session, part: str) -> Outage | None:
    return session.scalars(
        select(Outage).where(Outage.part == part, Outage.ended_at.is_(None)).limit(1)
    ).one_or_none()
