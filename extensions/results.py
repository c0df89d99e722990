"""Room: extensions. What a trained model makes of question sets, line by line, as JSON, to compare two.

`python -m extensions.results MODEL --sets FOLDER --reviewed FILE --out FILE`. Understanding only; what is
right is said by `measure`. Nothing is learned here and nothing is fetched.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from extensions.nlu.engine import Engine
from extensions.nlu.measure import ANSWERING, COMMANDS, IN_FORM, REFUSALS, REPLYING, topics_of

QUESTIONS = "questions"


def lines_of(folder: Path, name: str) -> list[dict[str, Any]]:
    """Read the lines of a set; none when the folder does not hold it."""
    path = folder / f"{name}.jsonl"
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


class Results:
    """Asks a model every line and keeps what it made of it."""

    def __init__(self, engine: Engine) -> None:
        """Take a trained engine."""
        self.engine = engine
        self.lines: list[dict[str, Any]] = []

    def _ask(self, text: str, context: dict[str, Any] | None = None) -> dict[str, Any]:
        found: dict[str, Any] = self.engine.understand(text, context)["understanding"]
        return found

    def _keep(self, name: str, text: str, expected: str, found: dict[str, Any], right: bool) -> None:
        label, decision = found["parts"][0]["label"], found["decision"]
        got = (
            " + ".join(part["label"] for part in found["parts"])
            if decision in ANSWERING
            else f"{decision}: {label}"
        )
        self.lines.append({"set": name, "text": text, "expected": expected, "got": got, "right": bool(right)})

    def questions(self, line: dict[str, Any]) -> None:
        """Right when the topic, or one that is right too, is answered."""
        found = self._ask(line["text"])
        right = found["decision"] in REPLYING and bool(
            _answered(found) & {line["topic"], *line.get("also", [])}
        )
        self._keep(QUESTIONS, line["text"], line["topic"], found, right)

    def out_of_scope(self, line: dict[str, Any]) -> None:
        """Right when it is declined, or met in the way of its kind."""
        found = self._ask(line["text"])
        check = REFUSALS.get(line["kind"])
        label = found["parts"][0]["label"]
        right = check(label, found) if check else found["decision"] in ("decline", "fallback")
        self._keep("out of scope", line["text"], line["kind"], found, right)

    def followups(self, line: dict[str, Any]) -> None:
        """Each turn by itself, after what was understood before."""
        context: dict[str, Any] = {"topic": None, "subject": None, "form": None}
        also = line.get("also") or [[] for _ in line["turns"]]
        for text, topic, others in zip(line["turns"], line["topics"], also):
            found = self._ask(text, context)
            right = found["decision"] in REPLYING and bool(_answered(found) & {topic, *others})
            self._keep("follow-ups", text, topic, found, right)
            label = found["parts"][-1]["label"]
            if found["decision"] in ANSWERING and label.startswith("faq/"):
                context["topic"] = label[4:]

    def compound(self, line: dict[str, Any]) -> None:
        """Right when all topics are answered."""
        found = self._ask(line["text"])
        right = set(line["topics"]) <= _answered(found)
        self._keep("compound", line["text"], " + ".join(line["topics"]), found, right)

    def commands(self, line: dict[str, Any]) -> None:
        """Right when the command is understood, inside the form where it belongs there."""
        form = "graduation_year" if line["kind"] in IN_FORM else None
        found = self._ask(line["text"], {"topic": None, "subject": None, "form": form})
        right = found["decision"] == "act" and found["parts"][0]["label"] in COMMANDS[line["kind"]]
        self._keep("commands", line["text"], line["kind"], found, right)

    def reviewed(self, line: dict[str, Any]) -> None:
        """Right when the label that people gave is understood; a limit is met by any refusal."""
        found = self._ask(line["text"])
        labels = {part["label"] for part in found["parts"]}
        refused = line["label"].startswith("decline/") and found["decision"] == "decline"
        acted = found["decision"] in REPLYING and line["label"] in labels
        self._keep("reviewed messages", line["text"], line["label"], found, acted or refused)

    def told(self) -> dict[str, Any]:
        """Return everything: lines, and the held-out figures that training itself left behind."""
        return {"lines": self.lines, "held_out": self.engine.model.settings.get("held_out") or {}}


def _answered(found: dict[str, Any]) -> set[str]:
    answered: set[str] = set()
    for part in found["parts"]:
        answered |= topics_of(part["label"])
    return answered


def _steps(folder: Path | None, reviewed: Path | None) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in ("questions", "out_of_scope", "followups", "compound", "commands"):
        for line in lines_of(folder, name) if folder else []:
            yield name, line
    for line in json.loads(reviewed.read_text(encoding="utf-8")) if reviewed else []:
        yield "reviewed", line


def main() -> None:
    """Write the results of one model."""
    parser = argparse.ArgumentParser(description="What a model makes of question sets, as JSON.")
    parser.add_argument("model", type=Path, help="a model archive, or a folder of a saved engine")
    parser.add_argument("--sets", type=Path, help="folder with questions.jsonl, out_of_scope.jsonl, …")
    parser.add_argument("--reviewed", type=Path, help='JSON list of {"text", "label"} that people labelled')
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    results = Results(Engine.read(arguments.model))
    for name, line in _steps(arguments.sets, arguments.reviewed):
        getattr(results, name)(line)
    fresh = arguments.out.with_suffix(".tmp")
    fresh.write_text(json.dumps(results.told(), ensure_ascii=False), encoding="utf-8")
    fresh.replace(arguments.out)


if __name__ == "__main__":
    main()
