"""Room: extensions/nlu. Fits the intent model: features rotated and partly whitened, balanced logistic
regression, nearest examples, and predictions held out for calibration.

Change here: recipes and fitting. scikit-learn and scipy are needed here and never while answering. Must not
import Rasa.
"""

from __future__ import annotations

import math
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from extensions.nlu import kept_vectors
from extensions.nlu.encoder import CONTEXT_DIMENSIONS, POOLED_DIMENSIONS, SentenceEncoder, cores
from extensions.nlu.intent_model import IntentModel, ModelError, SparseFeatures, mean_of_nearest

SVD_DIMENSIONS = 300
# The rotated features that are kept, for the linear model and for comparing examples.
ROTATED_DIMENSIONS = 800
NEIGHBOUR_DIMENSIONS = 256
NEIGHBOUR_WHITENING = 0.5
FOLDS = 5
# From how many examples a label on (the median) there are many.
MANY_EXAMPLES = 20
_NOT_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Recipe:
    """How a model is fitted: what suits a hundred examples a label does not suit ten.

    `inner_layers`, `static` and `sparse` weigh those blocks of features beside the sentence embedding (1.0);
    `whitening` is how far the variances of the rotated features are made equal (0 not at all, 1 entirely).
    """

    inner_layers: float
    static: float
    sparse: float
    whitening: float
    inverse_regularisation: float
    iterations: int
    neighbour_weight: float
    reads_names: bool

    def scales(self, sparse_dimensions: int) -> np.ndarray:
        """Return the weight of each feature, shape [1408 + sparse_dimensions]."""
        scales = np.full(SentenceEncoder.dimensions + sparse_dimensions, self.inner_layers, dtype=np.float32)
        scales[:CONTEXT_DIMENSIONS] = 1.0
        scales[POOLED_DIMENSIONS : SentenceEncoder.dimensions] = self.static
        scales[SentenceEncoder.dimensions :] = self.sparse
        return scales


# Found by cross-validation on this assistant's own examples.
MANY = Recipe(0.7, 0.7, 0.7, 0.3, 10.0, 20, 8.0, reads_names=False)
# Found on public sets of ten examples a label. Variances of few examples say little, so nothing is whitened,
# and a label's name ("card_arrival") is worth as much as an example.
FEW = Recipe(0.5, 0.4, 0.4, 0.0, 20.0, 100, 0.0, reads_names=True)


def recipe_for(targets: np.ndarray) -> Recipe:
    """Return the recipe for label numbers of examples [n], each label from 0 having some."""
    return MANY if float(np.median(np.bincount(targets))) >= MANY_EXAMPLES else FEW


def spoken(label: str) -> str:
    """Return a label's name as words: "faq/rotation_cost" → "rotation cost"."""
    return _NOT_LETTERS.sub(" ", label.rpartition("/")[2]).strip().lower()


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
    def learn(cls, inputs: np.ndarray, whitening: float) -> "_Rotation":
        mean = inputs.mean(axis=0)
        centred = inputs - mean
        values, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
        order = np.argsort(-values)
        values, axes = values[order], axes[:, order]
        kept = int((values > values[0] * 1e-6).sum())
        scale = np.maximum(values / values[0], 1e-6)

        def turned(size: int, power: float) -> np.ndarray:
            size = min(size, kept)
            return (axes[:, :size] / scale[:size] ** (power / 2)).astype(np.float32)

        return cls(
            mean, turned(ROTATED_DIMENSIONS, whitening), turned(NEIGHBOUR_DIMENSIONS, NEIGHBOUR_WHITENING)
        )


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def _similarities(rows: np.ndarray, examples: np.ndarray, targets: np.ndarray, classes: int) -> np.ndarray:
    """Return [rows, classes]: the mean similarity of the nearest examples of each class (-1 for absent
    classes).
    """
    found = np.empty((len(rows), classes), dtype=np.float32)
    for number in range(classes):
        found[:, number] = mean_of_nearest(rows @ examples[targets == number].T)
    return found


def _fit(inputs: np.ndarray, targets: np.ndarray, recipe: Recipe) -> tuple[np.ndarray, np.ndarray]:
    """Return (weights [features, classes], bias [classes]) of a balanced multinomial logistic regression.

    Written for this model because scikit-learn's takes several times as long on many classes: float32, one
    gradient of two matrix products, L-BFGS. `targets` are class numbers from 0.
    """
    from scipy.optimize import minimize

    classes = int(targets.max()) + 1
    counts = np.bincount(targets, minlength=classes)
    weights = (len(targets) / (np.count_nonzero(counts) * np.maximum(counts, 1)))[targets].astype(np.float32)
    rows, columns = inputs.shape
    hot = np.zeros((rows, classes), dtype=np.float32)
    hot[np.arange(rows), targets] = 1.0
    penalty = np.float32(1.0 / recipe.inverse_regularisation)

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

    found = minimize(
        objective,
        np.zeros((columns + 1) * classes),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": recipe.iterations, "maxcor": 10, "ftol": 1e-6, "gtol": 1e-3},
    )
    parameters = found.x.astype(np.float32).reshape(columns + 1, classes)
    return parameters[:-1], parameters[-1]


