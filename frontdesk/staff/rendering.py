"""Pages of the console: Jinja templates, times in CHHA's zone, static files, and the headers of every answer.

Everything that others wrote is escaped by the templates; nothing is marked safe but a piece that a template
made (`Pages.piece`).
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

ROOM: Final = Path(__file__).parent
STATIC: Final = ROOM / "static"
STATIC_PATH: Final = "/staff/static/"

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
NO_STORE: Final = "no-store"
FOREVER: Final = "public, max-age=31536000, immutable"

CHANNELS: Final = {
    "website": "Website",
    "telegram": "Telegram",
    "whatsapp": "WhatsApp",
    "messenger": "Messenger",
    "slack": "Slack",
    "sms": "SMS",
    "twilio": "SMS or WhatsApp",
    "generic": "Integrator",
    "rasa_rest": "Integrator (REST)",
}
REASONS: Final = {
    "asked": "Asked for a person",
    "complaint": "Complaint",
    "privacy": "Privacy request",
    "bot_unavailable": "Assistant unavailable",
    "taken_over": "Taken over by the team",
    "message_left": "Left a message",
}
HOLDERS: Final = {"bot": "Assistant", "queued": "Waiting", "assigned": "With the team", "closed": "Closed"}


@dataclass(frozen=True)
class StaticFile:
    body: bytes
    media: str
    version: str


@cache
def static_file(name: str) -> StaticFile | None:
    """One of the files under `static/`, read once; None when there is none of that name."""
    if name not in _names():
        return None
    body = (STATIC / name).read_bytes()
    media = mimetypes.guess_type(name)[0] or "text/plain"
    return StaticFile(body, media, hashlib.sha256(body).hexdigest()[:12])


@cache
def _names() -> frozenset[str]:
    return frozenset(str(path.relative_to(STATIC)) for path in STATIC.rglob("*") if path.is_file())


def static(name: str) -> str:
    """The address of a static file; it changes with the content, so browsers may keep it for ever."""
    found = static_file(name)
    assert found is not None, name
    return f"{STATIC_PATH}{name}?v={found.version}"


def span(seconds: float) -> str:
    """A length of time in at most two units: `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if minutes < 60:
        return f"{minutes} min"
    if hours < 24:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{days} d {hours % 24} h" if hours % 24 else f"{days} d"


class Pages:
    """The templates.

    Args:
        zone: gives the zone in which times are told, and CHHA's name.
    """

    def __init__(self, zone: Callable[[], ZoneInfo], name: Callable[[], str]) -> None:
        self._zone = zone
        self._name = name
        self._environment = Environment(
            loader=FileSystemLoader(ROOM / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            static=static, CHANNELS=CHANNELS, REASONS=REASONS, HOLDERS=HOLDERS, now=lambda: datetime.now(UTC)
        )
        self._environment.filters.update(
            clock=_clock,
            day=_day,
            moment=_moment,
            iso=lambda at: at.isoformat(timespec="seconds"),
            age=lambda at: span((datetime.now(UTC) - at).total_seconds()),
            span=span,
            words=lambda name: str(name).replace("_", " "),
        )

    def html(self, template: str, **context: Any) -> str:
        zone = self._zone()
        given = _zone.set(zone)
        try:
            return self._environment.get_template(template).render(
                organization_name=self._name(), zone=str(zone), **context
            )
        finally:
            _zone.reset(given)

    def piece(self, template: str, **context: Any) -> Markup:
        """What a template makes, to be put into another one as it is."""
        return Markup(self.html(template, **context))  # noqa: S704 - escaped by that template already

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
        **context: Any,
    ) -> Response:
        return HTMLResponse(self.html(template, **context), status, headers=headers)


# The zone of the page that is being made: looked up once a page, not for each of its times.
_zone: ContextVar[ZoneInfo] = ContextVar("zone of the page")


def _clock(at: datetime) -> str:
    return at.astimezone(_zone.get()).strftime("%H:%M")


def _day(at: datetime) -> str:
    return _date(at.astimezone(_zone.get()))


def _moment(at: datetime) -> str:
    """Short where it can be: the clock today, the day and the clock before."""
    local = at.astimezone(_zone.get())
    today = datetime.now(UTC).astimezone(_zone.get()).date()
    clock = local.strftime("%H:%M")
    if local.date() == today:
        return clock
    if local.date() == today - timedelta(days=1):
        return f"yesterday {clock}"
    return f"{_date(local)} {clock}"


def _date(local: datetime) -> str:
    return f"{local.day} {local.strftime('%b %Y')}"


def wants_fragment(request: Request) -> bool:
    """Whether htmx asks, which puts a piece into the page that is there."""
    return request.headers.get("hx-request") == "true"


def seal(response: Response) -> Response:
    """The headers of every answer of the console."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)  # a file sets a stricter policy of its own
    response.headers.setdefault("Cache-Control", NO_STORE)
    return response
