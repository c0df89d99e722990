"""Files by the API: the applicant's, saved with an audit entry, and one that is sent to the applicant."""

from functools import partial
from typing import Annotated, Any, Final

import anyio.to_thread
from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import FileResponse
from starlette.datastructures import UploadFile

from frontdesk.applications import documents
from frontdesk.channels.problems import Problem, documented
from frontdesk.channels.uploads import file_form
from frontdesk.files.download import download
from frontdesk.files.keeping import Files, NotThere
from frontdesk.records.models import Conversation
from frontdesk.staff.api import shapes
from frontdesk.staff.api.door import Door
from frontdesk.staff.api_keys import Caller
from frontdesk.staff.attaching import Attaching, NotSent, Sender
from frontdesk.staff.queue import EXAMINATION_DOOR

ConversationId = Annotated[shapes.Identifier, Path()]
SENDING: Final = documented(400, 404, 409, 413, 415)
SAVED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/octet-stream": {}}, "description": "The file"},
    **documented(404, 409),
}
FORM: Final = file_form(text={"type": "string", "maxLength": 4000, "description": "Words beside it."})


def add_routes(made: APIRouter, door: Door) -> None:
    reader = Annotated[Caller, Depends(door.allow("applications:read"))]
    writer = Annotated[Caller, Depends(door.allow("conversations:write"))]
    attaching = Attaching(door.record, door.settings, door.changes)
    files = Files(door.record, door.settings)

    # The form is read by hand: nothing of it before the key was looked at.
    @made.post(
        "/conversations/{conversation_id}/files",
        tags=["Conversations"],
        responses=SENDING,
        openapi_extra=FORM,
        summary="Send a file to the applicant; a waiting conversation is claimed by it",
    )
    async def send_file(caller: writer, conversation_id: ConversationId, request: Request) -> shapes.FileSent:
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            raise Problem(415, "not-a-file", "Send the file as multipart/form-data.")
        sender = Sender(caller.staff_id, caller.login, key=caller.key_name)
        async with request.form(max_files=1, max_fields=8) as form:
            file, text = form.get("file"), form.get("text", "")
            if not isinstance(file, UploadFile) or not file.filename:
                raise Problem(422, "invalid", "Send one file in the field `file`, with its name.")
            if not isinstance(text, str) or "\x00" in text:
                raise Problem(422, "invalid", "Send `text` as plain text.")
            send = partial(attaching.send, sender, conversation_id, file.file, file.filename, text)
            try:
                message = await anyio.to_thread.run_sync(send)
            except NotSent as error:
                raise Problem(error.status, "file", str(error)) from None
        return shapes.FileSent(message_id=message.id, seq=message.seq, file=message.act["file"])  # type: ignore[index]

    @made.get(
        "/conversations/{conversation_id}/documents",
        tags=["Applications"],
        responses=documented(404),
        summary="The papers that the application asks for, and the files of the conversation",
    )
    def papers(caller: reader, conversation_id: ConversationId) -> shapes.Papers:
        with door.record.transaction() as session:
            known = session.get(Conversation, conversation_id)
            if known is None or known.channel == EXAMINATION_DOOR:
                raise Problem(404, "unknown", "There is no such conversation.")
            asked = documents.checklist(session, conversation_id, door.organization())
            loose = documents.unfiled(session, conversation_id)
            door.note(session, caller, "documents.listed", conversation_id)
            return shapes.Papers(
                documents=[shapes.Paper.model_validate(one, from_attributes=True) for one in asked],
                unfiled=[shapes.KeptFile.model_validate(one, from_attributes=True) for one in loose],
            )

    @made.get(
        "/files/{file_id}",
        tags=["Applications"],
        response_class=FileResponse,
        responses=SAVED,
        summary="Save a file of an applicant",
    )
    def save(caller: reader, file_id: Annotated[shapes.Identifier, Path()]) -> FileResponse:
        try:
            opened = files.open(file_id)
        except NotThere as gone:
            if gone.state is None:
                raise Problem(404, "unknown", "There is no such file.") from None
            raise Problem(409, "file", f"This file cannot be read: {gone.state}.") from None
        with door.record.transaction() as session:
            about = {"conversation": opened.file.conversation_id, "document": opened.file.document}
            door.note(session, caller, "file.downloaded", file_id, **about)
        return download(opened)
