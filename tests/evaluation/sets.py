"""The sets: JSON Lines files by name, each line checked before anything is played."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REQUIRED: dict[str, tuple[str, ...]] = {
    "questions": ("text", "topic"),
    "out_of_scope": ("text", "kind"),
    "followups": ("turns", "topics"),
    "compound": ("text", "topics"),
    "commands": ("text", "kind"),
    "applicants": ("opening", "facts", "answers"),
}


class SetError(ValueError):
    """A set cannot be used; the text names file and line."""


@dataclass(frozen=True)
class Sets:
    """The lines of each set that the folder holds."""

    folder: Path
    lines: dict[str, list[dict[str, Any]]]


def read_sets(folder: Path) -> Sets:
    """All sets of a folder.

    Raises:
        SetError: the folder holds none, or a line is not of its set's form.
    """
    lines = {name: _read(folder / f"{name}.jsonl", needed) for name, needed in REQUIRED.items()}
    found = {name: rows for name, rows in lines.items() if rows}
    if not found:
        raise SetError(f"{folder} holds none of {', '.join(f'{name}.jsonl' for name in REQUIRED)}.")
    return Sets(folder, found)


def _read(path: Path, needed: tuple[str, ...]) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise SetError(f"{path}, line {number}: not JSON ({error}).") from None
        missing = [key for key in needed if key not in row]
        if missing:
            raise SetError(f"{path}, line {number}: {', '.join(missing)} is missing.")
        rows.append(row)
    return rows
