"""The training examples: enough of each, none twice, none near another label's, none that the rest of
the data would label otherwise, none of the sets. Each check is shown to find what it looks for.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
EVALUATION = ROOT.parent / "shared" / "eval"
CORE, EXTENDED, COMMAND = 25, 15, 25
NEAR = 0.97
# Which share of the examples may be doubtful to the rest of the data, and of a label must be right by it.
DOUBTFUL, LEAST_RIGHT = 0.004, 0.3


def normal(text: str) -> str:
    return " ".join(re.sub(r"[^\w]+", " ", text.casefold()).split())


def examples() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            lines = str(entry["examples"]).splitlines()
            found[entry["intent"]] += [line.strip()[2:].strip() for line in lines if line.strip()]
    return found


def tiers() -> dict[str, str]:
    found = {}
    for path in sorted((ROOT / "knowledge" / "topics").glob("*.yml")):
        for topic in yaml.safe_load(path.read_text(encoding="utf-8"))["topics"]:
            found[topic["id"]] = topic["tier"]
    return found


EXAMPLES = examples()
TIERS = tiers()


def test_every_topic_has_examples_and_every_label_a_topic():
    labelled = {label.partition("/")[2] for label in EXAMPLES if label.startswith("faq/")}
    assert labelled == set(TIERS)


@pytest.mark.parametrize("label", sorted(EXAMPLES))
def test_no_label_is_thin(label: str):
    assert len(distinct(EXAMPLES[label])) >= needed(label)


def needed(label: str) -> int:
    return EXTENDED if TIERS.get(label.partition("/")[2]) == "extended" else CORE


def distinct(texts: list[str]) -> set[str]:
    return {normal(text) for text in texts} - {""}


def test_examples_that_differ_in_marks_and_case_only_count_once():
    assert len(distinct(["What is SOAP?", "what is soap", "what is  soap!!"])) == 1


def under_two_labels(examples: dict[str, list[str]]) -> dict[str, list[str]]:
    """The texts that stand under several labels, with these labels."""
    labels: dict[str, set[str]] = defaultdict(set)
    for label, texts in examples.items():
        for text in texts:
            labels[normal(text)].add(label)
    return {text: sorted(where) for text, where in labels.items() if text and len(where) > 1}


def test_no_example_stands_under_two_labels():
    assert under_two_labels(EXAMPLES) == {}


def test_an_example_under_two_labels_is_found():
    faulty = {**EXAMPLES, "faq/cv": [*EXAMPLES["faq/cv"], f"{EXAMPLES['faq/soap'][0].upper()}!!"]}
    assert list(under_two_labels(faulty).values()) == [["faq/cv", "faq/soap"]]


def validation_lines() -> set[str]:
    """What must never be trained on: every text of the sets but the bare words of commands."""
    found: set[str] = set()
    for path in sorted(EVALUATION.glob("*.jsonl")):
        if path.stem in ("commands", "applicants"):
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            row: dict[str, Any] = json.loads(line)
            found |= {normal(text) for text in [row.get("text", ""), *row.get("turns", [])]}
    return {text for text in found if len(text.split()) > 3}


def among(examples: dict[str, list[str]], held_out: set[str]) -> list[str]:
    """The examples that stand among the held-out texts, whatever their marks and case."""
    return [text for texts in examples.values() for text in texts if normal(text) in held_out]


@pytest.mark.skipif(not EVALUATION.exists(), reason="the validation sets are not beside this checkout")
def test_no_line_of_the_validation_sets_is_an_example():
    held_out = validation_lines()
    assert len(held_out) > 100
    assert among(EXAMPLES, held_out) == []


def test_a_held_out_line_among_the_examples_is_found():
    assert among({"faq/soap": ["What is the SOAP, sir?"]}, {"what is the soap sir"}) == [
        "What is the SOAP, sir?"
    ]


# --- by vectors ---


@dataclass(frozen=True)
class Vectors:
    """The examples in Latin letters, their label numbers and sentence vectors [examples, 1408].

    The encoder knows Latin words; other scripts are all alike to it.
    """

    texts: list[str]
    labels: list[str]
    numbers: np.ndarray
    names: np.ndarray
    rows: np.ndarray


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    from extensions.nlu import kept_vectors
    from extensions.nlu.encoder import sentence_encoder
    from extensions.nlu.weights import cache_folder

    pairs = [(label, text) for label, texts in EXAMPLES.items() for text in texts if text.isascii()]
    labels, texts = (list(column) for column in zip(*pairs, strict=True))
    names, numbers = np.unique(labels, return_inverse=True)
    # As written, not as normalised for training: other texts than the training keeps.
    rows = kept_vectors.encode(texts, sentence_encoder(), cache_folder() / "as-written")
    return Vectors(texts, labels, numbers, names, rows)


def near_pairs(known: Vectors, numbers: np.ndarray) -> list[tuple[str, str, str, str]]:
    """Pairs of examples of different labels (`numbers`) whose sentence embeddings are nearly the same."""
    from extensions.nlu.encoder import CONTEXT_DIMENSIONS

    embeddings = known.rows[:, :CONTEXT_DIMENSIONS]
    found = []
    for start in range(0, len(embeddings), 1000):
        likeness = embeddings[start : start + 1000] @ embeddings[start:].T
        rows, columns = np.nonzero(likeness > NEAR)
        for row, column in zip(rows + start, columns + start, strict=True):
            if row < column and numbers[row] != numbers[column]:
                names = known.names[numbers[row]], known.names[numbers[column]]
                found.append((names[0], known.texts[row], names[1], known.texts[column]))
    return found


def test_no_example_is_nearly_the_same_as_one_of_another_label(vectors: Vectors):
    assert near_pairs(vectors, vectors.numbers) == []


def test_a_near_twin_under_another_label_is_found(vectors: Vectors):
    rows = vectors.rows[[0, 1, 0]]
    few = Vectors(["a", "b", "a!"], ["x", "y", "y"], np.asarray([0, 1, 1]), np.asarray(["x", "y"]), rows)
    assert near_pairs(few, few.numbers) == [("x", "a", "y", "a!")]


@dataclass(frozen=True)
class LeaveOneOut:
    """A linear classifier by least squares, whose prediction of each example by all the others is exact.

    S - Y of an example without itself is (S - Y) / (1 - h), h being the diagonal of the hat matrix.
    """

    centred: np.ndarray
    inverse: np.ndarray
    leverage: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray) -> LeaveOneOut:
        centred = rows - rows.mean(axis=0)
        gram = centred.T @ centred + np.eye(rows.shape[1], dtype=np.float32)
        inverse = np.linalg.solve(gram, centred.T)
        return cls(centred, inverse, (centred * inverse.T).sum(axis=1))

    def scores(self, numbers: np.ndarray) -> np.ndarray:
        """Each example's score for each label, [examples, labels], by the rest of the data."""
        hot = np.zeros((len(numbers), int(numbers.max()) + 1), dtype=np.float32)
        hot[np.arange(len(numbers)), numbers] = 1.0
        hot -= hot.mean(axis=0)
        return (self.centred @ (self.inverse @ hot) - self.leverage[:, None] * hot) / (1 - self.leverage)[
            :, None
        ]


