"""The console's API: keys and their scopes, what it does, and that nothing that is sent breaks it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies
from sqlalchemy import select, update
from starlette.testclient import TestClient

from frontdesk.app.main import create_app
from frontdesk.conversations import threads
from frontdesk.records.models import ApiKey, AuditEntry, Delivery, Staff, now
from frontdesk.records.session import Record
from frontdesk.settings import ROOT, Settings
from frontdesk.staff import accounts, api_keys
from frontdesk.staff.api_keys import SCOPES
from tests.files.conftest import PDF
from tests.staff.route_table import API

PREFIX = "/api/desk/v1"


@dataclass
class Program:
    """A program with a key."""

    desk: Any
    client: TestClient

    def get(self, path: str, **params: Any) -> Any:
        return self.client.get(PREFIX + path, params=params or None)

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(PREFIX + path, json=body or None)


@pytest.fixture
def make_program(desk: Any) -> Callable[..., Program]:
    return lambda *scopes, **more: program_on(desk, *scopes, **more)


_apps: dict[Any, Any] = {}


def whole_app(desk: Any) -> Any:
    """The app of the whole front desk on this desk's record, made once for all desks that share one."""
    if desk.built_on not in _apps:
        _apps[desk.built_on] = create_app(desk.settings, record=desk.built_on)
    return _apps[desk.built_on]


def program_on(
    desk: Any, *scopes: str, login: str = "robot", role: str = "editor", days: int | None = 30
) -> Program:
    """A program whose key acts for an account of that login; all scopes when none is named."""
    app = whole_app(desk)
    with desk.record.reading() as session:
        known = accounts.find(session, login)
    staff_id = known.id if known else desk.staff(login, role=role)
    with desk.record.transaction() as session:
        staff = session.get_one(Staff, staff_id)
        _, plain = api_keys.make(
            session, name="billing", staff=staff, scopes=scopes or SCOPES, days=days, by="ada"
        )
    client = TestClient(app, base_url="http://desk.test", raise_server_exceptions=False)
    client.portal = desk.portal
    client.headers["Authorization"] = f"Bearer {plain}"
    return Program(desk, client)


