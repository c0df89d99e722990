"""Two members of staff and two applicants at once, in real browsers on one real desk.

The bot is stopped in its tracks (SIGSTOP) where a test must do something in the middle of its turn; what Rasa
remembers of a conversation is deleted where a test needs its session to be over.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from sqlalchemy import select

from frontdesk.records.models import Conversation, Draft, Message, Staff, StaffSession, Turn, now
from frontdesk.records.session import Record
from frontdesk.staff.sessions import COOKIE, hashed_token
from tests.desk import Desk
from tests.stack import wait_for

pytestmark = pytest.mark.browser

PATIENCE = 30_000
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


class Applicant:
    """A visitor of the website with the widget open."""

    def __init__(self, browser: Browser, desk: Desk, record: Record):
        self.record = record
        self.context = browser.new_context(viewport=PHONE, has_touch=True)
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.page.goto(f"{desk.url}/")
        self.page.get_by_test_id("launcher").click()
        self.id = ""
        self.said = 0

    def writes(self, text: str) -> None:
        """Send it, without waiting for an answer; knows its own conversation from the first message on."""
        with self.record.reading() as session:
            before = set(session.scalars(select(Conversation.id)))
        self.page.get_by_test_id("field").fill(text)
        self.page.get_by_test_id("field").press("Enter")
        self.said += 1
        if not self.id:

            def found() -> str | None:
                with self.record.reading() as session:
                    return next(
                        (one for one in session.scalars(select(Conversation.id)) if one not in before), None
                    )

            self.id = str(wait_for(found, "the conversation to begin"))
        wait_for(lambda: len(self.messages("applicant")) >= self.said, f"{text!r} to arrive")

    def says(self, text: str) -> None:
        """Send it, and wait until the turn that it caused has ended."""
        self.writes(text)
        wait_for(lambda: self.turn().state not in ("waiting", "running"), f"the turn of {text!r} to end", 60)

    def messages(self, author: str) -> list[Message]:
        with self.record.reading() as session:
            return list(
                session.scalars(
                    select(Message)
                    .where(Message.conversation_id == self.id, Message.author == author)
                    .order_by(Message.seq)
                )
            )

    def turn(self) -> Turn:
        """The newest."""
        with self.record.reading() as session:
            return session.scalars(
                select(Turn).where(Turn.conversation_id == self.id).order_by(Turn.seq.desc()).limit(1)
            ).one()

    def draft(self) -> Draft:
        with self.record.reading() as session:
            return session.scalars(select(Draft).where(Draft.conversation_id == self.id)).one()

    def sees(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_role("log")).to_contain_text(text)


class Colleague:
    """A member of staff who is signed in."""

    def __init__(self, browser: Browser, desk: Desk, record: Record, name: str, viewport: Any):
        self.name = name
        self.url = desk.url
        token = secrets.token_urlsafe(32)
        with record.transaction() as session:
            staff = Staff(login=name.lower(), name=name, role="agent", password_hash="-")
            session.add(staff)
            session.flush()
            session.add(
                StaffSession(
                    token_hash=hashed_token(token),
                    staff_id=staff.id,
                    csrf=secrets.token_urlsafe(32),
                    expires_at=now() + timedelta(hours=1),
                )
            )
        self.context = browser.new_context(viewport=viewport)
        self.context.set_default_timeout(PATIENCE)
        self.context.add_cookies([{"name": COOKIE, "value": token, "domain": "127.0.0.1", "path": "/staff"}])
        self.page: Page = self.context.new_page()

    def opens(self, applicant: Applicant) -> None:
        self.page.goto(f"{self.url}/staff/conversations/{applicant.id}")
        expect(self.page.locator("[data-live]")).to_have_text("· live")

    @property
    def holder(self) -> Locator:
        return self.page.get_by_test_id("holder")

    def replies(self, text: str) -> None:
        self.page.get_by_test_id("reply-text").fill(text)
        self.page.get_by_test_id("send").click()
        expect(self.page.locator("[data-author=staff] .said").last).to_have_text(text)

    def returns(self) -> None:
        self.page.get_by_test_id("return").click()
        expect(self.holder).to_contain_text("The assistant has it")


@pytest.fixture(scope="module")
def record(desk: Desk) -> Iterator[Record]:
    made = desk.record()
    yield made
    made.close()


@pytest.fixture(scope="module")
def team(chromium: Browser, desk: Desk, record: Record) -> Iterator[tuple[Colleague, Colleague]]:
    """Amara at a desk, Daniel with a phone."""
    made = (
        Colleague(chromium, desk, record, "Amara", WIDE),
        Colleague(chromium, desk, record, "Daniel", PHONE),
    )
    yield made
    for one in made:
        one.context.close()


@pytest.fixture
def applicants(chromium: Browser, desk: Desk, record: Record) -> Iterator[tuple[Applicant, Applicant]]:
    made = Applicant(chromium, desk, record), Applicant(chromium, desk, record)
    yield made
    for one in made:
        one.context.close()


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """The process does nothing meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_of_two_who_claim_at_once_one_has_it_and_the_other_is_told_who(
    team: tuple[Colleague, Colleague], applicants: tuple[Applicant, Applicant]
) -> None:
    ana, ben = applicants
    for applicant in applicants:
        applicant.says("I want to talk to a real person")
    held: list[Route] = []
    for colleague in team:
        colleague.opens(ana)
        expect(colleague.page.get_by_test_id("claim")).to_be_visible()
        colleague.page.route("**/claim", lambda route: held.append(route))  # noqa: PLW0108
    for colleague in team:
        colleague.page.get_by_test_id("claim").click()
        colleague.page.wait_for_function("() => document.querySelector('#do-claim').disabled")
    assert len(held) == len(team)  # both are asked before either is answered
    for route in held:
        route.continue_()
    for colleague in team:
        expect(colleague.holder).to_contain_text(re.compile("You have it|has it"))
        colleague.page.unroute("**/claim")
    [winner] = [one for one in team if "You have it" in one.holder.inner_text()]
    [loser] = [one for one in team if one is not winner]
    expect(loser.page.get_by_test_id("notice")).to_contain_text(f"{winner.name} was first")
    expect(loser.holder).to_contain_text(f"{winner.name} has it")
    winner.replies("Hello Ana")
    ana.sees("Hello Ana")
    loser.opens(ben)
    loser.replies("Hello Ben")
    ben.sees("Hello Ben")
    expect(ana.page.get_by_role("log")).not_to_contain_text("Hello Ben")


