"""The application form's two actions, thin: the form's heart is `frontdesk.applications.form`, the draft
the truth.

A turn run again with the same message id answers the same and writes nothing (`ActionOutcome`).
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import datetime as dt
from dataclasses import asdict
from typing import Any, Protocol

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions import once, services
from actions.context import TurnContext, record
from actions.replies import say
from frontdesk.applications import afterwards, consent, drafts, resuming, status, submission
from frontdesk.applications.form import dialogue
from frontdesk.applications.form.sheet import Sheet
from frontdesk.applications.form.states import (
    DraftState,
    HandOver,
    Help,
    Incoming,
    Interruption,
    Reply,
    Say,
    Sent,
)
from frontdesk.applications.wording import application_wording, phrases
from frontdesk.knowledge.organization import organization

VALIDATE = "validate_application_form"
SEND = "action_send_application"


class Desk(Protocol):
    """Who answers what is no answer to the form; swapped in tests."""

    async def answer(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]: ...

    async def help_first(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]: ...

    async def hand_over(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, reason: str
    ) -> list[EventType]: ...

    async def delete_data(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]: ...


class ActionsDesk:
    """The desk of the other actions."""

    async def answer(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        from actions.answers import answer_understanding

        return answer_understanding(dispatcher, TurnContext.of(tracker))

    async def help_first(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        from actions.safety import show_help

        await show_help(dispatcher, TurnContext.of(tracker))
        return []

    async def hand_over(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, reason: str
    ) -> list[EventType]:
        from actions.handing_over import hand_over

        before = "complaint" if reason == "complaint" else None
        return await hand_over(dispatcher, TurnContext.of(tracker), reason, before=before)

    async def delete_data(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        from actions.privacy import ask_to_confirm

        return ask_to_confirm(dispatcher)


class ValidateApplicationForm(Action):
    """One turn of the form: reads the message against the draft, says what follows, keeps what changed."""

    def __init__(self, desk: Desk | None = None) -> None:
        self.desk: Desk = desk or ActionsDesk()

    def name(self) -> str:
        return VALIDATE

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        context = TurnContext.of(tracker)
        served = await services.serve(dispatcher, context)
        if served is not None:
            return [*served, *await asyncio.to_thread(_go_on, dispatcher, context)]
        understanding = (tracker.latest_message or {}).get("understanding") or {}
        outcome = await asyncio.to_thread(form_turn, context, understanding)
        events: list[EventType] = []
        for kept in outcome["replies"]:
            events += await self._give(dispatcher, tracker, _reply_of(kept))
        slots = outcome["slots"]
        return [*_last_of_each(events), *(SlotSet(name, value) for name, value in slots.items())]

    async def _give(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, reply: Reply
    ) -> list[EventType]:
        match reply:
            case Say(text=text, act=act):
                say(dispatcher, text, act)
                return []
            case Help():
                return await self.desk.help_first(dispatcher, tracker)
            case HandOver(reason=reason):
                return await self.desk.hand_over(dispatcher, tracker, reason)
            case Interruption(labels=("delete_my_data",)):
                return await self.desk.delete_data(dispatcher, tracker)
            case Interruption(labels=labels):
                asked = _as_labelled(tracker, labels) if labels else tracker
                return await self.desk.answer(dispatcher, asked)


class SendApplication(Action):
    """Sends the reviewed draft, once."""

    def name(self) -> str:
        return SEND

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        outcome = await asyncio.to_thread(send_turn, TurnContext.of(tracker))
        for kept in outcome["replies"]:
            reply = _reply_of(kept)
            if isinstance(reply, Say):
                say(dispatcher, reply.text, reply.act)
        return [SlotSet(name, value) for name, value in outcome["slots"].items()]


def form_turn(context: TurnContext, understanding: dict[str, Any]) -> dict[str, Any]:
    """Run the form on the record: {"replies": [...], "slots": {...}}, the same again for the same message."""
    with record().transaction() as session:
        conversation_id = context.conversation(session)
        drafts.lock(session, conversation_id)
        key = once.key_of(context, conversation_id)
        if (again := once.kept(session, key, VALIDATE)) is not None:
            return again
        draft = drafts.unsent(session, conversation_id)
        asked = consent.current()
        turn = _turn_of(session, conversation_id, drafts.state_of(draft), context, understanding, asked.text)
        result = dialogue.run(turn)
        drafts.apply(session, conversation_id, draft, result, message_id=key, consent_version=asked.version)
        if result.outcome == "paused":
            _offer_code(session, conversation_id, result.replies)
        slots = {
            "requested_slot": result.asking if result.outcome == "open" else None,
            "application_outcome": result.outcome,
        }
        outcome = {"replies": [_kept_form(reply) for reply in result.replies], "slots": slots}
        return once.keep(session, key, VALIDATE, outcome)


def send_turn(context: TurnContext) -> dict[str, Any]:
    """Send the conversation's draft on the record; the form of the result as in `form_turn`."""
    with record().transaction() as session:
        conversation_id = context.conversation(session)
        drafts.lock(session, conversation_id)
        key = once.key_of(context, conversation_id)
        if (again := once.kept(session, key, SEND)) is not None:
            return again
        wording = application_wording()
        draft = drafts.unsent(session, conversation_id)
        before = status.newest_of(session, conversation_id) if draft is None else None
        # The outcome stays "send": the rule that sends knows no other, and would answer "not understood".
        slots: dict[str, Any] = {"requested_slot": None}
        if draft is None:
            reply = (
                Say(
                    wording.text("sent_before", reference=before.reference),
                    {"act": "application", "event": "sent", "reference": before.reference},
                )
                if before
                else Say(wording.text("nothing_to_send"), {"act": "application", "event": "cancelled"})
            )
        else:
            try:
                done = submission.send(session, draft, wording=wording, today=today())
                reply = _sent(done, wording.text("updated" if done.updated else "sent", **_details(done)))
                papers = afterwards.follow(
                    session, done, draft_id=draft.id, wording=wording, organization=organization()
                )
                if papers is not None:
                    reply = Say(f"{reply.text} {papers[0]}", {**papers[1], **reply.act})
            except submission.NotComplete:
                # The form checks before it ends; if it still is not complete, the draft waits for its owner.
                drafts.pause(draft)
                reply = Say(
                    f"{wording.text('not_complete')} {wording.text('kept')}",
                    {"act": "application", "event": "paused"},
                )
        return once.keep(session, key, SEND, {"replies": [_kept_form(reply)], "slots": slots})


