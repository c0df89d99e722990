"""The widget on a strict website, with the real front desk on another origin: files, faces, policies."""

import base64
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from frontdesk.conversations import holder, pictures
from frontdesk.records.models import KeptFile, Staff
from tests.stand_in_rasa import StandInRasa
from widget.tests.browser.real_desk import RealDesk
from widget.tests.browser.test_frame import inside
from widget.tests.browser.visitors import say

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
LARGE = PDF.replace(b"trailer", b"%" + b"x" * 3_000_000 + b"\ntrailer")
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
HAND_OVER = """([way, name, type, content]) => {
    const data = new DataTransfer();
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    data.items.add(new File([bytes], name, { type }));
    const options = { bubbles: true, cancelable: true, composed: true };
    const event = way === 'drop' ? new DragEvent('drop', { ...options, dataTransfer: data })
        : new ClipboardEvent('paste', { ...options, clipboardData: data });
    document.querySelector('chha-frontdesk').shadowRoot.querySelector('.field').dispatchEvent(event);
}"""


class Site:
    """A website that lets in nothing but itself and one other origin."""

    def __init__(self) -> None:
        site = self
        self.desk = ""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                policy = (
                    f"default-src 'none'; script-src {site.desk}; connect-src {site.desk}; "
                    "base-uri 'none'; form-action 'none'; "
                    "require-trusted-types-for 'script'; trusted-types 'none'"
                )
                body = (
                    '<!doctype html><html lang="en"><title>A strict site</title>'
                    f'<script src="{site.desk}/widget.js" defer></script><h1>A strict site</h1></html>'
                )
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def desk(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealDesk]:
    rasa = StandInRasa()
    made = RealDesk(tmp_path_factory.mktemp("desk"), rasa, CHHA_ALLOWED_ORIGINS=f'["{site.url}"]')
    made.start()
    site.desk = made.url
    yield made
    made.stop()
    rasa.stop()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    made.set_default_timeout(20_000)
    made.add_init_script(
        "window.violations = []; addEventListener('securitypolicyviolation', "
        "(event) => window.violations.push(event.violatedDirective + ' ' + event.blockedURI))"
    )
    yield made
    made.close()


def open_chat(context: BrowserContext, site: Site) -> Page:
    page = context.new_page()
    page.goto(site.url)
    page.get_by_test_id("launcher").click()
    page.get_by_test_id("greeting").wait_for()
    return page


def files(desk: RealDesk, page: Page) -> list[str]:
    """The names of the files on record from this page's visitor, oldest first."""
    with desk.record.reading() as session:
        found = select(KeptFile).where(KeptFile.conversation_id == conversation(page))
        return [file.name for file in session.scalars(found.order_by(KeptFile.created_at))]


def conversation(page: Page) -> str:
    found: str = page.evaluate("JSON.parse(localStorage['chha-frontdesk:session']).conversation")
    return found


def person(desk: RealDesk, name: str) -> str:
    with desk.record.transaction() as session:
        staff = Staff(login=name.lower(), name=name, password_hash="-")  # noqa: S106 - nobody signs in
        session.add(staff)
        session.flush()
        pictures.keep_picture(session, staff.id, PNG)
        return staff.id


