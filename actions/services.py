"""Services around the application, heard wherever they are asked for: resume codes, papers, reminders.

Stands before the other actions: inside the form it answers and the form asks again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions import once
from actions.context import TurnContext, record
from actions.replies import say
from frontdesk.applications import codes, documents, drafts, privacy, reminders, resuming, status, wishes
from frontdesk.applications.afterwards import papers_told
from frontdesk.knowledge.organization import organization
from frontdesk.knowledge.texts import texts

SERVICE = "services"
FORM = "application_form"

type Told = tuple[str, dict[str, Any]]
type Serving = Callable[[Session, TurnContext, str], list[Told] | None]


def brings_code(context: TurnContext) -> bool:
    """Whether the message holds a resume code: the form takes it, whatever else was understood."""
    return context.choice is None and codes.resume_code_in(context.text) is not None


async def serve_outside(dispatcher: CollectingDispatcher, context: TurnContext) -> list[EventType] | None:
    """As `serve`, for actions outside the form: a resume code opens the form, which takes it."""
    if brings_code(context):
        return [FollowupAction(FORM)]
    return await serve(dispatcher, context)


async def serve(dispatcher: CollectingDispatcher, context: TurnContext) -> list[EventType] | None:
    """Do what is wished and say so; None when the message wishes nothing of this room."""
    if context.choice is not None:
        return None
    told = await asyncio.to_thread(_served, context)
    if told is None:
        return None
    for text, act in told:
        say(dispatcher, text, act)
    return [SlotSet("offered", []), SlotSet("misunderstood", 0)]


def _served(context: TurnContext) -> list[Told] | None:
    serving = _wished(context)
    if serving is None:
        return None
    with record().transaction() as session:
        conversation_id = context.conversation(session)
        drafts.lock(session, conversation_id)
        key = once.key_of(context, conversation_id)
        if (again := once.kept(session, key, SERVICE)) is not None:
            return None if again["told"] is None else [(text, act) for text, act in again["told"]]
        told = serving(session, context, conversation_id)
        once.keep(session, key, SERVICE, {"told": None if told is None else [list(one) for one in told]})
        return told


def _wished(context: TurnContext) -> Serving | None:
    if codes.resume_code_in(context.text) is not None:
        return _redeem
    if codes.proof_code_in(context.text) is not None:
        return _prove
    wish = wishes.wish(context.text)
    return _WISHES[wish] if wish else None


def _redeem(session: Session, context: TurnContext, conversation_id: str) -> list[Told]:
    code = codes.resume_code_in(context.text)
    assert code is not None
    try:
        text = resuming.redeem(session, code, conversation_id)
    except resuming.CodeFault as fault:
        return [(str(fault), {"act": "application", "event": "saved", "code": "wrong"})]
    return [(text, {"act": "application", "event": "resumed"})]


def _prove(session: Session, context: TurnContext, conversation_id: str) -> list[Told] | None:
    code = codes.proof_code_in(context.text)
    assert code is not None
    return privacy.prove(session, conversation_id, code, organization=organization())


def _give_code(session: Session, context: TurnContext, conversation_id: str) -> list[Told]:
    try:
        given = resuming.give(session, conversation_id, organization=organization())
    except resuming.CodeFault as fault:
        return [(str(fault), {"act": "application", "event": "saved"})]
    if given is None:
        return [(texts("resuming").said("none"), {"act": "smalltalk", "kind": "capabilities"})]
    return [(given.text, {"act": "application", "event": "saved", "code": given.by})]


def _papers(session: Session, context: TurnContext, conversation_id: str) -> list[Told] | None:
    known = organization()
    sent = status.newest_of(session, conversation_id)
    draft = drafts.unsent(session, conversation_id)
    if not known.documents or (sent is None and (draft is None or not draft.values)):
        return None  # the topic tells what is needed
    papers = documents.checklist(session, conversation_id, known)
    return [papers_told(sent.reference if sent else None, conversation_id, papers)]


def _stop_reminders(session: Session, context: TurnContext, conversation_id: str) -> list[Told]:
    stopped = reminders.stop(session, conversation_id)
    text = texts("documents").said("reminders_stopped" if stopped else "reminders_none")
    return [(text, {"act": "application", "event": "saved", "reminders": "stopped"})]


_WISHES: dict[str, Serving] = {
    "resume_code": _give_code,
    "documents": _papers,
    "stop_reminders": _stop_reminders,
}
