"""What goes into a turn of the form and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

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
