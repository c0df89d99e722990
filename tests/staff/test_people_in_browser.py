"""Accounts, keys, the audit log and the learning pages in a real Chromium: accessible, fit for phones."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from frontdesk.records.models import Message, Staff, TrainingRun, now
from frontdesk.staff import api_keys, invitations, learning_review
from frontdesk.staff.invitations import Links
from frontdesk.staff.learning_training import side_by_side

pytestmark = pytest.mark.browser

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
# Where pictures of the pages go, for who wants to look at them.
PICTURES = os.environ.get("CHHA_PICTURES")

MESSAGES = ("do I bring the zorg cover note", "should I bring a zorg cover note?", "is the moon cheese")


def result(text: str, right: bool, got: str) -> dict[str, Any]:
    return {"set": "questions", "text": text, "expected": "rotation_cost", "got": got, "right": right}


@pytest.fixture
def people(served: tuple[Any, str]) -> dict[str, str]:
    """Something on every page; gives their addresses."""
    desk, _ = served
    ada = desk.staff("ada", name="Ada Okafor", role="admin")
    desk.staff("daniel", name="Daniel", role="editor")
    figures = side_by_side(
        {"lines": [result("what does it cost", True, "rotation_cost"), result("price?", False, "clarify")]},
        {
            "lines": [result("what does it cost", False, "human"), result("price?", True, "rotation_cost")],
            "held_out": {"accuracy": 0.83, "examples": 12565},
        },
    )
    said = [desk.says(desk.conversation(), text) for text in MESSAGES]
    with desk.record.transaction() as session:
        for message_id in said:
            learning_review.add(session, session.get_one(Message, message_id), "fallback")
        learning_review.dismiss(
            session, [learning_review.add(session, session.get_one(Message, said[2]), "x").id], by="ada"
        )
        invited = invitations.invite(
            session, email="mei@example.org", name="Mei-Ling", role="agent", days=7, by="ada"
        )
        api_keys.make(
            session,
            name="website",
            staff=session.get_one(Staff, ada),
            scopes=["conversations:read", "knowledge:read"],
            days=30,
            by="ada",
        )
        done = TrainingRun(
            model="new.tar.gz",
            started_by="ada",
            state="ready",
            figures=figures,
            examples=3,
            finished_at=now(),
        )
        session.add(done)
        session.flush()
        done_id = done.id
        session.add(
            TrainingRun(
                model="newer.tar.gz",
                started_by="ada",
                working=1,
                step="Training, 34 s",
                lease_until=now() + timedelta(hours=1),
            )
        )
    link = Links(desk.settings.secret_key, "").link(invited)
    return {
        "account": "/staff/account",
        "team": "/staff/team",
        "sessions of a colleague": f"/staff/team/{ada}/sessions",
        "keys": "/staff/keys",
        "audit log": "/staff/audit",
        "review list": "/staff/learning",
        "decided": "/staff/learning/decided",
        "report": f"/staff/learning/messages/{said[0]}",
        "training": "/staff/learning/runs",
        "side by side": f"/staff/learning/runs/{done_id}",
        "second factor": "/staff/second-factor/set-up",
        "invitation": link,
    }


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_pages_are_accessible_and_fit(
    take_seat: Callable[..., Any], people: dict[str, str], color_scheme: str, viewport: dict[str, int]
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    seat = take_seat("ada", color_scheme=color_scheme, viewport=viewport)
    found = {}
    for name, path in people.items():
        seat.go(path)
        if PICTURES:
            file = f"{name}-{color_scheme}-{viewport['width']}.png".replace(" ", "-")
            seat.page.screenshot(path=Path(PICTURES) / file, full_page=True)
        result = Axe().run(seat.page)
        if result.violations_count:
            found[name] = result.generate_report()
        assert seat.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], name
    assert found == {}
    assert seat.troubles == []


def test_a_message_is_taken_off_the_list_by_keyboard(
    take_seat: Callable[..., Any], people: dict[str, str]
) -> None:
    page = take_seat("daniel").page
    page.get_by_role("link", name="Learning").press("Enter")
    expect(page.get_by_test_id("group")).to_have_count(1)
    page.get_by_test_id("dismiss").press("Enter")
    expect(page.get_by_test_id("empty")).to_be_visible()
    expect(page.get_by_test_id("notice")).to_contain_text("Decided")


def test_a_second_factor_is_set_up_and_asked_for(
    served: tuple[Any, str], take_seat: Callable[..., Any], people: dict[str, str]
) -> None:
    import pyotp

    seat = take_seat("daniel")
    seat.go("/staff/account")
    seat.page.get_by_test_id("set-up-factor").click()
    seat.page.wait_for_function("document.querySelector('.qr').naturalWidth > 0")
    app = pyotp.TOTP(str(seat.page.get_by_test_id("secret").text_content()))
    seat.page.fill("#code", app.now())
    seat.page.get_by_test_id("confirm-factor").click()
    code = str(seat.page.get_by_test_id("recovery-codes").locator("code").first.text_content())
    seat.go("/staff/account")
    expect(seat.page.get_by_test_id("factor-state")).to_contain_text("On. 10 recovery codes left.")
    seat.page.context.clear_cookies()
    seat.go("/staff/login?to=/staff/account")
    seat.page.fill("#login", "daniel")
    seat.page.fill("#password", "river lantern copper")
    seat.page.click("[data-testid=sign-in]")
    seat.page.fill("#code", code)
    seat.page.get_by_test_id("give-code").click()
    seat.page.wait_for_url("**/staff/account")
    assert seat.troubles == []
