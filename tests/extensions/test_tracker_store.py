"""Where conversations are kept: bounded, exact, and honest when the database is away."""

from __future__ import annotations

import sqlite3

import pytest
from rasa.core.tracker_store import FailSafeTrackerStore, InMemoryTrackerStore
from rasa.shared.core.events import deserialise_events

from extensions.tracker_store import KEPT_TURNS, ConversationTrackerStore, TrackerConflict, bounded
from extensions.turns import TurnFailed


async def converse(desk, turns, sender="a", **more):
    for number in range(turns):
        await desk.hear(sender, f"hello {number}", message_id=f"{sender}{number}", **more)


def state(tracker):
    """What decides about the next turn, which brings its own latest message."""
    names = ("sender_id", "slots", "latest_action_name", "paused", "followup_action")
    full = tracker.current_state()
    return [full[name] for name in names] + [tracker.active_loop_name, tracker.is_active_loop_rejected]


async def test_a_tracker_comes_back_as_it_was_saved(desk):
    await desk.hear("a", "apply")
    saved = None
    keep = desk.store.save

    async def save(tracker):
        nonlocal saved
        saved = tracker.copy()
        await keep(tracker)

    desk.store.save = save
    await desk.hear("a", "yes")

    back = await desk.tracker("a")
    assert state(back) == state(saved)
    assert [event.as_dict() for event in back.events] == [event.as_dict() for event in saved.events]


async def test_events_are_read_as_rasa_reads_them(desk):
    await desk.hear("a", "apply")
    await desk.hear("a", "stop")
    written = [event.as_dict() for event in (await desk.tracker("a")).events]

    assert [event.as_dict() for event in deserialise_events(written)] == written


async def test_a_long_conversation_keeps_a_bounded_number_of_events_and_bytes(desk, tmp_path):
    sizes, events = [], []
    for number in range(300):
        await desk.hear("a", f"hello {number} " + "x" * 200, message_id=str(number))
        if number % 10 == 9:
            with sqlite3.connect(tmp_path / "tracker.db") as database:
                sizes.append(
                    database.execute("SELECT length(dialogue) FROM conversation_trackers").fetchone()[0]
                )
            events.append(len((await desk.tracker("a")).events))

    assert max(events) <= 80
    assert max(sizes[-10:]) <= 1.1 * max(sizes[:5])


async def test_what_is_left_out_lives_on_as_slots(desk, action_server):
    action_server.behaviours["action_answer"] = lambda call: {
        "events": [
            {"event": "slot", "name": "last_topic", "value": "rotation_cost"},
            {"event": "slot", "name": "said", "value": {"greet": 2}},
        ],
        "responses": [{"text": "It costs."}],
    }
    await desk.hear("a", "cost")
    await converse(desk, 30)

    tracker = await desk.tracker("a")
    assert tracker.get_slot("last_topic") == "rotation_cost"
    assert tracker.get_slot("said") == {"greet": 2}


async def test_an_open_form_survives_and_goes_on_where_it_was(desk):
    await desk.hear("a", "apply")
    await desk.hear("a", "yes")
    for number in range(40):
        await desk.hear("a", "cost", message_id=f"q{number}")

    tracker = await desk.tracker("a")
    assert (tracker.active_loop_name, tracker.get_slot("requested_slot")) == ("application_form", "full_name")
    assert len(tracker.events) <= 100
    turn = await desk.hear("a", "Amina")
    assert turn.replies[0].text == "full_name is Amina. Next: email?"


async def test_a_form_that_was_closed_long_ago_stays_closed(desk):
    await desk.hear("a", "apply")
    await desk.hear("a", "stop")
    await converse(desk, 30)

    assert (await desk.tracker("a")).active_loop_name is None
    assert (await desk.hear("a", "cost")).replies[0].text == "action_answer: cost"
    assert (await desk.hear("a", "apply")).replies[0].text == "First: consent?"


async def test_message_ids_of_the_kept_turns_are_still_known(desk):
    await converse(desk, 40)

    for number in range(40 - KEPT_TURNS, 40):
        assert (await desk.hear("a", f"hello {number}", message_id=f"a{number}")).again


@pytest.mark.parametrize("turns", range(9, 20))
async def test_leaving_out_old_turns_changes_no_state(desk, turns):
    script = ["hello", "cost", "apply", "yes", "cost", "Amina", "stop", "hello", "resume: go on", "yes"]
    for number in range(turns):
        await desk.hear("a", script[number % len(script)], message_id=f"x{number}")
    tracker = await desk.tracker("a")

    shorter = tracker.init_copy()
    for event in bounded(tracker, most=5, keep=3):
        shorter.update(event)

    assert len(shorter.events) < len(tracker.events)
    assert state(shorter) == state(tracker)


