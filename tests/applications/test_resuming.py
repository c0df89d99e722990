"""A single-use code carries a draft to another conversation; guessing ends; the old conversation is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from frontdesk.applications import codes, drafts, resuming
from frontdesk.applications.resuming import CodeFault
from frontdesk.applications.status import claim_in
from frontdesk.files.keeping import About, Files
from frontdesk.records.models import DraftChange, KeptFile, OneTimeCode, now
from frontdesk.records.session import Record
from tests.applications.served import ORGANIZATION, conversation, draft, letters, lines
from tests.files.conftest import PDF


def give(record: Record, where: str) -> str:
    with record.transaction() as session:
        given_code = resuming.give(session, where, organization=ORGANIZATION)
    assert given_code is not None
    assert given_code.by == "shown"
    found = codes.resume_code_in(given_code.text)
    assert found is not None
    return found


def redeem(record: Record, code: str, where: str) -> str:
    with record.transaction() as session:
        return resuming.redeem(session, code, where)


def refused(record: Record, code: str, where: str) -> str:
    """The fault; what it counted stays, as in an action's turn."""
    with record.transaction() as session:
        try:
            resuming.redeem(session, code, where)
        except CodeFault as fault:
            return str(fault)
    raise AssertionError("the code was taken")


def test_a_code_brings_the_draft_along_and_the_old_chat_is_told(record: Record) -> None:
    there, here = conversation(record), conversation(record, "telegram")
    draft_id = draft(record, there)
    assert "Welcome back" in redeem(record, give(record, there), here)
    with record.reading() as session:
        moved = drafts.unsent(session, here)
        assert moved is not None
        assert moved.id == draft_id
        assert (moved.state, moved.asking, moved.values["full_name"]) == ("open", "phone", "Ana Ruiz")
        assert drafts.unsent(session, there) is None
        change = session.scalars(select(DraftChange).where(DraftChange.field == "conversation")).one()
        assert change.after == {"value": here}
    (told,) = lines(record, there)
    assert told.author == "system"
    assert "another chat (Telegram)" in told.text


def test_what_was_told_here_already_is_joined_and_the_moved_answers_win(record: Record) -> None:
    there, here = conversation(record), conversation(record)
    draft(record, there, full_name="Ana Ruiz")
    draft(record, here, full_name="A.", medical_school="UNAM")
    redeem(record, give(record, there), here)
    with record.reading() as session:
        joined = drafts.unsent(session, here)
        assert joined is not None
        assert joined.values == {"full_name": "Ana Ruiz", "medical_school": "UNAM"}


def test_papers_handed_in_ahead_come_along(sqlite_record: Record, make_settings: Callable[..., Any]) -> None:
    there, here = conversation(sqlite_record), conversation(sqlite_record)
    draft(sqlite_record, there)
    Files(sqlite_record, make_settings()).keep([PDF], About(there, document="cv"))
    redeem(sqlite_record, give(sqlite_record, there), here)
    with sqlite_record.reading() as session:
        assert session.scalars(select(KeptFile.conversation_id)).one() == here


def test_a_code_works_once_and_a_new_one_ends_the_old(record: Record) -> None:
    there, here = conversation(record), conversation(record)
    draft(record, there)
    old, new = give(record, there), give(record, there)
    assert "don't know that code" in refused(record, old, here)
    redeem(record, new, here)
    assert "don't know that code" in refused(record, new, there)


def test_a_code_that_is_too_old_or_of_a_cancelled_draft_moves_nothing(record: Record) -> None:
    there, here = conversation(record), conversation(record)
    draft(record, there)
    code = give(record, there)
    with record.transaction() as session:
        session.scalars(select(OneTimeCode)).one().expires_at = now()
    assert "too old" in refused(record, code, here)
    code = give(record, there)
    with record.transaction() as session:
        found = drafts.unsent(session, there)
        assert found is not None
        drafts.cancel(session, found)
    assert "don't know that code" in refused(record, code, here)


def test_guessing_ends_after_a_few_wrong_codes_even_with_the_right_one(record: Record) -> None:
    there, here = conversation(record), conversation(record)
    draft(record, there)
    code = give(record, there)
    for _ in range(resuming.WRONG_OF_ONE):
        assert "don't know" in refused(record, codes.resume_code().replace("-", ""), here)
    assert "too many wrong codes" in refused(record, code, here)


def test_many_conversations_together_cannot_guess_either(
    sqlite_record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resuming, "WRONG_OF_ALL", 3)
    for _ in range(3):
        refused(sqlite_record, codes.resume_code(), conversation(sqlite_record))
    assert "too many" in refused(sqlite_record, codes.resume_code(), conversation(sqlite_record))


def test_codes_are_given_so_often_an_hour(sqlite_record: Record) -> None:
    there = conversation(sqlite_record)
    draft(sqlite_record, there)
    for _ in range(resuming.CODES_AN_HOUR):
        give(sqlite_record, there)
    with sqlite_record.transaction() as session, pytest.raises(CodeFault, match="several codes"):
        resuming.give(session, there, organization=ORGANIZATION)


def test_without_answers_there_is_nothing_to_take_along(sqlite_record: Record) -> None:
    here = conversation(sqlite_record)
    with sqlite_record.transaction() as session:
        assert resuming.give(session, here, organization=ORGANIZATION) is None


def test_where_mail_is_configured_the_code_goes_to_the_applicant_and_not_into_the_chat(
    sqlite_record: Record, make_settings: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resuming, "settings", lambda: make_settings(smtp_url="smtp://127.0.0.1:1"))
    there, here = conversation(sqlite_record), conversation(sqlite_record)
    draft(sqlite_record, there)
    with sqlite_record.transaction() as session:
        mailed = resuming.give(session, there, organization=ORGANIZATION)
    assert mailed is not None
    assert mailed.by == "mail"
    assert "a•••@example.com" in mailed.text
    assert codes.resume_code_in(mailed.text) is None
    (letter,) = letters(sqlite_record)
    assert letter.secret
    code = codes.resume_code_in(letter.body)
    assert code is not None
    assert "Welcome back" in redeem(sqlite_record, code, here)


def test_only_a_keyed_hash_of_a_code_is_kept(sqlite_record: Record) -> None:
    there = conversation(sqlite_record)
    draft(sqlite_record, there)
    code = give(sqlite_record, there)
    with sqlite_record.reading() as session:
        kept = session.scalars(select(OneTimeCode)).one()
    assert code not in str(vars(kept))
    assert re.fullmatch(r"[0-9a-f]{64}", kept.code_hash)


@pytest.mark.parametrize("form", ["{0}-{1}-{2}", "{0}{1}{2}", "{0} {1} {2}", "my code is {0}-{1}-{2}."])
@given(st.data())
def test_a_code_is_read_however_it_is_typed(form: str, data: st.DataObject) -> None:
    code = codes.resume_code()
    parts = code.split("-")
    typed = form.format(*parts)
    typed = typed.lower() if data.draw(st.booleans()) else typed
    assert codes.resume_code_in(typed) == code.replace("-", "")
    assert claim_in(f"{typed} ana@example.com") is None, "a code is no reference"


@pytest.mark.parametrize(
    "text",
    [
        "my reference is C2D3F4G6",
        "+234 803 123 4567",
        "ana.2024@example.com",
        "Step 2 CK 240",
        "the hgt mrk dry",
        "",
    ],
)
def test_other_words_and_numbers_are_no_code(text: str) -> None:
    assert codes.resume_code_in(text) is None
