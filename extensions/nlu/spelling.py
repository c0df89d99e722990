"""Room: extensions/nlu. Spelling step before classification: one edit away from the bot's own words, then
from the encoder's whole words; glued words are parted. Names, numbers, addresses and known words are never
touched.

Change here: limits and ranking of corrections. Must not import Rasa. Everything it learns is plain JSON.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from extensions.nlu.cleaning import shorten_elongation
from extensions.nlu.wordforms import CHAT_WORDS

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
# A token is a web or mail address, a word with inner apostrophes, a number with its letters, or one mark.
TOKEN = re.compile(
    r"https?://\S+|www\.\S+|[^\s@]+@[^\s@]+|w/o?(?=\s|$)|b/w(?=\s|$)|[^\W_]+(?:['/-][^\W_]+|[.,]\d+)*|_+"
    r"|[^\w\s]",
    re.UNICODE,
)
_SIDES = re.compile(r"([-/])")
_WORD = re.compile(r"[a-z]+\Z")
_NAME_CUES = frozenset(
    {"name", "named", "dr", "mr", "mrs", "ms", "miss", "mister", "doctor", "prof", "called"}
)
# Below these lengths nearly every string is one edit away from a word, so a correction would be a guess.
MIN_OWN = 4
MIN_GENERAL = 5
MIN_TWO_EDITS = 8
MIN_GLUED = 6
# BERT's vocabulary stands in order of frequency; beyond this rank words are too rare to be what was meant.
GENERAL_RANK = 12_000
# Words of the English list below this count (of 1.4 billion) are rare enough to be typos of the bot's own
# words.
ENGLISH_COUNT = 150
# A word of the training data counts as the bot's own from this many examples on; rarer ones may be typos
# themselves.
OWN_COUNT = 2
# A rare training word that is one edit away from a word this many times more frequent is a typo of it.
TYPO_RATIO = 8


def tokens(text: str) -> list[str]:
    """Return the tokens of a text: words, numbers, addresses, marks."""
    return TOKEN.findall(text)


def edits(word: str) -> set[str]:
    """Return every string one insertion, deletion, replacement or swap of neighbours away."""
    splits = [(word[:index], word[index:]) for index in range(len(word) + 1)]
    found = {left + right[1:] for left, right in splits if right}
    found |= {left + right[1] + right[0] + right[2:] for left, right in splits if len(right) > 1}
    found |= {left + letter + right[1:] for left, right in splits if right for letter in _LETTERS}
    found |= {left + letter + right for left, right in splits for letter in _LETTERS}
    found.discard(word)
    return found


def _deletions(word: str, depth: int) -> set[str]:
    found = {word}
    layer = {word}
    for _ in range(depth):
        layer = {item[:index] + item[index + 1 :] for item in layer for index in range(len(item))}
        found |= layer
    return found


def distance(first: str, second: str, limit: int = 2) -> int:
    """Return the restricted Damerau-Levenshtein distance, or limit + 1 when it is greater than the limit."""
    if abs(len(first) - len(second)) > limit:
        return limit + 1
    before_last: list[int] = []
    last = list(range(len(second) + 1))
    for row, letter in enumerate(first, start=1):
        current = [row]
        for column, other in enumerate(second, start=1):
            cost = min(
                last[column] + 1,
                current[column - 1] + 1,
                last[column - 1] + (letter != other),
            )
            if row > 1 and column > 1 and letter == second[column - 2] and first[row - 2] == other:
                cost = min(cost, before_last[column - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before_last, last = last, current
    return min(last[-1], limit + 1)


class SpellingCorrector:
    """Corrects the words of a message with the bot's own words and the encoder's vocabulary."""

    def __init__(
        self,
        own: dict[str, int],
        general: Iterable[str],
        protected: Iterable[str] = (),
        expansions: dict[str, str] | None = None,
        english: dict[str, int] | None = None,
    ) -> None:
        """Take the bot's words with their counts, general words by falling frequency, and words never to
        touch.

        `english` holds the counts of a large word list: its frequent words are left alone, its rare ones give
        way only to the bot's own. `expansions` maps a lower-case acronym or foreign word to the words
        that the encoder should read instead.
        """
        self._own = dict(own)
        self._general = {word: rank for rank, word in enumerate(general)}
        self._protected = frozenset(protected)
        self._expansions = dict(expansions or {})
        counts = english or {}
        self._rare_english = frozenset(word for word, count in counts.items() if count < ENGLISH_COUNT)
        self._known = (
            frozenset(self._own)
            | frozenset(self._general)
            | self._protected
            | frozenset(self._expansions)
            | frozenset(word for word, count in counts.items() if count >= ENGLISH_COUNT)
        )
        self._two_edits: dict[str, list[str]] = {}
        for word in self._own:
            if len(word) >= MIN_TWO_EDITS:
                for shorter in _deletions(word, 2):
                    self._two_edits.setdefault(shorter, []).append(word)
        self._total = sum(self._own.values()) + 1
        self.correct_word = lru_cache(maxsize=8192)(self._correct_word)

    @classmethod
    def learn(
        cls,
        texts: Iterable[str],
        general: Iterable[str],
        protected: Iterable[str] = (),
        expansions: dict[str, str] | None = None,
        english: dict[str, int] | None = None,
    ) -> "SpellingCorrector":
        """Learn the bot's own words from cleaned training texts.

        Training examples hold typos on purpose, so a rare word that is one edit away from a much more
        frequent one does not become a word of its own.
        """
        general = list(general)
        english = english or {}
        ranks = {word: rank for rank, word in enumerate(general)}
        sheltered = frozenset(protected) | frozenset(expansions or ())
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update({token for token in tokens(text.lower()) if _WORD.match(token) and len(token) > 1})
        own: dict[str, int] = {}
        for word, count in counts.items():
            correct = word in ranks or word in sheltered or english.get(word, 0) >= ENGLISH_COUNT
            if count < OWN_COUNT and not correct:
                continue
            if not correct and len(word) >= MIN_OWN:
                rival = max((counts.get(edit, 0) for edit in edits(word)), default=0)
                if rival >= TYPO_RATIO * count or (rival > count and count < 5):
                    continue
            own[word] = count
        for word in sheltered:
            # Words of the vocabulary may be what was meant even where no example holds them.
            if _WORD.match(word) and len(word) >= 5:
                own.setdefault(word, 1)
        return cls(own, general, protected, expansions, english)

    @property
    def own_words(self) -> dict[str, int]:
        """The bot's own words and in how many training examples each stands."""
        return dict(self._own)

    @property
    def protected_words(self) -> frozenset[str]:
        """The words that it was told never to touch."""
        return self._protected

    def knows(self, word: str) -> bool:
        """Return whether a word is left as it is."""
        return word.lower() in self._known

    def _correct_word(self, word: str) -> str:
        """Return the correction of one lower-case word, or the word itself."""
        if word in self._known or not _WORD.match(word):
            return word
        if len(word) > 4 and word[-1] == "s" and word[:-1] in self._known and word[-2] != "s":
            return word
        short = shorten_elongation(word, self._known)
        if short != word:
            return self._correct_word(short) if short not in self._known else short
        glued = self._part(word) if len(word) >= MIN_GLUED else None
        if len(word) >= MIN_OWN:
            near = edits(word)
            own = [
                candidate
                for candidate in near
                # Chat spelling stands in the examples too, but it is no correction ("whatis" → "whats").
                if candidate in self._own and len(candidate) >= 3 and candidate not in CHAT_WORDS
            ]
            if own:
                # The word itself decides between equals: sets have another order in every process.
                best = max(own, key=lambda found: (self._own[found], found[0] == word[0], found))
                # "whatis" is one edit from nothing, "isit" from "visit": two frequent words win over one rare
                # one.
                if glued is None or self._own[best] >= 3:
                    return best
            if word in self._rare_english:
                return word
            if glued is not None:
                return glued
            if len(word) >= MIN_TWO_EDITS:
                far = self._two_away(word)
                if far is not None:
                    return far
            if len(word) >= MIN_GENERAL:
                general = [
                    c for c in near if self._general.get(c, GENERAL_RANK) < GENERAL_RANK and len(c) >= 4
                ]
                if general:
                    return min(
                        general, key=lambda candidate: (candidate[0] != word[0], self._general[candidate])
                    )
        return word

    def _two_away(self, word: str) -> str | None:
        """Return the most frequent own word two edits away, for long words only."""
        candidates = {
            own
            for shorter in _deletions(word, 2)
            for own in self._two_edits.get(shorter, ())
            if own[0] == word[0]
        }
        near = [own for own in candidates if distance(word, own) <= 2]
        return max(near, key=lambda own: (self._own[own], own), default=None)

    def _weight(self, word: str) -> float | None:
        """Return the log frequency of a word that may be a part of a glued one."""
        if word in CHAT_WORDS and len(word) < 3:
            return None
        count = self._own.get(word, 0)
        if count >= 3 and (len(word) > 2 or word in _SHORT_WORDS):
            return math.log(count / self._total)
        rank = self._general.get(word)
        if rank is not None and rank < 4000 and len(word) > 2:
            return math.log(1 / self._total) - 1
        return None

    def _part(self, word: str) -> str | None:
        """Return "what is" for "whatis": the most frequent pair of known words, if there is one."""
        best: tuple[float, str] | None = None
        for index in range(2, len(word) - 1):
            left, right = word[:index], word[index:]
            first, second = self._weight(left), self._weight(right)
            if first is None or second is None:
                continue
            if best is None or first + second > best[0]:
                best = (first + second, f"{left} {right}")
        return best[1] if best else None

    def correct(self, text: str) -> list[tuple[str, str]]:
        """Return (token, correction) pairs of a cleaned text, the corrections in lower case.

        A capitalised unknown word that does not begin the text is taken for a name, and so is an unknown word
        after "name is", "Dr" and the like.
        """
        found = tokens(text)
        letters = [character for character in text if character.isalpha()]
        shouting = bool(letters) and sum(character.isupper() for character in letters) > 0.6 * len(letters)
        pairs: list[tuple[str, str]] = []
        naming = 0
        for index, token in enumerate(found):
            lower = token.lower()
            if lower in self._expansions:
                pairs.append((token, self._expansions[lower]))
                continue
            if lower in CHAT_WORDS and lower not in self._protected:
                pairs.append((token, CHAT_WORDS[lower]))
                continue
            named = (token[:1].isupper() and index > 0 and not shouting) or naming > 0
            naming -= 1
            if lower in _NAME_CUES:
                naming = 4
            elif lower in self._known and lower not in ("is", "s"):
                naming = min(naming, 1)
            pairs.append((token, lower if named else self._correct_token(lower)))
        return pairs

    def expand(self, text: str) -> list[tuple[str, str]]:
        """Return (token, what is read instead) pairs of a text that is not English: nothing is corrected."""
        return [(token, self._expansions.get(token.lower(), token.lower())) for token in tokens(text)]

    def _correct_token(self, token: str) -> str:
        """Correct a token; in "residancy/fellowship" and "pre-matchd" each side is a word of its own."""
        if token.isalpha() or token in self._known:
            return self.correct_word(token)
        sides = _SIDES.split(token)
        if len(sides) > 1 and all(side.isalpha() or side in "-/" for side in sides):
            return "".join(self.correct_word(side) for side in sides)
        return token


_SHORT_WORDS = frozenset(
    "is it in on of to do my me we us am an as at be by he if no or so up you are can for how the and "
    "not who was".split()
)


def joined(words: Iterable[str]) -> str:
    """Join tokens into a sentence: no space before a closing mark."""
    text = ""
    for word in words:
        if not word:
            continue
        if text and not (len(word) == 1 and word in ".,;:!?)%"):
            text += " "
        text += word
    return text
