"""Every check of the house, room by room: `python -m tests.suite`, one room: `python -m tests.suite staff`.

What `make test`, `make test-room` and `make check` call. All checks together run in lanes, as many at once as
the machine has cores: most of them wait for processes that start. The output of each is printed whole when it
ends; one room alone prints as it runs. A table closes both; leaves with 1 when any failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = str(ROOT / ".venv" / "bin" / "python")
BIN = ROOT / ".venv" / "bin"
RASA_PYTHON = str(ROOT / "extensions" / ".venv" / "bin" / "python")
WIDGET = ROOT / "widget"


@dataclass(frozen=True)
class Check:
    """One command; `rooms` are the names under which it can be asked for; `alone`: nothing runs beside it."""

    title: str
    rooms: tuple[str, ...]
    command: list[str]
    cwd: Path = ROOT
    env: dict[str, str] = field(default_factory=dict)
    alone: bool = False


def pytest(folder: str, *more: str, room: str | None = None) -> Check:
    return Check(f"Tests: {folder}", (room or folder,), [PYTHON, "-m", "pytest", f"tests/{folder}", *more])


def rasa(*words: str) -> list[str]:
    return [RASA_PYTHON, "-m", "extensions.launcher", *words]


def checks() -> list[Check]:
    """All checks: plain mistakes are said first, then the longest, so that no lane waits for the last one."""
    python_files = ["frontdesk", "actions", "extensions", "tests", "deploy", "widget/tests"]
    return [
        Check("Linter", ("check",), [str(BIN / "ruff"), "check", "--output-format=concise", *python_files]),
        Check("Formatter", ("check",), [str(BIN / "ruff"), "format", "--check", "-q", *python_files]),
        Check("Contract of the rooms", ("check",), [str(BIN / "lint-imports")]),
        Check("Types of frontdesk and actions", ("check",), [str(BIN / "mypy")]),
        Check("Types of the widget", ("check", "widget"), ["npm", "run", "--silent", "check"], WIDGET),
        Check("Linter of the widget", ("check", "widget"), ["npm", "run", "--silent", "lint"], WIDGET),
        replace(pytest("journey"), alone=True),
        Check("Widget in a browser", ("widget",), [PYTHON, "-m", "pytest", "widget/tests/browser"]),
        pytest("staff"),
        extensions_tests(),
        pytest("conversations"),
        pytest("channels", "--ignore=tests/channels/messaging"),
        pytest("channels/messaging", room="channels"),
        pytest("app"),
        pytest("actions"),
        pytest("applications"),
        Check("Tests: widget", ("widget",), ["npm", "run", "--silent", "test"], WIDGET),
        Check("Size of the widget", ("widget",), ["npm", "run", "--silent", "size"], WIDGET),
        Check("Rasa: data validation", ("rasa",), rasa("data", "validate", "--fail-on-warnings")),
        Check("Rasa: test stories", ("rasa",), rasa_stories()),
        pytest("records"),
        pytest("files"),
        pytest("mail"),
        pytest("knowledge"),
    ]


def extensions_tests() -> Check:
    """What runs inside Rasa is tested by Rasa's own Python, without the settings of the modern room."""
    options = ["-c", "/dev/null", "--rootdir", str(ROOT), "-q", "-p", "no:cacheprovider"]
    options += ["-o", "asyncio_mode=auto", "--disable-warnings"]
    return Check(
        "Tests: extensions", ("extensions",), [RASA_PYTHON, "-m", "pytest", "tests/extensions", *options]
    )


def rasa_stories() -> list[str]:
    return rasa(
        "test", "core", "--stories", "tests/rasa", "--fail-on-prediction-errors", "--out", "var/results"
    )


@dataclass(frozen=True)
class Result:
    """How a check ended, and the seconds that it took."""

    check: Check
    passed: bool
    seconds: float


def run_alone(check: Check) -> Result:
    """Run a check with its output shown as it comes."""
    print(headline(check.title), flush=True)
    began = time.monotonic()
    ended = subprocess.run(check.command, cwd=check.cwd, env=environment(check))
    return Result(check, ended.returncode == 0, time.monotonic() - began)


def run_in_lanes(chosen: list[Check], lanes: int) -> Iterator[Result]:
    """Run checks side by side, each one's output printed in one piece when it ends."""
    speaking = threading.Lock()

    def run(check: Check) -> Result:
        print(f"… {check.title}", flush=True)
        began = time.monotonic()
        ended = subprocess.run(
            check.command,
            cwd=check.cwd,
            env=environment(check),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        result = Result(check, ended.returncode == 0, time.monotonic() - began)
        with speaking:
            print(headline(check.title), ended.stdout.rstrip(), sep="\n", flush=True)
            print(line_of(result), flush=True)
        return result

    with ThreadPoolExecutor(lanes) as pool:
        yield from pool.map(run, chosen)


def environment(check: Check) -> dict[str, str]:
    return {**os.environ, "RASA_TELEMETRY_ENABLED": "false", **check.env}


def headline(title: str) -> str:
    return f"\n── {title} " + "─" * max(0, 78 - len(title))


def line_of(result: Result) -> str:
    return f"{'ok    ' if result.passed else 'FAILED'}  {result.seconds:6.1f} s  {result.check.title}"


def main(argv: list[str]) -> int:
    known = checks()
    rooms = sorted({room for check in known for room in check.rooms})
    wanted = argv[0] if argv else None
    if wanted and wanted not in rooms:
        print(f"There is no room {wanted!r}; choose one of {', '.join(rooms)}.", file=sys.stderr)
        return 2
    chosen = [check for check in known if wanted is None or wanted in check.rooms]
    began = time.monotonic()
    if wanted is None:
        results = list(
            run_in_lanes([one for one in chosen if not one.alone], lanes=max(2, os.cpu_count() or 1))
        )
        # Whole desks started, killed and started again: what runs beside them would only make them slow.
        results += run_in_lanes([one for one in chosen if one.alone], lanes=1)
    else:
        results = [run_alone(check) for check in chosen]
    print("\n" + "═" * 82)
    for result in results:
        print(line_of(result))
    failed = sum(not result.passed for result in results)
    print(f"all after {time.monotonic() - began:.0f} s")
    print(f"checks: {len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
