"""Live news inside one process: who waits for a conversation's next change is woken at once.

Only a signal, never a message: what changed is read from the record, which other processes write too, so
every waiter also looks by itself each second (`POLL_SECONDS`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock

POLL_SECONDS = 1.0


class Listener:
    """One waiter's ear; news that came while it did not wait is not missed."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._heard = asyncio.Event()

    def wake(self) -> None:
        """Callable from any thread."""
        with suppress(RuntimeError):  # its loop has ended: nobody waits there any more
            self._loop.call_soon_threadsafe(self._heard.set)

    async def wait(self, seconds: float = POLL_SECONDS) -> bool:
        """Wait for news, at most `seconds`; whether there was any."""
        try:
            async with asyncio.timeout(seconds):
                await self._heard.wait()
        except TimeoutError:
            return False
        self._heard.clear()
        return True


class Changes:
    """The signal of this process: `notify` after a commit, `listen` to be woken."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._listeners: dict[str | None, set[Listener]] = {}

    def notify(self, conversation_id: str) -> None:
        """Something of this conversation was committed. Callable from any thread."""
        with self._lock:
            woken = [
                *self._listeners.get(conversation_id, ()),
                *self._listeners.get(None, ()),
            ]
        for listener in woken:
            listener.wake()

    @contextmanager
    def listen(self, conversation_id: str | None = None) -> Iterator[Listener]:
        """Listen to one conversation, or to all of them (None). To be entered inside the event loop."""
        listener = Listener()
        with self._lock:
            self._listeners.setdefault(conversation_id, set()).add(listener)
        try:
            yield listener
        finally:
            with self._lock:
                listeners = self._listeners[conversation_id]
                listeners.discard(listener)
                if not listeners:
                    del self._listeners[conversation_id]
