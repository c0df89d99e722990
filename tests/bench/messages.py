"""Benchmark, pure part: what is said to the assistants. Each message is said once, so no cache knows it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

# One clause each: a second sentence alone would be a text that was heard before.
FRAMES = (
    "{question}",
    "i would like to know {question}",
    "quick thing about my plans, {question}",
    "as a doctor from abroad I ask {question}",
    "can somebody tell me {question}",
    "my friend wants to know {question}",
    "hello dear team {question}",
    "for next year {question}",
    "one more thing {question}",
    "sorry to bother you but {question}",
)
GREETING = "hello"
OPENING = "I want to apply"


class TooFewQuestions(ValueError):
    """More messages are wanted than there are different ones."""


def questions(labels: Iterable[str], count: int, seed: int = 7) -> list[str]:
    """`count` different messages made of the topics' own questions, in a fixed random order.

    Raises:
        TooFewQuestions: the topics do not give that many.
    """
    asked = list(labels)
    made = [frame.format(question=_fitting(label, frame)) for frame in FRAMES for label in asked]
    made = list(dict.fromkeys(made))
    random.Random(seed).shuffle(made)
    if len(made) < count:
        raise TooFewQuestions(f"{count} different messages are wanted, the topics give {len(made)}.")
    return made[:count]


def _fitting(label: str, frame: str) -> str:
    """A question's first letter is small in the middle of a sentence, unless its word is an abbreviation."""
    if frame.startswith("{") or len(label) < 2 or label[:2].isupper() or label.startswith("I "):
        return label
    return label[0].lower() + label[1:]


def dealt(messages: Sequence[str], hands: int) -> list[list[str]]:
    """The messages dealt to so many hands, none twice; what is left over is not dealt."""
    each = len(messages) // hands
    return [list(messages[hand * each : (hand + 1) * each]) for hand in range(hands)]


# One answer of each column makes one applicant; the form's other fields are answered in the one plain way.
FORM_ANSWERS = {
    "full_name": ("Jan Nowak", "Priya Raman", "Chidi Eze", "Lucía Ferrer", "Omar Haddad", "Mai Tran"),
    "email": tuple(f"applicant.{name}@example.com" for name in ("jn", "pr", "ce", "lf", "oh", "mt")),
    "phone": tuple(f"+48 601 234 5{number}" for number in (11, 22, 33, 44, 55, 66)),
    "country_of_citizenship": ("Poland", "India", "I am Nigerian", "Spain", "Jordan", "Vietnam"),
    "medical_school": (
        "Jagiellonian University",
        "Madras Medical College",
        "University of Ibadan",
        "University of Valencia",
        "University of Jordan",
        "Hanoi Medical University",
    ),
    "school_country": ("in Poland", "in India", "Nigeria", "in Spain", "in Jordan", "in Vietnam"),
    "training_stage": (
        "graduate",
        "I graduated already",
        "I am a graduate",
        "graduated",
        "degree in hand",
        "I finished my degree",
    ),
    "graduation_year": ("2015", "in 2016", "2017", "class of 2018", "2019", "I graduated in 2020"),
    "usmle_step1": ("passed", "I passed it", "passed last year", "cleared", "yes, passed", "I cleared it"),
    "usmle_step2ck": (
        "not taken",
        "not yet",
        "I have not taken it",
        "not taken yet",
        "no, not yet",
        "haven't taken it",
    ),
    "ecfmg_status": (
        "in progress",
        "it is in progress",
        "not started",
        "I started it",
        "ongoing",
        "certified",
    ),
    "program_interest": (
        "both",
        "both of them",
        "both please",
        "I want both",
        "rotation and residency support",
        "both, thank you",
    ),
    "specialties": (
        "internal medicine",
        "pediatrics",
        "family medicine",
        "surgery",
        "neurology",
        "psychiatry",
    ),
    "preferred_start": (
        "June 2027",
        "July 2027",
        "August 2027",
        "September 2027",
        "October 2027",
        "May 2027",
    ),
    "duration_weeks": ("8 weeks", "four weeks", "12 weeks", "6 weeks", "2 months", "10 weeks"),
    "preferred_location": ("Chicago", "Texas", "New York", "Florida", "Boston", "California"),
    "match_year": ("2028", "the 2029 match", "2029", "in 2028", "2030", "match 2028"),
    "visa_help": ("yes", "yes please", "I need it", "no", "not sure", "yes, I do"),
}


def form_answers(number: int) -> dict[str, str]:
    """What applicant `number` answers, by field."""
    return {field: said[number % len(said)] for field, said in FORM_ANSWERS.items()}
