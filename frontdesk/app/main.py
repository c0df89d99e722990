"""The web process: channels, staff console, turns and the watch in one FastAPI app."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Literal

from fastapi import FastAPI, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from frontdesk.app import reference
from frontdesk.app.headers import SecurityHeaders
from frontdesk.app.jobs import Jobs
from frontdesk.app.logs import AccessLog
from frontdesk.app.metrics import MEDIA_TYPE, Metrics
from frontdesk.app.services import Services
from frontdesk.app.swap import restarting
from frontdesk.app.watch import Watch
from frontdesk.applications import search
from frontdesk.channels import copies, pages, problems, uploads, website
from frontdesk.channels.guards import BodyLimit, Origins
from frontdesk.channels.messaging import Messaging
from frontdesk.channels.visitors import Visitors
from frontdesk.conversations.availability import availability
from frontdesk.conversations.live import Changes
from frontdesk.conversations.rasa import RasaClient
from frontdesk.conversations.turns import Notice, TurnRunner
from frontdesk.files.keeping import Files
from frontdesk.knowledge.hours import spoken
from frontdesk.knowledge.organization import organization
from frontdesk.mail.delivery import Delivery
from frontdesk.records.session import Record, RecordUnavailable
from frontdesk.settings import Settings
from frontdesk.staff import alerting

logger = logging.getLogger(__name__)

STAFF_CONSOLE = "frontdesk.staff.console"
STAFF_API = "frontdesk.staff.api.routes"

# How often files are scanned again and removed.
FILES_SECONDS = 60.0
# How often the outbox is looked into.
MAIL_SECONDS = 5.0
# How often deletions are done, reminders given, and what is over removed.
ERASING_SECONDS = 5.0
REMINDERS_SECONDS = 600.0
RETENTION_SECONDS = 3600.0
SEARCH_SECONDS = 60.0

DESCRIPTION = (
    "Start a conversation, send messages with your own ids, and read the thread from a cursor: by asking "
    "again, or live over server-sent events. Errors are application/problem+json."
)
BOT_UNAVAILABLE = (
    "I'm sorry, I can't answer right now because something on our side is slow or broken. Your message is "
    "kept, and I've put this chat in front of our team."
)


class Alive(BaseModel):
    status: Literal["ok"]


class Ready(BaseModel):
    """Each part: `ok` or `away`."""

    record: Literal["ok", "away"]
    rasa: Literal["ok", "away"]
    actions: Literal["ok", "away"]


def create_app(settings: Settings, *, record: Record | None = None) -> FastAPI:
    """The app of one web process on a migrated record.

    Args:
        record: instead of the one that `settings.database` names; the caller closes it.
    """
    store = record or Record(settings.database)
    changes = Changes()
    rasa = RasaClient(settings.rasa_url, settings.rasa_key, settings.turn_timeout)
    metrics = Metrics(store)
    watch = Watch(store, settings)
    files = Files(store, settings)
    jobs = Jobs(store)
    _plan(jobs, store, settings, files, changes, Services(store, settings, files, rasa, changes))
    runner = TurnRunner(
        store,
        rasa,
        settings,
        changes=changes,
        notice=lambda session: bot_unavailable(session, settings),
        observe=metrics.turn,
    )

    messaging = Messaging(
        store, settings, changes, files, lambda channel: metrics.messages.labels(channel).inc()
    )
    messaging.jobs(jobs.every)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        turns = asyncio.create_task(runner.run(), name="turns")
        watching = asyncio.create_task(watch.run(), name="watch")
        working = asyncio.create_task(jobs.run(), name="jobs")
        sending = asyncio.create_task(messaging.outbox.run(), name="outbox")
        for task in (turns, watching, working, sending):
            task.add_done_callback(_told_if_broken)
        try:
            yield
        finally:
            for part in (runner, jobs, messaging):
                await part.stop()
            for task in (turns, watching, working, sending):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await messaging.close()
            await rasa.close()
            if record is None:
                store.close()

    app = FastAPI(
        title="CHHA front desk",
        summary="The website's API of the applicant front desk",
        description=DESCRIPTION,
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
    )
    app.state.record, app.state.changes, app.state.settings = store, changes, settings
    app.state.jobs = jobs
    problems.install(app)
    visitors = Visitors(store, settings, website.CHANNEL)
    received = metrics.messages.labels(website.CHANNEL).inc
    app.include_router(website.router(store, settings, changes, visitors, received=received))
    app.include_router(copies.router(store, settings, visitors))
    app.include_router(uploads.router(store, settings, changes, visitors, files))
    for router in messaging.routers():
        app.include_router(router)
    app.include_router(reference.router(app))
    _include_staff_console(app, store, settings, changes)
    app.include_router(pages.router(settings))
    _add_health(app, store, watch, metrics)

    # The last one added is the first one asked.
    upload_limit = settings.file_size_limit + settings.body_limit
    app.add_middleware(BodyLimit, limit=settings.body_limit, upload_limit=upload_limit)
    app.add_middleware(problems.UnexpectedErrors)
    app.add_middleware(Origins, settings=settings)
    app.add_middleware(SecurityHeaders, secure=settings.base_url.startswith("https:"))
    app.add_middleware(AccessLog)
    return app


def _plan(
    jobs: Jobs, store: Record, settings: Settings, files: Files, changes: Changes, services: Services
) -> None:
    jobs.every(alerting.SECONDS, "alerts", alerting.Alerting(store, settings, changes).run)
    jobs.every(FILES_SECONDS, "files", files.tidy)
    jobs.every(MAIL_SECONDS, "mail", Delivery(store, settings).deliver)
    jobs.every(ERASING_SECONDS, "erasing", services.erase)
    jobs.every(REMINDERS_SECONDS, "reminders", services.remind)
    jobs.every(RETENTION_SECONDS, "retention", services.enforce_retention)
    # So that a search in the console finds little to add.
    jobs.every(SEARCH_SECONDS, "search", lambda: search.catch_up(store))


def bot_unavailable(session: Session, settings: Settings) -> Notice:
    """What a turn that cannot be answered says: that it is kept, and when a person reads it."""
    at_home = organization(settings.organization_file)
    found = availability(session, at_home, datetime.now(UTC), reachable_minutes=settings.reachable_minutes)
    if found.available:
        return Notice(f"{BOT_UNAVAILABLE} Somebody is at the desk and will answer you here.", available=True)
    if found.closes:
        when = f" The desk is open until {spoken(found.closes)}."
    else:
        when = f" They are back on {spoken(found.opens)}." if found.opens else ""
    return Notice(
        f"{BOT_UNAVAILABLE} Nobody is at the desk right now.{when} A person will answer in this chat.",
        available=False,
    )


def _add_health(app: FastAPI, record: Record, watch: Watch, metrics: Metrics) -> None:
    @app.get("/health", tags=["Operation"], summary="Whether this process lives")
    async def health() -> Alive:
        return Alive(status="ok")

    @app.get(
        "/ready",
        tags=["Operation"],
        summary="Whether record, Rasa and action server answer now",
        responses={503: {"model": Ready, "description": "Something is away"}},
    )
    async def ready(response: Response) -> Ready:
        record_answers, rasa, actions = await asyncio.gather(
            asyncio.to_thread(_answers, record), watch.answers("rasa"), watch.answers("actions")
        )
        if not (record_answers and rasa and actions):
            response.status_code = 503
        return Ready(record=_word(record_answers), rasa=_word(rasa), actions=_word(actions))

    @app.get("/metrics", include_in_schema=False)
    def prometheus() -> Response:
        return Response(metrics.text(), media_type=MEDIA_TYPE)


def _answers(record: Record) -> bool:
    try:
        record.ping()
    except RecordUnavailable:
        return False
    return True


def _word(answers: bool) -> Literal["ok", "away"]:
    return "ok" if answers else "away"


def _include_staff_console(app: FastAPI, record: Record, settings: Settings, changes: Changes) -> None:
    if importlib.util.find_spec(STAFF_CONSOLE) is None:
        return
    console = importlib.import_module(STAFF_CONSOLE)
    app.include_router(console.router(record, settings, changes, restart=restarting(settings)))
    api = importlib.import_module(STAFF_API)
    app.include_router(api.router(record, settings, changes))


def _told_if_broken(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.critical("The %s of this process ended: %s", task.get_name(), type(task.exception()).__name__)
