"""Benchmark: what the operating system knows of a process, and how far a training is. Knows no assistant."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

MEGABYTE = 1_000_000
PROGRESS_EVERY = 15.0
_COMPONENT = re.compile(r"Starting to train component '(\w+)'")
_EPOCHS = re.compile(r"Epochs:\s+\d+%\|[^|]*\|\s*(\d+)/(\d+)")


class TrainingFailed(RuntimeError):
    """A training ended without a model; the text says where its log is."""


def resident_megabytes(pid: int) -> float:
    """Resident memory (RSS) of a process and all that it started, in MB; 0 when it is gone."""
    return sum(_rss_kilobytes(one) for one in family(pid)) * 1024 / MEGABYTE


def cpu_seconds(pid: int) -> float | None:
    """Processor time that a process and all that it started have used so far; None where /proc is missing."""
    if not Path("/proc/self/stat").exists():
        return None
    ticks = 0
    for one in family(pid):
        try:
            # Behind the name in brackets: the 12th and 13th word are user and system time.
            words = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """The process, its children, theirs, and so on."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True).stdout
    children: dict[int, list[int]] = {}
    for line in listed.splitlines():
        own, parent = (int(word) for word in line.split())
        children.setdefault(parent, []).append(own)
    found = [pid]
    for one in found:
        found.extend(children.get(one, []))
    return found


def _rss_kilobytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status")
    try:
        match = re.search(r"VmRSS:\s+(\d+) kB", status.read_text())
        return float(match.group(1)) if match else 0.0
    except OSError:
        pass
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return float(told) if told else 0.0


def training_progress(log: str) -> str:
    """How far a Rasa training is, read from its log: the component and its epochs."""
    components = list(_COMPONENT.finditer(log))
    if not components:
        return "reading the data"
    last = components[-1]
    epochs = _EPOCHS.findall(log[last.end() :])
    return f"{last.group(1)}, epoch {epochs[-1][0]} of {epochs[-1][1]}" if epochs else last.group(1)


def train(
    command: list[str], cwd: Path, env: dict[str, str], log: Path, limit: float, tell: Callable[[str], None]
) -> tuple[float, float]:
    """Run one training to its end, telling how far it is.

    Returns:
        its seconds and the highest resident memory seen, in MB.

    Raises:
        TrainingFailed: it ended badly or took longer than `limit` seconds; nothing of it is left running.
    """
    began = told = time.monotonic()
    peak = 0.0
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=out, stderr=out, start_new_session=True)
        try:
            while process.poll() is None:
                peak = max(peak, resident_megabytes(process.pid))
                now = time.monotonic()
                if now - began > limit:
                    raise TrainingFailed(f"Training took longer than {limit / 60:.0f} minutes; see {log}.")
                if now - told > PROGRESS_EVERY:
                    told = now
                    minutes, seconds = divmod(int(now - began), 60)
                    tell(f"{minutes}:{seconds:02d}  {training_progress(log.read_text(errors='replace'))}")
                time.sleep(0.25)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    if process.returncode:
        how = f"was ended by signal {-process.returncode}" if process.returncode < 0 else "failed"
        raise TrainingFailed(f"Training {how}; see {log}.")
    return time.monotonic() - began, peak
