"""What a visitor does on a site: ask, press, apply, meet a person, leave and come back."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from widget.tests.browser.visitors import FrontDesk, Visitor, say

QUESTION = "What is the difference between internship and residency?"


def texts(page: Page) -> list[str]:
    return page.locator('[data-testid="message"] .text').all_inner_texts()


def test_a_visitor_asks_and_sees_the_answer_with_its_sources(
    visitor: Callable[..., Visitor], desk: FrontDesk
) -> None:
    desk.faults(thinks=True)
    page = visitor().open()
    say(page, QUESTION)
    expect(page.get_by_test_id("typing")).to_be_visible()
    desk.faults(thinks=False)
    expect(page.get_by_test_id("sources").get_by_role("link")).to_have_count(2)
    expect(page.get_by_test_id("reviewed")).to_contain_text("2026")
    expect(page.get_by_test_id("typing")).to_be_hidden()


def test_nothing_is_asked_of_the_server_until_the_chat_is_opened(
    visitor: Callable[..., Visitor], desk: FrontDesk
) -> None:
    someone = visitor()
    requests: list[str] = []
    someone.context.on("request", lambda request: requests.append(request.url))
    someone.visit().wait_for_load_state("networkidle")
    assert [url for url in requests if "/api/" in url] == []


def test_opening_makes_no_conversation_and_keeps_nothing_on_the_device(
    visitor: Callable[..., Visitor], desk: FrontDesk
) -> None:
    page = visitor().open()
    assert desk.seen["conversations"] == 0
    assert page.evaluate("localStorage.length") == 0


def test_the_thread_is_there_after_a_reload_on_another_page_and_in_another_tab(
    visitor: Callable[..., Visitor], desk: FrontDesk
) -> None:
    someone = visitor()
    page = someone.open()
    say(page, QUESTION)
    page.get_by_test_id("sources").wait_for()
    before = texts(page)
    page.reload()
    # On a large screen an open chat stays open from page to page.
    page.get_by_test_id("sources").wait_for()
    assert texts(page) == before
    other = someone.visit("/")
    other.get_by_test_id("launcher").click()
    other.get_by_test_id("sources").wait_for()
    say(other, "echo from the other tab")
    expect(page.get_by_test_id("message")).to_have_count(4)
    expect(other.get_by_test_id("message")).to_have_count(4)
    assert texts(page) == texts(other)
    assert len(texts(page)) == len(desk.texts) == 4


def test_an_application_is_filled_in_and_sent(visitor: Callable[..., Visitor], desk: FrontDesk) -> None:
    page = visitor().open()
    panel = page.get_by_role("dialog")
    say(page, "I want to apply")
    panel.get_by_role("button", name="Yes, I agree").click()
    name = panel.get_by_role("textbox", name="Your full name")
    expect(name).to_have_attribute("autocomplete", "name")
    name.fill("Amina Bello")
    name.press("Enter")
    email = panel.get_by_role("textbox", name="Your email address")
    expect(email).to_have_attribute("type", "email")
    expect(email).to_have_attribute("inputmode", "email")
    expect(email).to_be_focused()
    email.fill("amina@example.org")
    email.press("Enter")
    phone = panel.get_by_role("textbox", name="Your phone number")
    expect(phone).to_have_attribute("type", "tel")
    panel.get_by_role("button", name="Skip").click()
    panel.get_by_role("button", name="Graduate", exact=True).click()
    expect(panel.get_by_test_id("summary")).to_contain_text("amina@example.org")
    panel.get_by_role("button", name="Change: Email").click()
    expect(panel.get_by_test_id("message").filter(has_text="change my email")).to_have_count(1)
    email.fill("amina.bello@example.org")
    email.press("Enter")
    expect(panel.get_by_test_id("summary").last).to_contain_text("amina.bello@example.org")
    panel.get_by_role("button", name="Yes, send it").click()
    expect(panel.get_by_test_id("reference")).to_have_text("CH-7KQ4-M2XW")


def test_a_pressed_button_is_gone_and_was_sent_once(visitor: Callable[..., Visitor], desk: FrontDesk) -> None:
    page = visitor().open()
    say(page, "internship")
    option = page.get_by_role("button", name="The first year of residency (PGY-1)")
    option.dblclick()
    expect(page.get_by_test_id("choices").get_by_role("button", name="PGY-1")).to_have_count(0)
    expect(page.get_by_test_id("message").nth(3)).to_be_visible()
    assert desk.texts.count("The first year of residency (PGY-1)") == 1


def test_a_person_joins_and_is_named(visitor: Callable[..., Visitor], desk: FrontDesk) -> None:
    page = visitor().open()
    say(page, "a person please")
    holder = page.get_by_test_id("holder")
    expect(holder).to_have_text("Waiting for a person")
    desk.call("claim", "Maya Chen")
    desk.call("staff", "Maya Chen", "Hello, I am here.")
    expect(holder).to_have_text("Maya Chen is with you")
    expect(page.get_by_test_id("message").last).to_contain_text("Maya Chen")
    desk.call("state", {"holder": "closed", "staff": None})
    expect(holder).to_have_text("Conversation closed")


def test_what_is_written_offline_is_sent_when_the_network_is_back(
    visitor: Callable[..., Visitor], desk: FrontDesk
) -> None:
    someone = visitor()
    page = someone.open()
    say(page, "echo one")
    expect(page.get_by_test_id("message")).to_have_count(2)
    someone.context.set_offline(True)
    say(page, "echo two")
    say(page, "echo three")
    expect(page.get_by_test_id("notice")).to_contain_text("offline")
    expect(page.locator('[data-state="waiting"]')).to_have_count(1)
    someone.context.set_offline(False)
    expect(page.get_by_test_id("message")).to_have_count(6)
    sent = [text for text in desk.texts if text.startswith("echo")]
    assert sent == ["echo one", "echo two", "echo three"]


def test_an_unsent_message_survives_a_reload(visitor: Callable[..., Visitor], desk: FrontDesk) -> None:
    page = visitor().open()
    # The server asks for a long pause: nothing is tried again by itself while the test looks.
    busy = {"times": 1000, "status": 503, "body": {}, "headers": {"Retry-After": "3600"}}
    desk.faults(refuse=busy)
    say(page, "echo kept")
    expect(page.locator('[data-state="waiting"]')).to_have_count(1)
    page.reload()
    expect(page.get_by_test_id("message")).to_have_count(1)
    expect(page.get_by_test_id("message")).to_contain_text("echo kept")
    desk.faults(refuse=None)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_test_id("message")).to_have_count(2)
    assert desk.texts == ["echo kept", "kept"]


def test_a_lost_token_starts_a_new_conversation_with_what_was_not_sent(
    visitor: Callable[..., Visitor], desk: FrontDesk
) -> None:
    page = visitor().open()
    say(page, "echo old")
    expect(page.get_by_test_id("message")).to_have_count(2)
    desk.call("revoke")
    say(page, "echo new")
    expect(page.get_by_test_id("renewed")).to_be_visible()
    expect(page.get_by_test_id("message")).to_have_count(2)
    assert desk.texts == ["echo new", "new"]


def test_new_messages_are_counted_on_the_launcher_while_the_chat_is_closed(
    visitor: Callable[..., Visitor], desk: FrontDesk
) -> None:
    page = visitor().open()
    say(page, "echo hello")
    expect(page.get_by_test_id("message")).to_have_count(2)
    page.get_by_test_id("close").click()
    desk.call("bot", "One")
    desk.call("bot", "Two")
    expect(page.get_by_role("button", name="Open chat, 2 new messages")).to_be_visible()
    page.get_by_test_id("launcher").click()
    page.get_by_test_id("close").click()
    expect(page.get_by_role("button", name="Ask CHHA. Open chat", exact=True)).to_be_visible()


def test_starting_over_really_forgets(visitor: Callable[..., Visitor], desk: FrontDesk) -> None:
    page = visitor().open()
    say(page, "echo hello")
    expect(page.get_by_test_id("message")).to_have_count(2)
    page.get_by_test_id("menu").click()
    page.get_by_test_id("restart").click()
    page.get_by_test_id("restart-confirm").click()
    expect(page.get_by_test_id("message")).to_have_count(0)
    assert page.evaluate("Object.keys(localStorage)") == []
    say(page, "echo again")
    expect(page.get_by_test_id("message")).to_have_count(2)
    assert desk.seen["conversations"] == 2


def test_no_cookie_is_set_and_no_third_party_is_asked(
    visitor: Callable[..., Visitor], desk: FrontDesk
) -> None:
    someone = visitor()
    requests: list[str] = []
    someone.context.on("request", lambda request: requests.append(request.url))
    page = someone.open()
    say(page, QUESTION)
    page.get_by_test_id("sources").wait_for()
    assert someone.context.cookies() == []
    assert [url for url in requests if not url.startswith((desk.url, "data:"))] == []


def test_what_others_write_never_runs(visitor: Callable[..., Visitor]) -> None:
    someone = visitor()
    page = someone.open()
    say(page, "attack")
    message = page.get_by_test_id("message").last
    expect(message).to_contain_text("<img src=x")
    expect(message.get_by_role("link")).to_have_count(1)
    assert page.evaluate("window.hacked") is None
    assert someone.errors == []
