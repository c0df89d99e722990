"""Reports: figures of a span of days, each as a chart, as a table and as CSV. Editors and admins."""

import csv
import datetime as dt
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from frontdesk.applications.export import FORMULA_SIGNS
from frontdesk.knowledge.topics import topics
from frontdesk.records.models import now
from frontdesk.staff import audit, report_charts, report_queries
from frontdesk.staff.desk import Desk
from frontdesk.staff.gate import Refused
from frontdesk.staff.rendering import CHANNELS, REASONS, span
from frontdesk.staff.report_queries import MOST_DAYS, Span, Spread
from frontdesk.staff.sessions import Member

DEFAULT_DAYS: Final = 28


@dataclass(frozen=True)
class Asked:
    """The span of an address. `adjusted`: it was not usable as it was given."""

    span: Span
    adjusted: bool

    @property
    def query(self) -> str:
        one = self.span
        pairs = [("since", one.since.isoformat()), ("until", one.until.isoformat())]
        return urlencode([*pairs, *([("channel", one.channel)] if one.channel else [])])


@dataclass(frozen=True)
class Report:
    """One report, drawn and told.

    `sentence` says what the chart shows to who does not see it; `table` is its CSV: a header and rows.
    """

    name: str
    title: str
    sentence: str
    table: Sequence[Sequence[Any]]
    draw: Callable[[], str]
    empty: bool


def add_routes(router: APIRouter, desk: Desk) -> None:
    editor = Annotated[Member, Depends(desk.gate.allow("editor"))]
    report_charts.keep_fonts_in(desk.settings.var_dir / "cache" / "charts")

    def asked(
        since: Annotated[str, Query(max_length=10)] = "",
        until: Annotated[str, Query(max_length=10)] = "",
        channel: Annotated[str, Query(max_length=32)] = "",
    ) -> Asked:
        return read_span(desk, since, until, channel)

    spanned = Annotated[Asked, Depends(asked)]

    @router.get("/reports")
    def reports(request: Request, member: editor, wanted: spanned) -> Response:
        with desk.record.reading() as session:
            made = [build(desk, session, wanted.span) for build in REPORTS.values()]
            figures = _figures(session, wanted.span)
        notice = "That span could not be used as it was; here is the nearest." if wanted.adjusted else None
        return desk.page(
            request,
            member,
            "reports.html",
            here="reports",
            notice=notice,
            reports=made,
            figures=figures,
            asked=wanted.span,
            query=wanted.query,
            most_days=MOST_DAYS,
        )

    @router.get("/reports/{name}.svg")
    def chart(member: editor, name: str, wanted: spanned) -> Response:
        return Response(_report(desk, name, wanted.span).draw(), media_type="image/svg+xml")

    @router.get("/reports/{name}.csv")
    def table(member: editor, name: str, wanted: spanned) -> Response:
        report = _report(desk, name, wanted.span)
        with desk.record.transaction() as session:
            audit.note(session, member.login, "report.exported", name)
        file = f"{name}-{wanted.span.since}-{wanted.span.until}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{file}"'}
        return Response(as_csv(report.table), media_type="text/csv; charset=utf-8", headers=headers)


def read_span(desk: Desk, since: str, until: str, channel: str) -> Asked:
    """The days of an address, at most a year of them; the last four weeks when it names none."""
    zone = desk.organization().hours.zone
    today = now().astimezone(zone).date()
    begin, end = _day(since), _day(until)
    last = end or today
    first = begin or last - dt.timedelta(days=DEFAULT_DAYS - 1)
    if first > last:
        first, last = last, first
    if (last - first).days >= MOST_DAYS:
        first = last - dt.timedelta(days=MOST_DAYS - 1)
    wrong = (bool(since) and begin != first) or (bool(until) and end != last)
    return Asked(Span(first, last, zone, channel if channel in CHANNELS else ""), wrong)


def as_csv(table: Sequence[Sequence[Any]]) -> str:
    """A table as CSV; no cell begins like a formula, what is not known is empty."""
    out = io.StringIO()
    csv.writer(out).writerows([[_cell(one) for one in row] for row in table])
    return out.getvalue()


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in FORMULA_SIGNS or text[:1] == "+" else text


