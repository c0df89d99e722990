"""Reports by the API: the same figures as the console's page, as JSON and as CSV."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from frontdesk.channels.problems import Problem, documented
from frontdesk.staff.api import shapes
from frontdesk.staff.api.door import Door
from frontdesk.staff.api_keys import Caller
from frontdesk.staff.desk import Desk
from frontdesk.staff.report_pages import REPORTS, Asked, Report, as_csv, read_span

Name = Annotated[str, Path(max_length=32, pattern=r"^[a-z-]+$")]


def add_routes(made: APIRouter, door: Door) -> None:
    reader = Annotated[Caller, Depends(door.allow("reports:read"))]
    desk = Desk(door.record, door.settings, door.changes)

    def asked(
        since: Annotated[
            shapes.CleanText, Query(max_length=10, description="First day, 2027-01-31; four weeks ago")
        ] = "",
        until: Annotated[shapes.CleanText, Query(max_length=10, description="Last day; today")] = "",
        channel: Annotated[shapes.CleanText, Query(max_length=32)] = "",
    ) -> Asked:
        return read_span(desk, since, until, channel)

    spanned = Annotated[Asked, Depends(asked)]

    def one(name: str, wanted: Asked) -> Report:
        if name not in REPORTS:
            raise Problem(404, "unknown", f"There is no such report. There are: {', '.join(REPORTS)}.")
        with door.record.reading() as session:
            return REPORTS[name](desk, session, wanted.span)

    @made.get(
        "/reports/{name}.csv",
        tags=["Reports"],
        response_class=Response,
        responses={
            200: {"content": {"text/csv": {}}, "description": "The report's table"},
            **documented(404),
        },
        summary="A report as CSV",
    )
    def as_table(caller: reader, name: Name, wanted: spanned) -> Response:
        report = one(name, wanted)
        with door.record.transaction() as session:
            door.note(session, caller, "report.exported", name)
        return Response(as_csv(report.table), media_type="text/csv; charset=utf-8")

    @made.get("/reports", tags=["Reports"], summary="Every report in one sentence")
    def reports(_: reader, wanted: spanned) -> shapes.Reports:
        return shapes.Reports(
            since=wanted.span.since,
            until=wanted.span.until,
            reports=[
                shapes.ReportSaid(name=name, title=report.title, sentence=report.sentence)
                for name in REPORTS
                for report in [one(name, wanted)]
            ],
        )

    @made.get("/reports/{name}", tags=["Reports"], responses=documented(404), summary="A report as a table")
    def report(_: reader, name: Name, wanted: spanned) -> shapes.ReportTold:
        found = one(name, wanted)
        return shapes.ReportTold(
            name=name,
            title=found.title,
            sentence=found.sentence,
            since=wanted.span.since,
            until=wanted.span.until,
            columns=[str(cell) for cell in found.table[0]],
            rows=[list(row) for row in found.table[1:]],
        )
