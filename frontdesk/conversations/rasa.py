"""The way to Rasa: one call a turn on its private channel, and each way it can fail by name.

Nothing here reads or writes the record.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

logger = logging.getLogger(__name__)

KEY_HEADER = "X-Frontdesk-Key"
CONNECT_SECONDS = 2.0

# The channel's own names for what went wrong; in these something is away and may soon be back.
AWAY_CAUSES = frozenset({"action_server", "tracker_store", "model"})


class RasaFailure(RuntimeError):
    """A turn that Rasa did not finish. Its message holds nothing that an applicant wrote.

    `cause`: one word for logs and the record. `away`: something does not run now and may be back soon, so
    that trying on is better than giving up.
    """

    cause = "failed"
    away = False


class RasaAway(RasaFailure):
    """Nobody answers at Rasa's address, or it went away in the middle of the call."""

    cause = "rasa_away"
    away = True


class RasaTimeout(RasaFailure):
    """Rasa took longer than a turn may take."""

    cause = "timeout"


class RasaTurnFailed(RasaFailure):
    """Rasa says itself that it could not finish the turn and has undone it (503)."""

    def __init__(self, cause: str, detail: str) -> None:
        self.cause = cause
        self.away = cause in AWAY_CAUSES
        super().__init__(f"{cause}: {detail}")


class RasaRefused(RasaFailure):
    """Rasa refuses the call: the keys differ, or it does not know this way of calling (4xx)."""

    cause = "refused"


class RasaNoReply(RasaFailure):
    """Rasa answered without a word."""

    cause = "no_reply"


class RasaNonsense(RasaFailure):
    """What came back is not an answer of our private channel."""

    cause = "bad_answer"


class Reply(BaseModel):
    """One reply: words, and the dialogue act that says what they do."""

    text: str
    act: dict[str, Any] | None = None


class _Answer(BaseModel):
    message_id: str
    again: bool = False
    replies: list[Reply]


class _Failed(BaseModel):
    cause: str
    detail: str = ""


@dataclass(frozen=True)
class Call:
    """What one turn tells Rasa; see the private channel. `form`: the field that the record waits for."""

    conversation: str
    message_id: str
    text: str
    channel: str
    choice: dict[str, Any] | None = None
    event: str | None = None
    form: str | None = None

    def body(self) -> dict[str, Any]:
        return {
            "conversation": self.conversation,
            "message_id": self.message_id,
            "text": self.text,
            "choice": self.choice,
            "event": self.event,
            "form": {"field": self.form} if self.form else None,
            "channel": self.channel,
        }


class RasaClient:
    """Rasa's private channel at `url` (`http://host:port`).

    Args:
        key: the key that both sides share.
        timeout: seconds that a turn may take.
    """

    def __init__(self, url: str, key: str, timeout: float) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={KEY_HEADER: key},
            timeout=httpx.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout)),
            trust_env=False,  # a proxy of the environment has no business between two of our own processes
        )

    async def turn(self, call: Call) -> list[Reply]:
        """Run one turn; the same message id again gives the same replies.

        Raises:
            RasaFailure: one of its kinds above.
        """
        try:
            response = await self._client.post("/webhooks/rest/turn", json=call.body())
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise RasaAway("nobody answers") from error
        except httpx.TimeoutException as error:
            raise RasaTimeout("no answer in time") from error
        except httpx.HTTPError as error:
            raise RasaAway(f"the connection broke ({type(error).__name__})") from error
        if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise _told_failure(response)
        if response.is_client_error:
            raise RasaRefused(f"status {response.status_code}")
        if response.status_code != httpx.codes.OK:
            raise RasaNonsense(f"status {response.status_code}")
        try:
            answer = _Answer.model_validate_json(response.content)
        except ValidationError as error:
            raise RasaNonsense(_shape(error)) from None
        if answer.message_id != call.message_id:
            raise RasaNonsense("it answers another message")
        replies = [reply for reply in answer.replies if reply.text.strip() or reply.act]
        if not replies:
            raise RasaNoReply("no reply")
        return replies

    async def forget(self, conversation: str) -> None:
        """Have Rasa forget a conversation; what it never knew is forgotten too.

        Raises:
            RasaFailure: it did not, now.
        """
        path = f"/webhooks/rest/conversations/{quote(conversation, safe='')}"
        try:
            response = await self._client.delete(path)
        except httpx.HTTPError as error:
            raise RasaAway(f"nobody answers ({type(error).__name__})") from error
        if response.status_code != httpx.codes.OK:
            raise RasaNonsense(f"status {response.status_code}")

    async def ready(self) -> bool:
        """Whether Rasa says that it can take a turn."""
        try:
            response = await self._client.get("/webhooks/rest/ready", timeout=CONNECT_SECONDS)
        except httpx.HTTPError:
            return False
        return response.status_code == httpx.codes.OK

    async def close(self) -> None:
        await self._client.aclose()


def _told_failure(response: httpx.Response) -> RasaFailure:
    try:
        told = _Failed.model_validate_json(response.content)
    except ValidationError as error:
        return RasaNonsense(_shape(error))
    return RasaTurnFailed(told.cause, told.detail[:200])


def _shape(error: ValidationError) -> str:
    problem = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{'.'.join(str(part) for part in problem['loc'])}: {problem['type']}"
