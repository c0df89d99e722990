"""Contacts left for the team while nobody was there: e-mail or phone, and the words agreed to by that."""

from __future__ import annotations

from sqlalchemy.orm import Session

from frontdesk.applications.parsing import emails, phones
from frontdesk.conversations import holder, threads
from frontdesk.knowledge.wording import Wording
from frontdesk.records.models import ContactLeft, now


def heard(
    session: Session, conversation_id: str, text: str, words: Wording, *, confirm: bool = True
) -> ContactLeft | None:
    """Keep how to reach somebody, when this message to an empty desk tells it; None when it does not.

    Args:
        confirm: say once in the thread what was kept.

    Raises:
        threads.UnknownConversation
    """
    conversation = threads.locked(session, conversation_id)
    handoff = holder.open_handoff(session, conversation_id)
    if conversation.holder != "queued" or handoff is None or handoff.available:
        return None
    found = emails.addresses(text)
    email = found[0] if found else None
    phone = phones.certain_in(text)
    if email is None and phone is None:
        return None
    kept = session.get(ContactLeft, conversation_id)
    first = kept is None
    if kept is None:
        kept = ContactLeft(conversation_id=conversation_id, consent=words.at_desk("contact_consent"))
        session.add(kept)
    kept.email, kept.phone, kept.at = email or kept.email, phone or kept.phone, now()
    conversation.updated_at = now()
    session.flush()
    if first and confirm:
        contact = " or ".join(told for told in (kept.email, kept.phone and phones.shown(kept.phone)) if told)
        text = words.at_desk("contact_kept", contact=contact)
        threads.append(session, conversation, author="system", text=text)
    return kept
