"""The application's behaviours as people meet them, over HTTP: a real Rasa, the trained model, real actions.

One after another as the specification numbers them; parsers and the form's inside have tests of their own.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from frontdesk.applications import by_hand, codes, drafts
from frontdesk.applications.wording import application_wording
from frontdesk.conversations import threads
from frontdesk.records.models import Application, Conversation, Draft, now
from tests.journey.answers import ANSWERS
from tests.stack import Assistant

NEXT_YEAR = now().year + 1
numbers = count(1)


class Applicant:
    """Somebody who writes at Rasa's own door, and what the record holds of them."""

    def __init__(self, talk: Assistant) -> None:
        self.talk = talk
        self.name = f"applicant-{next(numbers)}"
        self.messages: list[dict[str, Any]] = []

    def say(self, *lines: str) -> Applicant:
        for line in lines:
            self.messages = self.talk.post(self.name, line)
        return self

    def fill(self, until: str) -> Applicant:
        """Apply, and answer plainly until that field is asked."""
        self.say("I want to apply")
        while self.asked not in (until, None):
            self.say(ANSWERS[self.asked])
        assert self.asked == until
        return self

    @property
    def acts(self) -> list[dict[str, Any]]:
        return [one["custom"] for one in self.messages if "custom" in one]

    @property
    def kinds(self) -> list[str]:
        return [str(act["act"]) for act in self.acts]

    @property
    def asked(self) -> str | None:
        asked = [act["field"] for act in self.acts if act["act"] == "question"]
        return asked[-1] if asked else None

    @property
    def text(self) -> str:
        return "\n".join(one["text"] for one in self.messages if one.get("text"))

    def conversation(self) -> str:
        with self.talk.record.reading() as session:
            return session.scalars(
                select(Conversation.id).where(Conversation.external_ref == self.name)
            ).one()

    @property
    def draft(self) -> dict[str, Any]:
        with self.talk.record.reading() as session:
            found = drafts.unsent(session, self.conversation())
            return dict(found.values) if found else {}

    @property
    def sent(self) -> list[Application]:
        with self.talk.record.reading() as session:
            return list(
                session.scalars(select(Application).where(Application.conversation_id == self.conversation()))
            )


@pytest.fixture
def someone(talk: Assistant) -> Applicant:
    return Applicant(talk)


@pytest.fixture
def other(talk: Assistant) -> Applicant:
    return Applicant(talk)


def test_1_answers_are_understood_as_people_type_them(someone: Applicant) -> None:
    someone.say("I want to apply", "👍", "Dr. Siân O'Neill MBBS", "sian@gmial.com")
    assert "sian@gmail.com" in someone.text, "a likely slip is asked about"
    someone.say("yes", "plus two three four eight zero three zero zero zero zero zero four five", "KSA")
    someone.say("kasturba medical collage, manipal", "indian", "i graduated already", "batch of 2019")
    someone.say("cleared", "booked for June", "what is that? no", "just a rotation", "IM then peds, neuro")
    someone.say(f"mid june {NEXT_YEAR}", "12wks", "nyc", "nah")
    assert someone.asked == "review"
    assert someone.draft == {
        "full_name": "Siân O'Neill",
        "email": "sian@gmail.com",
        "phone": "+2348030000045",
        "country_of_citizenship": "SA",
        "medical_school": "kasturba medical college, manipal",
        "school_country": "IN",
        "training_stage": "graduate",
        "graduation_year": 2019,
        "usmle_step1": "passed",
        "usmle_step2ck": "scheduled",
        "ecfmg_status": "not_started",
        "program_interest": "clinical_rotation",
        "specialties": ["internal medicine", "pediatrics", "neurology"],
        "preferred_start": f"{NEXT_YEAR}-06",
        "duration_weeks": 12,
        "preferred_location": "New York City",
        "visa_help": "no",
    }


def test_2_several_answers_in_the_opening_are_taken_shown_back_and_not_asked_again(
    someone: Applicant,
) -> None:
    someone.say(
        "I'm Amina Bello, graduate, University of Lagos 2019, want 8 weeks IM in Texas. I want to apply"
    )
    assert someone.asked == "consent"
    assert someone.draft == {}
    someone.say("yes")
    assert "Amina Bello" in someone.text
    assert someone.asked == "email"
    known = someone.draft
    assert (known["medical_school"], known["graduation_year"]) == ("University of Lagos", 2019)


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        ("is there a TB test before it?", ["answer", "question"]),
        ("why do you need this?", ["question"]),
        ("is my data safe?", ["answer", "question"]),
        ("thank you so much", ["smalltalk", "question"]),
    ],
)
def test_3_an_interruption_is_handled_and_the_same_question_asked_again(
    someone: Applicant, said: str, kinds: list[str]
) -> None:
    someone.fill("email").say(said)
    assert someone.kinds == kinds
    assert someone.asked == "email"


