"""Files come by the widget or by a signed page, show in the thread, and open for staff only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from frontdesk.conversations import threads
from frontdesk.files.keeping import About, Files
from frontdesk.files.links import UploadLinks
from frontdesk.records.models import KeptFile
from frontdesk.records.session import Record
from tests.channels.conftest import Visitor
from tests.files.conftest import DOCX, PDF

KEY = "a" * 43


def hand_in(visitor: Visitor, content: bytes = PDF, name: str = "paper.pdf", **fields: str) -> httpx.Response:
    return visitor.client.post(
        f"{visitor.path}/files",
        files={"file": (name, content, "text/html")},
        data=fields,
        headers=visitor.headers,
    )


def link(client: httpx.Client, conversation: str, document: str | None = None, key: str = KEY) -> str:
    return UploadLinks(key, str(client.base_url), 72).link(conversation, document)


def test_a_file_handed_in_shows_in_the_thread_and_is_thanked_for(visitor: Visitor) -> None:
    answer = hand_in(visitor, document="cv")
    assert answer.status_code == 201, answer.text
    file = answer.json()["file"]
    assert (file["name"], file["media"], file["document"], file["state"]) == (
        "paper.pdf",
        "application/pdf",
        "cv",
        "kept",
    )
    line, thanks = visitor.read().json()["messages"]
    assert line["from"] == "applicant"
    assert line["text"] == "Sent a file: paper.pdf (CV)"
    assert line["act"]["file"]["id"] == file["id"]
    assert thanks["from"] == "bot"
    assert thanks["text"] == "Thank you, I have your CV."
    assert thanks["act"]["event"] == "saved"
    assert {"key": "cv", "label": "CV", "required": True, "state": "there"} in thanks["act"]["documents"]


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("My CV (2).pdf", "cv"),
        ("Passport.pdf", "passport_copy"),
        ("scan0001.pdf", None),
        ("cv_transcript.pdf", None),
    ],
)
def test_a_file_that_says_what_it_is_is_filed_there(
    visitor: Visitor, name: str, document: str | None
) -> None:
    assert hand_in(visitor, name=name).json()["file"]["document"] == document


def test_the_bot_is_silent_when_a_person_has_the_conversation(
    visitor: Visitor, sqlite_record: Record
) -> None:
    with sqlite_record.transaction() as session:
        threads.locked(session, visitor.conversation).holder = "queued"
    hand_in(visitor)
    assert [message["from"] for message in visitor.read().json()["messages"]] == ["applicant"]


def test_the_same_file_sent_again_is_one_file_and_one_line(visitor: Visitor) -> None:
    first, again = hand_in(visitor, client_id="f1"), hand_in(visitor, client_id="f1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["file"] == again.json()["file"]
    assert len(visitor.read().json()["messages"]) == 2


@pytest.mark.parametrize(
    ("content", "fields", "status", "kind"),
    [
        (b"MZ\x90\x00", {}, 415, "file-kind"),
        (b"", {}, 422, "file-empty"),
        (PDF + b"\x00" * 20_000, {}, 413, "file-too-large"),
        (PDF + b"\x00" * 200_000, {}, 413, "too-large"),
        (PDF, {"document": "horoscope"}, 422, "invalid"),
        (PDF, {"client_id": "x" * 65}, 422, "invalid"),
    ],
)
def test_a_file_that_cannot_be_taken_is_a_problem_that_says_why(
    make_client: Callable[..., httpx.Client], content: bytes, fields: dict[str, str], status: int, kind: str
) -> None:
    visitor = Visitor(make_client(file_size_limit=10_000))
    answer = hand_in(visitor, content, **fields)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:chha:problem:{kind}"
    assert visitor.read().json()["messages"] == []


def test_an_upload_without_its_length_is_cut_off_at_the_limit(
    make_client: Callable[..., httpx.Client],
) -> None:
    visitor = Visitor(make_client(file_size_limit=10_000))

    def endless() -> Any:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + PDF
        for _ in range(100):
            yield b"\x00" * 10_000

    answer = visitor.client.post(
        f"{visitor.path}/files",
        content=endless(),
        headers={**visitor.headers, "Content-Type": "multipart/form-data; boundary=b"},
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (b"{}", "application/json", 415),
        (b"", "multipart/form-data; boundary=b", 422),
        (b"nonsense", "multipart/form-data; boundary=b", 400),
    ],
)
def test_what_is_no_form_is_a_problem(visitor: Visitor, content: bytes, media: str, status: int) -> None:
    answer = visitor.client.post(
        f"{visitor.path}/files", content=content, headers={**visitor.headers, "Content-Type": media}
    )
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_only_the_visitor_of_the_conversation_hands_in(visitor: Visitor) -> None:
    visitor.headers = {"Authorization": "Bearer other"}
    assert hand_in(visitor).status_code == 401


def test_uploads_are_counted(make_client: Callable[..., httpx.Client]) -> None:
    visitor = Visitor(make_client(files_per_hour=1))
    assert hand_in(visitor).status_code == 201
    assert hand_in(visitor).status_code == 429


def test_the_page_of_a_link_takes_a_file_without_any_script(visitor: Visitor, sqlite_record: Record) -> None:
    address = link(visitor.client, visitor.conversation)
    page = visitor.client.get(address)
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "passport copy" in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    sent = visitor.client.post(address, files={"file": ("diploma.docx", DOCX)}, data={"document": "diploma"})
    assert sent.status_code == 303
    assert "has arrived" in visitor.client.get(sent.headers["location"]).text
    with sqlite_record.reading() as session:
        file = session.query(KeptFile).one()
    assert (file.conversation_id, file.document) == (visitor.conversation, "diploma")
    assert visitor.texts()[0] == "Sent a file: diploma.docx (diploma)"


def test_the_page_says_what_was_wrong_with_a_file(visitor: Visitor) -> None:
    address = link(visitor.client, visitor.conversation)
    page = visitor.client.post(address, files={"file": ("cv.pdf", b"MZ")})
    assert page.status_code == 415
    assert "kind of file" in page.text
    assert "<form" in page.text


def test_a_link_for_one_paper_asks_for_that_one_only(visitor: Visitor) -> None:
    page = visitor.client.get(link(visitor.client, visitor.conversation, "transcript"))
    assert "transcript" in page.text
    assert "passport" not in page.text


def test_a_link_that_is_over_or_not_ours_opens_nothing(
    visitor: Visitor, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = link(client, visitor.conversation)
    assert client.get(link(client, visitor.conversation, key="b" * 43)).status_code == 404
    assert client.post("/upload/nonsense", files={"file": ("cv.pdf", PDF)}).status_code == 404
    assert client.get(link(client, "gone")).status_code == 404
    import itsdangerous.timed

    real = itsdangerous.timed.time.time
    monkeypatch.setattr(itsdangerous.timed.time, "time", lambda: real() + timedelta(hours=73).total_seconds())
    over = client.get(address)
    assert over.status_code == 410
    assert "what documents are missing" in over.text


def sent_by_staff(record: Record, visitor: Visitor, files: Files) -> str:
    """A file that the team sent in this visitor's conversation; its id."""
    return files.keep([PDF], About(visitor.conversation, name="Offer.pdf", source="staff")).id


