"""The length of a residency: the figure of each specialty, reached by the name that people give it."""

from __future__ import annotations

import pytest
import yaml

from frontdesk.knowledge.organization import Organization
from frontdesk.knowledge.topics import topics
from frontdesk.settings import ROOT

# Total years after medical school; FREIDA and ACGME, reviewed 2026-11-22.
YEARS = {
    "internal medicine": "3",
    "family medicine": "3",
    "pediatrics": "3",
    "emergency medicine": "3 or 4",
    "internal medicine-pediatrics": "4",
    "psychiatry": "4",
    "neurology": "4",
    "child neurology": "5",
    "anesthesiology": "4",
    "obstetrics and gynecology": "4",
    "pathology": "4",
    "physical medicine and rehabilitation": "4",
    "dermatology": "4",
    "ophthalmology": "4",
    "diagnostic radiology": "5",
    "interventional radiology": "6",
    "radiation oncology": "5",
    "general surgery": "5",
    "orthopedic surgery": "5",
    "otolaryngology": "5",
    "urology": "5 or 6",
    "vascular surgery": "5",
    "plastic surgery": "6",
    "thoracic surgery": "6",
    "neurosurgery": "7",
    "preliminary year": "1",
    "transitional year": "1",
}


@pytest.mark.parametrize("specialty", YEARS)
def test_each_specialty_has_its_own_figure(specialty: str) -> None:
    answer = topics().answer("residency_length", Organization(), subject=specialty)
    assert answer.act["subject"] == specialty
    years = YEARS[specialty]
    assert f"{years} year" in answer.text


@pytest.mark.parametrize("specialty", ["urology", "general surgery", "emergency medicine", "neurosurgery"])
def test_the_answer_says_that_some_programs_differ(specialty: str) -> None:
    assert "differ" in topics().answer("residency_length", Organization(), subject=specialty).text


def test_every_specialty_with_a_figure_can_be_named() -> None:
    content = yaml.safe_load(
        (ROOT / "knowledge" / "vocabulary" / "specialty.yml").read_text(encoding="utf-8")
    )
    [topic] = [one for one in topics() if one.id == "residency_length"]
    assert set(topic.by_subject) == set(YEARS) <= {entry["id"] for entry in content["entries"]}
