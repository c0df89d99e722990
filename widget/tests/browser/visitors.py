"""Browser room of the widget: the tests' front desk and the visitors who come to it."""

from typing import Any

import httpx
from playwright.sync_api import BrowserContext, ConsoleMessage, Page


class FrontDesk:
    """The tests' front desk in a process of its own, and the switches for its faults."""

    def __init__(self, url: str) -> None:
        self.url = url

    def call(self, name: str, *args: Any) -> dict[str, Any]:
        """Lets it do something on the newest conversation, such as `staff("Maya", "Hello")`."""
        return self._post({"call": name, "args": args})

    def faults(self, **faults: Any) -> None:
        self._post({"set": {"faults": faults}})

    def configure(self, **config: Any) -> None:
        self._post({"set": {"config": config}})

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self._post({})["messages"]]

    @property
    def seen(self) -> dict[str, Any]:
        return self._post({})["seen"]

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        answer = httpx.post(f"{self.url}/__mock", json=body, timeout=10)
        answer.raise_for_status()
        report: dict[str, Any] = answer.json()
        return report


class Visitor:
    """One visitor: a browser profile of their own, and whatever the console says meanwhile."""

    def __init__(self, context: BrowserContext, desk: FrontDesk) -> None:
        self.context = context
        self.desk = desk
        self.console: list[ConsoleMessage] = []
        self.errors: list[str] = []

    def hear(self, message: ConsoleMessage) -> None:
        self.console.append(message)

    def visit(self, path: str = "/") -> Page:
        page = self.context.new_page()
        page.on("console", self.hear)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(self.desk.url + path)
        return page

    def open(self, path: str = "/") -> Page:
        page = self.visit(path)
        page.get_by_test_id("launcher").click()
        page.get_by_test_id("greeting").wait_for()
        return page

    def warnings(self, *kinds: str) -> list[str]:
        return [message.text for message in self.console if message.type in (kinds or ("warning", "error"))]


def say(page: Page, text: str) -> None:
    field = page.get_by_test_id("field")
    field.fill(text)
    field.press("Enter")
