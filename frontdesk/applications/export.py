"""Applications as JSON and CSV, under the specification's field names."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.applications.fields import RECORD
from frontdesk.records.models import Application

ABOUT = ("reference", "state", "sent_at", "updated_at", "consent_at", "consent_version")
COLUMNS = (*ABOUT, *RECORD)
LIST_SIGN = "; "
# How a formula may begin in a table program, wide letters included (OWASP, CSV injection).
FORMULA_SIGNS = frozenset("=@-\t\r\n＝＋－＠")


def row(application: Application) -> dict[str, Any]:
    """One application: what it is about, then every field of the record; times as ISO 8601 in UTC."""
    told: dict[str, Any] = {}
    for name in ABOUT:
        value = getattr(application, name)
        told[name] = value.isoformat() if hasattr(value, "isoformat") else value
    return {**told, **{name: application.values.get(name) for name in RECORD}}


def rows(session: Session) -> list[dict[str, Any]]:
    """All applications, the oldest first."""
    found = session.scalars(select(Application).order_by(Application.sent_at, Application.id))
    return [row(one) for one in found]


def as_json(told: Iterable[dict[str, Any]]) -> str:
    """A JSON list, readable, in UTF-8 letters."""
    return json.dumps(list(told), ensure_ascii=False, indent=2) + "\n"


def as_csv(told: Iterable[dict[str, Any]]) -> str:
    """CSV with a header; lists are joined by "; ", what is open is empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n", extrasaction="ignore")
    writer.writeheader()
    for one in told:
        writer.writerow({name: _cell(name, one.get(name)) for name in COLUMNS})
    return out.getvalue()


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    text = LIST_SIGN.join(str(item) for item in value) if isinstance(value, list) else str(value)
    # A table program runs a cell that begins like a formula; applicants' words must not.
    if text[:1] in FORMULA_SIGNS or (text[:1] == "+" and name != "phone"):
        return "'" + text
    return text
