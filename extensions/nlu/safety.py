"""Room: extensions/nlu. Rasa graph component: crisis, emergency and harassment, before everything else.

Change here: how phrases and classifier are combined. Phrases live in safety_phrases. Runs last in the pipeline,
so that its word is final; it looks at every message, in the middle of a form too.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from extensions.nlu import safety_phrases
from extensions.nlu.cleaning import clean
from extensions.nlu.normalizer import prepared_of
from extensions.nlu.sentence_classifier import SAFETY_PROBABILITIES, UNDERSTANDING, SentenceClassifier

# From which calibrated probability on the classifier alone raises the alarm. Crisis is tuned for recall; the other
# two have neighbours (medical questions, complaints) that are also met with care.
ALONE = {"crisis": 0.3, "emergency": 0.5, "harassment": 0.5}
# Behind a figure of speech ("this exam is killing me") the classifier alone must be nearly certain.
ALONE_WITH_FIGURE = 0.85
# From this probability on, the classifier counts as agreeing with a phrase.
AGREES = 0.2


def judge(texts: list[str], probabilities: dict[str, float], alone: dict[str, float] = ALONE) -> dict[str, str] | None:
    """Return {"kind", "by"} of the gravest harm that phrases or classifier report, or None.

    Args:
        texts: versions of the message (as typed, as spelled).
        probabilities: for each kind the classifier's highest probability over sentences.
        alone: limits for the classifier without a phrase.
    """
    phrase, figurative = safety_phrases.find(texts)
    for kind in safety_phrases.KINDS:
        probability = probabilities.get(kind, 0.0)
        if phrase == kind:
            return {"kind": kind, "by": "both" if probability >= AGREES else "phrase"}
        limit = max(alone[kind], ALONE_WITH_FIGURE) if figurative else alone[kind]
        if probability >= limit:
            return {"kind": kind, "by": "classifier"}
    return None


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
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
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
            verdict = judge(versions, probabilities, self._alone)
            if verdict is not None:
                self._take_over(message, verdict, probabilities.get(verdict["kind"], 0.0), versions[-1])
        return messages

    @staticmethod
    def _take_over(message: Message, verdict: dict[str, str], probability: float, text: str) -> None:
        understanding = dict(message.get(UNDERSTANDING) or {})
        label = f"safety/{verdict['kind']}"
        confidence = round(probability if verdict["by"] == "classifier" else max(probability, 0.99), 4)
        first = (understanding.get("parts") or [{"ranking": []}])[0]
        ranking = [[label, confidence], *[pair for pair in first["ranking"] if pair[0] != label]][:5]
        understanding["parts"] = [{"text": text, "label": label, "confidence": confidence, "ranking": ranking}]
        understanding["decision"] = "act"
        understanding["safety"] = verdict
        understanding.setdefault("language", "en")
        understanding.setdefault("is_question", False)
        understanding.pop("more", None)
        intent = {"name": "safety", "confidence": confidence}
        others = [entry for entry in message.get("intent_ranking") or [] if entry.get("name") != "safety"]
        message.set("intent", intent, add_to_output=True)
        message.set("intent_ranking", [intent, *others][:10], add_to_output=True)
        message.set(UNDERSTANDING, understanding, add_to_output=True)
