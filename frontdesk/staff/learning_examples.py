"""The training examples: what stands in `data/nlu`, and `learned.yml` there, which the review list writes.

`learned.yml` is an ordinary file of the Rasa project, in a stable order, to be read and reviewed in git. What
people wrote into it by hand stays.
"""

from __future__ import annotations

import json
import re
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml
from rapidfuzz import fuzz, process

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

FOLDER: Final = Path("data", "nlu")
LEARNED: Final = "learned.yml"
HEAD: Final = """\
# Examples that the team took over from real messages in the console's review list; private data masked.
# Written by the console in this order; a line that is added, changed or removed by hand stays so.
version: "3.1"
nlu:
"""
# Two texts that are this alike (of 100) are one: a set with one measures what was learned.
NEAR_A_SET: Final = 90.0
# A bare command ("stop") stands in both; from this many words on it is a copy.
WORDS_OF_A_COPY: Final = 4
SHORTEST: Final = 2
LONGEST: Final = 300


class UnfitExample(ValueError):
    """The text cannot be an example of that label; the message says why and what to do."""


class UnreadableData(RuntimeError):
    """The project's training data cannot be read or written; the message names the file."""


@dataclass(frozen=True, order=True)
class Example:
    label: str
    text: str


def normal(text: str) -> str:
    """A text without case, punctuation and needless space: two equal ones teach the same."""
    return " ".join(re.sub(r"[^\w]+", " ", text.casefold()).split())


def cleaned(text: str) -> str:
    """One line in the form of Rasa's data: no entity brackets, no command's slash, no list dash in front."""
    line = re.sub(r"[\[\]{}]", " ", text)
    line = " ".join(line.split())
    return re.sub(r"^[/\-*#\s]+", "", line)


class Examples:
    """The examples of one Rasa project.

    Args:
        project: its folder.
        sets: the folder of question sets that models are measured on, which nobody may train on.
    """

    def __init__(self, project: Path, sets: Path | None) -> None:
        self._folder = project / FOLDER
        self._sets = sets
        self.file = self._folder / LEARNED

    def labels(self) -> list[str]:
        """Every label that has examples, in order.

        Raises:
            UnreadableData
        """
        return sorted({one.label for one in self.all()})

    def all(self) -> list[Example]:
        """Raises UnreadableData."""
        return [one for path in sorted(self._folder.rglob("*.yml")) for one in _read(path)]

    def learned(self) -> set[Example]:
        """What `learned.yml` holds.

        Raises:
            UnreadableData
        """
        return set(_read(self.file)) if self.file.exists() else set()

    def fit(self, text: str, label: str) -> str:
        """The text as it may be kept.

        Raises:
            UnfitExample, UnreadableData
        """
        line = cleaned(text)
        plain = normal(line)
        if len(plain) < SHORTEST or len(line) > LONGEST:
            raise UnfitExample(f"An example has {SHORTEST} to {LONGEST} characters.")
        known = False
        for one in self.all():
            known = known or one.label == label
            if normal(one.text) == plain and one.label != label:
                raise UnfitExample(
                    f"“{line}” is an example of {one.label} already. Change the text or the label."
                )
        if not known:
            raise UnfitExample(f"There is no label {label!r} in data/nlu.")
        twin = self._in_a_set(plain)
        if twin is not None:
            raise UnfitExample(
                "This is (nearly) a line of the question sets that models are measured on; learning it would "
                "make the figures lie. Say it in other words, or dismiss it."
            )
        return line

    def is_there(self, text: str, label: str) -> bool:
        """Whether an example of that label says the same."""
        plain = normal(text)
        return any(one.label == label and normal(one.text) == plain for one in self.all())

    def write(self, accepted: Iterable[Example], withdrawn: Iterable[Example] = ()) -> int:
        """Write `learned.yml` anew; returns how many examples it holds.

        Raises:
            UnreadableData
        """
        others = {(one.label, normal(one.text)) for one in self.all()} - {
            (one.label, normal(one.text)) for one in self.learned()
        }
        gone = {(one.label, normal(one.text)) for one in withdrawn}
        kept: dict[tuple[str, str], str] = {}
        for one in sorted([*self.learned(), *accepted]):
            key = (one.label, normal(one.text))
            if key not in others and key not in gone:
                kept.setdefault(key, one.text)
        by_label: dict[str, list[str]] = defaultdict(list)
        for (label, _), text in kept.items():
            by_label[label].append(text)
        self._put(by_label)
        return len(kept)

    def _put(self, by_label: dict[str, list[str]]) -> None:
        lines = [HEAD if by_label else HEAD.rstrip("\n") + " []\n"]
        for label in sorted(by_label):
            lines.append(f"- intent: {label}\n  examples: |\n")
            lines += [
                f"    - {text}\n" for text in sorted(by_label[label], key=lambda one: (one.casefold(), one))
            ]
        text = "".join(lines)
        try:
            if not by_label and not self.file.exists():
                return
            if self.file.exists() and self.file.read_text(encoding="utf-8") == text:
                return
            fresh = self.file.with_name(f".{LEARNED}.{secrets.token_hex(4)}")
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(self.file)
        except OSError as error:
            raise UnreadableData(f"{self.file} cannot be written: {error.strerror}.") from None

    def _in_a_set(self, plain: str) -> str | None:
        if self._sets is None or len(plain.split()) < WORDS_OF_A_COPY:
            return None
        found = process.extractOne(plain, _held_out(self._sets), scorer=fuzz.ratio, score_cutoff=NEAR_A_SET)
        return str(found[0]) if found else None


def _held_out(folder: Path) -> list[str]:
    """Every text of the sets, normalised."""
    found: list[str] = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                row: dict[str, Any] = json.loads(line)
                found += [normal(str(text)) for text in [row.get("text", ""), *row.get("turns", [])]]
    return [text for text in found if text]


def _read(path: Path) -> Sequence[Example]:
    try:
        about = path.stat()
    except OSError as error:
        raise UnreadableData(f"{path} cannot be read ({error.strerror}).") from None
    return _parsed(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=64)
def _parsed(path: Path, _changed: int, _size: int) -> Sequence[Example]:
    """A file's examples, read again when it changed: the whole of `data/nlu` takes a second."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader) or {}  # noqa: S506 - a safe one
        return [
            Example(str(entry["intent"]), line.strip()[2:].strip())
            for entry in content.get("nlu") or []
            if "intent" in entry
            for line in str(entry.get("examples") or "").splitlines()
            if line.strip().startswith("- ")
        ]
    except (OSError, yaml.YAMLError, AttributeError, TypeError) as error:
        raise UnreadableData(f"{path} cannot be read ({type(error).__name__}).") from None
