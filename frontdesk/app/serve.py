"""`python -m frontdesk.app.serve`: one web process of the front desk.

Exit codes: 0 stopped, 2 something to mend first (said in one sentence).
"""

from __future__ import annotations

import socket
import sys

import uvicorn
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from frontdesk.app import logs
from frontdesk.app.main import create_app
from frontdesk.applications import content
from frontdesk.knowledge.files import KnowledgeError
from frontdesk.records.migrate import migrate
from frontdesk.records.session import Record
from frontdesk.settings import Settings, SettingsError, load_settings

STOP_SECONDS = 6  # below the supervisor's patience


def main() -> int:
    try:
        settings = load_settings()
        content.check(settings)
        _prepare(settings)
        listener = _listen(settings)
    except (SettingsError, KnowledgeError, CannotServe) as error:
        print(error, file=sys.stderr)
        return 2
    logs.configure(settings.log_level)
    uvicorn.Server(configuration(create_app(settings))).run(sockets=[listener])
    return 0


def configuration(app: FastAPI) -> uvicorn.Config:
    """How uvicorn serves the front desk."""
    return uvicorn.Config(
        app,
        access_log=False,  # ours leaves the query out
        log_config=None,
        server_header=False,
        proxy_headers=False,  # ours believes the last hop only
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_keep_alive=30,
    )


class CannotServe(RuntimeError):
    """The web process cannot start; the text says why and what to do."""


def _prepare(settings: Settings) -> None:
    record = Record(settings.database)
    try:
        migrate(record)
    except (SQLAlchemyError, OSError) as error:
        cause = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise CannotServe(f"The database cannot be prepared: {cause}. Check DATABASE_URL.") from None
    finally:
        record.close()


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise CannotServe(
            f"Port {settings.port} on {settings.host} cannot be used ({error.strerror}). "
            "Stop what uses it, or choose another with CHHA_PORT=<port>."
        ) from None
    return listener


if __name__ == "__main__":
    raise SystemExit(main())