async def test_a_new_conversation_is_not_kept_before_its_first_turn_has_happened(desk, action_server):
    action_server.behaviours["action_smalltalk"] = lambda call: (500, "{}")

    with pytest.raises(TurnFailed):
        await desk.hear("a", "hello")

    assert list(await desk.store.keys()) == []


async def test_a_tracker_that_somebody_else_has_saved_meanwhile_is_not_overwritten(desk):
    await desk.hear("a", "hello")
    mine, theirs = await desk.tracker("a"), await desk.tracker("a")
    await desk.store.save(theirs)

    with pytest.raises(TrackerConflict):
        await desk.store.save(mine)


async def test_a_conversation_erased_during_its_turn_does_not_come_back(desk):
    await desk.hear("a", "hello")
    tracker = await desk.tracker("a")
    await desk.store.delete("a")

    with pytest.raises(TrackerConflict):
        await desk.store.save(tracker)
    assert await desk.tracker("a") is None


async def test_erased_words_are_gone_from_the_files(desk, tmp_path):
    await desk.hear("a", "hello unforgettable")
    files = list(tmp_path.glob("tracker.db*"))
    assert any(b"unforgettable" in file.read_bytes() for file in files)

    await desk.store.delete("a")

    assert not any(b"unforgettable" in file.read_bytes() for file in tmp_path.glob("tracker.db*"))


async def test_a_locked_database_fails_the_turn_and_the_next_one_works(desk, tmp_path, monkeypatch):
    monkeypatch.setattr("extensions.tracker_store.SQLITE_BUSY_SECONDS", 0.1)
    await desk.hear("a", "hello")
    desk.store._engine = None  # connects anew, with the short wait
    other = sqlite3.connect(tmp_path / "tracker.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    with pytest.raises(TurnFailed) as failed:
        await desk.hear("a", "hello again", message_id="x")
    assert failed.value.cause == "tracker_store"
    with pytest.raises(TurnFailed):
        await desk.hear("b", "hello")

    other.execute("ROLLBACK")
    assert not (await desk.hear("a", "hello again", message_id="x")).again
    heard = [event.text for event in (await desk.tracker("a")).events if event.type_name == "user"]
    assert heard == ["hello", "hello again"]


async def test_a_database_that_cannot_be_opened_fails_turns_and_readiness(desk, tmp_path):
    (tmp_path / "not a folder").write_text("")
    desk.store._url = desk.store._url.set(database=str(tmp_path / "not a folder" / "tracker.db"))

    with pytest.raises(TurnFailed) as failed:
        await desk.hear("a", "hello")
    assert failed.value.cause == "tracker_store"
    with pytest.raises(TurnFailed):
        await desk.turns.check_store()


async def test_an_error_of_the_database_quotes_no_conversation(desk, caplog):
    await desk.hear("a", "hello")

    def vanish(connection):
        connection.exec_driver_sql("DROP TABLE conversation_trackers")

    await desk.store._in_thread(vanish)
    with pytest.raises(TurnFailed) as failed:
        await desk.hear("a", "hello secret words")

    assert "secret" not in failed.value.detail
    assert "secret" not in caplog.text
    assert (await desk.hear("a", "hello")).replies  # its table is made anew


async def test_a_turn_is_refused_on_any_other_store(desk):
    desk.agent.tracker_store = FailSafeTrackerStore(InMemoryTrackerStore(desk.agent.domain))

    with pytest.raises(TurnFailed) as failed:
        await desk.hear("a", "hello")

    assert failed.value.cause == "tracker_store"
    assert "InMemoryTrackerStore" in failed.value.detail


async def test_a_row_that_cannot_be_read_fails_the_turn_and_is_kept(desk):
    await desk.hear("a", "hello")

    def damage(connection):
        connection.exec_driver_sql("UPDATE conversation_trackers SET dialogue = '{'")

    await desk.store._in_thread(damage)
    with pytest.raises(TurnFailed) as failed:
        await desk.hear("a", "hello")

    assert failed.value.cause == "tracker_store"


@pytest.mark.parametrize("url", ["mysql://a/b", "redis://a", "nonsense", "file.db"])
def test_an_url_of_another_database_is_refused_with_a_sentence(url):
    with pytest.raises(ValueError, match=r"CHHA_TRACKER_URL must be sqlite:///"):
        ConversationTrackerStore(url=url)


def test_the_environment_goes_before_endpoints(monkeypatch, tmp_path):
    monkeypatch.setenv("CHHA_TRACKER_URL", f"sqlite:///{tmp_path / 'other.db'}")

    assert ConversationTrackerStore(host="sqlite:///first.db")._url.database == str(tmp_path / "other.db")
