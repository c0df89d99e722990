"""The same person in other conversations: by an e-mail, a phone number or a website account that they share.

Proven is what a provider or the website vouches for (the number of a WhatsApp or SMS thread, a signed
account); what was only told in an application is shown as told, because anybody can type anybody's address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from frontdesk.records.models import Application, ContactLeft, Conversation, SitePerson

# Channels whose name of a thread is the sender's own phone number, vouched for by the network.
PHONE_CHANNELS: Final = frozenset({"whatsapp", "sms"})
MOST: Final = 20


@dataclass(frozen=True)
class Known:
    """How a conversation's person can be known: phones as digits, e-mails in small letters."""

    proven: frozenset[str]
    told: frozenset[str]


@dataclass(frozen=True)
class Earlier:
    """Another conversation. `proven`: the link is vouched for; `by`: e-mail, phone, account."""

    id: str
    channel: str
    holder: str
    updated_at: datetime
    proven: bool
    by: str


def earlier(session: Session, conversation_id: str) -> Sequence[Earlier]:
    """Other conversations of the same person, the newest first, proven links before told ones."""
    own = known(session, [conversation_id]).get(conversation_id)
    if own is None or not (own.proven or own.told):
        return []
    candidates = _candidates(session, own) - {conversation_id}
    others = known(session, list(candidates))
    rows = session.scalars(
        select(Conversation)
        .where(Conversation.id.in_(candidates), Conversation.last_seq > 0)
        .order_by(Conversation.updated_at.desc())
    ).all()
    found = []
    for row in rows:
        other = others.get(row.id)
        if other is None:
            continue
        proven = own.proven & other.proven
        shared = proven or (own.proven | own.told) & (other.proven | other.told)
        if shared:
            sign = min(shared)
            by = "account" if sign.startswith("account:") else "e-mail" if "@" in sign else "phone"
            found.append(Earlier(row.id, row.channel, row.holder, row.updated_at, bool(proven), by))
    return sorted(found, key=lambda one: not one.proven)[:MOST]


def known(session: Session, ids: Sequence[str]) -> dict[str, Known]:
    """Conversation id → how its person is known."""
    proven: dict[str, set[str]] = {one: set() for one in ids}
    told: dict[str, set[str]] = {one: set() for one in ids}
    for row in session.scalars(select(Conversation).where(Conversation.id.in_(ids))):
        if row.channel in PHONE_CHANNELS:
            proven[row.id].add(_digits(row.external_ref))
    for person in session.scalars(select(SitePerson).where(SitePerson.conversation_id.in_(ids))):
        proven[person.conversation_id].add(f"account:{person.subject}")
        if person.email:
            proven[person.conversation_id].add(person.email.casefold())
    for sent in session.scalars(select(Application).where(Application.conversation_id.in_(ids))):
        told[sent.conversation_id] |= _signs(sent.email, sent.phone)
    for left in session.scalars(select(ContactLeft).where(ContactLeft.conversation_id.in_(ids))):
        told[left.conversation_id] |= _signs(left.email, left.phone)
    return {
        one: Known(frozenset(proven[one] - {""}), frozenset(told[one] - proven[one] - {""})) for one in ids
    }


def _candidates(session: Session, own: Known) -> set[str]:
    signs = own.proven | own.told
    accounts = [sign.removeprefix("account:") for sign in signs if sign.startswith("account:")]
    emails = [sign for sign in signs if "@" in sign and not sign.startswith("account:")]
    phones = [sign for sign in signs if sign.isdigit()]
    written = [f"+{number}" for number in phones]
    found: set[str] = set()
    for statement in (
        select(Conversation.id).where(
            Conversation.channel.in_(PHONE_CHANNELS), Conversation.external_ref.in_([*phones, *written])
        ),
        select(SitePerson.conversation_id).where(
            or_(SitePerson.subject.in_(accounts), SitePerson.email.in_(emails))
        ),
        select(Application.conversation_id).where(
            or_(Application.email.in_(emails), Application.phone.in_(written))
        ),
        select(ContactLeft.conversation_id).where(
            or_(ContactLeft.email.in_(emails), ContactLeft.phone.in_(written))
        ),
    ):
        found.update(session.scalars(statement.limit(200)))
    return found


def _signs(email: str | None, phone: str | None) -> set[str]:
    return {sign for sign in ((email or "").casefold(), _digits(phone or "")) if sign}


def _digits(text: str) -> str:
    """The digits of a phone number, with which `+49…` and `whatsapp:+49…` are the same."""
    return "".join(sign for sign in text if sign.isdigit())
