"""Room: extensions/nlu. Finds demands for what is always refused (a promise, other rules, law), and insults.

A second witness beside the classifier, as safety_phrases is for harm: what a demand is about changes from
message to message, how it is put does not. The phrases stand in `knowledge/vocabulary/phrases`, each with a
line in the table of tests/extensions/nlu/test_limit_phrases.py. Must not import Rasa.
"""

from __future__ import annotations

from extensions.nlu import phrases

_PATTERNS = {
    "chitchat/insult": phrases.load("insult"),
    "decline/misconduct": phrases.load("misconduct"),
    "decline/unsafe_input": phrases.load("unsafe_input"),
    "decline/guarantee": phrases.load("guarantee"),
    "decline/legal_advice": phrases.load("legal_advice"),
}


def named(text: str) -> list[str]:
    """Return the labels whose phrases stand in a text (lower case, as prepared for the classifier)."""
    flat = text.lower().replace("’", "'")
    return [label for label, pattern in _PATTERNS.items() if pattern.search(flat)]
