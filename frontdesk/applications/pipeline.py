"""The pipeline: the states of a sent application, which may follow which, filters, and telling the applicant.

Every change is one transaction with its line of history. What an applicant reads stands in
`knowledge/pipeline.yml`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from frontdesk.applications import search
from frontdesk.applications.parsing import countries, visas
from frontdesk.applications.parsing.programs import PROGRAMS
from frontdesk.conversations import threads
from frontdesk.knowledge.texts import texts
from frontdesk.records.models import Application, Conversation, DraftChange, Message, now

STATES: Final = (
    "received",
    "in_review",
    "documents_missing",
    "offer",
    "placed",
    "declined",
    "withdrawn",
)
# Somebody is placed only after an offer; what has ended is opened again by a review.
FOLLOWS: Final[dict[str, tuple[str, ...]]] = {
    "received": ("in_review", "documents_missing", "offer", "declined", "withdrawn"),
    "in_review": ("documents_missing", "offer", "declined", "withdrawn"),
    "documents_missing": ("in_review", "offer", "declined", "withdrawn"),
    "offer": ("in_review", "documents_missing", "placed", "declined", "withdrawn"),
    "placed": ("offer", "withdrawn"),
    "declined": ("in_review",),
    "withdrawn": ("in_review",),
}
STATE_FIELD: Final = "state"
TEXTS: Final = "pipeline"
OWN_WORDS_LIMIT: Final = 1000


class UnknownState(ValueError):
    """There is no state of that name."""


class IllegalMove(ValueError):
    """That state may not follow the present one. `state`: the present one, `allowed`: what may follow."""

    def __init__(self, state: str) -> None:
        self.state = state
        self.allowed = FOLLOWS.get(state, STATES)
        shown = ", ".join(f"“{spoken(one)}”" for one in self.allowed)
        super().__init__(f"After “{spoken(state)}” comes one of: {shown}.")


class StaleState(RuntimeError):
    """Somebody else changed the state first. `state`: what it is now."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


def spoken(state: str) -> str:
    """A state in words."""
    return state.replace("_", " ")


def move(session: Session, application: Application, *, to: str, seen: str, by: str) -> str | None:
    """Move an application, whose row the caller has locked; the state before, None when it is there already.

    Args:
        seen: the state that the person saw when choosing.
        by: who, as shown in the history.

    Raises:
        UnknownState, IllegalMove, StaleState: nothing was changed.
    """
    if to not in STATES:
        raise UnknownState(f"There is no state {to!r}; use one of {', '.join(STATES)}.")
    before = application.state
    if before == to:
        return None
    if before != seen:
        raise StaleState(before)
    if to not in FOLLOWS.get(before, STATES):
        raise IllegalMove(before)
    application.state, application.updated_at = to, now()
    session.add(
        DraftChange(
            draft_id=application.draft_id,
            field=STATE_FIELD,
            before={"value": before},
            after={"value": to},
            by=by,
        )
    )
    session.flush()
    return before


def told(state: str, *, reference: str, name: str, folder: Path | None = None) -> str:
    """What an applicant reads when the application comes into that state.

    Args:
        name: CHHA's short name.
    """
    return texts(TEXTS, folder).said(state, reference=reference, name=name)


def tell(
    session: Session, application: Application, *, name: str, words: str = "", folder: Path | None = None
) -> Message:
    """Tell the applicant of the present state: a line in the thread, which their channel delivers.

    Args:
        words: what a person adds to it, at most 1,000 characters.

    Raises:
        ValueError: too many words of one's own.
    """
    if len(words) > OWN_WORDS_LIMIT:
        raise ValueError(f"Your own words may have {OWN_WORDS_LIMIT} characters.")
    text = told(application.state, reference=application.reference, name=name, folder=folder)
    if words.strip():
        text = f"{text}\n\n{words.strip()}"
    conversation = threads.locked(session, application.conversation_id)
    act = {"act": "status", "reference": application.reference, "state": application.state}
    return threads.append(session, conversation, author="system", text=text, act=act)


