"""The language an applicant writes in, in English words for the team."""

from __future__ import annotations

import pycountry


def said(code: str | None) -> str | None:
    """`es` as "Spanish"; a code that is not known as it stands; None when nobody heard which it is."""
    if not code:
        return None
    base = code.split("-")[0].casefold()
    found = pycountry.languages.get(alpha_2=base) if len(base) == 2 else pycountry.languages.get(alpha_3=base)
    return found.name.split(" (")[0].split(";")[0] if found else code
