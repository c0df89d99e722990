"""What the form says: `knowledge/application.yml`, checked when read, taken up again when edited. Texts
change there.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from frontdesk.knowledge.files import Watched, checked, read_yaml
from frontdesk.knowledge.vocabulary import Terms, key_of
from frontdesk.settings import settings

FILE = "application.yml"


class FieldWording(BaseModel):
    """What is said about one field. `optional`: may be skipped. `called`: how applicants name it."""

    model_config = ConfigDict(extra="forbid")

    label: str
    ask: str
    ask_other: str | None = None
    why: str
    invalid: str
    optional: bool = False
    choices: dict[str, str] = Field(default_factory=dict)
    called: list[str] = Field(default_factory=list)

    @field_validator("invalid")
    @classmethod
    def _with_example(cls, value: str) -> str:
        if "example" not in value.casefold():
            raise ValueError("a sentence about wrong input gives an example (\u201cFor example: …\u201d)")
        return value


class Commands(BaseModel):
    """How commands are worded, by command."""

    model_config = ConfigDict(extra="forbid")

    stop: list[str]
    cancel: list[str]
    restart: list[str]
    back: list[str]
    skip: list[str]
    help: list[str]
    explain_why: list[str]
    resume: list[str]
    human: list[str]
    status: list[str]
    change_answer: list[str]
    delete_my_data: list[str]
    show_my_data: list[str]


class ApplicationWording(BaseModel):
    """Everything of `knowledge/application.yml`."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    steps: dict[int, str]
    fields: dict[str, FieldWording]
    asks: dict[str, str]
    texts: dict[str, str | dict[str, str]]
    commands: Commands
    politeness: list[str]
    corrections: list[str]

    def text(self, key: str, **details: object) -> str:
        """A text with its details filled in."""
        return _filled(str(self.texts[key]), details)

    def texts_of(self, key: str) -> dict[str, str]:
        """A group of texts (`sensitive_kinds`, `again_choices`)."""
        group = self.texts[key]
        return group if isinstance(group, dict) else {}

    def asked(self, key: str, **details: object) -> str:
        """A question that makes sure."""
        return _filled(self.asks[key], details)


class _Details(dict[str, object]):
    def __missing__(self, key: str) -> str:
        # An editor may write a brace that means nothing; the reader then sees it as written.
        return "{" + key + "}"


def _filled(text: str, details: dict[str, object]) -> str:
    return " ".join(text.split()).format_map(_Details(details))


def read_application_wording(path: Path) -> ApplicationWording:
    """The file as ApplicationWording.

    Raises:
        KnowledgeError: one sentence naming the file and the entry.
    """
    return checked(ApplicationWording, read_yaml(path), path)


class Phrases:
    """The commands and field names of the wording, made findable."""

    def __init__(self, wording: ApplicationWording) -> None:
        groups: dict[str, list[str]] = wording.commands.model_dump()
        self.commands = Terms((phrase, name) for name, phrases in groups.items() for phrase in phrases)
        polite = sorted((key_of(term) for term in wording.politeness), key=len, reverse=True)
        self.polite = [key for key in polite if key]
        self.fields = Terms(
            (phrase, name) for name, field in wording.fields.items() for phrase in field.called
        )
        self.corrections = Terms((phrase, phrase) for phrase in wording.corrections)


@lru_cache(maxsize=8)
def _watched(path: Path) -> Watched[tuple[ApplicationWording, Phrases]]:
    def make(paths: Any) -> tuple[ApplicationWording, Phrases]:
        wording = read_application_wording(paths[0])
        return wording, Phrases(wording)

    return Watched(lambda: [path], make)


def application_wording(folder: Path | None = None) -> ApplicationWording:
    """The wording as the file is now."""
    return _watched((folder or settings().knowledge_dir) / FILE).get()[0]


def phrases(folder: Path | None = None) -> Phrases:
    """Commands and field names as the file is now."""
    return _watched((folder or settings().knowledge_dir) / FILE).get()[1]