SORTS: Final = {"newest": "Sent last", "oldest": "Sent first", "changed": "Changed last"}
STAGES: Final = ("student", "graduate")


@dataclass(frozen=True)
class Sought:
    """Which applications are meant. An empty part does not narrow; unknown values are left out by `read`.

    `since` and `until` are the days of sending, inclusive, in CHHA's time zone.
    """

    states: Sequence[str] = field(default_factory=tuple)
    words: str = ""
    program: str = ""
    stage: str = ""
    citizenship: str = ""
    visa_help: str = ""
    channel: str = ""
    since: str = ""
    until: str = ""
    sort: str = ""

    @property
    def query(self) -> str:
        """The filter as it stands in an address."""
        pairs = [("state", state) for state in self.states]
        named = ("words", "program", "stage", "citizenship", "visa_help", "channel", "since", "until", "sort")
        pairs += [(name, value) for name in named if (value := getattr(self, name))]
        return urlencode(pairs)

    @property
    def narrowed(self) -> bool:
        """Whether more than state, words and order is asked for."""
        return bool(replace(self, states=(), words="", sort="").query)

    def where(self, zone: ZoneInfo) -> ColumnElement[bool]:
        """The condition on `Application`."""
        values = Application.values
        found: list[ColumnElement[bool]] = [search.matching(self.words)]
        if self.states:
            found.append(Application.state.in_(self.states))
        if self.program == "both":
            found.append(values["program_interest"].as_string() == "both")
        elif self.program:
            found.append(values["program_interest"].as_string().in_((self.program, "both")))
        for name, asked in (
            ("training_stage", self.stage),
            ("country_of_citizenship", self.citizenship),
            ("visa_help", self.visa_help),
        ):
            if asked:
                found.append(values[name].as_string() == asked)
        if self.channel:
            on_it = select(Conversation.id).where(Conversation.channel == self.channel)
            found.append(Application.conversation_id.in_(on_it))
        if self.since:
            found.append(Application.sent_at >= _begin(self.since, zone))
        if self.until:
            found.append(Application.sent_at < _begin(self.until, zone, days=1))
        return and_(*found)

    def order(self) -> list[ColumnElement[object]]:
        by = {
            "oldest": Application.sent_at.asc(),
            "changed": Application.updated_at.desc(),
        }.get(self.sort, Application.sent_at.desc())
        return [by, Application.id.asc()]  # type: ignore[list-item]


def read_query(query: str) -> Sought:
    """A filter from an address; what is unknown in it is left out."""
    pairs = parse_qsl(query, max_num_fields=60)
    named = dict(reversed(pairs))
    return read(states=[value for name, value in pairs if name == "state"], named=named)


def read(*, states: Sequence[str], named: dict[str, str]) -> Sought:
    """A filter from its parts by name; what is unknown in them is left out."""

    def one_of(name: str, allowed: Sequence[str]) -> str:
        given = named.get(name, "")
        return given if given in allowed else ""

    citizenship = named.get("citizenship", "")
    return Sought(
        states=tuple(state for state in STATES if state in states),
        words=named.get("words", "")[:200],
        program=one_of("program", tuple(PROGRAMS)),
        stage=one_of("stage", STAGES),
        citizenship=citizenship if countries.is_code(citizenship) else "",
        visa_help=one_of("visa_help", visas.ANSWERS),
        channel=channel if (channel := named.get("channel", "")).isalnum() and len(channel) <= 32 else "",
        since=_day(named.get("since", "")),
        until=_day(named.get("until", "")),
        sort=one_of("sort", tuple(SORTS)),
    )


def _begin(day: str, zone: ZoneInfo, *, days: int = 0) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromisoformat(day) + dt.timedelta(days=days), dt.time(), zone)


def _day(text: str) -> str:
    try:
        found = dt.date.fromisoformat(text.strip())
    except ValueError:
        return ""
    return found.isoformat() if 1970 <= found.year <= 9000 else ""
