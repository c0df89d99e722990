"""Answering: topics, small talk, limits, doubt, and what was not understood.

One mechanism for every topic: the label leads to `knowledge/`. What is said stands there, not here.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import services
from actions.application_state import standing, tell_status
from actions.context import Part, TurnContext, Understanding
from actions.replies import say, topic_options
from frontdesk.applications import commands, status
from frontdesk.applications.opening import wants_to_apply
from frontdesk.applications.parsing import speech
from frontdesk.applications.wording import application_wording, phrases
from frontdesk.conversations import sensitive
from frontdesk.knowledge.organization import organization
from frontdesk.knowledge.texts import texts
from frontdesk.knowledge.topics import topics
from frontdesk.knowledge.wording import one_line, wording

FORM = "application_form"
_OF_AN_APPLICATION = re.compile(r"\b(?:status|reference|ref|application|applied)\b", re.IGNORECASE)
OTHER_READINGS = 3
# Words of a message that comes back to a paused form; a longer one tells something else.
LONGEST_RETURN = 8
MEANINGS_TOPIC = "intern_meanings"
MEANINGS = ["what_is_internship", "intern_year_pgy1", "home_country_internship"]
LENGTHS_TOPIC = "residency_length"
ASKS_ON_WORDS = 6

COMMAND_LABELS = {
    "apply": "Start an application",
    "resume": "Go on with my application",
    "human": "Talk to a person",
    "complaint": "Make a complaint",
    "status": "Ask about my application",
    "delete_my_data": "Delete my data",
    "show_my_data": "See what you keep about me",
    "help": "See what you can do",
}


def option(label: str) -> dict[str, Any] | None:
    """A label of the classifier as an option in human words, None where no person would choose it."""
    group, _, name = label.partition("/")
    if group == "faq":
        found = topic_options([name])
        return found[0] if found else None
    if label in COMMAND_LABELS:
        return {"choice": label, "intent": label, "label": COMMAND_LABELS[label]}
    return None


def answer_understanding(dispatcher: CollectingDispatcher, context: TurnContext) -> list[EventType]:
    """Answer what was understood of the message: every question in it, in order, or the doubt about it.

    Returns the events that remember what was talked about.
    """
    understanding = context.understanding
    if _in_another_language(understanding):
        say(
            dispatcher,
            wording().language[understanding.language],
            {"act": "decline", "reason": "language", "language": understanding.language},
        )
        return [SlotSet("offered", [_PERSON]), SlotSet("misunderstood", 0)]
    if understanding.decision == "clarify":
        return _clarify(dispatcher, context)
    if understanding.decision == "fallback":
        return _not_understood(dispatcher, context)
    if understanding.decision == "lean":
        return _answer_and_offer(dispatcher, context)
    return _answer_parts(dispatcher, context)


COURTESY = {"chitchat/greet", "chitchat/goodbye", "chitchat/thanks"}
MIXED_WITH_ENGLISH = {"hi", "ur"}


def _in_another_language(understanding: Understanding) -> bool:
    """Whether to answer with the sentence of that language.

    Thanks and greetings are understood in many; and who mixes Hindi or Urdu in Latin letters with English, as
    in many clinics, reads an English answer, or a choice of answers, when a topic was recognised.
    """
    if understanding.language not in wording().language:
        return False
    first = understanding.parts[0]
    if first.label in COURTESY:
        return understanding.decision != "act"
    mixed = understanding.language in MIXED_WITH_ENGLISH and first.text.isascii()
    return not (mixed and first.group == "faq" and understanding.decision in ("act", "lean", "clarify"))


def _answer_parts(dispatcher: CollectingDispatcher, context: TurnContext) -> list[EventType]:
    parts = _worth_answering(context.understanding.parts)
    memory: dict[str, Any] = {"offered": [], "misunderstood": 0, "last_topic": context.last_topic}
    answered: set[str] = set()
    for part in parts:
        if part.label in answered:
            continue
        answered.add(part.label)
        if part.group == "faq" and part.name in topics():
            memory |= _answer_topic(dispatcher, context, part)
        elif part.group == "chitchat":
            memory |= _small_talk(dispatcher, context, part.name)
        elif part.group == "decline":
            _decline(dispatcher, part.name)
        elif (offer := option(part.label)) is not None:
            # A command beside a question ("… and how do I apply?"): offered, never done by itself.
            memory["offered"] = [*memory["offered"], offer]
            say(dispatcher, f"You can also: {offer['label']}.", {"act": "clarify", "options": _two([offer])})
        else:
            return _not_understood(dispatcher, context)
    left = [found for label in context.understanding.more if (found := option(label))][:4]
    if left:
        memory["offered"] = left
        say(dispatcher, "You asked more. Which one next?", {"act": "clarify", "options": _two(left)})
    return [SlotSet(name, value) for name, value in memory.items()]


def say_topic(dispatcher: CollectingDispatcher, context: TurnContext, topic: str) -> list[EventType]:
    """Answer one topic that was chosen."""
    part = Part(text=context.text, label=f"faq/{topic}", confidence=1.0)
    memory = {"misunderstood": 0} | _answer_topic(dispatcher, context, part)
    return [SlotSet(name, value) for name, value in memory.items()]


def capabilities(dispatcher: CollectingDispatcher, context: TurnContext) -> list[EventType]:
    """Say what the assistant can do."""
    memory = {"misunderstood": 0} | _small_talk(dispatcher, context, "capabilities")
    return [SlotSet(name, value) for name, value in memory.items()]


def _worth_answering(parts: list[Part]) -> list[Part]:
    """The parts that ask something; a greeting or thanks around a question is only politeness."""
    asking = [part for part in parts if part.group != "chitchat"]
    return asking or parts[:1]


def _answer_topic(
    dispatcher: CollectingDispatcher, context: TurnContext, part: Part, *, leaning: bool = False
) -> dict[str, Any]:
    subject = None
    if part.name == LENGTHS_TOPIC:
        # "And how long is it?" asks about the specialty that was talked about last.
        asks_on = len(part.text.split()) <= ASKS_ON_WORDS
        subject = context.specialty or (context.last_subject if asks_on else None)
    found = topics().answer(part.name, organization(), subject=subject)
    # One row of choices a reply: where other readings are offered, they stand in its place.
    say(dispatcher, found.text, {**found.act, "next": []} if leaning else found.act)
    memory: dict[str, Any] = {"last_topic": part.name, "last_subject": subject or context.specialty}
    if part.name == MEANINGS_TOPIC:
        options = topic_options(MEANINGS)
        memory["offered"] = options
        say(dispatcher, "Which one do you mean?", {"act": "clarify", "options": options})
    else:
        memory["offered"] = found.act["next"]
    return memory


def _small_talk(dispatcher: CollectingDispatcher, context: TurnContext, kind: str) -> dict[str, Any]:
    known = wording()
    if kind not in known.smalltalk:
        kind = "capabilities"
    count = context.said.get(kind, 0)
    options = topic_options(known.smalltalk[kind].next)
    act: dict[str, Any] = {"act": "smalltalk", "kind": kind}
    if options:
        act["next"] = options
    say(dispatcher, known.said(kind, count), act)
    return {"said": context.said | {kind: count + 1}, "offered": options}


def _decline(dispatcher: CollectingDispatcher, subject: str) -> None:
    known = wording()
    limit = known.limits.get(subject) or known.limits["off_topic"]
    act: dict[str, Any] = {"act": "decline", "reason": limit.reason, "subject": subject}
    if limit.sources:
        act["sources"] = [source.model_dump() for source in limit.sources]
    say(dispatcher, one_line(limit.text), act)


_PERSON = {"choice": "human", "intent": "human", "label": COMMAND_LABELS["human"], "affirm": True}
_CAPABILITIES = {"choice": "capabilities", "intent": "help", "label": COMMAND_LABELS["help"]}


def _two(options: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two to four options: a lone one gets the way to a person beside it."""
    shown = options[:4]
    return shown if len(shown) > 1 else [*shown, _PERSON]


