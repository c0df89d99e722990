"""The heart of the application: one message in, what is said and what changes out. Pure.

Nothing is read or written here but the arguments: the record is `drafts.py`'s concern, how a marker is
answered the actions'. What is said stands in `knowledge/application.yml`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from frontdesk.applications import commands, corrections, extraction, fields
from frontdesk.applications.fields import BY_NAME, CONSENT, RECORD, REVIEW
from frontdesk.applications.parsing import (
    countries,
    names,
    phones,
    places,
    schools,
    specialties,
    speech,
    years,
    yes_no,
)
from frontdesk.applications.parsing.month_names import month_numbers
from frontdesk.applications.parsing.result import Certain, Confirm, Context, Parsed, Unclear, Value
from frontdesk.applications.wording import ApplicationWording, Phrases
from frontdesk.conversations import sensitive
from frontdesk.knowledge.vocabulary import key_of

type State = Literal["new", "open", "paused", "cancelled", "sent"]
type Outcome = Literal["open", "paused", "cancelled", "send"]

SAFETY_KINDS = ("crisis", "emergency", "harassment")
# A classifier this sure of a question outweighs a reading of free text that only looks possible.
SURE_QUESTION = 0.9


@dataclass(frozen=True)
class DraftState:
    """A draft as the form sees it: the columns of the record of the same names."""

    state: State = "new"
    asking: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    working: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Incoming:
    """The applicant's message, as understood (contract of the NLU payload), with the server-kept choice if
    any.
    """

    text: str
    understanding: Mapping[str, Any] = field(default_factory=dict)
    choice: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Sent:
    """An application this conversation sent before."""

    id: str
    reference: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Say:
    """A reply: text and its dialogue act."""

    text: str
    act: dict[str, Any]


@dataclass(frozen=True)
class Interruption:
    """The message asks something besides the form: the actions answer it at this place among the replies.

    `labels`: answer these labels instead of what was understood.
    """

    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Help:
    """Help first: the actions show the help of this kind."""

    kind: str


@dataclass(frozen=True)
class HandOver:
    """A person is asked in: `reason` asked or complaint."""

    reason: str


type Reply = Say | Interruption | Help | HandOver


@dataclass(frozen=True)
class Change:
    """A field that got another value."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class FormResult:
    """What is said, and what the draft is from now on.

    `outcome` tells the dialogue: open (the form waits for `asking`), paused, cancelled, send. `consented`:
    this turn brought the consent. `restarted`: everything known before is to be forgotten.
    """

    replies: list[Reply]
    state: State
    asking: str | None
    values: dict[str, Any]
    working: dict[str, Any]
    changes: list[Change]
    outcome: Outcome
    consented: bool = False
    restarted: bool = False