def problem(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


def test_a_conversation_is_read_claimed_answered_and_given_back(both: Any) -> None:
    program = program_on(both)
    made = both.waiting("May I talk to somebody?")
    [listed] = program.get("/conversations").json()["conversations"]
    assert (listed["id"], listed["last_words"]) == (made, "May I talk to somebody?")
    thread = program.get(f"/conversations/{made}").json()
    assert [line["text"] for line in thread["messages"]] == ["May I talk to somebody?"]
    claimed = program.post(f"/conversations/{made}/claim").json()
    assert (claimed["holder"], claimed["staff_name"]) == ("assigned", "Robot")
    replied = program.post(f"/conversations/{made}/reply", text="Hello, this is the team.")
    assert replied.status_code == 200
    later = program.get(f"/conversations/{made}", after=thread["last_seq"]).json()["messages"]
    assert later[-1]["text"] == "Hello, this is the team."
    assert program.post(f"/conversations/{made}/return").json()["holder"] == "bot"
    with both.record.reading() as session:
        deeds = session.scalars(select(AuditEntry).where(AuditEntry.action.startswith("conversation."))).all()
    assert [one.action for one in sorted(deeds, key=lambda one: one.at)] == [
        "conversation.viewed",
        "conversation.claimed",
        "conversation.replied",
        "conversation.viewed",
        "conversation.returned",
    ]
    assert {(one.actor, one.detail["key"]) for one in deeds} == {("robot", "billing")}


def test_a_note_names_a_colleague_and_stays_private(both: Any) -> None:
    program = program_on(both)
    both.staff("daniel")
    made = both.waiting()
    assert program.post(f"/conversations/{made}/notes", text="Ask @daniel").json()["staff_name"] == "Robot"
    assert [one["text"] for one in program.get(f"/conversations/{made}/notes").json()["notes"]] == [
        "Ask @daniel"
    ]
    thread = program.get(f"/conversations/{made}").json()["messages"]
    assert "Ask @daniel" not in [line["text"] for line in thread]
    assert problem(program.post(f"/conversations/{made}/notes", text="   ")) == (422, "invalid")


def test_who_is_too_late_is_told_who_was_first(desk: Any) -> None:
    from frontdesk.conversations import holder

    program = program_on(desk)
    made, daniel = desk.waiting(), desk.staff("daniel")
    with desk.record.transaction() as session:
        holder.claim(session, made, daniel)
    answer = program.post(f"/conversations/{made}/claim")
    assert problem(answer) == (409, "holder")
    assert "Daniel holds this conversation" in answer.json()["detail"]
    assert problem(program.post(f"/conversations/{made}/close")) == (409, "holder")


def test_a_conversation_is_handed_to_a_colleague_taken_from_the_bot_and_closed(desk: Any) -> None:
    program = program_on(desk)
    desk.staff("daniel")
    made, with_bot = desk.waiting(), desk.conversation("hello")
    program.post(f"/conversations/{made}/claim")
    assert problem(program.post(f"/conversations/{made}/transfer", login="nobody")) == (404, "colleague")
    assert program.post(f"/conversations/{made}/transfer", login="daniel").json()["staff_name"] == "Daniel"
    assert program.post(f"/conversations/{with_bot}/take-over").json()["holder"] == "assigned"
    assert program.post(f"/conversations/{with_bot}/close").json()["holder"] == "closed"


def test_applications_are_found_read_moved_and_exported(both: Any) -> None:
    both.application("K7QX4M")
    program = program_on(both)
    assert program.get("/applications", words="bello").json()["total"] == 1
    assert program.get("/applications", words="nobody").json()["total"] == 0
    told = program.get("/applications/K7QX4M").json()
    assert told["application"]["full_name"] == "Amina Bello"
    moved = program.post("/applications/K7QX4M/state", state="in_review", seen="received").json()
    assert (moved["application"]["state"], moved["history"][0]["after"]) == ("in_review", "in review")
    stale = program.post("/applications/K7QX4M/state", state="offer", seen="received")
    assert problem(stale) == (409, "stale")
    illegal = program.post("/applications/K7QX4M/state", state="placed", seen="in_review")
    assert problem(illegal) == (409, "move")
    told = program.post("/applications/K7QX4M/state", state="offer", seen="in_review", tell=True)
    thread = program.get(f"/conversations/{told.json()['conversation_id']}").json()["messages"]
    assert thread[-1]["act"] == {"act": "status", "reference": "K7QX4M", "state": "offer"}
    assert program.get("/applications.json", state="offer").json()[0]["reference"] == "K7QX4M"
    assert program.get("/applications.csv").text.splitlines()[1].startswith("K7QX4M,offer")
    assert both.audited().count("applications.exported") == 2


def test_answers_are_read_with_their_sources(desk: Any) -> None:
    program = program_on(desk, "knowledge:read")
    listed = program.get("/knowledge").json()["topics"]
    assert len(listed) >= 100
    one = program.get("/knowledge/malpractice_insurance").json()
    assert one in listed
    assert one["text"]
    assert one["sources"]
    assert problem(program.get("/knowledge/nothing")) == (404, "unknown")


def test_a_file_is_sent_and_papers_are_read_by_a_program(both: Any) -> None:
    program = program_on(both)
    conversation_id = both.application("K7QX4M")
    paper = both.paper(conversation_id, "cv")
    told = program.get(f"/conversations/{conversation_id}/documents").json()
    assert [file["id"] for one in told["documents"] if one["key"] == "cv" for file in one["files"]] == [paper]
    assert program.get(f"/files/{paper}").content.startswith(b"%PDF")

    program.post(f"/conversations/{conversation_id}/take-over")
    path = f"{PREFIX}/conversations/{conversation_id}/files"
    large = PDF.replace(b"%%EOF", b"%" + b" " * 100_000 + b"\n%%EOF")
    sent = program.client.post(path, files={"file": ("Offer.pdf", large)}, data={"text": "Your offer"})
    assert sent.status_code == 200, sent.text
    sent = sent.json()
    line = program.get(f"/conversations/{conversation_id}", after=sent["seq"] - 1).json()["messages"][0]
    assert (line["text"], line["act"]["file"]["name"]) == ("Your offer", "Offer.pdf")
    refused = program.client.post(path, files={"file": ("a.exe", b"MZ a program")})
    assert problem(refused) == (415, "file")
    assert {"documents.listed", "file.downloaded", "file.sent"} <= set(both.audited())


def test_a_conversation_is_laid_aside_brought_back_and_settled_by_a_program(desk: Any) -> None:
    program = program_on(desk)
    made = desk.waiting(attention="complaint")
    until = (now() + timedelta(hours=2)).isoformat()
    assert program.post(f"/conversations/{made}/snooze", until=until).status_code == 200
    [aside] = program.get("/conversations", section="snoozed").json()["conversations"]
    assert aside["snoozed_until"][:16] == until[:16]
    past = program.post(f"/conversations/{made}/snooze", until="2001-01-01T00:00:00Z")
    assert problem(past) == (422, "invalid")
    program.post(f"/conversations/{made}/wake")
    program.post(f"/conversations/{made}/settle")
    [waiting] = program.get("/conversations").json()["conversations"]
    assert (waiting["snoozed_until"], waiting["attention"]) == (None, None)
    program.post("/availability", available=False)
    with desk.record.reading() as session:
        assert not accounts.find(session, "robot").available


def test_a_message_that_did_not_arrive_is_seen_and_tried_again_by_a_program(desk: Any) -> None:
    program = program_on(desk)
    made = desk.waiting(channel="telegram")
    program.post(f"/conversations/{made}/reply", text="Hello")
    with desk.record.transaction() as session:
        sent = session.scalars(select(Delivery).where(Delivery.conversation_id == made)).all()[-1]
        sent.state, sent.error = "failed", "bot was blocked by the user"
        message_id = sent.message_id
    line = next(
        one for one in program.get(f"/conversations/{made}").json()["messages"] if one["id"] == message_id
    )
    assert line["delivery"] == {"state": "failed", "error": "bot was blocked by the user"}
    retry = f"/conversations/{made}/messages/{message_id}/retry"
    assert program.post(retry).status_code == 200
    assert problem(program.post(retry)) == (409, "delivery")


def test_a_field_is_changed_with_what_was_seen_by_a_program(desk: Any) -> None:
    desk.application("K7QX4M")
    program = program_on(desk)
    path = "/applications/K7QX4M/fields/duration_weeks"
    changed = program.post(path, value="12", seen=8).json()
    assert (changed["application"]["duration_weeks"], changed["history"][0]["by"]) == (12, "Robot")
    assert problem(program.post(path, value="4", seen=8)) == (409, "stale")
    assert problem(program.post(path, value="many", seen=12)) == (422, "invalid")
    assert problem(program.post("/applications/K7QX4M/fields/shoe_size", value="4", seen=None)) == (
        404,
        "unknown",
    )


def test_reports_are_read_by_a_program_as_the_page_shows_them(desk: Any) -> None:
    desk.conversation("hello", "are you there?")
    program = program_on(desk)
    said = {one["name"]: one["sentence"] for one in program.get("/reports").json()["reports"]}
    assert said["volume"] == "2 messages in 1 conversations: Website 2."
    told = program.get("/reports/volume").json()
    assert told["columns"] == ["Day", "Website", "All"]
    assert told["rows"][-1][1:] == [2, 2]
    assert program.get("/reports/volume.csv").text.splitlines()[0] == "Day,Website,All"
    assert problem(program.get("/reports/nothing")) == (404, "unknown")


def test_what_was_not_understood_is_dismissed_by_a_program(desk: Any) -> None:
    made = desk.conversation("gibberish about the weather")
    with desk.record.transaction() as session:
        conversation = threads.locked(session, made)
        asked = threads.read(session, made)[0]
        act = {"act": "fallback"}
        threads.append(session, conversation, author="bot", text="Sorry?", act=act, in_reply_to=asked.id)
    program = program_on(desk)
    [group] = program.get("/learning").json()["groups"]
    [item] = group["items"]
    assert (item["text"], item["reason"]) == ("gibberish about the weather", "fallback")
    unlabelled = program.post("/learning/decisions", items=[{"id": item["id"]}], decision="teach")
    assert problem(unlabelled) == (422, "invalid")
    done = program.post("/learning/decisions", items=[{"id": item["id"]}], decision="dismiss")
    assert done.json() == {"decided": 1}
    again = program.post("/learning/decisions", items=[{"id": item["id"]}], decision="dismiss")
    assert problem(again) == (409, "stale")


def test_an_answer_is_edited_by_a_program_and_stands_in_the_history(open_api: Any) -> None:
    program = program_on(open_api, login="writer")
    before = program.get("/knowledge/malpractice_insurance").json()["text"]
    words = "Whether malpractice insurance is included depends on the site. The team will tell you."
    edited = program.post("/knowledge/malpractice_insurance", text=words, why="Clearer")
    assert edited.json()["live"] is True
    assert program.get("/knowledge/malpractice_insurance").json()["text"] != before
    assert problem(program.post("/knowledge/malpractice_insurance", text=words)) == (409, "same")
    assert problem(program.post("/knowledge/nothing", text=words)) == (404, "unknown")


@pytest.mark.parametrize(
    ("given", "kind"),
    [(None, "key"), ("Bearer chha_wrong", "key"), ("Basic abc", "key"), ("Bearer ", "key")],
)
def test_without_a_key_nothing_is_told(desk: Any, given: str | None, kind: str) -> None:
    program = program_on(desk)
    del program.client.headers["Authorization"]
    if given:
        program.client.headers["Authorization"] = given
    for path in ("/health", "/conversations", "/applications", "/knowledge", "/applications.csv"):
        answer = program.get(path)
        assert problem(answer) == (401, kind)
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_key_is_over_when_revoked_expired_or_its_person_is_gone(desk: Any) -> None:
    desk.staff("ada", role="admin")
    for over in ("revoked", "expired", "disabled"):
        program = program_on(desk, login=f"robot-{over}")
        assert program.get("/health").status_code == 200
        with desk.record.transaction() as session:
            staff = accounts.find(session, f"robot-{over}")
            key = session.scalars(select(ApiKey).where(ApiKey.staff_id == staff.id)).one()
            if over == "revoked":
                api_keys.revoke(session, key.id, by="ada")
            elif over == "expired":
                key.expires_at = now() - timedelta(seconds=1)
            else:
                accounts.disable(session, staff, by="ada")
        assert problem(program.get("/health")) == (401, "key"), over


def test_a_key_loses_what_its_person_may_not_do_any_more(desk: Any) -> None:
    program = program_on(desk, role="editor")
    assert program.get("/applications.json").status_code == 200
    with desk.record.transaction() as session:
        session.execute(update(Staff).where(Staff.login == "robot").values(role="agent"))
    assert problem(program.get("/applications.json")) == (403, "scope")
    assert program.get("/applications").status_code == 200


def test_a_key_asks_so_often_a_minute_and_guesses_are_few(make_console: Any, sqlite_record: Any) -> None:
    desk = make_console(sqlite_record, api_requests_per_minute=3, logins_per_minute=2)
    program = program_on(desk)
    for _ in range(3):
        assert program.get("/health").status_code == 200
    many = program.get("/health")
    assert problem(many) == (429, "rate")
    assert int(many.headers["retry-after"]) > 0
    stranger = program_on(desk, login="other")
    right = stranger.client.headers["Authorization"]
    stranger.client.headers["Authorization"] = "Bearer chha_guess"
    assert [stranger.get("/health").status_code for _ in range(3)] == [401, 401, 429]
    stranger.client.headers["Authorization"] = right
    assert stranger.get("/health").status_code == 429


def test_only_its_hash_is_kept_and_a_key_is_shown_once(desk: Any) -> None:
    import re

    admin = desk.signed_in("ada", role="admin")
    page = admin.post("/staff/keys", **{"name": "website", "days": "30", "scope-knowledge:read": "yes"})
    found = re.search(r'data-testid="key">(chha_[\w-]+)<', page.text)
    assert found
    assert found[1] not in admin.get("/staff/keys").text
    with desk.record.reading() as session:
        key = session.scalars(select(ApiKey)).one()
        assert found[1] not in str(vars(key))
        assert session.get_one(Staff, key.staff_id).login == "ada"
    refused = admin.post("/staff/keys", **{"name": "website", "days": "30"})
    assert refused.status_code == 422


def test_a_key_gets_no_scope_that_its_person_has_not(desk: Any) -> None:
    agent = desk.staff("amara")
    with (
        desk.record.transaction() as session,
        pytest.raises(api_keys.KeyFault, match="needs the role editor"),
    ):
        api_keys.make(
            session,
            name="x",
            staff=session.get_one(Staff, agent),
            scopes=["applications:export"],
            days=1,
            by="a",
        )


# --- every route × every scope ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def open_api(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, build_console: Any
) -> Iterator[Any]:
    """One desk for the table, with generous limits."""
    folder = tmp_path_factory.mktemp("api")
    shutil.copyfile(migrated_sqlite, folder / "record.db")
    record = Record(f"sqlite:///{folder / 'record.db'}")
    # What is edited here is a copy of the answers.
    knowledge = shutil.copytree(ROOT / "knowledge", folder / "knowledge")
    keys = {"secret_key": "a" * 43, "rasa_key": "b" * 43}
    limits = {"logins_per_minute": 1_000_000, "api_requests_per_minute": 1_000_000}
    desk = build_console(
        record,
        Settings(_env_file=None, var_dir=folder, knowledge_dir=knowledge, **limits, **keys),  # type: ignore[call-arg]
    )
    desk.application("K7QX4M")
    yield desk
    record.close()


