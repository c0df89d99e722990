"""The widget's script and the demo site, as browsers get them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from frontdesk.channels import pages, problems


@pytest.fixture
def widget(tmp_path: Path) -> Path:
    path = tmp_path / "widget.js"
    path.write_text("console.log('widget');" * 50)
    return path


def test_the_widget_s_script_can_be_embedded_anywhere(make_client: Callable, widget: Path) -> None:
    answer = make_client(widget_file=widget).get("/widget.js")
    assert answer.status_code == 200
    assert "javascript" in answer.headers["content-type"]
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-encoding"] == "gzip"
    assert "max-age=300" in answer.headers["cache-control"]
    assert answer.text == widget.read_text()


def test_an_unchanged_script_is_not_sent_again(make_client: Callable, widget: Path) -> None:
    client = make_client(widget_file=widget)
    etag = client.get("/widget.js").headers["etag"]
    assert client.get("/widget.js", headers={"If-None-Match": etag}).status_code == 304
    widget.write_text("another build")
    assert client.get("/widget.js", headers={"If-None-Match": etag}).text == "another build"


def test_a_widget_that_is_not_built_says_what_to_do(make_client: Callable, tmp_path: Path) -> None:
    answer = make_client(widget_file=tmp_path / "missing.js").get("/widget.js")
    assert answer.status_code == 404
    assert "make setup" in answer.json()["detail"]


@pytest.fixture
def part(widget: Path) -> Path:
    folder = widget.parent / "widget"
    folder.mkdir()
    (folder / "es.Ab3_x-9Z.js").write_text("export default {}")
    (folder / "panel.js").write_text("export {}")
    return folder / "panel.js"


def test_a_part_of_the_widget_may_be_kept_for_good_when_its_address_names_its_content(
    make_client: Callable, widget: Path, part: Path
) -> None:
    client = make_client(widget_file=widget)
    version = hashlib.sha256(part.read_bytes()).hexdigest()[:12]
    for address, lasting in (
        ("/widget/es.Ab3_x-9Z.js", True),
        (f"/widget/panel.js?v={version}", True),
        ("/widget/panel.js?v=old", False),
        ("/widget/panel.js", False),
    ):
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "*"
        assert ("immutable" in answer.headers["cache-control"]) is lasting


@pytest.mark.parametrize(
    "name", ["missing.js", "..%2fwidget.js", "panel.js.map", "%2e%2e%2forganization.yml"]
)
def test_nothing_but_the_widget_s_parts_is_served(
    make_client: Callable, widget: Path, part: Path, name: str
) -> None:
    assert make_client(widget_file=widget).get(f"/widget/{name}").status_code == 404


def test_every_answer_has_its_security_headers(client: httpx.Client) -> None:
    for path in ("/health", "/api/widget/config", "/nothing"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in headers["content-security-policy"]


def demo_site(settings: object, folder: Path) -> httpx.AsyncClient:
    (folder / "img").mkdir()
    (folder / "index.html").write_text("<!doctype html><title>Demo</title>")
    (folder / "site.css").write_text("body { color: red }")
    (folder / "img" / "a.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / ".hidden").write_text("secret")
    app = FastAPI()
    problems.install(app)
    app.include_router(pages.router(settings, folder))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk")


async def test_the_demo_site_is_served_with_a_strict_policy(settings: object, tmp_path: Path) -> None:
    site = demo_site(settings, tmp_path)
    page = await site.get("/")
    assert "Demo" in page.text
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert (await site.get("/site.css")).headers["content-type"].startswith("text/css")
    assert (await site.get("/img/a.svg")).status_code == 200


@pytest.mark.parametrize("path", ["/.hidden", "/../pages.py", "/%2e%2e/pages.py", "/img/"])
async def test_nothing_but_the_site_s_files_is_served(settings: object, tmp_path: Path, path: str) -> None:
    assert (await demo_site(settings, tmp_path).get(path)).status_code == 404
