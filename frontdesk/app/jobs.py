"""Periodic jobs of the web process: retention, reminders, deliveries, alerts.

Each run is leased in the record, so that of many processes one runs a job at a time; a process that dies
leaves a lease that runs out. A job must be safe to run again: its process may end before its end is noted.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import anyio.to_thread
from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from frontdesk.records.models import PeriodicJob, new_id, now
from frontdesk.records.session import Record

logger = logging.getLogger(__name__)

LEASE_SECONDS = 60.0
# A failed run is tried again after this, doubled with each further failure, at most after the job's own time.
RETRY_SECONDS = 5.0
NAME_LIMIT = 64

type Work = Callable[[], object | Awaitable[object]]


@dataclass(frozen=True)
class _Job:
    name: str
    seconds: float
    work: Work


class Jobs:
    """The jobs of one process.

    Args:
        lease: seconds after which a silent process loses its job to another one; renewed while it works.
    """

    def __init__(self, record: Record, *, lease: float = LEASE_SECONDS) -> None:
        self._record = record
        self._lease = timedelta(seconds=lease)
        self._owner = new_id()
        self._jobs: dict[str, _Job] = {}
        self._stopping = asyncio.Event()

    def every(self, seconds: float, name: str, function: Work) -> None:
        """Run `function` about every `seconds`, in one process of all.

        Args:
            name: stable, at most 64 characters; the lease is kept under it.
            function: without arguments, plain (run in a thread) or async. What it raises is logged by
                its kind only, and it is run again.

        Raises:
            ValueError: the name is taken or too long, or the time is not above zero.
        """
        if name in self._jobs or not 0 < len(name) <= NAME_LIMIT:
            raise ValueError(f"The job {name!r} needs a name of its own of at most {NAME_LIMIT} characters.")
        if seconds <= 0:
            raise ValueError(f"The job {name!r} needs a time above zero.")
        self._jobs[name] = _Job(name, seconds, function)

    async def run(self) -> None:
        """Run what is due until `stop` is called or this is cancelled."""
        async with asyncio.TaskGroup() as group:
            for job in self._jobs.values():
                group.create_task(self._repeat(job), name=f"job {job.name}")

    async def stop(self) -> None:
        """Begin nothing more; what runs may end (`run` then returns)."""
        self._stopping.set()

    async def run_due(self, name: str) -> bool:
        """Run the job of that name now, if it is due and nobody has it. Whether it ran."""
        return await self._run_if_due(self._jobs[name]) is None

    async def _repeat(self, job: _Job) -> None:
        while not self._stopping.is_set():
            try:
                wait = await self._run_if_due(job)
            except (SQLAlchemyError, OSError) as error:
                logger.error("The job %s cannot reach the record: %s", job.name, type(error).__name__)
                wait = min(job.seconds, RETRY_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), min(wait or 0.0, job.seconds))

    async def _run_if_due(self, job: _Job) -> float | None:
        """None when it ran; else the seconds until it may."""
        wait = await anyio.to_thread.run_sync(self._take, job)
        if wait is not None:
            return wait
        error: BaseException | None = None
        renewing = asyncio.create_task(self._renew(job))
        try:
            done = await anyio.to_thread.run_sync(job.work) if _is_plain(job.work) else job.work()
            if inspect.isawaitable(done):
                await done
        except Exception as raised:
            error = raised
            # The kind only: its words may hold what an applicant wrote.
            logger.error("The job %s failed: %s", job.name, type(raised).__name__)
        except asyncio.CancelledError as ended:
            await self._finish(job, ended)
            raise
        finally:
            renewing.cancel()
        await self._finish(job, error)
        return None

    async def _renew(self, job: _Job) -> None:
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            with contextlib.suppress(SQLAlchemyError, OSError):
                await anyio.to_thread.run_sync(self._prolong, job)

    async def _finish(self, job: _Job, error: BaseException | None) -> None:
        try:
            await anyio.to_thread.run_sync(self._give_back, job, error)
        except (SQLAlchemyError, OSError) as lost:
            logger.error("The end of the job %s could not be noted: %s", job.name, type(lost).__name__)

    def _take(self, job: _Job) -> float | None:
        at = now()
        with self._record.reading() as session:
            kept = session.get(PeriodicJob, job.name)
            wait = _wait(kept, at) if kept else 0.0
        if wait > 0:
            return wait
        with self._record.transaction() as session:
            if kept is None:
                _begin(session, job.name, at)
            taken = session.execute(
                update(PeriodicJob)
                .where(
                    PeriodicJob.name == job.name,
                    PeriodicJob.due_at <= at,
                    or_(PeriodicJob.lease_until.is_(None), PeriodicJob.lease_until <= at),
                )
                .values(owner=self._owner, lease_until=at + self._lease, started_at=at)
                .returning(PeriodicJob.name)
            ).first()
            if taken is not None:
                return None
            kept = session.scalars(select(PeriodicJob).where(PeriodicJob.name == job.name)).one()
            return max(_wait(kept, at), 0.05)

    def _prolong(self, job: _Job) -> None:
        with self._record.transaction() as session:
            session.execute(
                update(PeriodicJob)
                .where(PeriodicJob.name == job.name, PeriodicJob.owner == self._owner)
                .values(lease_until=now() + self._lease)
            )

    def _give_back(self, job: _Job, error: BaseException | None) -> None:
        at = now()
        with self._record.transaction() as session:
            kept = session.get(PeriodicJob, job.name, with_for_update=True)
            if kept is None or kept.owner != self._owner:
                return  # the lease ran out and another process has it
            kept.owner = kept.lease_until = None
            kept.finished_at = at
            if isinstance(error, asyncio.CancelledError):
                kept.due_at = at  # stopped in the middle: the next process goes on at once
                return
            kept.failures = kept.failures + 1 if error else 0
            kept.error = type(error).__name__[:128] if error else None
            seconds = job.seconds
            if error:
                seconds = min(seconds, RETRY_SECONDS * 2.0 ** min(kept.failures - 1, 16))
            kept.due_at = at + timedelta(seconds=seconds)


def _is_plain(work: Work) -> bool:
    return not inspect.iscoroutinefunction(work)


def _wait(kept: PeriodicJob, at: datetime) -> float:
    until = max(kept.due_at, kept.lease_until or kept.due_at)
    return (until - at).total_seconds()


def _begin(session: Session, name: str, at: datetime) -> None:
    with contextlib.suppress(IntegrityError), session.begin_nested():  # another process was first
        session.add(PeriodicJob(name=name, due_at=at))
