"""The consent that is asked before the first personal field: `consent` of organization.yml, or the fallback
here.
"""

from __future__ import annotations

from frontdesk.knowledge.organization import Consent, organization
from frontdesk.knowledge.wording import one_line

FALLBACK = Consent(
    version="built-in-1",
    text=(
        "Before we start: I will save the answers you give for this application and this chat. "
        "The team uses them to "
        "handle your application and to contact you about it. Please don't type passport, exam "
        "or card numbers or "
        "health information. You can stop at any time, and ask us to delete your data."
    ),
)


def current() -> Consent:
    """Version and text as they are now."""
    kept = organization().consent
    if kept is None or not kept.text.strip():
        return FALLBACK
    return Consent(version=kept.version, text=one_line(kept.text))
