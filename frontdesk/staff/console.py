"""The staff console at `/staff/`: every page, its static files and its live news, as one router.

Server-rendered; works without JavaScript but for the live updates.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from frontdesk.conversations.live import Changes
from frontdesk.records.session import Record
from frontdesk.settings import Settings
from frontdesk.staff import (
    account_pages,
    alert_pages,
    application_pages,
    attaching_pages,
    audit_pages,
    channel_pages,
    conversation_pages,
    field_pages,
    file_pages,
    key_pages,
    knowledge_pages,
    learning_pages,
    list_pages,
    mail_pages,
    pipeline_pages,
    privacy_pages,
    report_pages,
    sign_in_pages,
    sign_on_pages,
    team_pages,
    teamwork_pages,
)
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import HOME, Refused
from frontdesk.staff.learning_training import Training
from frontdesk.staff.news import News
from frontdesk.staff.rendering import FOREVER, static_file
from frontdesk.staff.sessions import Member

PING_SECONDS = 15


def router(
    record: Record,
    settings: Settings,
    changes: Changes,
    *,
    restart: Callable[[], None] | None = None,
) -> APIRouter:
    """The routes under `/staff`.

    Args:
        changes: told after each change made here, and listened to for live news.
        restart: restarts Rasa for a new model (see `learning_training`); None where that is somebody else's.
    """
    desk = Desk(record, settings, changes)
    made = APIRouter(prefix="/staff", include_in_schema=False, route_class=desk.route())
    sign_in_pages.add_routes(made, desk)
    list_pages.add_routes(made, desk)
    conversation_pages.add_routes(made, desk)
    pipeline_pages.add_routes(made, desk)
    application_pages.add_routes(made, desk)
    sign_on_pages.add_routes(made, desk)
    account_pages.add_routes(made, desk)
    team_pages.add_routes(made, desk)
    audit_pages.add_routes(made, desk)
    key_pages.add_routes(made, desk)
    file_pages.add_routes(made, desk)
    attaching_pages.add_routes(made, desk)
    learning_pages.add_routes(made, desk, Training(record, settings, restart=restart))
    mail_pages.add_routes(made, desk)
    channel_pages.add_routes(made, desk)
    knowledge_pages.add_routes(made, desk)
    report_pages.add_routes(made, desk)
    privacy_pages.add_routes(made, desk)
    teamwork_pages.add_routes(made, desk)
    alert_pages.add_routes(made, desk)
    field_pages.add_routes(made, desk)
    _add_events(made, desk)
    _add_files(made)
    _add_rest(made, desk)
    return made


def _add_events(made: APIRouter, desk: Desk) -> None:
    news = News(desk.record, desk.changes, desk.sessions)
    agent = Annotated[Member, Depends(desk.gate.allow())]

    @made.get("/events")
    def events(member: agent, conversation: Annotated[str | None, Query(max_length=64)] = None) -> Response:
        return EventSourceResponse(
            news.follow(member.session, conversation),
            ping=PING_SECONDS,
            ping_message_factory=lambda: ServerSentEvent(comment="ping"),
        )


def _add_files(made: APIRouter) -> None:
    @made.get("/static/{name:path}")
    def static(request: Request, name: str) -> Response:
        found = static_file(name)
        if found is None:
            raise Refused(404, "Not found", "There is no such file.")
        # The address names the content, so a browser need never ask again.
        current = request.query_params.get("v") == found.version
        return Response(
            found.body,
            media_type=found.media,
            headers={"Cache-Control": FOREVER if current else "no-cache"},
        )


def _add_rest(made: APIRouter, desk: Desk) -> None:
    agent = Annotated[Member, Depends(desk.gate.allow())]

    @made.get("")
    def home() -> Response:
        return see(HOME)

    @made.get("/{rest:path}")
    def nothing(_: agent, rest: str) -> Response:
        raise Refused(404, "Not found", "There is no page at this address.")
