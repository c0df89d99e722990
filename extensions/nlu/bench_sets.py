"""Room: extensions/nlu. Pure part of the benchmark on intent sets: reading sets, typos, scores.

Change here: what a set may look like and what is counted. Standard library only; must not import Rasa.
"""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

OUT_OF_SCOPE = "oos.jsonl"
FILES = ("train.jsonl", "test.jsonl", OUT_OF_SCOPE)
# Names under which public sets keep examples of what is in no intent, as an intent of its own.
OUT_OF_SCOPE_INTENTS = frozenset({"oos", "out_of_scope", "out-of-scope"})
SHOWN_PROBLEMS = 5
_SHORTEST_WORD = 4
# Keys side by side on a QWERTY keyboard.
_NEIGHBOURS = {
    "a": "qsz",
    "b": "vn",
    "c": "xv",
    "d": "sf",
    "e": "wr",
    "f": "dg",
    "g": "fh",
    "h": "gj",
    "i": "uo",
    "j": "hk",
    "k": "jl",
    "l": "k",
    "m": "n",
    "n": "bm",
    "o": "ip",
    "p": "o",
    "q": "wa",
    "r": "et",
    "s": "ad",
    "t": "ry",
    "u": "yi",
    "v": "cb",
    "w": "qe",
    "x": "zc",
    "y": "tu",
    "z": "ax",
}


class SetError(ValueError):
    """The sets cannot be used; each line of the message says where and what to do."""


@dataclass(frozen=True)
class Example:
    """One message and its intent; `intent` is empty for what is out of scope."""

    text: str
    intent: str


@dataclass(frozen=True)
class Sets:
    """Training, test and out-of-scope examples."""

    train: list[Example]
    test: list[Example]
    oos: list[Example]


def read_sets(folder: Path) -> Sets:
    """Read train.jsonl, test.jsonl and oos.jsonl: on each line an object with `text` and `intent`.

    In oos.jsonl the intent may be left out; a set without anything out of scope may leave out that file, or
    its lines. A slash in an intent is Rasa's own notation: it becomes `_`.

    Raises:
        SetError: a file is missing or a line cannot be used; up to five problems are told at once.
    """
    if not folder.is_dir():
        raise SetError(f"{folder} is not a folder; name one that holds {', '.join(FILES)}.")
    missing = [name for name in FILES if name != OUT_OF_SCOPE and not (folder / name).is_file()]
    if missing:
        raise SetError(f"{folder} lacks {' and '.join(missing)}; it must hold {', '.join(FILES)}.")
    problems: list[str] = []
    train, test, oos = (_read(folder / name, problems) for name in FILES)
    _tell(problems)
    known = Counter(example.intent for example in train)
    if len(known) < 2:
        raise SetError(f"train.jsonl must hold examples of two intents at least; it holds {len(known)}.")
    problems += [
        f"train.jsonl: the intent {intent!r} has one example only; give it two at least."
        for intent, count in known.items()
        if count < 2
    ]
    for intent, count in Counter(example.intent for example in test if example.intent not in known).items():
        where = "move them to oos.jsonl" if intent in OUT_OF_SCOPE_INTENTS else "add some or leave these out"
        problems.append(
            f"test.jsonl: {count} examples of {intent!r}, which has none in train.jsonl; {where}."
        )
    _tell(problems)
    return Sets(train, test, oos)


def _tell(problems: list[str]) -> None:
    if problems:
        more = len(problems) - SHOWN_PROBLEMS
        rest = [f"… and {more} more."] if more > 0 else []
        raise SetError("\n".join([*problems[:SHOWN_PROBLEMS], *rest]))


def _read(path: Path, problems: list[str]) -> list[Example]:
    needs_intent = path.name != OUT_OF_SCOPE
    if not needs_intent and not path.exists():
        return []
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{path.name} cannot be read as UTF-8 text ({type(error).__name__}).")
        return []
    found: list[Example] = []
    # Not splitlines(): a text may hold other line separators, such as U+2028, which JSON leaves as they are.
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path.name}, line {number}"
        try:
            row: Any = json.loads(line)
        except ValueError:
            problems.append(f'{place}: not JSON; each line is an object such as {{"text": …, "intent": …}}.')
            continue
        text = row.get("text") if isinstance(row, dict) else None
        intent = row.get("intent") if isinstance(row, dict) else None
        if not isinstance(text, str) or not text.strip():
            problems.append(f"{place}: `text` must be a text that is not empty.")
        elif needs_intent and (not isinstance(intent, str) or not intent.strip()):
            problems.append(f"{place}: `intent` must be a name that is not empty.")
        else:
            named = intent.strip().replace("/", "_") if isinstance(intent, str) else ""
            found.append(Example(" ".join(text.split()), named if needs_intent else ""))
    if needs_intent and not found and not problems:
        problems.append(f"{path.name} holds no example.")
    return found


