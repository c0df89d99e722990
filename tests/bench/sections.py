"""Benchmark: what is measured, section by section. Ours and stock take turns (A B A B), message by message.

Each section is bounded in counts and in seconds; when its time is over it reports what it has.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from frontdesk.knowledge.topics import topics
from tests.bench import figures, messages
from tests.bench.doors import Door, NoReply, Said
from tests.bench.models import Trained, Workshop
from tests.bench.processes import cpu_seconds, resident_megabytes
from tests.bench.report import Row
from tests.bench.running import Ours, Stock, seconds_to_ready
from tests.evaluation.form_play import PLAIN_ANSWERS

SECTION_SECONDS = 900.0
MESSAGES_OF_A_CONVERSATION = 10
LONGEST_FORM = 40
STUCK = 3
FLAT_MESSAGES = 200
FLAT_BLOCK = 20
WARM_UP = 5
TOO_MANY_FAILURES = 5
TURN_AIM = "≤ 15 ms idle, ≤ 0.45"

Tell = Callable[[str], None]


class Broken(RuntimeError):
    """A section cannot be measured; the text says why."""


@dataclass(frozen=True)
class Counts:
    """How much is measured."""

    answers: int
    forms: int
    starts: int
    flat: int = FLAT_MESSAGES


FULL = Counts(answers=150, forms=5, starts=3)
QUICK = Counts(answers=60, forms=2, starts=1)


@dataclass
class Times:
    """Milliseconds by way in, and what went wrong on the way."""

    values: dict[str, list[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    good: dict[str, int] = field(default_factory=dict)

    def add(self, way: str, said: Said, good: bool) -> None:
        self.values.setdefault(way, []).append(said.milliseconds)
        self.good[way] = self.good.get(way, 0) + good

    def failed(self, why: NoReply) -> None:
        self.failures.append(str(why))
        if len(self.failures) >= TOO_MANY_FAILURES:
            raise Broken(f"{TOO_MANY_FAILURES} messages were not answered; the last: {why}")


def until_time_is_over(rounds: int, seconds: float = SECTION_SECONDS) -> Iterator[int]:
    """0, 1, 2 … at most so many rounds, none begun after so many seconds."""
    end = time.monotonic() + seconds
    return itertools.takewhile(lambda _: time.monotonic() < end, range(rounds))


def ways(ours: Ours, stock: Stock) -> dict[str, Door]:
    """All ways in: ours and, last, the stock one."""
    return {**ours.doors(), "stock": stock.door()}


# --- turns --------------------------------------------------------------------------------------------------


def answers(doors: dict[str, Door], count: int, tell: Tell) -> list[Row]:
    """Milliseconds of a plain answer through each way in."""
    asked = messages.questions((topic.question for topic in topics()), count * (len(doors) - 1))
    hands = messages.dealt(asked, len(doors) - 1)
    # Stock hears what our private channel hears; our three ways share one Rasa and its cache.
    texts = dict(zip(doors, [*hands, hands[0]], strict=True))
    times = Times()
    talks: dict[str, str] = {}
    for place in until_time_is_over(count):
        if place % MESSAGES_OF_A_CONVERSATION == 0:
            tell(f"  answers: {place} of {count}")
            for way, door in doors.items():
                if way in talks:
                    door.leave(talks[way])
                talks[way] = warm(door)
        for way, door in rotated(doors, place):
            try:
                said = door.say(talks[way], texts[way][place])
            except NoReply as why:
                times.failed(why)
                talks[way] = warm(door)
                continue
            good = bool(said.reply.texts) if way == "stock" else bool(said.reply.answered)
            times.add(way, said, good)
    leave(doors, talks)
    return _turn_rows("Plain answer", times, "answered with a topic")


def form_steps(doors: dict[str, Door], forms: int, fields: list[str], tell: Tell) -> list[Row]:
    """Milliseconds of one answered question of the application form, through each way in, up to the review.

    Raises:
        Broken: the form does not open.
    """
    times = Times()
    for number in until_time_is_over(forms):
        tell(f"  forms: {number} of {forms}")
        open_forms = {
            way: OpenForm(door, iter(fields) if way == "stock" else None) for way, door in doors.items()
        }
        for step in range(LONGEST_FORM):
            for way, form in rotated({way: form for way, form in open_forms.items() if form.asks}, step):
                try:
                    said, went_on = form.answer()
                except NoReply as why:
                    times.failed(why)
                    form.asked = None
                    continue
                times.add(way, said, went_on)
        for form in open_forms.values():
            form.door.leave(form.talk)
    return _turn_rows("Form step", times, "went on to the next field")


class OpenForm:
    """One application being filled in through one door.

    Args:
        fields: the fields in order, for an assistant whose replies do not name the field they ask for.
        answers: what is said to each field's question.
    """

    def __init__(
        self, door: Door, fields: Iterator[str] | None = None, answers: Mapping[str, str] = PLAIN_ANSWERS
    ):
        self.door = door
        self.talk = door.open()
        self._fields = fields
        self._answers = answers
        self._again = 0
        try:
            door.say(self.talk, messages.GREETING)
            reply = door.say(self.talk, messages.OPENING).reply
        except NoReply as why:
            raise Broken(f"The form does not open. {why}") from None
        self.asked = reply.asked if fields is None else next(fields)
        if self.asked is None:
            raise Broken(f"The form does not open through {door.name}; it answered {reply.text[:100]!r}.")

    @property
    def asks(self) -> bool:
        return self.asked not in (None, "review") and self._again < STUCK

    def answer(self) -> tuple[Said, bool]:
        """Answer what is asked; whether another field is asked then."""
        waiting = self.asked or ""
        said = self.door.say(self.talk, self._answers.get(waiting, "yes"))
        # A reply that asks nothing (help in between, say) leaves the question open.
        self.asked = (said.reply.asked or waiting) if self._fields is None else next(self._fields, None)
        self._again = self._again + 1 if self.asked == waiting else 0
        return said, self._again == 0


def _turn_rows(what: str, times: Times, good: str) -> list[Row]:
    stock = times.values.get("stock", [])
    titles = {
        "turn": "/webhooks/rest/turn",
        "webhook": "/webhooks/rest/webhook",
        "website": "website, post to reply on the stream",
    }
    rows = []
    for way, title in titles.items():
        values = times.values.get(way, [])
        if values:
            share = f"{times.good[way]} of {len(values)} {good}"
            aim = TURN_AIM if what == "Plain answer" and way != "website" else ""
            rows.append(Row.measured("turns", f"{what}, {title}", "ms", values, stock, aim=aim, note=share))
    if times.failures and rows:
        rows[0].note += f"; {len(times.failures)} not answered"
    return rows


def warm(door: Door) -> str:
    """A fresh conversation whose first message, which also starts a session, is not counted."""
    talk = door.open()
    try:
        door.say(talk, messages.GREETING)
    except NoReply as why:
        raise Broken(f"A greeting was not answered. {why}") from None
    return talk


def leave(doors: dict[str, Door], talks: dict[str, str]) -> None:
    for way, talk in talks.items():
        doors[way].leave(talk)


def rotated[Way](ways: dict[str, Way], place: int) -> list[tuple[str, Way]]:
    """All ways in, another one first each time, so that none always comes after the same one."""
    listed = list(ways.items())
    first = place % len(listed) if listed else 0
    return listed[first:] + listed[:first]


# --- flat ---------------------------------------------------------------------------------------------------


def flat(ours: Ours, stock: Stock, doors: dict[str, Door], count: int, tell: Tell) -> list[Row]:
    """Whether answers get slower in one long conversation; a young one beside it is the measure.

    Only one way into each assistant is used, so the processor time of an answer is known as well: a figure
    that a busy machine changes little.

    Raises:
        Broken: too many messages were not answered.
    """
    chosen = {"turn": doors["turn"], "stock": doors["stock"]}
    hands = messages.dealt(messages.questions((topic.question for topic in topics()), 2 * count, seed=11), 2)
    long: dict[str, list[float]] = {way: [] for way in chosen}
    young: dict[str, list[float]] = {way: [] for way in chosen}
    old_talk = {way: warm(door) for way, door in chosen.items()}
    young_talk: dict[str, str] = {}
    times = Times()
    said = 0
    before = processor_seconds(ours, stock)
    for place in until_time_is_over(count):
        if place % MESSAGES_OF_A_CONVERSATION == 0:
            tell(f"  one conversation: {place} of {count}")
            leave(chosen, young_talk)
            young_talk = {way: warm(door) for way, door in chosen.items()}
            said += 1
        for way, door in rotated(chosen, place):
            try:
                in_long = door.say(old_talk[way], hands[0][place])
                in_young = door.say(young_talk[way], hands[1][place])
            except NoReply as why:
                times.failed(why)
                continue
            long[way].append(in_long.milliseconds)
            young[way].append(in_young.milliseconds)
        said += 2
    after = processor_seconds(ours, stock)
    leave(chosen, old_talk)
    leave(chosen, young_talk)
    reached = min(len(long["turn"]), len(long["stock"]))
    if reached < 2 * FLAT_BLOCK:
        raise Broken(f"Only {reached} messages of one conversation were answered in the time.")
    rows = _flat_rows(long, young, reached)
    if before and after:
        used = {who: (after[who] - before[who]) * 1000 / said for who in before}
        both = used["Rasa"] + used["action server"]
        rows += [
            Row.single("flat", "Processor time of one answer, Rasa", "ms", used["Rasa"], used["stock"]),
            Row.single("flat", "Processor time with the action server", "ms", both, used["stock"]),
        ]
    return rows


def _flat_rows(long: dict[str, list[float]], young: dict[str, list[float]], reached: int) -> list[Row]:
    block = FLAT_BLOCK
    last = f"Answer at messages {reached - block + 1}–{reached}"
    growths = {way: figures.growth(long[way], young[way], block) for way in long}
    assert growths["turn"] is not None
    return [
        Row.measured(
            "flat", f"Answer at messages 1–{block}", "ms", long["turn"][:block], long["stock"][:block]
        ),
        Row.measured("flat", last, "ms", long["turn"][-block:], long["stock"][-block:]),
        Row.single(
            "flat",
            "Growth from the first to the last of these",
            "×",
            growths["turn"],
            growths["stock"],
            aim="ours ≤ 1.10",
            note="against a young conversation at the same moments",
        ),
    ]


def processor_seconds(ours: Ours, stock: Stock) -> dict[str, float] | None:
    """Processor time used so far by our Rasa and action server, and the stock Rasa; None where unknown."""
    pids = {"Rasa": ours.rasa.pid, "action server": ours.actions.pid, "stock": stock.rasa.pid}
    used = {name: seconds for name, pid in pids.items() if (seconds := cpu_seconds(pid)) is not None}
    return used if len(used) == len(pids) else None


# --- start, memory, training --------------------------------------------------------------------------------


def starts(folder: Path, own: Trained, stock: Trained, rounds: int, tell: Tell) -> list[Row]:
    """Seconds from starting a process to its health check answering 200."""
    seconds: dict[str, list[float]] = {}
    for number in until_time_is_over(rounds):
        tell(f"  starts: {number} of {rounds}")
        theirs = Stock(folder / f"stock-{number}", stock.model)
        ours = Ours(folder / f"ours-{number}", own.model)
        try:
            seconds.setdefault("Rasa", []).append(seconds_to_ready(ours.rasa))
            ours.rasa.stop()
            seconds.setdefault("stock", []).append(seconds_to_ready(theirs.rasa))
            theirs.stop()
            for name in ("action server", "front desk"):
                seconds.setdefault(name, []).append(seconds_to_ready(ours.parts[name]))
                ours.parts[name].stop()
            began = time.perf_counter()
            ours.start()
            seconds.setdefault("all three", []).append(time.perf_counter() - began)
        finally:
            theirs.stop()
            ours.stop()
    base = seconds.get("stock", [])
    return [
        Row.measured("start", "Rasa ready", "s", seconds.get("Rasa", []), base, aim="≤ 0.20"),
        Row.measured("start", "Action server ready", "s", seconds.get("action server", []), []),
        Row.measured("start", "Front desk ready", "s", seconds.get("front desk", []), []),
        Row.measured("start", "All three, started together", "s", seconds.get("all three", []), base),
    ]


def memory(ours: Ours, stock: Stock, at_ready: dict[str, float], said: int) -> list[Row]:
    """Resident memory of each process, after `said` messages to each assistant at least."""
    now = memory_now(ours, stock)
    rows = [
        Row.single("memory", "Rasa, just started", "MB", at_ready["Rasa"], at_ready["stock"]),
        Row.single(
            "memory", f"Rasa, after {said} messages or more", "MB", now["Rasa"], now["stock"], aim="≤ 0.60"
        ),
    ]
    rows += [
        Row.single("memory", name.capitalize(), "MB", now[name], None)
        for name in ("action server", "front desk")
    ]
    total = sum(now[name] for name in ours.parts)
    return [*rows, Row.single("memory", "All three processes", "MB", total, now["stock"])]


def memory_now(ours: Ours, stock: Stock) -> dict[str, float]:
    """Resident memory of all processes at this moment, in MB."""
    found = {name: resident_megabytes(part.pid) for name, part in ours.parts.items()}
    return found | {"stock": resident_megabytes(stock.rasa.pid)}


def warm_up(doors: dict[str, Door], count: int) -> None:
    """So many messages through each way in, not measured.

    Raises:
        Broken: they are not answered.
    """
    asked = messages.questions((topic.question for topic in topics()), count * len(doors), seed=3)
    for way, hand in zip(doors, messages.dealt(asked, len(doors)), strict=True):
        talk = warm(doors[way])
        try:
            for text in hand:
                doors[way].say(talk, text)
        except NoReply as why:
            raise Broken(f"A message was not answered. {why}") from None
        doors[way].leave(talk)


def training(workshop: Workshop, own: Trained, stock: Trained) -> list[Row]:
    """Seconds and memory of training on the same examples, and the size of what comes out."""
    fits = "" if stock.fits else ", on earlier data"
    note = f"ours now; stock trained {stock.at} at load {stock.load:.1f} on {stock.examples} examples{fits}"
    title = f"Training on {workshop.examples} examples"
    return [
        Row.single("training", title, "s", own.seconds, stock.seconds, aim="≤ 0.033", note=note),
        Row.single("training", "Highest memory while training", "MB", own.memory, stock.memory),
        Row.single("training", "Model file", "MB", own.size, stock.size),
    ]
