"""Fixtures that every room's tests share: settings, and a record on SQLite and on a real PostgreSQL.

Read by both environments, so the top of this file needs pytest and Python 3.10 only; the front desk is
imported inside the fixtures. A test that takes `record` runs twice, once on each database.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from frontdesk.records.session import Record
    from frontdesk.settings import Settings
    from tests.stand_in_rasa import StandInRasa

if importlib.util.find_spec("hypothesis"):
    from hypothesis import HealthCheck
    from hypothesis import settings as property_settings

    # Each run draws other examples, so few a run are many in a week; CHHA_TEST_EXAMPLES=thorough draws 500.
    # How fast a shared machine makes examples says nothing about the code.
    desk = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
    property_settings.register_profile("desk", max_examples=50, **desk)
    property_settings.register_profile("thorough", max_examples=500, **desk)
    property_settings.load_profile(os.environ.get("CHHA_TEST_EXAMPLES", "desk"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests in a browser come last: Playwright keeps an event loop running in the thread of the tests, in
    which no asyncio test can start one of its own."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


DEBIAN_BINARIES = Path("/usr/lib/postgresql/15/bin")
SYSTEM_ACCOUNT = "postgres"
TEMPLATE = "template_record"


class PostgresServer:
    """A PostgreSQL of this test session alone: own data folder, free loopback port, gone at the end.

    It trusts loopback connections and never syncs to disk: it holds nothing worth keeping.
    """

    def __init__(self) -> None:
        self._binaries = _postgres_binaries()
        self._home = Path(tempfile.mkdtemp(prefix="chha-postgres-"))
        self._as_user: list[str] = []
        if os.geteuid() == 0:  # initdb refuses root
            shutil.chown(self._home, SYSTEM_ACCOUNT, SYSTEM_ACCOUNT)
            self._as_user = [
                "setpriv",
                f"--reuid={SYSTEM_ACCOUNT}",
                f"--regid={SYSTEM_ACCOUNT}",
                "--clear-groups",
            ]
        self._data = self._home / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self._made = 0

    def start(self) -> None:
        initdb = [
            "initdb",
            "-D",
            str(self._data),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        ]
        self._run(initdb)
        for _ in range(5):  # another process may take the port between choosing and binding
            self.port = _free_port()
            if self._serve():
                self._sql("postgres", f"CREATE DATABASE {TEMPLATE}")
                self._migrate(self.url(TEMPLATE))
                return
        raise RuntimeError(f"PostgreSQL did not start; its log: {self.log()}")

    def _serve(self) -> bool:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._home),
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "200",
            "shared_buffers": "32MB",
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self._home / "log").open("ab") as log:
            # Told to end when the test process is killed outright, so that it is never left behind.
            dying = ["setpriv", "--pdeathsig=QUIT", "--"] if shutil.which("setpriv") else []
            program = str(self._binaries / "postgres")
            command = [*self._as_user, *dying, program, "-D", str(self._data), *settings]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._home)
        ready = [str(self._binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while self._process.poll() is None:
            if subprocess.run([*ready, "-t", "1"], check=False).returncode == 0:
                return True
        return False

    def new_database(self) -> str:
        """The URL of a fresh, migrated database."""
        self._made += 1
        name = f"test_{os.getpid()}_{self._made}"
        self._sql("postgres", f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return self.url(name)

    def empty_database(self) -> str:
        """The URL of a fresh database without any table."""
        self._made += 1
        name = f"empty_{os.getpid()}_{self._made}"
        self._sql("postgres", f"CREATE DATABASE {name}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        self._sql("postgres", f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def url(self, database: str) -> str:
        return f"postgresql+pg8000://postgres@127.0.0.1:{self.port}/{database}"

    def log(self) -> str:
        return (self._home / "log").read_text(errors="replace")[-2000:]

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(3)  # SIGQUIT: at once, nothing is worth a checkpoint
            self._process.wait(timeout=20)
        shutil.rmtree(self._home, ignore_errors=True)

    def _run(self, command: list[str]) -> None:
        program, *arguments = command
        full = [*self._as_user, str(self._binaries / program), *arguments]
        done = subprocess.run(full, capture_output=True, text=True, check=False, cwd=self._home)
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr.strip()}")

    def _sql(self, database: str, statement: str) -> None:
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        engine = create_engine(self.url(database), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)

    @staticmethod
    def _migrate(url: str) -> None:
        from frontdesk.records.migrate import migrate
        from frontdesk.records.session import Record

        made = Record(url)
        migrate(made)
        made.close()


def _postgres_binaries() -> Path:
    if (DEBIAN_BINARIES / "initdb").exists():
        return DEBIAN_BINARIES
    found = shutil.which("initdb")
    if found is None:
        pytest.fail(
            "PostgreSQL is not on this machine: run `apt-get install postgresql`, or put its initdb on PATH.",
            pytrace=False,
        )
    return Path(found).resolve().parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def free_port() -> int:
    """A loopback port that nobody listens on."""
    return _free_port()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The PostgreSQL server of this test session."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file that has every table and no row; copied for each test."""
    from frontdesk.records.migrate import migrate
    from frontdesk.records.session import Record

    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    made = Record(f"sqlite:///{path}")
    migrate(made)
    with made.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    made.close()
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def record_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh, migrated record; a test that takes it runs on both databases."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.new_database()
    yield url
    server.drop_database(url)


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated_sqlite: Path) -> str:
    path = tmp_path / "record.db"
    shutil.copyfile(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    url = postgres.new_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture
def record(record_url: str) -> Iterator[Record]:
    """A fresh record, once on SQLite and once on PostgreSQL."""
    yield from _opened(record_url)


@pytest.fixture
def sqlite_record(sqlite_url: str) -> Iterator[Record]:
    """A fresh record on SQLite, for behaviour that no database can change."""
    yield from _opened(sqlite_url)


@pytest.fixture
def postgres_record(postgres_url: str) -> Iterator[Record]:
    """A fresh record on PostgreSQL."""
    yield from _opened(postgres_url)


def _opened(url: str) -> Iterator[Record]:
    from frontdesk.records.session import Record

    made = Record(url)
    yield made
    made.close()


@pytest.fixture
def make_settings(tmp_path: Path) -> Any:
    """`make_settings(turn_attempts=2)`: settings of a test, with folders and keys of its own."""
    from frontdesk.settings import Settings

    def make(**changed: Any) -> Settings:
        given = {"var_dir": tmp_path / "var", "secret_key": "a" * 43, "rasa_key": "b" * 43, **changed}
        return Settings(_env_file=None, **given)  # type: ignore[call-arg]

    return make


@pytest.fixture
def settings(make_settings: Any) -> Settings:
    return make_settings()


@pytest.fixture
def rasa() -> Iterator[StandInRasa]:
    """A stand-in for Rasa's private channel; its key is that of `make_settings`."""
    from tests.stand_in_rasa import StandInRasa

    made = StandInRasa()
    yield made
    made.stop()


@pytest.fixture
def make_staff() -> Any:
    """`make_staff(record, "Ann")`: the id of a member of staff."""
    from frontdesk.records.models import Staff

    def make(record: Record, name: str) -> str:
        with record.transaction() as session:
            staff = Staff(login=name.lower(), name=name, password_hash="-")
            session.add(staff)
            session.flush()
            return staff.id

    return make
