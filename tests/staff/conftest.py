"""A console on a record of its own, its staff, and browsers (with and without JavaScript) that use it."""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache, partial
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx
    import uvicorn
    from anyio.from_thread import BlockingPortal
    from argon2 import PasswordHasher
    from playwright.sync_api import Browser, Page

    from frontdesk.conversations.live import Changes
    from frontdesk.records.session import Record
    from frontdesk.settings import Settings

PASSWORD = "river lantern copper"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session", autouse=True)
def earnest_hasher() -> Iterator[PasswordHasher]:
    """Argon2 at the least cost it knows; gives the hasher that is used in earnest."""
    from argon2 import PasswordHasher

    from frontdesk.staff import passwords

    earnest = passwords._hasher
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield earnest


@pytest.fixture(scope="session")
def password_hash(earnest_hasher: PasswordHasher) -> str:
    from frontdesk.staff import passwords

    return passwords.hashed(PASSWORD)


@pytest.fixture(scope="session", autouse=True)
def compiled_templates() -> Iterator[None]:
    """Each template is compiled once a session, not once an app."""
    from jinja2 import BytecodeCache, Environment

    from frontdesk.staff import rendering

    class InMemory(BytecodeCache):
        def __init__(self) -> None:
            self._code: dict[str, bytes] = {}

        def load_bytecode(self, bucket: Any) -> None:
            if bucket.key in self._code:
                bucket.bytecode_from_string(self._code[bucket.key])

        def dump_bytecode(self, bucket: Any) -> None:
            self._code[bucket.key] = bucket.bytecode_to_string()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendering, "Environment", partial(Environment, bytecode_cache=InMemory()))
        yield


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    """The event loop of all clients without a browser: one thread instead of one a request."""
    from anyio.from_thread import start_blocking_portal

    with start_blocking_portal() as made:
        yield made


@dataclass
class Console:
    """The console as an app, with what is needed to fill its record."""

    record: Record
    settings: Settings
    changes: Changes
    app: Any
    password_hash: str
    portal: BlockingPortal
    built_on: Any
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 100_000)))

    def staff(self, login: str = "amara", *, name: str | None = None, role: str = "agent") -> str:
        """An account with PASSWORD; returns its id."""
        from frontdesk.records.models import Staff

        with self.record.transaction() as session:
            made = Staff(
                login=login, name=name or login.capitalize(), role=role, password_hash=self.password_hash
            )
            session.add(made)
            session.flush()
            return made.id

    def conversation(self, *words: str, channel: str = "website") -> str:
        """A conversation in which the applicant wrote these words; returns its id."""
        from frontdesk.conversations import threads

        with self.record.transaction() as session:
            made = threads.start(session, channel=channel).id
        for text in words:
            self.says(made, text)
        return made

    def says(self, conversation_id: str, text: str) -> str:
        """The applicant writes; returns the message's id."""
        from frontdesk.conversations import threads

        with self.record.transaction() as session:
            return threads.receive(
                session, conversation_id, text=text, external_id=f"m{next(self._numbers)}"
            ).message.id

    def bot_says(self, conversation_id: str, text: str, act: dict[str, Any] | None = None) -> None:
        from frontdesk.conversations import threads

        with self.record.transaction() as session:
            conversation = threads.locked(session, conversation_id)
            threads.append(session, conversation, author="bot", text=text, act=act)

    def waiting(
        self,
        *words: str,
        reason: str = "asked",
        minutes: float = 5,
        attention: str | None = None,
        channel: str = "website",
    ) -> str:
        """A conversation that waits for a person since some minutes; returns its id."""
        from frontdesk.conversations import holder, threads
        from frontdesk.records.models import now

        made = self.conversation(channel=channel)
        message_id = self.says(made, (words or ("A person, please",))[0])
        with self.record.transaction() as session:
            handoff = holder.queue(session, made, reason=reason, message_id=message_id, available=True)
            handoff.requested_at = now() - timedelta(minutes=minutes)
            if attention:
                threads.call_attention(session, made, attention)
        return made

    def application(self, reference: str = "K7QX4M", **values: Any) -> str:
        """A sent application; returns the id of its conversation."""
        from frontdesk.records.models import Application, Draft, now

        told = {**APPLICATION, **values}
        conversation_id = self.conversation("I want to apply")
        with self.record.transaction() as session:
            draft = Draft(conversation_id=conversation_id, state="sent", values=told)
            session.add(draft)
            session.flush()
            session.add(
                Application(
                    reference=reference,
                    draft_id=draft.id,
                    conversation_id=conversation_id,
                    values=told,
                    email=told["email"],
                    phone=told["phone"],
                    consent_at=now(),
                    consent_version="2026-11-22",
                )
            )
        return conversation_id

    def draft(self, conversation_id: str, **values: Any) -> str:
        from frontdesk.records.models import Draft

        with self.record.transaction() as session:
            made = Draft(conversation_id=conversation_id, state="open", asking="email", values=values)
            session.add(made)
            session.flush()
            return made.id

    def staff_id(self, login: str) -> str:
        from frontdesk.staff.accounts import find

        with self.record.reading() as session:
            found = find(session, login)
        assert found is not None, login
        return found.id

    def known(self, login: str) -> bool:
        """Whether there is an account of that login."""
        from frontdesk.staff.accounts import find

        with self.record.reading() as session:
            return find(session, login) is not None

    def letter(self) -> str:
        """A letter that waits to be sent; its id."""
        from frontdesk.mail import outbox

        with self.record.transaction() as session:
            return outbox.put_text(session, "copy", "ana@example.org", subject="Hello", body="Hello").id

    def paper(self, conversation_id: str, document: str | None = "cv") -> str:
        """A file that the applicant handed in; its id."""
        from frontdesk.files.keeping import About, Files

        about = About(conversation_id, name="cv.pdf", document=document)
        return Files(self.record, self.settings).keep([b"%PDF-1.4\n%%EOF\n"], about).id

    def saved_reply(self, title: str, text: str) -> str:
        from frontdesk.staff import saved_replies

        with self.record.transaction() as session:
            return saved_replies.save(session, reply_id=None, title=title, text=text, by="Test").id

    def visitor(self, address: str = "192.0.2.1") -> Visitor:
        """A browser without JavaScript that nobody has signed in with."""
        from starlette.testclient import TestClient

        client = TestClient(
            self.app, base_url="http://desk.test", client=(address, 40000), follow_redirects=False
        )
        client.portal = self.portal
        return Visitor(client)

    def signed_in(self, login: str = "amara", *, role: str = "agent", name: str | None = None) -> Visitor:
        """A browser that is signed in (its session made in the record, which is quicker than argon2)."""
        import secrets

        from frontdesk.records.models import StaffSession, now
        from frontdesk.staff.accounts import find
        from frontdesk.staff.sessions import COOKIE, hashed_token

        with self.record.reading() as session:
            known = find(session, login)
        staff_id = known.id if known else self.staff(login, role=role, name=name)
        token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        with self.record.transaction() as session:
            session.add(
                StaffSession(
                    token_hash=hashed_token(token),
                    staff_id=staff_id,
                    csrf=csrf,
                    expires_at=now() + timedelta(hours=1),
                )
            )
        visitor = self.visitor()
        visitor.csrf = csrf
        visitor.client.cookies.set(COOKIE, token, domain="desk.test", path="/staff")
        return visitor

    def get(self, model: type[Any], key: str) -> Any:
        with self.record.reading() as session:
            return session.get(model, key)

    def audited(self) -> list[str]:
        """The actions in the audit log, the oldest first."""
        from sqlalchemy import select

        from frontdesk.records.models import AuditEntry

        with self.record.reading() as session:
            return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.at)))


