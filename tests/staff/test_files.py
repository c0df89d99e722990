"""Files of applicants in the console: saved, never shown; every download is in the audit log."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from frontdesk.files.keeping import About, Files
from frontdesk.records.models import Application, AuditEntry, KeptFile
from tests.files.conftest import PDF


@pytest.fixture
def file_id(desk: Any) -> str:
    about = About(desk.waiting(), name='Ana "Ö".pdf', document="cv")
    return Files(desk.record, desk.settings).keep([PDF], about).id


def entries(desk: Any, action: str) -> list[AuditEntry]:
    with desk.record.reading() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_a_file_is_saved_and_never_shown_and_that_is_audited(desk: Any, file_id: str) -> None:
    answer = desk.signed_in("ann").get(f"/staff/files/{file_id}")
    assert answer.status_code == 200
    assert answer.content == PDF
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    (entry,) = entries(desk, "file.downloaded")
    assert (entry.actor, entry.subject) == ("ann", file_id)
    assert "Ana" not in str(entry.detail)


def test_the_page_of_an_application_shows_which_papers_are_there_and_which_are_missing(desk: Any) -> None:
    desk.application("K7QX4M")
    with desk.record.reading() as session:
        where = session.scalars(select(Application)).one().conversation_id
    files = Files(desk.record, desk.settings)
    filed = files.keep([PDF], About(where, name="cv of amina.pdf", document="cv")).id
    loose = files.keep([PDF], About(where, name="scan0001.pdf")).id
    html = desk.signed_in().get("/staff/applications/K7QX4M").text
    panel = html.partition('data-testid="papers"')[2].partition("</section>")[0]
    assert f'href="/staff/files/{filed}"' in panel
    assert f'href="/staff/files/{loose}"' in panel
    assert "missing" in panel


def test_nobody_else_opens_a_file(desk: Any, file_id: str) -> None:
    assert desk.visitor().get(f"/staff/files/{file_id}").status_code == 303
    assert entries(desk, "file.downloaded") == []


def test_a_file_that_waits_for_the_scanner_is_not_given_out(desk: Any, file_id: str) -> None:
    with desk.record.transaction() as session:
        session.get_one(KeptFile, file_id).state = "scanning"
    answer = desk.signed_in("ann").get(f"/staff/files/{file_id}")
    assert answer.status_code == 409
    assert "scanner" in answer.text


def test_a_file_is_filed_under_another_paper(desk: Any, file_id: str) -> None:
    ann = desk.signed_in("ann")
    assert ann.post(f"/staff/files/{file_id}/document", document="diploma").status_code == 303
    assert ann.post(f"/staff/files/{file_id}/document", document="horoscope").status_code == 422
    with desk.record.reading() as session:
        assert session.get_one(KeptFile, file_id).document == "diploma"


def test_an_erased_file_is_gone(desk: Any, file_id: str) -> None:
    ann = desk.signed_in("ann")
    assert ann.post(f"/staff/files/{file_id}/erase").status_code == 303
    assert ann.get(f"/staff/files/{file_id}").status_code == 409
    (entry,) = entries(desk, "file.erased")
    assert entry.actor == "ann"
