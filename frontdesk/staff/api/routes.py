"""The routes: conversations, applications, knowledge, and how the desk is."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.applications import by_hand, export, fields, pipeline, search
from frontdesk.applications.drafts import DraftError
from frontdesk.applications.pipeline import IllegalMove, Sought, StaleState
from frontdesk.applications.wording import application_wording
from frontdesk.channels import deliveries
from frontdesk.channels.problems import Problem, documented
from frontdesk.conversations import holder, notes, threads
from frontdesk.conversations.live import Changes
from frontdesk.conversations.states import HolderConflict, staff_name
from frontdesk.knowledge.editing import TOPIC, EditConflict, UnknownSubject
from frontdesk.knowledge.files import KnowledgeError
from frontdesk.knowledge.topics import Topic, topics
from frontdesk.records.models import (
    Application,
    Conversation,
    Delivery,
    Message,
    SavedReply,
    Staff,
    StaffNote,
    now,
)
from frontdesk.records.session import Record
from frontdesk.settings import Settings
from frontdesk.staff import accounts, applicants, queue, saved_replies, snoozing
from frontdesk.staff.accounts import find as find_account
from frontdesk.staff.api import files, learning, reports, shapes
from frontdesk.staff.api.door import REFUSALS, Door
from frontdesk.staff.api_keys import Caller
from frontdesk.staff.applicants import Telling, UnknownApplication
from frontdesk.staff.knowledge_edits import Edits, NothingChanged
from frontdesk.staff.outages import outages

PREFIX: Final = "/api/desk/v1"
READ_LIMIT: Final = 200
NOT_FOUND: Final = documented(404)
CONFLICT: Final = documented(404, 409)

ConversationId = Annotated[shapes.Identifier, Path()]
Reference = Annotated[str, Path(min_length=1, max_length=16, pattern=r"^[A-Za-z0-9]+$")]
PageNumber = Annotated[int, Query(ge=1, le=100_000)]
Word = Annotated[shapes.CleanText, Query(max_length=200)]


def sought(
    states: Annotated[list[shapes.State], Query(alias="state", default_factory=list, max_length=20)],
    words: Word = "",
    program: Word = "",
    stage: Word = "",
    citizenship: Word = "",
    visa_help: Word = "",
    channel: Word = "",
    since: Word = "",
    until: Word = "",
    sort: Word = "",
) -> Sought:
    """The filter of an address, as the console's own list reads it; what is unknown in it is left out."""
    named = {
        "words": words,
        "program": program,
        "stage": stage,
        "citizenship": citizenship,
        "visa_help": visa_help,
        "channel": channel,
        "since": since,
        "until": until,
        "sort": sort,
    }
    return pipeline.read(states=states, named=named)


Filter = Annotated[Sought, Depends(sought)]


def router(record: Record, settings: Settings, changes: Changes) -> APIRouter:
    """The API under PREFIX, described in the app's OpenAPI document.

    Args:
        changes: told after each change made here.
    """
    door = Door(record, settings, changes)
    made = APIRouter(prefix=PREFIX, responses=REFUSALS)
    _add_desk(made, door)
    _add_conversations(made, door)
    _add_notes(made, door)
    _add_deeds(made, door)
    _add_laying_aside(made, door)
    _add_saved_replies(made, door)
    files.add_routes(made, door)
    _add_applications(made, door)
    _add_fields(made, door)
    _add_exports(made, door)
    _add_knowledge(made, door)
    learning.add_routes(made, door)
    reports.add_routes(made, door)
    return made


def _add_desk(made: APIRouter, door: Door) -> None:
    anybody = Annotated[Caller, Depends(door.allow())]

    @made.get("/health", tags=["Desk"], summary="The key that asks, and how the desk is")
    def health(caller: anybody) -> shapes.WhoAmI:
        with door.record.reading() as session:
            waiting, away = queue.waiting(session), outages(session, now())
        return shapes.WhoAmI(
            key=caller.key_name,
            acts_as=caller.login,
            scopes=sorted(caller.scopes),
            waiting=waiting,
            outages=[one.part for one in away if one.seconds is None],
        )


