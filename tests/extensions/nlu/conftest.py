"""The trained engine without Rasa: read once from the newest model, asked by the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from extensions.nlu.engine import Engine
from extensions.nlu.gazetteer import Gazetteer
from extensions.nlu.spelling import SpellingCorrector
from extensions.nlu.text_normalizer import TextNormalizer
from extensions.nlu.vocabulary import Vocabulary, load
from extensions.nlu.weights import repository_root

Understand = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return load()


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The newest model of models/, as `rasa train` wrote it."""
    archives = sorted((repository_root() / "models").glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    assert archives, "These tests need a trained model: run `make train`."
    return Engine.read(archives[-1])


@pytest.fixture(scope="session")
def normalizer(engine: Engine) -> TextNormalizer:
    return engine.normalizer


@pytest.fixture(scope="session")
def speller(engine: Engine) -> SpellingCorrector:
    return engine.normalizer._speller


@pytest.fixture(scope="session")
def gazetteer(vocabulary: Vocabulary) -> Gazetteer:
    return Gazetteer(vocabulary)


@pytest.fixture(scope="session")
def understand(engine: Engine) -> Understand:
    """A message's understanding; what was talked about before as keywords (`topic`, `subject`, `form`)."""

    def ask(text: str, **context: str | None) -> dict[str, Any]:
        known = {"topic": None, "subject": None, "form": None} | context
        understanding: dict[str, Any] = engine.understand(text, known)["understanding"]
        return understanding

    return ask


def labels(understanding: dict[str, Any]) -> list[str]:
    """The label of each question found, in order."""
    return [part["label"] for part in understanding["parts"]]
