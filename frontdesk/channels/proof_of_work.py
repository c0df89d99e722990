"""Proof of work as ALTCHA has it: a puzzle that costs a browser a moment and a flood of requests a lot.

The challenge is a SHA-256 of salt and a secret number, signed with HMAC; nothing is kept until it is solved.
Format: altcha.org, "Proof-of-Work Captcha", version 1 (algorithm, challenge, maxnumber, salt, signature).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from threading import Lock
from urllib.parse import parse_qs

from pydantic import BaseModel

ALGORITHM = "SHA-256"
LIFETIME_SECONDS = 300
LENGTH_LIMIT = 2000


class Challenge(BaseModel):
    """Find the `number` up to `maxnumber` with sha256(salt + number) = challenge."""

    algorithm: str
    challenge: str
    maxnumber: int
    salt: str
    signature: str


class ProofOfWork:
    """Gives out challenges and checks solutions; each is good once and for five minutes.

    Args:
        key: the installation's secret.
        work: the highest number that may have to be tried.
    """

    def __init__(self, key: str, work: int) -> None:
        self._key = hashlib.sha256(b"proof-of-work:" + key.encode()).digest()
        self._work = work
        self._lock = Lock()
        self._spent: dict[str, float] = {}

    def challenge(self) -> Challenge:
        """A fresh challenge."""
        salt = f"{secrets.token_hex(12)}?expires={int(time.time()) + LIFETIME_SECONDS}"
        challenge = _hash(salt, secrets.randbelow(self._work + 1))
        return Challenge(
            algorithm=ALGORITHM,
            challenge=challenge,
            maxnumber=self._work,
            salt=salt,
            signature=self._signature(challenge),
        )

    def accepts(self, payload: str | None) -> bool:
        """Whether the payload solves a challenge of ours that is still good; it is used up by this.

        Args:
            payload: base64 of JSON with algorithm, challenge, number, salt and signature.
        """
        solution = _solution(payload)
        if solution is None:
            return False
        algorithm, challenge, number, salt, signature = solution
        expires = _expires(salt)
        at = time.time()
        if algorithm != ALGORITHM or expires is None or expires < at:
            return False
        right = hmac.compare_digest(_hash(salt, number), challenge)
        ours = hmac.compare_digest(self._signature(challenge), signature)
        if not (right and ours):
            return False
        with self._lock:
            for old in [spent for spent, until in self._spent.items() if until < at]:
                del self._spent[old]
            if challenge in self._spent:
                return False
            self._spent[challenge] = expires
        return True

    def _signature(self, challenge: str) -> str:
        return hmac.new(self._key, challenge.encode(), hashlib.sha256).hexdigest()


def _hash(salt: str, number: int) -> str:
    return hashlib.sha256(f"{salt}{number}".encode()).hexdigest()


def _solution(payload: str | None) -> tuple[str, str, int, str, str] | None:
    if not payload or len(payload) > LENGTH_LIMIT:
        return None
    try:
        held = json.loads(base64.b64decode(payload, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(held, dict):
        return None
    words = [held.get(name) for name in ("algorithm", "challenge", "salt", "signature")]
    number = held.get("number")
    if not all(isinstance(word, str) and word.isascii() for word in words):
        return None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**53:
        return None
    algorithm, challenge, salt, signature = (str(word) for word in words)
    return algorithm, challenge, number, salt, signature


def _expires(salt: str) -> float | None:
    told = parse_qs(salt.partition("?")[2]).get("expires", [""])[0]
    return float(told) if told.isdigit() and len(told) < 12 else None
