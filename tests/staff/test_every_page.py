"""Every page of the console, light and dark: axe finds nothing. New pages of the table join by themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.staff.route_table import TABLE

pytestmark = pytest.mark.browser

# Files, pieces for htmx and pages that need something of their own; the pages with a name follow below.
PAGES = sorted(
    path
    for (method, path), (_, _, _, admin) in TABLE.items()
    if method == "GET" and admin == 200 and "{" not in path and not path.endswith((".csv", ".json", ".svg"))
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(
    served: tuple[Any, str], take_seat: Callable[..., Any], scheme: str
) -> None:
    desk, _ = served
    desk.application()
    desk.saved_reply("Welcome", "Hello {first_name}")
    conversation_id = desk.waiting("I need help", attention="crisis")
    desk.draft(conversation_id, full_name="Amina Bello")
    seat = take_seat("boss", role="admin", color_scheme=scheme)
    found = {}
    for path in [*PAGES, "/staff/applications/K7QX4M", f"/staff/conversations/{conversation_id}"]:
        seat.go(path)
        if seat.page.locator("main").count() == 0:
            continue  # a piece of a page
        result = Axe().run(seat.page)
        if result.violations_count:
            found[path] = [
                (one["id"], one["nodes"][0]["html"][:160]) for one in result.response["violations"]
            ]
    assert found == {}
