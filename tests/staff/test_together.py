"""Many consoles that ask the same at once are answered by few readings, and by none that is too old."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from frontdesk.staff.together import Together


class Reading:
    """A reading that takes as long as the test wants; it tells which one it was, by number."""

    def __init__(self) -> None:
        self.begun = 0
        self.go_on = threading.Semaphore(0)
        self._numbers: Iterator[int] = count(1)

    def __call__(self, key: str) -> str:
        self.begun += 1
        number = next(self._numbers)
        assert self.go_on.acquire(timeout=10)
        if key == "broken":
            raise OSError("no disk")
        return f"{key} {number}"


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


async def test_who_asks_while_a_reading_runs_gets_one_that_began_later_and_shares_it() -> None:
    reading = Reading()
    together = Together(reading)
    first = asyncio.create_task(together.get("queue"))
    await until(lambda: reading.begun == 1)
    later = [asyncio.create_task(together.get("queue")) for _ in range(20)]
    await asyncio.sleep(0)
    assert reading.begun == 1
    reading.go_on.release(2)
    assert await first == "queue 1"
    assert await asyncio.gather(*later) == ["queue 2"] * 20
    reading.go_on.release()
    assert await together.get("queue") == "queue 3"


async def test_other_keys_do_not_wait() -> None:
    reading = Reading()
    together = Together(reading)
    asked = [asyncio.create_task(together.get(key)) for key in ("queue", "mine")]
    await until(lambda: reading.begun == 2)
    reading.go_on.release(2)
    assert {answer.split()[0] for answer in await asyncio.gather(*asked)} == {"queue", "mine"}


async def test_one_who_goes_away_does_not_take_it_from_the_others() -> None:
    reading = Reading()
    together = Together(reading)
    leaving, staying = (asyncio.create_task(together.get("queue")) for _ in range(2))
    await until(lambda: reading.begun == 1)
    leaving.cancel()
    reading.go_on.release()
    assert await staying == "queue 1"


async def test_an_error_is_told_to_all_who_asked_and_the_next_try_is_a_new_one() -> None:
    reading = Reading()
    together = Together(reading)
    asked = [asyncio.create_task(together.get("broken")) for _ in range(3)]
    await until(lambda: reading.begun == 1)
    reading.go_on.release(2)
    for answer in await asyncio.gather(*asked, return_exceptions=True):
        assert isinstance(answer, OSError)
    with pytest.raises(OSError, match="no disk"):
        await together.get("broken")
