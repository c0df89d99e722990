"""Bring a record to the present shape: `python -m frontdesk.records.migrate`.

Safe to run again and from several processes at once: PostgreSQL holds an advisory lock meanwhile, SQLite its
write lock.
"""

from __future__ import annotations

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from frontdesk.records.session import Record
from frontdesk.settings import SettingsError, load_settings

MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 0x43484841  # "CHHA"


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    return made


def migrate(record: Record, revision: str = "head") -> None:
    """Run what is missing, all of it or nothing.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database is away or refuses.
    """
    made = config()
    with record.engine.execution_options(begin="IMMEDIATE").begin() as connection:
        if not record.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        made.attributes["connection"] = connection
        command.upgrade(made, revision)


def main() -> int:
    try:
        record = Record(load_settings().database)
        migrate(record)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except (SQLAlchemyError, OSError) as error:
        cause = str(getattr(error, "orig", error)).splitlines()[0]
        print(f"The database cannot be prepared: {cause}. Check DATABASE_URL.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
