"""Commands said inside the form: stop, back, skip, … Conservative: an answer must never be taken for a
command.

How commands are worded stands in `knowledge/application.yml`; here are only the patterns that sentences need.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rapidfuzz.distance import OSA

from frontdesk.applications.parsing import speech
from frontdesk.applications.wording import Phrases
from frontdesk.knowledge.vocabulary import key_of

# Labels of the classifier that mean a command here.
LABELS = {
    "stop_form": "stop",
    "restart_form": "restart",
    "back": "back",
    "skip": "skip",
    "change_answer": "change_answer",
    "help": "help",
    "explain_why": "explain_why",
    "human": "human",
    "complaint": "complaint",
    "status": "status",
    "delete_my_data": "delete_my_data",
    "show_my_data": "show_my_data",
    "resume": "resume",
    "apply": "resume",
    "chitchat/goodbye": "stop",
}
SURE = 0.6
FEWEST_WORDS = 3

_GO = r"(?:go|leave|run|stop|pray|sleep|eat|work|pause|quit|hang up|catch|sign off|log off|close|study)"
_FAREWELL = re.compile(
    r"\b(?:g?o+d ?bye|bye+|good ?night|see (?:you|ya|u)|cya|later|leav\w*|adios|ciao|chao|tchau|gtg|g2g|ttyl"
    r"|take care|farewell|hafiz|tschus\w*|au revoir|tomorrow|going|go|off|hasta|ate)\b"
)
_STOP = re.compile(
    rf"\b(?:(?:have|need|ought|supposed) to {_GO}|must {_GO}|gotta {_GO}|got to {_GO}|going to "
    rf"(?:sleep|pray|bed|work|class|leave)"
    r"|(?:be|am|im|come|coming|get|getting|right) back (?:\w+ )?(?:later|soon|tomorrow|tonight"
    r"|after|in)|back (?:later|soon|tomorrow|tonight|in (?:a|an|\d+))"
    r"|(?:continue|finish|complete|do|fill|answer|resume|talk|return|go on)(?: (?:it|this|that"
    r"|the form|the rest|with (?:it|this)))? (?:later|tomorrow|tonight|another (?:time|day)|next "
    r"(?:time|week)|after)"
    r"|(?:stop|pause|quit|leave|exit|close) (?:it |this |the form |the application |here |now "
    r")*(?:here|now|for (?:now|today)|please|the form|this form|the application|it)|(?:will|ll"
    r"|shall) not continue|wont continue|not continue"
    r"|(?:my )?(?:class|shift|duty|bus|train|lunch|dinner|meeting) (?:is )?(?:starting|starts"
    r"|coming|begins|now)|(?:phone|battery|mobile) (?:is )?(?:dying|dead|low)|(?:no|not enough"
    r"|dont have) time (?:now|today|right now|for this))\b"
)
_CANCEL = re.compile(
    r"\b(?:(?:cancel|abort|discard|delete|remove|throw away|scrap|drop|withdraw|erase)(?: (?:it"
    r"|this|that|the|my|all|whole|entire))* (?:form|application|draft|answers|request|thing"
    r"|registration)"
    r"|dont want (?:to )?(?:apply|the application|this application|to continue)(?: any ?more)?"
    r"|do not want (?:to )?apply|no longer want to apply|changed my mind|forget (?:it|about it"
    r"|this|the (?:form|application)))\b"
)
_RESTART = re.compile(
    r"\b(?:(?:start|begin|do (?:it|this|everything)|fill (?:it|this)|redo (?:it|this|everything"
    r"|the (?:whole )?(?:form|application)))(?: (?:it|this|all|everything|the (?:whole )?(?:form"
    r"|application)))? (?:over|again|afresh|anew|from (?:the )?(?:zero|scratch|start|beginning"
    r"|first|top|new|one))"
    r"|(?:from|go to) (?:the )?(?:zero|scratch|(?:very )?(?:first|beginning|start)(?: question)?)"
    r"|(?:reset|clear|wipe|erase) (?:everything|all|it all|the (?:whole )?(?:form|application"
    r"|answers)|my answers|this)|redo (?:the )?(?:whole|entire|complete) (?:form|thing"
    r"|application))\b"
)
_BACK = re.compile(
    r"\b(?:(?:go|take me|move|step|get|return|one|a) (?:one |a )?(?:step |question "
    r")?back(?:wards?)?(?: (?:one|a|to the|please|question|step)*)?|(?:go|return|back) to (?:the "
    r")?(?:previous|last|earlier|prior) (?:question|one|step)|previous question|question "
    r"before)\b"
)
_SKIP = re.compile(
    r"\b(?:skip|leave (?:it|this|that|this one|that one)?(?: \w+)? ?(?:blank|empty|open|out)"
    r"|(?:prefer|rather|want|like)(?: to)? not (?:to )?(?:say|answer|tell|share|give|disclose)"
    r"|(?:dont|do not) (?:want|wish|like) to (?:say|answer|tell|share|give|disclose)(?: \w+){0,3}"
    r"|(?:i will|ill|i would|id) not (?:say|answer|tell|share|give)|(?:dont|do not) (?:want"
    r"|wish) to give|wont (?:say|tell|give|share)|pass (?:this|on this|this one|it)|next question"
    r"|(?:move|go) (?:on|ahead) to (?:the )?next"
    r"|(?:dont|do not) have (?:a |any |one |my )?(?:phone|mobile|number|phone number|cell)"
    r"|without (?:a )?(?:phone|number))\b"
)
# On the text itself: "no, phone was right" is no refusal.
_NO_PHONE = re.compile(r"^\W*no (?:phone|mobile|number|phone number)\b(?!\s*(?:is|was|:))", re.IGNORECASE)
_RESUME = re.compile(
    r"\b(?:continue|go on|carry on|resume|proceed|keep going|finish (?:it|the form|the "
    r"application|my form|my application)|next question|back to (?:the |my )?(?:form|application"
    r"|questions?)|(?:im|i am) back|pick up where)\b"
)
_NOT_RESUME = re.compile(
    r"\b(?:not|dont|do not|cant|cannot|wont|will not|later|tomorrow|never|stop|how (?:to|can|do))\b"
)
_REVOKED = re.compile(
    r"\b(?:dont|do not|not|no need to|never|please dont) (?:want to |to )?(?:cancel\w*|delete"
    r"|stop|quit|abort|discard|remove|erase|restart|start over|leave|exit)\b"
)
_HUMAN = re.compile(
    r"\b(?:(?:talk|speak|chat|connect|transfer|write|put)\w*(?: me| us)?(?: (?:to|with"
    r"|through))*(?: (?:a|an|the|your|some|real|live|actual|human))* (?:person|human|agent"
    r"|someone|somebody|staff|operator|advisor|adviser|coordinator|representative|team|people|man"
    r"|woman|colleague|manager)"
    r"|(?:want|need|prefer|give me|get me|call)(?: (?:a|an|the|your|some|to|real|live|actual))* "
    r"(?:person|human|agent|operator|representative|someone|somebody))\b"
)
_HELP = re.compile(
    r"\b(?:(?:what|which) format|what (?:should|do|can|must) i (?:write|type|put|say|answer|enter"
    r"|give)|how (?:should|do|can|must) i (?:write|type|answer|enter|fill|give)"
    r"|(?:dont|do not) (?:understand|get) (?:the question|what (?:to|you)|this(?: question)?|it)"
    r"|explain (?:the|this|your) question|give (?:me )?(?:an |some )?examples?|what (?:kind"
    r"|sort) of (?:answer|format))\b"
)
_STATUS = re.compile(
    r"\b(?:how (?:far|many|much|long)\b.*\b(?:am i|left|remain\w*|more|to go|questions|until the "
    r"end|still)|(?:what|which)\b.*\b(?:have|did|do) (?:you|i|we)\b.*\b(?:so far|already|from me"
    r"|given|gave|saved|noted|fill\w*|answered)"
    r"|(?:did|has|is|was) (?:my |the |it )*(?:form|application|it) (?:go|gone|been sent|sent"
    r"|through|submitted|already|still|complete\w*)|is it (?:sent|submitted|saved|a draft|still)"
    r"|(?:submitted|sent) or (?:still )?(?:a )?draft|show (?:me )?(?:my |the |all )+(?:answers"
    r"|summary|application|form))\b"
)
_WHY = re.compile(
    r"\b(?:why|y|wat for|what for|for what)\b(?: \w+){0,2} (?:you|u|ya|do|should|must|is|are|does"
    r"|it|this|that|my|need|ask|asking|want|collect)\b"
)
_WHAT_IS_IT = re.compile(
    r"\b(?:what|wat|whats|what s|wht)(?: does)? (?:is |are |do you mean by )?(?:this|that|it"
    r"|these|those)\b(?: mean)?"
)
_SEEN = re.compile(
    r"\b(?:who (?:\w+ )?(?:see|sees|read|reads|get|gets|access|look|looks|else|has|have)|safe"
    r"|secure|security|privacy|private|confidential|shar(?:e|ed|ing)|sell|sold|spam|stor(?:e|ed"
    r"|ing)|leak|keep my|use my (?:data|information))\b"
)


def stripped(text: str, phrases: Phrases) -> tuple[str, ...]:
    """The words of the text without politeness at both ends."""
    key = key_of(text)
    changed = True
    while changed:
        changed = False
        for polite in phrases.polite:
            length = len(polite)
            if length < len(key) and key[:length] == polite:
                key, changed = key[length:], True
            if length < len(key) and key[-length:] == polite:
                key, changed = key[:-length], True
    return key


def exact(text: str, phrases: Phrases, *, fuzzy: bool) -> str | None:
    """The command that the message is as a whole, politeness aside; a slip of the finger counts where
    `fuzzy`.
    """
    for key in (key_of(text), stripped(text, phrases)):
        found = phrases.commands.id_of(key)
        if found:
            return found
    key = stripped(text, phrases)
    joined = " ".join(key)
    if fuzzy and 5 <= len(joined) <= 30:
        near = {
            name
            for known in phrases.commands.keys()  # noqa: SIM118 - a method of ours
            if len(" ".join(known)) >= 6
            and OSA.distance(joined, " ".join(known), score_cutoff=1) <= 1
            and (name := phrases.commands.id_of(known))
        }
        if len(near) == 1:
            return near.pop()
    return None


def said(text: str, phrases: Phrases, *, fuzzy: bool) -> str | None:
    """The command in the message, by its wording alone: stop, cancel, keep (a cancel taken back), restart,
    …
    """
    line = speech.folded(text)
    if _REVOKED.search(line):
        return "keep"
    whole = exact(text, phrases, fuzzy=fuzzy)
    if whole:
        return whole
    if _NO_PHONE.match(text):
        return "skip"
    clauses = [
        part for part in re.split(r"[.,;!\n]+|\b(?:and|but)\b", text, flags=re.IGNORECASE) if key_of(part)
    ]
    if 1 < len(clauses) <= 3 and len(key_of(text)) <= 10:
        first = exact(clauses[0], phrases, fuzzy=False)
        others = [exact(part, phrases, fuzzy=False) for part in clauses[1:]]
        if first in {"stop", "cancel", "back", "skip", "restart"} and all(
            o in {None, first, "resume"} for o in others
        ):
            return first
        if first is None and others[-1] in {"stop", "cancel", "restart"} and len(clauses) == 2:
            return others[-1]
    for name, pattern in (
        ("restart", _RESTART),
        ("cancel", _CANCEL),
        ("stop", _STOP),
        ("human", _HUMAN),
        ("back", _BACK),
        ("skip", _SKIP),
        ("status", _STATUS),
        ("help", _HELP),
    ):
        if pattern.search(line) and len(line.split()) <= 14:
            return name
    return None


def labelled(understanding: Mapping[str, Any]) -> str | None:
    """The command that the classifier is sure of; None when it is unsure, or the message says more."""
    parts = understanding.get("parts") or []
    if understanding.get("decision") != "act" or len(parts) != 1:
        return None
    if float(parts[0].get("confidence") or 0.0) < SURE:
        return None
    label, said = str(parts[0].get("label")), speech.folded(str(parts[0].get("text") or ""))
    if label == "chitchat/goodbye" and len(said.split()) < FEWEST_WORDS and not _FAREWELL.search(said):
        # A single unknown word is no farewell.
        return None
    return LABELS.get(label)


def wants_to_go_on(text: str, understanding: Mapping[str, Any], phrases: Phrases) -> bool:
    """Whether somebody whose form was set aside asks to go on with it; silence or thanks is not asking."""
    line = speech.folded(text)
    whole = exact(text, phrases, fuzzy=True)
    if whole:
        return whole == "resume"
    last = re.split(r"[.!?;\n]|\bbut\b", text)
    tail = [speech.folded(part) for part in last if key_of(part)]
    if any(_RESUME.search(part) and not _NOT_RESUME.search(part) for part in tail):
        return True
    return labelled(understanding) == "resume" and not _NOT_RESUME.search(line)


def asks_why(text: str) -> bool:
    """ "Why do you need my phone?" """
    return bool(_WHY.search(speech.folded(text)))


def asks_what(text: str) -> bool:
    """ "What is this?" – about the question just asked."""
    return bool(_WHAT_IS_IT.search(speech.folded(text)))


def asks_who_sees(text: str) -> bool:
    """Whether a question is about what happens with the answers."""
    return bool(_SEEN.search(speech.folded(text)))