def _report(desk: Desk, name: str, asked: Span) -> Report:
    if name not in REPORTS:
        raise Refused(404, "Not found", "There is no such report.")
    with desk.record.reading() as session:
        return REPORTS[name](desk, session, asked)


def _volume(desk: Desk, session: Session, asked: Span) -> Report:
    found = report_queries.volume(session, asked)
    named = {CHANNELS.get(channel, channel): counts for channel, counts in found.messages.items()}
    parts = ", ".join(f"{name} {sum(counts)}" for name, counts in named.items())
    return Report(
        "volume",
        "Messages of applicants, by day and channel",
        f"{found.total} messages in {found.conversations} conversations" + (f": {parts}." if parts else "."),
        [
            ["Day", *named, "All"],
            *(
                [
                    day.isoformat(),
                    *(counts[at] for counts in named.values()),
                    sum(c[at] for c in named.values()),
                ]
                for at, day in enumerate(found.days)
            ),
        ],
        lambda: report_charts.bars(found.days, named),
        empty=not found.total,
    )


def _answered(desk: Desk, session: Session, asked: Span) -> Report:
    found = report_queries.answered(session, asked)
    alone, handed = sum(found.by_assistant), sum(found.handed_over)
    why = ", ".join(f"{REASONS.get(name, name)} {many}" for name, many in found.reasons.items())
    sentence = f"The assistant alone: {alone} conversations; a person was asked into {handed}."
    return Report(
        "answered",
        "Conversations, by who answered",
        sentence + (f" Why: {why}." if why else ""),
        [
            ["Day", "Assistant alone", "Handed over"],
            *(
                [day.isoformat(), found.by_assistant[at], found.handed_over[at]]
                for at, day in enumerate(found.days)
            ),
        ],
        lambda: report_charts.bars(
            found.days, {"Assistant alone": found.by_assistant, "Handed over": found.handed_over}
        ),
        empty=not alone + handed,
    )


def _first_response(desk: Desk, session: Session, asked: Span) -> Report:
    found = report_queries.times(session, asked)
    of_channel = {name: pair[0] for name, pair in found.by_channel.items()}
    tail = f" {found.unanswered} had no reply of a person." if found.unanswered else ""
    return _timed(
        "first-response", "First response, from the handoff", found.days, found.first, found.first_all,
        of_channel, tail,
    )  # fmt: skip


def _handling(desk: Desk, session: Session, asked: Span) -> Report:
    found = report_queries.times(session, asked)
    of_channel = {name: pair[1] for name, pair in found.by_channel.items()}
    return _timed(
        "handling", "Handling time, from the handoff to its end", found.days, found.handling,
        found.handling_all, of_channel, "",
    )  # fmt: skip


def _timed(
    name: str,
    title: str,
    days: Sequence[dt.date],
    by_day: Sequence[Spread],
    overall: Spread,
    by_channel: dict[str, Spread],
    tail: str,
) -> Report:
    def minutes(seconds: float | None) -> float | None:
        return None if seconds is None else round(seconds / 60, 1)

    if overall.median is None or overall.p90 is None:
        sentence = "No time could be measured."
    else:
        half, most = span(overall.median), span(overall.p90)
        sentence = f"Half of {overall.count} took at most {half}, nine of ten at most {most}."
    header = [f"{title}: span", "Count", "Median (minutes)", "90th percentile (minutes)"]
    table: list[Sequence[Any]] = [header]
    for channel, one in by_channel.items():
        table.append([CHANNELS.get(channel, channel), one.count, minutes(one.median), minutes(one.p90)])
    table.append(["All", overall.count, minutes(overall.median), minutes(overall.p90)])
    for day, one in zip(days, by_day, strict=True):
        table.append([day.isoformat(), one.count, minutes(one.median), minutes(one.p90)])
    return Report(
        name,
        title,
        sentence + tail,
        table,
        lambda: report_charts.lines(
            days,
            {
                "median": [minutes(one.median) for one in by_day],
                "9 of 10": [minutes(one.p90) for one in by_day],
            },
            "minutes",
        ),
        empty=not overall.count,
    )


