"""Benchmark, pure part: what is said to the assistants. Each message is said once, so no cache knows it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

# One clause each: a second sentence alone would be a text that was heard before.
FRAMES = (
    "{question}",
    "i would like to know {question}",
    "quick thing about my plans, {question}",
    "as a doctor from abroad I ask {question}",
    "can somebody tell me {question}",
    "my friend wants to know {question}",
    "hello dear team {question}",
    "for next year {question}",
    "one more thing {question}",
    "sorry to bother you but {question}",
)
GREETING = "hello"
OPENING = "I want to apply"


class TooFewQuestions(ValueError):
    """More messages are wanted than there are different ones."""


def questions(labels: Iterable[str], count: int, seed: int = 7) -> list[str]:
    """`count` different messages made of the topics' own questions, in a fixed random order.

    Raises:
        TooFewQuestions: the topics do not give that many.
    """
    asked = list(labels)
    made = [frame.format(question=_fitting(label, frame)) for frame in FRAMES for label in asked]
    made = list(dict.fromkeys(made))
    random.Random(seed).shuffle(made)
    if len(made) < count:
        raise TooFewQuestions(f"{count} different messages are wanted, the topics give {len(made)}.")
    return made[:count]


def _fitting(label: str, frame: str) -> str:
    """A question's first letter is small in the middle of a sentence, unless its word is an abbreviation."""
    if frame.startswith("{") or len(label) < 2 or label[:2].isupper() or label.startswith("I "):
        return label
    return label[0].lower() + label[1:]


def dealt(messages: Sequence[str], hands: int) -> list[list[str]]:
    """The messages dealt to so many hands, none twice; what is left over is not dealt."""
    each = len(messages) // hands
    return [list(messages[hand * each : (hand + 1) * each]) for hand in range(hands)]
