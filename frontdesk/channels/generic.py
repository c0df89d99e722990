"""A channel for integrators: signed webhooks in and out, by the Standard Webhooks specification.

https://www.standardwebhooks.com: `webhook-id`, `webhook-timestamp` and `webhook-signature` (v1,
HMAC-SHA256 over "id.timestamp.body", base64). Events and messages are described in
docs/channels/generic.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any, ClassVar, Final

import httpx

from frontdesk.channels import measures
from frontdesk.channels.channel import (
    Call,
    Capabilities,
    Channel,
    Envelope,
    Part,
    SendFailure,
    Shape,
    Webhook,
    json_of,
    retry_after,
)
from frontdesk.channels.inbound import (
    Deleted,
    Edited,
    Forged,
    Inbound,
    Media,
    Noted,
    Parsed,
    RawRequest,
    Reacted,
    Receipt,
    Said,
    Unreadable,
    entries,
    fingerprint,
    mapping,
    text_of,
)

TOLERANCE_SECONDS: Final = 300
MOST_EVENTS: Final = 500

CAPABILITIES: Final = Capabilities(
    text=20_000,
    measure=measures.characters,
    buttons=Shape(options=100, label=500, body=20_000),
    per_second=50.0,
)


def key_of(secret: str) -> bytes:
    """The key of a secret: base64 after `whsec_`, else its own bytes."""
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            return secret.encode()
    return secret.encode()


def signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """One `v1,…` signature."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Generic(Channel):
    """One integrator.

    Args:
        secret: shared; signs both ways.
        url: where our messages go; "" when they are fetched by nobody.
        seconds: gives the present as seconds since 1970.
    """

    name: ClassVar[str] = "generic"
    title: ClassVar[str] = "The integrator"

    def __init__(
        self,
        webhook_url: str,
        *,
        secret: str,
        url: str,
        client: httpx.AsyncClient | None = None,
        seconds: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(webhook_url, client)
        self._key = key_of(secret)
        self._url = url
        self._seconds = seconds

    def capabilities(self, thread: str) -> Capabilities:
        return CAPABILITIES

    def verify(self, request: RawRequest) -> None:
        message_id = request.headers.get("webhook-id", "")
        stamp = request.headers.get("webhook-timestamp", "")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16 and message_id):
            raise Forged("webhook-id and webhook-timestamp are missing.")
        if abs(self._seconds() - int(stamp)) > TOLERANCE_SECONDS:
            raise Forged("webhook-timestamp is more than five minutes off.")
        right = signature(self._key, message_id, stamp, request.body).encode()
        given = request.headers.get("webhook-signature", "").split(" ")
        # Several signatures stand there while a key is changed.
        if not any(hmac.compare_digest(one.encode("utf-8", "replace"), right) for one in given[:10]):
            raise Forged("webhook-signature is missing or wrong.")

    def parse(self, request: RawRequest) -> Parsed:
        body = request.json()
        told = body.get("events", [body])
        if not isinstance(told, list) or len(told) > MOST_EVENTS:
            raise Unreadable(f"`events` must be a list of at most {MOST_EVENTS}.")
        events = [_event(mapping(one)) for one in told]
        return Parsed(events, json.dumps({"accepted": len(events)}), "application/json")

    def render(self, part: Part, envelope: Envelope) -> Call:
        if not self._url:
            raise SendFailure("No address is set to send to (CHHA_GENERIC_URL).", again=False)
        body: dict[str, Any] = {
            "type": "message",
            "id": envelope.delivery,
            "thread": envelope.thread,
            "text": part.text,
            **envelope.about,
            "options": [{"label": one.label, "choice": one.payload} for one in part.options],
        }
        content = json.dumps(body, ensure_ascii=False).encode()
        stamp = str(int(self._seconds()))
        return Call(
            self._url,
            content=content,
            headers={
                "Content-Type": "application/json",
                "webhook-id": envelope.delivery,
                "webhook-timestamp": stamp,
                "webhook-signature": signature(self._key, envelope.delivery, stamp, content),
            },
        )

    def sent(self, response: httpx.Response) -> str | None:
        if response.is_success:
            return text_of(json_of(response).get("id")) or None
        code = response.status_code
        again = code >= 500 or code in (401, 403, 404, 408, 409, 425, 429)
        raise SendFailure(
            f"The integrator answered {code}.",
            again=again,
            retry_after=retry_after(response),
            everybody=again,
        )

    async def webhook(self) -> Webhook:
        return Webhook("unknown", f"The integrator posts to {self.webhook_url}.")


def _event(event: dict[str, Any]) -> Inbound:
    event_id, kind = text_of(event.get("id")) or fingerprint(event), text_of(event.get("type")) or "message"
    thread, target = text_of(event.get("thread")), text_of(event.get("target"))
    if kind == "message" and thread:
        media = tuple(_medium(mapping(one)) for one in entries(event.get("media")))
        text = text_of(event.get("text"))
        pressed = text_of(event.get("choice")) or None
        return Said(
            event_id,
            thread=thread,
            text=text,
            provider_id=event_id,
            name=text_of(event.get("name")) or None,
            media=media if media or text or pressed else (Media("unknown"),),
            pressed=pressed,
            answers=text_of(event.get("reply_to")) or None,
            entry=text_of(event.get("referral")) or None,
        )
    if kind == "edit" and target:
        return Edited(event_id, target, text_of(event.get("text")))
    if kind == "delete" and target:
        return Deleted(event_id, target)
    if kind == "reaction" and target:
        return Reacted(event_id, target, text_of(event.get("value")))
    if (
        kind == "receipt"
        and target
        and (state := event.get("state")) in ("sent", "delivered", "read", "failed")
    ):
        # `target` is the id that we gave: our own reference.
        error = text_of(event.get("error"))[:300] or None
        return Receipt(event_id, state, target=target, delivery=target, error=error)
    return Noted(event_id, kind)


def _medium(told: dict[str, Any]) -> Media:
    kind = text_of(told.get("kind"))
    known = ("photo", "file", "voice", "video", "sticker", "location", "contact")
    # Never fetched: an address that a caller names is not ours to ask.
    return Media(
        kind if kind in known else "unknown",  # type: ignore[arg-type]
        name=text_of(told.get("name")) or None,
        media_type=text_of(told.get("media_type")) or None,
        detail={"url": text_of(told.get("url"))[:500]} if told.get("url") else None,
    )
