"""The outbox in the console: what would have been sent without a server, secrets unseen with one."""

from __future__ import annotations

from typing import Any

import pytest

from frontdesk.mail import outbox
from frontdesk.records.models import Mail


@pytest.fixture
def mail_id(desk: Any) -> str:
    with desk.record.transaction() as session:
        mail = outbox.put_text(
            session, "proof", "ana@example.org", subject="Your code", body="7QX 4RT", secret=True
        )
        mail.state = "shown"
        return mail.id


def test_without_a_server_an_admin_sees_what_would_have_been_sent(desk: Any, mail_id: str) -> None:
    admin = desk.signed_in("boss", role="admin")
    assert "what would have been sent" in admin.get("/staff/mail").text
    assert "7QX 4RT" in admin.get(f"/staff/mail/{mail_id}").text


def test_a_letter_is_tried_again(desk: Any, mail_id: str) -> None:
    admin = desk.signed_in("boss", role="admin")
    assert admin.post(f"/staff/mail/{mail_id}/again").status_code == 303
    with desk.record.reading() as session:
        assert session.get_one(Mail, mail_id).state == "waiting"
