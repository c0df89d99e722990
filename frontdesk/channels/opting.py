"""STOP, START and HELP: the words by which a phone's owner rules what we may send. Pure.

SMS: the words that US carriers and Twilio honour (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out).
WhatsApp: only words that mean nothing in an application ("cancel" does).
"""

from __future__ import annotations

import re
from typing import Final, Literal

Opt = Literal["stop", "start", "help"]

SMS: Final[dict[str, Opt]] = {
    **dict.fromkeys(
        ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"), "stop"
    ),
    **dict.fromkeys(("start", "unstop"), "start"),
    **dict.fromkeys(("help", "info"), "help"),
}
WHATSAPP: Final[dict[str, Opt]] = {
    "stop": "stop",
    "unsubscribe": "stop",
    "opt out": "stop",
    "start": "start",
    "unstop": "start",
    "help": "help",
}


def opting(text: str, words: dict[str, Opt]) -> Opt | None:
    """What the whole message is, when it is one of the words and nothing else."""
    if len(text) > 40:
        return None
    return words.get(re.sub(r"[^a-z ]", "", text.casefold()).strip())
