"""Help first: a crisis, an emergency, harassment. Nothing in such a turn sells or asks."""

from __future__ import annotations

import asyncio
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.context import TurnContext, record
from actions.replies import say
from frontdesk.conversations import threads
from frontdesk.knowledge.wording import one_line, wording

KINDS = ("crisis", "emergency", "harassment")


def safety_kind(context: TurnContext) -> str:
    """Which help is needed; when in doubt, the help for a crisis."""
    if context.understanding.safety in KINDS:
        return str(context.understanding.safety)
    named = [part.name for part in context.understanding.parts if part.group == "safety"]
    return named[0] if named and named[0] in KINDS else "crisis"


async def show_help(dispatcher: CollectingDispatcher, context: TurnContext) -> None:
    """Show the help that fits and put the conversation before the eyes of the staff."""
    kind = safety_kind(context)
    help_text = wording().safety[kind]  # type: ignore[index]
    say(
        dispatcher,
        one_line(help_text.text),
        {
            "act": "safety",
            "kind": kind,
            "contacts": [contact.model_dump(exclude_none=True) for contact in help_text.contacts],
        },
    )
    await asyncio.to_thread(_bring_to_attention, context, kind)


def _bring_to_attention(context: TurnContext, kind: str) -> None:
    with record().transaction() as session:
        threads.call_attention(session, context.conversation(session), kind)


class ActionSafety(Action):
    """Shows help and nothing else."""

    def name(self) -> str:
        return "action_safety"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        await show_help(dispatcher, TurnContext.of(tracker))
        return [SlotSet("offered", []), SlotSet("misunderstood", 0)]
