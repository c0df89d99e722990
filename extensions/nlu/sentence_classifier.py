"""Room: extensions/nlu. Rasa graph component: trains and runs the intent model, fills intent and
`understanding`.

Change here: how Rasa calls the model. Features live in intent_model, fitting in fitting, thresholds in
calibration, parts and context in interpreter. Must not import TensorFlow; scikit-learn and scipy only while
training.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from extensions.nlu import calibration, encoder, fitting, intent_model, sources
from extensions.nlu.interpreter import Interpreter
from extensions.nlu.normalizer import MessageNormalizer, prepared_of
from extensions.nlu.text_normalizer import Prepared

UNDERSTANDING = "understanding"
SAFETY_PROBABILITIES = "safety_probabilities"
NOT_UNDERSTOOD = "nlu_fallback"

logger = logging.getLogger(__name__)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SentenceClassifier(GraphComponent):
    """Classifies messages by sentence vectors and a calibrated linear model."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults: the seed of folds and SVD."""
        return {"seed": 7}

    @classmethod
    def required_components(cls) -> list[type]:
        """The normaliser prepares what is classified."""
        return [MessageNormalizer]

    @staticmethod
    def required_packages() -> list[str]:
        """Return what has to be importable."""
        return ["onnxruntime", "tokenizers"]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Return the hashes of the encoder and of this room's code, which Rasa's cache cannot see by
        itself.
        """
        return f"{encoder.fingerprint()}:{sources.fingerprint()}"

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        """Hold where to store; the model itself is trained or read."""
        self._config = {**self.get_default_config(), **config}
        self._storage = storage
        self._resource = resource
        self._interpreter: Interpreter | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "SentenceClassifier":
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
    ) -> "SentenceClassifier":
        """Read a trained model and the encoder.

        Raises:
            ModelError: the model was stored and cannot be used.
            WeightsError: the encoder is absent or is not the pinned one.
        """
        component = cls(config, model_storage, resource)
        try:
            with model_storage.read_from(resource) as folder:
                model = intent_model.IntentModel.read(Path(folder))
        except ValueError:
            logger.warning(
                "No trained intent model was found; every message will be answered as not understood."
            )
            return component
        component._interpreter = Interpreter(model, encoder.sentence_encoder())
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Train on all examples that have a text and an intent, calibrate on held-out predictions, and
        store.
        """
        texts: list[str] = []
        labels: list[str] = []
        for example in training_data.intent_examples:
            prepared = prepared_of(example)
            text = (
                prepared.normalized.replace("\n", " ") if prepared else str(example.get(TEXT) or "").lower()
            )
            label = example.get(INTENT_RESPONSE_KEY) or example.get(INTENT)
            if text and label:
                texts.append(text)
                labels.append(str(label))
        if len(set(labels)) < 2:
            logger.warning("There are fewer than two intents with examples; the intent model is not trained.")
            return self._resource
        # Files come in the order of the disk; the same examples are to give the same model everywhere.
        pairs = sorted(zip(labels, texts))
        labels, texts = [label for label, _ in pairs], [text for _, text in pairs]
        sentences = encoder.sentence_encoder()
        trained = fitting.train(texts, labels, sentences, seed=int(self._config["seed"]))
        trained.model.settings = calibration.learn(trained, texts)
        with self._storage.write_to(self._resource) as folder:
            trained.model.save(Path(folder))
        held_out = trained.model.settings["held_out"]
        logger.info(
            "Trained %d labels on %d examples; held-out accuracy %.3f, calibration error %.3f.",
            len(trained.model.labels),
            held_out["examples"],
            held_out["accuracy"],
            held_out["expected_calibration_error"],
        )
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Fill `intent`, `intent_ranking` and `understanding` of each message."""
        for message in messages:
            if message.get(TEXT) is None:
                continue
            prepared = prepared_of(message)
            if prepared is None:
                text = str(message.get(TEXT)).lower()
                prepared = Prepared(text, text, (text,), "en", ())
            if self._interpreter is None:
                understood = _nothing(prepared)
            else:
                understood = self._interpreter.understand(prepared, message.get("metadata"))
            message.set("intent", understood["intent"], add_to_output=True)
            message.set("intent_ranking", understood["intent_ranking"], add_to_output=True)
            message.set(UNDERSTANDING, understood["understanding"], add_to_output=True)
            message.set(SAFETY_PROBABILITIES, understood["safety"])
        return messages


def _nothing(prepared: Prepared) -> dict[str, Any]:
    """Return the understanding of a component that was never trained."""
    intent = {"name": NOT_UNDERSTOOD, "confidence": 1.0}
    return {
        "intent": intent,
        "intent_ranking": [intent],
        "understanding": {
            "parts": [],
            "decision": "fallback",
            "safety": None,
            "language": prepared.language,
            "is_question": False,
            "in_scope": 0.0,
        },
        "safety": {},
    }
