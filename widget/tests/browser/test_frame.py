"""The frame: keyboard, focus, screen readers, content security, hostile sites, phones and looks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from widget.tests.browser.rules import broken_rules
from widget.tests.browser.visitors import FrontDesk, Visitor, say

PACKAGE = Path(__file__).resolve().parents[2] / "npm"


def focused(page: Page) -> str:
    """The test id or name of what has the focus, looked up through the shadow tree."""
    return page.evaluate(
        """() => {
            let at = document.activeElement;
            while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
            return at?.dataset.testid ?? at?.id ?? at?.tagName;
        }"""
    )


def inside(page: Page, script: str) -> Any:
    """Evaluates an expression with `root`, the widget's shadow root."""
    return page.evaluate(
        f"() => {{ const root = document.querySelector('chha-frontdesk').shadowRoot; return {script}; }}"
    )


def test_the_keyboard_alone_opens_writes_presses_and_closes(visitor: Callable[..., Visitor]) -> None:
    page = visitor().visit()
    page.get_by_test_id("launcher").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="CHHA front desk")).to_be_visible()
    assert focused(page) == "field"
    page.keyboard.type("internship")
    page.keyboard.press("Enter")
    option = page.get_by_role("button", name="A clinical rotation in medical school")
    option.wait_for()
    for _ in range(12):
        page.keyboard.press("Shift+Tab")
        if inside(page, "root.activeElement?.textContent") == "A clinical rotation in medical school":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("message").nth(2)).to_contain_text("A clinical rotation in medical school")
    assert focused(page) == "field"
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert focused(page) == "launcher"


def test_the_focus_returns_to_the_sites_own_button_that_opened_the_chat(
    visitor: Callable[..., Visitor],
) -> None:
    page = visitor().visit()
    apply = page.get_by_role("button", name="Apply now")
    apply.click()
    expect(page.get_by_test_id("field")).to_have_value("I want to apply")
    page.keyboard.press("Escape")
    expect(apply).to_be_focused()


def test_shift_enter_makes_a_line_and_an_input_methods_enter_sends_nothing(
    visitor: Callable[..., Visitor], desk: FrontDesk
) -> None:
    page = visitor().open()
    field = page.get_by_test_id("field")
    field.type("echo one")
    field.press("Shift+Enter")
    field.type("two")
    expect(field).to_have_value("echo one\ntwo")
    for composing in ({"isComposing": True}, {"keyCode": 229}):
        field.dispatch_event("keydown", {"key": "Enter", "bubbles": True, **composing})
    expect(field).to_have_value("echo one\ntwo")
    field.press("Enter")
    expect(page.get_by_test_id("message")).to_have_count(2)
    assert desk.texts[0] == "echo one\ntwo"


def test_a_text_over_the_limit_is_kept_and_explained(
    visitor: Callable[..., Visitor], desk: FrontDesk
) -> None:
    desk.configure(max_text=20)
    page = visitor().open()
    field = page.get_by_test_id("field")
    field.fill("x" * 23)
    expect(page.get_by_text("Characters over the limit: 3")).to_be_visible()
    field.press("Enter")
    expect(field).to_have_value("x" * 23)
    assert desk.seen["posts"] == 0


def test_the_live_region_stands_before_its_content_and_gets_each_message_once(
    visitor: Callable[..., Visitor], desk: FrontDesk
) -> None:
    page = visitor().open()
    log = page.get_by_role("log", name="Conversation")
    expect(log).to_have_attribute("aria-live", "polite")
    page.evaluate(
        """() => {
            const log = document.querySelector('chha-frontdesk').shadowRoot.querySelector('[role=log]');
            window.added = [];
            new MutationObserver((records) => {
                for (const record of records) for (const node of record.addedNodes)
                    if (node.dataset?.testid === 'message')
                        window.added.push(node.querySelector('.text').textContent);
            }).observe(log, { childList: true, subtree: true });
        }"""
    )
    for text in ("echo one", "echo two"):
        say(page, text)
        page.locator(".text", has_text=text.removeprefix("echo ")).last.wait_for()
    desk.call("cut")
    desk.call("staff", "Maya", "Hello")
    expect(page.get_by_test_id("message")).to_have_count(5)
    added = page.evaluate("window.added")
    assert sorted(added) == sorted(["echo one", "one", "echo two", "two", "Hello"])


def test_a_history_that_is_fetched_is_not_read_out(visitor: Callable[..., Visitor]) -> None:
    someone = visitor()
    page = someone.open()
    say(page, "echo one")
    expect(page.get_by_test_id("message")).to_have_count(2)
    again = someone.visit()
    again.evaluate("() => 0")
    again.get_by_test_id("launcher").click()
    expect(again.get_by_test_id("message")).to_have_count(2)
    # Quiet while it is filled in, speaking again afterwards.
    expect(again.get_by_role("log")).to_have_attribute("aria-live", "polite")


