"""Room: extensions/nlu. From a typed message to what the classifier reads: cleaned, spelled, one form of each
term.

Change here: the order of the steps. The steps themselves live in cleaning, spelling, wordforms, language and
segmentation. Must not import Rasa.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tokenizers import Tokenizer

from extensions.nlu import language, segmentation
from extensions.nlu.cleaning import MAX_CHARACTERS, clean
from extensions.nlu.spelling import SpellingCorrector, distance, joined
from extensions.nlu.vocabulary import Vocabulary
from extensions.nlu.weights import ENGLISH_WORDS, MINILM_TOKENIZER
from extensions.nlu.wordforms import CHAT_WORDS, domain_forms

# Form fields whose answers are names, addresses or numbers: spelling has no business there.
UNSPELLED_FIELDS = frozenset(
    {
        "full_name",
        "email",
        "phone",
        "medical_school",
        "preferred_location",
        "country_of_citizenship",
        "school_country",
    }
)
# Languages that many write in Latin letters with the English terms in between.
MIXED_WITH_ENGLISH = frozenset({"hi", "ur"})
# From this share of unknown words on, a message is noise ("flurb wozzle kind of gromp").
NOISE = 0.5
_CASED_IM = re.compile(r"\bIM\b(?!\s+(?:a|an|the|not|from|in|at|very|so)\b)")
_ADDRESS = re.compile(r"https?://\S+|www\.\S+|[^\s@]+@[^\s@]+\.[^\s@]+")


@dataclass(frozen=True)
class Prepared:
    """A message as the classifier reads it; plain values, because Rasa fingerprints what messages carry."""

    cleaned: str  # readable text, case kept
    normalized: str  # lower case, spelled, one form of each term
    sentences: tuple[str, ...]  # of the normalised text
    language: str  # ISO 639-1
    words: tuple[tuple[str, str], ...]  # (token of the cleaned text, what it became)
    noise: bool = False  # most of its words are no words of any list: nothing to be understood

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return {
            "cleaned": self.cleaned,
            "normalized": self.normalized,
            "sentences": list(self.sentences),
            "language": self.language,
            "words": [list(pair) for pair in self.words],
            "noise": self.noise,
        }


@lru_cache(maxsize=1)
def encoder_words() -> tuple[str, ...]:
    """Return the whole words of the encoder's vocabulary (letters only), in its order, which is by
    frequency.
    """
    tokenizer = Tokenizer.from_file(str(MINILM_TOKENIZER.locate()))
    ordered = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    return tuple(word for word, _ in ordered if word.isascii() and word.isalpha() and len(word) > 1)


@lru_cache(maxsize=1)
def english_words() -> dict[str, int]:
    """Return English words (letters only) with their counts in a large collection of texts."""
    with gzip.open(ENGLISH_WORDS.verified(), "rt", encoding="utf-8") as handle:
        counts: dict[str, int] = json.load(handle)
    return {
        word: count for word, count in counts.items() if word.isascii() and word.isalpha() and len(word) > 1
    }


def protected_words(vocabulary: Vocabulary) -> set[str]:
    """Return the vocabulary's words that spelling never touches: all but the misspellings among its aliases.

    An alias of five letters or more that no word list knows and that lies two edits or less from a proper
    word is a misspelling: it is better corrected than kept.
    """
    proper, other = vocabulary.words()
    english = english_words()
    known = frozenset(encoder_words())
    long = [word for word in proper if len(word) >= 5]

    def misspelled(word: str) -> bool:
        if len(word) < 5 or word in known or word in english:
            return False
        return any(distance(word, candidate) <= 2 for candidate in long)

    return proper | {word for word in other if not misspelled(word)}


class TextNormalizer:
    """Turns typed text into `Prepared`; learns only which words are the bot's own."""

    def __init__(self, speller: SpellingCorrector, max_characters: int = MAX_CHARACTERS) -> None:
        """Take a speller that has learned the bot's words."""
        self._speller = speller
        self.max_characters = max_characters
        self._english = frozenset(word for word, count in speller.own_words.items() if count >= 3)

    @classmethod
    def learn(cls, texts: Iterable[str], vocabulary: Vocabulary) -> "TextNormalizer":
        """Learn the bot's own words from its training examples."""
        cleaned = [clean(text) for text in texts]
        speller = SpellingCorrector.learn(
            cleaned, encoder_words(), protected_words(vocabulary), vocabulary.expansions(), english_words()
        )
        return cls(speller)

    @classmethod
    def restore(cls, state: dict[str, Any], vocabulary: Vocabulary) -> "TextNormalizer":
        """Rebuild from what `state` returned."""
        speller = SpellingCorrector(
            state["own_words"], encoder_words(), state["protected"], vocabulary.expansions(), english_words()
        )
        return cls(speller)

    def state(self) -> dict[str, Any]:
        """Return what was learned, as JSON values.

        The protected words follow from the vocabulary, but finding its misspellings takes half a second of
        each start.
        """
        return {"own_words": self._speller.own_words, "protected": sorted(self._speller.protected_words)}

    def spelled(self, text: str) -> list[tuple[str, str]]:
        """Return (token, correction) pairs of a cleaned text."""
        return self._speller.correct(text)

    def prepare(self, text: str, field: str | None = None) -> Prepared:
        """Prepare one message; `field` is the form field that is being asked for. Never raises on any
        text.
        """
        cleaned = clean(text, self.max_characters)
        code = language.recognise(cleaned, self._english)
        source = cleaned
        if "IM" in source and source.upper() != source:
            source = _CASED_IM.sub("internal medicine", source)
        lines: list[str] = []
        words: list[tuple[str, str]] = []
        # No name and no school is made of chat spelling alone: "tysm" is thanks wherever it is said.
        chat = len(cleaned) > 2 and all(word in CHAT_WORDS for word in cleaned.lower().split())
        spell = code == language.DEFAULT and (chat or field not in UNSPELLED_FIELDS)
        for line in source.split("\n"):
            if spell:
                pairs = self._speller.correct(
                    domain_forms(line) if line.islower() else _forms_keeping_case(line)
                )
            elif code in MIXED_WITH_ENGLISH and line.isascii() and field not in UNSPELLED_FIELDS:
                pairs = self._speller.expand(line)
            else:
                pairs = [(token, token.lower()) for token in line.split()]
            words.extend(pairs)
            lines.append(domain_forms(joined(corrected for _, corrected in pairs)))
        normalized = "\n".join(line for line in lines if line)
        return Prepared(
            cleaned,
            normalized,
            tuple(segmentation.sentences(normalized)),
            code,
            tuple(words),
            noise=code == language.DEFAULT and self._is_noise(words),
        )

    def _is_noise(self, words: list[tuple[str, str]]) -> bool:
        """Whether half of two or more words are in no list; a word that spelling could mend counts half."""
        read = [(word, became) for word, became in words if word.isalpha() and len(word) > 1]
        unknown = sum(
            0.0 if self._speller.knows(word) else 0.5 if became.lower() != word.lower() else 1.0
            for word, became in read
        )
        return len(read) > 1 and unknown >= NOISE * len(read)


def _forms_keeping_case(line: str) -> str:
    """Apply the domain forms to a line and keep the case of all words that they did not change."""
    formed = domain_forms(line.lower())
    if formed == line.lower():
        return line
    cased = {token.lower(): token for token in line.split()}
    return " ".join(cased.get(token, token) for token in formed.split(" "))