def _offer_code(session: Session, conversation_id: str, replies: list[Reply]) -> None:
    """A paused draft can be taken along: its code, said with the last word about the pause."""
    with contextlib.suppress(resuming.CodeFault):  # several were given lately; the last one is still good
        given = resuming.give(session, conversation_id, organization=organization())
        last = replies[-1] if replies else None
        if given is not None and isinstance(last, Say):
            replies[-1] = Say(f"{last.text} {given.text}", {**last.act, "code": given.by})


def _go_on(dispatcher: CollectingDispatcher, context: TurnContext) -> list[EventType]:
    """After something else was served in the form's turn: its question again, or no form if none is open."""
    with record().transaction() as session:
        asking = ask_again(dispatcher, session, context)
    return [
        SlotSet("requested_slot", asking),
        SlotSet("application_outcome", "paused" if asking is None else "open"),
    ]


def ask_again(dispatcher: CollectingDispatcher, session: Session, context: TurnContext) -> str | None:
    """Ask the waiting question of the conversation's open draft once more; the field asked, None without
    one.
    """
    conversation_id = context.conversation(session)
    draft = drafts.unsent(session, conversation_id)
    if draft is None or draft.state != "open":
        return None
    turn = _turn_of(session, conversation_id, drafts.state_of(draft), context, {}, consent.current().text)
    result = dialogue.ask_again(turn)
    drafts.apply(
        session, conversation_id, draft, result, message_id=None, consent_version=consent.current().version
    )
    for reply in result.replies:
        if isinstance(reply, Say):
            say(dispatcher, reply.text, reply.act)
    return result.asking


def today() -> dt.date:
    """The day at CHHA's desk: dates are planned there."""
    return dt.datetime.now(organization().hours.zone).date()


def _turn_of(
    session: Session,
    conversation_id: str,
    state: DraftState,
    context: TurnContext,
    understanding: dict[str, Any],
    consent_text: str,
) -> Sheet:
    sent = status.newest_of(session, conversation_id)
    return Sheet(
        state,
        Incoming(context.text, understanding, context.choice),
        today=today(),
        wording=application_wording(),
        phrases=phrases(),
        consent_text=consent_text,
        sent=Sent(sent.id, sent.reference, sent.values) if sent else None,
    )


def _sent(done: submission.Submitted, text: str) -> Say:
    act: dict[str, Any] = {
        "act": "application",
        "event": "changed" if done.updated else "sent",
        "reference": done.application.reference,
    }
    return Say(text, act)


def _details(done: submission.Submitted) -> dict[str, str]:
    return {"reference": done.application.reference, "email": done.application.email or ""}


_KINDS: dict[str, type[Say] | type[Interruption] | type[Help] | type[HandOver]] = {
    "say": Say,
    "interruption": Interruption,
    "help": Help,
    "hand_over": HandOver,
}


def _kept_form(reply: Reply) -> dict[str, Any]:
    reply_kind = next(name for name, made in _KINDS.items() if isinstance(reply, made))
    return {"reply": reply_kind, **asdict(reply)}


def _reply_of(kept: dict[str, Any]) -> Reply:
    given = {name: value for name, value in kept.items() if name != "reply"}
    if "labels" in given:
        given["labels"] = tuple(given["labels"])
    return _KINDS[kept["reply"]](**given)


def _as_labelled(tracker: Tracker, labels: tuple[str, ...]) -> Tracker:
    """The tracker as if these labels had been understood."""
    text = (tracker.latest_message or {}).get("text") or ""
    parts = [{"text": text, "label": label, "confidence": 1.0, "ranking": [[label, 1.0]]} for label in labels]
    understood = {"parts": parts, "more": [], "decision": "act", "safety": None, "language": "en"}
    asked = copy.copy(tracker)
    asked.latest_message = {**(tracker.latest_message or {}), "understanding": understood}
    return asked


def _last_of_each(events: list[EventType]) -> list[EventType]:
    """Events of the interruptions, the last one a slot; what was offered inside the form is not kept open."""
    slots = {event["name"]: event for event in events if event.get("event") == "slot"}
    others = [event for event in events if event.get("event") != "slot"]
    return [*others, *slots.values()]
