"""Room: extensions/nlu. `make nlu-bench FOLDER=…`: this pipeline beside stock Rasa's on any intent set.

Change here: what is measured. Each pipeline trains in a process of its own and answers in another, message by
message in turns, so that a busy machine weighs on both alike. This process imports nothing of Rasa; its
children (bench_child) do. Sets, typos and scores are in bench_sets.

Exit codes: 0 measured, 2 the sets cannot be used, 3 a pipeline could not be trained or did not answer.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from extensions.launcher import SERVING
from extensions.nlu import bench_sets
from extensions.nlu.bench_sets import Example, SetError, Sets

ROOT = Path(__file__).resolve().parent.parent.parent
OURS, STOCK = "ours", "stock"
PIPELINES = (OURS, STOCK)
CLASSIFIER = "extensions.nlu.sentence_classifier.SentenceClassifier"
# What `rasa init` trains: rasa/engine/recipes/config_files/default_config.yml of 3.6.21.
STOCK_PIPELINE: list[dict[str, Any]] = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": 100, "constrain_similarities": True},
    {"name": "EntitySynonymMapper"},
    {"name": "ResponseSelector", "epochs": 100, "constrain_similarities": True},
    {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
]
NOT_UNDERSTOOD = "nlu_fallback"
TYPO_SEED = 7
WARM_UP = 20
PROGRESS_SECONDS = 15.0
TRAINING_SECONDS = 5400.0
LOADING_SECONDS = 300.0
ANSWER_SECONDS = 60.0
MEGABYTE = 1_000_000
_COMPONENT = re.compile(r"Starting to train component '(\w+)'")
_EPOCHS = re.compile(r"Epochs:\s+\d+%\|[^|]*\|\s*(\d+)/(\d+)")


class Failed(RuntimeError):
    """A pipeline could not be measured; the message says where its log is."""


@dataclass
class Answers:
    """What one pipeline made of one list of messages, in order."""

    labels: list[str] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    refused: list[bool] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    processor_milliseconds: list[float] = field(default_factory=list)


# --- the process that people start ---


def main(arguments: list[str] | None = None) -> int:
    """Read the sets, train, let the pipelines answer in turns, print the table, write the JSON."""
    parser = argparse.ArgumentParser(prog="python -m extensions.nlu.bench", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help=f"holds {', '.join(bench_sets.FILES)}")
    parser.add_argument(
        "--only", choices=PIPELINES, nargs="+", default=list(PIPELINES), help="only these pipelines"
    )
    parser.add_argument("--each", type=int, help="train on so many examples of each intent at most")
    parser.add_argument("--limit", type=int, help="at most so many test and out-of-scope messages each")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "bench", help="where the JSON goes")
    given = parser.parse_args(arguments)
    if given.folder is None:
        print("Name the folder of the sets: make nlu-bench FOLDER=path", file=sys.stderr)
        return 2
    if (given.each or 2) < 2 or (given.limit or 1) < 1:
        parser.error("--each needs 2 at least, --limit 1")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sets = bench_sets.read_sets(given.folder)
    except SetError as error:
        print(error, file=sys.stderr)
        return 2
    sets = Sets(
        bench_sets.few(sets.train, given.each),
        bench_sets.some(sets.test, given.limit),
        bench_sets.some(sets.oos, given.limit),
    )
    load = os.getloadavg()[0]
    try:
        with tempfile.TemporaryDirectory(prefix="nlu-bench-") as made:
            measured = run(sets, list(dict.fromkeys(given.only)), Path(made))
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 3
    name = given.folder.resolve().name
    intents = len({example.intent for example in sets.train})
    head = (
        f"{name}: {intents} intents, {len(sets.train)} training, {len(sets.test)} test "
        f"and {len(sets.oos)} out-of-scope messages. Nothing is tuned to the set in this run.\n"
        f"{os.cpu_count()} cores, {platform.machine()}; load {load:.1f} at the start, "
        f"{os.getloadavg()[0]:.1f} at the end."
    )
    print(f"\n{head}\n\n{table(measured)}")
    given.out.mkdir(parents=True, exist_ok=True)
    path = given.out / f"nlu-{name}.json"
    written = {"summary": head, "pipelines": {name: _stated(one) for name, one in measured.items()}}
    path.write_text(json.dumps(written, indent=1, allow_nan=False), encoding="utf-8")
    print(f"\nWritten: {path}")
    return 0


def run(sets: Sets, names: list[str], work: Path) -> dict[str, dict[str, Any]]:
    """Train and question the named pipelines.

    Returns:
        by pipeline its figures: shares 0–1, milliseconds, seconds, megabytes.

    Raises:
        Failed: one could not be trained or did not answer.
    """
    data = work / "nlu.json"
    examples = [asdict(example) for example in sets.train]
    content = {"rasa_nlu_data": {"common_examples": examples}}
    data.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    trained = {name: train(name, data, work) for name in names}
    clean = [example.text for example in sets.test]
    typed = [bench_sets.with_typo(text, TYPO_SEED) for text in clean]
    outside = [example.text for example in sets.oos]
    pipelines: dict[str, Pipeline] = {}
    try:
        for name in names:
            pipelines[name] = Pipeline(name, work)
        answers = {
            kind: ask(pipelines, texts, kind)
            for kind, texts in (("test", clean), ("out of scope", outside), ("typos", typed))
        }
        memory = {name: pipeline.memory() for name, pipeline in pipelines.items()}
    finally:
        for pipeline in pipelines.values():
            pipeline.close()
    return {
        name: {
            **trained[name],
            **memory[name],
            **figures(sets.test, *(answers[kind][name] for kind in ("test", "out of scope", "typos"))),
        }
        for name in names
    }


def figures(expected: list[Example], test: Answers, outside: Answers, typed: Answers) -> dict[str, Any]:
    """Return the scores of one pipeline."""
    wanted = [example.intent for example in expected]
    right = bench_sets.accuracy(wanted, test.labels)
    misspelled = bench_sets.accuracy(wanted, typed.labels)
    # The first messages fill caches of the interpreter and the libraries.
    begin = WARM_UP if len(test.milliseconds) > 4 * WARM_UP else 0
    times = test.milliseconds[begin:]
    return {
        "accuracy": right,
        "accuracy_interval": bench_sets.interval(right, len(wanted)),
        "macro_f1": bench_sets.macro_f1(wanted, test.labels),
        "auroc": bench_sets.auroc(test.scores, outside.scores),
        "rejected_at_95_kept": bench_sets.rejected(test.scores, outside.scores),
        "refused_in_scope": _share(test.refused),
        "refused_out_of_scope": _share(outside.refused),
        "accuracy_typos": misspelled,
        "lost_to_typos": right - misspelled,
        "milliseconds_median": bench_sets.percentile(times, 50),
        "milliseconds_p95": bench_sets.percentile(times, 95),
        "processor_milliseconds_median": bench_sets.percentile(test.processor_milliseconds[begin:], 50),
    }


def _stated(figures: dict[str, Any]) -> dict[str, Any]:
    """Return figures with None for those that a set cannot give: JSON has no word for them."""
    return {
        key: None if isinstance(value, float) and math.isnan(value) else value
        for key, value in figures.items()
    }


def _share(flags: list[bool]) -> float:
    return sum(flags) / len(flags) if flags else math.nan


def train(name: str, data: Path, work: Path) -> dict[str, Any]:
    """Train one pipeline in a process of its own, telling how far it is.

    Returns:
        `training_seconds` (Rasa's training alone), `training_memory` and `model_size` (MB), `components`.
    """
    log = work / f"{name}-training.log"
    _say(f"{name}: training")
    began = told = time.monotonic()
    with log.open("wb") as out:
        child = subprocess.Popen(
            _child("train", name, work), cwd=ROOT, env=_environment(work), stdout=out, stderr=out
        )
        try:
            while child.poll() is None:
                now = time.monotonic()
                if now - began > TRAINING_SECONDS:
                    raise Failed(f"Training {name} took longer than {TRAINING_SECONDS / 60:.0f} minutes.")
                if now - told > PROGRESS_SECONDS:
                    told = now
                    _say(f"{name}: {now - began:.0f} s, {progress(log.read_text(errors='replace'))}")
                time.sleep(0.2)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
    note = work / f"{name}-trained.json"
    if child.returncode or not note.exists():
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        raise Failed(f"Training {name} failed: {' '.join(lines[-3:])[:600] or 'it said nothing.'}")
    trained: dict[str, Any] = json.loads(note.read_text())
    _say(f"{name}: trained in {trained['training_seconds']:.1f} s")
    return trained


def progress(log: str) -> str:
    """Return how far a Rasa training is, from its log."""
    components = list(_COMPONENT.finditer(log))
    if not components:
        return "reading the data"
    epochs = _EPOCHS.findall(log[components[-1].end() :])
    return components[-1].group(1) + (f", epoch {epochs[-1][0]} of {epochs[-1][1]}" if epochs else "")


class Pipeline:
    """A trained pipeline that answers in a process of its own, over lines of JSON."""

    def __init__(self, name: str, work: Path) -> None:
        """Start the process and wait until its model is loaded.

        Raises:
            Failed: it does not load.
        """
        self.name = name
        self._log = work / f"{name}-answering.log"
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(
                _child("serve", name, work),
                cwd=ROOT,
                env={**_environment(work), **SERVING},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
            )
        self._start = self._read(LOADING_SECONDS)

    def ask(self, text: str) -> dict[str, Any]:
        """Return `label`, `score`, `refused`, `milliseconds` of one message."""
        return self._exchange({"text": text})

    def memory(self) -> dict[str, float]:
        """Return resident memory in MB: `memory`, and `memory_delta` above a bare interpreter."""
        now = float(self._exchange({"memory": True})["memory"])
        return {"memory": now, "memory_delta": now - float(self._start["memory_before"])}

    def close(self) -> None:
        """End the process."""
        if self._child.stdin:
            self._child.stdin.close()
        try:
            self._child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _exchange(self, said: dict[str, Any]) -> dict[str, Any]:
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(json.dumps(said) + "\n")
            self._child.stdin.flush()
        except OSError:
            raise Failed(self._why()) from None
        return self._read(ANSWER_SECONDS)

    def _read(self, seconds: float) -> dict[str, Any]:
        assert self._child.stdout is not None
        # One line comes for each that was sent, so nothing can wait in Python's own buffer.
        arrived, _, _ = select.select([self._child.stdout], [], [], seconds)
        line = self._child.stdout.readline() if arrived else ""
        if not line:
            raise Failed(self._why())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _why(self) -> str:
        lines = [line for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
        return f"{self.name} stopped answering: {' '.join(lines[-3:])[:600] or 'it said nothing.'}"


def ask(pipelines: dict[str, Pipeline], texts: list[str], kind: str) -> dict[str, Answers]:
    """Put each message to each pipeline in turns (A B, B A, …)."""
    answers = {name: Answers() for name in pipelines}
    told = time.monotonic()
    for place, text in enumerate(texts):
        if time.monotonic() - told > PROGRESS_SECONDS:
            told = time.monotonic()
            _say(f"{kind}: {place} of {len(texts)}")
        order = list(pipelines.items())
        for name, pipeline in order if place % 2 == 0 else reversed(order):
            answer = pipeline.ask(text)
            got = answers[name]
            got.labels.append(str(answer["label"]))
            got.scores.append(float(answer["score"]))
            got.refused.append(bool(answer["refused"]))
            got.milliseconds.append(float(answer["milliseconds"]))
            got.processor_milliseconds.append(float(answer["processor_milliseconds"]))
    return answers


def table(measured: dict[str, dict[str, Any]]) -> str:
    """Return the figures as lines, a column a pipeline, and the ratio or difference of both."""
    names = list(measured)
    lines = [_columns("", ["this pipeline" if name == OURS else "stock Rasa" for name in names], "")]
    for title, key, unit in (
        ("Accuracy", "accuracy", "%"),
        ("  95 % interval", "accuracy_interval", "interval"),
        ("Macro-F1", "macro_f1", "%"),
        ("Error", "error", "%"),
        ("Out-of-scope AUROC", "auroc", "auroc"),
        ("Out of scope rejected where 95 % are kept", "rejected_at_95_kept", "%"),
        ("Refused at its own threshold: in scope", "refused_in_scope", "%"),
        ("Refused at its own threshold: out of scope", "refused_out_of_scope", "%"),
        ("Accuracy after one typo a message", "accuracy_typos", "%"),
        ("  lost to the typo", "lost_to_typos", "points"),
        ("Milliseconds a message, median", "milliseconds_median", "ms"),
        ("Milliseconds a message, p95", "milliseconds_p95", "ms"),
        ("  processor time, median", "processor_milliseconds_median", "ms"),
        ("Training", "training_seconds", "s"),
        ("  highest memory", "training_memory", "MB"),
        ("Model file", "model_size", "MB"),
        ("Resident memory, answering", "memory", "MB"),
        ("  above a bare interpreter", "memory_delta", "MB"),
    ):
        values = [1 - one["accuracy"] if key == "error" else one[key] for one in measured.values()]
        lines.append(_columns(title, [_cell(value, unit) for value in values], _ratio(key, values)))
    lines += [""] + [f"{name}: {', '.join(one['components'])}" for name, one in measured.items()]
    return "\n".join(lines)


RATIOS = frozenset(
    {"error", "milliseconds_median", "milliseconds_p95", "processor_milliseconds_median"}
    | {"training_seconds", "training_memory", "model_size", "memory", "memory_delta"}
)


def _ratio(key: str, values: list[Any]) -> str:
    if key not in RATIOS or len(values) != 2 or not values[1]:
        return ""
    return f"ratio {values[0] / values[1]:.3f}"


def _cell(value: Any, unit: str) -> str:
    if unit == "interval":
        low, high = value
        return f"{100 * low:.1f}–{100 * high:.1f} %"
    if math.isnan(value):
        return "–"
    if unit in ("%", "points"):
        return f"{100 * value:.1f} {unit}"
    if unit == "auroc":
        return f"{value:.3f}"
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.1f} {unit}"


def _columns(title: str, cells: list[str], last: str) -> str:
    return f"{title:<46}" + "".join(f"{cell:>18}" for cell in cells) + f"   {last}".rstrip()


def _say(line: str) -> None:
    print(f"· {line}", file=sys.stderr, flush=True)


def _child(role: str, name: str, work: Path) -> list[str]:
    return [sys.executable, "-m", "extensions.nlu.bench_child", role, name, str(work)]


def _environment(work: Path) -> dict[str, str]:
    return {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        # What an earlier training left must not make this one faster.
        "RASA_MAX_CACHE_SIZE": "0",
        "RASA_CACHE_DIRECTORY": str(work / "cache"),
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }


if __name__ == "__main__":
    raise SystemExit(main())
