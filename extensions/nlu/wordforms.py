"""Room: extensions/nlu. Rewrites chat spelling and domain shorthand into the words the encoder was trained
on.

Change here: the tables of chat abbreviations and the patterns for exams, visas and training years. Acronyms
of the domain live in `knowledge/vocabulary/abbreviation.yml`. Must not import Rasa.
"""

from __future__ import annotations

import re

# Chat spelling, whole words only. Words that are also names or units of the domain (CS, CK, DO, IM) are not
# here.
CHAT_WORDS = {
    "u": "you", "ur": "your", "urs": "yours", "r": "are", "y": "why", "n": "and", "nd": "and", "d": "the",
    "pls": "please", "plz": "please", "plss": "please", "plzz": "please", "pl": "please", "plse": "please",
    "thx": "thanks", "thnx": "thanks", "tnx": "thanks",
    "thnks": "thanks", "thanx": "thanks", "tq": "thank you",
    "ty": "thank you", "tysm": "thank you so much",
    "wat": "what", "wht": "what", "whats": "what is", "wats": "what is", "whts": "what is", "wot": "what",
    "wich": "which", "whch": "which", "hw": "how",
    "hows": "how is", "wen": "when", "whn": "when", "wen's": "when is",
    "wheres": "where is", "whos": "who is", "whens": "when is",
    "hv": "have", "hav": "have", "hve": "have", "hvnt": "have not", "hvn't": "have not",
    "bcoz": "because", "bcz": "because", "bcs": "because",
    "coz": "because", "cuz": "because", "becoz": "because",
    "b4": "before", "bfore": "before", "aftr": "after", "abt": "about", "abut": "about", "bt": "but",
    "gud": "good", "mrng": "morning", "mrning": "morning", "nite": "night", "evng": "evening",
    "wanna": "want to", "wana": "want to", "gonna": "going to",
    "gotta": "got to", "lemme": "let me", "gimme": "give me",
    "dunno": "do not know", "idk": "i do not know", "kno": "know", "knw": "know", "nvm": "never mind",
    "dont": "do not", "don't": "do not", "doesnt": "does not", "doesn't": "does not", "didnt": "did not",
    "didn't": "did not", "cant": "can not", "can't": "can not", "cannot": "can not", "wont": "will not",
    "won't": "will not", "isnt": "is not", "isn't": "is not", "arent": "are not", "aren't": "are not",
    "havent": "have not", "haven't": "have not", "hasnt": "has not", "hasn't": "has not", "wasnt": "was not",
    "wasn't": "was not", "couldnt": "could not", "shouldnt": "should not", "wouldnt": "would not",
    "im": "i am", "i'm": "i am", "iam": "i am", "ive": "i have", "i've": "i have", "id": "id",
    "youre": "you are", "you're": "you are", "theyre": "they are",
    "its": "its", "thats": "that is", "that's": "that is",
    "what's": "what is", "where's": "where is", "how's": "how is", "who's": "who is", "it's": "it is",
    "lets": "let us", "let's": "let us",
    "yr": "year", "yrs": "years", "mnth": "month", "mnths": "months", "mths": "months", "mth": "month",
    "wk": "week", "wks": "weeks", "hrs": "hours", "hr": "hour", "min": "minimum", "max": "maximum",
    "diff": "difference", "difference": "difference", "btw": "between", "b/w": "between", "bw": "between",
    "info": "information", "infos": "information",
    "req": "requirement", "reqs": "requirements", "reqd": "required",
    "docs": "documents", "doc": "document",
    "cert": "certificate", "certi": "certificate", "uni": "university",
    "app": "application", "apps": "applications", "appln": "application", "reg": "registration",
    "govt": "government", "hosp": "hospital", "hosps": "hospitals", "pgm": "program", "pgms": "programs",
    "prog": "program", "progs": "programs", "approx": "approximately", "amt": "amount", "min.": "minimum",
    "w/": "with", "w/o": "without", "wo": "without", "ppl": "people", "sb": "somebody", "smth": "something",
    "sth": "something", "tmrw": "tomorrow", "2moro": "tomorrow",
    "2day": "today", "rn": "right now", "asap": "asap",
    "k": "ok", "okk": "ok", "okie": "ok", "okey": "ok",
    "okay": "ok", "yea": "yes", "yeah": "yes", "yep": "yes",
    "yup": "yes", "ya": "yes", "nope": "no", "nah": "no",
    "frm": "from", "wid": "with", "dat": "that", "dis": "this",
    "dey": "they", "r u": "are you", "msg": "message", "num": "number", "nbr": "number", "ph": "phone",
    "grad": "graduate", "grads": "graduates", "med": "medical", "rota": "rotation", "usa": "usa",
}  # fmt: skip

