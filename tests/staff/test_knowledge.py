"""Knowledge in the console: listed by due date, edited with preview, approved by another, gone back on."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from frontdesk.knowledge import links, reviews
from frontdesk.knowledge.organization import organization
from frontdesk.knowledge.topics import topics
from frontdesk.records.models import AuditEntry, KnowledgeEdit, LinkCheck
from frontdesk.settings import ROOT
from frontdesk.staff import knowledge_edits
from frontdesk.staff.knowledge_preview import Run, runs

TOPIC = "/staff/knowledge/topics/electives"
FACTS = "/staff/knowledge/organization"


@pytest.fixture
def library(make_console: Callable[..., Any], sqlite_record: Any, tmp_path: Path) -> Any:
    """A console with content files of its own."""
    return with_files(make_console, sqlite_record, tmp_path)


@pytest.fixture
def both_libraries(make_console: Callable[..., Any], record: Any, tmp_path: Path) -> Any:
    """The same, once on SQLite and once on PostgreSQL."""
    return with_files(make_console, record, tmp_path)


def with_files(make_console: Callable[..., Any], record: Any, folder: Path) -> Any:
    shutil.copytree(ROOT / "knowledge", folder / "knowledge")
    shutil.copy(ROOT / "organization.yml", folder)
    return make_console(
        record, knowledge_dir=folder / "knowledge", organization_file=folder / "organization.yml"
    )


def ask_second_person(desk: Any) -> None:
    path = desk.settings.organization_file
    path.write_text(path.read_text().replace("second_pair_of_eyes: no ", "second_pair_of_eyes: yes "))


def form_of(html: str) -> dict[str, str]:
    """The fields of the edit form as they stand in a page."""
    form = html.split('data-testid="edit"')[1].split("</form>", maxsplit=1)[0]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            found[name[1]] = unescape(value[1]) if value else ""
    for name, value in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[name] = unescape(value)
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        found[name] = unescape((chosen[1] or chosen[2]) if chosen else "")
    return found


def edit(visitor: Any, page: str, do: str = "save", **changed: str) -> Any:
    return visitor.post(page, **{**form_of(visitor.get(page).text), "do": do, **changed})


def answer(desk: Any) -> str:
    known = organization(desk.settings.organization_file)
    return topics(desk.settings.knowledge_dir).answer("electives", known).text


def test_overdue_answers_stand_on_top_with_their_sources_and_dates(library: Any) -> None:
    path = library.settings.knowledge_dir / "topics" / "b_rotations.yml"
    text = path.read_text()
    at = text.index("id: electives")
    path.write_text(text[:at] + text[at:].replace("reviewed: 2026-11-22", "reviewed: 2020-01-05", 1))
    html = library.signed_in("mei", role="editor").get("/staff/knowledge").text
    rows = re.findall(r'<tr data-topic="(\w+)">(.*?)</tr>', html, re.DOTALL)
    assert len(rows) == len(topics(library.settings.knowledge_dir))
    assert rows[0][0] == "electives"
    for told in ("overdue", "5 Jan 2020", "AAMC: electives for visiting international students", "stable"):
        assert told in rows[0][1]
    assert [name for name, row in rows if "overdue" in row] == ["electives"]
    only = library.signed_in("mei").get("/staff/knowledge", only="overdue").text
    assert re.findall(r'data-topic="(\w+)"', only) == ["electives"]


def test_how_soon_an_answer_is_due_depends_on_how_its_facts_move(library: Any) -> None:
    topic = topics(library.settings.knowledge_dir).get("electives")
    assert topic is not None
    dues = {
        stability: reviews.due(topic.model_copy(update={"stability": stability}))
        for stability in reviews.REVIEW_DAYS
    }
    assert sorted(dues, key=lambda one: dues[one]) == ["volatile", "organization", "yearly", "stable"]
    assert dues["yearly"] == topic.reviewed + dt.timedelta(days=365)


def test_an_answer_is_found_by_its_words(library: Any) -> None:
    mei = library.signed_in("mei", role="editor")
    html = mei.get("/staff/knowledge", words="CARDIOLOGY elective").text
    assert re.findall(r'data-topic="(\w+)"', html) == ["electives"]


def test_a_preview_shows_the_answer_as_the_widget_would_and_saves_nothing(library: Any) -> None:
    before = answer(library)
    mei = library.signed_in("mei", role="editor")
    html = edit(mei, TOPIC, "preview", answer="Electives are **yours** to choose <b>now</b>.").text
    preview = html.split('data-testid="preview"')[1].split("</figure>")[0]
    assert "Electives are <strong>yours</strong> to choose &lt;b&gt;now&lt;/b&gt;." in preview
    assert "AAMC: electives for visiting international students" in preview
    assert "Reviewed on 22 November 2026" in preview
    assert form_of(html)["answer"] == "Electives are **yours** to choose <b>now</b>."
    assert answer(library) == before


def test_an_edit_is_live_at_once_and_stands_in_the_history(both_libraries: Any) -> None:
    mei = both_libraries.signed_in("mei", role="editor", name="Mei")
    old = answer(both_libraries)
    saved = edit(mei, TOPIC, answer="Electives are rotations that you choose.", why="Plainer")
    assert saved.status_code == 303
    assert answer(both_libraries) == "Electives are rotations that you choose."
    with both_libraries.record.reading() as session:
        kept = session.scalars(select(KnowledgeEdit)).one()
        assert (kept.state, kept.proposed_by, kept.why) == ("live", "mei", "Plainer")
        assert list(kept.after) == ["answer"]
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "knowledge.edited")).one()
        assert entry.detail == {"edit": kept.id, "keys": ["answer"]}
    html = mei.get(f"/staff/knowledge/edits/{kept.id}").text
    for told in (old, "Electives are rotations that you choose.", "Mei", "Plainer"):
        assert told in unescape(html)
    assert mei.post(f"/staff/knowledge/edits/{kept.id}/revert").status_code == 303
    assert answer(both_libraries) == old


def test_another_process_says_the_new_answer_without_a_restart(library: Any) -> None:
    folder = library.settings.knowledge_dir
    program = (
        "import sys\nfrom pathlib import Path\nfrom frontdesk.knowledge.topics import topics\n"
        "for _ in sys.stdin: print(topics(Path(sys.argv[1])).get('electives').answer[:20], flush=True)\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, bufsize=1,
    )  # fmt: skip
    assert other.stdin is not None
    assert other.stdout is not None
    with other:
        other.stdin.write("\n")
        assert other.stdout.readline().startswith("An elective")
        edit(library.signed_in("mei", role="editor"), TOPIC, answer="Now something else is said here.")
        other.stdin.write("\n")
        assert other.stdout.readline().startswith("Now something else")
        other.stdin.close()


def test_what_the_checks_refuse_is_said_and_nothing_typed_is_lost(library: Any) -> None:
    mei = library.signed_in("mei", role="editor")
    before = answer(library)
    refused = edit(mei, TOPIC, answer="A long new answer, typed for minutes.", sources="AAMC | ftp://x")
    assert refused.status_code == 422
    assert "b_rotations.yml, electives: sources.0.url" in unescape(refused.text)
    assert form_of(refused.text)["answer"] == "A long new answer, typed for minutes."
    unreadable = edit(mei, TOPIC, sources="no address here")
    assert "write title, |, address" in unescape(unreadable.text)
    assert answer(library) == before


def test_two_who_edit_at_once_do_not_overwrite_each_other(library: Any) -> None:
    mei, ada = library.signed_in("mei", role="editor"), library.signed_in("ada", role="admin")
    late = {**form_of(mei.get(TOPIC).text), "answer": "Mei's own words, a little later.", "do": "save"}
    edit(ada, TOPIC, answer="Ada's words were saved first.")
    refused = mei.post(TOPIC, **late)
    assert refused.status_code == 409
    assert form_of(refused.text)["answer"] == "Mei's own words, a little later."
    assert answer(library) == "Ada's words were saved first."


def test_a_second_pair_of_eyes_is_another_persons(both_libraries: Any) -> None:
    desk = both_libraries
    ask_second_person(desk)
    old = answer(desk)
    mei, ada = desk.signed_in("mei", role="editor"), desk.signed_in("ada", role="admin")
    edit(mei, TOPIC, answer="Proposed words for the answer.")
    assert answer(desk) == old
    with desk.record.reading() as session:
        proposed = session.scalars(select(KnowledgeEdit)).one()
    way = f"/staff/knowledge/edits/{proposed.id}"
    assert mei.post(f"{way}/approve").status_code == 409
    assert answer(desk) == old
    assert "Proposed words" in ada.get(way).text
    assert ada.post(f"{way}/approve").status_code == 303
    assert answer(desk) == "Proposed words for the answer."
    assert ada.post(f"{way}/approve").status_code == 409
    with desk.record.reading() as session:
        kept = session.scalars(select(KnowledgeEdit)).one()
        assert (kept.state, kept.proposed_by, kept.decided_by) == ("live", "mei", "ada")
    assert [one for one in desk.audited() if one.startswith("knowledge")] == [
        "knowledge.proposed",
        "knowledge.approved",
    ]


def test_a_proposal_is_refused_with_a_reason_or_withdrawn(library: Any) -> None:
    ask_second_person(library)
    mei, ada = library.signed_in("mei", role="editor"), library.signed_in("ada", role="admin")
    for _ in range(2):
        edit(mei, TOPIC, answer="Proposed words for the answer.")
    with library.record.reading() as session:
        first, second = session.scalars(select(KnowledgeEdit.id).order_by(KnowledgeEdit.proposed_at)).all()
    ada.post(f"/staff/knowledge/edits/{first}/refuse", answer="Not so")
    mei.post(f"/staff/knowledge/edits/{second}/refuse")
    assert library.get(KnowledgeEdit, first).state == "refused"
    assert library.get(KnowledgeEdit, first).answer == "Not so"
    assert library.get(KnowledgeEdit, second).state == "withdrawn"


def test_a_proposal_on_words_that_changed_meanwhile_is_not_put_live(library: Any) -> None:
    ask_second_person(library)
    mei, ada = library.signed_in("mei", role="editor"), library.signed_in("ada", role="admin")
    edit(mei, TOPIC, answer="The first proposal of an answer.")
    edit(mei, TOPIC, answer="The second proposal of an answer.")
    with library.record.reading() as session:
        first, second = session.scalars(select(KnowledgeEdit.id).order_by(KnowledgeEdit.proposed_at)).all()
    assert ada.post(f"/staff/knowledge/edits/{first}/approve").status_code == 303
    assert ada.post(f"/staff/knowledge/edits/{second}/approve").status_code == 409
    assert answer(library) == "The first proposal of an answer."


def test_an_edit_on_which_a_later_one_stands_is_not_gone_back_on(library: Any) -> None:
    mei = library.signed_in("mei", role="editor")
    edit(mei, TOPIC, answer="The first words of an answer.")
    edit(mei, TOPIC, answer="The second words of an answer.")
    with library.record.reading() as session:
        first = session.scalars(select(KnowledgeEdit.id).order_by(KnowledgeEdit.proposed_at)).first()
    refused = mei.post(f"/staff/knowledge/edits/{first}/revert")
    assert (refused.status_code, "later change" in refused.text) == (409, True)
    assert answer(library) == "The second words of an answer."


def test_a_change_that_the_record_cannot_keep_is_taken_back_from_the_file(library: Any) -> None:
    before = library.settings.organization_file.read_text()
    edits = knowledge_edits.Edits(library.record, library.settings)

    def breaks(session: Any) -> None:
        raise RuntimeError("the record is away")

    event.listen(Session, "before_commit", breaks)
    try:
        with pytest.raises(RuntimeError):
            edits.propose("organization", {"name": "Somebody"}, by="mei")
    finally:
        event.remove(Session, "before_commit", breaks)
    assert library.settings.organization_file.read_text() == before
    with library.record.reading() as session:
        assert session.scalars(select(KnowledgeEdit)).all() == []


def test_an_answer_is_marked_as_looked_at_by_one_click(library: Any) -> None:
    mei = library.signed_in("mei", role="editor")
    path = library.settings.knowledge_dir / "topics" / "b_rotations.yml"
    path.write_text(path.read_text().replace("reviewed: 2026-11-22", "reviewed: 2020-01-05"))
    assert mei.post(f"{TOPIC}/reviewed").status_code == 303
    topic = topics(library.settings.knowledge_dir).get("electives")
    assert topic is not None
    assert abs(topic.reviewed - dt.datetime.now(dt.UTC).date()) <= dt.timedelta(days=1)


def test_every_answer_goes_through_its_form_unchanged(library: Any) -> None:
    mei = library.signed_in("mei", role="editor")
    for topic_id in ("electives", "residency_length", "rotation_cost"):
        page = f"/staff/knowledge/topics/{topic_id}"
        if mei.get(page).status_code == 404:
            continue
        said = edit(mei, page)
        assert "Nothing was changed" in said.text, topic_id


def test_facts_are_edited_by_the_same_checks_and_unchanged_ones_stay(library: Any) -> None:
    mei = library.signed_in("mei", role="editor")
    before = library.settings.organization_file.read_text()
    assert "Nothing was changed" in edit(mei, FACTS).text
    assert library.settings.organization_file.read_text() == before
    changed = {
        "contact_email": "team@example.org",
        "hours.weekly.fri": "09:00-12:00, 13:00-15:00",
        "hours.weekly.mon": "",
        "locations": "Houston, Texas\nMiami, Florida",
        "visa_letter_issued": "yes",
        "rotation_min_weeks": "4",
    }
    assert edit(mei, FACTS, **changed).status_code == 303
    now = organization(library.settings.organization_file)
    assert now.contact_email == "team@example.org"
    assert now.locations == ["Houston, Texas", "Miami, Florida"]
    assert (now.visa_letter_issued, now.rotation_min_weeks) == (True, 4)
    assert now.hours.weekly["fri"] == ["09:00-12:00", "13:00-15:00"]
    assert "mon" not in now.hours.weekly
    assert "# public e-mail; shows in" in library.settings.organization_file.read_text()
    refused = edit(mei, FACTS, **{"hours.timezone": "Mars"})
    assert (refused.status_code, "is no time zone" in refused.text) == (422, True)
    refused = edit(mei, FACTS, documents="- {key: [")
    assert (refused.status_code, "documents in line 1" in refused.text) == (422, True)


def test_the_preview_of_facts_names_the_answers_that_change(library: Any) -> None:
    mei = library.signed_in("mei", role="editor")
    html = edit(mei, FACTS, "preview", contact_email="team@example.org", contact_phone="+1 713 555 0100").text
    affected = html.split('data-testid="affected"')[1].split("</section>")[0]
    assert "team@example.org" in affected
    assert organization(library.settings.organization_file).contact_email is None


def test_links_are_checked_on_demand_and_broken_ones_are_shown(
    both_libraries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(urls: list[str]) -> Any:
        return [(url, links.Found(False, "The site answers 404.")) for url in urls]

    monkeypatch.setattr(links, "check_all", asked)
    mei = both_libraries.signed_in("mei", role="editor")
    for _ in range(2):
        assert mei.post("/staff/knowledge/links", topic="electives").status_code == 303
    with both_libraries.record.reading() as session:
        assert session.scalars(select(LinkCheck.works)).all() == [False]
    html = mei.get("/staff/knowledge", only="broken").text
    assert "electives" in re.findall(r'data-topic="(\w+)"', html)
    assert "The site answers 404." in mei.get(TOPIC).text
    assert "knowledge.links_checked" in both_libraries.audited()


def test_the_preview_reads_the_widgets_small_markdown() -> None:
    assert runs("a **b** [c](https://d.org) https://e.org/x. \\*f [g](javascript:x)") == [
        Run("a "),
        Run("b", bold=True),
        Run(" "),
        Run("c", url="https://d.org"),
        Run(" "),
        Run("https://e.org/x", url="https://e.org/x"),
        Run(". "),
        Run("*"),
        Run("f [g](javascript:x)"),
    ]
