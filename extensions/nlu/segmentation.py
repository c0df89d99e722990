"""Room: extensions/nlu. Finds where one message may hold several questions, and what in it asks for something.

Change here: boundaries and the words that open a question. Which parts are answered is decided by the
classifier. Works on normalised lower-case text. Must not import Rasa.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# More boundaries than these are not searched: the time a message costs must stay bounded.
MAX_SENTENCES = 12
MAX_WEAK = 5
MIN_PART_CHARACTERS = 2

_SENTENCE_END = re.compile(r"(?<=[?!])\s*|(?<=\.)\s+(?!\d)|\n+|;\s+|(?<=\.\.\.)\s*")
# "e.g. ", "dr. ", "st. " do not end a sentence.
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|dr|mr|mrs|ms|st|vs|etc|no|prof|univ|dept|approx|yrs?|u\.s|[a-z]))\.\s*\Z")
_NUMBERING = re.compile(r"^\s*(?:\(?\d{1,2}[.)]|[-*•])\s+|\s+(?:\(?\d[.)])\s+")

_STRONG_JOINERS = (
    r"\band also\b|\balso,?\b(?=\s+(?:what|how|when|where|which|who|why|is|are|do|does|can|could|will|tell|explain|i|the|if))"
    r"|\bas well as\b|\bplus\b(?=\s+(?:what|how|when|where|which|who|why|is|are|do|does|can|i|the|if))"
    r"|\b(?:and|but) (?:second(?:ly)?|then|another (?:thing|question)|one more(?: thing| question)?)\b"
    r"|\b(?:second(?:ly)?|third(?:ly)?|another question|one more (?:thing|question)|next question)\b[,:]?"
)
_WEAK_JOINERS = r"\s+(?:and|plus|but|or if|if not|then)\s+|,\s*(?:and|but|or)?\s*|\s*:\s+|\s*/\s+"
_JOINER = re.compile(rf"(?P<strong>{_STRONG_JOINERS})|(?P<weak>{_WEAK_JOINERS})")

_OPENERS = (
    "what|which|when|where|why|how|who|whom|whose|is|are|am|was|were|do|does|did|can|could|will|would|shall|should|may|"
    "might|must|has|have|had|any|need|tell|explain|describe|compare|list|give|show|help|clarify|define|meaning|difference"
)
_QUESTION_OPENING = re.compile(
    rf"^(?:(?:and|so|but|also|ok|okay|then|or|please|hi|hello|dear|sir|madam|ma'am|yes|no|well|actually|now|just|"
    rf"sorry|hey|thanks|thank you),?\s+)*(?:{_OPENERS})\b"
)
_QUESTION_INSIDE = re.compile(
    r"\b(?:what|which|how|when|where|why|who)\b(?:\s+\w+){0,3}\s+(?:is|are|do|does|did|can|will|should|would|i|you|we|it|to|they|the)\b"
    r"|\b(?:can|could|may|should|will|would|do|does|did) (?:i|you|we|u|it|they|he|she|one|someone|somebody|an?|the|img|imgs)\b"
    r"|\b(?:is|are|am) (?:it|there|i|this|that|they|these|the|an?|any|my|your)\b.*\b(?:or|need|required|enough|possible|ok|okay|allowed|compulsory|mandatory)\b"
    r"|\b(?:want|need|like|wish|trying|love) to (?:know|ask|understand|learn|find out|clarify)\b"
    r"|\b(?:tell|explain|inform|guide|advise|advice|clarify|enlighten|educate)\b(?: \w+){0,2} (?:me|us|about|the|on|how|what|this|regarding)\b"
    r"|\b(?:wondering|confused?|doubt|question|query|curious|not sure|no idea|not clear|not understand|do not know|do not get)\b"
    r"|\b(?:or not|yes or no|right|correct|isn't it|is not it|no\?)\s*\??$"
    r"|\b(?:how much|how many|how long|how often|how far|what about|how about|how come|what if)\b"
    r"|\b(?:versus|difference|meaning of|means what|what means)\b"
)
_FILLER = re.compile(
    r"^(?:\W*\b(?:hi+|hello+|hey+|dear|sir|madam|ma'am|mam|team|doctor|good|morning|afternoon|evening|day|there|greetings|salam|"
    r"salaam|assalam\w*|asalam\w*|alaikum|o|alikum|namaste|everyone|all|please|thanks|thank|you|so|much|in|advance|very|kindly|ok|okay|chha|"
    r"regards|respected|hope|are|doing|well|lol|bro|brother|friend|friends|kind|help|me|two|three|few|couple|of|things|"
    r"questions?|quick|first|one|a|i|have|some|doubts?|to|ask|reply|answer|waiting|for|your|yours?|sincerely|best)\b\W*)+$"
)


@dataclass(frozen=True)
class Boundary:
    """A place where a text may be cut: characters [start, end) belong to neither side."""

    start: int
    end: int
    strong: bool


def sentences(text: str) -> list[str]:
    """Return the sentences of a text: cut at line breaks, marks and list numbers, at most MAX_SENTENCES.

    The last ones are kept when there are more, because a long story asks at its end.
    """
    text = _NUMBERING.sub("\n", text)
    parts: list[str] = []
    start = 0
    for found in _SENTENCE_END.finditer(text):
        if found.end() <= start:
            continue
        piece = text[start : found.end()]
        if piece.rstrip().endswith(".") and _ABBREVIATION.search(piece):
            continue
        parts.append(piece)
        start = found.end()
    parts.append(text[start:])
    cleaned = [part.strip(" \n\t-,;") for part in parts]
    kept = [part for part in cleaned if sum(character.isalnum() for character in part) >= MIN_PART_CHARACTERS]
    return kept[-MAX_SENTENCES:]


def joiners(sentence: str) -> list[Boundary]:
    """Return the places inside one sentence where two questions may have been joined, at most MAX_WEAK."""
    found: list[Boundary] = []
    for match in _JOINER.finditer(sentence):
        left, right = sentence[: match.start()].strip(), sentence[match.end() :].strip()
        if len(left) < MIN_PART_CHARACTERS or len(right) < MIN_PART_CHARACTERS:
            continue
        found.append(Boundary(match.start(), match.end(), match.group("strong") is not None))
    if len(found) > MAX_WEAK:
        found.sort(key=lambda boundary: (not boundary.strong, not _QUESTION_OPENING.match(sentence[boundary.end :].strip())))
        found = sorted(found[:MAX_WEAK], key=lambda boundary: boundary.start)
    return found


def asks(part: str) -> bool:
    """Return whether a normalised part has the form of a question or a request for information."""
    part = part.strip()
    if not part:
        return False
    return "?" in part or bool(_QUESTION_OPENING.match(part)) or bool(_QUESTION_INSIDE.search(part))


def opens_question(part: str) -> bool:
    """Return whether a part begins like a question ("and how long …"), the strongest sign of a new one."""
    return bool(_QUESTION_OPENING.match(part.strip()))


def is_filler(part: str) -> bool:
    """Return whether a part only greets, thanks or announces ("hello dear sir", "i have two questions")."""
    return bool(_FILLER.match(part.strip()))
