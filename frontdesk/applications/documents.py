"""The papers of an application: needed, there, missing; and what the coming of a file changes.

The list is `documents` of organization.yml; which files are there, `frontdesk/files` knows. Functions that
look at the record take a session inside a transaction.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from frontdesk.applications import drafts, status
from frontdesk.conversations import threads
from frontdesk.files import keeping
from frontdesk.knowledge.organization import Document, Organization
from frontdesk.knowledge.texts import Texts
from frontdesk.records.models import KeptFile, Message

STAGES = frozenset({"student", "graduate"})
PROGRAMS = frozenset({"clinical_rotation", "residency_support"})


@dataclass(frozen=True)
class Paper:
    """One entry of the checklist. `state`: missing, optional (not handed in), scanning, there."""

    key: str
    label: str
    why: str | None
    required: bool
    state: str
    files: Sequence[KeptFile]

    @property
    def missing(self) -> bool:
        return self.state == "missing"


def checklist(session: Session, conversation_id: str, organization: Organization) -> list[Paper]:
    """The papers that apply to the conversation's application or draft, in the order of organization.yml."""
    values = _values(session, conversation_id)
    kept = keeping.handed_in(session, conversation_id)
    return [
        _paper(document, values, [file for file in kept if file.document == document.key])
        for document in organization.documents
        if _applies(document, values) or any(file.document == document.key for file in kept)
    ]


def unfiled(session: Session, conversation_id: str) -> list[KeptFile]:
    """The applicant's files that are there and stand under no paper."""
    return [file for file in keeping.handed_in(session, conversation_id) if file.document is None]


def missing(papers: Sequence[Paper]) -> list[Paper]:
    """Those that are needed and not there."""
    return [paper for paper in papers if paper.missing]


def named(papers: Sequence[Paper]) -> str:
    """Papers in words: "CV, passport copy and diploma"."""
    labels = [paper.label for paper in papers]
    return " and ".join([", ".join(labels[:-1]), labels[-1]] if len(labels) > 1 else labels)


def told(papers: Sequence[Paper]) -> list[dict[str, Any]]:
    """The checklist as an act carries it: [{key, label, required, state}]."""
    return [
        {"key": paper.key, "label": paper.label, "required": paper.required, "state": paper.state}
        for paper in papers
    ]


def known(key: str | None, organization: Organization) -> str | None:
    """The key, when the list has it."""
    return key if any(document.key == key for document in organization.documents) else None


def guessed(name: str | None, organization: Organization) -> str | None:
    """The one paper that a file's name speaks of ("my CV (2).pdf"), None when it is none or several."""
    words = set(re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name or "").casefold()))
    found = [
        document.key
        for document in organization.documents
        if words & (set(re.findall(r"[a-z]+", document.label.casefold())) - _COMMON)
        or set(document.key.split("_")) <= words
    ]
    return found[0] if len(found) == 1 else None


_COMMON = frozenset("a an and copy for letter my of or record s the your document paper".split())


def came(
    session: Session, conversation_id: str, file_id: str, *, organization: Organization, words: Texts
) -> Message | None:
    """A file has come: a line of it in the thread, and a thank-you that names what is still missing.

    The bot speaks only while it holds the conversation. A file that has its line already changes nothing.

    Raises:
        threads.UnknownConversation
    """
    conversation = threads.locked(session, conversation_id)
    file = session.get(KeptFile, file_id, with_for_update=True, populate_existing=True)
    if file is None or file.message_id is not None:
        return None
    label = next((one.label for one in organization.documents if one.key == file.document), None)
    text = words.said("line_document" if label else "line", name=file.name, document=label)
    line = threads.append(
        session, conversation, author="applicant", text=text, act={"file": keeping.told(file)}
    )
    file.message_id = line.id
    session.flush()
    if conversation.holder == "bot":
        papers = checklist(session, conversation_id, organization)
        thanks = _thanks(file, label, words)
        if papers and status.newest_of(session, conversation_id) is not None:
            due = missing(papers)
            key = "still_missing" if due else "nothing_missing"
            thanks = f"{thanks} {words.said(key, missing=named(due) if due else '')}"
        act = {"act": "application", "event": "saved", "documents": told(papers)}
        threads.append(session, conversation, author="bot", text=thanks, act=act, in_reply_to=line.id)
    return line


def _thanks(file: KeptFile, label: str | None, words: Texts) -> str:
    if file.state == "scanning":
        return words.said("got_scanning")
    return words.said("got", document=label) if label else words.said("got_file")


def _values(session: Session, conversation_id: str) -> Mapping[str, Any]:
    sent = status.newest_of(session, conversation_id)
    if sent is not None:
        return sent.values
    draft = drafts.unsent(session, conversation_id)
    return draft.values if draft is not None else {}


def _applies(document: Document, values: Mapping[str, Any]) -> bool:
    """Whether this applicant needs it; what is not told yet excludes nobody."""
    for group, told_value in (
        (STAGES, values.get("training_stage")),
        (PROGRAMS, values.get("program_interest")),
    ):
        wanted = group & set(document.needed_by)
        if wanted and told_value is not None and told_value != "both" and told_value not in wanted:
            return False
    return True


def _paper(document: Document, values: Mapping[str, Any], found: Sequence[KeptFile]) -> Paper:
    if any(file.state == "kept" for file in found):
        state = "there"
    elif found:
        state = "scanning"
    else:
        state = "missing" if document.required else "optional"
    return Paper(document.key, document.label, document.why, document.required, state, found)
