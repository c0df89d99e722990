"""Rasa's room: one turn of one conversation, which happens whole or not at all.

May change: how a message becomes events and replies. Must not import: frontdesk, actions (another Python).
Follows rasa.core.processor.MessageProcessor.handle_message of 3.6.21 step by step, with one difference:
Rasa goes on after a failed action and keeps half a turn; here such a turn is not saved.
"""

from __future__ import annotations

import asyncio
import logging
import os
import traceback
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, AsyncIterator, Dict, FrozenSet, List, Optional, Union
from urllib.parse import unquote, urlsplit

from rasa.core.actions.action import Action, ActionExecutionRejection
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.lock_store import InMemoryLockStore, LockStore, RedisLockStore
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.exceptions import ActionLimitReached
from rasa.nlu.classifiers.regex_message_handler import RegexMessageHandler
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME, REQUESTED_SLOT
from rasa.shared.core.events import (
    ActiveLoop,
    BotUttered,
    Event,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from extensions import choices, hot_paths, remote_actions
from extensions.remote_actions import KeptEndpoint
from extensions.tracker_store import ConversationTrackerStore

logger = logging.getLogger(__name__)

FORM = "application_form"
RETURNED_TO_BOT = "returned_to_bot"
ACTION_RETURNED_TO_BOT = "action_returned_to_bot"
OFFERED_SLOT = "offered"
# Acts whose options are a question to the reader, not suggestions beside an answer.
ASKING_ACTS = frozenset({"clarify", "fallback", "privacy"})
# Rasa trims nothing of what NLU says; these parts are read by nobody later and would only fill the tracker.
UNKEPT_PARSE_DATA = ("text_tokens",)
KEPT_RANKING = 5
DEFAULT_TURN_TIMEOUT = 15.0


class TurnFailed(Exception):
    """The turn did not happen; the tracker is as before the message.

    `cause` is `action_server`, `tracker_store`, `model` (none is loaded) or `no_reply`; `detail` is for
    operators and quotes no message.
    """

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(f"{cause}: {detail}")
        self.cause = cause
        self.detail = detail


class _LeaveAlone:
    """The caller says nothing about the form."""


LEAVE_ALONE = _LeaveAlone()


@dataclass(frozen=True)
class Inbound:
    """One message at the door, already checked.

    `sender_id` names the tracker; `conversation` is the id in the record, None when there is none. `form`
    is the field the record waits for, None when it has no open form, LEAVE_ALONE when the caller keeps no
    record.
    """

    sender_id: str
    message_id: str
    text: str
    channel: str
    conversation: Optional[str] = None
    choice: Optional[choices.Choice] = None
    event: Optional[str] = None
    form: Union[str, _LeaveAlone, None] = LEAVE_ALONE


@dataclass(frozen=True)
class Reply:
    """What was said: text, and the dialogue act that belongs to it (see the contract of `custom`)."""

    text: str
    act: Optional[Dict[str, Any]]


@dataclass(frozen=True)
class Turn:
    """The outcome: replies in order; `again` when the message had been handled before and nothing was
    done.
    """

    message_id: str
    replies: List[Reply] = field(default_factory=list)
    again: bool = False


def turn_timeout() -> float:
    """Seconds a turn may take, waiting for its conversation included: a bit less than its caller waits.

    The caller's own limit is `CHHA_TURN_TIMEOUT`, 15 when unset.

    Raises:
        ValueError: the variable is not a number above 0.
    """
    raw = os.environ.get("CHHA_TURN_TIMEOUT") or str(DEFAULT_TURN_TIMEOUT)
    try:
        seconds = float(raw)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ValueError(f"CHHA_TURN_TIMEOUT is {raw!r}; set it to seconds above 0, such as 15.")
    return 0.9 * seconds


def redis_lock_store(url: str) -> LockStore:
    """Rasa's Redis lock store for `redis://` or `rediss://user:password@host:port/db`.

    Raises:
        ValueError: the URL is something else.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "rediss") or not parts.hostname:
        raise ValueError("CHHA_LOCK_URL must look like redis://host:6379/1.")
    return RedisLockStore(
        host=parts.hostname,
        port=parts.port or 6379,
        db=int(parts.path.strip("/") or 1),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_ssl=parts.scheme == "rediss",
        socket_timeout=2.0,
    )


class TurnRunner:
    """Runs turns on a loaded Rasa agent.

    Environment: `CHHA_ACTIONS_URL` (replaces the url of endpoints.yml), `CHHA_ACTION_TIMEOUT`,
    `CHHA_TURN_TIMEOUT`, `CHHA_LOCK_URL` (Redis locks for more machines).
    """

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._turn_timeout = turn_timeout()
        self._waiting: Dict[str, _Queue] = {}
        remote_actions.install()
        hot_paths.install()
        self._actions = _kept_endpoint(agent)
        lock_url = os.environ.get("CHHA_LOCK_URL")
        if lock_url and isinstance(agent.lock_store, InMemoryLockStore):
            agent.lock_store = redis_lock_store(lock_url)

    async def close(self) -> None:
        """Close the connections to the action server."""
        if self._actions is not None:
            await self._actions.close()

    @property
    def intents(self) -> FrozenSet[str]:
        """The intents that a choice may name.

        Raises:
            TurnFailed: no model is loaded.
        """
        return frozenset(self._processor().domain.intents)

    @property
    def model_id(self) -> Optional[str]:
        """The id of the loaded model, None without one."""
        return self._agent.model_id if self._agent.is_ready() else None

    async def check_store(self) -> None:
        """Reach the tracker store.

        Raises:
            TurnFailed: it is not the configured one or does not answer.
        """
        store = self._store()
        try:
            await store.ping()
        except Exception as error:
            raise _store_failed(error) from error

    async def forget(self, sender_id: str) -> bool:
        """Erase a conversation's tracker, after the turn that may be running. Whether there was one.

        Raises:
            TurnFailed: the store or the lock does not answer.
        """
        store = self._store()
        async with self._alone(sender_id, self._deadline()):
            try:
                return await store.delete(sender_id)
            except Exception as error:
                raise _store_failed(error) from error

    async def run(self, inbound: Inbound) -> Turn:
        """Handle one message.

        Raises:
            TurnFailed: nothing happened; the same message may be sent again.
        """
        processor = self._processor()
        store = self._store()
        deadline = self._deadline()
        try:
            async with self._alone(inbound.sender_id, deadline):
                return await self._run_alone(processor, store, inbound, deadline)
        except TurnFailed as failed:
            logger.warning("A turn failed. cause=%s detail=%s", failed.cause, failed.detail)
            raise

    async def _run_alone(
        self,
        processor: MessageProcessor,
        store: ConversationTrackerStore,
        inbound: Inbound,
        deadline: float,
    ) -> Turn:
        try:
            tracker = await store.retrieve(inbound.sender_id)
        except Exception as error:
            raise _store_failed(error) from error
        if tracker is None:
            # Not get_or_create_tracker: that saves an empty tracker before the turn has happened.
            tracker = store.init_tracker(inbound.sender_id)
        said_then = replies_to(tracker, inbound.message_id)
        if said_then is not None:
            return Turn(inbound.message_id, said_then, again=True)
        tracker.model_id = processor.model_metadata.model_id
        if tracker.assistant_id is None:
            tracker.assistant_id = processor.model_metadata.assistant_id

        with remote_actions.recorded_failures() as failures:
            try:
                await asyncio.wait_for(_Conversation(processor, tracker).play(inbound), _left(deadline))
            except TurnFailed:
                raise
            except Exception as error:
                if failures:
                    raise _action_failed(failures[0]) from error
                if isinstance(error, asyncio.TimeoutError):
                    detail = f"the turn took longer than {self._turn_timeout:g} seconds"
                    raise TurnFailed("action_server", detail) from error
                root: BaseException = error
                while root.__cause__ is not None:
                    root = root.__cause__
                # Frames only: the error's message may quote what somebody wrote.
                frames = "".join(traceback.format_tb(root.__traceback__))
                logger.error("A turn broke inside Rasa: %s\n%s", type(root).__name__, frames)
                raise TurnFailed("no_reply", f"Rasa broke with {type(root).__name__}") from error
        if failures:
            raise _action_failed(failures[0])

        replies = replies_to(tracker, inbound.message_id) or []
        if not replies:
            raise TurnFailed("no_reply", "no action of the turn said anything")
        try:
            await store.save(tracker)
        except Exception as error:
            raise _store_failed(error) from error
        return Turn(inbound.message_id, replies)

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self._turn_timeout

    def _processor(self) -> MessageProcessor:
        if not self._agent.is_ready() or self._agent.processor is None:
            raise TurnFailed("model", "no model is loaded; train one with rasa train and start again")
        return self._agent.processor

    def _store(self) -> ConversationTrackerStore:
        store = self._agent.tracker_store
        if isinstance(store, FailSafeTrackerStore):
            # Its fallback forgets the conversation, answers from an empty memory, and comes back as if
            # nothing was.
            store = store._tracker_store
        if not isinstance(store, ConversationTrackerStore):
            raise TurnFailed(
                "tracker_store",
                f"Rasa runs on {type(store).__name__} instead of the store of endpoints.yml; see its log",
            )
        return store

    @asynccontextmanager
    async def _alone(self, sender_id: str, deadline: float) -> AsyncIterator[None]:
        """One turn at a time: in order in this process, under Rasa's lock between processes."""
        queue = self._waiting.setdefault(sender_id, _Queue())
        queue.members += 1
        try:
            try:
                await asyncio.wait_for(queue.lock.acquire(), _left(deadline))
            except asyncio.TimeoutError as error:
                raise TurnFailed(
                    "tracker_store", "an earlier turn of the conversation has not ended"
                ) from error
            try:
                async with self._rasa_lock(sender_id):
                    yield
            finally:
                queue.lock.release()
        finally:
            queue.members -= 1
            if not queue.members:
                self._waiting.pop(sender_id, None)

    @asynccontextmanager
    async def _rasa_lock(self, sender_id: str) -> AsyncIterator[None]:
        # The ticket outlives the turn, or a second machine would come in before the first has saved.
        ticket = self._agent.lock_store.lock(sender_id, lock_lifetime=2 * self._turn_timeout + 10)
        try:
            await ticket.__aenter__()
        except Exception as error:
            raise TurnFailed(
                "tracker_store", f"no lock for the conversation ({type(error).__name__})"
            ) from error
        try:
            yield
        finally:
            try:
                await ticket.__aexit__(None, None, None)
            except Exception as error:
                # The ticket runs out by itself; the turn's outcome stands.
                logger.warning("A conversation's lock could not be given back (%s).", type(error).__name__)


def _kept_endpoint(agent: Agent) -> Optional[KeptEndpoint]:
    """The agent's action server over connections that stay open, None where none is configured."""
    if agent.action_endpoint is None:
        return None
    agent.action_endpoint.url = os.environ.get("CHHA_ACTIONS_URL") or agent.action_endpoint.url
    kept = agent.action_endpoint = KeptEndpoint(agent.action_endpoint)
    if agent.processor is not None:
        agent.processor.action_endpoint = kept
    return kept


def _left(deadline: float) -> float:
    """Seconds until then, but never nothing: whose turn comes at the last moment may still try."""
    return max(0.1, deadline - asyncio.get_running_loop().time())


@dataclass
class _Queue:
    """Who waits for a conversation in this process, first come first served."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    members: int = 0


class _Conversation:
    """A tracker in the middle of a turn: MessageProcessor's steps without its forgiveness."""

    def __init__(self, processor: MessageProcessor, tracker: DialogueStateTracker) -> None:
        self._processor = processor
        self._tracker = tracker
        # Replies are read from the tracker's events; what Rasa pushes to a channel meanwhile is not kept.
        self._channel = CollectingOutputChannel()

    async def play(self, inbound: Inbound) -> None:
        """Add everything that the message causes to the tracker.

        Raises:
            TurnFailed, or whatever an action or the model raises.
        """
        if not self._tracker.applied_events():
            await self._run_by_name(ACTION_SESSION_START_NAME)
        self._tracker.update_with_events(_form_events(self._tracker, inbound.form), self._processor.domain)
        offered = self._tracker.get_slot(OFFERED_SLOT)
        start = len(self._tracker.events)

        choice = inbound.choice
        if choice is None and inbound.event is None and offered and self._tracker.active_loop_name is None:
            choice = choices.typed(inbound.text, offered, asked=_offered_as_question(self._tracker))
        self._hear(inbound, choice)

        if inbound.event == RETURNED_TO_BOT:
            # An event of the record, the same in and out of the form, where no rule would be asked.
            await self._run_by_name(ACTION_RETURNED_TO_BOT)
            await self._run_by_name(ACTION_LISTEN_NAME)
        else:
            await self._processor.run_action_extract_slots(self._channel, self._tracker)
            await self._predict_and_run()

        if offered and not any(
            isinstance(event, SlotSet) and event.key == OFFERED_SLOT
            for event in list(self._tracker.events)[start:]
        ):
            self._tracker.update(SlotSet(OFFERED_SLOT, None), self._processor.domain)

    def _hear(self, inbound: Inbound, choice: Optional[choices.Choice]) -> None:
        metadata = {
            "message_id": inbound.message_id,
            "conversation": inbound.conversation,
            "channel": inbound.channel,
            "choice": choice,
            "event": inbound.event,
            "context": {
                "topic": self._tracker.get_slot("last_topic"),
                "subject": self._tracker.get_slot("last_subject"),
                "form": self._tracker.get_slot(REQUESTED_SLOT) if self._tracker.active_loop_name else None,
            },
        }
        text = inbound.text
        if not text and choice is not None and "value" in choice:
            text = str(choice["value"])
        parse_data = choices.understood(choice, text) if choice is not None else None
        if inbound.event is not None:
            parse_data = choices.understood({"intent": inbound.event}, text)
        if parse_data is None:
            message = UserMessage(
                text,
                self._channel,
                inbound.sender_id,
                input_channel=inbound.channel,
                message_id=inbound.message_id,
                metadata=metadata,
            )
            parse_data = _parse(self._processor, message, self._tracker)
        parse_data.update(text=text, message_id=inbound.message_id, metadata=metadata)
        self._tracker.update(
            UserUttered(
                text,
                parse_data["intent"],
                parse_data["entities"],
                parse_data,
                input_channel=inbound.channel,
                message_id=inbound.message_id,
                metadata=metadata,
            ),
            self._processor.domain,
        )

    async def _predict_and_run(self) -> None:
        # Unlike Rasa's loop this one does not stop for a paused tracker: who holds a conversation is decided
        # before Rasa, and a pause that an action leaves behind must not make the bot mute.
        while True:
            try:
                action, prediction = self._processor.predict_next_with_tracker_if_should(self._tracker)
            except ActionLimitReached as error:
                raise TurnFailed(
                    "no_reply", "the rules go round in a circle: too many actions in one turn"
                ) from error
            if not await self._run(action, prediction):
                return

    async def _run_by_name(self, name: str) -> None:
        domain = self._processor.domain
        prediction = PolicyPrediction.for_action_name(domain, name)
        await self._run(self._processor._get_action(name), prediction)

    async def _run(self, action: Action, prediction: PolicyPrediction) -> bool:
        """Run one action and log it; whether another one should be predicted."""
        processor, tracker = self._processor, self._tracker
        # Rasa runs the action on a copy, in case it is rejected; here a rejection ends the turn unsaved.
        seen = tracker
        if prediction.events:
            seen = tracker.copy()
            seen.update_with_events(prediction.events, processor.domain)
        try:
            events = await action.run(self._channel, processor.nlg, seen, processor.domain)
        except ActionExecutionRejection as error:
            # A form whose action set no slot but requested_slot. Rasa would let the rules for no open form
            # answer; an applicant in the middle of the form would be told nonsense.
            detail = f"{action.name()}: its action returned no slot, so Rasa took it for a refusal"
            raise TurnFailed("no_reply", detail) from error
        processor._log_action_on_tracker(tracker, action, events, prediction)
        if any(isinstance(event, UserUttered) for event in events or ()):
            await processor.run_action_extract_slots(self._channel, tracker)
        # Rasa would now push messages and set reminders; replies are read from the events, and reminders
        # are the record's (Rasa's live in memory and die with the process).
        return processor.should_predict_another_action(action.name())


def replies_to(tracker: DialogueStateTracker, message_id: str) -> Optional[List[Reply]]:
    """What was said to a message, from the tracker's events; None when the message is not in it."""
    spoken: Optional[List[BotUttered]] = None
    for event in tracker.events:
        if isinstance(event, UserUttered):
            if spoken is not None:
                break
            if event.message_id == message_id:
                spoken = []
        elif spoken is not None and isinstance(event, BotUttered):
            spoken.append(event)
    return None if spoken is None else _paired(spoken)


def _paired(spoken: List[BotUttered]) -> List[Reply]:
    """A text and the `custom` payload right after it are one reply."""
    replies: List[Reply] = []
    open_text: Optional[str] = None
    for event in spoken:
        act = event.data.get("custom")
        if event.text:
            if open_text is not None:
                replies.append(Reply(open_text, None))
            open_text = event.text
        if act:
            replies.append(Reply(open_text or "", act))
            open_text = None
    if open_text is not None:
        replies.append(Reply(open_text, None))
    return replies


def _form_events(tracker: DialogueStateTracker, form: Union[str, _LeaveAlone, None]) -> List[Event]:
    """Events that make the tracker's form agree with the record's, which is the truth."""
    if isinstance(form, _LeaveAlone):
        return []
    is_open = tracker.active_loop_name == FORM
    if form is None:
        return [ActiveLoop(None), SlotSet(REQUESTED_SLOT, None)] if is_open else []
    events: List[Event] = [] if is_open else [ActiveLoop(FORM)]
    if not is_open or tracker.get_slot(REQUESTED_SLOT) != form:
        events.append(SlotSet(REQUESTED_SLOT, form))
    return events


def _offered_as_question(tracker: DialogueStateTracker) -> bool:
    for event in reversed(tracker.events):
        if isinstance(event, BotUttered) and event.data.get("custom"):
            return event.data["custom"].get("act") in ASKING_ACTS
    return False


def _parse(
    processor: MessageProcessor, message: UserMessage, tracker: DialogueStateTracker
) -> Dict[str, Any]:
    """What NLU makes of the text, with Rasa's own last step left out.

    Rasa ends each NLU graph with RegexMessageHandler, which takes a text such as `/restart` or `/apply{"x":
    1}` for the intent it names. Here the graph is asked for the node before it, so a typed slash is a
    slash.
    """
    metadata = processor.model_metadata
    target = metadata.nlu_target
    node = metadata.predict_schema.nodes[target]
    if issubclass(node.uses, RegexMessageHandler):
        target = node.needs["messages"]
    results = processor.graph_runner.run(
        inputs={PLACEHOLDER_MESSAGE: [message], PLACEHOLDER_TRACKER: tracker}, targets=[target]
    )
    parsed = results[target][0].as_dict(only_output_properties=True)
    data: Dict[str, Any] = {"intent": {"name": None, "confidence": 0.0}, "entities": [], **parsed}
    for key in UNKEPT_PARSE_DATA:
        data.pop(key, None)
    if isinstance(data.get("intent_ranking"), list):
        data["intent_ranking"] = data["intent_ranking"][:KEPT_RANKING]
    return data


def _action_failed(failure: remote_actions.ActionFailure) -> TurnFailed:
    return TurnFailed("action_server", f"{failure.action}: {failure.reason}")


def _store_failed(error: Exception) -> TurnFailed:
    return TurnFailed("tracker_store", f"the conversation store failed ({type(error).__name__})")
