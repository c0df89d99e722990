"""Keeping files: taken in by stream, looked at, scanned where a scanner is configured, opened, erased.

What an applicant sends becomes readable for staff only in the state `kept`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from frontdesk.files import kinds, names
from frontdesk.files.scanning import Scanner, ScannerAway
from frontdesk.files.shelf import Shelf, TooLarge, Writing
from frontdesk.records.models import KeptFile, new_id, now
from frontdesk.records.session import Record
from frontdesk.settings import Settings

logger = logging.getLogger(__name__)

APPLICANT: Final = "applicant"
STAFF: Final = "staff"  # sent to the applicant by a member of staff
TEAM: Final = "team"  # filed by staff for the applicant, who handed it in elsewhere
THERE: Final = ("kept", "scanning")
SCAN_AT_ONCE: Final = 20
INFECTED: Final = "The virus scanner found something harmful in this file, so it is not kept."


class FileRefused(ValueError):
    """A file is not taken. `reason`: too_large, empty, kind, infected, too_many. The text is the sender's."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class NotThere(LookupError):
    """There is no file of that id that may be opened (any more). `state` says what became of it, if known."""

    def __init__(self, state: str | None) -> None:
        super().__init__(state or "unknown")
        self.state = state


@dataclass(frozen=True)
class About:
    """What is said about a file that comes.

    Args:
        name: as the sender calls it.
        document: the key of the checklist's entry it answers.
        source: applicant, staff, team, or the channel's name.
        source_ref: the channel's own id; a file of the same one is not kept twice.
    """

    conversation_id: str
    name: str | None = None
    document: str | None = None
    source: str = APPLICANT
    source_ref: str | None = None
    message_id: str | None = None


@dataclass(frozen=True)
class Opened:
    """A file to be read: its row, and where its bytes lie."""

    file: KeptFile
    path: Path