def _clarify(dispatcher: CollectingDispatcher, context: TurnContext) -> list[EventType]:
    first = context.understanding.parts[0]
    labels = [label for label, _ in first.ranking] or [first.label]
    options = [found for label in dict.fromkeys(labels) if (found := option(label))][:3]
    if not options:
        return _not_understood(dispatcher, context)
    options = [*options, _PERSON] if len(options) == 1 else options
    say(dispatcher, "I want to be sure: which one do you mean?", {"act": "clarify", "options": options})
    return [SlotSet("offered", options), SlotSet("misunderstood", 0)]


def _answer_and_offer(dispatcher: CollectingDispatcher, context: TurnContext) -> list[EventType]:
    """Answer the likeliest topic, and offer what else may have been meant instead of the next questions."""
    part = context.understanding.parts[0]
    others = [found for label, _ in part.ranking[1:] if label != part.label and (found := option(label))]
    if part.name not in topics() or part.name == MEANINGS_TOPIC or not others:
        return _answer_parts(dispatcher, context)
    memory = {"misunderstood": 0} | _answer_topic(dispatcher, context, part, leaning=True)
    options = _two(others[:OTHER_READINGS])
    say(dispatcher, "Did you mean something else? Choose:", {"act": "clarify", "options": options})
    memory["offered"] = options
    return [SlotSet(name, value) for name, value in memory.items()]


