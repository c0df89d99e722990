"""Typed and pasted text becomes readable text; nothing that was said is lost."""

from __future__ import annotations

import pytest

from extensions.nlu.cleaning import MAX_CHARACTERS, clean, shorten_elongation, without_markup


@pytest.mark.parametrize(
    ("typed", "readable"),
    [
        ("<p>what is <b>SOAP</b>&nbsp;?</p>", "what is SOAP ?"),
        ("fees &amp; dates", "fees & dates"),
        ("a<br>b", "a\nb"),
        ("<script>alert('x')</script>visa", "visa"),
        ("<style>p{color:red}</style>visa", "visa"),
        ("<!-- pasted --> visa", "visa"),
        ("<a href='https://example.org'>my school</a>", "my school"),
    ],
)
def test_markup_leaves_and_its_text_stays(typed: str, readable: str) -> None:
    assert clean(typed) == readable


@pytest.mark.parametrize("typed", ["score < 230 and > 210", "is 4 < 5?", "I <3 surgery", "a <- b"])
def test_signs_of_comparison_are_no_markup(typed: str) -> None:
    assert without_markup(typed) == typed


@pytest.mark.parametrize(
    ("typed", "readable"),
    [
        ("visa 😊😊 please", "visa please"),
        ("🏥 rotation 🩺", "rotation"),
        ("👨‍⚕️ rotation", "rotation"),
        ("👍", "ok yes"),
        ("🙏", "please thank you"),
        ("❓", "?"),
    ],
)
def test_pictures_leave_unless_they_say_something(typed: str, readable: str) -> None:
    assert clean(typed) == readable


@pytest.mark.parametrize(
    ("typed", "readable"),
    [
        ("what’s “SOAP”", 'what\'s "SOAP"'),
        ("¿visa?", "visa?"),
        ("visa？ fees，dates", "visa? fees, dates"),
        ("كم الرسوم؟", "كم الرسوم?"),
        ("ｖｉｓａ", "visa"),
        ("visa????", "visa?"),
        ("please.....", "please..."),
        ("vi\u200bsa", "visa"),
        ("vi\u00adsa", "visa"),
        ("\u202evisa\u202c", "visa"),
        ("vi\x00sa\x07", "vi sa"),
        ("  a \t b  ", "a b"),
        ("a\r\n\r\n\r\nb", "a\nb"),
    ],
)
def test_one_kind_of_marks_and_spaces_remains(typed: str, readable: str) -> None:
    assert clean(typed) == readable


def test_a_line_of_another_script_keeps_its_vowel_signs() -> None:
    assert clean("रोटेशन की फीस") == "रोटेशन की फीस"


@pytest.mark.parametrize("word", ["pleaseeee", "PLEASEEEE", "pleeeease"])
def test_a_word_drawn_out_is_the_word(word: str) -> None:
    assert shorten_elongation(word, {"please"}).lower() == "please"


def test_a_word_drawn_out_keeps_the_double_letter_that_it_has() -> None:
    assert shorten_elongation("scooool", {"scool", "scol"}) == "scol"
    assert shorten_elongation("schoooool", {"school"}) == "school"


def test_digits_are_never_taken_for_drawn_out() -> None:
    assert clean("it costs 100000 or 3333") == "it costs 100000 or 3333"


def test_text_is_cut_at_the_longest_message() -> None:
    assert len(clean("rotation " * 1000)) <= MAX_CHARACTERS == 4000


@pytest.mark.parametrize("typed", ["", " \n\t ", "\x00\x01", "\u200b\u200d", "<p></p>", "🏥🏥"])
def test_nothing_readable_is_an_empty_text(typed: str) -> None:
    assert clean(typed) == ""
