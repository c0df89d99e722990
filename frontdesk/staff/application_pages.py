"""Applications: the list with filter and search, exports, and one application with its state."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy import select

from frontdesk.applications import export
from frontdesk.records.models import Application, Staff, now
from frontdesk.staff import applicants, audit
from frontdesk.staff.applicants import STATES, StaleState
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change, Refused
from frontdesk.staff.sessions import Member

Reference = Annotated[str, Path(max_length=16)]
States = Annotated[list[str], Query(alias="state", default_factory=list, max_length=len(STATES))]
Words = Annotated[str, Query(max_length=200)]
PageNumber = Annotated[int, Query(ge=1, le=100_000)]


def add_routes(router: APIRouter, desk: Desk) -> None:
    gate = desk.gate
    agent = Annotated[Member, Depends(gate.allow())]
    editor = Annotated[Member, Depends(gate.allow("editor"))]
    change = Annotated[Change, Depends(gate.change())]

    @router.get("/applications")
    def applications(
        request: Request, member: agent, states: States, words: Words = "", page: PageNumber = 1
    ) -> Response:
        chosen = _known(states)
        with desk.record.reading() as session:
            found = applicants.listed(session, desk.wording(), states=chosen, words=words, page=page)
            counts = applicants.counts(session)
        return desk.page(
            request,
            member,
            "applications.html",
            here="applications",
            found=found,
            counts=counts,
            states=STATES,
            chosen=chosen,
            words=words,
            query=_query(chosen, words),
        )

    @router.get("/applications.csv")
    def as_csv(member: editor, states: States, words: Words = "") -> Response:
        text = export.as_csv(export.row(one) for one in _exported(desk, member, "csv", states, words))
        return _file(text, "text/csv; charset=utf-8", "csv")

    @router.get("/applications.json")
    def as_json(member: editor, states: States, words: Words = "") -> Response:
        text = export.as_json(export.row(one) for one in _exported(desk, member, "json", states, words))
        return _file(text, "application/json", "json")

    @router.get("/applications/{reference}")
    def application(request: Request, member: agent, reference: Reference) -> Response:
        with desk.record.transaction() as session:
            found = applicants.find(session, reference)
            audit.note(session, member.login, "application.viewed", found.id)
        return _application(desk, request, member, reference)

    @router.post("/applications/{reference}/state")
    def change_state(request: Request, asked: change, reference: Reference) -> Response:
        to = asked.form.text("state")
        try:
            with desk.record.transaction() as session:
                staff = session.get_one(Staff, asked.member.staff_id)
                applicants.change_state(session, reference, to=to, seen=asked.form.text("seen"), staff=staff)
                conversation_id = applicants.find(session, reference).conversation_id
        except StaleState as stale:
            notice = (
                f"A colleague was first: the state is “{stale.state.replace('_', ' ')}” now. Choose again."
            )
            return _application(desk, request, asked.member, reference, status=409, notice=notice)
        except ValueError:
            raise Refused(422, "Not a state", "Choose one of the states in the list.") from None
        desk.changes.notify(conversation_id)
        return see(f"/staff/applications/{reference}", "state")


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
        found = applicants.view(session, applicants.find(session, reference), desk.wording())
    return desk.page(
        request,
        member,
        "application.html",
        here="applications",
        status=status,
        notice=notice,
        application=found,
        states=STATES,
    )


def _exported(desk: Desk, member: Member, form: str, states: list[str], words: str) -> list[Application]:
    """The applications of a filter; who took them along is written down."""
    chosen = _known(states)
    with desk.record.transaction() as session:
        found = session.scalars(
            select(Application)
            .where(applicants.matching(states=chosen, words=words))
            .order_by(Application.sent_at, Application.id)
        ).all()
        # The search itself may be a name: only that there was one is written down.
        audit.note(
            session,
            member.login,
            "applications.exported",
            format=form,
            count=len(found),
            states=chosen,
            searched=bool(words.strip()),
        )
        return list(found)


def _file(text: str, media: str, ending: str) -> Response:
    name = f"applications-{now():%Y-%m-%d}.{ending}"
    return Response(text, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _known(states: list[str]) -> list[str]:
    return [state for state in STATES if state in states]


def _query(states: list[str], words: str) -> str:
    """The filter as it stands in an address."""
    pairs = [("state", state) for state in states] + ([("words", words)] if words else [])
    return urlencode(pairs)
