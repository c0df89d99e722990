"""Who waits for news is woken at once, from any thread, and misses none."""

from __future__ import annotations

import asyncio

from frontdesk.conversations.live import Changes


async def test_a_listener_is_woken_by_its_own_conversation() -> None:
    changes = Changes()
    with changes.listen("a") as listener:
        changes.notify("a")
        assert await listener.wait(5)


async def test_a_listener_sleeps_through_other_conversations() -> None:
    changes = Changes()
    with changes.listen("a") as listener:
        changes.notify("b")
        assert not await listener.wait(0.01)


async def test_a_listener_to_all_hears_each() -> None:
    changes = Changes()
    with changes.listen() as listener:
        changes.notify("a")
        assert await listener.wait(5)
        changes.notify("b")
        assert await listener.wait(5)


async def test_news_from_another_thread_wakes() -> None:
    changes = Changes()
    with changes.listen("a") as listener:
        waiting = asyncio.create_task(listener.wait(5))
        await asyncio.to_thread(changes.notify, "a")
        assert await waiting


async def test_news_while_nobody_waited_is_not_missed() -> None:
    changes = Changes()
    with changes.listen("a") as listener:
        changes.notify("a")
        changes.notify("a")
        assert await listener.wait(5)
        assert not await listener.wait(0.01)


async def test_who_left_is_forgotten() -> None:
    changes = Changes()
    with changes.listen("a"):
        pass
    changes.notify("a")
    assert changes._listeners == {}
