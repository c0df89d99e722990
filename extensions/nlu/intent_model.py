"""Room: extensions/nlu. The intent model: features, training, calibration data, storage. Numpy when serving.

Features: [MiniLM, three layers ; WordLlama ; SVD-300 of TF-IDF (char_wb 2-4, words 1-2)], rotated and partly
whitened; multinomial logistic regression with balanced classes, plus the nearest examples of each label.
Change here: features and fitting. scikit-learn and scipy only while training; no pickle; must not import
Rasa.
"""

from __future__ import annotations

import json
import math
import re
import warnings
import zipfile
from collections import Counter, OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from extensions.nlu import kept_vectors
from extensions.nlu.encoder import CONTEXT_DIMENSIONS, POOLED_DIMENSIONS, SentenceEncoder, cores

# Weight of each block of features beside the sentence embedding (1.0), found by cross-validation.
INNER_LAYERS_WEIGHT = 0.7
STATIC_WEIGHT = 0.7
SPARSE_WEIGHT = 0.7
SVD_DIMENSIONS = 300
# The rotated features that are kept, and how far their variances are made equal (0 not at all, 1 entirely):
# less than half-way makes the optimiser converge in a third of the steps and gains a point.
ROTATED_DIMENSIONS = 800
WHITENING = 0.3
INVERSE_REGULARISATION = 10.0
# Nearest examples: compared in the first rotated dimensions, the mean of the two most similar of a label.
NEIGHBOUR_DIMENSIONS = 256
NEIGHBOUR_WHITENING = 0.5
NEIGHBOURS = 2
NEIGHBOUR_WEIGHT = 8.0
# At serving time only the labels that the linear model finds most likely are compared with their examples.
COMPARED_LABELS = 24
FOLDS = 5
FORMAT = "2"
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
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Prepare the cache of recent texts."""
        self._cache: OrderedDict[str, np.ndarray] = OrderedDict()

    def vector(self, text: str, encoder: SentenceEncoder) -> np.ndarray:
        """Return the weighted features of one normalised text, shape [1408 + 300]."""
        columns, values = self.features.row(text)
        reduced = values @ self.components[columns].astype(np.float32) if len(columns) else None
        dense = encoder.encode(text)
        result = np.zeros(len(dense) + self.components.shape[1], dtype=np.float32)
        result[: len(dense)] = dense * _block_weights()
        if reduced is not None:
            result[len(dense) :] = SPARSE_WEIGHT * reduced
        return result

    def logits(self, text: str, encoder: SentenceEncoder) -> np.ndarray:
        """Return the uncalibrated logits of one normalised text, shape [labels]."""
        known = self._cache.get(text)
        if known is not None:
            return known
        vector = self.vector(text, encoder)
        result = vector @ self.weights + self.bias
        place = vector @ self.rotation - self.centre
        place /= max(float(np.linalg.norm(place)), 1e-9)
        result = result + NEIGHBOUR_WEIGHT * self._nearest(place, result)
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
            else range(count)
        )
        found = np.full(count, np.inf, dtype=np.float32)
        for label in likely:
            similar = self.examples[self.starts[label] : self.starts[label + 1]] @ place
            found[label] = _mean_of_largest(similar)
        return np.minimum(found, found[np.isfinite(found)].min())

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
        return cls(labels=labels, features=features, examples=examples, settings=texts["settings"], **arrays)


_STORED = ("components", "rotation", "centre", "weights", "bias", "examples", "starts")


@lru_cache(maxsize=1)
def _block_weights() -> np.ndarray:
    weights = np.full(SentenceEncoder.dimensions, INNER_LAYERS_WEIGHT, dtype=np.float32)
    weights[:CONTEXT_DIMENSIONS] = 1.0
    weights[POOLED_DIMENSIONS:] = STATIC_WEIGHT
    return weights


def _mean_of_largest(similar: np.ndarray) -> float:
    if len(similar) <= NEIGHBOURS:
        return float(similar.mean()) if len(similar) else -1.0
    return float(np.partition(similar, len(similar) - NEIGHBOURS)[-NEIGHBOURS:].mean())


def _reduced(sparse: Any, seed: int) -> np.ndarray:
    """Return the components [k, terms] of a truncated SVD."""
    from sklearn.utils.extmath import randomized_svd

    size = min(SVD_DIMENSIONS, sparse.shape[0] - 1, sparse.shape[1] - 1)
    if size < 1:
        return np.zeros((0, sparse.shape[1]), np.float32)
    _, _, components = randomized_svd(sparse, size, n_iter=3, random_state=seed)
    return components.astype(np.float32)


@dataclass
class _Rotation:
    """Principal axes of the features: everything is centred, turned and partly whitened before fitting."""

    mean: np.ndarray
    fitted: np.ndarray  # [features, up to 800], for the linear model
    compared: np.ndarray  # [features, up to 256], for the neighbours

    @classmethod
    def learn(cls, inputs: np.ndarray) -> "_Rotation":
        mean = inputs.mean(axis=0)
        centred = inputs - mean
        values, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
        order = np.argsort(-values)
        values, axes = values[order], axes[:, order]
        kept = int((values > values[0] * 1e-6).sum())
        scale = np.maximum(values / values[0], 1e-6)

        def turned(size: int, whitening: float) -> np.ndarray:
            size = min(size, kept)
            return (axes[:, :size] / scale[:size] ** (whitening / 2)).astype(np.float32)

        return cls(
            mean, turned(ROTATED_DIMENSIONS, WHITENING), turned(NEIGHBOUR_DIMENSIONS, NEIGHBOUR_WHITENING)
        )


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def _similarities(rows: np.ndarray, examples: np.ndarray, targets: np.ndarray, classes: int) -> np.ndarray:
    """Return [rows, classes]: the mean similarity of the nearest examples of each class (-1 for absent
    classes).
    """
    found = np.full((len(rows), classes), -1.0, dtype=np.float32)
    for number in range(classes):
        members = examples[targets == number]
        if not len(members):
            continue
        similar = rows @ members.T
        if len(members) > NEIGHBOURS:
            similar = np.partition(similar, len(members) - NEIGHBOURS, axis=1)[:, -NEIGHBOURS:]
        found[:, number] = similar.mean(axis=1)
    return found


def _fit(
    inputs: np.ndarray, targets: np.ndarray, iterations: int, start: Any = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return (weights [features, classes], bias [classes]) of a balanced multinomial logistic regression.

    Written for this model because scikit-learn's takes several times as long on many classes: float32, one
    gradient of two matrix products, L-BFGS. `targets` are class numbers from 0; `start` is an earlier
    solution.
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
        loss = -float((weights * likelihood).sum()) + 0.5 * float(penalty) * float(
            (parameters[:-1] ** 2).sum()
        )
        delta = (exponents / totals - hot) * weights[:, None]
        gradient = np.empty_like(parameters)
        gradient[:-1] = inputs.T @ delta + penalty * parameters[:-1]
        gradient[-1] = delta.sum(axis=0)
        return loss, gradient.ravel().astype(np.float64)

    initial = (
        np.zeros((columns + 1) * classes) if start is None else np.vstack(start).ravel().astype(np.float64)
    )
    found = minimize(
        objective,
        initial,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": iterations, "maxcor": 10, "ftol": 1e-6, "gtol": 1e-3},
    )
    parameters = found.x.astype(np.float32).reshape(columns + 1, classes)
    return parameters[:-1], parameters[-1]


@dataclass
class Trained:
    """A fitted model and the out-of-fold logits of its training examples, for calibration."""

    model: IntentModel
    held_out: np.ndarray  # [n, labels]
    targets: np.ndarray  # [n]


def train(
    texts: list[str], labels: list[str], encoder: SentenceEncoder, *, seed: int = 7, iterations: int = 20
) -> Trained:
    """Fit on normalised texts and predict each of them once by a model that did not see it.

    Each fit runs on one thread, side by side with the others: threads of one fit would wait for each other,
    which takes ten times as long under load.

    Raises:
        ModelError: fewer than two labels.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        return _train(texts, labels, encoder, seed, iterations)


