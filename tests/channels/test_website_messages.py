"""Sending and reading over the website's API."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import func, select

from frontdesk.conversations import holder
from frontdesk.records.models import Message, Turn
from frontdesk.records.session import Record
from tests.channels.conftest import Visitor
from tests.stand_in_rasa import StandInRasa

PROBLEM = "application/problem+json"


def test_a_message_is_accepted_kept_and_answered(visitor: Visitor) -> None:
    sent = visitor.say("hello", "c-1")
    assert (sent["seq"], sent["from"], sent["text"], sent["client_id"]) == (1, "applicant", "hello", "c-1")
    reply = visitor.until(2)[1]
    assert (reply["from"], reply["text"], reply["in_reply_to"]) == ("bot", "re: hello", sent["id"])
    assert reply["act"] == {"act": "answer", "topic": "t"}


def test_the_same_client_id_again_doubles_nothing(visitor: Visitor, sqlite_record: Record) -> None:
    first = visitor.send(client_id="c-1", text="hello")
    again = visitor.send(client_id="c-1", text="hello")
    assert (first.status_code, again.status_code) == (202, 200)
    assert (first.json()["duplicate"], again.json()["duplicate"]) == (False, True)
    assert first.json()["message"] == again.json()["message"]
    visitor.until(2)
    with sqlite_record.reading() as session:
        assert session.scalar(select(func.count()).select_from(Turn)) == 1


def test_the_same_client_id_of_another_visitor_is_another_message(client: httpx.Client) -> None:
    one, two = Visitor(client), Visitor(client)
    assert one.send(client_id="c-1", text="a").status_code == 202
    assert two.send(client_id="c-1", text="b").status_code == 202


def test_a_thread_is_read_from_a_cursor_in_pages(visitor: Visitor) -> None:
    visitor.say("one")
    visitor.until(2)
    visitor.say("two")
    visitor.until(4)
    page = visitor.read(after=1, limit=2).json()
    assert [message["seq"] for message in page["messages"]] == [2, 3]
    assert page["cursor"] == 3
    assert page["state"] == {"holder": "bot", "staff": None, "working": False, "typing": False}
    assert visitor.read(after=4).json()["cursor"] == 4


def test_messages_have_all_the_fields_of_the_contract(visitor: Visitor) -> None:
    visitor.say("hello")
    message = visitor.read().json()["messages"][0]
    assert set(message) == {
        *("id", "seq", "at", "from", "name", "text", "act", "client_id", "in_reply_to"),
        *("helpful", "picture"),
    }


def test_a_person_s_reply_carries_the_name(
    visitor: Visitor, sqlite_record: Record, make_staff: Callable
) -> None:
    ann = make_staff(sqlite_record, "Ann")
    with sqlite_record.transaction() as session:
        holder.queue(session, visitor.conversation, reason="asked", message_id=None, available=True)
        holder.reply(session, visitor.conversation, ann, "Hello, how can I help?")
    thread = visitor.read().json()
    assert thread["messages"][-1]["from"] == "staff"
    assert thread["messages"][-1]["name"] == "Ann"
    assert thread["state"] == {
        "holder": "assigned",
        "staff": {"name": "Ann", "picture": None},
        "working": False,
        "typing": False,
    }


def test_control_characters_are_stripped_and_lines_kept(visitor: Visitor) -> None:
    assert visitor.say(" a\x00b\x07\r\nc\td\x1b[31m ", "c")["text"] == "ab\nc\td[31m"


def test_text_of_every_script_is_kept(visitor: Visitor) -> None:
    assert visitor.say("Zoë 山田 👩🏽‍⚕️ سلام", "c")["text"] == "Zoë 山田 👩🏽‍⚕️ سلام"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": "hi"},
        {"client_id": "c"},
        {"client_id": "", "text": "hi"},
        {"client_id": "c" * 65, "text": "hi"},
        {"client_id": "a\x00b", "text": "hi"},
        {"client_id": "c", "text": ""},
        {"client_id": "c", "text": " \x00\n "},
        {"client_id": "c", "text": "x" * 4001},
        {"client_id": "c", "text": 5},
        {"client_id": "c", "text": "hi", "choice": {"message": "m", "option": 0}},
        {"client_id": "c", "choice": {"message": "m"}},
        {"client_id": "c", "choice": {"message": "m", "option": -1}},
        {"client_id": "c", "choice": {"message": "m", "option": True}},
        {"client_id": "c", "choice": "m"},
        [],
        None,
    ],
)
def test_a_body_that_says_nothing_usable_is_refused_and_nothing_is_kept(
    visitor: Visitor, sqlite_record: Record, body: object
) -> None:
    answer = visitor.client.post(f"{visitor.path}/messages", json=body, headers=visitor.headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == PROBLEM
    assert {"type", "title", "status", "detail"} <= set(answer.json())
    with sqlite_record.reading() as session:
        assert session.scalars(select(Message)).all() == []


def test_the_longest_text_is_accepted(visitor: Visitor) -> None:
    assert len(visitor.say("x" * 4000, "c")["text"]) == 4000


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[" * 20_000])
def test_a_body_that_is_no_json_is_refused(visitor: Visitor, content: bytes) -> None:
    answer = visitor.client.post(
        f"{visitor.path}/messages",
        content=content,
        headers={**visitor.headers, "Content-Type": "application/json"},
    )
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == PROBLEM


def test_a_lone_surrogate_is_refused(visitor: Visitor) -> None:
    answer = visitor.client.post(
        f"{visitor.path}/messages",
        content=b'{"client_id": "c", "text": "a \\ud800 b"}',
        headers={**visitor.headers, "Content-Type": "application/json"},
    )
    assert answer.status_code in (202, 422)
    if answer.status_code == 202:
        assert "\ud800" not in answer.json()["message"]["text"]


def test_an_error_repeats_nothing_of_what_was_sent(visitor: Visitor) -> None:
    answer = visitor.send(client_id="my secret id" * 10, text="my secret")
    assert answer.status_code == 422
    assert "secret" not in answer.text


def test_the_message_reaches_rasa_with_the_field_that_the_record_waits_for(
    visitor: Visitor, rasa: StandInRasa
) -> None:
    sent = visitor.say("hello")
    visitor.until(2)
    assert rasa.calls[0]["message_id"] == sent["id"]
    assert rasa.calls[0]["conversation"] == visitor.conversation
    assert rasa.calls[0]["form"] is None


OFFER = {
    "act": "clarify",
    "options": [
        {"topic": "what_is_internship", "label": "A clinical rotation"},
        {"choice": "human", "intent": "human", "label": "Talk to a person"},
    ],
}


@pytest.mark.parametrize(
    ("act", "option", "label", "choice"),
    [
        (OFFER, 0, "A clinical rotation", {"topic": "what_is_internship"}),
        (OFFER, 1, "Talk to a person", {"intent": "human"}),
        (
            {"act": "question", "field": "visa_help", "choices": [{"value": "yes", "label": "Yes"}]},
            0,
            "Yes",
            {"field": "visa_help", "value": "yes"},
        ),
        (
            {"act": "question", "field": "visa_help", "choices": ["yes", "no"]},
            1,
            "no",
            {"field": "visa_help", "value": "no"},
        ),
        (
            {"act": "answer", "next": [{"topic": "start_dates", "label": "When?"}]},
            0,
            "When?",
            {"topic": "start_dates"},
        ),
    ],
)
def test_a_pressed_button_is_its_label_and_the_choice_kept_with_it(
    visitor: Visitor, rasa: StandInRasa, bot_says: Callable, act: dict, option: int, label: str, choice: dict
) -> None:
    offer = bot_says(visitor, "Which one?", act)
    answer = visitor.send(client_id="c", choice={"message": offer.id, "option": option})
    assert answer.status_code == 202
    assert answer.json()["message"]["text"] == label
    rasa.wait_for_calls(1)
    assert rasa.calls[0]["choice"] == choice


@pytest.mark.parametrize("option", [2, 99])
def test_a_button_that_was_not_offered_is_refused(visitor: Visitor, bot_says: Callable, option: int) -> None:
    offer = bot_says(visitor, "Which one?", OFFER)
    answer = visitor.send(client_id="c", choice={"message": offer.id, "option": option})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:chha:problem:choice")


def test_a_button_of_another_conversation_is_refused(client: httpx.Client, bot_says: Callable) -> None:
    one, two = Visitor(client), Visitor(client)
    offer = bot_says(one, "Which one?", OFFER)
    assert two.send(client_id="c", choice={"message": offer.id, "option": 0}).status_code == 422


def test_an_applicant_s_own_message_offers_nothing(visitor: Visitor) -> None:
    own = visitor.say("hello")
    assert visitor.send(client_id="c2", choice={"message": own["id"], "option": 0}).status_code == 422


def test_a_button_pressed_twice_is_one_message(visitor: Visitor, bot_says: Callable) -> None:
    offer = bot_says(visitor, "Which one?", OFFER)
    press = {"client_id": "c", "choice": {"message": offer.id, "option": 0}}
    assert [visitor.send(press).status_code, visitor.send(press).status_code] == [202, 200]


def test_the_widget_s_settings_tell_name_limits_and_hours(client: httpx.Client) -> None:
    config = client.get("/api/widget/config").json()
    assert config["name"] == "CHHA"
    assert config["max_text"] == 4000
    assert "assistant" in config["greeting"]
    assert isinstance(config["hours"]["open"], bool)
    assert (config["hours"]["next_open"] is None) == config["hours"]["open"]


@pytest.mark.parametrize(
    "query", [{"after": -1}, {"limit": 0}, {"limit": 201}, {"after": "x"}, {"after": 2**40}]
)
def test_a_cursor_that_cannot_be_is_refused(visitor: Visitor, query: dict) -> None:
    answer = visitor.client.get(f"{visitor.path}/messages", params=query, headers=visitor.headers)
    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
