"""The learning loop from end to end: a message that fails is taught, trained, measured, put live, answered.

The project that is trained is a small copy of this one, so that a training takes seconds; the rest is real.
"""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy import select

from frontdesk.app.run import newest_model
from frontdesk.records.models import Conversation, Message, ReviewItem, TrainingRun, Turn
from frontdesk.records.session import Record
from frontdesk.settings import ROOT
from tests.desk import Desk
from tests.journey.test_kills import Visitor
from tests.stack import wait_for

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(600)]

# Which of these is not understood depends on the model of the day; the first that is not is taught.
STRANGE = (
    "must I carry the blue shield note",
    "do I bring the zorg cover note to the ward",
    "do you have the shield paper for my hands",
    "who signs the wimbleton sheet",
)
DOUBT = ("fallback", "clarify")
LABEL = "faq/malpractice_insurance"
# What the small project knows.
KEPT = {LABEL, "faq/rotation_cost", "decline/off_topic", "chitchat/greet", "human", "safety/crisis", "deny"}
EXAMPLES = 20
SETS = {
    "questions": [
        {"text": "is insurance against malpractice a must for visitors", "topic": "malpractice_insurance"},
        {"text": "what does one rotation cost me", "topic": "rotation_cost"},
    ],
    "out_of_scope": [{"text": "who wins the football cup this summer", "kind": "far"}],
}
NEW_PASSWORD = "quiet river under seven bridges"


