"""Rasa dies in the middle of the form, its trackers with it: the record goes on where the applicant was."""

from __future__ import annotations

from sqlalchemy import select

from frontdesk.records.models import Application, Conversation
from tests.journey.answers import ANSWERS
from tests.stack import Assistant

ME = "someone-cut-off"


def go_on(talk: Assistant, field: str, until: str | None) -> list[str]:
    """Answer plainly from `field` until `until` is asked or the form is sent; the fields asked on the way."""
    asked = []
    while field not in (None, until):
        asked.append(field)
        field = talk.acts(ME, ANSWERS[field])[-1].get("field")
    return asked


def test_a_form_survives_the_death_of_rasa_and_the_loss_of_its_trackers(talk: Assistant):
    before = go_on(talk, talk.acts(ME, "I want to apply")[-1]["field"], "graduation_year")

    talk.rasa.kill()
    for file in talk.folder.glob("tracker.db*"):
        file.unlink()
    talk.rasa.start()

    waiting = talk.acts(ME, "continue my application")[-1]
    assert waiting["field"] == "graduation_year"
    after = go_on(talk, waiting["field"], None)
    assert before + after == list(ANSWERS)
    with talk.record.reading() as session:
        sent = session.scalars(
            select(Application).join(Conversation).where(Conversation.external_ref == ME)
        ).one()
    assert sent.values["full_name"]
    assert sent.values["graduation_year"]
