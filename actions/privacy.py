"""What is kept about a person, and asking for its deletion: never without a clear yes and a proof."""

from __future__ import annotations

import asyncio
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.application_state import Standing, standing
from actions.context import TurnContext
from actions.handing_over import hand_over
from actions.replies import say
from frontdesk.knowledge.wording import wording

CONFIRM = {
    "choice": "confirm_deletion",
    "intent": "affirm",
    "label": "Yes, ask for deletion",
    "affirm": True,
}
KEEP = {"choice": "keep_data", "intent": "deny", "label": "No, keep it"}


def ask_to_confirm(dispatcher: CollectingDispatcher) -> list[EventType]:
    """Before anything: is deletion really wanted?"""
    options = [CONFIRM, KEEP]
    say(
        dispatcher,
        wording().at_desk("deletion_confirm"),
        {"act": "privacy", "event": "explained", "options": options},
    )
    return [SlotSet("offered", options), SlotSet("misunderstood", 0)]


async def ask_for_deletion(dispatcher: CollectingDispatcher, context: TurnContext) -> list[EventType]:
    """The yes was said: the request goes to people, who prove the person before they delete."""
    say(dispatcher, wording().at_desk("privacy_handoff"), {"act": "privacy", "event": "deletion_asked"})
    return await hand_over(dispatcher, context, "privacy")


def keep(dispatcher: CollectingDispatcher) -> list[EventType]:
    """The no was said."""
    say(dispatcher, wording().at_desk("deletion_kept"), {"act": "privacy", "event": "explained"})
    return [SlotSet("offered", []), SlotSet("misunderstood", 0)]


async def show_kept(dispatcher: CollectingDispatcher, context: TurnContext) -> list[EventType]:
    """Name what this thread holds, without showing the data itself."""
    own = await asyncio.to_thread(standing, context)
    text = wording().at_desk("privacy_shown", kept=_kept(own))
    say(dispatcher, text, {"act": "privacy", "event": "explained"})
    return [SlotSet("offered", []), SlotSet("misunderstood", 0)]


def _kept(own: Standing) -> str:
    known = wording()
    if own.reference:
        return "and " + known.at_desk("privacy_kept_sent", reference=own.reference)
    return (
        "and " + known.at_desk("privacy_kept_draft") if own.paused else known.at_desk("privacy_kept_nothing")
    )


class ActionPrivacy(Action):
    """Shows what is kept, or asks whether it shall be deleted."""

    def name(self) -> str:
        return "action_privacy"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        context = TurnContext.of(tracker)
        if any(part.label == "show_my_data" for part in context.understanding.parts):
            return await show_kept(dispatcher, context)
        return ask_to_confirm(dispatcher)
