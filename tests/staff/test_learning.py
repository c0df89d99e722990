"""The review list: what comes onto it, without private data; what people decide; the file that is written."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from frontdesk.conversations import holder, threads
from frontdesk.records.models import Message, Rating, ReviewItem, TrainingRun, now
from frontdesk.staff import learning_review
from frontdesk.staff.learning_masking import masked
from frontdesk.staff.learning_models import Models, NoSuchModel
from frontdesk.staff.learning_training import AlreadyTraining, SwapFailed, Training, side_by_side

DATA = """\
version: "3.1"
nlu:
- intent: faq/malpractice_insurance
  examples: |
    - do I need malpractice insurance
    - who insures the students
- intent: faq/rotation_cost
  examples: |
    - how much is a rotation
- intent: decline/off_topic
  examples: |
    - what is the weather
- intent: human
  examples: |
    - a person please
"""
SETS = {"text": "must every visiting student carry a liability policy", "topic": "malpractice_insurance"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "data" / "nlu").mkdir(parents=True)
    (folder / "data" / "nlu" / "some.yml").write_text(DATA)
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "questions.jsonl").write_text(json.dumps(SETS) + "\n")
    return folder


@pytest.fixture
def make_learner(make_console: Callable[..., Any], project: Path) -> Callable[[Any], Any]:
    def make(record: Any) -> Any:
        return make_console(
            record,
            project_dir=project,
            evaluation_dir=project.parent / "sets",
            models_dir=project.parent / "models",
        )

    return make


@pytest.fixture
def learner(make_learner: Callable[[Any], Any], sqlite_record: Any) -> Any:
    return make_learner(sqlite_record)


@pytest.fixture
def learner_on_both(make_learner: Callable[[Any], Any], record: Any) -> Any:
    return make_learner(record)


def doubted(desk: Any, text: str, act: dict[str, Any] | None = None, conversation: str = "") -> str:
    """A message that the bot did not understand; the id of its conversation."""
    made = conversation or desk.conversation()
    message_id = desk.says(made, text)
    with desk.record.transaction() as session:
        threads.append(
            session,
            threads.locked(session, made),
            author="bot",
            text="Sorry?",
            act=act or {"act": "fallback", "tries": 1},
            in_reply_to=message_id,
        )
    return made


def rated(desk: Any, conversation_id: str, *, helpful: bool) -> None:
    """The applicant rates the bot's answer."""
    with desk.record.transaction() as session:
        answer = session.scalars(
            select(Message.id).where(Message.conversation_id == conversation_id, Message.author == "bot")
        ).one()
        session.add(Rating(message_id=answer, conversation_id=conversation_id, helpful=helpful))


def items(desk: Any) -> list[ReviewItem]:
    with desk.record.reading() as session:
        return list(session.scalars(select(ReviewItem).order_by(ReviewItem.said_at)))


def learned(project: Path) -> dict[str, list[str]]:
    """Label → examples of the written file."""
    path = project / "data" / "nlu" / "learned.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        one["intent"]: [line[2:] for line in one["examples"].splitlines()] for one in content["nlu"] or []
    }


def decide(visitor: Any, deed: str, *chosen: ReviewItem, **fields: str) -> Any:
    texts = {f"text-{one.id}": one.text for one in chosen}
    marks = {f"item-{one.id}": "yes" for one in chosen}
    return visitor.post(f"/staff/learning/{deed}", **{**texts, **marks, **fields})


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("my name is amina bello and I want a rotation", "my name is NAME and I want a rotation"),
        ("I am Juan Perez, is it paid?", "I am NAME, is it paid?"),
        ("AMINA wants to know if Bello may come", "NAME wants to know if NAME may come"),
        ("write to a.b+c@mail.example.org please", "write to EMAIL please"),
        ("call +234 803 123 4567 or (212) 555-0147", "call PHONE or PHONE"),
        ("my AAMC id is 12345678", "my AAMC id is NUMBER"),
        ("passport A1234567, born 12/03/1990", "passport NUMBER, born NUMBER"),
        ("status of K7QX4M please", "status of NUMBER please"),
        ("see https://me.example.org/cv?x=1", "see LINK"),
        ("I am Indian, graduated in 2019, step 2 is 250", "I am Indian, graduated in 2019, step 2 is 250"),
        ("4 weeks from 2027-03", "4 weeks from 2027-03"),
    ],
)
def test_private_data_is_masked_and_the_rest_is_not(text: str, kept: str) -> None:
    assert masked(text, ["Amina Bello"]) == kept


