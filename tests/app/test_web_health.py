"""What the web process says about itself, and how it answers when a part is away."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from frontdesk.app import main
from frontdesk.conversations import threads
from frontdesk.records.models import Conversation
from frontdesk.records.session import Record
from tests.stand_in_rasa import StandInRasa


@pytest.fixture
def make_app(make_settings: Callable, monkeypatch: pytest.MonkeyPatch) -> Callable[..., FastAPI]:
    """An app that is not started: routes without turns and watch."""
    monkeypatch.setattr(main, "STAFF_CONSOLE", "frontdesk.no_console")

    def make(record: Record, **changed: Any) -> FastAPI:
        return main.create_app(make_settings(**changed), record=record)

    return make


def calling(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://desk")


@pytest.fixture
async def client(record: Record, rasa: StandInRasa, make_app: Callable) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(make_app(record, rasa_port=rasa.port, actions_port=rasa.port)) as made:
        yield made


async def test_a_living_process_says_so(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health")).json() == {"status": "ok"}


async def test_it_is_ready_when_record_rasa_and_actions_answer(client: httpx.AsyncClient) -> None:
    answer = await client.get("/ready")
    assert answer.status_code == 200
    assert answer.json() == {"record": "ok", "rasa": "ok", "actions": "ok"}


async def test_it_is_not_ready_while_rasa_is_away(
    sqlite_record: Record, rasa: StandInRasa, make_app: Callable, free_port: int
) -> None:
    async with calling(make_app(sqlite_record, rasa_port=free_port, actions_port=rasa.port)) as client:
        answer = await client.get("/ready")
    assert answer.status_code == 503
    assert answer.json() == {"record": "ok", "rasa": "away", "actions": "ok"}


async def test_a_record_that_is_away_is_told_and_nothing_of_its_address(
    make_app: Callable, free_port: int
) -> None:
    away = Record(f"postgresql+pg8000://desk:hush@127.0.0.1:{free_port}/record")
    async with calling(make_app(away)) as client:
        ready = await client.get("/ready")
        started = await client.post("/api/conversations")
    assert (ready.status_code, ready.json()["record"]) == (503, "away")
    assert started.status_code == 503
    assert started.headers["content-type"] == "application/problem+json"
    assert int(started.headers["retry-after"]) > 0
    assert "hush" not in started.text
    assert str(free_port) not in started.text


async def test_holders_and_messages_are_counted(client: httpx.AsyncClient, record: Record) -> None:
    started = (await client.post("/api/conversations")).json()
    await client.post(
        f"/api/conversations/{started['conversation']}/messages",
        json={"client_id": "c", "text": "my secret"},
        headers={"Authorization": f"Bearer {started['token']}"},
    )
    text = (await client.get("/metrics")).text
    assert 'frontdesk_conversations{holder="bot"} 1.0' in text
    assert 'frontdesk_turns_unfinished{state="waiting"} 1.0' in text
    assert 'frontdesk_messages_received_total{channel="website"} 1.0' in text
    assert "secret" not in text


async def test_an_error_nobody_foresaw_is_a_problem_without_a_trace(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("my secret")

    monkeypatch.setattr(threads, "start", broken)
    answer = await client.post("/api/conversations")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "secret" not in answer.text
    assert "ZeroDivision" not in answer.text
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text


async def test_the_api_describes_itself(client: httpx.AsyncClient) -> None:
    described = (await client.get("/api/openapi.json")).json()
    paths = described["paths"]
    assert {
        "/api/conversations",
        "/api/conversations/{conversation_id}/messages",
        "/api/conversations/{conversation_id}/events",
        "/api/widget/config",
    } <= set(paths)
    sending = paths["/api/conversations/{conversation_id}/messages"]["post"]
    assert {"200", "202", "401", "404", "413", "422", "429"} <= set(sending["responses"])
    assert "from" in described["components"]["schemas"]["ThreadMessage"]["properties"]


async def test_the_description_is_a_page_that_loads_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    page = await client.get("/api/docs")
    assert page.status_code == 200
    assert "/api/conversations" in page.text
    assert "<script" not in page.text
    assert "//" not in page.text.replace("http://desk", "").split("<body>")[0]
    assert (await client.get("/api/docs.css")).headers["content-type"].startswith("text/css")


def test_a_failed_turn_does_not_promise_a_person_when_nobody_is_there(
    sqlite_record: Record, make_settings: Callable, tmp_path: Path
) -> None:
    closed = tmp_path / "organization.yml"
    closed.write_text("name: CHHA\nhours:\n  weekly: {}\n")
    with sqlite_record.reading() as session:
        notice = main.bot_unavailable(session, make_settings(organization_file=closed))
    assert not notice.available
    assert "Nobody is at the desk" in notice.text


def test_a_failed_turn_says_that_somebody_is_at_the_desk(
    sqlite_record: Record, make_settings: Callable, tmp_path: Path
) -> None:
    zone = "Etc/GMT" + (f"-{12 - hour}" if (hour := datetime.now(UTC).hour) < 12 else f"+{hour - 12}")
    days = "".join(
        f'    {day}: ["08:00-17:00"]\n' for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    )
    noon = tmp_path / "organization.yml"  # it is about noon in that zone
    noon.write_text(f"name: CHHA\nhours:\n  timezone: {zone}\n  weekly:\n{days}")
    with sqlite_record.reading() as session:
        notice = main.bot_unavailable(session, make_settings(organization_file=noon))
    assert notice.available
    assert "will answer you here" in notice.text


async def test_the_staff_console_is_included_when_it_is_there(
    sqlite_record: Record, make_settings: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = ModuleType("frontdesk.stand_in_console")
    given: list[Any] = []

    def router(*parts: Any, **_: Any) -> APIRouter:
        given.extend(parts)
        made = APIRouter()
        made.add_api_route("/staff/", lambda: "console")
        return made

    console.router = router  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, console.__name__, console)
    console.__spec__ = object()  # type: ignore[assignment]
    monkeypatch.setattr(main, "STAFF_CONSOLE", console.__name__)
    settings = make_settings()
    app = main.create_app(settings, record=sqlite_record)
    async with calling(app) as client:
        assert (await client.get("/staff/")).json() == "console"
    assert given == [sqlite_record, settings, app.state.changes]


async def test_conversations_of_all_holders_are_listed_even_when_there_are_none(
    client: httpx.AsyncClient, record: Record
) -> None:
    with record.transaction() as session:
        session.add(Conversation(channel="website", external_ref="a", holder="closed"))
    text = (await client.get("/metrics")).text
    assert 'frontdesk_conversations{holder="closed"} 1.0' in text
    assert 'frontdesk_conversations{holder="queued"} 0.0' in text