APPLICATION: dict[str, Any] = {
    "full_name": "Amina Bello",
    "email": "amina@example.com",
    "phone": "+2348031234567",
    "country_of_citizenship": "NG",
    "medical_school": "University of Lagos",
    "school_country": "NG",
    "training_stage": "graduate",
    "graduation_year": 2019,
    "usmle_step1": "passed",
    "usmle_step2ck": "scheduled",
    "ecfmg_status": "in_progress",
    "program_interest": "clinical_rotation",
    "specialties": ["internal medicine"],
    "preferred_start": "2027-03",
    "duration_weeks": 8,
    "preferred_location": "any",
    "visa_help": "yes",
}


@dataclass
class Visitor:
    """A browser without JavaScript: follows forms as a person would."""

    client: httpx.Client
    csrf: str = ""

    def sign_in(self, login: str, password: str = PASSWORD, to: str = "/staff/") -> httpx.Response:
        page = self.client.get("/staff/login", params={"to": to})
        data = {
            "csrf": token_in(page.text),
            "login": login,
            "password": password,
            "to": hidden(page.text, "to"),
        }
        return self.client.post("/staff/login", data=data)

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.client.get(path, params=params or None)

    def post(self, path: str, **fields: str) -> httpx.Response:
        """Send a form with the CSRF token of this session."""
        return self.client.post(path, data={"csrf": self.token(), **fields})

    def htmx(self, path: str, **fields: str) -> httpx.Response:
        """Send a form as htmx does."""
        headers = {"HX-Request": "true", "X-CSRF-Token": self.token()}
        return self.client.post(path, data=fields, headers=headers)

    def token(self) -> str:
        if not self.csrf:
            self.csrf = token_in(self.client.get("/staff/password").text)
        return self.csrf


def token_in(html: str) -> str:
    return hidden(html, "csrf")


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no hidden field {name} in the page"
    return unescape(found[1])


