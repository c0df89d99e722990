"""Room: extensions/nlu. Finds where one message may hold several questions, and what in it asks for
something.

Change here: boundaries and the words that open a question. Which parts are answered is decided by the
classifier. Works on normalised lower-case text. Must not import Rasa.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# More boundaries than these are not searched: the time a message costs must stay bounded.
MAX_SENTENCES = 12
MAX_JOINERS = 3
MIN_PART_CHARACTERS = 2

_SENTENCE_END = re.compile(r"(?<=[?!])\s*|(?<=\.)\s+(?!\d)|\n+|;\s+|(?<=\.\.\.)\s*")
# "e.g. ", "dr. ", "st. " do not end a sentence.
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|dr|mr|mrs|ms|st|vs|etc|no|prof|univ|dept|approx|yrs?|u\.s|[a-z]))\.\s*\Z"
)
_ENUMERATOR = re.compile(
    r"^(?:(?:first|second|third|1st|2nd|3rd|final|last|next|other|another|one more)(?:ly)?(?: question"
    r"| thing| one)?\s*(?:is\s*)?[,:;]|firstly|secondly|thirdly|finally|lastly)\s*"
)
_NUMBERING = re.compile(r"^\s*(?:\(?\d{1,2}[.)]|[-*•])\s+|\s+(?:\(?\d[.)])\s+")

_STRONG_JOINERS = (
    r"[\s,]*\band also\b|\balso,?\b(?=\s+(?:what|how|when|where|which|who|why|is|are|do|does|can|could"
    r"|will|tell|explain|i|the|if))"
    r"|\bas well as\b|\bplus\b(?=\s+(?:what|how|when|where|which|who|why|is|are|do|does|can|i|the|if))"
    r"|\b(?:and|but) (?:second(?:ly)?|then|another (?:thing|question)|one more(?: thing| question)?)\b"
    r"|\b(?:second(?:ly)?|third(?:ly)?|another question|one more (?:thing|question)|next question)\b[,:]?"
)
_WEAK_JOINERS = r"\s+(?:and|plus|but|or if|if not|then)\s+|,\s*(?:and|but|or)?\s*|\s*:\s+|\s*/\s+"
_ALTERNATIVE = re.compile(r"[\s,]*(?:or|but)\b")
_JOINER = re.compile(rf"(?P<strong>{_STRONG_JOINERS})|(?P<weak>{_WEAK_JOINERS})")

# A condition belongs to what follows it; "and" inside it joins two conditions.
_CONDITION = re.compile(
    r"^(?:and |but |so |or )?(?:if|when i|once|since|because|as|after|before|suppose|in case|although"
    r"|while)\b(?!.*\?)"
)
# "between an internship and a residency": one question about two things.
_COUPLED = re.compile(
    r"\b(?:between|both|compare|comparing|versus|difference (?:of|in))\b(?!.*\b(?:and|versus)\b)"
)
_BARE_OPENER = re.compile(
    r"^(?:and |or )?(?:what|which|when|where|why|how|who|do|does|can|is|are|if)(?: (?:is|are|do|does|can"
    r"|i|you|much|many|long))?$"
)

_OPENERS = (
    "what|which|when|where|why|how|who|whom|whose|is|are|am|was|were|do|does|did|can|could|will|would|shall|should|may|say|"
    "might|must|has|have|had|any|need|tell|explain|describe|compare|list|give|show|help|clarify|define|meaning|difference"
)
_QUESTION_OPENING = re.compile(
    rf"^(?:(?:and|so|but|also|ok|okay|then|or|please|hi|hello|dear|sir|madam|ma'am|yes|no|well|actually"
    rf"|now|just|"
    rf"sorry|hey|thanks|thank you),?\s+)*(?:{_OPENERS})\b"
)
_QUESTION_INSIDE = re.compile(
    r"\b(?:what|which|how|when|where|why|who)\b(?:\s+\w+){0,3}\s+(?:is|are|do|does|did|can|will|should"
    r"|would|i|you|we|it|to|they|the)\b"
    r"|\b(?:can|could|may|should|will|would|do|does|did) (?:i|you|we|u|it|they|he|she|one|someone"
    r"|somebody|an?|the|img|imgs)\b"
    r"|\b(?:is|are|am) (?:it|there|i|this|that|they|these|the|an?|any|my|your)\b.*\b(?:or|need|required"
    r"|enough|possible|ok|okay|allowed|compulsory|mandatory)\b"
    r"|\b(?:am i|are we)\b|\b(?:want|need|like|wish|trying|love) to (?:know|ask|understand|learn"
    r"|find out|clarify)\b"
    r"|\b(?:tell|explain|inform|guide|advise|advice|clarify|enlighten|educate)\b(?: \w+){0,2} (?:me|us"
    r"|about|the|on|how|what|this|regarding)\b"
    r"|\b(?:wondering|confused?|doubt|question|query|curious|not sure|no idea|not clear|not understand"
    r"|do not know|do not get)\b"
    r"|\b(?:or not|yes or no|right|correct|isn't it|is not it|no\?)\s*\??$"
    r"|\b(?:how much|how many|how long|how often|how far|what about|how about|how come|what if)\b"
    r"|\b(?:versus|difference|meaning of|means what|what means)\b"
)
_FILLER = re.compile(
    r"^(?:\W*\b(?:hi+|hello+|hey+|dear|sir|madam|ma'am|mam|team|doctor|good|morning|afternoon|evening"
    r"|day|there|greetings|salam|"
    r"salaam|assalam\w*|asalam\w*|alaikum|o|alikum|namaste|everyone|all|please|thanks|thank|you|so|much"
    r"|in|advance|very|kindly|ok|okay|chha|"
    r"regards|respected|hope|are|doing|well|lol|bro|brother|friend|friends|kind|help|me|two|three|few"
    r"|couple|of|things|"
    r"questions?|quick|first|one|a|i|have|some|doubts?|to|ask|reply|answer|waiting|for|your|yours?"
    r"|sincerely|best)\b\W*)+$"
)


@dataclass(frozen=True)
class Boundary:
    """A place where a text may be cut: characters [start, end) belong to neither side."""

    start: int
    end: int
    kind: str  # "strong" (also, second), "opening" (what follows opens a question), "list" (short items)


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
    cleaned = [_ENUMERATOR.sub("", part.strip(" \n\t-,;")) for part in parts]
    kept = [part for part in cleaned if sum(character.isalnum() for character in part) >= MIN_PART_CHARACTERS]
    return kept[-MAX_SENTENCES:]


def joiners(sentence: str) -> list[Boundary]:
    """Return the places inside one sentence where two questions may have been joined, at most MAX_JOINERS.

    A comma or "and" counts only where what follows opens a question, or between the short items of a list
    ("start dates, shortest length and housing"): everywhere else it joins words, not questions.
    """
    found: list[Boundary] = []
    items = [
        item
        for item in re.split(r"\s*,\s*(?:and |or )?|\s+and\s+|\s*:\s+|\s+plus\s+", sentence)
        if item.strip()
    ]
    is_list = len(items) >= 3 and sum(len(item.split()) <= 4 for item in items) >= len(items) - 1
    is_pair = len(items) == 2 and len(sentence.split()) <= 14
    for match in _JOINER.finditer(sentence):
        left, right = sentence[: match.start()].strip(), sentence[match.end() :].strip()
        if len(left) < MIN_PART_CHARACTERS or len(right) < MIN_PART_CHARACTERS:
            continue
        piece = sentence[found[-1].end if found else 0 : match.start()].strip()
        if _CONDITION.match(piece) or _COUPLED.search(piece) or _BARE_OPENER.match(piece):
            continue
        if match.group("strong") is not None:
            kind = "strong"
        elif opens_question(right) or (asks(left) and asks(right) and len(right.split()) >= 3):
            kind = "opening"
        elif (is_list or (is_pair and asks(left))) and not _ALTERNATIVE.match(match.group()):
            kind = "list"
        else:
            continue
        found.append(Boundary(match.start(), match.end(), kind))
    if len(found) > MAX_JOINERS:
        order = {"strong": 0, "opening": 1, "list": 2}
        found = sorted(
            sorted(found, key=lambda boundary: order[boundary.kind])[:MAX_JOINERS], key=lambda b: b.start
        )
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
