"""Rasa's room: what happens between Rasa and the action server.

May change: how a call is bounded, validated and reported. Must not import: frontdesk, actions (another
Python).
"""

from __future__ import annotations

import asyncio
import os
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, List

import aiohttp
import jsonschema
import rasa
from jsonschema.exceptions import ValidationError, best_match
from rasa.core.actions import action as rasa_action
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import ClientResponseError

DEFAULT_ACTION_TIMEOUT = 10.0
# User turns whose events an action gets. Ours read the message and the slots; the record has the rest.
TURNS_SENT = 2


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


def _compiled_validator() -> Any:
    schema = RemoteAction.action_response_format_spec()
    validator_class = jsonschema.validators.validator_for(schema)
    validator_class.check_schema(schema)
    return validator_class(schema)


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

    - Rasa 3.6.21 checks and rebuilds the JSON schema for each answer (32 ms of a form turn's 46): built
      once here, with the same verdicts.
    - Rasa waits up to 300 s: `CHHA_ACTION_TIMEOUT` here.
    - Rasa sends the whole domain and every event with each call: here no domain and the last
      `TURNS_SENT` turns; state and slots are whole.
    - A failure is recorded for the turn (`recorded_failures`) and passed on unchanged.
    """
    rasa_action.DEFAULT_REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=action_timeout())
    if getattr(RemoteAction.run, "records_failures", False):
        return

    validator = _compiled_validator()
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
        error = best_match(validator.iter_errors(result))
        if error is not None:
            raise error
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
