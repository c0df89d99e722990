"""ECFMG Certification: not started, in progress, certified. Pure."""

from __future__ import annotations

import re

from frontdesk.applications.parsing.result import Certain, Confirm, Context, Parsed, Unclear
from frontdesk.applications.parsing.speech import folded, read_past_slips
from frontdesk.applications.parsing.yes_no import leading, plain, signs

STATES = ("not_started", "in_progress", "certified")

_NOT_CERTIFIED = re.compile(
    r"\b(?:not|isnt|arent|no|never|havent|dont have|without|still not|un)(?: \w+){0,2} "
    r"(?:certif\w+|ecfmg(?: certif\w+)?|complete[d]?|finish\w*|done|fully)\b(?: yet)?"
    r"|\buncertified\b|\b(?:dont|do not|doesnt) have (?:it|one|that|this|any)\b|\b(?:dont|do "
    r"not) have$"
)
_CERTIFIED = re.compile(
    r"\b(?:certified|certificate|certification (?:done|complete\w*|received|obtained)|have "
    r"(?:the |my |it )?cert\w*|got (?:it|the certif\w+|certif\w+)|(?:is |all )?(?:done|completed"
    r"|complete|obtained|issued|received|finished)|certificad[oa]|certifie|sertifikali)\b"
)
_UNDERWAY = re.compile(
    r"\b(?:in[ -]?(?:progress|process)|progress|process\w*|(?:en|in) (?:proceso|tramite|cours)|em "
    r"(?:andamento|processo)|started|start(?:ing)? (?:it|now|the)|began|begun|ongoing|on going"
    r"|underway|on (?:the|its) way|applied|applying|applicat\w+|submitted|registered|enrolled"
    r"|pending|wait\w*|await\w*|approved|accepted|pathways?|verif\w+|epic|halfway|half|partially"
    r"|partly|almost|nearly|working on|doing|account|opened|paid|sent|uploaded|under review|have "
    r"(?:an |my |the )?(?:id|number|account|usmle id))\b"
)
_NOT_STARTED = re.compile(
    r"\b(?:not (?:yet )?(?:start\w*|begun|applied|registered|done anything|opened|initiated)"
    r"|(?:havent|have not|didnt|did not|hasnt|has not|never|yet to|still to) (?:yet )?(?:start\w*"
    r"|begun|begin|appl\w+|regist\w+|done|do|did|opened|initiat\w+|heard)"
    r"|nothing|none|(?:no|nao) (?:inic\w+|comec\w+|empec\w+)|still no|sin (?:empezar|iniciar)"
    r"|todavia no|aun no|no todavia|pas encore"
    r"|ainda nao|not yet|not now|later|no idea|zero|wala pa|hindi pa|unstarted)\b"
)


_LEXICON = frozenset(
    "certified certificate progress process started applied application pending nothing "
    "registered submitted waiting".split()
)


def parse(text: str, context: Context) -> Parsed:
    """As below; a misspelt answer is read with its slips mended, and then asked about."""
    return read_past_slips(_parse, text, context, _LEXICON)


def _parse(text: str, context: Context) -> Parsed:
    """One of the three states."""
    line = folded(text)
    if not line:
        if "no" in signs(text):
            return Certain("not_started")
        return Confirm("certified", "confirm_certified") if signs(text) else None
    if _will(line):
        return Confirm("not_started", "confirm_ecfmg_begun", otherwise=None)
    denied = bool(_NOT_CERTIFIED.search(line))
    not_begun = bool(_NOT_STARTED.search(line))
    rest = _NOT_STARTED.sub(" ", _NOT_CERTIFIED.sub(" ", line))
    certified = bool(_CERTIFIED.search(rest))
    underway = bool(_UNDERWAY.search(rest))
    if certified and not denied:
        if underway and re.search(
            r"\b(?:wait\w*|await\w*|pending|progress|process|almost|nearly|half\w*|partially"
            r"|expect\w*|soon|will)\b",
            rest,
        ):
            return Certain("in_progress")
        if re.search(r"\bsoon\b|\bwill\b|\bexpect", rest):
            return Confirm("in_progress", "confirm_ecfmg_progress", otherwise=Certain("not_started"))
        return Certain("certified")
    if underway and not not_begun:
        return Certain("in_progress")
    if underway and re.search(r"\bbut\b", line):
        return Certain("in_progress")
    if not_begun and not underway:
        return Certain("not_started")
    if denied:
        return Confirm("in_progress", "confirm_ecfmg_progress", otherwise=Certain("not_started"))
    if re.fullmatch(r"(?:yes )?(?:i )?(?:have|got|do)(?: it| this| that)?", line.removeprefix("yes ")):
        return Confirm("certified", "confirm_certified")
    if re.search(r"\b(?:ecfmg|intealth) (?:id|number|account)\b", line):
        return Certain("in_progress")
    if re.search(r"\bnot eligible\b", line):
        return Confirm("not_started", "confirm_ecfmg_begun")
    said = plain(text)
    if said == "no" or re.match(r"no\b|nope\b|nah\b", line):
        return Certain("not_started") if len(line.split()) <= 8 else Unclear("ecfmg_which")
    if said == "yes" or (leading(text) == "yes" and _SINCE.search(line)):
        return Confirm("certified", "confirm_certified")
    return None


_SINCE = re.compile(r"\b(?:since|in|from|already|long ago|got it)\b(?: (?:19|20)\d{2})?")


def _will(line: str) -> bool:
    return (
        bool(re.match(r"(?:i )?(?:will|plan\w*|going to|want to|soon|later)\b", line)) and "wait" not in line
    )
