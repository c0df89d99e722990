"""What a messaging channel can tell: the shapes that every channel's parser makes and `intake` writes down.

Plain values, no provider's words. Parsers clean nothing: text is cleaned, ids are shortened, in `intake`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import parse_qsl

ReceiptState = Literal["sent", "delivered", "read", "failed"]
MediaKind = Literal["photo", "file", "voice", "video", "sticker", "location", "contact", "unknown"]


class Unreadable(ValueError):
    """The body is not what the provider sends; nothing was kept. The text says what was expected."""


class Forged(PermissionError):
    """The request does not prove where it comes from; nothing was kept."""


@dataclass(frozen=True)
class RawRequest:
    """A webhook call as it came. `url` is the public address it was sent to, with its query; header names are
    in small letters."""

    method: str
    url: str
    query: str
    headers: dict[str, str]
    body: bytes

    def parameters(self) -> dict[str, str]:
        """The query's parameters; of several with one name the last counts."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def json(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            Unreadable
        """
        try:
            found = json.loads(self.body, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise Unreadable("The body must be JSON.") from None
        if not isinstance(found, dict):
            raise Unreadable("The body must be a JSON object.")
        return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


@dataclass(frozen=True)
class Media:
    """Something sent that is no text. `reference`: how the channel's `fetch` finds the content, None
    where there is none."""

    kind: MediaKind
    reference: str | None = None
    name: str | None = None
    media_type: str | None = None
    size: int | None = None
    detail: dict[str, Any] | None = None


@dataclass(frozen=True)
class Said:
    """A message of an applicant.

    Args:
        event_id: the dedupe key, unique in the channel.
        thread: the channel's own name of the conversation.
        provider_id: the provider's name of the message, by which edits and reactions speak of it.
        text: what was typed, or the label of what was pressed; "" for media alone.
        pressed: the payload of a button, as we gave it out.
        choice: what a command of the channel means (`/start` is a greeting).
        answers: the provider's name of the message that this one replies to.
        entry: the link or advertisement that led here.
        only_if_known: ignored when the thread is none of ours (talk among others in a Slack channel).
        opt: STOP, START or HELP, in small letters, with the word that was typed in `text`.
        opt_told: the provider told the applicant about it already.
    """

    event_id: str
    thread: str
    text: str
    provider_id: str | None = None
    name: str | None = None
    media: tuple[Media, ...] = ()
    pressed: str | None = None
    choice: dict[str, Any] | None = None
    answers: str | None = None
    entry: str | None = None
    only_if_known: bool = False
    opt: Literal["stop", "start", "help"] | None = None
    opt_told: bool = False


@dataclass(frozen=True)
class Edited:
    event_id: str
    target: str
    text: str


@dataclass(frozen=True)
class Deleted:
    event_id: str
    target: str


@dataclass(frozen=True)
class Reacted:
    """`value` is the emoji or its name; "" takes it back."""

    event_id: str
    target: str
    value: str


@dataclass(frozen=True)
class Receipt:
    """How far a message of ours came.

    Args:
        target: the provider's name of it; None when `thread` and `until` (seconds since 1970) name all
        before.
        delivery: our own reference, where the provider gives it back: evidence for a call whose answer was
        lost.
        error: the provider's reason, for `failed`.
        opted_out: the failure says that this address does not want to hear from us.
    """

    event_id: str
    state: ReceiptState
    target: str | None = None
    thread: str | None = None
    until: float | None = None
    delivery: str | None = None
    error: str | None = None
    window_closed: bool = False
    opted_out: bool = False


@dataclass(frozen=True)
class Blocked:
    """The applicant shut the channel to us, or opened it again, without a word (Telegram's block)."""

    event_id: str
    thread: str
    blocked: bool


@dataclass(frozen=True)
class Noted:
    """Something that changes nothing here, kept so that a repetition is known. `entry` as in `Said`."""

    event_id: str
    kind: str
    thread: str | None = None
    entry: str | None = None
    trouble: str | None = None


type Inbound = Said | Edited | Deleted | Reacted | Receipt | Blocked | Noted


@dataclass
class Parsed:
    """What one webhook call brought: events in their order, and the answer where the provider wants words."""

    events: list[Inbound] = field(default_factory=list)
    answer: str | None = None
    media_type: str = "text/plain"


def fingerprint(value: object) -> str:
    """A dedupe key for an event that has no id of its own: the same content is the same event."""
    told = json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return "h:" + sha256(told.encode()).hexdigest()[:40]


def text_of(value: object) -> str:
    """A text or a number of a provider's JSON as text; "" for anything else."""
    if isinstance(value, bool):
        return ""
    return str(value) if isinstance(value, str | int | float) else ""


def mapping(value: object) -> dict[str, Any]:
    """`value` when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def entries(value: object) -> list[Any]:
    """`value` when it is a JSON list, else an empty one."""
    return value if isinstance(value, list) else []


def whole(value: object) -> int | None:
    """`value` when it is a whole number that a database can hold."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        return None
    return value