@pytest.fixture(scope="session")
def build_console(password_hash: str, portal: BlockingPortal) -> Callable[[Record, Settings], Console]:
    """`build_console(record, settings)`, for fixtures that live longer than a test."""

    def build(record: Record, settings: Settings) -> Console:
        from fastapi import FastAPI

        from frontdesk.conversations.live import Changes
        from frontdesk.staff import console

        changes = Changes()
        app = FastAPI(openapi_url=None)
        app.include_router(console.router(record, settings, changes))
        return Console(record, settings, changes, app, password_hash, portal, built_on=record)

    return build


class MovingRecord:
    """The record that the app of a session was built on: always that of the test which runs."""

    now: Record

    def __getattr__(self, name: str) -> Any:
        return getattr(self.now, name)


@dataclass
class Shared:
    """One app with the settings as they come, for all tests that need no others: building one takes time."""

    console: Console
    record: MovingRecord
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = None

    def on(self, record: Record) -> Console:
        self.record.now = record
        shutil.rmtree(self.console.settings.var_dir, ignore_errors=True)
        return replace(self.console, record=record, _numbers=iter(range(1, 100_000)))

    def address(self) -> str:
        """Of a real web server in front of the app."""
        import uvicorn

        if self._server is None:
            configuration = uvicorn.Config(
                self.console.app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"
            )
            self._server = uvicorn.Server(configuration)
            self._thread = threading.Thread(target=self._server.run, daemon=True)
            self._thread.start()
            self._wait(lambda: self._server is not None and self._server.started, "the web server to start")
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def quiet(self) -> None:
        """Wait until no browser of the last test hangs on the server any more."""
        if self._server is not None:
            state = self._server.server_state
            self._wait(lambda: not state.connections and not state.tasks, "the last browser to be gone")

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(timeout=10)
            self._server.force_exit = True
            self._thread.join(timeout=10)

    @staticmethod
    def _wait(condition: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < until, f"waited in vain for {what}"
            time.sleep(0.02)


@pytest.fixture(scope="session")
def shared(
    tmp_path_factory: pytest.TempPathFactory, build_console: Callable[[Any, Settings], Console]
) -> Iterator[Shared]:
    from frontdesk.settings import Settings

    settings = Settings(  # type: ignore[call-arg]
        _env_file=None,
        var_dir=tmp_path_factory.mktemp("shared") / "var",
        secret_key="a" * 43,
        rasa_key="b" * 43,
        logins_per_minute=100_000,
        second_factor_codes_per_hour=100_000,
    )
    record = MovingRecord()
    made = Shared(build_console(record, settings), record)
    yield made
    made.stop()


@pytest.fixture
def make_console(
    make_settings: Any, build_console: Callable[[Record, Settings], Console]
) -> Callable[..., Console]:
    """`make_console(record, logins_per_minute=3)`: a console of the test's own, for settings of its own."""

    def make(record: Record, **changed: Any) -> Console:
        return build_console(record, make_settings(**{"logins_per_minute": 1000, **changed}))

    return make


@pytest.fixture
def desk(shared: Shared, sqlite_record: Record) -> Console:
    """The console on SQLite, for behaviour that no database can change."""
    return shared.on(sqlite_record)


@pytest.fixture
def both(shared: Shared, record: Record) -> Console:
    """The console once on SQLite and once on PostgreSQL."""
    return shared.on(record)


@pytest.fixture
def served(shared: Shared, desk: Console) -> Iterator[tuple[Console, str]]:
    """The console behind a real web server, and its address."""
    yield desk, shared.address()
    shared.quiet()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Seat:
    """A member of staff in front of a real browser."""

    page: Page
    address: str
    troubles: list[str]

    def go(self, path: str) -> None:
        # Not until each chart is drawn: what a test waits for, it says.
        self.page.goto(self.address + path, wait_until="domcontentloaded")

    def violations(self) -> list[str]:
        """What axe finds wrong with the page as it stands."""
        if not self.page.evaluate("() => !!window.axe"):
            self.page.evaluate(_axe())
        options = {"resultTypes": ["violations"]}
        found = self.page.evaluate("options => axe.run(document, options)", options)
        return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found["violations"]]


@cache
def _axe() -> str:
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def take_seat(served: tuple[Console, str], chromium: Browser) -> Iterator[Callable[..., Seat]]:
    """`take_seat("amara", role="admin", color_scheme="dark")`: signed in, on the queue page."""
    console, address = served
    contexts = []

    def take(login: str = "amara", *, role: str = "agent", **options: Any) -> Seat:
        from frontdesk.staff.sessions import COOKIE

        options.setdefault("viewport", {"width": 1280, "height": 800})
        context = chromium.new_context(**options)
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
        session = console.signed_in(login, role=role).client.cookies[COOKIE]
        context.add_cookies([{"name": COOKIE, "value": session, "domain": "127.0.0.1", "path": "/staff"}])
        page.goto(address + "/staff/")
        return Seat(page, address, troubles)

    yield take
    for context in contexts:
        context.close()
