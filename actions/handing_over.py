"""Asking a person in: the conversation is queued, and the applicant hears honestly if somebody is there."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.context import TurnContext, record
from actions.replies import say
from frontdesk.conversations import holder, threads
from frontdesk.conversations.availability import Availability, availability
from frontdesk.knowledge.hours import spoken
from frontdesk.knowledge.organization import organization
from frontdesk.knowledge.wording import wording


async def hand_over(
    dispatcher: CollectingDispatcher, context: TurnContext, reason: str, before: str | None = None
) -> list[EventType]:
    """Queue the conversation for people and say so.

    Args:
        reason: asked, complaint or privacy; shown to the staff.
        before: a key of `knowledge/desk.yml` said first.
    """
    found = await asyncio.to_thread(_queue, context, reason)
    text = handoff_text(found)
    if before:
        text = f"{wording().at_desk(before)} {text}"
    act: dict[str, Any] = {"act": "handoff", "reason": reason, "available": found.available}
    minutes = organization().staff_reply_minutes
    if found.available and minutes is not None:
        act["waiting"] = minutes
    say(dispatcher, text, act)
    return [SlotSet("offered", []), SlotSet("misunderstood", 0)]


def handoff_text(found: Availability) -> str:
    """What is promised: a person now, or when."""
    known = wording()
    if found.available:
        minutes = organization().staff_reply_minutes
        told = known.at_desk("handoff_available")
        return told if minutes is None else f"{told} {known.at_desk('handoff_waiting', minutes=minutes)}"
    consent = known.at_desk("contact_consent")
    if found.closes is not None:
        return known.at_desk("handoff_away", closes=spoken(found.closes), consent=consent)
    if found.opens is None:
        return known.at_desk("handoff_closed_unknown", consent=consent)
    return known.at_desk("handoff_closed", opens=spoken(found.opens), consent=consent)


def _queue(context: TurnContext, reason: str) -> Availability:
    with record().transaction() as session:
        conversation_id = context.conversation(session)
        found = availability(session, organization(), dt.datetime.now(dt.UTC))
        threads.locked(session, conversation_id).language = context.understanding.language[:16]
        if reason != "asked":
            threads.call_attention(session, conversation_id, reason)
        # A person is asked already (an examiner on Rasa's own door can ask twice): nothing to change.
        with contextlib.suppress(holder.HolderConflict):
            holder.queue(
                session,
                conversation_id,
                reason=reason,
                message_id=context.message_id,
                available=found.available,
            )
        return found


class ActionHandoff(Action):
    """Asks a person in; a complaint too."""

    def name(self) -> str:
        return "action_handoff"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        context = TurnContext.of(tracker)
        if any(part.label == "complaint" for part in context.understanding.parts):
            return await hand_over(dispatcher, context, "complaint", before="complaint")
        return await hand_over(dispatcher, context, "asked")
