"""Every page of the console, light and dark, at a desk and on a phone: axe finds nothing, nothing is cut off.

A new page of the route table joins by itself; one whose address names a thing belongs in `pages.py`, too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from frontdesk.records.models import now
from tests.staff.pages import desk_pages, office_pages, people_pages
from tests.staff.route_table import TABLE

pytestmark = pytest.mark.browser

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
# Colours depend on the scheme alone, places on the width alone: each of them is looked at whole once.
LOOKS = [("light", WIDE), ("dark", PHONE)]
# A folder to keep pictures of every page in, for people to look at.
PICTURES = os.environ.get("CHHA_TEST_PICTURES", "")
# Files, redirections and pieces of a page, which have no frame.
PIECES = re.compile(
    r"\.(csv|json|svg)$|/staff$|/login$|/single-sign-on|/static/|/second-factor$|/files/|/saved/|/print$"
    r"|/(queue|beside|outages|thread|handling|progress)$|\{rest"
)


def pages(desk: Any) -> dict[str, str]:
    """Name → address of every page, with something on it."""
    found = {**desk_pages(desk), **office_pages(desk), **people_pages(desk)}
    found["mail"] = f"/staff/mail/{desk.letter()}"
    conversation_id = found["own"].rpartition("/")[2]
    found["field"] = f"/staff/conversations/{found['waiting'].rpartition('/')[2]}/fields/draft/full_name"
    desk.saved_reply("Welcome", "Hello {first_name}")
    desk.paper(conversation_id)
    # A hundred rows alike are no more to look at than a few of them.
    found["knowledge"] += "?words=elective"
    found["reports"] += f"?since={(now() - timedelta(days=6)).date()}"
    known = {path.partition("?")[0] for path in found.values()}
    plain = [path for method, path in TABLE if method == "GET" and "{" not in path]
    found.update({path: path for path in plain if path not in known and not PIECES.search(path)})
    return found


def test_every_page_of_the_table_is_looked_at(served: tuple[Any, str]) -> None:
    looked_at = {path.partition("?")[0] for path in pages(served[0]).values()}
    missing = {
        template
        for method, template in TABLE
        if method == "GET"
        and not PIECES.search(template)
        and not any(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) for path in looked_at)
    }
    assert missing == set()


def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    served: tuple[Any, str], take_seat: Callable[..., Any]
) -> None:
    named = pages(served[0])
    seat = take_seat("amara")
    wrong = []
    for name, path in named.items():
        seat.go(path)
        seat.page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")
        wrong += [(name, *found) for found in troubles(seat, name)]
    assert wrong == []
    assert [line for line in seat.troubles if "404" not in line] == []  # a page that is not found says so


def troubles(seat: Any, name: str) -> Iterator[tuple[str, str]]:
    """What is wrong with the page, looked at twice."""
    for scheme, viewport in LOOKS:
        seat.page.emulate_media(color_scheme=scheme)
        seat.page.set_viewport_size(viewport)
        for violation in seat.violations():
            yield f"{scheme} {viewport['width']}", violation
        wide = seat.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            yield f"{viewport['width']}", f"{wide} px wider than the screen"
        if PICTURES:
            file = f"{re.sub('[^a-z0-9]+', '-', name.lower())}-{viewport['width']}-{scheme}.png"
            seat.page.screenshot(path=Path(PICTURES) / file, full_page=name not in ("knowledge", "thread"))
