"""What tests of files share: samples of each kind, and a clamd that knows one word as a virus."""

from __future__ import annotations

import io
import socketserver
import struct
import threading
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from frontdesk.conversations import threads
from frontdesk.files.keeping import Files
from frontdesk.records.session import Record

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + b"\x00" * 64 + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 32
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 64
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + b"\x00" * 32
VIRUS = PDF + b"a very harmful word"


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        for name in names:
            parts.writestr(name, "<x/>")
    return out.getvalue()


DOCX = zipped("[Content_Types].xml", "word/document.xml")


class _Clamd(socketserver.StreamRequestHandler):
    """The part of clamd's protocol that INSTREAM uses."""

    def handle(self) -> None:
        assert self.rfile.readline().strip(b"nz\n\0").endswith(b"INSTREAM")
        content = b""
        while size := struct.unpack("!L", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
        found = b"stream: Harmful.Word FOUND\n" if b"harmful word" in content else b"stream: OK\n"
        self.wfile.write(found)


@pytest.fixture(scope="session")
def clamd() -> Iterator[str]:
    """`host:port` of a scanner."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Clamd) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def make_files(make_settings: Callable[..., Any]) -> Callable[..., Files]:
    """`make_files(record, clamd=…)`."""

    def make(record: Record, **changed: Any) -> Files:
        return Files(record, make_settings(**changed))

    return make


def conversation_on(record: Record) -> str:
    with record.transaction() as session:
        return threads.start(session, channel="website").id
