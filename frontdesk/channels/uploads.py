"""Uploads: files from the widget under `/api`, and a page behind a signed link for where no widget is.

The page works without JavaScript and loads nothing. A file goes to `frontdesk/files`; its line in the thread
and what is still missing are `frontdesk/applications/documents.py`.
"""

import base64
import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

import anyio.to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, Field
from starlette.datastructures import FormData, UploadFile

from frontdesk.applications import documents
from frontdesk.channels.guards import address
from frontdesk.channels.problems import Problem, documented
from frontdesk.channels.visitors import Visitor, Visitors, renew
from frontdesk.conversations.live import Changes
from frontdesk.files import kinds
from frontdesk.files.download import download
from frontdesk.files.keeping import STAFF, About, FileRefused, Files, NotThere, megabytes
from frontdesk.files.links import LinkExpired, LinkUnknown, UploadLinks, UploadRight
from frontdesk.knowledge.organization import organization
from frontdesk.knowledge.texts import Texts, texts
from frontdesk.records.models import Conversation, KeptFile
from frontdesk.records.session import Record
from frontdesk.settings import Settings

CHUNK: Final = 64 * 1024
# The HTTP status of each reason for which a file is refused.
STATUS: Final = {"too_large": 413, "kind": 415, "empty": 422, "infected": 422, "too_many": 409}
TEMPLATES: Final = Path(__file__).parent / "upload"


def file_form(**others: dict[str, Any]) -> dict[str, Any]:
    """How OpenAPI tells of a form with a file, which is read by hand; `others`: the fields beside it."""
    fields = {"file": {"type": "string", "format": "binary"}, **others}
    schema = {"type": "object", "required": ["file"], "properties": fields}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


FORM_BODY: Final = file_form(
    document={
        "type": "string",
        "maxLength": 64,
        "description": "Key of the checklist's entry that it answers.",
    },
    client_id={
        "type": "string",
        "maxLength": 64,
        "description": "The client's own id of this file; again changes nothing.",
    },
)


class FileTold(BaseModel):
    """A file that was taken. `state`: kept, or scanning while a virus scanner has not judged it yet."""

    id: str
    name: str | None
    media: str | None = Field(description="The type that was found in the file.")
    size: int = Field(description="Bytes.")
    document: str | None
    state: str


class FileAccepted(BaseModel):
    file: FileTold
    seq: int | None = Field(description="Number of its line in the thread.")


def router(
    record: Record, settings: Settings, changes: Changes, visitors: Visitors, files: Files
) -> APIRouter:
    """`/api/conversations/{id}/files` and `/upload/{token}`."""
    return _Uploads(record, settings, changes, visitors, files).routes()