def _not_understood(dispatcher: CollectingDispatcher, context: TurnContext) -> list[EventType]:
    tries = context.misunderstood + 1
    fallback = wording().fallback
    options = [_PERSON, _CAPABILITIES]
    act: dict[str, Any] = {"act": "fallback", "tries": tries}
    if tries > 1:
        act["options"] = options
    say(dispatcher, one_line(fallback.first if tries == 1 else fallback.second), act)
    return [SlotSet("misunderstood", tries), SlotSet("offered", options if tries > 1 else [])]


def warn_of_numbers(dispatcher: CollectingDispatcher, context: TurnContext) -> bool:
    """Tell who typed a passport, card or such number that it is not kept. Whether that was all."""
    kinds = sensitive.kinds_hidden(context.text) or sensitive.hidden(context.text)[1]
    if not kinds:
        return False
    known = application_wording()
    names = known.texts_of("sensitive_kinds")
    what = " or ".join(dict.fromkeys(names.get(kind, kind) for kind in kinds))
    told = texts("privacy").said("hidden", what=what)
    say(dispatcher, told, {"act": "privacy", "event": "explained", "kept": False})
    return "?" not in context.text


async def _goes_on(context: TurnContext) -> bool:
    """Whether somebody with a paused form asks for it among other words ("hi again, let's continue")."""
    if speech.is_question(context.text) or len(context.text.split()) > LONGEST_RETURN:
        return False
    if not commands.wants_to_go_on(context.text, {}, phrases()):
        return False
    return (await asyncio.to_thread(standing, context)).paused


def _asks_for_status(context: TurnContext) -> bool:
    """Whether a message that was taken for a topic names an application and brings its proof.

    Then it is looked up, however it is put. What asks for deletion, a copy or a person is understood as that
    and has actions of its own, which never come by here.
    """
    return (
        context.choice is None
        and _OF_AN_APPLICATION.search(context.text) is not None
        and status.claim_in(context.text) is not None
    )


class _Answering:
    # Not an Action itself: rasa-sdk registers every subclass of Action and wants a name of each.
    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        context = TurnContext.of(tracker)
        served = await services.serve_outside(dispatcher, context)
        if served is not None:
            return served
        if _asks_for_status(context):
            return await tell_status(dispatcher, context)
        if warn_of_numbers(dispatcher, context):
            return [SlotSet("offered", []), SlotSet("misunderstood", 0)]
        # Who opens with a story ("I am a mother, my daughter …, please take our details") wants the form,
        # whatever topic the story sounds like.
        if not tracker.active_loop_name and (wants_to_apply(context.text) or await _goes_on(context)):
            return [FollowupAction(FORM)]
        return answer_understanding(dispatcher, context)


class ActionAnswer(_Answering, Action):
    """Answers a topic from `knowledge/`."""

    def name(self) -> str:
        return "action_answer"


class ActionSmalltalk(_Answering, Action):
    """Greets, thanks, says what it is and what it can do."""

    def name(self) -> str:
        return "action_smalltalk"


class ActionDecline(_Answering, Action):
    """Says what it does not do, and what it can do instead."""

    def name(self) -> str:
        return "action_decline"


class ActionFallback(_Answering, Action):
    """Asks again, and shows a way out the second time."""

    def name(self) -> str:
        return "action_fallback"
