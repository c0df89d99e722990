"""WhatsApp by Meta's Cloud API: https://developers.facebook.com/docs/whatsapp/cloud-api has the limits.

A free text may be sent for 24 hours after the applicant's last message; later an approved template only.
"""

from __future__ import annotations

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
    whole,
)
from frontdesk.channels.opting import WHATSAPP, opting

# Media addresses that Meta gives out are on these hosts.
MEDIA_HOSTS: Final = ("lookaside.fbsbx.com",)

CAPABILITIES: Final = Capabilities(
    text=4096,
    measure=measures.characters,
    markup="whatsapp",
    buttons=Shape(options=3, label=20, body=1024),
    list_rows=Shape(options=10, label=24, body=4096, detail=72),
    attachments=True,
    window=24.0,
    per_second=60.0,
    # One message in six seconds to a person is the documented pace; bursts of 45 are allowed.
    per_thread=0.2,
)

_MEDIA: Final = {
    "image": "photo",
    "document": "file",
    "audio": "voice",
    "voice": "voice",
    "video": "video",
    "sticker": "sticker",
}
_STATES: Final = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}


class WhatsApp(meta.GraphChannel):
    """One phone number.

    Args:
        token: of a system user with `whatsapp_business_messaging`.
        app_secret: signs the calls that we get.
        verify_token: our own word for the GET challenge.
        number_id: the phone number's id, not the number.
        template: an approved template without parameters, for a closed window; "" holds the message.
        api: the Graph API's address with its version.
    """

    name: ClassVar[str] = "whatsapp"
    title: ClassVar[str] = "WhatsApp"

    def __init__(
        self,
        webhook_url: str,
        *,
        token: str,
        app_secret: str,
        verify_token: str,
        number_id: str,
        template: str,
        template_language: str,
        api: str,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        super().__init__(
            webhook_url,
            token=token,
            app_secret=app_secret,
            verify_token=verify_token,
            node=number_id,
            api=api,
            client=client,
        )
        self._number_id = number_id
        self._template = template
        self._language = template_language

    def capabilities(self, thread: str) -> Capabilities:
        return CAPABILITIES

    def parse(self, request: RawRequest) -> Parsed:
        body = request.json()
        if body.get("object") != "whatsapp_business_account":
            raise Unreadable("This is no webhook of a WhatsApp business account.")
        events: list[Inbound] = []
        for entry in entries(body.get("entry")):
            for change in entries(mapping(entry).get("changes")):
                events += self._change(mapping(change))
        return Parsed(events)

    def _change(self, change: dict[str, Any]) -> list[Inbound]:
        value = mapping(change.get("value"))
        if change.get("field") != "messages":
            return [Noted(fingerprint(change), text_of(change.get("field")) or "unnamed")]
        number = text_of(mapping(value.get("metadata")).get("phone_number_id"))
        if number != self._number_id:
            return [Noted(fingerprint(change), "another number")]
        names = {
            text_of(mapping(one).get("wa_id")): text_of(mapping(mapping(one).get("profile")).get("name"))
            for one in entries(value.get("contacts"))
        }
        events: list[Inbound] = []
        for message in entries(value.get("messages")):
            events.append(_message(mapping(message), names))
        for status in entries(value.get("statuses")):
            events.append(_status(mapping(status)))
        for error in entries(value.get("errors")):
            told = f"WhatsApp reports error {mapping(error).get('code')}."
            events.append(Noted(fingerprint(change), "error", trouble=told))
        return events

    def outside_window(self, author: str, hours: float) -> Outside:
        return "template" if self._template else "hold"

    def render(self, part: Part, envelope: Envelope) -> Call:
        body: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": envelope.thread,
            "biz_opaque_callback_data": envelope.delivery,
        }
        if envelope.outside_window:
            language = {"code": self._language}
            body |= {"type": "template", "template": {"name": self._template, "language": language}}
        elif part.attachment is not None:
            kind = "image" if part.attachment.media_type in ("image/jpeg", "image/png") else "document"
            content: dict[str, Any] = {"id": part.data["media_id"]}
            if kind == "document":
                content["filename"] = part.attachment.name
            body |= {"type": kind, kind: content}
        elif part.style == "buttons":
            buttons = [
                {"type": "reply", "reply": {"id": one.payload, "title": one.label}} for one in part.options
            ]
            interactive = {"type": "button", "body": {"text": part.text}, "action": {"buttons": buttons}}
            body |= {"type": "interactive", "interactive": interactive}
        elif part.style == "list":
            action = {"button": part.data["open"], "sections": [{"rows": _rows(part)}]}
            body |= {
                "type": "interactive",
                "interactive": {"type": "list", "body": {"text": part.text}, "action": action},
            }
        else:
            body |= {"type": "text", "text": {"body": part.text, "preview_url": False}}
        return Call(self._messages, json=body, headers=self._headers)

    async def send(self, part: Part, envelope: Envelope) -> str | None:
        if part.attachment is not None and not envelope.outside_window:
            # A file is given to Meta first, the message then names it.
            upload = Call(
                f"{self._api}/{self._number_id}/media",
                form={"messaging_product": "whatsapp", "type": part.attachment.media_type},
                file=("file", part.attachment),
                headers=self._headers,
            )
            given = self._told(await self.ask(self.authorised(upload)))
            part = Part("", attachment=part.attachment, data={"media_id": text_of(given.get("id"))})
        return await super().send(part, envelope)

    def sent(self, response: httpx.Response) -> str | None:
        told = self._told(response)
        found = entries(told.get("messages"))
        return text_of(mapping(found[0]).get("id")) or None if found else None

    def _told(self, response: httpx.Response) -> dict[str, Any]:
        return meta.result(response, self.title, "CHHA_WHATSAPP_TOKEN")

    def courtesies(self, said: Said, *, bot_works: bool) -> Sequence[Call]:
        if not said.provider_id:
            return ()
        read = {"messaging_product": "whatsapp", "status": "read", "message_id": said.provider_id}
        return (
            self.typing(said.thread, said.provider_id)
            if bot_works
            else (Call(self._messages, json=read, headers=self._headers),)
        )

    def typing(self, thread: str, last: str | None) -> Sequence[Call]:
        if last is None:
            return ()
        body = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": last,
            "typing_indicator": {"type": "text"},
        }
        return (Call(self._messages, json=body, headers=self._headers),)

    async def fetch(self, reference: str, limit: int) -> bytes:
        if not reference.isascii() or not reference.isalnum():
            raise MediaRefused("This is no media id of WhatsApp.")
        request = self.client.build_request("GET", f"{self._api}/{reference}", headers=self._headers)
        found = self._told(await self.ask(request))
        size = whole(found.get("file_size"))
        if size is not None and size > limit:
            raise MediaRefused(f"It is larger than {limit} bytes.")
        url = text_of(found.get("url"))
        if not is_on(url, MEDIA_HOSTS, self._api):
            raise MediaRefused("It is not on Meta's media host.")
        return await bounded(
            self.client, self.client.build_request("GET", url, headers=self._headers), limit, self.title
        )

    async def webhook(self) -> Webhook:
        request = self.client.build_request(
            "GET", f"{self._api}/{self._number_id}?fields=webhook_configuration", headers=self._headers
        )
        found = mapping(self._told(await self.ask(request)).get("webhook_configuration"))
        urls = [
            text_of(found.get(key)) for key in ("phone_number", "whatsapp_business_account", "application")
        ]
        urls = [url for url in urls if url]
        if self.webhook_url in urls:
            return Webhook("registered")
        if urls:
            return Webhook("elsewhere", f"Meta calls another address; set {self.webhook_url} in the app.")
        return Webhook(
            "missing", f"Enter {self.webhook_url} and the verify token in the app's WhatsApp page."
        )

    async def register(self) -> Webhook:
        call = Call(
            f"{self._api}/{self._number_id}",
            json={
                "webhook_configuration": {
                    "override_callback_uri": self.webhook_url,
                    "verify_token": self._verify_token,
                }
            },
            headers=self._headers,
        )
        self._told(await self.ask(self.authorised(call)))
        return await self.webhook()


