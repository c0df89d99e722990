"""The gazetteers: words people use for specialties, exams, visas, countries, months, …, and what they mean.

One file a kind under `knowledge/vocabulary/`, read by the NLU too; those under `vocabulary/answers/` serve
the reading of answers only, so an edit there trains nothing. The finding of words lives here; what a
found word means for an answer is the concern of `frontdesk.applications.parsing`.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from frontdesk.knowledge.files import KnowledgeError, Watched, checked, read_yaml
from frontdesk.settings import settings

_WORD = re.compile(r"[^\W_]+(?:['’ʼ`´][^\W_]+)*")
# A term does not reach over these: "peds, neuro" names two specialties.
_BREAKS = re.compile(r"[,;\n!?|]")
_APOSTROPHES = re.compile(r"['’ʼ`´]")
# Letters that carry their stroke inside, so that Unicode decomposition leaves them as they are.
_STROKES = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ħ": "h", "ð": "d"})


@dataclass(frozen=True)
class Word:
    """A word of a text: folded (no case, accents, apostrophes), and where it stands (characters)."""

    folded: str
    start: int
    end: int


def fold(text: str) -> str:
    """Text without case and accents: "Türkiye" and "TURKIYE" fold alike."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_STROKES)


def words(text: str) -> list[Word]:
    """The words of a text in order."""
    return [
        Word(_APOSTROPHES.sub("", fold(match.group())), match.start(), match.end())
        for match in _WORD.finditer(text)
    ]


def key_of(text: str) -> tuple[str, ...]:
    """What two spellings of one term have in common."""
    return tuple(word.folded for word in words(text))


@dataclass(frozen=True)
class Found:
    """A term found in a text: its canonical id and where it stands (characters)."""

    id: str
    start: int
    end: int
    alias: tuple[str, ...]


