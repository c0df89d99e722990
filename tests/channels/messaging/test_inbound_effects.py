"""What each thing that a channel tells does to the record, in whatever order it comes."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from sqlalchemy import select

from frontdesk.applications import search
from frontdesk.records.models import (
    Application,
    ChannelHealth,
    Conversation,
    Delivery,
    Draft,
    KeptFile,
    MediaReference,
    Message,
    OptOut,
    Reaction,
    Turn,
)
from tests.channels.messaging.senders import SENDERS, Delivered

TELEGRAM: Any = SENDERS["telegram"]
WHATSAPP: Any = SENDERS["whatsapp"]
MESSENGER: Any = SENDERS["messenger"]
SLACK: Any = SENDERS["slack"]
GENERIC: Any = SENDERS["generic"]
SMS: Any = SENDERS["sms"]


def edits() -> dict[str, tuple[Delivered, Delivered]]:
    """Channel → a message "First words" and its edit to "Other words"."""
    edit = {"original_message_id": "wamid.in1", "message": {"type": "text", "text": {"body": "Other words"}}}
    changed = {"ts": "1355517523.000001", "user": "U1", "text": "Other words"}
    slack = {"type": "message", "subtype": "message_changed", "channel": "D1", "message": changed}
    return {
        "telegram": (
            TELEGRAM.say("First words"),
            TELEGRAM.signed({"update_id": 2, "edited_message": TELEGRAM.message(1, text="Other words")}),
        ),
        "whatsapp": (
            WHATSAPP.say("First words"),
            WHATSAPP.signed(WHATSAPP.value(messages=[WHATSAPP.one("e", "edit", edit)])),
        ),
        "messenger": (
            MESSENGER.say("First words"),
            MESSENGER.signed(
                MESSENGER.page({"message_edit": {"mid": "m_in1", "text": "Other words", "num_edit": 1}})
            ),
        ),
        "slack": (SLACK.say("First words"), SLACK.signed(SLACK.event("EvE", **slack))),
        "generic": (
            GENERIC.say("First words"),
            GENERIC.signed({"type": "edit", "id": "e", "target": "in1", "text": "Other words"}),
        ),
    }


def deletions() -> dict[str, tuple[Delivered, Delivered]]:
    revoke = WHATSAPP.one("d", "revoke", {"original_message_id": "wamid.in1"})
    slack = {
        "type": "message",
        "subtype": "message_deleted",
        "channel": "D1",
        "deleted_ts": "1355517523.000001",
    }
    return {
        "whatsapp": (WHATSAPP.say("Words"), WHATSAPP.signed(WHATSAPP.value(messages=[revoke]))),
        "messenger": (
            MESSENGER.say("Words"),
            MESSENGER.signed(MESSENGER.page({"message": {"mid": "m_in1", "is_deleted": True}})),
        ),
        "slack": (SLACK.say("Words"), SLACK.signed(SLACK.event("EvD", **slack))),
        "generic": (GENERIC.say("Words"), GENERIC.signed({"type": "delete", "id": "d", "target": "in1"})),
    }


def reactions() -> dict[str, tuple[Delivered, Delivered]]:
    slack = {
        "type": "reaction_added",
        "user": "U1",
        "reaction": "+1",
        "item": {"channel": "D1", "ts": "1355517523.000001"},
    }
    told = {
        "chat": {"id": 1111, "type": "private"},
        "message_id": 1,
        "new_reaction": [{"type": "emoji", "emoji": "👍"}],
    }
    return {
        "telegram": (TELEGRAM.say("W"), TELEGRAM.signed({"update_id": 3, "message_reaction": told})),
        "whatsapp": (
            WHATSAPP.say("W"),
            WHATSAPP.signed(
                WHATSAPP.value(
                    messages=[WHATSAPP.one("r", "reaction", {"message_id": "wamid.in1", "emoji": "👍"})]
                )
            ),
        ),
        "messenger": (
            MESSENGER.say("W"),
            MESSENGER.signed(
                MESSENGER.page({"reaction": {"mid": "m_in1", "action": "react", "emoji": "👍"}})
            ),
        ),
        "slack": (SLACK.say("W"), SLACK.signed(SLACK.event("EvR", **slack))),
    }


@pytest.mark.parametrize("early", [False, True], ids=["after", "before"])
@pytest.mark.parametrize("name", list(edits()))
def test_an_edit_changes_the_stored_message_whenever_it_comes(kit: Any, name: str, early: bool) -> None:
    said, edit = edits()[name]
    kit.accept(*([edit, said] if early else [said, edit]), edit)
    [message] = kit.messages()
    assert (message.text, message.original_text) == ("Other words", "First words")
    assert message.edited_at is not None
    assert len(kit.all(Turn)) == 1


@pytest.mark.parametrize("early", [False, True], ids=["after", "before"])
@pytest.mark.parametrize("name", list(deletions()))
def test_a_deletion_empties_the_message_and_staff_keep_what_was_said(
    kit: Any, name: str, early: bool
) -> None:
    said, deletion = deletions()[name]
    kit.accept(*([deletion, said] if early else [said, deletion]), deletion)
    [message] = kit.messages()
    assert (message.text, message.original_text) == ("", "Words")
    assert [turn.state for turn in kit.all(Turn)] in ([["dropped"], []] if early else [["dropped"]])


@pytest.mark.parametrize("told", [edits, deletions], ids=["edited", "taken back"])
def test_words_that_are_no_longer_said_find_no_application(kit: Any, told: Any) -> None:
    said, changed = told()["generic"]
    kit.accept(said)
    with kit.record.transaction() as session:
        (conversation,) = session.scalars(select(Conversation)).all()
        draft = Draft(conversation_id=conversation.id, state="sent", values={})
        session.add(draft)
        session.flush()
        session.add(
            Application(reference="AAA222", draft_id=draft.id, conversation_id=conversation.id, values={})
        )
    search.catch_up(kit.record)
    kit.accept(changed)
    search.catch_up(kit.record)
    with kit.record.reading() as session:
        assert session.scalars(select(Application.id).where(search.matching("first words"))).all() == []
        assert session.scalars(select(Application.id).where(search.matching("words"))).all() == (
            session.scalars(select(Application.id)).all() if told is edits else []
        )


@pytest.mark.parametrize("name", list(reactions()))
def test_a_reaction_stands_beside_the_message(kit: Any, name: str) -> None:
    said, reaction = reactions()[name]
    kit.accept(said, reaction, reaction)
    [found] = kit.all(Reaction)
    assert found.value in ("👍", "+1")
    assert len(kit.messages()) == 1


@pytest.mark.parametrize("order", list(itertools.permutations(["sent", "delivered", "read"])))
async def test_receipts_in_any_order_end_with_the_furthest(desk: Any, order: tuple[str, ...]) -> None:
    desk.accept(WHATSAPP.say("Hello"))
    message = desk.speak(desk.conversation(WHATSAPP), "Hi.")
    await desk.deliver()
    target = f"wamid.out{desk.providers._number}"
    for state in [*order, order[0]]:
        status = {"id": target, "status": state, "recipient_id": WHATSAPP.thread}
        desk.accept(WHATSAPP.signed(WHATSAPP.value(statuses=[status])))
    found = desk.get(Delivery, message)
    assert found.state == "read"
    assert found.read_at is not None


async def test_a_receipt_before_our_call_is_back_is_kept_for_it(desk: Any) -> None:
    desk.accept(WHATSAPP.say("Hello"))
    message = desk.speak(desk.conversation(WHATSAPP), "Hi.")
    first = desk.providers._number
    for number in range(first, first + 6):  # whichever number the provider gives it
        status = {"id": f"wamid.out{number}", "status": "delivered"}
        desk.accept(WHATSAPP.signed(WHATSAPP.value(statuses=[status])))
    await desk.deliver()
    assert desk.get(Delivery, message).state == "delivered"


async def test_messengers_watermark_reads_everything_before_it(desk: Any) -> None:
    desk.accept(MESSENGER.say("Hello"))
    conversation = desk.conversation(MESSENGER)
    desk.speak(conversation, "One."), desk.speak(conversation, "Two.")
    await desk.deliver()
    desk.accept(MESSENGER.signed(MESSENGER.page({"read": {"watermark": 99_999_999_999_999}})))
    assert [one.state for one in desk.deliveries()] == ["read", "read"]


async def test_a_message_that_was_not_delivered_is_shown_as_failed(desk: Any) -> None:
    desk.accept(SMS.say("Hello"))
    message = desk.speak(desk.conversation(SMS), "Hi.")
    await desk.deliver()
    sid = f"SM{desk.providers._number:032x}"
    form = {"MessageSid": sid, "MessageStatus": "undelivered", "ErrorCode": "30003",
            "From": "+15005550006", "To": SMS.thread, "AccountSid": "AC" + "0" * 32}  # fmt: skip
    desk.accept(SMS.signed(form))
    found = desk.get(Delivery, message)
    assert found.state == "failed"
    assert "30003" in found.error
    assert "30003" in desk.get(ChannelHealth, "twilio").last_error


def test_telegrams_commands_are_greetings_and_links_open_what_they_name(kit: Any) -> None:
    for number, text in enumerate(
        ["/start", "/help", "/start apply-lagos", "/start visa_j1", "/start nonsense"]
    ):
        kit.accept(TELEGRAM.say(text, number + 1, thread=str(500 + number)))
    choices = {one.text: one.choice for one in kit.messages()}
    assert choices == {
        "/start": {"intent": "chitchat/greet"},
        "/help": {"intent": "chitchat/capabilities"},
        "/start apply-lagos": {"intent": "apply"},
        "/start visa_j1": {"topic": "visa_j1"},
        "/start nonsense": {"intent": "chitchat/greet"},
    }
    assert {one.came_from for one in kit.all(Conversation)} == {None, "apply-lagos", "visa_j1", "nonsense"}


def test_messengers_get_started_and_referral_open_and_are_kept(kit: Any) -> None:
    postback = {
        "mid": "m1",
        "title": "Get started",
        "payload": "GET_STARTED",
        "referral": {"ref": "apply-ad7"},
    }
    kit.accept(MESSENGER.signed(MESSENGER.page({"postback": postback})))
    [message] = kit.messages()
    assert message.choice == {"intent": "apply"}
    assert kit.all(Conversation)[0].came_from == "apply-ad7"
    other = {"sender": {"id": "3333"}, "referral": {"ref": "poster", "source": "SHORTLINK"}}
    kit.accept(MESSENGER.signed(MESSENGER.page(other)))
    assert sorted(one.came_from for one in kit.all(Conversation)) == ["apply-ad7", "poster"]


def test_slack_answers_mentions_in_their_thread_once_and_leaves_other_talk(kit: Any) -> None:
    mention = {
        "type": "app_mention",
        "channel": "C1",
        "user": "U1",
        "text": "<@UBOT> hello &amp; <https://x.org|x>",
        "ts": "9.1",
    }
    twin = {**mention, "type": "message", "channel_type": "channel"}
    kit.accept(SLACK.say("just talk", 7, thread="T1:C1"))
    kit.accept(SLACK.signed(SLACK.event("EvM", **mention)), SLACK.signed(SLACK.event("EvT", **twin)))
    kit.accept(SLACK.say("more", 8, thread="T1:C1:9.1"))
    bot = {
        "type": "message",
        "channel": "D1",
        "channel_type": "im",
        "bot_id": "B1",
        "text": "mine",
        "ts": "9.9",
    }
    kit.accept(SLACK.signed(SLACK.event("EvB", **bot)))
    assert kit.texts() == ["hello & https://x.org", "more"]
    assert [one.external_ref for one in kit.all(Conversation)] == ["T1:C1:9.1"]


@pytest.mark.parametrize("name", ["sms", "whatsapp", "twilio whatsapp"])
async def test_stop_is_honoured_until_start_and_help_is_answered(desk: Any, name: str) -> None:
    sender: Any = SENDERS[name]
    desk.accept(sender.say("Hello", "a"))
    conversation = desk.conversation(sender)
    desk.accept(sender.say("Stop!", "b"))
    desk.speak(conversation, "You should not get this.")
    await desk.deliver()
    [told] = desk.providers.texts(sender.name, sender.thread)
    assert "START" in told
    assert desk.all(OptOut)[0].ended_at is None
    desk.accept(sender.say("START", "c"), sender.say("HELP", "d"))
    await desk.deliver()
    texts = desk.providers.texts(sender.name, sender.thread)
    assert texts[1] == "You should not get this."
    assert "Welcome back" in texts[2]
    assert "STOP" in texts[3]
    assert desk.all(OptOut)[0].ended_at is not None
    assert len(desk.all(Turn)) == 1, "only Hello is the bot's"


def test_a_typed_number_is_the_choice_that_it_names(kit: Any) -> None:
    kit.accept(SMS.say("Hello", "a"))
    conversation = kit.conversation(SMS)
    act = {
        "act": "question",
        "field": "visa_help",
        "choices": [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}],
    }

    def ask(text: str, number: str) -> tuple[str, Any]:
        offer = kit.speak(conversation, "Do you need help?", act)
        with kit.record.transaction() as session:
            session.get_one(Delivery, offer).numbered = True
        kit.accept(SMS.say(text, number))
        found = kit.messages()[-1]
        return found.text, found.choice

    assert ask("2", "b") == ("No", {"field": "visa_help", "value": "no"})
    assert ask(" Option 1. ", "c") == ("Yes", {"field": "visa_help", "value": "yes"})
    assert ask("3", "d") == ("3", None)
    assert ask("2 of them", "e") == ("2 of them", None)
    kit.speak(conversation, "How many weeks?", {"act": "question", "field": "duration_weeks"})
    kit.accept(SMS.say("2", "f"))
    assert kit.messages()[-1].choice is None


@pytest.mark.parametrize("name", ["telegram", "whatsapp", "messenger", "slack", "generic"])
def test_a_pressed_button_is_the_kept_choice_and_nothing_else(kit: Any, name: str) -> None:
    sender: Any = SENDERS[name]
    kit.accept(sender.say("Hello", 1))
    conversation = kit.conversation(sender)
    offer = kit.speak(
        conversation, "Which?", {"act": "clarify", "options": [{"topic": "visa_j1", "label": "J-1"}]}
    )
    elsewhere = kit.speak(
        kit.conversation(sender, "77"),
        "X",
        {"act": "clarify", "options": [{"intent": "human", "label": "P"}]},
    )
    kit.accept(sender.press(f"c:{offer}:0", "J-1", 11))
    assert (kit.messages()[-1].text, kit.messages()[-1].choice) == ("J-1", {"topic": "visa_j1"})
    for number, forged in enumerate([f"c:{elsewhere}:0", f"c:{offer}:1", '/inform{"a": "b"}', "c:x:0"]):
        kit.accept(sender.press(forged, "Forged", 20 + number))
    assert [one.choice for one in kit.messages() if one.choice] == [{"topic": "visa_j1"}]
    assert sum("older message" in text for text in kit.texts("bot")) == 4


MEDIA = {
    "photo": TELEGRAM.message(1, photo=[{"file_id": "small"}, {"file_id": "big", "file_size": 900}]),
    "file": TELEGRAM.message(
        1, document={"file_id": "doc", "file_name": "cv.pdf", "mime_type": "application/pdf"}
    ),
    "voice": TELEGRAM.message(1, voice={"file_id": "v", "mime_type": "audio/ogg"}),
    "sticker": TELEGRAM.message(1, sticker={"file_id": "s", "emoji": "👍"}),
    "location": TELEGRAM.message(1, location={"latitude": 29.7, "longitude": -95.3}),
    "contact": TELEGRAM.message(1, contact={"phone_number": "+1", "first_name": "A"}),
    "unknown": TELEGRAM.message(1, dice={"emoji": "🎲", "value": 3}),
}


@pytest.mark.parametrize("kind", list(MEDIA))
def test_what_is_no_text_is_kept_as_what_it_is_and_answered_sensibly(kit: Any, kind: str) -> None:
    kit.accept(TELEGRAM.signed({"update_id": 1, "message": MEDIA[kind]}))
    [medium] = kit.all(MediaReference)
    assert medium.kind == kind
    assert kit.texts()[0].startswith(f"[{kind}")
    [answer] = kit.texts("bot")
    assert ("/upload/" in answer) == (kind in ("photo", "file"))
    assert kit.all(Turn) == []


async def test_files_are_fetched_by_authorised_calls_and_bounded(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pdf = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
    desk.providers.files |= {"doc": pdf, "1234": pdf}
    desk.accept(TELEGRAM.signed({"update_id": 1, "message": MEDIA["file"]}))
    document = {"id": "1234", "filename": "cv2.pdf", "mime_type": "application/pdf"}
    desk.accept(WHATSAPP.signed(WHATSAPP.value(messages=[WHATSAPP.one(1, "document", document)])))
    stolen = {"type": "file", "payload": {"url": "https://169.254.169.254/latest/meta-data"}}
    desk.accept(MESSENGER.signed(MESSENGER.page({"message": {"mid": "m9", "attachments": [stolen]}})))
    desk.accept(
        SMS.say("", "m", NumMedia="1", MediaUrl0="http://evil.example/x", MediaContentType0="application/pdf")
    )
    big = {"id": "1234", "filename": "big.pdf"}
    from frontdesk.channels.configured import configured
    from frontdesk.channels.media import MediaFetcher

    fetcher = MediaFetcher(desk.record, configured(desk.settings), desk.files)
    assert await fetcher.run_due() == 4
    states = {one.channel: (one.state, one.error) for one in desk.all(MediaReference)}
    assert states["telegram"][0] == states["whatsapp"][0] == "kept"
    assert states["messenger"] == ("refused", "It is not on Meta's media host.")
    assert states["twilio"] == ("refused", "It is not on Twilio's host.")
    assert {one.name for one in desk.all(KeptFile)} == {"cv.pdf", "cv2.pdf"}
    desk.providers.files["1234"] = b"%PDF-" + b"x" * (desk.files.limit + 1)
    desk.accept(WHATSAPP.signed(WHATSAPP.value(messages=[WHATSAPP.one(2, "document", big)])))
    await fetcher.run_due()
    assert [one.state for one in desk.all(MediaReference)].count("refused") == 3


def test_a_persons_conversation_gets_no_words_of_the_channel(kit: Any) -> None:
    from frontdesk.conversations import holder

    kit.accept(TELEGRAM.say("Hello"))
    with kit.record.transaction() as session:
        holder.queue(session, kit.all(Conversation)[0].id, reason="asked", message_id=None, available=True)
    kit.accept(TELEGRAM.signed({"update_id": 1, "message": {**MEDIA["voice"], "message_id": 2}}))
    assert kit.texts("bot") == []


def test_a_block_and_its_end_are_kept(kit: Any) -> None:
    def member(number: int, status: str) -> Delivered:
        change = {"chat": {"id": 1111, "type": "private"}, "new_chat_member": {"status": status}}
        return TELEGRAM.signed({"update_id": number, "my_chat_member": change})

    kit.accept(member(1, "kicked"))
    assert [one.ended_at for one in kit.all(OptOut)] == [None]
    kit.accept(member(2, "member"))
    assert kit.all(OptOut)[0].ended_at is not None


def test_groups_and_other_numbers_and_pages_are_left_alone(kit: Any) -> None:
    group = TELEGRAM.message(1, text="in a group", chat={"id": -5, "type": "group"})
    other = WHATSAPP.value(messages=[WHATSAPP.one(1, "text", {"body": "x"})])
    other["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = "999"
    page = MESSENGER.page({"recipient": {"id": "999"}, "message": {"mid": "m", "text": "x"}})
    kit.accept(
        TELEGRAM.signed({"update_id": 1, "message": group}), WHATSAPP.signed(other), MESSENGER.signed(page)
    )
    assert kit.messages() == []


def test_rasas_own_clients_are_answered_in_rasas_shape(kit: Any) -> None:
    kit.settings = kit.settings.model_copy(update={})
    body = {"sender": "client-1", "message": "Hello", "message_id": "m1"}
    assert kit.client.post("/webhooks/rest/webhook", json=body).status_code == 401
    assert kit.client.post("/webhooks/rest/webhook?token=wrong", json=body).status_code == 401
    assert kit.stored() == 0
    import threading

    from frontdesk.conversations import threads

    def bot() -> None:
        import time

        while not (turns := kit.all(Turn)):
            time.sleep(0.02)
        with kit.record.transaction() as session:
            turn = session.get_one(Turn, turns[0].id)
            conversation = threads.locked(session, turn.conversation_id)
            act = {"act": "clarify", "options": [{"topic": "visa_j1", "label": "J-1"}]}
            threads.append(
                session, conversation, author="bot", text="Which?", act=act, in_reply_to=turn.message_id
            )
            turn.state = "done"

    working = threading.Thread(target=bot)
    working.start()
    answer = kit.client.post("/webhooks/rest/webhook?token=rest-key", json=body)
    working.join()
    first, second = answer.json()
    assert (first["recipient_id"], first["text"], first["buttons"][0]["title"]) == (
        "client-1",
        "Which?",
        "J-1",
    )
    assert second == {
        "recipient_id": "client-1",
        "custom": {"act": "clarify", "options": [{"topic": "visa_j1", "label": "J-1"}]},
    }
    again = kit.client.post("/channels/rest/webhook", json=body, headers={"Authorization": "Bearer rest-key"})
    assert again.json() == answer.json()
    assert len(kit.messages()) == 1
    assert isinstance(kit.messages()[0], Message)
    assert json.loads(answer.text) == answer.json()
