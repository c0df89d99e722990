"""Room: extensions/nlu. From calibrated scores to an understanding: parts, context, decision.

Change here: how a message is cut into questions, how a follow-up borrows its topic, when the bot acts, asks or
declines. Thresholds are learned in `calibration`, weights of the rules below are explained where they stand.
Must not import Rasa.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from extensions.nlu import segmentation
from extensions.nlu.encoder import SentenceEncoder
from extensions.nlu.intent_model import IntentModel, softmax
from extensions.nlu.language import DEFAULT as ENGLISH
from extensions.nlu.text_normalizer import Prepared

MAX_PARTS = 3
RANKING = 5
# Atoms (smallest pieces) searched for several questions: 6 give at most 21 spans to score.
MAX_ATOMS = 6

FAQ, DECLINE, SAFETY, CHITCHAT = "faq/", "decline/", "safety/", "chitchat/"
# Courtesy around a question is not a question; it is dropped when anything else is said.
COURTESY = frozenset({"chitchat/greet", "chitchat/goodbye", "chitchat/thanks", "chitchat/insult", "affirm", "deny"})
# These may stand beside a question in one message and must not be lost.
JOINABLE_COMMANDS = frozenset({"human", "complaint", "status", "apply", "delete_my_data", "show_my_data"})

_ELLIPTICAL_OPENING = re.compile(
    r"^(?:and|but|so|ok(?:ay)?|then|also|even|or|what about|how about|what if|if|no|not|only|for|in|from|with|why|since|starting|same)\b"
)
_POINTING = re.compile(
    r"\b(?:it|its|that|this|these|those|they|them|their|there|one|ones|other|else|same|such|first one|second one|both|"
    r"afterwards|after that|before that|then|later|instead|too|either|again|here|he|she)\b"
)


@dataclass(frozen=True)
class Context:
    """What the conversation was about before this message; every part may be unknown."""

    topic: str | None = None
    subject: str | None = None
    field: str | None = None

    @classmethod
    def of(cls, metadata: Any) -> "Context":
        """Read `metadata["context"]` of a message; anything malformed counts as unknown."""
        context = metadata.get("context") if isinstance(metadata, dict) else None
        if not isinstance(context, dict):
            return cls()

        def text(key: str) -> str | None:
            value = context.get(key)
            return value.strip()[:80] or None if isinstance(value, str) else None

        return cls(text("topic"), text("subject"), text("form"))


@dataclass
class Part:
    """One question of a message with its calibrated label probabilities [labels]."""

    text: str
    probabilities: np.ndarray
    asks: bool


class Interpreter:
    """Turns prepared messages into the `understanding` of the contract."""

    def __init__(self, model: IntentModel, encoder: SentenceEncoder) -> None:
        """Take a trained model with its learned settings (see `calibration.learn`)."""
        self._model = model
        self._encoder = encoder
        settings = model.settings
        self._labels = model.labels
        self._numbers = {label: index for index, label in enumerate(model.labels)}
        self._temperature = float(settings["temperature"])
        self._thresholds: dict[str, float] = settings["thresholds"]
        self._handles: dict[str, str] = settings.get("handles", {})
        self._scope = np.asarray(settings.get("scope", [0.0, 0.0, 0.0, 0.0]), dtype=np.float64)
        self._declined = np.asarray([label.startswith((DECLINE, SAFETY)) for label in self._labels])
        self._topics = np.asarray([label.startswith(FAQ) for label in self._labels])
        self._safety = {
            label.partition("/")[2]: index for index, label in enumerate(self._labels) if label.startswith(SAFETY)
        }

    # -- scores ------------------------------------------------------------------------------------------------

    def probabilities(self, text: str) -> np.ndarray:
        """Return calibrated probabilities of one normalised text, shape [labels]."""
        return softmax(self._model.logits(text, self._encoder) / self._temperature)

    def _logits(self, text: str) -> np.ndarray:
        return self._model.logits(text, self._encoder) / self._temperature

    def _best(self, probabilities: np.ndarray) -> tuple[str, float]:
        index = int(probabilities.argmax())
        return self._labels[index], float(probabilities[index])

    # -- follow-ups --------------------------------------------------------------------------------------------

    def dependence(self, text: str) -> float:
        """Return how much a text leans on what was said before: 0 (stands alone) to 1 (an ellipsis).

        Feature-based on purpose: there are no labelled dialogues to learn from, and these four signs (length, an
        opening like "and" or "what about", a pointing word, a fragment without a verb of asking) are what an
        ellipsis is.
        """
        words = text.strip(" ?.!").split()
        if not words or len(words) > 14:
            return 0.0
        opening = bool(_ELLIPTICAL_OPENING.match(text))
        pointing = bool(_POINTING.search(text))
        if len(words) > 9 and not (opening and pointing):
            return 0.0
        score = 0.0
        if len(words) <= 3:
            score += 0.45
        elif len(words) <= 6:
            score += 0.25
        elif len(words) <= 9:
            score += 0.1
        if opening:
            score += 0.35
        if pointing:
            score += 0.3
        return min(score, 1.0)

    def _in_context(self, text: str, topic_label: str, subject: str | None) -> np.ndarray:
        """Return logits of a text that may continue a topic.

        The message is read twice: alone, and behind a typical question of the last topic, so that "and is it
        paid?" is classified as "how long is a rotation? and is it paid?". Both readings are averaged by how
        much the message depends on its context, and the last topic and its neighbourhood get a small prior. A new subject, which is
        certain alone, keeps its own reading.
        """
        alone = self._logits(text)
        dependence = self.dependence(text)
        handle = self._handles.get(topic_label)
        if dependence <= 0.0 or handle is None:
            return alone
        own = softmax(alone)
        label, confidence = self._best(own)
        if not label.startswith((FAQ, DECLINE)) and confidence > 0.5 and len(text.split()) <= 4:
            # "yes", "back", "thanks", "help": commands are short and stand alone.
            return alone
        share = self._weights["behind"] * dependence * (1.0 - self._weights["certain"] * max(0.0, confidence - 0.5) * 2)
        behind = self._logits(f"{handle} {text}")
        mixed = (1.0 - share) * alone + share * behind
        place = self._numbers[topic_label]
        mixed = mixed.copy()
        mixed[place] += self._weights["prior"] * dependence
        return mixed

    _weights = {"behind": 0.6, "certain": 0.8, "prior": 1.0}

    # -- parts -------------------------------------------------------------------------------------------------

    def _single(self, text: str, context: Context) -> np.ndarray:
        topic = f"{FAQ}{context.topic}" if context.topic and not context.topic.startswith(FAQ) else context.topic
        if topic in self._numbers:
            return softmax(self._in_context(text, topic, context.subject))
        return self.probabilities(text)

    def _story(self, sentences: list[str], context: Context) -> Part:
        """Read several sentences as one question: the whole and what it asks, half and half."""
        whole = " ".join(sentences)
        asking = [sentence for sentence in sentences if segmentation.asks(sentence)]
        if len(sentences) == 1:
            return Part(whole, self._single(whole, context), bool(asking))
        focus = " ".join(asking[-2:]) if asking else sentences[-1]
        logits = self._logits(whole)
        if focus != whole:
            logits = 0.5 * logits + 0.5 * np.log(self._single(focus, context) + 1e-9)
        return Part(focus if asking else whole, softmax(logits), bool(asking))

    def _atoms(self, sentences: list[str]) -> list[tuple[str, float]]:
        """Return (text, cost of the cut before it) of the smallest pieces, at most MAX_ATOMS."""
        atoms: list[tuple[str, float]] = []
        room = MAX_ATOMS - len(sentences)
        for sentence in sentences:
            start = 0
            cost = _CUT_SENTENCE
            for boundary in segmentation.joiners(sentence) if room > 0 else ():
                if room <= 0:
                    break
                right = sentence[boundary.end :]
                atoms.append((sentence[start : boundary.start], cost))
                cost = _CUT_STRONG if boundary.strong else (
                    _CUT_OPENING if segmentation.opens_question(right) else _CUT_WEAK
                )
                start = boundary.end
                room -= 1
            atoms.append((sentence[start:], cost))
        return atoms

    def _split(self, sentences: list[str], context: Context) -> list[Part]:
        """Return the best way to read the sentences: as one question or as several with different answers.

        Every part earns its confidence and costs a fixed amount for existing, more where the cut is only a
        comma or "and"; so a message is cut only when both sides are clear and different.
        """
        single = self._story(sentences, context)
        atoms = self._atoms(sentences)
        if len(atoms) < 2:
            return [single]
        best_label, best_confidence = self._best(single.probabilities)
        options: dict[int, tuple[float, list[tuple[int, int, Part]]]] = {0: (0.0, [])}
        count = len(atoms)
        for end in range(1, count + 1):
            for start in range(end):
                if start == 0 and end == count:
                    continue
                value, chosen = options[start]
                text = self._span_text(sentences, atoms, start, end)
                if start > 0 and chosen:
                    last = self._best(chosen[-1][2].probabilities)[0]
                    probabilities = self._single(text, Context(last[len(FAQ) :] if last.startswith(FAQ) else None))
                else:
                    probabilities = self._single(text, context)
                label, confidence = self._best(probabilities)
                asks = segmentation.asks(text)
                candidates = [(value, chosen)] if not asks else [(value - 0.25, chosen)]
                taken = {self._best(part.probabilities)[0] for _, _, part in chosen}
                if self._may_be_part(label, text) and label not in taken:
                    gain = confidence - (atoms[start][1] if chosen else _FIRST)
                    if not asks:
                        gain -= _NOT_ASKING
                    candidates.append((value + gain, [*chosen, (start, end, Part(text, probabilities, asks))]))
                elif label in taken:
                    candidates.append((value, chosen))
                top = max(candidates, key=lambda option: option[0])
                if end not in options or top[0] > options[end][0]:
                    options[end] = top
        value, chosen = options[count]
        if len(chosen) >= 2 and value > best_confidence - _FIRST:
            return [part for _, _, part in chosen]
        return [single]

    def _may_be_part(self, label: str, text: str) -> bool:
        return label.startswith((FAQ, DECLINE)) or label in JOINABLE_COMMANDS

    @staticmethod
    def _span_text(sentences: list[str], atoms: list[tuple[str, float]], start: int, end: int) -> str:
        return " ".join(text.strip() for text, _ in atoms[start:end])

    # -- decision ----------------------------------------------------------------------------------------------

    def in_scope(self, probabilities: np.ndarray) -> float:
        """Return the probability that a text is something this assistant handles."""
        inside = float(probabilities[~self._declined].max(initial=0.0))
        outside = float(probabilities[self._declined].sum())
        features = np.asarray([1.0, _logit(inside), _logit(outside), 0.0])
        return float(1.0 / (1.0 + np.exp(-float(features @ self._scope))))

    def _decide(self, part: Part, prepared: Prepared, context: Context) -> str:
        label, confidence = self._best(part.probabilities)
        limits = self._thresholds
        if label.startswith(SAFETY):
            return "act"
        foreign = prepared.language != ENGLISH
        if foreign and label.startswith((FAQ, DECLINE)) and confidence < limits["foreign"]:
            return "fallback"
        if foreign and not prepared.normalized.isascii() and not label.startswith(CHITCHAT):
            return "fallback"
        if label.startswith(DECLINE) and confidence >= limits["decline"]:
            return "decline"
        scope = self.in_scope(part.probabilities)
        if scope < limits["scope"]:
            outside = part.probabilities * self._declined
            return "decline" if float(outside.sum()) >= 0.5 and label.startswith(DECLINE) else "fallback"
        if confidence >= limits["act"]:
            return "act"
        second = float(np.partition(part.probabilities, -2)[-2]) if len(self._labels) > 1 else 0.0
        if confidence - second >= limits["margin"] and confidence >= limits["clarify"]:
            return "act"
        commands = not label.startswith((FAQ, DECLINE, CHITCHAT))
        if context.field and commands:
            return "act" if confidence >= limits["clarify"] else "fallback"
        return "clarify" if confidence >= limits["clarify"] else "fallback"

    def understand(self, prepared: Prepared, metadata: Any = None) -> dict[str, Any]:
        """Return {"understanding": …, "ranking": …, "intent": …, "safety": {kind: probability}} of one message."""
        context = Context.of(metadata)
        sentences = [text for text in prepared.sentences if not segmentation.is_filler(text)]
        if not sentences:
            sentences = list(prepared.sentences) or [prepared.normalized]
        parts = self._split(sentences, context)
        more = [self._best(part.probabilities)[0] for part in parts[MAX_PARTS:]]
        parts = parts[:MAX_PARTS]
        decisions = [self._decide(part, prepared, context) for part in parts]
        if not prepared.normalized:
            decisions = ["fallback"]
        if len(parts) > 1:
            kept = [(part, decision) for part, decision in zip(parts, decisions) if decision in ("act", "decline")]
            if kept:
                parts, decisions = [part for part, _ in kept], [decision for _, decision in kept]
            else:
                parts, decisions = parts[:1], decisions[:1]
        decision = "act" if "act" in decisions else decisions[0]
        described = []
        for part in parts:
            ranking = self._ranking(part.probabilities)
            described.append(
                {"text": part.text, "label": ranking[0][0], "confidence": ranking[0][1], "ranking": ranking}
            )
        label, confidence = described[0]["label"], described[0]["confidence"]
        if decision == "fallback":
            intent = {"name": "nlu_fallback", "confidence": round(1.0 - confidence, 4)}
        else:
            intent = {"name": label.partition("/")[0], "confidence": confidence}
        understanding: dict[str, Any] = {
            "parts": described,
            "decision": decision,
            "safety": None,
            "language": prepared.language,
            "is_question": any(part.asks for part in parts),
        }
        if more:
            understanding["more"] = more
        safety = self.safety_probabilities(prepared, parts)
        return {
            "understanding": understanding,
            "intent": intent,
            "intent_ranking": self._intent_ranking(intent, parts[0].probabilities),
            "safety": safety,
        }

    def safety_probabilities(self, prepared: Prepared, parts: list[Part]) -> dict[str, float]:
        """Return for each kind of harm the highest probability that any sentence, or the whole, reports it."""
        found = {kind: 0.0 for kind in self._safety}
        texts = {prepared.normalized.replace("\n", " "), *prepared.sentences[-8:]}
        rows = [self.probabilities(text) for text in texts if text] + [part.probabilities for part in parts]
        for row in rows:
            for kind, index in self._safety.items():
                found[kind] = max(found[kind], float(row[index]))
        return found

    def _ranking(self, probabilities: np.ndarray) -> list[list[Any]]:
        order = np.argsort(-probabilities, kind="stable")[:RANKING]
        return [[self._labels[index], round(float(probabilities[index]), 4)] for index in order]

    def _intent_ranking(self, intent: dict[str, Any], probabilities: np.ndarray) -> list[dict[str, Any]]:
        """Return Rasa's ranking: probabilities summed by top-level intent, the chosen intent first."""
        sums: dict[str, float] = {}
        for label, probability in zip(self._labels, probabilities):
            name = label.partition("/")[0]
            sums[name] = sums.get(name, 0.0) + float(probability)
        ordered = sorted(sums.items(), key=lambda item: -item[1])[:10]
        rest = [{"name": name, "confidence": round(value, 4)} for name, value in ordered if name != intent["name"]]
        return [intent, *rest][:10]


# What a part must earn to exist, by the kind of cut before it. Tuned on pairs of training questions joined in
# many ways against single questions that hold the same joiners.
_FIRST = 0.5
_CUT_SENTENCE = 0.5
_CUT_STRONG = 0.5
_CUT_OPENING = 0.55
_CUT_WEAK = 0.7
_NOT_ASKING = 0.15


def _logit(probability: float) -> float:
    clipped = min(max(probability, 1e-4), 1.0 - 1e-4)
    return float(np.log(clipped / (1.0 - clipped)))
