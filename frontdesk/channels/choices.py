"""What a pressed button means: read from the act that offered it, never from what the client says.

Pure: an act in, words and a choice out.
"""

from __future__ import annotations

from typing import Any

# The lists of an act that are shown as buttons; an act's first one that holds any is the one shown.
OFFERS = ("options", "choices", "next")


class NotOffered(LookupError):
    """The message offers nothing at that place."""


def resolve(act: dict[str, Any] | None, option: int) -> tuple[str, dict[str, Any]]:
    """The label, which becomes the message's text, and the choice that Rasa is given.

    Args:
        act: of the bot's message, as stored.
        option: the place in its list, from 0.

    Raises:
        NotOffered
    """
    offered = _offered(act or {})
    if not 0 <= option < len(offered):
        raise NotOffered
    entry = offered[option]
    label = _label(entry)
    choice = _meaning(entry, act or {})
    if label is None or choice is None:
        raise NotOffered
    return label, choice


def offered_labels(act: dict[str, Any] | None) -> list[tuple[int, str]]:
    """What a message offers to press: the place in its list and the label, without what could not be
    resolved.
    """
    found = []
    for place, entry in enumerate(_offered(act or {})):
        label = _label(entry)
        if label is not None and _meaning(entry, act or {}) is not None:
            found.append((place, label))
    return found


def _offered(act: dict[str, Any]) -> list[Any]:
    for name in OFFERS:
        entries = act.get(name)
        if isinstance(entries, list) and any(_label(entry) for entry in entries):
            return entries
    return []


def _label(entry: Any) -> str | None:
    found = (entry.get("label") or entry.get("value")) if isinstance(entry, dict) else entry
    return str(found) if isinstance(found, str | int) and str(found) else None


def _meaning(entry: Any, act: dict[str, Any]) -> dict[str, Any] | None:
    field = act.get("field")
    if not isinstance(entry, dict):
        return {"field": field, "value": entry} if field else None
    if topic := entry.get("topic"):
        return {"topic": topic}
    if intent := entry.get("intent"):
        return {"intent": intent}
    if "value" in entry and (named := entry.get("field") or field):
        return {"field": named, "value": entry["value"]}
    kept = entry.get("choice")
    if isinstance(kept, dict):
        return kept
    return {"intent": kept} if isinstance(kept, str) and kept else None
