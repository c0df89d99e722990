"""Sessions on the record: SQLite by default, PostgreSQL by `DATABASE_URL`, the same promises on both.

`Record.transaction()` is for writing: it holds the write lock from its first statement on SQLite (so a
read that decides a write cannot be overtaken) and row locks by `with_for_update()` on PostgreSQL.
`Record.reading()` is for looking.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

SQLITE_BUSY_SECONDS = 10


class RecordUnavailable(RuntimeError):
    """The database does not answer; nothing was written."""


class Record:
    """The database of one installation.

    Args:
        url: an SQLAlchemy URL (`sqlite:///…` or `postgresql+pg8000://…`).
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.engine = _sqlite_engine(url)
            writing: Engine = self.engine.execution_options(begin="IMMEDIATE")
        else:
            self.engine = create_engine(
                url, pool_pre_ping=True, pool_size=10, max_overflow=20, hide_parameters=True
            )
            writing = self.engine
        self._writing = sessionmaker(writing, expire_on_commit=False)
        self._reading = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose writes are committed together at the end, or not at all."""
        with self._writing() as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading; what it adds is thrown away."""
        with self._reading() as session:
            yield session

    def ping(self) -> None:
        """Raises RecordUnavailable when the database does not answer."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError) as error:
            raise RecordUnavailable(
                f"The record at {self.url.render_as_string()} does not answer."
            ) from error

    def close(self) -> None:
        self.engine.dispose()


def _sqlite_engine(url: str) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        connect_args={"timeout": SQLITE_BUSY_SECONDS, "check_same_thread": False},
        pool_size=20,  # kept open: a new one costs more than what most requests ask of it
        hide_parameters=True,  # what applicants write must not reach a log through an error's text
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # BEGIN is ours (below): the driver's own begins too late for a read that decides a write.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")

    return engine
