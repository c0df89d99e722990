"""Yes and no in many voices and signs. Pure; the words are in the vocabulary."""

from __future__ import annotations

from frontdesk.applications.parsing.result import Certain, Context, Parsed, Unclear
from frontdesk.knowledge.vocabulary import Gazetteer, answer_words, words

_LONGEST = 4


def leading(text: str) -> str | None:
    """ "yes" or "no" when the text begins with it (after politeness and signs), else None."""
    line = [word.folded for word in words(text)]
    before = answer_words()["politeness"].listed("leading")
    while line and line[0] in before:
        line = line[1:]
    known = _known()
    for length in range(min(_LONGEST, len(line)), 0, -1):
        if said := known.terms.id_of(line[:length]):
            return said
    if not line:
        said_by = signs(text)
        return "no" if "no" in said_by else "yes" if said_by else None
    return None


def _known() -> Gazetteer:
    return answer_words()["yes_no"]


def signs(text: str) -> set[str]:
    """What the emoji in the text say: of "yes" and "no" none, one, or both."""
    known = _known()
    return {known.meanings[sign] for sign in text if sign in known.meanings and not sign.isalnum()}


def plain(text: str) -> str | None:
    """ "yes" or "no" when the text is that and politeness, nothing more."""
    found: set[str] = set()
    hesitant = False
    known = _known()
    around = answer_words()["politeness"].listed("around")
    rest = [word.folded for word in words(text)]
    while rest:
        for length in range(min(_LONGEST, len(rest)), 0, -1):
            head = rest[:length]
            said = known.terms.id_of(head)
            if said:
                # "Ok" leads into many an answer; alone among politeness it is a yes.
                hesitant = hesitant or head == ["ok"]
                if not (said == "yes" and head == ["ok"] and len(rest) > 1):
                    found.add(said)
                rest = rest[length:]
                break
        else:
            if rest[0] not in around:
                return None
            rest = rest[1:]
    found |= signs(text)
    if not found and hesitant:
        return "yes"
    return found.pop() if len(found) == 1 else None


def parse(text: str, context: Context) -> Parsed:
    """ "yes" or "no"; what begins with one and goes on is taken at its first word unless it turns round."""
    said = plain(text)
    if said:
        return Certain(said)
    first = leading(text)
    line = " ".join(word.folded for word in words(text))
    turns = any(f" {word} " in f" {line} " for word in answer_words()["politeness"].listed("turning"))
    if first and not turns and "?" not in text:
        return Certain(first)
    if first:
        return Unclear("yes_or_no")
    return None
