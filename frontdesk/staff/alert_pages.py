"""How one is called, and what was called: one's own choices, and for admins each alert with its routes."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import func, select

from frontdesk.conversations import alerts
from frontdesk.records.models import Alert, AlertDelivery, Mail
from frontdesk.staff import alerting, audit
from frontdesk.staff.alerting import Choice
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change
from frontdesk.staff.sessions import Member

PAGE = 50


def add_routes(router: APIRouter, desk: Desk) -> None:
    agent = Annotated[Member, Depends(desk.gate.allow())]
    admin = Annotated[Member, Depends(desk.gate.allow("admin"))]
    change = Annotated[Change, Depends(desk.gate.change())]

    @router.get("/alerts")
    def own(request: Request, member: agent) -> Response:
        with desk.record.reading() as session:
            chosen = alerting.choices(session, member.staff_id)
        return desk.page(
            request,
            member,
            "alerts.html",
            here="alerts",
            chosen=chosen,
            words=alerting.WORDS,
            **_routes(desk),
        )

    @router.post("/alerts")
    def choose(asked: change) -> Response:
        wanted = {
            event: Choice(
                email=asked.form.text(f"email-{event}") == "yes",
                browser=asked.form.text(f"browser-{event}") == "yes",
            )
            for event in alerts.EVENTS
        }
        with desk.record.transaction() as session:
            alerting.choose(session, asked.member.staff_id, wanted)
            audit.note(session, asked.member.login, "alerts.chosen", asked.member.staff_id)
        return see("/staff/alerts", "alerts")

    @router.get("/alerts/log")
    def log(request: Request, member: admin, page: Annotated[int, Query(ge=1, le=100_000)] = 1) -> Response:
        with desk.record.reading() as session:
            total = session.scalar(select(func.count()).select_from(Alert)) or 0
            pages = max(1, -(-total // PAGE))
            page = min(page, pages)
            found = session.scalars(
                select(Alert)
                .order_by(Alert.created_at.desc(), Alert.id)
                .offset((page - 1) * PAGE)
                .limit(PAGE)
            ).all()
            ways: dict[str, list[AlertDelivery]] = {}
            for delivery in session.scalars(
                select(AlertDelivery).where(AlertDelivery.alert_id.in_([alert.id for alert in found]))
            ):
                ways.setdefault(delivery.alert_id, []).append(delivery)
            told = {alert.id: alerting.told(session, alert, "") for alert in found}
            letters = _letters(session, found, ways)
        return desk.page(
            request,
            member,
            "alerts_log.html",
            here="alerts",
            alerts=found,
            told=told,
            ways=ways,
            letters=letters,
            page=page,
            pages=pages,
            total=total,
            **_routes(desk),
        )


def _letters(session: Any, found: Any, ways: dict[str, list[AlertDelivery]]) -> dict[str, str]:
    """Delivery id → how far its letter came: waiting, sent, failed, shown."""
    keys = {
        f"alert:{way.alert_id}:{way.target}"[:255]: way.id
        for alert in found
        for way in ways.get(alert.id, [])
        if way.route == "email"
    }
    rows = session.execute(select(Mail.key, Mail.state).where(Mail.key.in_(keys)))
    return {keys[key]: state for key, state in rows}


def _routes(desk: Desk) -> dict[str, Any]:
    """Which routes are set up."""
    return {
        "has_mail": bool(desk.settings.smtp_url),
        "has_slack": bool(desk.settings.alert_slack_url),
        "has_webhook": bool(desk.settings.alert_webhook_url),
    }
