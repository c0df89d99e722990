"""A file that a member of staff sends to the applicant, with a reply, in the applicant's own channel."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile

from frontdesk.channels.configured import carries_files
from frontdesk.channels.uploads import STATUS, chunks
from frontdesk.conversations import holder
from frontdesk.conversations.holder import HolderConflict
from frontdesk.files.keeping import STAFF, About, FileRefused, Files, told
from frontdesk.records.models import Conversation, KeptFile
from frontdesk.staff import audit
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change, Form, Refused
from frontdesk.staff.sessions import Member

ConversationId = Annotated[str, Path(max_length=64)]


def add_routes(router: APIRouter, desk: Desk) -> None:
    files = Files(desk.record, desk.settings)
    with_file = Annotated[Change, Depends(desk.gate.change(file_limit=files.limit))]

    @router.post("/conversations/{conversation_id}/file")
    def send_file(asked: with_file, conversation_id: ConversationId) -> Response:
        given = chosen(asked.form)
        text = asked.form.text("text").replace("\r\n", "\n").strip()
        if len(text) > desk.settings.text_limit:
            raise Refused(422, "Too long", f"A reply has at most {desk.settings.text_limit} characters.")
        _may_write(desk, asked.member, conversation_id)
        about = About(conversation_id, name=given.filename, source=STAFF)
        file = keep(files, given, about, refused="Not sent")
        if file.state != "kept":  # a reply goes out at once; its file could not
            files.erase(file.id, by=asked.member.login)
            raise Refused(503, "Not sent", "The virus scanner does not answer now. Try again in a moment.")
        try:
            with desk.record.transaction() as session:
                _reply(session, asked.member, conversation_id, file.id, text)
        except HolderConflict:
            files.erase(file.id, by=asked.member.login)
            raise Refused(
                409, "Not sent", "Somebody else has this conversation meanwhile. Nothing was sent."
            ) from None
        desk.changes.notify(conversation_id)
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


def _may_write(desk: Desk, member: Member, conversation_id: str) -> None:
    """Nothing is kept for a reply that could not be sent."""
    with desk.record.reading() as session:
        found = session.get(Conversation, conversation_id)
    if found is None:
        raise Refused(404, "Not found", "There is no such conversation.")
    if not carries_files(found.channel):
        raise Refused(
            409, "Not sent", "This channel cannot carry files. Send a link, or ask for an e-mail address."
        )
    if found.holder == "queued" or (found.holder == "assigned" and found.staff_id == member.staff_id):
        return
    raise Refused(409, "Not yours", "Take this conversation over first, then send the file again.")


def _reply(session: Session, member: Member, conversation_id: str, file_id: str, text: str) -> None:
    file = session.get_one(KeptFile, file_id, with_for_update=True)
    message = holder.reply(session, conversation_id, member.staff_id, text or (file.name or "file"))
    message.act = {"act": "file", "file": told(file)}
    file.message_id = message.id
    audit.note(session, member.login, "file.sent", file_id, conversation=conversation_id)
