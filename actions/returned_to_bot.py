"""A person has given the conversation back: the assistant says so and goes on where the form stopped."""

from __future__ import annotations

import asyncio
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.application_form import ask_again
from actions.context import TurnContext, record
from actions.replies import say
from frontdesk.knowledge.wording import wording

FORM = "application_form"


class ActionReturnedToBot(Action):
    """Back at the desk."""

    def name(self) -> str:
        return "action_returned_to_bot"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        say(dispatcher, wording().at_desk("returned"), {"act": "smalltalk", "kind": "capabilities"})
        asking = await asyncio.to_thread(_go_on, dispatcher, TurnContext.of(tracker))
        forgotten: list[EventType] = [SlotSet("offered", []), SlotSet("misunderstood", 0)]
        if asking is None:
            return forgotten
        return [*forgotten, ActiveLoop(FORM), SlotSet("requested_slot", asking)]


def _go_on(dispatcher: CollectingDispatcher, context: TurnContext) -> str | None:
    with record().transaction() as session:
        return ask_again(dispatcher, session, context)