@pytest.mark.parametrize("said", ["¿puedo hablar en español con ustedes?", "não sei o que escrever aqui"])
def test_3_one_message_in_another_language_loses_nothing(someone: Applicant, said: str) -> None:
    someone.fill("email").say(said)
    assert someone.asked == "email"
    assert set(someone.draft) == {"full_name"}


def test_3_after_a_crisis_the_form_goes_on_only_when_the_person_wants(someone: Applicant) -> None:
    someone.fill("school_country").say("i want to kill myself")
    assert someone.kinds == ["safety"]
    someone.say("thank you")
    assert someone.asked is None
    someone.say("I am safe now, let us continue the form")
    assert someone.asked == "school_country"


def test_3_an_answer_that_looks_like_a_question_word_is_an_answer(someone: Applicant) -> None:
    someone.say("I want to apply", "yes", "Will May")
    assert someone.draft["full_name"] == "Will May"
    assert someone.asked == "email"


def test_4_an_earlier_answer_is_changed_with_and_without_the_new_value_and_from_the_review(
    someone: Applicant,
) -> None:
    someone.fill("graduation_year").say("sorry, my email is amina@example.org")
    assert someone.draft["email"] == "amina@example.org"
    assert someone.asked == "graduation_year"
    someone.say("change my phone")
    assert someone.asked == "phone"
    someone.say("+234 803 000 0046")
    assert someone.asked == "graduation_year"
    while someone.asked != "review":
        someone.say(ANSWERS[str(someone.asked)])
    someone.say("I meant Egypt for the citizenship")
    assert someone.asked == "review"
    assert someone.draft["country_of_citizenship"] == "EG"
    assert someone.draft["phone"] == "+2348030000046"


def test_5_back_skip_help_start_over_and_stop(someone: Applicant) -> None:
    someone.fill("phone").say("go back")
    assert someone.asked == "email"
    someone.say("skip")
    assert someone.asked == "phone", "going back and skipping keeps what was said"
    someone.say("skip")
    assert someone.asked == "country_of_citizenship"
    someone.say("help")
    assert "example" in someone.text.casefold()
    assert someone.asked == "country_of_citizenship"
    someone.say("start over")
    assert someone.draft, "asked first"
    someone.say("yes, begin again")
    assert (someone.draft, someone.asked) == ({}, "full_name")
    someone.say("stop")
    assert someone.acts[0]["event"] == "paused"


def test_5_two_failures_lead_to_a_way_out_and_no_prompt_comes_a_third_time(someone: Applicant) -> None:
    someone.fill("graduation_year")
    told = [someone.say(word).text for word in ("blue", "banana", "banana", "banana")]
    assert len(set(told)) == 4
    assert any("person" in one for one in told[:3])


def test_6_without_consent_nothing_is_kept_and_questions_are_still_answered(someone: Applicant) -> None:
    someone.say("I am Amina Bello, amina@example.com, I want to apply", "no")
    assert someone.acts[0]["event"] == "cancelled"
    assert someone.draft == {}
    someone.say("what is residency?")
    assert someone.kinds == ["answer"]


def test_7_a_code_takes_the_draft_to_another_door_once(
    someone: Applicant, other: Applicant, talk: Assistant
) -> None:
    someone.fill("graduation_year").say("stop, I will go on later on another phone")
    code = codes.resume_code_in(someone.text)
    assert code is not None
    other.say(code)
    assert other.asked == "graduation_year"
    assert other.draft["full_name"] == "Amina Bello"
    third = Applicant(talk).say(code)
    assert third.asked is None


def test_7_days_later_in_the_same_thread_the_form_goes_on(someone: Applicant) -> None:
    someone.fill("graduation_year").say("I have to go, back tomorrow", "what is a fellowship?")
    someone.say("hi again, let's continue")
    assert someone.asked == "graduation_year"


