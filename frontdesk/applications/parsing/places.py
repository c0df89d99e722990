"""Where in the United States: a place as typed, or "any". Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import pycountry

from frontdesk.applications.parsing import emails, speech, yes_no
from frontdesk.applications.parsing.result import Certain, Context, Parsed, Unclear
from frontdesk.knowledge.vocabulary import Found, Gazetteer, Terms, answer_words, key_of, words

ANY = "any"
LONGEST = 120
_ANY = re.compile(
    r"\b(?:any(?:where|place| ?place| city| state| location| where)?|no (?:preference|prefernce"
    r"|preferences|tengo preferencia|particular)|no pref|dont (?:mind|care|have (?:a |any "
    r")?preference)|do not mind|does ?nt matter|doesnt matter|not matter"
    r"|flexible|wherever|whatever|open(?: to (?:all|any\w*))?|all (?:over|states|cities)"
    r"|everywhere|no specific|nothing specific|sin preferencia|cualquier(?:a| lugar| ciudad| "
    r"parte)?|donde sea|n importe ou"
    r"|peu importe|egal wo|fark etmez|qualquer (?:lugar|cidade)|kahin bhi|kahit saan|you (?:choose"
    r"|decide)|up to you|no choice|not fixed)\b"
)
_LEAD = re.compile(
    r"^\W*(?:(?:i(?:'d|’d)?|we)\s+(?:would\s+|will\s+)?(?:prefer|like|want|love|choose|need|live"
    r"|am|stay)(?:\s+to\s+(?:be|go|do|stay|work|rotate|live))?(?:\s+it)?|my\s+(?:preferred\s+"
    r"|first\s+)?(?:location|place|city|choice|preference|state)\s*(?:is|=|:|-)?"
    r"|(?:preferred\s+)?(?:location|place|city|where)\s*(?:is|=|:|-)|prefer(?:ably|red|ence)?"
    r"|ideally|maybe|preferencia|please|somewhere|some\s+where|probably|hopefully|only|just|yes"
    r"|ok|okay|well|em|en)?\b\s*[:,\-]*\s*"
    r"(?:(?:in|at|near|around|to|the\s+city\s+of|the\s+state\s+of)\b\s*)?",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?:[\s,;.\-–]+(?:ideally|preferably|preferred|please|pls|plz|side|area|region|if possible"
    r"|if available|po|only|sir|madam|would be (?:great|nice|best|good|perfect)|is (?:best|good"
    r"|fine|ok|perfect|great)|is my (?:first )?(?:choice|preference)|for me|as my \w+.*"
    r"|thanks|thank you|would be|because.*|cuz.*|since.*|as (?:i|my|we)\b.*|where (?:i|my)\b.*"
    r"|so (?:i|that)\b.*|i (?:have|live|am|want)\b.*|my \w+ (?:lives?|is|are|works?|stays?)\b.*"
    r"|we (?:have|live)\b.*))+\W*$",
    re.IGNORECASE,
)


def _states() -> list[Any]:
    return list(pycountry.subdivisions.get(country_code="US"))  # type: ignore[no-untyped-call]


def _listed(id_: str) -> frozenset[str]:
    return answer_words()["place_word"].listed(id_)


def _terms() -> Terms:
    return _terms_of(answer_words()["place"])


@lru_cache(maxsize=4)
def _terms_of(gazetteer: Gazetteer) -> Terms:
    states = [(state.name, state.code) for state in _states()]
    pairs = [(entry.label or entry.id, entry.id) for entry in gazetteer.entries]
    pairs += [(alias, entry.id) for entry in gazetteer.entries for alias in entry.aliases]
    return Terms([*pairs, *states])


def mentioned(text: str) -> list[Found]:
    """US states and cities in the text."""
    return _terms().find(text)


def is_all(text: str) -> bool:
    """Whether the text is the name of one place and nothing else."""
    return _terms().get(text) is not None


def certain_in(text: str) -> str | None:
    """A US place that a longer text names as where to be ("in Texas", "near Chicago"), as written there."""
    found = mentioned(text)
    if not found:
        return None
    first, last = found[0], found[-1]
    before = text[: first.start].casefold()
    if not re.search(r"\b(?:in|at|near|around|location|prefer(?:ably|red)?|to)\W*$", before):
        return None
    if re.search(
        r"\b(?:live|living|am|im|now|currently|based|born|reside|residing|studied|studying"
        r"|from)\s+(?:now\s+)?(?:in|at|near)\W*$",
        before,
    ):
        return None
    if len(found) > 1 and not re.fullmatch(
        r"\W*(?:or|and|,|/)?\W*", text[first.end : found[1].start], re.IGNORECASE
    ):
        last = first
    return _capitals(text[first.start : last.end])


def parse(text: str, context: Context) -> Parsed:
    """The place, cleaned of the words around it; "any" for no preference."""
    said = text.strip()
    line = speech.folded(said)
    known = mentioned(said)
    if not line or (not known and yes_no.plain(said)):
        return None
    if _ANY.search(line) and not known:
        return Certain(ANY)
    if line in _listed("anything") or line in _listed("whole_country"):
        return Certain(ANY)
    if speech.is_question(said) or "@" in said or emails.addresses(said):
        return None
    if re.search(r"\d{5,}", said) or not any(c.isalpha() for c in said):
        return None
    place = _clean(said)
    if not place or len(place) > LONGEST:
        return Unclear("place_long") if place else None
    short = answer_words()["place_short"].meanings.get(" ".join(key_of(place)))
    if short:
        return Certain(short)
    if known:
        line_ = [word.folded for word in words(place)]
        if re.search(
            r"\b(?:not|except|but not|anything but|no|avoid)(?: in)?\s*$", said[: known[0].start].casefold()
        ):
            return Unclear("place_not")
        talk = sum(word in speech.talk() for word in line_)
        talks = talk > 1 or any(word in _listed("around") for word in line_)
        return Certain(_span(said, known) if talks or len(line_) > 12 else _capitals(place))
    if _is_talk(place):
        return None
    return Certain(_capitals(place) if len(words(place)) <= 3 and not _describes(place) else place)


def _describes(place: str) -> bool:
    """\"A big city\" stays as it is written."""
    return any(word.folded in _listed("describing") for word in words(place))