def test_a_phone_shows_the_chat_in_full_and_the_page_is_at_rest(visitor: Callable[..., Visitor]) -> None:
    page = visitor(phone=True, reduced_motion="reduce").open()
    box = page.get_by_test_id("panel").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 844}
    expect(page.get_by_test_id("panel")).to_have_attribute("aria-modal", "true")
    # A modal dialog: the page behind takes neither focus nor presses.
    page.evaluate("document.querySelector('.apply').focus()")
    assert focused(page) != "apply"
    assert page.evaluate("document.activeElement.tagName") == "CHHA-FRONTDESK"
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("panel")).to_be_hidden()


def test_turning_a_phone_keeps_the_chat_open(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open()
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.get_by_test_id("panel")).to_have_attribute("aria-modal", "true")
    page.set_viewport_size({"width": 1000, "height": 800})
    expect(page.get_by_test_id("panel")).to_have_attribute("aria-modal", "false")
    expect(page.get_by_test_id("panel")).to_be_visible()


@pytest.mark.parametrize(
    ("width", "scheme"), [(320, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]
)
def test_axe_finds_nothing_and_nothing_overflows(
    visitor: Callable[..., Visitor], desk: FrontDesk, width: int, scheme: str
) -> None:
    # Without motion: colours are measured as they end up.
    someone = visitor(phone=width < 1000, width=width, color_scheme=scheme, reduced_motion="reduce")
    page = someone.open()
    faults: list[str] = []

    def check(what: str) -> None:
        faults.extend(f"{what}: {rule}" for rule in broken_rules(page, "chha-frontdesk"))
        if inside(page, "root.querySelector('.log').scrollWidth > root.querySelector('.log').clientWidth"):
            faults.append(f"{what}: wider than the log")

    check("greeting")
    say(page, "What is the difference between internship and residency?")
    page.get_by_test_id("suggestions").wait_for()
    check("answer")
    say(page, "I want to apply")
    page.get_by_role("button", name="Yes, I agree").click()
    say(page, "Amina Bello")
    page.get_by_role("textbox", name="Your email address").wait_for()
    check("question")
    say(page, "amina@example.org")
    page.get_by_role("button", name="Skip").click()
    page.get_by_test_id("choices").get_by_role("button", name="Graduate").click()
    page.get_by_test_id("summary").wait_for()
    check("review")
    page.get_by_role("button", name="Yes, send it").click()
    page.get_by_test_id("reference").wait_for()
    check("sent")
    say(page, "I want to die")
    page.get_by_test_id("contacts").wait_for()
    check("safety")
    say(page, "a person please")
    page.get_by_text("Passed to the team").wait_for()
    desk.call("claim", "Maya Chen")
    desk.call("staff", "Maya Chen", "Hello")
    desk.call("system", "A note")
    desk.faults(refuse={"times": 1, "status": 422, "body": {"detail": "This cannot be read."}})
    say(page, "refused")
    page.get_by_role("button", name="Remove").wait_for()
    check("person and refusal")
    page.get_by_test_id("menu").click()
    check("menu")
    page.keyboard.press("Escape")
    page.get_by_test_id("close").click()
    check("launcher")
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_demo_page(visitor: Callable[..., Visitor], scheme: str) -> None:
    for phone in (True, False):
        page = visitor(phone=phone, color_scheme=scheme).visit()
        assert broken_rules(page) == []


def test_the_strictest_content_security_policy_has_nothing_to_object_to(
    visitor: Callable[..., Visitor],
) -> None:
    someone = visitor()
    page = someone.context.new_page()
    page.on("console", someone.hear)
    page.add_init_script(
        "window.violations = [];"
        "addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective))"
    )
    page.goto(someone.desk.url)
    page.get_by_test_id("launcher").click()
    say(page, "I feel hopeless")
    page.get_by_test_id("contacts").wait_for()
    page.get_by_test_id("field").fill("a\nb\nc")
    assert page.evaluate("window.violations") == []
    assert someone.warnings() == []


def test_a_hostile_site_changes_nothing_in_the_frame(visitor: Callable[..., Visitor]) -> None:
    someone = visitor()
    page = someone.visit("/pages/hostile.html")
    panel = page.get_by_role("dialog", name="Ask us")
    expect(panel).to_be_visible()
    box = panel.bounding_box()
    assert box is not None
    assert (round(box["width"]), round(box["x"] + box["width"])) == (408, 1260)
    wanted = {
        "fontSize": "16px",
        "letterSpacing": "normal",
        "textTransform": "none",
        "opacity": "1",
        "color": "rgb(20, 39, 46)",
    }
    for name, value in wanted.items():
        assert inside(page, f"getComputedStyle(root.querySelector('.log')).{name}") == value
    page.get_by_test_id("field").click()
    say(page, "echo still works")
    expect(page.get_by_test_id("message")).to_have_count(2)


def test_opening_by_itself_leaves_the_focus_where_it_is(visitor: Callable[..., Visitor]) -> None:
    page = visitor().visit("/pages/hostile.html")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("document.activeElement.tagName") == "BODY"


def test_a_second_embed_is_ignored_with_a_warning(visitor: Callable[..., Visitor]) -> None:
    someone = visitor()
    page = someone.visit("/pages/twice.html")
    expect(page.get_by_test_id("launcher")).to_have_count(1)
    assert ["one widget" in text for text in someone.warnings("warning")] == [True]
    page.get_by_test_id("launcher").click()
    expect(page.get_by_role("dialog", name="First")).to_be_visible()


def test_a_second_element_is_left_out_with_a_warning(visitor: Callable[..., Visitor]) -> None:
    someone = visitor()
    page = someone.visit()
    page.evaluate("document.body.append(document.createElement('chha-frontdesk'))")
    expect(page.get_by_test_id("launcher")).to_have_count(1)
    assert len(someone.warnings("warning")) == 1


def test_the_package_brings_the_same_element_to_a_site_with_a_build_of_its_own(
    visitor: Callable[..., Visitor], desk: FrontDesk
) -> None:
    someone = visitor()

    def packed(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        route.fulfill(body=(PACKAGE / name).read_text(encoding="utf-8"), content_type="text/javascript")

    someone.context.route("**/npm/*.js", packed)
    someone.context.route("**/site.html", lambda route: route.fulfill(body="<!doctype html><h1>A site</h1>"))
    page = someone.visit("/site.html")
    page.evaluate(
        """async () => {
            const { define } = await import('/npm/index.js');
            define({ server: location.origin });
            const element = document.createElement('chha-frontdesk');
            element.setAttribute('data-lang', 'fr');
            document.body.append(element);
        }"""
    )
    page.get_by_test_id("launcher").click()
    expect(page.get_by_role("textbox", name="Votre message")).to_be_visible()
    say(page, "echo hello")
    expect(page.get_by_test_id("message")).to_have_count(2)
    assert someone.errors == []


def test_the_script_leaves_no_global_name_behind(visitor: Callable[..., Visitor], desk: FrontDesk) -> None:
    someone = visitor()
    names = "Object.getOwnPropertyNames(window).filter((name) => !/^\\d+$/.test(name)).sort()"
    plain = someone.context.new_page()
    plain.goto(desk.url + "/pages/hostile.css")
    with_widget = someone.visit()
    # Named elements of the page do not count: they are not properties of the window itself.
    assert set(with_widget.evaluate(names)) - set(plain.evaluate(names)) == set()


def test_a_press_on_the_launcher_is_answered_within_300_ms_on_a_slow_phone(
    visitor: Callable[..., Visitor],
) -> None:
    """Five first presses, each on a page of its own.

    What else keeps the machine busy only adds to what a press takes and says nothing of the widget: presses
    that were disturbed are followed by others. A widget that is too slow never has five good ones.
    """
    took: list[float] = []
    while len(took) < PRESSES:
        page = visitor(phone=True).visit()
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
        took.append(page.evaluate(PRESS))
        expect(page.get_by_test_id("panel")).to_be_visible()
        page.context.close()
        if sum(one < 300 for one in took) == 5:
            return
    pytest.fail(f"no five presses were answered in time: {[round(one) for one in took]} ms")


PRESSES = 50
# The page is at rest and has fetched the panel ahead; ready is what is open and has been painted.
PRESS = """async () => {
    const fetched = ({ name }) => name.includes('panel.js');
    const later = () => new Promise((next) => setTimeout(next, 20));
    while (!performance.getEntriesByType('resource').some(fetched)) await later();
    const frame = () => new Promise(requestAnimationFrame);
    const root = document.querySelector('chha-frontdesk').shadowRoot;
    const begin = performance.now();
    root.querySelector('.launcher').click();
    while (root.querySelector('.panel')?.open !== true) await frame();
    await frame();
    return performance.now() - begin;
}"""


def test_reduced_motion_is_respected(visitor: Callable[..., Visitor], desk: FrontDesk) -> None:
    desk.faults(thinks=True)
    page = visitor(reduced_motion="reduce").open()
    say(page, "internship")
    page.get_by_test_id("typing").wait_for()
    assert inside(page, "root.getAnimations().length") == 0


def test_forced_colours_keep_every_edge(visitor: Callable[..., Visitor]) -> None:
    page = visitor(forced_colors="active").open()
    say(page, "echo hello")
    expect(page.get_by_test_id("message")).to_have_count(2)
    widths = inside(
        page,
        "[...root.querySelectorAll('.bubble, .launcher, .send, .icon-button')]"
        ".map((element) => getComputedStyle(element).borderTopWidth)",
    )
    assert set(widths) == {"1px"}


def test_text_grows_with_the_visitors_own_size_not_the_sites(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open()
    page.evaluate("document.documentElement.style.fontSize = '10px'")
    assert inside(page, "getComputedStyle(root.querySelector('.frame')).fontSize") == "16px"
