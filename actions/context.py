"""What an action knows of the turn that it works in. Reads the tracker, writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from rasa_sdk import Tracker
from sqlalchemy.orm import Session

from frontdesk.conversations import threads
from frontdesk.records.session import Record
from frontdesk.settings import settings

REST_CHANNEL = "rest"


@lru_cache(maxsize=1)
def record() -> Record:
    """The record of this process."""
    return Record(settings().database)


@dataclass(frozen=True)
class Part:
    """One question found in a message: its text, the label understood, calibrated probabilities."""

    text: str
    label: str
    confidence: float
    ranking: list[tuple[str, float]] = field(default_factory=list)

    @property
    def group(self) -> str:
        """`faq`, `chitchat`, `decline`, `safety`, or the command itself."""
        return self.label.partition("/")[0]

    @property
    def name(self) -> str:
        """What stands behind the slash: topic, subject or kind; the command itself without one."""
        return self.label.rpartition("/")[2]


@dataclass(frozen=True)
class Understanding:
    """What the classifier made of the message; see `extensions/nlu`."""

    parts: list[Part]
    more: list[str]
    decision: str
    safety: str | None
    language: str


@dataclass(frozen=True)
class TurnContext:
    """The turn: whose, about what, with what in mind."""

    conversation_id: str | None
    sender_id: str
    message_id: str
    channel: str
    text: str
    understanding: Understanding
    choice: dict[str, Any] | None
    specialty: str | None
    last_topic: str | None
    last_subject: str | None
    offered: list[dict[str, Any]]
    misunderstood: int
    said: dict[str, int]

    @classmethod
    def of(cls, tracker: Tracker) -> TurnContext:
        message = tracker.latest_message or {}
        metadata = message.get("metadata") or {}
        return cls(
            conversation_id=metadata.get("conversation"),
            sender_id=tracker.sender_id,
            message_id=metadata.get("message_id") or message.get("message_id") or "",
            channel=metadata.get("channel") or REST_CHANNEL,
            text=message.get("text") or "",
            understanding=_understanding(message),
            choice=metadata.get("choice"),
            specialty=_entity(message, "specialty"),
            last_topic=tracker.get_slot("last_topic"),
            last_subject=tracker.get_slot("last_subject"),
            offered=tracker.get_slot("offered") or [],
            misunderstood=int(tracker.get_slot("misunderstood") or 0),
            said=tracker.get_slot("said") or {},
        )

    def conversation(self, session: Session) -> str:
        """The id of this turn's conversation in the record; made when an examiner talks to Rasa directly."""
        if self.conversation_id:
            return self.conversation_id
        return threads.ensure(session, channel=REST_CHANNEL, external_ref=self.sender_id).id


def _understanding(message: dict[str, Any]) -> Understanding:
    given = message.get("understanding") or {}
    parts = [
        Part(
            text=part.get("text") or "",
            label=part.get("label") or "",
            confidence=float(part.get("confidence") or 0.0),
            ranking=[(str(label), float(share)) for label, share in part.get("ranking") or []],
        )
        for part in given.get("parts") or []
    ]
    if not parts:
        # A model trained with another pipeline gives Rasa's own shape only.
        intent = message.get("intent") or {}
        name = intent.get("full_retrieval_intent_name") or intent.get("name") or "nlu_fallback"
        parts = [Part(message.get("text") or "", name, float(intent.get("confidence") or 0.0))]
    safety = given.get("safety") or {}
    return Understanding(
        parts=parts,
        more=[str(label) for label in given.get("more") or []],
        decision=given.get("decision") or "act",
        safety=safety.get("kind"),
        language=given.get("language") or "en",
    )


def _entity(message: dict[str, Any], kind: str) -> str | None:
    for entity in message.get("entities") or []:
        if entity.get("entity") == kind:
            return str(entity["value"])
    return None
