"""The pipeline: legal moves with history, many at once, telling the applicant, views, exports, print."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from sqlalchemy import select, update

from frontdesk.applications import pipeline
from frontdesk.conversations import threads
from frontdesk.records.models import Application, AuditEntry, Conversation, DraftChange, Message, SavedView


def references(html: str) -> list[str]:
    return re.findall(r'id="row-(\w+)"', html)


def states(desk: Any) -> dict[str, str]:
    with desk.record.reading() as session:
        return dict(session.execute(select(Application.reference, Application.state)).all())


def said(desk: Any, conversation_id: str) -> list[tuple[str, str]]:
    with desk.record.reading() as session:
        lines = select(Message).where(Message.conversation_id == conversation_id).order_by(Message.seq)
        return [(one.author, one.text) for one in session.scalars(lines)]


@pytest.fixture
def three(both: Any) -> Any:
    both.application("AAA222", full_name="Amina Bello", email="amina@example.com")
    both.application(
        "BBB333", full_name="Sofía Hernández", email="s@example.org", country_of_citizenship="MX"
    )
    both.application("CCC444", full_name="Ben Smith", email="b@example.org", program_interest="both")
    return both


@pytest.mark.parametrize(
    ("before", "after"),
    [(one, other) for one in pipeline.STATES for other in pipeline.STATES if one != other],
)
def test_only_the_legal_moves_are_made(open_pipeline: Any, before: str, after: str) -> None:
    desk, amara = open_pipeline
    with desk.record.transaction() as session:
        session.execute(update(Application).values(state=before))
    response = amara.post("/staff/applications/K7QX4M/state", state=after, seen=before)
    legal = after in pipeline.FOLLOWS[before]
    assert (response.status_code, states(desk)["K7QX4M"]) == ((303, after) if legal else (409, before))
    if not legal:
        assert "comes one of" in response.text


@pytest.fixture(scope="module")
def open_pipeline(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Any, build_console: Any) -> Any:
    """One console with one application for all moves, and Amara in front of it."""
    import shutil

    from frontdesk.records.session import Record
    from frontdesk.settings import Settings

    folder = tmp_path_factory.mktemp("moves")
    shutil.copyfile(migrated_sqlite, folder / "record.db")
    record = Record(f"sqlite:///{folder / 'record.db'}")
    keys = {"secret_key": "a" * 43, "rasa_key": "b" * 43}
    desk = build_console(record, Settings(_env_file=None, var_dir=folder, **keys))  # type: ignore[call-arg]
    desk.application("K7QX4M")
    yield desk, desk.signed_in()
    record.close()


def test_a_move_can_tell_the_applicant_in_their_thread(both: Any) -> None:
    conversation_id = both.application("K7QX4M")
    amara = both.signed_in()
    amara.post("/staff/applications/K7QX4M/state", state="in_review", seen="received")
    assert [author for author, _ in said(both, conversation_id)] == ["applicant"]
    amara.post(
        "/staff/applications/K7QX4M/state",
        state="documents_missing",
        seen="in_review",
        tell="yes",
        words="Your passport copy, please.",
    )
    author, text = said(both, conversation_id)[-1]
    assert author == "system"
    assert "K7QX4M" in text
    assert text.endswith("Your passport copy, please.")
    with both.record.reading() as session:
        act = session.scalars(select(Message.act).order_by(Message.seq.desc())).first()
        assert act == {"act": "status", "reference": "K7QX4M", "state": "documents_missing"}
        entry = session.scalars(select(AuditEntry).where(AuditEntry.detail.is_not(None))).all()[-1]
        assert entry.detail == {"before": "in_review", "after": "documents_missing", "told": True}


def test_telling_does_not_change_who_holds_the_conversation(desk: Any) -> None:
    conversation_id = desk.application("K7QX4M")
    desk.signed_in().post("/staff/applications/K7QX4M/state", state="offer", seen="received", tell="yes")
    found = desk.get(Conversation, conversation_id)
    assert (found.holder, found.epoch) == ("bot", 0)


def test_every_state_has_words_that_promise_nothing() -> None:
    for state in pipeline.STATES:
        text = pipeline.told(state, reference="K7QX4M", name="CHHA")
        assert "K7QX4M" in text
        assert not re.search(r"guarantee|promise|will match|visa", text, re.IGNORECASE)


def test_many_are_moved_at_once_and_each_that_could_not_says_why(three: Any) -> None:
    with three.record.transaction() as session:
        session.execute(update(Application).where(Application.reference == "BBB333").values(state="declined"))
    response = three.signed_in().post(
        "/staff/applications/bulk",
        **{"do": "state", "state": "offer", "pick-AAA222": "received", "pick-BBB333": "declined"},
        **{"pick-CCC444": "in_review", "pick-NOPE22": "received", "tell": "yes"},
    )
    assert response.status_code == 200
    assert states(three) == {"AAA222": "offer", "BBB333": "declined", "CCC444": "received"}
    assert "1 application moved. 3 not" in response.text
    for why in ("can&#39;t go from “declined” to “offer”", "was changed by a colleague", "is there no more"):
        assert why in response.text
    with three.record.reading() as session:
        assert session.scalars(select(DraftChange.after)).all() == [{"value": "offer"}]
        assert len(session.scalars(select(Message).where(Message.author == "system")).all()) == 1


def test_a_whole_page_can_be_ticked(desk: Any) -> None:
    picks = {f"pick-NO{number:04}": "received" for number in range(50)}
    response = desk.signed_in().post("/staff/applications/bulk", do="state", state="offer", **picks)
    assert "0 applications moved. 50 not" in response.text


def test_nothing_ticked_is_said(desk: Any) -> None:
    desk.application("K7QX4M")
    response = desk.signed_in().post("/staff/applications/bulk", do="state", state="offer")
    assert (response.status_code, "Tick at least one" in response.text) == (422, True)


def test_only_the_ticked_ones_are_exported_and_only_by_editors(three: Any) -> None:
    picks = {"pick-AAA222": "received", "pick-CCC444": "received"}
    assert three.signed_in("amara").post("/staff/applications/bulk", do="csv", **picks).status_code == 403
    editor = three.signed_in("mei", role="editor")
    rows = list(csv.DictReader(io.StringIO(editor.post("/staff/applications/bulk", do="csv", **picks).text)))
    assert [row["reference"] for row in rows] == ["AAA222", "CCC444"]
    told = json.loads(editor.post("/staff/applications/bulk", do="json", **picks).text)
    assert [one["full_name"] for one in told] == ["Amina Bello", "Ben Smith"]
    with three.record.reading() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "applications.exported")
        ).all()
    assert [entry.detail["picked"] for entry in entries] == [True, True]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"citizenship": "MX"}, {"BBB333"}),
        ({"program": "residency_support"}, {"CCC444"}),
        ({"program": "clinical_rotation"}, {"AAA222", "BBB333", "CCC444"}),
        ({"channel": "telegram"}, set()),
        ({"stage": "graduate", "visa_help": "yes", "words": "amina"}, {"AAA222"}),
        ({"since": "2000-01-01", "until": "2000-12-31"}, set()),
        ({"since": "2000-01-01"}, {"AAA222", "BBB333", "CCC444"}),
        ({"since": "yesterday", "citizenship": "Atlantis"}, {"AAA222", "BBB333", "CCC444"}),
    ],
)
def test_applications_are_filtered_by_what_they_say(
    three: Any, asked: dict[str, str], found: set[str]
) -> None:
    assert set(references(three.signed_in().get("/staff/applications", **asked).text)) == found


def test_words_of_the_thread_and_names_without_accents_find_an_application(three: Any) -> None:
    amara = three.signed_in()
    conversation_id = three.application("DDD555", full_name="Dana")
    three.says(conversation_id, "The embassy in Abuja is closed")
    assert references(amara.get("/staff/applications", words="ABUJA").text) == ["DDD555"]
    assert references(amara.get("/staff/applications", words="hernandez sofia").text) == ["BBB333"]


def test_the_order_is_by_sending_or_by_change(three: Any) -> None:
    amara = three.signed_in()
    assert references(amara.get("/staff/applications", sort="oldest").text) == ["AAA222", "BBB333", "CCC444"]
    assert references(amara.get("/staff/applications").text) == ["CCC444", "BBB333", "AAA222"]
    amara.post("/staff/applications/AAA222/state", state="offer", seen="received")
    assert references(amara.get("/staff/applications", sort="changed").text)[0] == "AAA222"


def test_a_view_is_kept_by_and_for_one_person(both: Any) -> None:
    amara, daniel = both.signed_in("amara"), both.signed_in("daniel")
    kept = amara.post("/staff/applications/views", name="Offers", query="state=offer&words=x&bad=1")
    assert kept.headers["location"].startswith("/staff/applications?state=offer&words=x")
    amara.post("/staff/applications/views", name="Offers", query="state=offer")
    assert 'href="/staff/applications?state=offer"' in amara.get("/staff/applications").text
    assert "Offers" not in daniel.get("/staff/applications").text
    with both.record.reading() as session:
        view = session.scalars(select(SavedView)).one()
    assert daniel.post(f"/staff/applications/views/{view.id}/remove").status_code == 404
    assert amara.post(f"/staff/applications/views/{view.id}/remove").status_code == 303
    assert both.get(SavedView, view.id) is None
    assert amara.post("/staff/applications/views", name="", query="state=offer").status_code == 422


def test_the_printed_application_has_every_field_and_is_written_down(desk: Any) -> None:
    desk.application("K7QX4M")
    amara = desk.signed_in()
    amara.post("/staff/applications/K7QX4M/state", state="offer", seen="received")
    html = amara.get("/staff/applications/K7QX4M/print").text
    for told in ("Amina Bello", "Nigeria", "Internal medicine", "received", "offer", "Amara"):
        assert told in html
    assert "application.printed" in desk.audited()


@pytest.mark.parametrize("sign", list("=+-@\t\r\n＝＋－＠"))
def test_no_cell_of_the_csv_begins_like_a_formula(desk: Any, sign: str) -> None:
    desk.application("K7QX4M", full_name=f"{sign}HYPERLINK(1)")
    text = desk.signed_in("mei", role="editor").get("/staff/applications.csv").text
    row = next(csv.DictReader(io.StringIO(text, newline="")))
    assert row["full_name"] == f"'{sign}HYPERLINK(1)"


def test_a_told_line_stands_after_what_was_written_meanwhile(desk: Any) -> None:
    conversation_id = desk.application("K7QX4M")
    desk.says(conversation_id, "Any news?")
    desk.signed_in().post("/staff/applications/K7QX4M/state", state="placed", seen="received", tell="yes")
    assert said(desk, conversation_id)[-1] == ("applicant", "Any news?")  # not a legal move: nothing is told
    desk.signed_in().post("/staff/applications/K7QX4M/state", state="offer", seen="received", tell="yes")
    with desk.record.reading() as session:
        assert [one.seq for one in threads.read(session, conversation_id)] == [1, 2, 3]