def _add_conversations(made: APIRouter, door: Door) -> None:
    reader = Annotated[Caller, Depends(door.allow("conversations:read"))]

    @made.get("/conversations", tags=["Conversations"], summary="A list of the console, in its order")
    def conversations(
        caller: reader, section: shapes.Section = "queue", page: PageNumber = 1
    ) -> shapes.ConversationPage:
        with door.record.reading() as session:
            found = queue.listing(
                session,
                section,
                caller.staff_id,
                page=page,
                at=now(),
                overdue_minutes=door.organization().unattended_alert_minutes,
            )
        return shapes.ConversationPage(
            section=section,
            page=found.page,
            pages=found.pages,
            total=found.total,
            conversations=[
                shapes.ConversationInList.model_validate(row, from_attributes=True) for row in found.rows
            ],
        )

    @made.get(
        "/conversations/{conversation_id}",
        tags=["Conversations"],
        responses=NOT_FOUND,
        summary="A conversation and its thread from a cursor",
    )
    def conversation(
        caller: reader,
        conversation_id: ConversationId,
        after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
        limit: Annotated[int, Query(ge=1, le=READ_LIMIT)] = 50,
    ) -> shapes.ConversationTold:
        with door.record.transaction() as session:
            known = _known(session, conversation_id)
            messages = threads.read(session, known.id, after=after, limit=limit)
            door.note(session, caller, "conversation.viewed", known.id)
            return shapes.ConversationTold(
                **_held(session, known),
                channel=known.channel,
                attention=known.attention,
                created_at=known.created_at,
                updated_at=known.updated_at,
                messages=_lines(session, messages),
            )


def _add_notes(made: APIRouter, door: Door) -> None:
    reader = Annotated[Caller, Depends(door.allow("conversations:read"))]

    @made.get(
        "/conversations/{conversation_id}/notes",
        tags=["Conversations"],
        responses=NOT_FOUND,
        summary="The team's private notes beside a thread",
    )
    def read_notes(caller: reader, conversation_id: ConversationId) -> shapes.Notes:
        with door.record.transaction() as session:
            known = _known(session, conversation_id)
            found = session.scalars(
                select(StaffNote).where(StaffNote.conversation_id == known.id).order_by(StaffNote.number)
            ).all()
            door.note(session, caller, "notes.viewed", known.id)
            return shapes.Notes(notes=[_note(session, one) for one in found])


def _do(
    door: Door,
    caller: Caller,
    conversation_id: str,
    action: str,
    deed: Callable[[Session], object],
    **detail: Any,
) -> shapes.Held:
    """One change in one transaction, with its audit entry; the consoles are told."""
    try:
        with door.record.transaction() as session:
            _known(session, conversation_id)
            deed(session)
            door.note(session, caller, action, conversation_id, **detail)
            held = shapes.Held(**_held(session, threads.locked(session, conversation_id)))
    except HolderConflict as lost:
        raise Problem(409, "holder", f"{lost} Nothing was changed.") from None
    door.changes.notify(conversation_id)
    return held