class Files:
    """The files of one installation."""

    def __init__(self, record: Record, settings: Settings) -> None:
        self._record = record
        self._limit = settings.file_size_limit
        self._most = settings.files_of_one_conversation
        self._shelf = Shelf(settings.files_folder)
        self._scanner = Scanner(settings.clamd) if settings.clamd else None

    @property
    def limit(self) -> int:
        """How many bytes a file may have."""
        return self._limit

    def keep(self, chunks: Iterable[bytes], about: About) -> KeptFile:
        """Keep what the chunks give. Blocking.

        Raises:
            FileRefused: nothing of it is kept.
            OSError, SQLAlchemyError: the shelf or the record does not answer.
        """
        if (before := self._before(about)) is not None:
            return before
        with self._shelf.writing(self._limit) as writing:
            try:
                for chunk in chunks:
                    writing.write(chunk)
            except TooLarge:
                raise self._too_large() from None
            return self._settle(writing, about)

    def open(self, file_id: str) -> Opened:
        """A file that may be read.

        Raises:
            NotThere: unknown, erased, refused, infected, or not scanned yet.
        """
        with self._record.reading() as session:
            found = session.get(KeptFile, file_id)
        if found is None or found.state != "kept" or found.place is None:
            raise NotThere(found.state if found else None)
        path = self._shelf.path(found.place)
        if not path.is_file():
            logger.error("The file %s has no bytes on the shelf.", file_id)
            raise NotThere("missing")
        return Opened(found, path)

    def erase(self, file_id: str, *, by: str) -> None:
        """Remove a file's bytes and its name; that there was one stays known. Again changes nothing.

        Raises:
            NotThere: there was never such a file.
        """
        with self._record.transaction() as session:
            found = session.get(KeptFile, file_id, with_for_update=True)
            if found is None:
                raise NotThere(None)
            mark_erased(found, by=by)
        self.clear()

    def clear(self) -> int:
        """Remove the bytes of files that are erased, refused or infected. How many."""
        with self._record.reading() as session:
            left = session.execute(
                select(KeptFile.id, KeptFile.place).where(
                    KeptFile.place.is_not(None), KeptFile.state.not_in(THERE)
                )
            ).all()
        for file_id, place in left:
            self._shelf.remove(str(place))
            with self._record.transaction() as session:
                found = session.get(KeptFile, file_id, with_for_update=True)
                if found is not None and found.state not in THERE:
                    found.place = None
        return len(left)

    def remove(self, places: Iterable[str]) -> None:
        """Remove bytes whose rows were erased already."""
        for place in places:
            self._shelf.remove(place)

    def tidy(self) -> None:
        """The periodic work: scan what waits, remove what is erased and what has no row any more."""
        self.scan_waiting()
        self.clear()
        with self._record.reading() as session:
            known = set(session.scalars(select(KeptFile.place).where(KeptFile.place.is_not(None))))
        for path in self._shelf.strays(known):  # type: ignore[arg-type]
            path.unlink(missing_ok=True)

    def scan_waiting(self) -> int:
        """Scan the files that wait for it; how many were judged. Stops when the scanner is away."""
        judged = 0
        with self._record.reading() as session:
            waiting = session.scalars(
                select(KeptFile)
                .where(KeptFile.state == "scanning")
                .order_by(KeptFile.created_at)
                .limit(SCAN_AT_ONCE)
            ).all()
        for file in waiting:
            try:
                finding = self._finding(self._shelf.path(file.place or ""))
            except (ScannerAway, ValueError) as away:
                logger.warning("Files wait for the scanner: %s", away)
                break
            with self._record.transaction() as session:
                found = session.get(KeptFile, file.id, with_for_update=True)
                if found is not None and found.state == "scanning":
                    found.state, found.note = ("infected", finding[:255]) if finding else ("kept", None)
            judged += 1
        return judged

    def _before(self, about: About) -> KeptFile | None:
        with self._record.reading() as session:
            if about.source_ref is not None and (before := _same_source(session, about)) is not None:
                return before
            if count(session, about.conversation_id) >= self._most:
                raise FileRefused(
                    "too_many",
                    f"This chat holds {self._most} files already. Ask the team to remove some first.",
                )
        return None

    def _settle(self, writing: Writing, about: About) -> KeptFile:
        writing.written()
        if not writing.size:
            raise FileRefused("empty", "The file is empty. Please choose it again.")
        kind = kinds.sniff(writing.path)
        if kind is None:
            raise FileRefused("kind", f"This kind of file can't be taken. Please send {kinds.spoken()}.")
        state = "kept"
        try:
            if self._finding(writing.path) is not None:
                raise FileRefused("infected", INFECTED)
        except ScannerAway as away:
            logger.warning("A file waits for the scanner: %s", away)
            state = "scanning"
        sha256 = writing.finish()
        file = KeptFile(
            id=new_id(),
            conversation_id=about.conversation_id,
            message_id=about.message_id,
            document=about.document,
            name=names.cleaned(about.name, kind),
            media=kind.media,
            size=writing.size,
            sha256=sha256,
            place=writing.place,
            source=about.source,
            source_ref=about.source_ref,
            state=state,
        )
        try:
            with self._record.transaction() as session:
                session.add(file)
        except IntegrityError:  # the same delivery came twice at once, or the conversation is gone
            self._shelf.remove(writing.place)
            with self._record.reading() as session:
                before = _same_source(session, about) if about.source_ref is not None else None
            if before is None:
                raise
            return before
        except BaseException:
            self._shelf.remove(writing.place)
            raise
        return file

    def _finding(self, path: Path) -> str | None:
        return self._scanner.finding(path) if self._scanner else None

    def _too_large(self) -> FileRefused:
        return FileRefused(
            "too_large", f"The file is too large: at most {megabytes(self._limit)} MB are taken."
        )


def mark_erased(file: KeptFile, *, by: str) -> None:
    """Erase in a transaction of the caller's; `Files.clear` then removes the bytes."""
    if file.state == "erased":
        return
    file.state, file.name, file.note, file.sha256 = "erased", None, None, None
    file.erased_at, file.erased_by = now(), by


def of_conversation(session: Session, conversation_id: str) -> list[KeptFile]:
    """Its files, the oldest first, whatever became of them."""
    return list(
        session.scalars(
            select(KeptFile)
            .where(KeptFile.conversation_id == conversation_id)
            .order_by(KeptFile.created_at, KeptFile.id)
        )
    )


def handed_in(session: Session, conversation_id: str) -> list[KeptFile]:
    """The applicant's files that are there, the oldest first; what staff sent is none of them."""
    return [
        file
        for file in of_conversation(session, conversation_id)
        if file.state in THERE and file.source != STAFF
    ]


def count(session: Session, conversation_id: str) -> int:
    """How many files are there now."""
    return (
        session.scalar(
            select(func.count())
            .select_from(KeptFile)
            .where(KeptFile.conversation_id == conversation_id, KeptFile.state.in_(THERE))
        )
        or 0
    )


def told(file: KeptFile) -> dict[str, object]:
    """A file as it stands in a thread's line: id, name, kind, size in bytes, document, state."""
    return {
        "id": file.id,
        "name": file.name,
        "media": file.media,
        "size": file.size,
        "document": file.document,
        "state": file.state,
    }


def megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f}".removesuffix(".0")


def _same_source(session: Session, about: About) -> KeptFile | None:
    return session.scalars(
        select(KeptFile).where(
            KeptFile.conversation_id == about.conversation_id,
            KeptFile.source == about.source,
            KeptFile.source_ref == about.source_ref,
        )
    ).one_or_none()
