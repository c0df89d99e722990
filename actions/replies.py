"""How a reply leaves an action: words for the reader, then the dialogue act that says what was done."""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from frontdesk.knowledge.topics import topics


def say(dispatcher: CollectingDispatcher, text: str, act: dict[str, Any]) -> None:
    """One reply: `text`, and its `custom` payload whose `act` names the dialogue act."""
    dispatcher.utter_message(text=text)
    dispatcher.utter_message(json_message=act)


def topic_options(ids: list[str]) -> list[dict[str, str]]:
    """Topics as options with human words."""
    known = topics()
    return [{"topic": topic, "label": known.label(topic)} for topic in ids if topic in known]
