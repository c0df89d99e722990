"""The migrations make what the models say, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from frontdesk.records.migrate import config, migrate
from frontdesk.records.models import Base, Message
from frontdesk.records.session import Record


def is_of_the_models(name: str | None, kind: str, parents: dict[str, Any]) -> bool:
    """The text index of a search is the database's own: FTS5 tables, a GIN index on an expression."""
    return not (name or "").startswith(("application_words_fts", "application_words_found"))


def test_the_newest_migration_makes_exactly_the_tables_of_the_models(record: Record) -> None:
    with record.engine.connect() as connection:
        opts = {"compare_type": True, "include_name": is_of_the_models}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, Base.metadata) == []


def test_the_record_says_which_migration_it_is_at(record: Record) -> None:
    with record.engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    assert at == ScriptDirectory.from_config(config()).get_current_head()


def test_migrating_again_changes_nothing(record: Record) -> None:
    before = set(inspect(record.engine).get_table_names())
    migrate(record)
    assert set(inspect(record.engine).get_table_names()) == before


def test_foreign_keys_are_held(record: Record) -> None:
    with pytest.raises(DBAPIError), record.transaction() as session:
        session.add(Message(conversation_id="nobody", seq=1, author="bot", text="Hi", channel="website"))


@pytest.mark.postgres
def test_several_starters_migrate_an_empty_postgresql_once(postgres: Any) -> None:
    url = postgres.empty_database()
    records = [Record(url) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(migrate, records))
    assert "conversations" in inspect(records[0].engine).get_table_names()
    for made in records:
        made.close()
    postgres.drop_database(url)


def test_several_starters_migrate_an_empty_sqlite_once(tmp_path: Path) -> None:
    records = [Record(f"sqlite:///{tmp_path / 'fresh.db'}") for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(migrate, records))
    assert "conversations" in inspect(records[0].engine).get_table_names()
    for made in records:
        made.close()
