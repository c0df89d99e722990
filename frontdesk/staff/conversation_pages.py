"""One conversation, and what staff do with it: each change a service of `conversations.holder`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from frontdesk.applications import documents
from frontdesk.channels.configured import carries_files, reply_window
from frontdesk.conversations import holder, notes, threads
from frontdesk.conversations.states import HolderConflict, conflict, staff_name
from frontdesk.knowledge.organization import Organization
from frontdesk.records.models import (
    Application,
    ContactLeft,
    Conversation,
    Handoff,
    Mention,
    Message,
    Staff,
    now,
)
from frontdesk.staff import audit, languages, persons, queue, saved_replies, snoozing, transcript
from frontdesk.staff.applicants import beside
from frontdesk.staff.desk import DONE, Desk, see
from frontdesk.staff.gate import Change
from frontdesk.staff.list_pages import Lists
from frontdesk.staff.news import version
from frontdesk.staff.rendering import wants_fragment
from frontdesk.staff.saved_replies import unfilled
from frontdesk.staff.sessions import Member

TAKEN_OVER = "taken_over"

ConversationId = Annotated[str, Path(max_length=64)]
Cursor = Annotated[int, Query(ge=0, le=2**31 - 1)]

type Deed = Callable[[Session, Member, Change, str], str]


class NothingSaid(ValueError):
    """The reply has no words, or too many. The text says which."""


def add_routes(router: APIRouter, desk: Desk) -> None:
    gate = desk.gate
    agent = Annotated[Member, Depends(gate.allow())]
    change = Annotated[Change, Depends(gate.change())]

    @router.get("/conversations/{conversation_id}")
    def one_conversation(
        request: Request,
        member: agent,
        conversation_id: ConversationId,
        before: Cursor | None = None,
        find: Annotated[str, Query(max_length=200)] = "",
    ) -> Response:
        _note_seen(desk, member, conversation_id)
        return conversation_page(desk, request, member, conversation_id, before=before, find=find.strip())

    @router.get("/conversations/{conversation_id}/thread")
    def thread(
        member: agent, conversation_id: ConversationId, after: Cursor = 0, note: Cursor = 0
    ) -> Response:
        with desk.record.reading() as session:
            conversation = known_conversation(session, conversation_id)
            name = _name(session, conversation)
            found = transcript.since(session, conversation.id, applicant=name, after=after, after_note=note)
        return desk.fragment("parts/thread_more.html", member=member, conversation=conversation, thread=found)

    @router.get("/conversations/{conversation_id}/handling")
    def handling(member: agent, conversation_id: ConversationId) -> Response:
        with desk.record.reading() as session:
            context = _handling(desk, session, member, known_conversation(session, conversation_id))
        return desk.fragment("parts/handling.html", member=member, **context)

    @router.get("/conversations/{conversation_id}/beside")
    def beside_thread(member: agent, conversation_id: ConversationId) -> Response:
        with desk.record.reading() as session:
            conversation = known_conversation(session, conversation_id)
            context = _beside(desk, session, conversation)
        return desk.fragment("parts/beside.html", member=member, **context)

    def add_deed(name: str, deed: Deed) -> None:
        @router.post(f"/conversations/{{conversation_id}}/{name}", name=name)
        def done(request: Request, asked: change, conversation_id: ConversationId) -> Response:
            return _do(desk, request, asked, conversation_id, deed)

    add_deed("claim", _claim)
    add_deed("take-over", _take_over)
    add_deed("reply", lambda *given: _reply(desk.settings.text_limit, *given))
    add_deed("release", _release)
    add_deed("transfer", _transfer)
    add_deed("return", _return_to_bot)
    add_deed("close", _close)
    add_deed("settle", _settle)
    add_deed("snooze", lambda *given: _snooze(desk.organization(), *given))
    add_deed("wake", _wake)


# What can be done: each returns the name of what the page then says.


def _claim(session: Session, member: Member, _: Change, conversation_id: str) -> str:
    holder.claim(session, conversation_id, member.staff_id)
    audit.note(session, member.login, "conversation.claimed", conversation_id)
    return "claimed"


def _take_over(session: Session, member: Member, asked: Change, conversation_id: str) -> str:
    """From the assistant, from its end, or from the colleague whom the page showed as its holder."""
    _take(session, member, conversation_id, shown=asked.form.text("from"))
    return "taken_over"


def _reply(limit: int, session: Session, member: Member, asked: Change, conversation_id: str) -> str:
    text = asked.form.text("text").replace("\r\n", "\n").strip()
    if not text:
        raise NothingSaid("Write something first.")
    if len(text) > limit:
        raise NothingSaid(f"A reply has at most {limit} characters; this one has {len(text)}.")
    left_open = unfilled(text)
    if left_open is not None:
        raise NothingSaid(f"Fill in {left_open} before you send this.")
    conversation = threads.locked(session, conversation_id)
    if conversation.holder in ("bot", "closed") and asked.form.text("shown") == conversation.holder:
        _take(session, member, conversation_id, shown="")
    elif conversation.holder == "queued":
        audit.note(session, member.login, "conversation.claimed", conversation_id)
    holder.reply(session, conversation_id, member.staff_id, text)
    return "sent"


def _release(session: Session, member: Member, _: Change, conversation_id: str) -> str:
    holder.release(session, conversation_id, member.staff_id)
    audit.note(session, member.login, "conversation.released", conversation_id)
    return "released"


def _transfer(session: Session, member: Member, asked: Change, conversation_id: str) -> str:
    colleague = session.get(Staff, asked.form.text("to")[:64])
    if colleague is None or colleague.disabled_at is not None:
        raise NothingSaid("Choose a colleague from the list.")
    holder.transfer(session, conversation_id, member.staff_id, colleague.id)
    audit.note(session, member.login, "conversation.transferred", conversation_id, to=colleague.login)
    return "transferred"


def _return_to_bot(session: Session, member: Member, _: Change, conversation_id: str) -> str:
    holder.return_to_bot(session, conversation_id, member.staff_id)
    audit.note(session, member.login, "conversation.returned", conversation_id)
    return "returned"


def _close(session: Session, member: Member, _: Change, conversation_id: str) -> str:
    holder.close(session, conversation_id, member.staff_id)
    audit.note(session, member.login, "conversation.closed", conversation_id)
    return "closed"


def _settle(session: Session, member: Member, _: Change, conversation_id: str) -> str:
    before = threads.locked(session, conversation_id).attention
    threads.settle_attention(session, conversation_id)
    if before is not None:
        audit.note(session, member.login, "attention.settled", conversation_id, reason=before)
    return "settled"


def _snooze(
    at_home: Organization, session: Session, member: Member, asked: Change, conversation_id: str
) -> str:
    try:
        until = snoozing.chosen(asked.form.text("until"), asked.form.text("moment"), at_home, now())
    except ValueError as error:
        raise NothingSaid(str(error)) from None
    holder.snooze(session, conversation_id, member.staff_id, until)
    told = until.isoformat(timespec="minutes")
    audit.note(session, member.login, "conversation.snoozed", conversation_id, until=told)
    return "snoozed"


def _wake(session: Session, member: Member, _: Change, conversation_id: str) -> str:
    if holder.wake(session, conversation_id):
        audit.note(session, member.login, "conversation.woken", conversation_id)
    return "woken"


def _take(session: Session, member: Member, conversation_id: str, *, shown: str) -> None:
    conversation = threads.locked(session, conversation_id)
    if conversation.holder == "assigned":
        if conversation.staff_id == member.staff_id:
            return
        if conversation.staff_id is None or conversation.staff_id != shown:
            raise conflict(session, conversation)
        holder.transfer(session, conversation_id, conversation.staff_id, member.staff_id)
    else:
        if conversation.holder in ("bot", "closed"):
            holder.queue(session, conversation_id, reason=TAKEN_OVER, message_id=None, available=True)
        holder.claim(session, conversation_id, member.staff_id)
    audit.note(session, member.login, "conversation.taken_over", conversation_id)


def _do(desk: Desk, request: Request, asked: Change, conversation_id: str, deed: Deed) -> Response:
    """Do it in one transaction, tell the others, show the result: a piece for htmx, else the page."""
    status, notice, done, text = 200, None, None, ""
    try:
        with desk.record.transaction() as session:
            known_conversation(session, conversation_id)
            done = deed(session, asked.member, asked, conversation_id)
    except HolderConflict as lost:
        status, notice, text = 409, _lost(lost), asked.form.text("text")
    except NothingSaid as error:
        status, notice, text = 422, str(error), asked.form.text("text")
    else:
        desk.changes.notify(conversation_id)
    if not wants_fragment(request):
        if done is not None:
            return see(f"/staff/conversations/{conversation_id}", done)
        return conversation_page(
            desk, request, asked.member, conversation_id, status=status, notice=notice, text=text
        )
    with desk.record.reading() as session:
        conversation = known_conversation(session, conversation_id)
        context = _handling(desk, session, asked.member, conversation, text=text)
    trigger = "desk:changed, desk:sent" if done == "sent" else "desk:changed"
    return desk.fragment(
        "parts/handling_done.html",
        status=status,
        trigger=trigger,
        notice=notice or DONE.get(done or ""),
        trouble=done is None,
        member=asked.member,
        **context,
    )


def _lost(lost: HolderConflict) -> str:
    """Who was first, and that nothing was done."""
    if lost.holder == "assigned":
        winner = lost.staff_name or "A colleague"
        return f"{winner} was first and has this conversation. Nothing was sent or changed."
    where = {
        "bot": "The assistant has this conversation",
        "queued": "This conversation waits in the queue",
        "closed": "This conversation is closed",
    }
    return f"{where[lost.holder]} meanwhile. Nothing was sent or changed."


# What is shown.


def conversation_page(
    desk: Desk,
    request: Request,
    member: Member,
    conversation_id: str,
    *,
    before: int | None = None,
    find: str = "",
    status: int = 200,
    notice: str | None = None,
    text: str = "",
) -> Response:
    """The page: the newest of the thread, the stretch above `before`, or the messages with `find` in them."""
    with desk.record.reading() as session:
        conversation = known_conversation(session, conversation_id)
        context = _handling(desk, session, member, conversation, text=text)
        if find:
            thread = transcript.found(session, conversation.id, applicant=context["name"], words=find)
        else:
            thread = transcript.latest(session, conversation.id, applicant=context["name"], before=before)
        context |= _beside(desk, session, conversation, told=context["version"])
    context |= {
        "thread": thread,
        "past": before is not None or bool(find),
        "find": find,
        "half_page": transcript.PAGE // 2,
    }
    context |= Lists(desk).near(member, conversation_id)
    return desk.page(
        request,
        member,
        "conversation.html",
        here="desk",
        status=status,
        notice=notice,
        follow=conversation_id,
        **context,
    )


def _handling(
    desk: Desk, session: Session, member: Member, conversation: Conversation, *, text: str = ""
) -> dict[str, Any]:
    """Who has it and what this person may do with it."""
    colleagues = session.scalars(
        select(Staff).where(Staff.disabled_at.is_(None), Staff.id != member.staff_id).order_by(Staff.name)
    ).all()
    return {
        "conversation": conversation,
        "name": _name(session, conversation),
        "staff_name": staff_name(session, conversation.staff_id),
        "version": version(session, conversation.id),
        "handoff": holder.open_handoff(session, conversation.id) or _last_handoff(session, conversation.id),
        "own": conversation.holder == "assigned" and conversation.staff_id == member.staff_id,
        "colleagues": colleagues,
        "text": text,
        "window": _window(session, conversation),
        "text_limit": desk.settings.text_limit,
        "carries_files": carries_files(conversation.channel),
        "saved": saved_replies.listed(session),
        "snoozes": snoozing.usual(desk.organization(), now()),
        "language": languages.said(conversation.language),
    }


@dataclass(frozen=True)
class Window:
    """The reply window of the applicant's channel. `until`: None when nobody wrote yet."""

    hours: int
    until: datetime | None
    is_open: bool


