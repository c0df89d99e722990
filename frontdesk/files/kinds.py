"""What a file really is: read from its bytes, never from its name or what a browser says. Writes nothing.

Two must agree: puremagic's table of signatures, and a look of our own at the structure.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import puremagic

HEAD: Final = 4096
PDF_SEARCH: Final = 1024  # readers accept "%PDF-" within the first kilobyte (ISO 32000, annex H)
# A Word file of some megabytes unpacks to no more than this; above it, it is made to harm.
UNPACKED_LIMIT: Final = 200 * 1024 * 1024
HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"hevx"})


@dataclass(frozen=True)
class Kind:
    """A sort of file that is taken: its media type, its ending, how people call it."""

    media: str
    ending: str
    called: str


PDF: Final = Kind("application/pdf", ".pdf", "PDF")
JPEG: Final = Kind("image/jpeg", ".jpg", "JPEG")
PNG: Final = Kind("image/png", ".png", "PNG")
WEBP: Final = Kind("image/webp", ".webp", "WebP")
HEIC: Final = Kind("image/heic", ".heic", "HEIC")
DOCX: Final = Kind(
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx", "Word (.docx)"
)
TAKEN: Final = (PDF, JPEG, PNG, WEBP, HEIC, DOCX)

_AGREES: Final[dict[Kind, frozenset[str]]] = {
    PDF: frozenset({"application/pdf"}),
    JPEG: frozenset({"image/jpeg"}),
    PNG: frozenset({"image/png"}),
    WEBP: frozenset({"image/webp"}),
    HEIC: frozenset({"image/heic", "image/heif"}),
    DOCX: frozenset({DOCX.media}),
}


def sniff(path: Path) -> Kind | None:
    """The kind of a file, None when it is none that is taken.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    for kind, looks_right in _LOOKS.items():
        if looks_right(head, path) and _agreed(head) & _AGREES[kind]:
            return kind
    return None


def spoken() -> str:
    """The kinds that are taken, in words."""
    names = [kind.called for kind in TAKEN]
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _agreed(head: bytes) -> set[str]:
    start = head.find(b"%PDF-", 0, PDF_SEARCH)
    try:
        return {match.mime_type for match in puremagic.magic_string(head[max(start, 0) :])}
    except (puremagic.PureError, ValueError):
        return set()


def _is_pdf(head: bytes, path: Path) -> bool:
    if head.find(b"%PDF-", 0, PDF_SEARCH) < 0 or head.lstrip()[:1] == b"<":
        return False
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 2048))
        return b"%%EOF" in file.read()


def _is_jpeg(head: bytes, path: Path) -> bool:
    return head.startswith(b"\xff\xd8\xff")


def _is_png(head: bytes, path: Path) -> bool:
    return head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR"


def _is_webp(head: bytes, path: Path) -> bool:
    return head.startswith(b"RIFF") and head[8:12] == b"WEBP"


def _is_heic(head: bytes, path: Path) -> bool:
    if head[4:8] != b"ftyp":
        return False
    length = min(int.from_bytes(head[:4], "big"), 256)
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, length, 4))}
    return bool(brands & HEIF_BRANDS)


def _is_docx(head: bytes, path: Path) -> bool:
    if not head.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(path) as parts:
            entries = parts.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    names = {entry.filename.casefold() for entry in entries}
    # A macro is a program: a CV needs none.
    programs = any(name.endswith(("vbaproject.bin", "vbadata.xml")) for name in names)
    unpacked = sum(entry.file_size for entry in entries)
    return (
        {"[content_types].xml", "word/document.xml"} <= names and not programs and unpacked <= UNPACKED_LIMIT
    )


_LOOKS: Final[dict[Kind, Callable[[bytes, Path], bool]]] = {
    PDF: _is_pdf,
    JPEG: _is_jpeg,
    PNG: _is_png,
    WEBP: _is_webp,
    HEIC: _is_heic,
    DOCX: _is_docx,
}
