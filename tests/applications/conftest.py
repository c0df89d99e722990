"""A conversation with the form, without Rasa and without a database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from frontdesk.applications.fields import RECORD
from frontdesk.applications.form import dialogue
from frontdesk.applications.form.sheet import Sheet
from frontdesk.applications.form.states import (
    DraftState,
    FormResult,
    HandOver,
    Help,
    Incoming,
    Interruption,
    Say,
    Sent,
)
from frontdesk.applications.wording import application_wording, phrases

TODAY = dt.date(2026, 11, 22)
ANSWERS: dict[str, Any] = {
    "full_name": "Ana Ruiz",
    "email": "ana@example.com",
    "phone": "+525512345678",
    "country_of_citizenship": "MX",
    "medical_school": "UNAM",
    "school_country": "MX",
    "training_stage": "student",
    "graduation_year": 2027,
    "usmle_step1": "passed",
    "usmle_step2ck": "240",
    "ecfmg_status": "in_progress",
    "program_interest": "clinical_rotation",
    "specialties": ["internal medicine"],
    "preferred_start": "2027-06",
    "duration_weeks": 4,
    "preferred_location": "Texas",
    "visa_help": "yes",
}


class Chat:
    """Says things to the form and remembers the draft between turns."""

    def __init__(
        self, asking: str | None = None, answers: dict[str, Any] | None = None, **working: Any
    ) -> None:
        self.sent: Sent | None = None
        self.today = TODAY
        if asking is None:
            self.draft = DraftState()
        else:
            known = answers if answers is not None else _until(asking)
            step = {"consented": True, "order": list(known)} if asking != "consent" else {}
            self.draft = DraftState("open", asking, known, {**step, **working})
        self.result: FormResult | None = None

    def say(
        self,
        text: str,
        label: str | None = None,
        *,
        confidence: float = 0.9,
        question: bool = False,
        safety: str | None = None,
        language: str = "en",
        choice: dict[str, Any] | None = None,
    ) -> Chat:
        part = {"text": text, "label": label or "nlu_fallback", "confidence": confidence if label else 0.2}
        understanding = {
            "parts": [part],
            "decision": "act" if label else "fallback",
            "safety": {"kind": safety, "by": "phrase"} if safety else None,
            "language": language,
            "is_question": question,
        }
        turn = Sheet(
            self.draft,
            Incoming(text, understanding, choice),
            today=self.today,
            wording=application_wording(),
            phrases=phrases(),
            consent_text="May I save it?",
            sent=self.sent,
        )
        self.result = dialogue.run(turn)
        found = self.result
        self.draft = DraftState(found.state, found.asking, found.values, found.working)
        return self

    @property
    def values(self) -> dict[str, Any]:
        return dict(self.draft.values)

    @property
    def asking(self) -> str | None:
        return self.draft.asking

    @property
    def outcome(self) -> str:
        assert self.result is not None
        return self.result.outcome

    @property
    def said(self) -> list[Say]:
        assert self.result is not None
        return [reply for reply in self.result.replies if isinstance(reply, Say)]

    @property
    def text(self) -> str:
        return "\n".join(reply.text for reply in self.said)

    @property
    def acts(self) -> list[str]:
        """What was done, in order: `question:email`, `application:saved`, `interruption`, …"""
        assert self.result is not None
        told = []
        for reply in self.result.replies:
            match reply:
                case Say(act=act):
                    detail = act.get("field") or act.get("event") or act.get("kind")
                    told.append(f"{act['act']}:{detail}" if detail else act["act"])
                case Interruption(labels=labels):
                    told.append("interruption" + "".join(f":{label}" for label in labels))
                case Help(kind=kind):
                    told.append(f"help:{kind}")
                case HandOver(reason=reason):
                    told.append(f"hand_over:{reason}")
        return told


def _until(asking: str) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for name in RECORD:
        if name == asking:
            break
        if name in ANSWERS:
            known[name] = ANSWERS[name]
    return known


@pytest.fixture
def chat() -> Callable[..., Chat]:
    return Chat


@pytest.fixture
def answers() -> dict[str, Any]:
    return dict(ANSWERS)
