"""One front desk for the journeys of this room, and Debian's Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.desk import Desk

# A headless browser that asks nobody outside this machine for anything.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = Desk(tmp_path_factory.mktemp("desk"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def own_desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk of the test's own, not started yet."""
    made = Desk(tmp_path / "desk")
    yield made
    made.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    executable = os.environ.get("CHHA_CHROMIUM") or shutil.which("chromium")
    if executable is None:
        pytest.fail("Chromium is missing: run `apt-get install chromium`, or name one in CHHA_CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()
