"""Rasa's room: the one private door, POST /webhooks/rest/webhook and /turn.

May change: what a request may look like. Must not import: frontdesk, actions (another Python).
Loopback or a private network only: /webhook is open to whoever reaches the port.
"""

from __future__ import annotations

import gc
import hmac
import json
import logging
import os
import unicodedata
import uuid
from typing import Any, Awaitable, Callable, Dict, List, Optional
from urllib.parse import unquote

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from extensions import choices
from extensions.tracker_store import LONGEST_SENDER
from extensions.turns import LEAVE_ALONE, RETURNED_TO_BOT, Inbound, Turn, TurnFailed, TurnRunner

logger = logging.getLogger(__name__)

KEY_VARIABLE = "CHHA_RASA_KEY"
KEY_HEADER = "X-Frontdesk-Key"
LONGEST_TEXT = 4_000
LONGEST_MESSAGE_ID = 128
LONGEST_NAME = 64
# A text of the longest kind, escaped, and everything beside it.
LARGEST_BODY = 262_144
REST = "rest"


class BadRequest(ValueError):
    """The request cannot be used; the text says what to send instead."""


class FrontdeskChannel(InputChannel):
    """Rasa's door for the frontdesk, under the address and in the shape of Rasa's own REST channel.

    Typed text is text, also when it starts with a slash. A message id that was handled answers with what
    was said then. A turn that did not happen is 503 and leaves the tracker as it was.
    """

    @classmethod
    def name(cls) -> str:
        return REST

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes. `on_new_message` is not used: Rasa's way of handling a message cannot say that it
        failed.
        """
        door = Blueprint("frontdesk_channel")

        @door.listener("before_server_start")
        async def bound_bodies(app: Sanic, _: Any) -> None:
            app.config.REQUEST_MAX_SIZE = LARGEST_BODY

        @door.listener("after_server_start")
        async def open_door(app: Sanic, _: Any) -> None:
            _turns(app)  # a setting that cannot be used shows at the start, not at the first message
            # Model and vocabulary live as long as the process: a hundred thousand objects that the collector
            # would walk through in the middle of somebody's turn.
            gc.collect()
            gc.freeze()

        @door.listener("before_server_stop")
        async def close_connections(app: Sanic, _: Any) -> None:
            await _turns(app).close()

        @door.route("/", methods=["GET"])
        async def health(_: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @door.route("/ready", methods=["GET"])
        async def ready(request: Request) -> HTTPResponse:
            turns = _turns(request.app)
            state = {"model": turns.model_id, "tracker_store": "ok"}
            try:
                await turns.check_store()
            except TurnFailed as failed:
                state["tracker_store"] = failed.detail
            is_ready = state["model"] is not None and state["tracker_store"] == "ok"
            return response.json(state, status=200 if is_ready else 503)

        @door.route("/webhook", methods=["POST"])
        async def webhook(request: Request) -> HTTPResponse:
            return await _answered(request, _stock_message, _stock_shape)

        @door.route("/turn", methods=["POST"])
        async def turn(request: Request) -> HTTPResponse:
            return _refusal(request) or await _answered(request, _turn_message, _turn_shape)

        @door.route("/conversations/<conversation:path>", methods=["DELETE"])
        async def forget(request: Request, conversation: str) -> HTTPResponse:
            refused = _refusal(request)
            if refused is not None:
                return refused
            try:
                sender_id = _identifier(
                    {"conversation": unquote(conversation)}, "conversation", LONGEST_SENDER
                )
                return response.json({"deleted": await _turns(request.app).forget(sender_id)})
            except BadRequest as bad:
                return _unusable(bad)
            except TurnFailed as failed:
                return _failed(failed)

        return door


async def _answered(
    request: Request,
    read: Callable[[Dict[str, Any], TurnRunner], Inbound],
    shape: Callable[[Inbound, Turn], Any],
) -> HTTPResponse:
    turns = _turns(request.app)
    try:
        inbound = read(_body(request), turns)
        return _json(shape(inbound, await turns.run(inbound)))
    except (BadRequest, choices.BadChoice) as bad:
        return _unusable(bad)
    except TurnFailed as failed:
        return _failed(failed)


def _turns(app: Sanic) -> TurnRunner:
    if not hasattr(app.ctx, "turns"):
        app.ctx.turns = TurnRunner(app.ctx.agent)
    return app.ctx.turns


def _refusal(request: Request) -> Optional[HTTPResponse]:
    """An answer for callers without the key, None for the frontdesk."""
    key = os.environ.get(KEY_VARIABLE, "")
    if not key:
        sentence = f"{KEY_VARIABLE} is not set for Rasa; set it to the frontdesk's key and start Rasa again."
        return _json({"error": "key_not_set", "detail": sentence}, status=503)
    given = request.headers.get(KEY_HEADER, "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), key.encode("utf-8")):
        return _json({"error": "unauthorized", "detail": f"{KEY_HEADER} is missing or wrong."}, status=401)
    return None


def _body(request: Request) -> Dict[str, Any]:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise BadRequest("The body must be JSON.") from None
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.")
    return body


def _stock_message(body: Dict[str, Any], _: TurnRunner) -> Inbound:
    """A message in the shape of Rasa's REST channel. `metadata` is accepted and not used: it could forge
    a choice.
    """
    message_id = uuid.uuid4().hex
    if body.get("message_id") is not None:
        message_id = _identifier(body, "message_id", LONGEST_MESSAGE_ID)
    text = _text(body, "message")
    if not text:
        raise BadRequest("message must not be empty.")
    return Inbound(
        sender_id=_identifier(body, "sender", LONGEST_SENDER), message_id=message_id, text=text, channel=REST
    )


def _turn_message(body: Dict[str, Any], turns: TurnRunner) -> Inbound:
    conversation = _identifier(body, "conversation", LONGEST_SENDER)
    choice = choices.checked(body.get("choice"), turns.intents)
    event = body.get("event")
    if event not in (None, RETURNED_TO_BOT):
        raise BadRequest(f"event must be null or {RETURNED_TO_BOT!r}.")
    if event is not None and choice is not None:
        raise BadRequest("choice and event exclude each other.")
    text = _text(body, "text")
    if not text and choice is None and event is None:
        raise BadRequest("text must not be empty.")
    return Inbound(
        sender_id=conversation,
        message_id=_identifier(body, "message_id", LONGEST_MESSAGE_ID),
        text=text,
        channel=_identifier(body, "channel", LONGEST_NAME) if body.get("channel") is not None else "website",
        conversation=conversation,
        choice=choice,
        event=event,
        form=_form(body),
    )


def _form(body: Dict[str, Any]) -> Any:
    if "form" not in body:
        return LEAVE_ALONE
    form = body["form"]
    if form is None:
        return None
    if not isinstance(form, dict):
        raise BadRequest('form must be null or {"field": name}.')
    return _identifier(form, "field", LONGEST_NAME)


def _identifier(body: Dict[str, Any], name: str, longest: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= longest or not _is_one_clean_line(value):
        raise BadRequest(f"{name} must be a text of 1 to {longest} characters without control characters.")
    return value


def _text(body: Dict[str, Any], name: str) -> str:
    value = body.get(name)
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be a text.")
    value = _cleaned(value).strip()
    if len(value) > LONGEST_TEXT:
        raise BadRequest(f"{name} must be at most {LONGEST_TEXT} characters; this one has {len(value)}.")
    return value


def _cleaned(text: str) -> str:
    """Without control characters (NUL ends PostgreSQL's patience) and halves of characters; line breaks
    stay.
    """
    return "".join(
        character
        for character in text
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs")
    )


def _is_one_clean_line(text: str) -> bool:
    return all(unicodedata.category(character) not in ("Cc", "Cs") for character in text)


def _stock_shape(inbound: Inbound, turn: Turn) -> List[Dict[str, Any]]:
    entries: List[Dict[str, Any]] = []
    for reply in turn.replies:
        if reply.text:
            entries.append({"recipient_id": inbound.sender_id, "text": reply.text})
        if reply.act:
            entries.append({"recipient_id": inbound.sender_id, "custom": reply.act})
    return entries


def _turn_shape(_: Inbound, turn: Turn) -> Dict[str, Any]:
    return {
        "message_id": turn.message_id,
        "again": turn.again,
        "replies": [{"text": reply.text, "act": reply.act} for reply in turn.replies],
    }


def _unusable(bad: Exception) -> HTTPResponse:
    return _json({"error": "bad_request", "detail": str(bad)}, status=422)


def _failed(failed: TurnFailed) -> HTTPResponse:
    return _json({"error": "turn_failed", "cause": failed.cause, "detail": failed.detail}, status=503)


def _json(body: Any, status: int = 200) -> HTTPResponse:
    return response.json(body, status=status, dumps=json.dumps)
