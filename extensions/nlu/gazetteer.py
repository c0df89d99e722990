"""Room: extensions/nlu. Rasa graph component: finds specialties, exams, visas, programs, countries, months
and documents by spaCy's PhraseMatcher over `knowledge/vocabulary/*.yml`.

Change here: matching and the guard of ambiguous words; the words themselves are data.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import spacy
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

from extensions.nlu.cleaning import MAX_CHARACTERS
from extensions.nlu.normalizer import prepared_of
from extensions.nlu.vocabulary import ENTITY_KINDS, Vocabulary, load

# Rasa's entity name for each kind.
ENTITY_NAMES = {kind: kind for kind in ENTITY_KINDS} | {"country_demonym": "country"}

# Words that make a guarded alias certain ("im residency", "in may", "do degree").
_AFTER = frozenset(
    "residency residencies resident residents residancy rotation rotations program programs programme "
    "programmes elective electives clerkship clerkships fellowship fellowships specialty speciality match "
    "matching observership observerships externship internship department field applicant applicants "
    "training visa exam score scores certificate intake start".split()
)
_BEFORE = {
    "specialty": frozenset(
        "in into for about specialty speciality field prelim preliminary categorical like love want "
        "want: as".split()
    ),
    "month": frozenset(
        "in of from by till until since before after mid early late next this last around during between "
        "to end beginning start starting "
        "coming month or and on".split()
    ),
    "country_demonym": frozenset("from of am i'm citizen citizens".split()),
    "exam": frozenset("passed failed pass fail take taking took exam the my".split()),
    "document": frozenset("my a the an your of need upload send write one two three".split()),
    "visa": frozenset("a an the on my with for under".split()),
    "program": frozenset("a an the in for".split()),
}
_SHORT_MESSAGE = 3


class Gazetteer:
    """Matches the vocabulary in texts; a longer match wins over a shorter one inside it."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Build one matcher per kind over lower-case tokens."""
        self._nlp = spacy.blank("en")
        # English exceptions would cut "im" into "i" and "m", but not "IM".
        self._nlp.tokenizer.rules = {}
        self._matcher = PhraseMatcher(self._nlp.vocab, attr="LOWER")
        self._values: dict[int, tuple[str, str]] = {}
        self._guarded: set[tuple[str, str]] = set()
        for kind in ENTITY_KINDS:
            for number, entry in enumerate(vocabulary.entries.get(kind, ())):
                key = f"{kind}:{number}"
                phrases = {phrase.lower() for phrase in (entry.id, entry.label, *entry.aliases)}
                if kind == "country_demonym":
                    phrases.discard(entry.id.lower())
                self._matcher.add(key, [self._nlp.make_doc(phrase) for phrase in sorted(phrases)])
                self._values[self._nlp.vocab.strings[key]] = (kind, entry.id)
                self._guarded |= {(kind, phrase.lower()) for phrase in entry.guarded}

    def find(self, text: str) -> list[dict[str, Any]]:
        """Return Rasa entities of a text in order: entity, value, start, end, confidence."""
        return self._entities(self._nlp.make_doc(text[:MAX_CHARACTERS]))

    def _entities(self, doc: Doc) -> list[dict[str, Any]]:
        spans: list[tuple[int, int, str, str]] = []
        for key, start, end in self._matcher(doc):
            kind, value = self._values[key]
            if (kind, doc[start:end].text.lower()) in self._guarded and not self._is_meant(
                doc, start, end, kind
            ):
                continue
            spans.append((start, end, kind, value))
        spans.sort(key=lambda span: (span[0] - span[1], span[0]))
        taken: set[tuple[str, int]] = set()
        kept: list[tuple[int, int, str, str]] = []
        for start, end, kind, value in spans:
            # One token is never two things ("family medicine" is not "medicine" too, "May" not a name and a
            # month).
            if any(("", place) in taken for place in range(start, end)):
                continue
            taken |= {("", place) for place in range(start, end)}
            kept.append((start, end, kind, value))
        kept.sort()
        return [
            {
                "entity": ENTITY_NAMES[kind],
                "value": value,
                "start": doc[start:end].start_char,
                "end": doc[start:end].end_char,
                "confidence": 1.0,
                "extractor": "GazetteerEntityExtractor",
            }
            for start, end, kind, value in kept
        ]

    @staticmethod
    def _is_meant(doc: Doc, start: int, end: int, kind: str) -> bool:
        words = [token.text.lower() for token in doc if not token.is_punct and not token.is_space]
        if len(words) <= _SHORT_MESSAGE + (end - start) - 1 and not set(words) & {
            "i",
            "we",
            "you",
            "do",
            "can",
            "it",
            "not",
            "from",
        }:
            return True
        surface = doc[start:end].text
        shouting = doc.text.upper() == doc.text
        if (
            kind in ("specialty", "exam", "country_demonym")
            and surface.isupper()
            and len(surface) > 1
            and not shouting
        ):
            return True
        if kind == "month" and surface[0].isupper() and not shouting and start > 0:
            return True
        following = doc[end].text.lower() if end < len(doc) else ""
        previous = doc[start - 1].text.lower() if start > 0 else ""
        if kind == "month" and (following.isdigit() or previous.isdigit()):
            return True
        return following in _AFTER or previous in _BEFORE.get(kind, frozenset())


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class GazetteerEntityExtractor(GraphComponent):
    """Adds the vocabulary's entities to messages; nothing is learned."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults: `vocabulary` is a folder (the repository's own when null)."""
        return {"vocabulary": None}

    @classmethod
    def required_components(cls) -> list[type]:
        """Nothing has to run before; after the normaliser, misspelled words are found too."""
        return []

    @staticmethod
    def required_packages() -> list[str]:
        """Return what has to be importable."""
        return ["spacy"]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Return the vocabulary's hash."""
        return load(_folder(config)).sha256

    def __init__(self, gazetteer: Gazetteer) -> None:
        """Take a ready gazetteer."""
        self._gazetteer = gazetteer

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "GazetteerEntityExtractor":
        """Read the vocabulary and build the matchers."""
        return cls(Gazetteer(load(_folder({**cls.get_default_config(), **config}))))

    def process(self, messages: list[Message]) -> list[Message]:
        """Add entities to messages."""
        for message in messages:
            text = message.get(TEXT)
            if text is None:
                continue
            found = self._gazetteer.find(str(text))
            prepared = prepared_of(message)
            if prepared is not None:
                found = _merged(found, self._corrected(str(text), prepared.words))
            message.set(ENTITIES, list(message.get(ENTITIES, [])) + found, add_to_output=True)
        return messages

    def _corrected(self, text: str, words: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
        """Return the entities of the corrected text, placed where their words stand in the typed text."""
        pairs = [(word, corrected) for word, corrected in words]
        if all(word.lower() == corrected for word, corrected in pairs):
            return []
        places: list[tuple[int, int]] = []
        lower = text.lower()
        cursor = 0
        rebuilt = ""
        for word, corrected in pairs:
            start = lower.find(word.lower(), cursor)
            if start < 0:
                continue
            end = start + len(word)
            cursor = end
            if rebuilt:
                rebuilt += " "
                places.append((start, start))
            rebuilt += corrected
            places.extend([(start, end)] * len(corrected))
        found = self._gazetteer.find(rebuilt)
        for entity in found:
            entity["start"], entity["end"] = places[entity["start"]][0], places[entity["end"] - 1][1]
        return found


def _merged(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return both lists without overlaps; the first list wins."""
    kept = list(first)
    for entity in second:
        if all(entity["end"] <= other["start"] or entity["start"] >= other["end"] for other in kept):
            kept.append(entity)
    return sorted(kept, key=lambda entity: entity["start"])


def _folder(config: dict[str, Any]) -> Path | None:
    folder = config.get("vocabulary")
    return Path(folder) if folder else None
