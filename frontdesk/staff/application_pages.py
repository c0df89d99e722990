"""One application: every field in words, its history, and its state with what the applicant is told of it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from frontdesk.applications import documents, pipeline
from frontdesk.applications.pipeline import IllegalMove, StaleState, UnknownState, spoken
from frontdesk.records.models import Staff
from frontdesk.staff import applicants, audit
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change, Refused
from frontdesk.staff.pipeline_pages import state_texts, telling_in
from frontdesk.staff.sessions import Member

Reference = Annotated[str, Path(max_length=16)]


def add_routes(router: APIRouter, desk: Desk) -> None:
    agent = Annotated[Member, Depends(desk.gate.allow())]
    change = Annotated[Change, Depends(desk.gate.change())]

    @router.get("/applications/{reference}")
    def application(request: Request, member: agent, reference: Reference) -> Response:
        with desk.record.transaction() as session:
            found = applicants.find(session, reference)
            audit.note(session, member.login, "application.viewed", found.id)
        return _application(desk, request, member, reference)

    @router.post("/applications/{reference}/state")
    def change_state(request: Request, asked: change, reference: Reference) -> Response:
        telling = telling_in(desk, asked.form)
        try:
            with desk.record.transaction() as session:
                staff = session.get_one(Staff, asked.member.staff_id)
                applicants.change_state(
                    session,
                    reference,
                    to=asked.form.text("state"),
                    seen=asked.form.text("seen"),
                    staff=staff,
                    telling=telling,
                )
                conversation_id = applicants.find(session, reference).conversation_id
        except StaleState as stale:
            notice = f"A colleague was first: the state is “{spoken(stale.state)}” now. Choose again."
            return _application(desk, request, asked.member, reference, status=409, notice=notice)
        except IllegalMove as illegal:
            return _application(desk, request, asked.member, reference, status=409, notice=str(illegal))
        except UnknownState:
            raise Refused(422, "Not a state", "Choose one of the states in the list.") from None
        except ValueError as error:
            raise Refused(422, "Not changed", str(error)) from None
        desk.changes.notify(conversation_id)
        return see(f"/staff/applications/{reference}", "state_told" if telling else "state")


def _application(
    desk: Desk,
    request: Request,
    member: Member,
    reference: str,
    *,
    status: int = 200,
    notice: str | None = None,
) -> Response:
    with desk.record.reading() as session:
        application = applicants.find(session, reference)
        found = applicants.view(session, application, desk.wording())
        papers = documents.checklist(session, application.conversation_id, desk.organization())
        unfiled = documents.unfiled(session, application.conversation_id)
    return desk.page(
        request,
        member,
        "application.html",
        here="applications",
        status=status,
        notice=notice,
        application=found,
        papers=papers,
        unfiled=unfiled,
        papers_of=application.conversation_id,
        states=pipeline.FOLLOWS.get(found.state, pipeline.STATES),
        texts=state_texts(desk),
    )
