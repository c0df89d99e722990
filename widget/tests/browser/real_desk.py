"""Browser room of the widget: the real front desk in a process of its own, with a stand-in for Rasa.

The one place of this room that knows the service. A child is forked from a process that has loaded the
service already, so that it can be killed and started again many times in a short test; what runs in it is
`frontdesk.app.serve`.
"""

import multiprocessing
import os
from multiprocessing.process import BaseProcess
from pathlib import Path

from frontdesk.knowledge.organization import WEEKDAYS
from frontdesk.records.migrate import migrate
from frontdesk.records.session import Record
from tests.stack import answers, free_port, wait_for
from tests.stand_in_rasa import KEY, StandInRasa

ALL_DAYS = ", ".join(f'{day}: ["00:00-23:59"]' for day in WEEKDAYS)
ORGANIZATION = f"name: CHHA\nhours: {{timezone: UTC, weekly: {{{ALL_DAYS}}}}}\n"


def _serve(env: dict[str, str]) -> None:
    os.environ.update(env)
    from frontdesk.app import main, serve

    main.STAFF_CONSOLE = "frontdesk.no_console"  # its many pages play no part, and take a second to set up
    raise SystemExit(serve.main())


def environment(folder: Path, port: int, rasa: int) -> dict[str, str]:
    """The settings of a front desk that keeps everything in `folder`; its organization is written there."""
    organization = folder / "organization.yml"
    organization.write_text(ORGANIZATION)
    return {
        "CHHA_PORT": str(port),
        "CHHA_RASA_PORT": str(rasa),
        "CHHA_ACTIONS_PORT": str(rasa),
        "CHHA_VAR_DIR": str(folder),
        "CHHA_ORGANIZATION_FILE": str(organization),
        "CHHA_SECRET_KEY": "a" * 43,
        "CHHA_RASA_KEY": KEY,
        "CHHA_MESSAGES_PER_MINUTE": "100000",
        "CHHA_CONVERSATIONS_PER_HOUR": "10000",
        "CHHA_READS_PER_MINUTE": "100000",
        "CHHA_CAPTCHA": "off",
        "CHHA_LOG_LEVEL": "ERROR",
        "DATABASE_URL": f"sqlite:///{folder / 'record.db'}",
    }


class RealDesk:
    """A front desk on a free port whose data outlives its process.

    Args:
        folder: where record, files and logs go.
        env: settings besides, such as `CHHA_MESSAGES_PER_MINUTE`.
    """

    def __init__(self, folder: Path, rasa: StandInRasa, **env: str):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._env = {**environment(folder, self.port, rasa.port), **env}
        self.record = Record(self._env["DATABASE_URL"])
        migrate(self.record)
        self._forks = multiprocessing.get_context("forkserver")
        self._forks.set_forkserver_preload(["frontdesk.app.serve", __name__, "widget.tests.browser.warm"])
        self._process: BaseProcess | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        self._process = process = self._forks.Process(target=_serve, args=(self._env,), daemon=True)
        process.start()

        def well() -> bool:
            assert process.is_alive(), "the front desk ended"
            return answers(f"{self.url}/api/widget/config")

        wait_for(well, "the front desk to answer", 60, 0.02)

    def kill(self) -> None:
        """SIGKILL: it has no time to end anything well."""
        if self._process is not None:
            self._process.kill()
            self._process.join(20)
            self._process = None

    def stop(self) -> None:
        self.kill()
        self.record.close()
