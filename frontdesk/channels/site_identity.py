"""Signed identity from the website: a JWT says which of the site's own signed-in persons this visitor is.

The site's server signs it with the key that only it and the front desk know (HS256, RFC 7519). It joins the
threads that this person began on any device; a thread that belongs to another person is never given out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from frontdesk.records.models import Conversation, Message, SitePerson

ALGORITHM = "HS256"
LEEWAY_SECONDS = 60
LENGTH_LIMIT = 4000
MOST_THREADS = 20


class NotVouchedFor(ValueError):
    """The token does not prove who this is; the text says why, without repeating it."""


class OtherPerson(RuntimeError):
    """The thread belongs to another of the site's persons."""


@dataclass(frozen=True)
class Person:
    """`subject`: the site's own stable id of the person, at most 128 characters."""

    subject: str
    name: str | None
    email: str | None


class SiteIdentity:
    """Reads the site's tokens.

    Args:
        key: shared with the site's server; empty where no site vouches for anybody.
    """

    def __init__(self, key: str) -> None:
        self._key = OctKey.import_key(key) if key else None

    @property
    def configured(self) -> bool:
        return self._key is not None

    def person(self, token: str) -> Person:
        """Whom the token names: claims `sub` and `exp` are required, `name` and `email` are taken along.

        Raises:
            NotVouchedFor
        """
        if self._key is None:
            raise NotVouchedFor("No website may vouch for its visitors here; set CHHA_IDENTITY_KEY.")
        if len(token) > LENGTH_LIMIT:
            raise NotVouchedFor("The identity token is too long.")
        try:
            decoded = jwt.decode(token, self._key, algorithms=[ALGORITHM])
            rules = jwt.JWTClaimsRegistry(
                leeway=LEEWAY_SECONDS, sub={"essential": True}, exp={"essential": True}
            )
            rules.validate(decoded.claims)
        except (JoseError, ValueError, TypeError):
            raise NotVouchedFor("The identity token is not valid, or it has run out.") from None
        subject = decoded.claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= 128:
            raise NotVouchedFor("The identity token needs a `sub` of at most 128 characters.")
        return Person(subject, _word(decoded.claims.get("name")), _word(decoded.claims.get("email")))


@dataclass(frozen=True)
class JoinedThread:
    """A thread of a person; `began_with`: the first words of it."""

    conversation: Conversation
    began_with: str | None


def join(session: Session, conversation_id: str, person: Person) -> None:
    """Write down that this thread is of this person; said again it only renews name and e-mail.

    Raises:
        OtherPerson
    """
    kept = session.get(SitePerson, conversation_id, with_for_update=True)
    if kept is None:
        session.add(
            SitePerson(
                conversation_id=conversation_id,
                subject=person.subject,
                name=person.name,
                email=person.email,
            )
        )
    elif kept.subject != person.subject:
        raise OtherPerson(conversation_id)
    else:
        kept.name, kept.email = person.name or kept.name, person.email or kept.email
    session.flush()


def threads_of(session: Session, person: Person, channel: str) -> Sequence[JoinedThread]:
    """The newest threads of this person that hold a message, the one last written in first."""
    first = (
        select(Message.conversation_id, func.min(Message.seq).label("seq"))
        .where(Message.author == "applicant")
        .group_by(Message.conversation_id)
        .subquery()
    )
    rows = session.execute(
        select(Conversation, Message.text)
        .join(SitePerson, SitePerson.conversation_id == Conversation.id)
        .join(first, first.c.conversation_id == Conversation.id)
        .join(Message, (Message.conversation_id == Conversation.id) & (Message.seq == first.c.seq))
        .where(SitePerson.subject == person.subject, Conversation.channel == channel)
        .order_by(Conversation.updated_at.desc())
        .limit(MOST_THREADS)
    )
    return [JoinedThread(conversation, text) for conversation, text in rows]


def _word(value: object) -> str | None:
    return value.strip()[:255] or None if isinstance(value, str) else None