def _add_deeds(made: APIRouter, door: Door) -> None:
    writer = Annotated[Caller, Depends(door.allow("conversations:write"))]

    do = partial(_do, door)

    def add(name: str, action: str, summary: str, service: Callable[[Session, str, str], object]) -> None:
        @made.post(
            f"/conversations/{{conversation_id}}/{name}",
            tags=["Conversations"],
            responses=CONFLICT,
            summary=summary,
            name=f"desk_{name}",
        )
        def done(caller: writer, conversation_id: ConversationId) -> shapes.Held:
            return do(
                caller, conversation_id, action, lambda to: service(to, conversation_id, caller.staff_id)
            )

    add("claim", "conversation.claimed", "Take a waiting conversation", holder.claim)
    add("take-over", "conversation.taken_over", "Take it from the assistant", _take_over)
    add("release", "conversation.released", "Put one's own back into the queue", holder.release)
    add("return", "conversation.returned", "Give it back to the assistant", holder.return_to_bot)
    add("close", "conversation.closed", "Close it", holder.close)

    @made.post(
        "/conversations/{conversation_id}/reply",
        tags=["Conversations"],
        responses=CONFLICT,
        summary="Write to the applicant; a waiting conversation is claimed by it",
    )
    def reply(caller: writer, conversation_id: ConversationId, body: shapes.Reply) -> shapes.Held:
        text = body.text.strip()
        if not text or len(text) > door.settings.text_limit:
            raise Problem(422, "invalid", f"A reply has 1 to {door.settings.text_limit} characters.")
        return do(
            caller,
            conversation_id,
            "conversation.replied",
            lambda session: holder.reply(session, conversation_id, caller.staff_id, text),
        )

    @made.post(
        "/conversations/{conversation_id}/notes",
        tags=["Conversations"],
        responses=NOT_FOUND,
        summary="Leave a private note; @login tells a colleague",
    )
    def leave_note(caller: writer, conversation_id: ConversationId, body: shapes.NewNote) -> shapes.Note:
        try:
            with door.record.transaction() as session:
                _known(session, conversation_id)
                made_note = notes.add(session, conversation_id, caller.staff_id, body.text)
                door.note(session, caller, "note.left", conversation_id)
                told = _note(session, made_note)
        except ValueError as error:
            raise Problem(422, "invalid", str(error)) from None
        door.changes.notify(conversation_id)
        return told

    @made.post(
        "/conversations/{conversation_id}/transfer",
        tags=["Conversations"],
        responses=CONFLICT,
        summary="Hand one's own to a colleague",
    )
    def transfer(caller: writer, conversation_id: ConversationId, body: shapes.Transfer) -> shapes.Held:
        with door.record.reading() as session:
            colleague = find_account(session, body.login)
        if colleague is None or colleague.disabled_at is not None:
            raise Problem(404, "colleague", "There is no such colleague.")
        return do(
            caller,
            conversation_id,
            "conversation.transferred",
            lambda session: holder.transfer(session, conversation_id, caller.staff_id, colleague.id),
            to=colleague.login,
        )


def _add_laying_aside(made: APIRouter, door: Door) -> None:
    writer = Annotated[Caller, Depends(door.allow("conversations:write"))]

    @made.post(
        "/conversations/{conversation_id}/snooze",
        tags=["Conversations"],
        responses=CONFLICT,
        summary="Lay it aside until a moment, or until the applicant writes",
    )
    def snooze(caller: writer, conversation_id: ConversationId, body: shapes.Snooze) -> shapes.Held:
        try:
            until = snoozing.chosen("", body.until.isoformat(), door.organization(), now())
        except ValueError as error:
            raise Problem(422, "invalid", str(error)) from None
        return _do(
            door,
            caller,
            conversation_id,
            "conversation.snoozed",
            lambda session: holder.snooze(session, conversation_id, caller.staff_id, until),
            until=until.isoformat(timespec="minutes"),
        )

    @made.post(
        "/conversations/{conversation_id}/wake",
        tags=["Conversations"],
        responses=NOT_FOUND,
        summary="Bring it back before that",
    )
    def wake(caller: writer, conversation_id: ConversationId) -> shapes.Held:
        return _do(
            door,
            caller,
            conversation_id,
            "conversation.woken",
            lambda session: holder.wake(session, conversation_id),
        )

    @made.post(
        "/conversations/{conversation_id}/settle",
        tags=["Conversations"],
        responses=NOT_FOUND,
        summary="Settle its alert: somebody has looked at it",
    )
    def settle(caller: writer, conversation_id: ConversationId) -> shapes.Held:
        return _do(
            door,
            caller,
            conversation_id,
            "attention.settled",
            lambda session: threads.settle_attention(session, conversation_id),
        )

    @made.post(
        "/conversations/{conversation_id}/messages/{message_id}/retry",
        tags=["Conversations"],
        responses=CONFLICT,
        summary="Try a message again that did not arrive",
    )
    def retry(
        caller: writer, conversation_id: ConversationId, message_id: Annotated[shapes.Identifier, Path()]
    ) -> shapes.Held:
        def deed(session: Session) -> None:
            message = session.get(Message, message_id)
            if message is None or message.conversation_id != conversation_id:
                raise Problem(404, "unknown", "There is no such message in this conversation.")
            if not deliveries.retry(session, message_id):
                raise Problem(409, "delivery", "This message is on its way or has arrived.")

        return _do(door, caller, conversation_id, "delivery.retried", deed, message=message_id)

    @made.post("/availability", tags=["Desk"], summary="Be available, or away")
    def availability(caller: writer, body: shapes.Availability) -> shapes.Availability:
        with door.record.transaction() as session:
            if done := accounts.set_available(session, caller.staff_id, body.available):
                door.note(session, caller, done, caller.staff_id)
        return body


