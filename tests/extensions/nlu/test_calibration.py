"""Confidence is honest: temperature and thresholds follow from held-out predictions, nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from extensions.nlu import calibration
from extensions.nlu.engine import Engine
from extensions.nlu.fitting import Trained, temperature
from extensions.nlu.intent_model import IntentModel, SparseFeatures, softmax
from tests.extensions.nlu.conftest import Understand

LABELS = ["decline/jobs", "faq/cv", "faq/eras", "faq/mspe", "faq/soap"]


def predictions(sharpness: float, count: int = 4000, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose honest probabilities are known, made `sharpness` times too sure, and the true labels."""
    chance = np.random.default_rng(seed)
    honest = chance.normal(0.0, 2.0, size=(count, len(LABELS)))
    shares = softmax(honest)
    targets = np.asarray([chance.choice(len(LABELS), p=row) for row in shares])
    return (honest * sharpness).astype(np.float32), targets


OUTSIDE = np.asarray([label.startswith("decline/") for label in LABELS])


def scope_scores(shares: np.ndarray, settings: dict[str, Any]) -> np.ndarray:
    """How surely messages of these probabilities are in scope."""
    features = calibration.scope_features(shares, OUTSIDE)
    return calibration.scope_score(features, np.asarray(settings["scope"]))


def trained(logits: np.ndarray, targets: np.ndarray) -> Trained:
    empty = np.zeros((0, 0), np.float32)
    model = IntentModel(
        LABELS, SparseFeatures(({}, {}), np.zeros(0)), *([empty] * 6), starts=np.zeros(6, np.int64)
    )
    return Trained(model, logits, targets)


def learned(logits: np.ndarray, targets: np.ndarray) -> dict[str, Any]:
    return calibration.learn(trained(logits, targets), ["a text"] * len(targets))


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.0, 4.0])
def test_the_temperature_undoes_what_makes_predictions_too_sure_or_too_shy(sharpness: float) -> None:
    assert temperature(*predictions(sharpness)) == pytest.approx(sharpness, rel=0.12)


def test_after_the_temperature_confidence_is_accuracy() -> None:
    logits, targets = predictions(3.0)
    before = softmax(logits)
    after = softmax(logits / temperature(logits, targets))

    def error(shares: np.ndarray) -> float:
        return calibration.calibration_error(shares.max(axis=1), shares.argmax(axis=1) == targets)

    assert error(after) < 0.03 < error(before)


def test_one_mislabelled_example_does_not_decide_the_temperature() -> None:
    logits, targets = predictions(1.0)
    wrong = logits.copy()
    wrong[0] = -60.0
    wrong[0, (targets[0] + 1) % len(LABELS)] = 60.0
    assert temperature(wrong, targets) == pytest.approx(temperature(logits, targets), rel=0.05)


def test_the_calibration_error_is_the_distance_between_confidence_and_accuracy() -> None:
    assert calibration.calibration_error(np.full(100, 0.9), np.arange(100) < 90) == pytest.approx(0.0)
    assert calibration.calibration_error(np.full(100, 0.9), np.arange(100) < 50) == pytest.approx(0.4)


def test_thresholds_stand_in_order_and_hold_their_precision() -> None:
    logits, targets = predictions(2.0, count=8000)
    limits = learned(logits, targets)["thresholds"]
    assert limits["lean"] <= limits["act"] <= limits["sure"]
    shares = softmax(logits / learned(logits, targets)["temperature"])
    confidence, right = shares.max(axis=1), shares.argmax(axis=1) == targets
    inside = targets != LABELS.index("decline/jobs")
    for name, precision in (("act", calibration.ACT_PRECISION), ("sure", calibration.SURE_PRECISION)):
        assert right[inside & (confidence >= limits[name])].mean() >= precision


def test_no_more_questions_are_refused_than_the_price_that_was_set() -> None:
    logits, targets = predictions(1.0, count=8000)
    settings = learned(logits, targets)
    shares = softmax(logits / settings["temperature"])
    scores = scope_scores(shares, settings)
    refused = scores < settings["thresholds"]["scope"]
    asked = targets != 0
    assert refused[asked].mean() <= calibration.REFUSED + 0.002
    assert refused[~asked].mean() > refused[asked].mean() * 3


