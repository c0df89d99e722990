"""What the routes of the console share: record, gate, pages, signal, a page's frame, answers to errors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, RedirectResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from frontdesk.applications.wording import ApplicationWording, application_wording
from frontdesk.conversations.live import Changes
from frontdesk.conversations.threads import UnknownConversation
from frontdesk.knowledge.organization import Organization, organization
from frontdesk.records.models import now
from frontdesk.records.session import Record
from frontdesk.settings import Settings
from frontdesk.staff import queue
from frontdesk.staff.applicants import UnknownApplication
from frontdesk.staff.gate import HOME, Gate, Refused, SignInNeeded, StepNeeded, login_way
from frontdesk.staff.outages import outages
from frontdesk.staff.rendering import Pages, seal, wants_fragment
from frontdesk.staff.second_factor import Keys
from frontdesk.staff.sessions import Member, Sessions

logger = logging.getLogger(__name__)

SEE_OTHER: Final = 303

# What a page says after a change, when it was loaded anew; the address carries the name only.
DONE: Final = {
    "claimed": "You have this conversation now.",
    "taken_over": "You have this conversation now. The assistant is silent.",
    "sent": "Your reply was sent.",
    "released": "The conversation waits in the queue again.",
    "transferred": "The conversation was handed to your colleague.",
    "returned": "The assistant goes on with this conversation.",
    "closed": "The conversation is closed.",
    "settled": "The alert is settled.",
    "snoozed": "This conversation is laid aside. It comes back then, or when the applicant writes.",
    "woken": "This conversation is back.",
    "note": "Your note was kept. Only the team sees it.",
    "field": "The field was changed.",
    "file_added": "The paper was filed for the applicant.",
    "saved_reply": "The reply was saved.",
    "saved_reply_removed": "The reply was removed.",
    "alerts": "Your choices were saved.",
    "state": "The state was changed.",
    "state_told": "The state was changed, and the applicant was told.",
    "knowledge_live": "Live. The assistant says it so from now on.",
    "knowledge_proposed": "Proposed. It goes live when another person approves it.",
    "knowledge_refused": "The edit does not go live.",
    "knowledge_same": "Nothing was changed: it stands there like that already.",
    "links": "The links are being checked. Load the page again in a moment.",
    "view_kept": "The view is kept.",
    "view_removed": "The view was removed.",
    "password": "Your password was changed.",
    "role": "The role was changed.",
    "disabled": "The account is disabled. What it held waits in the queue again.",
    "enabled": "The account can be used again.",
    "decided": "Decided. What was taught stands in data/nlu/learned.yml and is learned by the next training.",
    "reported": "The message is on the review list.",
    "training": "The training runs.",
    "training_stopped": "The training was stopped.",
    "email": "The e-mail address was changed.",
    "rule": "The rule was changed.",
    "picture_kept": "Visitors see this picture beside your words.",
    "picture_removed": "The picture was removed. Visitors see your initials.",
    "revoked": "The sessions were ended.",
    "second_factor_removed": "The second factor was removed.",
    "invitation_revoked": "The invitation is worth nothing any more.",
    "welcome": "Welcome to the desk.",
    "retried": "The message is tried again.",
    "key_revoked": "The key opens nothing any more.",
    "privacy_confirmed": "The person is confirmed. A deletion is done within a minute; a copy was given.",
    "privacy_refused": "The request was refused.",
    "mail_again": "The letter waits to be sent again.",
    "file_filed": "The file stands under that paper now.",
    "file_erased": "The file was erased.",
    "available": "You are shown as available.",
    "away": "You are shown as away.",
}


class Desk:
    """The console of one process."""

    def __init__(self, record: Record, settings: Settings, changes: Changes) -> None:
        self.record = record
        self.settings = settings
        self.changes = changes
        self.sessions = Sessions(record, settings)
        self.gate = Gate(self.sessions, settings)
        self.keys = Keys(settings.secret_key)
        self.pages = Pages(lambda: self.organization().hours.zone, lambda: self.organization().name)

    def organization(self) -> Organization:
        return organization(self.settings.organization_file)

    def wording(self) -> ApplicationWording:
        return application_wording(self.settings.knowledge_dir)

    def page(
        self,
        request: Request,
        member: Member,
        template: str,
        *,
        here: str,
        status: int = 200,
        notice: str | None = None,
        warned: bool | None = None,
        follow: str | None = None,
        **context: Any,
    ) -> Response:
        """A whole page with its frame: navigation, outages, how many wait.

        Args:
            here: the entry of the navigation that this page belongs to.
            notice: a sentence on top; otherwise what `?done=` names.
            warned: whether it tells of trouble; by default, when the status does.
            follow: the conversation whose news this page wants live.
        """
        with self.record.reading() as session:
            frame: dict[str, Any] = {
                "waiting": queue.waiting(session),
                "outages": outages(session, now()),
            }
        return self.pages.page(
            template,
            status=status,
            member=member,
            here=here,
            follow=follow,
            notice=notice or DONE.get(request.query_params.get("done", "")),
            trouble=status >= 400 if warned is None else warned,
            **frame,
            **context,
        )

    def fragment(self, template: str, *, status: int = 200, trigger: str = "", **context: Any) -> Response:
        """A piece of a page for htmx.

        Args:
            trigger: events for the page, comma between them.
        """
        headers = {"HX-Trigger": trigger} if trigger else None
        return self.pages.page(template, status=status, headers=headers, **context)

    def refusal(self, request: Request, status: int, title: str, text: str) -> Response:
        """A page, or a notice for htmx, that says why not."""
        if wants_fragment(request):
            return self.pages.page(
                "parts/notice_only.html",
                status=status,
                headers={"HX-Reswap": "none"},
                notice=text,
                trouble=True,
            )
        return self.refusal_page(status, title, text)

    def refusal_page(self, status: int, title: str, text: str, *, back: str = HOME) -> Response:
        """A whole page that says why not, with a way back."""
        return self.pages.page("refused.html", status=status, heading=title, text=text, back=back)

    def route(self) -> type[APIRoute]:
        """The kind of route that answers errors by pages and seals every answer."""
        desk = self

        class ConsoleRoute(APIRoute):
            def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
                handler = super().get_route_handler()

                async def handling(request: Request) -> Response:
                    try:
                        response = await handler(request)
                    except Exception as error:
                        answered = desk.answer(request, error)
                        if answered is None:
                            raise
                        response = answered
                    return seal(response)

                return handling

        return ConsoleRoute

    def answer(self, request: Request, error: Exception) -> Response | None:
        """The page of an error that was foreseen; None for others."""
        if isinstance(error, SignInNeeded):
            return self._to_sign_in(request, error.to)
        if isinstance(error, StepNeeded):
            return _elsewhere(request, error.page, 403)
        refused = _foreseen(error)
        return None if refused is None else self.refusal(request, refused.status, refused.title, refused.text)

    def _to_sign_in(self, request: Request, to: str) -> Response:
        if "text/event-stream" in request.headers.get("accept", ""):
            return PlainTextResponse("Sign in first.", 401)
        return _elsewhere(request, login_way(to), 401)


def _foreseen(error: Exception) -> Refused | None:
    """The refusal that an error means, when it is one that may happen."""
    match error:
        case Refused():
            return error
        case UnknownConversation() | UnknownApplication():
            return Refused(404, "Not found", "There is nothing of that name (any more).")
        case RequestValidationError():
            return Refused(422, "Not valid", "Something in this address cannot be read.")
        case HTTPException():
            return Refused(error.status_code, "Not done", str(error.detail))
        case OperationalError() | InterfaceError() | PoolTimeout():
            logger.error("The record does not answer: %s", type(error).__name__)
            return Refused(
                503, "The record does not answer", "Nothing was changed. Wait a moment, then try again."
            )
    return None


def _elsewhere(request: Request, to: str, fragment_status: int) -> Response:
    if wants_fragment(request):
        return Response(status_code=fragment_status, headers={"HX-Redirect": to})
    return RedirectResponse(to, SEE_OTHER)


def see(to: str, done: str | None = None) -> Response:
    """Go on to a page, which then says what was done."""
    if done is not None:
        to += ("&" if "?" in to else "?") + f"done={done}"
    return RedirectResponse(to, SEE_OTHER)
