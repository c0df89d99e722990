"""Words that belong to a form or to an offer, said while no form asks: yes, no, back, skip, help, …"""

from __future__ import annotations

import asyncio
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import services
from actions.answers import FORM, capabilities, say_topic
from actions.application_state import standing
from actions.context import TurnContext
from actions.handing_over import hand_over
from actions.privacy import COPY, DELETION, ask_for, keep
from actions.replies import say
from frontdesk.applications.opening import wants_to_apply
from frontdesk.knowledge.wording import wording


class ActionOutsideForm(Action):
    """Takes yes and no as answers to what was offered last; explains that no form is open for the rest."""

    def name(self) -> str:
        return "action_outside_form"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        context = TurnContext.of(tracker)
        served = await services.serve_outside(dispatcher, context)
        if served is not None:
            return served
        # Who hands in name, address and school is applying, whatever word of theirs sounded like a command.
        if not tracker.active_loop_name and wants_to_apply(context.text):
            return [FollowupAction(FORM)]
        command = context.understanding.parts[0].label
        if command == "affirm":
            return await _affirmed(dispatcher, context)
        if command == "deny":
            return _denied(dispatcher, context)
        if command in ("help", "explain_why"):
            return capabilities(dispatcher, context)
        return await _no_form(dispatcher, context)


async def _affirmed(dispatcher: CollectingDispatcher, context: TurnContext) -> list[EventType]:
    meant = _meant(context)
    if meant is None:
        return _told(dispatcher, "nothing_to_confirm")
    if meant.get("choice") == DELETION:
        return await ask_for(dispatcher, context, "deletion")
    if meant.get("choice") == COPY:
        return await ask_for(dispatcher, context, "export")
    if meant.get("choice") == "human":
        return await hand_over(dispatcher, context, "asked")
    if "topic" in meant:
        return say_topic(dispatcher, context, str(meant["topic"]))
    return _told(dispatcher, "nothing_to_confirm")


def _meant(context: TurnContext) -> dict[str, Any] | None:
    """What a plain yes means: the offer that waits for one, or the only one there is."""
    for offer in context.offered:
        if offer.get("affirm"):
            return offer
    return context.offered[0] if len(context.offered) == 1 else None


def _denied(dispatcher: CollectingDispatcher, context: TurnContext) -> list[EventType]:
    if any(offer.get("choice") == DELETION for offer in context.offered):
        return keep(dispatcher)
    return _told(dispatcher, "denied")


async def _no_form(dispatcher: CollectingDispatcher, context: TurnContext) -> list[EventType]:
    own = await asyncio.to_thread(standing, context)
    known = wording()
    if own.reference:
        text = known.at_desk("sent_form", reference=own.reference)
        say(dispatcher, text, {"act": "status", "reference": own.reference, "state": own.state})
    elif own.paused:
        say(dispatcher, known.at_desk("paused_form"), {"act": "application", "event": "paused"})
    else:
        say(dispatcher, known.at_desk("no_form"), {"act": "smalltalk", "kind": "capabilities"})
    return [SlotSet("offered", []), SlotSet("misunderstood", 0)]


def _told(dispatcher: CollectingDispatcher, key: str) -> list[EventType]:
    say(dispatcher, wording().at_desk(key), {"act": "smalltalk", "kind": "capabilities"})
    return [SlotSet("offered", []), SlotSet("misunderstood", 0)]
