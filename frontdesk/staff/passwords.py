"""Passwords: how they are kept (argon2id), which ones are accepted, and one-time passwords.

Only here is a password hashed or verified; plain passwords are never kept and never logged.
"""

from __future__ import annotations

import logging
import re
import secrets
import unicodedata
from pathlib import Path
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from frontdesk.staff import breached

logger = logging.getLogger(__name__)

SHORTEST: Final = 12
LONGEST: Final = 256

# Argon2 takes 64 MiB a call (RFC 9106, second recommendation): not many at once, whoever knocks.
AT_ONCE: Final = 3

_hasher = PasswordHasher()
_room = BoundedSemaphore(AT_ONCE)

# No letters or digits that are taken for one another when read aloud or copied by hand.
_READABLE: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS: Final = 4
_GROUP: Final = 5

# What people build long but guessable passwords from.
_COMMON: Final = tuple((Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8").split())
_LEET: Final = str.maketrans("@431!0$57", "aaeiiosst")


class UnfitPassword(ValueError):
    """The password is not accepted; the text says why, for the person who chose it."""


def hashed(password: str) -> str:
    """The argon2id hash of a password, with parameters and salt in it."""
    with _room:
        return _hasher.hash(_normal(password))


def fits(password: str, kept: str) -> bool:
    """Whether it is the password of that hash; takes its full time either way."""
    if len(password) > LONGEST:
        password = ""
    try:
        with _room:
            return _hasher.verify(kept, _normal(password))
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(kept)


_nobody: str | None = None


def fits_nobody(password: str) -> None:
    """Spend the time that a verification takes: an unknown login must not be told by a quick answer."""
    global _nobody  # noqa: PLW0603 - made once, at the first unknown login, not at import
    if _nobody is None:
        _nobody = hashed(secrets.token_urlsafe(32))
    fits(password, _nobody)


def one_time() -> str:
    """A random password that can be read aloud: four groups of five characters, 99 bits."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(_GROUP)) for _ in range(_GROUPS))


def check(password: str, *, login: str, name: str = "", breaches: Path | None = None) -> None:
    """Accept a password that somebody chose.

    Args:
        breaches: a file of hashes of breached passwords (see `breached`).

    Raises:
        UnfitPassword: too short or long, built from the login or name, easy to guess, or known from a breach.
    """
    password = _normal(password)
    if len(password) < SHORTEST:
        raise UnfitPassword(
            f"Use at least {SHORTEST} characters; a few words in a row are easy to keep in mind."
        )
    if len(password) > LONGEST:
        raise UnfitPassword(f"Use at most {LONGEST} characters.")
    plain = password.casefold()
    if login.casefold() in plain:
        raise UnfitPassword("Do not use your login in the password.")
    own_words = [word for word in re.split(r"\W+", name.casefold()) if len(word) > 2]
    if len(set(plain)) < 5 or len(set(_rest(plain, own_words))) < 4:
        raise UnfitPassword(
            "This password is easy to guess. Add words that have nothing to do with each other."
        )
    if breaches is not None and _was_breached(password, breaches):
        raise UnfitPassword("This password is in a list of stolen passwords. Choose another.")


def _was_breached(password: str, breaches: Path) -> bool:
    try:
        return breached.is_known(password, breaches)
    except OSError as error:
        # Nobody may be kept from changing a password because a list is not there.
        logger.error("The list of breached passwords cannot be read: %s", error.strerror)
        return False


def _rest(plain: str, own_words: list[str]) -> str:
    """What is left of a password without its common parts and own names, spelled plainly or with digits."""
    for word in (*own_words, *_COMMON):
        plain = plain.replace(word, " ")
    plain = plain.translate(_LEET)
    for word in (*own_words, *_COMMON):
        plain = plain.replace(word, " ")
    # A year or a counter at the end makes nothing safer.
    return re.sub(r"[\W\d_]+", "", plain) if re.search(r"[^\W\d_]", plain) else re.sub(r"\W+", "", plain)


def _normal(password: str) -> str:
    """One form for what different keyboards send for the same signs (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
