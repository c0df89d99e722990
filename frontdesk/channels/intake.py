"""Writing down what a channel told: once, in order, in one transaction a webhook call.

A message becomes a line of its thread and a turn for the bot; what speaks of another message (edit, deletion,
reaction, receipt) changes that one, also when it comes before it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from frontdesk.applications import search
from frontdesk.channels import deliveries, health
from frontdesk.channels.choices import NotOffered, resolve
from frontdesk.channels.inbound import (
    Blocked,
    Deleted,
    Edited,
    Inbound,
    Media,
    Noted,
    Reacted,
    Receipt,
    Said,
)
from frontdesk.channels.rendering import read_payload
from frontdesk.channels.words import ChannelWords, Text
from frontdesk.conversations import threads
from frontdesk.records.models import (
    Conversation,
    Delivery,
    MediaReference,
    Message,
    OptOut,
    ProviderEvent,
    ProviderMessage,
    Reaction,
    now,
)

ID_LIMIT: Final = 255
TEXT_LIMIT: Final = 4000
CUT_OFF: Final = " […]"

_NUMBER = re.compile(r"\s*(?:option|number|no\.?|nr\.?|choice|#)?\s*(\d{1,2})\s*[.)]?\s*", re.IGNORECASE)

# What the channel says to something that is no text, by the kind of the first of it.
_ANSWERS: Final[dict[str, tuple[Text, ...]]] = {
    "photo": ("media_kept", "media_document"),
    "voice": ("media_voice",),
    "file": ("media_kept", "media_document"),
    "location": ("media_location",),
    "contact": ("media_contact",),
    "sticker": ("media_sticker",),
    "unknown": ("media_unknown",),
}


@dataclass(frozen=True)
class Kept:
    """One stored message: where it is, and whether the bot works on it now."""

    said: Said
    conversation_id: str
    message_id: str
    bot_works: bool


def store(
    session: Session,
    channel: str,
    events: Sequence[Inbound],
    words: ChannelWords,
    *,
    name: str,
    upload_link: Callable[[str], str],
    text_limit: int = TEXT_LIMIT,
) -> list[Kept]:
    """Write down the events of one call, in their order; those told before change nothing.

    Args:
        name: what CHHA is called in the channel's own sentences.
        upload_link: gives the address of a conversation's upload page.

    Returns:
        The messages that are new.
    """
    writer = _Writer(session, channel, words, name, text_limit, upload_link)
    kept = [found for event in events if (found := writer.write(event)) is not None]
    if kept:
        health.heard(session, channel)
    return kept


def clean(text: str, limit: int | None = None) -> str:
    """Text as it is kept: newlines and tabs but no other control characters, nothing around it, cut at
    `limit`.
    """
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(
        sign for sign in unified if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs")
    ).strip()
    if limit is not None and len(kept) > limit:
        kept = kept[: limit - len(CUT_OFF)].rstrip() + CUT_OFF
    return kept


def identifier(value: str) -> str:
    """A provider's id as a key: one clean line; a long or strange one is known by its hash."""
    if len(value) <= ID_LIMIT and all(unicodedata.category(sign) not in ("Cc", "Cs") for sign in value):
        return value
    return "h:" + sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


