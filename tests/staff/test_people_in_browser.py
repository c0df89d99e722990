"""Accounts, keys and the learning pages in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.staff.pages import people_pages

pytestmark = pytest.mark.browser


@pytest.fixture
def people(served: tuple[Any, str]) -> dict[str, str]:
    """Something on every page; gives their addresses."""
    return people_pages(served[0])


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
    seat.page.wait_for_function("() => document.querySelector('.qr').naturalWidth > 0")
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
