"""Room: extensions/nlu. Rasa graph component: prepares each message for the classifier (see text_normalizer).

Change here: only how Rasa calls the normaliser. The message text itself is never changed; what was prepared
is carried under PREPARED and does not leave Rasa.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from extensions.nlu import sources
from extensions.nlu.cleaning import MAX_CHARACTERS
from extensions.nlu.text_normalizer import Prepared, TextNormalizer
from extensions.nlu.vocabulary import Vocabulary, load
from extensions.nlu.weights import ENGLISH_WORDS, MINILM_TOKENIZER

PREPARED = "prepared"
_STATE = "normalizer.json"


def prepared_of(message: Message) -> Prepared | None:
    """Return what the normaliser put into a message, or None when it did not run."""
    stored = message.get(PREPARED)
    if not isinstance(stored, dict):
        return None
    return Prepared(
        stored["cleaned"],
        stored["normalized"],
        tuple(stored["sentences"]),
        stored["language"],
        tuple((word, corrected) for word, corrected in stored["words"]),
        noise=bool(stored.get("noise")),
    )


def form_field(message: Message) -> str | None:
    """Return the form field that the channel says is being asked for, if any."""
    metadata = message.get("metadata")
    context = metadata.get("context") if isinstance(metadata, dict) else None
    field = context.get("form") if isinstance(context, dict) else None
    return field if isinstance(field, str) and field else None


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class MessageNormalizer(GraphComponent):
    """Cleans, spells and segments messages; training teaches it the bot's own words."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults: `vocabulary` is a folder (the repository's own when null)."""
        return {"max_characters": MAX_CHARACTERS, "vocabulary": None}

    @classmethod
    def required_components(cls) -> list[type]:
        """Nothing has to run before."""
        return []

    @staticmethod
    def required_packages() -> list[str]:
        """Return what has to be importable."""
        return ["tokenizers"]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Return the vocabulary's and word lists' hashes: Rasa retrains when one of them changed."""
        hashes = (
            _vocabulary(config).sha256,
            MINILM_TOKENIZER.sha256,
            ENGLISH_WORDS.sha256,
            sources.fingerprint(),
        )
        return ":".join(hashes)

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        """Hold where to store; the normaliser itself is learned or read."""
        self._config = {**self.get_default_config(), **config}
        self._storage = storage
        self._resource = resource
        self._normalizer: TextNormalizer | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "MessageNormalizer":
        """Create an untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "MessageNormalizer":
        """Read a trained component; an absent one falls back to words known from the vocabulary alone."""
        component = cls(config, model_storage, resource)
        vocabulary = _vocabulary(component._config)
        try:
            with model_storage.read_from(resource) as folder:
                state = json.loads((Path(folder) / _STATE).read_text(encoding="utf-8"))
            component._normalizer = TextNormalizer.restore(state, vocabulary)
        except ValueError:
            component._normalizer = TextNormalizer.learn([], vocabulary)
        component._normalizer.max_characters = int(component._config["max_characters"])
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the bot's own words from the training examples and store them."""
        texts = [example.get(TEXT) for example in training_data.training_examples if example.get(TEXT)]
        normalizer = TextNormalizer.learn(texts, _vocabulary(self._config))
        with self._storage.write_to(self._resource) as folder:
            (Path(folder) / _STATE).write_text(
                json.dumps(normalizer.state(), ensure_ascii=False), encoding="utf-8"
            )
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Prepare the training examples just as messages are prepared."""
        self._prepare(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Prepare messages."""
        self._prepare(messages)
        return messages

    def _prepare(self, messages: list[Message]) -> None:
        normalizer = self._normalizer
        if normalizer is None:
            normalizer = self._normalizer = TextNormalizer.learn([], _vocabulary(self._config))
        for message in messages:
            text = message.get(TEXT)
            if text is None:
                continue
            message.set(PREPARED, normalizer.prepare(str(text), form_field(message)).as_dict())


def _vocabulary(config: dict[str, Any]) -> Vocabulary:
    folder = config.get("vocabulary")
    return load(Path(folder) if folder else None)
