"""The domain and the rules: what Rasa says about them, and what each kind of message leads to."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from extensions import launcher

ROOT = Path(launcher.__file__).resolve().parent.parent
ACTIONS = {
    "cost": "action_answer",
    "hello": "action_smalltalk",
    "football": "action_decline",
    "I want to kill myself": "action_safety",
    "person": "action_handoff",
    "complain": "action_handoff",
    "status": "action_status",
    "delete": "action_privacy",
    "show me": "action_privacy",
    "nothing that is known": "action_fallback",
}
OUTSIDE_FORM = ["yes", "nope", "skip", "back", "change", "help", "why", "stop", "start over"]


def rasa(project, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "extensions.launcher", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


@pytest.mark.parametrize("text", ACTIONS)
async def test_a_message_outside_the_form_reaches_its_action(desk, text):
    turn = await desk.hear("a", text)

    assert [reply.text for reply in turn.replies] == [f"{ACTIONS[text]}: {text}"]


@pytest.mark.parametrize("text", OUTSIDE_FORM)
async def test_a_word_that_belongs_to_a_form_is_put_in_context_outside_it(desk, text):
    turn = await desk.hear("a", text)

    assert [reply.text for reply in turn.replies] == [f"action_outside_form: {text}"]


@pytest.mark.parametrize("text", ["apply", "go on"])
async def test_the_form_opens(desk, text):
    turn = await desk.hear("a", text)

    assert turn.replies[0].text == "First: consent?"
    assert (await desk.tracker("a")).active_loop_name == "application_form"


async def test_what_no_rule_foresees_is_answered_once_as_not_understood(desk, action_server):
    for number in range(3):
        await desk.hear("a", f"unknown {number}")

    assert [call["next_action"] for call in action_server.calls] == ["action_fallback"] * 3


def test_each_rule_is_named_as_a_sentence_and_stands_once():
    names = [rule["rule"] for rule in yaml.safe_load((ROOT / "data" / "rules.yml").read_text())["rules"]]

    assert len(set(names)) == len(names)
    assert all(len(name.split()) >= 4 and name[0].isupper() for name in names)


def test_the_form_asks_every_field_and_each_is_a_slot_that_no_message_fills():
    domain = yaml.safe_load((ROOT / "domain.yml").read_text())
    fields = domain["forms"]["application_form"]["required_slots"]

    assert len(fields) == len(set(fields)) == 20
    for field in fields:
        mapping = {"type": "custom", "conditions": [{"active_loop": "application_form"}]}
        assert domain["slots"][field] == {"type": "any", "mappings": [mapping]}


def test_no_session_expires():
    session = yaml.safe_load((ROOT / "domain.yml").read_text())["session_config"]

    assert session == {"session_expiration_time": 0, "carry_over_slots_to_new_session": True}


def test_each_intent_of_the_training_data_is_in_the_domain_and_has_a_rule():
    domain = yaml.safe_load((ROOT / "domain.yml").read_text())
    known = {next(iter(intent)) for intent in domain["intents"]}
    in_rules = set(
        re.findall(r"^  - intent: (\w+)$", (ROOT / "data" / "rules.yml").read_text(), re.MULTILINE)
    )
    trained = set()
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        entries = yaml.safe_load(path.read_text())["nlu"]
        trained |= {entry["intent"].partition("/")[0] for entry in entries if "intent" in entry}

    assert trained <= known
    assert in_rules == known | {"nlu_fallback"}


@pytest.mark.rasa
def test_rasas_own_validation_finds_nothing(project):
    result = rasa(project, "data", "validate", "--fail-on-warnings")

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.rasa
def test_the_test_stories_are_predicted(project, tmp_path):
    stories = str(ROOT / "tests" / "rasa")
    options = ["--fail-on-prediction-errors", "--no-plot", "--out", str(tmp_path)]
    result = rasa(project, "test", "core", "--stories", stories, *options)

    assert result.returncode == 0, result.stdout + result.stderr
    assert "none of the test stories failed" in (tmp_path / "failed_test_stories.yml").read_text().lower()
