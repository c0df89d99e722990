"""USMLE Step 1 and Step 2 CK: not taken, scheduled, passed, failed, or the score when it is given. Pure.

A score is noted as given and never judged. Scores are three digits up to 300 (USMLE's scale).
"""

from __future__ import annotations

import re

from frontdesk.applications.parsing.month_names import month_numbers
from frontdesk.applications.parsing.numbers import hundreds_to_digits, words_to_digits
from frontdesk.applications.parsing.result import Certain, Confirm, Context, Parsed, Unclear
from frontdesk.applications.parsing.speech import folded, read_past_slips

STATES = ("not_taken", "scheduled", "passed", "failed")
LOWEST, HIGHEST = 100, 300

_SCORE = re.compile(r"(?<![\d./-])([1-3]\d{2})(?![\d/-]|\.\d|th\b)")
_FAILED = re.compile(
    r"\b(?:fail(?:ed|ure|s)?|failing|flunked|(?:did not|didnt|not|never|could not|couldnt|un|dont"
    r"|wasnt|havent|no) (?:yet )?(?:pass(?:ed)?|clear(?:ed)?|succe\w*|able to pass|qualify"
    r"|qualified|make it|made it)(?! yet| todavia)"
    r"|unsuccessful(?:ly)?|reprobad[oa]|reprobe|suspendid[oa]|no aprobe|no aprobad[oa]"
    r"|reprovad[oa]|echoue|raté|bagsak)\b"
)
_PASSED = re.compile(
    r"\b(?:pass(?:ed|es)?|p|cleared?|qualified|approved|succeeded|successful(?:ly)?|aprobad[oa]|aprobe"
    r"|aprovad[oa]|reussi|bestanden|pasado|pasada|pasé|pase|pumasa|pasado na|got through|made it"
    r"|gecti)\b"
)
_NEGATIVE = re.compile(
    r"\b(?:no|nope|nah|nada|not|never|none|neither|nor|nothing|havent|hasnt|didnt|didn|dont"
    r"|doesnt|yet to|todavia|aun no|nunca|pas encore|nein|hindi|nahi|nahin|ainda nao|nao|non|wala"
    r"|belum|tampoco|ningun[oa]?|nenhum|non plus|untaken|unattempted|not started|without|zero)\b"
)
# Who passed need not know the score.
_FORGOTTEN = re.compile(
    r"\b(?:(?:i )?(?:do not|dont|did not|didnt|cannot|cant|can not|not) (?:really |exactly )?"
    r"(?:remember|recall|know|have|get|got)(?: (?:my|the|a|any|exact|exactly))* "
    r"(?:score|marks?|points|number|result)s?"
    r"|(?:i )?(?:do not|dont|cannot|cant) (?:really )?(?:remember|recall)"
    r"|(?:no|without|not a) (?:numeric |3 digit )?(?:score|marks?|number)s?)\b"
)
_BOOKED = re.compile(
    r"\b(?:schedul\w+|book(?:ed|ing)?|registered|have (?:a |my |the )?(?:date|slot|seat|permit)"
    r"|exam (?:is )?(?:on|in)|exam date|date (?:is )?(?:on|in|fixed|set)|permit|prometric|slot"
    r"|reserved|agendad[oa]|programad[oa]|fixed|(?:is|its|it is) (?:on|in) )\b"
)
_NOT_BOOKED = re.compile(
    r"\b(?:not|no|didnt|havent|yet to|dont have|without)\b(?: (?!but\b)\w+){0,3} (?:schedul|book"
    r"|regist|date|slot|permit)"
)
_INTENDED = re.compile(
    r"\b(?:plan\w*|prepar\w*|study\w*|studying|will|going to|gonna|intend\w*|want to|soon|taking"
    r"|giving|sitting|appearing|attempt(?:ing)?|expect\w*|aim\w*|hope|hoping|target\w*|next"
    r"|upcoming|in progress|dedicated)\b"
)
_AWAITED = re.compile(
    r"\b(?:wait\w* (?:for|on)?|awaiting|pending|results?|expecting (?:the )?(?:result"
    r"|score))\b.*\b(?:result|score|outcome)s?\b|\bresults? (?:pending|awaited|not (?:out|yet))\b"
)
_TAKEN = re.compile(
    r"\b(?:yes|yeah|yep|done|took|taken|did|given|gave|wrote|written|attempted|appeared"
    r"|completed?|finished|ya|si|sat|have)\b"
)
_STEP1 = re.compile(r"\b(?:usmle )?(?:step|stp|setp)s? ?(?:1|one|i)\b|\bs1\b")
_STEP2 = re.compile(
    r"\b(?:usmle )?(?:step|stp)s? ?(?:2|two|ii)(?: ?ck)?\b|\bs2(?: ?ck)?\b|\bck\b|\b2 ?ck\b"
    r"|\bclinical knowledge\b"
)
_OTHER_STEP = re.compile(
    r"\b(?:usmle )?step ?(?:3|three|iii)\b|\bs3\b|\boet\b|\bielts\b|\bplab\b|\bmccqe\b|\bstep ?2 "
    r"?cs\b|\b2 ?cs\b"
)
_BOTH = re.compile(
    r"\b(?:both|both of them|both steps?|neither|none of (?:them|these|the steps)|all of them"
    r"|steps? 1 (?:and|&) 2)\b"
)
_SMALL = re.compile(
    r"\b(?:in|on) (?:the )?(?:first|1st|second|2nd|third|3rd) (?:attempt|try|time|sitting|go)\b"
    r"|\b(?:first|1st|second|2nd|third|3rd) (?:attempt|try|time|sitting)\b"
)


