"""Room: extensions/nlu. From calibrated scores to an understanding: parts, context, decision.

Change here: how a message is cut into questions, how a follow-up borrows its topic, when the bot acts, asks
or declines. Thresholds are learned in `calibration`, weights of the rules below are explained where they
stand. Must not import Rasa.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from extensions.nlu import limit_phrases, segmentation
from extensions.nlu.calibration import SCOPE_WEIGHTS, THRESHOLDS, log_odds, scope_features, scope_score
from extensions.nlu.encoder import SentenceEncoder
from extensions.nlu.intent_model import IntentModel, softmax
from extensions.nlu.language import DEFAULT as ENGLISH
from extensions.nlu.safety_phrases import shows_distress
from extensions.nlu.text_normalizer import MIXED_WITH_ENGLISH, Prepared

MAX_PARTS = 3
RANKING = 5
# Noise is answered only when it is an example almost to the letter, such as a greeting in another language.
SURE_OF_NOISE = 0.95
# From when on a message that looks most like harm is answered as such without a word of distress in it.
SURE_OF_HARM = 0.6
# Atoms (smallest pieces) searched for several questions: 5 give at most 15 spans to score.
MAX_ATOMS = 5

UNSAFE, CRISIS = "decline/unsafe_input", "safety/crisis"
# Limits that are told whatever stands beside them.
ALWAYS_TOLD = frozenset(
    {
        UNSAFE,
        "decline/guarantee",
        "decline/legal_advice",
        "decline/medical_advice",
        "decline/misconduct",
    }
)
FAQ, DECLINE, SAFETY, CHITCHAT = "faq/", "decline/", "safety/", "chitchat/"
# Courtesy around a question is not a question; it is dropped when anything else is said.
COURTESY = frozenset(
    {"chitchat/greet", "chitchat/goodbye", "chitchat/thanks", "chitchat/insult", "affirm", "deny"}
)
# Labels whose replies say the same: when they share the probability of a message, there is nothing to ask
# about.
KIN = (
    ("faq/does_chha_guarantee_match", "decline/guarantee"),
    ("faq/application_status", "status"),
    ("faq/contact_human", "human"),
    ("faq/about_the_bot", "chitchat/bot_challenge"),
    ("faq/chha_services", "chitchat/capabilities"),
)
# Said about an open form; without one they are rarely meant ("and if I cancel later?" asks about refunds).
FORM_COMMANDS = frozenset({"back", "skip", "change_answer", "explain_why", "stop_form", "restart_form"})
# "Why do you need this?" asks about a question of the form, and about the last answer where none is open.
NEVER_WITHOUT_FORM = "explain_why"
# These may stand beside a question in one message and must not be lost.
JOINABLE_COMMANDS = frozenset({"human", "complaint", "status", "apply", "delete_my_data", "show_my_data"})

_ELLIPTICAL_OPENING = re.compile(
    r"^(?:and|but|so|ok(?:ay)?|then|also|even|or|what about|how about|what if|if|no|not|only|for|in|from"
    r"|with|why|since|starting|same)\b"
)
_POINTING = re.compile(
    r"\b(?:it|its|that|this|these|those|they|them|their|there|one|ones|other|else|same|such|first one"
    r"|second one|both|"
    r"afterwards|after that|before that|then|later|too|either|again|he|she)\b"
)


@dataclass(frozen=True)
class Context:
    """What the conversation was about before this message; every part may be unknown."""

    topic: str | None = None
    subject: str | None = None
    field: str | None = None
    known: bool = False  # whether the channel said anything at all
    inside: bool = False  # whether the topic is that of an earlier question of the same message

    @property
    def label(self) -> str | None:
        """The full label of the topic."""
        return f"{FAQ}{self.topic.removeprefix(FAQ)}" if self.topic else None

    @classmethod
    def of(cls, metadata: Any) -> "Context":
        """Read `metadata["context"]` of a message; anything malformed counts as unknown."""
        context = metadata.get("context") if isinstance(metadata, dict) else None
        if not isinstance(context, dict):
            return cls()

        def text(key: str) -> str | None:
            value = context.get(key)
            return value.strip()[:80] or None if isinstance(value, str) else None

        return cls(text("topic"), text("subject"), text("form"), "form" in context)


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
        self._thresholds: dict[str, float] = {**THRESHOLDS, **settings["thresholds"]}
        self._topic_words: dict[str, str] = settings.get("topic_words", {})
        self._scope = np.asarray(settings.get("scope", SCOPE_WEIGHTS), dtype=np.float64)
        self._declined = np.asarray([label.startswith((DECLINE, SAFETY)) for label in self._labels])
        self._kin: list[list[int]] = [
            [
                self._numbers[other]
                for pair in KIN
                if label in pair
                for other in pair
                if other != label and other in self._numbers
            ]
            for label in self._labels
        ]
        # What is refused in the words of a topic is no sign that the topic is not meant.
        self._outside = self._declined & np.asarray([not kin for kin in self._kin])
        # Added to the logits when the channel says whether a form is open.
        self._without_form = np.asarray(
            [
                -2.0 * (label in FORM_COMMANDS) - 10.0 * (label == NEVER_WITHOUT_FORM)
                for label in self._labels
            ],
            dtype=np.float32,
        )
        self._with_form = np.asarray(
            [
                1.0 * (label in FORM_COMMANDS or label == "help") - 2.0 * (label == "resume")
                for label in self._labels
            ],
            dtype=np.float32,
        )
        self._safety = {
            label.partition("/")[2]: index
            for index, label in enumerate(self._labels)
            if label.startswith(SAFETY)
        }

    # -- scores
    # ------------------------------------------------------------------------------------------------

    def probabilities(self, text: str) -> np.ndarray:
        """Return calibrated probabilities of one normalised text, shape [labels]."""
        return softmax(self._model.logits(text, self._encoder) / self._temperature)

    def _logits(self, text: str) -> np.ndarray:
        return self._model.logits(text, self._encoder) / self._temperature

    def _best(self, probabilities: np.ndarray) -> tuple[str, float]:
        """Return the likeliest label and its probability, together with its kin's."""
        index = int(probabilities.argmax())
        return self._labels[index], float(
            probabilities[index] + sum(probabilities[kin] for kin in self._kin[index])
        )

    # -- follow-ups
    # --------------------------------------------------------------------------------------------

    @staticmethod
    def dependence(text: str) -> float:
        """Return how much a text leans on what was said before: 0 (stands alone) to 1 (an ellipsis).

        Feature-based on purpose: there are no labelled dialogues to learn from, and these signs (length, an
        opening like "and" or "what about", a pointing word) are what an ellipsis is. Their weights were
        searched on the follow-ups of tests/extensions/nlu/sets, against questions with a random topic before
        them.
        """
        count = len(text.strip(" ?.!").split())
        opening = bool(_ELLIPTICAL_OPENING.match(text))
        pointing = bool(_POINTING.search(text))
        if not count or count > 14 or (count > 9 and not (opening and pointing)):
            return 0.0
        score = 0.5 if count <= 3 else 0.45 if count <= 6 else 0.3 if count <= 9 else 0.0
        return min(score + 0.15 * opening + 0.3 * pointing, 1.0)

    def _in_context(self, text: str, context: Context) -> np.ndarray:
        """Return logits of a text that may continue the topic of its context.

        The message is read twice: alone, and behind the words that name the last topic, so that "and is it
        paid?" is classified as "observership is it paid?". Both readings are averaged by how much the message
        leans on its context, and the last topic gets a bonus that fades as the message is certain alone. A
        new subject is certain alone, so it keeps its own reading and drops the old one.
        """
        alone = self._logits(text)
        dependence = self.dependence(text)
        words = self._topic_words.get(context.label or "")
        if dependence <= 0.0 or words is None:
            return alone
        label, confidence = self._best(softmax(alone))
        if not label.startswith((FAQ, DECLINE)) and confidence > _CLEAR_COMMAND and len(text.split()) <= 4:
            # "yes", "back", "thanks", "help": commands are short and stand alone.
            return alone
        if confidence >= _SURE_ALONE and dependence <= _MERELY_SHORT:
            return alone  # the second reading would cost as much as the first and change nothing
        doubt = 1.0 - 2.0 * max(0.0, confidence - 0.5)
        share = _BEHIND * dependence * (1.0 - _CERTAIN * (1.0 - doubt))
        rest = _LEADING.sub("", text)
        mixed: np.ndarray = (1.0 - share) * alone + share * self._logits(f"{words} {rest}")
        if not context.inside:
            mixed[self._numbers[context.label or ""]] += _BONUS * dependence * doubt
        return mixed

    # -- parts
    # -------------------------------------------------------------------------------------------------

    def _single(self, text: str, context: Context) -> np.ndarray:
        """Return the probabilities of a text in its context."""
        logits = self._in_context(text, context) if context.label in self._numbers else self._logits(text)
        if context.field:
            logits = logits + self._with_form
        elif context.known:
            logits = logits + self._without_form
            if context.label in self._numbers and _WHY.match(text):
                # Where no form asks, "why?" asks on about what was answered.
                logits[self._numbers[context.label]] = logits.max() + _WHY_WORTH
        named = [self._numbers[label] for label in limit_phrases.named(text) if label in self._numbers]
        if named:
            logits = logits.copy()  # the model keeps what it gave
            logits[named] += _PHRASE
        return self._as_topic(softmax(logits))

    def _as_topic(self, probabilities: np.ndarray) -> np.ndarray:
        """Let a topic go before the limit that says the same, where it is not out of the question.

        "Do I get a seat for sure?" asks; the topic's answer has sources, the limit is for those who demand.
        """
        best = int(probabilities.argmax())
        if self._labels[best].startswith(DECLINE):
            for kin in self._kin[best]:
                if self._labels[kin].startswith(FAQ) and probabilities[kin] >= _ASKED:
                    probabilities[[best, kin]] = probabilities[[kin, best]]
        return probabilities

    def _whole(self, sentences: list[str], context: Context) -> Part:
        """Read everything as one question; of a long story its end, because there it asks."""
        start = len(sentences) - 1
        words = len(sentences[start].split())
        while start > 0 and words + len(sentences[start - 1].split()) <= _READ_WORDS:
            start -= 1
            words += len(sentences[start].split())
        whole = " ".join(sentences[start:])
        asking = [sentence for sentence in sentences if segmentation.asks(sentence)]
        return Part(whole, self._single(whole, context), bool(asking))

    def _atoms(self, sentences: list[str]) -> list[tuple[str, float]]:
        """Return (text, cost of the cut before it) of the smallest pieces, at most MAX_ATOMS.

        Sentences that follow each other without asking are one piece: they tell a story.
        """
        atoms: list[tuple[str, float]] = []
        room = MAX_ATOMS - len(sentences)
        for sentence in sentences:
            start = 0
            cost = _CUT_SENTENCE
            for boundary in segmentation.joiners(sentence) if room > 0 else ():
                if room <= 0:
                    break
                atoms.append((sentence[start : boundary.start].strip(), cost))
                cost = _CUT[boundary.kind]
                start = boundary.end
                room -= 1
            atoms.append((sentence[start:].strip(), cost))
        merged: list[tuple[str, float]] = []
        for text, cost in atoms:
            if (
                merged
                and len(atoms) > MAX_ATOMS
                and not segmentation.asks(text)
                and not segmentation.asks(merged[-1][0])
            ):
                merged[-1] = (f"{merged[-1][0]} {text}", merged[-1][1])
            else:
                merged.append((text, cost))
        while len(merged) > MAX_ATOMS:
            merged[:2] = [(f"{merged[0][0]} {merged[1][0]}", merged[0][1])]
        return merged

    def _split(self, sentences: list[str], context: Context) -> list[Part]:
        """Return the best way to read the sentences: as one question or as several with different answers.

        Every part earns its confidence and costs a fixed amount for existing, more where the cut is only a
        comma or "and"; so a message is cut only when both sides are clear and different. What only tells
        something may be left out, and goes along with the question beside it when that makes it clearer.
        """
        single = self._whole(sentences, context)
        atoms = self._atoms(sentences)
        questions = sum(segmentation.asks(text) for text, _ in atoms)
        _, best_confidence = self._best(single.probabilities)
        if len(atoms) < 2 or questions == 0 or (questions == 1 and best_confidence >= _CERTAIN_WHOLE):
            return [single]
        options: dict[int, tuple[float, list[Part]]] = {0: (0.0, [])}
        count = len(atoms)
        for end in range(1, count + 1):
            for start in range(end):
                if start == 0 and end == count:
                    continue
                value, chosen = options[start]
                text = " ".join(piece for piece, _ in atoms[start:end])
                asks = segmentation.asks(text)
                candidates = [(value - _UNANSWERED if asks else value, chosen)]
                if asks or len(text.split()) <= 8:
                    before = self._best(chosen[-1].probabilities)[0] if chosen else None
                    place = context
                    if before and before.startswith(FAQ):
                        place = Context(before, field=context.field, known=context.known, inside=True)
                    probabilities = self._single(text, place)
                    if place.inside:
                        # A complete question beside another one stands alone; only an ellipsis borrows.
                        alone = self._single(text, Context(field=context.field, known=context.known))
                        probabilities = alone if float(alone.max()) >= _CLEAR else probabilities
                    label, confidence = self._best(probabilities)
                    taken = {self._best(part.probabilities)[0] for part in chosen}
                    listed = start > 0 and atoms[start][1] == _CUT["list"]
                    clear = _CLEAR if asks and not listed and not label.startswith(DECLINE) else _VERY_CLEAR
                    if listed and not label.startswith(FAQ):
                        clear = 2.0
                    if label in taken:
                        candidates.append((value, chosen))
                    elif self._may_be_part(label) and confidence >= clear:
                        gain = (
                            confidence
                            - (atoms[start][1] if chosen else _FIRST)
                            - (0.0 if asks else _NOT_ASKING)
                        )
                        candidates.append((value + gain, [*chosen, Part(text, probabilities, asks)]))
                top = max(candidates, key=lambda option: option[0])
                if end not in options or top[0] > options[end][0]:
                    options[end] = top
        value, chosen = options[count]
        # One question alone, the rest left out: only in a story too long to be read whole, as the rest of a
        # short one may limit what is asked.
        long = sum(len(sentence.split()) for sentence in sentences) > _READ_WORDS
        if len(chosen) >= (1 if long else 2) and value > best_confidence - _FIRST:
            return chosen
        return [single]

    @staticmethod
    def _may_be_part(label: str) -> bool:
        return label.startswith((FAQ, DECLINE)) or label in JOINABLE_COMMANDS

    # -- decision
    # ----------------------------------------------------------------------------------------------

    def in_scope(self, probabilities: np.ndarray) -> float:
        """Return the probability that a text is something this assistant handles."""
        return float(scope_score(scope_features(probabilities[None], self._outside), self._scope)[0])

    def _decide(self, part: Part, prepared: Prepared, context: Context) -> str:
        label, confidence = self._best(part.probabilities)
        limits = self._thresholds
        if prepared.noise and not context.field and confidence < SURE_OF_NOISE:
            return "fallback"
        foreign = prepared.language != ENGLISH
        if label.startswith(SAFETY):
            # Harm itself is judged beside (see `harm`), which also takes the word from a likeness in a
            # language that the encoder does not read. What only looks most like a crisis is met with care
            # when it holds a word of distress.
            distressed = label == CRISIS and shows_distress(prepared.cleaned)
            return "act" if foreign or distressed or confidence >= SURE_OF_HARM else "fallback"
        # Of Hindi and Urdu among English terms the normaliser has made English that the encoder reads.
        mixed = prepared.language in MIXED_WITH_ENGLISH and prepared.normalized.isascii()
        if foreign and not mixed and label.startswith((FAQ, DECLINE)) and confidence < limits["foreign"]:
            return "fallback"
        if foreign and not prepared.normalized.isascii() and not label.startswith(CHITCHAT):
            return "fallback"
        if label.startswith(DECLINE) and confidence >= limits["decline"]:
            return "decline"
        scope = self.in_scope(part.probabilities)
        if scope < limits["scope"]:
            if label.startswith(FAQ) and confidence >= _EVEN and not foreign:
                return "clarify"  # doubtful, but a topic is likelier than all else together: it is offered
            outside = part.probabilities * self._declined
            return "decline" if float(outside.sum()) >= 0.5 and label.startswith(DECLINE) else "fallback"
        if confidence >= limits["act"]:
            return "act"
        others = np.delete(part.probabilities, [self._numbers[label], *self._kin[self._numbers[label]]])
        second = float(others.max(initial=0.0))
        if confidence - second >= limits["margin"] and confidence >= limits["clarify"]:
            return "act"
        commands = not label.startswith((FAQ, DECLINE, CHITCHAT))
        if context.field and commands:
            return "act" if confidence >= limits["clarify"] else "fallback"
        return "clarify" if confidence >= limits["clarify"] else "fallback"

    def _leans(self, part: Part, decision: str, context: Context) -> bool:
        """Whether to answer the likeliest topic and offer the other readings below it.

        Where the likeliest is right more often than each other one but not nearly always, asking first would
        cost most people a turn, and answering alone would leave the others without their way on.
        """
        label, confidence = self._best(part.probabilities)
        if decision not in ("act", "clarify") or not label.startswith(FAQ):
            return False
        if label == context.label and self.dependence(part.text) >= _GOES_ON:
            return False  # "and psychiatry?": an ellipsis that stays with its topic has no other reading
        return self._thresholds["lean"] <= confidence < self._thresholds["sure"]

    def _with_rival(self, part: Part) -> list[Part]:
        """Return a part, and behind it the same text read as the next topic, where that may well be meant."""
        first = int(part.probabilities.argmax())
        others = part.probabilities.copy()
        others[[first, *self._kin[first]]] = 0.0
        second = int(others.argmax())
        if not self._labels[second].startswith(FAQ) or others[second] < _RIVAL * part.probabilities[first]:
            return [part]
        return [part, Part(part.text, others, part.asks)]

    def _stands_alone(self, part: Part) -> bool:
        """Whether a limit beside a question is to be told.

        What only tells something ("I have two small kids") or leans on the question ("and how do I spend
        them?") belongs to it, unless it is a limit that is always told.
        """
        if self._best(part.probabilities)[0] in ALWAYS_TOLD:
            return True
        return part.asks and self.dependence(part.text) < _GOES_ON

    def _decided(self, parts: list[Part], prepared: Prepared, context: Context) -> tuple[list[Part], str]:
        """Return the parts that are worth a reply, and what to do about them."""
        if not prepared.normalized:
            return parts[:1], "fallback"
        decided = [(part, self._decide(part, prepared, context)) for part in parts]
        for part, decision in decided:
            # What stands beside such an attempt is part of it.
            if decision == "decline" and self._best(part.probabilities)[0] == UNSAFE:
                return [part], decision
        if len(parts) > 1:
            kept = [pair for pair in decided if pair[1] in ("act", "decline")]
            if {decision for _, decision in kept} == {"act", "decline"}:
                # A limit beside a question: answer the question only when it is clear.
                clear = [
                    pair
                    for pair in kept
                    if pair[1] == "decline" or self._best(pair[0].probabilities)[1] >= 0.75
                ]
                kept = clear or kept[:1]
            if any(decision == "act" for _, decision in kept):
                kept = [pair for pair in kept if pair[1] == "act" or self._stands_alone(pair[0])]
            decided = kept or decided[:1]
        parts, decisions = [part for part, _ in decided], [decision for _, decision in decided]
        decision = "act" if "act" in decisions else decisions[0]
        if len(parts) > 1 or not self._leans(parts[0], decision, context):
            return parts, decision
        if context.field:
            # Inside the form one row of choices is enough: the question that waits follows the answer. So
            # what else may well be meant is answered too instead of being offered.
            return (self._with_rival(parts[0]), "act") if parts[0].asks else (parts, decision)
        return parts, "lean"

    def understand(self, prepared: Prepared, metadata: Any = None) -> dict[str, Any]:
        """Return {"understanding": …, "ranking": …, "intent": …, "safety": {kind: probability}} of one
        message.
        """
        context = Context.of(metadata)
        sentences = [text for text in prepared.sentences if not segmentation.is_filler(text)]
        if not sentences:
            sentences = list(prepared.sentences) or [prepared.normalized]
        parts = self._split(sentences, context)
        more = [self._best(part.probabilities)[0] for part in parts[MAX_PARTS:]]
        parts = parts[:MAX_PARTS]
        parts, decision = self._decided(parts, prepared, context)
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
            "in_scope": round(self.in_scope(parts[0].probabilities), 4),
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
        """Return for each kind of harm how probable it is that the message reports it.

        The whole message counts fully. A single sentence of a longer one counts less (its odds are divided by
        three): out of its place, "I live with my aunt" looks like the beginning of many sad stories.
        """
        found = dict.fromkeys(self._safety, 0.0)
        if prepared.noise:
            # The encoder reads something into any letters; the phrases of safety_phrases still count.
            return found
        whole = prepared.normalized.replace("\n", " ")
        rows = [(self.probabilities(whole), True)] if whole else []
        if len(prepared.sentences) > 1:
            rows.extend((self.probabilities(text), False) for text in prepared.sentences[-MAX_ATOMS:])
        for row, complete in rows:
            for kind, index in self._safety.items():
                probability = float(row[index])
                found[kind] = max(found[kind], probability if complete else _tempered(probability))
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
        rest = [
            {"name": name, "confidence": round(value, 4)} for name, value in ordered if name != intent["name"]
        ]
        return [intent, *rest][:10]


