"""Everything that the form says stands in one file: complete, with examples, and alive when edited."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

import pytest

from frontdesk.applications import commands, wording
from frontdesk.applications.fields import BY_NAME, NAMES, RECORD
from frontdesk.applications.parsing import countries
from frontdesk.applications.wording import application_wording, phrases, read_application_wording
from frontdesk.knowledge.files import KnowledgeError
from frontdesk.knowledge.vocabulary import answer_words, key_of
from frontdesk.settings import settings

FILE = settings().knowledge_dir / wording.FILE
SOURCES = sorted((Path(wording.__file__).parent).rglob("*.py"))


def test_every_field_has_its_words() -> None:
    assert set(application_wording().fields) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_field_says_why_it_is_asked_and_shows_an_example(name: str) -> None:
    field = application_wording().fields[name]
    assert field.why.strip()
    assert "example" in field.invalid.casefold()


@pytest.mark.parametrize("name", [name for name in RECORD if application_wording().fields[name].choices])
def test_every_choice_is_a_value_that_the_field_takes(name: str) -> None:
    for value in application_wording().fields[name].choices:
        assert BY_NAME[name].accepts(value)


def test_every_question_that_makes_sure_exists_and_is_used() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    known = set(application_wording().asks)
    by_words = {entry.id for entry in answer_words()["country_shared"].entries}
    used = {name for name in known if f'"{name}"' in code or f"'{name}'" in code}
    assert known == used | (by_words & known)
    assert _asked_in_code() <= known


def _asked_in_code() -> set[str]:
    """The first text of every Unclear(…) and the second of every Confirm(…)."""
    found: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "id", "")
            if isinstance(node, ast.Call) and name in {"Confirm", "Unclear"}:
                asked = node.args[1 if name == "Confirm" else 0]
                found |= {
                    part.value
                    for part in ast.walk(asked)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                }
    return found


def test_every_text_exists_and_is_used() -> None:
    actions = Path(wording.__file__).parent.parent.parent / "actions" / "application_form.py"
    code = "\n".join(path.read_text(encoding="utf-8") for path in [*SOURCES, actions])
    known = set(application_wording().texts)
    used = set(re.findall(r"\.text\(\s*[\"'](\w+)[\"']", code))
    assert used <= known
    assert known == {name for name in known if f'"{name}"' in code or f"'{name}'" in code}


def test_every_question_about_a_doubt_offers_an_example_or_a_yes() -> None:
    for name, text in application_wording().asks.items():
        assert (
            "example" in text.casefold()
            or "yes" in text.casefold()
            or name in {"hint", "phone_later"}
            or "passed" in text
        ), name


def test_no_command_means_two_things() -> None:
    seen: dict[tuple[str, ...], str] = {}
    for name, wordings in application_wording().commands.model_dump().items():
        for phrase in wordings:
            key = key_of(phrase)
            assert seen.setdefault(key, name) == name, phrase


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (phrase, name)
        for name, wordings in application_wording().commands.model_dump().items()
        for phrase in wordings[:6]
    ],
)
def test_every_command_is_understood_with_politeness_around_it(text: str, command: str) -> None:
    assert commands.said(f"please {text}", phrases(), fuzzy=False) == command
    assert commands.said(f"{text} sir!", phrases(), fuzzy=False) == command


def test_an_edit_is_live_at_once(tmp_path: Path) -> None:
    shutil.copy(FILE, tmp_path / wording.FILE)
    assert application_wording(tmp_path).fields["email"].label == "E-mail"
    text = (
        (tmp_path / wording.FILE)
        .read_text(encoding="utf-8")
        .replace("label: E-mail", "label: Electronic mail")
    )
    (tmp_path / wording.FILE).write_text(text, encoding="utf-8")
    assert application_wording(tmp_path).fields["email"].label == "Electronic mail"


def test_a_text_about_wrong_input_without_an_example_is_refused(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8").replace(
        "I need the year with four digits. For example: 2027", "Wrong."
    )
    (tmp_path / wording.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"graduation_year.*example"):
        read_application_wording(tmp_path / wording.FILE)


def test_a_brace_that_means_nothing_is_shown_as_written() -> None:
    known = application_wording().model_copy(update={"texts": {"x": "Hello {nobody}"}})
    assert known.text("x") == "Hello {nobody}"


def test_every_list_of_answer_words_is_used_and_a_kind_has_one_file() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    files = {path.stem for path in (FILE.parent / "vocabulary" / "answers").glob("*.yml")}
    assert set(answer_words().kinds()) == files
    assert files == {kind for kind in files if f'"{kind}"' in code}


def test_a_shared_name_of_countries_leads_to_a_country_or_a_question_that_exists() -> None:
    for entry in answer_words()["country_shared"].entries:
        assert countries.is_code(entry.id) or entry.id in application_wording().asks, entry.id
