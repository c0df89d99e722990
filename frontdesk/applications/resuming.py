"""Going on elsewhere: a single-use code carries a draft to another conversation, on whatever channel.

Every function takes a session inside a transaction. What is said stands in `knowledge/resuming.yml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from frontdesk.applications import attempts, codes, drafts, fields, status
from frontdesk.conversations import threads
from frontdesk.knowledge.organization import Organization
from frontdesk.knowledge.texts import texts
from frontdesk.mail import outbox
from frontdesk.records.models import Conversation, Draft, DraftChange, KeptFile, OneTimeCode, now
from frontdesk.settings import settings

PURPOSE: Final = "resume"
HOURS: Final = 48
CODES_AN_HOUR: Final = 5
WRONG: Final = "wrong resume code"
WRONG_OF_ONE: Final = 5
WRONG_OF_ALL: Final = 300
WINDOW: Final = 900.0
HOUR: Final = 3600.0

CHANNELS: Final = {"website": "website", "rest": "direct chat"}


class CodeFault(ValueError):
    """A code that moves nothing; the text is for the applicant."""


@dataclass(frozen=True)
class Given:
    """A code was given: what is said about it, and `by` mail or shown in the chat."""

    text: str
    by: str


def give(session: Session, conversation_id: str, *, organization: Organization) -> Given | None:
    """A new code for the conversation's unsent draft; earlier ones end. None where no answer is kept.

    Raises:
        CodeFault: too many codes were given lately.
    """
    words = texts("resuming")
    draft = drafts.unsent(session, conversation_id)
    if draft is None or not draft.values:
        return None
    if not attempts.allowed(session, "resume code", conversation_id, most=CODES_AN_HOUR, within=HOUR):
        raise CodeFault(words.said("too_many"))
    code = codes.resume_code()
    session.execute(
        delete(OneTimeCode).where(
            OneTimeCode.purpose == PURPOSE, OneTimeCode.draft_id == draft.id, OneTimeCode.used_at.is_(None)
        )
    )
    session.add(
        OneTimeCode(
            purpose=PURPOSE,
            code_hash=codes.hashed(PURPOSE, code),
            conversation_id=conversation_id,
            draft_id=draft.id,
            expires_at=now() + timedelta(hours=HOURS),
        )
    )
    session.flush()
    email = draft.values.get("email")
    if email and settings().smtp_url:
        outbox.put(
            session,
            "resume_code",
            email,
            conversation_id=conversation_id,
            secret=True,
            code=code,
            hours=HOURS,
            name=organization.name,
            website=organization.website_url,
        )
        return Given(words.said("mailed", email=codes.masked(email), hours=HOURS), "mail")
    return Given(words.said("shown", code=code, hours=HOURS), "shown")


def redeem(session: Session, code: str, conversation_id: str) -> str:
    """Bring the code's draft into this conversation and open it; what is said to its applicant here.

    The conversation that it leaves is told. An unsent draft that was here gives what the other one lacks.

    Raises:
        CodeFault: unknown, used, too old, or too many wrong ones; nothing moved.
    """
    words = texts("resuming")
    if (
        attempts.count(session, WRONG, conversation_id, within=WINDOW) >= WRONG_OF_ONE
        or attempts.count(session, WRONG, attempts.EVERYBODY, within=HOUR) >= WRONG_OF_ALL
    ):
        raise CodeFault(words.said("too_many_tries", minutes=int(WINDOW // 60)))
    kept = session.scalars(
        select(OneTimeCode)
        .where(OneTimeCode.purpose == PURPOSE, OneTimeCode.code_hash == codes.hashed(PURPOSE, code))
        .with_for_update()
    ).one_or_none()
    draft = session.get(Draft, kept.draft_id, with_for_update=True) if kept and kept.draft_id else None
    good = kept is not None and kept.used_at is None and kept.expires_at > now()
    if kept is None or draft is None or not good or draft.state not in drafts.UNSENT:
        attempts.note(session, WRONG, conversation_id)
        attempts.note(session, WRONG, attempts.EVERYBODY)
        raise CodeFault(words.said("wrong"))
    kept.used_at = now()
    if draft.conversation_id == conversation_id:
        drafts.resume(draft)
        return words.said("here_already")
    _move(session, draft, conversation_id)
    return words.said("joined")


def _move(session: Session, draft: Draft, conversation_id: str) -> None:
    # Two conversations are locked in the order of their ids: two moves at once never wait for each other.
    left = draft.conversation_id
    for one in sorted((left, conversation_id)):
        threads.locked(session, one)
    here = drafts.unsent(session, conversation_id)
    if here is not None:
        lacking = {name: value for name, value in here.values.items() if name not in draft.values}
        draft.values = {**draft.values, **lacking}
        drafts.cancel(session, here)
    draft.conversation_id = conversation_id
    working = dict(draft.working)
    working.pop("pending", None)
    draft.working = working
    asked = fields.missing(draft.values)
    if draft.consent_at is not None and draft.asking not in (None, fields.CONSENT):
        draft.asking = asked[0] if asked else fields.REVIEW
    drafts.resume(draft)
    session.add(
        DraftChange(
            draft_id=draft.id,
            field="conversation",
            before={"value": left},
            after={"value": conversation_id},
            by=drafts.APPLICANT,
        )
    )
    if status.newest_of(session, left) is None:
        # Papers handed in ahead belong to the application, not to the chat.
        session.execute(
            update(KeptFile).where(KeptFile.conversation_id == left).values(conversation_id=conversation_id)
        )
    there = session.get_one(Conversation, conversation_id)
    told = texts("resuming").said("moved", channel=CHANNELS.get(there.channel, there.channel.capitalize()))
    threads.append(session, session.get_one(Conversation, left), author="system", text=told)
    session.flush()
