"""A trained engine is stored as arrays and JSON, never as a pickle, and reads back as it was."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from extensions.nlu.encoder import sentence_encoder
from extensions.nlu.engine import Engine
from extensions.nlu.fitting import train
from extensions.nlu.intent_model import IntentModel, ModelError, SparseFeatures

TEXTS = {
    "faq/cost": [
        "what is the price",
        "how much is it",
        "fee of the course",
        "is it expensive",
        "cost please",
    ],
    "faq/place": [
        "where is it",
        "which city",
        "the address please",
        "what town is that",
        "how do i get there",
    ],
    "decline/weather": [
        "will it rain",
        "is it sunny today",
        "how hot is it outside",
        "weather now",
        "any snow",
    ],
}
ASKED = ["how much must i pay", "in which town", "does it rain", "prise of it plz"]


@pytest.fixture(scope="module")
def small() -> Engine:
    """An engine trained here, on fifteen sentences."""
    pairs = [(text, label) for label, texts in TEXTS.items() for text in texts]
    return Engine.train([text for text, _ in pairs], [label for _, label in pairs])


@pytest.fixture
def stored(small: Engine, tmp_path: Path) -> Path:
    small.save(tmp_path)
    return tmp_path


def test_a_few_examples_are_enough_to_learn_from(small: Engine) -> None:
    assert [small.understand(text)["understanding"]["parts"][0]["label"] for text in ASKED[:3]] == [
        "faq/cost",
        "faq/place",
        "decline/weather",
    ]


@pytest.fixture(scope="module")
def back(small: Engine, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The same engine out of an archive, as Rasa packs one, whose paths lead astray."""
    folder = tmp_path_factory.mktemp("archive")
    small.save(folder / "model")
    with tarfile.open(folder / "model.tar.gz", "w:gz") as packed:
        for path in (folder / "model").iterdir():
            packed.add(path, f"../../components/train/{path.name}")
        astray = tarfile.TarInfo("../../astray.txt")
        astray.size = 4
        packed.addfile(astray, io.BytesIO(b"evil"))
    engine = Engine.read(folder / "model.tar.gz")
    assert not list(folder.parent.rglob("astray.txt"))
    return engine


@pytest.mark.parametrize("text", ASKED)
def test_what_is_read_back_understands_as_what_was_stored(small: Engine, back: Engine, text: str) -> None:
    before, after = (one.understand(text)["understanding"]["parts"][0] for one in (small, back))
    assert [label for label, _ in after["ranking"]] == [label for label, _ in before["ranking"]]
    assert [share for _, share in after["ranking"]] == pytest.approx(
        [share for _, share in before["ranking"]], abs=2e-3
    )


def test_training_twice_gives_the_same_model(small: Engine) -> None:
    pairs = [(text, label) for label, texts in TEXTS.items() for text in texts]
    prepared = [small.normalizer.prepare(text).normalized for text, _ in pairs]
    again = train(prepared, [label for _, label in pairs], sentence_encoder()).model
    assert np.allclose(again.weights, small.model.weights, atol=1e-4)


def test_nothing_stored_is_a_pickle(stored: Path) -> None:
    assert sorted(path.name for path in stored.iterdir()) == [
        "intent_model.json",
        "intent_model.npz",
        "normalizer.json",
    ]
    with np.load(stored / "intent_model.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)


def test_arrays_with_objects_in_them_are_refused(stored: Path) -> None:
    with np.load(stored / "intent_model.npz") as arrays:
        content = {name: arrays[name] for name in arrays.files}
    content["bias"] = np.asarray([{"a": 1}], dtype=object)
    np.savez(stored / "intent_model.npz", **content)
    with pytest.raises(ModelError, match="train again"):
        IntentModel.read(stored)


@pytest.mark.parametrize("name", ["intent_model.json", "intent_model.npz"])
def test_an_absent_file_is_told_with_what_to_do(stored: Path, name: str) -> None:
    (stored / name).unlink()
    with pytest.raises(ModelError, match="rasa train"):
        IntentModel.read(stored)


@pytest.mark.parametrize("name", ["intent_model.json", "intent_model.npz", "normalizer.json"])
def test_a_broken_file_is_told_with_what_to_do(stored: Path, name: str) -> None:
    (stored / name).write_bytes((stored / name).read_bytes()[:40])
    reads = Engine.read if name == "normalizer.json" else IntentModel.read
    with pytest.raises(ModelError, match="train"):
        reads(stored)


def test_a_model_of_another_format_is_refused(stored: Path) -> None:
    content = json.loads((stored / "intent_model.json").read_text())
    (stored / "intent_model.json").write_text(json.dumps({**content, "format": "1"}))
    with pytest.raises(ModelError, match="another format"):
        IntentModel.read(stored)


def test_files_of_two_models_do_not_fit_together(stored: Path) -> None:
    content = json.loads((stored / "intent_model.json").read_text())
    content["labels"] = content["labels"][:-1]
    (stored / "intent_model.json").write_text(json.dumps(content))
    with pytest.raises(ModelError, match="belong together"):
        IntentModel.read(stored)


def test_one_label_alone_cannot_be_trained() -> None:
    with pytest.raises(ModelError, match="at least two"):
        train(["a", "b"], ["same", "same"], sentence_encoder())


def test_sparse_features_are_those_of_scikit_learn() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [text for listed in TEXTS.values() for text in listed]
    ours = SparseFeatures.learn(texts)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4)).fit(texts)
    words = TfidfVectorizer(ngram_range=(1, 2)).fit(texts)
    text = "how much is the price"
    columns, values = ours.row(text)
    block = dict(zip(_terms(ours, columns), values, strict=True))
    for learned in (characters, words):
        row = learned.transform([text]).tocoo()
        names = learned.get_feature_names_out()
        for column, value in zip(row.col, row.data, strict=True):
            assert block.pop((learned is words, names[column])) == pytest.approx(value, abs=1e-5)
    assert block == {}


def _terms(features: SparseFeatures, columns: np.ndarray) -> list[tuple[bool, str]]:
    names = {
        column: (bool(place), term)
        for place, terms in enumerate(features.terms)
        for term, column in terms.items()
    }
    return [names[int(column)] for column in columns]
