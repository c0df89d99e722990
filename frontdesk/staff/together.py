"""One answer for all who ask the same at once: twenty consoles that hear of one message read the queue once.

Nobody is given an answer that is older than the question: what is shared began to be read after each of those
who share it had asked. So there is nothing to be kept, and nothing that can go stale.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable

import anyio.to_thread


class Together[Key: Hashable, Answer]:
    """Answers made by `make`, in a thread; at most one at a time is being made of each key."""

    def __init__(self, make: Callable[[Key], Answer]) -> None:
        self._make = make
        # By loop too: a process may serve from more than one.
        self._being_made: dict[tuple[asyncio.AbstractEventLoop, Key], asyncio.Task[Answer]] = {}
        self._next: dict[tuple[asyncio.AbstractEventLoop, Key], asyncio.Task[Answer]] = {}

    async def get(self, key: Key) -> Answer:
        """The answer to `key` as of now. Raises whatever `make` raises."""
        place = (asyncio.get_running_loop(), key)
        coming = self._next.get(place)
        if coming is None:
            coming = asyncio.create_task(self._after(place, self._being_made.get(place)))
            self._next[place] = coming
        # One who goes away does not take the answer from the others.
        return await asyncio.shield(coming)

    async def _after(
        self, place: tuple[asyncio.AbstractEventLoop, Key], before: asyncio.Task[Answer] | None
    ) -> Answer:
        if before is not None:
            await asyncio.wait([before])
        # From here on the record is read: who asks now is answered by the one after this.
        mine = self._next.pop(place)
        self._being_made[place] = mine
        try:
            return await anyio.to_thread.run_sync(self._make, place[1])
        finally:
            if self._being_made.get(place) is mine:
                del self._being_made[place]
