"""A console on a record of its own, its staff, and browsers (with and without JavaScript) that use it."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx
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


@pytest.fixture(scope="session")
def password_hash() -> str:
    """Argon2 takes its time: once a session is enough."""
    from frontdesk.staff import passwords

    return passwords.hashed(PASSWORD)


@dataclass
class Console:
    """The console as an app, with what is needed to fill its record."""

    record: Record
    settings: Settings
    changes: Changes
    app: Any
    password_hash: str
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

    def saved_reply(self, title: str, text: str) -> str:
        from frontdesk.staff import saved_replies

        with self.record.transaction() as session:
            return saved_replies.save(session, reply_id=None, title=title, text=text, by="Test").id

    def visitor(self, address: str = "192.0.2.1") -> Visitor:
        """A browser without JavaScript that nobody has signed in with."""
        from starlette.testclient import TestClient

        return Visitor(
            TestClient(self.app, base_url="http://desk.test", client=(address, 40000), follow_redirects=False)
        )

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
def build_console(password_hash: str) -> Callable[[Record, Settings], Console]:
    """`build_console(record, settings)`, for fixtures that live longer than a test."""

    def build(record: Record, settings: Settings) -> Console:
        from fastapi import FastAPI

        from frontdesk.conversations.live import Changes
        from frontdesk.staff import console

        changes = Changes()
        app = FastAPI(openapi_url=None)
        app.include_router(console.router(record, settings, changes))
        return Console(record, settings, changes, app, password_hash)

    return build


@pytest.fixture
def make_console(
    make_settings: Any, build_console: Callable[[Record, Settings], Console]
) -> Callable[..., Console]:
    """`make_console(record, logins_per_minute=3)`"""

    def make(record: Record, **changed: Any) -> Console:
        return build_console(record, make_settings(**{"logins_per_minute": 1000, **changed}))

    return make


@pytest.fixture
def desk(make_console: Callable[..., Console], sqlite_record: Record) -> Console:
    """A console on SQLite, for behaviour that no database can change."""
    return make_console(sqlite_record)


@pytest.fixture
def both(make_console: Callable[..., Console], record: Record) -> Console:
    """A console once on SQLite and once on PostgreSQL."""
    return make_console(record)


@pytest.fixture
def served(desk: Console) -> Iterator[tuple[Console, str]]:
    """A console behind a real web server, and its address."""
    import uvicorn

    configuration = uvicorn.Config(desk.app, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(configuration)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started:
        assert thread.is_alive(), "the web server did not start"
        assert time.monotonic() < until, "the web server did not start"
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield desk, f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)
    if thread.is_alive():
        server.force_exit = True
        thread.join(timeout=10)


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
        self.page.goto(self.address + path)


@pytest.fixture
def take_seat(served: tuple[Console, str], chromium: Browser) -> Iterator[Callable[..., Seat]]:
    """`take_seat("amara", role="admin", color_scheme="dark")`: signed in, on the queue page."""
    console, address = served
    contexts = []

    def take(login: str = "amara", *, role: str = "agent", **options: Any) -> Seat:
        from frontdesk.staff.accounts import find

        with console.record.reading() as session:
            known = find(session, login)
        if known is None:
            console.staff(login, role=role)
        options.setdefault("viewport", {"width": 1280, "height": 800})
        context = chromium.new_context(**options)
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
        page.goto(address + "/staff/login")
        page.fill("#login", login)
        page.fill("#password", PASSWORD)
        page.click("[data-testid=sign-in]")
        page.wait_for_url("**/staff/")
        return Seat(page, address, troubles)

    yield take
    for context in contexts:
        context.close()
