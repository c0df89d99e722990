"""One's own account: the picture that visitors see, where one is signed in, and the second factor."""

import io
from typing import Annotated

import segno
from fastapi import APIRouter, Depends, Path, Request, Response

from frontdesk.conversations import pictures
from frontdesk.records.models import Staff
from frontdesk.staff import audit, second_factor
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change, Refused
from frontdesk.staff.second_factor import NoSecondFactor, SetUp, WrongCode
from frontdesk.staff.sessions import HANDLE, Member, SignInRefused

ACCOUNT = "/staff/account"

Handle = Annotated[str, Path(min_length=HANDLE, max_length=HANDLE, pattern="^[0-9a-f]+$")]


def add_routes(router: APIRouter, desk: Desk) -> None:
    gate = desk.gate
    agent = Annotated[Member, Depends(gate.allow())]
    change = Annotated[Change, Depends(gate.change())]
    setting_up = Annotated[Member, Depends(gate.allow(stage="own password"))]
    set_up_change = Annotated[Change, Depends(gate.change(stage="own password"))]

    _add_picture(router, desk)

    @router.get("/account")
    def account(request: Request, member: agent) -> Response:
        return _account(desk, request, member)

    @router.post("/account/sessions/{handle}/end")
    def end_session(asked: change, handle: Handle) -> Response:
        desk.sessions.end(asked.member.staff_id, by=asked.member, only=handle)
        return see(ACCOUNT, "revoked")

    @router.post("/account/sessions/end-others")
    def end_others(asked: change) -> Response:
        desk.sessions.end(asked.member.staff_id, by=asked.member, but=asked.member.session)
        return see(ACCOUNT, "revoked")

    @router.get("/second-factor/set-up")
    def set_up_page(request: Request, member: setting_up) -> Response:
        begun = _begin(desk, member)
        return see(ACCOUNT) if begun is None else _set_up(desk, member, begun)

    @router.get("/second-factor/qr.svg")
    def picture(member: setting_up) -> Response:
        begun = _begin(desk, member)
        if begun is None:
            raise Refused(404, "Not found", "A second factor is set up already.")
        drawn = io.BytesIO()
        segno.make(begun.uri, error="m").save(
            drawn, kind="svg", scale=5, border=4, dark="#000", light="#fff", title="Code for your app"
        )
        return Response(drawn.getvalue(), media_type="image/svg+xml")

    @router.post("/second-factor/set-up")
    def set_up(asked: set_up_change) -> Response:
        member = asked.member
        try:
            desk.sessions.count_code(member.login)
            with desk.record.transaction() as session:
                staff = session.get_one(Staff, member.staff_id)
                codes = second_factor.confirm(session, staff, desk.keys, asked.form.text("code")[:40])
                desk.sessions.prove(session, member)
        except SignInRefused as refused:
            return _set_up(desk, member, _begin(desk, member), str(refused), 429)
        except WrongCode as wrong:
            return _set_up(desk, member, _begin(desk, member), str(wrong), 422)
        except NoSecondFactor as error:
            begun = _begin(desk, member)
            return see(ACCOUNT) if begun is None else _set_up(desk, member, begun, str(error), 422)
        return _codes(desk, member, codes)

    @router.post("/second-factor/codes")
    def fresh_codes(request: Request, asked: change) -> Response:
        trouble, status = _proved(desk, asked)
        if trouble:
            return _account(desk, request, asked.member, trouble, status)
        with desk.record.transaction() as session:
            staff = session.get_one(Staff, asked.member.staff_id)
            codes = second_factor.renew_recovery_codes(session, staff, desk.keys)
        return _codes(desk, asked.member, codes)

    @router.post("/second-factor/remove")
    def remove(request: Request, asked: change) -> Response:
        trouble, status = _proved(desk, asked)
        if trouble:
            return _account(desk, request, asked.member, trouble, status)
        with desk.record.transaction() as session:
            staff = session.get_one(Staff, asked.member.staff_id)
            second_factor.remove(session, staff, by=asked.member.login)
            desk.sessions.prove(session, asked.member, None)
        return see(ACCOUNT, "second_factor_removed")


def _add_picture(router: APIRouter, desk: Desk) -> None:
    change = Annotated[Change, Depends(desk.gate.change())]
    with_file = Annotated[Change, Depends(desk.gate.change(file_limit=2 * pictures.LIMIT))]

    @router.post("/account/picture")
    def keep_picture(request: Request, asked: with_file) -> Response:
        member, given = asked.member, asked.form.files.get("picture")
        image = given.file.read(pictures.LIMIT + 1) if given else b""
        try:
            with desk.record.transaction() as session:
                pictures.keep_picture(session, member.staff_id, image)
                audit.note(session, member.login, "picture.kept", member.staff_id)
        except pictures.UnusablePicture as error:
            return _account(desk, request, member, str(error), 422)
        return see(ACCOUNT, "picture_kept")

    @router.post("/account/picture/remove")
    def remove_picture(asked: change) -> Response:
        with desk.record.transaction() as session:
            pictures.remove_picture(session, asked.member.staff_id)
            audit.note(session, asked.member.login, "picture.removed", asked.member.staff_id)
        return see(ACCOUNT, "picture_removed")


def _begin(desk: Desk, member: Member) -> SetUp | None:
    """The secret being set up; None when a second factor is in force already."""
    try:
        with desk.record.transaction() as session:
            staff = session.get_one(Staff, member.staff_id)
            return second_factor.begin(
                session, staff, desk.keys, issuer=f"{desk.organization().name} front desk"
            )
    except NoSecondFactor:
        return None


def _proved(desk: Desk, asked: Change) -> tuple[str | None, int]:
    """Whether the form carries a right code: who found an open screen must not change the second factor."""
    try:
        desk.sessions.count_code(asked.member.login)
        with desk.record.transaction() as session:
            staff = session.get_one(Staff, asked.member.staff_id)
            second_factor.take(session, staff, desk.keys, asked.form.text("code")[:40])
    except SignInRefused as refused:
        return str(refused), 429
    except (WrongCode, NoSecondFactor) as error:
        return str(error), 422
    return None, 200


def _account(
    desk: Desk, request: Request, member: Member, trouble: str | None = None, status: int = 200
) -> Response:
    with desk.record.reading() as session:
        staff = session.get_one(Staff, member.staff_id)
        has_factor = second_factor.in_force(session, member.staff_id)
        left = second_factor.recovery_codes_left(session, member.staff_id)
        rule = second_factor.required_of(session)
        picture = pictures.picture_ids(session, [member.staff_id]).get(member.staff_id)
    return desk.page(
        request,
        member,
        "account.html",
        here="account",
        status=status,
        notice=trouble,
        email=staff.email,
        picture=picture,
        picture_kinds=",".join(pictures.MEDIA),
        picture_limit=pictures.LIMIT,
        has_factor=has_factor,
        codes_left=left,
        required=rule == "everybody" or (rule == "admins" and member.role == "admin"),
        sessions=desk.sessions.open_ones(member.staff_id),
        handle=HANDLE,
    )


def _set_up(
    desk: Desk, member: Member, begun: SetUp | None, trouble: str | None = None, status: int = 200
) -> Response:
    return desk.pages.page(
        "second_factor_set_up.html", status=status, member=member, begun=begun, trouble=trouble
    )


def _codes(desk: Desk, member: Member, codes: list[str]) -> Response:
    return desk.pages.page("recovery_codes.html", member=member, codes=codes)
