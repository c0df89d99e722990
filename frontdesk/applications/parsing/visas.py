"""Whether help with the visa letter is wanted: yes, no, unsure. Pure. Nothing is said about a visa case."""

from __future__ import annotations

import re

from frontdesk.applications.parsing.result import Certain, Confirm, Context, Parsed
from frontdesk.applications.parsing.speech import folded
from frontdesk.applications.parsing.yes_no import leading, plain

ANSWERS = ("yes", "no", "unsure")

_UNSURE = re.compile(
    r"\b(?:not sure|unsure|dont know|do not know|no idea|maybe|perhaps|depends|not decided"
    r"|undecided|possibly|i guess|might|not certain|je ne sais|idk|dunno|later|not yet "
    r"known|we will see|(?:yo )?no (?:lo )?se|(?:eu )?nao sei|weiss nicht|weiß nicht|non so|nie wiem"
    r"|bilmiyorum|tidak tahu|pata nahi|maloom nahi|hindi ko (?:pa )?alam|ewan)\b"
)
_NEED = re.compile(
    r"\b(?:need|require|want|would like|help me|please help|i will|necesito|besoin|preciso|apply for)\b"
)
_NO_NEED = re.compile(
    r"\b(?:no need|not need(?:ed)?|dont need|do not need|doesnt need|wont need|will not need"
    r"|need no|not required|unnecessary|without help|no visa|not necessary|no help|myself|by my "
    r"own|on my own|no necesito|ya tengo)\b"
)
_HAS = re.compile(
    r"\b(?:citizen|green ?card|permanent resident|us passport|american passport|have (?:a |an "
    r"|my |the |valid |already |us )*(?:visa|b1|b2|b1 b2|esta|h4|f1|l2|ead)|already (?:have|got"
    r"|hold)|already in (?:the )?us|visa holder"
    r"|have (?:it|one|b1\b.*)|b1 ?/?b2|esta|visa waiver|lawyer|attorney|abogado|h4|h1b?|ead)\b"
)
_KIND = re.compile(r"\b(?:j1|j 1|h1b?|h 1b|b1|b2|f1)\b")


def parse(text: str, context: Context) -> Parsed:
    """Certain when the words say it; a visa held already is asked about."""
    line = folded(text)
    said = plain(text)
    if said:
        return Certain(said)
    if re.fullmatch(
        r"(?:i )?(?:guess|think|suppose)(?: so| yes)|(?:yes )?probably(?: yes)?|most likely(?: yes)?", line
    ):
        return Confirm("yes", "confirm_visa_help", otherwise=Certain("unsure"))
    if re.fullmatch(r"(?:i )?(?:guess|think|suppose) so (?:yes|yeah|yep|sure)(?: please)?", line):
        return Certain("yes")
    if re.fullmatch(r"(?:i )?(?:guess|think|suppose) not|probably not|most likely not|i dont think so", line):
        return Confirm("no", "confirm_no_visa_help", otherwise=Certain("unsure"))
    if re.fullmatch(
        r"(?:that |it )?would be (?:nice|great|good|helpful|appreciated)|if possible|if you can"
        r"|please(?: help)?|(?:only |just |the |an )*(?:invitation|visa|invite) letter(?: (?:only"
        r"|please|needed))?|letter(?: is)? needed",
        line,
    ):
        return Certain("yes")
    first = leading(text)
    if _UNSURE.search(line) and not (first and re.match(r"(?:yes|no)\b(?! idea| clue| (?:lo )?se\b)", line)):
        return Certain("unsure")
    denied = bool(_NO_NEED.search(line))
    has = bool(_HAS.search(line))
    if first == "no" and not re.match(r"no (?:idea|clue|problem)\b", line):
        return Certain("no")
    if denied:
        return Certain("no")
    if first == "yes":
        if has and not _NEED.search(line) and not _KIND.search(line):
            return Confirm("no", "confirm_no_visa_help", otherwise=Certain("yes"))
        return Certain("yes")
    if has:
        return Confirm("no", "confirm_no_visa_help", otherwise=Certain("yes"))
    if _NEED.search(line) and not re.search(
        r"\b(?:not|dont|no|never|question|ask|know|change|person|human)\b", line
    ):
        return Certain("yes")
    if _KIND.search(line) and len(line.split()) <= 4:
        return Confirm("yes", "confirm_visa_help", otherwise=Certain("no"))
    return None
