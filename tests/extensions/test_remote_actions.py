"""Calls of the action server: bounded, validated as Rasa validates, reported."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import jsonschema
import pytest
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from extensions import remote_actions
from extensions.remote_actions import AnswerValidator, KeptEndpoint
from extensions.turns import TurnFailed, TurnRunner

remote_actions.install()

SLOT = {"event": "slot", "name": "a", "value": 1, "timestamp": None}
LOOP = {"event": "active_loop", "name": "application_form", "timestamp": 1.5}
REJECTED = {"event": "action_execution_rejected", "name": "application_form", "policy": None}
BOT = {"event": "bot", "text": "Hello.", "data": {"buttons": []}}
USER = {"event": "user", "text": "hi", "parse_data": {"intent": {"name": "faq", "confidence": 0.5}}}
ACTION = {"event": "action", "name": "action_listen", "policy": None, "confidence": None}
SEVERAL = [SLOT, LOOP, REJECTED, BOT, USER, ACTION, {"event": "pause"}, {"event": "restart"}, SLOT]
ANSWERS = [
    {"events": [], "responses": []},
    {"events": SEVERAL, "responses": [{"text": "Hello."}]},
    {"events": [*SEVERAL, {"event": "slot", "name": 7, "value": 1}]},
    {"events": [{"event": "nonsense"}, *SEVERAL]},
    {"events": [SLOT, LOOP, {"event": "active_loop", "name": 3}, REJECTED, SLOT]},
    {"events": [SLOT, {"event": "slot"}, LOOP, {"event": "bot", "text": 5}]},
    {"events": [SLOT, {"event": ["slot"], "name": "a", "value": 1}, LOOP]},
    {"events": [SLOT, {"event": None}, LOOP]},
    {"events": [SLOT, "slot", LOOP], "responses": []},
    {"events": [SLOT, {"event": "user", "text": "hi", "parse_data": {"intent": "faq"}}, BOT]},
    {"events": [SLOT, {"event": "action", "name": None}, BOT]},
    {"events": SEVERAL, "responses": "Hello."},
    {"events": [{"event": "slot", "value": 1}], "responses": "Hello."},
    {"events": SEVERAL, "more": [1]},
    {"events": None},
    {},
    {"events": [{"event": "slot", "name": "a", "value": None, "timestamp": None}], "responses": []},
    {"events": [{"event": "active_loop", "name": None}], "responses": [{"text": "Hello."}]},
    {
        "events": [{"event": "followup", "name": "action_listen"}],
        "responses": [{"custom": {"act": "answer"}}],
    },
    {"events": [{"event": "user", "text": "hi", "parse_data": {"intent": {"name": "a", "confidence": 1}}}]},
    {"events": [{"event": "user", "parse_data": {"intent": {"name": 7}}}]},
    {"events": [{"event": "slot", "name": 7, "value": 1}]},
    {"events": [{"event": "slot", "value": 1}]},
    {"events": [{"event": "nonsense"}]},
    {"events": [{"name": "a"}]},
    {"events": [{"event": "slot", "name": "a", "value": 1, "timestamp": "now"}]},
    {"events": {"event": "slot"}},
    {"events": [None]},
    {"responses": "Hello."},
    {"responses": ["Hello."]},
    {"responses": [None]},
    [],
    None,
    "ok",
    7,
]


@pytest.mark.parametrize("answer", ANSWERS, ids=[str(answer)[:50] for answer in ANSWERS])
def test_an_answer_gets_the_verdict_that_rasa_gives_it(answer):
    action = RemoteAction("action_answer", None)

    def verdict(validate):
        try:
            validate()
        except jsonschema.ValidationError as error:
            return list(error.absolute_path), error.message
        return None

    rasas = verdict(lambda: jsonschema.validate(answer, RemoteAction.action_response_format_spec()))
    ours = verdict(lambda: action._validate_action_result(answer))

    assert ours == rasas


KINDS = [
    kind["properties"]["event"]["const"]
    for kind in RemoteAction.action_response_format_spec()["properties"]["events"]["items"]["oneOf"]
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("event", [{}, {"name": "a"}, {"name": 7}, {"timestamp": "now"}, {"text": 7}])
def test_an_event_of_each_kind_gets_the_verdict_that_the_whole_schema_gives_it(kind, event):
    schema = RemoteAction.action_response_format_spec()
    answer = {"events": [SLOT, {"event": kind, **event}]}
    good = jsonschema.Draft202012Validator(schema).is_valid(answer)

    try:
        VALIDATOR.check(answer)
    except jsonschema.ValidationError:
        assert not good
    else:
        assert good


VALIDATOR = AnswerValidator(RemoteAction.action_response_format_spec())


def test_the_schema_is_built_once(monkeypatch):
    built = []
    monkeypatch.setattr(
        RemoteAction,
        "action_response_format_spec",
        staticmethod(lambda: built.append(1) or {"type": "object"}),
    )
    action = RemoteAction("action_answer", None)
    for _ in range(3):
        action._validate_action_result({"events": []})

    assert built == []


def test_installing_twice_changes_nothing_more():
    before = RemoteAction.run

    remote_actions.install()

    assert RemoteAction.run is before


@pytest.mark.parametrize("raw", ["0", "-1", "soon", "inf", "nan"])
def test_a_time_limit_that_is_none_is_refused_with_a_sentence(monkeypatch, raw):
    monkeypatch.setenv("CHHA_ACTION_TIMEOUT", raw)

    with pytest.raises(ValueError, match="CHHA_ACTION_TIMEOUT"):
        remote_actions.action_timeout()


def test_without_a_setting_an_action_has_ten_seconds(monkeypatch):
    monkeypatch.delenv("CHHA_ACTION_TIMEOUT", raising=False)

    assert remote_actions.action_timeout() == 10


async def test_a_failure_is_recorded_and_raised_on(desk, action_server):
    action_server.behaviours["action_answer"] = lambda call: (503, "secret")
    action = RemoteAction("action_answer", EndpointConfig(action_server.url))
    tracker = desk.store.init_tracker("a")

    with remote_actions.recorded_failures() as failures, pytest.raises(Exception, match="action_answer"):
        await action.run(None, None, tracker, desk.agent.domain)

    assert failures == [remote_actions.ActionFailure("action_answer", "the action server answered HTTP 503")]


async def test_outside_a_turn_a_failure_is_only_raised(desk, action_server):
    action_server.stop()
    action = RemoteAction("action_answer", EndpointConfig(action_server.url))

    with pytest.raises(Exception, match="action_answer"):
        await action.run(None, None, desk.store.init_tracker("a"), desk.agent.domain)


async def test_the_environment_names_the_action_server(desk, action_server, monkeypatch):
    desk.agent.action_endpoint.url = "http://127.0.0.1:9/webhook"
    monkeypatch.setenv("CHHA_ACTIONS_URL", action_server.url)
    desk.turns = TurnRunner(desk.agent)

    assert (await desk.hear("a", "hello")).replies


async def test_an_action_gets_the_state_and_the_last_two_turns_and_no_domain(desk, action_server):
    for number in range(5):
        await desk.hear("a", f"hello {number}")

    call = action_server.calls[-1]
    heard = [event["text"] for event in call["tracker"]["events"] if event["event"] == "user"]
    assert heard == ["hello 3", "hello 4"]
    assert call["domain"] == {}
    assert call["tracker"]["latest_message"]["text"] == "hello 4"
    assert "last_topic" in call["tracker"]["slots"]


# --- connections that stay open ----------


class Listener:
    """A real HTTP/1.1 server in this loop that keeps connections open and counts them."""

    def __init__(self):
        self.accepted = 0
        self.requests = []
        self.open = set()
        self.port = 0
        self.hangs_up = False
        self.answer = (200, {"events": [], "responses": [{"text": "Answered."}]})
        self._server = None

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/webhook"

    async def _serve(self, reader, writer):
        self.accepted += 1
        self.open.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                fields = dict(line.split(": ", 1) for line in head.decode().lower().splitlines()[1:] if line)
                body = await reader.readexactly(int(fields["content-length"]))
                if self.hangs_up:
                    return
                self.requests.append((fields, json.loads(body)))
                status, answer = self.answer
                content = json.dumps(answer).encode()
                writer.write(
                    b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                    % (status, len(content), content)
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open.discard(writer)
            writer.close()

    async def hang_up(self):
        """Close every open connection, and wait until it is."""
        for writer in list(self.open):
            writer.close()
            await writer.wait_closed()

    async def stop(self):
        if self._server is not None:
            self._server.close()
            await self.hang_up()
            await self._server.wait_closed()
            self._server = None


async def until(condition):
    async def wait():
        while not condition():
            await asyncio.sleep(0.005)

    await asyncio.wait_for(wait(), 5)


@pytest.fixture
async def listener():
    server = await Listener().start()
    yield server
    await server.stop()


@pytest.fixture
async def kept(listener):
    endpoint = KeptEndpoint(EndpointConfig(listener.url))
    yield endpoint
    await endpoint.close()


def idle(endpoint):
    """The connections that wait for a next call."""
    return [one for waiting in endpoint._session.connector._conns.values() for one, _ in waiting]


async def call(endpoint, number=1):
    """Bounded, so that a call that hangs fails."""
    return await asyncio.wait_for(endpoint.request(json={"number": number}, timeout=5), 10)


async def test_calls_one_after_the_other_share_a_connection(kept, listener):
    for number in range(4):
        assert await call(kept, number) == listener.answer[1]

    assert listener.accepted == 1
    assert [body for _, body in listener.requests] == [{"number": number} for number in range(4)]


async def test_an_answer_of_trouble_leaves_the_connection_for_the_next_call(kept, listener):
    listener.answer = (503, {"error": "busy"})
    with pytest.raises(ClientResponseError):
        await call(kept)
    listener.answer = (200, {"events": []})

    assert await call(kept) == {"events": []}
    assert listener.accepted == 1


async def test_calls_at_the_same_time_do_not_wait_for_each_other(kept, listener):
    assert await asyncio.gather(*(call(kept, number) for number in range(3))) == [listener.answer[1]] * 3
    assert 1 <= listener.accepted <= 3


async def test_a_call_behind_a_closed_idle_connection_opens_another(kept, listener):
    await call(kept)
    await listener.hang_up()
    await until(lambda: not any(one.is_connected() for one in idle(kept)))

    assert await call(kept) == listener.answer[1]
    assert listener.accepted == 2


async def test_a_call_behind_a_restart_on_the_same_port_is_answered(kept, listener):
    await call(kept)
    await listener.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await call(kept)
    await listener.start()

    assert await call(kept) == listener.answer[1]


async def test_a_server_that_hangs_up_on_a_call_fails_it_at_once_and_the_next_one_works(kept, listener):
    await call(kept)
    listener.hangs_up = True
    with pytest.raises(aiohttp.ClientConnectionError):
        await call(kept)
    listener.hangs_up = False

    assert await call(kept) == listener.answer[1]


async def test_closing_ends_the_connections_and_the_next_call_opens_others(kept, listener):
    await call(kept)
    assert len(listener.open) == len(idle(kept)) == 1

    await kept.close()
    await until(lambda: not listener.open)

    assert await call(kept) == listener.answer[1]
    assert listener.accepted == 2


async def test_closing_what_was_never_used_does_nothing(listener):
    await KeptEndpoint(EndpointConfig(listener.url)).close()

    assert listener.accepted == 0


async def test_what_endpoints_yml_says_of_the_action_server_goes_with_each_call(listener):
    endpoint = KeptEndpoint(
        EndpointConfig(listener.url, headers={"X-Desk": "1"}, basic_auth={"username": "a", "password": "b"})
    )
    await call(endpoint)
    await call(endpoint)
    await endpoint.close()

    assert [(fields["x-desk"], fields["authorization"]) for fields, _ in listener.requests] == [
        ("1", "basic ytpi")
    ] * 2


async def test_the_actions_of_all_turns_share_one_connection_until_the_door_closes(desk, listener):
    desk.agent.action_endpoint.url = listener.url
    desk.turns = TurnRunner(desk.agent)
    for sender in ("a", "b"):
        for text in ("cost", "hello"):
            assert (await desk.hear(sender, text)).replies[0].text == "Answered."

    assert listener.accepted == 1
    await desk.turns.close()
    await until(lambda: not listener.open)


async def test_a_turn_whose_call_is_hung_up_on_may_be_sent_again(desk, listener):
    desk.agent.action_endpoint.url = listener.url
    desk.turns = TurnRunner(desk.agent)
    await desk.hear("a", "cost")
    listener.hangs_up = True
    with pytest.raises(TurnFailed) as failed:
        await desk.hear("a", "hello", message_id="again")
    listener.hangs_up = False

    assert failed.value.cause == "action_server"
    assert (await desk.hear("a", "hello", message_id="again")).replies[0].text == "Answered."
