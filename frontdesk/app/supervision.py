"""The three processes under supervisord: what runs, how it is stopped, how each is asked if it is well.

Only what a supervisor needs to know; starting a front desk for a person is `frontdesk.app.run`.
"""

from __future__ import annotations

import configparser
import contextlib
import http.client
import os
import socket
import sys
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frontdesk.settings import ROOT, Settings

RASA_PYTHON = ROOT / "extensions" / ".venv" / "bin" / "python"
STOP_SECONDS = 10
RETRIES = 1000  # a part that keeps failing is tried again, with supervisord's growing pause, not given up


@dataclass(frozen=True)
class Part:
    """One supervised process: its command, and the address that answers 200 when it is well."""

    name: str
    title: str
    command: list[str]
    health: str
    port: int
    port_setting: str


def parts(settings: Settings) -> list[Part]:
    """The parts of a front desk on one machine, in the order in which they are started."""
    rasa = [
        str(RASA_PYTHON),
        "-m",
        "extensions.launcher",
        "run",
        # The folder: at each start the launcher takes the model that is live then.
        "--model",
        str(settings.models_dir),
        "--interface",
        settings.rasa_host,
        "--port",
        str(settings.rasa_port),
    ]
    return [
        Part(
            "actions",
            "Action server",
            [sys.executable, "-m", "actions"],
            f"http://{settings.actions_host}:{settings.actions_port}/health",
            settings.actions_port,
            "CHHA_ACTIONS_PORT",
        ),
        Part(
            "rasa",
            "Rasa",
            rasa,
            f"{settings.rasa_url}/webhooks/rest/ready",
            settings.rasa_port,
            "CHHA_RASA_PORT",
        ),
        Part(
            "frontdesk",
            "Front desk",
            [sys.executable, "-m", "frontdesk.app.serve"],
            f"http://{settings.host}:{settings.port}/health",
            settings.port,
            "CHHA_PORT",
        ),
    ]


def environment(settings: Settings) -> dict[str, str]:
    """What the parts find in their environment: this process's own, and the keys they share."""
    tracker = os.environ.get("CHHA_TRACKER_URL") or f"sqlite:///{settings.var_dir / 'tracker.db'}"
    return {
        **os.environ,
        "CHHA_SECRET_KEY": settings.secret_key,
        "CHHA_RASA_KEY": settings.rasa_key,
        "CHHA_ACTIONS_URL": settings.actions_url,
        "CHHA_TRACKER_URL": tracker,
        "CHHA_ACTION_TIMEOUT": str(settings.action_timeout),
        "CHHA_VAR_DIR": str(settings.var_dir),
        "CHHA_ACTIONS_HOST": settings.actions_host,
        "CHHA_ACTIONS_PORT": str(settings.actions_port),
        "RASA_TELEMETRY_ENABLED": "false",
        "PYTHONUNBUFFERED": "1",
        # One thread a process: the machine's cores belong to the parts, not to idle pools.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def write_configuration(settings: Settings, running: list[Part]) -> Path:
    """supervisord's configuration under `var/`; it holds no secret (those travel in the environment)."""
    logs = settings.var_dir / "log"
    logs.mkdir(parents=True, exist_ok=True)
    made = configparser.RawConfigParser()
    made["supervisord"] = {
        "nodaemon": "true",
        "logfile": str(logs / "supervisor.log"),
        "pidfile": str(settings.var_dir / "supervisor.pid"),
        "childlogdir": str(logs),
        "loglevel": "info",
        "silent": "true",
    }
    made["unix_http_server"] = {"file": str(control_socket(settings)), "chmod": "0700"}
    made["supervisorctl"] = {"serverurl": f"unix://{control_socket(settings)}"}
    made["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    for place, part in enumerate(running):
        made[f"program:{part.name}"] = {
            "command": " ".join(_quoted(word) for word in part.command),
            "directory": str(ROOT),
            "priority": str(10 * (place + 1)),
            "autorestart": "true",
            "startretries": str(RETRIES),
            "startsecs": "1",
            "stopsignal": "TERM",
            "stopwaitsecs": str(STOP_SECONDS),
            "stopasgroup": "true",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": str(logs / f"{part.name}.log"),
            "stdout_logfile_maxbytes": "5MB",
            "stdout_logfile_backups": "2",
        }
    path = settings.var_dir / "supervisor.conf"
    with path.open("w") as file:
        made.write(file)
    return path


def control_socket(settings: Settings) -> Path:
    return settings.var_dir / "supervisor.sock"


class NotSupervised(RuntimeError):
    """No supervisor of this installation answers on this machine."""


def restart(settings: Settings, part: str) -> None:
    """Stop a part and start it again; returns when the supervisor has started it.

    Raises:
        NotSupervised
    """
    proxy = xmlrpc.client.ServerProxy(
        "http://localhost", transport=_UnixTransport(control_socket(settings), seconds=2 * STOP_SECONDS)
    )
    try:
        # It may be stopped already; then starting is all there is to do.
        with contextlib.suppress(xmlrpc.client.Fault):
            proxy.supervisor.stopProcess(part, True)
        proxy.supervisor.startProcess(part, False)
    except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
        raise NotSupervised(f"The supervisor did not restart {part} ({type(error).__name__}).") from None


def _quoted(word: str) -> str:
    """A word of a command as supervisord reads it: its configuration expands `%`."""
    escaped = word.replace("%", "%%")
    return f'"{escaped}"' if " " in escaped else escaped


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, seconds: float):
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(str(self._path))


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path, seconds: float = 5):
        super().__init__()
        self._path = path
        self._seconds = seconds

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _UnixConnection(self._path, self._seconds)


@dataclass(frozen=True)
class ProcessState:
    """What supervisord says of a part: RUNNING, STARTING, BACKOFF, EXITED, FATAL, …; `pid` 0 without one."""

    name: str
    state: str
    pid: int
    exit_status: int


def process_states(settings: Settings) -> dict[str, ProcessState]:
    """The parts as supervisord sees them; empty when it does not answer."""
    proxy = xmlrpc.client.ServerProxy("http://localhost", transport=_UnixTransport(control_socket(settings)))
    with contextlib.suppress(OSError, http.client.HTTPException, xmlrpc.client.Error):
        listed: Any = proxy.supervisor.getAllProcessInfo()
        return {
            str(one["name"]): ProcessState(
                str(one["name"]), str(one["statename"]), int(one["pid"]), int(one["exitstatus"])
            )
            for one in listed
        }
    return {}
