"""Whether a message, outside the form, wants to begin an application. Pure.

A second ear beside the classifier: long openings that say many things at once, and openings that give
data at once.
"""

from __future__ import annotations

import datetime as dt
import re

from frontdesk.applications import extraction
from frontdesk.applications.parsing import speech
from frontdesk.applications.parsing.result import Context
from frontdesk.applications.wording import phrases

_WISH = (
    r"(?:^|\b(?:i|we|id|ill|im|my \w+|and|would|please|pls|hello|hi) )"
    r"(?:(?:really|just|also|now|still|am|would|do|will|have|need|here) )*"
    r"(?:want|wants|wanna|wnat|tryna|trynna|wish|like|love|need|ready|hope|going|looking|try|trying|come"
    r"|decided|plan|intend"
    r"|interested|asked me)(?: (?:to|in|for|start|begin|do|now|please))*"
)
_DO = (
    r"(?:apply|applying|aply|appy|aplly|help apply|register|registering|registration|enrol\w*"
    r"|sign up|signing up"
    r"|signup|join|submit|fill|"
    r"hand in|start (?:my |an |the )?(?:application|registration)|put in|book|reserve|secure|get "
    r"(?:a|an|into|my) )"
)
_APPLY = re.compile(rf"{_WISH}(?: \w+){{0,3}} {_DO}\b|{_WISH} {_DO}\b")
_PLEASE = re.compile(
    r"\b(?:sign (?:me|us|her|him) up|register (?:me|us|her|him|my)|enrol\w* (?:me|us|her|him|my)"
    r"|take (?:down )?(?:my|me|her|his) (?:details|data|info\w*|particulars|application)"
    r"|(?:here (?:is|are)|these are|sending|find) my (?:details|data|info\w*|particulars)|(?:give"
    r"|send|hand|provide|share)(?: in)?(?: you)? my (?:details|data|info\w*|particulars"
    r"|application)"
    r"|(?:start|begin|open|fill|do|make|submit)(?: in| out| up)? (?:my |an |a |the |this "
    r")?(?:application|registration|form|enrol\w*)|apply (?:me|now|here|please|po|for me|today)"
    r"|want apply|wanna apply|mag ?-?apply"
    r"|(?:mau|ingin|nais|gusto)(?: \w+){0,2} (?:apply|daftar|mendaftar|register)"
    r"|(?:apply|register) (?:karna|karni|krna|krni|karunga|karungi)"
    r"|(?:quiero|quisiera|deseo|me gustaria|quero|queria|gostaria de|je veux|je voudrais|jaimerais)"
    r"(?: \w+){0,3} (?:aplicar|aplicacion|postular\w*|postulacion|inscr(?:ib|ip|ev|ic|i)\w*|minscrire"
    r"|candidat\w+|solicit(?:ud|ar)|postuler)"
    r"|what (?:do )?(?:you|u) need from me|what info\w* (?:do )?(?:you|u) need from me|can i "
    r"(?:apply|sign up|register|enrol\w*)(?: for| to| here| with| thru| through| now|$))\b"
)
_WANTED = re.compile(
    rf"{_WISH}(?: \w+){{0,4}} (?:rotations?|electives?|clerkships?|observerships?|externships?"
    rf"|usce|residency (?:support|help|assistance)|your residency support)\b"
)
# Questions about applying are questions: how it is done, who may, what it costs.
_ABOUT = re.compile(
    r"\b(?:how (?:do|can|to|should|does|much|long)|when (?:do|can|should|is)|what (?:is|are"
    r"|happens|if|kind|documents?)|which|why|who can|where (?:do|can)|is it|are there|does"
    r"|difference|deadline|cost|price|fee|eligible|requirements?)\b"
)
_NOT = re.compile(
    r"\b(?:not|dont|do not|never|no longer|stop|cancel|later)\b(?: \w+){0,3} (?:apply|want|register"
    r"|application|interested)"
)


_FOR_OTHERS = re.compile(
    r"\b(?:(?:apply|register|enrol\w*|sign up|applications?) (?:for|on behalf of) (?:my |our )?\w+"
    r"|(?:wants?|wish(?:es)?|needs?|would like|(?:is|are) looking for)(?: \w+){0,3} "
    r"(?:training|rotations?|electives?|clerkships?|observerships?|externships?|residency (?:support|help))"
    r"|sign (?:them|him|her) up"
    r"|(?:students?|applicants?|candidates?|persons?|people|friends) to "
    r"(?:register|apply|enrol\w*|sign up|submit)"
    r"|(?:register|enrol\w*|sign up)(?: \w+){0,3} (?:students?|applicants?|candidates?))\b"
)
_CURIOUS = re.compile(r"\b(?:wants?|like|likes|needs?|wish(?:es)?) to (?:know|ask|understand|learn)\b")
_HOW_TO_APPLY = re.compile(r"\bhow (?:do|can|should|to)(?: i| we)? (?:apply|register|enrol\w*|sign)\b")


def wants_to_apply(text: str) -> bool:
    """Whether the message asks to begin an application, or hands in its data.

    A question about applying ("how do I apply?", "can students apply?") does not, unless it stands
    beside a wish.
    """
    line = speech.folded(text)
    if not line or _NOT.search(line):
        return False
    told = extraction.extract(text, Context(today=dt.datetime.now(dt.UTC).date()), phrases()).values
    if len(set(told) & extraction.PERSONAL) >= 3 and ("email" in told or "phone" in told):
        return True
    stated = speech.statements(text).split("\n")
    asked = [part for part in speech.sentences(text) if speech.is_question(part)]
    if any(_says_so(speech.folded(part)) for part in stated) or _for_others(text):
        return True
    return any(
        _PLEASE.search(speech.folded(part)) and not _ABOUT.search(_without_need(part)) for part in asked
    )


def _for_others(text: str) -> bool:
    """A parent or a school's coordinator tells who wants what, and at most asks how to apply for them."""
    people = extraction.about_people(text)
    line = _HOW_TO_APPLY.sub("apply", speech.folded(text))
    if not (people.other_person or people.several) or _ABOUT.search(line):
        return False
    return bool(_FOR_OTHERS.search(line)) and not _CURIOUS.search(line)


def _says_so(line: str) -> bool:
    if _CURIOUS.search(line):
        return False
    if _PLEASE.search(line) or _APPLY.search(line):
        return True
    return bool(_WANTED.search(line)) and not _ABOUT.search(line)


def _without_need(part: str) -> str:
    return re.sub(
        r"\bwhat (?:info\w* )?(?:do )?(?:you|u) need from me\b|\bhow (?:do|can) i (?=give|send|hand"
        r"|provide)",
        " ",
        speech.folded(part),
    )
