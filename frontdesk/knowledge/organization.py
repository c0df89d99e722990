"""What only CHHA knows: `organization.yml`, where every key may be empty and nothing is ever invented."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from frontdesk.knowledge.files import KnowledgeError, Watched, checked, read_yaml
from frontdesk.settings import settings

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class OrganizationError(KnowledgeError):
    """organization.yml cannot be used; the text says where and why."""


def _blank_is_nothing(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _web_address(value: str | None) -> str | None:
    if value is not None and not value.startswith(("https://", "http://")):
        raise ValueError("a web address begins with https://")
    return value


Said = Annotated[str | None, BeforeValidator(_blank_is_nothing)]
Url = Annotated[str | None, BeforeValidator(_blank_is_nothing), AfterValidator(_web_address)]
Weeks = Annotated[Annotated[int, Field(ge=1, le=104)] | None, BeforeValidator(_blank_is_nothing)]


class Eligibility(BaseModel):
    model_config = ConfigDict(extra="forbid")

    students: Said = None
    graduates: Said = None


class Hours(BaseModel):
    """When somebody is at the desk: local times of `timezone`, spans as "09:00-17:00", holidays as dates."""

    model_config = ConfigDict(extra="forbid")

    timezone: str = "America/New_York"
    weekly: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], list[str]] = Field(
        default_factory=dict
    )
    holidays: list[dt.date] = Field(default_factory=list)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{value!r} is no time zone; write one like America/New_York") from None
        return value

    @field_validator("weekly", mode="before")
    @classmethod
    def _days_may_be_empty(cls, value: Any) -> Any:
        return {day: spans or [] for day, spans in value.items()} if isinstance(value, dict) else value

    @field_validator("weekly")
    @classmethod
    def _spans(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        for spans in value.values():
            for span in spans:
                span_times(span)
        return value

    @field_validator("holidays", mode="before")
    @classmethod
    def _no_holidays(cls, value: Any) -> Any:
        return value or []

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def spans(self, day: dt.date) -> list[tuple[dt.datetime, dt.datetime]]:
        """The opening spans of that day as aware moments, in order."""
        if day in self.holidays:
            return []
        found = []
        for span in self.weekly.get(WEEKDAYS[day.weekday()], []):  # type: ignore[call-overload]
            opens, closes = span_times(span)
            found.append(
                (
                    dt.datetime.combine(day, opens, tzinfo=self.zone),
                    dt.datetime.combine(day, closes, tzinfo=self.zone),
                )
            )
        return sorted(found)


def span_times(span: str) -> tuple[dt.time, dt.time]:
    """ "09:00-17:00" as two times.

    Raises:
        ValueError: it is not of that form, or ends before it begins.
    """
    try:
        opens, closes = (dt.time.fromisoformat(part.strip()) for part in span.split("-"))
    except ValueError:
        raise ValueError(f'{span!r} is no span of time; write "09:00-17:00"') from None
    if opens >= closes:
        raise ValueError(f"{span!r} ends before it begins; split a night into two days")
    return opens, closes


class Document(BaseModel):
    """A paper that applicants hand in. `needed_by` narrows who must: training stages, programs; empty is all.

    Words alone (`- CV`) make one too; its key is then made of them.
    """

    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    label: Annotated[str, Field(min_length=1, max_length=80)]
    why: Said = None
    required: bool = True
    needed_by: list[Literal["student", "graduate", "clinical_rotation", "residency_support"]] = Field(
        default_factory=list
    )

    @model_validator(mode="before")
    @classmethod
    def _words_alone(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        key = re.sub(r"[^a-z0-9]+", "_", value.casefold()).strip("_")[:40]
        return {"key": key if key[:1].isalpha() else f"paper_{key}"[:40], "label": value.strip()}

    @field_validator("needed_by", mode="before")
    @classmethod
    def _for_all(cls, value: Any) -> Any:
        return value or []

    def __str__(self) -> str:
        return self.label


class Reminders(BaseModel):
    """How often somebody is reminded of missing papers: every so many days, at most so many times."""

    model_config = ConfigDict(extra="forbid")

    every_days: Annotated[int, Field(ge=1, le=365)] = 7
    at_most: Annotated[int, Field(ge=0, le=20)] = 3


Days = Annotated[Annotated[int, Field(ge=1, le=36_500)] | None, BeforeValidator(_blank_is_nothing)]


class Retention(BaseModel):
    """For how many days what is kept; empty: until somebody deletes it.

    `drafts` since their last answer, `closed_conversations` since their last message, `applications` since
    their last change, `files` since they came.
    """

    model_config = ConfigDict(extra="forbid")

    drafts: Days = 180
    closed_conversations: Days = None
    applications: Days = None
    files: Days = None


class Consent(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: str
    text: str

    @field_validator("version", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, dt.date | int | float) else value


class Organization(BaseModel):
    """The keys of organization.yml. A key left empty is a detail that the assistant does not have."""

    model_config = ConfigDict(extra="forbid")

    name: str = "CHHA"
    website_url: Url = "https://www.clinicalprograms.com/"
    org_full_name: Said = None
    apply_url: Url = None
    contact_url: Url = None
    contact_email: Said = None
    contact_phone: Said = None
    hours: Hours = Field(default_factory=Hours)
    price_url: Url = None
    deposit_and_refund_url: Url = None
    locations: list[str] = Field(default_factory=list)
    specialties: list[str] = Field(default_factory=list)
    rotation_min_weeks: Weeks = None
    rotation_max_weeks: Weeks = None
    start_dates: Said = None
    lead_time: Said = None
    eligibility: Eligibility = Field(default_factory=Eligibility)
    hands_on_by_site: Said = None
    documents: list[Document] = Field(default_factory=list)
    reminders: Reminders = Field(default_factory=Reminders)
    retention: Retention = Field(default_factory=Retention)
    health_list: list[str] = Field(default_factory=list)
    onboarding_list: list[str] = Field(default_factory=list)
    malpractice_included: Said = None
    visa_letter_issued: bool | None = None
    housing_help: Said = None
    lor_policy: Said = None
    residency_support_items: list[str] = Field(default_factory=list)
    privacy_url: Url = None
    chat_retention: Said = None
    complaint_route: Said = None
    crisis_alert_route: Said = None
    default_internship_meaning: Said = None
    staff_reply_minutes: int | None = Field(default=None, ge=0)
    unattended_alert_minutes: int = Field(default=15, ge=1)
    second_pair_of_eyes: bool = False
    consent: Consent | None = None
    consent_notice: Said = None

    @field_validator(
        "locations",
        "specialties",
        "documents",
        "health_list",
        "onboarding_list",
        "residency_support_items",
        mode="before",
    )
    @classmethod
    def _empty_list(cls, value: Any) -> Any:
        return value or []

    @field_validator("documents")
    @classmethod
    def _keys_differ(cls, value: list[Document]) -> list[Document]:
        keys = [document.key for document in value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise ValueError(f"the key {twice!r} stands twice; give each document its own")
        return value

    @field_validator("second_pair_of_eyes", mode="before")
    @classmethod
    def _empty_is_no(cls, value: Any) -> Any:
        return False if _blank_is_nothing(value) is None else value

    @field_validator("hours", "eligibility", "reminders", "retention", mode="before")
    @classmethod
    def _empty_block(cls, value: Any) -> Any:
        return value or {}

    @field_validator("malpractice_included", mode="before")
    @classmethod
    def _yes_or_no(cls, value: Any) -> Any:
        return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value

    def detail(self, key: str) -> str | None:
        """A key's value as words for a reader (`eligibility.students` reaches inside), or None when empty."""
        value: Any = self
        for part in key.split("."):
            value = getattr(value, part, None)
        if value is None or value in ([], ""):
            return None
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, list):
            return ", ".join(str(item) for item in value)
        return str(value) if isinstance(value, str | int) else None


def read_organization(path: Path) -> Organization:
    """The file as `Organization`.

    Raises:
        OrganizationError: one sentence with the place and what to do.
    """
    try:
        content = read_yaml(path)
        if content is not None and not isinstance(content, dict):
            raise KnowledgeError(f"{path}: expected keys such as `name: CHHA`, found something else.")
        return checked(Organization, content or {}, path)
    except KnowledgeError as error:
        raise OrganizationError(str(error)) from None


@lru_cache(maxsize=8)
def _watched(path: Path) -> Watched[Organization]:
    return Watched(lambda: [path], lambda paths: read_organization(paths[0]))


def organization(path: Path | None = None) -> Organization:
    """organization.yml as it is now; an edit is taken up at once, a broken edit is not taken up."""
    return _watched(path or settings().organization_file).get()
