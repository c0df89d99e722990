"""How each channel is, kept for the console: one row a channel. Functions take a session in a transaction."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from frontdesk.channels.channel import Webhook
from frontdesk.records.models import ChannelHealth, now


def of(session: Session, channel: str) -> ChannelHealth:
    """The row of a channel, made when it is the first time."""
    known = select(ChannelHealth).where(ChannelHealth.channel == channel)
    found = session.scalars(known).one_or_none()
    if found is not None:
        return found
    try:
        with session.begin_nested():
            made = ChannelHealth(channel=channel)
            session.add(made)
            session.flush()
            return made
    except IntegrityError:
        return session.scalars(known).one()


def heard(session: Session, channel: str) -> None:
    """A message came in."""
    of(session, channel).last_inbound_at = now()


def sent(session: Session, channel: str) -> None:
    """A message was accepted by the provider."""
    of(session, channel).last_outbound_at = now()


def failed(session: Session, channel: str, reason: str) -> None:
    """Something went wrong. `reason` holds nothing that an applicant wrote."""
    row = of(session, channel)
    row.last_error, row.last_error_at = reason[:500], now()


def checked(session: Session, channel: str, webhook: Webhook) -> None:
    """What the provider says about our address."""
    row = of(session, channel)
    row.webhook, row.webhook_note, row.webhook_checked_at = webhook.state, webhook.note[:500], now()