def _ratings(desk: Desk, session: Session, asked: Span) -> Report:
    found = report_queries.ratings(session, asked)
    labels = _questions(desk)
    good, bad = sum(found.helpful), sum(found.not_helpful)
    share = f" ({good * 100 // (good + bad)} %)" if good + bad else ""
    table: list[Sequence[Any]] = [["Topic or day", "Helpful", "Not helpful"]]
    table += [[labels.get(name, name), *pair] for name, pair in found.by_topic.items()]
    table += [
        [day.isoformat(), found.helpful[at], found.not_helpful[at]] for at, day in enumerate(found.days)
    ]
    return Report(
        "ratings",
        "Ratings of answers",
        f"{good} times helpful{share}, {bad} times not.",
        table,
        lambda: report_charts.bars(found.days, {"Helpful": found.helpful, "Not helpful": found.not_helpful}),
        empty=not good + bad,
    )


def _unanswered(desk: Desk, session: Session, asked: Span) -> Report:
    found = report_queries.unanswered(session, asked, _questions(desk))
    kinds = ", ".join(f"{name.lower()} {many}" for name, many in found.by_kind.items())
    table: list[Sequence[Any]] = [["Kind", "What", "How often"], *found.rows]
    table += [["In their words", text, many] for text, many in found.examples]
    return Report(
        "unanswered",
        "What was not answered at once",
        (kinds[:1].upper() + kinds[1:] + ".") if kinds else "Everything was answered at once.",
        table,
        lambda: report_charts.rows([(f"{kind}: {what}", many) for kind, what, many in found.rows]),
        empty=not found.rows,
    )


def _funnel(desk: Desk, session: Session, asked: Span) -> Report:
    wording = desk.wording()
    labels = {name: one.label for name, one in wording.fields.items()} | {"review": "Review"}
    found = report_queries.funnel(session, asked, wording.steps, labels)
    begun, sent = found.stages[0].reached, found.stages[-1].reached
    where = ", ".join(f"{name} {many}" for name, many in found.stopped_at[:5])
    states = ", ".join(f"{name.replace('_', ' ')} {many}" for name, many in found.states.items())
    table: list[Sequence[Any]] = [["Step or question", "Came to it", "Stopped there"]]
    table += [[one.name, one.reached, one.stopped] for one in found.stages]
    table += [[f"Stopped at: {name}", None, many] for name, many in found.stopped_at]
    sentence = f"{begun} applications were begun, {sent} of them sent."
    sentence += f" Where the others stand: {where}." if where else ""
    return Report(
        "funnel",
        "Applications, step by step",
        sentence + (f" States of those sent in this span: {states}." if states else ""),
        table,
        lambda: report_charts.rows(
            [(one.name, one.reached) for one in found.stages],
            [f"({one.stopped} stopped)" if one.stopped else "" for one in found.stages],
        ),
        empty=not begun,
    )


REPORTS: Final[dict[str, Callable[[Desk, Session, Span], Report]]] = {
    "volume": _volume,
    "answered": _answered,
    "first-response": _first_response,
    "handling": _handling,
    "ratings": _ratings,
    "unanswered": _unanswered,
    "funnel": _funnel,
}


def _figures(session: Session, asked: Span) -> list[tuple[str, str]]:
    """The figures on top: (what, how much)."""
    written, who = report_queries.volume(session, asked), report_queries.answered(session, asked)
    took = report_queries.times(session, asked)

    def told(one: float | None) -> str:
        return "–" if one is None else span(one)

    return [
        ("Conversations", str(written.conversations)),
        ("Answered by the assistant", "–" if who.share is None else f"{round(who.share * 100)} %"),
        ("Handed over", str(sum(who.handed_over))),
        ("First response, median", told(took.first_all.median)),
        ("First response, nine of ten", told(took.first_all.p90)),
        ("Handling, median", told(took.handling_all.median)),
    ]


def _questions(desk: Desk) -> dict[str, str]:
    return {one.id: one.question for one in topics(desk.settings.knowledge_dir)}


def _day(text: str) -> dt.date | None:
    try:
        found = dt.date.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None
