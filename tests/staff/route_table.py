"""The table of routes: who may ask what of the front desk. One row a route; `test_routes.py` asks each row.

A route that is not here fails `test_every_route_is_in_the_table`. To add yours:

1. a page of the console: a row in `TABLE`, the answers to nobody, agent, editor, admin. Write the statuses
   that a request with the fields of `FORM` gets on a fresh `Place` (see `test_routes.py`): 303 after a change
   that is done, `IN` for who must sign in first, 403 for a role that may not, 404 or 409 or 422 where the
   example has nothing to change. Where your path has a name (`{document_id}`), give `Place` its value; where
   your form has a field, add it to `FORM`;
2. an address for programs of the console's API: a row in `API` with the scope that opens it;
3. an address of the outside (website, channel, health): a row in `OUTSIDE` that says what lets a caller in;
4. a stream that never ends: a row in `STREAMS`, and a test of its own.

Refused is refused for POST, too: the same table asks each change again without its CSRF token (always 403).
"""

from __future__ import annotations

IN = 303  # to the sign-in page

# (method, path) → the answers to: nobody, agent, editor, admin. A POST without the CSRF token is 403 always.
TABLE: dict[tuple[str, str], tuple[int, int, int, int]] = {
    ("GET", "/staff"): (303, 303, 303, 303),
    ("GET", "/staff/login"): (200, 303, 303, 303),
    ("GET", "/staff/static/{name:path}"): (200, 200, 200, 200),
    ("GET", "/staff/"): (IN, 200, 200, 200),
    ("GET", "/staff/queue"): (IN, 200, 200, 200),
    ("GET", "/staff/queue/beside"): (IN, 200, 200, 200),
    ("GET", "/staff/outages"): (IN, 200, 200, 200),
    ("GET", "/staff/password"): (IN, 200, 200, 200),
    ("GET", "/staff/conversations/{conversation_id}"): (IN, 200, 200, 200),
    ("GET", "/staff/conversations/{conversation_id}/thread"): (IN, 200, 200, 200),
    ("GET", "/staff/conversations/{conversation_id}/handling"): (IN, 200, 200, 200),
    ("GET", "/staff/conversations/{conversation_id}/beside"): (IN, 200, 200, 200),
    ("GET", "/staff/applications"): (IN, 200, 200, 200),
    ("GET", "/staff/applications.csv"): (IN, 403, 200, 200),
    ("GET", "/staff/applications.json"): (IN, 403, 200, 200),
    ("GET", "/staff/applications/{reference}"): (IN, 200, 200, 200),
    ("GET", "/staff/applications/{reference}/print"): (IN, 200, 200, 200),
    ("POST", "/staff/applications/views"): (IN, 303, 303, 303),
    ("POST", "/staff/applications/views/{view_id}/remove"): (IN, 404, 404, 404),
    ("POST", "/staff/applications/bulk"): (IN, 422, 422, 422),
    ("GET", "/staff/single-sign-on"): (404, 404, 404, 404),
    ("GET", "/staff/single-sign-on/callback"): (404, 404, 404, 404),
    ("GET", "/staff/invitation/{token}"): (200, 200, 200, 200),
    ("GET", "/staff/second-factor"): (IN, 303, 303, 303),
    ("GET", "/staff/second-factor/set-up"): (IN, 200, 200, 200),
    ("GET", "/staff/second-factor/qr.svg"): (IN, 200, 200, 200),
    ("GET", "/staff/account"): (IN, 200, 200, 200),
    ("GET", "/staff/team"): (IN, 403, 403, 200),
    ("GET", "/staff/team/{staff_id}/sessions"): (IN, 403, 403, 200),
    ("GET", "/staff/audit.csv"): (IN, 403, 403, 200),
    ("GET", "/staff/keys"): (IN, 403, 403, 200),
    ("GET", "/staff/learning"): (IN, 403, 200, 200),
    ("GET", "/staff/learning/decided"): (IN, 403, 200, 200),
    ("GET", "/staff/learning/messages/{message_id}"): (IN, 200, 200, 200),
    ("GET", "/staff/learning/runs"): (IN, 403, 200, 200),
    ("GET", "/staff/learning/progress"): (IN, 403, 200, 200),
    ("GET", "/staff/learning/runs/{run_id}"): (IN, 403, 200, 200),
    ("GET", "/staff/audit"): (IN, 403, 403, 200),
    ("GET", "/staff/mail"): (IN, 403, 403, 200),
    ("GET", "/staff/mail/{mail_id}"): (IN, 403, 403, 200),
    ("GET", "/staff/files/{file_id}"): (IN, 200, 200, 200),
    ("GET", "/staff/{rest:path}"): (IN, 404, 404, 404),
    ("POST", "/staff/login"): (403, 403, 403, 403),
    ("POST", "/staff/logout"): (IN, 303, 303, 303),
    ("POST", "/staff/password"): (IN, 422, 422, 422),
    ("POST", "/staff/availability"): (IN, 303, 303, 303),
    ("POST", "/staff/conversations/{conversation_id}/claim"): (IN, 303, 303, 303),
    ("POST", "/staff/conversations/{conversation_id}/take-over"): (IN, 303, 303, 303),
    ("POST", "/staff/conversations/{conversation_id}/reply"): (IN, 303, 303, 303),
    ("POST", "/staff/conversations/{conversation_id}/release"): (IN, 409, 409, 409),
    ("POST", "/staff/conversations/{conversation_id}/transfer"): (IN, 422, 422, 422),
    ("POST", "/staff/conversations/{conversation_id}/return"): (IN, 303, 303, 303),
    ("POST", "/staff/conversations/{conversation_id}/close"): (IN, 303, 303, 303),
    ("POST", "/staff/conversations/{conversation_id}/settle"): (IN, 303, 303, 303),
    ("POST", "/staff/applications/{reference}/state"): (IN, 303, 303, 303),
    ("POST", "/staff/mail/{mail_id}/again"): (IN, 403, 403, 303),
    ("POST", "/staff/files/{file_id}/document"): (IN, 303, 303, 303),
    ("POST", "/staff/files/{file_id}/erase"): (IN, 303, 303, 303),
    ("POST", "/staff/team"): (IN, 403, 403, 200),
    ("POST", "/staff/invitation/{token}"): (403, 403, 403, 403),
    ("POST", "/staff/second-factor"): (IN, 303, 303, 303),
    ("POST", "/staff/second-factor/set-up"): (IN, 422, 422, 422),
    ("POST", "/staff/second-factor/codes"): (IN, 422, 422, 422),
    ("POST", "/staff/second-factor/remove"): (IN, 422, 422, 422),
    ("POST", "/staff/account/sessions/{handle}/end"): (IN, 303, 303, 303),
    ("POST", "/staff/account/sessions/end-others"): (IN, 303, 303, 303),
    ("POST", "/staff/team/rules"): (IN, 403, 403, 303),
    ("POST", "/staff/team/invitations"): (IN, 403, 403, 200),
    ("POST", "/staff/team/invitations/{invitation_id}/revoke"): (IN, 403, 403, 303),
    ("POST", "/staff/team/{staff_id}/email"): (IN, 403, 403, 303),
    ("POST", "/staff/team/{staff_id}/sessions/end"): (IN, 403, 403, 303),
    ("POST", "/staff/team/{staff_id}/second-factor/remove"): (IN, 403, 403, 303),
    ("POST", "/staff/learning/teach"): (IN, 403, 422, 422),
    ("POST", "/staff/learning/out-of-scope"): (IN, 403, 422, 422),
    ("POST", "/staff/learning/ask-for-topic"): (IN, 403, 422, 422),
    ("POST", "/staff/learning/dismiss"): (IN, 403, 422, 422),
    ("POST", "/staff/learning/items/{item_id}/reopen"): (IN, 403, 303, 303),
    ("POST", "/staff/learning/messages/{message_id}"): (IN, 303, 303, 303),
    ("POST", "/staff/learning/runs"): (IN, 403, 409, 409),
    ("POST", "/staff/learning/runs/{run_id}/stop"): (IN, 403, 303, 303),
    ("POST", "/staff/learning/runs/{run_id}/live"): (IN, 403, 404, 404),
    ("POST", "/staff/learning/go-back"): (IN, 403, 409, 409),
    ("POST", "/staff/keys"): (IN, 403, 403, 200),
    ("POST", "/staff/keys/{key_id}/revoke"): (IN, 403, 403, 303),
    ("POST", "/staff/team/{staff_id}/reset"): (IN, 403, 403, 200),
    ("POST", "/staff/team/{staff_id}/role"): (IN, 403, 403, 303),
    ("POST", "/staff/team/{staff_id}/disable"): (IN, 403, 403, 303),
    ("POST", "/staff/team/{staff_id}/enable"): (IN, 403, 403, 303),
}
# A stream never ends; who may open it is asked in test_news.py.
STREAMS: set[tuple[str, str]] = {("GET", "/staff/events")}

