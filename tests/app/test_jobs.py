"""Periodic jobs run in one process at a time, come back after failures, and stop cleanly."""

from __future__ import annotations

import asyncio
import logging
import threading
from datetime import timedelta

import pytest

from frontdesk.app.jobs import Jobs
from frontdesk.records.models import PeriodicJob, now
from frontdesk.records.session import Record


def kept(record: Record, name: str = "job") -> PeriodicJob:
    with record.reading() as session:
        found = session.get(PeriodicJob, name)
    assert found is not None
    return found


def make_due(record: Record, name: str = "job") -> None:
    with record.transaction() as session:
        found = session.get(PeriodicJob, name)
        assert found is not None
        found.due_at = now() - timedelta(seconds=1)


async def test_a_job_runs_at_once_and_then_again_after_its_time(sqlite_record: Record) -> None:
    ran = asyncio.Queue[int]()
    jobs = Jobs(sqlite_record)

    async def work() -> None:
        ran.put_nowait(1)

    jobs.every(0.05, "job", work)
    running = asyncio.create_task(jobs.run())
    for _ in range(3):
        await asyncio.wait_for(ran.get(), 10)
    await jobs.stop()
    await asyncio.wait_for(running, 10)
    assert kept(sqlite_record).owner is None


async def test_two_processes_never_run_a_job_at_once(record: Record) -> None:
    began, end = threading.Event(), threading.Event()

    def held() -> None:
        began.set()
        assert end.wait(20)

    one, other = Jobs(record), Jobs(record)
    one.every(60, "job", held)
    other.every(60, "job", held)
    first = asyncio.create_task(one.run_due("job"))
    await asyncio.to_thread(began.wait, 20)
    assert await other.run_due("job") is False
    end.set()
    assert await first is True
    assert await other.run_due("job") is False, "not due again yet"
    make_due(record)
    assert await other.run_due("job") is True


async def test_when_many_start_together_one_wins(record: Record) -> None:
    count = 0

    async def work() -> None:
        nonlocal count
        count += 1

    processes = [Jobs(record) for _ in range(4)]
    for process in processes:
        process.every(60, "job", work)
    ran = await asyncio.gather(*(process.run_due("job") for process in processes))
    assert (sorted(ran), count) == ([False, False, False, True], 1)


async def test_the_job_of_a_process_that_died_is_taken_over_when_its_lease_ends(
    sqlite_record: Record,
) -> None:
    with sqlite_record.transaction() as session:
        at = now()
        session.add(PeriodicJob(name="job", due_at=at, owner="gone", lease_until=at + timedelta(minutes=1)))
    jobs = Jobs(sqlite_record)
    jobs.every(60, "job", lambda: None)
    assert await jobs.run_due("job") is False
    with sqlite_record.transaction() as session:
        left = session.get(PeriodicJob, "job")
        assert left is not None
        left.lease_until = now() - timedelta(seconds=1)
    assert await jobs.run_due("job") is True


async def test_a_long_run_keeps_its_lease(sqlite_record: Record) -> None:
    end = threading.Event()
    jobs = Jobs(sqlite_record, lease=0.3)
    jobs.every(60, "job", lambda: end.wait(20))
    running = asyncio.create_task(jobs.run_due("job"))
    first = None
    async with asyncio.timeout(10):
        while first is None or kept(sqlite_record).lease_until == first:
            await asyncio.sleep(0.01)
            with sqlite_record.reading() as session:
                found = session.get(PeriodicJob, "job")
            first = first or (found.lease_until if found else None)
    end.set()
    assert await running is True


async def test_a_failed_run_is_logged_without_its_words_and_tried_again_soon(
    sqlite_record: Record, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("ana@example.com was not told")

    jobs = Jobs(sqlite_record)
    jobs.every(3600, "job", fail)
    with caplog.at_level(logging.INFO):
        await jobs.run_due("job")
    assert "RuntimeError" in caplog.text
    assert "ana@example.com" not in caplog.text
    found = kept(sqlite_record)
    assert (found.failures, found.error) == (1, "RuntimeError")
    assert found.due_at - now() < timedelta(seconds=10)
    make_due(sqlite_record)
    await jobs.run_due("job")
    assert kept(sqlite_record).failures == 2


async def test_a_job_that_is_stopped_in_the_middle_is_due_at_once(sqlite_record: Record) -> None:
    began = asyncio.Event()

    async def work() -> None:
        began.set()
        await asyncio.Event().wait()

    jobs = Jobs(sqlite_record)
    jobs.every(3600, "job", work)
    running = asyncio.create_task(jobs.run())
    await asyncio.wait_for(began.wait(), 10)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    found = kept(sqlite_record)
    assert found.owner is None
    assert found.due_at <= now()


def test_a_job_needs_a_name_of_its_own(sqlite_record: Record) -> None:
    jobs = Jobs(sqlite_record)
    jobs.every(60, "job", lambda: None)
    with pytest.raises(ValueError, match="name of its own"):
        jobs.every(60, "job", lambda: None)
