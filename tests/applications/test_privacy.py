"""Seeing and deleting data: with a yes and a proof only, then everywhere; retention goes by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from frontdesk.applications import codes, drafts, erasure, personal_copy, privacy, resuming, retention, search
from frontdesk.conversations import threads
from frontdesk.files.keeping import About, Files
from frontdesk.records.models import (
    ActionOutcome,
    Application,
    AuditEntry,
    Base,
    Conversation,
    Draft,
    KeptFile,
    Mail,
    Message,
    OneTimeCode,
    PrivacyRequest,
    TrackerErasure,
    Turn,
    now,
)
from frontdesk.records.session import Record
from tests.applications.served import (
    ORGANIZATION,
    application,
    conversation,
    counted,
    draft,
    letters,
    lines,
    older,
)
from tests.files.conftest import PDF


@pytest.fixture
def with_mail(make_settings: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    known = make_settings(smtp_url="smtp://127.0.0.1:1")
    monkeypatch.setattr(privacy, "settings", lambda: known)


@pytest.fixture
def files(record: Record, make_settings: Callable[..., Any]) -> Files:
    return Files(record, make_settings())


def ask(record: Record, where: str, kind: privacy.Kind) -> privacy.Asked:
    with record.transaction() as session:
        return privacy.ask(session, where, kind, organization=ORGANIZATION)


def prove(record: Record, where: str, code: str) -> list[privacy.Told] | None:
    with record.transaction() as session:
        return privacy.prove(session, where, code, organization=ORGANIZATION)


def mailed_code(record: Record) -> str:
    found = codes.proof_code_in(letters(record)[-1].body.splitlines()[4])
    assert found is not None
    return found


def wrong_for(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def say(record: Record, where: str, text: str) -> str:
    with record.transaction() as session:
        kept = threads.receive(session, where, text=text, external_id=f"{where}:{text}").message.id
        session.scalars(select(Turn).where(Turn.message_id == kept)).one().state = "done"
        session.add(ActionOutcome(message_id=kept, action="x", outcome={"told": text}))
        return kept


def everything(record: Record) -> str:
    """All that the record holds, as one text."""
    with record.reading() as session:
        rows = [session.execute(select(table)).mappings().all() for table in Base.metadata.sorted_tables]
    return json.dumps([[dict(row) for row in found] for found in rows], default=str)


def test_a_code_to_the_mailbox_on_record_proves_the_person(record: Record, with_mail: None) -> None:
    where = conversation(record)
    application(record, where)
    asked = ask(record, where, "deletion")
    text, act = asked.told
    assert asked.by_staff is False
    assert "a•••@example.com" in text
    assert act["event"] == "deletion_asked"
    code = mailed_code(record)
    (wrong,) = prove(record, where, wrong_for(code)) or []
    assert "not the code" in wrong[0]
    assert prove(record, conversation(record), code) is None, "elsewhere the code means nothing"
    (right,) = prove(record, where, code) or []
    assert "it is you" in right[0]
    assert prove(record, where, code) is None, "it works once"


def test_a_code_dies_of_wrong_guesses_and_of_age(record: Record, with_mail: None) -> None:
    where = conversation(record)
    application(record, where)
    ask(record, where, "deletion")
    code = mailed_code(record)
    for _ in range(privacy.WRONG_CODES):
        prove(record, where, wrong_for(code))
    assert prove(record, where, code) is None
    ask(record, where, "deletion")
    with record.transaction() as session:
        for kept in session.scalars(select(OneTimeCode)):
            kept.expires_at = now()
    (over,) = prove(record, where, mailed_code(record)) or []
    assert "doesn't work any more" in over[0]


def test_without_a_mailbox_people_make_the_proof(sqlite_record: Record) -> None:
    where = conversation(sqlite_record)
    asked = ask(sqlite_record, where, "deletion")
    assert asked.by_staff is True
    with sqlite_record.reading() as session:
        assert session.get_one(Conversation, where).attention == "privacy"
        assert [one.state for one in privacy.open_requests(session)] == ["asked"]


def test_asking_again_and_again_sends_no_flood_of_letters(sqlite_record: Record, with_mail: None) -> None:
    where = conversation(sqlite_record)
    application(sqlite_record, where)
    for _ in range(privacy.REQUESTS_AN_HOUR + 2):
        last = ask(sqlite_record, where, "export")
    assert len(letters(sqlite_record)) == privacy.REQUESTS_AN_HOUR
    assert "too many" in last.told[0]


def test_a_proven_deletion_leaves_nothing_of_the_person_anywhere(
    record: Record, files: Files, with_mail: None, tmp_path: Path
) -> None:
    here, elsewhere, stranger = conversation(record), conversation(record, "telegram"), conversation(record)
    say(record, here, "I am Anabela Ruiz")
    application(record, here, full_name="Anabela Ruiz")
    draft(record, elsewhere, full_name="Anabela R.", email="ANA@example.com")
    say(record, elsewhere, "Anabela again")
    say(record, stranger, "I am Bo")
    file = files.keep([PDF], About(here, name="Anabela.pdf"))
    path = files.open(file.id).path
    ask(record, here, "deletion")
    assert erasure.erase_proven(record, files, ORGANIZATION) == 0, "no proof, no deletion"
    prove(record, here, mailed_code(record))
    assert erasure.erase_proven(record, files, ORGANIZATION) == 1
    left = everything(record)
    assert "Anabela" not in left
    assert not path.exists()
    with record.reading() as session:
        assert session.get(Conversation, elsewhere) is None
        (told,) = threads.read(session, here)
        assert told.act == {"act": "privacy", "event": "deletion_confirmed"}
        assert {one.tracker for one in session.scalars(select(TrackerErasure))} == {here, elsewhere}
        assert [one.text for one in threads.read(session, stranger)] == ["I am Bo"]
        done = session.scalars(select(PrivacyRequest)).one()
        assert (done.state, done.conversation_id, done.proof) == ("done", None, "code")
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "privacy.deletion_done")).one()
    assert "example.com" not in json.dumps(entry.detail)
    (last,) = letters(record)
    assert last.kind == "deleted"


def test_after_a_deletion_the_record_s_file_holds_no_word_of_it(
    sqlite_record: Record, make_settings: Callable[..., Any], with_mail: None
) -> None:
    where = conversation(sqlite_record)
    say(sqlite_record, where, "I am Anabela Quirofano")
    application(sqlite_record, where, full_name="Anabela Quirofano")
    search.catch_up(sqlite_record)
    path = Path(str(sqlite_record.engine.url.database))
    ask(sqlite_record, where, "deletion")
    prove(sqlite_record, where, mailed_code(sqlite_record))
    assert erasure.erase_proven(sqlite_record, Files(sqlite_record, make_settings()), ORGANIZATION) == 1
    for file in path.parent.glob(f"{path.name}*"):
        assert b"quirofano" not in file.read_bytes().lower(), file.name


def test_a_deletion_waits_for_the_turn_that_asked_for_it(
    sqlite_record: Record, make_settings: Callable[..., Any]
) -> None:
    where = conversation(sqlite_record)
    with sqlite_record.transaction() as session:
        threads.receive(session, where, text="482913", external_id="x")
        session.add(PrivacyRequest(conversation_id=where, kind="deletion", state="proven", proof="code"))
    known = Files(sqlite_record, make_settings())
    assert erasure.erase_proven(sqlite_record, known, ORGANIZATION) == 0
    with sqlite_record.transaction() as session:
        session.scalars(select(Turn)).one().state = "done"
    assert erasure.erase_proven(sqlite_record, known, ORGANIZATION) == 1


def test_every_table_that_hangs_on_a_conversation_is_reached_by_the_erasure(sqlite_record: Record) -> None:
    where = conversation(sqlite_record)
    say(sqlite_record, where, "hello")
    draft(sqlite_record, where)
    application(sqlite_record, where)
    with sqlite_record.transaction() as session:
        erased = erasure.erase(session, [where])
    assert {"conversations", "messages", "turns", "drafts", "applications"} <= set(erased.rows)
    with sqlite_record.reading() as session:
        for model in (Conversation, Message, Turn, Draft, Application, ActionOutcome):
            assert counted(session, model) == 0


def test_a_copy_holds_everything_under_the_names_of_the_record(
    record: Record, files: Files, with_mail: None
) -> None:
    here, elsewhere = conversation(record), conversation(record)
    say(record, here, "hello")
    application(record, here)
    draft(record, elsewhere, full_name="Ana", email="ana@example.com")
    files.keep([PDF], About(here, name="cv.pdf", document="cv"))
    ask(record, here, "export")
    (told,) = prove(record, here, mailed_code(record)) or []
    assert told[1] == {"act": "privacy", "event": "export_sent"}
    assert "/export/" in letters(record)[-1].body
    with record.reading() as session:
        copied = json.loads(json.dumps(personal_copy.copy_of(session, here)))
    assert copied["applications"][0]["medical_school"] == "UNAM"
    assert copied["unsent_answers"][0]["values"] == {"full_name": "Ana", "email": "ana@example.com"}
    assert copied["files"][0]["name"] == "cv.pdf"
    assert {one["channel"] for one in copied["conversations"]} == {"website"}
    assert any(line["text"] == "hello" for one in copied["conversations"] for line in one["messages"])


def test_a_link_to_a_copy_is_for_one_request_and_runs_out(make_settings: Callable[..., Any]) -> None:
    token = privacy.export_link("r1").rpartition("/")[2]
    key = privacy.settings().secret_key
    assert privacy.request_of(token, key) == "r1"
    assert privacy.request_of(token, "b" * 43) is None
    assert privacy.request_of(token + "x", key) is None


def test_a_draft_older_than_allowed_is_gone_and_its_chat_says_so(record: Record, files: Files) -> None:
    old, young = conversation(record), conversation(record)
    old_draft, young_draft = draft(record, old), draft(record, young)
    with record.transaction() as session:
        resuming.give(session, old, organization=ORGANIZATION)
    with record.transaction() as session:
        older(session.get_one(Draft, old_draft), 31, "updated_at")
    assert retention.enforce(record, files, ORGANIZATION, mail_days=90)["drafts"] == 1
    with record.reading() as session:
        gone = session.get_one(Draft, old_draft)
        assert (gone.state, gone.values) == ("cancelled", {})
        assert counted(session, OneTimeCode) == 0
        assert drafts.unsent(session, young) is not None
        assert session.get_one(Draft, young_draft).values
    assert "was deleted, because nothing came for 30 days" in lines(record, old)[-1].text


def test_closed_chats_applications_papers_and_letters_go_when_their_time_is_over(
    record: Record, files: Files
) -> None:
    closed, applied, fresh, with_file = (conversation(record) for _ in range(4))
    say(record, closed, "closed long ago")
    application_id = application(record, applied)
    application(record, fresh)
    file = files.keep([PDF], About(with_file))
    with record.transaction() as session:
        session.get_one(Conversation, closed).holder = "closed"
        for one in (closed, applied, fresh):
            older(session.get_one(Conversation, one), 500, "updated_at")
        older(session.get_one(Application, application_id), 500, "updated_at")
        older(session.get_one(KeptFile, file.id), 61, "created_at")
        session.add(Mail(kind="copy", recipient="a@b.org", subject="s", body="b", state="sent"))
    with record.transaction() as session:
        older(session.scalars(select(Mail)).one(), 91, "created_at")
    counts = retention.enforce(record, files, ORGANIZATION, mail_days=90)
    assert counts == {"drafts": 0, "closed_conversations": 1, "applications": 1, "files": 1}
    with record.reading() as session:
        assert {one.id for one in session.scalars(select(Conversation))} == {fresh, with_file}
        assert session.get_one(KeptFile, file.id).state == "erased"
        assert counted(session, Mail) == 0
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "retention.enforced")).one()
    assert entry.detail == counts
    assert retention.enforce(record, files, ORGANIZATION, mail_days=90)["applications"] == 0


def test_what_has_no_period_stays(sqlite_record: Record, make_settings: Callable[..., Any]) -> None:
    where = conversation(sqlite_record)
    with sqlite_record.transaction() as session:
        found = session.get_one(Conversation, where)
        found.holder, found.updated_at = "closed", now() - timedelta(days=5000)
    known = ORGANIZATION.model_copy(
        update={"retention": ORGANIZATION.retention.model_copy(update={"closed_conversations": None})}
    )
    retention.enforce(sqlite_record, Files(sqlite_record, make_settings()), known, mail_days=90)
    with sqlite_record.reading() as session:
        assert session.get(Conversation, where) is not None
