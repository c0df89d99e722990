"""The doors of the messaging channels: `/channels/NAME`, and the short links of answers' sources.

Raw body → verify → store once → 200 → the turn and the reply come from the record.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Annotated, Final

import anyio.to_thread
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse
from sqlalchemy.exc import DBAPIError, IntegrityError

from frontdesk.channels import intake
from frontdesk.channels.channel import Call, Channel, SendFailure
from frontdesk.channels.configured import KINDS, webhook_url
from frontdesk.channels.guards import Rates, address
from frontdesk.channels.inbound import Forged, Inbound, RawRequest, Unreadable
from frontdesk.channels.intake import Kept
from frontdesk.channels.problems import Problem
from frontdesk.channels.words import channel_words
from frontdesk.conversations.live import Changes
from frontdesk.files.links import UploadLinks
from frontdesk.knowledge.organization import organization
from frontdesk.records.models import ShortLink
from frontdesk.records.session import Record
from frontdesk.settings import Settings

logger = logging.getLogger(__name__)

# Two calls that touch the same rows in another order: PostgreSQL ends one of them, which then goes again.
TRIES: Final = 4


class Doors:
    """The webhooks of one process.

    Args:
        channels: those that are on, by name.
        received: called with the channel's name for each message kept, for metrics.
    """

    def __init__(
        self,
        record: Record,
        settings: Settings,
        changes: Changes,
        channels: Mapping[str, Channel],
        received: Callable[[str], None] = lambda _channel: None,
    ) -> None:
        self._record = record
        self._settings = settings
        self._changes = changes
        self._channels = channels
        self._received = received
        self._rates = Rates(settings)
        self._links = UploadLinks(settings.secret_key, settings.base_url, settings.upload_link_hours)
        self._courtesies: set[asyncio.Task[None]] = set()

    def routes(self) -> APIRouter:
        made = APIRouter(include_in_schema=False)
        named = Annotated[str, Path(max_length=32)]

        @made.get("/channels/{name}")
        async def check(request: Request, name: named) -> Response:
            channel = self._channel(name)
            try:
                answer = channel.challenge(self._raw(request, name, b""))
            except Forged as forged:
                raise self._refused(request, forged) from None
            if answer is None:
                raise Problem(405, "method", "This address takes the provider's POST.")
            return PlainTextResponse(answer)

        @made.post("/channels/{name}")
        async def webhook(request: Request, name: named) -> Response:
            channel = self._channel(name)
            raw = self._raw(request, name, await self._body(request))
            try:
                channel.verify(raw)
            except Forged as forged:
                raise self._refused(request, forged) from None
            try:
                parsed = channel.parse(raw)
            except Unreadable as unreadable:
                raise Problem(400, "unreadable", str(unreadable)) from None
            kept = await anyio.to_thread.run_sync(self._store, name, parsed.events) if parsed.events else []
            for one in kept:
                self._received(name)
                self._changes.notify(one.conversation_id)
                self._be_courteous(channel, one)
            if parsed.answer is None:
                return Response(status_code=200)
            return Response(parsed.answer, media_type=parsed.media_type)

        @made.get("/go/{code}")
        def follow(code: Annotated[str, Path(max_length=16)]) -> Response:
            with self._record.reading() as session:
                found = session.get(ShortLink, code)
            if found is None:
                raise Problem(404, "unknown", "This link leads nowhere any more.")
            return RedirectResponse(found.url, 302)

        return made

    async def close(self) -> None:
        """End what is still being said to providers out of courtesy."""
        for task in list(self._courtesies):
            task.cancel()
        await asyncio.gather(*self._courtesies, return_exceptions=True)

    def _channel(self, name: str) -> Channel:
        found = self._channels.get(name)
        if found is not None:
            return found
        kind = next((one for one in KINDS if one.name == name), None)
        if kind is None:
            raise Problem(404, "channel", "There is no channel of this name.")
        missing = ", ".join(kind.missing(self._settings))
        raise Problem(404, "channel-off", f"{kind.title} is not set up here; {missing} not set.")

    def _raw(self, request: Request, name: str, body: bytes) -> RawRequest:
        query = request.url.query
        # The provider's signature is over the public address, whatever a proxy made of it.
        url = webhook_url(self._settings, name) + (f"?{query}" if query else "")
        return RawRequest(request.method, url, query, dict(request.headers.items()), body)

    async def _body(self, request: Request) -> bytes:
        limit = self._settings.webhook_body_limit
        too_large = Problem(413, "too-large", f"A call may hold at most {limit} bytes.")
        told = request.headers.get("content-length", "0")
        if told.isdigit() and int(told) > limit:
            raise too_large
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > limit:
                raise too_large
        return bytes(body)

    def _refused(self, request: Request, forged: Forged) -> Problem:
        self._rates.count("refused tokens", address(request, self._settings.trusted_proxy))
        return Problem(401, "signature", str(forged))

    def _store(self, name: str, events: list[Inbound]) -> list[Kept]:
        words = channel_words(self._settings.knowledge_dir)
        called = organization(self._settings.organization_file).name
        for left in reversed(range(TRIES)):
            try:
                with self._record.transaction() as session:
                    return intake.store(
                        session,
                        name,
                        events,
                        words,
                        name=called,
                        upload_link=self._links.link,
                        text_limit=self._settings.text_limit,
                    )
            except (IntegrityError, DBAPIError) as error:
                if not left or error.connection_invalidated:
                    raise
        raise AssertionError("not reached")

    def _be_courteous(self, channel: Channel, kept: Kept) -> None:
        calls = channel.courtesies(kept.said, bot_works=kept.bot_works)
        if calls:
            task = asyncio.create_task(self._call(channel, list(calls)))
            self._courtesies.add(task)
            task.add_done_callback(self._courtesies.discard)

    async def _call(self, channel: Channel, calls: list[Call]) -> None:
        for call in calls:
            try:
                await channel.ask(channel.authorised(call))
            except SendFailure as failure:
                logger.info("A courtesy on %s was not taken: %s", channel.name, type(failure).__name__)
                return
