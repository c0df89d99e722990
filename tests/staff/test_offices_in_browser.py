"""Pipeline and reports in a real Chromium: charts are drawn, ticks are counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.staff.pages import office_pages

pytestmark = pytest.mark.browser


@pytest.fixture
def offices(served: tuple[Any, str]) -> dict[str, str]:
    return office_pages(served[0])


def test_charts_are_drawn_and_ticks_are_counted(
    take_seat: Callable[..., Any], offices: dict[str, str]
) -> None:
    seat = take_seat("mei")
    seat.go(offices["reports"])
    charts = seat.page.locator(".chart img")
    expect(charts).to_have_count(7)
    for number in range(7):
        charts.nth(number).scroll_into_view_if_needed()
        seat.page.wait_for_function(
            "number => document.querySelectorAll('.chart img')[number].naturalWidth > 100", arg=number
        )
    seat.go(offices["applications"])
    seat.page.check("[data-tick-all] input")
    expect(seat.page.locator("[data-picked]")).to_have_text("6")
    seat.page.uncheck("[data-pick] >> nth=0")
    expect(seat.page.locator("[data-picked]")).to_have_text("5")
    seat.page.select_option("#bulk-state", "offer")
    seat.page.click("[data-testid=bulk-state]")
    expect(seat.page.locator("[data-testid=notice]")).to_contain_text("moved")
    assert seat.troubles == []
