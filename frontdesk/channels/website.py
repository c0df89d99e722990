"""The website channel: what the widget and integrators call under `/api`.

Visitors are known by a signed token bound to one conversation. Every message is kept before anything else
happens; replies are read from the record, live over server-sent events from a cursor.
"""

import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self

import anyio.to_thread
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse, ServerSentEvent

from frontdesk.channels.choices import NotOffered, resolve
from frontdesk.channels.guards import TOKEN_HEADER, Rates, address
from frontdesk.channels.problems import Problem, documented
from frontdesk.channels.visitor_tokens import VisitorTokens
from frontdesk.conversations import threads
from frontdesk.conversations.live import Changes
from frontdesk.knowledge.hours import is_open, next_opening
from frontdesk.knowledge.organization import organization
from frontdesk.records.models import Conversation, Message, Staff
from frontdesk.records.session import Record
from frontdesk.settings import Settings

CHANNEL = "website"
PING_SECONDS = 15
STREAMS_OF_ONE_CONVERSATION = 8
TEXT_LIMIT = 4000

GREETING = (
    "Hello! I'm {name}'s automated assistant. Ask me about clinical rotations in the US or the path to "
    "residency, start an application, or ask for a person."
)
NOTICE = (
    "You are chatting with an automated assistant; {name}'s team joins when you ask for a person. This chat "
    "is kept so that we can help you. Please don't send passport, card or health details."
)


class StartedConversation(BaseModel):
    conversation: str
    token: str = Field(description="Visitor token of this conversation, for `Authorization: Bearer`.")


class OfferedOption(BaseModel):
    """A button of a bot message."""

    message: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    option: Annotated[int, Field(ge=0, lt=100, strict=True)]


class NewMessage(BaseModel):
    """Either words or a pressed button."""

    client_id: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(
        description="The client's own id of this message; sending it again changes nothing."
    )
    text: Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LIMIT)] | None = None
    choice: OfferedOption | None = None

    @field_validator("client_id")
    @classmethod
    def _plain(cls, value: str) -> str:
        if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in value):
            raise ValueError("control characters are not allowed")
        return value

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.text is None) == (self.choice is None):
            raise ValueError("send either text or choice")
        return self


class ThreadMessage(BaseModel):
    """One line of the thread."""

    model_config = ConfigDict(populate_by_name=True)

    id: str
    seq: int
    at: datetime
    author: Literal["applicant", "bot", "staff", "system"] = Field(alias="from")
    name: str | None = Field(description="The person's name, from staff.")
    text: str
    act: dict[str, Any] | None = Field(description="The dialogue act of a bot message.")
    client_id: str | None
    in_reply_to: str | None


class StaffMember(BaseModel):
    name: str


class ThreadState(BaseModel):
    holder: Literal["bot", "queued", "assigned", "closed"]
    staff: StaffMember | None
    working: bool = Field(description="The bot is in a turn.")


class Accepted(BaseModel):
    message: ThreadMessage
    duplicate: bool


class Thread(BaseModel):
    messages: list[ThreadMessage]
    state: ThreadState
    cursor: int = Field(description="The highest seq read; ask for what comes `after` it.")


class Hours(BaseModel):
    open: bool
    next_open: datetime | None


class WidgetConfig(BaseModel):
    name: str
    greeting: str
    max_text: int
    consent_notice: str | None
    hours: Hours


@dataclass(frozen=True)
class Visitor:
    """Who asks: the conversation that the token admits to, and a new token when the old one ages."""

    conversation_id: str
    fresh_token: str | None