def _span(text: str, known: list[Found]) -> str:
    return _capitals(text[known[0].start : known[-1].end])


def _clean(said: str) -> str:
    place = " ".join(said.split())
    place = _LEAD.sub("", place, count=1)
    previous = None
    while previous != place:
        previous = place
        place = _TAIL.sub("", place)
    return place.strip(' ,;:.!"“”-–') or ""


def _is_talk(place: str) -> bool:
    line = [word.folded for word in words(place)]
    if not line or len(line) > 8:
        return True
    talk = sum(word in speech.talk() or word in _listed("not_a_place") for word in line)
    small = sum(word in speech.joining() for word in line) - sum(word in {"or", "and", "of"} for word in line)
    return (talk > 0 and (talk + small) / len(line) > 0.3) or small / len(line) > 0.5


def _capitals(place: str) -> str:
    if any(c.isupper() for c in place):
        return place
    small = _listed("small")
    out = []
    for at, part in enumerate(place.split(" ")):
        plain = part.strip(",.()")
        if plain in small and at:
            out.append(part)
        elif (at and f"US-{plain.upper()}" in _state_codes()) or plain in _listed("capitals"):
            out.append(part.upper())
        else:
            out.append(re.sub(r"(^|[-(])(\w)", lambda m: m.group(1) + m.group(2).upper(), part))
    return " ".join(out)


@lru_cache(maxsize=1)
def _state_codes() -> frozenset[str]:
    """Codes of states as written in addresses; those of the far territories are words too often."""
    return frozenset(state.code for state in _states() if state.type in {"State", "District"}) | {"US-PR"}