# The encoder reads no more than 128 word pieces of one text.
_READ_WORDS = 90
# What a part must earn to exist, by the kind of cut before it, and from which confidence it is clear. Tuned
# on pairs of questions joined in many ways against single questions that hold the same joiners.
_FIRST = 0.5
_CUT_SENTENCE = 0.5
_CUT = {"strong": 0.5, "opening": 0.55, "list": 0.65}
_CLEAR = 0.8
_VERY_CLEAR = 0.85
_NOT_ASKING = 0.1
# From which confidence on a message with one question, whatever it tells beside, is not cut.
_CERTAIN_WHOLE = 0.95
# What a question that is left without an answer of its own costs.
_UNANSWERED = 0.25
# Follow-ups: weight of the reading behind the topic's words, how far certainty weakens it, bonus of the
# topic.
_BEHIND = 0.9
_CERTAIN = 0.25
_BONUS = 3.5
# A message that leans on its context by its length alone, and is this certain, is not read a second time.
_MERELY_SHORT = 0.5
_SURE_ALONE = 0.9
# What a phrase of limit_phrases is worth beside the classifier, in logits: it outvotes all but a certain one.
_PHRASE = 10.0
# How likely a second topic must be, as a share of the first, to be answered beside it.
_RIVAL = 0.2
# From which probability on a topic goes before the limit that says the same.
_ASKED = 0.15
# From which probability on a topic is offered although the message may lie outside all topics.
_EVEN = 0.5
# How much a message must lean on what was said before to be taken for a mere continuation.
_GOES_ON = 0.5
# From which probability on a short message is a command, whatever was talked about ("the other one" is none).
_CLEAR_COMMAND = 0.9
# How far "why?" puts the topic that was answered above every other reading, in logits.
_WHY_WORTH = 3.0
_WHY = re.compile(
    r"^(?:and |but |so |ok )*(?:why|how come)(?: so| is (?:that|it|this)(?: so)?| though)?[ ?.!]*$"
)
_LEADING = re.compile(r"^(?:and|but|so|ok|then|also|or)[, ]+")


def _tempered(probability: float) -> float:
    return float(1.0 / (1.0 + np.exp(-(log_odds(probability) - 1.2))))
