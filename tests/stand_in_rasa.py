"""A server that speaks Rasa's private channel as the contract says it, for tests of the rooms before it.

It remembers every call in order, answers a message id that it handled with the same replies, and fails in
each way that the real one can when a test asks for it.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "b" * 43


class StandInRasa:
    """Args:
    port: fixed to come back at the same address after `stop`; 0 for a free one.
    """

    def __init__(self, port: int = 0) -> None:
        self.calls: list[dict[str, Any]] = []  # every turn call, as it arrived
        self.handled: dict[str, list[dict[str, Any]]] = {}  # message id → replies given
        self.order: dict[str, list[str]] = {}  # conversation → texts, in the order of their effect
        self.overlapping: list[str] = []  # conversations that had two turns at once
        self.failures: deque[str] = deque()  # what the next calls do instead of answering
        self.gate = threading.Event()  # cleared: calls wait inside
        self.gate.set()
        self.seconds = 0.0
        self.on_turn: Callable[[dict[str, Any]], None] = lambda _body: None
        self.replies: Callable[[dict[str, Any]], list[dict[str, Any]]] = lambda body: [
            {"text": f"re: {body['text']}", "act": {"act": "answer", "topic": "t"}}
        ]
        self.connections: set[socket.socket] = set()
        self._busy: set[str] = set()
        self._changed = threading.Condition()
        self._server = _serve(self, port)
        self.port = int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def fail_next(self, *kinds: str) -> None:
        """Kinds: `503:<cause>`, a status, `empty`, `garbage`, `drop`, `other` (an answer to another one)."""
        self.failures.extend(kinds)

    def wait_for_calls(self, count: int, seconds: float = 20) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.calls) >= count, seconds):
                raise AssertionError(f"{len(self.calls)} of {count} calls came")

    def stop(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self.connections):  # as when a process ends
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def turn(self, body: dict[str, Any]) -> tuple[int, Any] | None:
        """Status and body of the answer; None to break the connection."""
        conversation = body["conversation"]
        with self._changed:
            self.calls.append(body)
            failure = self.failures.popleft() if self.failures else None
            if conversation in self._busy:
                self.overlapping.append(conversation)
            self._busy.add(conversation)
            self._changed.notify_all()
        try:
            self.gate.wait(30)
            if self.seconds:
                time.sleep(self.seconds)
            if failure is not None:
                return self._failed(failure, body)
            return 200, self._answer(body)
        finally:
            with self._changed:
                self._busy.discard(conversation)

    def _answer(self, body: dict[str, Any]) -> dict[str, Any]:
        message_id = body["message_id"]
        with self._changed:
            again = message_id in self.handled
        if not again:
            self.on_turn(body)
            with self._changed:
                self.handled[message_id] = self.replies(body)
                self.order.setdefault(body["conversation"], []).append(body["text"])
        return {"message_id": message_id, "again": again, "replies": self.handled[message_id]}

    def _failed(self, kind: str, body: dict[str, Any]) -> tuple[int, Any] | None:
        if kind == "drop":
            return None
        if kind.startswith("503:"):
            return 503, {"error": "turn_failed", "cause": kind[4:], "detail": "told by the test"}
        if kind == "empty":
            return 200, {"message_id": body["message_id"], "again": False, "replies": []}
        if kind == "other":
            return 200, {"message_id": "another", "again": False, "replies": [{"text": "x", "act": None}]}
        if kind == "garbage":
            return 200, ["not", "an", "answer"]
        return int(kind), {"error": kind}


def _serve(rasa: StandInRasa, port: int) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        # Small answers go out at once: waiting for the other side's receipt costs 40 ms each.
        disable_nagle_algorithm = True
        wbufsize = -1
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            rasa.connections.add(self.connection)

        def finish(self) -> None:
            rasa.connections.discard(self.connection)
            super().finish()

        def do_GET(self) -> None:
            self._send(200, {"model": "test", "tracker_store": "ok"})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers["X-Frontdesk-Key"] != KEY:
                self._send(401, {"error": "key"})
                return
            answer = rasa.turn(body)
            if answer is None:
                self.close_connection = True
                return
            self._send(*answer)

        def _send(self, status: int, body: Any) -> None:
            text = json.dumps(body).encode()
            with contextlib.suppress(OSError):  # the caller is gone
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: Any) -> None:
            pass

    server = Server(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server
