"""The action server: `python -m actions`, where Rasa sends the custom actions that it decided on.

rasa-sdk's own start puts the server into a worker process of its own. Killed hard, the parent leaves that
worker on the port: it serves on, and the server that a supervisor starts anew cannot bind. Here it is one
process.
"""

from __future__ import annotations

import logging
import sys

from rasa_sdk.endpoint import create_app_for_serve
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.utils import update_sanic_log_level

from frontdesk.applications import content
from frontdesk.knowledge.files import KnowledgeError
from frontdesk.settings import ROOT, SettingsError, load_settings

# Longer than Rasa keeps a silent connection for its next call (extensions.remote_actions).
KEEP_ALIVE_SECONDS = 60


def main() -> int:
    """Serve the actions on `CHHA_ACTIONS_HOST` and `CHHA_ACTIONS_PORT` until a signal ends the process.

    Exit codes: 0 stopped, 2 something to mend first (said in one sentence).
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = load_settings()
        content.check(settings)
    except (SettingsError, KnowledgeError) as error:
        print(error, file=sys.stderr)
        return 2
    update_sanic_log_level()
    executor = ActionExecutor()
    executor.register_package("actions")
    app = create_app_for_serve(executor, endpoints=str(ROOT / "endpoints.yml"))
    app.config.KEEP_ALIVE_TIMEOUT = KEEP_ALIVE_SECONDS
    app.run(
        host=settings.actions_host,
        port=settings.actions_port,
        single_process=True,
        access_log=False,
        motd=False,
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
