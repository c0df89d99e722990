"""What the thread tells of its channel: how far a message came, why not, another try, the reply window."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from frontdesk.conversations import holder
from frontdesk.records.models import Conversation, Delivery, Message, now


def answered(desk: Any, channel: str = "telegram") -> tuple[str, str]:
    """A conversation on a messaging channel that Amara answered; its id, and the reply's."""
    conversation_id, amara = desk.waiting(channel=channel), desk.staff("amara")
    with desk.record.transaction() as session:
        return conversation_id, holder.reply(session, conversation_id, amara, "Hello from the team").id


def came(desk: Any, message_id: str, state: str, error: str | None = None) -> None:
    with desk.record.transaction() as session:
        session.execute(
            update(Delivery).where(Delivery.message_id == message_id).values(state=state, error=error)
        )


@pytest.mark.parametrize(
    ("state", "error", "told"),
    [
        ("sent", None, "Sent"),
        ("delivered", None, "Delivered"),
        ("read", None, "Read"),
        ("failed", "bot was blocked by the user", "Not delivered: bot was blocked by the user"),
    ],
)
def test_how_far_a_message_came_stands_beside_it(desk: Any, state: str, error: str | None, told: str) -> None:
    conversation_id, message_id = answered(desk)
    came(desk, message_id, state, error)
    page = desk.signed_in().get(f"/staff/conversations/{conversation_id}").text
    assert f'data-testid="channel-note" dir="auto">{told}<' in page
    assert ('data-testid="retry"' in page) == (state == "failed")


def test_a_message_that_failed_is_tried_again_from_the_thread(desk: Any) -> None:
    conversation_id, message_id = answered(desk)
    came(desk, message_id, "failed", "answered 500")
    path = f"/staff/conversations/{conversation_id}"
    amara = desk.signed_in("amara")
    again = amara.post(f"/staff/channels/deliveries/{message_id}/retry", to=path)
    assert again.headers["location"] == f"{path}?done=retried"
    page = amara.get(again.headers["location"]).text
    assert "The message is tried again." in page
    assert "Being sent" in page
    assert 'data-testid="retry"' not in page
    assert amara.post(f"/staff/channels/deliveries/{message_id}/retry").status_code == 404
    assert desk.audited()[-1] == "delivery.retried"


def test_trying_again_leads_nowhere_else(desk: Any) -> None:
    _, message_id = answered(desk)
    came(desk, message_id, "failed")
    again = desk.signed_in("amara").post(
        f"/staff/channels/deliveries/{message_id}/retry", to="https://elsewhere.example/"
    )
    assert again.headers["location"].startswith("/staff/?")


@pytest.mark.parametrize(
    ("channel", "hours", "told"),
    [
        ("whatsapp", 23, "WhatsApp takes replies until"),
        ("whatsapp", 25, "The 24-hour reply window closed at"),
        ("messenger", 25, "A reply is kept, and goes out when the applicant writes again."),
        ("telegram", 25, ""),
        ("website", 25, ""),
    ],
)
def test_the_reply_window_of_the_channel_is_told_before_one_writes(
    desk: Any, channel: str, hours: int, told: str
) -> None:
    conversation_id = desk.waiting(channel=channel)
    with desk.record.transaction() as session:
        session.execute(update(Message).values(created_at=now() - timedelta(hours=hours)))
    page = desk.signed_in().get(f"/staff/conversations/{conversation_id}").text
    assert ('data-testid="window"' in page) == bool(told)
    assert told in page


@pytest.mark.parametrize(("thread", "shown"), [("whatsapp:+15550100", True), ("+15550100", False)])
def test_by_twilio_whatsapp_has_a_window_and_sms_has_none(desk: Any, thread: str, shown: bool) -> None:
    conversation_id = desk.waiting(channel="twilio")
    with desk.record.transaction() as session:
        session.execute(
            update(Conversation).where(Conversation.id == conversation_id).values(external_ref=thread)
        )
    page = desk.signed_in().get(f"/staff/conversations/{conversation_id}").text
    assert ('data-testid="window"' in page) == shown


def test_a_reply_is_queued_for_the_channel_in_the_transaction_that_keeps_it(desk: Any) -> None:
    _, message_id = answered(desk, "whatsapp")
    with desk.record.reading() as session:
        kept = session.scalars(select(Delivery).where(Delivery.message_id == message_id)).one()
    assert (kept.channel, kept.state) == ("whatsapp", "queued")
