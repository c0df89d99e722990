"""The watch keeps when each part was there and when it was away."""

from __future__ import annotations

import platform
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from frontdesk.app import watch
from frontdesk.app.supervision import ProcessState
from frontdesk.app.watch import FAREWELL, Watch
from frontdesk.records.models import Heartbeat, Outage, now
from frontdesk.records.session import Record
from tests.stand_in_rasa import StandInRasa


@pytest.fixture
async def watching(record: Record, rasa: StandInRasa, make_settings: Callable) -> AsyncIterator[Watch]:
    made = Watch(record, make_settings(rasa_port=rasa.port, actions_port=rasa.port))
    yield made
    await made._client.aclose()


def outages(record: Record) -> list[Outage]:
    with record.reading() as session:
        return list(session.scalars(select(Outage).order_by(Outage.began_at)))


def beat(record: Record, part: str) -> Heartbeat | None:
    with record.reading() as session:
        return session.get(Heartbeat, part)


async def test_parts_that_answer_have_a_heartbeat_each(record: Record, watching: Watch) -> None:
    await watching.look()
    assert watching.present == {"rasa": True, "actions": True}
    for part in ("rasa", "actions", "frontdesk"):
        assert beat(record, part) is not None
    assert outages(record) == []


async def test_a_part_that_goes_away_has_an_outage_that_ends_when_it_is_back(
    record: Record, rasa: StandInRasa, watching: Watch
) -> None:
    await watching.look()
    rasa.stop()
    await watching.look()
    await watching.look()
    assert sorted((outage.part, outage.ended_at) for outage in outages(record)) == [
        ("actions", None),
        ("rasa", None),
    ]
    back = StandInRasa(rasa.port)
    await watching.look()
    back.stop()
    for outage in outages(record):
        assert outage.ended_at is not None
        assert outage.seconds == pytest.approx((outage.ended_at - outage.began_at).total_seconds())
    found = beat(record, "rasa")
    assert found is not None
    assert found.alive_since == found.seen_at


async def test_a_part_that_only_starts_up_is_not_away(
    record: Record, rasa: StandInRasa, watching: Watch
) -> None:
    rasa.stop()
    await watching.look()
    assert watching.present == {"rasa": False, "actions": False}
    assert outages(record) == []


async def test_a_part_that_never_comes_is_away(
    record: Record, rasa: StandInRasa, watching: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "START_SECONDS", 0)
    rasa.stop()
    await watching.look()
    assert [outage.part for outage in outages(record)].count("rasa") == 1


def left_behind(record: Record, note: str, seconds: float) -> None:
    at = now() - timedelta(seconds=seconds)
    with record.transaction() as session:
        session.add(Heartbeat(part="frontdesk", alive_since=at, seen_at=at, note=note))


async def test_a_front_desk_that_was_killed_finds_its_own_outage_when_it_starts_again(
    record: Record, watching: Watch
) -> None:
    left_behind(record, "another-machine 1", 600)
    watching._began_again()
    outage = outages(record)[0]
    assert outage.part == "frontdesk"
    assert outage.seconds == pytest.approx(600, abs=5)


async def test_a_process_that_died_a_moment_ago_on_this_machine_is_noticed(
    record: Record, watching: Watch
) -> None:
    left_behind(record, f"{platform.node()} 4194303", 0.5)  # above the highest process number
    watching._began_again()
    assert [outage.part for outage in outages(record)] == ["frontdesk"]


async def test_after_a_clean_stop_there_was_no_outage(record: Record, watching: Watch) -> None:
    left_behind(record, FAREWELL, 600)
    watching._began_again()
    assert outages(record) == []
    found = beat(record, "frontdesk")
    assert found is not None
    assert (now() - found.alive_since).total_seconds() < 60


async def test_beside_another_living_process_there_was_no_outage(record: Record, watching: Watch) -> None:
    left_behind(record, "another-machine 1", 1)
    watching._began_again()
    assert outages(record) == []


async def test_a_clean_stop_says_farewell(record: Record, watching: Watch) -> None:
    watching._began_again()
    watching._say_farewell()
    found = beat(record, "frontdesk")
    assert found is not None
    assert found.note == FAREWELL


async def test_one_of_several_processes_that_stops_does_not_close_the_desk(
    record: Record, watching: Watch
) -> None:
    watching._began_again()
    with record.transaction() as session:
        session.get_one(Heartbeat, "frontdesk").note = "another-machine 1"
    watching._say_farewell()
    found = beat(record, "frontdesk")
    assert found is not None
    assert found.note == "another-machine 1"


async def test_a_part_that_was_started_again_between_two_looks_was_away(
    record: Record, watching: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = {
        "rasa": ProcessState("rasa", "RUNNING", 41, 0),
        "actions": ProcessState("actions", "RUNNING", 42, 0),
    }
    monkeypatch.setattr(watch, "process_states", lambda _settings: process)
    await watching.look()
    process["actions"] = ProcessState("actions", "RUNNING", 43, 0)
    await watching.look()
    await watching.look()
    [outage] = outages(record)
    assert (outage.part, outage.ended_at is not None) == ("actions", True)
    found = beat(record, "actions")
    assert found is not None
    assert found.alive_since == outage.ended_at
