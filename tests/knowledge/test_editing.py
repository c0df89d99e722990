"""Edited files: one entry changed, all else to the letter, checked first, whole or not at all."""

from __future__ import annotations

import difflib
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from frontdesk.knowledge import editing
from frontdesk.knowledge.editing import ORGANIZATION, EditConflict, Files
from frontdesk.knowledge.files import KnowledgeError
from frontdesk.knowledge.organization import organization
from frontdesk.knowledge.topics import topics
from frontdesk.settings import ROOT


@pytest.fixture
def files(tmp_path: Path) -> Files:
    shutil.copytree(ROOT / "knowledge", tmp_path / "knowledge")
    shutil.copy(ROOT / "organization.yml", tmp_path)
    return Files(tmp_path / "knowledge", tmp_path / "organization.yml", tmp_path / "var" / "lock")


def change(files: Files, subject: str, **after: Any) -> Any:
    current = editing.entry(files, subject)
    before = {key: current.get(key) for key in after}
    return editing.apply(files, subject, before, dict(after))


def differing(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def test_only_the_lines_of_the_change_differ(files: Files) -> None:
    path = files.knowledge / "topics" / "b_rotations.yml"
    before = path.read_text()
    change(files, "topics/electives", reviewed="2026-12-01", next=["sub_internship"])
    assert differing(before, path.read_text()) == [
        "-    reviewed: 2026-11-22",
        "-    next: [sub_internship, rotation_specialties]",
        "+    reviewed: 2026-12-01",
        "+    next: [sub_internship]",
    ]


def test_comments_of_the_organization_stay_beside_their_keys(files: Files) -> None:
    before = files.organization.read_text()
    change(files, ORGANIZATION, contact_email="team@example.org", locations=["Houston, Texas"])
    changed = differing(before, files.organization.read_text())
    assert len(changed) == 4
    for key, value in (("contact_email", "team@example.org"), ("locations", "Houston, Texas")):
        line = next(one for one in changed if one.startswith(f"+{key}:"))
        old = next(one for one in changed if one.startswith(f"-{key}:"))
        assert value in line
        assert line.partition(" # ")[2] == old.partition(" # ")[2] != ""
    change(files, ORGANIZATION, contact_email=None, locations=[])
    # Only how far the comment of a list stands to the right may differ.
    assert [one.split() for one in files.organization.read_text().splitlines()] == [
        one.split() for one in before.splitlines()
    ]


def test_an_edit_is_live_at_once(files: Files) -> None:
    known = organization(files.organization)
    assert known.staff_reply_minutes is None
    assert topics(files.knowledge).answer("electives", known).text.startswith("An elective")
    change(files, ORGANIZATION, staff_reply_minutes=20)
    change(files, "topics/electives", answer="Electives are rotations that you choose yourself.")
    assert organization(files.organization).staff_reply_minutes == 20
    known = organization(files.organization)
    assert topics(files.knowledge).answer("electives", known).text.startswith("Electives are")


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "no: really",
        "# not a comment",
        'it\'s "quoted"',
        "- list",
        "2026-01-01",
        "12:30",
        "{a}",
        "null",
        "é %",
    ],
)
def test_any_text_is_read_back_as_it_was_written(files: Files, text: str) -> None:
    change(files, ORGANIZATION, start_dates=text, housing_help=f"{text} " * 40)
    known = organization(files.organization)
    assert known.start_dates == text
    assert known.housing_help is not None
    assert known.housing_help.split() == (f"{text} " * 40).split()


@pytest.mark.parametrize(
    ("subject", "after", "said"),
    [
        ("topics/electives", {"next": ["nowhere_at_all"]}, "does not exist"),
        ("topics/electives", {"reviewed": "soon"}, "reviewed"),
        ("topics/electives", {"sources": [{"title": "x", "url": "javascript:alert(1)"}]}, "url"),
        ("topics/electives", {"answer": None}, "answer"),
        (ORGANIZATION, {"contact_url": "ftp://example.org"}, "https://"),
        (ORGANIZATION, {"hours": {"timezone": "Mars/Olympus", "weekly": {}, "holidays": []}}, "no time zone"),
        (ORGANIZATION, {"unattended_alert_minutes": "soon"}, "unattended_alert_minutes"),
        (ORGANIZATION, {"made_up": "x"}, "made_up"),
    ],
)
def test_what_the_checks_refuse_is_not_written(
    files: Files, subject: str, after: dict[str, Any], said: str
) -> None:
    before = {path: path.read_text() for path in [files.organization, *files.topics]}
    with pytest.raises(KnowledgeError, match=said) as refused:
        change(files, subject, **after)
    assert str(files.knowledge.parent) not in str(refused.value)
    assert {path: path.read_text() for path in before} == before
    assert not list(files.knowledge.rglob("*.tmp"))


def test_an_edit_of_what_somebody_changed_meanwhile_is_refused(files: Files) -> None:
    before = {"reviewed": editing.entry(files, "topics/electives")["reviewed"]}
    change(files, "topics/electives", reviewed="2026-12-01")
    with pytest.raises(EditConflict):
        editing.apply(files, "topics/electives", before, {"reviewed": "2026-12-02"})


def test_an_edit_can_be_undone_to_the_letter(files: Files) -> None:
    before = files.organization.read_text()
    undo = change(files, ORGANIZATION, name="Somebody")
    assert files.organization.read_text() != before
    undo()
    assert files.organization.read_text() == before


def test_writers_at_the_same_time_lose_nothing(files: Files) -> None:
    ids = ["electives", "sub_internship"]

    def write(topic_id: str) -> None:
        with files.held():
            change(files, f"topics/{topic_id}", notes=f"by {topic_id}")

    threads = [threading.Thread(target=write, args=(one,)) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [editing.entry(files, f"topics/{one}")["notes"] for one in ids] == [f"by {one}" for one in ids]


def test_a_folder_that_cannot_be_written_is_said_so(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(editing.os, "fsync", refused)
    with pytest.raises(KnowledgeError, match="cannot be written here"):
        change(files, ORGANIZATION, name="Somebody")
