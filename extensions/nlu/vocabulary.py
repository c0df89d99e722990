"""Room: extensions/nlu. Reads `knowledge/vocabulary/*.yml`: canonical ids with labels and aliases.

Change here: the file format (documented in `load`). The words themselves are data. Must not import Rasa.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from extensions.nlu.weights import repository_root

ENTITY_KINDS = ("specialty", "exam", "visa", "program", "country_demonym", "month", "document")
# Acronyms that the encoder cannot know, with the words it should read; not an entity.
ABBREVIATION = "abbreviation"
# Words of another language that stand among English ones, with the English words to read; not an entity.
GLOSS = "gloss"

# libyaml reads the vocabulary fifteen times as fast, which is most of a second of each start.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class VocabularyError(ValueError):
    """A vocabulary file does not have the documented form; the message names the file, the entry and the
    fault.
    """


def read_yaml(content: bytes) -> Any:
    """Return what plain YAML says.

    Raises:
        yaml.YAMLError: it is no YAML.
    """
    return yaml.load(content, _LOADER)  # noqa: S506 - a safe one


@dataclass(frozen=True)
class Entry:
    """One canonical value: `guarded` aliases are ambiguous words that count only beside a telling word."""

    id: str
    label: str
    aliases: tuple[str, ...]
    guarded: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """The entries of every kind, and a hash that changes with any of them."""

    entries: Mapping[str, tuple[Entry, ...]]
    sha256: str

    def expansions(self) -> dict[str, str]:
        """Return lower-case acronym or foreign word → the words that the encoder reads instead."""
        return {
            alias.lower(): entry.id
            for kind in (ABBREVIATION, GLOSS)
            for entry in self.entries.get(kind, ())
            for alias in entry.aliases
        }

    def words(self) -> tuple[set[str], set[str]]:
        """Return lower-case words: (of ids and labels, of aliases only).

        Aliases hold misspellings on purpose, so a word that stands only there is not safe from correction.
        """
        proper: set[str] = set()
        other: set[str] = set()
        for kind, entries in self.entries.items():
            for entry in entries if kind != GLOSS else ():
                proper.update(_words(f"{entry.id} {entry.label}"))
                for alias in entry.aliases:
                    other.update(_words(alias))
        return proper, other - proper


def _words(phrase: str) -> list[str]:
    return [word for word in re.findall(r"[^\W_]+", phrase.lower()) if len(word) > 1]


def vocabulary_folder() -> Path:
    """Return where the repository keeps its vocabulary."""
    return repository_root() / "knowledge" / "vocabulary"


def _texts(value: Any, where: str, key: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or any(not isinstance(item, (str, int)) for item in value):
        raise VocabularyError(f"{where}: `{key}` must be a list of words.")
    return tuple(str(item).strip() for item in value if str(item).strip())


def _entry(raw: Any, where: str) -> Entry:
    if not isinstance(raw, dict) or not isinstance(raw.get("id"), (str, int)) or not str(raw["id"]).strip():
        raise VocabularyError(f"{where}: every entry needs an `id`.")
    where = f"{where}, {raw['id']}"
    unknown = set(raw) - {"id", "label", "aliases", "guarded"}
    if unknown:
        raise VocabularyError(
            f"{where}: unknown key {sorted(unknown)[0]}; allowed are id, label, aliases, guarded."
        )
    aliases = _texts(raw.get("aliases"), where, "aliases")
    guarded = _texts(raw.get("guarded"), where, "guarded")
    known = {alias.lower() for alias in aliases} | {str(raw["id"]).lower(), str(raw.get("label", "")).lower()}
    missing = {alias.lower() for alias in guarded} - known
    if missing:
        raise VocabularyError(f"{where}: guarded word {sorted(missing)[0]!r} is neither id, label nor alias.")
    return Entry(str(raw["id"]), str(raw.get("label") or raw["id"]), aliases, guarded)


def load(folder: Path | None = None) -> Vocabulary:
    """Read every `*.yml` of the folder.

    A file is `{kind: specialty, entries: [{id, label, aliases: [...], guarded: [...]}]}`; aliases are matched
    without case as whole words; `guarded` lists those aliases that are also everyday words ("may", "im").

    Raises:
        VocabularyError: a file has another form, a kind is unknown, or an id stands twice.
    """
    folder = folder or vocabulary_folder()
    digest = hashlib.sha256()
    entries: dict[str, tuple[Entry, ...]] = {}
    for path in sorted(folder.glob("*.yml")):
        raw_bytes = path.read_bytes()
        digest.update(path.name.encode() + b"\0" + raw_bytes + b"\0")
        try:
            content = read_yaml(raw_bytes)
        except yaml.YAMLError as error:
            raise VocabularyError(f"{path.name} is not YAML: {error}") from error
        if not isinstance(content, dict) or not isinstance(content.get("entries"), list):
            raise VocabularyError(f"{path.name}: needs `kind` and a list `entries`.")
        kind = content.get("kind")
        if kind not in (*ENTITY_KINDS, ABBREVIATION, GLOSS):
            raise VocabularyError(f"{path.name}: unknown kind {kind!r}.")
        if kind in entries:
            raise VocabularyError(f"{path.name}: the kind {kind} has a file already.")
        read = tuple(_entry(raw, path.name) for raw in content["entries"])
        ids = [entry.id for entry in read]
        twice = {identifier for identifier in ids if ids.count(identifier) > 1}
        if twice:
            raise VocabularyError(f"{path.name}: {sorted(twice)[0]} stands twice.")
        entries[kind] = read
    return Vocabulary(entries, digest.hexdigest())
