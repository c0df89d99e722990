"""Rasa's room: what happens between Rasa and the action server.

May change: how a call is bounded, validated and reported. Must not import: frontdesk, actions (another
Python).
"""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, AsyncIterator, Callable, Dict, Iterator, List, Optional

import aiohttp
import jsonschema
import rasa
from jsonschema.exceptions import ValidationError, best_match
from rasa.core.actions import action as rasa_action
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

DEFAULT_ACTION_TIMEOUT = 10.0
# User turns whose events an action gets. Ours read the message and the slots; the record has the rest.
TURNS_SENT = 2
# Shorter than the action server keeps a silent connection (frontdesk's `actions.__main__`), or a call would
# now and then meet one that is just being closed.
KEEP_ALIVE_SECONDS = 15.0


@dataclass(frozen=True)
class ActionFailure:
    """A remote action that did not do its work. `reason` is for logs and operators: it quotes no message."""

    action: str
    reason: str


_failures: ContextVar[List[ActionFailure]] = ContextVar("failures_of_the_turn")


def action_timeout() -> float:
    """Seconds one call of the action server may take: `CHHA_ACTION_TIMEOUT`, 10 when unset.

    Raises:
        ValueError: the variable is not a number above 0.
    """
    raw = os.environ.get("CHHA_ACTION_TIMEOUT") or str(DEFAULT_ACTION_TIMEOUT)
    try:
        seconds = float(raw)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ValueError(f"CHHA_ACTION_TIMEOUT is {raw!r}; set it to seconds above 0, such as 10.")
    return seconds


@contextmanager
def recorded_failures() -> Iterator[List[ActionFailure]]:
    """The list that collects each remote action that fails inside the block, in this task and those it
    starts.

    Rasa logs such failures and goes on as if the action had returned nothing; a turn must know.
    """
    failures: List[ActionFailure] = []
    token = _failures.set(failures)
    try:
        yield failures
    finally:
        _failures.reset(token)


class KeptEndpoint(EndpointConfig):
    """The action server under the address of another endpoint, over connections that stay open.

    Rasa 3.6.21 opens a connection for each call and closes it behind the answer.
    """

    def __init__(self, endpoint: EndpointConfig) -> None:
        """Take over everything that endpoints.yml says of `endpoint`."""
        self.__dict__.update(endpoint.__dict__)
        self._session: Optional[aiohttp.ClientSession] = None

    @asynccontextmanager
    async def session(self) -> AsyncIterator[aiohttp.ClientSession]:  # type: ignore[override]
        """The session of this process, opened by the first call."""
        if self._session is None or self._session.closed:
            login = self.basic_auth
            self._session = aiohttp.ClientSession(
                headers=self.headers,
                auth=aiohttp.BasicAuth(login["username"], login["password"]) if login else None,
                connector=aiohttp.TCPConnector(keepalive_timeout=KEEP_ALIVE_SECONDS),
            )
        yield self._session

    async def close(self) -> None:
        """Close the connections; the next call opens others."""
        if self._session is not None:
            await self._session.close()


class AnswerValidator:
    """Checks answers of the action server against Rasa's schema, with jsonschema's verdicts.

    Rasa 3.6.21 builds the schema anew for each answer and tries each event as each of two dozen kinds. Here
    an event is tried as the kind that it names, which is the only one it can be; where anything is wrong the
    whole schema has the word.
    """

    def __init__(self, schema: Dict[str, Any]) -> None:
        """Compile a schema whose events are `oneOf` kinds, each with a constant `event`."""
        validator_class = jsonschema.validators.validator_for(schema)
        validator_class.check_schema(schema)
        self._whole = validator_class(schema)
        properties = schema["properties"]
        one_event = {key: value for key, value in properties["events"]["items"].items() if key != "oneOf"}
        self._around = validator_class(
            {**schema, "properties": {**properties, "events": {"type": properties["events"]["type"]}}}
        )
        self._of_kind = {
            kind["properties"]["event"]["const"]: validator_class(_both(one_event, kind))
            for kind in properties["events"]["items"]["oneOf"]
        }

    def check(self, answer: Any) -> None:
        """Let a good answer pass.

        Raises:
            ValidationError: it is of another form; the best match of jsonschema.
        """
        if self._around.is_valid(answer) and all(map(self._is_event, answer.get("events", ()))):
            return
        error = best_match(self._whole.iter_errors(answer))
        if error is not None:
            raise error

    def _is_event(self, event: Any) -> bool:
        name = event.get("event") if isinstance(event, dict) else None
        validator = self._of_kind.get(name) if isinstance(name, str) else None
        return validator is not None and validator.is_valid(event)


