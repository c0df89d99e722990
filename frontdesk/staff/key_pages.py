"""Keys of the console's API: make, see, revoke; admins only."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from sqlalchemy import select

from frontdesk.records.models import ApiKey, Staff, now
from frontdesk.staff import api_keys
from frontdesk.staff.api_keys import SCOPES, KeyFault
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change, Refused
from frontdesk.staff.sessions import Member

KeyId = Annotated[str, Path(max_length=64)]
DAYS = {"30": "30 days", "90": "90 days", "365": "a year", "": "until revoked"}


def add_routes(router: APIRouter, desk: Desk) -> None:
    admin = Annotated[Member, Depends(desk.gate.allow("admin"))]
    change = Annotated[Change, Depends(desk.gate.change("admin"))]

    @router.get("/keys")
    def keys(request: Request, member: admin) -> Response:
        return _keys(desk, request, member)

    @router.post("/keys")
    def make(request: Request, asked: change) -> Response:
        form = asked.form
        days = form.text("days")
        try:
            if days not in DAYS:
                raise KeyFault("Choose how long the key is good for.")
            with desk.record.transaction() as session:
                staff = session.get(Staff, form.text("staff_id")[:64] or asked.member.staff_id)
                if staff is None:
                    raise KeyFault("Choose whom the key acts for.")
                made = api_keys.make(
                    session,
                    name=form.text("name"),
                    staff=staff,
                    scopes=[scope for scope in SCOPES if form.text(f"scope-{scope}")],
                    days=int(days) if days else None,
                    by=asked.member.login,
                )
        except KeyFault as fault:
            return _keys(desk, request, asked.member, trouble=str(fault), typed=form.fields)
        return _keys(desk, request, asked.member, made=made)

    @router.post("/keys/{key_id}/revoke")
    def revoke(asked: change, key_id: KeyId) -> Response:
        try:
            with desk.record.transaction() as session:
                api_keys.revoke(session, key_id, by=asked.member.login)
        except LookupError:
            raise Refused(404, "Not found", "There is no such key.") from None
        return see("/staff/keys", "key_revoked")


def _keys(
    desk: Desk,
    request: Request,
    member: Member,
    *,
    made: tuple[ApiKey, str] | None = None,
    trouble: str | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    at = now()
    with desk.record.reading() as session:
        listed = [(key, staff, api_keys.state_of(key, staff, at)) for key, staff in api_keys.listed(session)]
        team = session.scalars(select(Staff).where(Staff.disabled_at.is_(None)).order_by(Staff.login)).all()
    return desk.page(
        request,
        member,
        "keys.html",
        here="keys",
        status=422 if trouble else 200,
        notice=trouble,
        listed=listed,
        made=made,
        team=team,
        scopes=SCOPES,
        days=DAYS,
        typed=typed or {},
    )
