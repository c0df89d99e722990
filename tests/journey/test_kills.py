"""Killed in the middle of a turn, any process: one set of replies a message, one reference an application."""

from __future__ import annotations

import random
import threading
from collections import Counter

import httpx
import pytest
from sqlalchemy import select

from frontdesk.records.models import Application, Conversation, Draft, Message, Turn
from frontdesk.records.session import Record
from tests.desk import Desk
from tests.journey.answers import ANSWERS
from tests.stack import wait_for

KILLS = 20
PARTS = ("actions", "rasa", "frontdesk")
SEED = 20261122


class Visitor:
    """An applicant at the website's API who never gives up: what is not taken is sent again under its id."""

    def __init__(self, desk: Desk, name: str):
        self._url = f"{desk.url}/api/conversations"
        self._name = name
        self._sent = 0
        self._client = httpx.Client(timeout=10)
        self.conversation = ""
        self._token = ""

    def begin(self) -> None:
        answer = self._insist("POST", self._url)
        self.conversation, self._token = answer["conversation"], answer["token"]

    def say(self, text: str) -> str:
        """The id of the message in the record."""
        self._sent += 1
        body = {"client_id": f"{self._name}-{self._sent}", "text": text}
        answer = self._insist("POST", f"{self._url}/{self.conversation}/messages", json=body)
        return str(answer["message"]["id"])

    def _insist(self, method: str, url: str, **more: object) -> dict[str, dict[str, str]]:
        def taken() -> dict[str, dict[str, str]] | None:
            headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
            try:
                answer = self._client.request(method, url, headers=headers, **more)  # type: ignore[arg-type]
            except httpx.HTTPError:
                return None
            if answer.status_code >= 500:
                return None
            answer.raise_for_status()
            return dict(answer.json())

        return dict(wait_for(taken, f"{url} to answer", 60, pause=0.2))


def outcome(record: Record, message: str) -> str:
    """How the turn of that message ended; waits until it has."""

    def ended() -> str | None:
        with record.reading() as session:
            turn = session.scalars(select(Turn).where(Turn.message_id == message)).one_or_none()
            return turn.state if turn and turn.state in ("done", "failed", "dropped") else None

    return str(wait_for(ended, "the turn to end", 120))


def asked(record: Record, conversation: str) -> str | None:
    with record.reading() as session:
        draft = session.scalars(
            select(Draft).where(Draft.conversation_id == conversation, Draft.state == "open")
        ).first()
        return draft.asking if draft else None


@pytest.mark.timeout(900)  # twenty starts of one part or another
def test_twenty_kills_lose_and_double_nothing(own_desk: Desk):
    chance = random.Random(SEED)
    # How long people wait for a bot that is away is a setting; here nobody is to be asked in, however slowly
    # a busy machine starts Rasa again.
    own_desk.env |= {"CHHA_TURN_PATIENCE": "600", "CHHA_TURN_GRACE": "600", "CHHA_TURN_ATTEMPTS": "10"}
    own_desk.start()
    record = own_desk.record()
    killed: Counter[str] = Counter()
    try:
        number = 0
        while sum(killed.values()) < KILLS:
            number += 1
            visitor = Visitor(own_desk, f"visitor-{number}")
            visitor.begin()
            message = visitor.say("I want to apply")
            for _ in range(len(ANSWERS) + 2):
                if sum(killed.values()) < KILLS:
                    part = PARTS[sum(killed.values()) % len(PARTS)]
                    # Somewhere in the turn of the message just sent; one takes some tens of milliseconds.
                    threading.Event().wait(chance.uniform(0, 0.08))
                    own_desk.kill(part)
                    killed[part] += 1
                assert outcome(record, message) == "done"
                field = asked(record, visitor.conversation)
                if field is None:
                    break
                message = visitor.say(ANSWERS[field])
            with record.reading() as session:
                references = session.scalars(
                    select(Application.reference).where(Application.conversation_id == visitor.conversation)
                ).all()
            assert len(references) == 1
        assert killed == Counter(dict.fromkeys(PARTS, KILLS // len(PARTS))) + Counter(
            dict.fromkeys(PARTS[: KILLS % len(PARTS)], 1)
        )
        check_threads(record)
    finally:
        record.close()


def check_threads(record: Record) -> None:
    """Every inbound message stands once, has one turn, and one set of replies in the order of the thread."""
    with record.reading() as session:
        for conversation in session.scalars(select(Conversation)):
            lines = session.scalars(
                select(Message).where(Message.conversation_id == conversation.id).order_by(Message.seq)
            ).all()
            assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
            inbound = [line for line in lines if line.author == "applicant"]
            turns = session.scalars(select(Turn).where(Turn.conversation_id == conversation.id)).all()
            assert sorted(turn.message_id for turn in turns) == sorted(line.id for line in inbound)
            for line in inbound:
                replies = [reply for reply in lines if reply.in_reply_to == line.id]
                assert replies, f"{line.text!r} has no reply"
                said = [(reply.text, str(reply.act)) for reply in replies]
                assert len(said) == len(set(said)), f"{line.text!r} was answered twice"
                questions = [reply for reply in replies if reply.act and reply.act.get("act") == "question"]
                assert len(questions) <= 1


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_comes_back_and_the_console_knows(desk: Desk, part: str):
    from frontdesk.records.models import Outage

    record = desk.record()
    try:
        before = desk.kill(part)
        wait_for(lambda: desk.pid(part) not in (0, before), f"{part} to be restarted", 60)

        def noted() -> bool:
            with record.reading() as session:
                return (
                    session.scalars(
                        select(Outage).where(Outage.part == part, Outage.ended_at.is_not(None))
                    ).first()
                    is not None
                )

        wait_for(noted, f"the outage of {part} in the record", 90)
    finally:
        record.close()
