"""A field changed by a member of staff: read like an applicant's answer, kept with its history.

Works on a draft and on an application that was sent alike.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from frontdesk.applications import drafts
from frontdesk.applications.drafts import DraftError
from frontdesk.applications.fields import BY_NAME, RECORD, Values
from frontdesk.applications.parsing import years
from frontdesk.applications.parsing.result import Certain, Confirm, Context
from frontdesk.applications.wording import ApplicationWording
from frontdesk.records.models import Application, Draft, DraftChange, now


class Changed(RuntimeError):
    """The field is not what the person saw any more; nothing was written."""


def read(name: str, text: str, values: Values, wording: ApplicationWording, today: dt.date) -> Any:
    """What staff wrote or chose, as the value that is kept; None leaves an optional field open.

    Raises:
        DraftError: no such field, or a text that is no value of it.
    """
    if name not in RECORD:
        raise DraftError(f"{name!r} is no field of an application.")
    said, text = wording.fields[name], text.strip()
    if not text:
        if not said.optional:
            raise DraftError(f"{said.label} can't be left open.")
        return None
    if text in said.choices:
        value: Any = text
    else:
        parsed = BY_NAME[name].parse(text, Context(today=today, values=values))
        if not isinstance(parsed, Certain | Confirm):
            raise DraftError(f"{said.label}: that value can't be used. {said.invalid}")
        value = parsed.value
    if not BY_NAME[name].accepts(value):
        raise DraftError(f"{said.label}: that value can't be used. {said.invalid}")
    if name == "graduation_year":
        problem = years.implausible(value, Context(today=today, values={**values, name: value}))
        if problem:
            raise DraftError(wording.asked(problem, year=value))
    return value


def change(
    session: Session,
    target: Draft | Application,
    name: str,
    text: str,
    *,
    seen: str,
    by: str,
    wording: ApplicationWording,
    today: dt.date,
) -> bool:
    """Change one field; whether anything is different now. The caller has locked the conversation's row.

    Args:
        seen: the field as the person saw it, by `mark`.

    Raises:
        Changed, DraftError
    """
    if mark(target.values, name) != seen:
        raise Changed(name)
    value = read(name, text, target.values, wording, today)
    if name in target.values and target.values[name] == value:
        return False
    if isinstance(target, Draft):
        drafts.set_value(session, target, name, value, by=by, wording=wording, today=today)
        session.flush()
        return True
    before = target.values.get(name)
    target.values = {**target.values, name: value}
    if name in ("email", "phone"):
        setattr(target, name, value)
    target.updated_at = now()
    session.add(
        DraftChange(
            draft_id=target.draft_id,
            field=name,
            before=None if before is None else {"value": before},
            after=None if value is None else {"value": value},
            by=by,
        )
    )
    session.flush()
    return True


def mark(values: Values, name: str) -> str:
    """A field's value as a form carries it, to find out that it was changed meanwhile."""
    return repr(values.get(name)) if name in values else ""
