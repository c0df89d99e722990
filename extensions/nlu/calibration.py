"""Room: extensions/nlu. Learns on held-out predictions: temperature, thresholds, the scope scorer, topic
handles.

Change here: what the thresholds aim at. Only out-of-fold predictions of the training data are used, never an
evaluation set. Must not import Rasa.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np

from extensions.nlu.fitting import Trained, temperature
from extensions.nlu.intent_model import softened, softmax

# The share of in-scope examples that may be refused: the price of refusing what is out of scope.
REFUSED = 0.03
# Where nothing better could be learned from the data.
THRESHOLDS = {
    "lean": 0.3,
    "act": 0.4,
    "sure": 0.7,
    "clarify": 0.15,
    "margin": 0.2,
    "decline": 0.4,
    "scope": 0.0,
    "foreign": 0.8,
}
# Without examples out of scope to learn from, the softened best label decides alone.
SCOPE_WEIGHTS = [0.0, 0.0, 0.0, 1.0]
# How often held-out predictions of a confidence must be right for such messages to be acted on, to be
# answered with the other readings offered below the answer, and to be answered without them.
ACT_PRECISION = 0.5
LEAN_PRECISION = 0.3
SURE_PRECISION = 0.8
_NAME = re.compile(r"step \d(?: ck| cs)?|[a-z][a-z0-9'-]*[a-z0-9]")
_EMPTY_WORDS = frozenset(
    "what is the an in do my to of for can how and or you me it are with be if on not have from will at "
    "this that does "
    "we need get as after by any your about when who which so please was there but much all they long "
    "many no also just "
    "want one only it's us am would tell know should did has then same some than still up out he she him "
    "her before now "
    "without where good mean does like first time make here become doing ask since again show give".split()
)
_OUTSIDE = ("decline/", "safety/")


def log_odds(values: Any) -> Any:
    """Return the log odds of probabilities (an array or one), never further from 0 than 9.21."""
    clipped = np.clip(values, 1e-4, 1.0 - 1e-4)
    return np.log(clipped / (1.0 - clipped))


def scope_features(probabilities: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """Return what tells whether a message is in scope, shape [n, 4], of probabilities [n, labels].

    A constant, and the log odds of: the best label in scope, the labels out of scope together, and the best
    label in scope when all probabilities are softened. `outside` [labels] says which labels are out of scope.
    """
    best = probabilities[:, ~outside].max(axis=1, initial=0.0)
    soft = softened(probabilities)[:, ~outside].max(axis=1, initial=0.0)
    beyond = probabilities[:, outside].sum(axis=1)
    return np.stack([np.ones(len(best)), log_odds(best), log_odds(beyond), log_odds(soft)], axis=1)


def scope_score(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the probability that a message is in scope, shape [n], of `scope_features` [n, 4]."""
    return 1.0 / (1.0 + np.exp(-(features @ weights)))


def _scope_weights(features: np.ndarray, is_inside: np.ndarray) -> list[float]:
    """Fit P(in scope) on `scope_features`, both kinds of messages counting alike."""
    from scipy.optimize import minimize

    signs = np.where(is_inside, 1.0, -1.0)
    share = max(float(is_inside.mean()), 1e-3)
    weights = np.where(is_inside, 0.5 / share, 0.5 / max(1.0 - share, 1e-3))

    def loss(parameters: np.ndarray) -> float:
        return float(
            (weights * np.logaddexp(0.0, -signs * (features @ parameters))).mean()
            + 1e-3 * (parameters**2).sum()
        )

    return [round(float(value), 5) for value in minimize(loss, np.zeros(4), method="L-BFGS-B").x]