# (method, path) → the scope that a key needs; "" for any key.
API: dict[tuple[str, str], str] = {}

# (method, path) → what lets a caller in.
OUTSIDE: dict[tuple[str, str], str] = {
    ("GET", "/api/openapi.json"): "everybody",
    ("HEAD", "/api/openapi.json"): "everybody",
    ("GET", "/api/docs"): "everybody",
    ("GET", "/api/docs.css"): "everybody",
    ("POST", "/api/conversations"): "everybody, rate-limited",
    ("POST", "/api/conversations/{conversation_id}/typing"): "the visitor's token",
    ("POST", "/api/conversations/{conversation_id}/messages"): "the visitor's token",
    ("GET", "/api/conversations/{conversation_id}/messages"): "the visitor's token",
    ("GET", "/api/conversations/{conversation_id}/events"): "the visitor's token",
    ("POST", "/api/conversations/{conversation_id}/files"): "the visitor's token",
    ("GET", "/upload/{token}"): "the signed link",
    ("POST", "/upload/{token}"): "the signed link",
    ("GET", "/api/widget/config"): "everybody",
    ("POST", "/api/identity"): "the website's signed token",
    ("PUT", "/api/conversations/{conversation_id}/messages/{message_id}/rating"): "the visitor's token",
    ("GET", "/api/conversations/{conversation_id}/transcript"): "the visitor's token",
    ("GET", "/api/staff-pictures/{picture_id}"): "everybody",
    ("GET", "/widget/{name}"): "everybody",
    ("HEAD", "/widget/{name}"): "everybody",
    ("GET", "/widget.js"): "everybody",
    ("HEAD", "/widget.js"): "everybody",
    ("GET", "/demo.css"): "everybody",
    ("HEAD", "/demo.css"): "everybody",
    ("GET", "/index.html"): "everybody",
    ("HEAD", "/index.html"): "everybody",
    ("GET", "/"): "everybody",
    ("HEAD", "/"): "everybody",
    ("GET", "/channels/{name}"): "the verify token (Meta's check of the address)",
    ("POST", "/channels/{name}"): "the provider's signature on the raw body",
    ("POST", "/channels/rest/webhook"): "the key of CHHA_REST_API_KEY",
    ("POST", "/webhooks/rest/webhook"): "the key of CHHA_REST_API_KEY",
    ("GET", "/go/{code}"): "everybody",
    ("GET", "/health"): "everybody",
    ("GET", "/ready"): "everybody",
    ("GET", "/metrics"): "everybody on the private network",
}

FORM = {
    "text": "Hello",
    "document": "cv",
    "query": "state=offer",
    "state": "offer",
    "seen": "received",
    "role": "agent",
    "login": "newcomer",
    "name": "New",
    "available": "yes",
    "email": "newcomer@example.org",
    "second_factor": "nobody",
    "days": "30",
    "scope-conversations:read": "yes",
}
