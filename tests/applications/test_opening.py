"""Messages that want to begin an application, and those that only ask about it."""

from __future__ import annotations

import pytest

from frontdesk.applications.opening import wants_to_apply


@pytest.mark.parametrize(
    "text",
    [
        "I want to apply",
        "i wanna register for the program",
        "hello i am a doctor from ghana and i want apply",
        "Good day, I would like to apply for your observership in pediatrics.",
        "sign me up please",
        "please register my son for a rotation",
        "Can I sign up for an elective here?",
        "I need a rotation in cardiology",
        "We would like residency support",
        "here are my details",
        "I wish to hand in my application, tell me what is missing",
        "how do i send you my details? i want your residency support",
        "quisiera aplicar",
        "Name: Olga Petrenko, olga@example.org, +380 67 123 4567, graduate 2016",
        "I'm a graduate from Peru. I would like to try for residency. What do you need from me?",
        "take my data for a clerkship please",
        "let's start my application",
    ],
)
def test_a_wish_to_apply_is_heard(text: str) -> None:
    assert wants_to_apply(text)


@pytest.mark.parametrize(
    "text",
    [
        "how do I apply?",
        "can students apply?",
        "when can I apply for residency?",
        "what documents do I need to apply?",
        "is it free to apply",
        "what is the difference between a rotation and an elective",
        "I don't want to apply",
        "do I need a rotation for the match?",
        "I want to know how the application works",
        "hello",
        "I passed step 1",
        "how long is a rotation?",
        "I applied last month, any news?",
        "thanks",
    ],
)
def test_a_question_about_applying_stays_a_question(text: str) -> None:
    assert not wants_to_apply(text)
