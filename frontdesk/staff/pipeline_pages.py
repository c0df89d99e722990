"""The pipeline: applications by filter and words, saved views, changes of many at once, exports, print."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from frontdesk.applications import export, pipeline, search
from frontdesk.applications.parsing import countries, visas
from frontdesk.applications.parsing.programs import PROGRAMS
from frontdesk.applications.pipeline import (
    SORTS,
    STAGES,
    STATES,
    IllegalMove,
    Sought,
    StaleState,
    UnknownState,
    spoken,
)
from frontdesk.records.models import Application, SavedView, Staff, now
from frontdesk.staff import applicants, audit
from frontdesk.staff.applicants import Telling, UnknownApplication
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change, Form, Refused
from frontdesk.staff.rendering import CHANNELS
from frontdesk.staff.sessions import Member

LIST: Final = "/staff/applications"
MOST_VIEWS: Final = 30
NAME_LIMIT: Final = 60
PICKED: Final = "pick-"

Reference = Annotated[str, Path(max_length=16)]
PageNumber = Annotated[int, Query(ge=1, le=100_000)]


def sought(request: Request) -> Sought:
    """The filter of an address; what is unknown in it is left out."""
    return pipeline.read_query(str(request.url.query)[:4000])


@dataclass(frozen=True)
class Bulk:
    """What became of a change of many: references moved, and reference → why not."""

    moved: Sequence[str]
    not_moved: dict[str, str]


def add_routes(router: APIRouter, desk: Desk) -> None:
    agent = Annotated[Member, Depends(desk.gate.allow())]
    editor = Annotated[Member, Depends(desk.gate.allow("editor"))]
    change = Annotated[Change, Depends(desk.gate.change())]
    filtered = Annotated[Sought, Depends(sought)]

    @router.get("/applications")
    def applications(request: Request, member: agent, asked: filtered, page: PageNumber = 1) -> Response:
        return _list(desk, request, member, asked, page=page)

    @router.get("/applications.csv")
    def as_csv(member: editor, asked: filtered) -> Response:
        return _export(desk, member, "csv", asked)

    @router.get("/applications.json")
    def as_json(member: editor, asked: filtered) -> Response:
        return _export(desk, member, "json", asked)

    @router.get("/applications/{reference}/print")
    def printed(member: agent, reference: Reference) -> Response:
        with desk.record.transaction() as session:
            found = applicants.find(session, reference)
            view = applicants.view(session, found, desk.wording())
            audit.note(session, member.login, "application.printed", found.id)
        return desk.pages.page("application_print.html", application=view, member=member)

    @router.post("/applications/views")
    def keep_view(asked: change) -> Response:
        kept = pipeline.read_query(asked.form.text("query"))
        name = " ".join(asked.form.text("name").split())[:NAME_LIMIT]
        if not name or not kept.query:
            raise Refused(
                422, "Not kept", "A view needs a name and a filter: choose what to show, then keep it."
            )
        with desk.record.transaction() as session:
            _keep(session, asked.member, name, kept.query)
        return see(f"{LIST}?{kept.query}", "view_kept")

    @router.post("/applications/views/{view_id}/remove")
    def remove_view(asked: change, view_id: Annotated[str, Path(max_length=64)]) -> Response:
        with desk.record.transaction() as session:
            found = session.get(SavedView, view_id)
            # Another person's view is no business of this one: not even that it exists.
            if found is None or found.staff_id != asked.member.staff_id:
                raise Refused(404, "Not found", "There is no such view of yours (any more).")
            session.delete(found)
            audit.note(session, asked.member.login, "view.removed", view_id)
        return see(LIST, "view_removed")

    @router.post("/applications/bulk")
    def change_many(request: Request, asked: change) -> Response:
        kept = pipeline.read_query(asked.form.text("query"))
        picked = picked_in(asked.form)
        if not picked:
            return _list(
                desk, request, asked.member, kept, status=422, notice="Tick at least one application."
            )
        if asked.form.text("do") in ("csv", "json"):
            if not asked.member.may("editor"):
                raise Refused(403, "Not for your role", "Exports need the role “editor”.")
            return _export(desk, asked.member, asked.form.text("do"), Sought(), only=list(picked))
        try:
            done = move_many(desk, asked, picked)
        except UnknownState:
            raise Refused(422, "Not a state", "Choose one of the states in the list.") from None
        except ValueError as error:
            raise Refused(422, "Not changed", str(error)) from None
        return _list(
            desk, request, asked.member, kept, notice=_said(done), trouble=bool(done.not_moved), bulk=done
        )


def picked_in(form: Form) -> dict[str, str]:
    """Reference → the state that the person saw, of the ticked rows of a form."""
    return {name.removeprefix(PICKED): seen for name, seen in form.fields.items() if name.startswith(PICKED)}


def telling_in(desk: Desk, form: Form) -> Telling | None:
    """How the applicant is to be told, by a form; None when they are not."""
    if form.text("tell") != "yes":
        return None
    return Telling(desk.organization().name, form.text("words"), desk.settings.knowledge_dir)


def move_many(desk: Desk, asked: Change, picked: dict[str, str]) -> Bulk:
    """Move each of the picked applications, each in a transaction of its own.

    Raises:
        UnknownState: there is no state of that name.
        ValueError: too many words of one's own.
    """
    to, telling = asked.form.text("state"), telling_in(desk, asked.form)
    if to not in STATES:
        raise UnknownState(to)
    moved: list[str] = []
    not_moved: dict[str, str] = {}
    for reference, seen in picked.items():
        try:
            with desk.record.transaction() as session:
                staff = session.get_one(Staff, asked.member.staff_id)
                if applicants.change_state(
                    session, reference, to=to, seen=seen, staff=staff, telling=telling
                ):
                    moved.append(reference)
                else:
                    not_moved[reference] = f"is “{spoken(to)}” already"
                conversation_id = applicants.find(session, reference).conversation_id
        except UnknownApplication:
            not_moved[reference] = "is there no more"
        except IllegalMove as illegal:
            not_moved[reference] = f"can't go from “{spoken(illegal.state)}” to “{spoken(to)}”"
        except StaleState as stale:
            not_moved[reference] = f"was changed by a colleague: “{spoken(stale.state)}” now"
        else:
            desk.changes.notify(conversation_id)
    return Bulk(moved, not_moved)


def _said(done: Bulk) -> str:
    many = len(done.moved)
    text = f"{many} application{'' if many == 1 else 's'} moved."
    return text + (f" {len(done.not_moved)} not: see below." if done.not_moved else "")


def _list(
    desk: Desk,
    request: Request,
    member: Member,
    asked: Sought,
    *,
    page: int = 1,
    status: int = 200,
    notice: str | None = None,
    trouble: bool | None = None,
    bulk: Bulk | None = None,
) -> Response:
    if asked.words:
        search.catch_up(desk.record)
    zone = desk.organization().hours.zone
    with desk.record.reading() as session:
        found = applicants.listed(session, desk.wording(), asked, zone=zone, page=page)
        counts = applicants.counts(session)
        views = session.scalars(
            select(SavedView).where(SavedView.staff_id == member.staff_id).order_by(SavedView.name)
        ).all()
    return desk.page(
        request,
        member,
        "applications.html",
        here="applications",
        status=status,
        notice=notice,
        warned=trouble,
        found=found,
        counts=counts,
        sought=asked,
        query=asked.query,
        views=views,
        bulk=bulk,
        choices=_choices(desk),
        texts=state_texts(desk),
    )


def state_texts(desk: Desk) -> dict[str, str]:
    """What an applicant would read, by state, with a reference for all."""
    name, folder = desk.organization().name, desk.settings.knowledge_dir
    return {state: pipeline.told(state, reference="…", name=name, folder=folder) for state in STATES}


def _choices(desk: Desk) -> dict[str, Any]:
    """What the filter offers: value → words."""
    wording = desk.wording()

    def named(field: str, values: Iterable[str]) -> dict[str, str]:
        return {value: wording.fields[field].choices.get(value, spoken(value)) for value in values}

    return {
        "states": STATES,
        "program": named("program_interest", PROGRAMS),
        "stage": named("training_stage", STAGES),
        "visa_help": named("visa_help", visas.ANSWERS),
        "citizenship": countries.all_names(),
        "channel": CHANNELS,
        "sort": SORTS,
    }


def _keep(session: Session, member: Member, name: str, query: str) -> None:
    """Keep a view; one of that name is replaced.

    Raises:
        Refused: too many.
    """
    of_this_person = select(SavedView).where(SavedView.staff_id == member.staff_id)
    found = session.scalars(of_this_person.where(SavedView.name == name).with_for_update()).one_or_none()
    if found is not None:
        found.query = query
    else:
        many = session.scalar(select(func.count()).select_from(of_this_person.subquery())) or 0
        if many >= MOST_VIEWS:
            raise Refused(409, "Too many views", f"You keep {MOST_VIEWS} views already: remove one first.")
        found = SavedView(staff_id=member.staff_id, name=name, query=query)
        session.add(found)
        session.flush()
    audit.note(session, member.login, "view.kept", found.id)


def _export(desk: Desk, member: Member, form: str, asked: Sought, only: list[str] | None = None) -> Response:
    """The applications of a filter as a file; who took them along is written down."""
    if asked.words:
        search.catch_up(desk.record)
    where = asked.where(desk.organization().hours.zone)
    more: dict[str, Any] = {"filtered": True} if asked.narrowed else {}
    if only is not None:
        more["picked"] = True
    with desk.record.transaction() as session:
        chosen = select(Application).where(where).order_by(Application.sent_at, Application.id)
        if only is not None:
            chosen = chosen.where(Application.reference.in_(only))
        told = [export.row(one) for one in session.scalars(chosen)]
        # The search itself may be a name: only that there was one is written down.
        audit.note(
            session,
            member.login,
            "applications.exported",
            format=form,
            count=len(told),
            states=list(asked.states),
            searched=bool(asked.words.strip()),
            **more,
        )
    text = export.as_csv(told) if form == "csv" else export.as_json(told)
    media = "text/csv; charset=utf-8" if form == "csv" else "application/json"
    name = f"applications-{now():%Y-%m-%d}.{form}"
    return Response(text, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})
