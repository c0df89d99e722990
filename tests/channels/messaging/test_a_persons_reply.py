"""What a person sends beside words: files where the channel takes them, and that they are writing."""

from __future__ import annotations

import pytest

from frontdesk.channels.configured import KINDS, carries_files, configured
from frontdesk.conversations import holder, staff_typing
from frontdesk.files.keeping import About, told
from frontdesk.records.models import KeptFile, Staff
from tests.channels.messaging.conftest import Kit
from tests.channels.messaging.senders import SENDERS, Sender
from tests.files.conftest import PDF

CARRIERS = [name for name, sender in SENDERS.items() if carries_files(sender.name)]
SHOWING = {"telegram": "sendChatAction", "messenger": "typing_on", "whatsapp": "read"}


def with_ann(desk: Kit, sender: Sender) -> tuple[str, str]:
    """A conversation that Ann has: its id, and hers."""
    desk.accept(sender.say("Is a person there?"))
    conversation = desk.conversation(sender)
    with desk.record.transaction() as session:
        ann = Staff(login="ann", name="Ann Lee", password_hash="-")
        session.add(ann)
        session.flush()
        holder.queue(session, conversation, reason="asked", message_id=None, available=True)
        holder.claim(session, conversation, ann.id)
        return conversation, ann.id


def test_a_channel_carries_files_when_its_module_says_so(desk: Kit) -> None:
    channels = configured(desk.settings)
    for kind in KINDS:
        if kind.name in channels:
            assert channels[kind.name].capabilities("1").attachments is kind.files, kind.name


@pytest.mark.parametrize("name", CARRIERS)
async def test_a_file_follows_the_words_of_a_person(desk: Kit, name: str) -> None:
    sender = SENDERS[name]
    conversation, ann = with_ann(desk, sender)
    file = desk.files.keep([PDF], About(conversation, name="Offer.pdf", source="staff"))
    with desk.record.transaction() as session:
        message = holder.reply(session, conversation, ann, "Your offer")
        message.act = {"act": "file", "file": told(file)}
        session.get_one(KeptFile, file.id).message_id = message.id
    await desk.deliver()
    assert desk.providers.refused == []
    words, document = desk.providers.of(sender.name, sender.thread)[-2:]
    assert "Your offer" in words.text
    if name == "whatsapp":  # its file is uploaded first, and named by the message
        assert document.raw["document"]["filename"] == "Offer.pdf"
        assert PDF in desk.providers.files[document.raw["document"]["id"]]
    else:
        assert document.file is not None
        assert PDF in document.file


@pytest.mark.parametrize("name", list(SHOWING))
async def test_an_applicant_sees_that_a_person_is_writing(desk: Kit, name: str) -> None:
    conversation, ann = with_ann(desk, SENDERS[name])
    desk.providers.courtesies.clear()
    await show(desk)
    assert desk.providers.courtesies == []
    with desk.record.transaction() as session:
        assert staff_typing.is_typing(session, conversation, ann)
    await show(desk)
    [(kind, body)] = desk.providers.courtesies
    assert kind == SHOWING[name]
    if name == "whatsapp":
        assert body["typing_indicator"] == {"type": "text"}


async def show(desk: Kit) -> None:
    """What the app does every few seconds, with connections of this event loop."""
    desk.messaging.channels.update(configured(desk.settings))
    await desk.messaging.show_typing()
