"""The website channel: what the widget and integrators call under `/api`.

Visitors are known by a signed token bound to one conversation. Every message is kept before anything else
happens; replies are read from the record, live over server-sent events from a cursor.
"""

import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import anyio.to_thread
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse, ServerSentEvent

from frontdesk.applications import contacts_left
from frontdesk.channels import site_identity
from frontdesk.channels.choices import NotOffered, resolve
from frontdesk.channels.guards import PROOF_HEADER, TOKEN_HEADER, Suspicion, address
from frontdesk.channels.problems import Problem, documented
from frontdesk.channels.proof_of_work import ProofOfWork
from frontdesk.channels.site_identity import NotVouchedFor, OtherPerson, Person, SiteIdentity
from frontdesk.channels.transcripts import plain_text
from frontdesk.channels.visitors import Visitor, Visitors, renew
from frontdesk.channels.website_schemas import (
    Accepted,
    ConsentNotice,
    FileRules,
    Hours,
    MailAccepted,
    NewConversation,
    NewMessage,
    NewRating,
    PersonsThread,
    PersonsThreads,
    StaffMember,
    StartedConversation,
    Thread,
    ThreadMessage,
    ThreadState,
    TranscriptByMail,
    Typing,
    WhoIsThis,
    WidgetConfig,
    clean,
)
from frontdesk.conversations import applicant_typing, holder, pictures, ratings, threads
from frontdesk.conversations.live import Changes
from frontdesk.files import kinds
from frontdesk.knowledge.hours import is_open, next_opening, spoken
from frontdesk.knowledge.organization import Organization, organization
from frontdesk.knowledge.wording import wording
from frontdesk.mail import outbox
from frontdesk.records.models import ChatConsent, Message, Staff
from frontdesk.records.session import Record
from frontdesk.settings import Settings

CHANNEL = "website"
PING_SECONDS = 15
STREAMS_OF_ONE_CONVERSATION = 8
LONGEST_WAIT = 25
LEFT_FOR_THE_TEAM = "message_left"

GREETING = (
    "Hello! I'm {name}'s automated assistant. Ask me about clinical rotations in the US or the path to "
    "residency, start an application, or ask for a person."
)
NOTICE = (
    "You are chatting with an automated assistant; {name}'s team joins when you ask for a person. This chat "
    "is kept so that we can help you. Please don't send passport, card or health details."
)


KEPT_FOR_THE_TEAM = "Your message is with {name}'s team. A person answers {where}.{when}"

TRANSCRIPT_SUBJECT = "Your conversation with the {name} front desk"


def router(
    record: Record,
    settings: Settings,
    changes: Changes,
    visitors: Visitors | None = None,
    *,
    received: Callable[[], None] = lambda: None,
) -> APIRouter:
    """The routes under `/api`.

    Args:
        visitors: who is let in, where other routes let in the same.
        received: called for each message kept, for metrics.
    """
    admission = visitors or Visitors(record, settings, CHANNEL)
    return _Website(record, settings, changes, admission, received).routes()