def _add_saved_replies(made: APIRouter, door: Door) -> None:
    reader = Annotated[Caller, Depends(door.allow("conversations:read"))]

    @made.get("/saved-replies", tags=["Conversations"], summary="Words that the team uses again")
    def listed(_: reader) -> shapes.SavedReplies:
        with door.record.reading() as session:
            found = saved_replies.listed(session)
        return shapes.SavedReplies(
            replies=[shapes.SavedReply.model_validate(one, from_attributes=True) for one in found]
        )

    @made.get(
        "/conversations/{conversation_id}/saved-replies/{reply_id}",
        tags=["Conversations"],
        responses=NOT_FOUND,
        summary="One of them with its variables filled in from this conversation",
    )
    def filled(
        caller: reader, conversation_id: ConversationId, reply_id: Annotated[shapes.Identifier, Path()]
    ) -> shapes.SavedReply:
        with door.record.reading() as session:
            _known(session, conversation_id)
            kept = session.get(SavedReply, reply_id)
            if kept is None:
                raise Problem(404, "unknown", "There is no such saved reply.")
            known = saved_replies.values(
                session,
                conversation_id,
                session.get_one(Staff, caller.staff_id),
                door.organization().name,
                application_wording(door.settings.knowledge_dir),
            )
        return shapes.SavedReply(id=kept.id, title=kept.title, text=saved_replies.filled(kept.text, known))


def _add_applications(made: APIRouter, door: Door) -> None:
    reader = Annotated[Caller, Depends(door.allow("applications:read"))]
    writer = Annotated[Caller, Depends(door.allow("applications:write"))]

    @made.get("/applications", tags=["Applications"], summary="Search, the newest first")
    def applications(caller: reader, asked: Filter, page: PageNumber = 1) -> shapes.ApplicationPage:
        wording, zone = application_wording(door.settings.knowledge_dir), door.organization().hours.zone
        if asked.words:
            search.catch_up(door.record)
        with door.record.transaction() as session:
            found = applicants.listed(session, wording, asked, zone=zone, page=page)
            states = list(asked.states)
            door.note(session, caller, "applications.listed", count=len(found.rows), states=states)
        return shapes.ApplicationPage(
            page=found.page,
            pages=found.pages,
            total=found.total,
            applications=[
                shapes.ApplicationInList.model_validate(row, from_attributes=True) for row in found.rows
            ],
        )

    @made.get(
        "/applications/{reference}",
        tags=["Applications"],
        responses=NOT_FOUND,
        summary="One application with its history",
    )
    def application(caller: reader, reference: Reference) -> shapes.ApplicationTold:
        with door.record.transaction() as session:
            found = _application(session, reference)
            door.note(session, caller, "application.viewed", found.id)
            return _told(session, door, found)

    @made.post(
        "/applications/{reference}/state",
        tags=["Applications"],
        responses=CONFLICT,
        summary="Move an application to another state",
    )
    def change_state(caller: writer, reference: Reference, body: shapes.NewState) -> shapes.ApplicationTold:
        try:
            with door.record.transaction() as session:
                found = _application(session, reference)
                applicants.change_state(
                    session,
                    found.reference,
                    to=body.state,
                    seen=body.seen,
                    staff=session.get_one(Staff, caller.staff_id),
                    telling=_telling(door, body),
                )
                session.refresh(found)
                told = _told(session, door, found)
        except StaleState as stale:
            raise Problem(409, "stale", f"The state is {stale.state} now. Nothing was changed.") from None
        except IllegalMove as illegal:
            raise Problem(409, "move", str(illegal)) from None
        door.changes.notify(told.conversation_id)
        return told