class _Uploads:
    def __init__(
        self, record: Record, settings: Settings, changes: Changes, visitors: Visitors, files: Files
    ) -> None:
        self._record = record
        self._settings = settings
        self._changes = changes
        self._visitors = visitors
        self._files = files
        self._links = UploadLinks(settings.secret_key, settings.base_url, settings.upload_link_hours)
        self._page = _Page(settings)

    def routes(self) -> APIRouter:
        made = APIRouter()
        admitted = Annotated[Visitor, Depends(self._visitors.admit)]

        @made.post(
            "/api/conversations/{conversation_id}/files",
            status_code=201,
            tags=["Website"],
            summary="Hand in a file",
            openapi_extra=FORM_BODY,
            responses={
                200: {"model": FileAccepted, "description": "Sent before; nothing is doubled"},
                **documented(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
            },
        )
        async def hand_in(visitor: admitted, request: Request, response: Response) -> FileAccepted:
            self._count(visitor.conversation_id, request)
            form = await _form(request)
            try:
                client_id = _text(form, "client_id")
                about = About(
                    visitor.conversation_id,
                    document=_text(form, "document"),
                    source_ref=f"client:{client_id}" if client_id else None,
                )
                file, seq, again = await self._take(form, about)
            finally:
                await form.close()
            renew(response, visitor)
            if again:
                response.status_code = 200
            return FileAccepted(file=FileTold.model_validate(file, from_attributes=True), seq=seq)

        @made.get(
            "/api/conversations/{conversation_id}/files/{file_id}",
            tags=["Website"],
            summary="Save a file that the team sent",
            response_class=FileResponse,
            responses={
                200: {"content": {"application/octet-stream": {}}, "description": "The file"},
                **documented(401, 403, 404, 503),
            },
        )
        def save(visitor: admitted, file_id: Annotated[str, PathParameter(max_length=64)]) -> FileResponse:
            try:
                opened = self._files.open(file_id)
            except NotThere:
                opened = None
            # An applicant's own papers are for the team's eyes: a stolen phone must not give them out.
            if (
                opened is None
                or opened.file.source != STAFF
                or opened.file.conversation_id != visitor.conversation_id
            ):
                raise Problem(404, "not-found", "There is no such file in this conversation.")
            return download(opened)

        @made.get("/upload/{token}", include_in_schema=False)
        def page(token: str, request: Request) -> Response:
            return self._shown(token, notice="done" if "done" in request.query_params else None)

        @made.post("/upload/{token}", include_in_schema=False)
        async def upload(token: str, request: Request) -> Response:
            try:
                right = self._links.read(token)
            except (LinkExpired, LinkUnknown):
                return await anyio.to_thread.run_sync(self._shown, token)
            try:
                self._count(right.conversation_id, request)
                form = await _form(request)
                try:
                    document = right.document or _text(form, "document")
                    await self._take(form, About(right.conversation_id, document=document))
                finally:
                    await form.close()
            except Problem as problem:
                refused = partial(self._shown, token, problem=problem.detail, status=problem.status)
                return await anyio.to_thread.run_sync(refused)
            # Loading the answer again must not send the file again.
            return RedirectResponse(f"{request.url.path}?done=1", 303)

        return made

    def _count(self, conversation_id: str, request: Request) -> None:
        self._visitors.rates.count("files", conversation_id)
        self._visitors.rates.count("files by address", address(request, self._settings.trusted_proxy))

    async def _take(self, form: FormData, about: About) -> tuple[KeptFile, int | None, bool]:
        given = form.get("file")
        if not isinstance(given, UploadFile) or not (given.filename or given.size):
            raise Problem(422, "invalid", "file: choose a file first.")
        known = organization(self._settings.organization_file)
        asked = about.document
        if asked and documents.known(asked, known) is None:
            raise Problem(422, "invalid", "document: this is not on the list of documents.")
        about = About(
            about.conversation_id,
            name=given.filename,
            document=asked or documents.guessed(given.filename, known),
            source=about.source,
            source_ref=about.source_ref,
        )
        return await anyio.to_thread.run_sync(self._keep, given.file, about)

    def _keep(self, stream: BinaryIO, about: About) -> tuple[KeptFile, int | None, bool]:
        try:
            file = self._files.keep(chunks(stream), about)
        except FileRefused as refused:
            kind = f"file-{refused.reason.replace('_', '-')}"
            raise Problem(STATUS[refused.reason], kind, str(refused)) from None
        with self._record.transaction() as session:
            line = documents.came(
                session,
                about.conversation_id,
                file.id,
                organization=organization(self._settings.organization_file),
                words=self._words(),
            )
            seq = line.seq if line else None
        if line is not None:
            self._changes.notify(about.conversation_id)
        return file, seq, line is None

    def _words(self) -> Texts:
        return texts("documents", self._settings.knowledge_dir)

    def _shown(
        self, token: str, *, notice: str | None = None, problem: str | None = None, status: int = 200
    ) -> Response:
        words = self._words()
        try:
            right = self._links.read(token)
        except LinkExpired:
            return self._page.refusal(410, words.said("page_expired_title"), words.said("page_expired"))
        except LinkUnknown:
            return self._page.refusal(404, words.said("page_unknown_title"), words.said("page_unknown"))
        known = organization(self._settings.organization_file)
        with self._record.reading() as session:
            if session.get(Conversation, right.conversation_id) is None:
                return self._page.refusal(404, words.said("page_unknown_title"), words.said("page_unknown"))
            papers = documents.checklist(session, right.conversation_id, known)
        return self._page.form(
            right,
            papers,
            words,
            name=known.name,
            limit=megabytes(self._files.limit),
            done=notice is not None,
            problem=problem,
            status=status,
        )


class _Page:
    """The page of a link: its template, its one style, and the policy that allows nothing else."""

    def __init__(self, settings: Settings) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._style = (TEMPLATES / "upload.css").read_text(encoding="utf-8")
        hashed = base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        self._headers = {
            "Content-Security-Policy": (
                f"default-src 'none'; style-src 'sha256-{hashed}'; form-action 'self'; base-uri 'none'; "
                "frame-ancestors 'none'"
            ),
            # The address is a key: it goes to no other site and into no cache.
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
            "X-Robots-Tag": "noindex, nofollow",
        }

    def form(
        self,
        right: UploadRight,
        papers: list[documents.Paper],
        words: Texts,
        *,
        name: str,
        limit: str,
        done: bool,
        problem: str | None,
        status: int,
    ) -> Response:
        return self._answer(
            "form.html",
            status,
            right=right,
            papers=papers,
            missing=documents.missing(papers),
            say=words.said,
            name=name,
            kinds=kinds.spoken(),
            accept=",".join([kind.ending for kind in kinds.TAKEN] + [kind.media for kind in kinds.TAKEN]),
            megabytes=limit,
            done=done,
            problem=problem,
        )

    def refusal(self, status: int, title: str, text: str) -> Response:
        return self._answer("refusal.html", status, title=title, text=text)

    def _answer(self, template: str, status: int, **context: object) -> Response:
        body = self._environment.get_template(template).render(style=self._style, **context)
        return HTMLResponse(body, status, headers=self._headers)


async def _form(request: Request) -> FormData:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Problem(415, "not-a-file", "Send the file as multipart/form-data.")
    return await request.form(max_files=1, max_fields=8)


def _text(form: FormData, name: str) -> str | None:
    value = form.get(name)
    if value is None:
        return None
    text = value.strip() if isinstance(value, str) else ""
    if isinstance(value, UploadFile) or len(text) > 64 or not text.isprintable():
        raise Problem(422, "invalid", f"{name}: at most 64 plain characters.")
    return text or None


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """A file that was sent, from its beginning, in pieces."""
    stream.seek(0)
    while chunk := stream.read(CHUNK):
        yield chunk