def in_scope_only(count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Predictions of messages that are all in scope; the one label out of scope has no example."""
    logits, targets = predictions(1.0, count=2 * count)
    inside = targets != LABELS.index("decline/jobs")
    return logits[inside][:count], targets[inside][:count]


def test_without_examples_out_of_scope_about_three_percent_of_the_others_are_refused() -> None:
    logits, targets = in_scope_only()
    settings = learned(logits, targets)
    scores = scope_scores(softmax(logits / settings["temperature"]), settings)

    assert settings["scope"] == calibration.SCOPE_WEIGHTS
    assert (scores < settings["thresholds"]["scope"]).mean() == pytest.approx(0.03, abs=0.002)


TYPICAL_AND_UNLIKE = softmax(np.asarray([[-3.0, -3.0, 4.0, -3.0, -3.0], [0.0] * 5]))


@pytest.mark.parametrize("outside", [True, False], ids=["with examples out of scope", "without"])
def test_what_is_unlike_everything_scores_below_what_is_typical(outside: bool) -> None:
    settings = learned(*(predictions(1.0) if outside else in_scope_only()))
    typical, unlike = scope_scores(TYPICAL_AND_UNLIKE, settings)

    assert unlike < typical


def test_without_examples_out_of_scope_what_is_unlike_everything_is_refused() -> None:
    settings = learned(*in_scope_only())
    typical, unlike = scope_scores(TYPICAL_AND_UNLIKE, settings)

    assert unlike < settings["thresholds"]["scope"] < typical


def test_what_is_likely_out_of_scope_scores_below_what_is_likely_in_scope() -> None:
    settings = learned(*predictions(1.0))
    sure_outside, sure_inside = np.full((2, len(LABELS)), 0.02)
    sure_outside[LABELS.index("decline/jobs")] = sure_inside[LABELS.index("faq/cv")] = 0.92
    scores = scope_scores(np.stack([sure_outside, sure_inside]), settings)

    assert scores[0] < settings["thresholds"]["scope"] < scores[1]


def test_a_scope_score_is_a_probability_whatever_the_predictions_are() -> None:
    certain = np.eye(len(LABELS))
    scores = scope_scores(certain, {"scope": [50.0, -80.0, 90.0, 400.0]})

    assert np.isfinite(scores).all()
    assert ((scores >= 0) & (scores <= 1)).all()


def test_the_features_of_scope_are_the_log_odds_of_both_sides_and_of_the_softened_best() -> None:
    shares = np.asarray([[0.2, 0.5, 0.2, 0.05, 0.05]])
    soft = shares[0] ** 0.25 / (shares[0] ** 0.25).sum()
    expected = [1.0, 0.0, np.log(0.2 / 0.8), np.log(soft[1] / (1 - soft[1]))]

    assert calibration.scope_features(shares, OUTSIDE)[0] == pytest.approx(expected, abs=1e-6)


def test_too_few_examples_keep_the_default_thresholds() -> None:
    logits, targets = predictions(1.0, count=12)
    limits = learned(logits, targets)["thresholds"]
    assert limits == {**calibration.THRESHOLDS, "scope": limits["scope"]}
    assert limits["scope"] == calibration.THRESHOLDS["scope"]


def test_the_words_that_name_a_topic_are_those_that_others_lack() -> None:
    texts = ["what is the soap week", "soap rounds please", "when is soap", "soap offers"]
    others = ["what is the cv format", "cv pages please", "when is cv due", "cv advice"]
    targets = np.asarray([LABELS.index("faq/soap")] * 4 + [LABELS.index("faq/cv")] * 4)
    words = calibration.topic_words(texts + others, trained(np.zeros((8, len(LABELS)), np.float32), targets))
    assert "soap" in words["faq/soap"]
    assert "cv" in words["faq/cv"]


def test_the_trained_model_carries_honest_held_out_figures(engine: Engine) -> None:
    held_out = engine.model.settings["held_out"]
    assert held_out["examples"] > 5000
    assert held_out["accuracy"] > 0.78
    assert held_out["expected_calibration_error"] < 0.04


def test_every_topic_of_the_trained_model_has_words_to_read_a_follow_up_behind(engine: Engine) -> None:
    topics = {label for label in engine.model.labels if label.startswith("faq/")}
    assert topics - set(engine.model.settings["topic_words"]) == set()


MESSAGES = [
    "how much does a rotation cost",
    "who won the football game last night",
    "qwertz asdf yxcv",
    "i want to kill myself",
    "hello",
    "?",
    "",
]


@pytest.mark.parametrize("text", MESSAGES)
def test_every_understanding_says_how_surely_it_is_in_scope(understand: Understand, text: str) -> None:
    in_scope = understand(text)["in_scope"]

    assert isinstance(in_scope, float)
    assert 0.0 <= in_scope <= 1.0


def test_a_question_of_ours_is_more_surely_in_scope_than_a_text_unlike_everything(
    understand: Understand,
) -> None:
    ours, other = (understand(text)["in_scope"] for text in MESSAGES[:2])

    assert ours > 0.5 > other