def _both(common: Dict[str, Any], kind: Dict[str, Any]) -> Dict[str, Any]:
    """One schema of what every event must be and what one kind must be."""
    shared = set(common["properties"]) & set(kind["properties"]) - {"event"}
    if shared or not set(kind) <= {"properties", "required"}:
        return {**common, "allOf": [kind]}
    return {
        **common,
        "properties": {**common["properties"], **kind["properties"]},
        "required": [*common.get("required", []), *kind.get("required", [])],
    }


def _latest_events(tracker: DialogueStateTracker) -> List[Dict[str, Any]]:
    latest: List[Dict[str, Any]] = []
    turns = 0
    for event in reversed(tracker.events):
        latest.append(event.as_dict())
        turns += isinstance(event, UserUttered)
        if turns == TURNS_SENT:
            break
    return latest[::-1]


def _reason(error: BaseException) -> str:
    """What went wrong, without a word of the conversation (a ValidationError quotes the whole answer)."""
    chain: List[BaseException] = []
    cause: Any = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    for link in chain:
        if isinstance(link, asyncio.TimeoutError):
            return f"no answer within {action_timeout():g} seconds"
        if isinstance(link, ClientResponseError):
            return f"the action server answered HTTP {link.status}"
        if isinstance(link, aiohttp.ClientConnectionError):
            return "the action server cannot be reached"
        if isinstance(link, ValidationError):
            place = "/".join(str(part) for part in link.absolute_path) or "the top"
            return f"the action server's answer is not of Rasa's form (at {place})"
    return f"the call failed ({type(chain[-1]).__name__})"


def install() -> None:
    """Bound, validate and report calls of the action server. Doing it twice does nothing more.

    - Rasa 3.6.21 checks and rebuilds the JSON schema for each answer (32 ms of a form turn's 46): see
      `AnswerValidator`.
    - Rasa waits up to 300 s: `CHHA_ACTION_TIMEOUT` here.
    - Rasa sends the whole domain and every event with each call: here no domain and the last
      `TURNS_SENT` turns; state and slots are whole.
    - A failure is recorded for the turn (`recorded_failures`) and passed on unchanged.
    """
    rasa_action.DEFAULT_REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=action_timeout())
    if getattr(RemoteAction.run, "records_failures", False):
        return

    validator = AnswerValidator(RemoteAction.action_response_format_spec())
    original_run: Callable[..., Any] = RemoteAction.run

    def action_call_format(self: RemoteAction, tracker: DialogueStateTracker, _: Any) -> Dict[str, Any]:
        return {
            "next_action": self.name(),
            "sender_id": tracker.sender_id,
            "tracker": {**tracker.current_state(), "events": _latest_events(tracker)},
            "domain": {},  # rasa-sdk 3.21 answers 449 to a call without one
            "version": rasa.__version__,
        }

    def validate_action_result(self: RemoteAction, result: Dict[str, Any]) -> bool:
        validator.check(result)
        return True

    async def run(self: RemoteAction, *args: Any, **kwargs: Any) -> Any:
        try:
            return await original_run(self, *args, **kwargs)
        except Exception as error:
            failures = _failures.get(None)
            if failures is not None:
                failures.append(ActionFailure(self.name(), _reason(error)))
            raise

    run.records_failures = True  # type: ignore[attr-defined]
    RemoteAction._action_call_format = action_call_format  # type: ignore[method-assign]
    RemoteAction._validate_action_result = validate_action_result  # type: ignore[method-assign]
    RemoteAction.run = run  # type: ignore[method-assign]
