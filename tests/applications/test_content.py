"""What people write by hand is looked at when a process starts: a missing file is said, not lived without."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from actions.__main__ import main as serve_actions
from frontdesk.app.serve import main as serve_front_desk
from frontdesk.applications import content
from frontdesk.knowledge.files import KnowledgeError
from frontdesk.knowledge.vocabulary import KINDS, answer_words, vocabulary
from frontdesk.settings import ROOT, load_settings

STARTS = [pytest.param(serve_front_desk, id="front desk"), pytest.param(serve_actions, id="action server")]


@pytest.fixture
def knowledge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = Path(shutil.copytree(ROOT / "knowledge", tmp_path / "knowledge"))
    monkeypatch.setenv("CHHA_KNOWLEDGE_DIR", str(folder))
    monkeypatch.setenv("CHHA_VAR_DIR", str(tmp_path / "var"))
    return folder


@pytest.mark.parametrize("start", STARTS)
def test_a_start_without_the_words_of_yes_and_no_is_refused_with_a_sentence(
    start: Callable[[], int], knowledge: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (knowledge / "vocabulary" / "answers" / "yes_no.yml").unlink()
    assert start() == 2
    said = capsys.readouterr().err
    assert "no file of the kind yes_no; restore it from the repository" in said


@pytest.mark.parametrize("start", STARTS)
def test_a_start_without_the_folder_of_answer_words_is_refused_with_a_sentence(
    start: Callable[[], int], knowledge: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(knowledge / "vocabulary" / "answers")
    assert start() == 2
    said = capsys.readouterr().err
    assert str(knowledge / "vocabulary" / "answers") in said
    assert "yes_no" in said


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_file_of_the_vocabulary_is_needed(kind: str, knowledge: Path) -> None:
    [file] = [
        path
        for path in (knowledge / "vocabulary").glob("*.yml")
        if f"\nkind: {kind}\n" in f"\n{path.read_text(encoding='utf-8')}"
    ]
    file.unlink()
    with pytest.raises(KnowledgeError, match=kind):
        vocabulary(knowledge / "vocabulary")


def test_the_content_of_the_repository_is_whole(knowledge: Path) -> None:
    content.check(load_settings())


def test_words_whose_file_vanishes_later_are_kept_as_they_were_last_good(
    knowledge: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = knowledge / "vocabulary" / "answers"
    assert answer_words(folder)["yes_no"].terms.get("yes") == "yes"
    (folder / "yes_no.yml").unlink()
    assert answer_words(folder)["yes_no"].terms.get("yes") == "yes"
    assert "was not taken up" in caplog.text


def test_a_word_added_to_a_file_counts_at_once(knowledge: Path) -> None:
    folder = knowledge / "vocabulary" / "answers"
    assert answer_words(folder)["yes_no"].terms.get("qwertyes") is None
    file = folder / "yes_no.yml"
    file.write_text(file.read_text().replace("aliases: [", "aliases: [qwertyes, ", 1))
    assert answer_words(folder)["yes_no"].terms.get("qwertyes") == "yes"
