"""Rasa's room: what a choice means, whether it was pressed (kept by the server) or typed ("the second one").

May change: how typed words point at an offer. Must not import: frontdesk, actions (another Python).
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from typing import Any, Dict, FrozenSet, List, Optional

Choice = Dict[str, Any]
Option = Dict[str, Any]

_TOPIC = re.compile(r"[a-z0-9_]{1,64}")
_INTENT = re.compile(r"[a-z0-9_]{1,64}(/[a-z0-9_]{1,64})?")
_FIELD = re.compile(r"[a-z0-9_]{1,64}")
MAX_VALUE = 4_000

_NUMBERS = {
    "one": 1, "first": 1, "1st": 1, "two": 2, "second": 2, "2nd": 2,
    "three": 3, "third": 3, "3rd": 3, "four": 4, "fourth": 4, "4th": 4,
}  # fmt: skip
# Words around a choice that do not say which.
_FILLERS = frozenset(
    {
        "the", "a", "an", "option", "options", "number", "no", "nr", "choice", "answer", "please",
        "pls", "plz", "thanks", "thank", "you", "i", "im", "me", "mean", "meant", "want", "would",
        "like", "id", "to", "know", "about", "is", "its", "it", "that", "this", "my", "take", "pick",
        "choose", "go", "with", "ok", "okay", "yes", "and", "for", "of", "in"
    }
)  # fmt: skip
_POINTERS = frozenset({"one", "ones", "option", "mean", "meant", "choice"})
# A label this close to the text, and this much closer than the next one, is meant.
_CLOSE, _APART = 0.86, 0.12


class BadChoice(ValueError):
    """A choice that no server of ours keeps; the text says what is wrong with it."""


def checked(choice: Any, intents: FrozenSet[str]) -> Optional[Choice]:
    """`choice` of a request as one of `{"topic"}`, `{"intent"}`, `{"field", "value"}`, or None.

    `intents` are the names the domain knows; `returned_to_bot` is none of them, so it cannot be chosen.

    Raises:
        BadChoice: it is something else.
    """
    if choice is None:
        return None
    if not isinstance(choice, dict):
        raise BadChoice("choice must be an object or null.")
    if set(choice) == {"topic"} and isinstance(choice["topic"], str) and _TOPIC.fullmatch(choice["topic"]):
        return {"topic": choice["topic"]}
    if (
        set(choice) == {"intent"}
        and isinstance(choice["intent"], str)
        and _INTENT.fullmatch(choice["intent"])
    ):
        if choice["intent"].partition("/")[0] not in intents:
            raise BadChoice("choice.intent must be an intent of the assistant.")
        return {"intent": choice["intent"]}
    if (
        set(choice) == {"field", "value"}
        and isinstance(choice["field"], str)
        and _FIELD.fullmatch(choice["field"])
    ):
        if not isinstance(choice["value"], (str, int, float, bool)) or len(str(choice["value"])) > MAX_VALUE:
            raise BadChoice(
                f"choice.value must be a text of up to {MAX_VALUE} characters, a number or a boolean."
            )
        return dict(choice)
    raise BadChoice('choice must be {"topic": id}, {"intent": name} or {"field": name, "value": value}.')


def understood(choice: Choice, text: str) -> Optional[Dict[str, Any]]:
    """The parse data of a message whose meaning is certain; None for a form's value, which is read like
    any text.
    """
    if "topic" in choice:
        label = f"faq/{choice['topic']}"
    elif "intent" in choice:
        label = choice["intent"]
    else:
        return None
    intent = {"name": label.partition("/")[0], "confidence": 1.0}
    part = {"text": text, "label": label, "confidence": 1.0, "ranking": [[label, 1.0]]}
    return {
        "text": text,
        "intent": intent,
        "intent_ranking": [intent],
        "entities": [],
        "understanding": {
            "parts": [part],
            "more": [],
            "decision": "act",
            "safety": None,
            "language": "en",
            "is_question": "topic" in choice,
        },
    }


def typed(text: str, offered: Any, *, asked: bool) -> Optional[Choice]:
    """The choice that typed words point at, or None when they do not point at exactly one offer.

    Args:
        text: what was typed.
        offered: the slot of that name: `[{"topic" or "intent", "label"}]`.
        asked: whether the offers were a question ("which one do you mean?"). Suggestions beside an answer are
            chosen by number, ordinal or their whole label only: a single word is more likely a new question.
    """
    options = [option for option in offered if isinstance(option, dict)] if isinstance(offered, list) else []
    position = _position(_words(text), len(options))
    if position is None:
        position = _by_label(text, [str(option.get("label") or "") for option in options], asked)
    return None if position is None else _choice_of(options[position])


def _choice_of(option: Option) -> Optional[Choice]:
    for key in ("topic", "intent"):
        if isinstance(option.get(key), str):
            return {key: option[key]}
    return None


def _words(text: str) -> List[str]:
    plain = unicodedata.normalize("NFKC", text).casefold().replace("'", "").replace("’", "")
    return re.findall(r"\w+", plain)


def _position(words: List[str], count: int) -> Optional[int]:
    """Index for "2", "number two", "the second one", "last"; None for anything more than that."""
    telling = [word for word in words if word not in _FILLERS]
    if len(telling) == 2 and telling[1] in _POINTERS:
        telling = telling[:1]
    if len(telling) != 1:
        return None
    word = telling[0]
    if word == "last" or (word == "latter" and count == 2):
        number = count
    elif word == "former" and count == 2:
        number = 1
    elif word.isdecimal() and len(word) <= 2:
        number = int(word)
    else:
        number = _NUMBERS.get(word, 0)
    return number - 1 if 1 <= number <= count else None


def _by_label(text: str, labels: List[str], asked: bool) -> Optional[int]:
    words = _words(text)
    same = [index for index, label in enumerate(labels) if words and _words(label) == words]
    if same:
        return same[0] if len(same) == 1 else None
    joined = " ".join(words)
    if len(joined) >= 4:
        closeness = [_closeness(joined, " ".join(_words(label))) for label in labels]
        ranked = sorted(range(len(labels)), key=lambda index: -closeness[index])
        runner_up = closeness[ranked[1]] if len(ranked) > 1 else 0.0
        if ranked and closeness[ranked[0]] >= max(_CLOSE, runner_up + _APART):
            return ranked[0]
    return _by_telling_words(words, labels) if asked else None


def _closeness(text: str, label: str) -> float:
    """How alike two texts are, 0 to 1; where that is surely too little to count, more than it is."""
    matcher = difflib.SequenceMatcher(None, text, label)
    for most in (matcher.real_quick_ratio(), matcher.quick_ratio()):
        if most < _CLOSE - _APART:
            return most
    return matcher.ratio()


def _by_telling_words(words: List[str], labels: List[str]) -> Optional[int]:
    """ "The home country one": all its telling words stand in one label and in no other."""
    telling = [word for word in words if word not in _FILLERS and word not in _POINTERS]
    points = any(word in _POINTERS for word in words)
    if not 1 <= len(telling) <= 4 or (len(telling) == 1 and not points):
        return None
    holding = [index for index, label in enumerate(labels) if set(telling) <= set(_words(label))]
    return holding[0] if len(holding) == 1 else None
