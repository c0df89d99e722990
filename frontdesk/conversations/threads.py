"""Threads: the ordered line of messages of a conversation.

Every function takes a session inside a transaction. What is written is numbered under the lock of the
conversation's row, so numbers have no gaps and are committed in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from frontdesk.conversations import alerts, sensitive, states
from frontdesk.conversations.pictures import picture_ids
from frontdesk.conversations.staff_typing import who_types
from frontdesk.knowledge.texts import texts
from frontdesk.records.models import Conversation, Delivery, Message, Turn, new_id, now

READ_LIMIT = 200
UNFINISHED = ("waiting", "running")

# Channels whose readers fetch the thread themselves; on every other one what is said is sent to them.
FETCHED: Final = frozenset({"website", "rest"})

# The more urgent reason stays when a second one comes.
URGENCY: Final = ("privacy", "complaint", "harassment", "emergency", "crisis")


class UnknownConversation(LookupError):
    """There is no conversation of that id."""


@dataclass(frozen=True)
class Received:
    """An inbound message as it is kept; `duplicate` when it had been delivered before."""

    message: Message
    duplicate: bool


@dataclass(frozen=True)
class State:
    """Who holds a conversation; `working` while the bot owes a turn; `last_seq` of its newest message.

    `typing`: the person who has it is writing now. `picture_id`: of that person, for `pictures.picture`.
    """

    holder: str
    staff_name: str | None
    working: bool
    last_seq: int
    typing: bool = False
    picture_id: str | None = None


def start(session: Session, *, channel: str, external_ref: str | None = None) -> Conversation:
    """Open a new conversation, held by the bot.

    Args:
        external_ref: the channel's own name for the thread, unique in the channel; made up when None.
    """
    conversation = Conversation(channel=channel, external_ref=external_ref or new_id())
    session.add(conversation)
    session.flush()
    return conversation


def ensure(session: Session, *, channel: str, external_ref: str) -> Conversation:
    """The conversation of that name in the channel, opened when it is the first time."""
    known = select(Conversation).where(
        Conversation.channel == channel, Conversation.external_ref == external_ref
    )
    found = session.scalars(known).one_or_none()
    if found is not None:
        return found
    try:
        with session.begin_nested():
            return start(session, channel=channel, external_ref=external_ref)
    except IntegrityError:  # somebody else opened it between the look and the writing
        return session.scalars(known).one()


def locked(session: Session, conversation_id: str) -> Conversation:
    """The conversation, its row locked until the transaction ends.

    Raises:
        UnknownConversation
    """
    session.flush()  # what this transaction changed already must not be read over
    found = session.get(Conversation, conversation_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise UnknownConversation(conversation_id)
    return found


def receive(
    session: Session,
    conversation_id: str,
    *,
    text: str,
    external_id: str,
    client_id: str | None = None,
    choice: dict[str, Any] | None = None,
    wants_turn: bool = True,
) -> Received:
    """Keep an inbound message once, and the bot's turn for it while the bot holds the conversation.

    A message to a closed conversation opens it again, to the bot. Passport, card and such numbers are not
    kept: a mark stands in their place, and the applicant is told (by the bot, or here while people hold it).

    Args:
        external_id: the channel's id of the delivery; a second one with it changes nothing.
        choice: what a button meant: `{"topic"}`, `{"intent"}` or `{"field", "value"}`.
        wants_turn: False for what the channel itself answers (a photo without words, STOP).

    Raises:
        UnknownConversation
    """
    conversation = locked(session, conversation_id)
    before = delivered(session, conversation.channel, external_id)
    if before is not None:
        return Received(before, duplicate=True)
    if conversation.holder == "closed":
        states.change(session, conversation, "bot")
    conversation.snoozed_until = None  # who laid it aside waited for nothing else
    conversation.applicant_typing_until = None
    text, kinds = sensitive.hidden(text)
    message = _add(
        session,
        conversation,
        Message(author="applicant", text=text, external_id=external_id, client_id=client_id, choice=choice),
    )
    if conversation.holder == "assigned":
        _call_its_person(session, conversation)
    if conversation.holder == "bot" and wants_turn:
        session.add(
            Turn(
                conversation_id=conversation.id,
                message_id=message.id,
                seq=message.seq,
                epoch=conversation.epoch,
            )
        )
        session.flush()
    elif kinds:
        append(session, conversation, author="system", text=_not_kept(kinds))
    return Received(message, duplicate=False)


def _call_its_person(session: Session, conversation: Conversation) -> None:
    """Who has the conversation is called once for all that the applicant writes before the next answer."""
    answered = session.scalar(
        select(func.max(Message.seq)).where(
            Message.conversation_id == conversation.id, Message.author == "staff"
        )
    )
    key = f"message:{conversation.id}:{conversation.epoch}:{answered or 0}"
    alerts.call(session, "message", conversation.id, key=key, staff_id=conversation.staff_id)


def revive(session: Session, conversation: Conversation, message_id: str) -> None:
    """Give a turn to each of the applicant's messages after that one: the bot has the conversation again."""
    after = select(Message.seq).where(Message.id == message_id).scalar_subquery()
    missed = session.scalars(
        select(Message).where(
            Message.conversation_id == conversation.id, Message.author == "applicant", Message.seq > after
        )
    ).all()
    for message in missed:
        turn = session.scalars(select(Turn).where(Turn.message_id == message.id)).one_or_none()
        if turn is None:
            turn = Turn(conversation_id=conversation.id, message_id=message.id, seq=message.seq, epoch=0)
            session.add(turn)
        elif turn.state != "dropped":
            continue
        turn.state, turn.epoch, turn.finished_at = "waiting", conversation.epoch, None
        turn.created_at = turn.next_attempt_at = now()
    session.flush()


