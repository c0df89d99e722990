"""What WhatsApp and Messenger share: Meta's signature, its GET challenge, its errors.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Final

import httpx

from frontdesk.channels.channel import Channel, SendFailure, json_of, retry_after
from frontdesk.channels.inbound import Forged, RawRequest, mapping, text_of

SIGNATURE_HEADER: Final = "x-hub-signature-256"

# Errors by which Meta says "too fast" or "try again": https://developers.facebook.com/docs/graph-api/guides/error-handling
_TOO_FAST: Final = {4, 17, 32, 613, 80007, 130429, 131048, 131056, 131057}
_AGAIN: Final = {1, 2, 131000, 131016, 133004, 133016, 1200}
# The reply window is over: WhatsApp 131047, Messenger 10 with these subcodes.
_WINDOW: Final = {131047}
_WINDOW_SUBCODES: Final = {2018278, 2534022}
_UNWANTED: Final = {131050, 551}
_TOKEN: Final = {190, 0, 102, 463, 467}


def signature(secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature-256 for a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def verify(request: RawRequest, secret: str) -> None:
    """Raises Forged."""
    given = request.headers.get(SIGNATURE_HEADER, "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), signature(secret, request.body).encode()):
        raise Forged("X-Hub-Signature-256 is missing or wrong.")


def challenge(request: RawRequest, token: str) -> str | None:
    """The answer to Meta's check of our address.

    Raises:
        Forged: the verify token is not ours.
    """
    asked = request.parameters()
    if asked.get("hub.mode") != "subscribe":
        return None
    if not hmac.compare_digest(asked.get("hub.verify_token", "").encode("utf-8", "replace"), token.encode()):
        raise Forged("hub.verify_token is not the one of this front desk.")
    return asked.get("hub.challenge", "")[:200]


class GraphChannel(Channel):
    """What both are: one node of the Graph API (a phone number, a page) that signs what it sends.

    Args:
        token: the bearer of our calls.
        app_secret: signs the calls that we get.
        verify_token: our own word for the GET challenge.
        node: the id below which messages are sent.
        api: the Graph API's address with its version.
    """

    def __init__(
        self,
        webhook_url: str,
        *,
        token: str,
        app_secret: str,
        verify_token: str,
        node: str,
        api: str,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        super().__init__(webhook_url, client)
        self._app_secret = app_secret
        self._verify_token = verify_token
        self._api = api.rstrip("/")
        self._messages = f"{self._api}/{node}/messages"
        self._headers = {"Authorization": f"Bearer {token}"}

    def challenge(self, request: RawRequest) -> str | None:
        return challenge(request, self._verify_token)

    def verify(self, request: RawRequest) -> None:
        verify(request, self._app_secret)


def result(response: httpx.Response, title: str, variable: str) -> dict[str, Any]:
    """The JSON of an accepted call.

    Args:
        variable: the environment's name of the token, for the reason of a refused one.

    Raises:
        SendFailure
    """
    told = json_of(response)
    error = mapping(told.get("error"))
    if response.is_success and not error and told:
        return told
    code, subcode = error.get("code"), error.get("error_subcode")
    detail = text_of(mapping(error.get("error_data")).get("details")) or text_of(error.get("message"))
    reason = f"{title} answered {response.status_code}, error {code}: {detail[:200]}"
    if code in _WINDOW or subcode in _WINDOW_SUBCODES:
        raise SendFailure(reason, again=False, window_closed=True)
    if code in _UNWANTED:
        raise SendFailure(reason, again=False, opted_out=True)
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS or code in _TOO_FAST:
        # 131056 is the pace to one person, the others are everybody's.
        raise SendFailure(
            reason, again=True, retry_after=retry_after(response) or 5.0, everybody=code != 131056
        )
    if response.status_code == httpx.codes.UNAUTHORIZED or code in _TOKEN:
        raise SendFailure(f"{reason}. Check {variable}.", again=True, everybody=True)
    again = response.status_code >= 500 or code in _AGAIN or response.is_success
    raise SendFailure(reason, again=again)