def test_fallbacks_clarifications_bad_ratings_and_takeovers_come_onto_the_list(learner_on_both: Any) -> None:
    desk = learner_on_both
    amara = desk.staff("amara")
    doubted(desk, "zorg note?")
    doubted(
        desk, "which one is it", {"act": "clarify", "options": [{"topic": "rotation_cost", "label": "x"}]}
    )
    answered = doubted(desk, "wrongly answered", {"act": "answer", "topic": "rotation_cost"})
    doubted(desk, "rightly answered", {"act": "answer", "topic": "rotation_cost"})
    rated(desk, doubted(desk, "no help at all", {"act": "answer", "topic": "rotation_cost"}), helpful=False)
    rated(desk, doubted(desk, "a great help", {"act": "answer", "topic": "rotation_cost"}), helpful=True)
    with desk.record.transaction() as session:
        holder.queue(session, answered, reason="taken_over", message_id=None, available=True)
        holder.claim(session, answered, amara)
    with desk.record.transaction() as session:
        assert learning_review.gather(session) == 4
        assert learning_review.gather(session) == 0
    assert {one.text: one.reason for one in items(desk)} == {
        "zorg note?": "fallback",
        "which one is it": "clarify",
        "wrongly answered": "corrected",
        "no help at all": "rated_down",
    }


def test_the_names_of_the_application_are_masked_on_the_list(learner: Any) -> None:
    made = learner.conversation()
    learner.draft(made, full_name="Oluwaseun Adebayo")
    doubted(learner, "seun here, adebayo oluwaseun, zorg?", conversation=made)
    learner.signed_in("ed", role="editor").get("/staff/learning")
    assert [one.text for one in items(learner)] == ["seun here, NAME, zorg?"]


def test_what_was_pressed_after_a_clarifying_question_is_offered_first(learner: Any) -> None:
    options = [{"topic": "rotation_cost", "label": "a"}, {"topic": "malpractice_insurance", "label": "b"}]
    made = doubted(learner, "cover?", {"act": "clarify", "options": options})
    with learner.record.transaction() as session:
        threads.receive(
            session, made, text="b", external_id="press", choice={"topic": "malpractice_insurance"}
        )
    page = learner.signed_in("ed", role="editor").get("/staff/learning").text
    assert items(learner)[0].offered == ["faq/malpractice_insurance", "faq/rotation_cost"]
    offered = page.split('label="The assistant thought of"')[1].split("</optgroup>")[0]
    assert re.findall(r'value="([^"]+)"', offered) == ["faq/malpractice_insurance", "faq/rotation_cost"]


def test_messages_that_ask_the_same_stand_together(learner: Any) -> None:
    for text in ("do I bring the zorg note", "should I bring a zorg note?", "is the moon made of cheese"):
        doubted(learner, text)
    with learner.record.transaction() as session:
        learning_review.gather(session)
        groups = learning_review.open_groups(session)
    assert [len(group.items) for group in groups] == [2, 1]


def test_a_taught_message_is_written_into_the_projects_data(learner_on_both: Any, project: Path) -> None:
    desk = learner_on_both
    doubted(desk, "do I bring the zorg note")
    doubted(desk, "Anybody here?")
    editor = desk.signed_in("ed", role="editor")
    editor.get("/staff/learning")
    one, other = items(desk)
    assert decide(editor, "teach", one, label="faq/malpractice_insurance").status_code == 303
    edited = {f"text-{other.id}": "- [is] somebody there"}
    assert decide(editor, "teach", other, label="human", **edited).status_code == 303
    assert learned(project) == {
        "faq/malpractice_insurance": ["do I bring the zorg note"],
        "human": ["is somebody there"],
    }
    assert "Nothing waits for a decision." in editor.get("/staff/learning").text
    assert desk.audited().count("learning.example") == 2


def test_the_file_is_in_a_stable_order_and_keeps_what_was_written_by_hand(
    learner: Any, project: Path
) -> None:
    path = project / "data" / "nlu" / "learned.yml"
    path.write_text('version: "3.1"\nnlu:\n- intent: human\n  examples: |\n    - by hand\n')
    editor = learner.signed_in("ed", role="editor")
    for text in ("zorg b", "Zorg a", "zorg c"):
        doubted(learner, text)
    editor.get("/staff/learning")
    for item in items(learner):
        decide(editor, "teach", item, label="faq/rotation_cost")
    assert learned(project) == {"faq/rotation_cost": ["Zorg a", "zorg b", "zorg c"], "human": ["by hand"]}
    assert list(learned(project)) == ["faq/rotation_cost", "human"]


