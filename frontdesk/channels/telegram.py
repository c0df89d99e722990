"""Telegram, by its Bot API: https://core.telegram.org/bots/api (limits and fields are from there).

Proof: the secret of `setWebhook` in X-Telegram-Bot-Api-Secret-Token. Only private chats: an applicant's
matters are not for a group.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Any, ClassVar, Final

import httpx

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
    json_of,
    retry_after,
)
from frontdesk.channels.entry import command_choice, entry_choice
from frontdesk.channels.inbound import (
    Blocked,
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
    mapping,
    text_of,
    whole,
)

SECRET_HEADER: Final = "x-telegram-bot-api-secret-token"  # noqa: S105 - a header's name
UPDATES: Final = ["message", "edited_message", "callback_query", "message_reaction", "my_chat_member"]

CAPABILITIES: Final = Capabilities(
    text=4096,
    measure=measures.utf16,
    markup="telegram",
    # The keyboard may hold 100; labels have no documented limit, longer ones are cut on a phone's screen.
    buttons=Shape(options=100, label=64, body=4096),
    attachments=True,
    per_second=25.0,
    per_thread=1.0,
)

_MEDIA: Final = {
    "photo": "photo",
    "document": "file",
    "voice": "voice",
    "audio": "voice",
    "video": "video",
    "video_note": "video",
    "animation": "video",
    "sticker": "sticker",
    "location": "location",
    "venue": "location",
    "contact": "contact",
}


class Telegram(Channel):
    """One bot.

    Args:
        token: of the bot, from @BotFather.
        secret: what Telegram sends back in each call; 1 to 256 of A-Z, a-z, 0-9, _ and -.
        api: the Bot API's address.
    """

    name: ClassVar[str] = "telegram"
    title: ClassVar[str] = "Telegram"

    def __init__(
        self, webhook_url: str, *, token: str, secret: str, api: str, client: httpx.AsyncClient | None = None
    ) -> None:
        super().__init__(webhook_url, client)
        self._secret = secret
        self._methods = f"{api.rstrip('/')}/bot{token}"
        self._files = f"{api.rstrip('/')}/file/bot{token}"

    def capabilities(self, thread: str) -> Capabilities:
        return CAPABILITIES

    def verify(self, request: RawRequest) -> None:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self._secret.encode()):
            raise Forged(f"{SECRET_HEADER} is missing or wrong.")

    def parse(self, request: RawRequest) -> Parsed:
        update = request.json()
        update_id = update.get("update_id")
        if isinstance(update_id, bool) or not isinstance(update_id, int):
            raise Unreadable("An update needs its update_id.")
        return Parsed([self._event(str(update_id), update)])

    def _event(self, event_id: str, update: dict[str, Any]) -> Inbound:
        if isinstance(found := update.get("message"), dict):
            return _message(event_id, found)
        if isinstance(found := update.get("edited_message"), dict):
            return _edit(event_id, found)
        if isinstance(found := update.get("callback_query"), dict):
            return _press(event_id, found)
        if isinstance(found := update.get("message_reaction"), dict):
            return _reaction(event_id, found)
        if isinstance(found := update.get("my_chat_member"), dict):
            return _membership(event_id, found)
        kind = next((key for key in update if key != "update_id"), "empty")
        return Noted(event_id, kind)

    def render(self, part: Part, envelope: Envelope) -> Call:
        if part.attachment is not None:
            photo = part.attachment.media_type in ("image/jpeg", "image/png")
            method, name = ("sendPhoto", "photo") if photo else ("sendDocument", "document")
            return Call(
                f"{self._methods}/{method}", form={"chat_id": envelope.thread}, file=(name, part.attachment)
            )
        body: dict[str, Any] = {
            "chat_id": envelope.thread,
            "text": part.text,
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
        }
        if part.options:
            # One row each: on a phone two long labels do not stand side by side.
            rows = [[{"text": one.label, "callback_data": one.payload}] for one in part.options]
            body["reply_markup"] = {"inline_keyboard": rows}
        return Call(f"{self._methods}/sendMessage", json=body)

    def sent(self, response: httpx.Response) -> str | None:
        result = mapping(self._result(response))
        chat = mapping(result.get("chat"))
        return _name(chat.get("id"), result.get("message_id"))

    def _result(self, response: httpx.Response) -> Any:
        """`result` of an answer.

        Raises:
            SendFailure
        """
        told = json_of(response)
        if response.status_code == httpx.codes.OK and told.get("ok") is True:
            return told.get("result")
        code = response.status_code
        reason = f"Telegram answered {code}: {text_of(told.get('description'))[:200]}"
        if code == httpx.codes.TOO_MANY_REQUESTS:
            wait = mapping(told.get("parameters")).get("retry_after")
            seconds = float(wait) if isinstance(wait, int | float) else retry_after(response) or 5.0
            raise SendFailure(reason, again=True, retry_after=seconds)
        if code == httpx.codes.UNAUTHORIZED:
            raise SendFailure(f"{reason}. Check CHHA_TELEGRAM_TOKEN.", again=True, everybody=True)
        if code == httpx.codes.FORBIDDEN:
            raise SendFailure(reason, again=False, opted_out=True)
        # 200 without "ok" is somebody else's answer (a proxy's page).
        raise SendFailure(reason, again=code >= 500 or code == httpx.codes.OK)

    def courtesies(self, said: Said, *, bot_works: bool) -> Sequence[Call]:
        calls = []
        if said.pressed is not None and said.answers and "?" in said.answers:
            query = said.answers.rpartition("?")[2]
            calls.append(Call(f"{self._methods}/answerCallbackQuery", json={"callback_query_id": query}))
        return [*calls, *(self.typing(said.thread, None) if bot_works else ())]

    def typing(self, thread: str, last: str | None) -> Sequence[Call]:
        return [Call(f"{self._methods}/sendChatAction", json={"chat_id": thread, "action": "typing"})]

    async def fetch(self, reference: str, limit: int) -> bytes:
        request = self.client.build_request("POST", f"{self._methods}/getFile", json={"file_id": reference})
        found = mapping(self._result(await self.ask(request)))
        path = text_of(found.get("file_path"))
        if not path or path.startswith("/") or ".." in path or "?" in path or "#" in path:
            raise MediaRefused("Telegram gave no path for it.")
        size = found.get("file_size")
        if isinstance(size, int) and size > limit:
            raise MediaRefused(f"It is larger than {limit} bytes.")
        return await bounded(
            self.client, self.client.build_request("GET", f"{self._files}/{path}"), limit, self.title
        )

    async def webhook(self) -> Webhook:
        request = self.client.build_request("GET", f"{self._methods}/getWebhookInfo")
        found = mapping(self._result(await self.ask(request)))
        url = text_of(found.get("url"))
        if url == self.webhook_url:
            return Webhook("registered", text_of(found.get("last_error_message")))
        if url:
            return Webhook("elsewhere", "Telegram calls another address. Run `make channels`.")
        return Webhook("missing", "Telegram calls nobody yet. Run `make channels`.")

    async def register(self) -> Webhook:
        request = self.client.build_request(
            "POST",
            f"{self._methods}/setWebhook",
            json={
                "url": self.webhook_url,
                "secret_token": self._secret,
                "allowed_updates": UPDATES,
                "max_connections": 20,
            },
        )
        self._result(await self.ask(request))
        return await self.webhook()


def _name(chat: object, message: object) -> str | None:
    return f"{text_of(chat)}:{text_of(message)}" if text_of(chat) and text_of(message) else None


def _not_ours(event_id: str, chat: dict[str, Any]) -> Noted | None:
    if not text_of(chat.get("id")):
        return Noted(event_id, "no chat")
    return Noted(event_id, "group") if chat.get("type", "private") != "private" else None


def _message(event_id: str, message: dict[str, Any]) -> Inbound:
    chat = mapping(message.get("chat"))
    if (refused := _not_ours(event_id, chat)) is not None:
        return refused
    sender = mapping(message.get("from"))
    if sender.get("is_bot") is True:
        return Noted(event_id, "bot")
    text = text_of(message.get("text")) or text_of(message.get("caption"))
    media = _media(message)
    choice, entry = None, None
    if text.startswith("/"):
        command, _, payload = text[1:].partition(" ")
        command = command.partition("@")[0].lower()
        if command == "start":
            entry = payload.strip()[:64] or None
            choice = entry_choice(entry)
        elif command == "help":
            choice = command_choice("help")
    replied = mapping(message.get("reply_to_message"))
    return Said(
        event_id,
        thread=text_of(chat.get("id")),
        text=text,
        provider_id=_name(chat.get("id"), message.get("message_id")),
        name=_person(sender) or None,
        media=media
        if media or text
        else (Media("unknown", detail={"keys": sorted(map(str, message))[:20]}),),
        choice=choice,
        answers=_name(chat.get("id"), replied.get("message_id")),
        entry=entry,
    )


def _person(sender: dict[str, Any]) -> str:
    return f"{text_of(sender.get('first_name'))} {text_of(sender.get('last_name'))}".strip()


def _media(message: dict[str, Any]) -> tuple[Media, ...]:
    for key, kind in _MEDIA.items():
        found = message.get(key)
        if key == "photo":
            # Sizes of one photo, the largest last.
            sizes = [one for one in entries(found) if isinstance(one, dict)]
            found = sizes[-1] if sizes else None
        if not isinstance(found, dict):
            continue
        detail = {
            name: found[name]
            for name in ("latitude", "longitude", "title", "address", "emoji", "phone_number", "first_name")
            if name in found
        }
        place = mapping(found.get("location"))
        detail |= {name: place[name] for name in ("latitude", "longitude") if name in place}
        return (
            Media(
                kind,  # type: ignore[arg-type]
                reference=text_of(found.get("file_id")) or None,
                name=text_of(found.get("file_name")) or None,
                media_type=text_of(found.get("mime_type")) or ("image/jpeg" if key == "photo" else None),
                size=whole(found.get("file_size")),
                detail=detail or None,
            ),
        )
    return ()


def _edit(event_id: str, message: dict[str, Any]) -> Inbound:
    target = _name(mapping(message.get("chat")).get("id"), message.get("message_id"))
    if target is None:
        return Noted(event_id, "edit of nothing")
    return Edited(event_id, target, text_of(message.get("text")) or text_of(message.get("caption")))


def _press(event_id: str, query: dict[str, Any]) -> Inbound:
    message = mapping(query.get("message"))
    chat = mapping(message.get("chat")) or {"id": mapping(query.get("from")).get("id")}
    if (refused := _not_ours(event_id, chat)) is not None:
        return refused
    about = _name(chat.get("id"), message.get("message_id")) or ""
    return Said(
        event_id,
        thread=text_of(chat.get("id")),
        text="",
        name=_person(mapping(query.get("from"))) or None,
        pressed=text_of(query.get("data")),
        # The query's id goes along: it wants an answer, or the button keeps spinning.
        answers=f"{about}?{text_of(query.get('id'))}",
    )


def _reaction(event_id: str, reaction: dict[str, Any]) -> Inbound:
    target = _name(mapping(reaction.get("chat")).get("id"), reaction.get("message_id"))
    if target is None:
        return Noted(event_id, "reaction to nothing")
    values = [
        text_of(mapping(one).get("emoji")) or text_of(mapping(one).get("type"))
        for one in entries(reaction.get("new_reaction"))
    ]
    return Reacted(event_id, target, " ".join(value for value in values if value))


def _membership(event_id: str, change: dict[str, Any]) -> Inbound:
    chat = mapping(change.get("chat"))
    status = text_of(mapping(change.get("new_chat_member")).get("status"))
    if (refused := _not_ours(event_id, chat)) is not None or not status:
        return refused or Noted(event_id, "membership")
    return Blocked(event_id, text_of(chat.get("id")), blocked=status in ("kicked", "left"))
