"""Reports: counted by day of CHHA's zone and by channel, times from the handoff, drawn without colour."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from frontdesk.conversations import threads
from frontdesk.records.models import Conversation, Draft, Handoff, Message, Rating
from frontdesk.staff import report_charts, report_queries
from frontdesk.staff.report_queries import Span, spread

ZONE = ZoneInfo("America/New_York")
MARCH = {"since": "2026-03-01", "until": "2026-03-10"}
WIDE = Span(dt.date(2026, 3, 1), dt.date(2026, 3, 10), ZONE)


def at(day: int, hour: int = 12, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 3, day, hour, minute, tzinfo=ZONE)


@pytest.fixture
def chat(both: Any) -> Callable[..., str]:
    """`chat(at(3), channel="telegram", act={…})`: a conversation of that moment; returns its id."""

    def made(moment: dt.datetime, *, channel: str = "website", act: dict[str, Any] | None = None) -> str:
        conversation_id = both.conversation("Hello", channel=channel)
        if act:
            both.bot_says(conversation_id, "Words", act)
        with both.record.transaction() as session:
            session.execute(
                update(Message).where(Message.conversation_id == conversation_id).values(created_at=moment)
            )
        return conversation_id

    return made


def hand_over(
    desk: Any, conversation_id: str, moment: dt.datetime, *, first: int | None, end: int | None
) -> None:
    """A handoff with its times in minutes from the asking."""

    def later(minutes: int | None) -> dt.datetime | None:
        return None if minutes is None else moment + dt.timedelta(minutes=minutes)

    with desk.record.transaction() as session:
        session.add(
            Handoff(
                conversation_id=conversation_id, reason="asked", available=True, requested_at=moment,
                first_reply_at=later(first), ended_at=later(end),
            )
        )  # fmt: skip


def table(desk: Any, name: str, **asked: str) -> list[list[str]]:
    response = desk.signed_in("mei", role="editor").get(f"/staff/reports/{name}.csv", **{**MARCH, **asked})
    assert response.headers["content-type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(response.text)))


def test_messages_are_counted_by_day_of_the_zone_and_by_channel(both: Any, chat: Callable[..., str]) -> None:
    chat(dt.datetime(2026, 3, 3, 3, 0, tzinfo=dt.UTC))  # the evening of the 2nd in New York
    chat(at(3), channel="telegram")
    chat(at(3), channel="rest")  # examined by a program
    chat(at(20))
    rows = {row[0]: row[1:] for row in table(both, "volume")}
    assert rows["Day"] == ["Telegram", "Website", "All"]
    assert (rows["2026-03-02"], rows["2026-03-03"]) == (["0", "1", "1"], ["1", "0", "1"])
    assert len(rows) == 11
    only = {row[0]: row[1:] for row in table(both, "volume", channel="telegram")}
    assert only["Day"] == ["Telegram", "All"]


def test_a_conversation_was_answered_by_the_assistant_or_handed_over(
    both: Any, chat: Callable[..., str]
) -> None:
    for _ in range(3):
        chat(at(4))
    hand_over(both, chat(at(4)), at(4, 13), first=None, end=None)
    rows = {row[0]: row[1:] for row in table(both, "answered")}
    assert rows["2026-03-04"] == ["3", "1"]
    html = both.signed_in("mei").get("/staff/reports", **MARCH).text
    assert "75 %" in html
    assert "Asked for a person 1" in html


def test_times_are_measured_from_the_handoff(both: Any, chat: Callable[..., str]) -> None:
    for minutes in range(1, 11):
        hand_over(both, chat(at(5)), at(5), first=minutes, end=minutes * 10)
    hand_over(both, chat(at(5)), at(5), first=None, end=None)
    with both.record.reading() as session:
        found = report_queries.times(session, WIDE)
    assert (found.first_all.count, found.first_all.median, found.first_all.p90) == (10, 330.0, 540.0)
    assert (found.handling_all.median, found.handling_all.p90) == (3300.0, 5400.0)
    assert found.unanswered == 1
    rows = {row[0]: row[1:] for row in table(both, "first-response")}
    assert rows["Website"] == rows["All"] == rows["2026-03-05"] == ["10", "5.5", "9.0"]


@pytest.mark.parametrize(
    ("seconds", "median", "p90"),
    [
        ([], None, None),
        ([5.0], 5.0, 5.0),
        ([1.0, 3.0], 2.0, 3.0),
        ([float(n) for n in range(1, 101)], 50.5, 90.0),
    ],
)
def test_the_ninetieth_percentile_is_a_time_that_was_measured(
    seconds: list[float], median: float | None, p90: float | None
) -> None:
    found = spread(seconds)
    assert (found.median, found.p90) == (median, p90)


def test_ratings_are_counted_by_day_and_topic(both: Any, chat: Callable[..., str]) -> None:
    for good in (True, True, False):
        conversation_id = chat(at(6), act={"act": "answer", "topic": "electives"})
        with both.record.transaction() as session:
            said = threads.read(session, conversation_id)[-1]
            session.add(
                Rating(message_id=said.id, conversation_id=conversation_id, helpful=good, changed_at=at(6))
            )
    rows = {row[0]: row[1:] for row in table(both, "ratings")}
    assert rows["What are electives and core clerkships?"] == rows["2026-03-06"] == ["2", "1"]


def test_what_was_not_answered_at_once_is_told_by_kind(both: Any, chat: Callable[..., str]) -> None:
    for _ in range(2):
        chat(at(7), act={"act": "decline", "reason": "medical_advice"})
    chat(at(7), act={"act": "fallback", "tries": 1})
    chat(at(7), act={"act": "clarify", "options": [{"topic": "electives", "label": "x"}]})
    chat(at(7), act={"act": "answer", "topic": "electives"})
    rows = table(both, "unanswered")
    assert rows[1] == ["Declined", "medical advice", "2"]
    assert sorted(rows[2:]) == [
        ["Asked back", "What are electives and core clerkships?", "1"],
        ["Not understood", "try 1", "1"],
    ]


def test_the_funnel_tells_where_people_stop(both: Any, chat: Callable[..., str]) -> None:
    for state, asking in (
        ("open", "consent"), ("open", "email"), ("paused", "medical_school"), ("sent", None), ("sent", None),
    ):  # fmt: skip
        with both.record.transaction() as session:
            session.add(
                Draft(conversation_id=chat(at(8)), state=state, asking=asking, values={}, created_at=at(8))
            )
    cancelled = chat(at(8), act={"act": "question", "field": "usmle_step1", "step": 3})
    with both.record.transaction() as session:
        session.add(Draft(conversation_id=cancelled, state="cancelled", values={}, created_at=at(8)))
    rows = table(both, "funnel")
    assert rows[1:8] == [
        ["Consent", "6", "1"],
        ["1. About you", "5", "1"],
        ["2. Medical school", "4", "1"],
        ["3. Exams", "3", "1"],
        ["4. Your plan", "2", "0"],
        ["5. Review", "2", "0"],
        ["Sent", "2", "0"],
    ]
    assert {row[0] for row in rows[8:]} >= {"Stopped at: E-mail", "Stopped at: Medical school"}


def test_the_page_shows_each_chart_with_its_words_its_numbers_and_its_csv(
    both: Any, chat: Callable[..., str]
) -> None:
    hand_over(both, chat(at(9), act={"act": "fallback", "tries": 1}), at(9), first=2, end=9)
    mei = both.signed_in("mei", role="editor")
    html = mei.get("/staff/reports", **MARCH).text
    names = re.findall(r'data-report="([\w-]+)"', html)
    assert names == ["volume", "answered", "first-response", "handling", "ratings", "unanswered", "funnel"]
    charts = re.findall(r'<img src="([^"]+)" alt="Chart\. [^"]{20,}"', html)
    assert [re.search(r"reports/([\w-]+)\.svg", one)[1] for one in charts] == [  # type: ignore[index]
        "volume", "answered", "first-response", "handling", "unanswered",
    ]  # fmt: skip
    for name in names:
        assert f"/staff/reports/{name}.csv?since=2026-03-01&amp;until=2026-03-10" in html


def test_charts_need_no_colour_and_no_style(both: Any, chat: Callable[..., str]) -> None:
    chat(at(9))
    chat(at(9), channel="sms")
    response = both.signed_in("mei", role="editor").get("/staff/reports/volume.svg", **MARCH)
    assert response.headers["content-type"] == "image/svg+xml"
    root = ElementTree.fromstring(response.text)
    assert {one.tag.rpartition("}")[2] for one in root.iter()} & {"style", "script"} == set()
    attributes = [attribute for one in root.iter() for attribute in one.attrib.items()]
    assert not [name for name, _ in attributes if name == "style"]
    colours = {value for name, value in attributes if name in ("fill", "stroke")}
    assert {one for one in colours if one.startswith("#")} <= {"#000000", "#ffffff"}
    assert any(one.startswith("url(#") for one in colours), "a second channel is told by a pattern"


@pytest.mark.parametrize(
    ("median", "most", "labels"),
    [
        (4.0, 4.0, [("median\n9 of 10", 27, 4.0)]),
        (4.0, 4.2, [("9 of 10\nmedian", 27, 4.1)]),
        (4.0, 19.0, [("9 of 10", 27, 19.0), ("median", 27, 4.0)]),
    ],
)
def test_lines_that_end_at_the_same_place_share_a_label(
    median: float, most: float, labels: list[tuple[str, int, float]]
) -> None:
    ends = [(median, 27, "median"), (most, 27, "9 of 10")]
    assert report_charts.end_labels(ends, near=1.0) == labels


@pytest.mark.parametrize("days", [1, 31, 366])
def test_any_span_can_be_drawn(days: int) -> None:
    span = [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(days)]
    assert "<svg" in report_charts.bars(span, {"Website": [n % 5 for n in range(days)]})
    values = [None if n % 3 else float(n) for n in range(days)]
    assert "<svg" in report_charts.lines(span, {"median": values}, "minutes")
    assert "<svg" in report_charts.rows([("costs $5 and $10 " * 9, 3)])


@pytest.mark.parametrize(
    "asked",
    [
        {"since": "2026-03-10", "until": "2026-03-01"},
        {"since": "1990-01-01", "until": "2026-03-01"},
        {"since": "soon", "until": "' OR 1"},
        {"channel": "carrier-pigeon"},
    ],
)
def test_an_unusable_span_becomes_the_nearest_usable_one(desk: Any, asked: dict[str, str]) -> None:
    response = desk.signed_in("mei", role="editor").get("/staff/reports", **asked)
    assert response.status_code == 200
    found = re.findall(r'name="(?:since|until)" type="date" value="([\d-]+)"', response.text)
    since, until = map(dt.date.fromisoformat, found)
    assert dt.timedelta(0) <= until - since < dt.timedelta(days=366)


def test_no_cell_of_a_report_begins_like_a_formula() -> None:
    from frontdesk.staff.report_pages import as_csv

    assert as_csv([["=1+1", "+1", "-2", "@x", None, 3]]) == "'=1+1,'+1,'-2,'@x,,3\r\n"


def test_conversations_of_programs_are_no_applicants(both: Any, chat: Callable[..., str]) -> None:
    conversation_id = chat(at(3), channel="rest")
    assert both.get(Conversation, conversation_id).channel == "rest"
    assert {row[-1] for row in table(both, "volume")[1:]} == {"0"}
