"""Applications are found by any word of them or of their thread, the same way on both databases."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, select, text

from frontdesk.applications import search
from frontdesk.conversations import threads
from frontdesk.records.models import Application, ApplicationWords, Draft, Moment, now
from frontdesk.records.session import Record

Add = Callable[..., str]


@pytest.fixture
def add(record: Record) -> Add:
    """`add("REF234", "words of the thread", full_name="…")`; the id of the conversation."""

    def added(reference: str, *lines: str, **values: Any) -> str:
        with record.transaction() as session:
            conversation = threads.start(session, channel="website")
            draft = Draft(conversation_id=conversation.id, state="sent", values=values)
            session.add(draft)
            session.flush()
            session.add(
                Application(
                    reference=reference,
                    draft_id=draft.id,
                    conversation_id=conversation.id,
                    values=values,
                    email=values.get("email"),
                )
            )
            for number, line in enumerate(lines):
                threads.receive(session, conversation.id, text=line, external_id=f"{reference}-{number}")
            return conversation.id

    return added


def found(record: Record, words: str) -> set[str]:
    search.catch_up(record)
    with record.reading() as session:
        return set(session.scalars(select(Application.reference).where(search.matching(words))))


def test_letters_are_compared_without_case_and_accents(record: Record, add: Add) -> None:
    add("AAA222", full_name="Sofía Hernández")
    add("BBB333", full_name="Łukasz Østergård")
    add("CCC444", full_name="أحمد علي", email="a.ali@example.com")
    add("DDD555", full_name="Nguyễn Thị Ánh")
    for words, expected in (
        ("HERNANDEZ", {"AAA222"}),
        ("sofía", {"AAA222"}),
        ("lukasz ostergard", {"BBB333"}),
        ("أحمد", {"CCC444"}),
        ("nguyen anh", {"DDD555"}),
        ("aaa222", {"AAA222"}),
        ("a.ali@example.com", {"CCC444"}),
    ):
        assert found(record, words) == expected, words


def test_words_of_the_thread_are_found_as_soon_as_they_are_written(record: Record, add: Add) -> None:
    conversation_id = add("AAA222", "My residency visa was delayed", full_name="Amina")
    add("BBB333", "Hello", full_name="Ben")
    assert found(record, "delay visa") == {"AAA222"}
    assert found(record, "embassy") == set()
    with record.transaction() as session:
        threads.receive(session, conversation_id, text="The embassy wrote", external_id="later")
    assert found(record, "embassy amina") == {"AAA222"}


def test_what_was_changed_is_found_by_its_new_words_only(record: Record, add: Add) -> None:
    add("AAA222", full_name="Amina Bello")
    assert found(record, "bello") == {"AAA222"}
    with record.transaction() as session:
        one = session.scalars(select(Application)).one()
        one.values, one.updated_at = {"full_name": "Amina Okoye"}, now()
    assert found(record, "bello") == set()
    assert found(record, "okoye") == {"AAA222"}


def test_an_erased_application_leaves_no_words_behind(record: Record, add: Add) -> None:
    add("AAA222", full_name="Amina Bello")
    assert found(record, "amina") == {"AAA222"}
    with record.transaction() as session:
        session.delete(session.scalars(select(Application)).one())
    with record.reading() as session:
        assert session.scalars(select(ApplicationWords)).all() == []
    assert found(record, "amina") == set()


def test_words_without_letters_find_nothing_and_no_words_find_all(record: Record, add: Add) -> None:
    add("AAA222", full_name="Amina Bello")
    assert found(record, "") == found(record, "   ") == {"AAA222"}
    assert found(record, "%% __ '") == set()


@pytest.fixture(scope="module")
def small(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, postgres: Any
) -> Iterator[list[Record]]:
    path = tmp_path_factory.mktemp("small") / "record.db"
    shutil.copyfile(migrated_sqlite, path)
    made = [Record(f"sqlite:///{path}"), Record(postgres.new_database())]
    yield made
    for one in made:
        one.close()


@pytest.mark.postgres
@given(
    words=st.text(max_size=40) | st.sampled_from(['" OR *', "a:* | b", "NEAR(a b)", "'; --", "\x00", "\\"])
)
@settings(max_examples=30)
def test_no_input_breaks_a_search(small: list[Record], words: str) -> None:
    for record in small:
        with record.reading() as session:
            assert session.scalars(select(Application.id).where(search.matching(words))).all() == []


MANY = 10_000
AT = now()
NEWEST = 100  # are indexed by the test; the others are put into the index as it would be
FILL = """
WITH RECURSIVE counted(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n < {last})
INSERT INTO {table} SELECT {columns} FROM counted
"""


def fill(record: Record, table: str, rows: int = MANY, **columns: str) -> None:
    """So many rows by one statement: a column's SQL may use `n` (without %, which drivers read as theirs)."""
    names = f"{table} ({', '.join(columns)})".replace("values", '"values"')
    statement = text(FILL.format(last=rows - 1, table=names, columns=", ".join(columns.values())))
    with record.transaction() as session:
        session.execute(statement.bindparams(bindparam("at", AT, type_=Moment())))


def test_ten_thousand_applications_are_searched_quickly(record: Record) -> None:
    as_json = "" if record.is_sqlite else "::json"
    key, ref = "'id' || n", "'R' || n"
    fill(
        record, "conversations", id=key, channel="'website'", external_ref=key, holder="'bot'", epoch="0",
        last_seq="1", turn_token="0", created_at=":at", updated_at=":at",
    )  # fmt: skip
    fill(
        record, "drafts", id=key, conversation_id=key, state="'sent'", values=f"'{{}}'{as_json}",
        working=f"'{{}}'{as_json}", version="0", created_at=":at", updated_at=":at",
    )  # fmt: skip
    said = "'I start in month ' || (n - n / 12 * 12) || ' with word' || (n - n / 500 * 500)"
    fill(
        record, "messages", id=key, conversation_id=key, seq="1", author="'applicant'", text=said,
        channel="'website'", created_at=":at",
    )  # fmt: skip
    told = f"""('{{"full_name": "Person' || n || ' Family' || (n - n / 97 * 97) || '"}}'){as_json}"""
    fill(
        record, "applications", id=key, reference=ref, draft_id=key, conversation_id=key,
        state="'received'", values=told, sent_at=":at", updated_at=":at",
    )  # fmt: skip
    fill(
        record, "application_words", MANY - NEWEST, application_id=key, seq="1", application_at=":at",
        words=f"lower({ref} || ' person' || n || ' family' || (n - n / 97 * 97) || ' ' || {said})",
    )  # fmt: skip
    assert search.catch_up(record) == NEWEST
    expected = {f"R{n}" for n in range(MANY) if n % 97 == 13 and f"word{n % 500}".startswith("word13")}
    took = []
    for _ in range(5):
        began = time.perf_counter()
        assert found(record, "FAMILY13 word13 pérson") == expected
        took.append(time.perf_counter() - began)
    assert min(took) < 0.3
