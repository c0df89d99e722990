"""Errors as the API tells them: `application/problem+json` (RFC 9457), never a stack trace.

`type` is a stable name for programs, `detail` a sentence for people. Nothing that was sent in is repeated.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontdesk.channels.proof_of_work import Challenge

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5


class Problem(Exception):
    """An answer that is an error.

    Args:
        status: HTTP status.
        kind: the last part of `type`, such as `token`.
        detail: a sentence that says what to do.
        retry_after: seconds to wait, where waiting helps.
        challenge: what to solve first, where that helps.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        retry_after: int | None = None,
        headers: dict[str, str] | None = None,
        challenge: Challenge | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.retry_after = retry_after
        self.headers = headers or {}
        self.challenge = challenge


class FieldProblem(BaseModel):
    field: str
    problem: str


class ProblemBody(BaseModel):
    """RFC 9457."""

    type: str = Field(examples=["urn:chha:problem:rate"])
    title: str
    status: int
    detail: str
    retry_after: int | None = Field(default=None, description="Seconds to wait; also in Retry-After.")
    challenge: Challenge | None = Field(default=None, description="A proof of work that is asked for.")
    errors: list[FieldProblem] | None = None


def response(problem: Problem, errors: list[FieldProblem] | None = None) -> Response:
    """The problem as an HTTP response."""
    body = ProblemBody(
        type=f"urn:chha:problem:{problem.kind}",
        title=_title(problem.status),
        status=problem.status,
        detail=problem.detail,
        retry_after=problem.retry_after,
        challenge=problem.challenge,
        errors=errors,
    )
    headers = {"Cache-Control": "no-store", **problem.headers}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    return JSONResponse(
        body.model_dump(exclude_none=True), problem.status, headers=headers, media_type=MEDIA_TYPE
    )


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route for OpenAPI."""
    return {
        status: {"model": ProblemBody, "description": _title(status), "content": {MEDIA_TYPE: {}}}
        for status in statuses
    }


def install(app: FastAPI) -> None:
    """Answer every error of `app` as a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    for away in (OperationalError, InterfaceError, PoolTimeout):
        app.add_exception_handler(away, _record_away)


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return response(error)


DETAILS = {
    400: "The request cannot be read. Send JSON.",
    404: "There is nothing at this address.",
    405: "This address does not know that method.",
}


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = _title(error.status_code).lower().replace(" ", "-")
    detail = DETAILS.get(error.status_code, _title(error.status_code) + ".")
    return response(Problem(error.status_code, kind, detail, headers=dict(error.headers or {})))


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        FieldProblem(
            field=".".join(str(part) for part in found["loc"] if part != "body") or "body",
            problem=str(found["msg"]).removeprefix("Value error, "),
        )
        for found in error.errors()[:10]
    ]
    first = errors[0]
    detail = f"{first.field}: {first.problem}."
    return response(Problem(422, "invalid", detail), errors)


async def _record_away(_: Request, error: Exception) -> Response:
    logger.error("The record does not answer: %s", type(error).__name__)
    return response(away())


def away() -> Problem:
    return Problem(
        503,
        "unavailable",
        "The front desk cannot reach its record. Try again in a moment.",
        retry_after=RETRY_SECONDS,
    )


class UnexpectedErrors:
    """ASGI middleware: an error that nobody foresaw is logged without its text and answered as a problem."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            # Nobody is there to be answered; a visitor who stops a file is no fault of ours.
            return
        except Exception as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                problem = away()
            else:
                problem = Problem(500, "internal", "Something went wrong on our side. Please try again.")
            # The trace without the error's words: those may hold what an applicant wrote.
            logger.error("%s in %s", type(error).__name__, scope["path"], extra={"trace": _places(error)})
            if started:
                raise
            await response(problem)(scope, receive, send)


def _places(error: BaseException) -> list[str]:
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-12:]