def _add_fields(made: APIRouter, door: Door) -> None:
    writer = Annotated[Caller, Depends(door.allow("applications:write"))]

    @made.post(
        "/applications/{reference}/fields/{field}",
        tags=["Applications"],
        responses=CONFLICT,
        summary="Change one field; the change is in the history",
    )
    def change_field(
        caller: writer,
        reference: Reference,
        field: Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9_]+$")],
        body: shapes.NewValue,
    ) -> shapes.ApplicationTold:
        wording = application_wording(door.settings.knowledge_dir)
        try:
            with door.record.transaction() as session:
                found = _application(session, reference)
                threads.locked(session, found.conversation_id)
                session.refresh(found)
                if field not in fields.RECORD:
                    raise Problem(404, "unknown", "There is no such field.")
                if found.values.get(field) != body.seen:
                    raise by_hand.Changed
                done = by_hand.change(
                    session,
                    found,
                    field,
                    body.value,
                    seen=by_hand.mark(found.values, field),
                    by=caller.name,
                    wording=wording,
                    today=now().astimezone(door.organization().hours.zone).date(),
                )
                if done:
                    door.note(session, caller, "application.field_changed", found.id, field=field)
                told = _told(session, door, found)
        except by_hand.Changed:
            raise Problem(409, "stale", "The field is not what you saw. Nothing was changed.") from None
        except DraftError as error:
            raise Problem(422, "invalid", str(error)) from None
        door.changes.notify(told.conversation_id)
        return told


def _add_exports(made: APIRouter, door: Door) -> None:
    exporter = Annotated[Caller, Depends(door.allow("applications:export"))]

    def exported(caller: Caller, form: str, asked: Sought) -> list[dict[str, Any]]:
        if asked.words:
            search.catch_up(door.record)
        with door.record.transaction() as session:
            found = session.scalars(
                select(Application)
                .where(asked.where(door.organization().hours.zone))
                .order_by(Application.sent_at, Application.id)
            ).all()
            door.note(
                session,
                caller,
                "applications.exported",
                format=form,
                count=len(found),
                states=list(asked.states),
                searched=bool(asked.words.strip()),
            )
            return [export.row(one) for one in found]

    @made.get(
        "/applications.csv",
        tags=["Applications"],
        response_class=Response,
        responses={200: {"content": {"text/csv": {}}, "description": "All that fit, the oldest first"}},
        summary="Export as CSV",
    )
    def as_csv(caller: exporter, asked: Filter) -> Response:
        text = export.as_csv(exported(caller, "csv", asked))
        return Response(text, media_type="text/csv; charset=utf-8")

    @made.get("/applications.json", tags=["Applications"], summary="Export as JSON")
    def as_json(caller: exporter, asked: Filter) -> list[dict[str, Any]]:
        return exported(caller, "json", asked)


