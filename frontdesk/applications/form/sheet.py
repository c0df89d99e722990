"""The sheet a turn is written on: the draft as it becomes, the message, and what is said so far."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from frontdesk.applications import fields
from frontdesk.applications.form.states import (
    Change,
    DraftState,
    FormResult,
    Incoming,
    Outcome,
    Reply,
    Say,
    Sent,
    State,
)
from frontdesk.applications.parsing.result import Context
from frontdesk.applications.wording import ApplicationWording, Phrases


class Sheet:
    """One turn of the form, while it is worked out; `dialogue` fills it, `result` is what becomes of it.

    Args:
        draft: as kept; state "new" when there is none. Copied: the caller's is left as it was.
        message: what the applicant said.
        today: the applicant's day, against which dates are resolved.
        consent_text: asked before the first personal field.
        sent: the newest application of this conversation, if any.

    `working` is what the draft remembers besides its values: `pending` (a question about an answer: `kind`
    confirm, options, phone, year, result, change, again, cancel, restart), `order` (fields as they were
    answered), `misses` (failures a field), `chatted` (small talk instead of an answer), `heard` (words that
    were taken for an interruption), `held` and `hints` (said before consent; said in passing), `step` (last
    heading), `aside` (help was shown), `regions`, `deferred_phone`, `other_person`, `updates`, `consented`.
    """

    def __init__(
        self,
        draft: DraftState,
        message: Incoming,
        *,
        today: dt.date,
        wording: ApplicationWording,
        phrases: Phrases,
        consent_text: str,
        sent: Sent | None = None,
    ) -> None:
        self.today = today
        self.wording = wording
        self.phrases = phrases
        self.consent_text = consent_text
        self.sent = sent
        self.text = message.text.strip()
        self.understanding = message.understanding
        self.choice = message.choice
        self.state: State = draft.state
        self.asking = draft.asking
        self.values: dict[str, Any] = dict(draft.values)
        self.working: dict[str, Any] = {**draft.working}
        self.replies: list[Reply] = []
        self.changes: list[Change] = []
        self.consented = False
        self.restarted = False
        self.sending = False
        self.noted: list[str] = []
        self.changed: list[str] = []
        self.prefix: list[str] = []

    def say(self, text: str, act: dict[str, Any]) -> None:
        """Say it, after what was said before."""
        self.replies.append(Say(text, act))

    def with_prefix(self, text: str) -> str:
        """The text after the remarks that waited for a sentence to lead."""
        said = " ".join([*self.prefix, text]) if self.prefix else text
        self.prefix.clear()
        return said

    def say_prefix(self, act: dict[str, Any]) -> None:
        """Say the waiting remarks by themselves."""
        if self.prefix:
            text = " ".join(self.prefix)
            self.prefix.clear()
            self.say(text, act)

    def pending(self, kind: str) -> Mapping[str, Any] | None:
        """The question about an answer that waits, if it is of this kind."""
        pending = self.working.get("pending")
        return pending if isinstance(pending, dict) and pending.get("kind") == kind else None

    def consent_given(self) -> bool:
        """Whether the applicant agreed."""
        return bool(self.working.get("consented"))

    def context(self) -> Context:
        """What parsers may know."""
        hints = self.working.get("regions") or []
        return Context(today=self.today, values=self.values, regions=tuple(hints))

    def done(self) -> int:
        """How many of the questions are answered."""
        return sum(1 for one in fields.asked_of(self.values) if one.name in self.values)

    def held(self) -> bool:
        """Whether something was said before consent."""
        return bool(self.working.get("held"))

    def forget(self) -> None:
        """Drop all answers; the consent stands."""
        self.changes.clear()
        self.values = {}
        self.working = {"consented": True} if self.working.get("consented") else {}

    def outcome(self) -> Outcome:
        """What the dialogue has to know."""
        if self.sending:
            return "send"
        if self.state == "cancelled":
            return "cancelled"
        return "paused" if self.state == "paused" else "open"

    def result(self) -> FormResult:
        """What is said, and the draft from now on."""
        return FormResult(
            replies=self.replies,
            state=self.state,
            asking=self.asking,
            values=self.values,
            working=self.working,
            changes=self.changes,
            outcome=self.outcome(),
            consented=self.consented,
            restarted=self.restarted,
        )
