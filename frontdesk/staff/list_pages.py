"""The lists of conversations as pages and as live pieces of pages, and what stands around them.

Every open console asks for its list at each change: what is the same for all of them is read and written once
(`together`), and only what is a person's own is put around it.
"""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from markupsafe import Markup

from frontdesk.records.models import now
from frontdesk.staff import accounts, audit, queue
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change, Refused, safe_way
from frontdesk.staff.outages import outages
from frontdesk.staff.sessions import Member
from frontdesk.staff.together import Together

PageNumber = Annotated[int, Query(ge=1, le=100_000)]
# Beside a conversation; the whole list is one click away.
NEAR = 20
NEAR_SECTIONS = ("mine", "queue")


@dataclass(frozen=True)
class Asked:
    """A page of a section. `staff_id`: whose, where everybody sees another one; else empty."""

    section: str
    page: int
    staff_id: str


@dataclass(frozen=True)
class Near:
    """A list beside a conversation, as it is where none of its rows is the one that is open."""

    listing: queue.Listing
    rows: Markup


def add_routes(router: APIRouter, desk: Desk) -> None:
    agent = Annotated[Member, Depends(desk.gate.allow())]
    change = Annotated[Change, Depends(desk.gate.change())]
    lists = Lists(desk)

    @router.get("/")
    def queue_page(request: Request, member: agent, section: str = "queue", page: PageNumber = 1) -> Response:
        return desk.page(
            request, member, "queue.html", here="desk", page=page, **lists.now(member, section, page)
        )

    @router.get("/queue")
    async def queue_list(member: agent, section: str = "queue", page: PageNumber = 1) -> Response:
        return desk.fragment("parts/queue.html", **await lists.live(member, section, page))

    @router.get("/queue/beside")
    async def queue_beside(member: agent, current: str = "") -> Response:
        return desk.fragment("parts/near.html", **await lists.live_near(member, current[:64]))

    @router.get("/outages")
    def outages_strip(_: agent) -> Response:
        with desk.record.reading() as session:
            return desk.fragment("parts/outages.html", outages=outages(session, now()))

    @router.post("/availability")
    def availability(request: Request, asked: change) -> Response:
        present = asked.form.text("available") == "yes"
        with desk.record.transaction() as session:
            if done := accounts.set_available(session, asked.member.staff_id, present):
                audit.note(session, asked.member.login, done, asked.member.staff_id)
        return see(_back(request), "available" if present else "away")


class Lists:
    """What templates need of the lists: read for one page, or shared by all who ask at once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._rows = Together(self._read_rows)
        self._near = Together(self._read_near)
        self._tallies = Together(self._read_tallies)

    def now(self, member: Member, section: str, page: int) -> dict[str, Any]:
        asked = _asked(member, section, page)
        return self._around(member, section, self._read_tallies(), self._read_rows(asked))

    async def live(self, member: Member, section: str, page: int) -> dict[str, Any]:
        asked = _asked(member, section, page)
        tallies, rows = await asyncio.gather(self._tallies.get(None), self._rows.get(asked))
        return self._around(member, section, tallies, rows)

    def near(self, member: Member, current: str) -> dict[str, Any]:
        """What waits and what is one's own, beside the conversation `current`."""
        return self._beside(
            [self._read_near(_asked(member, section, 1)) for section in NEAR_SECTIONS], current
        )

    async def live_near(self, member: Member, current: str) -> dict[str, Any]:
        asked = [self._near.get(_asked(member, section, 1)) for section in NEAR_SECTIONS]
        return self._beside(await asyncio.gather(*asked), current)

    @staticmethod
    def _around(member: Member, section: str, tallies: queue.Tallies, rows: Markup) -> dict[str, Any]:
        return {
            "section": section,
            "sections": queue.SECTIONS,
            "counts": tallies.of(member.staff_id),
            "rows": rows,
        }

    def _beside(self, found: list[Near], current: str) -> dict[str, Any]:
        near = [
            Near(one.listing, self._written_near(one.listing, current))
            if any(row.id == current for row in one.listing.rows)
            else one
            for one in found
        ]
        return {"near": near, "sections": queue.SECTIONS, "current": current}

    def _read_tallies(self, _: None = None) -> queue.Tallies:
        with self._desk.record.reading() as session:
            return queue.tallies(session)

    def _read_rows(self, asked: Asked) -> Markup:
        listing = self._listing(asked, queue.PAGE)
        return self._desk.pages.piece("parts/rows.html", section=asked.section, listing=listing)

    def _read_near(self, asked: Asked) -> Near:
        listing = self._listing(asked, NEAR)
        return Near(listing, self._written_near(listing, ""))

    def _written_near(self, listing: queue.Listing, current: str) -> Markup:
        return self._desk.pages.piece("parts/near_rows.html", listing=listing, current=current)

    def _listing(self, asked: Asked, size: int) -> queue.Listing:
        minutes = self._desk.organization().unattended_alert_minutes
        with self._desk.record.reading() as session:
            return queue.listing(
                session,
                asked.section,
                asked.staff_id,
                page=asked.page,
                size=size,
                at=now(),
                overdue_minutes=minutes,
            )


def _asked(member: Member, section: str, page: int) -> Asked:
    if section not in queue.SECTIONS:
        raise Refused(404, "Not found", "There is no such list.")
    return Asked(section, page, "" if queue.is_common(section) else member.staff_id)


def _back(request: Request) -> str:
    """The page the form stood on, when the browser says which."""
    _, _, path = request.headers.get("referer", "").partition("://")
    return safe_way("/" + path.partition("/")[2].partition("?")[0])
