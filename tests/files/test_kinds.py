"""What a file is, is read from its bytes; what it is called does no harm."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk.files import kinds, names
from tests.files.conftest import DOCX, HEIC, JPEG, PDF, PNG, WEBP, zipped


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, kinds.PDF),
        (b"\xef\xbb\xbf" + PDF, kinds.PDF),
        (JPEG, kinds.JPEG),
        (PNG, kinds.PNG),
        (WEBP, kinds.WEBP),
        (HEIC, kinds.HEIC),
        (DOCX, kinds.DOCX),
    ],
)
def test_a_paper_or_picture_is_known_by_its_bytes(tmp_path: Path, content: bytes, kind: kinds.Kind) -> None:
    path = tmp_path / "unnamed"
    path.write_bytes(content)
    assert kinds.sniff(path) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00" + b"\x00" * 64,
        b"<html><script>alert(1)</script></html>",
        b"<html>%PDF-1.4 </html>%%EOF",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7 that was cut off",
        b"#!/bin/sh\nrm -rf /\n",
        b"GIF89a" + b"\x00" * 32,
        b"plain words",
        b"PK\x03\x04 no archive",
        zipped("a.txt"),
        zipped("[Content_Types].xml", "xl/workbook.xml"),
        zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp42" + b"\x00" * 64,
    ],
)
def test_anything_else_is_not_taken(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cv.pdf"
    path.write_bytes(content)
    assert kinds.sniff(path) is None


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("CV Ana.pdf", "CV Ana.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\ana\\Mon résumé.PDF", "Mon résumé.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.pdf"),
        ("cv.pdf.exe", "cv.pdf"),
        ('a"b\r\nSet-Cookie: x=1.pdf', "abSet-Cookie x=1.pdf"),
        ("سيرة.pdf", "سيرة.pdf"),
        ("....", "file.pdf"),
        (None, "file.pdf"),
    ],
)
def test_a_name_loses_what_could_do_harm(given_name: str | None, name: str) -> None:
    assert names.cleaned(given_name, kinds.PDF) == name


@given(st.text())
def test_no_name_breaks_a_header_or_leaves_the_folder(text: str) -> None:
    name = names.cleaned(text, kinds.PDF)
    header = names.disposition(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert "/" not in name
    assert len(name) <= names.LONGEST