class _Writer:
    def __init__(
        self,
        session: Session,
        channel: str,
        words: ChannelWords,
        name: str,
        text_limit: int,
        upload_link: Callable[[str], str],
    ) -> None:
        self._session = session
        self._channel = channel
        self._words = words
        self._name = name
        self._text_limit = text_limit
        self._upload_link = upload_link

    def write(self, event: Inbound) -> Kept | None:
        match event:
            case Said():
                return self._said(event)
            case Edited():
                self._told(event.event_id, "edited", event.target, {"text": event.text})
            case Deleted():
                self._told(event.event_id, "deleted", event.target, {})
            case Reacted():
                self._told(event.event_id, "reacted", event.target, {"value": event.value})
            case Receipt():
                self._receipt(event)
            case Blocked():
                self._blocked(event)
            case Noted():
                self._noted(event)
        return None

    # ------------------------------------------------------------------ messages

    def _said(self, said: Said) -> Kept | None:
        session = self._session
        if said.provider_id and self._message_named(said.provider_id) is not None:
            return None  # the same message by another event (Slack tells a mention twice)
        thread = identifier(said.thread)
        if said.only_if_known and self._known(thread) is None:
            self._event(said.event_id, "not for us", None, None, applied=True)
            return None
        conversation = threads.ensure(session, channel=self._channel, external_ref=thread)
        conversation = threads.locked(session, conversation.id)
        self._introduce(conversation, said.name, said.entry)
        if said.opt is not None:
            return self._opted(conversation, said)
        deliveries.release(session, conversation.id)
        text, choice = self._meaning(conversation, said)
        gone = said.pressed is not None and choice is None and said.choice is None
        wordless = not text or gone
        received = threads.receive(
            session,
            conversation.id,
            text=text or self._description(said.media) or "[…]",
            external_id=identifier(said.event_id),
            choice=choice,
            wants_turn=not wordless,
        )
        if received.duplicate:
            return None
        for medium in said.media:
            self._keep_medium(received.message, medium)
        self._name_message(said.provider_id, received.message)
        if wordless and conversation.holder == "bot":
            self._answer_wordless(conversation, received.message, said)
        return Kept(said, conversation.id, received.message.id, conversation.holder == "bot" and not wordless)

    def _known(self, thread: str) -> Conversation | None:
        return self._session.scalars(
            select(Conversation).where(
                Conversation.channel == self._channel, Conversation.external_ref == thread
            )
        ).one_or_none()

    def _introduce(self, conversation: Conversation, name: str | None, entry: str | None) -> None:
        if name and (cleaned := clean(name)[:255]) and conversation.contact_name != cleaned:
            conversation.contact_name = cleaned
        if entry and conversation.came_from is None and (cleaned := clean(entry)[:255]):
            conversation.came_from = cleaned

    def _meaning(self, conversation: Conversation, said: Said) -> tuple[str, dict[str, Any] | None]:
        """The words of a message and the choice it stands for."""
        text = clean(said.text, self._text_limit)
        if said.choice is not None:
            return text, said.choice
        if said.pressed is not None:
            named = read_payload(clean(said.pressed))
            offer = self._session.get(Message, named[0]) if named else None
            if named is None or offer is None or offer.conversation_id != conversation.id:
                return text, None
            try:
                return resolve(offer.act, named[1])
            except NotOffered:
                return text, None
        number = _NUMBER.fullmatch(text)
        if number is not None and (found := self._numbered(conversation, int(number[1]))) is not None:
            return found
        return text, None

    def _numbered(self, conversation: Conversation, number: int) -> tuple[str, dict[str, Any] | None] | None:
        """What a typed number chose, when the last thing said shows numbers."""
        row = self._session.execute(
            select(Message, Delivery.numbered)
            .outerjoin(Delivery, Delivery.message_id == Message.id)
            .where(
                Message.conversation_id == conversation.id,
                Message.author.in_(("bot", "staff", "applicant")),
            )
            .order_by(Message.seq.desc())
            .limit(1)
        ).one_or_none()
        if row is None or not row[1]:
            return None
        labels = deliveries.places(row[0].act)
        if not 1 <= number <= len(labels):
            return None
        return resolve(row[0].act, labels[number - 1])

    def _description(self, media: Sequence[Media]) -> str:
        """What stands in the thread for a message without words."""
        told = []
        for medium in media:
            detail = medium.detail or {}
            extra = medium.name or detail.get("emoji") or detail.get("title")
            if medium.kind == "location" and "latitude" in detail:
                extra = f"{detail['latitude']}, {detail.get('longitude')}"
            told.append(f"[{medium.kind}{f': {extra}' if extra else ''}]")
        return clean(" ".join(told), 500)

    def _keep_medium(self, message: Message, medium: Media) -> None:
        self._session.add(
            MediaReference(
                message_id=message.id,
                channel=self._channel,
                kind=medium.kind,
                reference=clean(medium.reference, TEXT_LIMIT) if medium.reference else None,
                name=clean(medium.name)[:255] or None if medium.name else None,
                media_type=clean(medium.media_type)[:255] or None if medium.media_type else None,
                size=medium.size,
                detail=_clean_json(medium.detail) if medium.detail else None,
                state="waiting" if medium.reference else "told",
            )
        )
        self._session.flush()

    def _answer_wordless(self, conversation: Conversation, message: Message, said: Said) -> None:
        if not said.media:
            text = (
                self._words.text("choice_gone")
                if said.pressed is not None
                else self._words.text("media_unknown", what=self._words.kinds["unknown"])
            )
        else:
            kind = said.media[0].kind
            link = self._upload_link(conversation.id)
            keys = _ANSWERS.get(kind, ("media_kept",))
            text = " ".join(self._words.text(key, what=self._words.kinds[kind], link=link) for key in keys)
        threads.append(
            self._session, conversation, author="bot", text=text, in_reply_to=message.id,
            act={"act": "fallback", "tries": 0, "kind": "media" if said.media else "choice"},
        )  # fmt: skip

    # ------------------------------------------------------------------ STOP, START, HELP

    def _opted(self, conversation: Conversation, said: Said) -> Kept | None:
        received = threads.receive(
            self._session,
            conversation.id,
            text=clean(said.text, 160) or said.opt or "",
            external_id=identifier(said.event_id),
            wants_turn=False,
        )
        if received.duplicate:
            return None
        self._name_message(said.provider_id, received.message)
        address = conversation.external_ref
        if said.opt == "stop":
            begin_opt_out(self._session, self._channel, address, said.text)
        elif said.opt == "start":
            end_opt_out(self._session, self._channel, address)
            deliveries.release(self._session, conversation.id)
        if not said.opt_told:
            key: Text = {"stop": "stopped", "start": "started", "help": "help"}[said.opt or "help"]  # type: ignore[assignment]
            line = threads.append(
                self._session, conversation, author="system", text=self._words.text(key, name=self._name),
                in_reply_to=received.message.id,
            )  # fmt: skip
            self._session.get_one(Delivery, line.id).despite_opt_out = True
        self._session.flush()
        return Kept(said, conversation.id, received.message.id, bot_works=False)

    def _blocked(self, event: Blocked) -> None:
        if not self._event(
            event.event_id, "blocked" if event.blocked else "unblocked", None, None, applied=True
        ):
            return
        thread = identifier(event.thread)
        if event.blocked:
            begin_opt_out(self._session, self._channel, thread, "blocked")
        else:
            end_opt_out(self._session, self._channel, thread)

    # ------------------------------------------------------------------ what speaks of other messages

    def _told(self, event_id: str, kind: str, target: str, value: dict[str, Any]) -> None:
        target = identifier(target)
        event = self._event(event_id, kind, target, _clean_json(value))
        message = self._message_named(target)
        if event is not None and message is not None:
            self._apply(event, message)

    def _receipt(self, receipt: Receipt) -> None:
        value = {key: found for key, found in asdict(receipt).items() if key not in ("event_id", "target")}
        target = identifier(receipt.target) if receipt.target else None
        event = self._event(receipt.event_id, "receipt", target, _clean_json(value))
        if event is None:
            return
        if receipt.opted_out and receipt.thread:
            begin_opt_out(self._session, self._channel, identifier(receipt.thread), "told by the provider")
        if receipt.thread and receipt.until is not None:
            deliveries.read_until(
                self._session,
                self._channel,
                identifier(receipt.thread),
                _moment(receipt.until),
                receipt.state,
            )
            event.applied_at = now()
        elif (
            receipt.delivery
            and deliveries.evidence(
                self._session, self._channel, receipt.delivery, target, receipt.state, receipt.error
            )
        ) or (
            target and deliveries.receipt(self._session, self._channel, target, receipt.state, receipt.error)
        ):
            event.applied_at = now()
        if receipt.state == "failed":
            health.failed(self._session, self._channel, receipt.error or "A message was not delivered.")

    def _noted(self, noted: Noted) -> None:
        if not self._event(noted.event_id, noted.kind, None, None, applied=True):
            return
        if noted.trouble:
            health.failed(self._session, self._channel, noted.trouble)
        if noted.thread and noted.entry:
            thread = identifier(noted.thread)
            conversation = threads.ensure(self._session, channel=self._channel, external_ref=thread)
            self._introduce(conversation, None, noted.entry)

    def _event(
        self,
        event_id: str,
        kind: str,
        target: str | None,
        value: dict[str, Any] | None,
        *,
        applied: bool = False,
    ) -> ProviderEvent | None:
        """The event's row; None when it was told before."""
        event = ProviderEvent(
            channel=self._channel,
            event_id=identifier(event_id),
            kind=clean(kind)[:32] or "unnamed",
            target=target,
            value=value,
            applied_at=now() if applied else None,
        )
        try:
            with self._session.begin_nested():
                self._session.add(event)
                self._session.flush()
        except IntegrityError:
            return None
        return event

    def _message_named(self, provider_id: str) -> Message | None:
        return self._session.scalars(
            select(Message)
            .join(ProviderMessage, ProviderMessage.message_id == Message.id)
            .where(
                ProviderMessage.channel == self._channel,
                ProviderMessage.provider_id == identifier(provider_id),
            )
        ).one_or_none()

    def _name_message(self, provider_id: str | None, message: Message) -> None:
        """Keep the provider's name of a new message, and do what was told of it before it came."""
        if not provider_id:
            return
        name = identifier(provider_id)
        try:
            with self._session.begin_nested():
                self._session.add(
                    ProviderMessage(
                        channel=self._channel, provider_id=name, message_id=message.id, state="read"
                    )
                )
                self._session.flush()
        except IntegrityError:
            return
        early = select(ProviderEvent).where(
            ProviderEvent.channel == self._channel,
            ProviderEvent.target == name,
            ProviderEvent.applied_at.is_(None),
        )
        for event in self._session.scalars(early.order_by(ProviderEvent.at)).all():
            self._apply(event, message)

    def _apply(self, event: ProviderEvent, message: Message) -> None:
        value = event.value or {}
        if event.kind == "edited" and message.author == "applicant":
            text = clean(str(value.get("text") or ""), self._text_limit)
            if text:
                threads.edit(self._session, message, text)
                search.forget(self._session, message.conversation_id)
        elif event.kind == "deleted" and message.author == "applicant":
            threads.delete(self._session, message)
            search.forget(self._session, message.conversation_id)
        elif event.kind == "reacted":
            self._react(message, clean(str(value.get("value") or ""))[:64])
        event.applied_at = now()
        event.value = None  # what was written stands in the message now
        self._session.flush()

    def _react(self, message: Message, value: str) -> None:
        found = self._session.get(Reaction, message.id)
        if not value:
            if found is not None:
                self._session.delete(found)
        elif found is not None:
            found.value, found.at = value, now()
        else:
            self._session.add(Reaction(message_id=message.id, value=value))


