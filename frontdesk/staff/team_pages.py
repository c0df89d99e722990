"""The team's accounts and the audit log; admins only."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from frontdesk.records.models import AuditEntry, Staff
from frontdesk.staff import accounts
from frontdesk.staff.accounts import ROLES, AccountError, OneTimePassword
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change, Refused
from frontdesk.staff.sessions import Member

AUDIT_PAGE = 100

StaffId = Annotated[str, Path(max_length=64)]


def add_routes(router: APIRouter, desk: Desk) -> None:
    gate = desk.gate
    admin = Annotated[Member, Depends(gate.allow("admin"))]
    change = Annotated[Change, Depends(gate.change("admin"))]

    @router.get("/team")
    def team(request: Request, member: admin) -> Response:
        return _team(desk, request, member)

    @router.post("/team")
    def add(request: Request, asked: change) -> Response:
        form = asked.form
        try:
            with desk.record.transaction() as session:
                given = accounts.add(
                    session,
                    form.text("login"),
                    name=form.text("name"),
                    role=form.text("role"),
                    by=asked.member.login,
                )
        except AccountError as error:
            return _team(desk, request, asked.member, trouble=str(error), typed=form.fields)
        # Shown in the answer itself: an address with a password in it would stay in the browser's history.
        return _team(desk, request, asked.member, given=given)

    @router.post("/team/{staff_id}/reset")
    def reset(request: Request, asked: change, staff_id: StaffId) -> Response:
        _not_oneself(asked.member, staff_id, "Change your own password on the password page.")
        with desk.record.transaction() as session:
            given = accounts.give_one_time_password(session, _known(session, staff_id), by=asked.member.login)
        return _team(desk, request, asked.member, given=given)

    @router.post("/team/{staff_id}/role")
    def change_role(request: Request, asked: change, staff_id: StaffId) -> Response:
        try:
            with desk.record.transaction() as session:
                accounts.change_role(
                    session,
                    _known(session, staff_id),
                    asked.form.text("role"),
                    by=asked.member.login,
                )
        except AccountError as error:
            return _team(desk, request, asked.member, trouble=str(error))
        return see("/staff/team" if staff_id != asked.member.staff_id else "/staff/", "role")

    @router.post("/team/{staff_id}/disable")
    def disable(request: Request, asked: change, staff_id: StaffId) -> Response:
        _not_oneself(asked.member, staff_id, "Another admin can disable your account.")
        try:
            with desk.record.transaction() as session:
                released = accounts.disable(session, _known(session, staff_id), by=asked.member.login)
        except AccountError as error:
            return _team(desk, request, asked.member, trouble=str(error))
        for conversation_id in released:
            desk.changes.notify(conversation_id)
        return see("/staff/team", "disabled")

    @router.post("/team/{staff_id}/enable")
    def enable(asked: change, staff_id: StaffId) -> Response:
        with desk.record.transaction() as session:
            accounts.enable(session, _known(session, staff_id), by=asked.member.login)
        return see("/staff/team", "enabled")

    @router.get("/audit")
    def audit_log(
        request: Request, member: admin, page: Annotated[int, Query(ge=1, le=1_000_000)] = 1
    ) -> Response:
        with desk.record.reading() as session:
            total = session.scalar(select(func.count()).select_from(AuditEntry)) or 0
            pages = max(1, -(-total // AUDIT_PAGE))
            page = min(page, pages)
            entries = session.scalars(
                select(AuditEntry)
                .order_by(AuditEntry.at.desc(), AuditEntry.id)
                .offset((page - 1) * AUDIT_PAGE)
                .limit(AUDIT_PAGE)
            ).all()
        return desk.page(
            request, member, "audit.html", here="audit", entries=entries, page=page, pages=pages, total=total
        )


def _team(
    desk: Desk,
    request: Request,
    member: Member,
    *,
    given: OneTimePassword | None = None,
    trouble: str | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    with desk.record.reading() as session:
        team = session.scalars(select(Staff).order_by(Staff.disabled_at.is_not(None), Staff.login)).all()
    return desk.page(
        request,
        member,
        "team.html",
        here="team",
        status=422 if trouble else 200,
        notice=trouble,
        team=team,
        roles=ROLES,
        given=given,
        typed=typed or {},
    )


def _known(session: Session, staff_id: str) -> Staff:
    found = session.get(Staff, staff_id, with_for_update=True)
    if found is None:
        raise Refused(404, "Not found", "There is no such account.")
    return found


def _not_oneself(member: Member, staff_id: str, text: str) -> None:
    if staff_id == member.staff_id:
        raise Refused(409, "Not for yourself", text)
