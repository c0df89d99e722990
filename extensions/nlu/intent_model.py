"""Room: extensions/nlu. The intent model as it answers: features, scores, storage. Numpy alone; no pickle.

Features: [MiniLM, three layers ; WordLlama ; SVD-300 of TF-IDF (char_wb 2-4, words 1-2)]; scores: multinomial
logistic regression plus the nearest examples of the likeliest labels. How it is fitted stands in fitting.
Must not import Rasa.
"""

from __future__ import annotations

import json
import math
import re
import zipfile
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from extensions.nlu.encoder import SentenceEncoder

# The similarity of a label is the mean of its two most similar examples.
NEIGHBOURS = 2
# Only the labels that the linear model finds most likely are compared with their examples.
COMPARED_LABELS = 12
SOFTENING = 4.0
FORMAT = "3"
_ARRAYS = "intent_model.npz"
_TEXTS = "intent_model.json"
_CACHED = 4096
_TERM = re.compile(r"(?u)\b\w\w+\b")
_WHITESPACE = re.compile(r"\s\s+")


class ModelError(RuntimeError):
    """The stored model cannot be used; the message says what to do."""


def _char_terms(text: str) -> list[str]:
    """Character n-grams of 2 to 4 inside words padded with spaces, as scikit-learn's `char_wb` makes them."""
    found: list[str] = []
    for word in _WHITESPACE.sub(" ", text).split():
        padded = f" {word} "
        size = len(padded)
        for length in (2, 3, 4):
            if size <= length:
                found.append(padded)
                break
            found.extend(padded[start : start + length] for start in range(size - length + 1))
    return found


def _word_terms(text: str) -> list[str]:
    words = _TERM.findall(text)
    return words + [f"{first} {second}" for first, second in pairwise(words)]


