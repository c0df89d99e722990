"""Visitors of the website: let in by their token, one conversation each, and counted."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Header, Path, Request, Response
from sqlalchemy import select

from frontdesk.channels.guards import TOKEN_HEADER, Rates, address
from frontdesk.channels.problems import Problem
from frontdesk.channels.visitor_tokens import VisitorTokens
from frontdesk.records.models import Conversation
from frontdesk.records.session import Record
from frontdesk.settings import Settings


@dataclass(frozen=True)
class Visitor:
    """Who asks: the conversation that the token admits to, and a new token when the old one ages."""

    conversation_id: str
    fresh_token: str | None


class Visitors:
    """Lets visitors in.

    Args:
        channel: conversations of this channel only.
    """

    def __init__(self, record: Record, settings: Settings, channel: str) -> None:
        self._record = record
        self._settings = settings
        self._channel = channel
        self._tokens = VisitorTokens(settings.secret_key, timedelta(days=settings.visitor_token_days))
        self.rates = Rates(settings)

    def token(self, conversation_id: str) -> str:
        """A token that admits to this conversation."""
        return self._tokens.issue(conversation_id)

    def admit(
        self,
        request: Request,
        conversation_id: Annotated[str, Path(max_length=64)],
        authorization: Annotated[str | None, Header(description="`Bearer` and the visitor token")] = None,
    ) -> Visitor:
        """A dependency: the visitor of this conversation.

        Raises:
            Problem: 401 without its token, 404 when it is gone, 429 after many wrong tokens.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not self._tokens.admits(token.strip(), conversation_id):
            self.rates.count("refused tokens", address(request, self._settings.trusted_proxy))
            raise Problem(
                401,
                "token",
                "This needs the token that was given with this conversation.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        with self._record.reading() as session:
            known = session.scalar(
                select(Conversation.id).where(
                    Conversation.id == conversation_id, Conversation.channel == self._channel
                )
            )
        if known is None:
            raise Problem(404, "unknown", "This conversation does not exist any more. Start a new one.")
        return Visitor(conversation_id, self._tokens.renewed(token.strip(), conversation_id))


def renew(response: Response, visitor: Visitor) -> None:
    """Give a new token with the answer, where the old one ages."""
    if visitor.fresh_token:
        response.headers[TOKEN_HEADER] = visitor.fresh_token
