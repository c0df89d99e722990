"""The team: accounts, invitations, sessions, who must have a second factor; admins only."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.records.models import Invitation, SecondFactor, Staff
from frontdesk.staff import accounts, invitations, second_factor
from frontdesk.staff.accounts import ROLES, AccountError, OneTimePassword
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change, Refused
from frontdesk.staff.invitations import InvitationOver, Links
from frontdesk.staff.sessions import HANDLE, Member

StaffId = Annotated[str, Path(max_length=64)]


def add_routes(router: APIRouter, desk: Desk) -> None:
    _add_accounts(router, desk)
    _add_security(router, desk)
    _add_invitations(router, desk)


def _add_accounts(router: APIRouter, desk: Desk) -> None:
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

    @router.post("/team/{staff_id}/email")
    def change_email(request: Request, asked: change, staff_id: StaffId) -> Response:
        try:
            with desk.record.transaction() as session:
                accounts.set_email(
                    session, _known(session, staff_id), asked.form.text("email"), by=asked.member.login
                )
        except AccountError as error:
            return _team(desk, request, asked.member, trouble=str(error))
        return see("/staff/team", "email")


def _add_security(router: APIRouter, desk: Desk) -> None:
    admin = Annotated[Member, Depends(desk.gate.allow("admin"))]
    change = Annotated[Change, Depends(desk.gate.change("admin"))]

    @router.get("/team/{staff_id}/sessions")
    def sessions(request: Request, member: admin, staff_id: StaffId) -> Response:
        with desk.record.reading() as session:
            staff = session.get(Staff, staff_id)
        if staff is None:
            raise Refused(404, "Not found", "There is no such account.")
        found = desk.sessions.open_ones(staff_id)
        return desk.page(
            request, member, "team_sessions.html", here="team", staff=staff, sessions=found, handle=HANDLE
        )

    @router.post("/team/{staff_id}/sessions/end")
    def end_sessions(asked: change, staff_id: StaffId) -> Response:
        with desk.record.transaction() as session:
            _known(session, staff_id)
        own = asked.member.session if staff_id == asked.member.staff_id else None
        desk.sessions.end(staff_id, by=asked.member, only=asked.form.text("session") or None, but=own)
        return see(f"/staff/team/{staff_id}/sessions", "revoked")

    @router.post("/team/{staff_id}/second-factor/remove")
    def remove_second_factor(asked: change, staff_id: StaffId) -> Response:
        _not_oneself(asked.member, staff_id, "Your own second factor is switched off on your account's page.")
        with desk.record.transaction() as session:
            staff = _known(session, staff_id)
            second_factor.remove(session, staff, by=asked.member.login)
            accounts.end_sessions(session, staff_id)
        return see("/staff/team", "second_factor_removed")

    @router.post("/team/rules")
    def change_rules(request: Request, asked: change) -> Response:
        try:
            with desk.record.transaction() as session:
                second_factor.require_of(session, asked.form.text("second_factor"), by=asked.member.login)
        except ValueError as error:
            return _team(desk, request, asked.member, trouble=str(error))
        return see("/staff/team", "rule")


def _add_invitations(router: APIRouter, desk: Desk) -> None:
    change = Annotated[Change, Depends(desk.gate.change("admin"))]
    links = Links(desk.settings.secret_key, desk.settings.base_url)

    @router.post("/team/invitations")
    def invite(request: Request, asked: change) -> Response:
        form = asked.form
        try:
            with desk.record.transaction() as session:
                made = invitations.invite(
                    session,
                    email=form.text("email"),
                    name=form.text("name"),
                    role=form.text("role"),
                    days=desk.settings.invitation_days,
                    by=asked.member.login,
                )
                invitations.write_to(
                    session,
                    made,
                    links.link(made),
                    organization=desk.organization().name,
                    zone=desk.organization().hours.zone,
                    folder=desk.settings.knowledge_dir,
                )
        except AccountError as error:
            return _team(desk, request, asked.member, trouble=str(error), typed=form.fields)
        # As the one-time password: in the answer itself, never in an address.
        return _team(desk, request, asked.member, invited=(made, links.link(made)))

    @router.post("/team/invitations/{invitation_id}/revoke")
    def revoke(asked: change, invitation_id: StaffId) -> Response:
        try:
            with desk.record.transaction() as session:
                invitations.revoke(session, invitation_id, by=asked.member.login)
        except InvitationOver as over:
            raise Refused(404, "Not found", str(over)) from None
        return see("/staff/team", "invitation_revoked")


def _team(
    desk: Desk,
    request: Request,
    member: Member,
    *,
    given: OneTimePassword | None = None,
    invited: tuple[Invitation, str] | None = None,
    trouble: str | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    with desk.record.reading() as session:
        team = session.scalars(select(Staff).order_by(Staff.disabled_at.is_not(None), Staff.login)).all()
        waiting = invitations.waiting(session)
        rule = second_factor.required_of(session)
        with_factor = set(
            session.scalars(select(SecondFactor.staff_id).where(SecondFactor.confirmed_at.is_not(None)))
        )
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
        invited=invited,
        mails=bool(desk.settings.smtp_url),
        invitations=waiting,
        with_factor=with_factor,
        rule=rule,
        rules=second_factor.REQUIRED_OF,
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
