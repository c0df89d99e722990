"""The demo site, `/widget.js` and its parts: files for browsers, with the headers of a real site.

What the pages say lives in `demo/`; the widget is built under `widget/`.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from fastapi import APIRouter, Request, Response

from frontdesk.channels.problems import Problem
from frontdesk.settings import Settings

DEMO = Path(__file__).parent / "demo"

# The page loads nothing from elsewhere and runs nothing inline: what works here works on a strict site.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# The tag's address has no version, so browsers look again after five minutes (304 when nothing changed).
WIDGET_CACHE = "public, max-age=300, stale-while-revalidate=86400"
PART_CACHE = "public, max-age=31536000, immutable"
DEMO_CACHE = "no-cache"
SHARED = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
PART = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)?\.js")
HASHED = re.compile(r"[A-Za-z0-9-]+\.[A-Za-z0-9_-]{8}\.js")


@dataclass(frozen=True)
class _Kept:
    stamp: tuple[int, int]
    body: bytes
    zipped: bytes
    etag: str


class _File:
    """A file kept in memory, read again when it changes."""

    def __init__(self, path: Path, cache: str, headers: dict[str, str]) -> None:
        self._path = path
        self._media = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        self._headers = {"Cache-Control": cache, "Vary": "Accept-Encoding", **headers}
        self._lock = Lock()
        self._kept: _Kept | None = None

    def answer(self, request: Request) -> Response:
        """The file, or 304 when the browser has it.

        Raises:
            FileNotFoundError
        """
        kept = self._read()
        headers = {**self._headers, "ETag": kept.etag}
        if kept.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        body = kept.body
        if "gzip" in request.headers.get("accept-encoding", "") and len(kept.zipped) < len(body):
            headers["Content-Encoding"] = "gzip"
            body = kept.zipped
        return Response(body, media_type=self._media, headers=headers)

    def _read(self) -> _Kept:
        found = self._path.stat()
        stamp = (found.st_mtime_ns, found.st_size)
        with self._lock:
            if self._kept is None or self._kept.stamp != stamp:
                body = self._path.read_bytes()
                # Weak: the zipped and the plain body share it.
                etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
                self._kept = _Kept(stamp, body, gzip.compress(body, mtime=0), etag)
            return self._kept


class _WidgetParts:
    """What the widget's script loads when it is needed: the panel, languages, the solver of challenges.

    Names carry a hash of the content, but for the panel's own: its address does (`?v=`).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._files: dict[tuple[str, bool], _File] = {}

    def answer(self, name: str, request: Request) -> Response:
        """The part, or 304 when the browser has it.

        Raises:
            FileNotFoundError
        """
        path = self._folder / name
        if not PART.fullmatch(name) or not path.is_file():
            raise FileNotFoundError(name)
        lasting = bool(HASHED.fullmatch(name)) or request.query_params.get("v") == self._version(path)
        with self._lock:
            kept = self._files.setdefault(
                (name, lasting), _File(path, PART_CACHE if lasting else WIDGET_CACHE, SHARED)
            )
        return kept.answer(request)

    @staticmethod
    def _version(path: Path) -> str:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def router(settings: Settings, demo: Path = DEMO) -> APIRouter:
    """`/widget.js`, `/` and the other files of the demo site (those that are there when the app starts)."""
    made = APIRouter(include_in_schema=False)
    widget = _File(
        settings.widget_file,
        WIDGET_CACHE,
        SHARED,
    )

    @made.api_route("/widget.js", methods=["GET", "HEAD"])
    def widget_script(request: Request) -> Response:
        try:
            return widget.answer(request)
        except FileNotFoundError:
            raise Problem(404, "widget", "The widget is not built yet; run `make setup`.") from None

    parts = _WidgetParts(settings.widget_file.parent / "widget")

    @made.api_route("/widget/{name}", methods=["GET", "HEAD"])
    def widget_part(request: Request, name: str) -> Response:
        try:
            return parts.answer(name, request)
        except FileNotFoundError:
            raise Problem(404, "widget", "There is no such part of the widget.") from None

    for path in sorted(demo.rglob("*")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(demo).parts):
            _serve(made, path, demo)
    return made


def _serve(made: APIRouter, path: Path, demo: Path) -> None:
    kept = _File(path, DEMO_CACHE, {"Content-Security-Policy": PAGE_POLICY} if path.suffix == ".html" else {})

    def page(request: Request) -> Response:
        return kept.answer(request)

    place = path.relative_to(demo).as_posix()
    made.add_api_route(f"/{place}", page, methods=["GET", "HEAD"])
    if path.name == "index.html":
        made.add_api_route(f"/{place.removesuffix('index.html')}", page, methods=["GET", "HEAD"])
