"""A transaction is whole or nothing, and reading never writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, StatementError

from frontdesk.records.models import Conversation, Heartbeat, Message
from frontdesk.records.session import Record, RecordUnavailable


def test_a_transaction_that_raises_leaves_nothing(record: Record) -> None:
    def half_done() -> None:
        with record.transaction() as session:
            session.add(Conversation(channel="website", external_ref="a"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_done()
    with record.reading() as session:
        assert session.scalars(select(Conversation)).all() == []


def test_what_a_reading_session_adds_is_thrown_away(record: Record) -> None:
    with record.reading() as session:
        session.add(Conversation(channel="website", external_ref="a"))
        session.flush()
    with record.reading() as session:
        assert session.scalars(select(Conversation)).all() == []


def test_moments_come_back_aware_and_in_utc(record: Record) -> None:
    tokyo = timezone(timedelta(hours=9))
    with record.transaction() as session:
        session.add(
            Heartbeat(
                part="rasa", alive_since=datetime(2027, 1, 1, 9, tzinfo=tokyo), seen_at=datetime.now(UTC)
            )
        )
    with record.reading() as session:
        found = session.get_one(Heartbeat, "rasa")
        assert found.alive_since == datetime(2027, 1, 1, 0, tzinfo=UTC)
        assert found.alive_since.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(record: Record) -> None:
    naive = datetime(2027, 1, 1)
    with pytest.raises(StatementError), record.transaction() as session:
        session.add(Heartbeat(part="rasa", alive_since=naive, seen_at=naive))


def test_text_of_every_script_comes_back_as_it_was(record: Record) -> None:
    text = "Zoë 山田 мир 👩🏽‍⚕️ سلام"
    with record.transaction() as session:
        conversation = Conversation(channel="website", external_ref="a")
        session.add(conversation)
        session.flush()
        session.add(
            Message(
                conversation_id=conversation.id,
                seq=1,
                author="bot",
                text=text,
                channel="website",
                act={"act": text},
            )
        )
    with record.reading() as session:
        found = session.scalars(select(Message)).one()
        assert (found.text, found.act) == (text, {"act": text})


def test_a_database_that_is_away_is_named_without_its_password(free_port: int) -> None:
    away = Record(f"postgresql+pg8000://desk:hush@127.0.0.1:{free_port}/record")
    with pytest.raises(RecordUnavailable) as told:
        away.ping()
    assert "does not answer" in str(told.value)
    assert "hush" not in str(told.value)


def test_a_record_that_answers_says_nothing(record: Record) -> None:
    record.ping()


def test_the_sqlite_folder_is_made_when_missing(tmp_path: Path) -> None:
    Record(f"sqlite:///{tmp_path / 'new' / 'folder' / 'record.db'}").ping()
    assert (tmp_path / "new" / "folder").is_dir()


def test_an_error_of_the_database_never_repeats_what_an_applicant_wrote(record: Record) -> None:
    with pytest.raises(DBAPIError) as told, record.transaction() as session:
        session.add(
            Message(conversation_id="nobody", seq=1, author="bot", text="my secret", channel="website")
        )
    assert "my secret" not in str(told.value)
