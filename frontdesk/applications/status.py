"""Where an application stands: for who proves it by reference plus e-mail or phone, compared in constant
time.

Never by name. The conversation that sent an application needs no proof for it.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.applications import attempts
from frontdesk.applications.parsing import emails
from frontdesk.applications.submission import ALPHABET, LENGTH, is_reference
from frontdesk.records.models import Application

_REFERENCE = re.compile(
    rf"(?<![\w@.])((?:[{ALPHABET}][ \-]?){{{LENGTH - 1}}}[{ALPHABET}])(?![\w@])", re.IGNORECASE
)
_DIGITS = re.compile(r"\+?\d(?:[\s\-./()]*\d){6,17}")
# Enough of a number to prove it when it is typed without its country code.
FEWEST_DIGITS = 7


LOOK_UP = "status"
LOOK_UPS_AN_HOUR = 8
HOUR = 3600.0


class TooManyTries(RuntimeError):
    """There were too many look-ups that proved nothing."""


@dataclass(frozen=True)
class Claim:
    """What somebody offers as proof: a reference, and an e-mail or the digits of a phone."""

    reference: str
    email: str | None = None
    digits: str | None = None


@dataclass(frozen=True)
class Found:
    """A sent application's reference and state."""

    reference: str
    state: str


def claim_in(text: str) -> Claim | None:
    """The claim in a message, None when it lacks the reference or the proof."""
    addresses = emails.addresses(text)
    rest = text
    for address in re.findall(r"\S+@\S+", text):
        rest = rest.replace(address, " ")
    reference = None
    for match in _REFERENCE.finditer(rest):
        plain = re.sub(r"[ \-]", "", match[1]).upper()
        if is_reference(plain) and re.search(r"\d", plain) and re.search(r"[A-Z]", plain):
            reference = plain
            rest = rest[: match.start()] + " " + rest[match.end() :]
            break
    if reference is None:
        return None
    digits = [re.sub(r"\D", "", one) for one in _DIGITS.findall(rest)]
    if not addresses and not digits:
        return None
    return Claim(reference, addresses[0] if addresses else None, digits[0] if digits else None)


def look_up(session: Session, claim: Claim) -> Found | None:
    """The application that the claim proves, None otherwise – whichever part was wrong."""
    found = session.scalars(select(Application).where(Application.reference == claim.reference)).first()
    email, phone = (found.email, found.phone) if found else (None, None)
    # Both comparisons are always made, so that the time says nothing about which part was wrong.
    by_email = _same((email or "").casefold(), (claim.email or "").casefold())
    by_phone = _same_number(phone or "", claim.digits or "")
    return Found(found.reference, found.state) if found and (by_email or by_phone) else None


def look_up_counted(session: Session, claim: Claim, conversation_id: str) -> Found | None:
    """As `look_up`, so many times an hour for one conversation and for one reference, so that guessing ends.

    Raises:
        TooManyTries
    """
    by_conversation = attempts.count(session, LOOK_UP, conversation_id, within=HOUR)
    by_reference = attempts.count(session, LOOK_UP, claim.reference, within=HOUR)
    if max(by_conversation, by_reference) >= LOOK_UPS_AN_HOUR:
        raise TooManyTries
    found = look_up(session, claim)
    # Who has the proof may ask as often as they like; what is counted is guessing.
    if found is None:
        attempts.note(session, LOOK_UP, conversation_id)
        attempts.note(session, LOOK_UP, claim.reference)
    return found


def newest_of(session: Session, conversation_id: str) -> Application | None:
    """The application that the conversation sent last."""
    return session.scalars(
        select(Application)
        .where(Application.conversation_id == conversation_id)
        .order_by(Application.sent_at.desc(), Application.id)
        .limit(1)
    ).first()


def _same(kept: str, given: str) -> bool:
    equal = hmac.compare_digest(kept.encode(), given.encode())
    return equal and bool(kept)


def _same_number(kept: str, given: str) -> bool:
    """The number with its country code, or without it and with the national zero or not."""
    digits = re.sub(r"\D", "", kept)
    plain = given.removeprefix("00")
    whole = _same(digits, plain)
    national = plain.lstrip("0")
    tail = digits[-len(national) :] if national else ""
    part = _same(tail, national)
    return whole or (part and len(national) >= FEWEST_DIGITS)
