"""Room: extensions/nlu. The fingerprint of this room's own code.

Rasa's cache of trained components knows the source of a component's class, not of the modules behind it;
without this, a changed classifier would be "restored" as it was.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """Return a hash of every module of this room; it changes with any of them."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
