"""A local server that stands in for the providers' APIs and refuses what the real ones refuse.

What it accepts it keeps in order, by provider. The limits are from the providers' documentation, written down
here a second time on purpose.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TELEGRAM_TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
META_TOKEN = "EAAGm0PX4ZCpsBAKZCtestpage"
TWILIO_SID = "AC" + "0" * 32
TWILIO_TOKEN = "12345"
SLACK_TOKEN = "xoxb-test"
GENERIC_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NUMBER_ID = "106540352242922"
PAGE_ID = "1077"

Answer = tuple[int, dict[str, str], Any]


@dataclass(frozen=True)
class Sent:
    """One accepted message."""

    provider: str
    thread: str
    text: str
    options: tuple[tuple[str, str], ...] = ()  # (label, payload)
    raw: dict[str, Any] = field(default_factory=dict)
    file: bytes | None = None


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        found = json.loads(self.body or b"{}")
        assert isinstance(found, dict)
        return found

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


class Refusal(Exception):
    def __init__(self, status: int, body: Any, **headers: str) -> None:
        super().__init__(f"{status} {body}")
        self.answer: Answer = (status, headers, body)


class Providers:
    """`disturb(asked)` may answer instead (a 500, a 429); `lose_answer` leaves its effect unanswered."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.sent: list[Sent] = []
        self.refused: list[str] = []
        self.courtesies: list[tuple[str, dict[str, Any]]] = []
        self.calls: Counter[str] = Counter()
        self.closed_windows: set[str] = set()
        self.blocked: set[str] = set()
        self.files: dict[str, bytes] = {}
        self.webhooks: dict[str, Any] = {}
        self.disturb: Callable[[Asked], Answer | None] = lambda _asked: None
        self.lose_answer: Callable[[Asked], bool] = lambda _asked: False
        self.seconds = 0.0
        self._number = 0
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self.connections: set[socket.socket] = set()
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings(self) -> dict[str, Any]:
        """Settings that turn every channel on, against this server."""
        return {
            "telegram_token": TELEGRAM_TOKEN,
            "telegram_secret": "telegram-secret",
            "telegram_api": f"{self.url}/telegram",
            "meta_api": f"{self.url}/graph",
            "whatsapp_token": META_TOKEN,
            "whatsapp_app_secret": "whatsapp-app-secret",
            "whatsapp_verify_token": "whatsapp-verify",
            "whatsapp_number_id": NUMBER_ID,
            "messenger_token": META_TOKEN,
            "messenger_app_secret": "messenger-app-secret",
            "messenger_verify_token": "messenger-verify",
            "messenger_page_id": PAGE_ID,
            "twilio_account_sid": TWILIO_SID,
            "twilio_auth_token": TWILIO_TOKEN,
            "twilio_sms_from": "+15005550006",
            "twilio_whatsapp_from": "+14155238886",
            "twilio_api": f"{self.url}/twilio",
            "slack_token": SLACK_TOKEN,
            "slack_signing_secret": "8f742231b10e8888abcd99yyyzzz85a5",
            "slack_api": f"{self.url}/slack",
            "generic_secret": GENERIC_SECRET,
            "generic_url": f"{self.url}/generic",
            "rest_api_key": "rest-key",
        }

    def start(self) -> None:
        self._server = _serve(self, self.port)
        self.port = int(self._server.server_address[1])

    def stop(self) -> None:
        """Nobody listens at the address any more."""
        if self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._server = None
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def texts(self, provider: str, thread: str | None = None) -> list[str]:
        return [one.text for one in self.of(provider, thread)]

    def of(self, provider: str, thread: str | None = None) -> list[Sent]:
        with self._lock:
            return [one for one in self.sent if one.provider == provider and thread in (None, one.thread)]

    def answer(self, asked: Asked) -> Answer:
        provider = asked.path.split("/")[1]
        with self._lock:
            self.calls[provider] += 1
            self._number += 1
            number = self._number
        if self.seconds:
            time.sleep(self.seconds)
        disturbed = self.disturb(asked)
        if disturbed is not None:
            return disturbed
        try:
            return getattr(self, f"_{provider}")(asked, number)  # type: ignore[no-any-return]
        except Refusal as refusal:
            with self._lock:
                self.refused.append(str(refusal))
            return refusal.answer

    def _keep(self, sent: Sent) -> None:
        with self._lock:
            self.sent.append(sent)

    # ------------------------------------------------------------------ Telegram

    def _telegram(self, asked: Asked, number: int) -> Answer:
        def refuse(code: int, why: str, **more: Any) -> Refusal:
            return Refusal(code, {"ok": False, "error_code": code, "description": why, **more})

        if asked.path.startswith(f"/telegram/file/bot{TELEGRAM_TOKEN}/"):
            content = self.files.get(asked.path.rpartition("/")[2])
            return (200, {}, content) if content is not None else (404, {}, {"ok": False})
        if not asked.path.startswith(f"/telegram/bot{TELEGRAM_TOKEN}/"):
            raise refuse(401, "Unauthorized")
        method = asked.path.rpartition("/")[2]
        if method == "getWebhookInfo":
            return 200, {}, {"ok": True, "result": {"url": self.webhooks.get("telegram", "")}}
        if method == "setWebhook":
            self.webhooks["telegram"] = asked.json()["url"]
            self.webhooks["telegram_secret"] = asked.json()["secret_token"]
            return 200, {}, {"ok": True, "result": True}
        if method == "getFile":
            return 200, {}, {"ok": True, "result": {"file_path": f"documents/{asked.json()['file_id']}"}}
        if method in ("sendChatAction", "answerCallbackQuery"):
            self.courtesies.append((method, asked.json()))
            return 200, {}, {"ok": True, "result": True}
        if method in ("sendDocument", "sendPhoto"):
            chat, content = _multipart(asked, "chat_id"), asked.body
            self._keep(Sent("telegram", chat, "", raw={"method": method}, file=content))
            return 200, {}, {"ok": True, "result": {"message_id": number, "chat": {"id": int(chat)}}}
        assert method == "sendMessage", method
        body = asked.json()
        chat = body["chat_id"]
        if chat in self.blocked:
            raise refuse(403, "Forbidden: bot was blocked by the user")
        reader = _TelegramHtml()
        if body.get("parse_mode") == "HTML":
            try:
                reader.read(body["text"])
            except ValueError as error:
                raise refuse(400, f"Bad Request: can't parse entities: {error}") from None
            words = reader.words
        else:
            words = body["text"]
        if not words.strip():
            raise refuse(400, "Bad Request: message text is empty")
        if len(words.encode("utf-16-le")) // 2 > 4096:
            raise refuse(400, "Bad Request: message is too long")
        buttons = [one for row in body.get("reply_markup", {}).get("inline_keyboard", []) for one in row]
        if len(buttons) > 100:
            raise refuse(400, "Bad Request: reply markup is too long")
        for one in buttons:
            if not 1 <= len(one["callback_data"].encode()) <= 64:
                raise refuse(400, "Bad Request: BUTTON_DATA_INVALID")
            if not one["text"].strip():
                raise refuse(400, "Bad Request: text buttons are unallowed in the inline keyboard")
        options = tuple((one["text"], one["callback_data"]) for one in buttons)
        self._keep(Sent("telegram", chat, words, options, body))
        return 200, {}, {"ok": True, "result": {"message_id": number, "chat": {"id": int(chat)}}}

    # ------------------------------------------------------------------ Meta

    def _graph(self, asked: Asked, number: int) -> Answer:
        if asked.path.startswith("/graph/content/"):
            return 200, {}, self.files[asked.path.rpartition("/")[2]]
        if asked.headers.get("authorization") != f"Bearer {META_TOKEN}":
            raise Refusal(401, {"error": {"code": 190, "message": "Invalid OAuth access token."}})
        tail = asked.path.removeprefix("/graph/")
        if tail == f"{NUMBER_ID}/messages":
            return self._whatsapp(asked, number)
        if tail == f"{PAGE_ID}/messages":
            return self._messenger(asked, number)
        if tail == NUMBER_ID and asked.method == "POST":
            self.webhooks["whatsapp"] = asked.json()["webhook_configuration"]["override_callback_uri"]
            return 200, {}, {"success": True}
        if tail == NUMBER_ID:
            url = self.webhooks.get("whatsapp")
            return 200, {}, {"id": NUMBER_ID, "webhook_configuration": {"phone_number": url} if url else {}}
        if tail == f"{NUMBER_ID}/media":
            self.files[f"m{number}"] = asked.body
            return 200, {}, {"id": f"m{number}"}
        if tail in (f"{PAGE_ID}/subscribed_apps", f"{PAGE_ID}/messenger_profile"):
            if asked.method == "POST":
                self.webhooks[tail] = asked.json()
                return 200, {}, {"success": True}
            told = self.webhooks.get(tail)
            return 200, {}, {"data": [told] if told else []}
        if tail in self.files:
            return (
                200,
                {},
                {"url": f"{self.url}/graph/content/{tail}", "file_size": len(self.files[tail]), "id": tail},
            )
        raise Refusal(404, {"error": {"code": 100, "message": "Unsupported get request."}})

    def _whatsapp(self, asked: Asked, number: int) -> Answer:
        def refuse(code: int, why: str) -> Refusal:
            return Refusal(400, {"error": {"code": code, "message": why, "error_data": {"details": why}}})

        body = asked.json()
        if body.get("messaging_product") != "whatsapp":
            raise refuse(100, "messaging_product is missing")
        if body.get("status") == "read":
            self.courtesies.append(("read", body))
            return 200, {}, {"success": True}
        to, kind = body["to"], body["type"]
        if to in self.closed_windows and kind != "template":
            raise refuse(131047, "Re-engagement message")
        options: tuple[tuple[str, str], ...] = ()
        text = ""
        if kind == "text":
            text = body["text"]["body"]
            _length(refuse, "text body", text, 4096)
        elif kind == "interactive":
            inside = body["interactive"]
            text = inside["body"]["text"]
            if inside["type"] == "button":
                _length(refuse, "body", text, 1024)
                found = [one["reply"] for one in inside["action"]["buttons"]]
                if not 1 <= len(found) <= 3:
                    raise refuse(
                        131009, "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3"
                    )
                for one in found:
                    _length(refuse, "button title", one["title"], 20)
                if len({one["title"] for one in found}) < len(found):
                    raise refuse(131009, "Duplicated button titles")
            else:
                _length(refuse, "body", text, 4096)
                _length(refuse, "button", inside["action"]["button"], 20)
                found = [row for section in inside["action"]["sections"] for row in section["rows"]]
                if not 1 <= len(found) <= 10:
                    raise refuse(131009, "Total row count exceed max allowed count: 10")
                for row in found:
                    _length(refuse, "row title", row["title"], 24)
                    if "description" in row:
                        _length(refuse, "row description", row["description"], 72)
            for one in found:
                _length(refuse, "id", one["id"], 200)
            if len({one["id"] for one in found}) < len(found):
                raise refuse(131009, "Duplicated ids")
            options = tuple((one.get("description") or one["title"], one["id"]) for one in found)
        elif kind == "template":
            text = f"template {body['template']['name']}"
        elif kind in ("document", "image") and body[kind]["id"] not in self.files:
            raise refuse(131053, "Media upload error")
        self._keep(Sent("whatsapp", to, text, options, body))
        return 200, {}, {"messaging_product": "whatsapp", "messages": [{"id": f"wamid.out{number}"}]}

    def _messenger(self, asked: Asked, number: int) -> Answer:
        def refuse(code: int, why: str, subcode: int | None = None) -> Refusal:
            return Refusal(400, {"error": {"code": code, "message": why, "error_subcode": subcode}})

        if asked.headers.get("content-type", "").startswith("multipart/"):
            thread = json.loads(_multipart(asked, "recipient"))["id"]
            self._keep(Sent("messenger", thread, "", file=asked.body))
            return 200, {}, {"recipient_id": thread, "message_id": f"m_out{number}"}
        body = asked.json()
        thread = body["recipient"]["id"]
        if "sender_action" in body:
            self.courtesies.append((body["sender_action"], body))
            return 200, {}, {"recipient_id": thread}
        if thread in self.closed_windows and body.get("tag") != "HUMAN_AGENT":
            raise refuse(10, "This message is sent outside of allowed window.", 2018278)
        message = body["message"]
        _length(lambda _code, why: refuse(100, why), "message[text]", message["text"], 2000)
        replies = message.get("quick_replies", [])
        if len(replies) > 13:
            raise refuse(100, "quick_replies must have at most 13 elements")
        for one in replies:
            _length(lambda _code, why: refuse(100, why), "title", one["title"], 20)
            _length(lambda _code, why: refuse(100, why), "payload", one["payload"], 1000)
        if len(message.get("metadata", "")) > 1000:
            raise refuse(100, "metadata is too long")
        options = tuple((one["title"], one["payload"]) for one in replies)
        self._keep(Sent("messenger", thread, message["text"], options, body))
        return 200, {}, {"recipient_id": thread, "message_id": f"m_out{number}"}

    # ------------------------------------------------------------------ Twilio

    def _twilio(self, asked: Asked, number: int) -> Answer:
        def refuse(status: int, code: int, why: str) -> Refusal:
            return Refusal(status, {"code": code, "message": why, "status": status})

        if asked.path.startswith("/twilio/media/"):
            return 200, {}, self.files[asked.path.rpartition("/")[2]]
        basic = base64.b64encode(f"{TWILIO_SID}:{TWILIO_TOKEN}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {basic}":
            raise refuse(401, 20003, "Authenticate")
        base = f"/twilio/2010-04-01/Accounts/{TWILIO_SID}"
        if asked.path == f"{base}/IncomingPhoneNumbers.json":
            found = {"sid": "PN1", "phone_number": "+15005550006", "sms_url": self.webhooks.get("twilio", "")}
            return 200, {}, {"incoming_phone_numbers": [found]}
        if asked.path == f"{base}/IncomingPhoneNumbers/PN1.json":
            self.webhooks["twilio"] = asked.form()["SmsUrl"]
            return 200, {}, {"sid": "PN1"}
        assert asked.path == f"{base}/Messages.json", asked.path
        form = asked.form()
        if not form.get("From") and not form.get("MessagingServiceSid"):
            raise refuse(400, 21603, "A 'From' phone number is required.")
        to = form["To"]
        if to in self.blocked:
            raise refuse(400, 21610, "Attempt to send to unsubscribed recipient")
        if to in self.closed_windows and "ContentSid" not in form:
            raise refuse(400, 63016, "Failed to send freeform message outside the allowed window")
        text = form.get("Body", f"template {form.get('ContentSid')}")
        if not text:
            raise refuse(400, 21602, "Message body is required.")
        if len(text.encode("utf-16-le")) // 2 > 1600:
            raise refuse(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        self._keep(Sent("twilio", to, text, raw=form))
        return 201, {}, {"sid": f"SM{number:032x}", "status": "queued"}

    # ------------------------------------------------------------------ Slack

    def _slack(self, asked: Asked, number: int) -> Answer:
        def refuse(error: str, status: int = 200, **headers: str) -> Refusal:
            return Refusal(status, {"ok": False, "error": error}, **headers)

        if asked.path.startswith("/slack/content/"):
            return 200, {}, self.files[asked.path.rpartition("/")[2]]
        if asked.path.startswith("/slack/put/"):
            self.files[asked.path.rpartition("/")[2]] = asked.body
            return 200, {}, b"OK"
        if asked.headers.get("authorization") != f"Bearer {SLACK_TOKEN}":
            raise refuse("not_authed")
        method = asked.path.rpartition("/")[2]
        if method == "auth.test":
            return 200, {}, {"ok": True, "user_id": "UBOT"}
        if method == "files.getUploadURLExternal":
            return (
                200,
                {},
                {"ok": True, "upload_url": f"{self.url}/slack/put/F{number}", "file_id": f"F{number}"},
            )
        if method == "files.completeUploadExternal":
            body = asked.json()
            content = self.files[body["files"][0]["id"]]
            thread = ":".join(
                ["T1", body["channel_id"], *([body["thread_ts"]] if "thread_ts" in body else [])]
            )
            self._keep(Sent("slack", thread, "", file=content))
            return 200, {}, {"ok": True}
        assert method == "chat.postMessage", method
        body = asked.json()
        if not body.get("text"):
            raise refuse("no_text")
        if len(body["text"]) > 40_000:
            raise refuse("msg_too_long")
        options: list[tuple[str, str]] = []
        for block in body.get("blocks", []):
            if block["type"] == "section" and not 1 <= len(block["text"]["text"]) <= 3000:
                raise refuse("invalid_blocks")
            if block["type"] == "actions":
                elements = block["elements"]
                if not 1 <= len(elements) <= 25 or len({one["action_id"] for one in elements}) < len(
                    elements
                ):
                    raise refuse("invalid_blocks")
                for one in elements:
                    if not 1 <= len(one["text"]["text"]) <= 75 or len(one["value"]) > 2000:
                        raise refuse("invalid_blocks")
                    options.append((one["text"]["text"], one["value"]))
        for found in re.findall(r"<[^>]*>?", body["text"]):
            if not re.fullmatch(r"<https?://[^|<>\s]+(\|[^<>]+)?>", found):
                raise refuse("markup_error")
        thread = ":".join(["T1", body["channel"], *([body["thread_ts"]] if "thread_ts" in body else [])])
        self._keep(Sent("slack", thread, body["text"], tuple(options), body))
        return 200, {}, {"ok": True, "channel": body["channel"], "ts": f"1700000000.{number:06d}"}

    # ------------------------------------------------------------------ the integrator

    def _generic(self, asked: Asked, number: int) -> Answer:
        key = base64.b64decode(GENERIC_SECRET.removeprefix("whsec_"))
        message_id, stamp = asked.headers["webhook-id"], asked.headers["webhook-timestamp"]
        signed = hmac.new(key, f"{message_id}.{stamp}.".encode() + asked.body, hashlib.sha256).digest()
        if asked.headers["webhook-signature"] != "v1," + base64.b64encode(signed).decode():
            raise Refusal(401, {"error": "signature"})
        body = asked.json()
        options = tuple((one["label"], one["choice"]) for one in body["options"])
        if any(one.raw.get("id") == body["id"] for one in self.of("generic")):
            return 200, {}, {}  # told before: integrators know a message by its id
        self._keep(Sent("generic", body["thread"], body["text"], options, body))
        return 200, {}, {"id": f"g{number}"}


def _length(refuse: Callable[[int, str], Refusal], what: str, text: str, most: int) -> None:
    if not 1 <= len(text) <= most:
        raise refuse(131009, f"{what} length invalid. Min length: 1, Max length: {most}")


def _multipart(asked: Asked, name: str) -> str:
    found = re.search(rb'name="' + name.encode() + rb'"\r\n\r\n(.*?)\r\n--', asked.body, re.DOTALL)
    assert found, asked.body[:200]
    return found[1].decode()


class _TelegramHtml(HTMLParser):
    """Telegram's HTML style: few tags, closed in their order, only four named entities."""

    TAGS = frozenset({"b", "strong", "i", "em", "u", "s", "a", "code", "pre", "blockquote"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words = ""
        self._open: list[str] = []

    def read(self, text: str) -> None:
        if re.search(r"&(?!(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);)", text):
            raise ValueError("a bare & or an unknown entity")
        if re.search(r"<(?!/?[a-z])", text) or ">" in re.sub(r"<[^<>]*>", "", text):
            raise ValueError("a bare < or >")
        self.feed(text)
        self.close()
        if self._open:
            raise ValueError(f"can't find end tag of {self._open[-1]}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.TAGS:
            raise ValueError(f"unsupported start tag {tag}")
        if tag == "a" and not re.match(r"https?://", dict(attrs).get("href") or ""):
            raise ValueError("a link without an address")
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            raise ValueError(f"unmatched end tag {tag}")

    def handle_data(self, data: str) -> None:
        self.words += data


def _serve(providers: Providers, port: int) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        # Small answers go out at once: waiting for the other side's receipt costs 40 ms each.
        disable_nagle_algorithm = True
        wbufsize = -1
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            providers.connections.add(self.connection)

        def finish(self) -> None:
            providers.connections.discard(self.connection)
            super().finish()

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            where = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, where.path, where.query, headers, body)
            status, more, told = providers.answer(asked)
            if providers.lose_answer(asked):
                self.close_connection = True
                return
            text = told if isinstance(told, bytes) else json.dumps(told).encode()
            with contextlib.suppress(OSError):
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128
        allow_reuse_address = True

        def handle_error(self, *_: Any) -> None:
            pass

    server = Server(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server
