"""Checking links: what is found, and that nobody looks into the house by it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from frontdesk.knowledge import links

SEEN: list[tuple[str, str, str]] = []


class Site(BaseHTTPRequestHandler):
    """/ok works, /head-405 wants GET, /moved leads to /ok, /loop to itself, /inside to another port."""

    def do_HEAD(self) -> None:
        SEEN.append(("HEAD", self.path, self.headers["Host"]))
        if self.path == "/head-405":
            self._say(405)
        else:
            self._page()

    def do_GET(self) -> None:
        SEEN.append(("GET", self.path, self.headers["Host"]))
        self._page()

    def _page(self) -> None:
        to = {
            "/moved": "/ok",
            "/loop": "/loop",
            "/inside": "http://127.0.0.1:1/secret",
            "/file": "file:///etc/passwd",
        }
        if self.path in to:
            self._say(302, to[self.path])
        else:
            self._say({"/ok": 200, "/head-405": 200, "/shy": 403}.get(self.path, 404))

    def _say(self, status: int, to: str | None = None) -> None:
        self.send_response(status)
        if to:
            self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()


@pytest.mark.parametrize(
    ("path", "works", "words"),
    [
        ("/ok", True, "Works."),
        ("/head-405", True, "Works."),
        ("/moved", True, "leads to"),
        ("/gone", False, "404"),
        ("/shy", None, "no programs in"),
        ("/loop", False, "redirects"),
        ("/inside", False, "private network"),
        ("/file", False, "Only http and https"),
    ],
)
def test_a_link_is_followed_and_judged(site: int, path: str, works: bool | None, words: str) -> None:
    found = links.check(f"http://127.0.0.1:{site}{path}", judge=lambda ip, port: port == site)
    assert found.works is works
    assert words in found.words


def test_the_site_is_asked_by_its_name_at_the_address_that_was_judged(site: int) -> None:
    judged: list[tuple[str, int]] = []

    def judge(ip: str, port: int) -> bool:
        judged.append((ip, port))
        return ip == "127.0.0.1"

    SEEN.clear()
    links.check(f"http://127.0.0.1:{site}/ok", judge=judge)
    assert judged == [("127.0.0.1", site)]
    assert [("HEAD", "/ok", f"127.0.0.1:{site}")] == SEEN


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost/", "http://10.0.0.1/", "http://192.168.1.1/", "http://172.16.0.1/",
        "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://[fd00::1]/", "http://[fe80::1]/",
        "http://[::ffff:127.0.0.1]/", "http://[2002:7f00:1::]/", "http://0.0.0.0/", "http://100.64.0.1/",
        "http://224.0.0.1/", "http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://8.8.8.8:22/",
        "http://user:password@8.8.8.8/", "ftp://8.8.8.8/", "file:///etc/passwd", "gopher://8.8.8.8/", "http://",
        "", "http://\x00/", "//8.8.8.8/",
    ],
)  # fmt: skip
def test_what_is_not_of_the_open_internet_is_never_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def sent(*_: object, **__: object) -> None:
        pytest.fail("it was asked")

    monkeypatch.setattr("httpx.Client.send", sent)
    assert links.check(url).works is not True


def test_several_are_asked_once_each(site: int) -> None:
    urls = [f"http://127.0.0.1:{site}/{name}" for name in ("ok", "gone", "ok")]
    found = dict(links.check_all(urls, judge=lambda ip, port: True))
    assert {url.rpartition("/")[2]: one.works for url, one in found.items()} == {"ok": True, "gone": False}
