"""The whole way in two real browsers: an applicant asks, applies, meets a person; staff answer, hand back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from sqlalchemy import select

from frontdesk.records.models import Application, Draft, Message, Turn
from tests.desk import Desk
from tests.journey.answers import ANSWERS
from tests.stack import wait_for

pytestmark = pytest.mark.browser

PATIENCE = 30_000
NEW_PASSWORD = "quiet river under seven bridges"


class Applicant:
    """A visitor of the website on a phone."""

    def __init__(self, browser: Browser, desk: Desk):
        self.context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.goto(f"{desk.url}/")
        self.record = desk.record()
        self.said = 0

    def open(self) -> None:
        self.page.get_by_test_id("launcher").click()

    def say(self, text: str) -> None:
        """Write it, and wait until the turn that it caused has ended."""
        wait_for(lambda: self._write(text), "the field to take the words", 60)
        self.page.get_by_test_id("field").press("Enter")
        self.said += 1
        wait_for(self._settled, f"the turn of {text!r} to end", 60)

    def _write(self, text: str) -> bool:
        """A month is offered as two lists; whoever would rather write says so first."""
        in_words = self.page.get_by_role("button", name="Answer in words")
        try:
            if in_words.is_visible():
                in_words.click(timeout=2_000)
            self.page.get_by_test_id("field").fill(text, timeout=2_000)
        except PlaywrightTimeout:  # the question has just changed what is asked with
            return False
        return not in_words.is_visible()

    def _settled(self) -> bool:
        with self.record.reading() as session:
            heard = session.scalars(select(Message).where(Message.author == "applicant")).all()
            open_turns = session.scalars(select(Turn).where(Turn.state.in_(("waiting", "running")))).all()
            return len(heard) >= self.said and not open_turns

    def asked(self) -> str | None:
        """The field that the form waits for."""
        with self.record.reading() as session:
            draft = session.scalars(select(Draft).where(Draft.state == "open")).first()
            return draft.asking if draft else None

    def sent(self) -> list[str]:
        """The references of the applications in the record."""
        with self.record.reading() as session:
            return list(session.scalars(select(Application.reference)))

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    def sees(self, text: str | re.Pattern[str]) -> None:
        expect(self.log).to_contain_text(text, timeout=PATIENCE)


def sign_in(browser: Browser, desk: Desk) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{desk.url}/staff/")
    page.get_by_label("Login").fill("admin")
    page.get_by_label("Password", exact=True).fill(desk.password)
    page.get_by_test_id("sign-in").click()
    page.locator("#current").fill(desk.password)
    page.locator("#new").fill(NEW_PASSWORD)
    page.locator("#again").fill(NEW_PASSWORD)
    page.get_by_test_id("change-password").click()
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    return page


def test_an_applicant_asks_applies_meets_a_person_and_is_given_back(desk: Desk, chromium: Browser):
    staff = sign_in(chromium, desk)
    applicant = Applicant(chromium, desk)
    applicant.open()

    applicant.say("what is the difference between internship and residency?")
    applicant.sees("CHHA's guide")
    applicant.sees(re.compile("Reviewed", re.IGNORECASE))
    expect(applicant.log.get_by_role("link").first).to_have_attribute("href", re.compile("^https?://"))

    applicant.say("I want to apply")
    for _ in range(len(ANSWERS)):
        asked = applicant.asked()
        assert asked in ANSWERS
        applicant.say(ANSWERS[asked])
        if applicant.sent():
            break
    [reference] = applicant.sent()
    applicant.sees(reference)

    applicant.page.reload()
    applicant.open()
    applicant.sees("CHHA's guide")
    applicant.sees(reference)

    applicant.say("I want to talk to a real person")
    applicant.sees(re.compile("team", re.IGNORECASE))

    row = staff.get_by_test_id("row").first
    expect(row).to_contain_text("Amina Bello", timeout=PATIENCE)
    row.get_by_role("link").first.click()
    expect(staff.get_by_test_id("thread")).to_contain_text("difference between internship and residency")
    expect(staff.get_by_test_id("beside")).to_contain_text(reference)
    staff.get_by_test_id("reply-text").fill("Hello Amina, how can I help?")
    staff.get_by_test_id("send").click()
    applicant.sees("Hello Amina, how can I help?")

    applicant.say("Is Houston still possible in June?")
    expect(staff.get_by_test_id("thread")).to_contain_text("Houston still possible", timeout=PATIENCE)
    staff.get_by_test_id("reply-text").fill("Yes, I will write to you tomorrow.")
    staff.get_by_test_id("send").click()
    applicant.sees("I will write to you tomorrow")

    staff.get_by_role("button", name=re.compile("assistant|bot", re.IGNORECASE)).first.click()
    applicant.sees("automated assistant again")
    applicant.say("thank you")
    applicant.sees(re.compile("welcome|happy to help|pleasure", re.IGNORECASE))


def test_the_welcome_names_page_console_and_first_password(desk: Desk):
    assert f"{desk.url}/" in desk.said
    assert f"{desk.url}/staff/" in desk.said
    assert re.search(r"login admin, one-time password \S{8,}", desk.said)
