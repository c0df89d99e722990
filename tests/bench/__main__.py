"""`make bench`: this assistant beside a stock Rasa 3.6.21 trained on the same examples, measured in turns.

Exit codes: 0 measured, 1 a section could not be measured, 2 a model could not be trained.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from frontdesk.settings import ROOT
from frontdesk.staff.learning_models import Models
from tests.bench import console, form, sections
from tests.bench.models import Trained, Workshop, form_fields
from tests.bench.processes import TrainingFailed
from tests.bench.report import Row, table, write_json
from tests.bench.running import both, ours_alone

SECTIONS = ("turns", "form", "flat", "memory", "start", "training", "desk")
ALONE = ("form", "desk")
MESSAGES_BEFORE_MEMORY = 50


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Benchmark beside a stock Rasa."
    )
    parser.add_argument(
        "--only", nargs="+", choices=SECTIONS, default=list(SECTIONS), help="measure only these"
    )
    parser.add_argument(
        "--quick", action="store_true", help="train both on a sample of the data, measure less"
    )
    parser.add_argument(
        "--retrain-stock", action="store_true", help="train the stock model even if one is kept"
    )
    parser.add_argument(
        "--older-stock",
        action="store_true",
        help="a stock model kept from before the data changed will do (the output says so)",
    )
    parser.add_argument(
        "--out", type=Path, default=ROOT / "var" / "bench", help="where models and bench.json go"
    )
    given = parser.parse_args()
    # So that being asked to stop also stops what was started here.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    out = given.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    if set(given.only) <= set(ALONE):  # needs no model of its own
        return alone(out / "run" / "alone", given.only, given.quick)
    began, load = time.time(), os.getloadavg()[0]
    workshop = Workshop(out / "models", given.quick, say)
    try:
        own = workshop.own(anew="training" in given.only)
        stock = workshop.stock(anew=given.retrain_stock, older=given.older_stock)
    except TrainingFailed as failed:
        print(failed, file=sys.stderr)
        return 2
    counts = sections.QUICK if given.quick else sections.FULL
    rows, broken = measure(out / "run", given.only, counts, workshop, own, stock)
    what_was_done = circumstances(given.quick, workshop, stock, load)
    print(f"\n{what_was_done['summary']}\n")
    print(table(rows))
    for sentence in broken:
        print(f"\nNot measured: {sentence}", file=sys.stderr)
    write_json(
        rows, {**what_was_done, "seconds": time.time() - began, "not_measured": broken}, out / "bench.json"
    )
    print(f"\nWritten: {out / 'bench.json'}")
    return 1 if broken else 0


def measure(
    folder: Path, only: list[str], counts: sections.Counts, workshop: Workshop, own: Trained, stock: Trained
) -> tuple[list[Row], list[str]]:
    """The rows of the chosen sections, and a sentence for each one that broke.

    Args:
        folder: for records and logs of the run, emptied first.
    """
    shutil.rmtree(folder, ignore_errors=True)
    rows: list[Row] = []
    broken: list[str] = []

    def attempt(name: str, section: Callable[[], list[Row]]) -> None:
        say(name)
        try:
            rows.extend(section())
        except (sections.Broken, AssertionError) as error:
            broken.append(f"{name}: {error}")

    if {"turns", "form", "flat", "memory"} & set(only):
        attempt("starting both assistants", lambda: _with_both(folder, only, counts, own, stock, attempt))
    if "start" in only:
        attempt("start", lambda: sections.starts(folder / "starts", own, stock, counts.starts, say))
    if "training" in only:
        attempt("training", lambda: sections.training(workshop, own, stock))
    if "desk" in only:
        load = console.FULL if counts is sections.FULL else console.QUICK
        attempt("desk", lambda: console.measure(folder / "desk", load))
    return rows, broken


def alone(folder: Path, only: list[str], quick: bool) -> int:
    """Measure what needs no stock assistant, with the model of models/; prints the table, writes no file."""
    shutil.rmtree(folder, ignore_errors=True)
    load = os.getloadavg()[0]
    rows: list[Row] = []
    try:
        if "form" in only:
            rows += _form_alone(folder / "form", sections.QUICK if quick else sections.FULL)
        if "desk" in only:
            rows += console.measure(folder / "desk", console.QUICK if quick else console.FULL)
    except (sections.Broken, AssertionError) as error:
        print(f"Not measured: {error}", file=sys.stderr)
        return 1
    print(table(rows))
    print(f"\n{os.cpu_count()} cores, load {load:.1f} at the start, {os.getloadavg()[0]:.1f} at the end")
    return 0


def _form_alone(folder: Path, counts: sections.Counts) -> list[Row]:
    model = Models(ROOT / "models").live()
    if model is None:
        raise sections.Broken("There is no trained model in models/. Run `make train`.")
    with ours_alone(folder, model) as ours:
        doors = ours.doors()
        try:
            sections.warm_up(doors, sections.WARM_UP)
            return form.beside_answers(doors["turn"], counts.forms, say)
        finally:
            for door in doors.values():
                door.close()


def _with_both(
    folder: Path,
    only: list[str],
    counts: sections.Counts,
    own: Trained,
    stock: Trained,
    attempt: Callable[[str, Callable[[], list[Row]]], None],
) -> list[Row]:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    fields = list(form_fields(domain))
    with both(folder, own.model, stock.model) as (ours, theirs):
        at_ready = sections.memory_now(ours, theirs)
        doors = sections.ways(ours, theirs)
        try:
            sections.warm_up(doors, sections.WARM_UP)
            if "turns" in only:
                attempt("turns: plain answers", lambda: sections.answers(doors, counts.answers, say))
                attempt("turns: form steps", lambda: sections.form_steps(doors, counts.forms, fields, say))
            if "form" in only:
                attempt("form", lambda: form.beside_answers(doors["turn"], counts.forms, say))
            if "flat" in only:
                attempt("flat", lambda: sections.flat(ours, theirs, doors, counts.flat, say))
            if "memory" in only:
                sections.warm_up(doors, MESSAGES_BEFORE_MEMORY)
                attempt("memory", lambda: sections.memory(ours, theirs, at_ready, MESSAGES_BEFORE_MEMORY))
        finally:
            for door in doors.values():
                door.close()
    return []


def circumstances(quick: bool, workshop: Workshop, stock: Trained, load: float) -> dict[str, object]:
    """What a reader must know of this run."""
    trained = (
        f"Quick run: both models were trained on a sample of {workshop.examples} examples, not on all"
        if quick
        else f"Full run: both models were trained on all {workshop.examples} examples"
    )
    if not stock.fits:
        trained += f"; the stock one before the data changed ({stock.at}, {stock.examples} examples)"
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    loads = f"load {load:.1f} at the start, {os.getloadavg()[0]:.1f} at the end"
    summary = (
        f"{trained}.\n{machine}; {loads}. Both assistants were measured in turns; on a busy machine trust "
        "the ratios.\nA ratio is that of the medians; in brackets the middle 95 % of resampled ones.\n"
        "Stock Rasa: rasa init's pipeline and policies, responses in the domain, conversations in memory, "
        "its REST channel, no action server.\n"
        "This assistant: its actions, its record and its tracker store on SQLite."
    )
    return {
        "summary": summary,
        "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "mode": workshop.mode,
        "examples": workshop.examples,
        "stock_model": {"fits_the_data": stock.fits, "trained_at": stock.at},
        "machine": machine,
        "load": [load, os.getloadavg()[0]],
    }


def say(line: str) -> None:
    print(f"· {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
