"""Single sign-on by one OpenID Connect provider: authorization code with PKCE, state and nonce.

Authlib speaks to the provider, joserfc checks the ID token's signature. Whom the token vouches for is found
by the verified e-mail address: an account, or an open invitation. Nothing here opens a session.
"""

from __future__ import annotations

import secrets
import threading
import time
import warnings
from dataclasses import dataclass
from typing import Any, Final

import httpx
from authlib.integrations.base_client import OAuthError
from authlib.oidc.core import CodeIDToken
from itsdangerous import BadData, URLSafeTimedSerializer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy.orm import Session

from frontdesk.records.models import Staff
from frontdesk.settings import Settings
from frontdesk.staff import accounts, invitations

# Authlib would like its own name of httpx; said once a start, it would stand between the lines of the log.
warnings.filterwarnings("ignore", message="The httpx module is deprecated")
from authlib.integrations.httpx_client import OAuth2Client  # noqa: E402

CALLBACK: Final = "/staff/single-sign-on/callback"
COOKIE: Final = "chha_staff_sso"
COOKIE_PATH: Final = "/staff/single-sign-on"
WAY_SECONDS: Final = 600
ASK_SECONDS: Final = 10.0
DISCOVERY_SECONDS: Final = 3600.0
LEEWAY_SECONDS: Final = 60
# None of the symmetric ones and never "none": the provider's public keys are what is trusted.
ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
# Values of `amr` (RFC 8176) that say the provider asked for more than a password.
STRONG: Final = frozenset({"mfa", "otp", "hwk", "swk", "fpt", "face"})


class SignOnFailed(Exception):
    """Nobody is signed in; the text says why and what to do, without saying which accounts exist."""


@dataclass(frozen=True)
class Departure:
    """Where the browser goes, and the sealed note that it brings back."""

    address: str
    note: str


@dataclass(frozen=True)
class Person:
    """Whom the provider vouches for. `strong`: it asked for a second factor itself."""

    email: str
    strong: bool


class SingleSignOn:
    """The way to the provider that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._notes = URLSafeTimedSerializer(settings.secret_key, salt="staff single sign-on")
        self._lock = threading.Lock()
        self._known: tuple[float, dict[str, Any]] | None = None

    @property
    def configured(self) -> bool:
        return bool(self._settings.oidc_issuer and self._settings.oidc_client_id)

    def depart(self, to: str) -> Departure:
        """Begin: the provider's address with state, nonce and PKCE challenge.

        Args:
            to: the page to come back to.

        Raises:
            SignOnFailed: the provider does not answer.
        """
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        with self._client() as client:
            address, state = client.create_authorization_url(
                self._provider()["authorization_endpoint"], code_verifier=verifier, nonce=nonce
            )
        note = self._notes.dumps({"state": state, "nonce": nonce, "verifier": verifier, "to": to})
        return Departure(address, str(note))

    def arrive(self, note: str, query: dict[str, str]) -> tuple[Person, str]:
        """End: check what came back, fetch the tokens; returns the person and the page to go to.

        Args:
            note: the sealed note of this browser's departure.
            query: what the provider added to the address.

        Raises:
            SignOnFailed
        """
        kept = self._read(note)
        if not secrets.compare_digest(query.get("state", ""), kept["state"]):
            raise SignOnFailed("This sign-on was begun elsewhere or took too long. Begin again.")
        if "error" in query or not query.get("code"):
            raise SignOnFailed("The provider did not let you in. Begin again, or ask your admin.")
        provider = self._provider()
        # RFC 9207: where the provider names itself, it must be the one that was asked.
        if "iss" in query and query["iss"] != provider["issuer"]:
            raise SignOnFailed("The answer came from another provider. Begin again.")
        token = self._fetch(provider, query["code"], kept["verifier"])
        return self._person(provider, token, kept["nonce"]), kept["to"]

    def _read(self, note: str) -> dict[str, str]:
        try:
            return dict(self._notes.loads(note, max_age=WAY_SECONDS))
        except BadData:
            raise SignOnFailed("This sign-on was begun elsewhere or took too long. Begin again.") from None

    def _client(self) -> OAuth2Client:
        return OAuth2Client(
            client_id=self._settings.oidc_client_id,
            client_secret=self._settings.oidc_client_secret or None,
            token_endpoint_auth_method="client_secret_basic" if self._settings.oidc_client_secret else "none",
            scope="openid email profile",
            redirect_uri=f"{self._settings.base_url}{CALLBACK}",
            code_challenge_method="S256",
            timeout=ASK_SECONDS,
        )

    def _fetch(self, provider: dict[str, Any], code: str, verifier: str) -> dict[str, Any]:
        try:
            with self._client() as client:
                token = client.fetch_token(provider["token_endpoint"], code=code, code_verifier=verifier)
        except (OAuthError, httpx.HTTPError, ValueError):
            raise SignOnFailed("The provider did not confirm the sign-on. Begin again.") from None
        return dict(token)

    def _person(self, provider: dict[str, Any], token: dict[str, Any], nonce: str) -> Person:
        try:
            keys = KeySet.import_key_set(self._ask(provider["jwks_uri"]))
            decoded = jwt.decode(str(token.get("id_token") or ""), keys, algorithms=ALGORITHMS)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": provider["issuer"]},
                    "aud": {"essential": True, "value": self._settings.oidc_client_id},
                    "nonce": {"essential": True, "value": nonce},
                },
                {
                    "nonce": nonce,
                    "client_id": self._settings.oidc_client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(leeway=LEEWAY_SECONDS)
        except SignOnFailed:
            raise
        # Authlib's claims raise errors of their own family; whichever it is, the token proves nothing.
        except Exception as error:
            kind = "signature" if isinstance(error, JoseError) else "content"
            raise SignOnFailed(f"The provider's token is not right ({kind}). Begin again.") from None
        email = claims.get("email")
        if not isinstance(email, str) or claims.get("email_verified") not in (True, "true"):
            raise SignOnFailed("The provider does not vouch for an e-mail address of yours.")
        methods = claims.get("amr")
        strong = isinstance(methods, list) and bool(STRONG & {str(one) for one in methods})
        return Person(email.strip().casefold(), strong)

    def _provider(self) -> dict[str, Any]:
        """The discovery document, asked again each hour."""
        with self._lock:
            if self._known is not None and time.monotonic() - self._known[0] < DISCOVERY_SECONDS:
                return self._known[1]
            issuer = self._settings.oidc_issuer
            found: dict[str, Any] = self._ask(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            needed = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
            if any(not isinstance(found.get(name), str) for name in needed) or found["issuer"] != issuer:
                raise SignOnFailed("The provider's description does not fit CHHA_OIDC_ISSUER.")
            self._known = (time.monotonic(), found)
            return found

    def _ask(self, address: str) -> Any:
        try:
            answer = httpx.get(address, timeout=ASK_SECONDS)
            answer.raise_for_status()
            return answer.json()
        except (httpx.HTTPError, ValueError):
            raise SignOnFailed("The provider does not answer. Try again, or use your password.") from None


def account_of(session: Session, person: Person) -> Staff:
    """The account of the person, made now when an invitation to the address is open.

    Raises:
        SignOnFailed: neither is there, or the account is disabled.
    """
    found = accounts.by_email(session, person.email)
    if found is None:
        invited = invitations.to_address(session, person.email)
        if invited is not None:
            invited = invitations.open_one(session, invited.id, lock=True)
            return invitations.accept_by_single_sign_on(session, invited)
    if found is None or found.disabled_at is not None:
        raise SignOnFailed("No account of this desk has your e-mail address. Ask an admin to invite you.")
    return found
