"""The one interface of all messaging channels, and what a channel can do as data.

A channel module knows its provider's protocol and nothing else: it never opens the record and decides nothing
that is said.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

import httpx

from frontdesk.channels import measures
from frontdesk.channels.inbound import Parsed, RawRequest, Said

Markup = Literal["plain", "telegram", "whatsapp", "slack"]

# Outside the reply window: the message with a tag, a template that asks for an answer, or nothing.
Outside = Literal["tag", "template", "hold"]

CONNECT_SECONDS = 10.0
# A provider that thinks for longer than this has lost our call.
ANSWER_SECONDS = 30.0


@dataclass(frozen=True)
class Shape:
    """Limits of one way to show options. `label`, `detail` and `body` in the channel's unit.

    `detail`: a second line under a label (0: there is none), so that a long label need not be cut.
    """

    options: int
    label: int
    body: int
    detail: int = 0


@dataclass(frozen=True)
class Capabilities:
    """What a channel can show. A way to show options that is None does not exist there.

    `text`: the longest text of one call, in `measure`'s unit. `window`: hours after the applicant's last
    message in which a free text may be sent. `per_second`: calls that the provider takes from us;
    `per_thread`: seconds between two to the same thread.
    """

    text: int
    measure: Callable[[str], int] = measures.characters
    markup: Markup = "plain"
    buttons: Shape | None = None
    list_rows: Shape | None = None
    attachments: bool = False
    short_links: bool = False
    window: float | None = None
    per_second: float = 20.0
    per_thread: float = 0.0


@dataclass(frozen=True)
class Option:
    """A choice to press. `payload` is a short opaque name that the server resolves (at most 64 bytes)."""

    label: str
    payload: str


@dataclass(frozen=True)
class Attachment:
    """A file that a member of staff sends."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Part:
    """One call's worth of a message, rendered. `style` is how the options are shown; `list_label` opens a
    list.
    """

    text: str
    options: tuple[Option, ...] = ()
    style: Literal["text", "buttons", "list"] = "text"
    attachment: Attachment | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Envelope:
    """Where a part goes and what goes with it.

    Args:
        thread: the channel's own name of the conversation.
        delivery: our reference of this part, given to the provider where it keeps one.
        outside_window: the reply window is closed; the channel uses its template or tag.
        about: author, name and act of the message, for channels that pass them on.
    """

    thread: str
    delivery: str
    outside_window: bool = False
    about: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One request to the provider: JSON, a form, or a form with a file."""

    url: str
    json: dict[str, Any] | None = None
    form: dict[str, str] | None = None
    content: bytes | None = None
    file: tuple[str, Attachment] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"


class SendFailure(RuntimeError):
    """A call did not succeed. Its text is the provider's reason, without what was written.

    Args:
        again: trying later may help.
        retry_after: seconds that the provider asks us to wait; `everybody`: with every thread, not this one
        only.
        unsure: the call may have arrived; its answer was lost.
        window_closed: the reply window is over.
        opted_out: the applicant does not want to hear from us.
    """

    def __init__(
        self,
        reason: str,
        *,
        again: bool,
        retry_after: float | None = None,
        everybody: bool = False,
        unsure: bool = False,
        window_closed: bool = False,
        opted_out: bool = False,
    ) -> None:
        super().__init__(reason)
        self.again = again
        self.retry_after = retry_after
        self.everybody = everybody
        self.unsure = unsure
        self.window_closed = window_closed
        self.opted_out = opted_out


@dataclass(frozen=True)
class Webhook:
    """Whether the provider calls us. `state`: registered, elsewhere, missing, unknown; `note` says what to
    do.
    """

    state: Literal["registered", "elsewhere", "missing", "unknown"]
    note: str = ""


class Channel(ABC):
    """One messaging channel that is configured."""

    name: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, webhook_url: str, client: httpx.AsyncClient | None = None) -> None:
        self.webhook_url = webhook_url
        self.client = client or new_client()

    @abstractmethod
    def capabilities(self, thread: str) -> Capabilities:
        """What this thread can show."""

    def challenge(self, request: RawRequest) -> str | None:
        """The answer to the provider's GET that checks our address; None when it is none."""
        return None

    @abstractmethod
    def verify(self, request: RawRequest) -> None:
        """Check where the call comes from, on the raw body, in constant time.

        Raises:
            Forged
        """

    @abstractmethod
    def parse(self, request: RawRequest) -> Parsed:
        """The events of a verified call, in their order; an event of an unknown kind is `Noted`.

        Raises:
            Unreadable: the body is not the provider's form at all.
        """

    def outside_window(self, author: str, hours: float) -> Outside:
        """What may be sent `hours` after the applicant's last message, when the window is closed."""
        return "hold"

    @abstractmethod
    def render(self, part: Part, envelope: Envelope) -> Call:
        """The provider call for one rendered part; outside the window the template, or the part with its tag.

        Raises:
            SendFailure: it cannot be sent at all.
        """

    @abstractmethod
    def sent(self, response: httpx.Response) -> str | None:
        """The provider's id of what was accepted.

        Raises:
            SendFailure
        """

    def authorised(self, call: Call) -> httpx.Request:
        """The call with this channel's credentials."""
        return self.client.build_request(
            call.method,
            call.url,
            json=call.json,
            data=call.form,
            content=call.content,
            files=None
            if call.file is None
            else {call.file[0]: (call.file[1].name, call.file[1].content, call.file[1].media_type)},
            headers=call.headers,
        )

    async def send(self, part: Part, envelope: Envelope) -> str | None:
        """Send one part; the provider's id of it.

        Raises:
            SendFailure
        """
        return self.sent(await self.ask(self.authorised(self.render(part, envelope))))

    async def ask(self, request: httpx.Request) -> httpx.Response:
        """Send a request to the provider.

        Raises:
            SendFailure: it did not arrive, or its answer was lost (`unsure`).
        """
        try:
            return await self.client.send(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise SendFailure(f"{self.title} cannot be reached.", again=True, everybody=True) from error
        except httpx.HTTPError as error:
            raise SendFailure(
                f"{self.title} did not answer ({type(error).__name__}).", again=True, unsure=True
            ) from error

    def courtesies(self, said: Said, *, bot_works: bool) -> Sequence[Call]:
        """Calls after an inbound message that may fail without harm: read marks, typing, an answered
        button.
        """
        return ()

    def typing(self, thread: str, last: str | None) -> Sequence[Call]:
        """Calls that show somebody writing; `last` is the provider's name of the applicant's last message."""
        return ()

    async def fetch(self, reference: str, limit: int) -> bytes:
        """The content of a medium, at most `limit` bytes, by authorised calls to the provider only.

        Raises:
            MediaRefused: too large, or it is not the provider who has it.
            SendFailure: the provider does not give it (now).
        """
        raise MediaRefused(f"{self.title} has no content to fetch.")

    async def webhook(self) -> Webhook:
        """Whether the provider calls our address.

        Raises:
            SendFailure
        """
        return Webhook("unknown", f"Enter {self.webhook_url} in the provider's console.")

    async def register(self) -> Webhook:
        """Tell the provider our address, where it lets us; else say what to do by hand.

        Raises:
            SendFailure
        """
        return await self.webhook()

    async def close(self) -> None:
        await self.client.aclose()


class MediaRefused(RuntimeError):
    """This content is not fetched; the text says why."""


def new_client() -> httpx.AsyncClient:
    """A client that follows no redirects: nobody sends us to another host."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS), follow_redirects=False
    )


def is_on(url: str, hosts: Sequence[str], api: str) -> bool:
    """Whether an address that a provider named is its own: https on one of `hosts` or below, or the API's."""
    try:
        found, own = urlsplit(url), urlsplit(api)
        port = found.port
    except ValueError:
        return False
    if found.username or found.password:
        return False
    if (found.scheme, found.hostname, port) == (own.scheme, own.hostname, own.port):
        return True
    host = (found.hostname or "").lower()
    named = any(host == one or host.endswith("." + one) for one in hosts)
    return found.scheme == "https" and port in (None, 443) and named


def retry_after(response: httpx.Response) -> float | None:
    """The seconds of a `Retry-After` header that holds a number."""
    found = response.headers.get("retry-after", "")
    try:
        seconds = float(found)
    except ValueError:
        return None
    return seconds if 0 <= seconds <= 86_400 else None


def json_of(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer; empty when it is none."""
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


async def bounded(client: httpx.AsyncClient, request: httpx.Request, limit: int, title: str) -> bytes:
    """The body of an answer, given up above `limit` bytes.

    Raises:
        MediaRefused
        SendFailure
    """
    try:
        response = await client.send(request, stream=True)
        try:
            if response.status_code != httpx.codes.OK:
                gone = response.status_code in (400, 404, 410)
                raise SendFailure(f"{title} answered {response.status_code} for a file.", again=not gone)
            told = response.headers.get("content-length", "")
            if told.isdigit() and int(told) > limit:
                raise MediaRefused(f"It is larger than {limit} bytes.")
            content = b""
            async for piece in response.aiter_bytes():
                content += piece
                if len(content) > limit:
                    raise MediaRefused(f"It is larger than {limit} bytes.")
            return content
        finally:
            await response.aclose()
    except httpx.HTTPError as error:
        raise SendFailure(f"{title} did not give a file ({type(error).__name__}).", again=True) from error
