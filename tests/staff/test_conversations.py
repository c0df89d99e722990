"""What staff do with a conversation, and what a colleague who was too late is told."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from sqlalchemy import select

from frontdesk.conversations import holder, threads
from frontdesk.records.models import Conversation, Handoff, Message, Staff, Turn
from frontdesk.staff import transcript


def lines(desk: Any, conversation_id: str) -> list[tuple[str, str]]:
    with desk.record.reading() as session:
        return [(one.author, one.text) for one in threads.read(session, conversation_id)]


def held(desk: Any, conversation_id: str) -> tuple[str, str | None]:
    found = desk.get(Conversation, conversation_id)
    return found.holder, desk.get(Staff, found.staff_id).login if found.staff_id else None


def test_a_claim_is_seen_by_everybody(both: Any) -> None:
    conversation_id = both.waiting()
    amara, daniel = both.signed_in("amara"), both.signed_in("daniel")
    response = amara.post(f"/staff/conversations/{conversation_id}/claim")
    assert response.status_code == 303
    assert held(both, conversation_id) == ("assigned", "amara")
    assert "You have it" in amara.get(response.headers["location"]).text
    assert "Amara has it" in daniel.get(f"/staff/conversations/{conversation_id}").text


def test_of_two_who_claim_at_once_one_wins_and_the_other_is_told_who(both: Any) -> None:
    conversation_id = both.waiting()
    visitors = [both.signed_in("amara"), both.signed_in("daniel")]
    for visitor in visitors:
        visitor.token()
    together = threading.Barrier(2)
    answers: dict[int, Any] = {}

    def claim(number: int) -> None:
        together.wait()
        answers[number] = visitors[number].post(f"/staff/conversations/{conversation_id}/claim")

    claims = [threading.Thread(target=claim, args=(number,)) for number in range(2)]
    for one in claims:
        one.start()
    for one in claims:
        one.join(timeout=60)
    assert sorted(answer.status_code for answer in answers.values()) == [303, 409]
    lost = next(answer for answer in answers.values() if answer.status_code == 409)
    winner = desk_name(both, conversation_id)
    assert f"{winner} was first and has this conversation." in lost.text
    with both.record.reading() as session:
        joined = session.scalars(select(Message).where(Message.author == "system")).all()
    assert len(joined) == 1


def desk_name(desk: Any, conversation_id: str) -> str:
    with desk.record.reading() as session:
        return str(threads.state(session, conversation_id).staff_name)


def test_a_reply_to_a_waiting_conversation_claims_it(both: Any) -> None:
    conversation_id = both.waiting("A person, please")
    response = both.signed_in("amara").post(f"/staff/conversations/{conversation_id}/reply", text="Hello!")
    assert response.status_code == 303
    assert held(both, conversation_id) == ("assigned", "amara")
    assert lines(both, conversation_id)[-1] == ("staff", "Hello!")
    assert "conversation.claimed" in both.audited()


def test_a_reply_that_came_too_late_is_not_sent_and_not_lost(both: Any) -> None:
    conversation_id = both.waiting()
    both.signed_in("daniel").post(f"/staff/conversations/{conversation_id}/claim")
    response = both.signed_in("amara").post(
        f"/staff/conversations/{conversation_id}/reply", text="my long and careful answer"
    )
    assert response.status_code == 409
    assert "Daniel was first" in response.text
    assert "my long and careful answer</textarea>" in response.text
    assert all(author != "staff" for author, _ in lines(both, conversation_id))


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 4001])
def test_a_reply_without_words_or_with_too_many_changes_nothing(desk: Any, text: str) -> None:
    conversation_id = desk.waiting()
    response = desk.signed_in().post(f"/staff/conversations/{conversation_id}/reply", text=text)
    assert response.status_code == 422
    assert held(desk, conversation_id) == ("queued", None)


def test_staff_take_a_conversation_over_from_the_assistant_unasked(both: Any) -> None:
    conversation_id = both.conversation("hello")
    response = both.signed_in("amara").post(f"/staff/conversations/{conversation_id}/take-over")
    assert response.status_code == 303
    assert held(both, conversation_id) == ("assigned", "amara")
    with both.record.reading() as session:
        assert session.scalars(select(Turn.state)).all() == ["dropped"], "the assistant is silent at once"
        assert session.scalars(select(Handoff.reason)).one() == "taken_over"


def test_a_reply_takes_over_from_the_assistant_only_where_the_page_showed_that(both: Any) -> None:
    conversation_id = both.conversation("hello")
    amara = both.signed_in("amara")
    path = f"/staff/conversations/{conversation_id}/reply"
    assert amara.post(path, text="Hi", shown="queued").status_code == 409
    assert held(both, conversation_id) == ("bot", None)
    assert amara.post(path, text="Hi", shown="bot").status_code == 303
    assert held(both, conversation_id) == ("assigned", "amara")


def test_a_closed_conversation_can_be_opened_again(both: Any) -> None:
    conversation_id = both.waiting()
    amara = both.signed_in("amara")
    amara.post(f"/staff/conversations/{conversation_id}/close")
    assert held(both, conversation_id) == ("closed", None)
    amara.post(f"/staff/conversations/{conversation_id}/reply", text="One more thing", shown="closed")
    assert held(both, conversation_id) == ("assigned", "amara")


def test_a_colleagues_conversation_is_taken_over_only_from_whom_the_page_showed(both: Any) -> None:
    conversation_id = both.waiting()
    daniel, mei = both.staff("daniel"), both.staff("mei")
    amara = both.signed_in("amara")
    with both.record.transaction() as session:
        holder.claim(session, conversation_id, mei)
    path = f"/staff/conversations/{conversation_id}/take-over"
    late = amara.post(path, **{"from": daniel})
    assert late.status_code == 409
    assert "Mei was first" in late.text
    assert amara.post(path, **{"from": mei}).status_code == 303
    assert held(both, conversation_id) == ("assigned", "amara")


def test_a_conversation_is_transferred_to_a_colleague(both: Any) -> None:
    conversation_id = both.waiting()
    daniel = both.staff("daniel")
    amara = both.signed_in("amara")
    amara.post(f"/staff/conversations/{conversation_id}/claim")
    assert "Daniel" in amara.get(f"/staff/conversations/{conversation_id}").text
    amara.post(f"/staff/conversations/{conversation_id}/transfer", to=daniel)
    assert held(both, conversation_id) == ("assigned", "daniel")
    lost = amara.post(f"/staff/conversations/{conversation_id}/release")
    assert lost.status_code == 409
    assert "Daniel" in lost.text


def test_a_transfer_to_nobody_or_to_a_disabled_account_is_refused(desk: Any) -> None:
    conversation_id = desk.waiting()
    gone = desk.staff("gone")
    with desk.record.transaction() as session:
        from frontdesk.records.models import now

        session.get(Staff, gone).disabled_at = now()
    amara = desk.signed_in()
    amara.post(f"/staff/conversations/{conversation_id}/claim")
    for to in ("", "nobody", gone):
        assert amara.post(f"/staff/conversations/{conversation_id}/transfer", to=to).status_code == 422
    assert held(desk, conversation_id) == ("assigned", "amara")


def test_a_released_conversation_waits_since_the_first_asking(both: Any) -> None:
    conversation_id = both.waiting(minutes=37)
    amara = both.signed_in("amara")
    amara.post(f"/staff/conversations/{conversation_id}/claim")
    amara.post(f"/staff/conversations/{conversation_id}/release")
    assert held(both, conversation_id) == ("queued", None)
    assert "37 min" in amara.get("/staff/").text


def test_returning_to_the_assistant_gives_it_a_turn(both: Any) -> None:
    conversation_id = both.waiting()
    amara = both.signed_in("amara")
    amara.post(f"/staff/conversations/{conversation_id}/claim")
    response = amara.post(f"/staff/conversations/{conversation_id}/return")
    assert response.status_code == 303
    assert held(both, conversation_id) == ("bot", None)
    with both.record.reading() as session:
        given = session.scalars(select(Turn).where(Turn.event.is_not(None))).one()
        assert (given.event, given.state) == ("returned_to_bot", "waiting")
        assert session.scalars(select(Handoff.ended_as)).one() == "returned"


def test_an_alert_is_settled_and_written_down(both: Any) -> None:
    conversation_id = both.waiting(attention="crisis")
    amara = both.signed_in("amara")
    assert "Crisis:" in amara.get(f"/staff/conversations/{conversation_id}").text
    amara.post(f"/staff/conversations/{conversation_id}/settle")
    assert both.get(Conversation, conversation_id).attention is None
    assert "attention.settled" in both.audited()


def test_htmx_gets_the_new_state_and_a_word_about_it(desk: Any) -> None:
    conversation_id = desk.waiting()
    amara = desk.signed_in()
    response = amara.htmx(f"/staff/conversations/{conversation_id}/reply", text="Hello!")
    assert response.status_code == 200
    assert "<html" not in response.text
    assert "You have it" in response.text
    assert 'id="reply" class="reply" hx-swap-oob' in response.text
    assert "Your reply was sent." in response.text
    assert "desk:sent" in response.headers["hx-trigger"]
    lost = desk.signed_in("daniel").htmx(f"/staff/conversations/{conversation_id}/claim")
    assert lost.status_code == 409
    assert "Amara was first" in lost.text


def test_a_thread_shows_authors_times_acts_sources_and_buttons(desk: Any) -> None:
    conversation_id = desk.conversation("How long is residency?")
    act = {
        "act": "answer",
        "topic": "residency_length",
        "sources": [{"title": "ACGME", "url": "https://www.acgme.org/"}],
        "reviewed": "2026-11-22",
        "stability": "stable",
    }
    desk.bot_says(conversation_id, "Three to seven years.", act)
    desk.bot_says(
        conversation_id, "Which?", {"act": "clarify", "options": [{"topic": "a", "label": "The first year"}]}
    )
    html = desk.signed_in().get(f"/staff/conversations/{conversation_id}").text
    assert "answer · residency_length · reviewed 2026-11-22" in html
    assert '<a href="https://www.acgme.org/" target="_blank" rel="noopener noreferrer">ACGME</a>' in html
    assert "The first year" in html
    assert 'data-author="applicant"' in html
    assert "<time datetime=" in html


def test_a_long_thread_is_read_in_stretches(desk: Any) -> None:
    conversation_id = desk.conversation()
    with desk.record.transaction() as session:
        conversation = threads.locked(session, conversation_id)
        for number in range(1, 101):
            threads.append(session, conversation, author="bot", text=f"message number {number}.")
    amara = desk.signed_in()
    newest = amara.get(f"/staff/conversations/{conversation_id}").text
    assert "message number 100." in newest
    assert "message number 40." not in newest
    assert f"/staff/conversations/{conversation_id}?before=41" in newest
    assert "message number 40." in amara.get(f"/staff/conversations/{conversation_id}", before="41").text
    more = amara.get(f"/staff/conversations/{conversation_id}/thread", after="98").text
    assert "message number 99." in more
    assert "message number 98." not in more
    assert 'data-after="100"' in more


def test_the_draft_stands_beside_the_thread_with_what_is_missing(desk: Any) -> None:
    conversation_id = desk.waiting()
    desk.draft(conversation_id, full_name="Amina Bello", country_of_citizenship="NG")
    html = desk.signed_in().get(f"/staff/conversations/{conversation_id}").text
    assert "Amina Bello" in html
    assert "Nigeria" in html
    assert "<b>Missing:</b> E-mail, Phone, Medical school" in html


def test_the_examination_door_is_not_shown(desk: Any) -> None:
    conversation_id = desk.conversation("examined", channel="rest")
    amara = desk.signed_in()
    assert amara.get(f"/staff/conversations/{conversation_id}").status_code == 404
    assert amara.post(f"/staff/conversations/{conversation_id}/take-over").status_code == 404


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "\u202eevil\u2066",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_what_applicants_write_is_never_markup(desk: Any, words: str) -> None:
    conversation_id = desk.waiting(words)
    desk.draft(conversation_id, full_name=words, medical_school=words)
    act = {
        "act": "answer",
        "topic": words,
        "sources": [{"title": words, "url": words}],
        "options": [{"label": words}],
    }
    desk.bot_says(conversation_id, words, act)
    amara = desk.signed_in()
    for path in ("/staff/", f"/staff/conversations/{conversation_id}", "/staff/queue/beside"):
        html = amara.get(path).text
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert 'href="javascript:' not in html
        assert "49{%" not in html
    assert amara.get(f"/staff/conversations/{conversation_id}").text.count("<script ") == 5


def test_a_text_that_came_back_stays_inside_its_box(desk: Any) -> None:
    conversation_id = desk.waiting()
    desk.signed_in("daniel").post(f"/staff/conversations/{conversation_id}/claim")
    html = desk.signed_in().post(f"/staff/conversations/{conversation_id}/reply", text=HOSTILE[2]).text
    assert "<script>alert" not in html


def test_what_is_not_on_the_page_of_a_long_thread_is_found_and_read_in_its_place(desk: Any) -> None:
    conversation_id = desk.waiting("The very first line")
    with desk.record.transaction() as session:
        conversation = threads.locked(session, conversation_id)
        for number in range(150):
            threads.append(session, conversation, author="bot", text=f"answer {number} of 100%")
    amara, path = desk.signed_in(), f"/staff/conversations/{conversation_id}"
    found = amara.get(path, find="FIRST line").text
    assert found.count('data-testid="message"') == 1
    assert "1 message with “FIRST line”" in found
    place = re.search(r'href="([^"#]*)#m-1"', found)
    assert place
    assert 'id="m-1"' in amara.get(place[1]).text
    assert "No messages with “100_”" in amara.get(path, find="100_").text
    assert amara.get(path, find="100%").text.count('data-testid="message"') == transcript.FOUND_MOST


def test_beside_a_conversation_stand_the_first_of_the_queue_and_a_way_to_all(desk: Any) -> None:
    waiting = [desk.waiting(minutes=60 - number) for number in range(21)]
    amara = desk.signed_in()
    page = amara.get(f"/staff/conversations/{waiting[3]}").text
    for html in (page, amara.get("/staff/queue/beside", current=waiting[3]).text):
        assert re.findall(r'id="near-queue-(\w+)"', html) == waiting[:20]
        assert "All 21" in html
        assert re.findall(r'id="near-queue-(\w+)" data-row aria-current="page"', html) == [waiting[3]]
