"""One field of a draft or an application, changed by hand; the change is in the history and the audit log."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from sqlalchemy.orm import Session

from frontdesk.applications import by_hand, drafts, fields
from frontdesk.applications.drafts import DraftError
from frontdesk.conversations import threads
from frontdesk.records.models import Application, Draft, Staff, now
from frontdesk.staff import applicants, audit
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change, Refused
from frontdesk.staff.sessions import Member

ConversationId = Annotated[str, Path(max_length=64)]
Of = Annotated[str, Path(max_length=16)]
FieldName = Annotated[str, Path(max_length=64)]
DRAFT = "draft"


def add_routes(router: APIRouter, desk: Desk) -> None:
    agent = Annotated[Member, Depends(desk.gate.allow())]
    change = Annotated[Change, Depends(desk.gate.change())]
    path = "/conversations/{conversation_id}/fields/{of}/{field}"

    @router.get(path)
    def field_page(
        request: Request, member: agent, conversation_id: ConversationId, of: Of, field: FieldName
    ) -> Response:
        return _page(desk, request, member, conversation_id, of, field)

    @router.post(path)
    def change_field(
        request: Request, asked: change, conversation_id: ConversationId, of: Of, field: FieldName
    ) -> Response:
        text = asked.form.text("value")
        try:
            with desk.record.transaction() as session:
                threads.locked(session, conversation_id)
                target = _target(session, conversation_id, of, field)
                staff = session.get_one(Staff, asked.member.staff_id)
                if by_hand.change(
                    session,
                    target,
                    field,
                    text,
                    seen=asked.form.text("seen"),
                    by=staff.name,
                    wording=desk.wording(),
                    today=now().astimezone(desk.organization().hours.zone).date(),
                ):
                    audit.note(session, staff.login, "application.field_changed", target.id, field=field)
        except by_hand.Changed:
            notice = "This field was changed meanwhile. Look at it again before you change it."
            return _page(desk, request, asked.member, conversation_id, of, field, status=409, notice=notice)
        except DraftError as error:
            return _page(
                desk,
                request,
                asked.member,
                conversation_id,
                of,
                field,
                status=422,
                notice=str(error),
                text=text,
            )
        desk.changes.notify(conversation_id)
        return see(f"/staff/conversations/{conversation_id}", "field")


def _page(
    desk: Desk,
    request: Request,
    member: Member,
    conversation_id: str,
    of: str,
    field: str,
    *,
    status: int = 200,
    notice: str | None = None,
    text: str | None = None,
) -> Response:
    wording = desk.wording()
    with desk.record.reading() as session:
        target = _target(session, conversation_id, of, field)
        values = dict(target.values)
    said = wording.fields[field]
    kept = values.get(field)
    shown: Any = text
    if shown is None:
        # A choice is kept under its own name, which is what the list of choices sends.
        shown = "" if kept is None else kept if kept in said.choices else fields.shown(field, kept, wording)
    return desk.page(
        request,
        member,
        "field.html",
        here="desk",
        status=status,
        notice=notice,
        conversation_id=conversation_id,
        of=of,
        field=field,
        said=said,
        value=shown,
        seen=by_hand.mark(values, field),
        told=bool(values.get("full_name")) and values["full_name"],
    )


def _target(session: Session, conversation_id: str, of: str, field: str) -> Draft | Application:
    """The draft of the conversation, or its application of that reference.

    Raises:
        Refused: there is no such thing (any more).
    """
    found: Draft | Application | None = (
        drafts.unsent(session, conversation_id) if of == DRAFT else applicants.find(session, of)
    )
    if found is None or found.conversation_id != conversation_id or field not in fields.RECORD:
        raise Refused(404, "Not found", "There is nothing of that name (any more).")
    return found
