"""The gate of the console: who may come in, by role, and which forms are really theirs.

One dependency for reading (`Gate.allow`) and one for changing (`Gate.change`); every route takes one of them.
"""

import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Request, Response
from starlette.datastructures import UploadFile

from frontdesk.channels.guards import address
from frontdesk.settings import Settings
from frontdesk.staff.sessions import COOKIE, PATH, Member, Sessions

CSRF_FIELD: Final = "csrf"
CSRF_HEADER: Final = "X-CSRF-Token"
FORM_COOKIE: Final = "chha_staff_form"
# A page of fifty ticked rows, or a form with every fact of organization.yml.
FIELDS_LIMIT: Final = 300
HOME: Final = "/staff/"
LOGIN: Final = "/staff/login"
PASSWORD: Final = "/staff/password"  # noqa: S105 - an address
SECOND_FACTOR: Final = "/staff/second-factor"
SET_UP: Final = "/staff/second-factor/set-up"

# How far somebody has come in: by the password, by the second factor too, with a password of one's own, and
# with everything that the house asks for.
Stage = Literal["signed in", "proved", "own password", "ready"]


class SignInNeeded(Exception):
    """Nobody is signed in (any more). `to`: where to go after signing in."""

    def __init__(self, to: str) -> None:
        super().__init__("Sign in first.")
        self.to = to


class StepNeeded(Exception):
    """Something comes before everything else: a code, a password of one's own, a second factor.

    `page`: where it is done.
    """

    def __init__(self, page: str) -> None:
        super().__init__("Something is due first.")
        self.page = page


class Refused(Exception):
    """The request is answered by a page that says why not.

    Args:
        status: HTTP status.
        title: two or three words.
        text: a sentence that says what to do.
    """

    def __init__(self, status: int, title: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.title = title
        self.text = text


@dataclass(frozen=True)
class Form:
    """What a form sent: field → text and field → file, the first of each name.

    Files are open while the request is answered.
    """

    fields: dict[str, str]
    files: dict[str, UploadFile] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.fields.get(name, "")


@dataclass(frozen=True)
class Change:
    """A change that a signed-in person asks for by a form of their own session."""

    member: Member
    form: Form


class Gate:
    """The dependencies of the console's routes."""

    def __init__(self, sessions: Sessions, settings: Settings) -> None:
        self.sessions = sessions
        self._settings = settings
        self.secure = settings.base_url.startswith("https:")

    def allow(self, role: str = "agent", *, stage: Stage = "ready") -> Callable[[Request], Member]:
        """A dependency: the signed-in person, whose role includes `role`.

        Args:
            stage: how far the person must have come in; pages of the way itself ask for less than `ready`.
        """

        def allowed(request: Request) -> Member:
            member = self.sessions.member(request.cookies.get(COOKIE))
            if member is None:
                raise SignInNeeded(_way_back(request))
            due = _due(member, stage)
            if due is not None:
                to = _way_back(request)
                way = f"{due}?{urlencode({'to': to})}" if due == SECOND_FACTOR and to != HOME else due
                raise StepNeeded(way)
            if not member.may(role):
                raise Refused(
                    403,
                    "Not for your role",
                    f"This needs the role “{role}”. An admin of your team can give it.",
                )
            return member

        return allowed

    def change(
        self, role: str = "agent", *, stage: Stage = "ready", file_limit: int = 0
    ) -> Callable[..., Change]:
        """A dependency for changes: as `allow`, and the form carries the CSRF token of the session.

        Args:
            file_limit: the most bytes of a file that is read at all (whether it is small enough, its reader
                says); 0 for forms without one.
        """
        allowed = self.allow(role, stage=stage)

        async def sent(request: Request) -> AsyncIterator[Form]:
            if file_limit and _media(request) == "multipart/form-data":
                async with self._form_with_file(request, file_limit) as form:
                    yield form
            else:
                yield await self.form(request)

        def changing(
            request: Request,
            member: Annotated[Member, Depends(allowed)],
            form: Annotated[Form, Depends(sent)],
        ) -> Change:
            refuse_other_sites(request)
            given = request.headers.get(CSRF_HEADER) or form.text(CSRF_FIELD)
            if not hmac.compare_digest(given.encode(), member.csrf.encode()):
                raise _stale_form()
            return Change(member, form)

        return changing

    async def form(self, request: Request) -> Form:
        """The form of a request, at most `body_limit` bytes of it.

        Raises:
            Refused: too large, or not a form.
        """
        if _media(request) not in ("", "application/x-www-form-urlencoded"):
            raise Refused(415, "Not a form", "The console takes plain forms only.")
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > self._settings.body_limit:
                raise Refused(413, "Too long", "That is too long to be sent. Shorten it and send it again.")
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_LIMIT)
        except ValueError:
            raise Refused(400, "Not readable", "The form could not be read. Load the page again.") from None
        fields: dict[str, str] = {}
        for name, value in pairs:
            fields.setdefault(name, value)
        return Form(fields)

    @asynccontextmanager
    async def _form_with_file(self, request: Request, limit: int) -> AsyncIterator[Form]:
        """A form that brings one file.

        Raises:
            Refused: more than the file and the fields beside it can be.
        """
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > limit + self._settings.body_limit:
            raise Refused(413, "Too large", "That file is too large. Choose a smaller one.")
        fields: dict[str, str] = {}
        files: dict[str, UploadFile] = {}
        async with request.form(max_files=1, max_fields=8, max_part_size=self._settings.body_limit) as form:
            for name, value in form.multi_items():
                if isinstance(value, str):
                    fields.setdefault(name, value)
                else:
                    files.setdefault(name, value)
            yield Form(fields, files)

    def address(self, request: Request) -> str:
        return address(request, self._settings.trusted_proxy)

    def visitor(self, request: Request) -> tuple[str, str]:
        """Address and browser of a request, as a session keeps them for its owner."""
        browser = request.headers.get("user-agent", "")
        return self.address(request), "".join(sign for sign in browser if sign.isprintable())

    # The form of the login page belongs to no session yet; its token belongs to a cookie of its own instead.

    def login_token(self, request: Request, response: Response) -> str:
        """The token for a login form; its cookie is set on `response` when the browser has none."""
        nonce = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
        response.set_cookie(
            FORM_COOKIE, nonce, path=PATH, httponly=True, samesite="strict", secure=self.secure
        )
        return self._signed(nonce)

    def check_login_token(self, request: Request, form: Form) -> None:
        """Raises Refused: the form is not one that this browser was given."""
        refuse_other_sites(request)
        nonce = request.cookies.get(FORM_COOKIE, "")
        if not nonce or not hmac.compare_digest(form.text(CSRF_FIELD).encode(), self._signed(nonce).encode()):
            raise _stale_form()

    def _signed(self, nonce: str) -> str:
        key = self._settings.secret_key.encode()
        return hmac.new(key, b"staff login form:" + nonce.encode(), hashlib.sha256).hexdigest()

    def give_cookie(self, response: Response, token: str) -> None:
        """The session's cookie: gone with the browser; the record says when the session expires."""
        response.set_cookie(COOKIE, token, path=PATH, httponly=True, samesite="strict", secure=self.secure)

    def take_cookie(self, response: Response) -> None:
        response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="strict", secure=self.secure)


