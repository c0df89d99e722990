"""Letters are kept once, go out by a real SMTP server, again after failures, and hold no foreign header."""

from __future__ import annotations

import email
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from frontdesk.mail import outbox
from frontdesk.mail.delivery import TRIES, Delivery, server_of
from frontdesk.records.models import Mail, now
from frontdesk.records.session import Record


class Postbox:
    """What came; `answer` is what the server says to the next letters."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            parsed = email.message_from_bytes(envelope.content, policy=default)
            assert isinstance(parsed, EmailMessage)
            self.letters.append(parsed)
        return self.answer


@pytest.fixture
def postbox(free_port: int) -> Iterator[tuple[Postbox, str]]:
    box = Postbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port)
    controller.start()
    yield box, f"smtp://127.0.0.1:{free_port}"
    controller.stop()


def put(record: Record, **changed: Any) -> str:
    given = {"recipient": "ana@example.org", "subject": "Hello", "body": "Hello Ana\n", **changed}
    with record.transaction() as session:
        return outbox.put_text(session, "copy", given.pop("recipient"), **given).id


def letter(record: Record, mail_id: str) -> Mail:
    with record.reading() as session:
        return session.get_one(Mail, mail_id)


def make_due(record: Record, mail_id: str) -> None:
    with record.transaction() as session:
        session.get_one(Mail, mail_id).next_attempt_at = now() - timedelta(seconds=1)


async def test_a_letter_goes_out_once(
    record: Record, make_settings: Callable[..., Any], postbox: tuple[Postbox, str]
) -> None:
    box, url = postbox
    delivery = Delivery(record, make_settings(smtp_url=url, mail_sender="CHHA desk <desk@example.org>"))
    kept = put(record, body="Grüße, 你好\nsecond line\n", subject="Ihr Antrag – ✓")
    assert await delivery.deliver() == 1
    assert await delivery.deliver() == 0
    (came,) = box.letters
    assert came["From"] == "CHHA desk <desk@example.org>"
    assert came["To"] == "ana@example.org"
    assert came["Subject"] == "Ihr Antrag – ✓"
    assert came["Message-ID"] == f"<{kept}@example.org>"
    assert came["Auto-Submitted"] == "auto-generated"
    assert came.get_content().replace("\r\n", "\n") == "Grüße, 你好\nsecond line\n"
    assert letter(record, kept).state == "sent"


async def test_a_server_that_is_away_is_tried_again_with_growing_pauses(
    sqlite_record: Record, make_settings: Callable[..., Any], free_port: int
) -> None:
    delivery = Delivery(sqlite_record, make_settings(smtp_url=f"smtp://127.0.0.1:{free_port}"))
    kept = put(sqlite_record)
    pauses = []
    for _ in range(3):
        make_due(sqlite_record, kept)
        await delivery.deliver()
        pauses.append((letter(sqlite_record, kept).next_attempt_at - now()).total_seconds())
    assert pauses[0] > 20
    assert pauses[1] > 1.5 * pauses[0]
    assert pauses[2] > 1.5 * pauses[1]
    assert letter(sqlite_record, kept).state == "waiting"
    with sqlite_record.transaction() as session:
        session.get_one(Mail, kept).attempts = TRIES - 1
    make_due(sqlite_record, kept)
    await delivery.deliver()
    assert letter(sqlite_record, kept).state == "failed"


@pytest.mark.parametrize(
    ("answer", "state"), [("451 try later", "waiting"), ("554 no such mailbox", "failed")]
)
async def test_a_refusal_for_good_ends_a_letter_and_one_for_now_does_not(
    sqlite_record: Record,
    make_settings: Callable[..., Any],
    postbox: tuple[Postbox, str],
    answer: str,
    state: str,
) -> None:
    box, url = postbox
    box.answer = answer
    kept, other = put(sqlite_record), put(sqlite_record)
    await Delivery(sqlite_record, make_settings(smtp_url=url)).deliver()
    assert letter(sqlite_record, kept).state == state
    assert answer[:3] in (letter(sqlite_record, kept).error or "")
    assert letter(sqlite_record, other).attempts == 1, "a refused letter does not keep the others back"


async def test_without_a_server_a_letter_is_only_shown(
    sqlite_record: Record, make_settings: Callable[..., Any]
) -> None:
    kept = put(sqlite_record)
    assert await Delivery(sqlite_record, make_settings()).deliver() == 0
    assert letter(sqlite_record, kept).state == "shown"


async def test_nothing_that_was_typed_becomes_a_header(
    sqlite_record: Record, make_settings: Callable[..., Any], postbox: tuple[Postbox, str]
) -> None:
    box, url = postbox
    put(
        sqlite_record,
        subject="Hello\r\nBcc: eve@example.org\n\nfree text",
        body="Hello\r\n.\r\nMAIL FROM:<x@y.z>",
    )
    await Delivery(sqlite_record, make_settings(smtp_url=url)).deliver()
    (came,) = box.letters
    assert came["Bcc"] is None
    assert came["Subject"] == "Hello Bcc: eve@example.org free text"
    assert "MAIL FROM" in came.get_content()


@pytest.mark.parametrize(
    "address", ["ana@example.org\r\nBcc: eve@example.org", "a@b.org, c@d.org", "ana", ""]
)
def test_only_one_whole_address_is_written_to(sqlite_record: Record, address: str) -> None:
    with pytest.raises(outbox.NoAddress):
        put(sqlite_record, recipient=address)


def test_what_is_asked_for_twice_is_one_letter(record: Record) -> None:
    assert put(record, key="copy:1") == put(record, key="copy:1", subject="Other")


def test_every_letter_of_the_knowledge_can_be_written(sqlite_record: Record) -> None:
    from frontdesk.knowledge.texts import texts

    kinds = [name for name in texts("mail").texts if f"{name}_subject" in texts("mail").texts]
    assert len(kinds) >= 7
    with sqlite_record.transaction() as session:
        for kind in kinds:
            mail = outbox.put(session, kind, "ana@example.org", name="CHHA", reference="C2D3F4G6")
            assert mail.subject
            assert "CHHA's automated assistant" in mail.body


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtps://me@mail.example.org", {"port": 465, "use_tls": True, "start_tls": False, "username": "me"}),
        ("smtp://mail.example.org", {"port": 587, "use_tls": False, "start_tls": True}),
        ("smtp://me%40x:p%3Aw@mail.example.org:25", {"port": 25, "username": "me@x", "password": "p:w"}),
        ("smtp://127.0.0.1:2525", {"start_tls": None}),
    ],
)
def test_beyond_this_machine_nothing_goes_in_the_clear(
    make_settings: Callable[..., Any], url: str, expected: dict[str, Any]
) -> None:
    found = server_of(make_settings(smtp_url=url))
    assert found is not None
    assert {name: found[name] for name in expected} == expected
