"""Slack: direct messages and mentions of one app (https://docs.slack.dev; limits are from there).

Proof: v0 HMAC over timestamp and body, five minutes. A thread of ours is a direct chat, or a thread in a
channel that began with a mention.
"""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar, Final
from urllib.parse import parse_qs

import httpx
from slack_sdk.signature import Clock, SignatureVerifier

from frontdesk.channels import measures
from frontdesk.channels.channel import (
    Call,
    Capabilities,
    Channel,
    Envelope,
    MediaRefused,
    Part,
    SendFailure,
    Shape,
    Webhook,
    bounded,
    is_on,
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
    Said,
    Unreadable,
    entries,
    fingerprint,
    mapping,
    text_of,
    whole,
)

CAPABILITIES: Final = Capabilities(
    text=3000,  # of a section block; a message's text may hold 4,000
    measure=measures.characters,
    markup="slack",
    buttons=Shape(options=25, label=75, body=3000),
    attachments=True,
    per_second=20.0,
    per_thread=1.0,
)

MEDIA_HOSTS: Final = ("files.slack.com",)
EVENT_TYPE: Final = "frontdesk_delivery"

_AGAIN: Final = {
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "team_added_to_org",
}
_TOKEN: Final = {
    "invalid_auth",
    "token_revoked",
    "token_expired",
    "not_authed",
    "account_inactive",
    "missing_scope",
}


class Slack(Channel):
    """One app in a workspace.

    Args:
        token: the bot's (xoxb-…).
        signing_secret: signs the calls that we get.
        api: of the Web API.
        clock: gives the seconds that a signature's age is measured by.
    """

    name: ClassVar[str] = "slack"
    title: ClassVar[str] = "Slack"

    def __init__(
        self,
        webhook_url: str,
        *,
        token: str,
        signing_secret: str,
        api: str,
        client: httpx.AsyncClient | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(webhook_url, client)
        self._verifier = SignatureVerifier(signing_secret, clock or Clock())
        self._api = api.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}

    def capabilities(self, thread: str) -> Capabilities:
        return CAPABILITIES

    def verify(self, request: RawRequest) -> None:
        stamp = request.headers.get("x-slack-request-timestamp", "")
        given = request.headers.get("x-slack-signature", "")
        try:
            good = (
                stamp.isascii()
                and stamp.isdigit()
                and len(stamp) < 16
                and given.isascii()
                and self._verifier.is_valid(body=request.body, timestamp=stamp, signature=given)
            )
        except UnicodeDecodeError:
            good = False
        if not good:
            raise Forged("X-Slack-Signature is missing, wrong, or older than five minutes.")

    def parse(self, request: RawRequest) -> Parsed:
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return Parsed(_interactions(_payload(request)))
        body = request.json()
        if body.get("type") == "url_verification":
            return Parsed([], text_of(body.get("challenge"))[:200])
        if body.get("type") != "event_callback":
            return Parsed([Noted(fingerprint(body), text_of(body.get("type")) or "unnamed")])
        event_id = text_of(body.get("event_id")) or fingerprint(body)
        own = {text_of(mapping(one).get("user_id")) for one in entries(body.get("authorizations"))}
        return Parsed([_event(event_id, body, mapping(body.get("event")), own - {""})])

    def render(self, part: Part, envelope: Envelope) -> Call:
        channel, thread_ts = _place(envelope.thread)
        body: dict[str, Any] = {
            "channel": channel,
            "text": part.text,
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"delivery": envelope.delivery}},
        }
        if thread_ts:
            body["thread_ts"] = thread_ts
        if part.options:
            body["blocks"] = [
                {"type": "section", "text": {"type": "mrkdwn", "text": part.text}},
                {
                    "type": "actions",
                    "elements": [
                        {
                            "type": "button",
                            "text": {"type": "plain_text", "text": one.label, "emoji": False},
                            "action_id": f"choice-{number}",
                            "value": one.payload,
                        }
                        for number, one in enumerate(part.options)
                    ],
                },
            ]
        return Call(f"{self._api}/chat.postMessage", json=body, headers=self._headers)

    async def send(self, part: Part, envelope: Envelope) -> str | None:
        if part.attachment is None:
            return await super().send(part, envelope)
        # Files go in three steps since files.upload is gone: ask for an address, put it there, share it.
        size = str(len(part.attachment.content))
        asked = await self._told(
            Call(
                f"{self._api}/files.getUploadURLExternal",
                form={"filename": part.attachment.name, "length": size},
                headers=self._headers,
            )
        )
        url = text_of(asked.get("upload_url"))
        if not is_on(url, MEDIA_HOSTS, self._api):
            raise SendFailure("Slack named a foreign address for a file.", again=False)
        put = await self.ask(self.client.build_request("POST", url, content=part.attachment.content))
        if not put.is_success:
            raise SendFailure(f"Slack answered {put.status_code} for a file.", again=put.status_code >= 500)
        channel, thread_ts = _place(envelope.thread)
        shared: dict[str, Any] = {"files": [{"id": asked.get("file_id")}], "channel_id": channel}
        if thread_ts:
            shared["thread_ts"] = thread_ts
        await self._told(
            Call(f"{self._api}/files.completeUploadExternal", json=shared, headers=self._headers)
        )
        return None

    async def _told(self, call: Call) -> dict[str, Any]:
        return self._result(await self.ask(self.authorised(call)))

    def sent(self, response: httpx.Response) -> str | None:
        told = self._result(response)
        ts, channel = text_of(told.get("ts")), text_of(told.get("channel"))
        return f"{channel}:{ts}" if ts and channel else None

    def _result(self, response: httpx.Response) -> dict[str, Any]:
        told = json_of(response)
        if response.is_success and told.get("ok") is True:
            return told
        error = text_of(told.get("error"))
        reason = f"Slack answered {response.status_code}: {error[:100]}"
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS or error in ("ratelimited", "rate_limited"):
            # "rate_limited" is of one channel, the 429 of the whole method.
            raise SendFailure(
                reason,
                again=True,
                retry_after=retry_after(response) or 1.0,
                everybody=response.status_code == httpx.codes.TOO_MANY_REQUESTS,
            )
        if error in _TOKEN:
            raise SendFailure(f"{reason}. Check CHHA_SLACK_TOKEN.", again=True, everybody=True)
        again = response.status_code >= 500 or error in _AGAIN or (response.is_success and not error)
        raise SendFailure(reason, again=again)

    async def fetch(self, reference: str, limit: int) -> bytes:
        if not is_on(reference, MEDIA_HOSTS, self._api):
            raise MediaRefused("It is not on Slack's file host.")
        request = self.client.build_request("GET", reference, headers=self._headers)
        content = await bounded(self.client, request, limit, self.title)
        if content.lstrip()[:15].lower().startswith(b"<!doctype html"):
            raise SendFailure("Slack gave its sign-in page: the scope files:read is missing.", again=False)
        return content

    async def webhook(self) -> Webhook:
        await self._told(Call(f"{self._api}/auth.test", json={}, headers=self._headers))
        return Webhook(
            "unknown",
            f"The token works. The app's event subscriptions and interactivity must show {self.webhook_url}.",
        )


