"""Every state of the frame is accessible, whichever way it is read: sheets, gates, files, waits, ends."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from widget.tests.browser.rules import broken_rules
from widget.tests.browser.test_features import menu
from widget.tests.browser.test_frame import inside
from widget.tests.browser.visitors import FrontDesk, Visitor, say

MONTH = {"act": "question", "form": "application", "field": "preferred_start", "step": 4, "steps": 5}
LOOKS = [
    (320, "light", "ar"),
    (390, "dark", "ar"),
    (1280, "light", "ar"),
    (1280, "dark", "es"),
]


class States:
    """Looks at one state after the other; what is wrong with any of them is told at the end."""

    def __init__(self, page: Page, pictures: Path | None) -> None:
        self.page = page
        self.pictures = pictures
        self.faults: list[str] = []

    def check(self, state: str) -> None:
        if self.pictures is not None:
            self.page.screenshot(path=self.pictures / f"{state}.png")
        self.faults.extend(f"{state}: {rule}" for rule in broken_rules(self.page, "chha-frontdesk"))
        beyond = inside(
            self.page,
            "[...root.querySelectorAll('.panel *')].filter((element) => element.getClientRects().length > 0"
            " && !element.closest('.hidden') && (element.getBoundingClientRect().right > innerWidth + 1"
            " || element.getBoundingClientRect().left < -1)).map(({ outerHTML }) => outerHTML.slice(0, 90))",
        )
        self.faults.extend(f"{state}: beyond the edge {element}" for element in beyond)


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_every_state_of_the_frame_is_accessible(
    visitor: Callable[..., Visitor],
    desk: FrontDesk,
    width: int,
    scheme: str,
    language: str,
) -> None:
    desk.configure(consent_notice={"version": "v1", "text": "We **keep** this chat for a year."})
    someone = visitor(phone=width < 1000, width=width, color_scheme=scheme, reduced_motion="reduce")
    someone.context.add_init_script(f"localStorage['chha-frontdesk:language'] ??= '{language}'")
    page = someone.open()
    states = States(page, pictures_of(f"{width}-{scheme}-{language}"))
    before_the_first_word(page, states.check)
    files_and_answers(page, states.check, desk)
    earlier_conversations(page, states.check)
    a_person_and_the_end(page, states.check, desk)
    assert states.faults == []
    assert inside(page, "root.querySelector('.frame').dir") == ("rtl" if language == "ar" else "ltr")


Check = Callable[[str], None]


def before_the_first_word(page: Page, check: Check) -> None:
    check("consent gate")
    page.get_by_test_id("agree").click()
    page.get_by_test_id("leave-offer").click()
    check("leave a message")
    page.get_by_test_id("leave-text").fill("Please call me")
    page.get_by_test_id("leave-email").fill("nobody")
    page.get_by_test_id("leave-send").click()
    expect(page.get_by_test_id("leave-email")).to_have_attribute("aria-invalid", "true")
    check("a wrong address")
    page.keyboard.press("Escape")


def files_and_answers(page: Page, check: Check, desk: FrontDesk) -> None:
    say(page, "echo hello")
    expect(page.get_by_test_id("message")).to_have_count(2)
    desk.faults(holdFiles=True)
    sizes = {"big.pdf": 900_000, "too large, with a name that is longer than a phone is wide.pdf": 1_100_000}
    page.get_by_test_id("file").set_input_files(
        [{"name": name, "mimeType": "application/pdf", "buffer": b"x" * size} for name, size in sizes.items()]
    )
    expect(page.locator('[data-testid="upload"][data-state="sending"]')).to_have_count(1)
    expect(page.locator('[data-testid="upload"][data-state="failed"]')).to_have_count(1)
    check("files")
    for _ in sizes:
        page.get_by_test_id("upload").first.locator(".tool").click()
    expect(page.get_by_test_id("tray")).to_be_hidden()

    say(page, "What is the difference between internship and residency?")
    page.get_by_test_id("helpful").click()
    expect(page.get_by_test_id("helpful")).to_have_attribute("aria-pressed", "true")
    check("a rated answer")
    page.get_by_test_id("menu").click()
    check("menu")
    page.get_by_test_id("mail").click()
    page.get_by_test_id("mail-email").fill("nobody")
    page.get_by_test_id("mail-send").click()
    check("send by mail")
    page.keyboard.press("Escape")


def earlier_conversations(page: Page, check: Check) -> None:
    page.evaluate("document.querySelector('chha-frontdesk').identify('amina')")
    menu(page, "restart")
    check("start over")
    page.get_by_test_id("restart-confirm").click()
    say(page, "echo again")
    expect(page.get_by_test_id("message")).to_have_count(2)
    page.evaluate("document.querySelector('chha-frontdesk').identify('amina')")
    expect(page.get_by_test_id("earlier")).not_to_have_attribute("hidden", "")
    menu(page, "earlier")
    check("earlier conversations")
    page.keyboard.press("Escape")


def a_person_and_the_end(page: Page, check: Check, desk: FrontDesk) -> None:
    desk.call("bot", "In which month would you like to start?", MONTH)
    page.get_by_test_id("month").wait_for()
    page.get_by_test_id("send").click()
    check("a month")
    desk.call("claim", "Maya Chen")
    desk.call("state", {"typing": True})
    expect(page.get_by_test_id("typing")).to_be_visible()
    check("a person types")
    desk.call("state", {"typing": False, "holder": "closed", "staff": None})
    expect(page.get_by_test_id("holder")).to_have_attribute("data-holder", "closed")
    check("closed")
    busy: dict[str, Any] = {"times": 1, "status": 429, "body": {}, "headers": {"Retry-After": "600"}}
    desk.faults(refuse=busy)
    desk.call("bot", "Anything else?")
    say(page, "echo too fast")
    expect(page.get_by_test_id("notice")).to_have_attribute("data-shown", "")
    check("a pause")
    page.get_by_test_id("close").click()
    check("launcher")


def pictures_of(look: str) -> Path | None:
    """Where pictures of this look go; nowhere unless CHHA_WIDGET_PICTURES names a folder."""
    wanted = os.environ.get("CHHA_WIDGET_PICTURES")
    if not wanted:
        return None
    folder = Path(wanted) / look
    folder.mkdir(parents=True, exist_ok=True)
    return folder
