"""`/export/<token>`: the copy that a proven person asked for, behind a signed link that runs out."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request, Response

from frontdesk.applications import personal_copy, privacy
from frontdesk.channels.guards import address
from frontdesk.channels.problems import Problem
from frontdesk.channels.visitors import Visitors
from frontdesk.records.models import AuditEntry, PrivacyRequest
from frontdesk.records.session import Record
from frontdesk.settings import Settings


def router(record: Record, settings: Settings, visitors: Visitors) -> APIRouter:
    """The route; whoever holds the link reads, as it was given to the proven person only."""
    made = APIRouter(include_in_schema=False)

    @made.get("/export/{token}")
    def copy(token: str, request: Request) -> Response:
        gone = Problem(
            404, "export", "This link does not work (any more). Ask again in the chat: show my data."
        )
        request_id = privacy.request_of(token, settings.secret_key)
        if request_id is None:
            visitors.rates.count("refused tokens", address(request, settings.trusted_proxy))
            raise gone
        with record.transaction() as session:
            kept = session.get(PrivacyRequest, request_id)
            if kept is None or kept.kind != "export" or kept.state != "done" or kept.conversation_id is None:
                raise gone
            body = personal_copy.copy_of(session, kept.conversation_id)
            session.add(AuditEntry(actor="applicant", action="privacy.export_read", subject=request_id))
        return Response(
            json.dumps(body, ensure_ascii=False, indent=2) + "\n",
            media_type="application/json",
            headers={
                "Content-Disposition": 'attachment; filename="my-data.json"',
                "Cache-Control": "no-store",
                "Referrer-Policy": "no-referrer",
                "X-Robots-Tag": "noindex, nofollow",
            },
        )

    return made
