"""One to three specialties in the order given, by name, slang and abbreviation. Pure; the words are in the
vocabulary.
"""

from __future__ import annotations

import re

from rapidfuzz import fuzz, process

from frontdesk.applications.parsing.result import Certain, Confirm, Context, Parsed, Unclear
from frontdesk.applications.parsing.speech import folded
from frontdesk.knowledge.vocabulary import Found, answer_words, key_of, vocabulary, words

MOST = 3
_NOT = re.compile(
    r"\b(?:not|no|except|but not|anything but|dont (?:want|like)|without|instead of|rather "
    r"than)(?:\s+(?:in|the|a|any))*\s*$"
)
_ANY = re.compile(
    r"\b(?:any|anything|whatever|all|open|no preference|dont mind|doesnt matter|not sure|dont "
    r"know|undecided|no idea|cualquier\w*)\b"
)


def parse(text: str, context: Context) -> Parsed:
    """The ids of the specialties named."""
    found = named(text)
    ids = list(dict.fromkeys(one.id for one in found))
    if len(ids) > MOST:
        labels = ", ".join(label(id_) for id_ in ids)
        return Unclear("specialty_three", {"given": labels})
    beside = [id_ for id_ in _beside_named(text, found) if id_ not in ids]
    if beside and len(ids) + len(beside) <= MOST:
        wanted = [*beside, *ids] if _in_order(text, beside, found) else [*ids, *beside]
        return Confirm(wanted, "confirm_specialty", {"value": ", ".join(label(id_) for id_ in wanted)})
    if ids:
        broad = [one for one in found if _is_broad(one)]
        if broad and len(ids) == 1:
            return Confirm(ids, "confirm_specialty", {"value": label(ids[0])})
        return Certain(ids)
    everyday = _in_everyday_words(text)
    if everyday:
        return Confirm(everyday, "confirm_specialty", {"value": ", ".join(label(id_) for id_ in everyday)})
    line = folded(text)
    if _ANY.search(line) and len(line.split()) <= 9:
        return Unclear("specialty_any")
    return _nearly(line)


def named(text: str, *, strict: bool = False) -> list[Found]:
    """The specialties in the text, in order; those denied are left out, and a general word beside a special
    one.
    """
    found = [
        one
        for one in vocabulary()["specialty"].find(text)
        if not _denied(text, one) and not _is_talk(text, one, strict=strict)
    ]
    # "Faculty of medicine": a place, not a specialty.
    return [
        one
        for one in found
        if one.alias != ("medicine",)
        or not re.search(r"\b(?:of|college|school)\s+$", text[: one.start].casefold())
    ]


def certain_in(text: str) -> list[str] | None:
    """The specialties in a longer text when each is named beyond doubt ("surgery" alone is not)."""
    found = named(text, strict=True)
    if not found or any(_is_broad(one) for one in found):
        return None
    ids = list(dict.fromkeys(one.id for one in found))
    return ids if len(ids) <= MOST else None


def without(text: str, *, asked: bool = False) -> str:
    """The text with the specialties in it taken out; asked for one, a bare "emergency" is one too."""
    if asked and _in_everyday_words(text):
        return ""
    for one in reversed(vocabulary()["specialty"].find(text)):
        text = text[: one.start] + " " + text[one.end :]
    return text


def is_all(text: str) -> bool:
    """Whether the text is the name of one specialty and nothing else."""
    return vocabulary()["specialty"].terms.get(text) is not None


def label(id_: str) -> str:
    # The vocabulary tells readers of answers that some are fellowships; in an application that is only noise.
    return vocabulary()["specialty"].label(id_).removesuffix(" (a fellowship)")


def is_known(id_: object) -> bool:
    return isinstance(id_, str) and id_ in vocabulary()["specialty"]


def _in_everyday_words(text: str) -> list[str]:
    """Specialties named by what they treat, when the text is nothing else: "eyes", "heart or skin"."""
    parts = [part for part in re.split(r"[,;/&+]|\b(?:and|or|then)\b", text.casefold()) if key_of(part)]
    known = answer_words()["specialty_everyday"].meanings
    found = [known.get(" ".join(key_of(part))) or vocabulary()["specialty"].terms.get(part) for part in parts]
    ids = list(dict.fromkeys(id_ for id_ in found if id_))
    return ids if found and None not in found and len(ids) <= MOST else []


def _beside_named(text: str, named_: list[Found]) -> list[str]:
    """Everyday words that are joined to a specialty that was named: "emergency and general surgery"."""
    found = []
    for one in answer_words()["specialty_everyday"].find(text):
        inside = any(one.start < other.end and other.start < one.end for other in named_)
        gaps = [text[min(one.end, other.end) : max(one.start, other.start)].casefold() for other in named_]
        if not inside and any(_JOINED.fullmatch(gap) for gap in gaps):
            found.append(one.id)
    return list(dict.fromkeys(found))


_JOINED = re.compile(r"[\s,/&+]+(?:(?:and|or|then|y|e)[\s]+)?")


def _in_order(text: str, beside: list[str], named_: list[Found]) -> bool:
    """Whether the everyday word stands before the specialty it is joined to."""
    first = next(one for one in answer_words()["specialty_everyday"].find(text) if one.id in beside)
    return first.start < named_[0].start


def _denied(text: str, one: Found) -> bool:
    before = re.split(r"[,;.()]", text[: one.start].casefold().replace("'", "").replace("’", ""))[-1]
    return bool(_NOT.search(before))


def _is_talk(text: str, one: Found, *, strict: bool) -> bool:
    """A term that is also an everyday word ("im", "or", "path"): it counts in capitals, in a short answer,
    beside a telling word or another specialty.
    """
    if one.alias not in vocabulary()["specialty"].guarded:
        return False
    written = text[one.start : one.end]
    line = words(text)
    if re.search(r"['’]", written):
        return True
    if written.isupper() and not text.isupper():
        return False
    after = [w.folded for w in line if w.start >= one.end][:1]
    if (
        one.alias == ("im",)
        and after
        and after[0] not in _beside() | {"and", "or", "then", "also", "first", "please"}
    ):
        return vocabulary()["specialty"].terms.id_of(tuple(after)) is None
    if len(line) <= 5 and not strict:
        return False
    before = [w.folded for w in line if w.end <= one.start][-1:]
    return not (set(after) & _beside() or set(before) & {"in", "of", "and", "or", "plus"})


def _beside() -> frozenset[str]:
    return answer_words()["specialty_word"].listed("beside")


def _is_broad(one: Found) -> bool:
    """A word for a family of specialties rather than one."""
    return " ".join(one.alias) in answer_words()["specialty_word"].listed("family")


def _nearly(line: str) -> Parsed:
    if not 4 <= len(line) <= 40:
        return None
    begun = {entry.id for entry in vocabulary()["specialty"].entries if key_of(entry.label)[:1] == (line,)}
    if len(begun) == 1:
        only = begun.pop()
        return Confirm([only], "confirm_specialty", {"value": label(only)})
    known = {" ".join(key): key for key in vocabulary()["specialty"].terms.keys() if len("".join(key)) >= 5}  # noqa: SIM118
    best = process.extractOne(line, list(known), scorer=fuzz.ratio, score_cutoff=82)
    if best is None:
        return None
    id_ = vocabulary()["specialty"].terms.id_of(known[best[0]])
    return Confirm([id_], "confirm_specialty", {"value": label(id_)}) if id_ else None