def clean(text: str) -> str:
    """Text as it is kept: line ends as newlines, no other control characters, no white space around it."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (sign for sign in unified if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs"))
    return "".join(kept).strip()


def router(
    record: Record,
    settings: Settings,
    changes: Changes,
    *,
    received: Callable[[], None] = lambda: None,
) -> APIRouter:
    """The routes under `/api`.

    Args:
        received: called for each message kept, for metrics.
    """
    return _Website(record, settings, changes, received).routes()


class _Website:
    def __init__(
        self, record: Record, settings: Settings, changes: Changes, received: Callable[[], None]
    ) -> None:
        self._record = record
        self._settings = settings
        self._changes = changes
        self._received = received
        self._rates = Rates(settings)
        self._tokens = VisitorTokens(settings.secret_key, timedelta(days=settings.visitor_token_days))
        self._streams: Counter[str] = Counter()

    def routes(self) -> APIRouter:
        made = APIRouter(prefix="/api", tags=["Website"])
        admitted = Annotated[Visitor, Depends(self._visitor)]

        @made.post(
            "/conversations",
            status_code=201,
            responses=documented(403, 429, 503),
            summary="Start a conversation",
        )
        def start(request: Request) -> StartedConversation:
            self._rates.count("conversations", self._address(request))
            return self._start()

        @made.post(
            "/conversations/{conversation_id}/messages",
            status_code=202,
            responses={
                200: {"model": Accepted, "description": "Sent before; nothing is doubled"},
                **documented(401, 403, 404, 413, 422, 429, 503),
            },
            summary="Send a message or press a button",
        )
        def send(body: NewMessage, visitor: admitted, request: Request, response: Response) -> Accepted:
            self._rates.count("messages", visitor.conversation_id)
            self._rates.count("messages by address", self._address(request))
            accepted = self._keep(visitor.conversation_id, body)
            _renew(response, visitor)
            if accepted.duplicate:
                response.status_code = 200
            return accepted

        @made.get(
            "/conversations/{conversation_id}/messages",
            responses=documented(401, 403, 404, 422, 429, 503),
            summary="Read the thread from a cursor",
        )
        def read(
            visitor: admitted,
            response: Response,
            after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
            limit: Annotated[int, Query(ge=1, le=threads.READ_LIMIT)] = 50,
        ) -> Thread:
            self._rates.count("reads", visitor.conversation_id)
            _renew(response, visitor)
            response.headers["Cache-Control"] = "no-store"
            return self._read(visitor.conversation_id, after, limit)

        @made.get(
            "/conversations/{conversation_id}/events",
            responses={
                200: {
                    "description": "`event: message` (id: seq, data: ThreadMessage) and `event: state` "
                    "(data: ThreadState), from the cursor on, then live",
                    "content": {"text/event-stream": {}},
                },
                **documented(401, 403, 404, 422, 429, 503),
            },
            response_class=EventSourceResponse,
            summary="Follow the thread live",
        )
        async def events(
            visitor: admitted,
            after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
            last_event_id: Annotated[str | None, Header(max_length=20)] = None,
        ) -> Response:
            self._rates.count("reads", visitor.conversation_id)
            if self._streams[visitor.conversation_id] >= STREAMS_OF_ONE_CONVERSATION:
                raise Problem(429, "streams", "This conversation is followed too often.", retry_after=5)
            # The browser's own reconnection repeats the first address; its header knows better.
            cursor = _cursor(last_event_id) or after
            return EventSourceResponse(
                self._events(visitor.conversation_id, cursor),
                ping=PING_SECONDS,
                ping_message_factory=lambda: ServerSentEvent(comment="ping"),
                headers={TOKEN_HEADER: visitor.fresh_token} if visitor.fresh_token else None,
            )

        @made.get("/widget/config", responses=documented(403, 503), summary="What the widget shows")
        def config(response: Response) -> WidgetConfig:
            response.headers["Cache-Control"] = "no-cache"
            return self._config()

        return made

    def _address(self, request: Request) -> str:
        return address(request, self._settings.trusted_proxy)

    def _visitor(
        self,
        request: Request,
        conversation_id: Annotated[str, Path(max_length=64)],
        authorization: Annotated[str | None, Header(description="`Bearer` and the visitor token")] = None,
    ) -> Visitor:
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not self._tokens.admits(token.strip(), conversation_id):
            self._rates.count("refused tokens", self._address(request))
            raise Problem(
                401,
                "token",
                "This needs the token that was given with this conversation.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        with self._record.reading() as session:
            known = session.scalar(
                select(Conversation.id).where(
                    Conversation.id == conversation_id, Conversation.channel == CHANNEL
                )
            )
        if known is None:
            raise Problem(404, "unknown", "This conversation does not exist any more. Start a new one.")
        return Visitor(conversation_id, self._tokens.renewed(token.strip(), conversation_id))

    def _start(self) -> StartedConversation:
        with self._record.transaction() as session:
            conversation_id = threads.start(session, channel=CHANNEL).id
        return StartedConversation(conversation=conversation_id, token=self._tokens.issue(conversation_id))

    def _keep(self, conversation_id: str, body: NewMessage) -> Accepted:
        with self._record.transaction() as session:
            text, choice = self._words(session, conversation_id, body)
            kept = threads.receive(
                session,
                conversation_id,
                text=text,
                external_id=f"{conversation_id}:{body.client_id}",
                client_id=body.client_id,
                choice=choice,
            )
            accepted = Accepted(message=_line(kept.message, {}), duplicate=kept.duplicate)
        if not accepted.duplicate:
            self._received()
            self._changes.notify(conversation_id)
        return accepted

    def _words(
        self, session: Session, conversation_id: str, body: NewMessage
    ) -> tuple[str, dict[str, Any] | None]:
        if body.choice is None:
            text = clean(body.text or "")
            if not text:
                raise Problem(422, "invalid", "text: write something that can be read.")
            if len(text) > self._settings.text_limit:
                raise Problem(422, "invalid", f"text: at most {self._settings.text_limit} characters.")
            return text, None
        offer = session.scalars(
            select(Message).where(
                Message.id == body.choice.message,
                Message.conversation_id == conversation_id,
                Message.author == "bot",
            )
        ).one_or_none()
        try:
            return resolve(offer.act if offer else None, body.choice.option)
        except NotOffered:
            raise Problem(422, "choice", "choice: that was not offered.") from None

    def _read(self, conversation_id: str, after: int, limit: int) -> Thread:
        with self._record.reading() as session:
            # The state first: what it does not know yet, the next look tells.
            state = threads.state(session, conversation_id)
            lines = _lines(session, threads.read(session, conversation_id, after=after, limit=limit))
        cursor = lines[-1].seq if lines else after
        return Thread(messages=lines, state=_state(state), cursor=cursor)

    def _news(self, conversation_id: str, after: int) -> tuple[ThreadState, list[ThreadMessage]]:
        with self._record.reading() as session:
            state = threads.state(session, conversation_id)
            if state.last_seq <= after:
                return _state(state), []
            found = threads.read(session, conversation_id, after=after, limit=threads.READ_LIMIT)
            return _state(state), _lines(session, found)

    async def _events(self, conversation_id: str, cursor: int) -> AsyncIterator[ServerSentEvent]:
        told: ThreadState | None = None
        self._streams[conversation_id] += 1
        try:
            with self._changes.listen(conversation_id) as listener:
                while True:
                    state, lines = await anyio.to_thread.run_sync(self._news, conversation_id, cursor)
                    for line in lines:
                        cursor = line.seq
                        yield ServerSentEvent(_json(line), event="message", id=str(line.seq))
                    if state != told:
                        told = state
                        yield ServerSentEvent(_json(state), event="state")
                    if len(lines) < threads.READ_LIMIT:
                        await listener.wait()
        except (SQLAlchemyError, OSError, threads.UnknownConversation):
            return  # the client comes back with its cursor
        finally:
            self._streams[conversation_id] -= 1
            if not self._streams[conversation_id]:
                del self._streams[conversation_id]

    def _config(self) -> WidgetConfig:
        at_home = organization(self._settings.organization_file)
        at = datetime.now(UTC)
        opened = is_open(at_home, at)
        return WidgetConfig(
            name=at_home.name,
            greeting=GREETING.format(name=at_home.name),
            max_text=self._settings.text_limit,
            consent_notice=NOTICE.format(name=at_home.name)
            + (f" Privacy: {at_home.privacy_url}" if at_home.privacy_url else ""),
            hours=Hours(open=opened, next_open=None if opened else next_opening(at_home, at)),
        )


def _cursor(last_event_id: str | None) -> int | None:
    return (
        int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdigit() else None
    )


def _renew(response: Response, visitor: Visitor) -> None:
    if visitor.fresh_token:
        response.headers[TOKEN_HEADER] = visitor.fresh_token


def _json(model: BaseModel) -> str:
    return model.model_dump_json(by_alias=True)


def _state(state: threads.State) -> ThreadState:
    named = StaffMember(name=state.staff_name) if state.staff_name else None
    return ThreadState.model_validate({"holder": state.holder, "staff": named, "working": state.working})


def _lines(session: Session, messages: Sequence[Message]) -> list[ThreadMessage]:
    names = _staff_names(session, (message.staff_id for message in messages))
    return [_line(message, names) for message in messages]


def _staff_names(session: Session, ids: Iterable[str | None]) -> dict[str, str]:
    asked = {found for found in ids if found}
    if not asked:
        return {}
    found = session.scalars(select(Staff).where(Staff.id.in_(asked)))
    return {staff.id: staff.name for staff in found}


def _line(message: Message, names: dict[str, str]) -> ThreadMessage:
    return ThreadMessage.model_validate(
        {
            "id": message.id,
            "seq": message.seq,
            "at": message.created_at,
            "from": message.author,
            "name": names.get(message.staff_id) if message.staff_id else None,
            "text": message.text,
            "act": message.act,
            "client_id": message.client_id,
            "in_reply_to": message.in_reply_to,
        }
    )