def _add_knowledge(made: APIRouter, door: Door) -> None:
    reader = Annotated[Caller, Depends(door.allow("knowledge:read"))]

    @made.get("/knowledge", tags=["Knowledge"], summary="Every answer as it is given now")
    def knowledge(_: reader) -> shapes.Knowledge:
        return shapes.Knowledge(topics=[_topic(door, one) for one in topics(door.settings.knowledge_dir)])

    @made.get(
        "/knowledge/{topic_id}",
        tags=["Knowledge"],
        responses=NOT_FOUND,
        summary="One answer as it is given now",
    )
    def one_topic(_: reader, topic_id: Annotated[shapes.Identifier, Path()]) -> shapes.TopicTold:
        found = topics(door.settings.knowledge_dir).get(topic_id)
        if found is None:
            raise Problem(404, "unknown", "There is no such topic.")
        return _topic(door, found)

    writer = Annotated[Caller, Depends(door.allow("knowledge:write"))]
    edits = Edits(door.record, door.settings)

    @made.post(
        "/knowledge/{topic_id}",
        tags=["Knowledge"],
        responses=CONFLICT,
        summary="Edit an answer's words: live at once, or proposed where a second pair of eyes is asked for",
    )
    def edit(
        caller: writer, topic_id: Annotated[shapes.Identifier, Path()], body: shapes.NewAnswer
    ) -> shapes.KnowledgeEdited:
        wanted = {"answer": " ".join(body.text.split())}
        try:
            done = edits.propose(TOPIC + topic_id, wanted, by=caller.login, why=body.why)
        except UnknownSubject:
            raise Problem(404, "unknown", "There is no such topic.") from None
        except NothingChanged as same:
            raise Problem(409, "same", str(same)) from None
        except EditConflict as conflict:
            raise Problem(409, "stale", str(conflict)) from None
        except KnowledgeError as error:
            raise Problem(422, "invalid", str(error)) from None
        return shapes.KnowledgeEdited(id=done.edit_id, live=done.live)


def _telling(door: Door, body: shapes.NewState) -> Telling | None:
    if not body.tell:
        return None
    return Telling(door.organization().name, body.words, door.settings.knowledge_dir)


def _topic(door: Door, topic: Topic) -> shapes.TopicTold:
    answer = topics(door.settings.knowledge_dir).answer(topic.id, door.organization())
    return shapes.TopicTold(
        id=topic.id,
        question=topic.question,
        tier=topic.tier,
        text=answer.text,
        sources=[shapes.SourceTold(**source) for source in answer.act["sources"]],
        reviewed=answer.act["reviewed"],
        stability=topic.stability,
        next=topic.next,
    )


def _known(session: Session, conversation_id: str) -> Conversation:
    found = session.get(Conversation, conversation_id)
    if found is None or found.channel == queue.EXAMINATION_DOOR:
        raise Problem(404, "unknown", "There is no such conversation.")
    return found


def _take_over(session: Session, conversation_id: str, staff_id: str) -> None:
    conversation = threads.locked(session, conversation_id)
    if conversation.holder in ("bot", "closed"):
        holder.queue(session, conversation_id, reason="taken_over", message_id=None, available=True)
    holder.claim(session, conversation_id, staff_id)


def _held(session: Session, conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "holder": conversation.holder,
        "staff_id": conversation.staff_id,
        "staff_name": staff_name(session, conversation.staff_id),
        "epoch": conversation.epoch,
        "last_seq": conversation.last_seq,
    }


def _note(session: Session, note: StaffNote) -> shapes.Note:
    return shapes.Note(
        id=note.id,
        number=note.number,
        after_seq=note.after_seq,
        staff_name=staff_name(session, note.staff_id),
        text=note.text,
        at=note.created_at,
    )


def _lines(session: Session, messages: Sequence[Message]) -> list[shapes.ThreadLine]:
    ids = [message.id for message in messages]
    found = {
        one.message_id: one for one in session.scalars(select(Delivery).where(Delivery.message_id.in_(ids)))
    }
    return [
        shapes.ThreadLine(
            id=message.id,
            seq=message.seq,
            author=message.author,
            text=message.text,
            act=message.act,
            at=message.created_at,
            delivery=shapes.DeliveryTold(state=sent.state, error=sent.error)
            if (sent := found.get(message.id))
            else None,
        )
        for message in messages
    ]


def _application(session: Session, reference: str) -> Application:
    try:
        return applicants.find(session, reference.upper())
    except UnknownApplication:
        raise Problem(404, "unknown", "There is no such application.") from None


def _told(session: Session, door: Door, found: Application) -> shapes.ApplicationTold:
    seen = applicants.view(session, found, application_wording(door.settings.knowledge_dir))
    return shapes.ApplicationTold(
        conversation_id=found.conversation_id,
        application=export.row(found),
        history=[
            shapes.HistoryLine(at=one.at, field=one.label, before=one.before, after=one.after, by=one.by)
            for one in seen.history
        ],
    )
