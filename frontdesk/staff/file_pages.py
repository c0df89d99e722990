"""Files of applicants in the console: saved by staff, filed under a paper, erased, put there for an applicant
who handed one in elsewhere; all of it audited.
"""

import re
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Response

from frontdesk.applications import documents
from frontdesk.files.download import download
from frontdesk.files.keeping import TEAM, About, Files, NotThere, mark_erased
from frontdesk.records.models import Conversation, KeptFile
from frontdesk.staff import audit
from frontdesk.staff.attaching_pages import chosen, keep
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change, Form, Refused
from frontdesk.staff.sessions import Member

FileId = Annotated[str, Path(max_length=64)]
ConversationId = Annotated[str, Path(max_length=64)]
REFERENCE: Final = re.compile(r"[A-Z0-9]{1,16}")

WHY_NOT = {
    "scanning": "The virus scanner has not judged this file yet. Try again in a moment.",
    "infected": "The virus scanner found something in this file; it was removed.",
    "erased": "This file was erased.",
}


def add_routes(router: APIRouter, desk: Desk) -> None:
    gate = desk.gate
    agent = Annotated[Member, Depends(gate.allow())]
    change = Annotated[Change, Depends(gate.change())]
    files = Files(desk.record, desk.settings)
    with_file = Annotated[Change, Depends(gate.change(file_limit=files.limit))]

    @router.get("/files/{file_id}")
    def save(member: agent, file_id: FileId) -> Response:
        try:
            opened = files.open(file_id)
        except NotThere as gone:
            if gone.state is None:
                raise Refused(404, "Not found", "There is no such file.") from None
            text = WHY_NOT.get(gone.state, "This file is not there any more.")
            raise Refused(409, "Not there", text) from None
        with desk.record.transaction() as session:
            audit.note(
                session,
                member.login,
                "file.downloaded",
                file_id,
                conversation=opened.file.conversation_id,
                document=opened.file.document,
            )
        return download(opened)

    @router.post("/files/{file_id}/document")
    def file_under(asked: change, file_id: FileId) -> Response:
        key = _paper(desk, asked.form)
        with desk.record.transaction() as session:
            found = _locked(session, file_id)
            audit.note(session, asked.member.login, "file.filed", file_id, before=found.document, after=key)
            found.document = key
            conversation_id = found.conversation_id
        desk.changes.notify(conversation_id)
        return see(_back(asked.form, conversation_id), "file_filed")

    @router.post("/files/{file_id}/erase")
    def erase(asked: change, file_id: FileId) -> Response:
        with desk.record.transaction() as session:
            found = _locked(session, file_id)
            mark_erased(found, by=asked.member.login)
            audit.note(session, asked.member.login, "file.erased", file_id, document=found.document)
            conversation_id = found.conversation_id
        files.clear()
        desk.changes.notify(conversation_id)
        return see(_back(asked.form, conversation_id), "file_erased")

    @router.post("/conversations/{conversation_id}/papers")
    def file_for_applicant(asked: with_file, conversation_id: ConversationId) -> Response:
        given, key = chosen(asked.form), _paper(desk, asked.form)
        with desk.record.reading() as session:
            if session.get(Conversation, conversation_id) is None:
                raise Refused(404, "Not found", "There is no such conversation.")
        about = About(conversation_id, name=given.filename, document=key, source=TEAM)
        file = keep(files, given, about, refused="Not filed")
        with desk.record.transaction() as session:
            audit.note(
                session, asked.member.login, "file.added", file.id, conversation=conversation_id, document=key
            )
        desk.changes.notify(conversation_id)
        return see(_back(asked.form, conversation_id), "file_added")


def _paper(desk: Desk, form: Form) -> str | None:
    key = form.text("document") or None
    if key is not None and documents.known(key, desk.organization()) is None:
        raise Refused(422, "Not on the list", "Choose one of the papers in the list.")
    return key


def _back(form: Form, conversation_id: str) -> str:
    """The page whose panel sent the form: an application's or the conversation's."""
    reference = form.text("application")
    if REFERENCE.fullmatch(reference):
        return f"/staff/applications/{reference}"
    return f"/staff/conversations/{conversation_id}"


def _locked(session: object, file_id: str) -> KeptFile:
    found: KeptFile | None = session.get(KeptFile, file_id, with_for_update=True)  # type: ignore[attr-defined]
    if found is None:
        raise Refused(404, "Not found", "There is no such file.")
    return found
