"""The training examples: enough of each, none twice, none near another label's, none of the sets."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
EVALUATION = ROOT.parent / "shared" / "eval"
CORE, EXTENDED, COMMAND = 25, 15, 25
NEAR = 0.97


def normal(text: str) -> str:
    return " ".join(re.sub(r"[^\w]+", " ", text.casefold()).split())


def examples() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            lines = str(entry["examples"]).splitlines()
            found[entry["intent"]] += [line.strip()[2:].strip() for line in lines if line.strip()]
    return found


def tiers() -> dict[str, str]:
    found = {}
    for path in sorted((ROOT / "knowledge" / "topics").glob("*.yml")):
        for topic in yaml.safe_load(path.read_text(encoding="utf-8"))["topics"]:
            found[topic["id"]] = topic["tier"]
    return found


EXAMPLES = examples()
TIERS = tiers()


def test_every_topic_has_examples_and_every_label_a_topic():
    labelled = {label.partition("/")[2] for label in EXAMPLES if label.startswith("faq/")}
    assert labelled == set(TIERS)


@pytest.mark.parametrize("label", sorted(EXAMPLES))
def test_no_label_is_thin(label: str):
    name = label.partition("/")[2]
    needed = EXTENDED if TIERS.get(name) == "extended" else CORE
    assert len({normal(text) for text in EXAMPLES[label]}) >= needed


def test_no_example_stands_under_two_labels():
    labels: dict[str, set[str]] = defaultdict(set)
    for label, texts in EXAMPLES.items():
        for text in texts:
            labels[normal(text)].add(label)
    assert {text: sorted(where) for text, where in labels.items() if text and len(where) > 1} == {}


def validation_lines() -> set[str]:
    """What must never be trained on: every text of the sets but the bare words of commands."""
    found: set[str] = set()
    for path in sorted(EVALUATION.glob("*.jsonl")):
        if path.stem in ("commands", "applicants"):
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            row: dict[str, Any] = json.loads(line)
            found |= {normal(text) for text in [row.get("text", ""), *row.get("turns", [])]}
    return {text for text in found if len(text.split()) > 3}


@pytest.mark.skipif(not EVALUATION.exists(), reason="the validation sets are not beside this checkout")
def test_no_line_of_the_validation_sets_is_an_example():
    held_out = validation_lines()
    assert [text for texts in EXAMPLES.values() for text in texts if normal(text) in held_out] == []


def test_no_example_is_nearly_the_same_as_one_of_another_label():
    from extensions.nlu.encoder import CONTEXT_DIMENSIONS, sentence_encoder

    # The encoder knows Latin words; other scripts are all alike to it.
    pairs = [(label, text) for label, texts in EXAMPLES.items() for text in texts if text.isascii()]
    labels, texts = zip(*pairs, strict=True)
    vectors = sentence_encoder().encode_all(list(texts))[:, :CONTEXT_DIMENSIONS]
    numbers = np.unique(labels, return_inverse=True)[1]
    near = []
    for start in range(0, len(texts), 1000):
        likeness = vectors[start : start + 1000] @ vectors.T
        rows, columns = np.nonzero(likeness > NEAR)
        for row, column in zip(rows + start, columns, strict=True):
            if row < column and numbers[row] != numbers[column]:
                near.append((labels[row], texts[row], labels[column], texts[column]))
    assert near == []
