"""The answer that gives a kept file to a browser: saved, never shown, whatever the browser thinks it is."""

from __future__ import annotations

from fastapi.responses import FileResponse

from frontdesk.files.keeping import Opened
from frontdesk.files.names import disposition


def download(opened: Opened) -> FileResponse:
    """The file under its own name; it runs nothing, reaches nobody and stays in no cache."""
    return FileResponse(
        opened.path,
        media_type=opened.file.media,
        headers={
            "Content-Disposition": disposition(opened.file.name or "file"),
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
            "Cache-Control": "no-store",
        },
    )
