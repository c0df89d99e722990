"""The shelf: a folder outside every web root, where files lie under random names that say nothing.

The only place that writes, reads or removes their bytes.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Self

PLACE: Final = re.compile(r"[0-9a-f]{32}")
UNFINISHED: Final = ".part"
# What lies here without a row in the record is removed after this: an upload in the making is younger.
STRAY_SECONDS: Final = 3600.0


class TooLarge(ValueError):
    """More bytes than a file may have; nothing of it stays."""


class Writing:
    """A file that is being written. Leaving the `with` without `finish` removes it.

    Args:
        limit: bytes that it may have.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.place = secrets.token_hex(16)
        self.size = 0
        self._limit = limit
        self._hash = hashlib.sha256()
        self._final = _path(folder, self.place)
        self._final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = self._final.with_suffix(UNFINISHED)
        self._file: BinaryIO | None = self.path.open("xb")
        self.path.chmod(0o600)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        self.path.unlink(missing_ok=True)

    def write(self, chunk: bytes) -> None:
        """Raises TooLarge, OSError."""
        assert self._file is not None
        self.size += len(chunk)
        if self.size > self._limit:
            raise TooLarge(f"a file may have {self._limit} bytes")
        self._hash.update(chunk)
        self._file.write(chunk)

    def written(self) -> None:
        """Everything has come: the bytes can be looked at under `path`."""
        assert self._file is not None
        self._file.close()
        self._file = None

    def finish(self) -> str:
        """Put it on the shelf; its SHA-256."""
        self.path.rename(self._final)
        return self._hash.hexdigest()


class Shelf:
    """Files by their place."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def writing(self, limit: int) -> Writing:
        return Writing(self._folder, limit)

    def path(self, place: str) -> Path:
        """Where it lies.

        Raises:
            ValueError: that is no place.
        """
        if not PLACE.fullmatch(place):
            raise ValueError("a place on the shelf has 32 hexadecimal digits")
        return _path(self._folder, place)

    def remove(self, place: str) -> None:
        """Take it away; what is not there is no error."""
        self.path(place).unlink(missing_ok=True)

    def strays(self, known: Collection[str]) -> Iterator[Path]:
        """What lies here without being `known` any more, and uploads that were broken off."""
        before = time.time() - STRAY_SECONDS
        if not self._folder.is_dir():
            return
        for path in self._folder.glob("[0-9a-f][0-9a-f]/*"):
            if path.name not in known and path.stat().st_mtime < before:
                yield path


def _path(folder: Path, place: str) -> Path:
    return folder / place[:2] / place
