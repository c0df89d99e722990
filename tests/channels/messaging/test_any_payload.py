"""Payloads as the providers document them, and what becomes of them when they are changed at random."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.channels.messaging.senders import SENDERS
from tests.channels.messaging.test_inbound_effects import MEDIA, MESSENGER, SLACK, TELEGRAM, WHATSAPP

UPDATES: list[tuple[str, dict[str, Any]]] = [
    *(("telegram", {"update_id": 100 + n, "message": one}) for n, one in enumerate(MEDIA.values())),
    ("telegram", {"update_id": 1, "edited_message": TELEGRAM.message(1, text="Edited")}),
    (
        "telegram",
        {"update_id": 2, "inline_query": {"id": "1", "from": {"id": 1}, "query": "inline", "offset": ""}},
    ),
    ("telegram", {"update_id": 3, "channel_post": TELEGRAM.message(1, text="x")}),
    (
        "telegram",
        {
            "update_id": 4,
            "callback_query": {
                "id": "4382bfdwdsb323b2d9",
                "from": {"id": 1111},
                "inline_message_id": "1",
                "data": "x",
            },
        },
    ),
    ("whatsapp", WHATSAPP.value(messages=[WHATSAPP.one(1, "text", {"body": "MESSAGE_BODY"})])),
    (
        "whatsapp",
        WHATSAPP.value(
            messages=[
                WHATSAPP.one(
                    2, "image", {"caption": "C", "mime_type": "image/jpeg", "sha256": "s", "id": "7"}
                )
            ]
        ),
    ),
    (
        "whatsapp",
        WHATSAPP.value(messages=[WHATSAPP.one(3, "sticker", {"mime_type": "image/webp", "id": "7"})]),
    ),
    (
        "whatsapp",
        WHATSAPP.value(
            messages=[
                {
                    **WHATSAPP.one(4, "unknown", {}),
                    "errors": [{"code": 131051, "title": "Unsupported message type"}],
                }
            ]
        ),
    ),
    (
        "whatsapp",
        WHATSAPP.value(
            messages=[WHATSAPP.one(5, "location", {"latitude": 1.5, "longitude": 2, "name": "N"})]
        ),
    ),
    (
        "whatsapp",
        WHATSAPP.value(
            messages=[WHATSAPP.one(6, "contacts", [{"name": {"formatted_name": "N"}, "phones": []}])]
        ),
    ),
    (
        "whatsapp",
        WHATSAPP.value(
            messages=[
                WHATSAPP.one(
                    7, "interactive", {"type": "list_reply", "list_reply": {"id": "x", "title": "T"}}
                )
            ]
        ),
    ),
    (
        "whatsapp",
        WHATSAPP.value(
            statuses=[
                {
                    "id": "wamid.9",
                    "status": "failed",
                    "timestamp": "1",
                    "recipient_id": "1",
                    "errors": [{"code": 131014, "title": "Request for url failed"}],
                }
            ]
        ),
    ),
    (
        "messenger",
        MESSENGER.page(
            {
                "message": {
                    "mid": "mid.1",
                    "text": "hello, world!",
                    "quick_reply": {"payload": "DEVELOPER_DEFINED"},
                }
            }
        ),
    ),
    (
        "messenger",
        MESSENGER.page(
            {"message": {"mid": "mid.2", "attachments": [{"type": "image", "payload": {"url": "https://x"}}]}}
        ),
    ),
    ("messenger", MESSENGER.page({"delivery": {"mids": ["mid.1"], "watermark": 1458668856253}})),
    ("messenger", MESSENGER.page({"read": {"watermark": 1458668856253}})),
    ("messenger", MESSENGER.page({"optin": {"ref": "X"}}, {"account_linking": {"status": "linked"}})),
    (
        "slack",
        SLACK.event(
            "Ev1",
            type="message",
            channel="D024BE91L",
            user="U2147483697",
            text="Hello",
            ts="1355517523.000005",
            channel_type="im",
        ),
    ),
    (
        "slack",
        SLACK.event(
            "Ev2",
            type="message",
            subtype="file_share",
            channel="D1",
            user="U1",
            text="",
            ts="1.3",
            channel_type="im",
            files=[{"id": "F1", "mimetype": "image/png", "url_private": "https://files.slack.com/x"}],
        ),
    ),
    (
        "slack",
        SLACK.event(
            "Ev3",
            type="reaction_removed",
            user="U1",
            reaction="thumbsup",
            item={"type": "message", "channel": "D1", "ts": "1.3"},
        ),
    ),
    ("slack", SLACK.event("Ev4", type="member_joined_channel", user="U1", channel="C1")),
    (
        "generic",
        {
            "events": [
                {
                    "type": "message",
                    "id": "1",
                    "thread": "t",
                    "text": "x",
                    "media": [{"kind": "photo", "url": "https://x"}],
                }
            ]
        },
    ),
]


@pytest.mark.parametrize("number", range(len(UPDATES)))
def test_a_documented_payload_is_accepted_and_changes_nothing_the_second_time(kit: Any, number: int) -> None:
    name, body = UPDATES[number]
    kit.accept(SENDERS[name].signed(body))
    stored = kit.stored()
    assert stored > 0
    kit.accept(SENDERS[name].signed(body))
    assert kit.stored() == stored


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=40),
    st.just("x" * 5000),
    st.just("\x00\ud800"),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        found += places(one, (*path, key))
    return found


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_a_changed_payload_is_never_a_500_and_never_doubled(kit: Any, data: st.DataObject) -> None:
    name, body = data.draw(st.sampled_from(UPDATES))
    changed = copy.deepcopy(body)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(changed)))
        parent: Any = changed
        for key in path[:-1]:
            parent = parent[key]
        if data.draw(st.booleans()):
            parent[path[-1]] = data.draw(ODD)
        elif isinstance(parent, dict):
            del parent[path[-1]]
        if not places(changed):
            break
    call = SENDERS[name].signed(changed)
    before = kit.stored()
    first = kit.post(call)
    assert first.status_code in (200, 400), first.text
    kept = kit.stored()
    assert kept >= before
    assert kit.post(call).status_code == first.status_code
    assert kit.stored() == kept
