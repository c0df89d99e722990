"""What the applicant wants: a clinical rotation, residency support, or both. Pure.

CHHA's own articles call a rotation a "clinical internship", so that word counts as one here.
"""

from __future__ import annotations

import re

from frontdesk.applications.parsing.result import Certain, Confirm, Context, Parsed, Unclear
from frontdesk.applications.parsing.speech import folded, read_past_slips

PROGRAMS = ("clinical_rotation", "residency_support", "both")

_ROTATION = re.compile(
    r"\b(?:(?:clinical |hospital |us |usa |hands on )*(?:rotations?|rotate|rotating"
    r"|rotacion(?:es)?|rotacao|rotaciones|electives?|clerkships?|externships?|observerships?"
    r"|observer ?ship|sub ?internships?|sub ?is?|usce"
    r"|clinical (?:experience|internships?|training|practice|placement|program\w*)|internships?"
    r"|practice in (?:a |the )?(?:clinic|hospital)|placement|shadowing|clinic(?:al)?s?|roation"
    r"|rotaion|rotatoin|rotaton))\b"
)
_RESIDENCY = re.compile(
    r"\b(?:residenc(?:y|ies)|residence|residensy|recidency|residancy|residency (?:support|help"
    r"|application|assistance|guidance|match\w*|part|package|program)|match(?:ing)? (?:support"
    r"|help|assistance)|residencia|match(?: support)?|eras|personal statement"
    r"|support)\b"
)
_BOTH = re.compile(
    r"\b(?:both(?! (?:of my )?(?:usmle |my |the )*(?:steps?|exams?|parents|scores?|countries))"
    r"|all of (?:them|it)|both of (?:them|these)|everything|all|ambos|ambas|ambos dos|les deux"
    r"|beides|dono|two of them|the two|1 and 2|pareho)\b"
)
# "We both", "both of us": two persons, not two programs.
_BOTH_PERSONS = re.compile(
    r"\b(?:we|us|they|them|you|me|him|her|wife|husband|friends?)(?: (?:are|were|have|want|need|will))? both\b"
    r"(?=.*\b(?:rotat|residen|elective|observership|externship|clerkship))"
    r"|\bboth (?:of (?:us|you|my|our)|are|were|have|had|is|doctors?|physicians?|students?|graduat\w*"
    r"|imgs?|mds?)\b"
)
_NOT = (
    r"(?:no|not|dont (?:want|need)|do not (?:want|need)|without|not (?:the|a|any)|need no|skip|except"
    r"|other than|no need (?:for|of)|not interested in)(?: (?:a|an|any|the|need|want|clinical|us))*"
)
_UNSURE = re.compile(
    r"\b(?:not sure|dont know|unsure|undecided|confused|which (?:one )?(?:is )?(?:better|best)"
    r"|you (?:suggest|recommend)|any)\b"
)


_LEXICON = frozenset(
    "rotation rotations residency support internship observership externship elective electives "
    "clerkship clinical application".split()
)


def parse(text: str, context: Context) -> Parsed:
    """As below; a misspelt answer is read with its slips mended, and then asked about."""
    return read_past_slips(_parse, text, context, _LEXICON)


def _parse(text: str, context: Context) -> Parsed:
    """One of the three."""
    line = _BOTH_PERSONS.sub(" ", folded(text))
    if not line.strip():
        return None
    no_rotation = bool(re.search(rf"\b{_NOT} {_ROTATION.pattern}", line))
    no_residency = bool(re.search(rf"\b{_NOT} {_RESIDENCY.pattern}", line))
    rotation = bool(_ROTATION.search(line)) and not no_rotation
    residency = bool(_RESIDENCY.search(line)) and not no_residency
    first_only = re.search(r"\b(?:rotation|rotations) (?:first|now)\b.*\b(?:later|then|after)\b", line)
    if (
        _BOTH.search(line)
        and not (no_rotation or no_residency)
        and not re.search(r"\b(?:not|dont|no) (?:\w+ )?both\b", line)
    ):
        if re.fullmatch(r".*\b(?:all|everything)\b.*", line) and not rotation and len(line.split()) > 4:
            return Confirm("both", "confirm_both")
        return Certain("both")
    if rotation and residency:
        if re.search(r"\b(?:or|either|whichever)\b", line) and not re.search(
            r"\b(?:and|also|plus|too)\b", line
        ):
            return Unclear("program_which")
        if re.search(r"\b(?:only|just)\b", line) and not first_only:
            return _only(line)
        if re.search(r"\b(?:maybe|perhaps|might|not sure|possibly)\b", line):
            return Confirm("both", "confirm_both")
        return Certain("both")
    if rotation:
        return Certain("clinical_rotation")
    if residency:
        return Certain("residency_support")
    if no_rotation:
        return Confirm("residency_support", "confirm_residency")
    if no_residency:
        return Confirm("clinical_rotation", "confirm_rotation")
    line = re.sub(r"^(?:option|number|no|choice) (?=\d$)", "", line)
    if re.search(r"\b(?:hands on|clinical|hospital)\b", line) and len(line.split()) <= 4:
        return Certain("clinical_rotation")
    if re.search(r"\b(?:matching|interview (?:prep\w*|practice|help)|cv (?:help|review)|mentorship)\b", line):
        return Confirm("residency_support", "confirm_residency")
    if line == "either":
        return Unclear("program_which")
    if re.fullmatch(r"(?:the )?(?:first|1|1st|a)(?: one| option)?", line):
        return Certain("clinical_rotation")
    if re.fullmatch(r"(?:the )?(?:second|2|2nd|b)(?: one| option)?", line):
        return Certain("residency_support")
    if re.fullmatch(r"(?:the )?(?:third|3|3rd|c|last)(?: one| option)?", line):
        return Certain("both")
    if _UNSURE.search(line) and len(line.split()) <= 10:
        return Unclear("program_unsure")
    return None


def _only(line: str) -> Parsed:
    """ "residency support only" beside a word about rotations: the one that "only" stands with."""
    only_residency = re.search(
        rf"(?:only|just)(?: \w+){{0,2}} {_RESIDENCY.pattern}|{_RESIDENCY.pattern}(?: \w+){{0,1}} only", line
    )
    only_rotation = re.search(
        rf"(?:only|just)(?: \w+){{0,2}} {_ROTATION.pattern}|{_ROTATION.pattern}(?: \w+){{0,1}} only", line
    )
    if only_residency and not only_rotation:
        return Certain("residency_support")
    if only_rotation and not only_residency:
        return Certain("clinical_rotation")
    return Unclear("program_which")
