"""The bodies of the website channel: what the widget and integrators send and are told.

Text is cleaned and bounded here, so that no route sees anything else.
"""

import unicodedata
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from email_validator import EmailNotValidError, validate_email
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from frontdesk.channels import site_identity

TEXT_LIMIT = 4000

IdentityToken = Annotated[str, StringConstraints(min_length=1, max_length=site_identity.LENGTH_LIMIT)]


class NewConversation(BaseModel):
    """All of it may be left out."""

    consent: Annotated[str, StringConstraints(max_length=64)] | None = Field(
        default=None, description="The version of the consent notice that the visitor agreed to."
    )
    identity: IdentityToken | None = Field(
        default=None, description="The website's signed token (JWT) about its signed-in person."
    )


class StartedConversation(BaseModel):
    conversation: str
    token: str = Field(description="Visitor token of this conversation, for `Authorization: Bearer`.")


class OfferedOption(BaseModel):
    """A button of a bot message."""

    message: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    option: Annotated[int, Field(ge=0, lt=100, strict=True)]


class ForTheTeam(BaseModel):
    """Marks a message that is left for the team while nobody is there."""

    email: Annotated[str, StringConstraints(min_length=3, max_length=254)] | None = Field(
        default=None, description="Where an answer may also be sent."
    )

    @field_validator("email")
    @classmethod
    def _usable(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            return validate_email(value, check_deliverability=False).normalized
        except EmailNotValidError:
            raise ValueError("write it like name@example.org") from None


class NewMessage(BaseModel):
    """Either words or a pressed button."""

    client_id: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(
        description="The client's own id of this message; sending it again changes nothing."
    )
    text: Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LIMIT)] | None = None
    choice: OfferedOption | None = None
    for_the_team: ForTheTeam | None = None

    @field_validator("client_id")
    @classmethod
    def _plain(cls, value: str) -> str:
        if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in value):
            raise ValueError("control characters are not allowed")
        return value

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.text is None) == (self.choice is None):
            raise ValueError("send either text or choice")
        return self


class ThreadMessage(BaseModel):
    """One line of the thread."""

    model_config = ConfigDict(populate_by_name=True)

    id: str
    seq: int
    at: datetime
    author: Literal["applicant", "bot", "staff", "system"] = Field(alias="from")
    name: str | None = Field(description="The person's name, from staff.")
    text: str
    act: dict[str, Any] | None = Field(description="The dialogue act of a bot message.")
    client_id: str | None
    in_reply_to: str | None
    helpful: bool | None = Field(description="How the visitor rated it.")
    picture: str | None = Field(description="Path of the person's picture, from staff.")


class StaffMember(BaseModel):
    name: str
    picture: str | None = Field(description="Path of the picture on this server.")


class ThreadState(BaseModel):
    holder: Literal["bot", "queued", "assigned", "closed"]
    staff: StaffMember | None
    working: bool = Field(description="The bot is in a turn.")
    typing: bool = Field(description="The person who has the conversation is writing.")


class Accepted(BaseModel):
    message: ThreadMessage
    duplicate: bool


class Thread(BaseModel):
    messages: list[ThreadMessage]
    state: ThreadState
    cursor: int = Field(description="The highest seq read; ask for what comes `after` it.")
    state_tag: str = Field(
        description="Names this state; sent as `known`, a waiting read ends when it changed."
    )


class NewRating(BaseModel):
    helpful: bool | None = Field(description="True, false, or null to take it back.")


class Typing(BaseModel):
    typing: bool = Field(description="True while keys are pressed, every few seconds; false when done.")


class WhoIsThis(BaseModel):
    identity: IdentityToken
    conversation: Annotated[str, StringConstraints(max_length=64)] | None = Field(
        default=None, description="The visitor's present conversation, proven by its token, to be joined."
    )


class PersonsThread(BaseModel):
    conversation: str
    token: str
    updated_at: datetime
    began_with: str | None


class PersonsThreads(BaseModel):
    """The threads of the person whom the website vouches for, newest first."""

    name: str | None
    threads: list[PersonsThread]


class ConsentNotice(BaseModel):
    version: str
    text: str


class Hours(BaseModel):
    open: bool
    next_open: datetime | None


class FileRules(BaseModel):
    max_size: int = Field(description="Bytes of one file.")
    accept: str = Field(description="For the `accept` attribute of a file field.")


class TranscriptByMail(BaseModel):
    email: Annotated[str, StringConstraints(min_length=3, max_length=254)]
    time_zone: Annotated[str, StringConstraints(max_length=64)] | None = None


class MailAccepted(BaseModel):
    state: Literal["waiting"] = "waiting"


class WidgetConfig(BaseModel):
    name: str
    greeting: str
    max_text: int
    notice: str = Field(description="What visitors should know; nothing is asked for.")
    consent_notice: ConsentNotice | None = Field(
        description="To be agreed to before a conversation is started, with its version."
    )
    hours: Hours
    files: FileRules
    mail: bool = Field(description="The thread can be sent by e-mail.")


def clean(text: str) -> str:
    """Text as it is kept: line ends as newlines, no other control characters, no white space around it."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (sign for sign in unified if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs"))
    return "".join(kept).strip()
