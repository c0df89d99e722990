"""What a channel's own commands and entry links mean: greetings and openings, never Rasa commands. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

from frontdesk.knowledge.topics import topics

GREETING: Final[dict[str, Any]] = {"intent": "chitchat/greet"}
CAPABILITIES: Final[dict[str, Any]] = {"intent": "chitchat/capabilities"}

# Entry links may name these; any other word is a topic's id or only kept as where somebody came from.
_INTENTS: Final = {"apply": "apply", "status": "status", "person": "human"}


def entry_choice(payload: str | None) -> dict[str, Any]:
    """What a deep link or referral opens with: `apply`, `status`, `person`, a topic's id, else a greeting.

    What follows a dash is the advertiser's own: `apply-lagos2026` opens the application.
    """
    word = re.split(r"-", (payload or "").strip().lower())[0]
    if word in _INTENTS:
        return {"intent": _INTENTS[word]}
    if re.fullmatch(r"[a-z0-9_]{1,64}", word) and word in topics():
        return {"topic": word}
    return dict(GREETING)


def command_choice(command: str) -> dict[str, Any]:
    """What `help` or `start` of a channel mean."""
    return dict(CAPABILITIES if command == "help" else GREETING)