def _place(thread: str) -> tuple[str, str]:
    """Slack's channel and thread of a thread of ours (`team:channel` or `team:channel:ts`)."""
    _, _, rest = thread.partition(":")
    channel, _, ts = rest.partition(":")
    return channel, ts


def _payload(request: RawRequest) -> dict[str, Any]:
    try:
        fields = parse_qs(request.body.decode("ascii"), max_num_fields=50, errors="strict")
        found = json.loads(fields["payload"][0])
    except (ValueError, KeyError, RecursionError):
        raise Unreadable("The form needs a payload of JSON.") from None
    if not isinstance(found, dict):
        raise Unreadable("The payload must be a JSON object.")
    return found


def _interactions(payload: dict[str, Any]) -> list[Inbound]:
    if payload.get("type") != "block_actions":
        return [Noted(fingerprint(payload), text_of(payload.get("type")) or "unnamed")]
    team = text_of(mapping(payload.get("team")).get("id"))
    container, message = mapping(payload.get("container")), mapping(payload.get("message"))
    channel = text_of(mapping(payload.get("channel")).get("id")) or text_of(container.get("channel_id"))
    ts = text_of(message.get("thread_ts")) or text_of(container.get("thread_ts"))
    user = mapping(payload.get("user"))
    events: list[Inbound] = []
    for number, one in enumerate(entries(payload.get("actions"))):
        action = mapping(one)
        if not channel or not text_of(action.get("value")):
            events.append(Noted(fingerprint([payload, number]), "action"))
            continue
        stamp = text_of(action.get("action_ts")) or text_of(payload.get("trigger_id"))
        events.append(
            Said(
                f"action:{text_of(user.get('id'))}:{stamp}:{text_of(action.get('action_id'))}",
                thread=_thread(team, channel, ts),
                text=text_of(mapping(action.get("text")).get("text")),
                name=text_of(user.get("name")) or None,
                pressed=text_of(action.get("value")),
            )
        )
    return events


