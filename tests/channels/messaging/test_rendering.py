"""What a reply becomes on each channel, by rule from its capabilities."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk.channels import markup, measures
from frontdesk.channels.channel import Capabilities, Shape
from frontdesk.channels.rendering import Outgoing, Rendered, payload, read_payload, render
from frontdesk.channels.words import channel_words
from frontdesk.settings import ROOT

WORDS = channel_words(ROOT / "knowledge")
PLAIN = Capabilities(text=400)
BUTTONS = Capabilities(text=400, buttons=Shape(options=3, label=20, body=100))
BOTH = Capabilities(
    text=400,
    buttons=Shape(options=3, label=20, body=100),
    list_rows=Shape(options=10, label=24, body=200, detail=72),
)


def asked(labels: list[str], kind: str = "choices", **more: Any) -> dict[str, Any]:
    return {"act": "question", "field": "x", kind: [{"value": one, "label": one} for one in labels], **more}


def shown(can: Capabilities, text: str, act: dict[str, Any] | None = None, **more: Any) -> Rendered:
    return render(Outgoing("m" * 32, more.pop("author", "bot"), text, act, **more), can, WORDS)


def test_three_short_options_are_buttons() -> None:
    [part] = shown(BOTH, "Which one?", asked(["Yes", "No", "Later"])).parts
    assert (part.style, [one.label for one in part.options]) == ("buttons", ["Yes", "No", "Later"])


def test_more_options_than_buttons_are_a_list() -> None:
    [part] = shown(BOTH, "Which one?", asked([f"Option {letter}" for letter in "ABCDEFGH"])).parts
    assert (part.style, len(part.options)) == ("list", 8)


def test_more_options_than_a_list_holds_are_numbers_to_be_typed() -> None:
    found = shown(BOTH, "Which one?", asked([f"Option {letter}" for letter in "ABCDEFGHIJKL"]))
    assert found.numbered
    assert "\n12. Option L" in found.parts[-1].text


def test_labels_that_do_not_fit_on_a_button_are_never_cut() -> None:
    label = "I finished medical school outside the United States"
    [part] = shown(BUTTONS, "Which one?", asked([label, "No"])).parts
    assert part.style == "text"
    assert f"1. {label}" in part.text


def test_buttons_that_would_read_the_same_are_no_buttons() -> None:
    [part] = shown(BUTTONS, "Which one?", asked(["Same", "same"])).parts
    assert part.style == "text"


def test_labels_that_begin_with_a_number_are_typed_as_words() -> None:
    found = shown(PLAIN, "How long?", asked(["4 weeks", "8 weeks"]))
    assert not found.numbered
    assert "• 4 weeks" in found.parts[0].text


def test_suggestions_before_the_end_of_a_turn_have_no_numbers() -> None:
    act = {"act": "answer", "next": [{"topic": "a", "label": "Costs?"}, {"topic": "b", "label": "Cities?"}]}
    found = shown(PLAIN, "It depends.", act, last_of_turn=False)
    assert not found.numbered
    assert "Costs? · Cities?" in found.parts[0].text


def test_a_long_text_with_buttons_keeps_the_buttons_on_its_last_piece() -> None:
    text = " ".join(f"This is sentence number {number} of the answer." for number in range(20))
    found = shown(BUTTONS, text, asked(["Yes", "No"]))
    assert [part.style for part in found.parts] == ["text"] * (len(found.parts) - 1) + ["buttons"]
    assert all(len(part.text) <= 400 for part in found.parts)
    assert len(found.parts[-1].text) <= 100
    assert " ".join(part.text for part in found.parts) == text


def test_a_long_text_is_cut_after_sentences() -> None:
    text = " ".join(f"Sentence {number} says something that is worth a line." for number in range(40))
    parts = shown(PLAIN, text).parts
    assert len(parts) > 3
    assert all(part.text.endswith(".") for part in parts)


def test_sources_stand_below_the_answer() -> None:
    act = {"act": "answer", "sources": [{"title": "ECFMG", "url": "https://www.ecfmg.org/certification/"}]}
    [part] = shown(PLAIN, "Yes.", act).parts
    assert part.text == "Yes.\n\nSource: ECFMG: https://www.ecfmg.org/certification/"
    linked = Capabilities(text=400, markup="telegram")
    [part] = shown(linked, "Yes.", act, link=lambda _: "https://d.org/go/1").parts
    assert part.text == 'Yes.\n\nSource: <a href="https://d.org/go/1">ECFMG</a>'


def test_help_in_a_crisis_is_always_named() -> None:
    act = {"act": "safety", "kind": "crisis", "contacts": [{"label": "Lifeline", "tel": "988"}]}
    assert "Lifeline: 988" in shown(PLAIN, "Please talk to somebody now.", act).parts[0].text
    assert shown(PLAIN, "Call 988 now.", act).parts[0].text == "Call 988 now."


def test_a_person_is_named_and_their_words_are_no_markup() -> None:
    [part] = shown(
        Capabilities(text=400, markup="telegram"), "5 < 6 & **no**", author="staff", staff_name="Ann <3"
    ).parts
    assert part.text == "<b>Ann &lt;3:</b>\n5 &lt; 6 &amp; **no**"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("plain", "A bold word, a site (https://x.org/a_b), 2*3*4 & <b>\n• one"),
        (
            "telegram",
            'A <b>bold</b> word, a <a href="https://x.org/a_b">site</a>, 2*3*4 &amp; &lt;b&gt;\n• one',
        ),
        ("whatsapp", "A *bold* word, a site (https://x.org/a_b), 2*3*4 & <b>\n• one"),
        ("slack", "A *bold* word, a <https://x.org/a_b|site>, 2*3*4 &amp; &lt;b&gt;\n• one"),
    ],
)
def test_markdown_becomes_the_channels_own(kind: Any, expected: str) -> None:
    text = "A **bold** word, a [site](https://x.org/a_b), 2*3*4 & <b>\n- one"
    assert markup.write(markup.parse(text), kind) == expected


def test_signs_of_a_channels_markup_are_kept_from_being_any() -> None:
    for kind in ("whatsapp", "slack"):
        written = markup.write(markup.plain("*not bold* and _not italic_"), kind)  # type: ignore[arg-type]
        assert "*not bold*" not in written
        assert written.replace("\u2060", "") == "*not bold* and _not italic_"


@given(st.text(max_size=600), st.sampled_from(["plain", "telegram", "whatsapp", "slack"]))
def test_any_text_is_cut_within_the_limit_without_loss(text: str, kind: Any) -> None:
    can = Capabilities(text=60, measure=measures.utf16, markup=kind)
    parts = shown(can, text, author="system").parts
    assert all(0 < measures.utf16(part.text) <= 60 for part in parts)
    if kind == "plain":
        assert "".join("".join(part.text for part in parts).split()) == "".join(text.split())


def test_telegram_counts_in_utf16_and_sms_in_its_alphabets() -> None:
    assert measures.utf16("a😀") == 3
    assert measures.sms_segments("a" * 160) == 1
    assert measures.sms_segments("a" * 161) == 2
    assert measures.sms_segments("{" * 80) == 1
    assert measures.sms_segments("{" * 81) == 2
    assert measures.sms_segments("ы" * 70) == 1
    assert measures.sms_segments("ы" * 71) == 2
    assert measures.sms_segments(measures.sms_plain("“It’s fine” — really…")) == 1
    assert measures.gsm_septets(measures.sms_plain("• “It’s” …")) is not None


def test_a_payload_is_short_and_read_back_only_when_it_is_ours() -> None:
    given_out = payload("f" * 32, 12)
    assert len(given_out.encode()) <= 64
    assert read_payload(given_out) == ("f" * 32, 12)
    for foreign in ("", "c", "c::1", "/affirm", "x:y:1", "c:abc:-1", "c:abc:١", '/inform{"a":"b"}'):
        assert read_payload(foreign) is None
