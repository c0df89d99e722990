"""Files of applicants in the console: saved, never shown; every download is in the audit log."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from frontdesk.applications import documents
from frontdesk.files.keeping import STAFF, About, Files
from frontdesk.knowledge.organization import organization
from frontdesk.records.models import Application, AuditEntry, KeptFile, Message
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


def add_paper(visitor: Any, conversation_id: str, content: bytes = PDF, **fields: str) -> Any:
    return visitor.client.post(
        f"/staff/conversations/{conversation_id}/papers",
        data={"csrf": visitor.token(), **fields},
        files={"file": ("CV of Amina.pdf", content, "text/html")},
    )


def kept(desk: Any, source: str) -> list[KeptFile]:
    with desk.record.reading() as session:
        return list(session.scalars(select(KeptFile).where(KeptFile.source == source)))


def test_staff_file_a_paper_for_an_applicant_who_sent_it_by_mail(desk: Any) -> None:
    where, ann = desk.application("K7QX4M"), desk.signed_in("ann")
    answer = add_paper(ann, where, document="cv", application="K7QX4M")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/staff/applications/K7QX4M?done=file_added",
    )
    [file] = kept(desk, "team")
    assert (file.document, file.state, file.name) == ("cv", "kept", "CV of Amina.pdf")
    [entry] = entries(desk, "file.added")
    assert (entry.actor, entry.subject) == ("ann", file.id)
    assert "Amina" not in str(entry.detail)
    with desk.record.reading() as session:
        papers = {one.key: one.state for one in documents.checklist(session, where, organization())}
        said = session.scalars(select(Message.text).where(Message.conversation_id == where)).all()
    assert papers["cv"] == "there"
    assert said == ["I want to apply"]  # the applicant is not written to
    panel = ann.get("/staff/applications/K7QX4M").text.partition('data-testid="papers"')[2]
    assert f'href="/staff/files/{file.id}"' in panel
    assert "filed by the team" in panel


def test_a_paper_filed_by_staff_is_not_given_out_to_the_applicant(desk: Any) -> None:
    where = desk.application("K7QX4M")
    add_paper(desk.signed_in("ann"), where, document="cv")
    [file] = kept(desk, "team")
    assert file.source != STAFF  # what the applicant's own door gives out


@pytest.mark.parametrize(
    ("content", "fields", "status"),
    [
        pytest.param(b"", {}, 422, id="empty"),
        pytest.param(b"MZ a program", {}, 415, id="no kind that is taken"),
        pytest.param(PDF + b" " * 25_000_000, {}, 413, id="too large"),
        pytest.param(PDF, {"document": "horoscope"}, 422, id="not on the list"),
    ],
)
def test_a_paper_that_cannot_be_filed_is_refused_and_nothing_stays(
    desk: Any, content: bytes, fields: dict[str, str], status: int
) -> None:
    assert add_paper(desk.signed_in("ann"), desk.application(), content, **fields).status_code == status
    assert kept(desk, "team") == []
    assert entries(desk, "file.added") == []


def test_a_paper_for_a_conversation_that_is_not_there_is_refused(desk: Any) -> None:
    assert add_paper(desk.signed_in("ann"), "nowhere").status_code == 404


def test_what_staff_sent_to_the_applicant_is_none_of_the_papers(desk: Any) -> None:
    where = desk.application("K7QX4M")
    sent = Files(desk.record, desk.settings).keep([PDF], About(where, name="Offer.pdf", source=STAFF)).id
    for page in ("/staff/applications/K7QX4M", f"/staff/conversations/{where}"):
        panel = (
            desk.signed_in("ann")
            .get(page)
            .text.partition('data-testid="papers"')[2]
            .partition("</section>")[0]
        )
        assert panel
        assert sent not in panel


def test_the_panel_beside_the_thread_files_and_erases(desk: Any) -> None:
    where, ann = desk.application("K7QX4M"), desk.signed_in("ann")
    loose = Files(desk.record, desk.settings).keep([PDF], About(where, name="scan0001.pdf")).id
    panel = ann.get(f"/staff/conversations/{where}").text.partition('data-testid="papers"')[2]
    assert f'action="/staff/files/{loose}/document"' in panel
    assert f'action="/staff/files/{loose}/erase"' in panel


def test_an_erased_file_is_gone(desk: Any, file_id: str) -> None:
    ann = desk.signed_in("ann")
    assert ann.post(f"/staff/files/{file_id}/erase").status_code == 303
    assert ann.get(f"/staff/files/{file_id}").status_code == 409
    (entry,) = entries(desk, "file.erased")
    assert entry.actor == "ann"


@pytest.mark.browser
def test_a_paper_is_filed_by_mouse_and_news_of_the_applicant_does_not_take_the_chosen_file(
    served: tuple[Any, str], take_seat: Any
) -> None:
    desk, _ = served
    where = desk.application("PAPERS")
    seat = take_seat(viewport={"width": 390, "height": 844})
    seat.go(f"/staff/conversations/{where}")
    seat.page.get_by_test_id("paper-open").click()
    seat.page.get_by_test_id("paper-kind").select_option("cv")
    chosen = {"name": "CV.pdf", "mimeType": "application/pdf", "buffer": PDF}
    seat.page.get_by_test_id("paper-chosen").set_input_files(chosen)
    with seat.page.expect_response(f"**/conversations/{where}/beside"):
        seat.page.evaluate("document.body.dispatchEvent(new Event('desk:beside'))")
    seat.page.get_by_test_id("paper-add").click()
    seat.page.get_by_text("The paper was filed for the applicant.").wait_for()
    [file] = kept(desk, "team")
    assert file.document == "cv"
