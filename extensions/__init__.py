"""Rasa's room: what runs inside Rasa Open Source 3.6.21 and is ours (Python 3.10).

May change: NLU components, the private channel, the tracker store, the launcher. Must not import:
frontdesk, actions.
"""

import warnings

# Our labels use Rasa's notation for retrieval intents (faq/rotation_cost), our answers come from knowledge/
# through an action. Rasa warns once for each example that it finds no response selector and no response for
# it: thousands of lines.
WARNINGS_ABOUT_PARTS_NOT_USED = (
    r"(?s).*You either need to add a response phrase or correct the intent",
    r"(?s).*does not include a response selector component",
    r"(?s).*Action 'utter_(faq|chitchat|decline|safety)' is listed as a response action",
    r"(?s).*duplicated intents have been found across multiple domain files: chitchat, decline, faq, safety",
    # Rasa's validator says at each training what extensions/rule_policy.py is for.
    r"(?s).*'RulePolicy' is not included in the model's policy configuration",
)


def ignore_warnings_about_parts_not_used() -> None:
    """Put the filters first; Rasa's command line puts its own before those that are there."""
    for message in WARNINGS_ABOUT_PARTS_NOT_USED:
        warnings.filterwarnings("ignore", message=message, category=UserWarning)


ignore_warnings_about_parts_not_used()
