"""Understanding alone, run by Rasa's Python: predictions of examples by models that did not see them, and
the confidence of one trained model on a set of questions.

`python -m tests.evaluation.understanding --out FILE`, with `--model` and `--cross-validated`, writes JSON.
Nothing here talks to Rasa or imports the front desk.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from extensions.nlu import encoder, fitting, sources
from extensions.nlu.calibration import calibration_error
from extensions.nlu.engine import Engine, training_examples
from extensions.nlu.fitting import temperature
from extensions.nlu.intent_model import ModelError, softmax
from extensions.nlu.interpreter import KIN
from extensions.nlu.text_normalizer import TextNormalizer
from extensions.nlu.vocabulary import load

BINS = 10
OUTSIDE = ("decline/", "safety/")


def main() -> None:
    """Write the figures asked for into one JSON file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--cross-validated", type=Path, help="fold the training data; a folder to keep it in")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    found: dict[str, Any] = {}
    if given.cross_validated:
        found["cross_validated"] = cross_validated(given.cross_validated)
    if given.model:
        found |= of_model(given.model, given.questions)
    given.out.write_text(json.dumps(found), encoding="utf-8")


def of_model(model: Path, questions: Path | None) -> dict[str, Any]:
    """`held_out` as it was measured while the model was trained, and `reliability` on a file of questions.

    A model of another pipeline has neither.
    """
    try:
        engine = Engine.read(model)
    except ModelError:
        return {}
    found: dict[str, Any] = {"held_out": engine.model.settings.get("held_out", {})}
    if questions and questions.exists():
        confidences, rights = [], []
        for line in filter(str.strip, questions.read_text(encoding="utf-8").splitlines()):
            row = json.loads(line)
            part = engine.understand(row["text"])["understanding"]["parts"][0]
            confidences.append(part["confidence"])
            rights.append(bool(answered_by(part["label"]) & {row["topic"], *row.get("also", [])}))
        found["reliability"] = reliability(np.asarray(confidences), np.asarray(rights))
    return found


def answered_by(label: str) -> set[str]:
    """The topics that the reply to a label answers."""
    alike = {other for pair in KIN if label in pair for other in pair}
    return {one.removeprefix("faq/") for one in {label, *alike} if one.startswith("faq/")}


def cross_validated(kept: Path) -> dict[str, Any]:
    """The figures of five-fold predictions of the training data, kept in a folder by all they depend on."""
    texts, labels = training_examples()
    vocabulary = load()
    parts = [*texts, *labels, vocabulary.sha256, sources.fingerprint(), encoder.fingerprint(), _own_hash()]
    name = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    path = kept / f"cross-validated-{name}.json"
    if path.exists():
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return stored
    normalizer = TextNormalizer.learn(texts, vocabulary)
    prepared = [normalizer.prepare(text).normalized.replace("\n", " ") for text in texts]
    pairs = [(text, label) for text, label in zip(prepared, labels, strict=True) if text]
    trained = fitting.train(
        [text for text, _ in pairs], [label for _, label in pairs], encoder.sentence_encoder()
    )
    found = figures(trained.held_out, trained.targets, trained.model.labels)
    path.write_text(json.dumps(found), encoding="utf-8")
    return found


def _own_hash() -> str:
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def figures(logits: np.ndarray, targets: np.ndarray, labels: list[str]) -> dict[str, Any]:
    """What held-out logits [examples, labels] say: shares as [right, total], topics, confusions, reliability.

    Labels whose replies say the same count as one, as they do for the reader.
    """
    shares = softmax(logits / temperature(logits, targets))
    order = np.argsort(-shares, axis=1)
    numbers = {label: number for number, label in enumerate(labels)}
    alike = {
        (numbers[one], numbers[other])
        for pair in KIN
        for one, other in (pair, pair[::-1])
        if one in numbers and other in numbers
    }

    def same(target: int, found: int) -> bool:
        return target == found or (target, found) in alike

    best = order[:, 0]
    right = np.asarray([same(target, found) for target, found in zip(targets, best, strict=True)])
    third = np.asarray(
        [any(same(target, one) for one in row[:3]) for target, row in zip(targets, order, strict=True)]
    )
    outside = np.asarray([label.startswith(OUTSIDE) for label in labels])
    harm = np.asarray([label.startswith("safety/") for label in labels])
    topic = np.asarray([label.startswith("faq/") for label in labels])
    by_label = {}
    for number, label in enumerate(labels):
        mine = targets == number
        taken = Counter(labels[found] for found in best[mine & ~right])
        by_label[label] = {
            "right": int(right[mine].sum()),
            "total": int(mine.sum()),
            "taken_for": taken.most_common(5),
        }
    pairs = Counter(
        (labels[target], labels[found]) for target, found in zip(targets[~right], best[~right], strict=True)
    )
    asked = topic[targets]
    return {
        "counts": {
            "all labels: top-1": _count(right),
            "topics: top-1": _count(right[asked]),
            "topics: among the first three": _count(third[asked]),
            "topics: not taken for something declined": _count(~outside[best[asked]]),
            "declined subjects: recognised as such": _count(outside[best[outside[targets] & ~harm[targets]]]),
            "safety: recognised": _count(harm[best[harm[targets]]]),
            "no false alarm": _count(~harm[best[~harm[targets]]]),
        },
        "labels": by_label,
        "confusions": [[one, other, times] for (one, other), times in pairs.most_common(40)],
        "reliability": reliability(shares.max(axis=1), right),
    }


def _count(right: np.ndarray) -> list[int]:
    return [int(right.sum()), len(right)]


def reliability(confidence: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    """Ten bins of confidence with their mean and how many were right, and the mean distance of both."""
    bins = []
    for low in np.linspace(0.0, 1.0, BINS, endpoint=False):
        inside = (confidence > low) & (confidence <= low + 1.0 / BINS)
        if inside.any():
            bins.append(
                {
                    "count": int(inside.sum()),
                    "confidence": float(confidence[inside].mean()),
                    "right": int(right[inside].sum()),
                }
            )
    return {"bins": bins, "error": calibration_error(confidence, right)}


if __name__ == "__main__":
    main()
