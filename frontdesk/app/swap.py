"""Restarting Rasa for a new model, under the supervisor that `make run` started.

A turn that is cut off by it was not saved, waits in the record, and is run again by the model that comes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus

import httpx

from frontdesk.app import supervision
from frontdesk.app.supervision import NotSupervised, control_socket
from frontdesk.settings import Settings
from frontdesk.staff.learning_training import SwapFailed

BACK_SECONDS = 120.0
LOOK_SECONDS = 0.1


def restarting(settings: Settings) -> Callable[[], None] | None:
    """What restarts Rasa, or None where no supervisor of ours runs on this machine."""
    if not control_socket(settings).exists():
        return None

    def restart() -> None:
        try:
            supervision.restart(settings, "rasa")
        except NotSupervised as error:
            raise SwapFailed(str(error)) from None
        until, first = time.monotonic() + BACK_SECONDS, 0
        with httpx.Client(timeout=2.0, trust_env=False) as client:
            while time.monotonic() < until:
                if _is_ready(client, f"{settings.rasa_url}/webhooks/rest/ready"):
                    return
                state = supervision.process_states(settings).get("rasa")
                pid = state.pid if state is not None else 0
                first = first or pid
                # Started anew by the supervisor: the first one ended by itself, and so will the next.
                if pid not in (0, first) or (state is not None and state.state in ("BACKOFF", "FATAL")):
                    break
                time.sleep(LOOK_SECONDS)
        raise SwapFailed("Rasa does not come back; see its log.")

    return restart


def _is_ready(client: httpx.Client, address: str) -> bool:
    try:
        return client.get(address).status_code == HTTPStatus.OK
    except httpx.HTTPError:
        return False
