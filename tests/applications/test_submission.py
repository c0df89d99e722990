"""Sending, asking for the state, exporting."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from typing import Any

import pytest
from sqlalchemy import func, select

from frontdesk.applications import drafts, export, status, submission
from frontdesk.applications.fields import RECORD
from frontdesk.applications.wording import application_wording
from frontdesk.records.models import Application, Conversation, Draft, now
from frontdesk.records.session import Record

TODAY = dt.date(2026, 11, 22)
CONVERSATION = "c" * 32


@pytest.fixture
def record(sqlite_record: Record) -> Record:
    with sqlite_record.transaction() as session:
        session.add(Conversation(id=CONVERSATION, channel="website", external_ref="v1"))
    return sqlite_record


def make_draft(record: Record, values: dict[str, Any], *, consented: bool = True, **working: Any) -> str:
    with record.transaction() as session:
        draft = Draft(
            conversation_id=CONVERSATION,
            state="open",
            asking="review",
            values=values,
            working={"consented": consented, **working},
        )
        if consented:
            draft.consent_at, draft.consent_version = now(), "v7"
        session.add(draft)
        session.flush()
        return draft.id


def send(record: Record, draft_id: str) -> submission.Submitted:
    with record.transaction() as session:
        draft = session.get(Draft, draft_id)
        assert draft is not None
        return submission.send(session, draft, wording=application_wording(), today=TODAY)


def test_a_complete_draft_becomes_an_application(record: Record, answers: dict[str, Any]) -> None:
    sent = send(record, make_draft(record, answers))
    assert sent.application.values == {name: answers.get(name) for name in RECORD}
    assert sent.application.email == "ana@example.com"
    assert sent.application.consent_version == "v7"
    assert submission.is_reference(sent.application.reference)
    assert (sent.updated, sent.again) == (False, False)


def test_sending_twice_sends_once(record: Record, answers: dict[str, Any]) -> None:
    draft = make_draft(record, answers)
    first, second = send(record, draft), send(record, draft)
    assert first.application.reference == second.application.reference
    assert second.again
    with record.reading() as session:
        assert session.scalar(select(func.count()).select_from(Application)) == 1


@pytest.mark.parametrize(
    "name", [name for name in RECORD if name not in {"phone", "preferred_location", "match_year"}]
)
def test_nothing_is_sent_while_a_needed_field_is_missing(
    record: Record, answers: dict[str, Any], name: str
) -> None:
    answers.pop(name)
    draft = make_draft(record, answers)
    with pytest.raises(submission.NotComplete) as caught:
        send(record, draft)
    assert caught.value.problems[name] == "missing"
    with record.reading() as session:
        assert session.scalar(select(func.count()).select_from(Application)) == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("email", "nonsense"),
        ("phone", "123"),
        ("duration_weeks", 99),
        ("graduation_year", 2019),
        ("specialties", []),
    ],
)
def test_nothing_is_sent_with_a_value_that_cannot_be(
    record: Record, answers: dict[str, Any], name: str, value: Any
) -> None:
    with pytest.raises(submission.NotComplete) as caught:
        send(record, make_draft(record, answers | {name: value}))
    assert caught.value.problems == {name: "invalid"}


def test_nothing_is_sent_without_consent(record: Record, answers: dict[str, Any]) -> None:
    with pytest.raises(submission.NotComplete):
        send(record, make_draft(record, answers, consented=False))


@pytest.mark.parametrize("name", ["phone", "preferred_location"])
def test_what_may_be_left_open_is_sent_empty(record: Record, answers: dict[str, Any], name: str) -> None:
    assert send(record, make_draft(record, answers | {name: None})).application.values[name] is None


def test_what_does_not_apply_is_empty_in_the_record(record: Record, answers: dict[str, Any]) -> None:
    values = answers | {"program_interest": "residency_support", "match_year": 2028}
    sent = send(record, make_draft(record, values))
    assert sent.application.values["duration_weeks"] is None
    assert sent.application.values["match_year"] == 2028


def test_an_update_changes_the_application_and_keeps_its_reference(
    record: Record, answers: dict[str, Any]
) -> None:
    first = send(record, make_draft(record, answers)).application
    update = make_draft(record, answers | {"duration_weeks": 8}, consented=False, updates=first.id)
    sent = send(record, update)
    assert sent.updated
    assert sent.application.reference == first.reference
    assert sent.application.values["duration_weeks"] == 8
    assert send(record, update).again


def test_references_are_told_from_words_and_numbers(record: Record, answers: dict[str, Any]) -> None:
    for _ in range(20):
        reference = send(record, make_draft(record, answers)).application.reference
        assert len(reference) == 8
        assert not reference.isalpha()
        assert not reference.isdigit()
        assert not set(reference) & set("0O1IL5S8BUVAE")


@pytest.fixture
def sent(record: Record, answers: dict[str, Any]) -> Application:
    return send(record, make_draft(record, answers)).application


@pytest.mark.parametrize(
    "text",
    [
        "{reference} ana@example.com",
        "my reference is {reference}, e-mail Ana@Example.com",
        "ref {spaced} and phone +52 55 1234 5678",
        "{lower} 5512345678",
        "status of {reference}? 0052 55 1234 5678",
    ],
)
def test_the_state_is_told_to_who_has_reference_and_proof(
    record: Record, sent: Application, text: str
) -> None:
    reference = sent.reference
    claim = status.claim_in(
        text.format(reference=reference, lower=reference.lower(), spaced=f"{reference[:4]}-{reference[4:]}")
    )
    assert claim is not None
    with record.reading() as session:
        assert status.look_up(session, claim) == status.Found(reference, "received")


@pytest.mark.parametrize(
    "text",
    [
        "{reference}",
        "Ana Ruiz",
        "{reference} Ana Ruiz",
        "ana@example.com",
        "where is my application",
        "+52 55 1234 5678 ana@example.com",
    ],
)
def test_a_name_or_half_a_proof_is_no_claim(sent: Application, text: str) -> None:
    assert status.claim_in(text.format(reference=sent.reference)) is None


@pytest.mark.parametrize(
    "text",
    [
        "{reference} eve@example.com",
        "{reference} +52 55 1234 5679",
        "QWRT2346 ana@example.com",
        "{reference} 678 5678",
    ],
)
def test_a_wrong_proof_finds_nothing(record: Record, sent: Application, text: str) -> None:
    claim = status.claim_in(text.format(reference=sent.reference))
    if claim is not None:
        with record.reading() as session:
            assert status.look_up(session, claim) is None


def test_an_application_without_a_phone_is_not_proven_by_an_empty_one(
    record: Record, answers: dict[str, Any]
) -> None:
    application = send(record, make_draft(record, answers | {"phone": None})).application
    with record.reading() as session:
        assert status.look_up(session, status.Claim(application.reference, None, "")) is None
        assert status.look_up(session, status.Claim(application.reference, "", None)) is None


def test_the_newest_application_of_a_conversation_is_known(record: Record, sent: Application) -> None:
    with record.reading() as session:
        found = status.newest_of(session, CONVERSATION)
        assert found is not None
        assert found.reference == sent.reference
        assert drafts.unsent(session, CONVERSATION) is None


def test_json_and_csv_carry_the_fields_under_their_names(
    record: Record, sent: Application, answers: dict[str, Any]
) -> None:
    with record.reading() as session:
        told = export.rows(session)
    assert json.loads(export.as_json(told))[0] == told[0]
    assert {name: told[0][name] for name in RECORD} == {name: answers.get(name) for name in RECORD}
    table = list(csv.DictReader(io.StringIO(export.as_csv(told))))
    assert list(table[0])[-len(RECORD) :] == list(RECORD)
    assert table[0]["reference"] == sent.reference
    assert table[0]["phone"] == "+525512345678"
    assert table[0]["match_year"] == ""


def test_a_cell_that_would_run_as_a_formula_is_made_text(record: Record, answers: dict[str, Any]) -> None:
    send(record, make_draft(record, answers | {"medical_school": "=HYPERLINK(1) University"}))
    with record.reading() as session:
        table = list(csv.DictReader(io.StringIO(export.as_csv(export.rows(session)))))
    assert table[0]["medical_school"] == "'=HYPERLINK(1) University"


def test_several_specialties_share_a_cell(record: Record, answers: dict[str, Any]) -> None:
    send(record, make_draft(record, answers | {"specialties": ["psychiatry", "neurology"]}))
    with record.reading() as session:
        table = list(csv.DictReader(io.StringIO(export.as_csv(export.rows(session)))))
    assert table[0]["specialties"] == "psychiatry; neurology"


def test_guessing_a_status_ends_after_so_many_wrong_tries_even_with_the_right_proof(
    record: Record, sent: Application
) -> None:
    right = status.Claim(sent.reference, "ana@example.com")
    with record.transaction() as session:
        for number in range(status.LOOK_UPS_AN_HOUR):
            wrong = status.Claim(sent.reference, f"eve{number}@example.com")
            assert status.look_up_counted(session, wrong, f"asker-{number}") is None
        with pytest.raises(status.TooManyTries):
            status.look_up_counted(session, right, "asker-new")


def test_who_has_the_proof_may_ask_as_often_as_they_like(record: Record, sent: Application) -> None:
    right = status.Claim(sent.reference, "ana@example.com")
    with record.transaction() as session:
        for _ in range(2 * status.LOOK_UPS_AN_HOUR):
            assert status.look_up_counted(session, right, "asker") is not None


def test_a_look_up_compares_the_same_way_whichever_part_is_wrong(
    record: Record, sent: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    compare = status.hmac.compare_digest

    def counted(one: bytes, other: bytes) -> bool:
        made[-1] += 1
        return compare(one, other)

    monkeypatch.setattr(status.hmac, "compare_digest", counted)
    claims = [
        status.Claim(sent.reference, "ana@example.com", "5512345678"),
        status.Claim(sent.reference, "eve@example.com", "5512345670"),
        status.Claim("QWRT2346", "ana@example.com", "5512345678"),
    ]
    with record.reading() as session:
        for claim in claims:
            made.append(0)
            status.look_up(session, claim)
    assert len(set(made)) == 1
