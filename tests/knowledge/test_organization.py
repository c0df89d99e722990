"""organization.yml: every key may be empty, every mistake gets a sentence, hours are told in CHHA's zone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from frontdesk.knowledge.hours import is_open, next_opening, spoken
from frontdesk.knowledge.organization import (
    Hours,
    Organization,
    OrganizationError,
    organization,
    read_organization,
)
from frontdesk.knowledge.wording import wording

OFFICE = Organization(
    hours=Hours(
        timezone="America/New_York",
        weekly={"mon": ["09:00-12:00", "13:00-17:00"], "tue": ["09:00-17:00"]},
        holidays=[dt.date(2026, 11, 24)],
    )
)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)


def test_the_file_of_the_repository_can_be_read():
    assert organization().name == "CHHA"
    assert organization().consent is not None


def test_an_empty_file_is_an_organization_without_details(tmp_path: Path):
    file = tmp_path / "organization.yml"
    file.write_text("")
    assert read_organization(file).detail("price_url") is None


def test_every_key_may_be_empty(tmp_path: Path):
    file = tmp_path / "organization.yml"
    file.write_text(
        "\n".join(
            f"{key}:" for key in Organization.model_fields if key not in ("name", "unattended_alert_minutes")
        )
    )
    assert read_organization(file).detail("locations") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("price_ulr: https://example.org", "price_ulr"),
        ("price_url: example.org", "https://"),
        ("hours: {timezone: Mars/Base}", "Mars/Base"),
        ("hours: {weekly: {mon: ['9 to 5']}}", "no span of time"),
        ("hours: {weekly: {mon: ['17:00-09:00']}}", "ends before it begins"),
        ("hours: {weekly: {monday: ['09:00-17:00']}}", "monday"),
        ("rotation_min_weeks: 0", "rotation_min_weeks"),
        ("- a list", "expected keys"),
        ("name: [", "line"),
        ("name: A\nname: B", "stands twice"),
    ],
)
def test_a_mistake_is_refused_with_a_sentence_that_names_it(tmp_path: Path, text: str, said: str):
    file = tmp_path / "organization.yml"
    file.write_text(text)
    with pytest.raises(OrganizationError) as refused:
        read_organization(file)
    assert said in str(refused.value)
    assert str(file) in str(refused.value)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("locations", ["Chicago", "Houston"], "Chicago, Houston"),
        ("visa_letter_issued", True, "yes"),
        ("rotation_min_weeks", 4, "4"),
        ("eligibility", {"students": "final year"}, None),
    ],
)
def test_details_are_told_in_words(key, value, words):
    assert Organization.model_validate({key: value}).detail(key) == words


def test_a_nested_detail_is_reached_by_its_path():
    filled = Organization.model_validate({"eligibility": {"students": "final year"}})
    assert filled.detail("eligibility.students") == "final year"
    assert filled.detail("eligibility.graduates") is None


@pytest.mark.parametrize(
    ("moment", "there"),
    [
        ("2026-11-23T09:00:00-05:00", True),
        ("2026-11-23T12:30:00-05:00", False),
        ("2026-11-23T16:59:00-05:00", True),
        ("2026-11-23T17:00:00-05:00", False),
        ("2026-11-24T10:00:00-05:00", False),  # the holiday
        ("2026-11-22T10:00:00-05:00", False),  # a Sunday
        ("2026-11-23T15:00:00+01:00", True),  # 9 o'clock in New York
    ],
)
def test_the_desk_is_open_in_its_hours_and_zone(moment, there):
    assert is_open(OFFICE, at(moment)) is there


def test_the_next_opening_passes_over_a_holiday():
    opens = next_opening(OFFICE, at("2026-11-23T18:00:00-05:00"))
    assert opens is not None
    assert opens.isoformat() == "2026-11-30T09:00:00-05:00"


def test_an_organization_without_hours_has_no_next_opening():
    assert next_opening(Organization(), at("2026-11-23T18:00:00-05:00")) is None


def test_an_opening_is_spoken_so_that_nobody_mistakes_it():
    opens = next_opening(OFFICE, at("2026-11-22T18:00:00-05:00"))
    assert opens is not None
    assert spoken(opens) == "Monday 23 November, 9:00 AM (EST)"


def test_crisis_help_names_the_lines_for_the_us_and_abroad():
    crisis = wording().safety["crisis"]
    assert "988" in crisis.text
    assert any(contact.tel == "988" for contact in crisis.contacts)
    assert any(contact.url and "findahelpline" in contact.url for contact in crisis.contacts)


def test_small_talk_takes_its_texts_in_turn():
    texts = {wording().said("greet", count) for count in range(3)}
    assert len(texts) == 3
