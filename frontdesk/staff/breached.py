"""Passwords known from breaches: a lookup in a sorted file of SHA-1 hashes, as haveibeenpwned.com gives it.

The file has 2 * 10^9 lines and is never read whole: a lookup is a bisection of some thirty reads.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

NEAR = 4096


def is_known(password: str, file: Path) -> bool:
    """Whether the password's hash stands in the file. Lines are `HASH` or `HASH:COUNT`, in order, upper case.

    Raises:
        OSError: the file cannot be read.
    """
    # SHA-1 is the file's, not a way of keeping passwords.
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with file.open("rb") as lines:
        # `low` is where a line begins that is not above the wanted one; the wanted one begins before `high`.
        low, high = 0, lines.seek(0, 2)
        while high - low > NEAR:
            lines.seek((low + high) // 2)
            lines.readline()
            place = lines.tell()
            found = _hash(lines.readline())
            if found and found <= wanted:
                low = place
            else:
                high = place
        lines.seek(low)
        while lines.tell() <= high and (line := lines.readline()):
            if _hash(line) == wanted:
                return True
    return False


def _hash(line: bytes) -> bytes:
    return line.split(b":")[0].strip().upper()