def _rows(part: Part) -> list[dict[str, str]]:
    rows = []
    for one in part.options:
        row = {"id": one.payload, "title": measures.shortened(one.label, 24, measures.characters)}
        if row["title"] != one.label:
            row["description"] = one.label
        rows.append(row)
    return rows


def _message(message: dict[str, Any], names: dict[str, str]) -> Inbound:
    message_id = text_of(message.get("id"))
    sender, kind = text_of(message.get("from")), text_of(message.get("type"))
    if not message_id or not sender:
        return Noted(message_id or fingerprint(message), "message without id or sender")
    content = mapping(message.get(kind))
    if kind == "reaction":
        return Reacted(message_id, text_of(content.get("message_id")), text_of(content.get("emoji")))
    if kind == "edit":
        changed = mapping(content.get("message"))
        words = mapping(changed.get(text_of(changed.get("type"))))
        text = text_of(words.get("body")) or text_of(words.get("caption"))
        return Edited(message_id, text_of(content.get("original_message_id")), text)
    if kind == "revoke":
        return Deleted(message_id, text_of(content.get("original_message_id")))
    text, pressed = "", None
    media: tuple[Media, ...] = ()
    if kind == "text":
        text = text_of(content.get("body"))
    elif kind == "interactive":
        chosen = mapping(content.get(text_of(content.get("type"))))
        text, pressed = text_of(chosen.get("title")), text_of(chosen.get("id")) or None
    elif kind == "button":
        text = text_of(content.get("text"))  # a template's own button: its words are what was said
    elif kind in _MEDIA:
        text = text_of(content.get("caption"))
        media = (_medium(_MEDIA[kind], content),)
    elif kind == "location":
        media = (
            Media(
                "location",
                detail={
                    key: content[key]
                    for key in ("latitude", "longitude", "name", "address")
                    if key in content
                },
            ),
        )
    elif kind == "contacts":
        people = [
            mapping(mapping(one).get("name")).get("formatted_name")
            for one in entries(message.get("contacts"))
        ]
        media = (Media("contact", detail={"title": ", ".join(text_of(one) for one in people)[:200]}),)
    elif kind == "system":
        return Noted(message_id, "system")
    else:
        media = (Media("unknown", detail={"type": kind[:32]}),)
    referral = mapping(message.get("referral"))
    entry = text_of(referral.get("ref")) or text_of(referral.get("source_id")) or None
    opt = opting(text, WHATSAPP) if kind in ("text", "button") else None
    return Said(
        message_id,
        thread=sender,
        text=text,
        provider_id=message_id,
        name=names.get(sender) or None,
        media=media,
        pressed=pressed,
        choice=entry_choice(entry) if entry and not text and not media else None,
        answers=text_of(mapping(message.get("context")).get("id")) or None,
        entry=entry,
        opt=opt,
    )


def _medium(kind: str, content: dict[str, Any]) -> Media:
    return Media(
        kind,  # type: ignore[arg-type]
        reference=text_of(content.get("id")) or None,
        name=text_of(content.get("filename")) or None,
        media_type=text_of(content.get("mime_type")).partition(";")[0] or None,
    )


def _status(status: dict[str, Any]) -> Inbound:
    target, state = text_of(status.get("id")), _STATES.get(text_of(status.get("status")))
    if not target or state is None:
        return Noted(fingerprint(status), "status " + text_of(status.get("status"))[:20])
    error = mapping((entries(status.get("errors")) or [{}])[0])
    code = error.get("code")
    detail = text_of(mapping(error.get("error_data")).get("details")) or text_of(error.get("title"))
    return Receipt(
        f"{target}:{state}",
        state,  # type: ignore[arg-type]
        target=target,
        delivery=text_of(status.get("biz_opaque_callback_data")) or None,
        thread=text_of(status.get("recipient_id")) or None,
        error=f"Error {code}: {detail}"[:300] if error else None,
        window_closed=code == 131047,
        opted_out=code == 131050,
    )
