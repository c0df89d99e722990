"""Privacy requests in the console: who waits for a proof; a person confirms or refuses, audited."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from sqlalchemy.orm import Session

from frontdesk.applications import privacy
from frontdesk.conversations import threads
from frontdesk.records.models import PrivacyRequest
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change, Refused
from frontdesk.staff.sessions import Member

RequestId = Annotated[str, Path(max_length=64)]


def add_routes(router: APIRouter, desk: Desk) -> None:
    agent = Annotated[Member, Depends(desk.gate.allow())]
    change = Annotated[Change, Depends(desk.gate.change("editor"))]

    @router.get("/privacy")
    def requests(request: Request, member: agent) -> Response:
        with desk.record.reading() as session:
            found = [
                (one, len(privacy.conversations_of(session, one.conversation_id or "")))
                for one in privacy.open_requests(session)
            ]
        return desk.page(request, member, "privacy.html", here="privacy", requests=found)

    @router.post("/privacy/{request_id}/confirm")
    def confirm(asked: change, request_id: RequestId) -> Response:
        with desk.record.transaction() as session:
            found = _waiting(session, request_id)
            conversation = threads.locked(session, found.conversation_id or "")
            text, act = privacy.confirm(
                session, found, proof="staff", by=asked.member.login, organization=desk.organization()
            )
            threads.append(session, conversation, author="system", text=text, act=act)
        desk.changes.notify(conversation.id)
        return see("/staff/privacy", "privacy_confirmed")

    @router.post("/privacy/{request_id}/refuse")
    def refuse(asked: change, request_id: RequestId) -> Response:
        with desk.record.transaction() as session:
            privacy.refuse(session, _waiting(session, request_id), by=asked.member.login)
        return see("/staff/privacy", "privacy_refused")


def _waiting(session: Session, request_id: str) -> PrivacyRequest:
    found = session.get(PrivacyRequest, request_id, with_for_update=True)
    if found is None:
        raise Refused(404, "Not found", "There is no such request.")
    if found.state != "asked" or found.conversation_id is None:
        raise Refused(409, "Decided already", "Somebody decided this request already.")
    return found
