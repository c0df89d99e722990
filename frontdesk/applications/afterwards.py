"""What follows a sent application: a copy by mail, the papers that are wanted, the plan of reminders."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from frontdesk.applications import documents, fields, reminders
from frontdesk.applications.submission import Submitted
from frontdesk.applications.wording import ApplicationWording
from frontdesk.knowledge.organization import Organization
from frontdesk.knowledge.texts import texts
from frontdesk.mail import outbox
from frontdesk.records.models import Application
from frontdesk.settings import settings


def follow(
    session: Session,
    done: Submitted,
    *,
    draft_id: str,
    wording: ApplicationWording,
    organization: Organization,
) -> tuple[str, dict[str, Any]] | None:
    """Do what follows, once a sending; the words about papers and their act, None without a checklist."""
    application = done.application
    papers = documents.checklist(session, application.conversation_id, organization)
    missing = documents.missing(papers)
    if application.email:
        outbox.put(
            session,
            "updated" if done.updated else "copy",
            application.email,
            conversation_id=application.conversation_id,
            key=f"sent:{draft_id}",
            applicant=application.values.get("full_name"),
            reference=application.reference,
            summary=summary(application, wording),
            documents=(
                texts("documents").said("still_missing", missing=documents.named(missing)) if missing else ""
            ),
            name=organization.name,
            website=organization.website_url,
        )
    reminders.plan(session, application, organization)
    if done.updated or not papers:
        return None
    return papers_told(application.reference, application.conversation_id, papers)


def papers_told(
    reference: str | None, conversation_id: str, papers: list[documents.Paper]
) -> tuple[str, dict[str, Any]]:
    """What is missing, where to upload it, and the act that says so. `reference` is None before sending."""
    words = texts("documents")
    missing = documents.missing(papers)
    act: dict[str, Any] = {"act": "application", "event": "saved", "documents": documents.told(papers)}
    if reference is not None:
        act["reference"] = reference
    if reference is not None and not missing:
        return words.said("complete", reference=reference), act
    link = reminders.links().link(conversation_id)
    act["upload"] = link
    hours = f"{settings().upload_link_hours:g}"
    if reference is None:
        needed = documents.named([paper for paper in papers if paper.required])
        text = f"{words.said('list', needed=needed)} {words.said('before_sending', link=link)}"
    else:
        text = words.said("missing", reference=reference, missing=documents.named(missing))
        text = f"{text} {words.said('upload', link=link, hours=hours)}"
    optional = [paper for paper in papers if paper.state == "optional"]
    if optional:
        text = f"{text} {words.said('optional', optional=documents.named(optional))}"
    return text, act


def summary(application: Application, wording: ApplicationWording) -> str:
    """The application in lines, grouped as at the review."""
    lines: list[str] = []
    for group in fields.summary(application.values, wording):
        lines += ["", str(group["title"])]
        lines += [f"  {item['label']}: {item['value']}" for item in group["items"]]
    return "\n".join(lines).strip()
