"""Names as in the passport: any script, any number of words, in the order given; titles and degrees
removed. Pure.
"""

from __future__ import annotations

import datetime as dt
import re

from rapidfuzz.distance import OSA

from frontdesk.applications.parsing import emails, speech, yes_no
from frontdesk.applications.parsing.result import Certain, Context, Parsed, Unclear
from frontdesk.conversations import sensitive
from frontdesk.knowledge.vocabulary import answer_words, fold, words

LONGEST = 200
_LEAD = re.compile(
    r"""^\W*(?:(?:uh+|um+|erm?|hm+|ah+|ok|okay|sure|yes|well|so|oh|hi|hello|hey|good\ \w+|sorry|actually|no)\b
        [\s,.!:]*)*
    (?:it\ should\ be|should\ be|correct\ (?:name|one)\ is
    |(?:(?:my|the|her|his|their|your|our|full|complete|whole|legal|official|passport|student'?s?|applicant'?s?|child'?s?
        |daughter'?s?|son'?s?|wife'?s?|husband'?s?|brother'?s?|sister'?s?|friend'?s?|nephew'?s?|niece'?s?|proper|correct|real)\s+)*
      (?:name|names|nombre|nom|nome)(?:,?\s+(?:exactly\s+)?(?:as\s+)?(?:(?:it\s+)?(?:is\s+)?(?:appears|stands|written|given|shown|printed)\s+)?
          (?:in|on|per)\s+(?:the\s+|my\s+|her\s+|his\s+)?passport\s*,?)?
        (?:\s*(?:is|are|'s|es|est|=|:|-|–|,|;|will\ be|should\ be|should\ read|to)\s*)+
    |(?:my|the|our)\s+(?:daughter|son|wife|husband|brother|sister|friend|nephew|niece|cousin|child|kid|student|fianc[eé]e?)
        (?:'s\ name)?\s+(?:is|=|:)\s*(?:called|named)?
    |(?:i\ am|i['’]?m|im|she\ is|he\ is|she['’]?s|he['’]?s)(?:\s+(?:called|named|known\ as))?
    |(?:i|she|he)\s+(?:go|goes)\s+by
    |(?:the\s+)?(?:first|1st|second|2nd|third|3rd|next)(?:\s+(?:one|student|applicant|person|candidate|name))?(?:\s+is|\s*[:=])
    |mine\ is|myself|this\ is|it\ is|it'?s|its|that\ is|that'?s|call\ me|you\ (?:can|may)\ call\ me
    |here\ (?:is|it\ is):?|name'?s
    |(?:people|they|everyone)\s+call\s+(?:me|her|him)|(?:write|put|use)(?:\ it\ as|\ down)?
    |me\ llamo|mi\ nombre\ (?:completo\ )?es|se\ llama|soy|je\ m'?appelle|je\ suis|meu\ nome\
    (?:completo\ )?[eé]|me\ chamo
    |ich\ hei(?:ß|ss)e|mein\ name\ ist|ako\ (?:po\ )?si|ang\ pangalan\ ko\ ay|mera\ naam|benim\
    ad[iı]m|ad[iı]m|ana\ ismi|ismi
    )(?![\w'’])\s*[:\-,=]?\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_OPENER = re.compile(
    r"^\W*(?:(?:uh+|um+|erm?|hm+|ah+|ok|okay|sure|yes|well|so|oh|hi|hello|hey|sorry|actually|no|good \w+)\b"
    r"\s*[,.!:;]+\s*)+(?=\S)",
    re.IGNORECASE,
)
_KIN_TAIL = re.compile(
    r"\s+(?:hai|hoon|po|ji|here|only|sir|madam|mam|please|pls|plz|thanks|thank you)[\s.!]*$", re.IGNORECASE
)
_SCRIPT_TAIL = re.compile(
    r"\s+(?:in|with)\s+(?:english|latin|roman)(?:\s+(?:letters|script|alphabet))?[\s.!]*$", re.IGNORECASE
)
# How it is written is told beside the name: "Peña with n tilde", "Katarina with a K".
_SPELLING_TAIL = re.compile(
    r"\s+with\s+(?:(?:an?|one|two|the|double|capital|small)\s+)*(?:\w{1,2}|tilde|accents?|dash|hyphen|apostrophe"
    r"|umlaut|dots?|spaces?)\b[^,;]*$",
    re.IGNORECASE,
)
_NOTE = re.compile(r"[(\[{<][^)\]}>]*[)\]}>]?")
_FAMILY_NOTE = re.compile(
    r"[,;.\-–]?\s*\b(?:\w[\w'’-]*\s+(?:is|being)\s+(?:my|the|her|his)\s+(?:family|last|first"
    r"|given|sur|middle)\s*-?name.*"
    r"|(?:family|last|first|given|sur)\s*-?name\s+(?:first|last|is\b.*)|(?:just|only"
    r"|single)?\s*(?:one|1|single|mono)\s*-?names?\b.*"
    r"|(?:no|without|i have no|i dont have|i don't have)\s+(?:a\s+)?(?:family|last|middle|sur)\s*-?name.*"
    r"|(?:just|only)\s+(?:that|this|the one).*|as (?:in|on|per) (?:my |the |her |his )?passport.*)$",
    re.IGNORECASE,
)
_GO_ON = re.compile(
    r"\s+from\s+(?=\S)|\s*(?:[,;.\n]|\band\b|&)\s*(?=(?:and\s+)?(?:i|im|i'm|i’m|my|her|his|she|he"
    r"|email|e-mail|mail|phone|mobile|from|age|aged|born|"
    r"graduate|student|graduated|final|a|an|currently|you|please|is|but|we|the|from|this|it|what"
    r"|who|how|can|do|does|will|why|"
    r"\+?\d)\b|(?:husband|wife|brother|sister|son|daughter|friend|cousin)(?:['’]?s)?\s+(?:name\s+)?is\b)",
    re.IGNORECASE,
)
# "Ioana Popescu, ioana@…, +40 …": what follows the name is for other fields.
_CONTACT = re.compile(
    r"(?<=\w)\s*[,;|\n]\s*(?:[\w-]+\s*[:=]?\s*)?(?:\S+@\S+|\+?\d[\d\s().-]{6,}).*", re.DOTALL
)
_ALLOWED = re.compile(r"[^\W\d_]|[\s.'’ʼ`´‘\-‐‑–,·・]|[\u0300-\u036f\u200c\u200d]|\w")


def _listed(id_: str) -> frozenset[str]:
    return answer_words()["name_word"].listed(id_)


def _is_other(word: str) -> bool:
    """A word of talk or of the form, of which no name is made."""
    return word in speech.talk() or word in speech.joining() or word in _listed("of_the_form")


def parse(text: str, context: Context) -> Parsed:
    """The name in the text, capitals mended when it was typed without any, order kept."""
    said = speech.without_signs(text).strip()
    if not said or speech.is_question(said):
        return None
    if (in_parts := _in_parts(said)) is not None:
        return Certain(in_parts)
    line = _OPENER.sub("", said)
    cued = False
    lead = _LEAD.match(line)
    if lead and line[lead.end() :].strip():
        line = line[lead.end() :]
        cued = True
    line = _CONTACT.sub("", line)
    line = _NOTE.sub(" ", line)
    line = _FAMILY_NOTE.sub(" ", line)
    line = _GO_ON.split(line, maxsplit=1)[0]
    # The first clause is the name; a comma may still stand inside "Okafor, Chidinma".
    line = _clean(line)
    if not line:
        return None
    return _judged(line, cued)


_PART = r"(?:(?P<given>first|given|fore)|(?P<middle>middle|second)|(?P<family>last|family|sur))?[\s-]*names?"
_PARTS = re.compile(
    rf"\b{_PART}\b\s*(?:is\b|:|=|-|–)?\s+(?P<value>[^,;.:\n]+?)"
    r"(?=\s*(?:[,;.\n]|$|\b(?:and\b\s*)?(?:my |the |her |his )?"
    r"(?:(?:first|given|fore|middle|second|last|family|sur)[\s-]*)?names?\b))",
    re.IGNORECASE,
)
_NO_PART = frozenset("first last only none no same not comes before after is my the".split())


def _in_parts(text: str) -> str | None:
    """ "First name Ana, surname Ruiz": its parts as they are called, the given one first."""
    found: dict[str, str] = {}
    for match in _PARTS.finditer(text):
        part = next((one for one in ("given", "middle", "family") if match[one]), "name")
        judged = _judged(_clean(match["value"]), cued=True)
        if not isinstance(judged, Certain) or _NO_PART & {word.folded for word in words(str(judged.value))}:
            return None
        found.setdefault(part, str(judged.value))
    given = found.get("given") or found.get("name")
    if given is None or "family" not in found:
        return None
    return " ".join(part for part in (given, found.get("middle"), found["family"]) if part)


def with_part(current: str, said: str) -> str:
    """The kept name with the one part that was said in another spelling; else what was said."""
    parts, new = current.split(), said.split()
    if len(new) != 1 or len(parts) < 2:
        return said
    near = [at for at, part in enumerate(parts) if OSA.distance(fold(part), fold(said)) <= len(said) // 4]
    if len(near) != 1:
        return said
    return " ".join([*parts[: near[0]], said, *parts[near[0] + 1 :]])


def cued(text: str) -> str | None:
    """A name that the text introduces as such ("my name is …", "Name: …"), for messages that say several
    things.
    """
    text = _OPENER.sub("", text.strip())
    lead = _LEAD.match(text)
    if lead is None or not text[lead.end() :].strip():
        return None
    parsed = parse(text, Context(today=_ANY_DAY))
    if not isinstance(parsed, Certain) or not isinstance(parsed.value, str):
        return None
    strong = re.search(
        r"name|nombre|llam|appelle|called|chamo|hei(?:ß|ss)e|naam|first|second|third|next",
        lead.group(),
        re.IGNORECASE,
    )
    written = text[lead.end() :].strip()
    # "I'm tired" introduces no name: without the word itself, capitals must speak.
    if strong or (len(parsed.value.split()) >= 2 and all(w[:1].isupper() for w in written.split()[:2])):
        return parsed.value
    return None


def is_plainly_a_name(text: str) -> bool:
    """Two to six words none of which is a word of talk, or a name introduced as such."""
    line = [word.folded for word in words(text)]
    if (introduced := cued(text)) is not None:
        return len(introduced.split()) <= 9
    plain = not any(_is_other(word) for word in line)
    capitals = sum(not part[:1].islower() for part in text.split()) / max(1, len(text.split()))
    longest = 15 if plain and capitals == 1.0 else 6
    return 2 <= len(line) <= longest and (plain or capitals == 1.0) and not any(c.isdigit() for c in text)


def _judged(line: str, cued: bool) -> Parsed:
    folded = [word.folded for word in words(line)]
    if not folded or (len(folded) == 1 and folded[0] in _listed("no_name")):
        return None
    if emails.addresses(line) or sensitive.find(line) or "@" in line or "://" in line:
        return None
    if _is_talk(line, folded, cued=cued):
        return None
    if any(c.isdigit() for c in line):
        return Unclear("name_digits")
    if len(folded) > 1 and yes_no.plain(line):
        return None
    if len(folded) == 1 and yes_no.plain(line) and fold(line) == line:
        return None
    if not all(_ALLOWED.match(c) for c in line) or not any(c.isalpha() for c in line):
        return Unclear("name_signs")
    if len("".join(folded)) == 1:
        return Unclear("name_short")
    if len(line) > LONGEST:
        return Unclear("name_long")
    return Certain(_capitals(line))


def _is_talk(line: str, folded: list[str], *, cued: bool) -> bool:
    """A sentence rather than a name. Many words of talk are names somewhere (Will, May, Do, My), so one may
    pass.
    """
    talk = [_is_other(word) for word in folded]
    capitals = sum(not part[:1].islower() for part in line.split()) / max(1, len(line.split()))
    if capitals == 1.0 and len(folded) > 1:
        return sum(talk) / len(talk) > 0.5
    if len(folded) > 8 and capitals < 0.5 and not cued:
        return True
    return (talk[0] and len(folded) > 1) or sum(talk) / len(talk) > 0.34 or sum(talk) > 1


def _clean(line: str) -> str:
    line = " ".join(line.split()).strip(' ,;:.!"“”«»-–_*=')
    if line.startswith("'") and line.endswith("'"):
        line = line.strip("'")
    line = _SPELLING_TAIL.sub("", _SCRIPT_TAIL.sub("", _KIN_TAIL.sub("", line)))
    parts = line.split(" ")
    while len(parts) > 1 and fold(parts[0]).strip(".,") in _listed("title"):
        parts = parts[1:]
    while (
        len(parts) > 1
        and re.sub(r"[.,()]", "", fold(parts[-1])) in _listed("degree")
        and _is_degree(parts[-1])
    ):
        parts = parts[:-1]
    return " ".join(parts).strip(" ,;:.!-–")


def _is_degree(word: str) -> bool:
    # "Md" is a common given name in Bangladesh, "Do" a family name in Vietnam: degrees are written in
    # capitals.
    plain = re.sub(r"[.,()]", "", word)
    return plain.isupper() or "." in word or len(plain) > 3 or (plain.islower() and plain != "do")


def _capitals(line: str) -> str:
    """Capitals for a name typed in small letters or in capitals throughout; any other stays as typed."""
    letters = [c for c in line if c.isalpha() and (c.islower() or c.isupper())]
    if not letters:
        return line
    if all(c.islower() for c in letters):
        return _capital_line(line)
    if all(c.isupper() for c in letters) and len(letters) > 3:
        return _capital_line(line.lower())
    return line


def _capital_line(line: str) -> str:
    parts = line.split(" ")
    small = [
        at > 0 and (part in _listed("particle") or (part == "la" and parts[at - 1] == "de"))
        for at, part in enumerate(parts)
    ]
    return " ".join(part if low else _capital(part) for part, low in zip(parts, small, strict=True))


def _capital(part: str) -> str:
    return re.sub(
        r"(^|[-'’.‐])(\w)",
        lambda m: m.group(1) + m.group(2).upper() if m.group(2).islower() else m.group(),
        part,
    )


_ANY_DAY = dt.date(2000, 1, 1)
