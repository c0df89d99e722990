"""What is kept about a person, a copy of it, and its deletion: never without a clear yes and a proof."""

from __future__ import annotations

import asyncio
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import once, services
from actions.context import TurnContext, record
from actions.handing_over import hand_over
from actions.replies import say
from frontdesk.applications import privacy
from frontdesk.knowledge.organization import organization
from frontdesk.knowledge.texts import texts

DELETION = "confirm_deletion"
COPY = "send_copy"
KEEP = "keep_data"
ASK = "ask_privacy"


def deletion_options() -> list[dict[str, Any]]:
    """Yes and no, as answers to whether to delete."""
    words = texts("privacy")
    return [
        {"choice": DELETION, "intent": "affirm", "label": words.said("option_yes"), "affirm": True},
        {"choice": KEEP, "intent": "deny", "label": words.said("option_no")},
    ]


def ask_to_confirm(dispatcher: CollectingDispatcher) -> list[EventType]:
    """Before anything: is deletion really wanted?"""
    options = deletion_options()
    say(
        dispatcher,
        texts("privacy").said("deletion_confirm"),
        {"act": "privacy", "event": "explained", "options": options},
    )
    return [SlotSet("offered", options), SlotSet("misunderstood", 0)]


async def ask_for(
    dispatcher: CollectingDispatcher, context: TurnContext, kind: privacy.Kind
) -> list[EventType]:
    """The yes was said: a code is sent, or people are asked to make the proof."""
    (text, act), by_staff = await asyncio.to_thread(_ask, context, kind)
    say(dispatcher, text, act)
    if by_staff:
        return await hand_over(dispatcher, context, "privacy")
    return [SlotSet("offered", []), SlotSet("misunderstood", 0)]


def keep(dispatcher: CollectingDispatcher) -> list[EventType]:
    """The no was said."""
    from frontdesk.knowledge.wording import wording

    say(dispatcher, wording().at_desk("deletion_kept"), {"act": "privacy", "event": "explained"})
    return [SlotSet("offered", []), SlotSet("misunderstood", 0)]


async def show_kept(dispatcher: CollectingDispatcher, context: TurnContext) -> list[EventType]:
    """Name what this thread holds, without showing the data itself, and offer the copy."""
    kept = await asyncio.to_thread(_kept, context)
    words = texts("privacy")
    options: list[dict[str, Any]] = [
        {"choice": COPY, "intent": "affirm", "label": words.said("option_copy"), "affirm": True},
        {"choice": "delete_my_data", "intent": "delete_my_data", "label": words.said("option_delete")},
    ]
    act = {"act": "privacy", "event": "explained", "options": options}
    say(dispatcher, words.said("kept", kept=kept), act)
    return [SlotSet("offered", options), SlotSet("misunderstood", 0)]


def _ask(context: TurnContext, kind: privacy.Kind) -> tuple[privacy.Told, bool]:
    with record().transaction() as session:
        conversation_id = context.conversation(session)
        key = once.key_of(context, conversation_id)
        if (again := once.kept(session, key, ASK)) is not None:
            return (again["text"], again["act"]), bool(again["by_staff"])
        asked = privacy.ask(session, conversation_id, kind, organization=organization())
        text, act = asked.told
        once.keep(session, key, ASK, {"text": text, "act": act, "by_staff": asked.by_staff})
        return asked.told, asked.by_staff


def _kept(context: TurnContext) -> str:
    with record().transaction() as session:
        return privacy.kept_in_words(session, context.conversation(session))


class ActionPrivacy(Action):
    """Shows what is kept, or asks whether it shall be deleted."""

    def name(self) -> str:
        return "action_privacy"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        context = TurnContext.of(tracker)
        served = await services.serve_outside(dispatcher, context)
        if served is not None:
            return served
        if any(part.label == "show_my_data" for part in context.understanding.parts):
            return await show_kept(dispatcher, context)
        return ask_to_confirm(dispatcher)