def few(examples: list[Example], each: int | None, seed: int = 7) -> list[Example]:
    """At most `each` examples of every intent, drawn at random but the same each time, in their order."""
    if each is None:
        return examples
    by_intent: dict[str, list[Example]] = {}
    for example in examples:
        by_intent.setdefault(example.intent, []).append(example)
    chosen = {id(example) for listed in by_intent.values() for example in some(listed, each, seed)}
    return [example for example in examples if id(example) in chosen]


def some(examples: list[Example], limit: int | None, seed: int = 7) -> list[Example]:
    """At most `limit` of the examples, drawn at random but the same each time, in their order."""
    if limit is None or len(examples) <= limit:
        return examples
    chosen = sorted(random.Random(seed).sample(range(len(examples)), limit))  # noqa: S311 - a sample
    return [examples[place] for place in chosen]


# --- typos ---


def with_typo(text: str, seed: int) -> str:
    """Return the text with one typing mistake in one word of four letters or more; always the same one.

    Two letters swapped, one left out, one doubled, or a neighbouring key. The first letter stays, as it
    mostly does. A text without such a word comes back as it is.
    """
    chance = random.Random(f"{seed}:{text}")  # noqa: S311 - typos, not secrets
    words = text.split(" ")
    candidates = [place for place, word in enumerate(words) if len(word) >= _SHORTEST_WORD and word.isalpha()]
    if not candidates:
        return text
    place = chance.choice(candidates)
    kinds = [_swapped, _dropped, _doubled, _neighbour]
    chance.shuffle(kinds)
    for kind in kinds:
        changed = kind(words[place], chance)
        if changed != words[place]:
            return " ".join([*words[:place], changed, *words[place + 1 :]])
    return text


def _swapped(word: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(word) - 1)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _dropped(word: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(word))
    return word[:place] + word[place + 1 :]


def _doubled(word: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(word))
    return word[:place] + word[place] + word[place:]


def _neighbour(word: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(word))
    keys = _NEIGHBOURS.get(word[place].lower(), "")
    return word[:place] + chance.choice(keys) + word[place + 1 :] if keys else word


# --- scores ---


def accuracy(expected: Sequence[str], got: Sequence[str]) -> float:
    """Return the share of equal pairs."""
    return sum(a == b for a, b in zip(expected, got)) / len(expected) if expected else math.nan


def interval(share: float, count: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share of `count`."""
    if not count or math.isnan(share):
        return math.nan, math.nan
    z = 1.96
    centre = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (centre - spread) / (1 + z * z / count), (centre + spread) / (1 + z * z / count)


def macro_f1(expected: Sequence[str], got: Sequence[str]) -> float:
    """Return the mean F1 over all intents that were expected or given; one never right counts as 0."""
    right: Counter[str] = Counter(a for a, b in zip(expected, got) if a == b)
    wanted, given = Counter(expected), Counter(got)
    intents = set(wanted) | set(given)
    if not intents:
        return math.nan
    return sum(2 * right[one] / (wanted[one] + given[one]) for one in intents) / len(intents)


def auroc(inside: Sequence[float], outside: Sequence[float]) -> float:
    """Return the chance that an in-scope message scores higher than one out of scope; a tie counts half."""
    if not inside or not outside:
        return math.nan
    ordered = sorted([(score, 1) for score in inside] + [(score, 0) for score in outside])
    ranks = 0.0
    place = 0
    while place < len(ordered):
        end = place
        while end < len(ordered) and ordered[end][0] == ordered[place][0]:
            end += 1
        middle = (place + 1 + end) / 2
        ranks += middle * sum(kind for _, kind in ordered[place:end])
        place = end
    return (ranks - len(inside) * (len(inside) + 1) / 2) / (len(inside) * len(outside))


def rejected(inside: Sequence[float], outside: Sequence[float], kept: float = 0.95) -> float:
    """Return the share of out-of-scope messages below the score at which `kept` of the in-scope ones stay."""
    if not inside or not outside:
        return math.nan
    limit = sorted(inside)[int(len(inside) * (1 - kept))]
    return sum(score < limit for score in outside) / len(outside)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value below which `percent` of the values lie, between neighbours by distance."""
    if not values:
        return math.nan
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