def test_nothing_but_the_front_desk_s_origin_is_needed(
    context: BrowserContext, site: Site, desk: RealDesk, tmp_path: Path
) -> None:
    asked: list[str] = []
    said: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.on("console", lambda message: said.append(message.text))
    page = open_chat(context, site)
    say(page, "hello")
    page.get_by_text("re: hello").wait_for()
    expect(page.get_by_test_id("panel")).to_have_attribute("data-connection", "live")
    page.get_by_test_id("file").set_input_files(
        [{"name": "cv.pdf", "mimeType": "application/pdf", "buffer": PDF}]
    )
    page.get_by_test_id("message").filter(has_text="Sent a file: cv.pdf").wait_for()
    staff = person(desk, "Maya")
    with desk.record.transaction() as session:
        holder.queue(session, conversation(page), reason="asked", message_id=None, available=True)
        holder.claim(session, conversation(page), staff)
        holder.reply(session, conversation(page), staff, "Hello, this is Maya.")
    expect(page.get_by_test_id("holder")).to_contain_text("Maya")
    row = page.get_by_test_id("message").filter(has_text="this is Maya")
    expect(row.locator(".avatar canvas")).to_have_count(1)
    # The picture is drawn, not merely there.
    drawn = "root.querySelector('.avatar canvas').getContext('2d').getImageData(0, 0, 1, 1).data[3]"
    assert inside(page, drawn) > 0
    page.get_by_test_id("menu").click()
    page.get_by_test_id("language").select_option("ar")
    page.get_by_role("textbox", name="رسالتك").wait_for()
    with page.expect_download() as saved:
        page.get_by_test_id("menu").click()
        page.get_by_test_id("download").click()
    assert "this is Maya" in Path(saved.value.path()).read_text()
    assert page.evaluate("window.violations") == []
    assert said == []
    assert {url for url in asked if not url.startswith((desk.url, f"{site.url}/", "data:", "blob:"))} == set()
    assert context.cookies() == []


def test_files_are_picked_pasted_dropped_and_kept(
    context: BrowserContext, site: Site, desk: RealDesk
) -> None:
    page = open_chat(context, site)
    with page.expect_file_chooser() as chooser:
        page.get_by_test_id("attach").click()
    chooser.value.set_files([{"name": "cv.pdf", "mimeType": "application/pdf", "buffer": PDF}])
    page.get_by_test_id("message").filter(has_text="cv.pdf").first.wait_for()
    for way, name, kind, content in (
        ("paste", "photo.png", "image/png", PNG),
        ("drop", "letter.pdf", "application/pdf", PDF),
    ):
        page.evaluate(HAND_OVER, [way, name, kind, base64.b64encode(content).decode()])
        page.get_by_test_id("message").filter(has_text=name).first.wait_for()
    expect(page.get_by_test_id("tray")).to_be_hidden()
    # What is no document is refused by its content, whatever it calls itself.
    program = {"name": "cv2.pdf", "mimeType": "application/pdf", "buffer": b"MZ" + b"\0" * 200}
    page.get_by_test_id("file").set_input_files([program])
    expect(page.get_by_test_id("upload")).to_have_attribute("data-state", "failed")
    page.get_by_role("button", name="Remove: cv2.pdf").click()
    assert files(desk, page) == ["cv.pdf", "photo.png", "letter.pdf"]


def test_a_file_shows_how_far_it_is_and_is_stopped_or_sent_again(
    context: BrowserContext, site: Site, desk: RealDesk
) -> None:
    page = open_chat(context, site)
    say(page, "hello")
    page.get_by_text("re: hello").wait_for()
    network = context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 50_000}
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", slow)
    upload = page.get_by_test_id("upload")
    stopped = {"name": "stopped.pdf", "mimeType": "application/pdf", "buffer": LARGE}
    page.get_by_test_id("file").set_input_files([stopped])
    bar = page.get_by_role("progressbar", name="stopped.pdf")
    expect(bar).not_to_have_js_property("value", 0)
    expect(bar).not_to_have_js_property("value", 100)
    page.get_by_role("button", name="Remove: stopped.pdf").click()
    expect(upload).to_have_count(0)
    network.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    page.route("**/files", lambda route: route.abort())
    page.get_by_test_id("file").set_input_files([{**stopped, "name": "again.pdf"}])
    expect(upload).to_have_attribute("data-state", "failed")
    page.unroute("**/files")
    upload.get_by_role("button", name="Try again").click()
    page.get_by_test_id("message").filter(has_text="again.pdf").first.wait_for()
    expect(upload).to_have_count(0)
    assert files(desk, page) == ["again.pdf"]