def topic_words(texts: list[str], trained: Trained) -> dict[str, str]:
    """Return for each topic the one or two words that name it ("oet", "fellowship", "rank list").

    A follow-up is read behind them, as its "it" stands for them. A word names a topic when many of its
    examples hold it and few other topics' examples do.
    """
    names = trained.model.labels
    held: dict[int, Counter[str]] = {}
    sizes = np.bincount(trained.targets, minlength=len(names))
    for text, target in zip(texts, trained.targets):
        held.setdefault(int(target), Counter()).update(set(_NAME.findall(text)) - _EMPTY_WORDS)
    topics = [number for number, name in enumerate(names) if name.startswith("faq/") and sizes[number]]
    shares = {
        number: {word: count / sizes[number] for word, count in held[number].items()} for number in topics
    }
    spread: Counter[str] = Counter()
    for share in shares.values():
        for word, value in share.items():
            spread[word] += min(1.0, value / 0.1)
    chosen: dict[str, str] = {}
    for number in topics:
        scores = {
            word: value * float(np.log(len(topics) / (spread[word] + 0.5)))
            for word, value in shares[number].items()
        }
        best = sorted(scores, key=lambda word: (-scores[word], word))[:2]
        if len(best) == 2 and scores[best[1]] < 0.4 * scores[best[0]]:
            best = best[:1]
        chosen[names[number]] = " ".join(best)
    return chosen


def learn(trained: Trained, texts: list[str]) -> dict[str, Any]:
    """Return the model's settings: temperature, thresholds, scope weights, handles and held-out figures."""
    labels = trained.model.labels
    heat = temperature(trained.held_out, trained.targets)
    probabilities = softmax(trained.held_out / heat)
    outside_labels = np.asarray([label.startswith(_OUTSIDE) for label in labels])
    is_inside = ~outside_labels[trained.targets]
    thresholds = dict(THRESHOLDS)
    scope = SCOPE_WEIGHTS
    best = probabilities.argmax(axis=1)
    right = best == trained.targets
    confidence = probabilities.max(axis=1)
    features = scope_features(probabilities, outside_labels)
    if is_inside.any() and (~is_inside).sum() >= 20:
        scope = _scope_weights(features, is_inside)
    if is_inside.sum() >= 20:
        scores = scope_score(features[is_inside], np.asarray(scope))
        thresholds["scope"] = round(float(np.quantile(scores, REFUSED)), 4)
    for name, precision in (("lean", LEAN_PRECISION), ("act", ACT_PRECISION), ("sure", SURE_PRECISION)):
        found = _lowest_confidence(confidence[is_inside], right[is_inside], precision)
        thresholds[name] = round(found or thresholds[name], 4)
    return {
        "temperature": round(heat, 4),
        "thresholds": thresholds,
        "scope": list(scope),
        "topic_words": topic_words(texts, trained),
        "held_out": {
            "examples": len(texts),
            "accuracy": round(float(right.mean()), 4),
            "expected_calibration_error": round(calibration_error(confidence, right), 4),
        },
    }


def _lowest_confidence(confidence: np.ndarray, right: np.ndarray, precision: float) -> float | None:
    """Return the lowest confidence from which on predictions are right that often, None if none is.

    How often they are right is read off a rising curve through all of them: single bands of a few hundred
    would move the answer by a tenth with every ten examples that are added.
    """
    from sklearn.isotonic import IsotonicRegression

    if len(confidence) < 20:
        return None
    curve = IsotonicRegression(out_of_bounds="clip").fit(confidence, right.astype(np.float64))
    grid = np.arange(0.2, 0.9, 0.005)
    enough = grid[curve.predict(grid) >= precision]
    return float(enough[0]) if len(enough) else None


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    """Return the expected calibration error: |confidence − accuracy| over equal bins, weighted by size."""
    total = 0.0
    for low in np.linspace(0.0, 1.0, bins, endpoint=False):
        inside = (confidence > low) & (confidence <= low + 1.0 / bins)
        if inside.any():
            total += float(inside.mean()) * abs(
                float(confidence[inside].mean()) - float(right[inside].mean())
            )
    return total
