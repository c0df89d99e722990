"""Room: extensions/nlu. One pipeline in a process of its own, for bench: `train` or `serve` it.

Change here: how a pipeline is trained, loaded and read. Our pipeline runs as it is served, without
TensorFlow; the stock one needs it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import resource
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from extensions.nlu.bench import CLASSIFIER, MEGABYTE, NOT_UNDERSTOOD, OURS, ROOT, STOCK_PIPELINE
from extensions.nlu.bench_sets import OUT_OF_SCOPE_INTENTS


def main(role: str, name: str, work: Path) -> None:
    """Train or serve the named pipeline in the folder `work`."""
    if role == "train":
        train(name, work)
        return
    # What Rasa prints must not come between the lines of answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    asyncio.run(serve(name, work, answers))


def pipeline(name: str) -> list[dict[str, Any]]:
    """Return the components: ours as configured for the assistant, up to the classifier; or `rasa init`'s.

    What comes behind the classifier (safety) judges messages to this assistant and knows no other intents.
    """
    import yaml

    if name != OURS:
        return STOCK_PIPELINE
    configured: list[dict[str, Any]] = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))[
        "pipeline"
    ]
    names = [component["name"] for component in configured]
    return configured[: names.index(CLASSIFIER) + 1]


def prepare(name: str, level: int) -> None:
    """Keep TensorFlow out where it is not needed, and logs at `level`."""
    logging.basicConfig(level=level)
    if name == OURS:
        from extensions.launcher import TensorFlowStandIn

        sys.meta_path.insert(0, TensorFlowStandIn())
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(level)
    logging.getLogger("rasa").setLevel(level)


def train(name: str, work: Path) -> None:
    """Train on work/nlu.json; leaves <name>.tar.gz and <name>-trained.json."""
    import yaml

    prepare(name, logging.INFO)
    from rasa.model_training import train_nlu

    components = pipeline(name)
    config = work / f"{name}.yml"
    content = {"recipe": "default.v1", "assistant_id": name, "language": "en", "pipeline": components}
    config.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    began = time.perf_counter()
    made = train_nlu(str(config), str(work / "nlu.json"), str(work), fixed_model_name=name)
    seconds = time.perf_counter() - began
    if made is None:
        sys.exit("Rasa left no model.")
    note = {
        "training_seconds": seconds,
        "training_memory": _highest_megabytes(),
        "model_size": Path(made).stat().st_size / MEGABYTE,
        "components": [component["name"].rpartition(".")[2] for component in components],
    }
    (work / f"{name}-trained.json").write_text(json.dumps(note))


async def serve(name: str, work: Path, answers: TextIO) -> None:
    """Load the model and answer each line {"text"} on standard input; {"memory"} asks for the memory now."""

    def answer(content: dict[str, Any]) -> None:
        answers.write(json.dumps(content) + "\n")
        answers.flush()

    before = _resident_megabytes()
    prepare(name, logging.WARNING)
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import UserMessage

    agent = Agent.load(str(work / f"{name}.tar.gz"))
    processor = agent.processor
    if processor is None:
        sys.exit("Rasa did not load the model.")
    answer({"memory_before": before})
    for line in sys.stdin:
        asked = json.loads(line)
        if "memory" in asked:
            answer({"memory": _resident_megabytes()})
            continue
        message = UserMessage(asked["text"])
        used = time.process_time()
        began = time.perf_counter()
        parsed = await processor.parse_message(message)
        took = (time.perf_counter() - began) * 1000
        used = (time.process_time() - used) * 1000
        answer({**reading(parsed), "milliseconds": took, "processor_milliseconds": used})


def reading(parsed: dict[str, Any]) -> dict[str, Any]:
    """Return the best intent, how surely it is in scope, and whether the pipeline would refuse the message.

    The score is this pipeline's own judgement of that, and of a pipeline that has none how sure it is of the
    best intent; either leaves out intents that stand for what is out of scope.
    """
    understanding = parsed.get("understanding")
    if understanding is not None:
        parts = understanding["parts"]
        ranking = parts[0]["ranking"] if parts else []
        refused = understanding["decision"] == "fallback"
    else:
        entries = parsed.get("intent_ranking") or []
        ranking = [(one["name"], one["confidence"]) for one in entries if one["name"] != NOT_UNDERSTOOD]
        refused = (parsed.get("intent") or {}).get("name") == NOT_UNDERSTOOD
    inside = [share for intent, share in ranking if intent not in OUT_OF_SCOPE_INTENTS]
    score = max(inside, default=0.0)
    if understanding is not None and ranking and ranking[0][0] not in OUT_OF_SCOPE_INTENTS:
        score = understanding["in_scope"]
    return {"label": ranking[0][0] if ranking else "", "score": score, "refused": refused}


def _resident_megabytes() -> float:
    try:
        found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    except OSError:
        found = None
    return int(found.group(1)) * 1024 / MEGABYTE if found else _highest_megabytes()


def _highest_megabytes() -> float:
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest * (1 if sys.platform == "darwin" else 1024) / MEGABYTE


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