class Terms:
    """Terms to be found in text: whole words, longest match first, no overlaps.

    Args:
        pairs: (term, id); a term given twice keeps its first id.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._by_key: dict[tuple[str, ...], str] = {}
        for term, id_ in pairs:
            key = key_of(term)
            if key:
                self._by_key.setdefault(key, id_)
        self._longest = max((len(key) for key in self._by_key), default=0)

    def get(self, text: str) -> str | None:
        """The id of a text that is a term as a whole."""
        return self._by_key.get(key_of(text))

    def keys(self) -> list[tuple[str, ...]]:
        return list(self._by_key)

    def id_of(self, key: Sequence[str]) -> str | None:
        return self._by_key.get(tuple(key))

    def find(self, text: str) -> list[Found]:
        """The terms in the text, in its order."""
        line = words(text)
        found: list[Found] = []
        at = 0
        while at < len(line):
            for length in range(min(self._longest, len(line) - at), 0, -1):
                key = tuple(word.folded for word in line[at : at + length])
                id_ = self._by_key.get(key)
                if id_ is not None and not _BREAKS.search(text, line[at].start, line[at + length - 1].end):
                    found.append(Found(id_, line[at].start, line[at + length - 1].end, key))
                    at += length
                    break
            else:
                at += 1
        return found


class Entry(BaseModel):
    """One term: canonical id, label for people, other spellings; those of `guarded` are also everyday
    words.
    """

    model_config = ConfigDict(extra="ignore")

    id: str
    label: str = ""
    aliases: list[str] = Field(default_factory=list)
    guarded: list[str] = Field(default_factory=list)

    @field_validator("id", "label", mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        # YAML reads NO (Norway) as a boolean where an editor forgot the quotation marks.
        return {True: "yes", False: "NO"}[value] if isinstance(value, bool) else value

    @field_validator("aliases", "guarded", mode="before")
    @classmethod
    def _all_text(cls, value: object) -> object:
        return [str(item) for item in value or []] if isinstance(value, list | None) else value


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")

    kind: str
    entries: list[Entry]


class Gazetteer:
    """The terms of one kind, with labels; `meanings` gives the id of each folded alias."""

    def __init__(self, kind: str, entries: Sequence[Entry]) -> None:
        self.kind = kind
        self.entries = list(entries)
        self._labels = {entry.id: entry.label or entry.id for entry in entries}
        ids = [(entry.id, entry.id) for entry in entries]
        labels = [(entry.label, entry.id) for entry in entries if entry.label]
        aliases = [(alias, entry.id) for entry in entries for alias in entry.aliases]
        self.terms = Terms([*ids, *labels, *aliases])
        self.guarded = frozenset(key_of(word) for entry in entries for word in entry.guarded)
        self.meanings = {
            " ".join(key_of(alias)) or alias: entry.id for entry in entries for alias in entry.aliases
        }
        self._listed: dict[str, frozenset[str]] = {
            entry.id: frozenset(" ".join(key_of(alias)) or alias for alias in entry.aliases)
            for entry in entries
        }

    def label(self, id_: str) -> str:
        return self._labels.get(id_, id_)

    def listed(self, id_: str) -> frozenset[str]:
        """The folded spellings of an entry (a sign without letters as it is); empty for an unknown id."""
        return self._listed.get(id_, frozenset())

    def __contains__(self, id_: object) -> bool:
        return id_ in self._labels

    def find(self, text: str) -> list[Found]:
        return self.terms.find(text)


def read_gazetteer(path: Path) -> Gazetteer:
    """One vocabulary file.

    Raises:
        KnowledgeError: one sentence naming file and place.
    """
    content = checked(_File, read_yaml(path), path)
    return Gazetteer(content.kind, content.entries)


class Vocabulary:
    """All gazetteers of a folder by kind.

    Raises:
        KeyError: a kind that the folder does not have.
    """

    def __init__(self, gazetteers: Sequence[Gazetteer]) -> None:
        self._by_kind = {gazetteer.kind: gazetteer for gazetteer in gazetteers}

    def __getitem__(self, kind: str) -> Gazetteer:
        return self._by_kind[kind]

    def kinds(self) -> list[str]:
        return sorted(self._by_kind)


# Without its words a reader would hear nothing, and nobody would know why: each kind must have its file.
KINDS = frozenset(
    {"abbreviation", "country_demonym", "document", "exam", "gloss", "month", "program", "specialty", "visa"}
)
ANSWER_KINDS = frozenset(
    {
        "country_name",
        "country_shared",
        "country_word",
        "digit",
        "mail_domain",
        "mail_ending",
        "month_abroad",
        "name_word",
        "number",
        "part_of_year",
        "place",
        "place_short",
        "place_word",
        "politeness",
        "school_word",
        "season",
        "specialty_everyday",
        "specialty_word",
        "talk",
        "yes_no",
    }
)


@lru_cache(maxsize=8)
def _watched(folder: Path, kinds: frozenset[str]) -> Watched[Vocabulary]:
    def make(paths: Sequence[Path]) -> Vocabulary:
        made = Vocabulary([read_gazetteer(path) for path in paths])
        if missing := sorted(kinds.difference(made.kinds())):
            raise KnowledgeError(
                f"{folder} has no file of the kind {', '.join(missing)}; restore it from the repository."
            )
        return made

    # Asked for many times a message: one look at the folder decides.
    return Watched(lambda: sorted(folder.glob("*.yml")), make, look=lambda: _look_at(folder))


def _look_at(folder: Path) -> object:
    try:
        with os.scandir(folder) as entries:
            files = [(entry.name, entry.stat()) for entry in entries if entry.name.endswith(".yml")]
    except FileNotFoundError:
        return None
    return sorted((name, found.st_mtime_ns, found.st_size) for name, found in files)


def vocabulary(folder: Path | None = None) -> Vocabulary:
    """The vocabulary as the files are now.

    Raises:
        KnowledgeError: at the first reading: a file is missing or cannot be used.
    """
    return _watched(folder or settings().knowledge_dir / "vocabulary", KINDS).get()


def answer_words(folder: Path | None = None) -> Vocabulary:
    """The words that only the reading of answers needs, as the files are now.

    Raises:
        KnowledgeError: at the first reading: a file is missing or cannot be used.
    """
    return _watched(folder or settings().knowledge_dir / "vocabulary" / "answers", ANSWER_KINDS).get()
