"""Applications in the console: found, read, exported, moved on."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from sqlalchemy import select

from frontdesk.records.models import Application, AuditEntry, DraftChange


def references(html: str) -> list[str]:
    return re.findall(r'id="row-(\w+)"', html)


@pytest.fixture
def three(both: Any) -> Any:
    both.application("AAA222", full_name="Amina Bello", email="amina@example.com")
    both.application("BBB333", full_name="Sofía Hernández", email="sofia@example.org")
    both.application("CCC444", full_name="100% Smith_", email="smith@example.org")
    with both.record.transaction() as session:
        session.scalars(select(Application).where(Application.reference == "BBB333")).one().state = "offer"
    return both


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("amina", {"AAA222"}),
        ("HERNÁNDEZ".lower(), {"BBB333"}),
        ("example.org", {"BBB333", "CCC444"}),
        ("bbb333", {"BBB333"}),
        ("smith example", {"CCC444"}),
        ("100%", {"CCC444"}),
        ("h_r", set()),
        ("nobody", set()),
    ],
)
def test_applications_are_found_by_name_e_mail_or_reference(three: Any, words: str, found: set[str]) -> None:
    assert set(references(three.signed_in().get("/staff/applications", words=words).text)) == found


def test_applications_are_filtered_by_state(three: Any) -> None:
    amara = three.signed_in()
    assert references(amara.get("/staff/applications", state="offer").text) == ["BBB333"]
    both = amara.get("/staff/applications?state=offer&state=received").text
    assert set(references(both)) == {"AAA222", "BBB333", "CCC444"}
    assert len(references(amara.get("/staff/applications", state="nonsense").text)) == 3


def test_one_application_shows_every_field_in_words(desk: Any) -> None:
    desk.application("K7QX4M")
    html = desk.signed_in().get("/staff/applications/K7QX4M").text
    for told in ("Amina Bello", "Nigeria", "+234 803 123 4567", "March 2027", "8 weeks", "Internal medicine"):
        assert told in html
    assert "application.viewed" in desk.audited()


def test_an_unknown_reference_is_not_found(desk: Any) -> None:
    assert desk.signed_in().get("/staff/applications/NOPE99").status_code == 404


def test_a_change_of_state_leaves_history_and_an_audit_entry(both: Any) -> None:
    both.application("K7QX4M")
    amara = both.signed_in()
    response = amara.post("/staff/applications/K7QX4M/state", state="in_review", seen="received")
    assert response.status_code == 303
    with both.record.reading() as session:
        assert session.scalars(select(Application.state)).one() == "in_review"
        change = session.scalars(select(DraftChange)).one()
        assert (change.field, change.before, change.after, change.by) == (
            "state",
            {"value": "received"},
            {"value": "in_review"},
            "Amara",
        )
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "application.state_changed")
        ).one()
        assert (entry.actor, entry.detail) == ("amara", {"before": "received", "after": "in_review"})
    html = amara.get("/staff/applications/K7QX4M").text
    assert re.search(r"<b>State</b>.*received.*in review", html)


def test_a_state_that_a_colleague_changed_meanwhile_is_not_overwritten(both: Any) -> None:
    both.application("K7QX4M")
    both.signed_in("daniel").post("/staff/applications/K7QX4M/state", state="declined", seen="received")
    late = both.signed_in("amara").post("/staff/applications/K7QX4M/state", state="offer", seen="received")
    assert late.status_code == 409
    assert "declined" in late.text
    with both.record.reading() as session:
        assert session.scalars(select(Application.state)).one() == "declined"


def test_a_made_up_state_is_refused(desk: Any) -> None:
    desk.application("K7QX4M")
    response = desk.signed_in().post("/staff/applications/K7QX4M/state", state="rich", seen="received")
    assert response.status_code == 422


def test_an_export_holds_what_the_filter_shows(three: Any) -> None:
    editor = three.signed_in("mei", role="editor")
    response = editor.get("/staff/applications.csv", words="example.org", state="offer")
    assert response.headers["content-type"].startswith("text/csv")
    assert "attachment" in response.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert [(row["reference"], row["email"]) for row in rows] == [("BBB333", "sofia@example.org")]
    told = json.loads(editor.get("/staff/applications.json").text)
    assert [one["reference"] for one in told] == ["AAA222", "BBB333", "CCC444"]
    assert told[0]["specialties"] == ["internal medicine"]


def test_who_exports_is_written_down_without_the_search_words(desk: Any) -> None:
    desk.application("K7QX4M")
    desk.signed_in("mei", role="editor").get("/staff/applications.csv", words="amina@example.com")
    with desk.record.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "applications.exported")).one()
    assert entry.detail == {"format": "csv", "count": 1, "states": [], "searched": True}
