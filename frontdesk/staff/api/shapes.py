"""What the API takes and gives. Names are stable: programs rely on them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from frontdesk.applications.pipeline import OWN_WORDS_LIMIT, STATES


def _without_nul(text: object) -> object:
    if isinstance(text, str) and "\x00" in text:
        raise ValueError("control characters are not allowed")
    return text


CleanText = Annotated[str, BeforeValidator(_without_nul)]
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Section = Literal["queue", "mine", "colleagues", "bot", "closed"]
Holder = Literal["bot", "queued", "assigned", "closed"]
State = Literal["received", "in_review", "documents_missing", "offer", "placed", "declined", "withdrawn"]
assert set(State.__args__) == set(STATES)  # type: ignore[attr-defined]


class ConversationInList(BaseModel):
    """`since`: when a person was asked for. `overdue`: unanswered for longer than the house allows."""

    id: str
    name: str
    channel: str
    holder: Holder
    staff_name: str | None
    attention: str | None
    reason: str | None
    since: datetime | None
    overdue: bool
    application: str | None
    last_words: str
    last_author: str | None
    last_at: datetime


class ConversationPage(BaseModel):
    section: Section
    page: int
    pages: int
    total: int
    conversations: list[ConversationInList]


class ThreadLine(BaseModel):
    """One message. `act`: the dialogue act of the assistant's reply, as it is kept."""

    id: str
    seq: int
    author: Literal["applicant", "bot", "staff", "system"]
    text: str
    act: dict[str, Any] | None
    at: datetime


class ConversationTold(BaseModel):
    """A conversation with a stretch of its thread; `last_seq` numbers its newest message."""

    id: str
    channel: str
    holder: Holder
    staff_id: str | None
    staff_name: str | None
    attention: str | None
    epoch: int
    last_seq: int
    created_at: datetime
    updated_at: datetime
    messages: list[ThreadLine]


class Reply(BaseModel):
    text: CleanText = Field(min_length=1, max_length=4000, examples=["Hello, this is Maria."])


class NewNote(BaseModel):
    text: CleanText = Field(min_length=1, max_length=4000, examples=["Asked @daniel about the papers."])


class Note(BaseModel):
    """A private note of the team; `after_seq` numbers the message that it stands behind."""

    id: str
    number: int
    after_seq: int
    staff_name: str | None
    text: str
    at: datetime


class Notes(BaseModel):
    notes: list[Note]


class Transfer(BaseModel):
    login: CleanText = Field(min_length=2, max_length=64, description="The colleague who gets it.")


class Held(BaseModel):
    """Who holds the conversation after the change."""

    id: str
    holder: Holder
    staff_id: str | None
    staff_name: str | None
    epoch: int
    last_seq: int


class ApplicationInList(BaseModel):
    reference: str
    name: str
    email: str | None
    program: str
    citizenship: str
    start: str
    channel: str
    state: State
    sent_at: datetime
    updated_at: datetime


class ApplicationPage(BaseModel):
    page: int
    pages: int
    total: int
    applications: list[ApplicationInList]


class ApplicationTold(BaseModel):
    """An application under the names of the application record."""

    conversation_id: str
    application: dict[str, Any]
    history: list["HistoryLine"]


class HistoryLine(BaseModel):
    at: datetime
    field: str
    before: str
    after: str
    by: str


class NewState(BaseModel):
    state: State
    seen: State = Field(description="The state that you saw; another one by now is a conflict.")
    tell: bool = Field(default=False, description="Tell the applicant on their channel.")
    words: CleanText = Field(default="", max_length=OWN_WORDS_LIMIT, description="What you add to it.")


class SourceTold(BaseModel):
    title: str
    url: str


class TopicTold(BaseModel):
    """An answer as it is given now."""

    id: str
    question: str
    tier: Literal["core", "extended"]
    text: str
    sources: list[SourceTold]
    reviewed: str
    stability: str
    next: list[str]


class Knowledge(BaseModel):
    topics: list[TopicTold]


class WhoAmI(BaseModel):
    """The key that asks."""

    key: str
    acts_as: str
    scopes: list[str]
    waiting: int = Field(description="How many conversations wait for a person.")
    outages: list[str] = Field(description="Parts of the system that are away now.")
