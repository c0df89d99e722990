"""Figures of understanding alone, which Rasa's Python works out (`understanding`), for the report."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from frontdesk.settings import ROOT
from tests.evaluation.sets import Sets

RASA_PYTHON = ROOT / "extensions" / ".venv" / "bin" / "python"
LONGEST = 1800.0


def of_model(model: Path, sets: Sets) -> dict[str, Any]:
    """`held_out` and `reliability` of a model of this project's pipeline, nothing of another one's."""
    chosen = ["--questions", str(sets.folder / "questions.jsonl")] if "questions" in sets.lines else []
    return _ask("--model", str(model), *chosen)


def cross_validated(kept: Path) -> dict[str, Any]:
    """The five-fold figures of the present training data; kept in a folder until data or code change."""
    print("· cross-validation of the training data", file=sys.stderr, flush=True)
    found: dict[str, Any] = _ask("--cross-validated", str(kept.resolve()))["cross_validated"]
    return found


def _ask(*words: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="chha-understanding-") as folder:
        out = Path(folder) / "figures.json"
        command = [str(RASA_PYTHON), "-m", "tests.evaluation.understanding", "--out", str(out), *words]
        subprocess.run(command, cwd=ROOT, check=True, timeout=LONGEST, stdout=subprocess.DEVNULL)
        found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return found
