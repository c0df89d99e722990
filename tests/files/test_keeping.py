"""Files are kept whole or not at all, scanned where a scanner is, and gone when they are erased."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from frontdesk.files.keeping import About, FileRefused, Files, NotThere, of_conversation
from frontdesk.files.shelf import STRAY_SECONDS
from frontdesk.records.models import KeptFile
from frontdesk.records.session import Record
from tests.files.conftest import JPEG, PDF, VIRUS, conversation_on


def on_shelf(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "var" / "files").rglob("*") if path.is_file()]


def row(record: Record, file_id: str) -> KeptFile:
    with record.reading() as session:
        return session.get_one(KeptFile, file_id)


def test_a_file_is_kept_under_a_name_that_says_nothing(
    record: Record, make_files: Callable[..., Files], tmp_path: Path
) -> None:
    files = make_files(record)
    about = About(conversation_on(record), name="cv of Ana.jpg", document="cv")
    kept = files.keep([PDF[:9], PDF[9:]], about)
    assert (kept.name, kept.media, kept.size, kept.state) == (
        "cv of Ana.pdf",
        "application/pdf",
        len(PDF),
        "kept",
    )
    assert kept.sha256 == hashlib.sha256(PDF).hexdigest()
    opened = files.open(kept.id)
    assert opened.path.read_bytes() == PDF
    assert "ana" not in str(opened.path).lower()
    assert opened.path.stat().st_mode & 0o077 == 0


def test_the_same_media_of_a_channel_is_kept_once(record: Record, make_files: Callable[..., Files]) -> None:
    files = make_files(record)
    about = About(conversation_on(record), source="whatsapp", source_ref="media-1")
    kept = files.keep([JPEG[:7], JPEG[7:]], about)
    assert files.keep([JPEG], about).id == kept.id
    assert kept.name == "file.jpg"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (b"MZ not a paper", "kind"), (PDF + b"\x00" * 20_000, "too_large")],
)
def test_what_is_refused_leaves_nothing(
    sqlite_record: Record, make_files: Callable[..., Files], tmp_path: Path, content: bytes, reason: str
) -> None:
    files = make_files(sqlite_record, file_size_limit=10_000)
    with pytest.raises(FileRefused) as refused:
        files.keep([content], About(conversation_on(sqlite_record), name="cv.pdf"))
    assert refused.value.reason == reason
    assert on_shelf(tmp_path) == []
    with sqlite_record.reading() as session:
        assert session.scalars(select(KeptFile)).all() == []


def test_a_conversation_holds_so_many_files(sqlite_record: Record, make_files: Callable[..., Files]) -> None:
    files = make_files(sqlite_record, files_of_one_conversation=1)
    about = About(conversation_on(sqlite_record))
    first = files.keep([PDF], about)
    with pytest.raises(FileRefused, match="1 files already"):
        files.keep([PDF], about)
    files.erase(first.id, by="ann")
    files.keep([PDF], about)


def test_a_scanner_keeps_what_is_harmful_out(
    sqlite_record: Record, make_files: Callable[..., Files], clamd: str, tmp_path: Path
) -> None:
    files = make_files(sqlite_record, clamd=clamd)
    about = About(conversation_on(sqlite_record))
    assert files.keep([PDF], about).state == "kept"
    with pytest.raises(FileRefused) as refused:
        files.keep([VIRUS], about)
    assert refused.value.reason == "infected"
    assert len(on_shelf(tmp_path)) == 1


def test_while_the_scanner_is_away_a_file_waits_and_nobody_may_open_it(
    record: Record, make_files: Callable[..., Files], clamd: str, free_port: int, tmp_path: Path
) -> None:
    away = make_files(record, clamd=f"127.0.0.1:{free_port}")
    conversation = conversation_on(record)
    clean, harmful = (away.keep([content], About(conversation)) for content in (PDF, VIRUS))
    assert clean.state == harmful.state == "scanning"
    with pytest.raises(NotThere) as closed:
        away.open(clean.id)
    assert closed.value.state == "scanning"
    assert away.scan_waiting() == 0
    back = make_files(record, clamd=clamd)
    back.tidy()
    assert back.open(clean.id).path.read_bytes() == PDF
    judged = row(record, harmful.id)
    assert (judged.state, judged.note, judged.place) == ("infected", "Harmful.Word", None)
    assert len(on_shelf(tmp_path)) == 1


def test_an_erased_file_leaves_neither_bytes_nor_name(
    record: Record, make_files: Callable[..., Files], tmp_path: Path
) -> None:
    files = make_files(record)
    conversation = conversation_on(record)
    kept = files.keep([PDF], About(conversation, name="Ana.pdf"))
    files.erase(kept.id, by="ann")
    files.erase(kept.id, by="bob")
    with record.reading() as session:
        (left,) = of_conversation(session, conversation)
    assert (left.state, left.name, left.sha256, left.place, left.erased_by) == (
        "erased",
        None,
        None,
        None,
        "ann",
    )
    assert on_shelf(tmp_path) == []
    with pytest.raises(NotThere):
        files.open(kept.id)


def test_broken_off_uploads_and_files_without_a_row_are_removed_after_an_hour(
    sqlite_record: Record, make_files: Callable[..., Files], tmp_path: Path
) -> None:
    files = make_files(sqlite_record)
    kept = files.keep([PDF], About(conversation_on(sqlite_record)))
    mine = files.open(kept.id).path
    for name in ("ab" * 16, "cd" * 16 + ".part"):
        stray = mine.parent.parent / name[:2] / name
        stray.parent.mkdir(exist_ok=True)
        stray.write_bytes(b"left over")
        long_ago = time.time() - STRAY_SECONDS - 60
        os.utime(stray, (long_ago, long_ago))
    files.tidy()
    assert on_shelf(tmp_path) == [mine]
