"""The outbox in the console: what was sent, what waits, and without a server what would have been sent."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy import func, select

from frontdesk.mail.outbox import WAITING
from frontdesk.records.models import Mail, now
from frontdesk.staff import audit
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change, Refused
from frontdesk.staff.sessions import Member

MailId = Annotated[str, Path(max_length=64)]
PAGE = 100
STATES = ("waiting", "sent", "failed", "shown")


def add_routes(router: APIRouter, desk: Desk) -> None:
    admin = Annotated[Member, Depends(desk.gate.allow("admin"))]
    change = Annotated[Change, Depends(desk.gate.change("admin"))]

    @router.get("/mail")
    def outbox(
        request: Request,
        member: admin,
        state: Annotated[str, Query(max_length=16)] = "",
        page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    ) -> Response:
        chosen = Mail.state == state if state in STATES else Mail.id.is_not(None)
        with desk.record.reading() as session:
            total = session.scalar(select(func.count()).select_from(Mail).where(chosen)) or 0
            pages = max(1, -(-total // PAGE))
            page = min(page, pages)
            found = session.scalars(
                select(Mail)
                .where(chosen)
                .order_by(Mail.created_at.desc(), Mail.id)
                .offset((page - 1) * PAGE)
                .limit(PAGE)
            ).all()
        return desk.page(
            request,
            member,
            "mail.html",
            here="mail",
            mails=found,
            configured=bool(desk.settings.smtp_url),
            state=state if state in STATES else "",
            states=STATES,
            page=page,
            pages=pages,
        )

    @router.get("/mail/{mail_id}")
    def letter(request: Request, member: admin, mail_id: MailId) -> Response:
        with desk.record.transaction() as session:
            found = session.get(Mail, mail_id)
            if found is None:
                raise Refused(404, "Not found", "There is no such letter (any more).")
            audit.note(session, member.login, "mail.viewed", mail_id, kind=found.kind)
        # A code or link that opens somebody's data is for its owner; without a server it must be told on.
        hidden = found.secret and bool(desk.settings.smtp_url)
        return desk.page(request, member, "letter.html", here="mail", mail=found, hidden=hidden)

    @router.post("/mail/{mail_id}/again")
    def again(asked: change, mail_id: MailId) -> Response:
        with desk.record.transaction() as session:
            found = session.get(Mail, mail_id, with_for_update=True)
            if found is None:
                raise Refused(404, "Not found", "There is no such letter (any more).")
            if found.state == "sent":
                raise Refused(409, "Sent already", "This letter has gone out; it is not sent twice.")
            found.state, found.attempts, found.next_attempt_at = WAITING, 0, now()
            audit.note(session, asked.member.login, "mail.tried_again", mail_id, kind=found.kind)
        return see(f"/staff/mail/{mail_id}", "mail_again")
