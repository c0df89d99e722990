"""Room: extensions/nlu. Measures the engine on question sets: `python -m extensions.nlu.measure FOLDER`.

Reads `questions`, `out_of_scope`, `followups`, `compound` and `commands` (.jsonl) where present;
understanding only, no dialogue. Nothing is learned here and nothing is fetched.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from extensions.nlu.engine import Engine, training_examples
from extensions.nlu.gazetteer import Gazetteer
from extensions.nlu.vocabulary import load
from extensions.nlu.weights import repository_root

# Labels whose reply also answers a topic: the same promise, file or person is meant.
ANSWERS = {
    "status": {"application_status"},
    "human": {"contact_human"},
    "chitchat/bot_challenge": {"about_the_bot"},
    "chitchat/capabilities": {"chha_services"},
    "apply": {"how_to_apply_chha"},
    "decline/guarantee": {"does_chha_guarantee_match", "match_chances", "score_cutoffs"},
}
COMMANDS = {
    "greet": {"chitchat/greet"},
    "goodbye": {"chitchat/goodbye"},
    "thanks": {"chitchat/thanks"},
    "affirm": {"affirm"},
    "deny": {"deny"},
    "human": {"human", "faq/contact_human"},
    "apply": {"apply"},
    "cancel": {"stop_form"},
    "restart": {"restart_form"},
    "status": {"status", "faq/application_status"},
    "change_answer": {"change_answer"},
    "skip": {"skip"},
    "back": {"back"},
    "help": {"help"},
    "complaint": {"complaint"},
    "bot_challenge": {"chitchat/bot_challenge", "faq/about_the_bot"},
    "resume": {"resume"},
    "delete_my_data": {"delete_my_data"},
    "what_can_you_do": {"chitchat/capabilities", "faq/chha_services"},
}
# What a decision must be for its topics to be answered; a limit counts where its reply answers the topic too.
ANSWERING = frozenset({"act", "lean"})
REPLYING = ANSWERING | {"decline"}
IN_FORM = {"affirm", "deny", "skip", "back", "change_answer", "cancel", "restart", "help"}
REFUSALS: dict[str, Callable[[str, dict[str, Any]], bool]] = {
    "crisis": lambda label, found: (found["safety"] or {}).get("kind") == "crisis",
    "medical_advice": lambda label, found: label in ("decline/medical_advice", "safety/emergency"),
    "legal_advice": lambda label, found: label == "decline/legal_advice",
    "guarantee": lambda label, found: (
        label
        in (
            "decline/guarantee",
            "faq/does_chha_guarantee_match",
            "faq/match_chances",
            "faq/score_cutoffs",
            "faq/letter_after_rotation",
        )
    ),
    "injection": lambda label, found: found["decision"] in ("decline", "fallback"),
    "abuse": lambda label, found: label in ("safety/harassment", "chitchat/insult", "complaint"),
}


def interval(right: int, total: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share."""
    if not total:
        return 0.0, 1.0
    share, z = right / total, 1.96
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return max(0.0, centre - half), min(1.0, centre + half)


def topics_of(label: str) -> set[str]:
    """Return the topics that the reply to a label answers."""
    return {label[4:]} if label.startswith("faq/") else ANSWERS.get(label, set())