def _due(member: Member, stage: Stage) -> str | None:
    """The page of the step that is due before that stage."""
    if stage == "signed in":
        return None
    if member.second_factor == "waiting":
        return SECOND_FACTOR
    if stage == "proved":
        return None
    if member.must_change_password:
        return PASSWORD
    if stage == "own password":
        return None
    return SET_UP if member.must_set_up else None


def safe_way(to: str) -> str:
    """An address inside the console, or its first page: nobody is sent elsewhere after signing in."""
    inside = to.startswith("/staff/") and to.isascii() and to.isprintable() and "\\" not in to
    return to if inside and not to.startswith((LOGIN, PASSWORD, SECOND_FACTOR, "/staff/logout")) else HOME


def login_way(to: str) -> str:
    return LOGIN if to == HOME else f"{LOGIN}?{urlencode({'to': to})}"


def _media(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def refuse_other_sites(request: Request) -> None:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused(
            403, "From another site", "This came from another website. Use the console's own pages."
        )


def _way_back(request: Request) -> str:
    """The page to come back to: this one, or the one that a fragment or form belongs to."""
    if request.headers.get("hx-request") == "true":
        current = request.headers.get("hx-current-url", "")
        _, _, path = current.partition("://")
        return safe_way("/" + path.partition("/")[2])
    if request.method != "GET":
        parent = request.url.path.rpartition("/")[0]
        return parent if parent.startswith(("/staff/conversations/", "/staff/applications/")) else HOME
    return safe_way(request.url.path + (f"?{request.url.query}" if request.url.query else ""))


def _stale_form() -> Refused:
    return Refused(
        403, "Out of date", "This form is out of date. Load the page again and repeat what you did."
    )
