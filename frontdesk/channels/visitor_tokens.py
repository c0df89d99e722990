"""Visitor tokens: who may read and write one conversation of the website. Signed, never stored.

Whoever has the token is the visitor, as with a session cookie; it names one conversation and runs out.
"""

from __future__ import annotations

import secrets
import time
from datetime import timedelta

from itsdangerous import BadData, URLSafeTimedSerializer

SALT = "visitor-token"
LENGTH_LIMIT = 512


class VisitorTokens:
    """Gives out and checks tokens.

    Args:
        key: the installation's secret.
        lifetime: how long a token is good for; in its second half it is replaced when it is used.
    """

    def __init__(self, key: str, lifetime: timedelta) -> None:
        if not key:
            raise ValueError("visitor tokens need a secret key; set CHHA_SECRET_KEY")
        self._signer = URLSafeTimedSerializer(key, salt=SALT)
        self._lifetime = lifetime.total_seconds()

    def issue(self, conversation_id: str) -> str:
        """A token for this conversation."""
        signed = self._signer.dumps({"c": conversation_id, "n": secrets.token_urlsafe(6)})
        return signed if isinstance(signed, str) else signed.decode()

    def admits(self, token: str, conversation_id: str) -> bool:
        """Whether the token is ours, still good, and for this conversation."""
        age = self._age(token, conversation_id)
        return age is not None and age <= self._lifetime

    def renewed(self, token: str, conversation_id: str) -> str | None:
        """A new token when this admitted one is in its second half, else None."""
        age = self._age(token, conversation_id)
        return self.issue(conversation_id) if age is not None and age > self._lifetime / 2 else None

    def _age(self, token: str, conversation_id: str) -> float | None:
        if len(token) > LENGTH_LIMIT:
            return None
        try:
            held, signed_at = self._signer.loads(token, return_timestamp=True)
        except (BadData, ValueError):
            return None
        named = held.get("c") if isinstance(held, dict) else None
        if not isinstance(named, str) or not secrets.compare_digest(named.encode(), conversation_id.encode()):
            return None
        return time.time() - float(signed_at.timestamp())
