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
from frontdesk.records.models import ApiKey, AuditEntry, Staff, now
from frontdesk.records.session import Record
from frontdesk.settings import Settings
from frontdesk.staff import accounts, api_keys
from frontdesk.staff.api_keys import SCOPES
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
    keys = {"secret_key": "a" * 43, "rasa_key": "b" * 43}
    limits = {"logins_per_minute": 1_000_000, "api_requests_per_minute": 1_000_000}
    desk = build_console(
        record,
        Settings(_env_file=None, var_dir=folder, **limits, **keys),  # type: ignore[call-arg]
    )
    desk.application("K7QX4M")
    yield desk
    record.close()


@pytest.fixture(scope="module")
def programs(open_api: Any) -> dict[str, Program]:
    """Scope → a program with a key of just that scope."""
    return {scope: program_on(open_api, scope, login=scope.replace(":", ".")) for scope in SCOPES}


@pytest.mark.parametrize(("method", "template"), API)
def test_a_route_opens_to_its_scope_and_no_other(
    open_api: Any, programs: dict[str, Program], method: str, template: str
) -> None:
    needed = API[method, template]
    for scope, program in programs.items():
        path = (
            template.replace("{conversation_id}", open_api.waiting())
            .replace("{reference}", "K7QX4M")
            .replace("{topic_id}", "rotation_cost")
        )
        body = {"text": "Hi", "login": "knowledge.read", "state": "offer", "seen": "received"}
        answer = program.client.request(method, path, json=body if method == "POST" else None)
        if needed in ("", scope):
            assert answer.status_code in (200, 409), (scope, answer.text)
        else:
            assert problem(answer) == (403, "scope"), scope
    visitor = TestClient(program.client.app, base_url="http://desk.test")
    assert visitor.request(method, path).status_code == 401


# --- whatever is sent ------------------------------------------------------------------------------------

EXAMPLES = 20
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
