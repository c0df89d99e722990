"""Browser room of the widget: the built script in a real Chromium, against the tests' own front desk.

Run with `python -m pytest widget/tests/browser` after `npm run build`. Must not import the service: what the
widget promises, it promises to any server that keeps the contract.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from widget.tests.browser.visitors import FrontDesk, Visitor

WIDGET = Path(__file__).resolve().parents[2]
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
def clerk() -> Iterator[str]:
    """Where each test gets a front desk of its own: a process for each would take longer than most tests."""
    if not (WIDGET / "dist" / "widget.js").exists():
        pytest.fail("widget/dist/widget.js is missing: run `npm run build` in widget/ first.")
    node = shutil.which("node")
    assert node is not None, "Node is missing: install Node 20 or later."
    command = [node, "tests/mock-server.mjs", "--fresh"]
    process = subprocess.Popen(command, cwd=WIDGET, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def desk(clerk: str) -> FrontDesk:
    answer = httpx.post(clerk, timeout=10)
    answer.raise_for_status()
    return FrontDesk(answer.text)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    executable = os.environ.get("CHHA_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        pytest.fail("No Chromium found: install it or name it in CHHA_CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(chromium: Browser, desk: FrontDesk) -> Iterator[Callable[..., Visitor]]:
    contexts: list[BrowserContext] = []

    def make(*, phone: bool = False, width: int | None = None, **options: Any) -> Visitor:
        size = {"width": width or (390 if phone else 1280), "height": 844 if phone else 800}
        context = chromium.new_context(viewport=size, has_touch=phone, is_mobile=phone, **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        return Visitor(context, desk)

    yield make
    for context in contexts:
        context.close()
