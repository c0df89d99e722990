"""`make run`: checks what must be right, starts the parts, says where to go, and stops everything at Ctrl-C.

Exit codes: 0 stopped by the person, 2 something to mend first (said in one sentence).
"""

from __future__ import annotations

import ctypes
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

from sqlalchemy.exc import SQLAlchemyError

from frontdesk.app.supervision import (
    RASA_PYTHON,
    STOP_SECONDS,
    Part,
    environment,
    parts,
    process_states,
    write_configuration,
)
from frontdesk.applications import content
from frontdesk.knowledge.files import KnowledgeError
from frontdesk.records.migrate import migrate
from frontdesk.records.session import Record
from frontdesk.settings import Settings, SettingsError, load_settings
from frontdesk.staff.accounts import OneTimePassword, ensure_first_account
from frontdesk.staff.learning_models import Models

START_SECONDS = 120
FAILURES_BEFORE_GIVING_UP = 2


class CannotRun(RuntimeError):
    """The front desk cannot be started; the text says why and what to do."""


def main() -> int:
    try:
        settings = load_settings()
        model = check(settings)
        password = prepare_record(settings)
        return FrontDesk(settings, model).run(password)
    except (SettingsError, KnowledgeError, CannotRun) as error:
        print(f"\n{error}", file=sys.stderr)
        return 2


def check(settings: Settings) -> Path:
    """Everything that can be known before starting; returns the model to run.

    Raises:
        CannotRun, KnowledgeError: with the sentence for the person.
    """
    check_content(settings)
    if not RASA_PYTHON.exists() or not settings.widget_file.exists():
        raise CannotRun("This checkout is not set up yet. Run `make setup` (or just `make run`).")
    for part in parts(settings):
        if taken(settings.host if part.name == "frontdesk" else "127.0.0.1", part.port):
            raise CannotRun(
                f"Port {part.port}, which the {part.title.lower()} needs, is taken. Stop what uses it, "
                f"or choose another with {part.port_setting}=<port>."
            )
    return newest_model(settings.models_dir)


def check_content(settings: Settings) -> None:
    """What people write by hand is read once.

    Raises:
        KnowledgeError: with file, place and reason.
    """
    say("Checking organization.yml and knowledge/")
    content.check(settings)


def newest_model(folder: Path) -> Path:
    """The model that was put live in the console (`models/live.json`), else the newest trained one."""
    found = Models(folder).live()
    if found is None:
        raise CannotRun("There is no trained model in models/. Run `make train`.")
    return found


def taken(host: str, port: int) -> bool:
    """Whether something listens on that port already."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def prepare_record(settings: Settings) -> OneTimePassword | None:
    """Migrate the record; make the first staff account when there is none."""
    say("Preparing the record")
    record = Record(settings.database)
    try:
        migrate(record)
        with record.transaction() as session:
            return ensure_first_account(session)
    except (SQLAlchemyError, OSError) as error:
        cause = (str(getattr(error, "orig", None) or error)).splitlines()[0]
        raise CannotRun(f"The database cannot be prepared: {cause}. Check DATABASE_URL.") from None
    finally:
        record.close()


class FrontDesk:
    """The parts of one front desk, from start to stop."""

    def __init__(self, settings: Settings, model: Path):
        self.settings = settings
        self.parts = parts(settings)
        self.model = model
        self._stopping = False
        self._supervisor: subprocess.Popen[bytes] | None = None

    def run(self, password: OneTimePassword | None) -> int:
        """Start, wait until all are well, tell where to go, stay until asked to stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        try:
            self._start()
            self._wait_until_well()
            if not self._stopping:
                self._welcome(password)
            while not self._stopping and self._supervisor_lives():
                time.sleep(0.5)
            if not self._stopping:
                raise CannotRun(f"The supervisor ended by itself; see {self.settings.var_dir / 'log'}.")
        finally:
            self._end()
        return 0

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _start(self) -> None:
        configuration = write_configuration(self.settings, self.parts)
        say(f"Starting {', '.join(part.title for part in self.parts)} (model {self.model.name})")
        self._supervisor = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(configuration)],
            env=environment(self.settings),
            # Ctrl-C reaches this process alone; it then stops the others in order.
            start_new_session=True,
            preexec_fn=_die_with_parent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _supervisor_lives(self) -> bool:
        return self._supervisor is not None and self._supervisor.poll() is None

    def _wait_until_well(self) -> None:
        began = time.monotonic()
        waiting = list(self.parts)
        failures: dict[str, int] = {}
        seen: dict[str, int] = {}
        while waiting and not self._stopping:
            for part in list(waiting):
                if answers(part.health):
                    say(f"{part.title} is ready ({time.monotonic() - began:.1f} s)")
                    waiting.remove(part)
            for part in waiting:
                self._give_up_on(part, failures, seen)
            if not self._supervisor_lives():
                raise CannotRun(
                    f"The supervisor ended: {self._last_words('supervisor')} "
                    f"Is another front desk running on {self.settings.var_dir}?"
                )
            if time.monotonic() - began > START_SECONDS:
                raise CannotRun(
                    f"{waiting[0].title} did not become ready within {START_SECONDS} s: "
                    f"{self._last_words(waiting[0].name)}"
                )
            time.sleep(0.1)

    def _give_up_on(self, part: Part, failures: dict[str, int], seen: dict[str, int]) -> None:
        """A part that ends again and again while starting will not get well by itself."""
        state = process_states(self.settings).get(part.name)
        if state is None or state.state not in ("BACKOFF", "EXITED", "FATAL"):
            if state is not None and state.pid and seen.get(part.name, state.pid) != state.pid:
                failures[part.name] = failures.get(part.name, 0) + 1
            if state is not None and state.pid:
                seen[part.name] = state.pid
        else:
            seen[part.name] = -1
            failures.setdefault(part.name, 0)
        if failures.get(part.name, 0) >= FAILURES_BEFORE_GIVING_UP:
            raise CannotRun(f"{part.title} does not start: {self._last_words(part.name)}")

    def _last_words(self, name: str) -> str:
        path = self.settings.var_dir / "log" / f"{name}.log"
        try:
            lines = [line.strip() for line in path.read_text(errors="replace").splitlines() if line.strip()]
        except OSError:
            lines = []
        said = lines[-1] if lines else "it said nothing."
        return f"{said} (log: {path})"

    def _welcome(self, password: OneTimePassword | None) -> None:
        base = self.settings.base_url
        print(f"\n  Website with the widget   {base}/", flush=True)
        print(f"  Staff console             {base}/staff/", flush=True)
        if password is not None:
            print(
                f"  First staff account       login {password.login}, one-time password {password.password}"
            )
        print("\nCtrl-C stops everything.", flush=True)

    def _end(self) -> None:
        if self._supervisor is None:
            return
        say("Stopping")
        if self._supervisor_lives():
            self._supervisor.terminate()
        try:
            self._supervisor.wait(timeout=len(self.parts) * STOP_SECONDS + 5)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
        say("Stopped")


def _die_with_parent() -> None:
    """On Linux, the supervisor is told to stop when this process is killed outright."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGTERM)


def answers(url: str) -> bool:
    """Whether this address answers 200 within a second."""
    try:
        with urllib.request.urlopen(url, timeout=1) as response:  # noqa: S310 - our own loopback address
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False


def say(text: str) -> None:
    print(f"· {text}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
