"""Yes and no in many voices. Pure; the words are here because they are grammar, not content."""

from __future__ import annotations

from frontdesk.applications.parsing.result import Certain, Context, Parsed, Unclear
from frontdesk.knowledge.vocabulary import Terms, words

YES = """
yes | y | yeah | yea | yep | yup | ya | yah | yess | yesss | ye | yes please | sure | of course | ofc |
certainly | definitely | absolutely | ok | okay | okey | okk | oki | k | fine | alright | all right |
agreed | i agree | agree | i do | i am | i will | i would | i accept | accept | accepted | i consent |
consent | correct | right | true | exactly | thats right | thats correct | that is right |
that is correct | indeed | affirmative | go ahead | go on | please do | do it | send it | send | submit |
submit it | confirm | confirmed | i confirm | looks good | looks right | all good | perfect | great | si |
sí | claro | por supuesto | de acuerdo | vale | oui | daccord | bien sur | sim | claro que sim | ja |
jawohl | da | haan | han | haa | ji | ji haan | haan ji | jee | naam | aiwa | aywa | tamam | evet | opo |
oo | oo po | hai | shi | dui | tak | jo | ano | aye | positive | why not | with pleasure | gladly |
everything is right | everything is correct | its right | its correct | it is right | it is correct |
sure thing | you bet | yes sir | yes maam
"""
NO = """
no | n | nope | nah | na | nay | naw | noo | nooo | never | no thanks | no thank you | not really |
not at all | i do not | i dont | dont | do not | negative | i refuse | refuse | refused | i disagree |
disagree | i decline | decline | wrong | incorrect | false | not correct | thats wrong | not right |
not now | not yet | nein | non | nao | não | nahi | nahin | nahi ji | la | laa | hindi | hindi po |
hayir | net | nyet | nie | bu | bu shi | iie | no way | cancel | dont send | do not send | i wont |
i will not | i would not | i am not | im not | no gracias | para nada
"""
_YES = Terms((term.strip(), "yes") for term in YES.replace("\n", " ").split("|"))
_NO = Terms((term.strip(), "no") for term in NO.replace("\n", " ").split("|"))
YES_SIGNS = "👍✅✔☑👌🆗💯🤝🙆"
NO_SIGNS = "👎❌✖🚫🙅❎"
POLITE = frozenset(
    "please pls plz thanks thank you sir madam maam dear po bro doctor dr friend so much very "
    "kindly thx ty ok okay"
    " inshallah insha allah mashallah of course it is that i am well oh um hmm haha lol hey now "
    "then just for me the".split()
)


def leading(text: str) -> str | None:
    """ "yes" or "no" when the text begins with it (after politeness and signs), else None."""
    line = [word.folded for word in words(text)]
    while line and line[0] in {"oh", "um", "uh", "hmm", "well", "so", "and", "ah", "eh", "hm", "please"}:
        line = line[1:]
    for length in range(min(4, len(line)), 0, -1):
        if _NO.id_of(line[:length]):
            return "no"
        if _YES.id_of(line[:length]):
            return "yes"
    if not line:
        if any(sign in text for sign in NO_SIGNS):
            return "no"
        if any(sign in text for sign in YES_SIGNS):
            return "yes"
    return None


def plain(text: str) -> str | None:
    """ "yes" or "no" when the text is that and politeness, nothing more."""
    found: set[str] = set()
    rest = [word.folded for word in words(text)]
    while rest:
        for length in range(min(4, len(rest)), 0, -1):
            head = rest[:length]
            said = _NO.id_of(head) or _YES.id_of(head)
            if said:
                if not (said == "yes" and head == ["ok"] and len(rest) > 1):
                    found.add(said)
                rest = rest[length:]
                break
        else:
            if rest[0] not in POLITE:
                return None
            rest = rest[1:]
    signs = {"yes" for sign in YES_SIGNS if sign in text} | {"no" for sign in NO_SIGNS if sign in text}
    found |= signs
    return found.pop() if len(found) == 1 else None


def parse(text: str, context: Context) -> Parsed:
    """ "yes" or "no"; what begins with one and goes on is taken at its first word unless it turns round."""
    said = plain(text)
    if said:
        return Certain(said)
    first = leading(text)
    line = " ".join(word.folded for word in words(text))
    turns = any(
        f" {word} " in f" {line} " for word in ("but", "wait", "however", "except", "unless", "only if", "if")
    )
    if first and not turns and "?" not in text:
        return Certain(first)
    if first:
        return Unclear("yes_or_no")
    return None
