"""Corrections: which earlier answer is meant, and what it should be. Pure.

"sorry, my email is …", "change my phone", "no, 2018 not 2019", "I meant Egypt", "add neurology".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from frontdesk.applications import fields
from frontdesk.applications.parsing import (
    countries,
    emails,
    exams,
    names,
    phones,
    places,
    schools,
    specialties,
    speech,
)
from frontdesk.applications.parsing.result import Certain, Confirm, Context, Parsed
from frontdesk.applications.wording import ApplicationWording, Phrases
from frontdesk.knowledge.vocabulary import Found, fold, key_of


@dataclass(frozen=True)
class Correction:
    """An earlier answer to be changed. `parsed` is the new value, None when only the field was named.

    `sure`: the wording says that it is a correction; otherwise it is a statement about a field ("my grad year
    is 2028"), which may be its first answer.
    """

    field: str
    parsed: Parsed
    sure: bool


_NEW_OLD = [
    # (pattern, group of the new value, group of the old one)
    (re.compile(r"(?P<new>.+?),?\s*(?:and |but )?\bnot\s+(?P<old>.+)", re.I | re.S), "new", "old"),
    (
        re.compile(r"(?P<new>.+?)\s+(?:instead of|rather than|in place of)\s+(?P<old>.+)", re.I | re.S),
        "new",
        "old",
    ),
    (
        re.compile(
            r"\bnot\s+(?P<old>[^,.;]+?)\s*[,.;]?\s*(?:\bbut\b|\bits\b|\bit'?s\b|\bit is\b"
            r"|[,;.])\s*(?P<new>.+)",
            re.I | re.S,
        ),
        "new",
        "old",
    ),
    (
        re.compile(
            r"(?:wrote|typed|said|put|gave|entered|written|told|was)\s+(?P<old>.+?)\s*(?:by "
            r"(?:mistake|accident)|mistakenly|wrongly|accidentally|in error)?\s*[,.;]?\s*"
            r"(?:\bbut\b\s*)?(?:\b(?:it'?s|it is|its|it should be|should be|it must be"
            r"|correct(?: one)? is|i meant|right(?: one)? is|real(?: one)? is|the (?:correct"
            r"|right) \w+ is|(?:please )?make (?:it|that)|(?:please )?change (?:it|that) to)\b)"
            r"\s*(?P<new>.+)",
            re.I | re.S,
        ),
        "new",
        "old",
    ),
    (re.compile(r"(?:from\s+)(?P<old>.+?)\s+to\s+(?P<new>.+)", re.I | re.S), "new", "old"),
    (re.compile(r"(?:replace)\s+(?P<old>.+?)\s+(?:with|by)\s+(?P<new>.+)", re.I | re.S), "new", "old"),
    (re.compile(r"(?P<old>.+?)\s*(?:->|→|=>)\s*(?P<new>.+)", re.I | re.S), "new", "old"),
    (
        re.compile(
            r"(?P<old>.+?)\s+(?:should be|should say|should read|must be|should have been)\s+(?P<new>.+)",
            re.I | re.S,
        ),
        "new",
        "old",
    ),
]
_ASSIGN = re.compile(
    r"^[\s\w'’]{0,24}?(?:\b(?:is|was|to|as|are|should be|should say|should read|must be|will be"
    r"|instead|into|pala)\b\s*(?:now\s+|actually\s+)?[:=]?|[:=]|->|→)\s*(?P<value>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)
# What is said of a value that is wrong, and is no value itself.
_JUDGED = re.compile(
    r"\W*(?:not |a bit |completely |totally |all )*(?:wrong|incorrect|misspel\w+|mispel\w+"
    r"|mistyped|mistaken|bad|false|right|correct|a mistake|old|outdated|different|missing|spelled"
    r"|spelt|written|my \w+s)\b(?! (?:as|like|with)\b)"
)
_RIGHTED = re.compile(
    r"[,.;:]\s*(?:and |but )?(?:it'?s|it is|it should be|should be|it must be"
    r"|the (?:right|correct) (?:one|name) is)\s+(?P<value>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)
_MEANT = re.compile(
    r"\b(?:i (?:meant|mean)|meant|correction|i wanted to (?:say|write)|should (?:be|say|read"
    r"|have been)|by mistake|mistaken\w*|typo|wrongly)\b"
)
_NO_BUT = re.compile(
    r"^\W*(?:no|nope|oops|ups|opps|sorry|oh|wait|actually|wrong|correction)\b[\s,.:;!]+(?=\S)", re.IGNORECASE
)
# Fields whose answers are everyday words.
_LOOSE = frozenset(
    {"training_stage", "ecfmg_status", "visa_help", "usmle_step1", "usmle_step2ck", "program_interest"}
)
_TWINS = {"country_of_citizenship": "school_country", "school_country": "country_of_citizenship"}
_EXAMS = frozenset({"usmle_step1", "usmle_step2ck", "ecfmg_status"})
_ADD = re.compile(r"\b(?:add|also|include|plus|as well|too|another|and)\b")
_ADD_STRONG = re.compile(r"\b(?:add|include|also (?:put|add|want)|as well)\b")
_REMOVE = re.compile(r"\b(?:remove|delete|drop|take out|without|cancel|no more|exclude)\b")


def find(
    text: str,
    *,
    asked: str | None,
    context: Context,
    recent: Sequence[str],
    phrases: Phrases,
    wording: ApplicationWording,
) -> list[Correction]:
    """The corrections of and statements about other fields that the text makes; the first is the main one.

    Args:
        asked: the field whose answer is awaited; statements about it are answers, not corrections.
        recent: fields answered, latest first.
    """
    said = text.strip()
    if speech.is_question(said) and not _asks_to_change(said):
        said = speech.statements(said).strip()
    if not said:
        return []
    cued = bool(phrases.corrections.find(said)) or " not " in f" {fold(said)} "
    named = _named(said, phrases, asked)
    listing = _listing(said, context.values, named, context)
    if listing:
        return [listing]
    by_old = _by_old_value(said, context, wording, asked, named, cued=cued)
    if by_old:
        return [by_old]
    found: list[Correction] = []
    for at, one in enumerate(named):
        if (one.id == asked and asked != fields.REVIEW) or any(one.id == other.field for other in found):
            continue
        # What follows the next field's name belongs to that field: "start to March and weeks to 6".
        end = named[at + 1].start if at + 1 < len(named) and found else len(said)
        correction = _of_field(said[:end], one, cued=cued, context=context, wording=wording)
        if correction and (not found or isinstance(correction.parsed, Certain)):
            found.append(correction)
    if found:
        return found
    if not any(one.id == asked for one in named):
        latest = _latest(said, cued, asked, context, recent)
        return [latest] if latest else []
    return []


def names_only(text: str, phrases: Phrases) -> str | None:
    """The field that is all the text says, politeness aside ("the phone, please")."""
    polite = {word for key in phrases.polite for word in key} | {
        "the",
        "my",
        "her",
        "his",
        "change",
        "is",
        "wrong",
    }
    key = tuple(word for word in key_of(text) if word not in polite)
    return phrases.fields.id_of(key) or phrases.fields.id_of(key_of(text))


def named_fields(text: str, phrases: Phrases) -> list[str]:
    """The fields that the text names, in its order."""
    return list(dict.fromkeys(one.id for one in _named(text, phrases, None)))


def _named(text: str, phrases: Phrases, asked: str | None) -> list[Found]:
    found = [one for one in phrases.fields.find(text) if not _inside_value(text, one)]
    # "country" alone is the citizenship, unless the school's country is what we talk about.
    return [
        Found("school_country", one.start, one.end, one.alias)
        if one.alias in {("country",), ("my", "country")} and asked == "school_country"
        else one
        for one in found
    ]


def _inside_value(text: str, one: Found) -> bool:
    """A word that belongs to an address or a longer name ("gmail" in ana@gmail.com, "Kansas City")."""
    around = text[max(0, one.start - 1) : one.end + 1]
    if "@" in around or (
        one.end < len(text) and text[one.end] in "@." and text[one.end + 1 : one.end + 2].isalnum()
    ):
        return True
    capital = text[one.start].isupper() and one.start > 0
    return len(one.alias) == 1 and capital and one.alias[0] in _PARTS_OF_NAMES


_PARTS_OF_NAMES = frozenset(
    "university college school faculty city state uni class match place universidad".split()
)


def _of_field(
    text: str, one: Found, *, cued: bool, context: Context, wording: ApplicationWording
) -> Correction | None:
    field = fields.BY_NAME[one.id]
    current = context.values.get(one.id)
    head, tail = text[: one.start], text[one.end :]
    assigned = _ASSIGN.match(tail)
    if field.free:
        return _of_free(text, one, cued=cued, assigned=assigned, context=context, wording=wording)
    for piece in _pieces(text, head, tail, assigned):
        parsed = _parse(field, piece, context)
        if isinstance(parsed, Certain | Confirm) and (cued or assigned or isinstance(parsed, Certain)):
            if parsed.value == current and not cued and not assigned:
                return None
            return Correction(
                one.id, parsed, sure=cued or (assigned is not None and one.id in context.values)
            )
    if cued and one.id in context.values:
        return Correction(one.id, None, sure=True)
    return None


def _asks_to_change(text: str) -> bool:
    """ "Can I change my e-mail?" asks for a correction, not for an answer."""
    return bool(
        re.search(
            r"\b(?:can|could|may|would|will|how (?:do|can|to)) (?:i |we |you |it )?(?:\w+ "
            r")?(?:change|correct|edit|fix|update|modify|add|remove|make)\b",
            fold(text),
        )
    )


def _pieces(text: str, head: str, tail: str, assigned: re.Match[str] | None) -> list[str]:
    pieces: list[str] = []
    if assigned:
        value = assigned["value"]
        split = _split(value)
        pieces += [split[0]] if split else []
        pieces.append(value)
    split_tail = _split(tail) if tail.strip() else None
    if split_tail:
        pieces.append(split_tail[0])
    split_text = _split(text)
    if split_text:
        pieces.append(split_text[0])
    pieces += [tail, f"{head} {tail}", text, head]
    return [piece for piece in pieces if key_of(piece) or "@" in piece]


def _parse(field: fields.Field, piece: str, context: Context) -> Parsed:
    without = Context(
        today=context.today, values={**context.values, field.name: None}, regions=context.regions
    )
    if field.name in {"usmle_step1", "usmle_step2ck"}:
        return exams.state(piece, without)
    parsed = field.parse(piece, without)
    if field.name == "phone" and isinstance(before := context.values.get("phone"), str):
        return phones.instead_of(before, parsed)
    return parsed


def _of_free(
    text: str,
    one: Found,
    *,
    cued: bool,
    assigned: re.Match[str] | None,
    context: Context,
    wording: ApplicationWording,
) -> Correction | None:
    field = fields.BY_NAME[one.id]
    current = context.values.get(one.id)
    if isinstance(current, str) and cued and _contains(text, current) and not _other_after(text, current):
        return Correction(one.id, Certain(current), sure=True)
    value = assigned["value"] if assigned else ""
    if _JUDGED.match(fold(value)):
        # "My name is misspelled, it is Peña."
        righted = _RIGHTED.search(value)
        value = righted["value"] if righted else ""
    if value:
        split = _split(value)
        if one.id == "medical_school" and not schools.is_school(value):
            country = countries.parse(value, context)
            if isinstance(country, Certain):
                return Correction("school_country", country, sure=cued or "school_country" in context.values)
        parsed = field.parse(split[0] if split else value, context)
        if isinstance(parsed, Certain):
            if one.id == "full_name" and isinstance(current, str):
                parsed = Certain(names.with_part(current, str(parsed.value)))
            return Correction(one.id, parsed, sure=cued or one.id in context.values)
    split = _split(text) if cued else None
    if split and one.id in context.values:
        parsed = field.parse(split[0], context)
        if isinstance(parsed, Certain) and not speech.talk_share(split[0]) > 0.2:
            return Correction(one.id, parsed, sure=True)
    if one.id == "preferred_location":
        known = places.mentioned(text[: one.start] + " " + text[one.end :])
        if known and (cued or one.id not in context.values):
            rest = text[: one.start] + " " + text[one.end :]
            return Correction(one.id, Certain(rest[known[0].start : known[-1].end]), sure=cued)
    if cued and one.id in context.values:
        return Correction(one.id, None, sure=True)
    return None


def _contains(text: str, value: str) -> bool:
    return f" {' '.join(key_of(value))} " in f" {' '.join(key_of(text))} "


def _other_after(text: str, current: str) -> bool:
    """ "change the name from Ana Ruiz to Ana Lima" names the old value, and a new one after it."""
    line, old = " ".join(key_of(text)), " ".join(key_of(current))
    after = line.partition(old)[2]
    return bool(re.match(r"\s*(?:to|should be|is wrong|was wrong|into|with|by|wrong)\b", after))


def _split(text: str) -> tuple[str, str] | None:
    """(new, old) when the text sets one value against another."""
    for pattern, new, old in _NEW_OLD:
        match = pattern.search(text)
        if match and match[new].strip() and match[old].strip():
            return match[new].strip(" ,.;"), match[old].strip(" ,.;")
    return None


def _by_old_value(
    text: str,
    context: Context,
    wording: ApplicationWording,
    asked: str | None,
    named: Sequence[Found],
    *,
    cued: bool,
) -> Correction | None:
    """The field whose value is what the text takes back: "no, 2018 not 2019", "gmail not gmial"."""
    split = _split(text)
    if not split:
        return None
    new, old = split
    new = _NO_BUT.sub("", new)
    new = re.sub(r"^\W*(?:it'?s|it is|its|this is|i meant|meant|should be)\s+", "", new, flags=re.IGNORECASE)
    old_key = " ".join(key_of(old))
    if not old_key:
        return None
    for name in fields.RECORD:
        current = context.values.get(name)
        if current is None or (name in _EXAMS and asked in _EXAMS and name not in {one.id for one in named}):
            # "failed, not passed" answers the exam that is asked, not the one before.
            continue
        field = fields.BY_NAME[name]
        shown = fields.shown(name, current, wording)
        exactly = old_key in {" ".join(key_of(str(current))), " ".join(key_of(shown))}
        parsed_old = None if field.free else _parse(field, old, context)
        same = isinstance(parsed_old, Certain) and parsed_old.value == current
        if exactly or same:
            parsed = _parse(field, new, context)
            if isinstance(parsed, Certain | Confirm):
                return Correction(name, parsed, sure=cued)
        replaced = _replaced(str(current), old, new) if isinstance(current, str) else None
        if replaced and name in {"email", "full_name", "medical_school", "preferred_location"}:
            parsed = field.parse(replaced, context)
            if isinstance(parsed, Certain):
                return Correction(name, parsed, sure=True)
    return None


def _replaced(current: str, old: str, new: str) -> str | None:
    """The current value with the wrong part exchanged ("it's gmail not gmial", "Haddad not Hadad")."""
    right = new.split()
    if len(old.split()) != 1 or not right:
        return None
    part, exchange = old.strip(" .,;!"), right[-1].strip(" .,;!")
    small = speech.talk() | speech.joining()
    # The ending of an address may be short: "it ends in .com not .pt".
    shortest = 2 if "@" in current else 3
    if (
        len(part) < shortest
        or {*key_of(part), *key_of(exchange)} & small
        or len(fold(current)) != len(current)
    ):
        return None
    # A whole word of the value: "it" is none of "University".
    found = re.search(rf"(?<![^\W_]){re.escape(fold(part))}(?![^\W_])", fold(current))
    if found is None:
        return None
    if part[:1].islower() and "@" in current:
        exchange = exchange.lower()
    return current[: found.start()] + exchange + current[found.end() :]


def _latest(
    text: str, cued: bool, asked: str | None, context: Context, recent: Sequence[str]
) -> Correction | None:
    """ "I meant Egypt", "no, 2018", "sorry, ana@…": the latest answer that this could be."""
    line = fold(text)
    meant = bool(_MEANT.search(line))
    opener = _NO_BUT.match(text)
    if not (
        meant or (opener and cued) or (opener and re.match(r"\W*(?:no|nope|wrong|oops|opps|ups)\b", line))
    ):
        return None
    # A mere "no, …" takes back nothing that is said in everyday words: "no, that's not it".
    refused = not meant and re.match(r"\W*(?:no|nope)\b", line) is not None
    rest = _NO_BUT.sub("", text)
    rest = (
        re.sub(
            r"^\W*(?:sorry|oh|no|wait|actually|and|,)*\W*(?:it'?s|it is|its|i (?:meant|mean"
            r"|wanted to say)|meant|should be|correction)\b[\s:,]*",
            "",
            rest,
            flags=re.IGNORECASE,
        )
        or rest
    )
    rest = re.sub(
        r"[,.;]?\s*\b(?:update|change|correct|fix|please|pls) (?:that|it|this)\b.*$",
        "",
        rest,
        flags=re.IGNORECASE,
    )
    if not (key_of(rest) or "@" in rest):
        return None
    if asked in fields.BY_NAME and asked not in {fields.REVIEW, fields.CONSENT} and not meant:
        own = fields.BY_NAME[asked].parse(rest, context)
        if isinstance(own, Certain | Confirm):
            return None
    for name in recent:
        if name == asked or name not in fields.RECORD:
            continue
        field = fields.BY_NAME[name]
        if field.free and (name != (recent[0] if recent else None) or not meant):
            continue
        parsed = _parse(field, rest, context)
        if isinstance(parsed, Certain) and parsed.value != context.values.get(name):
            if refused and parsed.value == context.values.get(_TWINS.get(name, "")):
                # "Nope, I'm American" repeats a citizenship; it moves no school.
                continue
            # A score is no everyday word: "no sorry, 254 is right".
            loose = name in _LOOSE and not str(parsed.value).isdigit()
            if loose and (refused or name != recent[0] or len(key_of(rest)) > 6):
                continue
            return Correction(name, parsed, sure=True)
    return None


def _listing(text: str, values: Any, named: list[Found], context: Context) -> Correction | None:
    """Specialties added to or taken from the list."""
    line = fold(text)
    current = values.get("specialties")
    if not isinstance(current, list) or speech.is_question(text):
        return None
    found = list(dict.fromkeys(one.id for one in specialties.named(text)))
    mentions = any(one.id == "specialties" for one in named)
    if not found or any(one.id not in {"specialties", "preferred_location"} for one in named):
        return None
    removal = re.search(
        r"\b(?:remove|delete|drop|take out|without|exclude|no more)\b(.*?)(?:\b(?:and|put|add"
        r"|with|use|instead)\b|[,;.]|$)(.*)",
        text,
        re.I | re.S,
    )
    if removal and _REMOVE.search(line):
        gone = {one.id for one in specialties.named(removal[1])}
        new = [one.id for one in specialties.named(removal[2]) if one.id not in gone]
        left = list(dict.fromkeys([*(one for one in current if one not in gone), *new]))
        if gone & set(current):
            return Correction("specialties", Certain(left) if left else None, sure=True)
    if _ADD_STRONG.search(line) or (mentions and _ADD.search(line)):
        joined = list(dict.fromkeys([*current, *found]))
        if len(joined) <= specialties.MOST:
            return Correction("specialties", Certain(joined), sure=True)
        return Correction(
            "specialties",
            fields.BY_NAME["specialties"].parse(", ".join(specialties.label(one) for one in joined), context),
            sure=True,
        )
    return None


def address_in(text: str) -> str | None:
    """The one e-mail address in the text: a correction may be no more than the right address."""
    found = emails.addresses(text)
    return found[0] if len(found) == 1 else None
