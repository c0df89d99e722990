"""A thread as a text that its visitor may keep: who said what when, with the sources of each answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from frontdesk.knowledge.organization import Organization
from frontdesk.records.models import Message

WHO = {"applicant": "You", "bot": "Assistant", "staff": "Team", "system": "Note"}


def plain_text(
    organization: Organization, messages: Sequence[Message], names: dict[str, str], zone: ZoneInfo | None
) -> str:
    """The thread in plain text.

    Args:
        names: names of the staff by id.
        zone: the visitor's own time zone; UTC when None.
    """
    lines = [
        f"Your conversation with the {organization.name} front desk",
        f"Saved on {_moment(None, zone)}",
        "",
    ]
    for message in messages:
        who = names.get(message.staff_id or "", WHO["staff"]) if message.author == "staff" else None
        lines.append(f"[{_moment(message.created_at, zone)}] {who or WHO[message.author]}:")
        lines.append(message.text)
        lines.extend(_proof(message))
        lines.append("")
    return "\n".join(lines)


def _proof(message: Message) -> list[str]:
    act = message.act or {}
    told = []
    for source in act.get("sources") or []:
        if isinstance(source, dict) and source.get("title"):
            told.append(f"  Source: {source['title']}" + (f" <{source['url']}>" if source.get("url") else ""))
    if act.get("reviewed"):
        told.append(f"  Reviewed on {act['reviewed']}")
    return told


def _moment(at: datetime | None, zone: ZoneInfo | None) -> str:
    local = (at or datetime.now(UTC)).astimezone(zone or UTC)
    return f"{local:%Y-%m-%d %H:%M} {local.tzname()}"
