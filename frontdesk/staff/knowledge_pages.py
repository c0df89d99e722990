"""The knowledge in the console: answers with sources and review dates, facts of CHHA, edits, history."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, BackgroundTasks, Depends, Path, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from frontdesk.applications.search import tokens
from frontdesk.knowledge import editing, links, reviews
from frontdesk.knowledge.editing import ORGANIZATION, TOPIC, EditConflict, Plain
from frontdesk.knowledge.files import KnowledgeError
from frontdesk.knowledge.organization import Organization
from frontdesk.knowledge.topics import Topic, Topics, topics
from frontdesk.records.models import KnowledgeEdit, LinkCheck, Staff, now
from frontdesk.staff import audit, knowledge_edits, knowledge_forms
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change, Refused
from frontdesk.staff.knowledge_edits import Decided, Edits, NothingChanged, NotYours, UnknownEdit
from frontdesk.staff.knowledge_preview import previews
from frontdesk.staff.sessions import Member

HOME: Final = "/staff/knowledge"
STABILITIES: Final = {
    "volatile": "moves often",
    "organization": "CHHA's own",
    "yearly": "changes each year",
    "stable": "stays",
}
MOST_LINKS: Final = 400

TopicId = Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9_]+$")]
EditId = Annotated[str, Path(max_length=64)]


@dataclass(frozen=True)
class Row:
    """One answer in the list. `links`: how many of its sources work, do not, are not known."""

    topic: Topic
    due: dt.date
    overdue: bool
    proposed: bool
    broken: int
    unsure: int


def add_routes(router: APIRouter, desk: Desk) -> None:
    edits = Edits(desk.record, desk.settings)
    _add_list(router, desk, edits)
    _add_topics(router, desk, edits)
    _add_facts(router, desk, edits)
    _add_edits(router, desk, edits)
    _add_links(router, desk)


def _add_list(router: APIRouter, desk: Desk, edits: Edits) -> None:
    editor = Annotated[Member, Depends(desk.gate.allow("editor"))]

    @router.get("/knowledge")
    def knowledge(
        request: Request,
        member: editor,
        words: Annotated[str, Query(max_length=200)] = "",
        stability: Annotated[str, Query(max_length=16)] = "",
        only: Annotated[str, Query(max_length=16)] = "",
    ) -> Response:
        waiting = edits.waiting()
        rows = _rows(desk, {edit.subject for edit in waiting})
        found = [one for one in rows if _fits(one, words, stability, only)]
        return desk.page(
            request,
            member,
            "knowledge.html",
            here="knowledge",
            rows=found,
            total=len(rows),
            overdue=sum(one.overdue for one in rows),
            broken=sum(bool(one.broken) for one in rows),
            words=words,
            stability=stability,
            only=only,
            stabilities=STABILITIES,
            proposals=waiting,
            names=_names(desk),
            title_of=lambda subject: _title(desk, subject),
            second=edits.need_second_person,
        )

    @router.get("/knowledge/edits")
    def history(request: Request, member: editor) -> Response:
        return desk.page(
            request,
            member,
            "knowledge_edits.html",
            here="knowledge",
            edits=edits.history(),
            names=_names(desk),
            title_of=lambda subject: _title(desk, subject),
        )


def _add_topics(router: APIRouter, desk: Desk, edits: Edits) -> None:
    editor = Annotated[Member, Depends(desk.gate.allow("editor"))]
    change = Annotated[Change, Depends(desk.gate.change("editor"))]

    def shown(
        request: Request,
        member: Member,
        topic_id: str,
        *,
        form: dict[str, str] | None = None,
        wanted: Plain | None = None,
        **context: Any,
    ) -> Response:
        subject = TOPIC + topic_id
        entry = _entry(edits, subject)
        known = _topics(desk)
        return desk.page(
            request,
            member,
            "knowledge_topic.html",
            here="knowledge",
            topic_id=topic_id,
            entry={**dict.fromkeys(Topic.model_fields), **entry},
            form=form or knowledge_forms.topic_form(entry),
            seen=(form or {}).get("seen") or fingerprint(entry),
            previews=previews({**entry, **(wanted or {})}, known, desk.organization()),
            tried=wanted is not None,
            following={one.id: one.question for one in known if one.id != topic_id},
            stabilities=STABILITIES,
            checks=_checks(desk, entry),
            edits=edits.history(subject),
            names=_names(desk),
            second=edits.need_second_person,
            today=_today(desk).isoformat(),
            **context,
        )

    @router.get("/knowledge/topics/{topic_id}")
    def topic(request: Request, member: editor, topic_id: TopicId) -> Response:
        return shown(request, member, topic_id)

    @router.post("/knowledge/topics/{topic_id}")
    def edit_topic(request: Request, asked: change, topic_id: TopicId) -> Response:
        entry = _entry(edits, TOPIC + topic_id)
        return _edited(
            request,
            asked,
            edits,
            TOPIC + topic_id,
            entry,
            wants=lambda: knowledge_forms.topic_wanted(entry, asked.form.text),
            shown=lambda **more: shown(request, asked.member, topic_id, **more),
            to=f"{HOME}/topics/{topic_id}",
        )

    @router.post("/knowledge/topics/{topic_id}/reviewed")
    def reviewed(asked: change, topic_id: TopicId) -> Response:
        subject = TOPIC + topic_id
        _entry(edits, subject)
        wanted = {"reviewed": _today(desk).isoformat()}
        try:
            done = edits.propose(
                subject, wanted, by=asked.member.login, why="Looked at, still right", action="reviewed"
            )
        except NothingChanged:
            return see(f"{HOME}/topics/{topic_id}", "knowledge_same")
        except KnowledgeError as error:
            raise Refused(422, "Not changed", said(error)) from None
        return see(f"{HOME}/topics/{topic_id}", "knowledge_live" if done.live else "knowledge_proposed")


def _add_facts(router: APIRouter, desk: Desk, edits: Edits) -> None:
    editor = Annotated[Member, Depends(desk.gate.allow("editor"))]
    change = Annotated[Change, Depends(desk.gate.change("editor"))]

    def shown(
        request: Request,
        member: Member,
        *,
        form: dict[str, str] | None = None,
        wanted: Plain | None = None,
        **context: Any,
    ) -> Response:
        entry = _entry(edits, ORGANIZATION)
        return desk.page(
            request,
            member,
            "knowledge_facts.html",
            here="knowledge",
            groups=knowledge_forms.facts(entry, desk.settings.organization_file),
            form=form or {},
            seen=(form or {}).get("seen") or fingerprint(entry),
            affected=_affected(desk, entry, wanted) if wanted is not None else None,
            edits=edits.history(ORGANIZATION),
            names=_names(desk),
            second=edits.need_second_person,
            **context,
        )

    @router.get("/knowledge/organization")
    def facts(request: Request, member: editor) -> Response:
        return shown(request, member)

    @router.post("/knowledge/organization")
    def edit_facts(request: Request, asked: change) -> Response:
        entry = _entry(edits, ORGANIZATION)
        return _edited(
            request,
            asked,
            edits,
            ORGANIZATION,
            entry,
            wants=lambda: knowledge_forms.facts_wanted(entry, asked.form.text),
            shown=lambda **more: shown(request, asked.member, **more),
            to=f"{HOME}/organization",
        )


def _edited(
    request: Request,
    asked: Change,
    edits: Edits,
    subject: str,
    entry: Plain,
    *,
    wants: Callable[[], Plain],
    shown: Callable[..., Response],
    to: str,
) -> Response:
    """Preview or save what a form says; whatever is wrong, nothing that was typed is lost."""
    typed = dict(asked.form.fields)
    seen = asked.form.text("seen")
    if seen and seen != fingerprint(entry):
        return shown(
            form={**typed, "seen": fingerprint(entry)},
            status=409,
            notice="Somebody changed this meanwhile. Your words are below, theirs are live; save to replace.",
        )
    wanted: Plain | None = None
    try:
        wanted = wants()
        edits.check(subject, wanted)
        if asked.form.text("do") == "preview":
            return shown(form=typed, wanted=wanted, notice="This is a preview. Nothing is saved yet.")
        done = edits.propose(subject, wanted, by=asked.member.login, why=asked.form.text("why"))
    except NothingChanged as same:
        return shown(form=typed, notice=str(same))
    except KnowledgeError as error:
        return shown(form=typed, wanted=wanted, status=422, notice=said(error))
    except EditConflict as conflict:
        return shown(form=typed, status=409, notice=str(conflict))
    return see(to, "knowledge_live" if done.live else "knowledge_proposed")


def _add_edits(router: APIRouter, desk: Desk, edits: Edits) -> None:
    editor = Annotated[Member, Depends(desk.gate.allow("editor"))]
    change = Annotated[Change, Depends(desk.gate.change("editor"))]

    @router.get("/knowledge/edits/{edit_id}")
    def edit(request: Request, member: editor, edit_id: EditId) -> Response:
        found = _edit(edits, edit_id)
        drawn = []
        if found.subject != ORGANIZATION and found.state == knowledge_edits.PROPOSED:
            entry = _entry(edits, found.subject)
            drawn = previews({**entry, **found.after}, _topics(desk), desk.organization())
        return desk.page(
            request,
            member,
            "knowledge_edit.html",
            here="knowledge",
            edit=found,
            title=_title(desk, found.subject),
            way=_way(found.subject),
            rows=[(key, told(found.before.get(key)), told(found.after[key])) for key in found.after],
            previews=drawn,
            names=_names(desk),
        )

    @router.post("/knowledge/edits/{edit_id}/approve")
    def approve(asked: change, edit_id: EditId) -> Response:
        return decide(edit_id, lambda: edits.approve(edit_id, by=asked.member.login), "knowledge_live")

    @router.post("/knowledge/edits/{edit_id}/refuse")
    def refuse(asked: change, edit_id: EditId) -> Response:
        answer = asked.form.text("answer")
        return decide(
            edit_id, lambda: edits.refuse(edit_id, by=asked.member.login, answer=answer), "knowledge_refused"
        )

    @router.post("/knowledge/edits/{edit_id}/revert")
    def revert(asked: change, edit_id: EditId) -> Response:
        done: list[bool] = []
        answered = decide(
            edit_id, lambda: done.append(edits.revert(edit_id, by=asked.member.login).live), "knowledge_live"
        )
        return see(f"{HOME}/edits/{edit_id}", "knowledge_proposed") if done == [False] else answered

    def decide(edit_id: str, deed: Callable[[], Any], name: str) -> Response:
        try:
            deed()
        except UnknownEdit:
            raise Refused(404, "Not found", "There is no such edit, or it never was live.") from None
        except editing.UnknownSubject:
            raise Refused(409, "Not done", "The answer that it changed is there no more.") from None
        except (NotYours, Decided, NothingChanged) as error:
            raise Refused(409, "Not done", str(error)) from None
        except EditConflict as conflict:
            keys = ", ".join(conflict.keys)
            raise Refused(409, "Not done", f"A later change stands on {keys}. Edit it by hand.") from None
        except KnowledgeError as error:
            raise Refused(422, "Not done", said(error)) from None
        return see(f"{HOME}/edits/{edit_id}", name)


def _add_links(router: APIRouter, desk: Desk) -> None:
    change = Annotated[Change, Depends(desk.gate.change("editor"))]

    @router.post("/knowledge/links")
    def check_links(asked: change, background: BackgroundTasks) -> Response:
        known = _topics(desk)
        topic_id = asked.form.text("topic")
        chosen = [one for one in known if not topic_id or one.id == topic_id]
        urls = list(dict.fromkeys(url for one in chosen for url in _urls(one, desk.organization())))
        with desk.record.transaction() as session:
            audit.note(
                session, asked.member.login, "knowledge.links_checked", topic_id or None, count=len(urls)
            )
        background.add_task(_ask, desk, urls[:MOST_LINKS], asked.member.login)
        return see(f"{HOME}/topics/{topic_id}" if topic_id in known else HOME, "links")


def _ask(desk: Desk, urls: list[str], by: str) -> None:
    """Ask each address and keep what was found."""
    for url, found in links.check_all(urls):
        # Somebody else may check the same address at this moment: one of both is kept.
        with suppress(IntegrityError), desk.record.transaction() as session:
            session.merge(
                LinkCheck(
                    url_hash=_hash(url),
                    url=url,
                    works=found.works,
                    found=found.words[:255],
                    checked_at=now(),
                    checked_by=by,
                )
            )


def _hash(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


def fingerprint(entry: Plain) -> str:
    """What an entry says, in sixteen characters: a form knows by it whether it is out of date."""
    return hashlib.sha256(json.dumps(entry, sort_keys=True, default=str).encode()).hexdigest()[:16]


def said(error: Exception) -> str:
    """An error of the checks for people."""
    return str(error).replace("Value error, ", "")


def told(value: Any) -> str:
    """A value of an edit as text, a line for each of its parts."""
    if value is None or value == []:
        return ""
    if isinstance(value, list):
        return "\n".join(told(one) for one in value)
    if isinstance(value, dict):
        return "\n".join(f"{key}: {told(one)}" for key, one in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(str(value).split())


def _rows(desk: Desk, proposed: set[str]) -> list[Row]:
    """All answers, the overdue ones on top, then by the day on which they are due."""
    organization = desk.organization()
    known = _topics(desk)
    by_url = _checked(desk)
    today = _today(desk)
    rows = []
    for topic in known:
        found = [by_url[url] for url in _urls(topic, organization) if url in by_url]
        rows.append(
            Row(
                topic=topic,
                due=reviews.due(topic),
                overdue=reviews.is_overdue(topic, today),
                proposed=TOPIC + topic.id in proposed,
                broken=sum(one.works is False for one in found),
                unsure=sum(one.works is None for one in found),
            )
        )
    return sorted(rows, key=lambda one: (not one.overdue, one.due, one.topic.question))


def _fits(row: Row, words: str, stability: str, only: str) -> bool:
    topic = row.topic
    if stability in STABILITIES and topic.stability != stability:
        return False
    if (only == "overdue" and not row.overdue) or (only == "broken" and not row.broken):
        return False
    text = " ".join([topic.id, topic.question, topic.answer, *(source.title for source in topic.sources)])
    there = tokens(text)
    return all(any(one.startswith(word) for one in there) for word in tokens(words))


def _urls(topic: Topic, organization: Organization) -> list[str]:
    found = (source.url or organization.detail(source.organization or "") for source in topic.sources)
    return [url for url in found if url]


def _checked(desk: Desk) -> dict[str, LinkCheck]:
    with desk.record.reading() as session:
        return {one.url: one for one in session.scalars(select(LinkCheck))}


def _checks(desk: Desk, entry: Plain) -> list[LinkCheck]:
    urls = [str(one["url"]) for one in entry.get("sources") or [] if one.get("url")]
    with desk.record.reading() as session:
        kept = session.scalars(select(LinkCheck).where(LinkCheck.url_hash.in_([_hash(url) for url in urls])))
        return list(kept)


def _affected(desk: Desk, entry: Plain, wanted: Plain) -> list[tuple[str, str, str]]:
    """(question, before, after) of the answers that a change of the facts changes."""
    changed = {key: value for key, value in {**entry, **wanted}.items() if value is not None}
    try:
        new = Organization.model_validate(changed)
    except ValueError:
        return []
    known, old = _topics(desk), desk.organization()
    pairs = [(one.question, known.answer(one.id, old).text, known.answer(one.id, new).text) for one in known]
    return [pair for pair in pairs if pair[1] != pair[2]]


def _entry(edits: Edits, subject: str) -> Plain:
    try:
        return edits.entry(subject)
    except editing.UnknownSubject:
        raise Refused(404, "Not found", "There is no such answer (any more).") from None
    except KnowledgeError as error:
        raise Refused(409, "The file is broken", said(error)) from None


def _edit(edits: Edits, edit_id: str) -> KnowledgeEdit:
    try:
        return edits.get(edit_id)
    except UnknownEdit:
        raise Refused(404, "Not found", "There is no such edit.") from None


def _topics(desk: Desk) -> Topics:
    return topics(desk.settings.knowledge_dir)


def _title(desk: Desk, subject: str) -> str:
    known = _topics(desk).get(subject.removeprefix(TOPIC))
    return known.question if known else knowledge_edits.title(subject)


def _way(subject: str) -> str:
    return f"{HOME}/{subject}"


def _names(desk: Desk) -> dict[str, str]:
    """Login → name."""
    with desk.record.reading() as session:
        return dict(session.execute(select(Staff.login, Staff.name)).all())


def _today(desk: Desk) -> dt.date:
    return now().astimezone(desk.organization().hours.zone).date()
