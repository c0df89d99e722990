"""The medical school as typed, with its city; a country given beside it is told apart. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from frontdesk.applications.parsing import countries, emails, speech, yes_no
from frontdesk.applications.parsing.result import Certain, Context, Parsed, Unclear
from frontdesk.knowledge.vocabulary import Gazetteer, answer_words, fold, words

LONGEST = 200
_KIND = (
    r"univers\w+|uni\b|univ\.?|college|school|faculty|facult\w+|institut\w*|academy|academ\w+"
    r"|medic\w+ (?:college|school|university)|med school|escuela|facultad|faculdade"
    r"|universidad\w*|hochschule|fakult\w+"
)
_ACRONYM = "acronym"
_LEAD = re.compile(
    r"^\W*(?:(?:ok|okay|yes|sure|well|sorry|hi)\b[\s,.!:]*)*(?:"
    r"(?:my|the|her|his|our)\s+(?:medical\s+|med\s+)?(?:school|college|university|uni|institute"
    r"|faculty|alma\s+mater)(?:['’]s\s+name)?\s*(?:name)?\s*(?:is|was|:|=|-)"
    r"|(?:name\s+of\s+(?:my\s+|the\s+)?(?:medical\s+)?(?:school|college|university)"
    r"|(?:medical\s+)?(?:school|college|university)(?:\s+name)?)\s*(?:is|:|=|-)"
    r"|(?:i|she|he|we)(?:['’]?m|\s+am|\s+is|['’]s|\s+was|['’]ve|\s+have"
    r"|\s+has)?\s*(?:a\s+)?(?:currently\s+|now\s+|still\s+|already\s+)?(?:stud(?:y|ied|ying|ies)"
    r"|graduat\w+|attend\w*|went|go|goes|enrolled|finish\w*|complet\w*|did|am|passed\s+out"
    r"|student|graduate|trained)?(?:\s+(?:my|her|his|the)?\s*(?:mbbs|md|medicine|medical\s+school"
    r"|degree|studies))?\s+(?:at|in|from|to|of)\b"
    r"|(?:graduat\w+|grad|student|studying|studied|alumn\w+)\s+(?:at|in|from|of)\b|(?:from|at)\b"
    r"|(?:it\s+is|it['’]?s|its|this\s+is)(?:\s+called)?\b"
    r")\s*(?:the\s+(?=university))?",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"[\s,;.\-–]+(?:please|pls|plz|po|sir|madam|thanks|thank you|only|batch\s+\d+"
    r"|class\s+of\s+\d+|(?:in\s+)?(?:19|20)\d{2}|(?:graduated|graduating|passed out|finished"
    r"|batch|class)\b.*)\W*$",
    re.IGNORECASE,
)
_IN = re.compile(r",?\s+in\s+(?:the\s+)?([A-Za-zÀ-ÿ' .]+)$", re.IGNORECASE)
_BRACKET = re.compile(r"\s*[(\[]([^)\]]*)[)\]]\s*$")


def parse(text: str, context: Context) -> Parsed:
    """The school's name as typed."""
    said = " ".join(text.split())
    if not said or yes_no.plain(said) or speech.is_question(said):
        return None
    if "@" in said or emails.addresses(said):
        return None
    name, _ = split_country(_stripped(said))
    if not any(c.isalpha() for c in name):
        return Unclear("school_name") if any(c.isdigit() for c in name) else None
    if len(name) > LONGEST:
        return Unclear("school_long")
    named = is_school(name)
    if not named:
        if _is_talk(name):
            return None
        if countries.terms().get(name):
            # "India": the country, asked next, not the school.
            return Unclear("school_name")
        if len("".join(word.folded for word in words(name))) < 2:
            return Unclear("school_name")
    if (
        named
        and len(words(name)) == 1
        and fold(name)
        in {"university", "college", "school", "medical", "faculty", "institute", "academy", "uni"}
    ):
        return Unclear("school_name")
    if re.search(r"\d{6,}", name):
        return Unclear("school_name")
    return Certain(name)


def is_school(text: str) -> bool:
    """Whether a word of the text says that it is a school."""
    return bool(_school_words(answer_words()["school_word"]).search(text))