def test_a_colleague_takes_over_in_the_middle_of_a_turn_and_the_bot_says_nothing_more(
    desk: Desk, record: Record, team: tuple[Colleague, Colleague], applicants: tuple[Applicant, Applicant]
) -> None:
    (amara, _), (ana, ben) = team, applicants
    ana.says("what is a sub-internship?")
    answered = len(ana.messages("bot"))
    amara.opens(ana)
    with stopped(desk.pid("rasa")):
        ana.writes("what is an observership?")
        wait_for(lambda: ana.turn().state == "running", "the turn to begin")
        amara.replies("I answer this one myself.")
        expect(amara.holder).to_contain_text("You have it")
    wait_for(lambda: ana.turn().state not in ("waiting", "running"), "the turn to end", 60)
    assert ana.turn().state == "dropped"
    ben.says("what is a sub-internship?")  # the bot is well again, and answers where it may
    assert ben.messages("bot")
    assert len(ana.messages("bot")) == answered
    ana.sees("I answer this one myself.")
    expect(ana.page.get_by_test_id("typing")).to_be_hidden()


def test_a_form_goes_on_where_it_stopped_after_a_reply_from_a_phone(
    team: tuple[Colleague, Colleague], applicants: tuple[Applicant, Applicant]
) -> None:
    (amara, daniel), (ana, ben) = team, applicants
    for applicant in applicants:
        half_filled(applicant)
        applicant.says("I want to talk to a real person")
    daniel.opens(ana)
    page = daniel.page
    expect(page.get_by_test_id("beside")).to_contain_text("Amina Bello")
    page.get_by_test_id("reply-text").scroll_into_view_if_needed()
    expect(page.get_by_test_id("send")).to_be_in_viewport(ratio=1)
    daniel.replies("Take your time with the form.")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    ana.sees("Take your time with the form.")
    daniel.returns()
    goes_on(ana)
    amara.opens(ben)  # the other one still waits, untouched by all this
    expect(amara.holder).to_contain_text("Waiting")


def test_what_rasa_forgets_in_the_middle_of_a_handoff_nobody_misses(
    desk: Desk, team: tuple[Colleague, Colleague], applicants: tuple[Applicant, Applicant]
) -> None:
    (amara, _), (ana, _) = team, applicants
    half_filled(ana)
    ana.says("I want to talk to a real person")
    amara.opens(ana)
    amara.page.get_by_test_id("claim").click()
    expect(amara.holder).to_contain_text("You have it")
    assert forgotten(desk, ana.id) > 0
    said_by_bot = len(ana.messages("bot"))
    ana.writes("are you there?")  # Rasa's pause is gone; the bot stays silent all the same
    expect(amara.page.locator("[data-author=applicant] .said").last).to_have_text("are you there?")
    amara.replies("Yes, I am.")
    ana.sees("Yes, I am.")
    assert len(ana.messages("bot")) == said_by_bot
    amara.returns()
    goes_on(ana)


def half_filled(applicant: Applicant) -> None:
    """Consent and name are given, the next question is asked."""
    for text in ("I want to apply", "yes", "Amina Bello"):
        applicant.says(text)
    assert applicant.draft().values["full_name"] == "Amina Bello"
    assert applicant.draft().asking == "email"


def goes_on(applicant: Applicant) -> None:
    """The assistant is back, and the next answer is that of the question where the form stopped."""
    applicant.sees("automated assistant again")
    applicant.says("amina.bello@example.com")
    draft = applicant.draft()
    assert draft.values["full_name"] == "Amina Bello"
    assert draft.values["email"] == "amina.bello@example.com"
    assert draft.asking == "phone"


def forgotten(desk: Desk, conversation_id: str) -> int:
    """Delete all that Rasa knows of the conversation: session, pause, form. The number of rows."""
    with closing(sqlite3.connect(desk.folder / "tracker.db", timeout=10)) as tracker, tracker:
        return tracker.execute(
            "DELETE FROM conversation_trackers WHERE sender_id = ?", (conversation_id,)
        ).rowcount