def step1(text: str, context: Context) -> Parsed:
    """The state of Step 1, which has given scores only to those who took it before 26 January 2022."""
    return _exam(text, context, "usmle_step1")


def step2ck(text: str, context: Context) -> Parsed:
    """The state of Step 2 CK."""
    return _exam(text, context, "usmle_step2ck")


def about(text: str) -> list[str]:
    """Which of the two fields the text names, in its order; "both" names both."""
    line = folded(text)
    if _BOTH.search(line):
        return ["usmle_step1", "usmle_step2ck"]
    places = []
    for field, pattern in (("usmle_step1", _STEP1), ("usmle_step2ck", _STEP2)):
        match = pattern.search(line)
        if match:
            places.append((match.start(), field))
    return [field for _, field in sorted(places)]


def segment(text: str, field: str) -> str | None:
    """The part of a text that speaks of one exam when it names both; None when it names the other only."""
    named = about(text)
    if not named:
        return text
    if _BOTH.search(folded(text)):
        return _of_both(text, field)
    if field not in named:
        return None
    if len(named) == 1:
        return text
    line = words_to_digits(" ".join(text.split()))
    first, second = (_place(line, one) for one in named)
    if first is None or second is None:
        return text
    cut = second
    head, tail = line[:cut], line[cut:]
    # "passed step 1, step 2 booked": what stands before the first name belongs to it.
    return head if named[0] == field else tail


def _of_both(text: str, field: str) -> str:
    """ "Both passed, CK 239": the clause about this exam alone, else all but those about the other."""
    clauses = [part for part in re.split(r"[,;.\n]+(?!\d)", text) if folded(part)]
    alone = {part: about(part) for part in clauses if not _BOTH.search(folded(part))}
    own = [part for part, named in alone.items() if named == [field]]
    others = [part for part in clauses if not alone.get(part) or field in alone[part]]
    return own[0] if own else ", ".join(others) or text


def _place(line: str, field: str) -> int | None:
    pattern = (
        r"(?:usmle )?step\s*-?\s*(?:1|i)\b|\bs1\b"
        if field == "usmle_step1"
        else r"(?:usmle )?step\s*-?\s*(?:2|ii)(?:\s*ck)?\b|\bs2\b|\b(?:2\s*)?ck\b"
    )
    match = re.search(pattern, line)
    return match.start() if match else None


def _exam(text: str, context: Context, field: str) -> Parsed:
    part = segment(text, field)
    if part is None:
        return None
    return state(part, context)


_LEXICON = frozenset(
    "passed failed scheduled booked registered cleared taken attempted waiting result prepared "
    "preparing never".split()
)


def state(text: str, context: Context) -> Parsed:
    """The state that the words say, whichever exam they speak of; a misspelt one is asked about."""
    return read_past_slips(_state, text, context, _LEXICON)


