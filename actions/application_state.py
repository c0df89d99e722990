"""Where an application stands: this thread's own, or one that is proven by reference plus e-mail or phone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.context import TurnContext, record
from actions.replies import say
from frontdesk.applications import drafts, status
from frontdesk.knowledge.wording import wording


@dataclass(frozen=True)
class Standing:
    """What this thread has: a sent application's reference and state, or how far its draft is."""

    reference: str | None = None
    state: str | None = None
    paused: bool = False
    done: int | None = None
    total: int | None = None


def standing(context: TurnContext) -> Standing:
    """The thread's own application: an unsent draft first, then the newest one sent."""
    with record().transaction() as session:
        conversation_id = context.conversation(session)
        draft = drafts.unsent(session, conversation_id)
        if draft is not None:
            done, total = drafts.progress(draft)
            return Standing(paused=True, done=done, total=total)
        sent = status.newest_of(session, conversation_id)
        return Standing(reference=sent.reference, state=sent.state) if sent else Standing()


async def tell_status(dispatcher: CollectingDispatcher, context: TurnContext) -> list[EventType]:
    """Tell where the application stands, or what is needed to look it up."""
    claim = status.claim_in(context.text)
    if claim is not None:
        await _tell_proven(dispatcher, claim, context)
        return _DONE
    own = await asyncio.to_thread(standing, context)
    if own.reference:
        _found(dispatcher, own.reference, own.state or "received")
    elif own.paused:
        text = wording().at_desk("status_draft", done=own.done, total=own.total)
        say(dispatcher, text, {"act": "application", "event": "paused", "done": own.done, "total": own.total})
    else:
        say(dispatcher, wording().at_desk("status_ask"), {"act": "status", "reference": None, "state": None})
    return _DONE


_DONE: list[EventType] = [SlotSet("offered", []), SlotSet("misunderstood", 0)]


async def _tell_proven(dispatcher: CollectingDispatcher, claim: status.Claim, context: TurnContext) -> None:
    try:
        found = await asyncio.to_thread(_look_up, claim, context)
    except status.TooManyTries:
        say(
            dispatcher,
            wording().at_desk("status_too_many"),
            {"act": "status", "reference": None, "state": "too_many"},
        )
        return
    if found is None:
        say(
            dispatcher,
            wording().at_desk("status_not_found"),
            {"act": "status", "reference": None, "state": "not_found"},
        )
    else:
        _found(dispatcher, found.reference, found.state)


def _look_up(claim: status.Claim, context: TurnContext) -> status.Found | None:
    with record().transaction() as session:
        return status.look_up_counted(session, claim, context.conversation(session))


def _found(dispatcher: CollectingDispatcher, reference: str, state: str) -> None:
    text = wording().at_desk("status_found", reference=reference, state=state.replace("_", " "))
    say(dispatcher, text, {"act": "status", "reference": reference, "state": state})
