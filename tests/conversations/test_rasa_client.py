"""Each way that a call to Rasa can fail has its name."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from frontdesk.conversations.rasa import (
    Call,
    RasaAway,
    RasaClient,
    RasaFailure,
    RasaNonsense,
    RasaNoReply,
    RasaRefused,
    RasaTimeout,
    RasaTurnFailed,
)
from tests.stand_in_rasa import KEY, StandInRasa

CALL = Call("c1", "m1", "hi", "website", choice={"topic": "match_basics"}, form="email")


@pytest.fixture
async def client(rasa: StandInRasa) -> AsyncIterator[RasaClient]:
    made = RasaClient(rasa.url, KEY, 5)
    yield made
    await made.close()


async def test_a_turn_carries_all_that_the_channel_asks_for(rasa: StandInRasa, client: RasaClient) -> None:
    await client.turn(CALL)
    assert rasa.calls == [
        {
            "conversation": "c1",
            "message_id": "m1",
            "text": "hi",
            "choice": {"topic": "match_basics"},
            "event": None,
            "form": {"field": "email"},
            "channel": "website",
        }
    ]


async def test_replies_come_with_their_acts(client: RasaClient) -> None:
    replies = await client.turn(CALL)
    assert [(reply.text, reply.act) for reply in replies] == [
        ("re: hi", {"act": "answer", "topic": "t"}),
    ]


async def test_the_same_message_again_has_the_same_replies(rasa: StandInRasa, client: RasaClient) -> None:
    assert await client.turn(CALL) == await client.turn(CALL)
    assert rasa.order["c1"] == ["hi"]


@pytest.mark.parametrize(
    ("kind", "error", "cause", "away"),
    [
        ("503:action_server", RasaTurnFailed, "action_server", True),
        ("503:tracker_store", RasaTurnFailed, "tracker_store", True),
        ("503:model", RasaTurnFailed, "model", True),
        ("503:no_reply", RasaTurnFailed, "no_reply", False),
        ("500", RasaNonsense, "bad_answer", False),
        ("404", RasaRefused, "refused", False),
        ("422", RasaRefused, "refused", False),
        ("empty", RasaNoReply, "no_reply", False),
        ("garbage", RasaNonsense, "bad_answer", False),
        ("other", RasaNonsense, "bad_answer", False),
        ("drop", RasaAway, "rasa_away", True),
    ],
)
async def test_a_failure_is_named(
    rasa: StandInRasa, client: RasaClient, kind: str, error: type[RasaFailure], cause: str, away: bool
) -> None:
    rasa.fail_next(kind)
    with pytest.raises(error) as told:
        await client.turn(CALL)
    assert (told.value.cause, told.value.away) == (cause, away)


async def test_a_wrong_key_is_refused(rasa: StandInRasa) -> None:
    client = RasaClient(rasa.url, "wrong", 5)
    with pytest.raises(RasaRefused):
        await client.turn(CALL)
    await client.close()


async def test_an_answer_that_takes_too_long_is_a_timeout(rasa: StandInRasa) -> None:
    client = RasaClient(rasa.url, KEY, 0.1)
    rasa.gate.clear()
    with pytest.raises(RasaTimeout):
        await client.turn(CALL)
    rasa.gate.set()
    await client.close()


async def test_nobody_at_the_address_is_away(free_port: int) -> None:
    client = RasaClient(f"http://127.0.0.1:{free_port}", KEY, 5)
    with pytest.raises(RasaAway) as told:
        await client.turn(CALL)
    assert told.value.away
    assert not await client.ready()
    await client.close()


async def test_rasa_says_that_it_is_ready(client: RasaClient) -> None:
    assert await client.ready()


async def test_a_failure_never_repeats_what_was_written(rasa: StandInRasa, client: RasaClient) -> None:
    for kind in ("500", "garbage", "empty", "503:model"):
        rasa.fail_next(kind)
        with pytest.raises(RasaFailure) as told:
            await client.turn(Call("c1", "m1", "my secret", "website"))
        assert "secret" not in str(told.value)
