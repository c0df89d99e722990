"""What a file is called, made harmless: a name to show and to download under, never a path. Pure."""

from __future__ import annotations

import unicodedata
from typing import Final
from urllib.parse import quote

from frontdesk.files.kinds import Kind

LONGEST: Final = 120
_FORBIDDEN: Final = frozenset('<>:"/\\|?*%;')


_ENDINGS: Final = (
    *(".pdf", ".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".docx", ".doc", ".exe", ".html"),
)


def cleaned(given: str | None, kind: Kind) -> str:
    """The name without folders, control and direction signs, with the ending of what it really is."""
    base = (given or "").replace("\\", "/").rpartition("/")[2]
    kept = "".join(sign for sign in unicodedata.normalize("NFC", base) if _harmless(sign))
    stem = " ".join(kept.split())
    while stem.casefold().endswith(_ENDINGS):
        stem = stem.rpartition(".")[0].rstrip()
    stem = stem.strip(". ")[: LONGEST - len(kind.ending)].strip(". ")
    return (stem or "file") + kind.ending


def disposition(name: str) -> str:
    """`Content-Disposition` that saves and never shows (RFC 6266: a plain name, and the real one)."""
    plain = "".join(
        sign if sign.isascii() and sign.isprintable() and sign not in '"\\' else "_" for sign in name
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _harmless(sign: str) -> bool:
    return unicodedata.category(sign)[0] != "C" and sign not in _FORBIDDEN
