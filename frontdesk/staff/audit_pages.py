"""The audit log with its filters, and as CSV; admins only."""

import csv
import io
import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from frontdesk.records.models import AuditEntry, now
from frontdesk.staff import audit
from frontdesk.staff.desk import Desk
from frontdesk.staff.sessions import Member

PAGE = 100
EXPORT_LIMIT = 100_000


@dataclass(frozen=True)
class Asked:
    """What is looked for: actor, action or its beginning (`application.`), subject, days (inclusive)."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: str = ""
    until: str = ""

    @property
    def query(self) -> str:
        return urlencode([(name, value) for name, value in vars(self).items() if value])


def asked(
    actor: Annotated[str, Query(max_length=255)] = "",
    action: Annotated[str, Query(max_length=64)] = "",
    subject: Annotated[str, Query(max_length=255)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
) -> Asked:
    """The filter of an address; a day that is none is left out."""
    return Asked(actor.strip(), action.strip(), subject.strip(), _day(since), _day(until))


def add_routes(router: APIRouter, desk: Desk) -> None:
    admin = Annotated[Member, Depends(desk.gate.allow("admin"))]
    filtered = Annotated[Asked, Depends(asked)]

    @router.get("/audit")
    def audit_log(
        request: Request,
        member: admin,
        sought: filtered,
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    ) -> Response:
        where = _where(desk, sought)
        with desk.record.reading() as session:
            total = session.scalar(select(func.count()).select_from(AuditEntry).where(where)) or 0
            pages = max(1, -(-total // PAGE))
            page = min(page, pages)
            entries = session.scalars(
                select(AuditEntry)
                .where(where)
                .order_by(AuditEntry.at.desc(), AuditEntry.id)
                .offset((page - 1) * PAGE)
                .limit(PAGE)
            ).all()
            actors, actions = _known(session)
        return desk.page(
            request,
            member,
            "audit.html",
            here="audit",
            entries=entries,
            page=page,
            pages=pages,
            total=total,
            sought=sought,
            actors=actors,
            actions=actions,
        )

    @router.get("/audit.csv")
    def audit_csv(member: admin, sought: filtered) -> Response:
        with desk.record.transaction() as session:
            entries = session.scalars(
                select(AuditEntry)
                .where(_where(desk, sought))
                .order_by(AuditEntry.at, AuditEntry.id)
                .limit(EXPORT_LIMIT)
            ).all()
            audit.note(session, member.login, "audit.exported", count=len(entries))
        name = f"audit-{now():%Y-%m-%d}.csv"
        return Response(
            _csv(entries),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _known(session: Session) -> tuple[list[str], list[str]]:
    """Who and what stands in the log, for the filter's lists."""
    actors = session.scalars(select(AuditEntry.actor).distinct().order_by(AuditEntry.actor).limit(200)).all()
    actions = session.scalars(
        select(AuditEntry.action).distinct().order_by(AuditEntry.action).limit(200)
    ).all()
    families = sorted({f"{one.partition('.')[0]}." for one in actions if "." in one})
    return list(actors), [*families, *actions]


def _where(desk: Desk, sought: Asked) -> ColumnElement[bool]:
    where: list[ColumnElement[bool]] = [AuditEntry.id.is_not(None)]
    if sought.actor:
        where.append(AuditEntry.actor == sought.actor)
    if sought.action.endswith("."):
        where.append(AuditEntry.action.startswith(sought.action, autoescape=True))
    elif sought.action:
        where.append(AuditEntry.action == sought.action)
    if sought.subject:
        where.append(AuditEntry.subject == sought.subject)
    zone = desk.organization().hours.zone
    if sought.since:
        where.append(AuditEntry.at >= datetime.combine(date.fromisoformat(sought.since), time(), zone))
    if sought.until:
        after = date.fromisoformat(sought.until) + timedelta(days=1)
        where.append(AuditEntry.at < datetime.combine(after, time(), zone))
    return and_(*where)


def _day(text: str) -> str:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        return ""
    return found.isoformat() if 1970 <= found.year <= 9000 else ""


def _csv(entries: Any) -> str:
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(["at", "actor", "action", "subject", "detail"])
    for one in entries:
        detail = json.dumps(one.detail, ensure_ascii=False, sort_keys=True) if one.detail else ""
        row = [one.at.isoformat(timespec="seconds"), one.actor, one.action, one.subject or "", detail]
        writer.writerow([_plain(cell) for cell in row])
    return made.getvalue()


def _plain(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in "=+-@\t\r" and cell else cell
