"""What the team does beside a thread: private notes, who is typing, saved replies and their list."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import PlainTextResponse

from frontdesk.conversations import notes, staff_typing
from frontdesk.records.models import SavedReply, Staff
from frontdesk.staff import audit, saved_replies
from frontdesk.staff.conversation_pages import conversation_page, known_conversation
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change, Refused
from frontdesk.staff.rendering import wants_fragment
from frontdesk.staff.saved_replies import NotSaved
from frontdesk.staff.sessions import Member

ConversationId = Annotated[str, Path(max_length=64)]
ReplyId = Annotated[str, Path(max_length=64)]


def add_routes(router: APIRouter, desk: Desk) -> None:
    _add_beside_thread(router, desk)
    _add_saved_replies(router, desk)


def _add_beside_thread(router: APIRouter, desk: Desk) -> None:
    agent = Annotated[Member, Depends(desk.gate.allow())]
    change = Annotated[Change, Depends(desk.gate.change())]

    @router.post("/conversations/{conversation_id}/note")
    def note(request: Request, asked: change, conversation_id: ConversationId) -> Response:
        text = asked.form.text("text").replace("\r\n", "\n")
        try:
            with desk.record.transaction() as session:
                known_conversation(session, conversation_id)
                kept = notes.add(session, conversation_id, asked.member.staff_id, text)
                audit.note(session, asked.member.login, "note.added", conversation_id, note=kept.id)
        except ValueError as error:
            if wants_fragment(request):
                return desk.refusal(request, 422, "Not kept", str(error))
            return conversation_page(
                desk, request, asked.member, conversation_id, status=422, notice=str(error)
            )
        desk.changes.notify(conversation_id)
        if not wants_fragment(request):
            return see(f"/staff/conversations/{conversation_id}", "note")
        return desk.fragment(
            "parts/notice_only.html",
            trigger="desk:changed, desk:noted",
            notice="Your note was kept. Only the team sees it.",
            trouble=False,
        )

    @router.post("/conversations/{conversation_id}/typing")
    def typing(asked: change, conversation_id: ConversationId) -> Response:
        with desk.record.transaction() as session:
            known_conversation(session, conversation_id)
            if asked.form.text("typing") == "yes":
                told = staff_typing.is_typing(session, conversation_id, asked.member.staff_id)
            else:
                told = staff_typing.who_types(session, conversation_id) == asked.member.staff_id
                if told:
                    staff_typing.stopped(session, conversation_id)
        if told:
            desk.changes.notify(conversation_id)
        return Response(status_code=204)

    @router.get("/conversations/{conversation_id}/saved/{reply_id}")
    def filled_reply(
        request: Request, member: agent, conversation_id: ConversationId, reply_id: ReplyId
    ) -> Response:
        with desk.record.reading() as session:
            known_conversation(session, conversation_id)
            kept = session.get(SavedReply, reply_id)
            if kept is None:
                raise Refused(404, "Not found", "A colleague removed this reply meanwhile.")
            staff = session.get_one(Staff, member.staff_id)
            known = saved_replies.values(
                session, conversation_id, staff, desk.organization().name, desk.wording()
            )
        text = saved_replies.filled(kept.text, known)
        if "text/plain" in request.headers.get("accept", ""):
            return PlainTextResponse(text)
        return conversation_page(desk, request, member, conversation_id, text=text)


def _add_saved_replies(router: APIRouter, desk: Desk) -> None:
    agent = Annotated[Member, Depends(desk.gate.allow())]
    change = Annotated[Change, Depends(desk.gate.change("editor"))]

    @router.get("/saved-replies")
    def saved(request: Request, member: agent, edit: str = "") -> Response:
        return _saved_page(desk, request, member, edit=edit[:64])

    @router.post("/saved-replies")
    def save(request: Request, asked: change) -> Response:
        reply_id = asked.form.text("id") or None
        title, text = asked.form.text("title"), asked.form.text("text")
        try:
            with desk.record.transaction() as session:
                kept = saved_replies.save(
                    session, reply_id=reply_id, title=title, text=text, by=asked.member.name
                )
                audit.note(session, asked.member.login, "saved_reply.saved", kept.id)
        except NotSaved as error:
            return _saved_page(
                desk,
                request,
                asked.member,
                edit=reply_id or "",
                status=422,
                notice=str(error),
                given={"title": title, "text": text},
            )
        return see("/staff/saved-replies", "saved_reply")

    @router.post("/saved-replies/{reply_id}/remove")
    def remove(asked: change, reply_id: ReplyId) -> Response:
        with desk.record.transaction() as session:
            if saved_replies.remove(session, reply_id):
                audit.note(session, asked.member.login, "saved_reply.removed", reply_id)
        return see("/staff/saved-replies", "saved_reply_removed")


def _saved_page(
    desk: Desk,
    request: Request,
    member: Member,
    *,
    edit: str = "",
    status: int = 200,
    notice: str | None = None,
    given: dict[str, str] | None = None,
) -> Response:
    with desk.record.reading() as session:
        kept = saved_replies.listed(session)
    edited = next((one for one in kept if one.id == edit), None)
    form: dict[str, Any] = {"id": edited.id if edited else "", "title": "", "text": ""}
    if edited is not None:
        form |= {"title": edited.title, "text": edited.text}
    return desk.page(
        request,
        member,
        "saved_replies.html",
        here="saved-replies",
        status=status,
        notice=notice,
        replies=kept,
        edited=edited,
        form=form | (given or {}),
        variables=saved_replies.VARIABLES,
        title_limit=saved_replies.TITLE_LIMIT,
        text_limit=saved_replies.TEXT_LIMIT,
    )
