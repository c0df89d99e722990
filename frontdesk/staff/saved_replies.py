"""Saved replies: words that the team uses again, with variables filled in from the thread they are used in.

A variable that has no value there stays in the text as `[first name]`, and such a text is not sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from frontdesk.applications.wording import ApplicationWording
from frontdesk.records.models import SavedReply, Staff, now
from frontdesk.staff.applicants import beside

TITLE_LIMIT: Final = 80
TEXT_LIMIT: Final = 4000
VARIABLES: Final = {
    "name": "the applicant's full name",
    "first_name": "the applicant's first name",
    "me": "your own name",
    "organization": "the name in organization.yml",
    "reference": "the reference of the newest application",
    "state": "its state",
    "missing": "what an unsent application still lacks",
}
_VARIABLE: Final = re.compile(r"\{(\w+)\}")
_UNFILLED: Final = re.compile(
    r"\[(" + "|".join(re.escape(name.replace("_", " ")) for name in VARIABLES) + r")\]"
)


class NotSaved(ValueError):
    """A reply cannot be kept like this; the text says why and what to do."""


def listed(session: Session) -> Sequence[SavedReply]:
    return session.scalars(select(SavedReply).order_by(func.lower(SavedReply.title))).all()


def save(session: Session, *, reply_id: str | None, title: str, text: str, by: str) -> SavedReply:
    """Keep a new reply, or change the one of that id.

    Raises:
        NotSaved
    """
    title, text = " ".join(title.split()), text.replace("\r\n", "\n").strip()
    if not title or not text:
        raise NotSaved("A saved reply needs a title and a text.")
    if len(title) > TITLE_LIMIT or len(text) > TEXT_LIMIT:
        raise NotSaved(f"A title has at most {TITLE_LIMIT} characters, a text at most {TEXT_LIMIT}.")
    unknown = [name for name in _VARIABLE.findall(text) if name not in VARIABLES]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in VARIABLES)
        raise NotSaved(f"There is no variable {{{unknown[0]}}}. Use one of {known}.")
    other = session.scalars(select(SavedReply).where(SavedReply.title == title)).one_or_none()
    kept = session.get(SavedReply, reply_id, with_for_update=True) if reply_id else None
    if reply_id and kept is None:
        raise NotSaved("A colleague removed this reply meanwhile.")
    if other is not None and other is not kept:
        raise NotSaved(f"There is a reply called “{title}” already.")
    if kept is None:
        kept = SavedReply()
        session.add(kept)
    kept.title, kept.text, kept.changed_by, kept.changed_at = title, text, by, now()
    session.flush()
    return kept


def remove(session: Session, reply_id: str) -> bool:
    """Whether there was one."""
    kept = session.get(SavedReply, reply_id)
    if kept is not None:
        session.delete(kept)
    return kept is not None


def values(
    session: Session, conversation_id: str, staff: Staff, organization: str, wording: ApplicationWording
) -> dict[str, str | None]:
    """What the variables mean in a conversation."""
    found = beside(session, conversation_id, wording)
    name = found.contact.name
    newest = found.applications[0] if found.applications else None
    return {
        "name": name,
        "first_name": name.split()[0] if name else None,
        "me": staff.name,
        "organization": organization,
        "reference": newest.reference if newest else None,
        "state": newest.state.replace("_", " ") if newest else None,
        "missing": ", ".join(found.draft.missing) if found.draft and found.draft.missing else None,
    }


def filled(text: str, known: Mapping[str, str | None]) -> str:
    """The text with its variables; what has no value is left to be filled by hand."""
    return _VARIABLE.sub(lambda name: known.get(name[1]) or f"[{name[1].replace('_', ' ')}]", text)


def unfilled(text: str) -> str | None:
    """A variable that was left open in a reply, as it stands there."""
    found = _UNFILLED.search(text)
    return found[0] if found else None