def split_country(name: str) -> tuple[str, str | None]:
    """ "University of Santo Tomas (Philippines)" → the school, and PH. A city stays with the school."""
    bracket = _BRACKET.search(name)
    if bracket:
        code = countries.proper(bracket[1])
        return (name[: bracket.start()].strip(), code) if code else (name, None)
    inside = _IN.search(name)
    if inside and (code := countries.proper(inside[1].strip(" .!"))):
        # "Royal College of Surgeons in Ireland": it may be part of the name, so the school stays as typed.
        return name, code
    head, comma, tail = name.rpartition(",")
    if comma and head.strip():
        code = countries.proper(tail.strip(" .!"))
        if code and len(words(tail)) <= 4:
            return head.strip(), code
    return name, None


def country_in(text: str) -> str | None:
    """The country that the answer adds to the school's name."""
    return split_country(_stripped(" ".join(text.split())))[1]


_SEGMENT = re.compile(
    r"\b(?:(?:[A-ZÀ-Ý][\w'’.-]*|of|de|del|da|do|the|and|for|&|at)[ \t]+){0,6}?"
    r"(?:Universit\w+|Universidad\w*|College|School|Faculty|Institute|Academy|University)\b"
    r"(?:[ \t]+(?:of|de|del|da|do|for|and|the|at|in|&)\b|[ \t]+[A-ZÀ-Ý][\w'’.-]*)*"
)


def certain_in(text: str) -> tuple[str, str | None] | None:
    """A school named with its kind ("University of Lagos") in a longer text, and the country in brackets
    after it.
    """
    best = None
    for match in _SEGMENT.finditer(text):
        name = re.sub(r"(?:\s+(?:of|de|del|da|do|for|and|the|at|in|&))+$", "", match.group().strip())
        name = re.sub(
            r"^(?:(?:of|de|del|da|do|the|and|for|at|&|From|At|In|I|Graduate|Student|Graduated"
            r"|Grad|Name|School|My|The)\s+)+",
            "",
            name,
        )
        if len(words(name)) < 2 or fold(name) in {
            "medical school",
            "medical college",
            "med school",
            "high school",
        }:
            continue
        best = (name, match.end())
        break
    if best is None:
        return None
    name, country = split_country(best[0])
    if country:
        return name, country
    bracket = re.match(r"\s*[(\[]([^)\]]*)[)\]]", text[best[1] :])
    comma = re.match(r"\s*,\s*([A-Za-z .'’]+?)(?=[,;.\n]|$)", text[best[1] :])
    if bracket:
        country = countries.proper(bracket[1])
    elif comma:
        country = countries.proper(comma[1])
    return best[0], country


def _stripped(said: str) -> str:
    name = _LEAD.sub("", said, count=1).strip()
    name = name or said
    previous = None
    while previous != name:
        previous = name
        name = _TAIL.sub("", name)
    for wrong, right in _slips(answer_words()["school_word"]):
        name = wrong.sub(lambda match, right=right: _cased(match.group(), right), name)  # type: ignore[misc]
    return name.strip(' ,;:.!"“”-–')


@lru_cache(maxsize=4)
def _school_words(known: Gazetteer) -> re.Pattern[str]:
    """What tells a school from other places: its kind, or an acronym that it begins with."""
    acronyms = "|".join(sorted(known.listed(_ACRONYM)))
    return re.compile(rf"\b(?:{_KIND}|{acronyms})", re.IGNORECASE)


@lru_cache(maxsize=4)
def _slips(known: Gazetteer) -> list[tuple[re.Pattern[str], str]]:
    """Misspelt words of nearly every school's name, each with the right one."""
    return [
        (re.compile(rf"\b(?:{'|'.join(map(re.escape, entry.aliases))})\b", re.IGNORECASE), entry.id)
        for entry in known.entries
        if entry.id != _ACRONYM
    ]


def _cased(written: str, right: str) -> str:
    return right.title() if written[:1].isupper() else right


def _is_talk(name: str) -> bool:
    line = [word.folded for word in words(name)]
    talk = sum(word in speech.talk() for word in line)
    small = sum(word in speech.joining() for word in line)
    if talk >= 2 or (talk and len(line) <= 3) or talk + small == len(line):
        return True
    return len(line) > 1 and (talk + small) / len(line) > 0.5
