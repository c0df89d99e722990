"""What providers send: one sender a channel, which signs as the provider (or its own SDK) does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier
from twilio.request_validator import RequestValidator

from tests.channels.messaging.providers import GENERIC_SECRET, NUMBER_ID, PAGE_ID, TWILIO_SID, TWILIO_TOKEN

BASE_URL = "http://127.0.0.1:8000"  # of the test settings


@dataclass(frozen=True)
class Delivered:
    """One webhook call."""

    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def changed(self, **more: Any) -> Delivered:
        return replace(self, **more)


class Sender:
    """A provider. `thread` is whom it speaks for; numbers make ids."""

    name = ""
    thread = ""

    def say(self, text: str, number: int | str = 1, thread: str | None = None, **more: Any) -> Delivered:
        raise NotImplementedError

    def press(self, payload: str, label: str, number: int | str = 1, about: str = "") -> Delivered:
        raise NotImplementedError

    def signed(self, body: Any) -> Delivered:
        raise NotImplementedError


class Telegram(Sender):
    name, thread = "telegram", "1111"
    secret = "telegram-secret"

    def signed(self, body: Any) -> Delivered:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret, "Content-Type": "application/json"}
        return Delivered("/channels/telegram", raw, headers)

    def message(self, number: int, thread: str | None = None, **more: Any) -> dict[str, Any]:
        return {
            "message_id": number,
            "date": 1441645532,
            "chat": {"id": int(thread or self.thread), "type": "private", "first_name": "Amina"},
            "from": {"id": 1111, "is_bot": False, "first_name": "Amina", "last_name": "Bello"},
            **more,
        }

    def say(self, text: str, number: int | str = 1, thread: str | None = None, **more: Any) -> Delivered:
        number = int(number)
        return self.signed(
            {"update_id": 10_000 + number, "message": self.message(number, thread, text=text, **more)}
        )

    def press(self, payload: str, label: str, number: int | str = 1, about: str = "") -> Delivered:
        query = {
            "id": f"q{number}",
            "from": {"id": 1111, "is_bot": False, "first_name": "Amina"},
            "message": self.message(900_000 + int(number)),
            "data": payload,
        }
        return self.signed({"update_id": 20_000 + int(number), "callback_query": query})


class Meta(Sender):
    secret = ""

    def signed(self, body: Any) -> Delivered:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        digest = hmac.new(self.secret.encode(), raw, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}
        return Delivered(f"/channels/{self.name}", raw, headers)


class WhatsApp(Meta):
    name, thread = "whatsapp", "16505551234"
    secret = "whatsapp-app-secret"

    def value(self, **more: Any) -> dict[str, Any]:
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550001111", "phone_number_id": NUMBER_ID},
            "contacts": [{"profile": {"name": "Amina Bello"}, "wa_id": self.thread}],
            **more,
        }
        change = {"value": value, "field": "messages"}
        return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}

    def one(self, number: int | str, kind: str, content: Any, thread: str | None = None) -> dict[str, Any]:
        return {
            "from": thread or self.thread,
            "id": f"wamid.in{number}",
            "timestamp": "1603059201",
            "type": kind,
            kind: content,
        }

    def say(self, text: str, number: int | str = 1, thread: str | None = None, **more: Any) -> Delivered:
        return self.signed(self.value(messages=[self.one(number, "text", {"body": text}, thread)]))

    def press(self, payload: str, label: str, number: int | str = 1, about: str = "") -> Delivered:
        reply = {"type": "button_reply", "button_reply": {"id": payload, "title": label}}
        return self.signed(self.value(messages=[self.one(f"p{number}", "interactive", reply)]))


class Messenger(Meta):
    name, thread = "messenger", "2222"
    secret = "messenger-app-secret"

    def page(self, *events: dict[str, Any]) -> dict[str, Any]:
        whole = [
            {"sender": {"id": self.thread}, "recipient": {"id": PAGE_ID}, "timestamp": 1458692752478, **event}
            for event in events
        ]
        return {"object": "page", "entry": [{"id": PAGE_ID, "time": 1458692752478, "messaging": whole}]}

    def say(self, text: str, number: int | str = 1, thread: str | None = None, **more: Any) -> Delivered:
        event: dict[str, Any] = {"message": {"mid": f"m_in{number}", "text": text}}
        if thread:
            event["sender"] = {"id": thread}
        return self.signed(self.page(event))

    def press(self, payload: str, label: str, number: int | str = 1, about: str = "") -> Delivered:
        message = {"mid": f"m_press{number}", "text": label, "quick_reply": {"payload": payload}}
        return self.signed(self.page({"message": message}))


class Sms(Sender):
    name, thread = "twilio", "+14155551234"
    token = TWILIO_TOKEN

    def signed(self, body: Any, query: str = "") -> Delivered:
        path = "/channels/twilio" + (f"?{query}" if query else "")
        form = dict(body)
        signature = RequestValidator(self.token).compute_signature(BASE_URL + path, form)
        headers = {
            "X-Twilio-Signature": signature,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return Delivered(path, urlencode(form).encode(), headers)

    def form(self, number: int | str, text: str, thread: str | None = None, **more: str) -> dict[str, str]:
        sender = thread or self.thread
        return {
            "MessageSid": f"SM{'wa' if sender.startswith('whatsapp') else ''}in{number}",
            "AccountSid": TWILIO_SID,
            "From": sender,
            "To": "+15005550006",
            "Body": text,
            "NumMedia": "0",
            "SmsStatus": "received",
            **more,
        }

    def say(self, text: str, number: int | str = 1, thread: str | None = None, **more: Any) -> Delivered:
        return self.signed(self.form(number, text, thread, **more))

    def press(self, payload: str, label: str, number: int | str = 1, about: str = "") -> Delivered:
        return self.say(label, f"p{number}")  # nothing can be pressed: words are typed


class TwilioWhatsApp(Sms):
    thread = "whatsapp:+14155551234"


class Slack(Sender):
    name, thread = "slack", "T1:D1"
    secret = "8f742231b10e8888abcd99yyyzzz85a5"

    def signed(self, body: Any, stamp: int | None = None, media: str = "application/json") -> Delivered:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        timestamp = str(stamp if stamp is not None else int(time.time()))
        signature = SignatureVerifier(self.secret).generate_signature(
            timestamp=timestamp, body=raw.decode(errors="replace")
        )
        headers = {
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": str(signature),
            "Content-Type": media,
        }
        return Delivered("/channels/slack", raw, headers)

    def event(self, event_id: str, **event: Any) -> dict[str, Any]:
        return {
            "token": "x",
            "team_id": "T1",
            "api_app_id": "A1",
            "type": "event_callback",
            "event_id": event_id,
            "event_time": 1355517523,
            "authorizations": [{"team_id": "T1", "user_id": "UBOT", "is_bot": True}],
            "event": event,
        }

    def say(self, text: str, number: int | str = 1, thread: str | None = None, **more: Any) -> Delivered:
        _, channel, *rest = (thread or self.thread).split(":")
        event = {
            "type": "message",
            "channel": channel,
            "channel_type": "im" if channel.startswith("D") else "channel",
            "user": "U1",
            "text": text,
            "ts": f"1355517523.{str(number).rjust(6, '0')}",
            **({"thread_ts": rest[0]} if rest else {}),
            **more,
        }
        return self.signed(self.event(f"Ev{number}", **event))

    def press(self, payload: str, label: str, number: int | str = 1, about: str = "") -> Delivered:
        told = {
            "type": "block_actions",
            "team": {"id": "T1"},
            "user": {"id": "U1", "name": "amina"},
            "channel": {"id": "D1"},
            "container": {"type": "message", "message_ts": "1.2", "channel_id": "D1"},
            "trigger_id": f"t{number}",
            "actions": [
                {
                    "action_id": "choice-0",
                    "value": payload,
                    "action_ts": f"155.{number}",
                    "type": "button",
                    "text": {"type": "plain_text", "text": label},
                }
            ],
        }
        raw = urlencode({"payload": json.dumps(told)}).encode()
        return self.signed(raw, media="application/x-www-form-urlencoded")


class Generic(Sender):
    name, thread = "generic", "room-7"
    secret = GENERIC_SECRET

    def signed(self, body: Any, stamp: int | None = None) -> Delivered:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        message_id, timestamp = uuid.uuid4().hex, str(stamp if stamp is not None else int(time.time()))
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + raw, hashlib.sha256).digest()
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": "v1," + base64.b64encode(digest).decode(),
            "Content-Type": "application/json",
        }
        return Delivered("/channels/generic", raw, headers)

    def say(self, text: str, number: int | str = 1, thread: str | None = None, **more: Any) -> Delivered:
        event = {
            "type": "message",
            "id": f"in{number}",
            "thread": thread or self.thread,
            "text": text,
            **more,
        }
        return self.signed(event)

    def press(self, payload: str, label: str, number: int | str = 1, about: str = "") -> Delivered:
        event = {"type": "message", "id": f"press{number}", "thread": self.thread, "choice": payload}
        return self.signed(event)


SENDERS: dict[str, Sender] = {
    "telegram": Telegram(),
    "whatsapp": WhatsApp(),
    "sms": Sms(),
    "twilio whatsapp": TwilioWhatsApp(),
    "messenger": Messenger(),
    "slack": Slack(),
    "generic": Generic(),
}
