"""One process that runs turns, for tests that start or kill several: `… <database> <rasa url> <lease>`."""

from __future__ import annotations

import asyncio
import signal
import sys

from frontdesk.conversations.rasa import RasaClient
from frontdesk.conversations.turns import TurnRunner
from frontdesk.records.session import Record
from frontdesk.settings import Settings
from tests.stand_in_rasa import KEY


async def main(database: str, rasa_url: str, lease: float) -> None:
    record = Record(database)
    settings = Settings(_env_file=None, turn_lease=lease, secret_key="a", rasa_key=KEY)  # type: ignore[call-arg]
    runner = TurnRunner(record, RasaClient(rasa_url, KEY, 15), settings)
    loop = asyncio.get_running_loop()
    running = asyncio.create_task(runner.run())
    loop.add_signal_handler(signal.SIGTERM, lambda: asyncio.create_task(runner.stop()))
    print("ready", flush=True)
    await running


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
