"""Passport, exam, card and identity numbers are not kept in a thread; phones, years and references are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk.conversations import sensitive, threads
from frontdesk.records.session import Record

NUMBERS = [
    ("my passport number is AB1234567", "passport", "1234567"),
    ("Passport: M1234567, valid until 2030", "passport", "1234567"),
    ("SSN 123-45-6789", "identity", "6789"),
    ("USMLE ID 1-123-456-7", "exam", "456"),
    ("ecfmg number: 0-987-654-3", "exam", "654"),
    ("AAMC ID 14567890", "exam", "14567890"),
    ("pay with 4111 1111 1111 1111 please", "card", "1111"),
    ("amex 378282246310005", "card", "378282246310005"),
    ("date of birth 12/04/1999", "birth", "1999"),
]
HARMLESS = [
    "+234 801 234 5678",
    "2348012345670",
    "00525512345678",
    "graduated 2019, 240 in step 2",
    "reference C2D3F4G6",
    "I passed Step 1 in 2024 with 231",
    "K7Q-X4R-TPD",
    "482 913",
    "8 weeks from 06/2027",
    "my passport is valid until 2030",
    "passport copy and CV",
]


@pytest.mark.parametrize(("text", "kind", "secret"), NUMBERS)
def test_a_number_that_must_not_be_kept_is_hidden_before_anything_keeps_it(
    sqlite_record: Record, text: str, kind: str, secret: str
) -> None:
    with sqlite_record.transaction() as session:
        where = threads.start(session, channel="website").id
        kept = threads.receive(session, where, text=text, external_id="1").message
    assert secret not in kept.text
    assert f"[{sensitive.name_of(kind)} hidden]" in kept.text
    assert sensitive.kinds_hidden(kept.text) == [kind]
    assert [one.kind for one in sensitive.find(kept.text)] == [kind], "the form still hears what was typed"


@pytest.mark.parametrize("text", HARMLESS)
def test_other_numbers_stay_as_they_are(text: str) -> None:
    assert sensitive.hidden(text) == (text, [])


def test_while_a_person_has_the_chat_the_applicant_is_told_by_the_thread(sqlite_record: Record) -> None:
    with sqlite_record.transaction() as session:
        conversation = threads.start(session, channel="website")
        conversation.holder = "queued"
        threads.receive(session, conversation.id, text=NUMBERS[0][0], external_id="1")
        told = threads.read(session, conversation.id)[-1]
    assert told.author == "system"
    assert "don't send passport numbers" in told.text


@given(st.text(max_size=300))
def test_hiding_twice_is_hiding_once(text: str) -> None:
    once, kinds = sensitive.hidden(text)
    assert sensitive.hidden(once) == (once, [])
    assert (once == text) == (not kinds)


@given(st.integers(min_value=10**6, max_value=10**15 - 1), st.sampled_from(["", "+", "00"]))
def test_a_bare_phone_number_is_never_hidden(number: int, prefix: str) -> None:
    text = f"{prefix}{number}"
    american_express = len(str(number)) == 15 and str(number)[:2] in {"34", "37"}
    assert american_express or sensitive.hidden(text)[0] == text
