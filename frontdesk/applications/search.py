"""Finding applications by words: name, e-mail, phone, reference, school, and what people wrote in the thread.

Letters are compared without case and accents, whole words or their beginnings, all words asked for. SQLite
answers by FTS5, PostgreSQL by a GIN index; both see words made here, so both find the same. What the index
lacks is added before a search (`catch_up`), so nothing else has to tell it of a change.
"""

from __future__ import annotations

import re
from typing import Any, Final

from sqlalchemy import Boolean, ColumnElement, delete, false, literal, or_, select, text, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from frontdesk.knowledge.vocabulary import fold
from frontdesk.records.models import Application, ApplicationWords, Conversation, Message
from frontdesk.records.session import Record

_WORD: Final = re.compile(r"[^\W_]+")
LONGEST_WORD: Final = 64
# PostgreSQL refuses a text index above 1 MB; 200,000 characters are some 30,000 different words.
LONGEST_INDEX: Final = 200_000
MOST_WORDS_ASKED: Final = 8
BATCH: Final = 200
_FTS: Final = "application_words_fts"
PEOPLE: Final = ("applicant", "staff")
VALUES: Final = ("full_name", "email", "phone", "medical_school")


def tokens(text: str) -> list[str]:
    """The words of a text, folded, each once, in order; at most 64 characters of each."""
    return list(dict.fromkeys(word[:LONGEST_WORD] for word in _WORD.findall(fold(text))))


def matching(words: str) -> ColumnElement[bool]:
    """Which applications hold all of the words (or words that begin so); all of them when there are none.

    Safe for any input: what is neither letter nor digit only parts words. Words without any find nothing.
    """
    asked = tokens(words)[:MOST_WORDS_ASKED]
    if not asked:
        return false() if words.strip() else true()
    on_sqlite = " AND ".join(f'"{word}" *' for word in asked)
    on_postgresql = " & ".join(f"'{word}':*" for word in asked)
    found = _Found(ApplicationWords.id, ApplicationWords.words, literal(on_sqlite), literal(on_postgresql))
    return Application.id.in_(select(ApplicationWords.application_id).where(found))


def catch_up(record: Record) -> int:
    """Add to the index what it lacks, in short transactions; how many applications that were."""
    done = 0
    while True:
        with record.reading() as session:
            lacking = session.scalars(_lacking().limit(1)).first()
        if lacking is None:
            return done
        with record.transaction() as session:
            batch = session.scalars(_lacking().limit(BATCH)).all()
            _index(session, batch)
            done += len(batch)


def forget(session: Session, conversation_id: str) -> None:
    """Drop the index of a conversation's applications, as after words of its thread were erased."""
    of_it = select(Application.id).where(Application.conversation_id == conversation_id)
    session.execute(delete(ApplicationWords).where(ApplicationWords.application_id.in_(of_it)))


def purge(record: Record) -> None:
    """Rewrite SQLite's index: a word that was deleted stays in its pages, marked, until they are merged."""
    if record.is_sqlite:
        with record.transaction() as session:
            session.execute(text(f"INSERT INTO {_FTS}({_FTS}) VALUES ('optimize')"))  # noqa: S608 - a constant


def _lacking() -> Any:
    return (
        select(Application.id)
        .join(Conversation, Conversation.id == Application.conversation_id)
        .outerjoin(ApplicationWords, ApplicationWords.application_id == Application.id)
        .where(
            or_(
                ApplicationWords.id.is_(None),
                ApplicationWords.seq != Conversation.last_seq,
                ApplicationWords.application_at != Application.updated_at,
            )
        )
        .order_by(Application.id)
    )


def _index(session: Session, ids: Any) -> None:
    if not ids:
        return
    applications = session.execute(
        select(Application, Conversation.last_seq)
        .join(Conversation, Conversation.id == Application.conversation_id)
        .where(Application.id.in_(ids))
    ).all()
    said: dict[str, list[str]] = {}
    lines = (
        select(Message.conversation_id, Message.text)
        .where(
            Message.conversation_id.in_({one.conversation_id for one, _ in applications}),
            Message.author.in_(PEOPLE),
        )
        .order_by(Message.seq.desc())
    )
    for conversation_id, line in session.execute(lines):
        said.setdefault(conversation_id, []).append(line)
    rows = [
        {
            "application_id": one.id,
            "seq": last_seq,
            "application_at": one.updated_at,
            "words": _words_of(one, said.get(one.conversation_id, [])),
        }
        for one, last_seq in applications
    ]
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    adding = insert(ApplicationWords).values(rows)
    # Two processes may catch up at once: the later one wins with the same or newer words.
    session.execute(
        adding.on_conflict_do_update(
            index_elements=[ApplicationWords.application_id],
            set_={name: adding.excluded[name] for name in ("seq", "application_at", "words")},
        )
    )


def _words_of(application: Application, lines: list[str]) -> str:
    told = [application.reference, *(str(application.values.get(name) or "") for name in VALUES)]
    words = " ".join(tokens(" ".join([*told, *lines])))
    return words if len(words) <= LONGEST_INDEX else words[:LONGEST_INDEX].rpartition(" ")[0]


class _Found(FunctionElement[bool]):
    """Whether the index of a row holds the words: (id, words, FTS5 query, tsquery)."""

    name = "found"
    type = Boolean()
    inherit_cache = True


@compiles(_Found, "sqlite")
def _by_fts5(element: _Found, compiler: Any, **kw: Any) -> str:
    row, _, asked, _ = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{row} IN (SELECT rowid FROM {_FTS} WHERE {_FTS} MATCH {asked})"  # noqa: S608 - bound values


@compiles(_Found, "postgresql")
def _by_tsquery(element: _Found, compiler: Any, **kw: Any) -> str:
    _, words, _, asked = element.clauses
    # The expression is the one of the index `application_words_found`, or it would not be used.
    return (
        f"array_to_tsvector(string_to_array({compiler.process(words, **kw)}, ' ')) "
        f"@@ CAST({compiler.process(asked, **kw)} AS tsquery)"
    )
