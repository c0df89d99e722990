"""Benchmark: the two trained models, ours and a stock one, each made from the same examples and kept.

Everything lies under var/bench. A model is kept by the fingerprint of all it was made from; training the
stock one takes long.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from frontdesk.knowledge.topics import topics
from frontdesk.knowledge.wording import one_line, wording
from frontdesk.settings import ROOT
from tests.bench import processes, stock
from tests.stack import RASA_PYTHON

OURS, STOCK = "ours", "stock"
# What our model depends on besides config, domain and data (deploy/setup.py keeps the same list).
CODE = ("extensions/nlu", "knowledge/vocabulary", "extensions/uv.lock")
EXAMPLES_OF_A_QUICK_RUN = 8
TRAINING_LIMIT = 10_800.0


@dataclass(frozen=True)
class Trained:
    """A model, and what its training took: seconds, highest memory and model size in MB, the load before.

    `fits` is False when the data have changed since.
    """

    model: Path
    seconds: float
    memory: float
    size: float
    examples: int
    at: str
    load: float
    fits: bool = True


def training_data(quick: bool) -> dict[str, str]:
    """The NLU files: as they are, or a few examples of every label."""
    read = {
        path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "data" / "nlu").glob("*.yml"))
    }
    if not quick:
        return read
    return {name: stock.sampled(content, EXAMPLES_OF_A_QUICK_RUN) for name, content in read.items()}


def own_files(nlu: dict[str, str]) -> dict[str, str]:
    """Our project's files with these examples: path → content."""
    plain = ("config.yml", "domain.yml", "endpoints.yml", "credentials.yml", "data/rules.yml")
    made = {name: (ROOT / name).read_text(encoding="utf-8") for name in plain}
    return made | {f"data/nlu/{name}": content for name, content in nlu.items()}


def stock_files(nlu: dict[str, str]) -> dict[str, str]:
    """The stock project's files with these examples, our answers and our form's fields: path → content."""
    said: dict[str, str] = {f"faq/{topic.id}": one_line(topic.answer) for topic in topics()}
    words = wording()
    said |= {f"chitchat/{kind}": one_line(entry.texts[0]) for kind, entry in words.smalltalk.items()}
    said |= {f"decline/{subject}": one_line(entry.text) for subject, entry in words.limits.items()}
    said |= {f"safety/{kind}": one_line(entry.text) for kind, entry in words.safety.items()}
    said[stock.NOT_UNDERSTOOD] = one_line(words.fallback.first)
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    return stock.files(nlu, said, form_fields(domain), domain.get("entities") or [])


def form_fields(domain: dict[str, Any]) -> dict[str, str]:
    """The form's fields in order, with the question for each."""
    asked = yaml.safe_load((ROOT / "knowledge" / "application.yml").read_text(encoding="utf-8"))["fields"]
    fields = domain["forms"]["application_form"]["required_slots"]
    plain = "Please tell me your {}."
    return {
        field: (asked.get(field) or {}).get("ask") or plain.format(field.replace("_", " "))
        for field in fields
    }


def fingerprint(files: dict[str, str], folders: tuple[str, ...] = ()) -> str:
    """A hash of these contents, and of files and folders of the repository."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{content}\0".encode())
    for folder in folders:
        path = ROOT / folder
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return digest.hexdigest()[:16]


class Workshop:
    """Makes and keeps both models under `folder`, trained on all examples or (quick) a sample of them."""

    def __init__(self, folder: Path, quick: bool, tell: Callable[[str], None]):
        self._folder = folder
        self.mode = "quick" if quick else "full"
        self._tell = tell
        self._nlu = training_data(quick)
        self.examples = stock.count_examples(self._nlu)

    def own(self, anew: bool = False) -> Trained:
        """Our model; trained `anew` even when one is kept."""
        launcher = [RASA_PYTHON, "-m", "extensions.launcher"]
        files = own_files(self._nlu)
        return self._made(OURS, files, fingerprint(files, CODE), launcher, anew=anew)

    def stock(self, anew: bool = False, older: bool = False) -> Trained:
        """The stock model; with `older`, the newest kept one will do although the data have changed since."""
        rasa = [RASA_PYTHON, "-m", "rasa"]
        files = stock_files(self._nlu)
        return self._made(STOCK, files, fingerprint(files), rasa, anew=anew, older=older)

    def _made(
        self, kind: str, files: dict[str, str], made_of: str, rasa: list[str], anew: bool, older: bool = False
    ) -> Trained:
        name = f"{kind}-{self.mode}-"
        folder = self._folder / f"{name}{made_of}"
        if not anew:
            kept = _kept(folder)
            if kept:
                return kept
            if older:
                found = [one for path in self._folder.glob(f"{name}*") if (one := _kept(path))]
                if found:
                    newest = max(found, key=lambda one: one.at)
                    return Trained(**{**asdict(newest), "fits": False})
        trained = self._trained(kind, folder, files, rasa)
        for other in self._folder.glob(f"{name}*"):
            if other != folder:
                shutil.rmtree(other, ignore_errors=True)
        return trained

    def _trained(self, kind: str, folder: Path, files: dict[str, str], rasa: list[str]) -> Trained:
        shutil.rmtree(folder, ignore_errors=True)
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content, encoding="utf-8")
        self._tell(f"training {kind} on {self.examples} examples (log: {folder / 'training.log'})")
        load = os.getloadavg()[0]
        env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "RASA_TELEMETRY_ENABLED": "false",
            # What an earlier training left must not make this one faster.
            "RASA_MAX_CACHE_SIZE": "0",
            "RASA_CACHE_DIRECTORY": str(folder / "cache"),
        }
        command = [*rasa, "train", "--force", "--fixed-model-name", "model", "--out", str(folder)]
        seconds, memory = processes.train(
            command,
            folder,
            env,
            folder / "training.log",
            TRAINING_LIMIT,
            lambda line: self._tell(f"  {line}"),
        )
        model = folder / "model.tar.gz"
        if not model.exists():
            raise processes.TrainingFailed(
                f"Training of {kind} left no model; see {folder / 'training.log'}."
            )
        trained = Trained(
            model=model,
            seconds=seconds,
            memory=memory,
            size=model.stat().st_size / processes.MEGABYTE,
            examples=self.examples,
            at=time.strftime("%Y-%m-%d %H:%M"),
            load=load,
        )
        (folder / "trained.json").write_text(json.dumps({**asdict(trained), "model": model.name}))
        self._tell(f"  trained in {seconds:.0f} s")
        return trained


def _kept(folder: Path) -> Trained | None:
    try:
        told = json.loads((folder / "trained.json").read_text())
        kept = Trained(**{**told, "model": folder / told["model"]})
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return kept if kept.model.exists() else None
