"""Going out: every reply once, in order, whatever the provider does; the reply window; what people see."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from frontdesk.channels import deliveries
from frontdesk.records.models import ChannelHealth, Delivery, OptOut
from frontdesk.records.session import Record
from tests.channels.messaging.conftest import Clock
from tests.channels.messaging.senders import SENDERS, Sender

REPLIES = [f"Reply number {number}." for number in range(8)]


def filled(desk: Any, senders: list[Sender] | None = None) -> list[tuple[Sender, str]]:
    """Each channel with a conversation that owes eight replies."""
    owed = []
    for sender in senders or list(SENDERS.values()):
        desk.accept(sender.say("Hello"))
        conversation = desk.conversation(sender)
        for text in REPLIES:
            desk.speak(conversation, text)
        owed.append((sender, conversation))
    return owed


def assert_everything_came_once_in_order(desk: Any, owed: list[tuple[Sender, str]]) -> None:
    for sender, _ in owed:
        assert desk.providers.texts(sender.name, sender.thread) == REPLIES, sender.thread
    assert {one.state for one in desk.deliveries()} == {"sent"}


async def test_replies_go_out_once_and_in_order(desk: Any) -> None:
    owed = filled(desk)
    await desk.deliver()
    assert_everything_came_once_in_order(desk, owed)
    await desk.deliver()
    assert_everything_came_once_in_order(desk, owed)


async def test_a_provider_that_is_down_for_ten_minutes_loses_and_doubles_nothing(desk: Any) -> None:
    owed, clock = filled(desk), Clock()
    outbox = desk.outbox(clock)
    desk.providers.stop()
    began = clock()
    await desk.deliver(outbox, clock, seconds=600)
    assert (clock() - began).total_seconds() >= 600
    assert desk.providers.sent == []
    assert {one.state for one in desk.deliveries()} == {"queued"}
    desk.providers.start()
    await desk.deliver(outbox, clock, seconds=600)
    assert_everything_came_once_in_order(desk, owed)


async def test_a_provider_that_fails_every_third_call_loses_and_doubles_nothing(desk: Any) -> None:
    owed, clock = filled(desk), Clock()
    counted: Counter[str] = Counter()

    def disturb(asked: Any) -> Any:
        counted["calls"] += 1
        return (500, {}, {"error": "internal"}) if counted["calls"] % 3 == 0 else None

    desk.providers.disturb = disturb
    await desk.deliver(desk.outbox(clock), clock, seconds=3600)
    assert counted["calls"] > len(owed) * len(REPLIES)
    assert_everything_came_once_in_order(desk, owed)


async def test_a_slow_provider_loses_and_doubles_nothing(desk: Any) -> None:
    owed = filled(desk, [SENDERS["telegram"], SENDERS["slack"], SENDERS["sms"]])
    desk.providers.seconds = 0.1
    clock = Clock()
    await asyncio.gather(*(desk.deliver(desk.outbox(clock), clock) for _ in range(2)))
    assert_everything_came_once_in_order(desk, owed)


@pytest.mark.postgres
async def test_several_processes_send_each_message_once(
    record: Record, providers: Any, make_kit: Any
) -> None:
    desk = make_kit(record, providers)
    owed = filled(desk)
    clock = Clock()
    await asyncio.gather(*(desk.deliver(desk.outbox(clock), clock) for _ in range(3)))
    assert_everything_came_once_in_order(desk, owed)


async def test_the_time_that_a_provider_asks_for_is_kept(desk: Any) -> None:
    telegram = SENDERS["telegram"]
    filled(desk, [telegram])
    clock = Clock()
    told = {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests",
        "parameters": {"retry_after": 33},
    }
    answers = [(429, {}, told)]
    desk.providers.disturb = lambda asked: answers.pop() if answers and "sendMessage" in asked.path else None
    outbox, began = desk.outbox(clock), clock()
    await desk.deliver(outbox, clock)
    assert desk.providers.texts("telegram") == []
    due = outbox.next_due()
    assert due is not None
    assert 33 <= (due - began).total_seconds() < 35
    await desk.deliver(outbox, clock, seconds=120)
    assert desk.providers.texts("telegram") == REPLIES


async def test_calls_to_one_thread_are_as_far_apart_as_the_provider_wants(desk: Any) -> None:
    filled(desk, [SENDERS["telegram"]])
    clock = Clock()
    began = clock()
    await desk.deliver(desk.outbox(clock), clock)
    assert (clock() - began).total_seconds() >= len(REPLIES) - 1


@pytest.mark.parametrize("name", ["whatsapp", "messenger", "sms"])
async def test_a_call_whose_answer_was_lost_is_not_made_again_when_there_is_evidence(
    desk: Any, name: str
) -> None:
    sender: Any = SENDERS[name]
    desk.accept(sender.say("Hello"))
    desk.speak(desk.conversation(sender), "Only once.")
    clock, lost = Clock(), [True]
    desk.providers.lose_answer = lambda asked: b"Only" in asked.body and bool(lost) and lost.pop()
    outbox = desk.outbox(clock)
    await desk.deliver(outbox, clock)
    [delivery] = desk.deliveries()
    assert delivery.state == "queued"
    assert delivery.unsure_since is not None
    ours = deliveries.reference(delivery.message_id, 0)
    if name == "whatsapp":
        status = {
            "id": "wamid.x",
            "status": "delivered",
            "recipient_id": sender.thread,
            "biz_opaque_callback_data": ours,
        }
        desk.accept(sender.signed(sender.value(statuses=[status])))
    elif name == "messenger":
        echo = {"mid": "m_x", "text": "Only once.", "is_echo": True, "app_id": 1, "metadata": ours}
        event = {"message": echo, "sender": {"id": "1077"}, "recipient": {"id": sender.thread}}
        desk.accept(sender.signed(sender.page(event)))
    else:
        form = {
            "MessageSid": "SMx",
            "MessageStatus": "delivered",
            "From": "+15005550006",
            "To": sender.thread,
            "AccountSid": "AC" + "0" * 32,
        }
        desk.accept(sender.signed(form, query=f"delivery={ours}"))
    await desk.deliver(outbox, clock, seconds=600)
    assert desk.providers.texts(sender.name) == ["Only once."]
    assert desk.deliveries()[0].state in ("sent", "delivered")


async def test_what_a_provider_refuses_for_good_is_shown_and_does_not_hold_up_the_rest(desk: Any) -> None:
    sms = SENDERS["sms"]
    filled(desk, [sms])
    refused = {"code": 21211, "message": "Invalid 'To' Phone Number", "status": 400}
    desk.providers.disturb = lambda asked: (400, {}, refused) if b"number+3" in asked.body else None
    await desk.deliver()
    assert desk.providers.texts("twilio") == [text for text in REPLIES if "3" not in text]
    [failed] = [one for one in desk.deliveries() if one.state == "failed"]
    assert "21211" in failed.error
    assert "21211" in desk.get(ChannelHealth, "twilio").last_error
    desk.providers.disturb = lambda asked: None
    with desk.record.transaction() as session:
        assert deliveries.retry(session, failed.message_id)
    await desk.deliver()
    assert desk.providers.texts("twilio")[-1] == "Reply number 3."


async def test_outside_the_window_a_template_asks_first_and_the_reply_follows_the_answer(
    sqlite_record: Record, providers: Any, make_kit: Any
) -> None:
    desk = make_kit(sqlite_record, providers, whatsapp_template="we_answered", twilio_template="HX1")
    for name in ("whatsapp", "twilio whatsapp"):
        sender = SENDERS[name]
        desk.accept(sender.say("Hello", "w1"))
        conversation = desk.conversation(sender)
        clock = Clock()
        clock.forward(24 * 3600)
        desk.speak(conversation, "First."), desk.speak(conversation, "Second.")
        providers.closed_windows.add(sender.thread)
        await desk.deliver(desk.outbox(clock), clock)
        assert len(desk.providers.of(sender.name, sender.thread)) == 1, "one template, not one a message"
        assert "template" in desk.providers.texts(sender.name, sender.thread)[0]
        providers.closed_windows.clear()
        desk.accept(sender.say("Yes?", "w2"))
        await desk.deliver()
        assert desk.providers.texts(sender.name, sender.thread)[1:] == ["First.", "Second."]


async def test_outside_the_window_without_a_template_a_reply_is_held_and_says_so(desk: Any) -> None:
    for name in ("whatsapp", "twilio whatsapp", "messenger"):
        sender = SENDERS[name]
        desk.accept(sender.say("Hello"))
        conversation, clock = desk.conversation(sender), Clock()
        clock.forward(24 * 3600)
        message = desk.speak(conversation, "Too late?")
        await desk.deliver(desk.outbox(clock), clock)
        assert desk.providers.of(sender.name, sender.thread) == []
        held = desk.get(Delivery, message)
        assert held.state == "held"
        assert "window" in held.error


async def test_a_person_may_answer_on_messenger_for_seven_days_where_meta_allows_it(
    sqlite_record: Record, providers: Any, make_kit: Any, make_staff: Any
) -> None:
    desk = make_kit(sqlite_record, providers, messenger_human_agent=True)
    sender, staff = SENDERS["messenger"], make_staff(sqlite_record, "Ann")
    desk.accept(sender.say("Hello"))
    conversation, clock = desk.conversation(sender), Clock()
    providers.closed_windows.add(sender.thread)
    clock.forward(3 * 24 * 3600)
    desk.speak(conversation, "From the bot.")
    desk.speak(conversation, "From me.", author="staff", staff_id=staff)
    await desk.deliver(desk.outbox(clock), clock)
    [sent] = desk.providers.of("messenger")
    assert (sent.text, sent.raw["tag"]) == ("Ann:\nFrom me.", "HUMAN_AGENT")
    clock.forward(5 * 24 * 3600)
    late = desk.speak(conversation, "Later.", author="staff", staff_id=staff)
    await desk.deliver(desk.outbox(clock), clock)
    assert desk.get(Delivery, late).state == "held"


async def test_a_window_that_the_provider_sees_closed_holds_the_reply(desk: Any) -> None:
    sender = SENDERS["whatsapp"]
    desk.accept(sender.say("Hello"))
    message = desk.speak(desk.conversation(sender), "Hm?")
    desk.providers.closed_windows.add(sender.thread)
    await desk.deliver()
    assert desk.get(Delivery, message).state == "held"


async def test_who_blocked_us_is_left_alone(desk: Any) -> None:
    for name in ("telegram", "sms"):
        sender = SENDERS[name]
        desk.accept(sender.say("Hello"))
        conversation = desk.conversation(sender)
        desk.providers.blocked.add(sender.thread)
        first, second = desk.speak(conversation, "One."), desk.speak(conversation, "Two.")
        await desk.deliver()
        assert desk.get(Delivery, first).state == "failed"
        assert desk.get(Delivery, second).state == "held"
    assert len(desk.all(OptOut)) == 2


async def test_a_fault_in_one_message_does_not_stop_the_others(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from frontdesk.channels.telegram import Telegram

    filled(desk, [SENDERS["telegram"], SENDERS["slack"]])

    def broken(*_: object) -> Any:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(Telegram, "render", broken)
    await desk.deliver()
    assert desk.providers.texts("slack") == REPLIES
    assert desk.get(ChannelHealth, "telegram").last_error == "It could not be prepared (KeyError)."


async def test_a_wrong_token_is_waited_out_and_said(
    sqlite_record: Record, providers: Any, make_kit: Any
) -> None:
    desk = make_kit(sqlite_record, providers, slack_token="xoxb-wrong", twilio_auth_token="wrong")
    slack = SENDERS["slack"]
    desk.accept(slack.say("Hello"))
    desk.speak(desk.conversation(slack), "Hi.")
    await desk.deliver()
    assert "CHHA_SLACK_TOKEN" in desk.get(ChannelHealth, "slack").last_error
    assert desk.deliveries()[0].state == "queued"


async def test_a_source_gets_a_short_link_where_letters_cost_money(
    sqlite_record: Record, providers: Any, make_kit: Any
) -> None:
    desk = make_kit(sqlite_record, providers, public_url="http://127.0.0.1:8000")
    sms, url = SENDERS["sms"], "https://www.example.org/" + "a" * 80
    desk.accept(sms.say("Hello"))
    act = {"act": "answer", "sources": [{"title": "Rules", "url": url}]}
    desk.speak(desk.conversation(sms), "Yes.", act)
    await desk.deliver()
    [text] = desk.providers.texts("twilio")
    link = text.rpartition(" ")[2]
    assert link.startswith("http://127.0.0.1:8000/go/")
    answer = desk.client.get(link, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, url)
    assert desk.client.get("/go/nothere").status_code == 404
