"""A door in the shape of Rasa's REST channel, for programs that speak it: `{"sender", "message"}` behind a
key.

The message is kept as on every channel; the caller waits for the turn and gets what was said since its last
call:
texts, each followed by its `custom` act. A person's reply comes with the next call.
"""

import hmac
import time
import uuid
from collections.abc import Callable
from typing import Annotated, Any, Final

import anyio.to_thread
from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.channels import health, intake
from frontdesk.channels.choices import offered_labels
from frontdesk.channels.configured import REST
from frontdesk.channels.guards import Rates, address
from frontdesk.channels.inbound import Said
from frontdesk.channels.problems import Problem, documented
from frontdesk.channels.rendering import payload
from frontdesk.channels.words import channel_words
from frontdesk.conversations import threads
from frontdesk.conversations.live import Changes
from frontdesk.conversations.states import staff_name
from frontdesk.files.links import UploadLinks
from frontdesk.knowledge.organization import organization
from frontdesk.records.models import Conversation, Delivery, Message, now
from frontdesk.records.session import Record
from frontdesk.settings import Settings

PATHS: Final = ("/channels/rest/webhook", "/webhooks/rest/webhook")


class RestMessage(BaseModel):
    """What Rasa's REST clients send; `metadata` and whatever else they add is not used."""

    sender: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    message: str = Field(max_length=20_000)
    message_id: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = Field(
        default=None, description="The client's own id; sent again, it gives the same replies."
    )


class RestReply(BaseModel):
    recipient_id: str
    text: str | None = None
    buttons: list[dict[str, str]] | None = None
    custom: dict[str, Any] | None = None


def router(
    record: Record,
    settings: Settings,
    changes: Changes,
    received: Callable[[str], None] = lambda _channel: None,
) -> APIRouter:
    """The route, under Rasa's own path and under `/channels`."""
    made = APIRouter(tags=["Integrators"])
    door = _Door(record, settings, changes, received)

    async def webhook(
        request: Request,
        body: RestMessage,
        authorization: Annotated[str | None, Header(max_length=500)] = None,
        x_api_key: Annotated[str | None, Header(max_length=500)] = None,
        token: Annotated[str | None, Query(max_length=500, description="As Rasa's clients give it")] = None,
    ) -> list[RestReply]:
        scheme, _, bearer = (authorization or "").partition(" ")
        door.admit(request, x_api_key or (bearer if scheme.lower() == "bearer" else None) or token)
        return await door.answer(body)

    for path in PATHS:
        made.add_api_route(
            path,
            webhook,
            methods=["POST"],
            response_model=list[RestReply],
            response_model_exclude_none=True,
            responses=documented(401, 404, 422, 429, 503),
            summary="Send a message in the shape of Rasa's REST channel",
            include_in_schema=path == PATHS[0],
        )
    return made


class _Door:
    def __init__(
        self, record: Record, settings: Settings, changes: Changes, received: Callable[[str], None]
    ) -> None:
        self._record = record
        self._settings = settings
        self._changes = changes
        self._received = received
        self._rates = Rates(settings)
        self._links = UploadLinks(settings.secret_key, settings.base_url, settings.upload_link_hours)

    def admit(self, request: Request, key: str | None) -> None:
        """Raises Problem: the door is off, or the key is not the one."""
        right = self._settings.rest_api_key
        if not right:
            raise Problem(404, "channel-off", "This door is not set up here; CHHA_REST_API_KEY not set.")
        if not hmac.compare_digest((key or "").encode("utf-8", "replace"), right.encode()):
            self._rates.count("refused tokens", address(request, self._settings.trusted_proxy))
            raise Problem(
                401,
                "key",
                "Send the key as `Authorization: Bearer`, X-API-Key or ?token=.",
                headers={"WWW-Authenticate": "Bearer"},
            )

    async def answer(self, body: RestMessage) -> list[RestReply]:
        """Keep the message, wait for its turn, and give what was said."""
        if not intake.clean(body.message):
            raise Problem(422, "invalid", "message: write something that can be read.")
        event_id = f"{body.sender}:{body.message_id or uuid.uuid4().hex}"
        conversation_id, message_id = await anyio.to_thread.run_sync(self._keep, body, event_id)
        self._changes.notify(conversation_id)
        deadline = time.monotonic() + self._settings.rest_wait
        with self._changes.listen(conversation_id) as listener:
            while await anyio.to_thread.run_sync(self._works, conversation_id):
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                await listener.wait(min(left, 1.0))
        return await anyio.to_thread.run_sync(self._said, body.sender, conversation_id, message_id)

    def _keep(self, body: RestMessage, event_id: str) -> tuple[str, str]:
        said = Said(event_id, thread=body.sender, text=body.message, provider_id=event_id)
        if body.message.startswith("c:"):
            said = Said(event_id, thread=body.sender, text="", provider_id=event_id, pressed=body.message)
        words = channel_words(self._settings.knowledge_dir)
        called = organization(self._settings.organization_file).name
        with self._record.transaction() as session:
            kept = intake.store(
                session,
                REST,
                [said],
                words,
                name=called,
                upload_link=self._links.link,
                text_limit=self._settings.text_limit,
            )
            if kept:
                self._received(REST)
                return kept[0].conversation_id, kept[0].message_id
            before = session.scalars(
                select(Message).where(
                    Message.channel == REST, Message.external_id == intake.identifier(event_id)
                )
            ).one()
            return before.conversation_id, before.id

    def _works(self, conversation_id: str) -> bool:
        with self._record.reading() as session:
            return threads.state(session, conversation_id).working

    def _said(self, sender: str, conversation_id: str, message_id: str) -> list[RestReply]:
        with self._record.transaction() as session:
            session.get(Conversation, conversation_id, with_for_update=True)
            rows = session.execute(
                select(Message, Delivery)
                .join(Delivery, Delivery.message_id == Message.id)
                .where(
                    Message.conversation_id == conversation_id,
                    (Delivery.state.in_(("queued", "held"))) | (Message.in_reply_to == message_id),
                )
                .order_by(Message.seq)
            ).all()
            replies: list[RestReply] = []
            for message, delivery in rows:
                replies += _shaped(session, sender, message)
                delivery.state, delivery.parts, delivery.parts_total = "delivered", 1, 1
                delivery.sent_at = delivery.sent_at or now()
                delivery.delivered_at = delivery.delivered_at or now()
            if rows:
                health.sent(session, REST)
            return replies


def _shaped(session: Session, sender: str, message: Message) -> list[RestReply]:
    text = message.text
    act = message.act
    if message.author == "staff":
        act = {"act": "staff", "name": staff_name(session, message.staff_id)}
    elif message.author == "system":
        act = {"act": "system"}
    replies = []
    if text:
        buttons = [
            {"title": label, "payload": payload(message.id, place)}
            for place, label in offered_labels(message.act)
        ]
        replies.append(RestReply(recipient_id=sender, text=text, buttons=buttons or None))
    if act:
        replies.append(RestReply(recipient_id=sender, custom=act))
    return replies
