"""The console in a real Chromium: live without reload, usable by keyboard, no accessibility violation."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from frontdesk.conversations import holder
from frontdesk.records.models import Conversation, Outage, StaffSession, now
from tests.staff.pages import desk_pages

pytestmark = pytest.mark.browser


@pytest.fixture
def busy(served: tuple[Any, str]) -> dict[str, str]:
    """A desk with something on every page; gives the addresses of its pages."""
    return desk_pages(served[0])


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_the_sign_in_page_has_no_accessibility_violation(
    served: tuple[Any, str], chromium: Any, color_scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = chromium.new_context(color_scheme=color_scheme)
    try:
        page = context.new_page()
        page.goto(served[1] + "/staff/login")
        page.fill("#login", "nobody")
        page.fill("#password", "wrong")
        page.click("[data-testid=sign-in]")
        expect(page.get_by_test_id("trouble")).to_be_visible()
        assert Axe().run(page).violations_count == 0
    finally:
        context.close()


def test_no_page_breaks_its_own_policy(take_seat: Callable[..., Any], busy: dict[str, str]) -> None:
    seat = take_seat("amara")
    for name, path in busy.items():
        if name != "not found":
            seat.go(path)
            if name not in ("password",):
                expect(seat.page.locator("[data-live]")).to_have_text("· live")
    assert seat.troubles == []


def test_the_queue_and_the_title_follow_without_a_reload(
    served: tuple[Any, str], take_seat: Callable[..., Any]
) -> None:
    desk, _ = served
    page = take_seat().page
    page.evaluate("window.same = true")
    expect(page.get_by_test_id("empty")).to_have_text("Nobody is waiting.")
    desk.waiting("Is there somebody?")
    expect(page.get_by_test_id("row")).to_have_count(1)
    expect(page.get_by_test_id("row")).to_contain_text("Is there somebody?")
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    desk.waiting("Me too")
    expect(page.get_by_test_id("row")).to_have_count(2)
    expect(page).to_have_title(re.compile(r"^\(2\) "))
    for _ in range(8):  # a burst, whose end must be seen though fetching takes its time
        desk.changes.notify(desk.waiting("And me"))
    expect(page.get_by_test_id("row")).to_have_count(10)
    assert page.evaluate("window.same")


def test_an_alert_is_a_notification_of_the_browser_when_the_console_is_not_looked_at(
    served: tuple[Any, str], take_seat: Callable[..., Any]
) -> None:
    """The browser's own window is no part of a page: its constructor notes what it was given."""
    desk, _ = served
    seat = take_seat("amara")
    page = seat.page
    page.add_init_script(
        """
        window.notified = [];
        window.Notification = class extends EventTarget {
          static permission = "granted";
          constructor(title, given) {
            super();
            window.notified.push([title, given.body, given.tag]);
            document.documentElement.dataset.notified = window.notified.map(([said]) => said).join();
          }
        };
        Object.defineProperty(document, "hidden", { get: () => window.away === true });
        """
    )
    seat.go("/staff/applications")
    expect(page.locator("[data-live]")).to_have_text("· live")
    desk.waiting("Hello? I was first", attention="complaint")
    expect(page.get_by_test_id("calls").locator("a")).to_have_count(1)
    assert page.evaluate("window.notified") == [], "who looks at the console reads it there"
    page.evaluate("window.away = true")
    desk.waiting("I want to hurt myself", attention="crisis")
    expect(page.locator("html")).to_have_attribute("data-notified", re.compile("Crisis"))
    notified = page.evaluate("window.notified")
    assert "hurt" not in str(notified), "nothing of what the applicant wrote stands on a locked screen"
    assert all(text and tag for _, text, tag in notified)
    assert seat.troubles == []


def test_the_page_of_alerts_asks_for_the_browsers_leave(
    served: tuple[Any, str], take_seat: Callable[..., Any]
) -> None:
    seat = take_seat("amara")
    page = seat.page
    page.add_init_script(
        """
        window.Notification = class {
          static permission = "default";
          static async requestPermission() { Notification.permission = "granted"; return "granted"; }
        };
        """
    )
    seat.go("/staff/alerts")
    ask = page.locator("[data-notify-allow]")
    expect(ask).to_be_visible()
    ask.click()
    expect(ask).to_be_hidden()
    expect(page.locator("[data-notify-told]")).to_contain_text("This browser shows alerts")


def test_an_outage_appears_without_a_reload(served: tuple[Any, str], take_seat: Callable[..., Any]) -> None:
    desk, _ = served
    page = take_seat().page
    expect(page.locator("[data-live]")).to_have_text("· live")
    expect(page.get_by_test_id("outages")).to_be_hidden()
    with desk.record.transaction() as session:
        session.add(Outage(part="rasa", began_at=now()))
    expect(page.get_by_test_id("outages")).to_contain_text("Rasa is away")


def test_messages_arrive_in_order_and_once_while_somebody_types(
    served: tuple[Any, str], take_seat: Callable[..., Any]
) -> None:
    desk, _ = served
    conversation_id = desk.waiting("A person, please")
    seat = take_seat()
    page = seat.page
    seat.go(f"/staff/conversations/{conversation_id}")
    page.get_by_test_id("reply-text").press_sequentially("I am writing")
    for number in range(12):
        desk.says(conversation_id, f"line {number}.")
        desk.changes.notify(conversation_id)
    lines = page.locator("[data-author=applicant] .said")
    expect(lines).to_have_text(["A person, please", *(f"line {number}." for number in range(12))])
    expect(page.get_by_test_id("reply-text")).to_have_value("I am writing")
    expect(page.get_by_test_id("reply-text")).to_be_focused()
    expect(page.locator("#m-13")).to_be_in_viewport()


