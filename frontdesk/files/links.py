"""Links to the upload page: signed, expiring, for one conversation. Nothing of them is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer

SALT: Final = "upload-link"
LENGTH_LIMIT: Final = 512
PATH: Final = "/upload/"


class LinkExpired(ValueError):
    """It was ours and its time is over."""


class LinkUnknown(ValueError):
    """It is not one of ours."""


@dataclass(frozen=True)
class UploadRight:
    """What a link allows: files for this conversation, for one document of the checklist or for any."""

    conversation_id: str
    document: str | None


class UploadLinks:
    """Gives out and reads links.

    Args:
        key: the installation's secret.
        base_url: the address under which the world sees it.
        hours: how long a link is good for.
    """

    def __init__(self, key: str, base_url: str, hours: float) -> None:
        self._signer = URLSafeTimedSerializer(key, salt=SALT)
        self._base = base_url.rstrip("/")
        self._seconds = hours * 3600

    def link(self, conversation_id: str, document: str | None = None) -> str:
        """The whole address."""
        signed = self._signer.dumps([conversation_id, document])
        return self._base + PATH + (signed if isinstance(signed, str) else signed.decode())

    def read(self, token: str) -> UploadRight:
        """What the last part of an address allows.

        Raises:
            LinkExpired, LinkUnknown
        """
        if len(token) > LENGTH_LIMIT:
            raise LinkUnknown
        try:
            conversation_id, document = self._signer.loads(token, max_age=int(self._seconds))
        except SignatureExpired:
            raise LinkExpired from None
        except (BadData, ValueError, TypeError):
            raise LinkUnknown from None
        return UploadRight(str(conversation_id), str(document) if document is not None else None)
