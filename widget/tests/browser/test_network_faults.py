"""What the worst network does to a thread: nothing.

Real widgets in a real browser talk to the real front desk, whose process is killed and started again all the
time, through a proxy that cuts, doubles, delays and reorders.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.stand_in_rasa import StandInRasa
from widget.tests.browser.faulty_proxy import FaultyProxy
from widget.tests.browser.real_desk import RealDesk

VISITORS = 5
MESSAGES = 200  # of each visitor; the bot answers each of them with one
STARTS = 30
SECONDS = 400  # at most, on a busy machine

WRITE = """(texts) => {
    const field = document.querySelector('chha-frontdesk').shadowRoot.querySelector('.field');
    for (const text of texts) {
        field.value = text;
        field.dispatchEvent(new InputEvent('input', { bubbles: true }));
        field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    }
}"""
ROWS = "document.querySelector('chha-frontdesk').shadowRoot.querySelectorAll('[data-testid=message]')"
SHOWN = f"() => [...{ROWS}].map((row) => [row.dataset.from, row.querySelector('.text').textContent])"
ARRIVED = f"() => {ROWS.replace('message]', 'message][data-state=sent]')}.length"
# Between two tries the widget waits seconds, as it must; here that only takes time.
HURRY = """() => {
    const wait = window.setTimeout;
    const shorter = (time) => (time >= 250 && time <= 5000 ? time / 10 : time);
    window.setTimeout = (task, time, ...rest) => wait(task, shorter(time), ...rest);
}"""
# What a screen reader is told of from now on.
WATCH = """() => {
    const rows = document.querySelector('chha-frontdesk').shadowRoot.querySelector('.rows');
    window.added = [];
    new MutationObserver((records) => records.forEach((record) => record.addedNodes.forEach((node) => {
        if (node.dataset.testid === 'message') window.added.push(node.querySelector('.text').textContent);
    }))).observe(rows, { childList: true });
}"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RealDesk]:
    rasa = StandInRasa()
    made = RealDesk(tmp_path, rasa, CHHA_TURN_PATIENCE="600", CHHA_TURN_GRACE="600", CHHA_TURN_ATTEMPTS="10")
    yield made
    made.stop()
    rasa.stop()


@pytest.fixture
def proxy(desk: RealDesk) -> Iterator[FaultyProxy]:
    made = FaultyProxy(desk.port, seed=6)
    yield made
    made.stop()


def open_chat(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_test_id("launcher").click()
    page.get_by_test_id("field").wait_for()
    page.evaluate(WATCH)


@pytest.mark.timeout(SECONDS + 60)
def test_a_thousand_messages_each_way_arrive_once_and_in_order_over_thirty_deaths_of_the_server(
    chromium: Browser, desk: RealDesk, proxy: FaultyProxy
) -> None:
    desk.start()
    # Windows are small: what is painted costs time and shows nothing here.
    small: ViewportSize = {"width": 500, "height": 450}
    contexts = [chromium.new_context(reduced_motion="reduce", viewport=small) for _ in range(VISITORS)]
    for context in contexts:
        context.add_init_script(f"({HURRY})()")
    pages = [context.new_page() for context in contexts]
    try:
        for page in pages:
            open_chat(page, proxy.url)
        wanted = [
            [f"message {index} of visitor {who}" for index in range(MESSAGES)] for who in range(VISITORS)
        ]
        deadline = time.monotonic() + SECONDS
        for life in range(STARTS):
            for page, texts in zip(pages, wanted, strict=True):
                page.evaluate(WRITE, texts[MESSAGES * life // STARTS : MESSAGES * (life + 1) // STARTS])
            if life == STARTS // 2:
                # A tab is killed with whatever it had under way, and its visitor comes back.
                pages[0].close()
                pages[0] = contexts[0].new_page()
                open_chat(pages[0], proxy.url)
            # Each of its lives carries its share, and ends in the middle of it: a quarter is still under way.
            written = VISITORS * (MESSAGES * (life + 1) // STARTS)
            while (arrived := sum(page.evaluate(ARRIVED) for page in pages)) < 2 * written * 3 // 4:
                assert time.monotonic() < deadline, (life, arrived, proxy.faults)
                time.sleep(0.1)
            desk.kill()
            desk.start()
        for page in pages:
            while (count := page.evaluate(ARRIVED)) < 2 * MESSAGES:
                assert time.monotonic() < deadline, (count, proxy.faults)
                time.sleep(0.1)
        replies = [[f"re: {text}" for text in texts] for texts in wanted]
        for page, texts, answers in zip(pages, wanted, replies, strict=True):
            shown = page.evaluate(SHOWN)
            assert [text for author, text in shown if author == "applicant"] == texts
            assert [text for author, text in shown if author == "bot"] == answers
            assert len(shown) == 2 * MESSAGES
            added = page.evaluate("window.added")
            assert [text for text in added if added.count(text) > 1] == []
            assert "outbox" not in page.evaluate("Object.keys(localStorage).join()")
    finally:
        for context in contexts:
            context.close()
    # Each kind of fault happened; a proxy that does nothing proves nothing.
    assert set(proxy.faults) == {
        *(
            "cut before it arrives",
            "doubled",
            "sent again after later ones",
            "answer lost",
            "answer overtaken",
        ),
        *("answer cut in the middle", "stream cut", "event overtaken", "event doubled"),
    }
