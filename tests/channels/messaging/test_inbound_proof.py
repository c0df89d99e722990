"""Every channel: who cannot prove where a call comes from leaves no trace; who can is kept once, in order."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from frontdesk.channels import meta
from frontdesk.channels.generic import key_of, signature
from frontdesk.records.models import Turn
from frontdesk.records.session import Record
from tests.channels.messaging.senders import SENDERS, Generic, Sender, Slack, Sms, Telegram

PROOFS = {
    "telegram": "X-Telegram-Bot-Api-Secret-Token",
    "whatsapp": "X-Hub-Signature-256",
    "messenger": "X-Hub-Signature-256",
    "twilio": "X-Twilio-Signature",
    "slack": "X-Slack-Signature",
    "generic": "webhook-signature",
}


def test_a_signed_message_is_kept_and_gets_a_turn(kit: Any, sender: Sender) -> None:
    assert kit.post(sender.say("Which documents do I need?")).status_code == 200
    [message] = kit.messages()
    assert (message.text, message.author, message.channel) == (
        "Which documents do I need?",
        "applicant",
        sender.name,
    )
    assert [turn.message_id for turn in kit.all(Turn)] == [message.id]


def test_a_call_without_its_proof_is_refused_and_leaves_nothing(kit: Any, sender: Sender) -> None:
    good = sender.say("Hello")
    bare = {name: value for name, value in good.headers.items() if name != PROOFS[sender.name]}
    assert kit.post(good.changed(headers=bare)).status_code == 401
    assert kit.stored() == 0


def test_a_forged_proof_is_refused_and_leaves_nothing(kit: Any, sender: Sender) -> None:
    good = sender.say("Hello")
    proof = good.headers[PROOFS[sender.name]]
    for forged in (
        proof[:-1] + ("A" if proof[-1] != "A" else "B"),
        proof + "0",
        "",
        "é",
        proof.swapcase() + "x",
    ):
        headers = {**good.headers, PROOFS[sender.name]: forged.encode()}
        assert kit.post(good.changed(headers=headers)).status_code == 401, forged
    assert kit.stored() == 0


def test_a_body_changed_by_one_byte_is_refused(kit: Any, sender: Sender) -> None:
    if sender.name == "telegram":
        pytest.skip("Telegram proves itself by a secret header; its body is not signed")
    good = sender.say("I have 3 questions")
    at = good.body.index(b"3+questions" if sender.name == "twilio" else b"3 questions")
    changed = good.body[:at] + b"4" + good.body[at + 1 :]
    assert kit.post(good.changed(body=changed)).status_code == 401
    assert kit.stored() == 0


def test_another_channels_secret_opens_nothing(kit: Any, sender: Sender) -> None:
    class Stranger(type(sender)):  # type: ignore[misc]
        secret = "whsec_YW5vdGhlciBjaGFubmVsJ3Mgc2VjcmV0"
        token = "another-token"

    assert kit.post(Stranger().say("Hello")).status_code == 401
    assert kit.stored() == 0


@pytest.mark.parametrize("age", [301, -301])
@pytest.mark.parametrize("name", ["slack", "generic"])
def test_a_stale_call_is_refused(kit: Any, name: str, age: int) -> None:
    import time

    sender: Any = SENDERS[name]
    good = sender.say("Hello")
    assert kit.post(sender.signed(good.body, stamp=int(time.time()) - age)).status_code == 401
    assert kit.stored() == 0
    assert kit.post(sender.signed(good.body, stamp=int(time.time()) - 290)).status_code == 200


def test_a_message_delivered_twice_is_one(kit: Any, sender: Sender) -> None:
    kit.accept(sender.say("Hello", 5), sender.say("Hello", 5), sender.say("Bye", 6), sender.say("Hello", 5))
    assert kit.texts() == ["Hello", "Bye"]
    assert len(kit.all(Turn)) == 2


@pytest.mark.postgres
@pytest.mark.parametrize("name", ["telegram", "whatsapp", "slack"])
def test_deliveries_at_the_same_time_give_one_message_each(record: Record, make_kit: Any, name: str) -> None:
    kit, sender = make_kit(record, None), SENDERS[name]
    calls = [sender.say(f"Message {number}", number) for number in range(6) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(kit.post, calls))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(kit.texts()) == [f"Message {number}" for number in range(6)]
    assert [one.seq for one in kit.messages()] == [1, 2, 3, 4, 5, 6]


def test_the_events_of_a_batch_keep_their_order(kit: Any) -> None:
    whatsapp: Any = SENDERS["whatsapp"]
    messages = [whatsapp.one(number, "text", {"body": f"{number}"}) for number in range(10)]
    kit.accept(whatsapp.signed(whatsapp.value(messages=messages)))
    messenger: Any = SENDERS["messenger"]
    events = [{"message": {"mid": f"m{number}", "text": f"m{number}"}} for number in range(10)]
    kit.accept(messenger.signed(messenger.page(*events)))
    generic: Any = SENDERS["generic"]
    told = [{"type": "message", "id": f"g{n}", "thread": "r", "text": f"g{n}"} for n in range(10)]
    kit.accept(generic.signed({"events": told}))
    by_channel: dict[str, list[str]] = {}
    for one in kit.messages():
        by_channel.setdefault(one.channel, []).append(one.text)
    assert by_channel == {
        "whatsapp": [str(n) for n in range(10)],
        "messenger": [f"m{n}" for n in range(10)],
        "generic": [f"g{n}" for n in range(10)],
    }


def test_a_channel_that_is_not_set_up_says_what_is_missing(
    sqlite_record: Record, make_kit: Any, sender: Sender
) -> None:
    empty = {
        "telegram_secret": "", "whatsapp_verify_token": "", "messenger_token": "", "twilio_auth_token": "",
        "slack_signing_secret": "", "generic_secret": "",
    }  # fmt: skip
    kit = make_kit(sqlite_record, None, **empty)
    answer = kit.post(sender.say("Hello"))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert f"CHHA_{sender.name.upper()}_" in answer.json()["detail"]
    assert kit.stored() == 0


def test_what_is_too_large_or_no_form_of_the_provider_is_refused(kit: Any, sender: Sender) -> None:
    big = sender.say("Hello").changed(body=b"x" * 1_048_577)
    assert kit.post(big).status_code == 413
    if sender.name != "twilio":
        for body in (b"", b"{", b"[]", b"null", b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000):
            assert kit.post(sender.signed(body)).status_code in (400, 401), body[:20]
    assert kit.stored() == 0


def test_meta_checks_our_address_by_the_verify_token(kit: Any) -> None:
    for name in ("whatsapp", "messenger"):
        asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": f"{name}-verify"}
        answer = kit.client.get(f"/channels/{name}", params=asked)
        assert (answer.status_code, answer.text) == (200, "1158201444")
        asked["hub.verify_token"] = "wrong"
        assert kit.client.get(f"/channels/{name}", params=asked).status_code == 401


def test_slack_checks_our_address_by_a_signed_challenge(kit: Any) -> None:
    told = {
        "token": "x",
        "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P",
        "type": "url_verification",
    }
    answer = kit.post(Slack().signed(told))
    assert (answer.status_code, answer.text) == (200, told["challenge"])


def test_the_documented_vectors_are_ours() -> None:
    # https://docs.slack.dev/authentication/verifying-requests-from-slack
    from slack_sdk.signature import SignatureVerifier

    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
        "channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
        "response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    verifier = SignatureVerifier("8f742231b10e8888abcd99yyyzzz85a5")
    told = verifier.generate_signature(timestamp="1531420618", body=body)
    assert told == "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    # https://github.com/standard-webhooks/standard-webhooks (its libraries' own test)
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    told = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    # RFC 4231, test case 2: the HMAC-SHA256 that Meta uses
    told = meta.signature("Jefe", b"what do ya want for nothing?")
    assert told == "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_a_twilio_signature_is_over_the_public_address_behind_a_proxy(
    sqlite_record: Record, make_kit: Any
) -> None:
    from twilio.request_validator import RequestValidator

    kit = make_kit(sqlite_record, None, public_url="https://desk.example.org/")
    form = Sms().form(1, "Hello")
    signed = RequestValidator(Sms.token).compute_signature("https://desk.example.org/channels/twilio", form)
    good = Sms().say("Hello")
    assert kit.post(good).status_code == 401
    assert kit.post(good.changed(headers={**good.headers, "X-Twilio-Signature": signed})).status_code == 200


def test_nul_characters_and_long_ids_are_no_trouble(record: Record, make_kit: Any) -> None:
    kit = make_kit(record, None)
    kit.accept(
        Telegram().say("Hel\x00lo"), Generic().say("a\ud800b", "x" * 400), Generic().say("again", "x" * 400)
    )
    assert kit.texts() == ["Hello", "ab"] or sorted(kit.texts()) == ["Hello", "ab"]
    odd = {"type": "message", "id": "\x00", "thread": "r\x00", "text": "odd", "name": "\x00"}
    kit.accept(Generic().signed(odd), Generic().signed(odd))
    assert kit.texts().count("odd") == 1


def test_json_of_the_doors_is_never_repeated(kit: Any) -> None:
    answer = kit.post(Telegram().signed({"update_id": "no", "message": {"text": "private words"}}))
    assert answer.status_code == 400
    assert "private words" not in answer.text
    assert json.loads(answer.text)["type"] == "urn:chha:problem:unreadable"
