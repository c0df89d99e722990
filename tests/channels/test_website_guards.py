"""Who may call the website's API, from where, how much and how often."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frontdesk.channels import visitor_tokens
from frontdesk.channels.visitor_tokens import VisitorTokens
from frontdesk.records.models import Conversation
from frontdesk.records.session import Record
from tests.channels.conftest import Visitor

PROBLEM = "application/problem+json"
SITE = "https://www.example.org"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic abc", "Bearer " + "x" * 5000])
def test_a_missing_or_broken_token_is_refused(visitor: Visitor, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = visitor.client.get(f"{visitor.path}/messages", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM)
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_token_is_useless_for_another_conversation(client: httpx.Client, method: str) -> None:
    one, two = Visitor(client), Visitor(client)
    two.say("private")
    answer = client.request(
        method, f"{two.path}/messages", headers=one.headers, json={"client_id": "c", "text": "x"}
    )
    assert answer.status_code == 401
    assert "private" not in answer.text


def test_a_token_signed_by_another_installation_is_refused(visitor: Visitor) -> None:
    forged = VisitorTokens("another key", timedelta(days=1)).issue(visitor.conversation)
    answer = visitor.client.get(f"{visitor.path}/messages", headers={"Authorization": f"Bearer {forged}"})
    assert answer.status_code == 401


def test_whether_a_conversation_exists_is_told_to_nobody_without_its_token(visitor: Visitor) -> None:
    answer = visitor.client.get(f"/api/conversations/{'0' * 32}/messages", headers=visitor.headers)
    assert answer.status_code == 401


def test_a_conversation_that_was_deleted_is_unknown(visitor: Visitor, sqlite_record: Record) -> None:
    with sqlite_record.transaction() as session:
        session.delete(session.get_one(Conversation, visitor.conversation))
    assert visitor.read().status_code == 404


def test_a_conversation_of_another_channel_is_not_the_website_s(
    visitor: Visitor, sqlite_record: Record
) -> None:
    with sqlite_record.transaction() as session:
        session.get_one(Conversation, visitor.conversation).channel = "telegram"
    assert visitor.read().status_code == 404


def test_an_old_token_runs_out() -> None:
    tokens = VisitorTokens("key", timedelta(seconds=-1))
    assert not tokens.admits(tokens.issue("c1"), "c1")


def test_a_token_in_its_second_half_is_replaced_when_it_is_used(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "x-visitor-token" not in visitor.read().headers
    later = visitor_tokens.time.time() + timedelta(days=16).total_seconds()
    monkeypatch.setattr(visitor_tokens.time, "time", lambda: later)
    fresh = visitor.read().headers["x-visitor-token"]
    headers = {"Authorization": f"Bearer {fresh}"}
    assert visitor.client.get(f"{visitor.path}/messages", headers=headers).status_code == 200


def test_a_fresh_token_is_kept() -> None:
    tokens = VisitorTokens("key", timedelta(days=30))
    assert tokens.renewed(tokens.issue("c1"), "c1") is None


def test_a_token_past_its_half_is_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = VisitorTokens("key", timedelta(days=30))
    token = tokens.issue("c1")
    later = visitor_tokens.time.time() + timedelta(days=16).total_seconds()
    monkeypatch.setattr(visitor_tokens.time, "time", lambda: later)
    fresh = tokens.renewed(token, "c1")
    assert fresh is not None
    assert tokens.admits(fresh, "c1")


@given(token=st.text(max_size=600), conversation=st.text(max_size=40))
def test_no_text_is_a_token_by_chance(token: str, conversation: str) -> None:
    assert not VisitorTokens("key", timedelta(days=1)).admits(token, conversation)


def test_a_page_of_an_allowed_site_may_call_and_only_it_is_named(make_client: Callable) -> None:
    client = make_client(allowed_origins=[SITE])
    answer = client.post("/api/conversations", headers={"Origin": SITE})
    assert answer.status_code == 201
    assert answer.headers["access-control-allow-origin"] == SITE
    assert "access-control-allow-credentials" not in answer.headers
    assert "Origin" in answer.headers["vary"]


def test_a_preflight_of_an_allowed_site_is_answered(make_client: Callable) -> None:
    client = make_client(allowed_origins=[SITE])
    answer = client.options(
        "/api/conversations/x/messages",
        headers={
            "Origin": SITE,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type, last-event-id",
        },
    )
    assert answer.status_code == 200
    assert "POST" in answer.headers["access-control-allow-methods"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", SITE + ".evil.example", "http://www.example.org", "null"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_page_of_any_other_site_is_refused(make_client: Callable, origin: str, method: str) -> None:
    client = make_client(allowed_origins=[SITE])
    answer = client.request(method, "/api/conversations", headers={"Origin": origin})
    assert (answer.status_code, answer.headers["content-type"]) == (403, PROBLEM)
    assert "access-control-allow-origin" not in answer.headers


def test_a_page_of_this_site_may_call(client: httpx.Client) -> None:
    origin = str(client.base_url).rstrip("/")
    assert client.post("/api/conversations", headers={"Origin": origin}).status_code == 201


def test_an_error_can_be_read_by_the_allowed_site(make_client: Callable) -> None:
    client = make_client(allowed_origins=[SITE])
    answer = client.get("/api/conversations/x/messages", headers={"Origin": SITE})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == SITE


def test_a_body_too_large_is_refused_before_it_is_read(visitor: Visitor) -> None:
    answer = visitor.send(client_id="c", text="x" * 100_000)
    assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)


def test_a_body_too_large_without_a_length_is_refused(visitor: Visitor) -> None:
    def chunks() -> object:
        for _ in range(200):
            yield b"x" * 1000

    answer = visitor.client.post(
        f"{visitor.path}/messages",
        content=chunks(),
        headers={**visitor.headers, "Content-Type": "application/json"},
    )
    assert answer.status_code == 413


def test_a_visitor_who_writes_too_often_is_told_how_long_to_wait(make_client: Callable) -> None:
    visitor = Visitor(make_client(messages_per_minute=2))
    assert [visitor.send(client_id=f"c{n}", text="x").status_code for n in range(3)] == [202, 202, 429]
    refused = visitor.send(client_id="c9", text="x")
    assert refused.headers["content-type"] == PROBLEM
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.json()["retry_after"] == int(refused.headers["retry-after"])


def test_one_visitor_s_limit_is_not_another_s(make_client: Callable) -> None:
    client = make_client(messages_per_minute=1)
    one, two = Visitor(client), Visitor(client)
    one.say("a")
    assert one.send(client_id="b", text="b").status_code == 429
    two.say("a")


def test_an_address_starts_only_so_many_conversations(make_client: Callable) -> None:
    client = make_client(conversations_per_hour=2)
    assert [client.post("/api/conversations").status_code for _ in range(3)] == [201, 201, 429]


def test_behind_a_trusted_proxy_the_last_hop_counts_not_what_the_client_wrote(make_client: Callable) -> None:
    client = make_client(conversations_per_hour=1, trusted_proxy=True)

    def start(forwarded: str) -> int:
        return client.post("/api/conversations", headers={"X-Forwarded-For": forwarded}).status_code

    assert start("203.0.113.1") == 201
    assert start("198.51.100.7, 203.0.113.1") == 429
    assert start("203.0.113.1, 203.0.113.2") == 201


def test_without_a_proxy_the_header_is_not_believed(make_client: Callable) -> None:
    client = make_client(conversations_per_hour=1)
    codes = [
        client.post("/api/conversations", headers={"X-Forwarded-For": f"203.0.113.{n}"}).status_code
        for n in (1, 2)
    ]
    assert codes == [201, 429]


def test_an_ipv6_customer_counts_as_one(make_client: Callable) -> None:
    client = make_client(conversations_per_hour=1, trusted_proxy=True)
    codes = [
        client.post("/api/conversations", headers={"X-Forwarded-For": f"2001:db8::{n}"}).status_code
        for n in (1, 2)
    ]
    assert codes == [201, 429]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/nothing", 404), ("GET", "/nothing", 404), ("DELETE", "/api/conversations", 405)],
)
def test_what_is_not_there_is_told_as_a_problem(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert answer.json()["status"] == status


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
NEAR_MISSES = st.fixed_dictionaries(
    {},
    optional={
        "client_id": st.text(max_size=70) | JSON,
        "text": st.text(max_size=200) | JSON,
        "choice": JSON | st.fixed_dictionaries({}, optional={"message": JSON, "option": JSON}),
    },
)


def test_no_body_is_ever_our_fault(make_client: Callable) -> None:
    visitor = Visitor(make_client(messages_per_minute=100_000, reads_per_minute=100_000))

    @settings(max_examples=150, deadline=None)
    @given(body=NEAR_MISSES | JSON)
    def send(body: object) -> None:
        # Python's own writer: a careless client sends `Infinity`, which httpx would refuse to write.
        headers = {**visitor.headers, "Content-Type": "application/json"}
        answer = visitor.client.post(f"{visitor.path}/messages", content=json.dumps(body), headers=headers)
        assert answer.status_code in (200, 202, 422)
        if answer.status_code == 422:
            assert answer.headers["content-type"] == PROBLEM

    send()


def test_no_bytes_are_ever_our_fault(make_client: Callable) -> None:
    visitor = Visitor(make_client(messages_per_minute=100_000))

    @settings(max_examples=80, deadline=None)
    @given(body=st.binary(max_size=300), media=st.sampled_from(["application/json", "text/plain", "a/b", ""]))
    def send(body: bytes, media: str) -> None:
        answer = visitor.client.post(
            f"{visitor.path}/messages", content=body, headers={**visitor.headers, "Content-Type": media}
        )
        assert 400 <= answer.status_code < 500 or answer.status_code in (200, 202)

    send()