def test_a_visitor_saves_a_file_that_the_team_sent(
    visitor: Visitor, sqlite_record: Record, make_settings: Callable
) -> None:
    file = sent_by_staff(sqlite_record, visitor, Files(sqlite_record, make_settings()))
    answer = visitor.client.get(f"{visitor.path}/files/{file}", headers=visitor.headers)
    assert (answer.status_code, answer.content) == (200, PDF)
    assert answer.headers["content-disposition"].startswith('attachment; filename="Offer.pdf"')
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_nobody_else_saves_a_file_of_a_conversation(
    client: httpx.Client, visitor: Visitor, sqlite_record: Record, make_settings: Callable
) -> None:
    file = sent_by_staff(sqlite_record, visitor, Files(sqlite_record, make_settings()))
    other = Visitor(client)
    assert client.get(f"{visitor.path}/files/{file}").status_code == 401
    assert client.get(f"{visitor.path}/files/{file}", headers=other.headers).status_code == 401
    assert client.get(f"{other.path}/files/{file}", headers=other.headers).status_code == 404


def test_what_an_applicant_handed_in_is_not_given_out_again(visitor: Visitor) -> None:
    file = hand_in(visitor).json()["file"]["id"]
    assert visitor.client.get(f"{visitor.path}/files/{file}", headers=visitor.headers).status_code == 404