def _train(
    texts: list[str], labels: list[str], encoder: SentenceEncoder, seed: int, iterations: int
) -> Trained:
    from sklearn.model_selection import StratifiedKFold

    names = sorted(set(labels))
    if len(names) < 2:
        raise ModelError("Training needs examples of at least two intents.")
    numbers = {name: index for index, name in enumerate(names)}
    targets = np.asarray([numbers[label] for label in labels])
    dense = kept_vectors.encode(texts, encoder) * _block_weights()
    features = SparseFeatures.learn(texts)
    sparse = features.matrix(texts)
    # Half precision from here on, so that training and serving multiply the same numbers.
    components = _reduced(sparse, seed).astype(np.float16)
    documents = np.asarray(sparse @ components.T.astype(np.float32))
    inputs = np.hstack([dense, SPARSE_WEIGHT * documents]).astype(np.float32)
    rotation = _Rotation.learn(inputs)
    turned = (inputs - rotation.mean) @ rotation.fitted
    places = _unit((inputs - rotation.mean) @ rotation.compared)

    held_out = np.zeros((len(texts), len(names)), dtype=np.float32)
    folds = min(FOLDS, int(np.bincount(targets).max()))
    with warnings.catch_warnings():
        # Labels with fewer examples than folds are legal here; the split says so each time.
        warnings.simplefilter("ignore")
        splits = (
            list(StratifiedKFold(folds, shuffle=True, random_state=seed).split(turned, targets))
            if folds > 1
            else []
        )

    def predicted(split: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        # Rotation and SVD never see labels and are shared; the classifier and the neighbours see only the
        # fold.
        seen, unseen = split
        fold_weights, fold_bias = _fit_partial(turned[seen], targets[seen], len(names), iterations)
        similar = _similarities(places[unseen], places[seen], targets[seen], len(names))
        return turned[unseen] @ fold_weights + fold_bias + NEIGHBOUR_WEIGHT * similar

    with ThreadPoolExecutor(cores()) as pool:
        whole = pool.submit(_fit, turned, targets, iterations)
        for (_, unseen), logits in zip(splits, pool.map(predicted, splits)):
            held_out[unseen] = logits
        weights, bias = whole.result()

    unturned = rotation.fitted @ weights
    order = np.argsort(targets, kind="stable")
    model = IntentModel(
        labels=names,
        features=features,
        components=np.ascontiguousarray(components.T),
        rotation=rotation.compared,
        centre=(rotation.mean @ rotation.compared).astype(np.float32),
        weights=unturned.astype(np.float32),
        bias=(bias - rotation.mean @ unturned).astype(np.float32),
        examples=places[order].astype(np.float16).astype(np.float32),
        starts=np.concatenate([[0], np.cumsum(np.bincount(targets, minlength=len(names)))]).astype(np.int64),
    )
    if not splits:
        held_out = np.stack([model.logits(text, encoder) for text in texts])
    return Trained(model, held_out, targets)


def _fit_partial(
    inputs: np.ndarray, targets: np.ndarray, classes: int, iterations: int
) -> tuple[np.ndarray, np.ndarray]:
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
