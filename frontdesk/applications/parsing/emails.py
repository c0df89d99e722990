"""E-mail addresses as people type and spell them. Pure."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email
from rapidfuzz.distance import OSA

from frontdesk.applications.parsing.result import Certain, Confirm, Context, Parsed, Unclear
from frontdesk.knowledge.vocabulary import answer_words, fold

_FOUND = re.compile(r"[^\s@<>(),;:\"\[\]]+@[^\s@<>(),;:\"\[\]]+")
_SPACED = re.compile(r"([\w.+%'-]+)\s*@\s*([\w-]+(?:\s*\.\s*[\w-]+)+)")
_AT = (
    r"\s*(?:\(\s*(?:at|arroba|arobase)\s*\)|\[\s*(?:at|arroba|arobase)\s*\]|\{\s*at\s*\}|\s(?:at"
    r"|arroba|arobase)\s|\s@\s|@)\s*"
)
_DOT = (
    r"(?:\s*(?:\(\s*(?:dot|punto|point|ponto)\s*\)|\[\s*(?:dot|punto|point|ponto)\s*\]|\s(?:dot|punto"
    r"|point|ponto)\s)\s*|\.(?!\s))"
)
_UNDERSCORE = r"\s(?:underscore|under score|guion bajo)\s"
_SPELLED = re.compile(
    rf"(?P<local>[\w+%'-]+(?:(?:{_DOT}|{_UNDERSCORE})[\w+%'-]+)*){_AT}(?P<domain>[\w-]+(?:{_DOT}[\w-]+)+)",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?)>]}'\"…"


def common_domains() -> dict[str, None]:
    """The mail houses that typing errors are measured against, the most common first."""
    return dict.fromkeys(entry.id for entry in answer_words()["mail_domain"].entries)


def parse(text: str, context: Context) -> Parsed:
    """The one address in the text, in lower case.

    Domains for documentation (example.com) are accepted: deliverability is not examined.
    """
    if re.search(r"@[^\s@]*@", text):
        return Unclear("email_broken")
    found = addresses(text)
    if len(found) > 1:
        return Unclear("email_which", {"given": " / ".join(found[:3])})
    if found:
        return _checked(found[0])
    broken = _FOUND.search(text)
    if broken:
        repaired = _repaired(broken.group().strip(_TRAILING))
        return (
            Confirm(repaired, "confirm_email", {"value": repaired}) if repaired else Unclear("email_broken")
        )
    spelled = _spelled(text)
    if spelled:
        return Confirm(spelled, "confirm_email", {"value": spelled})
    return Unclear("email_broken") if "@" in text else None


def addresses(text: str) -> list[str]:
    """The addresses that stand in the text as such, in order, each once, in lower case."""
    found = []
    for match in _FOUND.finditer(text):
        address = _normal(match.group().strip(_TRAILING + "<("))
        if address and address not in found:
            found.append(address)
    if not found:
        for match in _SPACED.finditer(text):
            address = _normal(re.sub(r"\s+", "", match.group()).strip(_TRAILING))
            if address and address not in found:
                found.append(address)
    return found


def _spelled(text: str) -> str | None:
    match = _SPELLED.search(text)
    if not match:
        return None
    local = re.sub(
        _UNDERSCORE, "_", re.sub(_DOT, ".", match["local"], flags=re.IGNORECASE), flags=re.IGNORECASE
    )
    # "my mail is ana dot ruiz at …": the words before the address are not part of it.
    domain = re.sub(_DOT, ".", match["domain"], flags=re.IGNORECASE)
    ending = domain.rpartition(".")[2].lower()
    if ending not in answer_words()["mail_ending"] and len(ending) != 2:
        return None
    return _normal(f"{local}@{domain}".replace(" ", ""))


def _checked(address: str) -> Parsed:
    suggestion = likely(address)
    if suggestion:
        return Confirm(
            suggestion, "confirm_email_typo", {"value": suggestion, "given": address}, Certain(address)
        )
    return Certain(address)


def likely(address: str) -> str | None:
    """The address that was probably meant when the domain looks like a slip of the fingers, else None."""
    local, _, domain = address.rpartition("@")
    if domain in common_domains():
        return None
    name, _, ending = domain.rpartition(".")
    meant = answer_words()["mail_ending"].meanings.get(ending)
    if meant and f"{name}.{meant}" in common_domains():
        return f"{local}@{name}.{meant}"
    near = [
        common
        for common in common_domains()
        if OSA.distance(domain, common) <= (1 if len(common) <= 9 else 2)
        and len(common) >= 7
        and domain[0] == common[0]
    ]
    near.sort(key=lambda common: OSA.distance(domain, common))
    if near:
        return f"{local}@{near[0]}"
    if ending in {"con", "cmo", "ocm", "comm", "vom", "xom"}:
        return f"{local}@{name}.com"
    return None


def _repaired(text: str) -> str | None:
    """An address broken by a doubled or misplaced sign, mended when there is one way to do so."""
    local, _, domain = text.partition("@")
    mended = re.sub(r"\.{2,}", ".", domain.strip(".")).replace(",", ".")
    if "." not in mended:
        # "name@gmailcom": the dot is missing before a known ending.
        for common in common_domains():
            if mended.lower() in {common.replace(".", ""), common.partition(".")[0]}:
                mended = common
                break
    return _normal(f"{re.sub(r'\.{2,}', '.', local).strip('.')}@{mended}")


def _normal(address: str) -> str | None:
    try:
        checked = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return None
    return fold_case(checked.normalized)


def fold_case(address: str) -> str:
    """Lower case: no mail house in use tells capitals apart, and people type them by accident."""
    return address.lower() if address.isascii() else address.casefold()


def same(one: str, other: str) -> bool:
    return fold(one) == fold(other)
