"""Ten thousand hostile messages, drawn by the real widget: nothing runs, nothing breaks the frame."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from widget.tests.browser.test_frame import inside
from widget.tests.browser.visitors import FrontDesk, Visitor, say

THREADS = 5
MESSAGES = 2_000  # of each thread
BATCH = 500
RUN = "window.hacked=1"
HTML = [
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg/onload={RUN}>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f'<iframe srcdoc="<script>parent.{RUN}</script>">',
    f"<a href=javascript:{RUN}>x</a>",
    f"<body onload={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<math><mi xlink:href=javascript:{RUN}>x",
    f"<style>@import 'javascript:{RUN}';*{{display:none!important}}</style>",
    f'<input autofocus onfocus="{RUN}">',
    f"<video><source onerror={RUN}>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"</div></li></ol></dialog><script>{RUN}</script>",
    f"<template><script>{RUN}</script></template>",
    f"<object data=javascript:{RUN}>",
    f"<form action=javascript:{RUN}><button>x",
    f"<marquee onstart={RUN}>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"\\x3cscript>{RUN}</script>",
    "<plaintext>",
    "<!--",
    "]]>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
]
MARKDOWN = [
    f"[x](javascript:{RUN})",
    f"[x](JaVaScRiPt:{RUN})",
    f"[x](java\tscript:{RUN})",
    f"[x](&#106;avascript:{RUN})",
    f"[x](data:text/html,<script>{RUN}</script>)",
    "[x](vbscript:msgbox)",
    f'![x](x" onerror="{RUN})',
    f'[x](https://ok.example/"onmouseover="{RUN})',
    f"<javascript:{RUN}>",
    "[x](https://user:pass@evil.example)",
    "[x](//evil.example)",
    "[x](/relative)",
    "[x](file:///etc/passwd)",
    "[x](blob:https://a/b)",
    "**" * 40,
    "[" * 60 + "](" * 20,
    "- " * 50,
    "1. a\n   - b\n      1. c",
    "`" * 30,
    "__init__ **a __b** c__",
    "[fine](https://example.org) <tel:988> <mailto:a@b.example>",
    "\\*\\[\\]",
    "> quote\n# heading\n| a | b |",
]
ODD = [
    "\u202e",
    "\u2066",
    "\u200b",
    "\ufeff",
    "a" * 3000,
    "\u0300" * 200,
    "😀" * 100,
    "\n" * 50,
    "مرحبا",
    "{{7*7}}",
    "${7*7}",
]
ALLOWED = {
    *("ol", "li", "div", "span", "p", "br", "ul", "strong", "a", "time", "button", "svg", "path"),
    *("dl", "dt", "dd", "section", "output"),
}


def hostile(luck: random.Random) -> str:
    parts = luck.choices([*HTML, *MARKDOWN, *ODD], k=luck.randint(1, 4))
    text = luck.choice(["", " ", "\n", "\n\n"]).join(parts)
    if luck.random() < 0.4:  # broken in the middle, as only chance breaks it
        at = luck.randrange(len(text) + 1)
        text = text[:at] + luck.choice("<>[]()*_\"'`\\&#\0\r\n") + text[at:]
    return text


def hostile_act(luck: random.Random) -> dict[str, Any] | None:
    def word() -> Any:
        return luck.choice([hostile(luck)[:200], None, 7, [], {}, True])

    if luck.random() < 0.5:
        return None
    kinds = ["answer", "question", "clarify", "safety", "application", "status", "handoff", "x"]
    listed = [
        {"title": word(), "url": word(), "label": word(), "tel": word(), "key": word(), "items": word()},
        word(),
    ]
    return {
        "act": luck.choice(kinds),
        **dict.fromkeys(("sources", "options", "contacts", "summary", "documents"), listed),
        **{name: word() for name in ("reviewed", "step", "steps", "event", "reference", "state", "kind")},
    }


@pytest.mark.parametrize("seed", range(THREADS))
def test_ten_thousand_hostile_messages_run_nothing_and_break_nothing(
    visitor: Callable[..., Visitor], desk: FrontDesk, seed: int
) -> None:
    luck = random.Random(seed)  # noqa: S311 - chance, not a secret
    someone = visitor(reduced_motion="reduce")
    someone.context.add_init_script(
        "window.violations = 0;addEventListener('securitypolicyviolation', () => { window.violations += 1; })"
    )
    page = someone.open()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    say(page, "echo first")
    expect(page.get_by_test_id("message")).to_have_count(2)
    box = page.get_by_test_id("panel").bounding_box()
    page.close()
    for _ in range(MESSAGES // BATCH):
        lines = [
            {
                "from": (author := luck.choice(["bot", "bot", "applicant", "staff", "system"])),
                "name": hostile(luck)[:60] if author == "staff" else None,
                "text": hostile(luck),
                "act": hostile_act(luck) if author == "bot" else None,
            }
            for _ in range(BATCH)
        ]
        desk.call("fill", lines)
    page = someone.visit()
    page.get_by_test_id("launcher").click()
    expect(page.get_by_test_id("message")).to_have_count(MESSAGES + 2, timeout=120_000)
    found = inside(
        page,
        """(() => {
            const elements = [...root.querySelectorAll('.rows *')];
            return {
                tags: [...new Set(elements.map((element) => element.localName))],
                handlers: elements.flatMap((element) => element.getAttributeNames())
                    .filter((name) => name.startsWith('on') || name === 'style' || name === 'srcdoc'),
                schemes: [...new Set([...root.querySelectorAll('a')].map((link) => link.protocol))],
                wide: elements.filter((element) => !element.closest('.hidden') &&
                    element.getBoundingClientRect().right > root.querySelector('.log').clientWidth
                        + root.querySelector('.log').getBoundingClientRect().left)
                    .slice(0, 2).map((element) => element.outerHTML.slice(0, 300)),
            };
        })()""",
    )
    assert set(found["tags"]) <= ALLOWED
    assert (found["handlers"], found["wide"]) == ([], [])
    assert set(found["schemes"]) <= {"http:", "https:", "mailto:", "tel:"}
    assert page.evaluate("[window.hacked, window.violations]") == [None, 0]
    assert (dialogs, someone.errors) == ([], [])
    assert [url for url in asked if not url.startswith((desk.url, "data:"))] == []
    assert page.get_by_test_id("panel").bounding_box() == box
    say(page, "echo last")
    expect(page.get_by_test_id("message").last).to_contain_text("last", timeout=30_000)