@pytest.fixture(scope="module")
def rest(vectors: Vectors) -> LeaveOneOut:
    return LeaveOneOut.of(vectors.rows)


def elsewhere(
    known: Vectors, rest: LeaveOneOut, numbers: np.ndarray, *, others: int, worth: float
) -> list[tuple[str, str, str]]:
    """(text, label, likeliest label) of examples for which the rest of the data finds so many other labels
    likelier than their own, one of them by a score above `worth` (1 is certain).
    """
    scores = rest.scores(numbers)
    own = scores[np.arange(len(numbers)), numbers]
    found = np.flatnonzero(((scores > own[:, None]).sum(axis=1) >= others) & (scores.max(axis=1) > worth))
    best = scores.argmax(axis=1)
    return [(known.texts[at], str(known.names[numbers[at]]), str(known.names[best[at]])) for at in found]


def doubtful(known: Vectors, rest: LeaveOneOut, numbers: np.ndarray) -> list[tuple[str, str, str]]:
    return elsewhere(known, rest, numbers, others=20, worth=0.3)


def test_no_example_is_surely_another_labels_to_the_rest_of_the_data(vectors: Vectors, rest: LeaveOneOut):
    assert elsewhere(vectors, rest, vectors.numbers, others=40, worth=0.5) == []


def test_few_examples_are_doubtful_to_the_rest_of_the_data(vectors: Vectors, rest: LeaveOneOut):
    found = doubtful(vectors, rest, vectors.numbers)
    assert len(found) <= DOUBTFUL * len(vectors.texts), found


def test_examples_under_wrong_labels_are_found(vectors: Vectors, rest: LeaveOneOut):
    chance = np.random.default_rng(5)
    numbers, moved = vectors.numbers.copy(), chance.choice(len(vectors.texts), 200, replace=False)
    numbers[moved] = (numbers[moved] + chance.integers(1, len(vectors.names), 200)) % len(vectors.names)
    found = doubtful(vectors, rest, numbers)
    assert len({text for text, _, _ in found} & {vectors.texts[at] for at in moved}) > 60
    assert len(found) > DOUBTFUL * len(vectors.texts)


def test_no_label_is_mostly_taken_for_others_by_the_rest_of_the_data(vectors: Vectors, rest: LeaveOneOut):
    right = rest.scores(vectors.numbers).argmax(axis=1) == vectors.numbers
    shares = {
        str(name): float(right[vectors.numbers == number].mean()) for number, name in enumerate(vectors.names)
    }
    assert {name: round(share, 2) for name, share in shares.items() if share < LEAST_RIGHT} == {}
    assert right.mean() > 0.7
