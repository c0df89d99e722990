"""Room: extensions/nlu. The linear intent model: features, training, calibration, storage. Numpy when serving.

Features: [MiniLM ; 0.5 × WordLlama ; 0.5 × SVD-300 of TF-IDF (char_wb 2-4, words 1-2)]; multinomial logistic
regression, C = 30, balanced classes. Change here: features and fitting. scikit-learn is imported for training
only; no pickle; must not import Rasa or TensorFlow.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from extensions.nlu.encoder import CONTEXT_DIMENSIONS, SentenceEncoder

STATIC_WEIGHT = 0.5
SPARSE_WEIGHT = 0.5
SVD_DIMENSIONS = 300
INVERSE_REGULARISATION = 30.0
FOLDS = 5
FORMAT = "1"
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
    return words + [f"{first} {second}" for first, second in zip(words, words[1:])]


class SparseFeatures:
    """TF-IDF of character and word n-grams; each block has unit length, as two vectorizers side by side."""

    def __init__(self, terms: tuple[dict[str, int], dict[str, int]], weights: np.ndarray) -> None:
        """Take both vocabularies (characters first; columns are global) and the idf of every column."""
        self.terms = terms
        self.weights = weights

    @classmethod
    def learn(cls, texts: list[str]) -> "SparseFeatures":
        """Learn vocabulary and inverse document frequencies (smoothed, as scikit-learn's default) from texts."""
        vocabularies: list[dict[str, int]] = []
        weights: list[float] = []
        for analyse in (_char_terms, _word_terms):
            frequencies: Counter[str] = Counter()
            for text in texts:
                frequencies.update(set(analyse(text)))
            offset = len(weights)
            ordered = sorted(frequencies)
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


@dataclass
class IntentModel:
    """Trained weights: text → logits over labels, with calibration numbers in `settings`."""

    labels: list[str]
    dense: np.ndarray  # [640, labels]
    sparse: np.ndarray  # [terms, labels], the SVD folded in
    bias: np.ndarray  # [labels]
    features: SparseFeatures
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Prepare the cache of recent texts."""
        self._cache: OrderedDict[str, np.ndarray] = OrderedDict()

    def logits(self, text: str, encoder: SentenceEncoder) -> np.ndarray:
        """Return the uncalibrated logits of one normalised text, shape [labels]."""
        known = self._cache.get(text)
        if known is not None:
            return known
        vector = encoder.encode(text)
        columns, values = self.features.row(text)
        result = vector @ self.dense + self.bias
        if len(columns):
            result = result + values @ self.sparse[columns]
        self._cache[text] = result
        if len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
        return result

    def save(self, folder: Path) -> None:
        """Write two files into an existing folder: arrays as npz, texts and settings as JSON."""
        np.savez(
            folder / _ARRAYS, dense=self.dense, sparse=self.sparse, bias=self.bias, weights=self.features.weights
        )
        texts = {
            "format": FORMAT,
            "labels": self.labels,
            "terms": [list(vocabulary) for vocabulary in self.features.terms],
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
            with np.load(folder / _ARRAYS, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in ("dense", "sparse", "bias", "weights")}
        except (OSError, ValueError, KeyError) as error:
            raise ModelError("The intent model cannot be read; train again with `rasa train`.") from error
        if texts.get("format") != FORMAT:
            raise ModelError("The intent model has another format; train again with `rasa train`.")
        characters, words = texts["terms"]
        vocabularies = (
            {term: index for index, term in enumerate(characters)},
            {term: len(characters) + index for index, term in enumerate(words)},
        )
        labels = texts["labels"]
        terms = len(characters) + len(words)
        if arrays["dense"].shape[1:] != (len(labels),) or arrays["sparse"].shape != (terms, len(labels)):
            raise ModelError("The intent model's files do not belong together; train again with `rasa train`.")
        return cls(
            labels,
            arrays["dense"],
            arrays["sparse"],
            arrays["bias"],
            SparseFeatures(vocabularies, arrays["weights"]),
            texts["settings"],
        )


def scaled(vectors: np.ndarray) -> np.ndarray:
    """Return encoder vectors [n, 640] with the weight of each part applied."""
    result = vectors.copy()
    result[:, CONTEXT_DIMENSIONS:] *= STATIC_WEIGHT
    return result


def _reduced(sparse: Any, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (documents [n, k], components [k, terms]) of a truncated SVD."""
    from sklearn.utils.extmath import randomized_svd

    size = min(SVD_DIMENSIONS, sparse.shape[0] - 1, sparse.shape[1] - 1)
    if size < 1:
        return np.zeros((sparse.shape[0], 0), np.float32), np.zeros((0, sparse.shape[1]), np.float32)
    _, _, components = randomized_svd(sparse, size, n_iter=4, random_state=seed)
    components = components.astype(np.float32)
    return np.asarray(sparse @ components.T, dtype=np.float32), components


def _fit(inputs: np.ndarray, targets: np.ndarray, iterations: int, start: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """Return (weights [features, classes], bias [classes]) of a balanced multinomial logistic regression.

    Written for this model because scikit-learn's takes several times as long on many classes: float32, one
    gradient of two matrix products, L-BFGS. `targets` are class numbers from 0; `start` is an earlier solution.
    """
    from scipy.optimize import minimize

    classes = int(targets.max()) + 1
    counts = np.bincount(targets, minlength=classes)
    weights = (len(targets) / (np.count_nonzero(counts) * np.maximum(counts, 1)))[targets].astype(np.float32)
    rows, columns = inputs.shape
    hot = np.zeros((rows, classes), dtype=np.float32)
    hot[np.arange(rows), targets] = 1.0
    penalty = np.float32(1.0 / INVERSE_REGULARISATION)

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        parameters = flat.astype(np.float32).reshape(columns + 1, classes)
        logits = inputs @ parameters[:-1] + parameters[-1]
        logits -= logits.max(axis=1, keepdims=True)
        exponents = np.exp(logits)
        totals = exponents.sum(axis=1, keepdims=True)
        likelihood = (logits * hot).sum(axis=1) - np.log(totals[:, 0])
        loss = -float((weights * likelihood).sum()) + 0.5 * float(penalty) * float((parameters[:-1] ** 2).sum())
        delta = (exponents / totals - hot) * weights[:, None]
        gradient = np.empty_like(parameters)
        gradient[:-1] = inputs.T @ delta + penalty * parameters[:-1]
        gradient[-1] = delta.sum(axis=0)
        return loss, gradient.ravel().astype(np.float64)

    initial = np.zeros((columns + 1) * classes) if start is None else np.vstack(start).ravel().astype(np.float64)
    found = minimize(objective, initial, jac=True, method="L-BFGS-B", options={"maxiter": iterations, "maxcor": 10, "ftol": 1e-6, "gtol": 1e-3})
    parameters = found.x.astype(np.float32).reshape(columns + 1, classes)
    return parameters[:-1], parameters[-1]


@dataclass
class Trained:
    """A fitted model and the out-of-fold logits of its training examples, for calibration."""

    model: IntentModel
    held_out: np.ndarray  # [n, labels]
    targets: np.ndarray  # [n]


def train(texts: list[str], labels: list[str], encoder: SentenceEncoder, *, seed: int = 7, iterations: int = 150) -> Trained:
    """Fit on normalised texts and predict each of them once by a model that did not see it.

    Raises:
        ModelError: fewer than two labels.
    """
    from sklearn.model_selection import StratifiedKFold

    names = sorted(set(labels))
    if len(names) < 2:
        raise ModelError("Training needs examples of at least two intents.")
    numbers = {name: index for index, name in enumerate(names)}
    targets = np.asarray([numbers[label] for label in labels])
    dense = scaled(encoder.encode_all(texts))
    features = SparseFeatures.learn(texts)
    sparse = features.matrix(texts)
    documents, components = _reduced(sparse, seed)
    inputs = np.hstack([dense, SPARSE_WEIGHT * documents]).astype(np.float32)
    weights, bias = _fit(inputs, targets, iterations)

    held_out = np.full((len(texts), len(names)), np.nan, dtype=np.float32)
    folds = min(FOLDS, int(np.bincount(targets).max()))
    if folds >= 2:
        import warnings

        with warnings.catch_warnings():
            # Labels with fewer examples than folds are legal here; the split says so each time.
            warnings.simplefilter("ignore")
            splits = list(StratifiedKFold(folds, shuffle=True, random_state=seed).split(inputs, targets))
        for seen, unseen in splits:
            # The vocabulary and the SVD are unsupervised and shared; only the classifier is fitted anew.
            fold_weights, fold_bias = _fit_partial(inputs[seen], targets[seen], len(names), iterations)
            held_out[unseen] = inputs[unseen] @ fold_weights + fold_bias
    else:
        held_out[:] = inputs @ weights + bias

    split = dense.shape[1]
    part_weights = np.ones((split, 1), dtype=np.float32)
    part_weights[CONTEXT_DIMENSIONS:] = STATIC_WEIGHT
    folded = SPARSE_WEIGHT * (components.T @ weights[split:])
    model = IntentModel(
        names,
        (weights[:split] * part_weights).astype(np.float32),
        folded.astype(np.float32),
        bias.astype(np.float32),
        features,
    )
    return Trained(model, held_out, targets)


def _fit_partial(inputs: np.ndarray, targets: np.ndarray, classes: int, iterations: int) -> tuple[np.ndarray, np.ndarray]:
    """Fit on a fold that may lack classes; absent classes get a logit far below the others."""
    present = np.unique(targets)
    numbers = np.full(classes, -1)
    numbers[present] = np.arange(len(present))
    some_weights, some_bias = _fit(inputs, numbers[targets], iterations)
    weights = np.zeros((inputs.shape[1], classes), dtype=np.float32)
    bias = np.full(classes, -30.0, dtype=np.float32)
    weights[:, present] = some_weights
    bias[present] = some_bias
    return weights, bias


def temperature(logits: np.ndarray, targets: np.ndarray) -> float:
    """Return the temperature that makes held-out probabilities honest (least negative log likelihood)."""
    best, lowest = 1.0, math.inf
    for candidate in np.geomspace(0.25, 6.0, 60):
        scores = logits / candidate
        scores = scores - scores.max(axis=1, keepdims=True)
        likelihood = scores[np.arange(len(targets)), targets] - np.log(np.exp(scores).sum(axis=1))
        # The mean of the worst examples (mislabelled, unlike all others) must not decide alone.
        loss = -float(np.maximum(likelihood, -8.0).mean())
        if loss < lowest:
            best, lowest = float(candidate), loss
    return best