def _window(session: Session, conversation: Conversation) -> Window | None:
    hours = reply_window(conversation.channel, conversation.external_ref)
    if hours is None:
        return None
    last = session.scalar(
        select(func.max(Message.created_at)).where(
            Message.conversation_id == conversation.id, Message.author == "applicant"
        )
    )
    until = last + timedelta(hours=hours) if last is not None else None
    return Window(int(hours), until, until is not None and until > now())


def _beside(
    desk: Desk, session: Session, conversation: Conversation, *, told: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Who writes: the applicant, the application, papers, and other conversations of the same person."""
    papers = documents.checklist(session, conversation.id, desk.organization())
    return {
        "conversation": conversation,
        "beside": beside(session, conversation.id, desk.wording()),
        "left": session.get(ContactLeft, conversation.id),
        "papers": papers,
        "unfiled": documents.unfiled(session, conversation.id),
        "papers_of": conversation.id,
        "earlier": persons.earlier(session, conversation.id),
        "version": told or version(session, conversation.id),
    }


def _note_seen(desk: Desk, member: Member, conversation_id: str) -> None:
    """Applications stand beside the thread: who opens it has seen them, and the notes that name them."""
    with desk.record.reading() as session:
        seen = session.scalars(
            select(Application.id).where(Application.conversation_id == conversation_id)
        ).all()
        named = session.scalar(
            select(Mention.id)
            .where(
                Mention.conversation_id == conversation_id,
                Mention.staff_id == member.staff_id,
                Mention.seen_at.is_(None),
            )
            .limit(1)
        )
    if not seen and named is None:
        return
    with desk.record.transaction() as session:
        notes.seen(session, conversation_id, member.staff_id)
        for application_id in seen:
            audit.note(session, member.login, "application.viewed", application_id)


def _last_handoff(session: Session, conversation_id: str) -> Handoff | None:
    return session.scalars(
        select(Handoff)
        .where(Handoff.conversation_id == conversation_id)
        .order_by(Handoff.requested_at.desc())
        .limit(1)
    ).one_or_none()


def known_conversation(session: Session, conversation_id: str) -> Conversation:
    found = session.get(Conversation, conversation_id)
    if found is None or found.channel == queue.EXAMINATION_DOOR:
        raise threads.UnknownConversation(conversation_id)
    return found


def _name(session: Session, conversation: Conversation) -> str:
    told = queue.applications_told(session, [conversation.id]).get(conversation.id)
    return (told[0] if told else None) or conversation.contact_name or queue.visitor(conversation.id)
