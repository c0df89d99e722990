"""The form by which staff send a file to the applicant, and what every form with a file shares."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from starlette.datastructures import UploadFile

from frontdesk.channels.uploads import STATUS, chunks
from frontdesk.files.keeping import About, FileRefused, Files
from frontdesk.records.models import KeptFile
from frontdesk.staff.attaching import Attaching, NotSent, Sender
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change, Form, Refused

ConversationId = Annotated[str, Path(max_length=64)]


def add_routes(router: APIRouter, desk: Desk) -> None:
    attaching = Attaching(desk.record, desk.settings, desk.changes)
    with_file = Annotated[Change, Depends(desk.gate.change(file_limit=attaching.limit))]

    @router.post("/conversations/{conversation_id}/file")
    def send_file(asked: with_file, conversation_id: ConversationId) -> Response:
        given = chosen(asked.form)
        sender = Sender(asked.member.staff_id, asked.member.login)
        name, text = given.filename or "file", asked.form.text("text")
        try:
            attaching.send(sender, conversation_id, given.file, name, text)
        except NotSent as error:
            raise Refused(error.status, error.title, str(error)) from None
        return see(f"/staff/conversations/{conversation_id}", "sent")


def chosen(form: Form) -> UploadFile:
    """The file of a form.

    Raises:
        Refused: there is none.
    """
    given = form.files.get("file")
    if given is None:
        raise Refused(415, "Not a file", "Choose a file and send it with the form of the page.")
    if not given.filename:
        raise Refused(422, "No file", "Choose a file first.")
    return given


def keep(files: Files, given: UploadFile, about: About, *, refused: str) -> KeptFile:
    """Keep it. Blocking.

    Raises:
        Refused: under the title `refused`, with the reason; nothing of it is kept.
    """
    try:
        return files.keep(chunks(given.file), about)
    except FileRefused as reason:
        raise Refused(STATUS[reason.reason], refused, str(reason)) from None
