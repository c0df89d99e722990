"""How a text is said: a question, a command's politeness, a sentence rather than a name. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from rapidfuzz.distance import OSA

from frontdesk.applications.parsing.result import Context, Parsed, doubted
from frontdesk.knowledge.vocabulary import answer_words, words

_ASKING = frozenset(
    "what whats why how hows when where wheres who whos whom whose which wich wat wht y hw".split()
)
_AFTER_ASKING = frozenset(
    "is are was were do does did can could will would should shall has have had may might must "
    "to if about for"
    " much many long far often old soon i you u we they it this that the a an my your yr happens "
    "means mean kind type"
    " sort time exam exams documents visa format exactly am need needs else s re".split()
)
_AUXILIARY = frozenset(
    "is are was were am do does did can could will would should shall has have had may might must "
    "dont isnt"

                       " arent doesnt cant wont".split())  # fmt: skip
_SUBJECT = frozenset(
    "i you u ya we they he she it this that these those there the a an my your yr ur our any "
    "some anyone anybody somebody nobody someone"
    " graduates students imgs img students's all it's people one chha usmle step rotation visa".split()
)
_OPENERS = frozenset(
    "ok okay so and but wait hey hi hello please pls sorry before also oh hmm um well first sir "
    "madam dear btw then actually"
    " just quick question one lol haha yo omg".split()
)
_TELL = re.compile(
    r"\b(?:tell me|explain|i (?:want|would like|need|wish) to (?:know|ask|understand)|i have "
    r"(?:a |one )?(?:question|doubt)"
    r"|can you (?:tell|explain)|do you know|i wonder|i was wondering|what about|how about|is it "
    r"(?:true|ok|okay|possible))\b"
    r"|\b(?:wait|but|so|and|then|also|please|sorry|hey|first|just) "
    r"(?:is there|are there|do i need|do you|can i|should i|will i|must i|am i|would i|may i|is it|are you)\b"
)
_SENTENCES = re.compile(r"(?<=[.!?؟。？])\s+|\n+|(?<=[?؟？])")


def folded(text: str) -> str:
    """The words of the text, folded, with one space between."""
    return " ".join(word.folded for word in words(text))


def without_signs(text: str) -> str:
    """The text without emoji and other pictures, which say nothing where a name or a place was asked."""
    kept = "".join(" " if unicodedata.category(c) in {"So", "Sk"} else c for c in text)
    return kept.replace("\ufe0f", "").replace("\u20e3", "")


def sentences(text: str) -> list[str]:
    """The text cut after . ! ? and line ends; abbreviations such as "Dr." keep their sentence."""
    parts: list[str] = []
    for piece in _SENTENCES.split(text):
        if not piece or not piece.strip():
            continue
        if parts and re.search(
            r"(?:^|\s)(?:dr|mr|mrs|ms|prof|st|u|p|no|inc|univ|dept|[a-z])\.$", parts[-1].casefold()
        ):
            parts[-1] = f"{parts[-1]} {piece.strip()}"
        else:
            parts.append(piece.strip())
    return parts


def is_question(text: str) -> bool:
    """Whether the text asks something: by its mark, its first words, or "tell me …".

    "Will Smith", "May", "What Cheer Medical College" ask nothing.
    """
    stripped = text.strip()
    if not any(c.isalnum() for c in stripped):
        return False
    if stripped.endswith(("?", "؟", "？")):
        return True
    line = [word.folded for word in words(text)]
    while len(line) > 2 and line[0] in _OPENERS:
        line = line[1:]
    if not line:
        return False
    if line[0] in _ASKING and len(line) > 1 and line[1] in _AFTER_ASKING:
        return not (line[0] == "when" and line[1] in {"i", "my", "the", "it", "we", "they"})
    if line[0] in {"what", "why", "how", "who", "where", "wat"} and len(line) == 1:
        return True
    if line[0] in _AUXILIARY and len(line) > 2 and line[1] in _SUBJECT:
        return True
    if "?" in text and line[0] in _AUXILIARY:
        return True
    return bool(_TELL.search(" ".join(line)))


def statements(text: str) -> str:
    """The text without what asks in it; of "not sure, is that ok?" the part before the question stays."""
    said = []
    for part in sentences(text):
        if not is_question(part):
            said.append(part)
            continue
        clauses = re.split(r"[,;]\s+|\s[-–—]\s", part)
        for clause in clauses[:-1]:
            if is_question(clause) or _CONDITION.match(clause):
                break
            said.append(clause)
    return "\n".join(said)


_TAKEN_BACK = re.compile(
    r"\S[\s,.;:!…–—-]+(?:no[\s,]+(?:wait|sorry)|oh wait|wait|oops|sorry|i mean|i meant|actually|correction"
    r"|or rather|rather|scratch that|make (?:it|that))\b[\s,.;:!…–—-]+"
    r"(?!(?:and|also|plus|or|but|not)\b)(?P<rest>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)


def second_thought(text: str) -> str | None:
    """What a text says in the end that corrects itself midway: "2018, no wait, 2019" → "2019"."""
    rest, found = None, _TAKEN_BACK.search(text)
    while found:
        rest = found["rest"]
        found = _TAKEN_BACK.search(rest)
    return rest


_OWN = re.compile(
    r"(?:i|im|ive|mine|my|we)\b"
    r"(?! (?:am )?(?:wife|husband|brother|sister|son|daughter|friend|think|guess|believe|suppose|hope"
    r"|sure|her|his)\b)"
)
_OTHERS = re.compile(
    r"(?:(?:my|the) )?(?:he|shes?|hes|his|hers?|they|husband|wife|brother|sister|friend)s?\b"
)


def own_part(text: str) -> str:
    """What a text says of the speaker, where it also tells of another: "I passed, he is still studying"."""
    clauses = [part for part in _CLAUSES.split(text) if part.strip()]
    if not any(_OWN.match(folded(part)) for part in clauses):
        return text
    kept = [part for part in clauses if not _OTHERS.match(folded(part))]
    return ", ".join(part.strip() for part in kept) if len(kept) < len(clauses) else text


_CLAUSES = re.compile(
    r"[,;.\n]+\s|\s(?:and|but|while|whereas)\s(?=(?:my |the )?(?:he|she|his|her|they|husband|wife"
    r"|brother|sister|friend)\b)",
    re.IGNORECASE,
)


def respelled(text: str, lexicon: frozenset[str]) -> str | None:
    """The folded text with slips of the finger mended towards a closed list of words; None when nothing was.

    One slip in words of five letters and more, two from nine on; a word that could be two others stays.
    """
    changed = False
    out = []
    for word in (word.folded for word in words(text)):
        mended = word if word in lexicon or len(word) < 5 else _nearest(word, lexicon)
        changed = changed or mended != word
        out.append(mended)
    return " ".join(out) if changed else None


def read_past_slips(
    read: Callable[[str, Context], Parsed], text: str, context: Context, lexicon: frozenset[str]
) -> Parsed:
    """What `read` makes of the text; a misspelt answer is read with its slips mended, and asked about."""
    found = read(text, context)
    if found is None and (mended := respelled(text, lexicon)):
        found = doubted(read(mended, context))
    return found


def _nearest(word: str, lexicon: frozenset[str]) -> str:
    allowed = 1 if len(word) < 9 else 2
    near = {
        known: distance
        for known in lexicon
        if abs(len(known) - len(word)) <= allowed
        and known[0] == word[0]
        and (distance := OSA.distance(word, known, score_cutoff=allowed)) <= allowed
    }
    best = [known for known, distance in near.items() if distance == min(near.values())]
    return best[0] if len(best) == 1 else word


_CONDITION = re.compile(
    r"\W*(?:and |but |so )*(?:if|when|while|because|since|as|in case|suppose|supposing|say|for"
    r"|with|without|before|after|once)\b",
    re.IGNORECASE,
)


def talk() -> frozenset[str]:
    """Words of talk that no name, school or city is made of."""
    return answer_words()["talk"].listed("talk")


def joining() -> frozenset[str]:
    """Small words that join a sentence together; as names they are rare, and then capitalised."""
    return answer_words()["talk"].listed("joining")


# Words that a name or a school hardly has and a cry for help often does: with one of them, a classifier's
# alarm stands.
ALARM = re.compile(
    r"\b(?:die|died|dies|dying|dead|death|kill\w*|suicid\w*|kms|unalive|harm\w*|hurt\w*|hopeless"
    r"|worthless|helpless|useless|end|ending|alive|live|living|life|lives"
    r"|pills?|overdos\w*|bleed\w*|blood|emergenc\w*|abus\w*|rap(?:e|ed|ist)|assault\w*|harass\w*"
    r"|molest\w*|touch\w*|unsafe|threat\w*|weapon|gun|knife|cut|cutting|jump\w*"
    r"|hang\w*|rope|bridge|lonely|alone|tired|give up|giving up|gave up|worth|pain\w*|cry\w*"
    r"|depress\w*|anxious|panic|scared|afraid|breath\w*|chest|unconscious|collaps\w*|poison\w*"
    r"|attack\w*|beat\w*|racis\w*|discriminat\w*|humiliat\w*|insult\w*|goodbye|farewell|world"
    r"|myself|anymore|cant|cannot|stand|burden|feel\w*|sad|hate\w*|hope|better|nights?|want|wish"
    r"|morir\w*|matar\w*|suicid\w*|muerte|vivir|mourir|sterben)\b"
)


def is_alarming(text: str) -> bool:
    """Whether a word of the text could belong to a cry for help."""
    return bool(ALARM.search(folded(text)))


def talk_share(text: str) -> float:
    """How much of the text is made of words of talk, 0 to 1 (no words: 1)."""
    line = [word.folded for word in words(text)]
    if not line:
        return 1.0
    known = talk()
    return sum(word in known for word in line) / len(line)
