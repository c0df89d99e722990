"""Facebook Messenger: https://developers.facebook.com/docs/messenger-platform (limits are from there).

A free text may be sent for 24 hours after the applicant's last message; a person of the team may answer
for seven days with the HUMAN_AGENT tag, where Meta has allowed it to the page.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, ClassVar, Final

import httpx

from frontdesk.channels import measures, meta
from frontdesk.channels.channel import (
    Call,
    Capabilities,
    Envelope,
    MediaRefused,
    Outside,
    Part,
    Shape,
    Webhook,
    bounded,
    is_on,
)
from frontdesk.channels.entry import entry_choice
from frontdesk.channels.inbound import (
    Deleted,
    Edited,
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

MEDIA_HOSTS: Final = ("fbcdn.net", "fbsbx.com")
HUMAN_AGENT_HOURS: Final = 7 * 24.0
GET_STARTED: Final = "GET_STARTED"
FIELDS: Final = (
    "messages,messaging_postbacks,messaging_referrals,message_deliveries,message_reads,message_reactions,"
    "message_echoes,message_edits"
)

CAPABILITIES: Final = Capabilities(
    text=2000,
    measure=measures.utf16,
    # Up to three that fit are quick replies as well: they vanish when pressed, so nobody presses an old one.
    buttons=Shape(options=13, label=20, body=2000),
    attachments=True,
    window=24.0,
    per_second=40.0,
)

_MEDIA: Final = {"image": "photo", "file": "file", "audio": "voice", "video": "video", "location": "location"}


class Messenger(meta.GraphChannel):
    """One page.

    Args:
        token: the page's access token.
        app_secret: signs the calls that we get.
        verify_token: our own word for the GET challenge.
        page_id: of the page; events of other pages are left.
        human_agent: whether Meta allowed the HUMAN_AGENT tag to the app.
        api: the Graph API's address with its version.
    """

    name: ClassVar[str] = "messenger"
    title: ClassVar[str] = "Messenger"

    def __init__(
        self,
        webhook_url: str,
        *,
        token: str,
        app_secret: str,
        verify_token: str,
        page_id: str,
        human_agent: bool,
        api: str,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        super().__init__(
            webhook_url,
            token=token,
            app_secret=app_secret,
            verify_token=verify_token,
            node=page_id,
            api=api,
            client=client,
        )
        self._page_id = page_id
        self._human_agent = human_agent

    def capabilities(self, thread: str) -> Capabilities:
        return CAPABILITIES

    def parse(self, request: RawRequest) -> Parsed:
        body = request.json()
        if body.get("object") != "page":
            raise Unreadable("This is no webhook of a page.")
        events: list[Inbound] = []
        for entry in entries(body.get("entry")):
            one = mapping(entry)
            for event in entries(one.get("messaging")):
                events += self._events(mapping(event))
            events += [Noted(fingerprint(event), "standby") for event in entries(one.get("standby"))]
            events += [Noted(fingerprint(event), "change") for event in entries(one.get("changes"))]
        return Parsed(events)

    def _events(self, event: dict[str, Any]) -> list[Inbound]:  # noqa: PLR0911 - one return a kind
        message = event.get("message")
        sender, recipient = (text_of(mapping(event.get(key)).get("id")) for key in ("sender", "recipient"))
        if isinstance(message, dict) and message.get("is_echo") is True:
            return [_echo(message, sender == self._page_id)]
        if not sender or recipient != self._page_id:
            return [Noted(fingerprint(event), "not for this page")]
        if isinstance(message, dict):
            return [_message(event, message, sender)]
        if isinstance(found := event.get("postback"), dict):
            return [_postback(event, found, sender)]
        if isinstance(found := event.get("referral"), dict):
            entry = text_of(found.get("ref"))[:255] or None
            return [Noted(fingerprint(event), "referral", thread=sender, entry=entry)]
        if isinstance(found := event.get("reaction"), dict):
            value = (
                ""
                if found.get("action") == "unreact"
                else text_of(found.get("emoji")) or text_of(found.get("reaction"))
            )
            return [Reacted(fingerprint(event), text_of(found.get("mid")), value)]
        if isinstance(found := event.get("message_edit"), dict):
            mid, count = text_of(found.get("mid")), text_of(found.get("num_edit"))
            return [Edited(f"edit:{mid}:{count}", mid, text_of(found.get("text")))]
        for kind, state in (("delivery", "delivered"), ("read", "read")):
            if isinstance(found := event.get(kind), dict):
                return _receipts(event, found, sender, state)
        kind = next((key for key in event if key not in ("sender", "recipient", "timestamp")), "empty")
        return [Noted(fingerprint(event), kind)]

    def outside_window(self, author: str, hours: float) -> Outside:
        return "tag" if self._human_agent and author == "staff" and hours <= HUMAN_AGENT_HOURS else "hold"

    def render(self, part: Part, envelope: Envelope) -> Call:
        body: dict[str, Any] = {"recipient": {"id": envelope.thread}, "messaging_type": "RESPONSE"}
        if envelope.outside_window:
            body |= {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
        if part.attachment is not None:
            kind = part.attachment.media_type.partition("/")[0]
            kind = kind if kind in ("image", "audio", "video") else "file"
            carried = {"attachment": {"type": kind, "payload": {}}, "metadata": envelope.delivery}
            form = {
                key: value if isinstance(value, str) else json.dumps(value) for key, value in body.items()
            }
            return Call(
                self._messages,
                form={**form, "message": json.dumps(carried)},
                file=("filedata", part.attachment),
                headers=self._headers,
            )
        message: dict[str, Any] = {"text": part.text, "metadata": envelope.delivery}
        if part.options:
            message["quick_replies"] = [
                {"content_type": "text", "title": one.label, "payload": one.payload} for one in part.options
            ]
        return Call(self._messages, json={**body, "message": message}, headers=self._headers)

    def sent(self, response: httpx.Response) -> str | None:
        return text_of(self._told(response).get("message_id")) or None

    def _told(self, response: httpx.Response) -> dict[str, Any]:
        return meta.result(response, self.title, "CHHA_MESSENGER_TOKEN")

    def courtesies(self, said: Said, *, bot_works: bool) -> Sequence[Call]:
        return [
            self._action(said.thread, "mark_seen"),
            *(self.typing(said.thread, None) if bot_works else ()),
        ]

    def typing(self, thread: str, last: str | None) -> Sequence[Call]:
        return [self._action(thread, "typing_on")]

    def _action(self, thread: str, action: str) -> Call:
        body = {"recipient": {"id": thread}, "sender_action": action}
        return Call(self._messages, json=body, headers=self._headers)

    async def fetch(self, reference: str, limit: int) -> bytes:
        if not is_on(reference, MEDIA_HOSTS, self._api):
            raise MediaRefused("It is not on Meta's media host.")
        # The address is signed by Meta; our token would tell the CDN more than it needs.
        return await bounded(self.client, self.client.build_request("GET", reference), limit, self.title)

    async def webhook(self) -> Webhook:
        request = self.client.build_request(
            "GET", f"{self._api}/{self._page_id}/subscribed_apps", headers=self._headers
        )
        apps = entries(self._told(await self.ask(request)).get("data"))
        fields = {text_of(field) for app in apps for field in entries(mapping(app).get("subscribed_fields"))}
        if set(FIELDS.split(",")[:2]) <= fields:
            return Webhook("registered", f"The app's webhook page must show {self.webhook_url}.")
        return Webhook("missing", "The page does not send its messages to the app. Run `make channels`.")

    async def register(self) -> Webhook:
        subscribe = Call(
            f"{self._api}/{self._page_id}/subscribed_apps",
            json={"subscribed_fields": FIELDS.split(",")},
            headers=self._headers,
        )
        self._told(await self.ask(self.authorised(subscribe)))
        profile = Call(
            f"{self._api}/{self._page_id}/messenger_profile",
            json={"get_started": {"payload": GET_STARTED}},
            headers=self._headers,
        )
        self._told(await self.ask(self.authorised(profile)))
        return await self.webhook()


def _message(event: dict[str, Any], message: dict[str, Any], sender: str) -> Inbound:
    mid = text_of(message.get("mid"))
    if not mid:
        return Noted(fingerprint(event), "message without mid")
    if message.get("is_deleted") is True:
        return Deleted(f"deleted:{mid}", mid)
    text = text_of(message.get("text"))
    media = tuple(_medium(mapping(one)) for one in entries(message.get("attachments")))
    if not text and not media:
        media = (Media("unknown"),)
    referral = mapping(event.get("referral")) or mapping(message.get("referral"))
    return Said(
        mid,
        thread=sender,
        text=text,
        provider_id=mid,
        media=media,
        pressed=text_of(mapping(message.get("quick_reply")).get("payload")) or None,
        answers=text_of(mapping(message.get("reply_to")).get("mid")) or None,
        entry=text_of(referral.get("ref"))[:255] or None,
    )


def _medium(attachment: dict[str, Any]) -> Media:
    payload = mapping(attachment.get("payload"))
    kind = _MEDIA.get(text_of(attachment.get("type")), "unknown")
    if payload.get("sticker_id"):
        kind = "sticker"
    place = mapping(payload.get("coordinates"))
    detail: dict[str, Any] = {"latitude": place.get("lat"), "longitude": place.get("long")} if place else {}
    if title := text_of(payload.get("title")) or text_of(attachment.get("title")):
        detail["title"] = title[:200]
    return Media(
        kind,  # type: ignore[arg-type]
        reference=text_of(payload.get("url")) or None if kind not in ("location", "sticker") else None,
        detail=detail or None,
    )


def _postback(event: dict[str, Any], postback: dict[str, Any], sender: str) -> Inbound:
    payload = text_of(postback.get("payload"))
    entry = text_of(mapping(postback.get("referral")).get("ref"))[:255] or None
    mid = text_of(postback.get("mid"))
    started = payload == GET_STARTED
    return Said(
        mid or fingerprint(event),
        thread=sender,
        text=text_of(postback.get("title")) or ("Get started" if started else "…"),
        provider_id=mid or None,
        pressed=None if started else payload,
        choice=entry_choice(entry) if started else None,
        entry=entry,
    )


def _echo(message: dict[str, Any], ours: bool) -> Inbound:
    mid, metadata = text_of(message.get("mid")), text_of(message.get("metadata"))
    if ours and mid and metadata:
        # Our own message came back: evidence, when the answer to our call was lost.
        return Receipt(f"echo:{mid}", "sent", target=mid, delivery=metadata)
    return Noted(f"echo:{mid}" if mid else fingerprint(message), "echo")


def _receipts(event: dict[str, Any], told: dict[str, Any], sender: str, state: str) -> list[Inbound]:
    events: list[Inbound] = [
        Receipt(f"{text_of(mid)}:{state}", state, target=text_of(mid))  # type: ignore[arg-type]
        for mid in entries(told.get("mids"))
        if text_of(mid)
    ]
    watermark = told.get("watermark")
    if isinstance(watermark, int | float) and not isinstance(watermark, bool) and abs(watermark) < 1e15:
        until = watermark / 1000
        events.append(Receipt(fingerprint(event), state, thread=sender, until=until))  # type: ignore[arg-type]
    return events or [Noted(fingerprint(event), state)]
