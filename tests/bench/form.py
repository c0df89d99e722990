"""Benchmark: what a turn of the application form costs beside a plain answer of the same assistant.

The two take turns through the same door. No text is said twice, so that no cache knows it; a bare "yes" is
the only one that people repeat.
"""

from __future__ import annotations

from collections.abc import Iterator

from frontdesk.knowledge.topics import topics
from tests.bench import figures, messages
from tests.bench.doors import Door, NoReply
from tests.bench.report import Row
from tests.bench.sections import (
    LONGEST_FORM,
    MESSAGES_OF_A_CONVERSATION,
    OpenForm,
    Tell,
    Times,
    leave,
    until_time_is_over,
    warm,
)

BOUND = 1.5
FORM, ANSWER = "form", "answer"


def beside_answers(door: Door, forms: int, tell: Tell) -> list[Row]:
    """Milliseconds of both, and their ratio.

    Args:
        forms: how many are filled in; at most as many as there are different answers to a question.

    Raises:
        Broken: the form does not open, or too many messages were not answered.
    """
    questions = iter(messages.questions((one.question for one in topics()), forms * LONGEST_FORM, seed=13))
    times = Times()
    for number in until_time_is_over(forms):
        tell(f"  forms: {number} of {forms}")
        _one_form(door, number, questions, times)
    return rows(door.name, times)


def _one_form(door: Door, number: int, questions: Iterator[str], times: Times) -> None:
    form = OpenForm(door, answers=messages.form_answers(number))
    talk, asked = warm(door), 0
    while form.asks and asked < LONGEST_FORM:
        if asked and asked % MESSAGES_OF_A_CONVERSATION == 0:
            door.leave(talk)
            talk = warm(door)
        for what in (FORM, ANSWER) if asked % 2 else (ANSWER, FORM):
            try:
                if what == FORM:
                    times.add(FORM, *form.answer())
                else:
                    said = door.say(talk, next(questions))
                    times.add(ANSWER, said, bool(said.reply.answered))
            except NoReply as why:
                times.failed(why)
        asked += 1
    leave({FORM: door, ANSWER: door}, {FORM: form.talk, ANSWER: talk})


def rows(way: str, times: Times) -> list[Row]:
    form, answer = times.values.get(FORM, []), times.values.get(ANSWER, [])
    if not form or not answer:
        return []
    note = (
        f"{times.good[FORM]} of {len(form)} went on to the next field, "
        f"{times.good[ANSWER]} of {len(answer)} answered with a topic"
    )
    if times.failures:
        note += f"; {len(times.failures)} not answered"
    row = Row("form", f"The form's turn ÷ the answer, {way}", "×", None, None, figures.ratio(form, answer))
    row.aim, row.note = f"≤ {BOUND}", note
    return [
        Row.measured("form", f"A turn of the form, {way}", "ms", form, []),
        Row.measured("form", f"A plain answer, {way}", "ms", answer, []),
        row,
    ]
