"""Who comes in by a key, for what: one dependency a scope. Every route of the API takes one of them."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.orm import Session

from frontdesk.channels.guards import address
from frontdesk.channels.problems import Problem, documented
from frontdesk.conversations.live import Changes
from frontdesk.knowledge.organization import Organization, organization
from frontdesk.records.session import Record
from frontdesk.settings import Settings
from frontdesk.staff import audit
from frontdesk.staff.api_keys import Caller, KeyRefused, Keyring, TooMany

# The statuses that every route of the API may answer with.
REFUSALS: Final[dict[int | str, dict[str, Any]]] = documented(400, 401, 403, 422, 429, 503)

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="DeskKey",
    description="A key from the console's page “Keys”, as `Authorization: Bearer chha_…`.",
)


class Door:
    """What the routes of the API share: record, settings, signal, and who may come in."""

    def __init__(self, record: Record, settings: Settings, changes: Changes) -> None:
        self.record = record
        self.settings = settings
        self.changes = changes
        self._keyring = Keyring(record, settings)

    def organization(self) -> Organization:
        return organization(self.settings.organization_file)

    def allow(self, scope: str = "") -> Callable[..., Caller]:
        """A dependency: the caller, whose key includes `scope`; any key for "".

        Raises:
            Problem: 401, 403 or 429.
        """

        def allowed(
            request: Request,
            given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
        ) -> Caller:
            if given is None or not given.credentials:
                raise _unauthorized("Send a key: Authorization: Bearer chha_….")
            try:
                caller = self._keyring.caller(
                    given.credentials, address(request, self.settings.trusted_proxy)
                )
            except KeyRefused:
                raise _unauthorized("This key opens nothing: unknown, revoked or expired.") from None
            except TooMany as many:
                raise Problem(
                    429, "rate", "Too many requests with this key. Wait.", retry_after=many.retry_after
                ) from None
            if scope and scope not in caller.scopes:
                raise Problem(403, "scope", f"This key has not the scope {scope}.")
            return caller

        return allowed

    @staticmethod
    def note(
        session: Session, caller: Caller, action: str, subject: str | None = None, **detail: Any
    ) -> None:
        """An audit entry in the caller's name, with the key's."""
        audit.note(session, caller.login, action, subject, key=caller.key_name, **detail)


def _unauthorized(detail: str) -> Problem:
    return Problem(401, "key", detail, headers={"WWW-Authenticate": "Bearer"})
