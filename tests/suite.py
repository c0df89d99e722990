"""Every check of the house, room by room: `python -m tests.suite`, one room: `python -m tests.suite staff`.

What `make test`, `make test-room` and `make check` call. Prints each check as it runs and a table at the end;
leaves with 1 when any failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = str(ROOT / ".venv" / "bin" / "python")
BIN = ROOT / ".venv" / "bin"
RASA_PYTHON = str(ROOT / "extensions" / ".venv" / "bin" / "python")
WIDGET = ROOT / "widget"


@dataclass(frozen=True)
class Check:
    """One command; `rooms` are the names under which it is run alone."""

    title: str
    rooms: tuple[str, ...]
    command: list[str]
    cwd: Path = ROOT
    env: dict[str, str] = field(default_factory=dict)


def pytest(room: str, *more: str) -> Check:
    return Check(f"Tests: {room}", (room,), [PYTHON, "-m", "pytest", f"tests/{room}", *more])


def rasa(*words: str) -> list[str]:
    return [RASA_PYTHON, "-m", "extensions.launcher", *words]


def checks() -> list[Check]:
    """All checks, quickest first, so that a plain mistake is said early."""
    python_files = ["frontdesk", "actions", "extensions", "tests", "deploy"]
    return [
        Check("Linter", ("check",), [str(BIN / "ruff"), "check", "--output-format=concise", *python_files]),
        Check("Formatter", ("check",), [str(BIN / "ruff"), "format", "--check", "-q", *python_files]),
        Check("Contract of the rooms", ("check",), [str(BIN / "lint-imports")]),
        Check("Types of frontdesk and actions", ("check",), [str(BIN / "mypy")]),
        Check("Types of the widget", ("check", "widget"), ["npm", "run", "--silent", "check"], WIDGET),
        Check("Linter of the widget", ("check", "widget"), ["npm", "run", "--silent", "lint"], WIDGET),
        Check("Tests: widget", ("widget",), ["npm", "run", "--silent", "test"], WIDGET),
        Check("Size of the widget", ("widget",), ["npm", "run", "--silent", "size"], WIDGET),
        pytest("knowledge"),
        pytest("records"),
        pytest("conversations"),
        pytest("applications"),
        pytest("actions"),
        pytest("channels"),
        pytest("staff"),
        pytest("app"),
        Check("Rasa: data validation", ("rasa",), rasa("data", "validate", "--fail-on-warnings")),
        Check("Rasa: test stories", ("rasa",), rasa_stories()),
        Check(
            "Tests: extensions",
            ("extensions",),
            [
                RASA_PYTHON,
                "-m",
                "pytest",
                "tests/extensions",
                "-c",
                "/dev/null",
                "--rootdir",
                str(ROOT),
                "-q",
                "-p",
                "no:cacheprovider",
            ],
        ),
        pytest("journey"),
    ]


def rasa_stories() -> list[str]:
    return rasa(
        "test", "core", "--stories", "tests/rasa", "--fail-on-prediction-errors", "--out", "var/results"
    )


def main(argv: list[str]) -> int:
    known = checks()
    rooms = sorted({room for check in known for room in check.rooms})
    wanted = argv[0] if argv else None
    if wanted and wanted not in rooms:
        print(f"There is no room {wanted!r}; choose one of {', '.join(rooms)}.", file=sys.stderr)
        return 2
    chosen = [check for check in known if wanted is None or wanted in check.rooms]
    results: list[tuple[Check, bool, float]] = []
    for check in chosen:
        print(f"\n── {check.title} " + "─" * max(0, 78 - len(check.title)), flush=True)
        began = time.monotonic()
        ended = subprocess.run(
            check.command,
            cwd=check.cwd,
            env={**os.environ, "RASA_TELEMETRY_ENABLED": "false", **check.env},
        )
        results.append((check, ended.returncode == 0, time.monotonic() - began))
    print("\n" + "═" * 82)
    for check, passed, seconds in results:
        print(f"{'ok    ' if passed else 'FAILED'}  {seconds:6.1f} s  {check.title}")
    failed = sum(not passed for _, passed, _ in results)
    print(f"checks: {len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