class _Website:
    def __init__(
        self,
        record: Record,
        settings: Settings,
        changes: Changes,
        visitors: Visitors,
        received: Callable[[], None],
    ) -> None:
        self._record = record
        self._settings = settings
        self._changes = changes
        self._received = received
        self._rates = visitors.rates
        self._visitors = visitors
        self._suspicion = Suspicion(settings.captcha, ProofOfWork(settings.secret_key, settings.captcha_work))
        self._identity = SiteIdentity(settings.identity_key)
        self._streams: Counter[str] = Counter()

    def routes(self) -> APIRouter:
        made = APIRouter(prefix="/api", tags=["Website"])
        self._conversation_routes(made)
        self._thread_routes(made)
        self._keeping_routes(made)
        self._frame_routes(made)
        return made

    def _conversation_routes(self, made: APIRouter) -> None:
        admitted = Annotated[Visitor, Depends(self._visitors.admit)]
        proof = Annotated[str | None, Header(alias=PROOF_HEADER, description="Solution of a challenge")]

        @made.post(
            "/conversations",
            status_code=201,
            responses=documented(401, 403, 422, 428, 429, 503),
            summary="Start a conversation",
        )
        def start(
            request: Request, body: NewConversation | None = None, proof: proof = None
        ) -> StartedConversation:
            self._count("conversations", self._address(request), request)
            self._suspicion.ask(self._address(request), proof, starting=True)
            return self._start(body or NewConversation(), request)

        @made.post(
            "/conversations/{conversation_id}/messages",
            status_code=202,
            responses={
                200: {"model": Accepted, "description": "Sent before; nothing is doubled"},
                **documented(401, 403, 404, 413, 422, 428, 429, 503),
            },
            summary="Send a message or press a button",
        )
        def send(
            body: NewMessage, visitor: admitted, request: Request, response: Response, proof: proof = None
        ) -> Accepted:
            self._count("messages", visitor.conversation_id, request)
            self._count("messages by address", self._address(request), request)
            self._suspicion.ask(self._address(request), proof)
            accepted = self._keep(visitor.conversation_id, body)
            renew(response, visitor)
            if accepted.duplicate:
                response.status_code = 200
            return accepted

        @made.post(
            "/identity",
            responses=documented(401, 403, 404, 409, 422, 429, 503),
            summary="Say who the website's signed-in person is, and get their threads",
        )
        def identify(
            body: WhoIsThis,
            request: Request,
            response: Response,
            authorization: Annotated[str | None, Header(description="`Bearer` and the visitor token")] = None,
        ) -> PersonsThreads:
            self._rates.count("reads", self._address(request))
            person = self._person(body.identity, request)
            if body.conversation is not None:
                renew(response, self._visitors.admit(request, body.conversation, authorization))
            return self._join(person, body.conversation)

    def _thread_routes(self, made: APIRouter) -> None:
        admitted = Annotated[Visitor, Depends(self._visitors.admit)]

        @made.get(
            "/conversations/{conversation_id}/messages",
            responses=documented(401, 403, 404, 422, 429, 503),
            summary="Read the thread from a cursor, or wait for what comes next",
        )
        async def read(
            visitor: admitted,
            request: Request,
            response: Response,
            after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
            limit: Annotated[int, Query(ge=1, le=threads.READ_LIMIT)] = 50,
            wait: Annotated[
                int, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait while there is no news.")
            ] = 0,
            known: Annotated[
                str | None, Query(max_length=16, description="`state_tag` of the state that is known.")
            ] = None,
        ) -> Thread:
            self._rates.count("reads", visitor.conversation_id)
            renew(response, visitor)
            response.headers["Cache-Control"] = "no-store"
            if not wait:
                return await anyio.to_thread.run_sync(self._read, visitor.conversation_id, after, limit)
            return await self._wait(request, visitor.conversation_id, after, limit, wait, known)

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
            self._one_more_follower(visitor.conversation_id)
            # The browser's own reconnection repeats the first address; its header knows better.
            cursor = _cursor(last_event_id) or after
            return EventSourceResponse(
                self._events(visitor.conversation_id, cursor),
                ping=PING_SECONDS,
                ping_message_factory=lambda: ServerSentEvent(comment="ping"),
                headers={TOKEN_HEADER: visitor.fresh_token} if visitor.fresh_token else None,
            )

    def _keeping_routes(self, made: APIRouter) -> None:
        admitted = Annotated[Visitor, Depends(self._visitors.admit)]

        @made.post(
            "/conversations/{conversation_id}/typing",
            status_code=204,
            responses=documented(401, 403, 404, 422, 429, 503),
            summary="Say that the visitor is writing; a person of the team who has the thread sees it",
        )
        def typing(body: Typing, visitor: admitted) -> Response:
            self._rates.count("typing", visitor.conversation_id)
            with self._record.transaction() as session:
                seen = applicant_typing.is_typing(session, visitor.conversation_id, body.typing)
            if seen:
                self._changes.notify(visitor.conversation_id)
            return Response(status_code=204)

        @made.put(
            "/conversations/{conversation_id}/messages/{message_id}/rating",
            status_code=204,
            responses=documented(401, 403, 404, 422, 429, 503),
            summary="Say whether an answer was helpful, or take that back",
        )
        def rate(
            body: NewRating, visitor: admitted, message_id: Annotated[str, Path(max_length=64)]
        ) -> Response:
            self._rates.count("ratings", visitor.conversation_id)
            try:
                with self._record.transaction() as session:
                    ratings.rate(session, visitor.conversation_id, message_id, body.helpful)
            except ratings.NotRatable:
                raise Problem(404, "unknown", "There is no such answer in this conversation.") from None
            answer = Response(status_code=204)
            renew(answer, visitor)
            return answer

        @made.get(
            "/conversations/{conversation_id}/transcript",
            responses={
                200: {"content": {"text/plain": {}}, "description": "The thread as a text file"},
                **documented(401, 403, 404, 422, 429, 503),
            },
            response_class=Response,
            summary="The whole thread as a text to keep",
        )
        def transcript(
            visitor: admitted,
            request: Request,
            time_zone: Annotated[str | None, Query(max_length=64, description="IANA name")] = None,
        ) -> Response:
            self._rates.count("transcripts", visitor.conversation_id)
            self._rates.count("transcripts by address", self._address(request))
            answer = Response(
                self._transcript(visitor.conversation_id, _zone(time_zone)),
                media_type="text/plain; charset=utf-8",
                headers={
                    "Content-Disposition": 'attachment; filename="conversation.txt"',
                    "Cache-Control": "no-store",
                },
            )
            renew(answer, visitor)
            return answer

        @made.post(
            "/conversations/{conversation_id}/transcript",
            status_code=202,
            responses=documented(401, 403, 404, 422, 429, 503),
            summary="Have the whole thread sent by e-mail",
        )
        def mail_transcript(
            body: TranscriptByMail, visitor: admitted, request: Request, response: Response
        ) -> MailAccepted:
            if not self._settings.smtp_url:
                raise Problem(404, "mail", "No letters are sent from here; save the transcript instead.")
            self._rates.count("letters", visitor.conversation_id)
            self._rates.count("letters by address", self._address(request))
            self._mail(visitor.conversation_id, body)
            renew(response, visitor)
            return MailAccepted()

    def _frame_routes(self, made: APIRouter) -> None:
        @made.get(
            "/staff-pictures/{picture_id}",
            responses={
                200: {"content": {media: {} for media in pictures.MEDIA}},
                **documented(403, 404, 503),
            },
            response_class=Response,
            summary="How a member of the team looks",
        )
        def picture(picture_id: Annotated[str, Path(max_length=64)]) -> Response:
            with self._record.reading() as session:
                found = pictures.picture(session, picture_id)
            if found is None:
                raise Problem(404, "unknown", "There is no such picture.")
            return Response(
                found.image,
                media_type=found.media_type,
                headers={"Cache-Control": "public, max-age=31536000, immutable"},
            )

        @made.get("/widget/config", responses=documented(403, 503), summary="What the widget shows")
        def config(response: Response) -> WidgetConfig:
            response.headers["Cache-Control"] = "no-cache"
            return self._config()

    def _address(self, request: Request) -> str:
        return address(request, self._settings.trusted_proxy)

    def _count(self, what: str, whose: str, request: Request) -> None:
        try:
            self._rates.count(what, whose)
        except Problem:
            self._suspicion.strike(self._address(request))
            raise

    def _organization(self) -> Organization:
        return organization(self._settings.organization_file)

    def _person(self, identity: str, request: Request) -> Person:
        if not self._identity.configured:
            raise Problem(404, "identity", "Websites cannot vouch for visitors here; set CHHA_IDENTITY_KEY.")
        try:
            return self._identity.person(identity)
        except NotVouchedFor as error:
            self._rates.count("refused tokens", self._address(request))
            raise Problem(401, "identity", str(error)) from None

    def _one_more_follower(self, conversation_id: str) -> None:
        if self._streams[conversation_id] >= STREAMS_OF_ONE_CONVERSATION:
            raise Problem(429, "streams", "This conversation is followed too often.", retry_after=5)

    def _start(self, body: NewConversation, request: Request) -> StartedConversation:
        notice = consent_notice(self._organization())
        if notice is not None and body.consent != notice.version:
            raise Problem(
                422,
                "consent",
                "consent: this chat begins with a notice to agree to. Read it from /api/widget/config, show "
                "it, and send its version.",
            )
        person = self._person(body.identity, request) if body.identity is not None else None
        with self._record.transaction() as session:
            conversation_id = threads.start(session, channel=CHANNEL).id
            if notice is not None:
                session.add(
                    ChatConsent(conversation_id=conversation_id, version=notice.version, text=notice.text)
                )
            if person is not None:
                site_identity.join(session, conversation_id, person)
        return StartedConversation(conversation=conversation_id, token=self._visitors.token(conversation_id))

    def _join(self, person: Person, conversation_id: str | None) -> PersonsThreads:
        try:
            with self._record.transaction() as session:
                if conversation_id is not None:
                    site_identity.join(session, conversation_id, person)
                found = site_identity.threads_of(session, person, CHANNEL)
                joined = [
                    PersonsThread(
                        conversation=thread.conversation.id,
                        token=self._visitors.token(thread.conversation.id),
                        updated_at=thread.conversation.updated_at,
                        began_with=thread.began_with[:120] if thread.began_with else None,
                    )
                    for thread in found
                ]
        except OtherPerson:
            raise Problem(
                409, "other-person", "This conversation belongs to another person of the website."
            ) from None
        return PersonsThreads(name=person.name, threads=joined)

    def _keep(self, conversation_id: str, body: NewMessage) -> Accepted:
        external_id = f"{conversation_id}:{body.client_id}"
        with self._record.transaction() as session:
            text, choice = self._words(session, conversation_id, body)
            left = body.for_the_team
            if left is not None and threads.delivered(session, CHANNEL, external_id) is None:
                text = f"{text}\n\nE-mail for the answer: {left.email}" if left.email else text
                left_now = self._left_for_the_team(session, conversation_id)
            else:
                left_now = False
            kept = threads.receive(
                session,
                conversation_id,
                text=text,
                external_id=external_id,
                client_id=body.client_id,
                choice=choice,
            )
            accepted = Accepted(message=_line(kept.message), duplicate=kept.duplicate)
            if left_now and left is not None:
                self._confirm(session, conversation_id, left.email)
            if not kept.duplicate and choice is None:
                contacts_left.heard(
                    session,
                    conversation_id,
                    text,
                    wording(self._settings.knowledge_dir),
                    confirm=not left_now,
                )
        if not accepted.duplicate:
            self._received()
            self._changes.notify(conversation_id)
        return accepted

    def _left_for_the_team(self, session: Session, conversation_id: str) -> bool:
        """Queue the conversation before the message comes, so that no turn of the bot answers it."""
        try:
            holder.queue(session, conversation_id, reason=LEFT_FOR_THE_TEAM, message_id=None, available=False)
        except holder.HolderConflict:
            return False  # a person has it and reads the message
        return True

    def _confirm(self, session: Session, conversation_id: str, email: str | None) -> None:
        at_home = self._organization()
        at = datetime.now(UTC)
        opens = None if is_open(at_home, at) else next_opening(at_home, at)
        threads.append(
            session,
            threads.locked(session, conversation_id),
            author="system",
            text=KEPT_FOR_THE_TEAM.format(
                name=at_home.name,
                where=f"in this chat or at {email}" if email else "in this chat",
                when=f" They are back on {spoken(opens)}." if opens else "",
            ),
        )

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
        shown = _state(state)
        return Thread(messages=lines, state=shown, cursor=cursor, state_tag=_tag(shown))

    async def _wait(
        self, request: Request, conversation_id: str, after: int, limit: int, wait: int, known: str | None
    ) -> Thread:
        """A read that is answered when there is news, or after `wait` seconds without any."""
        self._one_more_follower(conversation_id)
        self._streams[conversation_id] += 1
        try:
            with self._changes.listen(conversation_id) as listener, anyio.move_on_after(wait) as patience:
                thread = await anyio.to_thread.run_sync(self._read, conversation_id, after, limit)
                known = known or thread.state_tag
                while not thread.messages and thread.state_tag == known:
                    await listener.wait()
                    if await request.is_disconnected():
                        break
                    with anyio.CancelScope(shield=True):
                        thread = await anyio.to_thread.run_sync(self._read, conversation_id, after, limit)
            if patience.cancelled_caught:
                thread = await anyio.to_thread.run_sync(self._read, conversation_id, after, limit)
            return thread
        finally:
            self._unfollow(conversation_id)

    def _unfollow(self, conversation_id: str) -> None:
        self._streams[conversation_id] -= 1
        if not self._streams[conversation_id]:
            del self._streams[conversation_id]

    def _mail(self, conversation_id: str, body: TranscriptByMail) -> None:
        text = self._transcript(conversation_id, _zone(body.time_zone))
        subject = TRANSCRIPT_SUBJECT.format(name=self._organization().name)
        try:
            with self._record.transaction() as session:
                outbox.put_text(
                    session,
                    "transcript",
                    body.email,
                    subject=subject,
                    body=text,
                    conversation_id=conversation_id,
                )
        except outbox.NoAddress:
            raise Problem(422, "invalid", "email: write it like name@example.org.") from None

    def _transcript(self, conversation_id: str, zone: ZoneInfo | None) -> str:
        found: list[Message] = []
        with self._record.reading() as session:
            while page := threads.read(
                session, conversation_id, after=found[-1].seq if found else 0, limit=threads.READ_LIMIT
            ):
                found.extend(page)
            names = _staff_names(session, (message.staff_id for message in found))
            return plain_text(self._organization(), found, names, zone)

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
            self._unfollow(conversation_id)

    def _config(self) -> WidgetConfig:
        at_home = self._organization()
        at = datetime.now(UTC)
        opened = is_open(at_home, at)
        return WidgetConfig(
            name=at_home.name,
            greeting=GREETING.format(name=at_home.name),
            max_text=self._settings.text_limit,
            notice=NOTICE.format(name=at_home.name)
            + (f" Privacy: {at_home.privacy_url}" if at_home.privacy_url else ""),
            consent_notice=consent_notice(at_home),
            hours=Hours(open=opened, next_open=None if opened else next_opening(at_home, at)),
            files=FileRules(
                max_size=self._settings.file_size_limit,
                accept=",".join([part for kind in kinds.TAKEN for part in (kind.ending, kind.media)]),
            ),
            mail=bool(self._settings.smtp_url),
        )


