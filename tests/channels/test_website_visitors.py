"""What a visitor may do beside writing: rate, wait for news, keep the thread, agree, be known, leave word."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import select

from frontdesk.conversations import holder, pictures, staff_typing
from frontdesk.records.models import (
    ChatConsent,
    Conversation,
    Handoff,
    Mail,
    Message,
    Rating,
    SitePerson,
    Turn,
)
from frontdesk.records.session import Record
from tests.channels.conftest import Visitor

KEY = "k" * 40
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + bytes(30)


def rate(visitor: Visitor, message_id: str, helpful: Any) -> httpx.Response:
    path = f"{visitor.path}/messages/{message_id}/rating"
    return visitor.client.put(path, json={"helpful": helpful}, headers=visitor.headers)


def signed(key: str = KEY, algorithm: str = "HS256", **claims: Any) -> str:
    claims = {"sub": "site-7", "exp": int(time.time()) + 60, **claims}
    return jwt.encode({"alg": algorithm}, claims, OctKey.import_key(key), algorithms=[algorithm])


# --- ratings


def test_an_answer_is_rated_changed_and_taken_back(visitor: Visitor, bot_says: Callable) -> None:
    answer = bot_says(visitor, "An answer").id
    for helpful in (True, False, None):
        assert rate(visitor, answer, helpful).status_code == 204
        assert visitor.read().json()["messages"][0]["helpful"] is helpful


def test_two_ratings_of_one_answer_are_one_row(
    visitor: Visitor, bot_says: Callable, sqlite_record: Record
) -> None:
    answer = bot_says(visitor, "An answer").id
    rate(visitor, answer, True)
    rate(visitor, answer, False)
    with sqlite_record.reading() as session:
        assert [row.helpful for row in session.scalars(select(Rating))] == [False]


def test_neither_one_s_own_words_nor_another_s_answer_can_be_rated(
    client: httpx.Client, bot_says: Callable
) -> None:
    one, two = Visitor(client), Visitor(client)
    own = one.say("hello")["id"]
    foreign = bot_says(two, "An answer").id
    assert [rate(one, own, True).status_code, rate(one, foreign, True).status_code] == [404, 404]
    assert rate(one, own, "yes, please").status_code == 422


# --- waiting for news


def test_a_waiting_read_is_answered_when_something_is_said(visitor: Visitor, bot_says: Callable) -> None:
    threading.Timer(0.3, lambda: bot_says(visitor, "News")).start()
    began = time.monotonic()
    found = visitor.read(wait=20).json()
    assert [message["text"] for message in found["messages"]] == ["News"]
    assert time.monotonic() - began < 10


def test_a_waiting_read_without_news_ends_empty(visitor: Visitor) -> None:
    began = time.monotonic()
    assert visitor.read(wait=1).json()["messages"] == []
    assert time.monotonic() - began >= 0.9


def test_a_waiting_read_ends_when_the_state_is_not_the_known_one(
    visitor: Visitor, sqlite_record: Record
) -> None:
    known = visitor.read().json()["state_tag"]
    with sqlite_record.transaction() as session:
        holder.queue(session, visitor.conversation, reason="asked", message_id=None, available=True)
    path = f"{visitor.path}/messages"
    found = visitor.client.get(path, params={"wait": 20, "known": known}, headers=visitor.headers).json()
    assert (found["state"]["holder"], found["messages"]) == ("queued", [])


# --- the person of the team


def test_a_person_who_writes_is_seen_writing_until_the_reply(
    visitor: Visitor, sqlite_record: Record, make_staff: Callable
) -> None:
    ann, bo = make_staff(sqlite_record, "Ann"), make_staff(sqlite_record, "Bo")
    with sqlite_record.transaction() as session:
        holder.queue(session, visitor.conversation, reason="asked", message_id=None, available=True)
        assert not staff_typing.is_typing(session, visitor.conversation, ann)
        holder.claim(session, visitor.conversation, ann)
        assert not staff_typing.is_typing(session, visitor.conversation, bo)
        assert staff_typing.is_typing(session, visitor.conversation, ann)
    assert visitor.read().json()["state"]["typing"] is True
    with sqlite_record.transaction() as session:
        holder.reply(session, visitor.conversation, ann, "Hello")
    assert visitor.read().json()["state"]["typing"] is False


def test_writing_that_is_not_said_again_fades(
    visitor: Visitor, sqlite_record: Record, make_staff: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staff_typing, "SECONDS", 0)
    ann = make_staff(sqlite_record, "Ann")
    with sqlite_record.transaction() as session:
        holder.queue(session, visitor.conversation, reason="asked", message_id=None, available=True)
        holder.claim(session, visitor.conversation, ann)
        staff_typing.is_typing(session, visitor.conversation, ann)
    assert visitor.read().json()["state"]["typing"] is False


def test_a_person_s_picture_stands_beside_their_words(
    visitor: Visitor, sqlite_record: Record, make_staff: Callable
) -> None:
    ann = make_staff(sqlite_record, "Ann")
    with sqlite_record.transaction() as session:
        pictures.keep_picture(session, ann, PNG)
        holder.queue(session, visitor.conversation, reason="asked", message_id=None, available=True)
        holder.reply(session, visitor.conversation, ann, "Hello")
    thread = visitor.read().json()
    path = thread["messages"][-1]["picture"]
    assert path == thread["state"]["staff"]["picture"]
    found = visitor.client.get(path)
    assert (found.content, found.headers["content-type"]) == (PNG, "image/png")
    assert "immutable" in found.headers["cache-control"]
    with sqlite_record.transaction() as session:
        pictures.keep_picture(session, ann, PNG + b"new")
    assert visitor.client.get(path).status_code == 404


@pytest.mark.parametrize(
    "image", [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", PNG + bytes(200_000)]
)
def test_what_is_no_small_picture_is_not_kept(
    sqlite_record: Record, make_staff: Callable, image: bytes
) -> None:
    ann = make_staff(sqlite_record, "Ann")
    with pytest.raises(pictures.UnusablePicture), sqlite_record.transaction() as session:
        pictures.keep_picture(session, ann, image)


# --- keeping the thread


def test_the_transcript_is_a_text_with_names_times_and_sources(visitor: Visitor, bot_says: Callable) -> None:
    visitor.say("What is a residency?")
    visitor.until(2)
    source = {"title": "Guide", "url": "https://example.org/guide"}
    bot_says(visitor, "Paid training.", {"act": "answer", "sources": [source], "reviewed": "2026-11-22"})
    path = f"{visitor.path}/transcript"
    answer = visitor.client.get(path, params={"time_zone": "Asia/Kolkata"}, headers=visitor.headers)
    assert answer.headers["content-type"].startswith("text/plain")
    assert "attachment" in answer.headers["content-disposition"]
    for words in (
        "You:\nWhat is a residency?",
        "Assistant:\nPaid training.",
        "Guide <https://example.org/guide>",
    ):
        assert words in answer.text
    assert "IST]" in answer.text
    assert "Reviewed on 2026-11-22" in answer.text
    assert (
        visitor.client.get(path, params={"time_zone": "../etc"}, headers=visitor.headers).status_code == 200
    )


def test_the_transcript_of_another_visitor_is_not_given_out(client: httpx.Client) -> None:
    one, two = Visitor(client), Visitor(client)
    assert client.get(f"{two.path}/transcript", headers=one.headers).status_code == 401


def mailed(visitor: Visitor, email: str) -> httpx.Response:
    return visitor.client.post(f"{visitor.path}/transcript", json={"email": email}, headers=visitor.headers)


def test_the_thread_goes_by_letter_to_the_address_that_was_given(
    make_client: Callable, sqlite_record: Record
) -> None:
    visitor = Visitor(make_client(smtp_url="smtp://127.0.0.1:2525"))
    visitor.say("What is a residency?")
    assert mailed(visitor, "amina@example.org").status_code == 202
    with sqlite_record.reading() as session:
        letter = session.scalars(select(Mail)).one()
    assert (letter.recipient, letter.conversation_id) == ("amina@example.org", visitor.conversation)
    assert "What is a residency?" in letter.body


def test_letters_are_few_and_go_to_addresses_only(make_client: Callable) -> None:
    visitor = Visitor(make_client(smtp_url="smtp://127.0.0.1:2525"))
    addresses = ("nobody", "a@example.org", "b@example.org", "c@example.org")
    assert [mailed(visitor, address).status_code for address in addresses] == [422, 202, 202, 429]


def test_where_no_letters_are_sent_none_is_offered(visitor: Visitor) -> None:
    assert visitor.client.get("/api/widget/config").json()["mail"] is False
    assert mailed(visitor, "amina@example.org").status_code == 404


def test_the_widget_is_told_which_files_are_taken(make_client: Callable) -> None:
    rules = make_client(file_size_limit=20_000).get("/api/widget/config").json()["files"]
    assert rules["max_size"] == 20_000
    assert {".pdf", "application/pdf"} <= set(rules["accept"].split(","))


# --- the consent notice


@pytest.fixture
def with_notice(make_client: Callable, tmp_path: Path) -> httpx.Client:
    file = tmp_path / "organization.yml"
    file.write_text("consent_notice: We keep this chat.\n")
    made: httpx.Client = make_client(organization_file=file)
    return made


def test_no_conversation_is_started_before_the_notice_is_agreed_to(
    with_notice: httpx.Client, sqlite_record: Record
) -> None:
    notice = with_notice.get("/api/widget/config").json()["consent_notice"]
    assert notice["text"] == "We keep this chat."
    refused = [with_notice.post("/api/conversations", json=body) for body in (None, {}, {"consent": "old"})]
    assert {answer.status_code for answer in refused} == {422}
    assert {answer.json()["type"] for answer in refused} == {"urn:chha:problem:consent"}
    started = with_notice.post("/api/conversations", json={"consent": notice["version"]})
    assert started.status_code == 201
    with sqlite_record.reading() as session:
        kept = session.get_one(ChatConsent, started.json()["conversation"])
    assert (kept.version, kept.text) == (notice["version"], "We keep this chat.")


def test_without_a_notice_nothing_is_asked_for(client: httpx.Client) -> None:
    assert client.get("/api/widget/config").json()["consent_notice"] is None
    assert client.post("/api/conversations").status_code == 201


# --- a message for the team


def test_a_message_left_for_the_team_waits_for_a_person_and_not_for_the_bot(
    visitor: Visitor, sqlite_record: Record
) -> None:
    body = {"client_id": "c1", "text": "Please call me", "for_the_team": {"email": "amina@example.org"}}
    assert [visitor.send(body).status_code for _ in range(2)] == [202, 200]
    thread = visitor.read().json()
    assert thread["state"]["holder"] == "queued"
    assert [message["from"] for message in thread["messages"]] == ["applicant", "system"]
    assert "amina@example.org" in thread["messages"][0]["text"]
    assert "amina@example.org" in thread["messages"][1]["text"]
    with sqlite_record.reading() as session:
        assert session.scalars(select(Turn)).all() == []
        assert [found.reason for found in session.scalars(select(Handoff))] == ["message_left"]


def test_an_address_that_is_none_is_refused(visitor: Visitor) -> None:
    body = {"client_id": "c1", "text": "Hi", "for_the_team": {"email": "nobody"}}
    assert visitor.send(body).status_code == 422


# --- the site's signed identity


@pytest.fixture
def known_client(make_client: Callable) -> httpx.Client:
    made: httpx.Client = make_client(identity_key=KEY)
    return made


def identify(client: httpx.Client, identity: str, visitor: Visitor | None = None) -> httpx.Response:
    body = {"identity": identity, "conversation": visitor.conversation if visitor else None}
    return client.post("/api/identity", json=body, headers=visitor.headers if visitor else {})


def test_a_person_of_the_site_finds_the_thread_again_on_another_device(known_client: httpx.Client) -> None:
    phone = Visitor(known_client)
    phone.say("from the phone")
    assert identify(known_client, signed(name="Amina"), phone).status_code == 200
    found = identify(known_client, signed()).json()["threads"]
    assert [(thread["conversation"], thread["began_with"]) for thread in found] == [
        (phone.conversation, "from the phone")
    ]
    headers = {"Authorization": f"Bearer {found[0]['token']}"}
    assert known_client.get(f"{phone.path}/messages", headers=headers).status_code == 200


def test_a_conversation_can_be_started_as_a_person_of_the_site(
    known_client: httpx.Client, sqlite_record: Record
) -> None:
    started = known_client.post("/api/conversations", json={"identity": signed(email="a@example.org")})
    with sqlite_record.reading() as session:
        kept = session.get_one(SitePerson, started.json()["conversation"])
    assert (kept.subject, kept.email) == ("site-7", "a@example.org")


def test_one_person_never_gets_another_s_thread(known_client: httpx.Client) -> None:
    first = Visitor(known_client)
    first.say("private")
    identify(known_client, signed(), first)
    assert identify(known_client, signed(sub="site-8"), first).status_code == 409
    assert identify(known_client, signed(sub="site-8")).json()["threads"] == []


def test_joining_needs_the_token_of_the_conversation(known_client: httpx.Client) -> None:
    one, two = Visitor(known_client), Visitor(known_client)
    two.say("private")
    two.headers = one.headers
    assert identify(known_client, signed(), two).status_code == 401
    assert identify(known_client, signed()).json()["threads"] == []


def unsigned() -> str:
    return "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzaXRlLTciLCJleHAiOjk5OTk5OTk5OTl9."


@pytest.mark.parametrize(
    "identity",
    [
        signed(key="x" * 40),
        signed(key="k" * 40 + "k" * 24, algorithm="HS512"),
        signed(exp=int(time.time()) - 3600),
        signed(exp=None),
        signed(sub=None),
        signed(sub=""),
        signed(sub="s" * 200),
        signed(sub=7),
        unsigned(),
        "x.y.z",
        "x",
    ],
)
def test_a_token_that_proves_nothing_is_refused(known_client: httpx.Client, identity: str) -> None:
    answer = identify(known_client, identity)
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:chha:problem:identity")


def test_without_a_key_no_site_vouches_for_anybody(client: httpx.Client) -> None:
    assert identify(client, signed()).status_code == 404


# --- proof of work after abuse


def solved(challenge: dict[str, Any]) -> str:
    import base64
    import hashlib
    import json

    number = next(
        number
        for number in range(challenge["maxnumber"] + 1)
        if hashlib.sha256(f"{challenge['salt']}{number}".encode()).hexdigest() == challenge["challenge"]
    )
    fields = {name: challenge[name] for name in ("algorithm", "challenge", "salt", "signature")}
    return base64.b64encode(json.dumps({**fields, "number": number}).encode()).decode()


def test_who_runs_into_the_limits_again_and_again_must_show_work(make_client: Callable) -> None:
    client = make_client(messages_per_minute=1, captcha_work=200)
    busy = Visitor(client)
    busy.say("first")
    for turn in range(6):
        assert busy.send(client_id=f"c{turn}", text="more").status_code == 429
    refused = client.post("/api/conversations")
    assert (refused.status_code, refused.json()["type"]) == (428, "urn:chha:problem:proof")
    proof = {"X-Proof-Of-Work": solved(refused.json()["challenge"])}
    assert client.post("/api/conversations", headers=proof).status_code == 201
    # It is believed again, and the solution is used up.
    assert client.post("/api/conversations").status_code == 201


def test_a_solution_is_good_once_and_for_our_own_challenges_only(make_client: Callable) -> None:
    client = make_client(captcha="always", captcha_work=50)
    challenge = client.post("/api/conversations").json()["challenge"]
    right = solved(challenge)
    forged = solved({**challenge, "signature": "0" * 64})
    codes = [
        client.post("/api/conversations", headers={"X-Proof-Of-Work": proof}).status_code
        for proof in ("", "nonsense", "e30=", forged, right, right)
    ]
    assert codes == [428, 428, 428, 428, 201, 428]


def test_a_solution_runs_out(make_client: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    from frontdesk.channels import proof_of_work

    client = make_client(captcha="always", captcha_work=50)
    proof = solved(client.post("/api/conversations").json()["challenge"])
    later = time.time() + 400
    monkeypatch.setattr(proof_of_work.time, "time", lambda: later)
    assert client.post("/api/conversations", headers={"X-Proof-Of-Work": proof}).status_code == 428


def test_a_deleted_thread_takes_along_what_hung_on_it(
    known_client: httpx.Client, bot_says: Callable, sqlite_record: Record
) -> None:
    visitor = Visitor(known_client)
    rate(visitor, bot_says(visitor, "An answer").id, True)
    identify(known_client, signed(), visitor)
    with sqlite_record.transaction() as session:
        for message in session.scalars(select(Message)):
            session.delete(message)
        session.flush()
        session.delete(session.get_one(Conversation, visitor.conversation))
    with sqlite_record.reading() as session:
        assert (session.scalars(select(Rating)).all(), session.scalars(select(SitePerson)).all()) == ([], [])
