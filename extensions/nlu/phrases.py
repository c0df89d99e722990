"""Room: extensions/nlu. Reads `knowledge/vocabulary/phrases/*.yml`: how harm, demands and insults are put.

Change here: the file format (documented in `load`). The phrases themselves are data. Must not import Rasa.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from extensions.nlu.vocabulary import VocabularyError, read_yaml, vocabulary_folder

# What stands for itself in a regular expression: an escaped letter, and a class, in which `]` may come first.
_LITERAL = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\\\]])*\]", re.DOTALL)


def load(name: str, folder: Path | None = None) -> "re.Pattern[str]":
    """Read the phrases of one file as one pattern, which finds any of them.

    A file is `{words: {name: part}, patterns: {script: [pattern, …]}}`: regular expressions for lower-case
    text; `{name}` in one of them, or in a later word, stands for that word. Scripts ("Latin letters",
    "Devanagari") only order the file.

    Args:
        name: the file's name without its ending.
        folder: where the files are; the repository's by default.

    Raises:
        VocabularyError: there is no such file, it has another form, or an entry is no regular expression.
    """
    path = (folder or vocabulary_folder() / "phrases") / f"{name}.yml"
    try:
        content = read_yaml(path.read_bytes())
    except FileNotFoundError:
        raise VocabularyError(f"{path.name}: there is no such file of phrases; restore it.") from None
    except yaml.YAMLError as error:
        raise VocabularyError(f"{path.name} is not YAML: {error}") from error
    if not isinstance(content, dict) or not set(content) <= {"words", "patterns"}:
        raise VocabularyError(f"{path.name}: allowed are `words` and `patterns`.")
    words: dict[str, str] = {}
    for word, part in _mapping(content.get("words") or {}, path.name, "words").items():
        words[word] = _filled(part, words, path.name)
    patterns: list[str] = []
    for script, given in _mapping(content.get("patterns"), path.name, "patterns").items():
        if not isinstance(given, list) or not given:
            raise VocabularyError(f"{path.name}, {script}: needs a list of patterns.")
        for pattern in given:
            patterns.append(_filled(pattern, words, f"{path.name}, {script}"))
            if re.search(patterns[-1], ""):
                raise VocabularyError(f"{path.name}, {script}: {pattern!r} finds even the empty message.")
    return re.compile(_joined(list(dict.fromkeys(patterns))))


def _joined(patterns: list[str]) -> str:
    """Return one pattern that finds any of them.

    Those that begin at the edge of a word share that beginning, so that Python tries them once a word and not
    at every letter: a quarter of the time.
    """
    edge = r"\b"
    at_words = [pattern for pattern in patterns if pattern.startswith(edge) and not _branches(pattern)]
    others = [pattern for pattern in patterns if pattern not in at_words]
    together = f"{edge}(?:{'|'.join(pattern[len(edge) :] for pattern in at_words)})"
    return "|".join([together, *others] if at_words else others)


def _branches(pattern: str) -> bool:
    """Return whether a regular expression has alternatives outside all groups."""
    depth = 0
    for letter in _LITERAL.sub("", pattern):
        if letter == "|" and depth == 0:
            return True
        depth += (letter == "(") - (letter == ")")
    return False


def _mapping(value: Any, where: str, key: str) -> dict[str, Any]:
    if not isinstance(value, dict) or (key == "patterns" and not value):
        raise VocabularyError(f"{where}: `{key}` must map names to what they stand for.")
    return value


def _filled(pattern: Any, words: dict[str, str], where: str) -> str:
    """Return a pattern with its words put in, once it is known to be a regular expression by itself."""
    if not isinstance(pattern, str) or not pattern:
        raise VocabularyError(f"{where}: {pattern!r} is no pattern; write it between single quotes.")
    full = re.sub(r"\{([a-z_]+)\}", lambda found: words.get(found.group(1), found.group()), pattern)
    unknown = re.search(r"\{([a-z_]+)\}", full)
    if unknown:
        raise VocabularyError(f"{where}: {pattern!r} names {unknown.group()}, which `words` lacks.")
    try:
        re.compile(full)
    except re.error as error:
        raise VocabularyError(f"{where}: {pattern!r} is no regular expression: {error}.") from error
    return full
