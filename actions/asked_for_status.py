"""The action behind "where does my application stand?"."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions import services
from actions.application_state import tell_status
from actions.context import TurnContext


class ActionStatus(Action):
    """Where does my application stand?"""

    def name(self) -> str:
        return "action_status"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        context = TurnContext.of(tracker)
        served = await services.serve_outside(dispatcher, context)
        return await tell_status(dispatcher, context) if served is None else served