@dataclass
class Trained:
    """A fitted model and the out-of-fold logits of its training examples, for calibration."""

    model: IntentModel
    held_out: np.ndarray  # [n, labels]
    targets: np.ndarray  # [n]


def train(texts: list[str], labels: list[str], encoder: SentenceEncoder, *, seed: int = 7) -> Trained:
    """Fit on normalised texts and predict each of them once by a model that did not see it.

    Each fit runs on one thread, side by side with the others: threads of one fit would wait for each other,
    which takes ten times as long under load.

    Raises:
        ModelError: fewer than two labels.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        return _train(texts, labels, encoder, seed)


def _train(texts: list[str], labels: list[str], encoder: SentenceEncoder, seed: int) -> Trained:
    from sklearn.model_selection import StratifiedKFold

    names = sorted(set(labels))
    if len(names) < 2:
        raise ModelError("Training needs examples of at least two intents.")
    numbers = {name: index for index, name in enumerate(names)}
    targets = np.asarray([numbers[label] for label in labels])
    recipe = recipe_for(targets)
    count = len(texts)
    if recipe.reads_names:
        # Never held out, so the thresholds are learned on examples alone.
        texts = texts + [spoken(name) for name in names]
        targets = np.concatenate([targets, np.arange(len(names))])
    features = SparseFeatures.learn(texts)
    sparse = features.matrix(texts)
    # Half precision from here on, so that training and serving multiply the same numbers.
    components = _reduced(sparse, seed).astype(np.float16)
    documents = np.asarray(sparse @ components.T.astype(np.float32))
    scales = recipe.scales(components.shape[0])
    inputs = np.hstack([kept_vectors.encode(texts, encoder), documents]).astype(np.float32) * scales
    rotation = _Rotation.learn(inputs, recipe.whitening)
    turned = (inputs - rotation.mean) @ rotation.fitted
    places = _unit((inputs - rotation.mean) @ rotation.compared)

    held_out = np.zeros((count, len(names)), dtype=np.float32)
    folds = min(FOLDS, int(np.bincount(targets[:count]).max()))
    with warnings.catch_warnings():
        # Labels with fewer examples than folds are legal here; the split says so each time.
        warnings.simplefilter("ignore")
        splits: list[tuple[np.ndarray, np.ndarray]] = []
        if folds > 1:
            parts = StratifiedKFold(folds, shuffle=True, random_state=seed)
            splits = list(parts.split(turned[:count], targets[:count]))

    def predicted(split: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        # Rotation and SVD never see labels and are shared; the classifier and the neighbours see only the
        # fold.
        seen = np.concatenate([split[0], np.arange(count, len(targets))])
        unseen = split[1]
        fold_weights, fold_bias = _fit_partial(turned[seen], targets[seen], len(names), recipe)
        logits: np.ndarray = turned[unseen] @ fold_weights + fold_bias
        if recipe.neighbour_weight:
            similar = _similarities(places[unseen], places[seen], targets[seen], len(names))
            logits += recipe.neighbour_weight * similar
        return logits

    with ThreadPoolExecutor(cores()) as pool:
        whole = pool.submit(_fit, turned, targets, recipe)
        for (_, unseen), logits in zip(splits, pool.map(predicted, splits)):
            held_out[unseen] = logits
        weights, bias = whole.result()

    unturned = rotation.fitted @ weights
    order = np.argsort(targets, kind="stable")
    model = IntentModel(
        labels=names,
        features=features,
        components=np.ascontiguousarray(components.T),
        # The scales of the blocks go into what the features are multiplied with.
        rotation=(scales[:, None] * rotation.compared).astype(np.float32),
        centre=(rotation.mean @ rotation.compared).astype(np.float32),
        weights=(scales[:, None] * unturned).astype(np.float32),
        bias=(bias - rotation.mean @ unturned).astype(np.float32),
        examples=places[order].astype(np.float16).astype(np.float32),
        starts=np.concatenate([[0], np.cumsum(np.bincount(targets, minlength=len(names)))]).astype(np.int64),
        neighbour_weight=recipe.neighbour_weight,
    )
    if not splits:
        held_out = np.stack([model.logits(text, encoder) for text in texts[:count]])
    return Trained(model, held_out, targets[:count])


def _fit_partial(
    inputs: np.ndarray, targets: np.ndarray, classes: int, recipe: Recipe
) -> tuple[np.ndarray, np.ndarray]:
    """Fit on a fold that may lack classes; absent classes get a logit far below the others."""
    present = np.unique(targets)
    numbers = np.full(classes, -1)
    numbers[present] = np.arange(len(present))
    some_weights, some_bias = _fit(inputs, numbers[targets], recipe)
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