# Shorthand of the domain that spelling must not see as words. Each pattern works on lower-case text.
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\bu\.\s?s\.\s?(?:a\.?)?(?=\W|$)", "us "),
        (r"\bm\.\s?b\.\s?b\.\s?s\.?(?=\W|$)", "mbbs "),
        (r"\bm\.\s?d\.(?=\W|$)", "md "),
        (r"\bd\.\s?o\.(?=\W|$)", "do "),
        (r"\bph\.\s?d\.?(?=\W|$)", "phd "),
        (r"\b(?:usmle\s*)?steps?\s*-?\s*(?:1|i|one)\b(?!\s*(?:&|and|by)\s*(?:step)\b)", "step 1"),
        (r"\b(?:usmle\s*)?step\s*-?\s*(?:2|ii|two)\s*-?\s*ck\b", "step 2 ck"),
        (r"\b(?:usmle\s*)?step\s*-?\s*(?:2|ii|two)\s*-?\s*cs\b", "step 2 cs"),
        (r"\b(?:usmle\s*)?step\s*-?\s*(?:2|ii|two)\b", "step 2"),
        (r"\b(?:usmle\s*)?step\s*-?\s*(?:3|iii|three)\b", "step 3"),
        (r"\b2\s?ck\b", "2 ck"),
        (r"\bh[\s-]?1[\s-]?b?s?\b(?!\d)", "h-1b"),
        (r"\bj[\s-]?1s?\b(?!\d)", "j-1"),
        (r"\bj[\s-]?2\b(?!\d)", "j-2"),
        (r"\bf[\s-]?1s?\b(?!\d)", "f-1"),
        (r"\bb[\s-]?1\s*(?:/|or|and)?\s*b[\s-]?2\b", "b-1/b-2"),
        (r"\bb[\s-]?1\b(?!\d)", "b-1"),
        (r"\bb[\s-]?2\b(?!\d)", "b-2"),
        (r"\bo[\s-]1\b(?!\d)", "o-1"),
        (r"\bpgy[\s-]*([1-7])\b", r"pgy-\1"),
        (r"\bpg[\s-]*y(?:ear)?[\s-]*([1-7])\b", r"pgy-\1"),
        (r"\bsub[\s-]?i(?:nternships?)?\b(?:['’]?s)?", "sub-internship"),
        (r"\bob[\s/&-]*gyne?\b", "ob-gyn"),
        (r"\bi-?20\b", "i-20"),
        (r"\bds[\s-]?2019\b", "ds-2019"),
        (r"\b100\s?k\b", "100,000"),
        (r"(?<=[a-z])\+(?=[a-z])", " and "),
        (r"\s\+\s", " and "),
        (r"\s&\s", " and "),
        (r"(?<=\w)\s*=\s*(?=\w)", " equals "),
        (r"\bvs?\b\.?", "versus"),
    )
)
_SPACES = re.compile(r"[ ]{2,}")


def domain_forms(text: str) -> str:
    """Return lower-case text with one written form for each exam, visa and training year ("step2ck" → "step 2
    ck").
    """
    for pattern, replacement in _FORMS:
        text = pattern.sub(replacement, text)
    return _SPACES.sub(" ", text).strip()
