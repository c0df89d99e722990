"""Ways of answering that further personas brought up, each a general mechanism."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from frontdesk.applications.parsing import names, schools, specialties, speech, stages, visas
from frontdesk.applications.parsing.result import Certain, Context

TODAY = Context(today=dt.date(2026, 11, 22))


@pytest.mark.parametrize(
    ("parser", "text", "value"),
    [
        (names.parse, "myself Sushil Thapa Magar", "Sushil Thapa Magar"),
        (names.parse, "Ioana Popescu, ioana.popescu@example.ro, +40721234567", "Ioana Popescu"),
        (names.parse, "Ioana Popescu; phone: +40721234567", "Ioana Popescu"),
        (stages.parse, "I have my MD already", "graduate"),
        (stages.parse, "dokter, lulus", "graduate"),
        (specialties.parse, "ginecología y obstetricia", ["obstetrics and gynecology"]),
        (specialties.parse, "medicina interna", ["internal medicine"]),
        (visas.parse, "I think so, yes", "yes"),
        (schools.parse, "Royal College of Surgeons in Ireland", "Royal College of Surgeons in Ireland"),
    ],
)
def test_an_answer_is_read_as_it_was_meant(parser: Any, text: str, value: Any) -> None:
    assert parser(text, TODAY) == Certain(value)


def test_a_name_without_contact_data_is_not_cut() -> None:
    assert names.parse("Okafor, Chidinma", TODAY) == Certain("Okafor, Chidinma")


@pytest.mark.parametrize("text", ["lol whats your favorite color", "haha how old are you"])
def test_a_question_behind_a_laugh_is_a_question(text: str) -> None:
    assert speech.is_question(text)