def small_project(folder: Path) -> Path:
    """A copy of this project with few labels and few examples."""
    (folder / "data" / "nlu").mkdir(parents=True)
    for name in ("config.yml", "domain.yml", "endpoints.yml", "credentials.yml"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copy(ROOT / "data" / "rules.yml", folder / "data" / "rules.yml")
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        lines = ['version: "3.1"', "nlu:"]
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            if entry.get("intent") in KEPT:
                examples = str(entry["examples"]).splitlines()[:EXAMPLES]
                lines += [f"- intent: {entry['intent']}", "  examples: |"]
                lines += [f"    {one.strip()}" for one in examples]
        if len(lines) > 2:
            (folder / "data" / "nlu" / path.name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


class Editor:
    """A member of staff in a browser without JavaScript."""

    def __init__(self, desk: Desk) -> None:
        self._client = httpx.Client(base_url=desk.url, timeout=120, follow_redirects=True)
        page = self._client.get("/staff/login").text
        fields = {"csrf": hidden(page, "csrf"), "to": "/staff/", "login": "admin", "password": desk.password}
        page = self._client.post("/staff/login", data=fields).text
        chosen = {"current": desk.password, "new": NEW_PASSWORD, "again": NEW_PASSWORD}
        self._client.post("/staff/password", data={"csrf": hidden(page, "csrf"), **chosen}).raise_for_status()

    def see(self, path: str) -> str:
        answer = self._client.get(path)
        answer.raise_for_status()
        return answer.text

    def send(self, page: str, path: str, **fields: str) -> str:
        """A form of that page."""
        answer = self._client.post(path, data={"csrf": hidden(page, "csrf"), **fields})
        assert answer.is_success, answer.text
        return answer.text


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, page
    return unescape(found[1])


@pytest.fixture
def learning_desk(tmp_path: Path) -> Iterator[Desk]:
    models, sets = tmp_path / "models", tmp_path / "sets"
    models.mkdir()
    sets.mkdir()
    live = newest_model(ROOT / "models")
    shutil.copy2(live, models)
    for name, lines in SETS.items():
        (sets / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    desk = Desk(
        tmp_path / "desk",
        CHHA_MODELS_DIR=str(models),
        CHHA_PROJECT_DIR=str(small_project(tmp_path / "project")),
        CHHA_EVALUATION_DIR=str(sets),
    )
    try:
        desk.start()
        yield desk
    finally:
        desk.stop()


def answers_to(record: Record, message_id: str) -> list[dict[str, Any]]:
    """The acts of the bot's replies to a message, once its turn has ended."""

    def ended() -> bool:
        with record.reading() as session:
            state = session.scalar(select(Turn.state).where(Turn.message_id == message_id))
            return state not in (None, "waiting", "running")

    wait_for(ended, "the turn to end", 60)
    with record.reading() as session:
        replies = session.scalars(select(Message.act).where(Message.in_reply_to == message_id))
        return [act for act in replies if act]


def greeted(record: Record, message_id: str) -> bool:
    """Whether the bot's own reply to a greeting is there, once."""
    with record.reading() as session:
        replies = session.scalars(select(Message.act).where(Message.in_reply_to == message_id)).all()
    return [act["act"] for act in replies if act and act["act"] != "handoff"] == ["smalltalk"]


def ask(record: Record, visitor: Visitor, text: str) -> list[dict[str, Any]]:
    return answers_to(record, visitor.say(text))


def test_a_message_that_fails_today_is_taught_trained_measured_put_live_and_answered(
    learning_desk: Desk, tmp_path: Path
) -> None:
    record = learning_desk.record()
    visitor = Visitor(learning_desk, "learner")
    visitor.begin()
    fails = next(text for text in STRANGE if ask(record, visitor, text)[0]["act"] in DOUBT)

    editor = Editor(learning_desk)
    page = editor.see("/staff/learning")
    assert fails in page
    with record.reading() as session:
        # Answers that offered other readings are in the list too.
        item_id = session.scalars(select(ReviewItem.id).where(ReviewItem.text == fails)).one()
    editor.send(
        page, "/staff/learning/teach", label=LABEL, **{f"item-{item_id}": "yes", f"text-{item_id}": fails}
    )
    learned = tmp_path / "project" / "data" / "nlu" / "learned.yml"
    assert f"- intent: {LABEL}\n  examples: |\n    - {fails}\n" in learned.read_text()

    editor.send(editor.see("/staff/learning/runs"), "/staff/learning/runs")

    def trained() -> TrainingRun | None:
        with record.reading() as session:
            run = session.scalars(select(TrainingRun)).one()
        assert run.state != "failed", run.error
        return run if run.state == "ready" else None

    run: TrainingRun = wait_for(trained, "the training to end", 400, pause=0.5)
    assert run.figures is not None
    told = {row["set"]: (row["old"], row["new"]) for row in run.figures["sets"]}
    assert set(told) == {"questions", "out of scope", "reviewed messages"}
    assert told["reviewed messages"] == (0, 1)
    # Nothing changed for applicants yet.
    assert ask(record, visitor, fails)[0]["act"] in DOUBT

    side_by_side = editor.see(f"/staff/learning/runs/{run.id}")
    assert fails in side_by_side
    others = [Visitor(learning_desk, f"other{number}") for number in range(2)]
    sent, stop = [], threading.Event()

    def keep_writing(other: Visitor) -> None:
        other.begin()
        while not stop.is_set():
            sent.append(other.say("hello"))
            stop.wait(0.4)

    writers = [threading.Thread(target=keep_writing, args=(other,)) for other in others]
    for writer in writers:
        writer.start()
    wait_for(lambda: len(sent) >= 4, "messages to come in")
    done = editor.send(side_by_side, f"/staff/learning/runs/{run.id}/live")
    stop.set()
    for writer in writers:
        writer.join()
    assert f"{run.model} is live." in done
    # Where the restart took long the applicant was told so; each message got its answer all the same.
    for message_id in sent:
        wait_for(lambda one=message_id: greeted(record, one), f"the answer to {message_id}", 60)
    with record.reading() as session:
        assert set(session.scalars(select(Conversation.holder))) == {"bot"}

    [answer] = ask(record, visitor, fails)
    assert (answer["act"], answer["topic"]) == ("answer", "malpractice_insurance")

    editor.send(editor.see("/staff/learning/runs"), "/staff/learning/go-back")
    # Somebody else asks: with the learner the subject has been talked about.
    stranger = Visitor(learning_desk, "stranger")
    stranger.begin()
    assert ask(record, stranger, fails)[0]["act"] in DOUBT
