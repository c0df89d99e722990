"""Files of applicants in the console: saved by staff, filed under a paper, erased; all of it audited."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from frontdesk.applications import documents
from frontdesk.files.download import download
from frontdesk.files.keeping import Files, NotThere, mark_erased
from frontdesk.records.models import KeptFile
from frontdesk.staff import audit
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change, Refused
from frontdesk.staff.sessions import Member

FileId = Annotated[str, Path(max_length=64)]

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
        key = asked.form.text("document") or None
        if key is not None and documents.known(key, desk.organization()) is None:
            raise Refused(422, "Not on the list", "Choose one of the papers in the list.")
        with desk.record.transaction() as session:
            found = _locked(session, file_id)
            audit.note(session, asked.member.login, "file.filed", file_id, before=found.document, after=key)
            found.document = key
            conversation_id = found.conversation_id
        desk.changes.notify(conversation_id)
        return see(f"/staff/conversations/{conversation_id}", "file_filed")

    @router.post("/files/{file_id}/erase")
    def erase(asked: change, file_id: FileId) -> Response:
        with desk.record.transaction() as session:
            found = _locked(session, file_id)
            mark_erased(found, by=asked.member.login)
            audit.note(session, asked.member.login, "file.erased", file_id, document=found.document)
            conversation_id = found.conversation_id
        files.clear()
        desk.changes.notify(conversation_id)
        return see(f"/staff/conversations/{conversation_id}", "file_erased")


def _locked(session: object, file_id: str) -> KeptFile:
    found: KeptFile | None = session.get(KeptFile, file_id, with_for_update=True)  # type: ignore[attr-defined]
    if found is None:
        raise Refused(404, "Not found", "There is no such file.")
    return found
