"""Who is called for what, and by which route: e-mail, Slack, a signed webhook, an open console.

What happened is written by `frontdesk/conversations/alerts.py`. A crisis goes to everybody by every route
that is set up, whatever people chose. No alert carries a word of an applicant: it names the event and links
to the thread.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import anyio.to_thread
import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.conversations import alerts, holder, threads
from frontdesk.conversations.live import Changes
from frontdesk.knowledge.organization import Organization, organization
from frontdesk.mail import outbox
from frontdesk.records.models import Alert, AlertChoice, AlertDelivery, Conversation, Handoff, Staff, now
from frontdesk.records.session import Record
from frontdesk.settings import Settings
from frontdesk.staff.queue import EXAMINATION_DOOR
from frontdesk.staff.rendering import CHANNELS, REASONS

logger = logging.getLogger(__name__)

SECONDS: Final = 2.0
TRIES: Final = 10  # about an hour and a half
FIRST_PAUSE: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(minutes=30)
TIMEOUT_SECONDS: Final = 10.0
AT_ONCE: Final = 100

WORDS: Final[dict[str, str]] = {
    "crisis": "Crisis: somebody may be in danger",
    "complaint": "A complaint",
    "privacy": "A privacy request",
    "handoff": "Somebody asks for a person",
    "unattended": "Somebody has waited too long",
    "message": "A new message in a conversation of yours",
    "mention": "A colleague named you in a note",
    "woke": "A conversation that you laid aside is back",
}
# Calls without a choice of one's own.
BY_EMAIL: Final = frozenset({"crisis", "complaint", "privacy", "unattended", "mention", "woke"})
FOR_HOUSE: Final = frozenset({"crisis", "complaint", "privacy", "handoff", "unattended"})


@dataclass(frozen=True)
class Choice:
    """How one person is called for one event."""

    email: bool
    browser: bool


def choices(session: Session, staff_id: str) -> dict[str, Choice]:
    """Event → how this person is called."""
    own = {
        one.event: Choice(one.email, one.browser)
        for one in session.scalars(select(AlertChoice).where(AlertChoice.staff_id == staff_id))
    }
    return {event: _choice(event, own.get(event)) for event in alerts.EVENTS}


def choose(session: Session, staff_id: str, wanted: Mapping[alerts.Event, Choice]) -> None:
    """Keep a person's choices; a crisis is not theirs to turn off."""
    for event in alerts.EVENTS:
        if event == "crisis" or event not in wanted:
            continue
        kept = wanted[event]
        session.merge(AlertChoice(staff_id=staff_id, event=event, email=kept.email, browser=kept.browser))
    session.flush()


def _choice(event: str, own: Choice | None) -> Choice:
    if event == "crisis":
        return Choice(email=True, browser=True)
    return own or Choice(email=event in BY_EMAIL, browser=True)


@dataclass(frozen=True)
class Told:
    """An alert in words for people outside the console: never a name, never what was written."""

    title: str
    text: str
    url: str


