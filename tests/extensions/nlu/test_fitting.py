"""How a model is fitted, and that it says while serving what fitting computes of the same features."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from extensions.nlu import fitting
from extensions.nlu.encoder import SentenceEncoder, sentence_encoder
from extensions.nlu.fitting import FEW, MANY, MANY_EXAMPLES, Recipe, Trained, recipe_for, spoken, train
from extensions.nlu.intent_model import COMPARED_LABELS, NEIGHBOURS, IntentModel, SparseFeatures

# Four subjects in many frames: as many examples of a label as a large set has.
SUBJECTS = {
    "faq/rotation_cost": ["price", "fee", "cost", "amount to pay"],
    "faq/housing": ["room", "flat", "bed", "place to sleep"],
    "faq/visa": ["visa", "permit", "entry paper", "stamp"],
    "decline/weather": ["rain", "snow", "sunshine", "storm"],
}
FRAMES = [
    "what about the {}",
    "tell me of the {} please",
    "is there a {} this month",
    "i worry about the {}",
    "when do i hear of the {}",
    "any {} near the hospital",
]


def examples(each: int) -> tuple[list[str], list[str]]:
    """So many texts of each label, and the labels."""
    pairs = [
        (frame.format(word), label)
        for label, words in SUBJECTS.items()
        for frame, word in [(frame, word) for frame in FRAMES for word in words][:each]
    ]
    return [text for text, _ in pairs], [label for _, label in pairs]


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return sentence_encoder()


@pytest.fixture(scope="module")
def many(encoder: SentenceEncoder) -> Trained:
    return train(*examples(MANY_EXAMPLES), encoder)


@pytest.fixture(scope="module")
def few(encoder: SentenceEncoder) -> Trained:
    return train(*examples(5), encoder)


# --- recipes ---


@pytest.mark.parametrize(
    ("counts", "recipe"),
    [
        ([MANY_EXAMPLES - 1] * 3, FEW),
        ([MANY_EXAMPLES] * 3, MANY),
        ([1, 1], FEW),
        ([2, MANY_EXAMPLES, 5000], MANY),
        ([2, MANY_EXAMPLES - 1, 5000], FEW),
        ([MANY_EXAMPLES - 1, MANY_EXAMPLES + 1], MANY),
    ],
)
def test_the_median_of_the_examples_of_a_label_chooses_the_recipe(counts: list[int], recipe: Recipe) -> None:
    assert MANY_EXAMPLES == 20
    assert recipe_for(np.repeat(np.arange(len(counts)), counts)) is recipe


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("faq/rotation_cost", "rotation cost"),
        ("card_arrival", "card arrival"),
        ("Card-Arrival", "card arrival"),
        ("a/b/lost_or_stolen__card?", "lost or stolen card"),
        ("help", "help"),
    ],
)
def test_a_labels_name_is_spoken_as_words(label: str, words: str) -> None:
    assert spoken(label) == words


def test_where_examples_are_few_a_labels_name_is_one_more(few: Trained) -> None:
    assert np.diff(few.model.starts).tolist() == [6] * len(SUBJECTS)


def test_where_examples_are_many_names_do_not_count(many: Trained) -> None:
    assert np.diff(many.model.starts).tolist() == [MANY_EXAMPLES] * len(SUBJECTS)


def test_names_are_no_examples_to_learn_thresholds_from(few: Trained) -> None:
    assert len(few.held_out) == len(few.targets) == 5 * len(SUBJECTS)


# --- serving says what fitting computed ---


def recomputed(texts: list[str], targets: np.ndarray, recipe: Recipe, encoder: SentenceEncoder) -> np.ndarray:
    """The logits of training texts, step by step as fitting makes them: linear model and nearest examples."""
    features = SparseFeatures.learn(texts)
    sparse = features.matrix(texts)
    components = fitting._reduced(sparse, 7).astype(np.float16)
    documents = np.asarray(sparse @ components.T.astype(np.float32))
    dense = np.stack([encoder.encode(text) for text in texts])
    inputs = (np.hstack([dense, documents]) * recipe.scales(components.shape[0])).astype(np.float32)
    with threadpool_limits(limits=1):
        rotation = fitting._Rotation.learn(inputs, recipe.whitening)
    turned = (inputs - rotation.mean) @ rotation.fitted
    places = fitting._unit((inputs - rotation.mean) @ rotation.compared)
    with threadpool_limits(limits=1):
        weights, bias = fitting._fit(turned, targets, recipe)
    classes = int(targets.max()) + 1
    logits: np.ndarray = turned @ weights + bias
    logits += recipe.neighbour_weight * fitting._similarities(places, places, targets, classes)
    return logits


def test_serving_gives_the_logits_that_fitting_computes_where_examples_are_many(
    many: Trained, encoder: SentenceEncoder
) -> None:
    texts, _ = examples(MANY_EXAMPLES)
    expected = recomputed(texts, many.targets, MANY, encoder)
    served = np.stack([many.model.logits(text, encoder) for text in texts])

    assert many.model.neighbour_weight > 0
    # Examples are stored in half precision.
    assert np.abs(served - expected).max() < 0.05
    assert np.abs(expected - expected.mean(axis=1, keepdims=True)).max() > 1


def test_serving_gives_the_logits_that_fitting_computes_where_examples_are_few(
    few: Trained, encoder: SentenceEncoder
) -> None:
    texts, _ = examples(5)
    numbers = np.arange(len(SUBJECTS))
    names = [spoken(label) for label in few.model.labels]
    expected = recomputed(texts + names, np.concatenate([few.targets, numbers]), FEW, encoder)
    served = np.stack([few.model.logits(text, encoder) for text in texts + names])

    assert np.abs(served - expected).max() < 0.05


def test_the_nearest_examples_matter_while_serving(many: Trained, encoder: SentenceEncoder) -> None:
    model = many.model
    texts, _ = examples(MANY_EXAMPLES)
    for text in texts[::9]:
        added = model.logits(text, encoder) - (model.vector(text, encoder) @ model.weights + model.bias)
        # A training text is its own nearest example.
        assert added.max() > 0.5 * model.neighbour_weight
        assert added.max() - added.min() > 0.1 * model.neighbour_weight


# --- the nearest examples ---

SIZES = [1, 2, 3, 40, 1, 7, 2, 5, 1, 12, 4, 9, 2, 30, 6, 3, 8]


@pytest.fixture(scope="module")
def drawn(encoder: SentenceEncoder) -> IntentModel:
    """A model of more labels than are compared, with weights and examples drawn at random."""
    chance = np.random.default_rng(5)
    texts, _ = examples(3)
    features = SparseFeatures.learn(texts)
    inputs, labels = encoder.dimensions + 8, len(SIZES)

    def normal(*shape: int) -> np.ndarray:
        return chance.normal(size=shape).astype(np.float32)

    return IntentModel(
        labels=[f"label_{number}" for number in range(labels)],
        features=features,
        components=normal(len(features.weights), 8).astype(np.float16),
        rotation=normal(inputs, 16),
        centre=normal(16),
        weights=normal(inputs, labels),
        bias=normal(labels),
        examples=fitting._unit(normal(sum(SIZES), 16)),
        starts=np.concatenate([[0], np.cumsum(SIZES)]).astype(np.int64),
        neighbour_weight=3.0,
    )


def plainly(model: IntentModel, text: str, encoder: SentenceEncoder) -> tuple[np.ndarray, np.ndarray]:
    """The linear scores, and the similarity of every label one after the other."""
    vector = model.vector(text, encoder)
    place = vector @ model.rotation - model.centre
    place = place / np.linalg.norm(place)
    similar = []
    for number in range(len(model.labels)):
        own = model.examples[model.starts[number] : model.starts[number + 1]]
        best = sorted((float(example @ place) for example in own), reverse=True)[:NEIGHBOURS]
        similar.append(sum(best) / len(best))
    return vector @ model.weights + model.bias, np.asarray(similar)


ASKED = ["what about the visa", "snow", "any bed near the hospital", "the price of a room", "xyzzy"]


@pytest.mark.parametrize("text", ASKED)
def test_a_likely_label_scores_the_mean_of_its_two_most_similar_examples(
    drawn: IntentModel, encoder: SentenceEncoder, text: str
) -> None:
    linear, similar = plainly(drawn, text, encoder)
    likely = np.argsort(-linear)[:COMPARED_LABELS]
    found = (drawn.logits(text, encoder) - linear) / drawn.neighbour_weight

    assert found[likely] == pytest.approx(similar[likely], abs=1e-4)
    assert len(set(found[likely].round(3))) > COMPARED_LABELS / 2


@pytest.mark.parametrize("text", ASKED)
def test_a_label_that_is_not_compared_gets_the_least_similarity_of_those_that_are(
    drawn: IntentModel, encoder: SentenceEncoder, text: str
) -> None:
    linear, similar = plainly(drawn, text, encoder)
    order = np.argsort(-linear)
    found = (drawn.logits(text, encoder) - linear) / drawn.neighbour_weight
    least = similar[order[:COMPARED_LABELS]].min()

    assert found[order[COMPARED_LABELS:]] == pytest.approx([least] * (len(SIZES) - COMPARED_LABELS), abs=1e-4)


def test_a_label_of_one_example_counts_that_one(drawn: IntentModel, encoder: SentenceEncoder) -> None:
    compared = 0
    for text in ASKED:
        linear, similar = plainly(drawn, text, encoder)
        found = (drawn.logits(text, encoder) - linear) / drawn.neighbour_weight
        for label in np.argsort(-linear)[:COMPARED_LABELS]:
            if SIZES[label] == 1:
                compared += 1
                assert found[label] == pytest.approx(similar[label], abs=1e-4)
    assert compared >= len(ASKED)


def test_a_label_without_examples_is_unlike_everything(drawn: IntentModel) -> None:
    few_labels = IntentModel(
        labels=["a", "b"],
        features=drawn.features,
        components=drawn.components,
        rotation=drawn.rotation,
        centre=drawn.centre,
        weights=drawn.weights[:, :2],
        bias=drawn.bias[:2],
        examples=drawn.examples[:3],
        starts=np.asarray([0, 3, 3]),
        neighbour_weight=1.0,
    )
    place = drawn.examples[0]
    own = np.sort(drawn.examples[:3] @ place)[-NEIGHBOURS:].mean()

    assert few_labels._nearest(place, np.zeros(2)) == pytest.approx([own, -1.0], abs=1e-5)
