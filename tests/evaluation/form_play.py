"""Playing the application: canned answers to get somewhere, personas with their twists, commands in the form.

Talks through the door alone; reads drafts and applications from the record to see what was really kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from tests.evaluation.reading import Reply
from tests.evaluation.scoring import Count, Say, Scores

Kept = Callable[[str], "Record"]

# Answers that any form of these fields takes; for getting to a field, never for scoring.
PLAIN_ANSWERS = {
    "consent": "yes",
    "full_name": "Anna Maria Kowalska",
    "email": "anna.kowalska@example.com",
    "phone": "+48 601 234 567",
    "country_of_citizenship": "Poland",
    "medical_school": "Medical University of Warsaw",
    "school_country": "Poland",
    "training_stage": "graduate",
    "graduation_year": "2021",
    "usmle_step1": "passed",
    "usmle_step2ck": "not taken",
    "ecfmg_status": "in progress",
    "program_interest": "both",
    "specialties": "internal medicine",
    "preferred_start": "June 2027",
    "duration_weeks": "8 weeks",
    "preferred_location": "Chicago",
    "match_year": "2028",
    "visa_help": "yes",
}
LONGEST_FORM = 60


class Record:
    """What the record holds for one sender: the values kept, and whether an application was sent."""

    def __init__(self, values: dict[str, Any], sent: int, state: str | None):
        self.values = values
        self.sent = sent
        self.state = state


def open_form(say: Say, sender: str, until: str) -> Reply:
    """Start an application and answer plainly until `until` is asked."""
    reply = say(sender, "I want to apply")
    for _ in range(LONGEST_FORM):
        if reply.asked == until or reply.asked is None:
            return reply
        reply = say(sender, PLAIN_ANSWERS.get(reply.asked, "yes"))
    return reply


# --- commands -----------------------------------------------------------------------------------------------


def commands(rows: Iterable[dict[str, Any]], say: Say, kept: Kept) -> Scores:
    """Right behaviour, by kind; some in a fresh chat, some in an open form, some in both."""
    scores: Scores = defaultdict(Count)
    for number, row in enumerate(rows):
        good, got = _command(row["kind"], row["text"], f"k{number}", say, kept)
        scores["commands: right behaviour"].add(good, kind=row["kind"], text=row["text"], got=got)
        scores[f"commands: {row['kind']}"].add(good, text=row["text"], got=got)
    return scores


def _command(kind: str, text: str, sender: str, say: Say, kept: Kept) -> tuple[bool, str]:
    if kind in FRESH:
        reply = say(sender, text)
        good = FRESH[kind](reply)
        if good and kind in ("human", "complaint", "thanks"):
            good = _form_survives(text, f"{sender}-form", say, kept)
        return good, _kinds(reply)
    field, rule = IN_FORM[kind]
    before = open_form(say, sender, field)
    if kind == "resume":
        say(sender, "stop, I will go on later")
    values = dict(kept(sender).values)
    reply = say(sender, text)
    return rule(before, reply, values, kept(sender)), _kinds(reply)


def _kinds(reply: Reply) -> str:
    named = ("kind", "topic", "field", "event", "reason")
    return " ".join(
        f"{one.get('act')}:{next((one[key] for key in named if one.get(key)), '')}" for one in reply.acts
    )


def _form_survives(text: str, sender: str, say: Say, kept: Kept) -> bool:
    open_form(say, sender, "medical_school")
    before = dict(kept(sender).values)
    say(sender, text)
    return kept(sender).values == before


FRESH: dict[str, Callable[[Reply], bool]] = {
    "greet": lambda reply: reply.does("smalltalk", kind="greet"),
    "goodbye": lambda reply: reply.does("smalltalk", kind="goodbye"),
    "thanks": lambda reply: reply.does("smalltalk", kind="thanks"),
    "human": lambda reply: reply.does("handoff") or "contact_human" in reply.answered,
    "complaint": lambda reply: reply.does("handoff"),
    "apply": lambda reply: reply.asked is not None,
    "status": lambda reply: (
        reply.does("status") or reply.does("application") or "application_status" in reply.answered
    ),
    "bot_challenge": lambda reply: (
        reply.does("smalltalk", kind="bot_challenge") or "about_the_bot" in reply.answered
    ),
    "delete_my_data": lambda reply: reply.does("privacy"),
    "what_can_you_do": lambda reply: (
        reply.does("smalltalk", kind="capabilities") or "about_the_bot" in reply.answered
    ),
}


def _asks_again(before: Reply, reply: Reply, values: dict[str, Any], now: Record) -> bool:
    return reply.asked == before.asked and now.values == values


def _affirmed(before: Reply, reply: Reply, values: dict[str, Any], now: Record) -> bool:
    return reply.asked not in (None, before.asked)


def _denied(before: Reply, reply: Reply, values: dict[str, Any], now: Record) -> bool:
    return reply.asked is None or now.values.get("visa_help") == "no"


def _moved_on(before: Reply, reply: Reply, values: dict[str, Any], now: Record) -> bool:
    return reply.asked not in (None, before.asked) and not now.values.get("phone")


def _went_back(before: Reply, reply: Reply, values: dict[str, Any], now: Record) -> bool:
    return reply.asked not in (None, before.asked) and reply.asked in values


def _changed(before: Reply, reply: Reply, values: dict[str, Any], now: Record) -> bool:
    return now.values != values or (reply.asked is not None and reply.asked != before.asked) or _which(reply)


def _which(reply: Reply) -> bool:
    return reply.does("clarify")


def _nothing_lost(before: Reply, reply: Reply, values: dict[str, Any], now: Record) -> bool:
    stopped = reply.does("application", event="paused") or reply.does("application", event="cancelled")
    asked_first = reply.does("clarify") or bool(re.search(r"\?", reply.text))
    return (stopped or asked_first) and now.sent == 0 and reply.asked in (None, before.asked)


def _asks_first(before: Reply, reply: Reply, values: dict[str, Any], now: Record) -> bool:
    return now.values == values and bool(re.search(r"\?", reply.text)) and not reply.answered


def _resumed(before: Reply, reply: Reply, values: dict[str, Any], now: Record) -> bool:
    return reply.asked is not None and now.values == values


IN_FORM: dict[str, tuple[str, Callable[[Reply, Reply, dict[str, Any], Record], bool]]] = {
    "affirm": ("consent", _affirmed),
    "deny": ("visa_help", _denied),
    "skip": ("phone", _moved_on),
    "back": ("medical_school", _went_back),
    "change_answer": ("visa_help", _changed),
    "cancel": ("medical_school", _nothing_lost),
    "restart": ("medical_school", _asks_first),
    "help": ("medical_school", _asks_again),
    "resume": ("medical_school", _resumed),
}


# --- applicants ---------------------------------------------------------------------------------------------


def applicants(rows: Iterable[dict[str, Any]], say: Say, kept: Kept) -> Scores:
    """Each persona from its opening to the sent application, with its twists."""
    scores: Scores = defaultdict(Count)
    for number, row in enumerate(rows):
        _Persona(row, f"a{number}", say, kept).play(scores)
    return scores


class _Persona:
    def __init__(self, row: dict[str, Any], sender: str, say: Say, kept: Kept):
        self.row = row
        self.sender = sender
        self._say = say
        self._kept = kept
        self.twists = {twist["at"]: twist for twist in row.get("twists") or []}
        self.asked: list[str] = []
        self.transcript: list[str] = []

    def say(self, text: str) -> Reply:
        reply = self._say(self.sender, text)
        self.transcript += [f"> {text}", *reply.texts]
        if reply.asked:
            self.asked.append(reply.asked)
        return reply

    def play(self, scores: Scores) -> None:
        covered: set[str] = set()
        reply = self.say(self.row["opening"])
        if "opening" in self.twists:
            covered |= set(self.twists["opening"].get("covers") or [])
        done: set[str] = set()
        times: dict[str, int] = defaultdict(int)
        for _ in range(LONGEST_FORM):
            field = reply.asked
            if field is None:
                break
            times[field] += 1
            if times[field] > 6:
                break
            twist = self.twists.get(field)
            if twist and field not in done:
                done.add(field)
                reply, replaced, covers = self._twist(twist, field, scores)
                covered |= covers
                if replaced or reply.asked != field:
                    continue
            reply = self.say("yes" if field in ("review", "consent") else self._answer(field))
            if field == "review" and self._kept(self.sender).sent:
                break
        self._score(scores, covered)

    def _answer(self, field: str) -> str:
        return str(self.row["answers"].get(field) or "skip")

    def _twist(self, twist: dict[str, Any], field: str, scores: Scores) -> tuple[Reply, bool, set[str]]:
        before = self._kept(self.sender)
        reply = self.say(twist["say"])
        broken = self._broken(twist, field, reply, before)
        if twist.get("next_say"):
            reply = self.say(twist["next_say"])
            if twist["kind"] in ("crisis", "pause") and reply.asked != field:
                broken = broken or f"after it, asked {reply.asked} instead of {field}"
        what = {
            "persona": self.row.get("persona"),
            "twist": twist,
            "why": broken,
            "replies": self.transcript[-4:],
        }
        scores["applicants: expectations kept"].add(broken is None, **what)
        if twist["kind"] == "crisis":
            scores["applicants: crisis caught"].add(broken is None, **what)
        return reply, bool(twist.get("replaces_answer")), set(twist.get("covers") or [])

    def _broken(self, twist: dict[str, Any], field: str, reply: Reply, before: Record) -> str | None:
        """Why an expectation is broken, None when it is kept."""
        kind = twist["kind"]
        now = self._kept(self.sender)
        again = reply.asked == field
        if kind == "crisis":
            if not reply.acts or reply.acts[0].get("act") != "safety" or reply.asked:
                return "help was not first, or the questions went on"
            return None if now.values == before.values else "something of it was stored"
        if kind in ("invalid", "unclear"):
            if again and (field == "review" or now.values.get(field) == before.values.get(field)):
                return None
            if reply.texts and "?" in reply.text and now.values.get(field) == before.values.get(field):
                return None
            return f"asked {reply.asked}, kept {now.values.get(field)!r}"
        if kind == "question":
            topics = set(re.findall(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b", twist["expect"])) | _named(
                twist["expect"]
            )
            if topics and not topics & set(reply.answered) and not _no_promise(twist, reply):
                return f"answered {reply.answered}, not {sorted(topics)}"
            if not reply.answered and not reply.declined:
                return "not answered"
            return None if again else f"asked {reply.asked} afterwards"
        if kind == "private_data":
            secret = max(re.findall(r"\S*\d\S*", twist["say"]), key=len, default="")
            held = any(secret in str(value) for value in now.values.values())
            return (
                None
                if again and not held and secret not in reply.text
                else "kept, repeated, or not asked again"
            )
        if kind == "multi":
            missing = [name for name in twist.get("covers") or [] if now.values.get(name) in (None, "", [])]
            return f"not taken: {missing}" if missing else None
        if kind == "skip":
            return None if reply.asked not in (None, field) else "did not move on"
        if kind == "pause":
            return None if now.values == before.values and reply.asked is None else "did not leave it open"
        if kind == "cancel":
            return None if now.values == before.values and now.sent == 0 else "something was lost"
        return None if again else f"asked {reply.asked} afterwards"

    def _score(self, scores: Scores, covered: set[str]) -> None:
        record = self._kept(self.sender)
        wrong = {}
        for name, wanted in self.row["facts"].items():
            got = record.values.get(name)
            good = same(name, wanted, got)
            scores["applicants: fields right"].add(
                good, persona=self.row.get("persona"), field=name, expected=wanted, got=got
            )
            if not good:
                wrong[name] = {"expected": wanted, "got": got}
        what = {"persona": self.row.get("persona"), "wrong": wrong}
        scores["applicants: sent once"].add(
            record.sent == 1, **what, sent=record.sent, last=self.transcript[-6:]
        )
        scores["applicants: record exact"].add(not wrong and record.sent == 1, **what)
        twice = [
            name for name in covered if self.asked.count(name) > 0 and name in self._asked_after_cover(name)
        ]
        scores["applicants: not asked again"].add(not twice, **what, twice=twice)

    def _asked_after_cover(self, name: str) -> list[str]:
        for twist in self.twists.values():
            if name in (twist.get("covers") or []):
                start = self.asked.index(twist["at"]) + 1 if twist["at"] in self.asked else 0
                return self.asked[start:]
        return []


def _named(expect: str) -> set[str]:
    """A topic of one word after "answers"."""
    found = re.search(r"answers ([a-z0-9_]+)", expect)
    return {found.group(1)} if found else set()


def _no_promise(twist: dict[str, Any], reply: Reply) -> bool:
    return "promise" in twist["expect"] and (
        reply.does("decline", reason="guarantee") or "does_chha_guarantee_match" in reply.answered
    )


def plain(value: Any) -> str:
    """Without case, accents and punctuation."""
    text = unicodedata.normalize("NFKD", str(value))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^\w]+", " ", text).casefold().replace("_", " ").split())


def same(name: str, wanted: Any, got: Any) -> bool:
    """Whether the record holds the fact, compared as the sets' README says."""
    if wanted is None:
        return got in (None, "", [])
    if got is None:
        return False
    if name == "phone":
        return re.sub(r"\D", "", str(wanted))[-9:] == re.sub(r"\D", "", str(got))[-9:]
    if name == "specialties":
        listed = got if isinstance(got, list) else [got]
        return {plain(one) for one in wanted} == {plain(one) for one in listed}
    if name in ("medical_school", "preferred_location"):
        return plain(wanted) in plain(got)
    if name in ("country_of_citizenship", "school_country"):
        return plain(country_name(str(got))) == plain(wanted) or plain(got) == plain(wanted)
    return plain(wanted) == plain(got)


def country_name(code: str) -> str:
    """A country's plain English name from its ISO code."""
    import pycountry

    found = pycountry.countries.get(alpha_2=code)
    if found is None:
        return code
    name = getattr(found, "common_name", found.name)
    return {"Syrian Arab Republic": "Syria", "Russian Federation": "Russia", "Türkiye": "Turkey"}.get(
        name, name
    )