def consent_notice(at_home: Organization) -> ConsentNotice | None:
    """What visitors agree to before their first message; its version follows from its words."""
    if at_home.consent_notice is None:
        return None
    version = sha256(at_home.consent_notice.encode()).hexdigest()[:16]
    return ConsentNotice(version=version, text=at_home.consent_notice)


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _tag(state: ThreadState) -> str:
    return f"{zlib.crc32(_json(state).encode()):08x}"


def _cursor(last_event_id: str | None) -> int | None:
    return (
        int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdigit() else None
    )


def _json(model: BaseModel) -> str:
    return model.model_dump_json(by_alias=True)


def _state(state: threads.State) -> ThreadState:
    named = (
        StaffMember(name=state.staff_name, picture=_picture_path(state.picture_id))
        if state.staff_name
        else None
    )
    return ThreadState.model_validate(
        {"holder": state.holder, "staff": named, "working": state.working, "typing": state.typing}
    )


def _picture_path(picture_id: str | None) -> str | None:
    return f"/api/staff-pictures/{picture_id}" if picture_id else None


def _lines(session: Session, messages: Sequence[Message]) -> list[ThreadMessage]:
    names = _staff_names(session, (message.staff_id for message in messages))
    helpful = ratings.ratings_of(
        session, (message.id for message in messages if message.author != "applicant")
    )
    faces = pictures.picture_ids(session, names)
    return [_line(message, names, helpful, faces) for message in messages]


def _staff_names(session: Session, ids: Iterable[str | None]) -> dict[str, str]:
    asked = {found for found in ids if found}
    if not asked:
        return {}
    found = session.scalars(select(Staff).where(Staff.id.in_(asked)))
    return {staff.id: staff.name for staff in found}


def _line(
    message: Message,
    names: Mapping[str, str] = MappingProxyType({}),
    helpful: Mapping[str, bool] = MappingProxyType({}),
    faces: Mapping[str, str] = MappingProxyType({}),
) -> ThreadMessage:
    staff_id = message.staff_id or ""
    return ThreadMessage.model_validate(
        {
            "id": message.id,
            "seq": message.seq,
            "at": message.created_at,
            "from": message.author,
            "name": names.get(staff_id),
            "text": message.text,
            "act": message.act,
            "client_id": message.client_id,
            "in_reply_to": message.in_reply_to,
            "helpful": helpful.get(message.id),
            "picture": _picture_path(faces.get(staff_id)) if message.author == "staff" else None,
        }
    )
