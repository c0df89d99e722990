"""Room: extensions/nlu. Rasa graph component: crisis, emergency and harassment, before everything else.

Change here: only how Rasa calls the judgement (harm) over phrases (safety_phrases) and classifier. Runs last
in the pipeline, so that its word is final; it looks at every message, in the middle of a form too.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from extensions.nlu.cleaning import clean
from extensions.nlu.harm import ALONE, settle
from extensions.nlu.normalizer import prepared_of
from extensions.nlu.sentence_classifier import SAFETY_PROBABILITIES, UNDERSTANDING, SentenceClassifier

_FILLED = ("intent", "intent_ranking", UNDERSTANDING)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class SafetyDetector(GraphComponent):
    """Sets `understanding.safety` and makes the intent `safety` when a message reports harm."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults: the classifier's own limits for each kind."""
        return {"alone": dict(ALONE)}

    @classmethod
    def required_components(cls) -> list[type]:
        """The classifier's probabilities are the second witness."""
        return [SentenceClassifier]

    def __init__(self, config: dict[str, Any]) -> None:
        """Take the limits from the configuration."""
        self._alone = {**ALONE, **(config.get("alone") or {})}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "SafetyDetector":
        """Create the component; nothing is trained."""
        return cls({**cls.get_default_config(), **config})

    def process(self, messages: list[Message]) -> list[Message]:
        """Judge messages; a reported harm replaces every other reading."""
        for message in messages:
            text = message.get(TEXT)
            if text is None:
                continue
            prepared = prepared_of(message)
            versions = [prepared.cleaned, prepared.normalized] if prepared else [clean(str(text))]
            probabilities = message.get(SAFETY_PROBABILITIES) or {}
            language = prepared.language if prepared else "en"
            understood = {key: message.get(key) for key in _FILLED}
            if settle(understood, versions, probabilities, self._alone, language):
                for key in _FILLED:
                    message.set(key, understood[key], add_to_output=True)
        return messages
