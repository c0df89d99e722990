"""`python -m frontdesk.channels.registration`: check each channel and tell providers our address where they
let us.

Exit codes: 0 everything that is on is well, 1 something is not, 2 a setting or the record is to be mended
first.
"""

from __future__ import annotations

import asyncio
import sys

from sqlalchemy.exc import SQLAlchemyError

from frontdesk.channels import health
from frontdesk.channels.channel import Channel, SendFailure, Webhook
from frontdesk.channels.configured import KINDS, configured, webhook_url
from frontdesk.records.migrate import migrate
from frontdesk.records.session import Record
from frontdesk.settings import Settings, SettingsError, load_settings


async def check(record: Record, channels: dict[str, Channel], *, register: bool) -> dict[str, Webhook]:
    """Ask each provider (after telling it our address, when `register`) and keep the answers for the
    console.
    """
    found: dict[str, Webhook] = {}
    for name, channel in channels.items():
        try:
            told = await (channel.register() if register else channel.webhook())
        except SendFailure as failure:
            told = Webhook("unknown", str(failure))
            with record.transaction() as session:
                health.failed(session, name, str(failure))
        with record.transaction() as session:
            health.checked(session, name, told)
        found[name] = told
    return found


def report(settings: Settings, found: dict[str, Webhook]) -> str:
    """One paragraph a channel."""
    lines = []
    for kind in KINDS:
        if not kind.is_on(settings):
            lines.append(f"{kind.title}: off ({', '.join(kind.missing(settings))} not set)")
        elif kind.name in found:
            told = found[kind.name]
            lines.append(f"{kind.title}: on at {webhook_url(settings, kind.name)}, webhook {told.state}")
            lines += [f"    {told.note}"] if told.note else []
        else:
            lines.append(f"{kind.title}: on at {settings.base_url}/channels/rest/webhook")
    return "\n".join(lines)


def main() -> int:
    try:
        settings = load_settings()
        record = Record(settings.database)
        migrate(record)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except (SQLAlchemyError, OSError) as error:
        cause = str(getattr(error, "orig", error)).splitlines()[0]
        print(f"The record does not answer: {cause}. Check DATABASE_URL.", file=sys.stderr)
        return 2
    if not settings.base_url.startswith("https://"):
        print("Providers call https addresses only: set CHHA_PUBLIC_URL to the desk's public address.")
    channels = configured(settings)
    register = settings.base_url.startswith("https://")
    found = asyncio.run(_run(record, channels, register))
    print(report(settings, found))
    record.close()
    return 1 if any(told.state in ("missing", "elsewhere") for told in found.values()) else 0


async def _run(record: Record, channels: dict[str, Channel], register: bool) -> dict[str, Webhook]:
    try:
        return await check(record, channels, register=register)
    finally:
        for channel in channels.values():
            await channel.close()


if __name__ == "__main__":
    raise SystemExit(main())
