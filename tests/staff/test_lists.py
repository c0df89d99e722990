"""The lists of conversations: what is in them, in which order, with what they tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from frontdesk.conversations import holder, threads
from frontdesk.records.models import Outage, Staff, now
from frontdesk.staff import outages


def listed(html: str) -> list[str]:
    return re.findall(r'data-testid="row" data-conversation="(\w+)"', html)


def test_the_urgent_come_first_then_who_waits_longest(both: Any) -> None:
    late = both.waiting(minutes=30)
    early = both.waiting(minutes=3)
    complaint = both.waiting(minutes=1, attention="complaint")
    crisis = both.waiting(minutes=0, attention="crisis")
    html = both.signed_in().get("/staff/").text
    assert listed(html) == [crisis, complaint, late, early]


def test_an_alert_is_in_the_queue_though_the_assistant_goes_on(both: Any) -> None:
    conversation_id = both.conversation("please help")
    with both.record.transaction() as session:
        threads.call_attention(session, conversation_id, "harassment")
    amara = both.signed_in()
    assert listed(amara.get("/staff/").text) == [conversation_id]
    amara.post(f"/staff/conversations/{conversation_id}/settle")
    assert listed(amara.get("/staff/").text) == []


def test_a_row_tells_who_why_since_when_where_and_how_far(desk: Any) -> None:
    conversation_id = desk.waiting("Is my visa letter ready?", reason="asked", minutes=12)
    desk.draft(conversation_id, full_name="Amina Bello")
    desk.bot_says(conversation_id, "I have asked our team.")
    html = desk.signed_in().get("/staff/").text
    for told in (
        "Amina Bello",
        "Is my visa letter ready?",
        "Asked for a person",
        "12 min",
        "Website",
        "draft 1 of",
    ):
        assert told in html
    assert "I have asked our team." not in html


def test_who_waits_too_long_is_marked(desk: Any) -> None:
    desk.waiting(minutes=16)
    desk.waiting(minutes=14)
    assert desk.signed_in().get("/staff/").text.count("is-late") == 1


def test_each_conversation_is_in_the_section_of_its_holder(both: Any) -> None:
    amara = both.signed_in("amara")
    daniel = both.staff("daniel")
    waiting, mine, theirs, closed = (both.waiting() for _ in range(4))
    with_bot = both.conversation("hello")
    both.conversation()  # opened, nothing written
    both.conversation("examined", channel="rest")
    amara.post(f"/staff/conversations/{mine}/claim")
    amara.post(f"/staff/conversations/{closed}/close")
    with both.record.transaction() as session:
        holder.claim(session, theirs, daniel)
    found = {
        section: listed(amara.get("/staff/", section=section).text)
        for section in ("queue", "mine", "colleagues", "bot", "closed")
    }
    assert found == {
        "queue": [waiting],
        "mine": [mine],
        "colleagues": [theirs],
        "bot": [with_bot],
        "closed": [closed],
    }


def test_long_lists_have_pages(desk: Any) -> None:
    for _ in range(51):
        desk.conversation("hello")
    amara = desk.signed_in()
    first, second = (listed(amara.get("/staff/", section="bot", page=str(page)).text) for page in (1, 2))
    assert (len(first), len(second)) == (50, 1)
    assert not set(first) & set(second)
    assert listed(amara.get("/staff/", section="bot", page="99").text) == second


def test_the_title_counts_who_waits(desk: Any) -> None:
    desk.waiting()
    desk.waiting()
    assert 'data-waiting="2"' in desk.signed_in().get("/staff/applications").text


def test_being_away_is_kept_and_written_down(both: Any) -> None:
    staff_id = both.staff("amara")
    amara = both.signed_in("amara")
    amara.post("/staff/availability", available="no")
    assert not both.get(Staff, staff_id).available
    amara.post("/staff/availability", available="yes")
    assert both.get(Staff, staff_id).available
    assert both.audited()[-2:] == ["staff.away", "staff.available"]


def test_a_part_that_is_away_is_shown_before_those_that_were(both: Any) -> None:
    at = now()
    with both.record.transaction() as session:
        session.add(Outage(part="rasa", began_at=at - timedelta(minutes=3)))
        for hours in (5, 2):
            began = at - timedelta(hours=hours)
            session.add(Outage(part="actions", began_at=began, ended_at=began + timedelta(seconds=7)))
        old = at - timedelta(hours=30)
        session.add(Outage(part="frontdesk", began_at=old, ended_at=old + timedelta(seconds=9)))
    with both.record.reading() as session:
        found = outages.outages(session, at)
    assert [(one.part, one.seconds, one.times) for one in found] == [("rasa", None, 1), ("actions", 7.0, 2)]
    html = both.signed_in().get("/staff/").text
    assert "<b>Rasa is away</b>" in html
    assert re.search(r"Action server was away at .* for 7 s, 2 times in 24 h", html)
    assert "Front desk was away" not in html


@contextmanager
def counted(record: Any) -> Iterator[list[str]]:
    """The statements that are sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(record.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(record.engine, "before_cursor_execute", note)


def test_a_longer_queue_and_a_longer_thread_ask_the_database_no_more(desk: Any) -> None:
    conversation_id = desk.waiting("one")
    visitor = desk.signed_in()
    asked = []
    for more in (3, 60):
        for number in range(more):
            desk.waiting(f"person {more} {number}")
            desk.says(conversation_id, f"line {more} {number}")
        for path in ("/staff/", f"/staff/conversations/{conversation_id}"):
            visitor.get(path)
            with counted(desk.record) as sent:
                assert visitor.get(path).status_code == 200
            asked.append(len(sent))
    short_queue, short_thread, long_queue, long_thread = asked
    assert (long_queue, long_thread) == (short_queue, short_thread)