@pytest.fixture(scope="module")
def programs(open_api: Any) -> dict[str, Program]:
    """Scope → a program with a key of just that scope."""
    return {scope: program_on(open_api, scope, login=scope.replace(":", ".")) for scope in SCOPES}


BODY = {
    "text": "The team will tell you what it costs.",
    "login": "knowledge.read",
    "state": "offer",
    "seen": "received",
    "until": (now() + timedelta(days=1)).isoformat(),
    "available": True,
    "value": "Amina Bello",
    "items": [{"id": "nothing"}],
    "decision": "dismiss",
}


@pytest.mark.parametrize(("method", "template"), API)
def test_a_route_opens_to_its_scope_and_no_other(
    open_api: Any, programs: dict[str, Program], method: str, template: str
) -> None:
    needed = API[method, template]
    for scope, program in programs.items():
        conversation_id = open_api.waiting()
        path = template.format(
            conversation_id=conversation_id,
            message_id=open_api.says(conversation_id, "Hello?"),
            reply_id=open_api.saved_reply(scope, "Hello") if "{reply_id}" in template else "",
            file_id=open_api.paper(conversation_id) if "{file_id}" in template else "",
            reference="K7QX4M",
            topic_id="rotation_cost",
            field="full_name",
            name="volume",
        )
        sent: dict[str, Any] = {"files": {"file": ("a.pdf", PDF)}} if template.endswith("/files") else {}
        if method == "POST" and not sent:
            sent = {"json": BODY}
        answer = program.client.request(method, path, **sent)
        if needed in ("", scope):
            assert answer.status_code in (200, 409), (scope, answer.text)
        else:
            assert problem(answer) == (403, "scope"), scope
    visitor = TestClient(program.client.app, base_url="http://desk.test")
    assert visitor.request(method, path).status_code == 401


