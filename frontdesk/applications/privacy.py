"""Seeing and deleting what is kept about a person: asked for, proven by a code or by staff, then done.

Nothing is shown or deleted without a clear yes and a proof. Functions take a session inside a transaction;
what is said stands in `knowledge/privacy.yml`.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from frontdesk.applications import attempts, codes, drafts
from frontdesk.conversations import threads
from frontdesk.files import keeping
from frontdesk.knowledge.organization import Organization
from frontdesk.knowledge.texts import texts
from frontdesk.mail import outbox
from frontdesk.records.models import (
    Application,
    AuditEntry,
    Conversation,
    Draft,
    Message,
    OneTimeCode,
    PrivacyRequest,
    now,
)
from frontdesk.settings import settings

type Kind = Literal["deletion", "export"]
type Told = tuple[str, dict[str, Any]]

PURPOSE: Final = "proof"
MINUTES: Final = 30
WRONG_CODES: Final = 5
REQUESTS_AN_HOUR: Final = 3
REQUESTS: Final = "privacy request"
HOUR: Final = 3600.0
EXPORT_HOURS: Final = 24
EXPORT_PATH: Final = "/export/"
OPEN: Final = ("asked", "proven")
WISH: Final = {"deletion": "delete", "export": "see"}
EVENT: Final = {"deletion": "deletion_asked", "export": "explained"}


@dataclass(frozen=True)
class Asked:
    """A request was noted: what is said, and whether a person of the team has to make the proof."""

    told: Told
    by_staff: bool


def kept_in_words(session: Session, conversation_id: str) -> str:
    """What this conversation holds, in words."""
    words = texts("privacy")
    messages = session.scalar(
        select(func.count()).select_from(Message).where(Message.conversation_id == conversation_id)
    )
    parts = [words.said("kept_messages", count=messages)] if messages else []
    if drafts.unsent(session, conversation_id) is not None:
        parts.append(words.said("kept_draft"))
    sent = session.scalars(
        select(Application.reference)
        .where(Application.conversation_id == conversation_id)
        .order_by(Application.sent_at)
    )
    parts += [words.said("kept_sent", reference=reference) for reference in sent]
    files = keeping.count(session, conversation_id)
    if files:
        parts.append(words.said("kept_files", count=files))
    return ", ".join(parts) or words.said("kept_messages", count=0)


def ask(session: Session, conversation_id: str, kind: Kind, *, organization: Organization) -> Asked:
    """The yes was said: a code goes to the e-mail on record, or a person proves. Earlier requests end."""
    words = texts("privacy")
    if not attempts.allowed(session, REQUESTS, conversation_id, most=REQUESTS_AN_HOUR, within=HOUR):
        return Asked((words.said("too_many"), {"act": "privacy", "event": "explained"}), by_staff=False)
    for earlier in _open(session, conversation_id):
        earlier.state = "dropped"
    request = PrivacyRequest(conversation_id=conversation_id, kind=kind)
    session.add(request)
    session.flush()
    act = {"act": "privacy", "event": EVENT[kind]}
    email = email_of(session, conversation_id)
    if email is None or not settings().smtp_url:
        threads.call_attention(session, conversation_id, "privacy")
        return Asked((words.said(f"by_staff_{kind}"), act), by_staff=True)
    code = codes.proof_code()
    session.add(
        OneTimeCode(
            purpose=PURPOSE,
            code_hash=codes.hashed(PURPOSE, code, request.id),
            conversation_id=conversation_id,
            request_id=request.id,
            expires_at=now() + timedelta(minutes=MINUTES),
        )
    )
    outbox.put(
        session,
        "proof",
        email,
        conversation_id=conversation_id,
        secret=True,
        code=code,
        minutes=MINUTES,
        wish=WISH[kind],
        name=organization.name,
        website=organization.website_url,
    )
    text = words.said("code_sent", email=codes.masked(email), minutes=MINUTES)
    return Asked((text, {**act, "proof": "code"}), by_staff=False)


def prove(
    session: Session, conversation_id: str, code: str, *, organization: Organization
) -> list[Told] | None:
    """A code was typed: what follows from it; None when no request of this conversation waits for one."""
    words = texts("privacy")
    waiting = [request for request in _open(session, conversation_id) if request.state == "asked"]
    if not waiting:
        return None
    request = waiting[0]
    kept = session.scalars(
        select(OneTimeCode)
        .where(OneTimeCode.request_id == request.id, OneTimeCode.used_at.is_(None))
        .with_for_update()
    ).first()
    if kept is None:
        return None
    act: dict[str, Any] = {"act": "privacy", "event": EVENT[request.kind]}
    if kept.expires_at <= now():
        return [(words.said("code_over"), act)]
    if not _same(kept.code_hash, codes.hashed(PURPOSE, code, request.id)):
        kept.failures += 1
        left = WRONG_CODES - kept.failures
        if left > 0:
            return [(words.said("wrong_code", left=left), act)]
        kept.used_at = now()
        request.state = "dropped"
        return [(words.said("code_over"), act)]
    kept.used_at = now()
    return [confirm(session, request, proof="code", by="applicant", organization=organization)]


def confirm(
    session: Session, request: PrivacyRequest, *, proof: str, by: str, organization: Organization
) -> Told:
    """The person is proven (`proof`: code or staff): deletion is due, or the copy is given. What is said."""
    words = texts("privacy")
    request.proof, request.decided_at, request.decided_by = proof, now(), by
    _audit(session, by, f"privacy.{request.kind}_proven", request)
    if request.kind == "deletion":
        request.state = "proven"
        return words.said("deleting"), {"act": "privacy", "event": "deletion_asked", "proof": proof}
    request.state, request.done_at = "done", now()
    link = export_link(request.id)
    act = {"act": "privacy", "event": "export_sent"}
    email = email_of(session, request.conversation_id or "")
    if email is not None and settings().smtp_url:
        outbox.put(
            session,
            "export",
            email,
            conversation_id=request.conversation_id,
            secret=True,
            link=link,
            hours=EXPORT_HOURS,
            name=organization.name,
            website=organization.website_url,
        )
        return words.said("export_mailed", email=codes.masked(email), hours=EXPORT_HOURS), act
    return words.said("export_shown", link=link, hours=EXPORT_HOURS), act


def refuse(session: Session, request: PrivacyRequest, *, by: str) -> None:
    """A person found that it is somebody else, or that it was taken back."""
    request.state, request.decided_at, request.decided_by = "refused", now(), by
    _audit(session, by, f"privacy.{request.kind}_refused", request)


def open_requests(session: Session) -> list[PrivacyRequest]:
    """Requests that wait for a proof or for their deletion, the oldest first."""
    return list(
        session.scalars(
            select(PrivacyRequest)
            .where(PrivacyRequest.state.in_(OPEN), PrivacyRequest.conversation_id.is_not(None))
            .order_by(PrivacyRequest.created_at)
        )
    )


def email_of(session: Session, conversation_id: str) -> str | None:
    """The e-mail on record: of the newest application, else of the unsent draft."""
    sent = session.scalars(
        select(Application.email)
        .where(Application.conversation_id == conversation_id, Application.email.is_not(None))
        .order_by(Application.sent_at.desc())
        .limit(1)
    ).first()
    if sent:
        return sent
    draft = drafts.unsent(session, conversation_id)
    found = draft.values.get("email") if draft is not None else None
    return str(found) if found else None


def conversations_of(session: Session, conversation_id: str) -> list[str]:
    """This conversation, and every other one whose application or draft has the same e-mail."""
    found = {conversation_id}
    email = email_of(session, conversation_id)
    if email:
        same = func.lower(Application.email) == email.lower()
        found |= set(session.scalars(select(Application.conversation_id).where(same)))
        drafted = select(Draft).where(Draft.state.in_(drafts.UNSENT))
        found |= {
            draft.conversation_id
            for draft in session.scalars(drafted)
            if str(draft.values.get("email") or "").lower() == email.lower()
        }
    known = select(Conversation.id).where(or_(*(Conversation.id == one for one in found)))
    return sorted(session.scalars(known))


def export_link(request_id: str) -> str:
    """The address of a proven request's copy; it runs out."""
    known = settings()
    signed = _signer(known.secret_key).dumps(request_id)
    return f"{known.base_url}{EXPORT_PATH}{signed if isinstance(signed, str) else signed.decode()}"


def request_of(token: str, key: str) -> str | None:
    """The request that a link's last part names; None when it is not ours or over."""
    if len(token) > 512:
        return None
    try:
        found = _signer(key).loads(token, max_age=EXPORT_HOURS * 3600)
    except (BadData, ValueError):
        return None
    return found if isinstance(found, str) else None


def _signer(key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt="privacy-export")


def _open(session: Session, conversation_id: str) -> list[PrivacyRequest]:
    return list(
        session.scalars(
            select(PrivacyRequest)
            .where(PrivacyRequest.conversation_id == conversation_id, PrivacyRequest.state == "asked")
            .order_by(PrivacyRequest.created_at.desc())
        )
    )


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _audit(session: Session, actor: str, action: str, request: PrivacyRequest) -> None:
    session.add(AuditEntry(actor=actor, action=action, subject=request.id, detail={"proof": request.proof}))
