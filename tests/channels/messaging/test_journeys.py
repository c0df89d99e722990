"""A whole application and a handoff on each channel, with a real Rasa, its actions, and a person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import select

from frontdesk.applications import codes
from frontdesk.channels.configured import configured
from frontdesk.channels.outbox import Outbox
from frontdesk.conversations import holder
from frontdesk.conversations.rasa import RasaClient
from frontdesk.conversations.turns import TurnRunner
from frontdesk.records.models import Application, Conversation, Draft, Message, Staff, Turn
from frontdesk.settings import Settings
from tests.channels.messaging.conftest import Kit
from tests.channels.messaging.providers import Providers, Sent
from tests.channels.messaging.senders import SENDERS, Sender
from tests.journey.answers import ANSWERS
from tests.stack import KEY, Assistant, assistant

pytestmark = pytest.mark.rasa
READ = ("review", "visa_help", "usmle_step1")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with assistant(tmp_path_factory.mktemp("assistant")) as made:
        yield made


@pytest.fixture
def desk(running: Assistant, shared_providers: Providers) -> Iterator[Kit]:
    told: dict[str, Any] = {
        **shared_providers.settings(),
        "var_dir": running.folder,
        "rasa_port": running.rasa_port,
        "secret_key": KEY,
        "rasa_key": KEY,
    }
    made = Kit(running.record, Settings(_env_file=None, **told), shared_providers)  # type: ignore[call-arg]
    yield made
    made.close()


class Talk:
    """One applicant on one channel; turns and outbox run as in the app."""

    def __init__(self, desk: Kit, sender: Sender, thread: str | None = None, number: int = 1000) -> None:
        self.desk, self.sender, self.number = desk, sender, number
        self.thread = thread or sender.thread

    async def say(self, text: str) -> None:
        self.number += 1
        await self._hear(self.sender.say(text, self.number, self.thread))

    async def press(self, sent: Sent, label: str) -> None:
        payload = next(payload for name, payload in sent.options if name.startswith(label))
        self.number += 1
        await self._hear(self.sender.press(payload, label, self.number))

    async def _hear(self, delivered: Any) -> None:
        answer = await asyncio.to_thread(self.desk.post, delivered)
        assert answer.status_code == 200, answer.text
        async with asyncio.timeout(60):
            while self._owes():
                await asyncio.sleep(0.02)

    def _owes(self) -> bool:
        with self.desk.record.reading() as session:
            busy = session.scalars(select(Turn.id).where(Turn.state.in_(("waiting", "running")))).first()
        return busy is not None or any(one.state == "queued" for one in self.desk.deliveries())

    def last(self) -> Sent:
        return self.desk.providers.of(self.sender.name, self.thread)[-1]

    def row(self) -> Conversation:
        with self.desk.record.reading() as session:
            return session.scalars(
                select(Conversation).where(
                    Conversation.channel == self.sender.name, Conversation.external_ref == self.thread
                )
            ).one()

    def asking(self) -> str | None:
        with self.desk.record.reading() as session:
            return session.scalars(
                select(Draft.asking).where(Draft.conversation_id == self.row().id, Draft.state == "open")
            ).one_or_none()


@pytest.mark.parametrize("name", list(SENDERS))
async def test_an_application_is_told_and_a_person_takes_over(desk: Kit, name: str) -> None:
    talk = Talk(desk, SENDERS[name])
    desk.providers.refused.clear()
    async with at_work(desk):
        await _apply(talk)
        await _hand_over(talk)
    assert desk.providers.refused == []


async def test_a_resume_code_carries_an_application_to_another_channel(desk: Kit) -> None:
    first = Talk(desk, SENDERS["telegram"], "4321", number=5000)
    second = Talk(desk, SENDERS["sms"], "+15550004321", number=6000)
    async with at_work(desk):
        await first.say("I want to apply")
        for _ in range(2):
            await first.say(ANSWERS[first.asking() or ""])
        waiting = first.asking()
        await first.say("give me a code to continue on another device")
        said = desk.providers.texts("telegram", first.thread)
        [code] = filter(None, map(codes.resume_code_in, said))
        await second.say(f"my resume code is {code}")
        assert (second.asking(), first.asking()) == (waiting, None)
        await second.say(ANSWERS[waiting or ""])
        assert second.asking() not in (waiting, None)


@asynccontextmanager
async def at_work(desk: Kit) -> AsyncIterator[None]:
    """Turns and outbox run as in the app."""
    rasa = RasaClient(desk.settings.rasa_url, KEY, 30)
    runner = TurnRunner(desk.record, rasa, desk.settings, changes=desk.changes)
    outbox = Outbox(
        desk.record, configured(desk.settings), desk.settings, changes=desk.changes, sleep=_at_once
    )
    working = [asyncio.create_task(runner.run()), asyncio.create_task(outbox.run())]
    try:
        yield
    finally:
        await runner.stop()
        await outbox.stop()
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        await rasa.close()


async def _at_once(_: float) -> None:
    await asyncio.sleep(0)


async def _apply(talk: Talk) -> None:
    await talk.say("I want to apply")
    for _ in range(40):
        field = talk.asking()
        if field is None:
            break
        pressed = next((one for one, _ in talk.last().options if one == "Yes"), None)
        if field in READ and pressed:
            await talk.press(talk.last(), pressed)
        else:
            await talk.say(ANSWERS[field])
    with talk.desk.record.reading() as session:
        [application] = session.scalars(
            select(Application).where(Application.conversation_id == talk.row().id)
        ).all()
    assert application.values["full_name"] == "Amina Bello"
    texts = talk.desk.providers.texts(talk.sender.name, talk.sender.thread)
    assert any(application.reference in text for text in texts)


async def _hand_over(talk: Talk) -> None:
    await talk.say("I want to talk to a person")
    assert talk.row().holder == "queued"
    with talk.desk.record.transaction() as session:
        staff = session.scalars(select(Staff)).first()
        if staff is None:
            staff = Staff(login="ann", name="Ann Lee", password_hash="-")
            session.add(staff)
            session.flush()
        holder.reply(session, talk.row().id, staff.id, "I am *here* & happy to help <3")
    await talk.say("thank you")
    said = [one.text for one in talk.desk.providers.of(talk.sender.name, talk.sender.thread)]
    plain = (
        said[-1]
        .replace("\u2060", "")
        .replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("*Ann Lee:*", "Ann Lee:")
    )
    expected = "I am *here* & happy to help <3"
    assert plain in (f"Ann Lee:\n{expected}", expected)
    with talk.desk.record.reading() as session:
        last = session.scalars(select(Message).order_by(Message.created_at.desc()).limit(1)).one()
    assert (last.author, last.text) == ("applicant", "thank you")
