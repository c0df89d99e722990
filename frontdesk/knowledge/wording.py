"""What is said besides the topics: small talk, limits, safety, not understood, other languages.

Read from `smalltalk.yml`, `limits.yml`, `safety.yml` and `desk.yml` of `knowledge/`, where texts change.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from frontdesk.knowledge.files import Watched, checked, read_yaml
from frontdesk.settings import settings


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Smalltalk(_Strict):
    """One kind of small talk: texts used in turn, topics offered below."""

    texts: list[str] = Field(min_length=1)
    next: list[str] = Field(default_factory=list)


class LimitSource(_Strict):
    title: str
    url: str = Field(pattern=r"^https?://")


class Limit(_Strict):
    """One subject that the assistant does not do, with the `reason` of its `decline` act."""

    reason: Literal[
        "out_of_scope",
        "medical_advice",
        "legal_advice",
        "guarantee",
        "misconduct",
        "third_party",
        "language",
        "unsafe_input",
    ]
    text: str
    sources: list[LimitSource] = Field(default_factory=list)


class Contact(_Strict):
    """A line that can be called (`tel`) or opened (`url`)."""

    label: str
    tel: str | None = None
    url: str | None = Field(default=None, pattern=r"^https?://")


class Safety(_Strict):
    """Help first: the text, who can be called, and what is added when an alert route works."""

    text: str
    contacts: list[Contact] = Field(min_length=1)
    alert_text: str | None = None


class Fallback(_Strict):
    first: str
    second: str


class _Limits(_Strict):
    subjects: dict[str, Limit]
    fallback: Fallback
    language: dict[str, str]


class Wording(_Strict):
    """Everything of this module's files."""

    smalltalk: dict[str, Smalltalk]
    limits: dict[str, Limit]
    safety: dict[Literal["crisis", "emergency", "harassment"], Safety]
    fallback: Fallback
    language: dict[str, str]
    desk: dict[str, str]

    def at_desk(self, key: str, **details: object) -> str:
        """A text of `desk.yml` with its details filled in."""
        return one_line(self.desk[key]).format(**details)

    def said(self, kind: str, count: int) -> str:
        """The text of a kind of small talk, another one each time (`count` = how often it was said)."""
        texts = self.smalltalk[kind].texts
        return one_line(texts[count % len(texts)])


def one_line(text: str) -> str:
    """Folded YAML as one line of words."""
    return " ".join(text.split())


FILES = ("smalltalk.yml", "limits.yml", "safety.yml", "desk.yml")


def read_wording(folder: Path) -> Wording:
    """The wording of this knowledge folder.

    Raises:
        KnowledgeError: one sentence naming file and entry.
    """
    smalltalk, limits, safety, desk = (_mapping(folder / name) for name in FILES)
    parts = checked(_Limits, limits, folder / "limits.yml")
    return checked(
        Wording,
        {
            "smalltalk": smalltalk.get("kinds"),
            "limits": parts.subjects,
            "safety": safety.get("kinds"),
            "fallback": parts.fallback,
            "language": parts.language,
            "desk": desk.get("texts"),
        },
        folder,
        ", ".join(FILES),
    )


def _mapping(path: Path) -> dict[str, Any]:
    content = read_yaml(path)
    return content if isinstance(content, dict) else {}


@lru_cache(maxsize=8)
def _watched(folder: Path) -> Watched[Wording]:
    return Watched(lambda: [folder / name for name in FILES], lambda _: read_wording(folder))


def wording(folder: Path | None = None) -> Wording:
    """The wording as the files are now."""
    return _watched(folder or settings().knowledge_dir).get()
