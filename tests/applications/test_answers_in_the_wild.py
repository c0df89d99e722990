"""Short answers as they come on phones and from tired people: what each field makes of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from frontdesk.applications.fields import BY_NAME
from frontdesk.applications.parsing.result import Certain, Confirm, Context, Parsed, Unclear

CONTEXT = Context(today=dt.date(2026, 11, 22))

WILD: dict[str, dict[str, Any]] = {
    "training_stage": {
        "licensed physician": "graduate",
        "resident back home": "graduate",
        "MBBS completed 2021": "graduate",
        "M.D. in hand": "graduate",
        "degree since 2024": "graduate",
        "fresh graduate": "graduate",
        "registrar in the UK": "graduate",
        "not yet a doctor": "student",
        "finishing med school next year": "student",
        "year 3 of 5": "student",
        "final prof": "student",
        "in my clinical years": "student",
        "will be graduate soon": "student",
        "awaiting convocation": "?",
        "completed but degree not issued yet": "?",
        "UG": "student?",
        "dr": "graduate?",
        "gradute": "graduate?",
    },
    "usmle_step1": {
        "not appeared": "not_taken",
        "yet to give": "not_taken",
        "tampoco": "not_taken",
        "pass (P/F)": "passed",
        "P/F passed": "passed",
        "failed, retaking in june": "failed",
        "didn't pass first but passed the second": "passed",
        "done with 240": "240",
        "registered for it": "scheduled",
        "will give in may 2027": "scheduled?",
        "preparing": "not_taken?",
        "waiting for the result": "scheduled?",
        "second attempt in may": "?",
        "took it last week": "?",
        "pased": "passed?",
    },
    "ecfmg_status": {
        "under process": "in_progress",
        "verification pending": "in_progress",
        "account created": "in_progress",
        "i have my ecfmg id": "in_progress",
        "got the certificate last year": "certified",
        "not applied": "not_started",
        "yes i have": "certified?",
        "no certification yet": "in_progress?",
        "certifed": "certified?",
    },
    "program_interest": {
        "usce": "clinical_rotation",
        "hands on": "clinical_rotation",
        "rotation for now": "clinical_rotation",
        "help me match": "residency_support",
        "no rotation, only support": "residency_support",
        "first rotation then residency": "both",
        "both programs": "both",
        "rotation, maybe residency later": "both?",
        "rotatin": "clinical_rotation?",
        "either": "?",
    },
    "visa_help": {
        "need": "yes",
        "invitation letter only": "yes",
        "would be nice": "yes",
        "y": "yes",
        "n": "no",
        "no, US passport": "no",
        "maybe later": "unsure",
        "I think so": "yes?",
        "probably not": "no?",
        "already have B1": "no?",
    },
    "duration_weeks": {
        "a couple of months": 8,
        "8 (eight) weeks": 8,
        "4weeks": 4,
        "12 weeks (3 months)": 12,
        "half a year": "26?",
        "4+4 weeks": "8?",
        "max 4 weeks": "4?",
    },
    "preferred_start": {
        "jan next yr": "2027-01",
        "last week of august": "2027-08",
        "sep'27": "2027-09",
        "as early as March": "2027-03",
        "fin de mayo": "2027-05",
        "after june": "2027-07?",
        "before july 2027": "2027-06?",
        "1/27": "2027-01?",
        "end of year": "2026-12?",
        "aprill 2027": "2027-04?",
        "01.03.2027": "?",
        "as soon as i get the visa": "?",
    },
    "graduation_year": {
        "2k19": 2019,
        "2 0 1 9": 2019,
        "exp. May 2027": 2027,
        "20/06/2019": 2019,
        "around 2020": 2020,
        "2080 BS which is 2023": 2023,
        "2019/2020": "2020?",
    },
    "country_of_citizenship": {
        "naija": "NG",
        "born in Kenya, citizen of Canada": "CA",
        "Canada (PR) but citizen of Pakistan": "PK",
        "Palestinian (Jordanian passport)": "JO",
        "refugee from Syria": "SY",
        "dual citizen US and India": "?",
        "Both Lebanese and French": "?",
        "ph": "PH?",
    },
    "preferred_location": {
        "near my uncle in Chicago": "Chicago",
        "new york, but flexible": "New York",
        "Texas pls": "Texas",
        "anything": "any",
        "a big city": "a big city",
        "not texas": "?",
    },
    "specialties": {
        "medicine then GI": ["internal medicine", "gastroenterology"],
        "family": "?confirm",
    },
}


@pytest.mark.parametrize(
    ("field", "text", "wanted"),
    [(field, text, value) for field, rows in WILD.items() for text, value in rows.items()],
)
def test_an_answer_is_certain_asked_about_or_asked_again(field: str, text: str, wanted: Any) -> None:
    """ "?" alone: asked again; a value with "?": asked about; a value: certain."""
    found: Parsed = BY_NAME[field].parse(text, CONTEXT)
    if wanted == "?":
        assert isinstance(found, Unclear), found
    elif isinstance(wanted, str) and "?" in wanted:
        assert isinstance(found, Confirm), found
        assert wanted.startswith("?") or str(found.value) == wanted.rstrip("?")
    else:
        assert found == Certain(wanted)