def test_8_handed_to_a_person_staff_fill_a_field_and_the_applicant_goes_on(
    someone: Applicant, talk: Assistant
) -> None:
    someone.fill("graduation_year").say("can I talk to a person please")
    assert someone.acts[0]["act"] == "handoff"
    assert someone.draft["full_name"] == "Amina Bello"
    with talk.record.transaction() as session:
        conversation = threads.locked(session, someone.conversation())
        assert conversation.holder == "queued"
        draft = drafts.unsent(session, conversation.id)
        assert isinstance(draft, Draft)
        by_hand.change(
            session,
            draft,
            "graduation_year",
            "2018",
            seen=by_hand.mark(draft.values, "graduation_year"),
            by="staff",
            wording=application_wording(),
            today=conversation.created_at.date(),
        )
        conversation.holder = "bot"
    someone.say("continue my application")
    assert someone.asked == "usmle_step1"
    assert someone.draft["graduation_year"] == 2018


def test_9_it_is_sent_once_and_a_further_application_is_an_update_or_a_new_one_by_choice(
    someone: Applicant,
) -> None:
    someone.fill("review").say("yes, send it")
    reference = someone.acts[0]["reference"]
    someone.say("yes")
    someone.say("I want to apply again")
    assert someone.acts[0]["reference"] == reference
    someone.say("change the one I sent")
    assert someone.asked == "review"
    someone.say("make it 6 weeks", "yes")
    (sent,) = someone.sent
    assert (sent.reference, sent.values["duration_weeks"]) == (reference, 6)
    someone.say("I want to apply again", "a new one")
    assert someone.asked == "consent"


def test_10_papers_are_listed_after_sending_and_on_request_and_reminders_stop(
    someone: Applicant, organization: Path
) -> None:
    content = organization.read_text()
    organization.write_text(f"{content}\ndocuments: [{{key: cv, label: CV}}]\n")
    try:
        someone.fill("review").say("yes, send it")
        assert "still missing: CV" in someone.text
        assert "/upload/" in someone.text
        someone.say("which documents are still missing?")
        assert [one["state"] for one in someone.acts[0]["documents"]] == ["missing"]
        someone.say("please stop reminding me")
        assert someone.acts[0]["reminders"] == "stopped"
    finally:
        organization.write_text(content)


def test_11_the_status_is_told_for_reference_and_proof_never_for_a_name(
    someone: Applicant, other: Applicant
) -> None:
    someone.fill("review").say("yes, send it")
    reference = someone.acts[0]["reference"]
    other.say("what is the status of my application? I am Amina Bello")
    assert all(act.get("reference") is None for act in other.acts)
    other.say(f"status of {reference}, eve@example.com")
    assert other.acts[0]["state"] == "not_found"
    other.say(f"status of {reference}, amina.bello@example.com")
    assert (other.acts[0]["reference"], other.acts[0]["state"]) == (reference, "received")


def test_11_a_reference_in_a_wish_to_delete_asks_for_the_proof_of_deletion_not_for_the_status(
    someone: Applicant,
) -> None:
    someone.say("delete my application K7QX4M, amina.bello@example.com, I do not want it any more")
    assert "status" not in someone.kinds
    assert "privacy" in someone.kinds


def test_12_data_is_shown_or_deleted_only_with_a_proof_and_private_numbers_are_left_out(
    someone: Applicant,
) -> None:
    someone.fill("country_of_citizenship").say("my passport number is C01X00T47")
    assert "C01X00T47" not in someone.text
    assert someone.kinds == ["privacy", "question"]
    assert "C01X00T47" not in str(someone.draft)
    someone.say("what do you have about me?")
    assert someone.asked == "country_of_citizenship"
    someone.say("delete my data")
    assert "privacy" in someone.kinds
    someone.say("yes, delete it")
    assert someone.draft["full_name"] == "Amina Bello", "nothing goes before the proof"


@pytest.mark.parametrize(
    ("opening", "note"),
    [
        ("I am a mother. I want to register my daughter, she studies medicine", "other_person"),
        ("I coordinate electives and have three students who want rotations. How do I apply?", "several"),
    ],
)
def test_13_who_applies_for_others_is_told_how_and_gets_the_form(
    someone: Applicant, opening: str, note: str
) -> None:
    someone.say(opening)
    assert note in {act.get("note") for act in someone.acts}
    assert someone.asked == "consent"


def test_13_a_pre_medical_student_and_who_refuses_a_phone_are_not_trapped(someone: Applicant) -> None:
    someone.fill("phone").say("I won't give my phone number")
    assert someone.asked == "country_of_citizenship"
    someone.say("Kenya", "not yet in medical school", "person")
    assert "handoff" in someone.kinds
