"""What a visitor can do beside writing: rate, copy, hand in files, keep the thread, be greeted."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from widget.tests.browser.test_frame import focused, inside
from widget.tests.browser.visitors import FrontDesk, Visitor, say

QUESTION = "What is the difference between internship and residency?"


def menu(page: Page, item: str) -> None:
    page.get_by_test_id("menu").click()
    page.get_by_test_id(item).click()


def test_an_answer_is_rated_and_the_rating_stays(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open()
    say(page, QUESTION)
    helpful = page.get_by_role("button", name="Helpful", exact=True)
    helpful.click()
    expect(helpful).to_have_attribute("aria-pressed", "true")
    expect(helpful).to_be_focused()
    page.reload()
    expect(page.get_by_test_id("helpful")).to_have_attribute("aria-pressed", "true")
    page.get_by_test_id("not-helpful").click()
    expect(page.get_by_test_id("helpful")).to_have_attribute("aria-pressed", "false")


def test_a_message_is_copied(visitor: Callable[..., Visitor]) -> None:
    someone = visitor(permissions=["clipboard-read", "clipboard-write"])
    page = someone.open()
    say(page, "echo keep this")
    page.get_by_test_id("message").nth(1).hover()
    page.get_by_test_id("copy").click()
    expect(page.get_by_text("Copied", exact=True)).to_be_attached()
    assert page.evaluate("navigator.clipboard.readText()") == "keep this"


def test_the_history_is_walked_with_the_arrow_keys(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open()
    for text in ("echo one", "echo two"):
        say(page, text)
        page.get_by_text(text.removeprefix("echo "), exact=True).wait_for()
    page.get_by_test_id("log").focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    assert inside(page, "root.activeElement.querySelector('.text').textContent") == "one"
    page.keyboard.press("ArrowDown")
    assert inside(page, "root.activeElement.querySelector('.text').textContent") == "echo two"


def test_files_are_chosen_refused_and_tried_again(
    visitor: Callable[..., Visitor], desk: FrontDesk, tmp_path: Path
) -> None:
    page = visitor().open()
    desk.faults(refuseFiles=1)
    good, large, empty = tmp_path / "cv.pdf", tmp_path / "large.pdf", tmp_path / "empty.pdf"
    good.write_bytes(b"%PDF-1.7 " + b"x" * 1000)
    large.write_bytes(b"x" * 1_100_000)
    empty.touch()
    page.get_by_test_id("file").set_input_files([good, large, empty])
    uploads = page.get_by_test_id("upload")
    expect(uploads).to_have_count(3)
    expect(uploads.nth(0)).to_contain_text("Only documents are taken here.")
    expect(uploads.nth(1)).to_contain_text("larger than 1 MB")
    expect(uploads.nth(1).get_by_role("button", name="Try again")).to_be_hidden()
    uploads.nth(0).get_by_role("button", name="Try again").click()
    expect(uploads).to_have_count(2)
    expect(page.get_by_test_id("message").last).to_contain_text("cv.pdf")
    for name in ("large.pdf", "empty.pdf"):
        page.get_by_role("button", name=f"Remove: {name}").click()
    expect(page.get_by_test_id("tray")).to_be_hidden()
    assert [file["name"] for file in desk.seen["files"]] == ["cv.pdf"]


def test_a_file_on_its_way_shows_progress_and_can_be_stopped(
    visitor: Callable[..., Visitor], desk: FrontDesk
) -> None:
    desk.faults(holdFiles=True)
    page = visitor().open()
    big = {"name": "big.pdf", "mimeType": "application/pdf", "buffer": b"x" * 990_000}
    page.get_by_test_id("file").set_input_files([big])
    expect(page.get_by_role("progressbar", name="big.pdf")).to_be_visible()
    page.get_by_role("button", name="Remove: big.pdf").click()
    expect(page.get_by_test_id("upload")).to_have_count(0)
    assert desk.seen["files"] == []


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_files_are_dropped_and_pasted(visitor: Callable[..., Visitor], desk: FrontDesk, way: str) -> None:
    page = visitor().open()
    inside(
        page,
        f"""(() => {{
            const data = new DataTransfer();
            data.items.add(new File(['%PDF-1.7'], 'photo.pdf', {{ type: 'application/pdf' }}));
            const options = {{ bubbles: true, cancelable: true, composed: true }};
            const event = '{way}' === 'drop'
                ? new DragEvent('drop', {{ ...options, dataTransfer: data }})
                : new ClipboardEvent('paste', {{ ...options, clipboardData: data }});
            root.querySelector('.field').dispatchEvent(event);
        }})()""",
    )
    expect(page.get_by_test_id("message").last).to_contain_text("photo.pdf")


def test_the_thread_is_saved_as_a_file_and_sent_by_mail(
    visitor: Callable[..., Visitor], desk: FrontDesk
) -> None:
    page = visitor().open()
    say(page, "echo hello")
    expect(page.get_by_test_id("message")).to_have_count(2)
    with page.expect_download() as saved:
        menu(page, "download")
    assert Path(saved.value.path()).read_text() == "applicant: echo hello\nbot: hello"
    menu(page, "mail")
    page.get_by_test_id("mail-email").fill("nobody")
    page.get_by_test_id("mail-send").click()
    expect(page.get_by_text("Please check this email address")).to_be_visible()
    page.get_by_test_id("mail-email").fill("amina@example.org")
    page.get_by_test_id("mail-send").click()
    expect(page.get_by_test_id("sheet")).to_be_hidden()
    assert desk.seen["mails"] == ["amina@example.org"]


@pytest.mark.parametrize("what", ["the thread", "a file of a person"])
def test_what_could_not_be_saved_is_told_in_these_words(
    visitor: Callable[..., Visitor], desk: FrontDesk, what: str
) -> None:
    someone = visitor()
    someone.context.route(re.compile(r"/(transcript|files)\b"), lambda route: route.abort())
    page = someone.open()
    say(page, "echo hello")
    expect(page.get_by_test_id("message")).to_have_count(2)
    if what == "the thread":
        menu(page, "download")
    else:
        act = {"act": "file", "file": {"id": "1", "name": "offer.pdf", "size": 9}}
        desk.call("fill", [{"from": "staff", "name": "Maya", "text": "Here it is", "act": act}])
        page.get_by_role("button", name="offer.pdf").click()
    expect(page.get_by_role("status").filter(has_text="could not be saved")).to_have_count(1)


def test_a_message_is_left_while_the_team_is_away(visitor: Callable[..., Visitor], desk: FrontDesk) -> None:
    page = visitor().open()
    page.get_by_test_id("leave-offer").click()
    assert focused(page) == "leave-text"
    page.get_by_test_id("leave-text").fill("Please call me")
    page.get_by_test_id("leave-email").fill("amina@example.org")
    page.get_by_test_id("leave-send").click()
    expect(page.get_by_test_id("holder")).to_have_text("Waiting for a person")
    expect(page.get_by_test_id("field")).to_be_focused()
    assert desk.seen["left"] == ["amina@example.org"]


def test_nothing_can_be_written_before_the_notice_is_agreed_to(
    visitor: Callable[..., Visitor], desk: FrontDesk
) -> None:
    desk.configure(consent_notice={"version": "v1", "text": "We **keep** this chat."})
    page = visitor().open()
    expect(page.get_by_test_id("gate")).to_contain_text("We keep this chat.")
    expect(page.get_by_test_id("field")).to_be_hidden()
    gate = page.get_by_test_id("gate")
    assert gate.evaluate("(gate) => gate.scrollHeight <= gate.clientHeight"), (
        "a part of the notice is cut off"
    )
    page.get_by_role("button", name="Agree and start").click()
    expect(page.get_by_test_id("field")).to_be_focused()
    say(page, "echo hello")
    expect(page.get_by_test_id("message")).to_have_count(2)
    page.reload()
    expect(page.get_by_test_id("message")).to_have_count(2)
    expect(page.get_by_test_id("gate")).to_be_hidden()


@pytest.mark.parametrize(
    ("language", "field", "direction"),
    [
        ("es", "Su mensaje", "ltr"),
        ("ar", "رسالتك", "rtl"),
        ("hi", "आपका संदेश", "ltr"),
        ("pt", "Sua mensagem", "ltr"),
        ("fr", "Votre message", "ltr"),
        ("zh-Hans", "您的消息", "ltr"),
    ],
)
def test_the_frame_speaks_the_language_that_is_chosen(
    visitor: Callable[..., Visitor], language: str, field: str, direction: str
) -> None:
    page = visitor().open()
    page.get_by_test_id("field").fill("half a word")
    page.get_by_test_id("menu").click()
    page.get_by_test_id("language").select_option(language)
    box = page.get_by_role("textbox", name=field)
    expect(box).to_have_value("half a word")
    frame = page.locator("chha-frontdesk .frame")
    expect(frame).to_have_attribute("dir", direction)
    expect(frame).to_have_attribute("lang", language)
    page.reload()
    expect(page.get_by_role("textbox", name=field)).to_be_visible()


def test_the_browser_s_language_counts_where_the_page_has_none(visitor: Callable[..., Visitor]) -> None:
    someone = visitor(locale="fr-FR")
    someone.context.add_init_script("document.documentElement?.removeAttribute('lang')")
    page = someone.visit("/pages/greeting.css")
    page.add_script_tag(url=someone.desk.url + "/widget.js")
    expect(page.get_by_role("button", name="Demandez à CHHA. Ouvrir la discussion")).to_be_visible()


def test_a_person_with_a_picture_is_seen_typing(visitor: Callable[..., Visitor], desk: FrontDesk) -> None:
    page = visitor().open()
    say(page, "a person please")
    picture = "/api/staff-pictures/abc"
    desk.call("claim", "Maya Chen", picture)
    person = {"name": "Maya Chen", "picture": picture}
    desk.call("state", {"holder": "assigned", "staff": person, "typing": True})
    expect(page.get_by_test_id("typing")).to_contain_text("Maya Chen is typing…")
    expect(page.get_by_test_id("holder")).to_have_text("Maya Chen is typing…")
    desk.call("staff", "Maya Chen", "Hello", picture)
    desk.call("state", {"typing": False})
    expect(page.get_by_test_id("typing")).to_be_hidden()
    expect(page.locator(".avatar canvas")).to_have_count(1)


def test_sound_is_off_until_it_is_turned_on(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open()
    page.get_by_test_id("menu").click()
    expect(page.get_by_test_id("sound")).to_have_text("Turn sound on")
    page.get_by_test_id("sound").click()
    page.get_by_test_id("menu").click()
    expect(page.get_by_test_id("sound")).to_have_text("Turn sound off")


def test_a_month_is_chosen_without_a_day(visitor: Callable[..., Visitor], desk: FrontDesk) -> None:
    page = visitor().open()
    say(page, "echo hello")
    expect(page.get_by_test_id("message")).to_have_count(2)
    asked = {"act": "question", "form": "application", "field": "preferred_start", "step": 4, "steps": 5}
    desk.call("bot", "In which month would you like to start?", asked)
    page.get_by_test_id("month").select_option("March")
    page.get_by_test_id("send").click()
    expect(page.get_by_text("Please choose a month and a year.")).to_be_visible()
    page.get_by_test_id("year").select_option(index=2)
    year = page.get_by_test_id("year").input_value()
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("message").nth(3)).to_contain_text(f"March {year}")


def test_a_greeting_comes_once_a_visit_and_never_over_a_banner(visitor: Callable[..., Visitor]) -> None:
    someone = visitor()
    page = someone.visit("/pages/greeting.html")
    page.wait_for_timeout(1_000)
    expect(page.get_by_test_id("teaser")).to_have_count(0)
    page.evaluate("document.querySelector('.bar').remove()")
    teaser = page.get_by_test_id("teaser")
    expect(teaser).to_contain_text("Questions about rotations?")
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    page.get_by_role("button", name="Close", exact=True).click()
    expect(teaser).to_have_count(0)
    page.reload()
    page.evaluate("document.querySelector('.bar').remove()")
    page.wait_for_timeout(1_000)
    expect(teaser).to_have_count(0)


def test_a_site_made_with_a_builder_changes_nothing_and_is_not_changed(
    visitor: Callable[..., Visitor],
) -> None:
    someone = visitor()
    someone.context.add_init_script(
        "window.shifts = 0; new PerformanceObserver((list) => "
        "list.getEntries().forEach((shift) => { if (!shift.hadRecentInput) window.shifts += shift.value; }))"
        ".observe({ type: 'layout-shift', buffered: true })"
    )
    page = someone.visit("/pages/builder.html")
    page.get_by_test_id("launcher").wait_for()
    assert page.evaluate("window.shifts") == 0
    page.get_by_test_id("launcher").click()
    page.get_by_test_id("greeting").wait_for()
    assert inside(page, "getComputedStyle(root.querySelector('.field')).fontSize") == "16px"
    assert inside(page, "getComputedStyle(root.querySelector('.send')).backgroundColor") != "rgb(0, 255, 0)"
    assert (
        "serif" not in inside(page, "getComputedStyle(root.querySelector('.log')).fontFamily").split(",")[0]
    )
    say(page, "echo works")
    expect(page.get_by_test_id("message")).to_have_count(2)


def test_everything_is_forgotten_at_the_site_s_word(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open()
    say(page, "echo hello")
    expect(page.get_by_test_id("message")).to_have_count(2)
    page.get_by_test_id("menu").click()
    page.get_by_test_id("sound").click()
    page.get_by_test_id("field").fill("half")
    page.evaluate("document.querySelector('chha-frontdesk').clear()")
    expect(page.get_by_test_id("message")).to_have_count(0)
    assert page.evaluate("Object.keys(localStorage)") == []
    assert page.evaluate("Object.keys(sessionStorage)") == ["chha-frontdesk:open"]


def test_a_panel_that_does_not_load_is_tried_again(visitor: Callable[..., Visitor]) -> None:
    someone = visitor()
    refused: list[str] = []

    def refuse_twice(route: Any) -> None:
        if len(refused) < 2:
            refused.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    someone.context.route(re.compile(r"/widget/panel\.js"), refuse_twice)
    page = someone.visit()
    page.get_by_test_id("launcher").click()
    expect(page.get_by_test_id("panel")).to_be_visible()
    assert len(refused) == 2


def test_the_accessibility_tree_reads_as_a_conversation(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open()
    say(page, "internship")
    page.get_by_test_id("choices").wait_for()
    expect(page.get_by_role("dialog")).to_match_aria_snapshot(
        """
        - dialog "CHHA front desk":
          - heading "CHHA front desk" [level=2]
          - status: Automated assistant
          - button "More options"
          - button "Close chat"
          - log "Conversation":
            - list:
              - listitem: /.*/
              - listitem: /You said:.*internship/
              - listitem:
                - text: /Assistant said:/
                - paragraph: /three common meanings/
                - button "Copy"
                - group "Choose an answer":
                  - button "A clinical rotation in medical school"
                  - button "The first year of residency (PGY-1)"
                  - button "A required year in my own country"
          - button "Add a file"
          - textbox "Your message"
          - button "Send"
        """
    )


def test_zoomed_to_200_percent_everything_can_be_reached(visitor: Callable[..., Visitor]) -> None:
    # A window of 1280 px zoomed to 200 % has 640 px to lay out, one of 640 px has 320.
    for width in (640, 320):
        page = visitor(width=width, device_scale_factor=2).open()
        say(page, QUESTION)
        page.get_by_test_id("suggestions").wait_for()
        log = "root.querySelector('.log')"
        assert inside(page, f"{log}.scrollWidth <= {log}.clientWidth")
        for control in ("menu", "close", "field", "send"):
            expect(page.get_by_test_id(control)).to_be_in_viewport()