def opted_out(session: Session, channel: str, address: str) -> bool:
    """Whether nothing may be sent to this address now."""
    open_one = select(OptOut.id).where(
        OptOut.channel == channel, OptOut.address == address, OptOut.ended_at.is_(None)
    )
    return session.scalars(open_one.limit(1)).one_or_none() is not None


def begin_opt_out(session: Session, channel: str, address: str, word: str) -> None:
    """STOP was said; said again it changes nothing."""
    if not opted_out(session, channel, address):
        session.add(OptOut(channel=channel, address=address, word=clean(word)[:32]))
        session.flush()


def end_opt_out(session: Session, channel: str, address: str) -> None:
    """START was said: what was held is sent, too."""
    for found in session.scalars(
        select(OptOut).where(OptOut.channel == channel, OptOut.address == address, OptOut.ended_at.is_(None))
    ):
        found.ended_at = now()
    session.flush()


def _moment(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _clean_json(value: Any, depth: int = 0) -> Any:
    """JSON that every database takes: no control characters, no numbers without end."""
    if isinstance(value, str):
        return clean(value, TEXT_LIMIT)
    if isinstance(value, dict):
        return (
            {clean(str(key))[:64]: _clean_json(found, depth + 1) for key, found in value.items()}
            if depth < 6
            else {}
        )
    if isinstance(value, list | tuple):
        return [_clean_json(found, depth + 1) for found in value[:50]] if depth < 6 else []
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return str(value)[:64]
    return value