class SparseFeatures:
    """TF-IDF of character and word n-grams; each block has unit length, as two vectorizers side by side."""

    def __init__(self, terms: tuple[dict[str, int], dict[str, int]], weights: np.ndarray) -> None:
        """Take both vocabularies (characters first; columns are global) and the idf of every column."""
        self.terms = terms
        self.weights = weights

    @classmethod
    def learn(cls, texts: list[str]) -> "SparseFeatures":
        """Learn vocabulary and inverse document frequencies (smoothed, as scikit-learn's default) from texts.

        Terms of a single text are left out: they are half of all terms and say nothing about other texts.
        """
        vocabularies: list[dict[str, int]] = []
        weights: list[float] = []
        for analyse in (_char_terms, _word_terms):
            frequencies: Counter[str] = Counter()
            for text in texts:
                frequencies.update(set(analyse(text)))
            offset = len(weights)
            least = 2 if len(texts) >= 200 else 1
            ordered = sorted(term for term, count in frequencies.items() if count >= least)
            vocabularies.append({term: offset + index for index, term in enumerate(ordered)})
            weights.extend(math.log((1 + len(texts)) / (1 + frequencies[term])) + 1.0 for term in ordered)
        return cls((vocabularies[0], vocabularies[1]), np.asarray(weights, dtype=np.float32))

    def row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Return (columns, values) of one text."""
        columns: list[np.ndarray] = []
        values: list[np.ndarray] = []
        for vocabulary, analyse in zip(self.terms, (_char_terms, _word_terms)):
            counts: dict[int, int] = {}
            for term in analyse(text):
                column = vocabulary.get(term)
                if column is not None:
                    counts[column] = counts.get(column, 0) + 1
            if not counts:
                continue
            places = np.fromiter(counts, dtype=np.int64, count=len(counts))
            block = np.fromiter(counts.values(), dtype=np.float32, count=len(counts)) * self.weights[places]
            columns.append(places)
            values.append(block / np.linalg.norm(block))
        if not columns:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        return np.concatenate(columns), np.concatenate(values)

    def matrix(self, texts: list[str]) -> Any:
        """Return the scipy CSR matrix [len(texts), terms] (training only)."""
        from scipy.sparse import csr_matrix

        rows = [self.row(text) for text in texts]
        pointers = np.cumsum([0] + [len(columns) for columns, _ in rows])
        return csr_matrix(
            (
                np.concatenate([values for _, values in rows] or [np.zeros(0, np.float32)]),
                np.concatenate([columns for columns, _ in rows] or [np.zeros(0, np.int64)]),
                pointers,
            ),
            shape=(len(texts), len(self.weights)),
        )


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return probabilities over the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def softened(probabilities: np.ndarray) -> np.ndarray:
    """Return probabilities at four times their temperature, over the last axis.

    The best of them tells what lies outside all labels better than the best at the honest temperature, which
    is nearly 1 for whatever is unlike all labels but one: AUROC .96 against .92 on CLINC150.
    """
    powers = probabilities ** (1.0 / SOFTENING)
    return powers / powers.sum(axis=-1, keepdims=True)


def mean_of_nearest(similar: np.ndarray) -> np.ndarray:
    """Return the mean of the `NEIGHBOURS` highest similarities over the last axis; -1 where there is none.

    The one rule for training and serving. -inf stands for no example and does not count.
    """
    if similar.shape[-1] > NEIGHBOURS:
        similar = np.partition(similar, -NEIGHBOURS, axis=-1)[..., -NEIGHBOURS:]
    present = np.isfinite(similar)
    counts = present.sum(axis=-1)
    means: np.ndarray = np.where(present, similar, 0.0).sum(axis=-1) / np.maximum(counts, 1)
    return np.where(counts, means, -1.0)


@dataclass
class IntentModel:
    """Trained weights: text → logits over labels, with calibration numbers in `settings`."""

    labels: list[str]
    features: SparseFeatures
    components: np.ndarray  # float16 [terms, 300], the SVD of the sparse features
    rotation: np.ndarray  # float32 [1408 + 300, 256], into the space of the neighbours
    centre: np.ndarray  # float32 [256], the rotated mean
    weights: np.ndarray  # float32 [1408 + 300, labels], of the unrotated features
    bias: np.ndarray  # float32 [labels]
    examples: np.ndarray  # float32 [examples, 256] of unit length, ordered by label
    starts: np.ndarray  # int64 [labels + 1], where the examples of a label begin
    neighbour_weight: float = 0.0
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Prepare the cache of recent texts."""
        self._cache: OrderedDict[str, np.ndarray] = OrderedDict()

    def vector(self, text: str, encoder: SentenceEncoder) -> np.ndarray:
        """Return the features of one normalised text, shape [1408 + 300]."""
        columns, values = self.features.row(text)
        reduced = values @ self.components[columns].astype(np.float32) if len(columns) else None
        dense = encoder.encode(text)
        result = np.zeros(len(dense) + self.components.shape[1], dtype=np.float32)
        result[: len(dense)] = dense
        if reduced is not None:
            result[len(dense) :] = reduced
        return result

    def logits(self, text: str, encoder: SentenceEncoder) -> np.ndarray:
        """Return the uncalibrated logits of one normalised text, shape [labels]."""
        known = self._cache.get(text)
        if known is not None:
            return known
        vector = self.vector(text, encoder)
        result = vector @ self.weights + self.bias
        if self.neighbour_weight:
            place = vector @ self.rotation - self.centre
            place /= max(float(np.linalg.norm(place)), 1e-9)
            result = result + self.neighbour_weight * self._nearest(place, result)
        self._cache[text] = result
        if len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
        return result

    def _nearest(self, place: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Return the similarity of the nearest examples of the likeliest labels; the others get the least of
        them.
        """
        count = len(self.labels)
        likely = (
            np.argpartition(-scores, COMPARED_LABELS)[:COMPARED_LABELS]
            if count > COMPARED_LABELS
            else np.arange(count)
        )
        # One row a label, as long as the longest needs, filled up with what is never among the nearest.
        sizes = self.starts[likely + 1] - self.starts[likely]
        similar = np.full((len(likely), int(sizes.max())), -np.inf, dtype=np.float32)
        for row, (label, size) in enumerate(zip(likely, sizes)):
            start = self.starts[label]
            np.dot(self.examples[start : start + size], place, out=similar[row, :size])
        means = mean_of_nearest(similar)
        found = np.full(count, means.min(), dtype=np.float32)
        found[likely] = means
        return found

    def save(self, folder: Path) -> None:
        """Write two files into an existing folder: arrays as npz, texts and settings as JSON."""
        arrays = {name: getattr(self, name) for name in _STORED}
        # The similarities need no more than half precision on disk.
        arrays["examples"] = self.examples.astype(np.float16)
        np.savez(folder / _ARRAYS, idf=self.features.weights, **arrays)
        texts = {
            "format": FORMAT,
            "labels": self.labels,
            "terms": [list(vocabulary) for vocabulary in self.features.terms],
            "neighbour_weight": self.neighbour_weight,
            "settings": self.settings,
        }
        (folder / _TEXTS).write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "IntentModel":
        """Read what `save` wrote.

        Raises:
            ModelError: the files are absent, of another format, or do not fit together.
        """
        try:
            texts = json.loads((folder / _TEXTS).read_text(encoding="utf-8"))
            if texts.get("format") != FORMAT:
                raise ModelError("The intent model has another format; train again with `rasa train`.")
            with np.load(folder / _ARRAYS, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in (*_STORED, "idf")}
            characters, words = texts["terms"]
            labels = texts["labels"]
            neighbour_weight = float(texts["neighbour_weight"])
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise ModelError("The intent model cannot be read; train again with `rasa train`.") from error
        vocabularies = (
            {term: index for index, term in enumerate(characters)},
            {term: len(characters) + index for index, term in enumerate(words)},
        )
        terms = len(characters) + len(words)
        fits = (
            arrays["components"].shape[0] == terms == len(arrays["idf"])
            and arrays["weights"].shape[1] == len(labels) == len(arrays["starts"]) - 1
            and int(arrays["starts"][-1]) == len(arrays["examples"])
        )
        if not fits:
            raise ModelError(
                "The intent model's files do not belong together; train again with `rasa train`."
            )
        examples = arrays.pop("examples").astype(np.float32)
        features = SparseFeatures(vocabularies, arrays.pop("idf"))
        return cls(
            labels=labels,
            features=features,
            examples=examples,
            neighbour_weight=neighbour_weight,
            settings=texts["settings"],
            **arrays,
        )


_STORED = ("components", "rotation", "centre", "weights", "bias", "examples", "starts")
