"""The messaging channels: what is on, how it is, what did not arrive; and trying that again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from frontdesk.channels import deliveries
from frontdesk.channels.configured import KINDS, REST, webhook_url
from frontdesk.channels.rasa_rest import PATHS
from frontdesk.records.models import ChannelHealth, Delivery
from frontdesk.settings import Settings
from frontdesk.staff import audit
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change, Refused, safe_way
from frontdesk.staff.sessions import Member

SHOWN = 100
WEBHOOKS = {
    "registered": "registered",
    "elsewhere": "the provider calls another address",
    "missing": "not registered",
    "unknown": "not known",
}

DeliveryId = Annotated[str, Path(max_length=64)]


@dataclass(frozen=True)
class Shown:
    """A channel as the list shows it."""

    name: str
    title: str
    on: bool
    missing: str
    address: str
    webhook: str
    note: str
    checked_at: datetime | None
    last_inbound_at: datetime | None
    last_outbound_at: datetime | None
    error: str | None
    error_at: datetime | None
    waiting: int


def add_routes(router: APIRouter, desk: Desk) -> None:
    agent = Annotated[Member, Depends(desk.gate.allow())]
    change = Annotated[Change, Depends(desk.gate.change())]

    @router.get("/channels")
    def channels(request: Request, member: agent) -> Response:
        with desk.record.reading() as session:
            listed = _listed(session, desk.settings)
            stuck = session.scalars(
                select(Delivery)
                .where(Delivery.state.in_(("failed", "held")))
                .order_by(Delivery.created_at.desc())
                .limit(SHOWN)
            ).all()
        return desk.page(request, member, "channels.html", here="channels", listed=listed, stuck=stuck)

    @router.post("/channels/deliveries/{delivery_id}/retry")
    def retry(asked: change, delivery_id: DeliveryId) -> Response:
        with desk.record.transaction() as session:
            if not deliveries.retry(session, delivery_id):
                raise Refused(404, "Not found", "There is no such message that did not arrive (any more).")
            audit.note(session, asked.member.login, "delivery.retried", delivery_id)
        return see(safe_way(asked.form.text("to") or "/staff/channels"), "retried")


def _listed(session: Session, settings: Settings) -> list[Shown]:
    rows = {row.channel: row for row in session.scalars(select(ChannelHealth))}
    queued = select(Delivery.channel, func.count()).where(Delivery.state == "queued")
    waiting: dict[str, int] = {
        row[0]: int(row[1]) for row in session.execute(queued.group_by(Delivery.channel))
    }
    found = []
    for kind in KINDS:
        row = rows.get(kind.name)
        address = settings.base_url + PATHS[0] if kind.name == REST else webhook_url(settings, kind.name)
        found.append(
            Shown(
                name=kind.name,
                title=kind.title,
                on=kind.is_on(settings),
                missing=", ".join(kind.missing(settings)),
                address=address,
                webhook="needs none" if kind.name == REST else WEBHOOKS[row.webhook if row else "unknown"],
                note=(row.webhook_note if row else None) or "",
                checked_at=row.webhook_checked_at if row else None,
                last_inbound_at=row.last_inbound_at if row else None,
                last_outbound_at=row.last_outbound_at if row else None,
                error=row.last_error if row else None,
                error_at=row.last_error_at if row else None,
                waiting=waiting.get(kind.name, 0),
            )
        )
    return found