def _state(text: str, context: Context) -> Parsed:
    plain = words_to_digits(hundreds_to_digits(text))
    line = folded(plain)
    if not line:
        return _signs(text)
    if line.isdigit() and not LOWEST <= int(line) <= HIGHEST:
        return Unclear("score_range")
    if _OTHER_STEP.search(line) and not (_STEP1.search(line) or _STEP2.search(line)):
        return Unclear("exam_other")
    spoken = _SMALL.sub(" ", _STEP2.sub(" ", _STEP1.sub(" ", line)))
    scores = [int(n) for n in _SCORE.findall(re.sub(r"(?<!\d)(?:19|20)\d{2}(?!\d)", " ", plain))]
    if re.fullmatch(r"(?:it is |its )?not applicable", line):
        return None
    failed = bool(_FAILED.search(spoken))
    passed = bool(_PASSED.search(_FAILED.sub(" ", spoken)))
    if failed and passed:
        return _both_words(spoken)
    if failed:
        return Certain("failed")
    valid = [score for score in scores if LOWEST <= score <= HIGHEST]
    if len(set(valid)) > 1:
        return Unclear("score_two")
    if valid and not _INTENDED.search(re.sub(r"\bwill\b", " ", spoken)):
        return Certain(str(valid[0]))
    if scores and not valid:
        return Unclear("score_range")
    negative = bool(_NEGATIVE.search(spoken))
    if passed:
        if (
            _NEGATIVE.search(_FORGOTTEN.sub(" ", spoken))
            or _INTENDED.search(spoken)
            or re.search(r"\b(?:hope|inshallah|if)\b.*\bpass", spoken)
        ):
            return Unclear("exam_which")
        return Certain("passed")
    return _without_result(spoken, line, negative)


def _both_words(spoken: str) -> Parsed:
    """ "failed first, passed the second time": what was reached last counts."""
    last_fail = max(match.start() for match in _FAILED.finditer(spoken))
    last_pass = max((match.start() for match in _PASSED.finditer(_blank(_FAILED, spoken))), default=-1)
    if last_pass > last_fail and not re.search(
        r"\b(?:hope|will|want|repeat|retake|again)\b[^.]*$", spoken[last_fail:last_pass]
    ):
        return Certain("passed")
    return Unclear("exam_which")


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: " " * len(match.group()), text)


def _without_result(spoken: str, line: str, negative: bool) -> Parsed:
    month = bool(month_numbers(line)) or bool(
        re.search(
            r"\b20\d{2}\b|\bnext (?:month|week|year)\b|\btomorrow\b|\bin \d+ (?:days|weeks|months)\b", line
        )
    )
    again = re.search(
        r"\b(?:retak\w+|re take|repeat\w*|again|(?:second|2nd|third|3rd|next) (?:attempt|try|time))\b", line
    )
    if again and month and not _NEGATIVE.search(spoken):
        return Unclear("exam_which")
    if _AWAITED.search(spoken):
        return Confirm("scheduled", "confirm_awaited")
    booked = bool(_BOOKED.search(spoken)) and not _NOT_BOOKED.search(spoken)
    if booked and (re.search(r"\bnot (?:yet )?taken\b|\bbut\b", spoken) or not negative or month):
        return Certain("scheduled")
    if month and not negative:
        if _INTENDED.search(spoken):
            return Confirm("scheduled", "confirm_booked", otherwise=Certain("not_taken"))
        if _TAKEN.search(spoken):
            return Unclear("exam_result")
        return (
            Certain("scheduled")
            if re.search(r"\bexam|\bdate|\bin\b|\bon\b", line)
            else Confirm("scheduled", "confirm_booked", otherwise=Certain("not_taken"))
        )
    if negative:
        if re.search(
            r"\bnot sure\b|\bdont know\b|\bno idea\b|\bdont remember\b|\bdont want to\b|\brather "
            r"not\b|\bno problem\b",
            spoken,
        ):
            return None
        if len(spoken.split()) > 12:
            return Unclear("exam_which")
        return Certain("not_taken")
    if _INTENDED.search(spoken):
        if len(spoken.split()) > 10:
            return None
        return Confirm("not_taken", "confirm_not_taken", otherwise=None)
    if _TAKEN.search(spoken) and len(spoken.split()) <= 8:
        return Unclear("exam_result")
    if re.search(r"\b(?:score|percentile|marks|points)\b|^\d{1,2}$|^\d{4,}$", spoken):
        return Unclear("score_range")
    return None


def _signs(text: str) -> Parsed:
    if any(sign in text for sign in "✅✔☑👍"):
        return Unclear("exam_result")
    if any(sign in text for sign in "❌✖🚫👎"):
        return Certain("not_taken")
    return None


def is_value(value: object) -> bool:
    return isinstance(value, str) and (
        value in STATES or (value.isdigit() and LOWEST <= int(value) <= HIGHEST)
    )
