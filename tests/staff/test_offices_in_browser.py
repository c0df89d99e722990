"""Pipeline, knowledge and reports in a real Chromium: no accessibility violation, no file refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from frontdesk.conversations import threads
from frontdesk.records.models import (
    Application,
    Draft,
    Handoff,
    KnowledgeEdit,
    LinkCheck,
    Message,
    Rating,
    SavedView,
    Staff,
    now,
)
from frontdesk.staff.knowledge_pages import _hash

pytestmark = pytest.mark.browser

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
# A folder to keep pictures of every page in, for people to look at.
PICTURES = os.environ.get("CHHA_TEST_PICTURES", "")


@pytest.fixture
def offices(served: tuple[Any, str]) -> dict[str, str]:
    """Something on every page; gives the addresses of the pages."""
    desk, _ = served
    names = ["Amina Bello", "Sofía Hernández", "Nguyễn Thị Ánh", "أحمد علي", "Łukasz Nowak", "Mei Chen"]
    states = ["received", "in_review", "documents_missing", "offer", "placed", "declined"]
    for number, (name, state) in enumerate(zip(names, states, strict=True)):
        conversation_id = desk.application(f"K7QX4{'MNPRTW'[number]}23", full_name=name)
        acts = [
            {"act": "answer", "topic": "electives", "sources": []},
            {"act": "fallback", "tries": 1},
            {"act": "clarify", "options": [{"topic": "match_odds", "label": "x"}]},
            {"act": "decline", "reason": "medical_advice"},
        ]
        desk.bot_says(conversation_id, "Words", acts[number % 4])
        with desk.record.transaction() as session:
            session.execute(
                update(Application).where(Application.conversation_id == conversation_id).values(state=state)
            )
            moment = now() - timedelta(days=number * 2)
            session.execute(
                update(Message).where(Message.conversation_id == conversation_id).values(created_at=moment)
            )
            session.add(
                Handoff(
                    conversation_id=conversation_id,
                    reason="asked",
                    available=True,
                    requested_at=moment,
                    first_reply_at=moment + timedelta(minutes=3 + number * 2),
                    ended_at=moment + timedelta(minutes=20 + number * 7),
                )
            )
            said = threads.read(session, conversation_id)[-1]
            session.add(Rating(message_id=said.id, conversation_id=conversation_id, helpful=number % 3 > 0))
            session.add(Draft(conversation_id=conversation_id, state="open", asking="usmle_step1", values={}))
    desk.staff("mei", role="admin", name="Mei")
    with desk.record.transaction() as session:
        mei = session.scalars(select(Staff.id).where(Staff.login == "mei")).one()
        session.add(SavedView(staff_id=mei, name="Offers", query="state=offer"))
        session.add(SavedView(staff_id=mei, name="From Nigeria", query="citizenship=NG"))
        url = (
            "https://students-residents.aamc.org/visiting-student-learning-opportunities/"
            "seeking-global-opportunity"
        )
        session.add(
            LinkCheck(
                url_hash=_hash(url), url=url, works=False, found="The site answers 404.", checked_by="mei"
            )
        )
        edit = KnowledgeEdit(
            subject="topics/electives",
            state="proposed",
            before={"short": None, "reviewed": "2026-11-22"},
            after={"short": "Electives are chosen, **core** clerkships are not.", "reviewed": "2026-11-27"},
            why="Plainer words",
            proposed_by="ed",
        )
        session.add(edit)
        session.flush()
        edit_id = edit.id
    return {
        "applications": "/staff/applications",
        "applications-filtered": "/staff/applications?state=offer&citizenship=NG&words=sofia",
        "application": "/staff/applications/K7QX4M23",
        "application-print": "/staff/applications/K7QX4M23/print",
        "knowledge": "/staff/knowledge",
        "knowledge-topic": "/staff/knowledge/topics/electives",
        "knowledge-facts": "/staff/knowledge/organization",
        "knowledge-edits": "/staff/knowledge/edits",
        "knowledge-edit": f"/staff/knowledge/edits/{edit_id}",
        "reports": "/staff/reports",
    }


@pytest.mark.parametrize(("color_scheme", "viewport"), [("light", WIDE), ("dark", PHONE)])
def test_no_page_has_an_accessibility_violation_or_a_refused_file(
    take_seat: Callable[..., Any], offices: dict[str, str], color_scheme: str, viewport: dict[str, int]
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    seat = take_seat("mei", color_scheme=color_scheme, viewport=viewport)
    found = {}
    for name, path in offices.items():
        seat.go(path)
        seat.page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")
        result = Axe().run(seat.page)
        if result.violations_count:
            found[name] = result.generate_report()
        wide = seat.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is {wide} px wider than the screen"
        if PICTURES:
            picture = str(Path(PICTURES) / f"{name}-{color_scheme}-{viewport['width']}.png")
            seat.page.screenshot(path=picture, full_page=name != "knowledge")
    assert found == {}
    assert seat.troubles == []


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
