"""Browser room of the widget: a network that cuts, doubles, delays and reorders what passes to the desk.

It understands just enough HTTP to do so at the worst moments: a message is taken but its answer is lost,
arrives twice, or once more after later ones; events of the stream overtake each other.
"""

import asyncio
import random
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

LIMIT = 1 << 22


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: list[bytes]
    body: bytes

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def is_message(self) -> bool:
        return self.method == "POST" and self.path.endswith("/messages")

    @property
    def is_stream(self) -> bool:
        return "/events" in self.path

    def raw(self) -> bytes:
        """For the server: its answer ends with the connection and is neither chunked nor compressed."""
        left_out = (b"connection:", b"accept-encoding:", b"keep-alive:")
        kept = [line for line in self.headers if not line.lower().startswith(left_out)]
        return (
            b"\r\n".join([f"{self.method} {self.path} HTTP/1.0".encode(), *kept, b"Connection: close"])
            + b"\r\n\r\n"
            + self.body
        )


class FaultyProxy:
    """Stands at `url` before the server on `port`. `faults` counts what was done, by kind."""

    def __init__(self, port: int, seed: int) -> None:
        self.faults: Counter[str] = Counter()
        self._server_port = port
        self._luck = random.Random(seed)  # noqa: S311 - chance, not a secret
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        made = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._client, "127.0.0.1", 0, limit=LIMIT), self._loop
        )
        self._server = made.result(10)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        async def end() -> None:
            self._server.close()
            for task in [*self._tasks]:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _happens(self, kind: str, chance: float) -> bool:
        happens = self._luck.random() < chance
        if happens:
            self.faults[kind] += 1
        return happens

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            asked = await _read(reader)
            # One side that ends ends the other: a page that lets go of its stream must not hold the server's.
            gone = asyncio.create_task(reader.read(1))
            passing = asyncio.create_task(self._pass(asked, writer))
            await asyncio.wait({gone, passing}, return_when=asyncio.FIRST_COMPLETED)
            for one in (gone, passing):
                one.cancel()
            await asyncio.gather(gone, passing, return_exceptions=True)
        except (OSError, EOFError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _pass(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.is_api and self._happens("cut before it arrives", 0.03):
            return
        if asked.is_message:
            await self._pass_message(asked, writer)
        elif asked.is_stream:
            await self._pass_stream(asked, writer)
        else:
            writer.write(await self._answer(asked))
            await writer.drain()

    async def _pass_message(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        if self._happens("doubled", 0.1):
            await asyncio.gather(self._answer(asked), self._answer(asked), return_exceptions=True)
        answer = await self._answer(asked)
        if self._happens("sent again after later ones", 0.1):
            self._later(asked, self._luck.uniform(0.1, 0.6))
        if self._happens("answer lost", 0.04):
            return
        if self._happens("answer overtaken", 0.1):
            await asyncio.sleep(self._luck.uniform(0.02, 0.15))
        if self._happens("answer cut in the middle", 0.02):
            answer = answer[: len(answer) // 2]
        writer.write(answer)
        await writer.drain()

    def _later(self, asked: Asked, seconds: float) -> None:
        async def again() -> None:
            await asyncio.sleep(seconds)
            with suppress(OSError):
                await self._answer(asked)

        task = self._loop.create_task(again())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, asked: Asked) -> bytes:
        """The whole answer. Raises OSError while the server is away."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._server_port, limit=LIMIT)
        try:
            writer.write(asked.raw())
            await writer.drain()
            return await reader.read(-1)
        finally:
            writer.close()

    async def _pass_stream(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        reader, server = await asyncio.open_connection("127.0.0.1", self._server_port, limit=LIMIT)
        held: bytes | None = None
        try:
            server.write(asked.raw())
            writer.write(await reader.readuntil(b"\r\n\r\n"))
            while True:
                if held is None:
                    event = await reader.readuntil(b"\r\n\r\n")
                else:
                    # One that waits to be overtaken does not wait for long.
                    try:
                        event = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 0.1)
                    except TimeoutError:
                        event, held = held, None
                        writer.write(event)
                        await writer.drain()
                        continue
                if self._happens("stream cut", 0.01):
                    return
                if held is None and self._happens("event overtaken", 0.1):
                    held = event
                    continue
                writer.write(event)
                if self._happens("event doubled", 0.1):
                    writer.write(event)
                if held is not None:
                    writer.write(held)
                    held = None
                await writer.drain()
        finally:
            server.close()


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *headers = head.rstrip(b"\r\n").split(b"\r\n")
    method, path, _ = first.decode("ascii").split(" ", 2)
    length = next(
        (int(line.split(b":")[1]) for line in headers if line.lower().startswith(b"content-length:")), 0
    )
    return Asked(method, path, headers, await reader.readexactly(length))