# --- whatever is sent ------------------------------------------------------------------------------------

EXAMPLES = 12
CHECKS = (
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_schema_conformance,
)


@pytest.fixture(scope="module")
def described(open_api: Any) -> Any:
    return schemathesis.openapi.from_asgi("/api/openapi.json", whole_app(open_api))


@pytest.fixture(scope="module")
def everything(open_api: Any) -> str:
    """The header of a key with every scope."""
    return str(program_on(open_api, login="all").client.headers["Authorization"])


@pytest.mark.parametrize(("method", "template"), API)
def test_nothing_that_is_sent_breaks_the_api(
    described: Any, everything: str, method: str, template: str
) -> None:
    operation = described[template][method]
    modes = list(schemathesis.GenerationMode)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategies.one_of([operation.as_strategy(generation_mode=mode) for mode in modes]))
    def ask(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": everything}, checks=CHECKS)

    ask()


def test_every_route_of_the_api_is_described_with_its_key(open_api: Any) -> None:
    document = whole_app(open_api).openapi()
    described_routes = {
        (method.upper(), path): operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if path.startswith(PREFIX)
    }
    assert set(described_routes) == set(API)
    for operation in described_routes.values():
        assert operation["security"] == [{"DeskKey": []}]
        assert operation["summary"]
        assert {"401", "403", "422", "429", "503"} <= set(operation["responses"])
    page = TestClient(whole_app(open_api)).get("/api/docs").text
    assert "/api/desk/v1/conversations/{conversation_id}/claim" in page
