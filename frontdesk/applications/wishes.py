"""Wishes around the application, heard in the words themselves: a code, papers, reminders. Pure.

A second ear beside the classifier, so it is narrow: what it is not sure of is left to the topics.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from frontdesk.applications.parsing import speech

type Wish = Literal["resume_code", "documents", "stop_reminders"]

_ELSEWHERE: Final = (
    r"(?:(?:on|from|in|at|with) (?:\w+ )?(?:another|other|different|new|my|a) (?:\w+ )?"
    r"(?:phone|mobile|laptop|computer|pc|tablet|ipad|device|browser|telegram|whatsapp|messenger|app|chat"
    r"|channel)"
    r"|(?:on|in|via|through|over) (?:telegram|whatsapp|messenger|slack|sms)|elsewhere|somewhere else)"
)
_CONTINUE: Final = (
    r"(?:continue|finish|resume|go on|carry on|complete|pick (?:it )?up|switch|move|transfer|keep going"
    r"|rest of it)"
)
_CODE: Final = re.compile(
    rf"\b{_CONTINUE}\b(?: \w+){{0,5}} {_ELSEWHERE}\b"
    r"|\b(?:give|send|get|need|want|have|show|make|generate|mail|email)(?: \w+){0,3} "
    r"(?:resume|resuming|continuation|continue|transfer|return) code\b"
    r"|\b(?:give|send) me (?:a|the|my|another|a new) code\b|\bnew (?:resume )?code please\b"
    r"|^(?:(?:a|the|my) )?(?:resume code|code please)$"
)
_PAPERS: Final = (
    r"(?:documents?|docs?|papers?|paperwork|files?|cv|resume|passport|passport copy|diploma|transcripts?"
    r"|immuni[sz]ation records?|deans? letter|mspe)"
)
_DOCUMENTS: Final = re.compile(
    rf"\b(?:which|what|any|are there)(?: \w+){{0,3}} {_PAPERS}\b(?: \w+){{0,4}} "
    r"(?:missing|left|outstanding|remaining|still (?:due|needed|required|to (?:send|upload|hand in)))\b"
    rf"|\b(?:which|what) {_PAPERS} (?:do|did|should|must|have) (?:i|you|we) still\b"
    rf"|\b(?:am i|is anything|is something|are any) (?:\w+ ){{0,2}}missing(?: \w+){{0,2}} {_PAPERS}\b"
    rf"|\bmissing {_PAPERS}\b|\bmy {_PAPERS} (?:missing|complete|arrived|received)\b"
    rf"|\b(?:did|have) you (?:get|got|receive|received) my {_PAPERS}\b"
    rf"|\b(?:upload|attach|hand in)(?: \w+){{0,3}} {_PAPERS}\b"
    r"|\bwhere (?:can|do|should|to) (?:i )?upload\b"
    rf"|\b(?:send|give|submit)(?: you)? my (?:\w+ )?{_PAPERS}(?: (?:here|now|to you))?$"
    r"|\bupload (?:link|page)\b|\bdocument (?:check ?list|status)\b"
)
# The same words about other people's doors are questions for the topics.
_ELSEWHERE_DOORS: Final = re.compile(
    r"\b(?:eras|ecfmg|intealth|myintealth|oasis|usmle|nrmp|vslo|vsas|visa|embassy|consulate|ds ?160|epic|gme"
    r"|residencycas|portal|pdf|chat|safe|program|programs|match|lors?|letters? of recommendation|score)\b"
)
_STOP: Final = re.compile(
    r"\b(?:stop|no more|end|cancel|turn off|switch off|disable|dont want|do not want|without|quit)\b"
    r"(?: \w+){0,3} (?:remind\w*|nag\w*|notifications?)\b|\b(?:dont|do not|stop) remind\b|\bunsubscribe\b"
)

_DELETE: Final = re.compile(r"\b(?:delete|erase|remove|forget)\b")


def wish(text: str) -> Wish | None:
    """What is wished for; None when it is nothing of this."""
    line = speech.folded(text)
    if not line or len(line.split()) > 25:
        return None
    if _STOP.search(line) and not _DELETE.search(line):
        return "stop_reminders"
    if _CODE.search(line):
        return "resume_code"
    if _DOCUMENTS.search(line) and not _ELSEWHERE_DOORS.search(line):
        return "documents"
    return None
