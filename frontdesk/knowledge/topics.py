"""The topics: answers with sources and review dates, from `knowledge/topics/*.yml`.

What the classifier's labels `faq/<id>` lead to. Wording changes in the files, not here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from frontdesk.knowledge.files import KnowledgeError, Watched, checked, read_yaml
from frontdesk.knowledge.organization import Organization
from frontdesk.settings import settings


class Source(BaseModel):
    """A link under an answer: its own `url`, or a key of organization.yml that holds one."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1)
    url: str | None = Field(default=None, pattern=r"^https?://")
    organization: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Source:
        if (self.url is None) == (self.organization is None):
            raise ValueError("give either `url` or `organization`")
        return self


class AnswerWith(BaseModel):
    """The answer to give when CHHA filled in all of `keys`; `{key}` in the text stands for the value."""

    model_config = ConfigDict(extra="forbid")

    keys: list[str] = Field(min_length=1)
    text: str


class SubjectDetail(BaseModel):
    """One specialty's line of `residency_length`: `years` in words ("3 or 4"), a note where there is one."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    years: str
    note: str | None = None


class Topic(BaseModel):
    """A fact sheet entry; see `knowledge/README.md` for the meaning of each key."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    question: str = Field(min_length=5, max_length=80)
    tier: Literal["core", "extended"]
    answer: str = Field(min_length=10)
    answer_with: AnswerWith | None = None
    sources: list[Source] = Field(min_length=1)
    stability: Literal["stable", "yearly", "volatile", "organization"]
    reviewed: dt.date
    next: list[str] = Field(default_factory=list, max_length=2)
    short: str | None = None
    by_subject: dict[str, SubjectDetail] = Field(default_factory=dict)
    evidence: list[str] = Field(default_factory=list)
    notes: str | None = None


@dataclass(frozen=True)
class Answer:
    """What is said on a topic, and what the `answer` act carries with it."""

    text: str
    act: dict[str, Any]


class Topics:
    """All topics by id.

    Raises:
        KnowledgeError: an id stands twice or a suggested topic does not exist.
    """

    def __init__(self, entries: Iterable[Topic]):
        self._by_id: dict[str, Topic] = {}
        for topic in entries:
            if topic.id in self._by_id:
                raise KnowledgeError(f"The topic {topic.id} stands twice in knowledge/topics.")
            self._by_id[topic.id] = topic
        for topic in self._by_id.values():
            for other in topic.next:
                if other not in self._by_id:
                    raise KnowledgeError(f"The topic {topic.id} suggests {other}, which does not exist.")

    def __iter__(self) -> Iterator[Topic]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, topic_id: str) -> bool:
        return topic_id in self._by_id

    def get(self, topic_id: str) -> Topic | None:
        return self._by_id.get(topic_id)

    def label(self, topic_id: str) -> str:
        """The topic as a question a person would ask, for buttons."""
        topic = self._by_id.get(topic_id)
        return topic.question if topic else topic_id.replace("_", " ")

    def answer(self, topic_id: str, organization: Organization, *, subject: str | None = None) -> Answer:
        """The answer as it stands now: with CHHA's own details where they are filled in, honest where not.

        Args:
            subject: a specialty id where the question is about one.

        Raises:
            KeyError: there is no such topic.
        """
        topic = self._by_id[topic_id]
        act: dict[str, Any] = {
            "act": "answer",
            "topic": topic.id,
            "sources": self._sources(topic, organization),
            "reviewed": topic.reviewed.isoformat(),
            "stability": topic.stability,
            "next": [{"topic": other, "label": self.label(other)} for other in topic.next],
        }
        text = " ".join(topic.answer.split())
        if topic.answer_with:
            details = {key: organization.detail(key) for key in topic.answer_with.keys}
            if all(details.values()):
                text = " ".join(topic.answer_with.text.split())
                for key, value in details.items():
                    text = text.replace("{" + key + "}", value or "")
        if subject is not None and subject in topic.by_subject:
            text = _about_subject(subject, topic.by_subject[subject])
            act["subject"] = subject
        return Answer(text, act)

    @staticmethod
    def _sources(topic: Topic, organization: Organization) -> list[dict[str, str]]:
        found = []
        for source in topic.sources:
            url = source.url or organization.detail(source.organization or "")
            if url and url.startswith(("https://", "http://")):
                found.append({"title": source.title, "url": url})
        if not found and organization.website_url:
            # A detail that CHHA has not filled in: its own site is where to look and whom to ask.
            found.append({"title": f"{organization.name}'s website", "url": organization.website_url})
        return found


def _about_subject(subject: str, detail: SubjectDetail) -> str:
    years = "1 year" if detail.years == "1" else f"{detail.years} years"
    note = f" ({detail.note})" if detail.note else ""
    name = subject[0].upper() + subject[1:]
    return (
        f"{name} takes {years} after medical school, counting the first year{note}. "
        "Some programs differ, so check FREIDA."
    )


def read_topics(paths: Sequence[Path]) -> Topics:
    """The topics of these files.

    Raises:
        KnowledgeError: one sentence naming file and entry.
    """
    entries = []
    for path in paths:
        content = read_yaml(path)
        listed = content.get("topics") if isinstance(content, dict) else None
        if not isinstance(listed, list):
            raise KnowledgeError(f"{path}: expected a list under `topics:`.")
        for entry in listed:
            place = entry.get("id", "an entry without id") if isinstance(entry, dict) else "an entry"
            entries.append(checked(Topic, entry, path, str(place)))
    if not entries:
        raise KnowledgeError("No topics were found in knowledge/topics; restore the files.")
    return Topics(entries)


@lru_cache(maxsize=8)
def _watched(folder: Path) -> Watched[Topics]:
    return Watched(lambda: sorted((folder / "topics").glob("*.yml")), read_topics)


def topics(folder: Path | None = None) -> Topics:
    """The topics as the files are now."""
    return _watched(folder or settings().knowledge_dir).get()