class Measurement:
    """Runs the sets through an engine and keeps the rows and the misses."""

    def __init__(self, engine: Engine) -> None:
        """Take a trained engine."""
        self.engine = engine
        self.gazetteer = Gazetteer(load())
        self.rows: list[tuple[str, int, int]] = []
        self.misses: list[str] = []
        self.milliseconds: list[float] = []
        self.confused: Counter[tuple[str, str]] = Counter()

    def _ask(self, text: str, context: dict[str, Any] | None = None) -> dict[str, Any]:
        start = time.process_time()
        found: dict[str, Any] = self.engine.understand(text, context)["understanding"]
        self.gazetteer.find(text)
        self.milliseconds.append(1000 * (time.process_time() - start))
        return found

    def _row(self, name: str, results: list[bool]) -> None:
        self.rows.append((name, sum(results), len(results)))

    def questions(self, lines: list[dict[str, Any]]) -> None:
        """Top-1, offered, declined by mistake, false alarms."""
        results: dict[str, list[bool]] = defaultdict(list)
        by_topic: dict[str, list[bool]] = defaultdict(list)
        for line in lines:
            found = self._ask(line["text"])
            good = {line["topic"], *line.get("also", [])}
            answered = set().union(*(topics_of(part["label"]) for part in found["parts"]))
            ranked = [label for label, _ in found["parts"][0]["ranking"]]
            acted = found["decision"] in ANSWERING or bool(answered & good and found["decision"] == "decline")
            right = acted and bool(answered & good)
            offered = right or (
                found["decision"] == "clarify" and any(topics_of(label) & good for label in ranked[:4])
            )
            results["top-1 (acted)"].append(right)
            results["top-1 of the ranking"].append(bool(topics_of(ranked[0]) & good))
            results["top-3 of the ranking"].append(any(topics_of(label) & good for label in ranked[:3]))
            results["right or offered"].append(offered)
            refused = found["decision"] in ("decline", "fallback") and not right
            results["declined by mistake"].append(refused)
            results["asked which"].append(found["decision"] == "clarify")
            results["false alarm"].append(found["safety"] is not None)
            results["cut in several"].append(len(found["parts"]) > 1)
            by_topic[line["topic"]].append(right)
            if not right:
                self.confused[(line["topic"], ranked[0])] += 1
                self.misses.append(
                    f"question  {line['topic']:28} {found['decision']:8} "
                    f"{[(part['label'], part['confidence']) for part in found['parts']]} {ranked[1:3]} | "
                    f"{line['text']}"
                )
        for name, values in results.items():
            self._row(f"questions: {name}", values)
        means = [sum(values) / len(values) for values in by_topic.values()]
        self.macro = sum(means) / len(means) if means else 0.0

    def out_of_scope(self, lines: list[dict[str, Any]]) -> None:
        """Declined, or met in the way of its kind."""
        results: dict[str, list[bool]] = defaultdict(list)
        for line in lines:
            found = self._ask(line["text"])
            label = found["parts"][0]["label"]
            check = REFUSALS.get(line["kind"])
            right = check(label, found) if check else found["decision"] in ("decline", "fallback")
            results[line["kind"]].append(right)
            if not right:
                self.misses.append(
                    f"scope     {line['kind']:28} {found['decision']:8} "
                    f"{found['parts'][0]['ranking'][:3]} | {line['text']}"
                )
        for name, values in results.items():
            self._row(f"out of scope: {name}", values)

    def followups(self, lines: list[dict[str, Any]]) -> None:
        """Turns in context, the context being what the engine itself understood before."""
        turns: list[bool] = []
        chats: list[bool] = []
        for line in lines:
            context: dict[str, Any] = {"topic": None, "subject": None, "form": None}
            rights = []
            for text, topic, also in zip(line["turns"], line["topics"], line["also"]):
                found = self._ask(text, context)
                answered = set().union(*(topics_of(part["label"]) for part in found["parts"]))
                right = found["decision"] in REPLYING and bool(answered & {topic, *also})
                rights.append(right)
                if not right:
                    self.misses.append(
                        f"followup  {topic:28} {found['decision']:8} after {context['topic']} "
                        f"{found['parts'][0]['ranking'][:3]} | {text}"
                    )
                label = found["parts"][-1]["label"]
                if found["decision"] in ANSWERING and label.startswith("faq/"):
                    context["topic"] = label[4:]
                subjects = [
                    entity["value"] for entity in self.gazetteer.find(text) if entity["entity"] == "specialty"
                ]
                context["subject"] = subjects[-1] if subjects else context["subject"]
            turns.extend(rights)
            chats.append(all(rights))
        self._row("follow-ups: turns", turns)
        self._row("follow-ups: whole chats", chats)

    def compound(self, lines: list[dict[str, Any]]) -> None:
        """All topics answered."""
        results = []
        for line in lines:
            found = self._ask(line["text"])
            answered = set().union(*(topics_of(part["label"]) for part in found["parts"]))
            right = set(line["topics"]) <= answered
            results.append(right)
            if not right:
                self.misses.append(
                    f"compound  {line['topics']} {found['decision']} "
                    f"{[(part['text'], part['label'], part['confidence']) for part in found['parts']]} | "
                    f"{line['text']}"
                )
        self._row("compound: all answered", results)

    def commands(self, lines: list[dict[str, Any]]) -> None:
        """Commands, some inside an open form."""
        results = []
        for line in lines:
            context = {
                "topic": None,
                "subject": None,
                "form": "graduation_year" if line["kind"] in IN_FORM else None,
            }
            found = self._ask(line["text"], context)
            right = found["decision"] == "act" and found["parts"][0]["label"] in COMMANDS[line["kind"]]
            results.append(right)
            if not right:
                self.misses.append(
                    f"command   {line['kind']:28} {found['decision']:8} "
                    f"{found['parts'][0]['ranking'][:3]} | {line['text']}"
                )
        self._row("commands", results)

    def table(self) -> str:
        """Return the figures as text."""
        lines = []
        for name, right, total in self.rows:
            low, high = interval(right, total)
            share = f"{100 * right / total:5.1f} %" if total else "    -"
            lines.append(f"{name:36} {right:4}/{total:<4} {share}  ({100 * low:.0f}-{100 * high:.0f})")
        if self.milliseconds:
            ordered = sorted(self.milliseconds)
            late = ordered[int(0.95 * (len(ordered) - 1))]
            lines.append(
                f"{'CPU time a message':36} median {statistics.median(ordered):.1f} ms, p95 {late:.1f} ms"
            )
        return "\n".join(lines)


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description="Measure understanding on a folder of question sets.")
    parser.add_argument("folder", type=Path, help="folder with questions.jsonl, out_of_scope.jsonl, …")
    parser.add_argument(
        "--model", type=Path, help="a model archive or folder (default: the newest in models/)"
    )
    parser.add_argument("--train", action="store_true", help="train on data/nlu now instead")
    parser.add_argument("--save", type=Path, help="with --train: keep the trained engine in this folder")
    parser.add_argument("--misses", action="store_true", help="print what went wrong, line by line")
    arguments = parser.parse_args()
    if arguments.train:
        engine = Engine.train(*training_examples())
        if arguments.save:
            engine.save(arguments.save)
    else:
        archives = sorted(
            (repository_root() / "models").glob("*.tar.gz"), key=lambda path: path.stat().st_mtime
        )
        chosen = arguments.model or (archives[-1] if archives else None)
        if chosen is None:
            raise SystemExit(
                "There is no model in models/; run `rasa train` first, or give --model or --train."
            )
        engine = Engine.read(chosen)
    measurement = Measurement(engine)
    for name in ("questions", "out_of_scope", "followups", "compound", "commands"):
        path = arguments.folder / f"{name}.jsonl"
        if path.is_file():
            lines = [
                json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()
            ]
            getattr(measurement, name)(lines)
    if arguments.misses:
        print("\n".join(measurement.misses))
    print(f"held out while training: {engine.model.settings.get('held_out')}")
    print(measurement.table())


if __name__ == "__main__":
    main()