def test_a_reply_claims_and_appears_at_once_for_both_colleagues(
    served: tuple[Any, str], take_seat: Callable[..., Any]
) -> None:
    desk, _ = served
    conversation_id = desk.waiting()
    amara, daniel = take_seat("amara"), take_seat("daniel")
    for seat in (amara, daniel):
        seat.go(f"/staff/conversations/{conversation_id}")
    daniel.page.get_by_test_id("reply-text").fill("I was slower")
    amara.page.get_by_test_id("reply-text").fill("Hello, I am Amara.")
    amara.page.get_by_test_id("send").click()
    expect(amara.page.get_by_test_id("holder")).to_contain_text("You have it")
    expect(amara.page.get_by_test_id("reply-text")).to_have_value("")
    expect(amara.page.locator("[data-author=staff] .said")).to_have_text(["Hello, I am Amara."])
    expect(daniel.page.get_by_test_id("holder")).to_contain_text("Amara has it")
    expect(daniel.page.locator("[data-author=staff] .said")).to_have_text(["Hello, I am Amara."])
    expect(daniel.page.get_by_test_id("send")).to_have_count(0)
    assert amara.troubles == []


def test_who_loses_a_claim_is_told_who_won(served: tuple[Any, str], take_seat: Callable[..., Any]) -> None:
    desk, _ = served
    conversation_id = desk.waiting()
    staff_id = desk.staff("daniel")
    seat = take_seat("amara")
    seat.go(f"/staff/conversations/{conversation_id}")
    # No live news on this page: it still shows the conversation as waiting.
    seat.page.route("**/staff/events*", lambda route: route.abort())
    seat.page.reload()
    with desk.record.transaction() as session:
        holder.claim(session, conversation_id, staff_id)
    seat.page.get_by_test_id("claim").click()
    expect(seat.page.get_by_test_id("notice")).to_contain_text("Daniel was first")
    expect(seat.page.get_by_test_id("holder")).to_contain_text("Daniel has it")


def test_claim_reply_and_close_need_the_keyboard_only(
    served: tuple[Any, str], take_seat: Callable[..., Any]
) -> None:
    desk, _ = served
    desk.waiting("later", minutes=1)
    conversation_id = desk.waiting("first", minutes=9)
    page = take_seat().page
    expect(page.locator("[data-live]")).to_have_text("· live")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/staff/conversations/{conversation_id}")
    page.get_by_test_id("claim").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("holder")).to_contain_text("You have it")
    page.keyboard.press("r")
    expect(page.get_by_test_id("reply-text")).to_be_focused()
    page.keyboard.type("Hello\nthere")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-author=staff] .said")).to_have_text(["Hello\nthere"])
    page.get_by_test_id("close").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("holder")).to_contain_text("Closed")
    assert desk.get(Conversation, conversation_id).holder == "closed"


def test_letter_keys_can_be_turned_off(served: tuple[Any, str], take_seat: Callable[..., Any]) -> None:
    desk, _ = served
    conversation_id = desk.waiting()
    seat = take_seat()
    seat.go(f"/staff/conversations/{conversation_id}")
    seat.page.click("[data-keys-switch]")
    seat.page.keyboard.press("r")
    expect(seat.page.get_by_test_id("reply-text")).not_to_be_focused()


def test_a_half_written_reply_survives_the_end_of_the_session(
    served: tuple[Any, str], take_seat: Callable[..., Any]
) -> None:
    desk, _ = served
    conversation_id = desk.waiting()
    seat = take_seat()
    page = seat.page
    seat.go(f"/staff/conversations/{conversation_id}")
    page.get_by_test_id("reply-text").press_sequentially("long and careful")
    with desk.record.transaction() as session:
        session.execute(update(StaffSession).values(ended_at=now()))
    page.get_by_test_id("send").click()
    page.wait_for_url("**/staff/login?to=*")
    page.fill("#login", "amara")
    page.fill("#password", "river lantern copper")
    page.click("[data-testid=sign-in]")
    page.wait_for_url(f"**/staff/conversations/{conversation_id}")
    expect(page.get_by_test_id("reply-text")).to_have_value("long and careful")


def test_everything_but_live_news_works_without_javascript(
    served: tuple[Any, str], take_seat: Callable[..., Any]
) -> None:
    desk, _ = served
    conversation_id = desk.waiting("hello")
    page = take_seat(java_script_enabled=False).page
    page.get_by_test_id("row").get_by_role("link").click()
    page.get_by_test_id("claim").click()
    expect(page.get_by_test_id("notice")).to_have_text("You have this conversation now.")
    page.get_by_test_id("reply-text").fill("Hello!")
    page.get_by_test_id("send").click()
    expect(page.locator("[data-author=staff] .said")).to_have_text(["Hello!"])
    page.get_by_test_id("return").click()
    expect(page.get_by_test_id("holder")).to_contain_text("The assistant has it")
    assert desk.get(Conversation, conversation_id).holder == "bot"


def test_a_hidden_page_that_is_looked_at_again_is_live(
    served: tuple[Any, str], take_seat: Callable[..., Any]
) -> None:
    desk, _ = served
    page = take_seat().page
    expect(page.locator("[data-live]")).to_have_text("· live")
    look = """hidden => {
        Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
        document.dispatchEvent(new Event('visibilitychange'));
    }"""
    page.evaluate(look, True)
    desk.waiting("while hidden")
    expect(page.get_by_test_id("row")).to_have_count(1)
    page.evaluate(look, False)
    desk.waiting("while seen")
    expect(page.get_by_test_id("row")).to_have_count(2)
