"""Vectors of training examples are encoded once, and a lost or broken file only costs time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from extensions.nlu import kept_vectors
from extensions.nlu.encoder import SentenceEncoder


class Counting(SentenceEncoder):
    """Gives each text a vector made from its length, and counts what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode_all(self, texts: list[str]) -> np.ndarray:
        self.asked += texts
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        rows[:, 0] = [len(text) for text in texts]
        return rows


@pytest.fixture
def few_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_vectors, "WORTH_KEEPING", 2)


@pytest.mark.usefixtures("few_are_worth_it")
def test_only_new_texts_are_encoded_and_all_keep_their_place(tmp_path: Path) -> None:
    kept_vectors.encode(["a", "bb"], Counting(), tmp_path)
    second = Counting()
    rows = kept_vectors.encode(["ccc", "bb", "a", "bb"], second, tmp_path)
    assert second.asked == ["ccc"]
    assert rows[:, 0].tolist() == [3, 2, 1, 2]


@pytest.mark.usefixtures("few_are_worth_it")
def test_texts_that_left_the_data_leave_the_file(tmp_path: Path) -> None:
    kept_vectors.encode(["a", "bb"], Counting(), tmp_path)
    kept_vectors.encode(["bb", "ccc"], Counting(), tmp_path)
    third = Counting()
    kept_vectors.encode(["a", "ccc"], third, tmp_path)
    assert third.asked == ["a"]


@pytest.mark.usefixtures("few_are_worth_it")
@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 torn"])
def test_a_broken_file_is_made_anew(tmp_path: Path, content: bytes) -> None:
    kept_vectors.encode(["a", "bb"], Counting(), tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    again = Counting()
    assert kept_vectors.encode(["a", "bb"], again, tmp_path)[:, 0].tolist() == [1, 2]
    assert again.asked == ["a", "bb"]
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.usefixtures("few_are_worth_it")
def test_a_folder_that_cannot_be_written_only_costs_the_next_time(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    rows = kept_vectors.encode(["a", "bb"], Counting(), tmp_path / "taken")
    assert rows[:, 0].tolist() == [1, 2]


def test_few_texts_leave_no_file(tmp_path: Path) -> None:
    kept_vectors.encode(["a", "bb"], Counting(), tmp_path)
    assert list(tmp_path.iterdir()) == []
