"""A desk with something on every page, for tests in a browser, and the addresses of those pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from frontdesk.conversations import holder, threads
from frontdesk.files.keeping import TEAM, About, Files
from frontdesk.records.models import (
    Application,
    Draft,
    Handoff,
    KnowledgeEdit,
    LinkCheck,
    Message,
    Outage,
    Rating,
    SavedView,
    Staff,
    TrainingRun,
    now,
)
from frontdesk.staff import api_keys, invitations, learning_review
from frontdesk.staff.invitations import Links
from frontdesk.staff.knowledge_pages import _hash
from frontdesk.staff.learning_training import side_by_side
from tests.files.conftest import PDF

MESSAGES = ("do I bring the zorg cover note", "should I bring a zorg cover note?", "is the moon cheese")


def result(text: str, right: bool, got: str) -> dict[str, Any]:
    return {"set": "questions", "text": text, "expected": "rotation_cost", "got": got, "right": right}


def people_pages(desk: Any) -> dict[str, str]:
    """Something on every page; gives their addresses."""
    ada = desk.staff("ada", name="Ada Okafor", role="admin")
    if not desk.known("daniel"):
        desk.staff("daniel", role="editor")
    figures = side_by_side(
        {"lines": [result("what does it cost", True, "rotation_cost"), result("price?", False, "clarify")]},
        {
            "lines": [result("what does it cost", False, "human"), result("price?", True, "rotation_cost")],
            "held_out": {"accuracy": 0.83, "examples": 12565},
        },
    )
    said = [desk.says(desk.conversation(), text) for text in MESSAGES]
    with desk.record.transaction() as session:
        for message_id in said:
            learning_review.add(session, session.get_one(Message, message_id), "fallback")
        learning_review.dismiss(
            session, [learning_review.add(session, session.get_one(Message, said[2]), "x").id], by="ada"
        )
        invited = invitations.invite(
            session, email="mei@example.org", name="Mei-Ling", role="agent", days=7, by="ada"
        )
        api_keys.make(
            session,
            name="website",
            staff=session.get_one(Staff, ada),
            scopes=["conversations:read", "knowledge:read"],
            days=30,
            by="ada",
        )
        done = TrainingRun(
            model="new.tar.gz",
            started_by="ada",
            state="ready",
            figures=figures,
            examples=3,
            finished_at=now(),
        )
        session.add(done)
        session.flush()
        done_id = done.id
        session.add(
            TrainingRun(
                model="newer.tar.gz",
                started_by="ada",
                working=1,
                step="Training, 34 s",
                lease_until=now() + timedelta(hours=1),
            )
        )
    link = Links(desk.settings.secret_key, "").link(invited)
    return {
        "account": "/staff/account",
        "team": "/staff/team",
        "sessions of a colleague": f"/staff/team/{ada}/sessions",
        "keys": "/staff/keys",
        "audit log": "/staff/audit",
        "review list": "/staff/learning",
        "decided": "/staff/learning/decided",
        "report": f"/staff/learning/messages/{said[0]}",
        "training": "/staff/learning/runs",
        "side by side": f"/staff/learning/runs/{done_id}",
        "second factor": "/staff/second-factor/set-up",
        "invitation": link,
    }


def desk_pages(desk: Any) -> dict[str, str]:
    """A desk with something on every page; gives the addresses of its pages."""
    waiting = desk.waiting("Can I talk to a person?", minutes=20)
    desk.draft(waiting, full_name="Amina Bello", country_of_citizenship="NG")
    act = {
        "act": "answer",
        "topic": "rotation_cost",
        "sources": [{"title": "CHHA", "url": "https://example.org/"}],
        "options": [{"label": "Yes"}],
        "reviewed": "2026-11-22",
    }
    desk.bot_says(waiting, "Prices are here.", act)
    urgent = desk.waiting("I want to complain", attention="complaint")
    mine = desk.waiting("Which documents?")
    theirs = desk.waiting("مرحبا")
    with_bot = desk.conversation("hello")
    applied, files = desk.application("K7QX4M"), Files(desk.record, desk.settings)
    files.keep([PDF], About(applied, name="Curriculum vitae of Amina, newest version.pdf", document="cv"))
    files.keep([PDF], About(applied, name="scan0001.pdf"))
    files.keep([PDF], About(applied, name="Dean's letter.pdf", document="dean_letter", source=TEAM))
    amara, daniel = desk.staff("amara", role="admin"), desk.staff("daniel", role="editor")
    with desk.record.transaction() as session:
        holder.reply(session, mine, amara, "All but one.")
        holder.claim(session, theirs, daniel)
        session.add(Outage(part="rasa", began_at=now() - timedelta(minutes=2)))
        began = now() - timedelta(hours=2)
        session.add(Outage(part="actions", began_at=began, ended_at=began + timedelta(seconds=9)))
    return {
        "queue": "/staff/",
        "mine": "/staff/?section=mine",
        "closed and empty": "/staff/?section=closed",
        "waiting": f"/staff/conversations/{waiting}",
        "urgent": f"/staff/conversations/{urgent}",
        "own": f"/staff/conversations/{mine}",
        "colleague's": f"/staff/conversations/{theirs}",
        "with the assistant": f"/staff/conversations/{with_bot}",
        "applications": "/staff/applications",
        "no application": "/staff/applications?words=nobody",
        "application": "/staff/applications/K7QX4M",
        "beside an application": f"/staff/conversations/{applied}",
        "team": "/staff/team",
        "audit log": "/staff/audit",
        "password": "/staff/password",
        "not found": "/staff/nowhere",
    }


def office_pages(desk: Any) -> dict[str, str]:
    """Something on every page; gives the addresses of the pages."""
    names = ["Amina Bello", "Sofía Hernández", "Nguyễn Thị Ánh", "أحمد علي", "Łukasz Nowak", "Mei Chen"]
    states = ["received", "in_review", "documents_missing", "offer", "placed", "declined"]
    for number, (name, state) in enumerate(zip(names, states, strict=True)):
        conversation_id = desk.application(f"K7QX4{'MNPRTW'[number]}23", full_name=name)
        acts = [
            {"act": "answer", "topic": "electives", "sources": []},
            {"act": "fallback", "tries": 1},
            {"act": "clarify", "options": [{"topic": "match_odds", "label": "x"}]},
            {"act": "decline", "reason": "medical_advice"},
        ]
        desk.bot_says(conversation_id, "Words", acts[number % 4])
        with desk.record.transaction() as session:
            session.execute(
                update(Application).where(Application.conversation_id == conversation_id).values(state=state)
            )
            moment = now() - timedelta(days=number * 2)
            session.execute(
                update(Message).where(Message.conversation_id == conversation_id).values(created_at=moment)
            )
            session.add(
                Handoff(
                    conversation_id=conversation_id,
                    reason="asked",
                    available=True,
                    requested_at=moment,
                    first_reply_at=moment + timedelta(minutes=3 + number * 2),
                    ended_at=moment + timedelta(minutes=20 + number * 7),
                )
            )
            said = threads.read(session, conversation_id)[-1]
            session.add(Rating(message_id=said.id, conversation_id=conversation_id, helpful=number % 3 > 0))
            session.add(Draft(conversation_id=conversation_id, state="open", asking="usmle_step1", values={}))
    desk.staff("mei", role="admin", name="Mei")
    with desk.record.transaction() as session:
        mei = session.scalars(select(Staff.id).where(Staff.login == "mei")).one()
        session.add(SavedView(staff_id=mei, name="Offers", query="state=offer"))
        session.add(SavedView(staff_id=mei, name="From Nigeria", query="citizenship=NG"))
        url = (
            "https://students-residents.aamc.org/visiting-student-learning-opportunities/"
            "seeking-global-opportunity"
        )
        session.add(
            LinkCheck(
                url_hash=_hash(url), url=url, works=False, found="The site answers 404.", checked_by="mei"
            )
        )
        edit = KnowledgeEdit(
            subject="topics/electives",
            state="proposed",
            before={"short": None, "reviewed": "2026-11-22"},
            after={"short": "Electives are chosen, **core** clerkships are not.", "reviewed": "2026-11-27"},
            why="Plainer words",
            proposed_by="ed",
        )
        session.add(edit)
        session.flush()
        edit_id = edit.id
    return {
        "applications": "/staff/applications",
        "applications-filtered": "/staff/applications?state=offer&citizenship=NG&words=sofia",
        "application": "/staff/applications/K7QX4M23",
        "application-print": "/staff/applications/K7QX4M23/print",
        "knowledge": "/staff/knowledge",
        "knowledge-topic": "/staff/knowledge/topics/electives",
        "knowledge-facts": "/staff/knowledge/organization",
        "knowledge-edits": "/staff/knowledge/edits",
        "knowledge-edit": f"/staff/knowledge/edits/{edit_id}",
        "reports": "/staff/reports",
    }
