"""One-time codes: made to be read aloud and typed on a phone, kept as a keyed hash only."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import Final

from frontdesk.applications.submission import ALPHABET
from frontdesk.settings import settings

# 23^9 codes: with the limits on guessing nobody meets one by chance. A reference has eight letters, so the
# two are never taken for each other.
LENGTH: Final = 9
GROUP: Final = 3
PROOF_LENGTH: Final = 6

_GAP: Final = r"[\s\-–—._]*"
_TYPED: Final = re.compile(
    rf"(?<![\w@.-])([{ALPHABET}]{{{GROUP}}}){_GAP}([{ALPHABET}]{{{GROUP}}}){_GAP}([{ALPHABET}]{{{GROUP}}})(?![\w@])",
    re.IGNORECASE,
)
_PROOF: Final = re.compile(r"(?<![\d+@.-])(\d{3})[ \-]?(\d{3})(?![\d@-])")


def resume_code() -> str:
    """A new code in groups: `K7Q-X4R-TPD`. It holds a letter and a digit: no word and no number."""
    while True:
        made = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if not made.isalpha() and not made.isdigit():
            return "-".join(made[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def proof_code() -> str:
    """A new code of digits: `482 913`."""
    made = f"{secrets.randbelow(10**PROOF_LENGTH):0{PROOF_LENGTH}d}"
    return f"{made[:3]} {made[3:]}"


def resume_code_in(text: str) -> str | None:
    """The code in a message, in capitals without groups; None when there is none."""
    for match in _TYPED.finditer(text):
        plain = "".join(match.groups()).upper()
        if not plain.isalpha() and not plain.isdigit():
            return plain
    return None


def proof_code_in(text: str) -> str | None:
    """The six digits that a message consists of, give or take a few words."""
    found = _PROOF.findall(text)
    return "".join(found[0]) if len(found) == 1 and len(text) <= 60 else None


def hashed(purpose: str, code: str, whose: str = "") -> str:
    """What is kept of a code."""
    plain = re.sub(r"[^A-Z0-9]", "", code.upper())
    given = f"{purpose}\0{whose}\0{plain}".encode()
    return hmac.new(settings().secret_key.encode(), given, hashlib.sha256).hexdigest()


def masked(email: str) -> str:
    """An address that its owner knows and nobody else learns: `a•••@example.org`."""
    name, _, domain = email.partition("@")
    return f"{name[:1]}•••@{domain}"
