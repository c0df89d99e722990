"""What the API takes and gives. Names are stable: programs rely on them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from frontdesk.applications.pipeline import OWN_WORDS_LIMIT, STATES


def _without_nul(text: object) -> object:
    if isinstance(text, str) and "\x00" in text:
        raise ValueError("control characters are not allowed")
    return text


CleanText = Annotated[str, BeforeValidator(_without_nul)]
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Section = Literal["queue", "mine", "mentions", "snoozed", "colleagues", "bot", "closed"]
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
    snoozed_until: datetime | None
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


class DeliveryTold(BaseModel):
    """How far a message came: queued, held, sent, delivered, read, failed. `error`: the provider's reason."""

    state: str
    error: str | None


class ThreadLine(BaseModel):
    """One message. `act`: the dialogue act of the assistant's reply, as it is kept.

    `delivery`: on a messaging channel only.
    """

    id: str
    seq: int
    author: Literal["applicant", "bot", "staff", "system"]
    text: str
    act: dict[str, Any] | None
    at: datetime
    delivery: DeliveryTold | None = None


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


class Snooze(BaseModel):
    until: datetime = Field(description="With its zone; without one, CHHA's. At most half a year away.")


class Availability(BaseModel):
    available: bool


class SavedReply(BaseModel):
    id: str
    title: str
    text: str


class SavedReplies(BaseModel):
    replies: list[SavedReply]


class FileSent(BaseModel):
    """`file`: as it stands in the thread."""

    message_id: str
    seq: int
    file: dict[str, Any]


class KeptFile(BaseModel):
    """A file. `state`: kept, or scanning while a virus scanner has not judged it yet."""

    id: str
    name: str | None
    media: str | None
    size: int
    document: str | None
    state: str
    created_at: datetime


class Paper(BaseModel):
    """A paper of the checklist. `state`: missing, optional (not handed in), scanning, there."""

    key: str
    label: str
    why: str | None
    required: bool
    state: str
    files: list[KeptFile]


class Papers(BaseModel):
    documents: list[Paper]
    unfiled: list[KeptFile]


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


class NewValue(BaseModel):
    value: CleanText = Field(max_length=1000, description="As an applicant would say it; empty: open.")
    seen: Any = Field(description="The field as you saw it; another one by now is a conflict.")


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


class NewAnswer(BaseModel):
    text: CleanText = Field(min_length=1, max_length=2000)
    why: CleanText = Field(default="", max_length=500, description="For the history.")


class KnowledgeEdited(BaseModel):
    """`live`: the assistant says it so now; otherwise another person has to approve it in the console."""

    id: str
    live: bool


ReviewReason = Literal["fallback", "clarify", "rated_down", "corrected"]


class ReviewItem(BaseModel):
    """A message that was not understood, with personal data masked."""

    id: str
    text: str
    reason: ReviewReason
    said_at: datetime


class ReviewGroup(BaseModel):
    """Messages that ask nearly the same; `offered` are labels to begin with, the likeliest first."""

    items: list[ReviewItem]
    offered: list[str]


class ReviewList(BaseModel):
    labels: list[str]
    groups: list[ReviewGroup]


class DecidedItem(BaseModel):
    id: Identifier
    text: CleanText = Field(default="", max_length=500, description="The example, if other than the message.")


class Decision(BaseModel):
    items: list[DecidedItem] = Field(min_length=1, max_length=200)
    decision: Literal["teach", "out_of_scope", "ask_for_topic", "dismiss"]
    label: CleanText = Field(default="", max_length=100, description="What they mean: faq/rotation_cost.")
    note: CleanText = Field(default="", max_length=500, description="Which topic is missing.")


class Decided(BaseModel):
    decided: int


class ReportSaid(BaseModel):
    name: str
    title: str
    sentence: str


class Reports(BaseModel):
    """`since` and `until` are days of CHHA's zone, both counted."""

    since: date
    until: date
    reports: list[ReportSaid]


class ReportTold(BaseModel):
    name: str
    title: str
    sentence: str
    since: date
    until: date
    columns: list[str]
    rows: list[list[str | int | float | None]]


class WhoAmI(BaseModel):
    """The key that asks."""

    key: str
    acts_as: str
    scopes: list[str]
    waiting: int = Field(description="How many conversations wait for a person.")
    outages: list[str] = Field(description="Parts of the system that are away now.")