def test_a_decision_taken_back_is_taken_out_of_the_file(learner: Any, project: Path) -> None:
    doubted(learner, "do I bring the zorg note")
    editor = learner.signed_in("ed", role="editor")
    editor.get("/staff/learning")
    item = items(learner)[0]
    decide(editor, "teach", item, label="human")
    assert learned(project)
    assert editor.post(f"/staff/learning/items/{item.id}/reopen").status_code == 303
    assert learned(project) == {}
    assert items(learner)[0].state == "open"


@pytest.mark.parametrize(
    ("text", "label", "said"),
    [
        ("Must every visiting student carry a liability policy?", "human", "question sets"),
        ("must each visiting student carry a liability policy", "human", "question sets"),
        ("How much is a rotation?!", "human", "faq/rotation_cost already"),
        ("?", "human", "2 to 300"),
        ("something new", "faq/nothing", "no label"),
        ("something new", "", "Choose what"),
    ],
)
def test_an_example_that_would_harm_is_refused_with_the_reason(
    learner: Any, project: Path, text: str, label: str, said: str
) -> None:
    doubted(learner, "zorg")
    editor = learner.signed_in("ed", role="editor")
    editor.get("/staff/learning")
    item = items(learner)[0]
    refused = decide(editor, "teach", item, label=label, **{f"text-{item.id}": text})
    assert refused.status_code == 422
    assert said in refused.text
    assert items(learner)[0].state == "open"
    assert not (project / "data" / "nlu" / "learned.yml").exists()


def test_a_message_is_marked_out_of_scope_or_asks_for_a_topic_or_is_dismissed(
    learner: Any, project: Path
) -> None:
    for text in ("cheese of the moon", "zorg visa for cats", "asdf"):
        doubted(learner, text)
    editor = learner.signed_in("ed", role="editor")
    editor.get("/staff/learning")
    cheese, cats, noise = items(learner)
    assert decide(editor, "out-of-scope", cheese).status_code == 303
    assert decide(editor, "ask-for-topic", cats, note="").status_code == 422
    assert decide(editor, "ask-for-topic", cats, note="Visas for cats").status_code == 303
    assert decide(editor, "dismiss", noise).status_code == 303
    assert [one.state for one in items(learner)] == ["example", "topic_wanted", "dismissed"]
    assert learned(project) == {"decline/off_topic": ["cheese of the moon"]}
    assert "Visas for cats" in editor.get("/staff/learning/decided").text


def test_two_editors_do_not_decide_about_one_message(learner: Any) -> None:
    doubted(learner, "zorg")
    editor = learner.signed_in("ed", role="editor")
    editor.get("/staff/learning")
    item = items(learner)[0]
    decide(editor, "dismiss", item)
    late = decide(learner.signed_in("flo", role="editor"), "teach", item, label="human")
    assert late.status_code == 422
    assert "A colleague decided" in late.text


def test_an_agent_reports_a_message_and_an_editor_finds_it(learner: Any) -> None:
    made = doubted(learner, "wrong answer to this", {"act": "answer", "topic": "x"})
    with learner.record.reading() as session:
        message_id = session.scalars(
            select(Message.id).where(Message.conversation_id == made, Message.author == "applicant")
        ).one()
    agent = learner.signed_in("amara")
    assert f"/staff/learning/messages/{message_id}" in agent.get(f"/staff/conversations/{made}").text
    assert "Put it on the list" in agent.get(f"/staff/learning/messages/{message_id}").text
    assert agent.post(f"/staff/learning/messages/{message_id}").status_code == 303
    assert [(one.text, one.reason) for one in items(learner)] == [("wrong answer to this", "corrected")]
    assert agent.get("/staff/learning").status_code == 403


def archive(folder: Path, name: str, age: float) -> Path:
    path = folder / f"{name}.tar.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(name)
    at = now().timestamp() - age
    os.utime(path, (at, at))
    return path


