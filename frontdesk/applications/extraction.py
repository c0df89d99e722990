"""Several answers in one message: what is certain is taken, the rest is asked. Pure.

Each finder wants a cue beside the value (a label, "graduate", "weeks", "in Texas"), so that a city in the
name of a school or a specialty in a question fills nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pycountry

from frontdesk.applications import fields
from frontdesk.applications.parsing import (
    countries,
    durations,
    ecfmg,
    emails,
    exams,
    months,
    names,
    phones,
    places,
    programs,
    schools,
    specialties,
    speech,
    stages,
    years,
)
from frontdesk.applications.parsing.result import Certain, Context
from frontdesk.applications.wording import Phrases
from frontdesk.knowledge.vocabulary import answer_words, key_of

PERSONAL = frozenset(
    {
        "full_name",
        "email",
        "phone",
        "country_of_citizenship",
        "medical_school",
        "school_country",
        "graduation_year",
    }
)
# Asked for one of these, a list of bare words tells the others too: "rotation, IM, 4 weeks, Chicago".
_PLAN = frozenset(
    {"program_interest", "specialties", "preferred_start", "duration_weeks", "preferred_location"}
)
_SEGMENTS = re.compile(r"[;\n|•·]+|,(?!\d)|(?<=[a-zà-ÿ\d)])\.\s+")
_DASH = re.compile(r"\s[-–—]\s")
_LABEL = re.compile(
    r"^\W*(?P<label>[A-Za-zÀ-ÿ][\w \-'/]{0,40}?)\s*(?:[:=]|\bis\b|-(?=\s))\s*(?P<value>\S.*)$", re.DOTALL
)
_STAGE_CUE = re.compile(
    r"\b(?:graduat\w*|grads?|students?|\d(?:st|nd|rd|th)?[ -]?(?:yr|year)|(?:first|second|third"
    r"|fourth|fifth|sixth|final|last)[ -](?:yr|year)|ms ?[1-6]|studies|studying|mbbs \w+ year"
    r"|alumn\w+)\b"
)
_WISH = re.compile(
    r"\b(?:want|wish|interested|interest|rotations?|elective|clerkship|observership|externship"
    r"|specialt\w*|prefer\w*|weeks?|wks?|apply\w*|looking|like|need|sign)\b"
)
_START_CUE = re.compile(r"\b(?:start\w*|begin\w*|from|rotation|join|available|in|by|around|mid|early|late)\b")
_NOT_START = re.compile(
    r"\b(?:graduat\w*|grad|exam|step|ck|usmle|pass\w*|finish\w*|degree|diploma|class|batch|match"
    r"|booked|scheduled|certified|born|birth|since|visa|joined|enrolled)\b"
)
# "I lost three weeks", "no answer for 2 months": time that passed is no wish.
_SPAN = r"(?:\w+ )?(?:days?|weeks?|wks?|months?)"
_TIME_GONE = re.compile(
    rf"\b(?:lost|lose|losing|wasted?|waited|waiting|last|past)(?: \w+){{0,3}} {_SPAN}\b"
    rf"|\b(?:answer|reply|response|news|email|call)(?: \w+){{0,2}} (?:for|since) {_SPAN}\b"
    rf"|\b{_SPAN} (?:ago|late|lost|wasted|without|already|passed)\b"
)
_YEAR_CUE = re.compile(
    r"\b(?:graduat\w*|grads?|class of|batch|passing out|passed out|finish\w*|alumn\w*|yog|degree "
    r"in|diploma in)\b"
)
_OTHER_PERSON = re.compile(
    r"\b(?:my|our) (?:daughter|son|wife|husband|brother|sister|friend|nephew|niece|cousin|child"
    r"|kid|fiancee?|boyfriend|girlfriend|students?|patient)\b(?! (?:in|lives|live|is in|works"
    r"|visa))|\bon behalf of\b|\b(?:mother|father|parent|mom|mum|dad) of\b|\bi am (?:a |the |his "
    r"|her )(?:mother|father|parent|mom|mum|dad|wife|husband|agent|consultant)\b|\bfor (?:him|her"
    r"|them)\b"
)
_SEVERAL = re.compile(
    r"\b(?:two|three|four|five|six|several|many|some|few|multiple|\d{1,2}|group of|both) (?:of "
    r"(?:my|our) |my |our |medical |of )?(?:students|applicants|persons|people|friends|candidates"
    r"|of us)\b|\b(?:my|our|these) students\b"
)


# A couple, friends: each is an applicant, and the one who writes is the first.
_KIN_WORDS = (
    "husband|wife|fiancee?|brother|sister|cousin|friends?|boyfriend|girlfriend|partner|spouse|colleague"
)
_TOGETHER = re.compile(
    rf"\b(?:me|i|myself) (?:and|with|plus) my (?:{_KIN_WORDS})\b"
    rf"|\bmy (?:{_KIN_WORDS}) (?:and|with|plus) (?:me|i|myself)\b"
)


@dataclass
class Extracted:
    """What a message says for certain: field → value. `doubtful` are program and specialties said in
    passing.
    """

    values: dict[str, Any] = field(default_factory=dict)
    other_person: bool = False
    several: bool = False


def about_people(text: str) -> Extracted:
    """Whether somebody applies for another person, or for several."""
    line = speech.folded(text)
    together = bool(_TOGETHER.search(line))
    return Extracted(
        other_person=bool(_OTHER_PERSON.search(line)) and not together,
        several=together or bool(_SEVERAL.search(line)),
    )


def extract(text: str, context: Context, phrases: Phrases, *, asked: str | None = None) -> Extracted:
    """All fields that the text states for certain.

    Args:
        asked: the field being asked; it is left to its own parser.
    """
    found = about_people(text)
    said = speech.statements(text)
    if not said.strip():
        return found
    take = found.values
    _addresses(said, take)
    segments = _segments(said, phrases)
    # "Both passed, CK 239": what is said of one exam counts before what is said of both.
    for segment in sorted(segments, key=lambda one: len(exams.about(one)) > 1):
        if not _labelled(segment, take, context, phrases):
            _of_segment(segment, take, context)
    _school(said, take, asked)
    _years(said, segments, take, context)
    _wishes(said, segments, take, context, asked)
    if (len(segments) >= 5 and len(take) >= 3) or (len(segments) >= 2 and asked in _PLAN):
        _listed(segments, take, context)
    take.pop(asked or "", None)
    return found


def _segments(said: str, phrases: Phrases) -> list[str]:
    """The message cut at line ends, commas and full stops; at dashes too, unless a label stands before
    them.
    """
    found: list[str] = []
    for part in _SEGMENTS.split(said):
        if not part or not part.strip():
            continue
        pieces = _DASH.split(part.strip())
        if len(pieces) > 1 and _field_of(pieces[0], phrases) is None:
            found += [piece.strip() for piece in pieces if piece.strip()]
        else:
            found.append(part.strip())
    return found


def _field_of(label: str, phrases: Phrases) -> str | None:
    key = tuple(part for part in key_of(label) if part not in _OWN)
    return phrases.fields.id_of(key)


_OWN = frozenset({"my", "the", "her", "his", "and", "our"})


def _addresses(said: str, take: dict[str, Any]) -> None:
    found = emails.addresses(said)
    if len(found) == 1 and emails.likely(found[0]) is None:
        take["email"] = found[0]
    number = phones.certain_in(said)
    if number:
        take["phone"] = number


def _labelled(segment: str, take: dict[str, Any], context: Context, phrases: Phrases) -> bool:
    """ "Name: …", "grad year 2019", "step1 pass": the field named, then its value."""
    label = _LABEL.match(segment)
    if label:
        name = _field_of(label["label"], phrases)
        if name in fields.RECORD:
            parsed = fields.BY_NAME[name].parse(label["value"], context)
            if isinstance(parsed, Certain):
                take.setdefault(name, parsed.value)
                return True
    return False


def _of_segment(segment: str, take: dict[str, Any], context: Context) -> None:
    name = names.cued(segment) or _name_of_kin(segment)
    if name and "full_name" not in take:
        take["full_name"] = name
    for exam in exams.about(segment):
        parsed = fields.BY_NAME[exam].parse(segment, context)
        if isinstance(parsed, Certain):
            take.setdefault(exam, parsed.value)
    if re.search(r"\becfmg\b|\bintealth\b", speech.folded(segment)):
        parsed = ecfmg.parse(segment, context)
        if isinstance(parsed, Certain):
            take.setdefault("ecfmg_status", parsed.value)
    country = _citizenship(segment)
    if country:
        take.setdefault("country_of_citizenship", country)
    stage = re.sub(
        r"\b(?:grad(?:uation|uating)?|student) (?:year|yr|date|visa|elective)\b", " ", speech.folded(segment)
    )
    if _STAGE_CUE.search(stage):
        parsed = stages.parse(segment, context)
        if isinstance(parsed, Certain):
            take.setdefault("training_stage", parsed.value)


def _name_of_kin(segment: str) -> str | None:
    """ "for my daughter Emily Tan": a name in capitals behind the relation."""
    found = _KIN.search(segment)
    return found[1] if found else None


_KIN = re.compile(
    r"\bmy (?:daughter|son|wife|husband|brother|sister|friend|nephew|niece|cousin),?\s+"
    r"((?:Dr\.? )?[A-ZÀ-Þ][\w'’-]+(?:\s+[A-ZÀ-Þ][\w'’-]+)+)"
)


def _citizenship(segment: str) -> str | None:
    """A demonym that stands alone or with "I am", or a country with the word citizen."""
    line = speech.folded(segment)
    found = countries.mentioned(segment)
    codes = {one.id for one in found}
    if len(codes) != 1:
        return None
    if re.search(r"\b(?:citizen|citizenship|nationality|national|passport holder)\b", line):
        return codes.pop()
    one = found[0]
    if not _is_demonym(one.alias):
        return None
    alone = key_of(segment) == one.alias
    i_am = re.search(r"\b(?:i am|im|she is|he is|shes|hes)(?: a| an)? " + " ".join(one.alias), line)
    return codes.pop() if alone or i_am else None


def _is_demonym(alias: tuple[str, ...]) -> bool:
    return len(alias[-1]) >= 4 and alias not in _country_names()


_NAMES: set[tuple[str, ...]] = set()


def _country_names() -> set[tuple[str, ...]]:
    if not _NAMES:
        for country in pycountry.countries:
            for name in (
                country.name,
                getattr(country, "common_name", country.name),
                country.name.partition(",")[0],
            ):
                _NAMES.add(key_of(name))
        _NAMES.update(key_of(name) for name in answer_words()["country_word"].listed("not_a_demonym"))
    return _NAMES


def _school(said: str, take: dict[str, Any], asked: str | None) -> None:
    if asked in {"medical_school", "preferred_location"}:
        return
    found = schools.certain_in(said)
    if found:
        take.setdefault("medical_school", found[0])
        if found[1]:
            take.setdefault("school_country", found[1])


def _years(said: str, segments: list[str], take: dict[str, Any], context: Context) -> None:
    if "graduation_year" not in take:
        written = set(re.findall(r"(?<![\d/.-])(?:19|20)\d{2}(?![\d/.-])", said))
        for segment in segments:
            line = speech.folded(segment)
            cue = _YEAR_CUE.search(line) or (
                "medical_school" in take
                and len(written) == 1
                and _YEAR_CUE.search(speech.folded(said))
                and schools.is_school(segment)
            )
            if not cue or not re.search(
                r"(?:19|20)\d{2}|'\d{2}|\bclass of \d{2}|next year|this year", segment
            ):
                continue
            known = {**context.values, **take}
            parsed = years.graduation(segment, Context(today=context.today, values=known))
            if isinstance(parsed, Certain):
                take["graduation_year"] = parsed.value
                break
    line = speech.folded(said)
    match = re.search(r"\bmatch(?: year| of| in| cycle| for)* (20\d{2})\b|\b(20\d{2}) match\b", line)
    if match:
        parsed = years.match(match[1] or match[2], context)
        if isinstance(parsed, Certain):
            take.setdefault("match_year", parsed.value)


def _wishes(
    said: str, segments: list[str], take: dict[str, Any], context: Context, asked: str | None
) -> None:
    program = _program(segments, context)
    if program:
        take.setdefault("program_interest", program)
    weeks = durations.in_weeks(said)
    apart = {"usmle_step1", "usmle_step2ck"}
    if weeks is not None and asked not in apart and not _TIME_GONE.search(speech.folded(said)):
        take.setdefault("duration_weeks", weeks)
    chosen: list[str] = []
    for segment in segments:
        if not _WISH.search(speech.folded(segment)):
            continue
        one = specialties.certain_in(segment)
        chosen += [id_ for id_ in one or [] if id_ not in chosen]
    if chosen and len(chosen) <= specialties.MOST:
        take.setdefault("specialties", chosen)
    if asked not in {"medical_school", "school_country"}:
        for segment in segments:
            if schools.is_school(segment):
                continue
            place = places.certain_in(segment)
            if place:
                take.setdefault("preferred_location", place)
                break
    _start(segments, take, context)


def _program(segments: list[str], context: Context) -> str | None:
    """The program that the segments name; two of them together are both."""
    found: set[str] = set()
    for segment in segments:
        line = speech.folded(segment)
        if not _PROGRAM.search(line):
            continue
        parsed = programs.parse(segment, context)
        if isinstance(parsed, Certain):
            found.add(str(parsed.value))
    if len(found) > 1:
        return "both"
    return found.pop() if found else None


_PROGRAM = re.compile(
    r"\b(?:rotations?|electives?|clerkships?|observerships?|externships?|usce|rotacion\w*"
    r"|residency (?:support|help|assistance|application|guidance)"
    r"|(?:help|support|assistance|apply\w*|application)(?: \w+){0,3} residency)\b"
)


def _start(segments: list[str], take: dict[str, Any], context: Context) -> None:
    for segment in segments:
        line = speech.folded(segment)
        if _NOT_START.search(line) or not (
            (_START_CUE.search(line) and _WISH.search(line)) or re.search(r"\bstart", line)
        ):
            continue
        if not re.search(r"20\d{2}", segment):
            continue
        parsed = months.parse(segment, context)
        if isinstance(parsed, Certain):
            take.setdefault("preferred_start", parsed.value)
            return


def _listed(segments: list[str], take: dict[str, Any], context: Context) -> None:
    """In a list of bare answers ("Mexican, graduate, certified, rotation, IM, May 2027") a segment is one
    answer.
    """
    for at, segment in enumerate(segments):
        line = speech.folded(segment)
        if len(line.split()) > 5:
            continue
        if re.fullmatch(r"(?:ecfmg )?certified", line):
            take.setdefault("ecfmg_status", "certified")
        elif re.fullmatch(r"(?:clinical )?(?:rotations?|observership|elective)|both|residency support", line):
            parsed = programs.parse(segment, context)
            if isinstance(parsed, Certain):
                take.setdefault("program_interest", parsed.value)
        elif specialties.is_all(segment):
            parsed = specialties.parse(segment, context)
            if isinstance(parsed, Certain):
                take.setdefault("specialties", parsed.value)
        elif places.is_all(segment):
            take.setdefault("preferred_location", segment.strip(" ."))
        elif re.fullmatch(r"[a-z]+ 20\d{2}", line) and isinstance(
            parsed := months.parse(segment, context), Certain
        ):
            take.setdefault("preferred_start", parsed.value)
        elif re.fullmatch(r"(?:i )?need (?:a )?visa(?: help| letter| support)?", line):
            take.setdefault("visa_help", "yes")
        elif "email" in take and _could_be_a_name(segment, segments[at + 1 : at + 2]):
            parsed = names.parse(segment.rpartition(":")[2], context)
            if isinstance(parsed, Certain):
                take.setdefault("full_name", parsed.value)


def _could_be_a_name(segment: str, following: list[str]) -> bool:
    """Two to five words in capitals right before the address."""
    plain = segment.rpartition(":")[2].split()
    return (
        2 <= len(plain) <= 5
        and all(part[:1].isupper() and part.replace("-", "").replace("'", "").isalpha() for part in plain)
        and bool(following)
        and "@" in following[0]
    )


def regions_in(text: str) -> tuple[str, ...]:
    """Countries the text speaks of, for guessing where a phone number is from; US places count as US."""
    codes = [one.id for one in countries.mentioned(text)]
    if places.mentioned(text):
        codes.append("US")
    return tuple(dict.fromkeys(codes))
