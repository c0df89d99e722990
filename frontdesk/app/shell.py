"""`make shell`: the assistant in the terminal, through Rasa's own shell with the actions running beside it.

The record is the one that `make run` uses; what is said here stands there under the channel `rest`.
Exit codes: Rasa's own, 2 something to mend first (said in one sentence).
"""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import yaml

from frontdesk.app.run import CannotRun, answers, check_content, newest_model, prepare_record, say, taken
from frontdesk.app.supervision import RASA_PYTHON, STOP_SECONDS, Part, environment, parts
from frontdesk.knowledge.files import KnowledgeError
from frontdesk.settings import ROOT, Settings, SettingsError, load_settings

START_SECONDS = 60


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)  # a closed terminal must not leave the actions behind
    try:
        settings = load_settings()
        check_content(settings)
        model = newest_model(settings.models_dir)
        prepare_record(settings)
        with actions_beside(settings):
            return rasa_shell(settings, str(model))
    except (SettingsError, KnowledgeError, CannotRun) as error:
        print(f"\n{error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def actions_beside(settings: Settings) -> Iterator[None]:
    """The action server, started here unless a running front desk has one on the same port.

    Raises:
        CannotRun: it does not start, or something else has its port.
    """
    [part] = [part for part in parts(settings) if part.name == "actions"]
    if answers(part.health):
        yield
        return
    if taken(settings.actions_host, part.port):
        raise CannotRun(
            f"Port {part.port}, which the action server needs, is taken by something else. Stop it, or "
            f"choose another with {part.port_setting}=<port>."
        )
    log = settings.var_dir / "log" / "actions-of-shell.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    say("Starting the action server")
    with log.open("wb") as out:
        running = subprocess.Popen(
            part.command,
            cwd=ROOT,
            env=environment(settings),
            stdout=out,
            stderr=out,
            start_new_session=True,  # Ctrl-C is for the shell; the actions are stopped when it has ended
        )
    try:
        _wait_until_well(part, running, str(log))
        yield
    finally:
        running.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(timeout=STOP_SECONDS)
        running.kill()


def _wait_until_well(part: Part, running: subprocess.Popen[bytes], log: str) -> None:
    until = time.monotonic() + START_SECONDS
    while not answers(part.health):
        if running.poll() is not None:
            raise CannotRun(f"The action server ended while starting; see {log}.")
        if time.monotonic() > until:
            raise CannotRun(f"The action server did not become ready within {START_SECONDS} s; see {log}.")
        time.sleep(0.1)


def rasa_shell(settings: Settings, model: str) -> int:
    """Rasa's own shell in this terminal until its user leaves; its exit code."""
    say("Starting Rasa's shell; /stop leaves it")
    command = [str(RASA_PYTHON), "-m", "extensions.launcher", "shell", "--model", model]
    # The shell opens a port that nobody calls; a running front desk keeps its own.
    command += ["--port", str(_free_port()), "--endpoints", str(_endpoints(settings))]
    return subprocess.run(command, cwd=ROOT, env=environment(settings)).returncode


def _endpoints(settings: Settings) -> Path:
    """Rasa's endpoints with the address of these actions: its shell does not read it from the environment."""
    endpoints = yaml.safe_load((ROOT / "endpoints.yml").read_text(encoding="utf-8"))
    endpoints["action_endpoint"]["url"] = settings.actions_url
    made = settings.var_dir / "endpoints-of-shell.yml"
    made.write_text(yaml.safe_dump(endpoints), encoding="utf-8")
    return made


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    raise SystemExit(main())