def delivered(session: Session, channel: str, external_id: str) -> Message | None:
    """The message that this delivery of the channel became, or None when it is the first time."""
    return session.scalars(
        select(Message).where(Message.channel == channel, Message.external_id == external_id)
    ).one_or_none()


def _not_kept(kinds: Sequence[str]) -> str:
    what = " or ".join(dict.fromkeys(f"{sensitive.name_of(kind)}s" for kind in kinds))
    return texts("privacy").said("hidden", what=what.replace("date of births", "dates of birth"))


def append(
    session: Session,
    conversation: Conversation,
    *,
    author: str,
    text: str,
    act: dict[str, Any] | None = None,
    staff_id: str | None = None,
    in_reply_to: str | None = None,
) -> Message:
    """Add an outbound line (`author`: bot, staff, system); the caller has locked the conversation's row.

    On a channel that is written to, its delivery is queued in the same transaction.
    """
    message = _add(
        session,
        conversation,
        Message(author=author, text=text, act=act, staff_id=staff_id, in_reply_to=in_reply_to),
    )
    if conversation.channel not in FETCHED:
        session.add(
            Delivery(
                message_id=message.id,
                conversation_id=conversation.id,
                channel=conversation.channel,
                seq=message.seq,
            )
        )
        session.flush()
    return message


def edit(session: Session, message: Message, text: str) -> None:
    """The sender changed the words of a message; a turn that has not begun answers the new ones."""
    locked(session, message.conversation_id)
    if message.deleted_at is not None or message.text == text:
        return
    message.original_text = message.text if message.original_text is None else message.original_text
    message.text = text
    message.edited_at = now()
    session.flush()


def delete(session: Session, message: Message) -> None:
    """The sender took a message back; a turn that has not begun is dropped. Staff still see what was said."""
    locked(session, message.conversation_id)
    if message.deleted_at is not None:
        return
    message.original_text = message.text if message.original_text is None else message.original_text
    message.text = ""
    message.choice = None
    message.deleted_at = now()
    session.execute(
        update(Turn)
        .where(Turn.message_id == message.id, Turn.state == "waiting")
        .values(state="dropped", finished_at=now())
    )
    session.flush()


def _add(session: Session, conversation: Conversation, message: Message) -> Message:
    conversation.last_seq += 1
    conversation.updated_at = now()
    message.conversation_id = conversation.id
    message.channel = conversation.channel
    message.seq = conversation.last_seq
    session.add(message)
    session.flush()
    return message


def read(session: Session, conversation_id: str, *, after: int = 0, limit: int = 50) -> Sequence[Message]:
    """The messages numbered above `after`, oldest first, at most `limit` (1 to 200) of them."""
    return session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq > after)
        .order_by(Message.seq)
        .limit(max(1, min(limit, READ_LIMIT)))
    ).all()


def state(session: Session, conversation_id: str) -> State:
    """Who holds the conversation now.

    Raises:
        UnknownConversation
    """
    # As `states.may_speak`: a turn whose replies would be dropped is nothing to wait for.
    own_asking = (Turn.epoch + 1 == Conversation.epoch) & (Turn.message_id == Conversation.epoch_message_id)
    busy = exists().where(
        Turn.conversation_id == Conversation.id,
        Turn.state.in_(UNFINISHED),
        (Turn.epoch == Conversation.epoch) | own_asking,
    )
    row = session.execute(
        select(Conversation.holder, Conversation.staff_id, Conversation.last_seq, busy).where(
            Conversation.id == conversation_id
        )
    ).one_or_none()
    if row is None:
        raise UnknownConversation(conversation_id)
    holder, staff_id, last_seq, working = row
    person = staff_id if holder == "assigned" and staff_id else ""
    return State(
        holder=holder,
        staff_name=states.staff_name(session, staff_id),
        working=bool(working),
        last_seq=last_seq,
        typing=bool(person) and who_types(session, conversation_id) == person,
        picture_id=picture_ids(session, [person]).get(person) if person else None,
    )


def call_attention(session: Session, conversation_id: str, reason: str) -> None:
    """Put a conversation before the eyes of the staff: crisis, emergency, harassment, complaint or privacy.

    Raises:
        ValueError: another reason.
        UnknownConversation
    """
    if reason not in URGENCY:
        raise ValueError(f"{reason!r} is no reason for attention; use one of {', '.join(URGENCY)}.")
    conversation = locked(session, conversation_id)
    if conversation.attention is None or URGENCY.index(reason) > URGENCY.index(conversation.attention):
        conversation.attention = reason
        conversation.attention_at = conversation.updated_at = now()
        session.flush()
        event: alerts.Event = "crisis" if reason in alerts.URGENT else reason  # type: ignore[assignment]
        key = f"attention:{conversation_id}:{reason}:{conversation.attention_at.isoformat()}"
        alerts.call(session, event, conversation_id, key=key, reason=reason)


def settle_attention(session: Session, conversation_id: str) -> None:
    """The staff looked at it: nothing is urgent any more.

    Raises:
        UnknownConversation
    """
    conversation = locked(session, conversation_id)
    conversation.attention = None
    conversation.updated_at = now()
    session.flush()