class FormTurn:
    """One turn of the form.

    Args:
        draft: as kept; state "new" when there is none.
        message: what the applicant said.
        today: the applicant's day, against which dates are resolved.
        consent_text: asked before the first personal field.
        sent: the newest application of this conversation, if any.
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
        self.was = draft.state
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

    # ---------------------------------------------------------------- the turn

    def run(self) -> FormResult:
        """Interpret the message and say what follows."""
        if self.state in {"new", "cancelled", "sent"}:
            self._begin()
        elif self.state == "paused":
            self._return()
        else:
            self._turn()
        return FormResult(
            replies=self.replies,
            state=self.state,
            asking=self.asking,
            values=self.values,
            working=self.working,
            changes=self.changes,
            outcome=self._outcome(),
            consented=self.consented,
            restarted=self.restarted,
        )

    def ask_again(self) -> FormResult:
        """Only the question that waits, for when a person gives the thread back: nothing is interpreted."""
        self._repeat()
        return FormResult(
            self.replies, self.state, self.asking, self.values, self.working, self.changes, self._outcome()
        )

    def _outcome(self) -> Outcome:
        if self.sending:
            return "send"
        if self.state == "cancelled":
            return "cancelled"
        return "paused" if self.state == "paused" else "open"

    def _begin(self) -> None:
        """The form is opened: what the opening says for certain is held until consent is given."""
        before = self.state
        self.state, self.values, self.working, self.asking = "open", {}, {}, CONSENT
        if self._safety():
            return
        if before == "new" and commands.said(self.text, self.phrases, fuzzy=False) == "resume":
            self.prefix.append(self.wording.text("nothing_to_resume"))
        if self.sent is not None:
            self.working["pending"] = {"kind": "again"}
            self._ask_again_or_new()
            return
        self._hold(self.text)
        started = self.wording.text("started")
        if self._held():
            started = f"{started} {self.wording.text('started_held')}"
        self._say(self._with_prefix(started), {"act": "application", "event": "started"})
        self._about_people()
        self._sensitive()
        self._ask(CONSENT)

    def _return(self) -> None:
        """A paused form is opened again."""
        self.state = "open"
        self.asking = self._due(self.asking)
        if self._safety():
            return
        if not self.working.pop("aside", None):
            self.working.pop("pending", None) if self._pending("cancel") else None
        self._say(self.wording.text("resumed"), {"act": "application", "event": "resumed"})
        self._sensitive()
        if self.asking != CONSENT and not commands.said(self.text, self.phrases, fuzzy=True):
            self._extras(self.text, asked=None)
            self._show_taken()
        self.working.pop("step", None)
        self._repeat()

    def _turn(self) -> None:
        if self._safety():
            return
        if self.working.get("aside"):
            self._set_aside()
            return
        if self.choice and self._chosen():
            return
        if self._private():
            return
        deciding = self._pending("again") or self._pending("cancel") or self._pending("restart")
        if deciding and self._decided():
            return
        self._message()

    def _message(self) -> None:
        """The message as command, correction, answer, statement, question – in this order of certainty."""
        command = self._command()
        corrected = self._corrections()
        correction = corrected[0] if corrected else None
        if correction is not None and correction.sure and command in {None, "back", "change_answer"}:
            self._correct(correction, corrected[1:])
            return
        parsed, rest = self._answer()
        if command and not self._outweighs(parsed, command):
            self._obey(command)
            return
        if self._settle_pending(parsed):
            return
        if correction is not None and self._is_statement(correction, parsed):
            self._correct(correction, corrected[1:])
            return
        if isinstance(parsed, Certain):
            self._accept(parsed.value, rest)
            return
        if isinstance(parsed, Confirm):
            self._confirm(parsed)
            return
        if self._labelled():
            return
        if self._others():
            return
        if self._asks_something():
            self._interrupt()
            return
        if isinstance(parsed, Unclear) and not self._is_small_talk():
            self._unclear(parsed)
            return
        if self.asking == REVIEW and self.phrases.corrections.find(self.text) and not self._is_talk():
            self._change_which()
            return
        if self._is_talk() or self.understanding.get("language", "en") != "en":
            self._interrupt()
            return
        self._missed()

    # ---------------------------------------------------------------- safety, private data

    def _safety(self) -> bool:
        """Help first; the form waits until the person wants it back. Nothing of the message is kept."""
        found = self.understanding.get("safety") or {}
        kind = found.get("kind")
        by_classifier = found.get("by") in {None, "classifier"}
        if kind is None:
            parts = self.understanding.get("parts") or []
            label = str(parts[0].get("label", "")) if parts else ""
            sure = self.understanding.get("decision") == "act" and label.startswith("safety/")
            kind = label.removeprefix("safety/") if sure else None
        if kind not in SAFETY_KINDS:
            return False
        # Emergency medicine is a specialty, even in the words of the safety list.
        by_specialty = self.asking == "specialties" and kind == "emergency"
        if (by_classifier or by_specialty) and self._is_plainly_the_answer():
            return False
        self.working["aside"] = kind
        self.replies.append(Help(str(kind)))
        return True

    def _is_plainly_the_answer(self) -> bool:
        """A name, an address, a number that a classifier took for an alarm.

        Only short messages without any alarming word, read for certain by the field that was asked; a phrase
        of the safety list always counts, whatever was asked.
        """
        if self.state != "open" or self.asking not in RECORD or self.working.get("aside"):
            return False
        said = specialties.without(self.text) if self.asking == "specialties" else self.text
        if self.asking == "full_name":
            # "Myself Sushil Thapa" introduces a name in South Asian English.
            said = re.sub(r"^\W*myself\b", " ", said, flags=re.IGNORECASE)
        if speech.is_alarming(said) or speech.is_question(self.text) or len(key_of(self.text)) > 9:
            return False
        parsed = BY_NAME[self.asking].parse(self.text, self._context())
        if not isinstance(parsed, Certain | Confirm):
            return False
        return self._evident(parsed) if BY_NAME[self.asking].free else True

    def _set_aside(self) -> None:
        """After help was shown: only the wish to go on opens the form again."""
        if (
            commands.wants_to_go_on(self.text, self.understanding, self.phrases)
            or (self.choice or {}).get("intent") == "resume"
        ):
            self.working.pop("aside")
            self.working.pop("step", None)
            self.prefix.append(self.wording.text("go_on"))
            self._repeat()
            return
        command = commands.said(self.text, self.phrases, fuzzy=False) or commands.labelled(self.understanding)
        if command in {"human", "complaint"}:
            self.replies.append(HandOver("asked" if command == "human" else "complaint"))
        elif command in {"stop", "cancel"}:
            self.working.pop("aside")
            self._pause()
        elif self._asks_something() or self._is_talk():
            self.replies.append(Interruption())
        else:
            self._say(self.wording.text("aside"), {"act": "application", "event": "paused"})

    def _private(self) -> bool:
        """Private numbers typed: they are left out and the applicant is told; the question stays."""
        found = self._sensitive()
        if not found:
            return False
        clean = sensitive.mask(self.text, " ")
        asked = BY_NAME.get(self.asking or "")
        # Around a number that must not be kept, free text is only its wrapping ("my passport number is").
        if asked and not asked.free and self.asking not in {CONSENT, REVIEW}:
            parsed = asked.parse(speech.statements(clean), self._context())
            if isinstance(parsed, Certain) and len(key_of(clean)) <= 8:
                self._accept(parsed.value, "")
                return True
        self._repeat()
        return True

    def _sensitive(self) -> bool:
        found = [one for one in sensitive.find(self.text) if not self._is_own_number(one)]
        if not found:
            return False
        kinds = self.wording.texts_of("sensitive_kinds")
        what = " or ".join(dict.fromkeys(kinds.get(one.kind, one.kind) for one in found))
        self._say(
            self.wording.text("sensitive", what=what), {"act": "privacy", "event": "explained", "kept": False}
        )
        return True

    def _is_own_number(self, found: sensitive.Sensitive) -> bool:
        """A phone number that happens to look like something else while the phone is asked."""
        if self.asking != "phone" or found.kind != "card":
            return False
        return isinstance(phones.parse(self.text, self._context()), Certain)

    # ---------------------------------------------------------------- choices and decisions

    def _chosen(self) -> bool:
        """A pressed button."""
        choice = self.choice or {}
        if "intent" in choice:
            return self._obey_label(str(choice["intent"]))
        if "topic" in choice:
            self.replies.append(Interruption((f"faq/{choice['topic']}",)))
            self._repeat()
            return True
        name, value = str(choice.get("field")), choice.get("value")
        if name in {"again", "cancel", "restart"}:
            self.text = str(value)
            return bool(self._pending(name)) and self._decided()
        pending = self.working.get("pending") or {}
        if (
            name == self.asking
            and pending.get("field") == name
            and pending.get("kind") == "confirm"
            and value in {"yes", "no"}
        ):
            self.text = str(value)
            return False
        if name == CONSENT == self.asking and value in {"yes", "no"}:
            self._consent(value == "yes")
            return True
        if name == REVIEW == self.asking and value == "yes":
            self._send()
            return True
        parsed = fields.as_choice(name, value)
        if name in RECORD and isinstance(parsed, Certain) and self._consent_given():
            if name == self.asking:
                self._accept(parsed.value, "")
            else:
                self._correct(corrections.Correction(name, parsed, sure=True))
            return True
        return False

    def _obey_label(self, label: str) -> bool:
        command = {"affirm": "resume", **commands.LABELS}.get(label)
        if command is None:
            self.replies.append(Interruption((label,)))
            self._repeat()
            return True
        self._obey(command)
        return True

    def _pending(self, kind: str) -> Mapping[str, Any] | None:
        pending = self.working.get("pending")
        return pending if isinstance(pending, dict) and pending.get("kind") == kind else None

    def _decided(self) -> bool:
        """A yes or no to: delete? begin again? change the sent application or a new one?"""
        kind = str(self.working["pending"]["kind"])
        line = speech.folded(self.text)
        command = commands.said(self.text, self.phrases, fuzzy=True)
        said = yes_no.plain(self.text) or (yes_no.leading(self.text) if len(key_of(self.text)) <= 6 else None)
        if kind == "again":
            return self._decided_again(line)
        if (
            command == "keep"
            or (command == "resume" and said != "yes")
            or (command == "resume" and "continue" in line)
        ):
            self.working.pop("pending")
            self.prefix.append(self.wording.text("not_cancelled" if kind == "cancel" else "not_restarted"))
            self._repeat()
            return True
        if (
            kind == "cancel"
            and (said == "yes" or command == "cancel" or re.search(r"\bdelete\b", line))
            and said != "no"
        ):
            self._cancel()
            return True
        if kind == "cancel" and (said == "no" or command == "stop"):
            self.working.pop("pending")
            self.state = "paused"
            self._say(self.wording.text("kept"), {"act": "application", "event": "paused"})
            return True
        if kind == "restart" and (said == "yes" or command == "restart") and said != "no":
            self._restart()
            return True
        if kind == "restart" and said == "no":
            self.working.pop("pending")
            self.prefix.append(self.wording.text("not_restarted"))
            self._repeat()
            return True
        # Anything else is no decision: nothing is deleted, the message counts as usual.
        self.working.pop("pending")
        return False

    def _decided_again(self, line: str) -> bool:
        assert self.sent is not None or self.working["pending"].get("id")
        update = re.search(
            r"\b(?:update|change|edit|correct|same|old|existing|that one|first|modify|fix)\b", line
        )
        new = re.search(r"\b(?:new|another|second|fresh|other|different|send a new)\b", line)
        if bool(update) == bool(new):
            command = commands.said(self.text, self.phrases, fuzzy=True)
            if command in {"stop", "cancel"} or yes_no.plain(self.text) == "no":
                self.working = {}
                self.state = "cancelled"
                self.asking = None
                self._say(self.wording.text("consent_refused"), {"act": "application", "event": "cancelled"})
                return True
            if self._asks_something():
                self._interrupt()
                return True
            self.prefix.append(self.wording.text("again_invalid"))
            self._ask_again_or_new()
            return True
        self.working.pop("pending")
        if update and self.sent is not None:
            self.values = {name: self.sent.values.get(name) for name in RECORD if name in self.sent.values}
            # The consent given when it was sent stands for the same application.
            self.working.update(updates=self.sent.id, consented=True)
            self.asking = REVIEW
            self._say(self.wording.text("update_started"), {"act": "application", "event": "resumed"})
            self._ask(REVIEW)
            return True
        self._say(self.wording.text("started"), {"act": "application", "event": "started"})
        self._ask(CONSENT)
        return True

    def _ask_again_or_new(self) -> None:
        assert self.sent is not None
        options = [
            {"field": "again", "value": value, "label": label}
            for value, label in self.wording.texts_of("again_choices").items()
        ]
        text = self.wording.text("again_ask", reference=self.sent.reference)
        self._say(
            self._with_prefix(text), {"act": "clarify", "options": options, "reference": self.sent.reference}
        )

    # ---------------------------------------------------------------- commands

    def _command(self) -> str | None:
        asked = BY_NAME.get(self.asking or "")
        return commands.said(self.text, self.phrases, fuzzy=not (asked and asked.free))

    def _outweighs(self, parsed: Parsed, command: str) -> bool:
        """Whether the message, worded like a command, is nevertheless the answer ("pass" for an exam)."""
        asked = BY_NAME.get(self.asking or "")
        if asked is None or parsed is None or isinstance(parsed, Unclear):
            return False
        if self.asking in {CONSENT, REVIEW}:
            return command in {"resume", "skip", "stop", "cancel"} and yes_no.plain(self.text) is not None
        if asked.free:
            return command in {"human", "stop", "skip", "back"} and self._evident(parsed)
        if command == "skip" and self.asking in {"usmle_step1", "usmle_step2ck"}:
            return key_of(self.text) == ("pass",) or not {"pass", "skip"} & set(key_of(self.text))
        if command in {"skip", "stop"}:
            unsure = isinstance(parsed, Certain) and parsed.value == "unsure"
            return len(key_of(self.text)) <= (7 if unsure else 4) and "skip" not in key_of(self.text)
        return False

    def _evident(self, parsed: Parsed) -> bool:
        """Whether free text shows by itself that it is an answer: a school's word, a known place."""
        if not isinstance(parsed, Certain):
            return False
        value = str(parsed.value)
        if self.asking == "full_name":
            return names.is_plainly_a_name(self.text)
        if self.asking == "medical_school":
            return schools.is_school(value)
        if self.asking == "preferred_location":
            return value == places.ANY or bool(places.mentioned(value))
        return False

    def _labelled(self) -> bool:
        """A command by the classifier's label, where the message is no answer."""
        command = commands.labelled(self.understanding)
        if command is None:
            return False
        self._obey(command)
        return True

    def _obey(self, command: str) -> None:
        match command:
            case "stop":
                self._pause()
            case "cancel":
                self._offer_cancel()
            case "keep":
                self.prefix.append(self.wording.text("not_cancelled"))
                self._repeat()
            case "restart":
                self._offer_restart()
            case "back":
                self._back()
            case "skip":
                self._skip()
            case "help":
                self._help()
            case "explain_why":
                self._explain()
            case "resume":
                self.prefix.append(self.wording.text("go_on"))
                self._repeat()
            case "human" | "complaint":
                self.replies.append(HandOver("asked" if command == "human" else "complaint"))
            case "status" | "show_my_data":
                self._progress()
            case "change_answer":
                self._change_which()
            case "delete_my_data":
                self.working.pop("pending", None)
                self.state = "paused"
                self.replies.append(Interruption(("delete_my_data",)))
            case _:
                self._repeat()

    def _pause(self) -> None:
        self.state = "paused"
        done = self._done()
        text = (
            self.wording.text("paused", done=done, total=len(fields.asked_of(self.values)))
            if done
            else self.wording.text("paused_empty")
        )
        self._say(text, {"act": "application", "event": "paused"})

    def _offer_cancel(self) -> None:
        """Stopped at once, deleted only after a clear yes."""
        if not self._consent_given() or not self._done():
            self._pause()
            return
        self._say(
            self.wording.text("paused", done=self._done(), total=len(fields.asked_of(self.values))),
            {"act": "application", "event": "paused"},
        )
        text = self.wording.text("cancel_ask")
        self.working["pending"] = {"kind": "cancel"}
        options = [
            {"field": "cancel", "value": "yes", "label": "Delete"},
            {"field": "cancel", "value": "no", "label": "Keep for later"},
            {"field": "cancel", "value": "continue", "label": "Continue"},
        ]
        self._say(text, {"act": "clarify", "options": options})

    def _cancel(self) -> None:
        self._forget()
        self.state = "cancelled"
        self.asking = None
        self._say(self.wording.text("cancelled"), {"act": "application", "event": "cancelled"})

    def _offer_restart(self) -> None:
        if not self._done():
            self._repeat()
            return
        self.working["pending"] = {"kind": "restart"}
        options = [
            {"field": "restart", "value": "yes", "label": "Begin again"},
            {"field": "restart", "value": "no", "label": "Keep my answers"},
        ]
        self._say(self.wording.text("restart_ask"), {"act": "clarify", "options": options})

    def _restart(self) -> None:
        updates = self.working.get("updates")
        self._forget()
        if updates:
            self.working["updates"] = updates
        self.restarted = True
        self._say(self.wording.text("restarted"), {"act": "application", "event": "cancelled"})
        # The consent stands: it was given for this application and nothing about it has changed.
        self._ask(fields.missing(self.values)[0])

    def _forget(self) -> None:
        for name in list(self.values):
            self.changes.append(Change(name, None, None))
        self.changes.clear()
        self.values = {}
        self.working = {"consented": True} if self.working.get("consented") else {}

    def _back(self) -> None:
        order = [
            name for name in self.working.get("order", []) if name in self.values and name != self.asking
        ]
        if self.asking in {CONSENT, None} or not order:
            self.prefix.append(self.wording.text("back_at_first"))
            self._repeat()
            return
        positions = {name: at for at, name in enumerate(RECORD)}
        current = positions.get(self.asking or "", len(RECORD))
        earlier = [name for name in order if positions[name] < current]
        target = max(earlier, key=lambda name: positions[name]) if earlier else order[-1]
        self.working.pop("pending", None)
        self.prefix.append(self.wording.text("back"))
        self._ask(target, known=True)

    def _skip(self) -> None:
        name = self.asking
        if name in self.values and name in RECORD:
            # A question asked again by "back" or "change": skipping it keeps what was said.
            self.working.pop("pending", None)
            self.prefix.append(self._unchanged([name]))
            self._next()
            return
        if name not in RECORD or not self.wording.fields[name].optional:
            self.prefix.append(self.wording.text("skip_not_possible"))
            self._repeat()
            return
        self.working.pop("pending", None)
        self.working.pop("deferred_phone", None) if name == "phone" else None
        self._set(name, None)
        self.prefix.append(self.wording.text("skipped"))
        self._next()

    def _help(self) -> None:
        known = self.wording.fields[self.asking or REVIEW]
        example = known.invalid[max(0, known.invalid.casefold().rfind("for example")) :]
        if not example.endswith("."):
            example += "."
        helped = self.wording.text("help", why=known.why, example=example[:1].upper() + example[1:])
        self._repeat(text=f"{helped} {self._plain_question()}")

    def _explain(self) -> None:
        named = [name for name in corrections.named_fields(self.text, self.phrases) if name in RECORD]
        name = named[0] if named else self.asking or REVIEW
        why = self.wording.text("why", why=self.wording.fields[name].why)
        if commands.asks_who_sees(self.text):
            self._privacy_first()
            why = f"{why} {self.wording.text('privacy_hint')}"
        elif self._topics():
            self.replies.append(Interruption())
        self.prefix.append(why)
        self._repeat()

    def _privacy_first(self) -> None:
        labels = self._topics()
        self.replies.append(Interruption() if "faq/privacy" in labels else Interruption(("faq/privacy",)))

    def _topics(self) -> list[str]:
        if self.understanding.get("decision") != "act":
            return []
        parts = self.understanding.get("parts") or []
        return [str(part.get("label")) for part in parts if str(part.get("label", "")).startswith("faq/")]

    def _progress(self) -> None:
        total = len(fields.asked_of(self.values))
        done = self._done()
        step = BY_NAME[self.asking].step if self.asking in BY_NAME else fields.STEPS
        text = self.wording.text(
            "progress", step=max(step, 1), steps=fields.STEPS, done=done, left=max(0, total - done)
        )
        if done:
            items = self._items([name for name in RECORD if name in self.values])
            text = f"{text} {self.wording.text('progress_list', items=items)}"
        self.prefix.append(text)
        self._repeat()

    def _change_which(self) -> None:
        named = [name for name in corrections.named_fields(self.text, self.phrases) if name in self.values]
        if named:
            self._correct(corrections.Correction(named[0], None, sure=True))
            return
        self.working["pending"] = {"kind": "change"}
        act = self._act(self.asking or REVIEW)
        act.pop("choices", None)
        self._say(self._with_prefix(self.wording.text("change_which")), act)

    # ---------------------------------------------------------------- corrections

    def _corrections(self) -> list[corrections.Correction]:
        if not self._consent_given():
            return []
        found = corrections.find(
            self.text,
            asked=self.asking,
            context=self._context(),
            recent=list(reversed(self.working.get("order", []))),
            phrases=self.phrases,
            wording=self.wording,
        )
        if self._pending("change") or (self.asking == REVIEW and not found):
            # Asked what to change, the bare name of a field is an answer.
            name = corrections.names_only(self.text, self.phrases)
            if name is None and self._pending("change") and not found:
                named = corrections.named_fields(self.text, self.phrases)
                name = named[0] if named else None
            if name in RECORD and (not found or found[0].parsed is None):
                return [corrections.Correction(str(name), None, sure=True)]
        return found

    def _is_statement(self, correction: corrections.Correction, parsed: Parsed) -> bool:
        """A statement about another field ("my grad year is 2028") counts where the message is no answer."""
        if isinstance(parsed, Certain | Confirm):
            asked = BY_NAME.get(self.asking or "")
            return bool(
                asked and asked.free and not self._evident(parsed) and isinstance(correction.parsed, Certain)
            )
        return isinstance(correction.parsed, Certain | Confirm)

    def _correct(
        self, correction: corrections.Correction, more: Sequence[corrections.Correction] = ()
    ) -> None:
        name = correction.field
        if self._pending("change") or (self.working.get("pending") or {}).get("field") != self.asking:
            self.working.pop("pending", None)
        if isinstance(correction.parsed, Certain):
            problem = self._implausible(name, correction.parsed.value)
            if problem:
                self._ask(name, text=problem)
                return
            if name in self.values and self.values[name] == correction.parsed.value:
                self.prefix.append(self._unchanged([name]))
                self._say_prefix({"act": "application", "event": "changed", "fields": [name]})
            else:
                self._set(name, correction.parsed.value)
                if name == "email":
                    self._held_confirm("email")
            for other in more:
                if isinstance(other.parsed, Certain) and not self._implausible(
                    other.field, other.parsed.value
                ):
                    self._set(other.field, other.parsed.value)
            self._extras(self.text, asked=name, only_new=True)
            self._show_taken()
            self._next(stay=self.asking if self.asking not in self.values else None)
            return
        self._about_field(name, correction)

    def _about_field(self, name: str, correction: corrections.Correction) -> None:
        """The field was named without a readable new value: ask for it, then go on where we were."""
        if isinstance(correction.parsed, Confirm):
            self.asking = name
            self._confirm(correction.parsed)
            return
        self.prefix.append(self.wording.text("change_ask"))
        self._ask(name, known=True)

    def _held_confirm(self, name: str) -> None:
        pending = self.working.get("pending") or {}
        if pending.get("field") == name:
            self.working.pop("pending")

    def _unchanged(self, names_: list[str]) -> str:
        return self.wording.text("unchanged", items=self._items(names_))

    # ---------------------------------------------------------------- the answer to what was asked

    def _context(self) -> Context:
        hints = self.working.get("regions") or []
        return Context(today=self.today, values=self.values, regions=tuple(hints))

    def _answer(self) -> tuple[Parsed, str]:
        """The message read as the answer to the asked field, and what else it says."""
        if self.asking in {None, CONSENT, REVIEW}:
            return (yes_no.parse(self.text, self._context()) if self.asking else None), ""
        asked = BY_NAME[self.asking]
        context = self._context()
        whole = self._by_pending()
        if whole is not None:
            return whole, self.text
        stated = speech.statements(self.text)
        if not stated.strip():
            # "May?", "8 weeks?" – an answer with doubt in its voice.
            if len(key_of(self.text)) <= 3 and not asked.free and not commands.asks_what(self.text):
                parsed = asked.parse(self.text.rstrip("?؟ "), context)
                return (parsed if isinstance(parsed, Certain | Confirm) else None), ""
            return None, ""
        parsed = asked.parse(stated, context)
        if parsed is None and stated != self.text and not speech.is_question(self.text.rstrip("?")):
            parsed = asked.parse(self.text, context)
        if asked.free and isinstance(parsed, Certain) and self._doubtful(parsed):
            return None, ""
        return parsed, self.text

    def _by_pending(self) -> Parsed:
        """An answer that a question we put together with: the country of a number, the month of a year."""
        pending = self.working.get("pending") or {}
        if pending.get("field") != self.asking:
            return None
        match pending.get("kind"):
            case "phone":
                return self._phone_with_country(str(pending["kept"]))
            case "year":
                found = month_numbers(self.text)
                if len(set(found)) == 1 and not re.search(r"20\d{2}", self.text):
                    return BY_NAME["preferred_start"].parse(f"{found[0]}/{pending['kept']}", self._context())
            case "options":
                return self._one_of(list(pending["options"]))
        return None

    def _phone_with_country(self, kept: str) -> Parsed:
        region = phones.region_named(self.text)
        if region:
            return phones.place(kept, (region,), self._context())
        line = key_of(self.text)
        digits = re.sub(r"\D", "", self.text)
        if digits and 1 <= len(digits) <= 3 and len(line) <= 3:
            return phones.place(f"+{digits}{kept.lstrip('0')}", (), self._context())
        return None

    def _one_of(self, options: list[str]) -> Parsed:
        """Which of two months was meant: "4 july", "the second", "april"."""
        if self.asking != "preferred_start":
            return None
        found = set(month_numbers(self.text))
        by_month = [one for one in options if int(one[5:7]) in found]
        if len(by_month) == 1:
            year = re.search(r"20\d{2}", self.text)
            return Certain(by_month[0]) if not year or by_month[0].startswith(year.group()) else None
        line = speech.folded(self.text)
        year = re.search(r"20\d{2}", self.text)
        by_year = [one for one in options if year and one.startswith(year.group())]
        if len(by_year) == 1 and len(line.split()) <= 4:
            return Certain(by_year[0])
        for at, pattern in enumerate(
            (r"\b(?:first|1st|former|this year)\b", r"\b(?:second|2nd|latter|other|next year)\b")
        ):
            if re.search(pattern, line) and at < len(options):
                return Certain(options[at])
        if re.search(r"\b(?:day first|dd ?/? ?mm)\b", line):
            return Certain(options[0])
        return (
            Certain(options[1])
            if re.search(r"\bmonth first|mm ?/? ?dd\b", line) and len(options) > 1
            else None
        )

    def _doubtful(self, parsed: Certain) -> bool:
        """Free text that the classifier is sure is something else."""
        if self._evident(parsed):
            return False
        parts = self.understanding.get("parts") or []
        if self.understanding.get("decision") != "act" or not parts:
            return False
        label = str(parts[0].get("label", ""))
        confidence = float(parts[0].get("confidence") or 0.0)
        if label.startswith("chitchat/") and confidence >= commands.SURE:
            return True
        if confidence < SURE_QUESTION or len(key_of(self.text)) < 3:
            return False
        if self.asking == "full_name" and names.cued(self.text):
            return False
        return label.startswith(("faq/", "decline/")) or label in commands.LABELS

    def _settle_pending(self, parsed: Parsed) -> bool:
        """A question that made sure: yes takes its value, no drops it, another answer replaces it."""
        pending = self._pending("confirm")
        if pending is None or pending.get("field") != self.asking:
            return False
        said = yes_no.plain(self.text)
        if said is None and isinstance(parsed, Certain) and self.asking not in {"visa_help"}:
            return False
        if isinstance(parsed, Confirm) and parsed.value == pending["value"]:
            # The same answer again is a yes.
            said = "yes"
        said = said or yes_no.leading(self.text)
        if said == "yes":
            self.working.pop("pending")
            self._accept(pending["value"], "" if yes_no.plain(self.text) else self.text)
            return True
        if said == "no" and not isinstance(parsed, Certain | Confirm):
            self.working.pop("pending")
            if "otherwise" in pending:
                self._accept(pending["otherwise"], "")
            else:
                self._missed(counted=False)
            return True
        if said == "no" and yes_no.plain(self.text) == "no":
            self.working.pop("pending")
            if "otherwise" in pending:
                self._accept(pending["otherwise"], "")
            else:
                self._missed(counted=False)
            return True
        return False

    def _accept(self, value: Value, rest: str) -> None:
        """The asked field is answered."""
        name = self.asking or ""
        if name == CONSENT:
            self._consent(value == "yes")
            return
        if name == REVIEW:
            self._reviewed(value == "yes")
            return
        problem = self._implausible(name, value)
        if problem:
            self._missed(text=problem)
            return
        self.working.pop("pending", None)
        self._set(name, value)
        if rest:
            self._with_school(name, rest)
            if len(key_of(rest)) >= 4:
                self._extras(rest, asked=name, only_new=True)
        self._show_taken(plain=name)
        self._answer_beside()
        self._next()

    def _answer_beside(self) -> None:
        """A question in the same message as the answer."""
        asking = [part for part in speech.sentences(self.text) if speech.is_question(part)]
        if not asking or yes_no.plain(self.text) or not speech.statements(self.text):
            return
        if commands.asks_what(asking[0]) or commands.asks_why(asking[0]):
            name = self.working.get("order", [REVIEW])[-1]
            self.prefix.append(self.wording.text("why", why=self.wording.fields[name].why))
        elif self._topics() or any(
            str(p.get("label", "")).startswith("decline/") for p in self.understanding.get("parts") or []
        ):
            self.replies.append(Interruption())

    def _with_school(self, name: str, rest: str) -> None:
        if name == "medical_school" and "school_country" not in self.values:
            code = schools.country_in(rest)
            if code:
                self._set("school_country", code)

    def _implausible(self, name: str, value: Any) -> str | None:
        if name != "graduation_year" or not isinstance(value, int):
            return None
        problem = years.implausible(value, self._context())
        return self.wording.asked(problem, year=value) if problem else None

    def _confirm(self, parsed: Confirm) -> None:
        pending: dict[str, Any] = {"kind": "confirm", "field": self.asking, "value": parsed.value}
        if parsed.otherwise is not None:
            pending["otherwise"] = parsed.otherwise.value
        shown = fields.shown(self.asking or REVIEW, parsed.value, self.wording)
        text = self.wording.asked(parsed.ask, **{"value": shown, **parsed.details})
        pending["text"] = text
        self.working["pending"] = pending
        act = self._act(self.asking or REVIEW)
        act["choices"] = [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}]
        act["confirms"] = True
        self._say(self._with_prefix(text), act)

    def _unclear(self, parsed: Unclear) -> None:
        name = self.asking or REVIEW
        text = self.wording.asked(parsed.ask, **parsed.details)
        pending = self.working.get("pending") or {}
        if name == "phone" and parsed.ask == "phone_country" and parsed.kept:
            if pending.get("kind") == "phone" and "country_of_citizenship" not in self.values:
                # Asked once already: the number waits until the country is known.
                self.working["deferred_phone"] = parsed.kept
                self.working.pop("pending")
                self.prefix.append(self.wording.asked("phone_later"))
                self._next()
                return
            self.working["pending"] = {"kind": "phone", "field": name, "kept": parsed.kept, "text": text}
        elif parsed.options:
            self.working["pending"] = {
                "kind": "options",
                "field": name,
                "options": list(parsed.options),
                "text": text,
            }
        elif parsed.ask == "month_of_year" and parsed.kept:
            self.working["pending"] = {"kind": "year", "field": name, "kept": parsed.kept, "text": text}
        else:
            self.working.pop("pending", None)
        self._missed(text=text, options=parsed.options)

    # ---------------------------------------------------------------- consent, review, sending

    def _consent(self, given: bool) -> None:
        if not given:
            self._forget()
            self.working = {}
            self.state = "cancelled"
            self.asking = None
            self._say(self.wording.text("consent_refused"), {"act": "application", "event": "cancelled"})
            return
        self.consented = True
        self.working["consented"] = True
        held = self.working.pop("held", None) or {}
        for name in RECORD:
            if name in held and name not in self.values:
                problem = self._implausible(name, held[name])
                if not problem:
                    self._set(name, held[name])
        if self.noted:
            items = self._items(self.noted)
            self._say(
                self.wording.text("noted_first", items=items),
                {"act": "application", "event": "saved", "fields": list(self.noted)},
            )
            self.noted.clear()
        else:
            self.prefix.append(self.wording.text("consent_thanks"))
        self._next()

    def _consent_given(self) -> bool:
        return bool(self.working.get("consented"))

    def _reviewed(self, right: bool) -> None:
        if right:
            self._send()
        else:
            self._change_which()

    def _send(self) -> None:
        wrong = fields.problems(self.values, self.wording, self.today)
        if wrong:
            name = next(one for one in RECORD if one in wrong)
            self.values.pop(name, None) if wrong[name] == "invalid" else None
            self.prefix.append(self.wording.text("not_complete"))
            self._ask(name)
            return
        self.working.pop("pending", None)
        self.sending = True

    # ---------------------------------------------------------------- other fields in the message

    def _hold(self, text: str) -> None:
        """Before consent nothing is saved: what the message says is held in the draft and dropped on a no."""
        context = Context(today=self.today)
        found = extraction.extract(text, context, self.phrases)
        held: dict[str, Any] = dict(self.working.get("held") or {})
        held.update(found.values)
        told = set(held)
        # A wish in passing ("I want a rotation") may be half of the wish: it is asked about, not taken.
        if not (told & extraction.PERSONAL or len(told) >= 4):
            hints = {
                name: held.pop(name)
                for name in (
                    "program_interest",
                    "specialties",
                    "duration_weeks",
                    "preferred_location",
                    "preferred_start",
                )
                if name in held
            }
            if hints.get("program_interest") == "both":
                held["program_interest"] = hints.pop("program_interest")
            self.working["hints"] = {**(self.working.get("hints") or {}), **hints}
        if held:
            self.working["held"] = held
        regions = [*(self.working.get("regions") or []), *extraction.regions_in(text)]
        if regions:
            self.working["regions"] = list(dict.fromkeys(regions))[:3]

    def _held(self) -> bool:
        return bool(self.working.get("held"))

    def _about_people(self) -> None:
        found = extraction.about_people(self.text)
        if found.several:
            self._say(
                self.wording.text("several"), {"act": "application", "event": "started", "note": "several"}
            )
        if found.other_person and not self.working.get("other_person"):
            self.working["other_person"] = True
            if not found.several:
                note = {"act": "application", "event": "started", "note": "other_person"}
                self._say(self.wording.text("for_someone_else"), note)

    def _extras(self, text: str, *, asked: str | None, only_new: bool = False) -> None:
        """Fields that the message answers besides the asked one; what is known already is left alone."""
        found = extraction.extract(text, self._context(), self.phrases, asked=asked)
        for name, value in found.values.items():
            if name in self.values and (only_new or self.values[name] is not None):
                continue
            if self._implausible(name, value):
                continue
            self._set(name, value)

    def _others(self) -> bool:
        """The message is no answer to the question, but answers other questions."""
        if self.asking == CONSENT:
            before = dict(self.working.get("held") or {})
            self._hold(self.text)
            if (self.working.get("held") or {}) != before:
                self.prefix.append(self.wording.text("consent_first"))
                self._repeat()
                return True
            return False
        if self.asking == REVIEW and self._fill_open():
            return True
        found = extraction.extract(self.text, self._context(), self.phrases, asked=None)
        fresh = {
            name: value for name, value in found.values.items() if self.values.get(name, _NOTHING) != value
        }
        if self.asking != REVIEW:
            fresh = {name: value for name, value in fresh.items() if self.values.get(name) is None}
        if not fresh or any(self._implausible(name, value) for name, value in fresh.items()):
            return False
        for name, value in fresh.items():
            self._set(name, value)
        self._show_taken()
        self._next(stay=self.asking if self.asking not in self.values else None)
        return True

    def _fill_open(self) -> bool:
        """At the review a bare value fills the one line that was left open and takes it."""
        if speech.is_question(self.text):
            return False
        for name in RECORD:
            if name in self.values and self.values[name] is None and BY_NAME[name].asked(self.values):
                parsed = BY_NAME[name].parse(self.text, self._context())
                if isinstance(parsed, Certain) and (
                    name != "preferred_location" or places.mentioned(self.text) or parsed.value == places.ANY
                ):
                    self._set(name, parsed.value)
                    self._show_taken()
                    self._next()
                    return True
        return False

    # ---------------------------------------------------------------- questions and talk

    def _asks_something(self) -> bool:
        if speech.is_question(self.text):
            return True
        return bool(self.understanding.get("is_question")) and bool(self._topics())

    def _is_talk(self) -> bool:
        """Small talk, thanks, a subject we decline, a topic named without a question."""
        if self.understanding.get("decision") != "act":
            return False
        parts = self.understanding.get("parts") or []
        labels = [str(part.get("label", "")) for part in parts]
        return any(label.startswith(("faq/", "chitchat/", "decline/")) for label in labels)

    def _is_small_talk(self) -> bool:
        parts = self.understanding.get("parts") or []
        return self._is_talk() and all(str(part.get("label", "")).startswith("chitchat/") for part in parts)

    def _interrupt(self) -> None:
        """Answer what was asked, then the same question again."""
        about_this = commands.asks_what(self.text) and len(key_of(self.text)) <= 6
        if commands.asks_why(self.text) or (about_this and not self._topics()):
            self._explain()
            return
        if (
            commands.asks_who_sees(self.text)
            and "faq/privacy" not in self._topics()
            and self.understanding.get("decision") != "act"
        ):
            self.replies.append(Interruption(("faq/privacy",)))
        else:
            self.replies.append(Interruption())
        self._repeat()

    # ---------------------------------------------------------------- not understood

    def _missed(
        self, text: str | None = None, *, options: tuple[str, ...] = (), counted: bool = True
    ) -> None:
        """First an example, then a way out, then never the same words again."""
        name = self.asking or REVIEW
        misses = dict(self.working.get("misses") or {})
        misses[name] = misses.get(name, 0) + (1 if counted else 0)
        self.working["misses"] = misses
        known = self.wording.fields[name]
        count = misses[name]
        said = text or known.invalid
        if self._pending("change"):
            said = self.wording.text("change_which")
        if yes_no.plain(self.text) == "no" and text is None and name not in {CONSENT, REVIEW} and counted:
            said = f"{self.wording.text('not_now')} {said}"
        if count == 2:
            way_out = "way_out_optional" if known.optional else "way_out"
            said = f"{self.wording.text(way_out)} {said}"
        elif count == 3:
            said = f"{self.wording.text('stuck')} {said}"
        elif count > 3:
            said = f"{self.wording.text('stuck_again', count=count)} {said}"
        act = self._act(name)
        if options:
            act["choices"] = [
                {"value": one, "label": fields.shown(name, one, self.wording)} for one in options
            ]
        act["tries"] = count
        self._say(self._with_prefix(said), act)

    # ---------------------------------------------------------------- values

    def _set(self, name: str, value: Any) -> None:
        before = self.values.get(name)
        had = name in self.values
        self.values[name] = value
        if not had or before != value:
            self.changes.append(Change(name, before, value))
        (self.changed if had and before is not None and before != value else self.noted).append(name)
        misses = dict(self.working.get("misses") or {})
        misses.pop(name, None)
        self.working["misses"] = misses
        hints = dict(self.working.get("hints") or {})
        hints.pop(name, None)
        self.working["hints"] = hints
        order = [one for one in self.working.get("order", []) if one != name]
        self.working["order"] = [*order, name]
        if name == "training_stage":
            self._year_agrees()
        if name == "phone":
            self.working.pop("deferred_phone", None)
        if name in {"country_of_citizenship", "school_country"}:
            self._deferred_phone()

    def _year_agrees(self) -> None:
        year = self.values.get("graduation_year")
        if isinstance(year, int) and years.implausible(year, self._context()):
            self.values.pop("graduation_year")
            self.changes.append(Change("graduation_year", year, None))
            self.prefix.append(self.wording.text("year_again"))

    def _deferred_phone(self) -> None:
        kept = self.working.get("deferred_phone")
        if not kept:
            return
        country = self.values.get("country_of_citizenship")
        parsed = phones.place(str(kept), (country,) if isinstance(country, str) else (), self._context())
        self.working.pop("deferred_phone")
        if isinstance(parsed, Certain):
            self._set("phone", parsed.value)
            self.noted.remove("phone")
            self.prefix.append(self.wording.text("deferred_phone", value=phones.shown(str(parsed.value))))
        else:
            self.prefix.append(
                self.wording.text("deferred_phone_wrong", country=countries.name_of(str(country)))
            )

    def _show_taken(self, plain: str | None = None) -> None:
        """Say back what was taken, except an answer that is kept just as it was typed."""
        if plain in self.noted and len(self.noted) == 1 and not self.changed and self._as_typed(plain or ""):
            self.noted.clear()
        changed, noted = list(dict.fromkeys(self.changed)), list(dict.fromkeys(self.noted))
        noted = [name for name in noted if name not in changed]
        if noted:
            text = self.wording.text("noted", items=self._items(noted))
            self._say(text, {"act": "application", "event": "saved", "fields": noted})
        if changed:
            text = self.wording.text("changed", items=self._items(changed))
            self._say(text, {"act": "application", "event": "changed", "fields": changed})
        self.noted.clear()
        self.changed.clear()

    def _as_typed(self, name: str) -> bool:
        shown = " ".join(key_of(fields.shown(name, self.values.get(name), self.wording)))
        return shown in " ".join(key_of(self.text))

    def _items(self, names_: list[str]) -> str:
        return "; ".join(
            f"{self.wording.fields[name].label}: {fields.shown(name, self.values.get(name), self.wording)}"
            for name in names_
        )

    def _done(self) -> int:
        return sum(1 for one in fields.asked_of(self.values) if one.name in self.values)

    # ---------------------------------------------------------------- asking

    def _due(self, preferred: str | None = None) -> str:
        """The field to be asked: the preferred one if it is still open, else the first open one, else the
        review.
        """
        if not self._consent_given():
            return CONSENT
        left = fields.missing(self.values)
        if self.working.get("deferred_phone") and "country_of_citizenship" not in self.values:
            left = [name for name in left if name != "phone"]
        if preferred in left or (preferred in RECORD and preferred in self.values):
            return str(preferred)
        return left[0] if left else REVIEW

    def _next(self, stay: str | None = None) -> None:
        """Ask what comes next; `stay` is asked again if it is still open."""
        if stay in {CONSENT, REVIEW} and stay is not None:
            target = REVIEW if stay == REVIEW and not fields.missing(self.values) else self._due()
        else:
            target = self._due(stay if stay and stay not in self.values else None)
        keep = target == self.asking and (self.working.get("pending") or {}).get("field") == target
        if not keep:
            self.working.pop("pending", None)
        if keep:
            self._repeat()
        else:
            self._ask(target)

    def _repeat(self, text: str | None = None) -> None:
        """The same question again."""
        if self.asking is None:
            self.asking = self._due()
        pending = self.working.get("pending") or {}
        if self._pending("again"):
            self._ask_again_or_new()
            return
        if text is None and pending.get("field") == self.asking and pending.get("text"):
            act = self._act(self.asking)
            if pending["kind"] == "confirm":
                act["choices"] = [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}]
                act["confirms"] = True
            elif pending["kind"] == "options":
                act["choices"] = [
                    {"value": one, "label": fields.shown(self.asking, one, self.wording)}
                    for one in pending["options"]
                ]
            self._say(self._with_prefix(str(pending["text"])), act)
            return
        if pending.get("kind") == "change":
            self.working.pop("pending")
        self._ask(self.asking, text=text, known=self.asking in self.values)

    def _ask(self, name: str, *, text: str | None = None, known: bool = False) -> None:
        """Ask a field, with its step's heading when the step begins."""
        self.asking = name
        if (self.working.get("pending") or {}).get("field") not in {None, name}:
            self.working.pop("pending")
        hint = (self.working.get("hints") or {}).get(name)
        if hint is not None and text is None and name not in self.values:
            hints = dict(self.working["hints"])
            hints.pop(name)
            self.working["hints"] = hints
            shown = fields.shown(name, hint, self.wording)
            text = f"{self._plain_question()} {self.wording.asked('hint', value=shown)}"
            self.working["pending"] = {"kind": "confirm", "field": name, "value": hint, "text": text}
        said = text or self._plain_question()
        step = BY_NAME[name].step
        if step != self.working.get("step") and name not in {CONSENT, REVIEW} and not known:
            said = f"Step {step} of {fields.STEPS}: {self.wording.steps[step]}. {said}"
            self.working["step"] = step
        if known and name in self.values and self.values[name] is not None:
            said = f"{said} ({fields.shown(name, self.values[name], self.wording)})"
        self._say(self._with_prefix(said), self._act(name))

    def _plain_question(self) -> str:
        name = self.asking or REVIEW
        known = self.wording.fields[name]
        asked = known.ask_other if self.working.get("other_person") and known.ask_other else known.ask
        if name == CONSENT:
            return f"{self.consent_text} {asked}"
        return f"{self._summary_text()}\n{asked}" if name == REVIEW else asked

    def _summary_text(self) -> str:
        lines = [self.wording.text("summary_title")]
        for group in fields.summary(self.values, self.wording):
            lines.append(f"{group['title']}")
            lines += [f"- {item['label']}: {item['value']}" for item in group["items"]]
        lines.append(self.wording.text("summary_more"))
        return "\n".join(lines)

    def _act(self, name: str) -> dict[str, Any]:
        known = self.wording.fields[name]
        act: dict[str, Any] = {
            "act": "question",
            "form": "application",
            "field": name,
            "step": BY_NAME[name].step,
            "steps": fields.STEPS,
            "optional": known.optional,
        }
        if known.choices:
            act["choices"] = [{"value": value, "label": label} for value, label in known.choices.items()]
        if name == REVIEW:
            act["summary"] = fields.summary(self.values, self.wording)
        return act

    # ---------------------------------------------------------------- saying

    def _say(self, text: str, act: dict[str, Any]) -> None:
        self.replies.append(Say(text, act))

    def _with_prefix(self, text: str) -> str:
        said = " ".join([*self.prefix, text]) if self.prefix else text
        self.prefix.clear()
        return said

    def _say_prefix(self, act: dict[str, Any]) -> None:
        if self.prefix:
            text = " ".join(self.prefix)
            self.prefix.clear()
            self._say(text, act)


_NOTHING = object()