def test_the_live_model_is_the_one_put_live_until_a_newer_one_is_trained_by_hand(tmp_path: Path) -> None:
    models = Models(tmp_path)
    assert models.live() is None
    archive(tmp_path, "one", 60)
    two = archive(tmp_path, "two", 30)
    assert models.live() == two
    archive(models.candidates, "three", 20)
    assert models.live() == two
    models.put_live("three.tar.gz")
    assert models.live() == tmp_path / "three.tar.gz"
    models.go_back()
    assert models.live() == two
    models.go_back()
    assert models.live() == tmp_path / "three.tar.gz"
    by_hand = archive(tmp_path, "four", -60)
    assert models.live() == by_hand


def test_going_back_needs_an_earlier_model(tmp_path: Path) -> None:
    archive(tmp_path, "one", 60)
    with pytest.raises(NoSuchModel):
        Models(tmp_path).go_back()
    with pytest.raises(NoSuchModel):
        Models(tmp_path).put_live("../one.tar.gz")


def a_run(desk: Any, **values: Any) -> str:
    with desk.record.transaction() as session:
        run = TrainingRun(model="new.tar.gz", started_by="ed", **values)
        session.add(run)
        session.flush()
        return run.id


def test_one_training_at_a_time_and_a_dead_one_does_not_block_for_ever(learner_on_both: Any) -> None:
    desk = learner_on_both
    editor = desk.signed_in("ed", role="editor")
    alive = a_run(desk, working=1, owner="another", lease_until=now() + timedelta(seconds=30))
    training = Training(desk.record, desk.settings)
    with pytest.raises(AlreadyTraining):
        training.start("ed")
    refused = editor.post("/staff/learning/runs")
    assert refused.status_code == 409
    with desk.record.transaction() as session:
        session.get_one(TrainingRun, alive).lease_until = now() - timedelta(seconds=1)
    assert "Start again" in editor.get("/staff/learning/runs").text
    assert desk.get(TrainingRun, alive).state == "failed"


def test_a_model_that_rasa_refuses_is_taken_back_and_said_so(learner: Any) -> None:
    folder = learner.settings.models_dir
    archive(folder, "old", 60)
    archive(Models(folder).candidates, "new", 10)
    run_id = a_run(learner, state="ready")
    seen: list[str] = []

    def restart() -> None:
        live = Models(folder).live()
        assert live is not None
        seen.append(live.name)
        if live.name == "new.tar.gz":
            raise SwapFailed("Rasa does not come back; see its log.")

    training = Training(learner.record, learner.settings, restart=restart)
    with pytest.raises(SwapFailed, match=r"old\.tar\.gz is live again"):
        training.put_live(run_id, "ed")
    assert seen == ["new.tar.gz", "old.tar.gz"]
    assert learner.get(TrainingRun, run_id).state == "ready"


def test_going_live_and_back_is_noted(learner: Any) -> None:
    folder = learner.settings.models_dir
    archive(folder, "old", 60)
    archive(Models(folder).candidates, "new", 10)
    run_id = a_run(learner, state="ready", figures=NO_FIGURES)
    editor = learner.signed_in("ed", role="editor")
    assert "Put the new model live" in editor.get(f"/staff/learning/runs/{run_id}").text
    live = editor.post(f"/staff/learning/runs/{run_id}/live")
    assert "new.tar.gz is chosen. Restart Rasa" in live.text
    assert learner.get(TrainingRun, run_id).state == "live"
    back = editor.post("/staff/learning/go-back")
    assert back.status_code == 200
    assert Models(folder).live() == folder / "old.tar.gz"
    assert learner.audited().count("model.live") == 2


NO_FIGURES: dict[str, Any] = side_by_side(None, {"lines": []})


def line(text: str, right: bool, got: str, name: str = "questions", expected: str = "a") -> dict[str, Any]:
    return {"set": name, "text": text, "expected": expected, "got": got, "right": right}


def test_two_models_are_shown_side_by_side() -> None:
    old = {"lines": [line("x", True, "a"), line("y", False, "b"), line("z", False, "c", "commands")]}
    new = {"lines": [line("x", False, "d"), line("y", True, "a"), line("z", False, "c", "commands")]}
    told = side_by_side(old, {**new, "held_out": {"accuracy": 0.9}})
    assert told["sets"] == [
        {"set": "questions", "total": 2, "new": 1, "old": 1},
        {"set": "commands", "total": 1, "new": 0, "old": 0},
    ]
    assert (told["better"], told["worse"]) == (1, 1)
    assert [one["text"] for one in told["changes"]] == ["x", "y"]
    assert told["worst"] == [{"topic": "a", "total": 2, "old": 1, "new": 1}]
    assert told["held_out"]["new"] == {"accuracy": 0.9}
