"""One's own picture, as visitors see it beside one's words: set and removed on one's account."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from frontdesk.conversations import pictures
from frontdesk.conversations.pictures import LIMIT, Picture
from tests.files.conftest import PDF, PNG


def hand_in(visitor: Any, content: bytes, csrf: str | None = None) -> httpx.Response:
    fields = {"csrf": visitor.token() if csrf is None else csrf}
    answer: httpx.Response = visitor.client.post(
        "/staff/account/picture", data=fields, files={"picture": ("me.png", content, "image/png")}
    )
    return answer


def shown(visitor: Any) -> str | None:
    found = re.search(r'src="(/api/staff-pictures/\w+)"', visitor.get("/staff/account").text)
    return found and found[1]


def kept(desk: Any, path: str) -> Picture | None:
    with desk.record.reading() as session:
        return pictures.picture(session, path.rpartition("/")[2])


def test_a_picture_is_set_replaced_and_removed_by_its_owner(desk: Any) -> None:
    ann = desk.signed_in("ann")
    assert shown(ann) is None
    assert hand_in(ann, PNG).status_code == 303
    first = shown(ann)
    assert first is not None
    assert kept(desk, first) == Picture("image/png", PNG)
    assert hand_in(ann, PNG + b"\0").status_code == 303
    assert shown(ann) not in (None, first)
    assert kept(desk, first) is None
    assert ann.post("/staff/account/picture/remove").status_code == 303
    assert shown(ann) is None


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (PDF, 422, "must be a PNG, JPEG or WebP"),
        (b"", 422, "must be a PNG, JPEG or WebP"),
        (PNG + b"\0" * LIMIT, 422, "at most 200 kB"),
        (PNG + b"\0" * 3 * LIMIT, 413, "too large"),
    ],
)
def test_what_is_no_small_picture_is_refused_in_words(
    desk: Any, content: bytes, status: int, said: str
) -> None:
    ann = desk.signed_in("ann")
    answer = hand_in(ann, content)
    assert answer.status_code == status
    assert said in answer.text
    assert shown(ann) is None


def test_a_picture_needs_the_token_of_its_owner_s_session(desk: Any) -> None:
    ann = desk.signed_in("ann")
    assert hand_in(ann, PNG, csrf="guessed").status_code == 403
    assert shown(ann) is None