def _thread(team: str, channel: str, ts: str) -> str:
    return f"{team}:{channel}:{ts}" if ts else f"{team}:{channel}"


def _event(event_id: str, body: dict[str, Any], event: dict[str, Any], own: set[str]) -> Inbound:  # noqa: PLR0911 - one return a kind
    kind, subtype = text_of(event.get("type")), text_of(event.get("subtype"))
    team = text_of(body.get("team_id")) or text_of(event.get("team"))
    channel = text_of(event.get("channel"))
    if kind in ("reaction_added", "reaction_removed"):
        item = mapping(event.get("item"))
        value = text_of(event.get("reaction")) if kind == "reaction_added" else ""
        return Reacted(event_id, f"{text_of(item.get('channel'))}:{text_of(item.get('ts'))}", value)
    if kind not in ("message", "app_mention") or not channel:
        return Noted(event_id, kind or "unnamed")
    if event.get("bot_id") or subtype == "bot_message" or text_of(event.get("user")) in own:
        return Noted(event_id, "bot")
    if subtype == "message_changed":
        changed = mapping(event.get("message"))
        if changed.get("bot_id"):
            return Noted(event_id, "bot")
        if text_of(mapping(event.get("previous_message")).get("text")) == text_of(changed.get("text")):
            return Noted(event_id, "unfurled")
        return Edited(
            event_id, f"{channel}:{text_of(changed.get('ts'))}", _words(text_of(changed.get("text")))
        )
    if subtype == "message_deleted":
        return Deleted(event_id, f"{channel}:{text_of(event.get('deleted_ts'))}")
    if subtype not in ("", "file_share", "thread_broadcast", "me_message"):
        return Noted(event_id, subtype)
    ts = text_of(event.get("ts"))
    thread_ts = text_of(event.get("thread_ts"))
    direct = event.get("channel_type") == "im" or channel.startswith("D")
    media = tuple(_medium(mapping(one)) for one in entries(event.get("files")))
    text = _words(text_of(event.get("text")))
    if not text and not media and kind == "message":
        media = (Media("unknown"),)
    return Said(
        event_id,
        # In a channel the answer goes into a thread under the mention; in a direct chat there need be none.
        thread=_thread(team, channel, thread_ts if direct else thread_ts or ts),
        text=text or ("Hello" if kind == "app_mention" and not media else ""),
        provider_id=f"{channel}:{ts}" if ts else None,
        media=media,
        only_if_known=not direct and kind == "message",
    )


def _words(text: str) -> str:
    """Slack's own writing as plain text: links as addresses, names of channels, no mention of ourselves in
    front.
    """
    text = re.sub(r"^\s*<@[A-Z0-9]+(?:\|[^>]*)?>[\s,:]*", "", text)
    text = re.sub(r"<@([A-Z0-9]+)(?:\|([^>]*))?>", lambda found: f"@{found[2] or found[1]}", text)
    text = re.sub(r"<#[A-Z0-9]+\|([^>]*)>", r"#\1", text)
    text = re.sub(r"<!(?:\w+\^?[^|>]*)(?:\|([^>]*))?>", lambda found: found[1] or "", text)
    text = re.sub(r"<(?:mailto:|tel:)[^|>]*\|([^>]*)>", r"\1", text)
    text = re.sub(r"<(https?://[^|>]*)(?:\|[^>]*)?>", r"\1", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _medium(file: dict[str, Any]) -> Media:
    media_type = text_of(file.get("mimetype"))
    kind = {"image": "photo", "audio": "voice", "video": "video"}.get(media_type.partition("/")[0], "file")
    return Media(
        kind,  # type: ignore[arg-type]
        reference=text_of(file.get("url_private_download")) or text_of(file.get("url_private")) or None,
        name=text_of(file.get("name")) or None,
        media_type=media_type or None,
        size=whole(file.get("size")),
    )