def told(session: Session, alert: Alert, base_url: str) -> Told:
    conversation = session.get_one(Conversation, alert.conversation_id)
    channel = CHANNELS.get(conversation.channel, conversation.channel)
    detail = alert.detail or {}
    parts = [f"Channel: {channel}"]
    if detail.get("reason"):
        reason = str(detail["reason"])
        parts.insert(0, REASONS.get(reason, reason.replace("_", " ").capitalize()))
    if detail.get("minutes"):
        parts.append(f"waiting for {detail['minutes']} minutes")
    return Told(
        title=WORDS[alert.event],
        text=". ".join([WORDS[alert.event], ", ".join(parts)]) + ".",
        url=f"{base_url}/staff/conversations/{alert.conversation_id}",
    )


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` of standardwebhooks.com: HMAC-SHA256 over id, time and body."""
    key = secret.removeprefix("whsec_")
    try:
        raw = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        raw = key.encode()
    signed = hmac.new(raw, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


class Alerting:
    """Finds what staff are to be called for, makes out its routes, sends; a periodic job of one process.

    Args:
        changes: told of conversations that came back.
    """

    def __init__(self, record: Record, settings: Settings, changes: Changes) -> None:
        self._record = record
        self._settings = settings
        self._changes = changes

    async def run(self) -> None:
        """One round: wake, find, route, send what is due."""
        for conversation_id in await anyio.to_thread.run_sync(self.look):
            self._changes.notify(conversation_id)
        await self.send()

    def look(self) -> Sequence[str]:
        """Wake what is due, note who waits too long, make out deliveries; the conversations that changed."""
        at = now()
        with self._record.reading() as session:
            due = session.scalar(select(Conversation.id).where(Conversation.snoozed_until <= at).limit(1))
            late = self._late(session, at)
            unrouted = session.scalars(
                select(Alert.id).where(Alert.routed_at.is_(None)).order_by(Alert.created_at).limit(AT_ONCE)
            ).all()
        woken: Sequence[str] = ()
        if due is not None:
            with self._record.transaction() as session:
                woken = holder.wake_due(session, at)
        if late:
            with self._record.transaction() as session:
                unrouted = [*unrouted, *self._note_late(session, at)]
        for alert_id in unrouted:
            with self._record.transaction() as session:
                self._route(session, alert_id)
        return woken

    def _late(self, session: Session, at: datetime) -> Sequence[Handoff]:
        minutes = self._organization().unattended_alert_minutes
        return session.scalars(
            select(Handoff)
            .join(Conversation, Conversation.id == Handoff.conversation_id)
            .outerjoin(Alert, Alert.key == "unattended:" + Handoff.id)
            .where(
                Alert.id.is_(None),
                Handoff.ended_at.is_(None),
                Handoff.requested_at < at - timedelta(minutes=minutes),
                Conversation.holder == "queued",
                Conversation.snoozed_until.is_(None),
                Conversation.channel != EXAMINATION_DOOR,
            )
            .limit(AT_ONCE)
        ).all()

    def _note_late(self, session: Session, at: datetime) -> list[str]:
        keys = []
        for handoff in self._late(session, at):
            threads.locked(session, handoff.conversation_id)
            key = f"unattended:{handoff.id}"
            waited = int((at - handoff.requested_at).total_seconds() // 60)
            alerts.call(session, "unattended", handoff.conversation_id, key=key, minutes=waited)
            keys.append(key)
        return list(session.scalars(select(Alert.id).where(Alert.key.in_(keys))))

    def _route(self, session: Session, alert_id: str) -> None:
        alert = session.get(Alert, alert_id, with_for_update=True)
        if alert is None or alert.routed_at is not None:
            return
        alert.routed_at = now()
        conversation = session.get_one(Conversation, alert.conversation_id)
        if conversation.channel == EXAMINATION_DOOR:
            return
        words = told(session, alert, self._settings.base_url)
        for address in self._addresses(session, alert):
            self._letter(session, alert, address, words)
        if alert.event in FOR_HOUSE:
            for route, address in (
                ("slack", self._settings.alert_slack_url),
                ("webhook", self._settings.alert_webhook_url),
            ):
                session.add(
                    AlertDelivery(alert_id=alert.id, route=route, state="waiting" if address else "unset")
                )

    def _addresses(self, session: Session, alert: Alert) -> list[str]:
        """Where an alert goes by e-mail, each address once."""
        at_home = self._organization()
        house = {"crisis": at_home.crisis_alert_route, "complaint": at_home.complaint_route}.get(alert.event)
        found = [house] if house else []
        team = select(Staff).where(Staff.disabled_at.is_(None), Staff.email.is_not(None))
        if alert.staff_id is not None:
            team = team.where(Staff.id == alert.staff_id)
        for staff in session.scalars(team.order_by(Staff.login)):
            if choices(session, staff.id)[alert.event].email and staff.email:
                found.append(staff.email)
        return list(dict.fromkeys(found))

    def _letter(self, session: Session, alert: Alert, address: str, words: Told) -> None:
        delivery = AlertDelivery(
            alert_id=alert.id, route="email", target=address, state="sent", sent_at=now()
        )
        try:
            outbox.put_text(
                session,
                "alert",
                address,
                subject=f"{self._organization().name} desk: {words.title}",
                body=f"{words.text}\n\n{words.url}\n",
                conversation_id=alert.conversation_id,
                key=f"alert:{alert.id}:{address}"[:255],
            )
        except outbox.NoAddress:
            delivery.state, delivery.error, delivery.sent_at = "failed", "no e-mail address", None
        session.add(delivery)

    async def send(self) -> int:
        """Send what is due to Slack and the webhook; how many were taken."""
        due = await anyio.to_thread.run_sync(self._due)
        if not due:
            return 0
        sent = 0
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client:
            for delivery_id, request in due:
                error = await _sent(client, request)
                sent += error is None
                await anyio.to_thread.run_sync(self._note, delivery_id, error)
        return sent

    def _due(self) -> list[tuple[str, httpx.Request]]:
        with self._record.reading() as session:
            rows = session.execute(
                select(AlertDelivery, Alert)
                .join(Alert, Alert.id == AlertDelivery.alert_id)
                .where(AlertDelivery.state == "waiting", AlertDelivery.next_attempt_at <= now())
                .order_by(AlertDelivery.next_attempt_at)
                .limit(AT_ONCE)
            ).all()
            return [(delivery.id, self._request(session, delivery, alert)) for delivery, alert in rows]

    def _request(self, session: Session, delivery: AlertDelivery, alert: Alert) -> httpx.Request:
        words = told(session, alert, self._settings.base_url)
        if delivery.route == "slack":
            body: dict[str, Any] = {
                "text": f"*{words.title}*\n{words.text}\n<{words.url}|Open the conversation>"
            }
            return httpx.Request("POST", self._settings.alert_slack_url, json=body)
        at = now()
        body = {
            "type": f"alert.{alert.event}",
            "timestamp": alert.created_at.isoformat(timespec="seconds"),
            "data": {
                "alert": alert.id,
                "event": alert.event,
                "conversation": alert.conversation_id,
                "text": words.text,
                "url": words.url,
                **(alert.detail or {}),
            },
        }
        raw = json.dumps(body, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(int(at.timestamp())),
        }
        if self._settings.alert_webhook_secret:
            headers["webhook-signature"] = signature(
                self._settings.alert_webhook_secret, delivery.id, int(at.timestamp()), raw
            )
        return httpx.Request("POST", self._settings.alert_webhook_url, content=raw, headers=headers)

    def _note(self, delivery_id: str, error: str | None) -> None:
        with self._record.transaction() as session:
            delivery = session.get(AlertDelivery, delivery_id, with_for_update=True)
            if delivery is None or delivery.state != "waiting":
                return
            if error is None:
                delivery.state, delivery.sent_at, delivery.error = "sent", now(), None
                return
            delivery.attempts += 1
            delivery.error = error[:255]
            logger.warning("An alert could not be sent by %s: %s", delivery.route, error)
            if delivery.attempts >= TRIES:
                delivery.state = "failed"
                return
            pause = min(FIRST_PAUSE * 2 ** (delivery.attempts - 1), LONGEST_PAUSE)
            delivery.next_attempt_at = now() + pause

    def _organization(self) -> Organization:
        return organization(self._settings.organization_file)


async def _sent(client: httpx.AsyncClient, request: httpx.Request) -> str | None:
    """None when it was taken, else why not, without the address (it may be a secret)."""
    try:
        response = await client.send(request)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return type(error).__name__
    return None if response.is_success else f"answered {response.status_code}"
