"""What stands before the website's API: origins, body size, rates. Each refuses with a problem.

Knows nothing of conversations.
"""

from __future__ import annotations

import ipaddress
import math
import re
import time
from urllib.parse import urlsplit

from fastapi import Request
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontdesk.channels.problems import Problem, response
from frontdesk.channels.proof_of_work import ProofOfWork
from frontdesk.settings import Settings

API = "/api/"
_UPLOADS = re.compile(r"/api/(?:desk/v1/)?conversations/[^/]+/files|/upload/[^/]+")
TOKEN_HEADER = "X-Visitor-Token"  # noqa: S105 - a header's name
PROOF_HEADER = "X-Proof-Of-Work"


class Origins:
    """ASGI middleware: the API answers pages of this site and of `allowed_origins`, and no others.

    A request without `Origin` comes from no page and passes: it proves itself by its token.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._own = settings.base_url.lower()
        self._allowed = frozenset(origin.rstrip("/").lower() for origin in settings.allowed_origins)
        self._cors = CORSMiddleware(
            app,
            allow_origins=sorted(self._allowed),
            allow_methods=["GET", "POST", "PUT"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID", PROOF_HEADER],
            expose_headers=["Retry-After", TOKEN_HEADER],
            max_age=600,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(API):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "").lower()
        if origin in self._allowed:
            await self._cors(scope, receive, send)
        elif not origin or self._is_own(origin, headers.get("host", "")):
            await self._app(scope, receive, send)
        else:
            problem = Problem(
                403,
                "origin",
                "This website is not on the front desk's list; add its origin to CHHA_ALLOWED_ORIGINS.",
                headers={"Vary": "Origin"},
            )
            await response(problem)(scope, receive, send)

    def _is_own(self, origin: str, host: str) -> bool:
        # A page of the host that is being asked. There are no cookies here that another site could borrow.
        return origin == self._own or (bool(host) and urlsplit(origin).netloc == host.lower())


class BodyLimit:
    """ASGI middleware: a body of the API above `limit` bytes is refused before anybody parses it.

    Uploads are streamed to whoever reads them, and refused once they are above `upload_limit`.
    """

    def __init__(self, app: ASGIApp, limit: int, upload_limit: int) -> None:
        self._app = app
        self._limit = limit
        self._upload_limit = upload_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and _UPLOADS.fullmatch(scope["path"]):
            await self._streamed(scope, receive, send)
            return
        if scope["type"] != "http" or not scope["path"].startswith(API) or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "0")
        body = b""
        too_large = told.isdigit() and int(told) > self._limit
        while not too_large:
            message = await receive()
            if message["type"] != "http.request":
                return  # the client left
            body += message.get("body", b"")
            too_large = len(body) > self._limit
            if not message.get("more_body", False):
                break
        if too_large:
            problem = Problem(413, "too-large", f"A request may hold at most {self._limit} bytes.")
            await response(problem)(scope, receive, send)
            return
        given = False

        async def receiving() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, receiving, send)

    async def _streamed(self, scope: Scope, receive: Receive, send: Send) -> None:
        told = Headers(scope=scope).get("content-length", "0")
        if told.isdigit() and int(told) > self._upload_limit:
            await response(self._too_much())(scope, receive, send)
            return
        size = 0

        async def counting() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._upload_limit:
                raise self._too_much()
            return message

        await self._app(scope, counting, send)

    def _too_much(self) -> Problem:
        most = self._upload_limit // 1_000_000
        return Problem(413, "too-large", f"That is too large: at most {most} MB are taken at once.")


class Rates:
    """How much one visitor and one address may do, counted in this process's memory."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        per_visitor = settings.messages_per_minute
        self._rates: dict[str, RateLimitItem] = {
            "messages": RateLimitItemPerMinute(per_visitor),
            "messages by address": RateLimitItemPerMinute(per_visitor * 5),
            "reads": RateLimitItemPerMinute(settings.reads_per_minute),
            "conversations": RateLimitItemPerHour(settings.conversations_per_hour),
            "refused tokens": RateLimitItemPerMinute(30),
            "ratings": RateLimitItemPerMinute(60),
            "typing": RateLimitItemPerMinute(60),
            # Anybody's address can be written here, so a letter is dearer than a download.
            "letters": RateLimitItemPerHour(3),
            "letters by address": RateLimitItemPerHour(6),
            "transcripts": RateLimitItemPerHour(10),
            "transcripts by address": RateLimitItemPerHour(30),
            "files": RateLimitItemPerHour(settings.files_per_hour),
            "files by address": RateLimitItemPerHour(settings.files_per_hour * 5),
        }

    def count(self, what: str, whose: str) -> None:
        """Count one.

        Raises:
            Problem: 429 with the seconds to wait.
        """
        rate = self._rates[what]
        if self._limiter.hit(rate, what, whose):
            return
        reset = self._limiter.get_window_stats(rate, what, whose).reset_time
        wait = max(1, math.ceil(reset - time.time()))
        raise Problem(429, "rate", f"Too many requests; try again in {wait} s.", retry_after=wait)


class Suspicion:
    """Addresses that ran into their limits again and again: for a while they show that they mean it.

    Args:
        mode: `off`, `after_abuse` or `always`.
    """

    STRIKES = RateLimitItemPerMinute(5, 10)
    SECONDS = 600.0

    def __init__(self, mode: str, proofs: ProofOfWork) -> None:
        self._mode = mode
        self._proofs = proofs
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._until: dict[str, float] = {}

    def strike(self, whose: str) -> None:
        """This address was refused for going too fast."""
        if self._mode == "off" or self._limiter.hit(self.STRIKES, whose):
            return
        at = time.monotonic()
        self._until = {known: until for known, until in self._until.items() if until > at}
        self._until[whose] = at + self.SECONDS

    def ask(self, whose: str, proof: str | None, *, starting: bool = False) -> None:
        """Let pass who is not suspected, or who brings the solution of a challenge.

        Args:
            starting: a conversation is to be started, where `always` asks everybody.

        Raises:
            Problem: 428 with a challenge to solve.
        """
        suspected = self._until.get(whose, 0.0) > time.monotonic()
        if not suspected and not (starting and self._mode == "always"):
            return
        if self._proofs.accepts(proof):
            if suspected:
                del self._until[whose]
                self._limiter.clear(self.STRIKES, whose)
            return
        raise Problem(
            428,
            "proof",
            f"Solve the challenge and send the solution as {PROOF_HEADER}.",
            challenge=self._proofs.challenge(),
        )


def address(request: Request, trusted_proxy: bool) -> str:
    """The client's address for counting; an IPv6 network (/64) counts as one, as one customer has it.

    Behind our own proxy it is the last entry of X-Forwarded-For: what stands before it, the client wrote.
    """
    found = request.client.host if request.client else ""
    if trusted_proxy:
        found = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip() or found
    try:
        parsed = ipaddress.ip_address(found)
    except ValueError:
        return "unknown"
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
