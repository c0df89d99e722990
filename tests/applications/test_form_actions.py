"""The form's two actions on a real record: thin, and the same again when a turn is run again."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import func, select

from actions import application_form, services
from actions.answers import ActionFallback
from actions.application_form import SendApplication, ValidateApplicationForm
from frontdesk.applications import codes
from frontdesk.records.models import ActionOutcome, Application, Base, Conversation, Draft, DraftChange
from frontdesk.records.session import Record

CONVERSATION = "c" * 32
TYPED = [
    "ana ruiz",
    "ana@example.com",
    "+52 55 1234 5678",
    "mexicana",
    "UNAM",
    "Mexico",
    "student",
    "this year",
    "passed",
    "240",
    "in progress",
    "only a rotation",
    "psychiatry",
    "next month",
    "4",
    "any",
    "yes",
]


class DeskStub:
    """Notes what it was asked instead of answering it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []

    async def answer(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        understanding = (tracker.latest_message or {})["understanding"]
        self.asked.append(("answer", [part["label"] for part in understanding["parts"]]))
        dispatcher.utter_message(text="(answer)")
        return [SlotSet("last_topic", "x")]

    async def help_first(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        self.asked.append(("help", None))
        dispatcher.utter_message(text="(help)")
        return []

    async def hand_over(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, reason: str
    ) -> list[EventType]:
        self.asked.append(("hand_over", reason))
        dispatcher.utter_message(text="(person)")
        return []

    async def delete_data(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        self.asked.append(("delete", None))
        return []


class Door:
    """Messages at the action server's door, one after the other, each with its id."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.desk = DeskStub()
        self.count = 0

    async def say(
        self,
        text: str,
        *,
        message_id: str | None = None,
        safety: str | None = None,
        action: Any = None,
        conversation: str = CONVERSATION,
        **part: Any,
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        self.count += 1
        understanding = {
            "parts": [{"text": text, "label": "nlu_fallback", "confidence": 0.1, **part}],
            "decision": "act" if part else "fallback",
            "safety": {"kind": safety} if safety else None,
            "language": "en",
        }
        message = {
            "text": text,
            "understanding": understanding,
            "metadata": {
                "message_id": message_id or f"m{self.count}",
                "conversation": conversation,
                "channel": "website",
            },
        }
        tracker = Tracker("sender", {}, message, [], False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        events = await (action or ValidateApplicationForm(self.desk)).run(dispatcher, tracker, {})
        return dispatcher.messages, {event["name"]: event["value"] for event in events}

    async def fill(self) -> None:
        await self.say("I want to apply")
        await self.say("yes")
        for text in TYPED:
            await self.say(text)

    def counted(self, model: type[Base]) -> int:
        with self.record.reading() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def door(sqlite_record: Record, monkeypatch: pytest.MonkeyPatch) -> Door:
    with sqlite_record.transaction() as session:
        session.add(Conversation(id=CONVERSATION, channel="website", external_ref="v1"))
    for room in (application_form, services):
        monkeypatch.setattr(room, "record", lambda: sqlite_record)
    return Door(sqlite_record)


async def test_the_opening_starts_the_form(door: Door) -> None:
    messages, slots = await door.say("I want to apply")
    acts = [message["custom"]["act"] for message in messages if message.get("custom")]
    assert acts == ["application", "question"]
    assert slots == {"requested_slot": "consent", "application_outcome": "open"}


async def test_every_reply_is_a_text_and_then_its_act(door: Door) -> None:
    messages, _ = await door.say("I want to apply")
    assert [bool(message.get("text")) for message in messages] == [True, False, True, False]
    assert [bool(message.get("custom")) for message in messages] == [False, True, False, True]


async def test_an_answer_is_kept_and_the_next_field_asked(door: Door) -> None:
    await door.say("apply")
    await door.say("yes")
    _, slots = await door.say("Ana Ruiz")
    assert slots["requested_slot"] == "email"
    with door.record.reading() as session:
        assert session.scalars(select(Draft)).one().values == {"full_name": "Ana Ruiz"}


async def test_a_turn_run_again_answers_the_same_and_writes_nothing(door: Door) -> None:
    await door.say("apply")
    await door.say("yes")
    first = await door.say("Ana Ruiz", message_id="twice")
    changes, outcomes = door.counted(DraftChange), door.counted(ActionOutcome)
    again = await door.say("Ana Ruiz", message_id="twice")
    assert again == first
    assert (door.counted(DraftChange), door.counted(ActionOutcome)) == (changes, outcomes)


async def test_an_interruption_is_answered_in_its_place_and_again_when_run_again(door: Door) -> None:
    await door.say("apply")
    await door.say("yes")
    for _ in range(2):
        messages, slots = await door.say(
            "is it paid?", message_id="q", label="faq/difference_pay", confidence=0.9
        )
        assert messages[0]["text"] == "(answer)"
        assert messages[-1]["custom"]["field"] == "full_name"
        assert slots["requested_slot"] == "full_name"
        assert slots["last_topic"] == "x"


async def test_an_interruption_with_its_own_topic_is_answered_from_that(door: Door) -> None:
    await door.say("apply")
    await door.say("yes")
    await door.say("Ana Ruiz")
    await door.say("why do you need my email and who can see it?")
    assert door.desk.asked == [("answer", ["faq/privacy"])]


async def test_help_comes_first_and_the_form_keeps_its_field(door: Door) -> None:
    await door.say("apply")
    await door.say("yes")
    messages, slots = await door.say("…", safety="crisis")
    assert [message["text"] for message in messages] == ["(help)"]
    assert slots == {"requested_slot": "full_name", "application_outcome": "open"}


async def test_a_person_is_asked_in_and_the_form_stays(door: Door) -> None:
    await door.say("apply")
    await door.say("yes")
    _, slots = await door.say("I want to talk to a person")
    assert door.desk.asked == [("hand_over", "asked")]
    assert slots == {"requested_slot": "full_name", "application_outcome": "open"}


async def test_stopping_ends_the_loop(door: Door) -> None:
    await door.say("apply")
    await door.say("yes")
    _, slots = await door.say("stop")
    assert slots == {"requested_slot": None, "application_outcome": "paused"}


async def test_deleting_ones_data_leaves_the_form_to_the_privacy_action(door: Door) -> None:
    await door.say("apply")
    await door.say("yes")
    _, slots = await door.say("delete my data")
    assert door.desk.asked == [("delete", None)]
    assert slots["application_outcome"] == "paused"


async def test_the_reviewed_application_is_sent_once(door: Door) -> None:
    await door.fill()
    messages, slots = await door.say("yes", message_id="last")
    assert (messages, slots) == ([], {"requested_slot": None, "application_outcome": "send"})
    sent, _ = await door.say("yes", message_id="last", action=SendApplication())
    again, _ = await door.say("yes", message_id="last", action=SendApplication())
    assert sent == again
    act = sent[-1]["custom"]
    assert (act["act"], act["event"]) == ("application", "sent")
    assert act["reference"] in sent[0]["text"]
    assert door.counted(Application) == 1


async def test_another_yes_after_sending_tells_the_same_reference(door: Door) -> None:
    await door.fill()
    await door.say("yes", message_id="a")
    first, _ = await door.say("yes", message_id="a", action=SendApplication())
    second, _ = await door.say("yes", message_id="b", action=SendApplication())
    assert second[-1]["custom"]["reference"] == first[-1]["custom"]["reference"]
    assert door.counted(Application) == 1


async def test_after_sending_a_further_application_is_a_choice(door: Door) -> None:
    await door.fill()
    await door.say("yes", message_id="a")
    await door.say("yes", message_id="a", action=SendApplication())
    messages, slots = await door.say("I want to apply again")
    assert messages[-1]["custom"]["act"] == "clarify"
    assert slots["requested_slot"] == "consent"
    await door.say("change it")
    await door.say("8 weeks instead")
    await door.say("yes", message_id="u")
    updated, _ = await door.say("yes", message_id="u", action=SendApplication())
    assert "is updated" in updated[0]["text"]
    assert door.counted(Application) == 1
    with door.record.reading() as session:
        assert session.scalars(select(Application)).one().values["duration_weeks"] == 8


async def test_sending_without_a_draft_says_that_there_is_none(door: Door) -> None:
    messages, _ = await door.say("yes", action=SendApplication())
    assert "no application to send" in messages[0]["text"]


async def test_sending_what_is_not_complete_keeps_the_draft(door: Door) -> None:
    await door.say("apply")
    await door.say("yes")
    messages, slots = await door.say("yes", action=SendApplication())
    assert "can't be sent yet" in messages[0]["text"]
    assert "application_outcome" not in slots  # what the rule that sends has seen stays true
    assert door.counted(Application) == 0


async def test_messages_at_rasas_own_door_get_a_conversation_of_their_own(door: Door) -> None:
    message = {"text": "apply", "understanding": {}, "metadata": {"message_id": "1"}}
    for sender in ("first", "second"):
        tracker = Tracker(sender, {}, message, [], False, None, {}, "action_listen")
        await ValidateApplicationForm(door.desk).run(CollectingDispatcher(), tracker, {})
    assert door.counted(Draft) == 2


async def test_a_pause_gives_a_code_and_the_code_brings_the_draft_to_another_chat(door: Door) -> None:
    await door.say("apply")
    await door.say("yes")
    await door.say("Ana Ruiz")
    messages, slots = await door.say("stop")
    assert slots["application_outcome"] == "paused"
    told = messages[-2]["text"]
    assert "type this code in the chat there" in told
    code = codes.resume_code_in(told)
    assert code is not None
    with door.record.transaction() as session:
        session.add(Conversation(id="d" * 32, channel="telegram", external_ref="7"))
    for _ in range(2):
        messages, slots = await door.say(code.lower(), message_id="there", conversation="d" * 32)
        assert [message["custom"]["act"] for message in messages if message.get("custom")] == [
            "application",
            "question",
        ]
        assert slots["requested_slot"] == "email"
    with door.record.reading() as session:
        assert session.scalars(select(Draft.conversation_id)).one() == "d" * 32


async def test_a_wrong_code_opens_no_form(door: Door) -> None:
    messages, slots = await door.say("K7Q-X4R-TPD")
    assert "don't know that code" in messages[0]["text"]
    assert (slots["requested_slot"], slots["application_outcome"]) == (None, "paused")


async def test_papers_asked_for_inside_the_form_are_told_and_the_question_stays(door: Door) -> None:
    await door.say("apply")
    await door.say("yes")
    await door.say("Ana Ruiz")
    messages, slots = await door.say("where can I upload my CV?")
    assert "/upload/" in messages[0]["text"]
    assert messages[1]["custom"]["documents"][0]["key"] == "cv"
    assert slots["requested_slot"] == "email"


async def test_after_sending_the_applicant_hears_which_papers_are_wanted(door: Door) -> None:
    await door.fill()
    await door.say("yes", message_id="last")
    sent, _ = await door.say("yes", message_id="last", action=SendApplication())
    assert "still missing: CV" in sent[0]["text"]
    assert sent[1]["custom"]["upload"].startswith("http")
    asked, _ = await door.say("what documents are missing?", action=ActionFallback())
    assert asked[1]["custom"]["reference"] == sent[1]["custom"]["reference"]
    stopped, _ = await door.say("stop reminding me", action=ActionFallback())
    assert "no more reminders" in stopped[0]["text"]


async def test_a_passport_number_outside_the_form_is_answered_with_a_warning(door: Door) -> None:
    messages, _ = await door.say("my passport number is AB1234567", action=ActionFallback())
    assert [message["custom"]["act"] for message in messages if message.get("custom")] == ["privacy"]
    assert "passport numbers" in messages[0]["text"]


async def test_a_number_hidden_on_its_way_is_left_out_of_the_form_and_told(door: Door) -> None:
    await door.say("apply")
    await door.say("yes")
    messages, slots = await door.say("my passport number is [passport number hidden]")
    assert "passport numbers" in messages[0]["text"]
    assert slots["requested_slot"] == "full_name"
