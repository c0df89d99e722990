"""Room: extensions/nlu. The whole engine without Rasa: train, store, read, understand. For measuring and
checks.

Change here: nothing of the behaviour; the graph components and this class call the same code. Must not import
Rasa.
"""

from __future__ import annotations

import json
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extensions.nlu import calibration, encoder, fitting, intent_model
from extensions.nlu.harm import settle
from extensions.nlu.interpreter import Interpreter
from extensions.nlu.text_normalizer import TextNormalizer
from extensions.nlu.vocabulary import load, read_yaml
from extensions.nlu.weights import repository_root

NORMALIZER_STATE = "normalizer.json"


@dataclass
class Engine:
    """Normaliser, model and safety of one trained assistant."""

    normalizer: TextNormalizer
    model: intent_model.IntentModel

    def __post_init__(self) -> None:
        """Build the interpreter on this process's encoder."""
        self.interpreter = Interpreter(self.model, encoder.sentence_encoder())

    @classmethod
    def train(cls, texts: list[str], labels: list[str], *, seed: int = 7) -> "Engine":
        """Train on typed texts with full labels ("faq/rotation_cost"), exactly as `rasa train` does."""
        normalizer = TextNormalizer.learn(texts, load())
        prepared = [normalizer.prepare(text).normalized.replace("\n", " ") for text in texts]
        kept = [(text, label) for text, label in zip(prepared, labels) if text]
        texts, labels = [text for text, _ in kept], [label for _, label in kept]
        sentences = encoder.sentence_encoder()
        trained = fitting.train(texts, labels, sentences, seed=seed)
        trained.model.settings = calibration.learn(trained, texts)
        return cls(normalizer, trained.model)

    def save(self, folder: Path) -> None:
        """Write model and normaliser into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.model.save(folder)
        state = json.dumps(self.normalizer.state(), ensure_ascii=False)
        (folder / NORMALIZER_STATE).write_text(state, encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Engine":
        """Read a folder written by `save`, or the components inside a model archive of Rasa
        (`models/*.tar.gz`).

        Raises:
            ModelError: neither of them holds a usable model.
        """
        if path.is_file():
            with tempfile.TemporaryDirectory() as unpacked:
                with tarfile.open(path) as archive:
                    wanted = [
                        member for member in archive if Path(member.name).name in _FILES and member.isfile()
                    ]
                    for member in wanted:
                        source = archive.extractfile(member)
                        if source is not None:
                            (Path(unpacked) / Path(member.name).name).write_bytes(source.read())
                return cls.read(Path(unpacked))
        try:
            state = json.loads((path / NORMALIZER_STATE).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise intent_model.ModelError(
                f"{path} holds no trained normaliser; train with `rasa train`."
            ) from error
        return cls(TextNormalizer.restore(state, load()), intent_model.IntentModel.read(path))

    def understand(self, text: str, context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return {"intent", "intent_ranking", "understanding"} of a message, as Rasa's tracker shows them."""
        field = (context or {}).get("form")
        prepared = self.normalizer.prepare(text, field)
        understood = self.interpreter.understand(prepared, {"context": context or {}})
        versions = [prepared.cleaned, prepared.normalized]
        settle(understood, versions, understood["safety"], language=prepared.language)
        return understood


_FILES = {NORMALIZER_STATE, intent_model._ARRAYS, intent_model._TEXTS}


def training_examples(folder: Path | None = None) -> tuple[list[str], list[str]]:
    """Read Rasa's training data: (texts, full labels) of every `*.yml` under `data/nlu`."""
    texts: list[str] = []
    labels: list[str] = []
    for path in sorted((folder or repository_root() / "data" / "nlu").rglob("*.yml")):
        for entry in (read_yaml(path.read_bytes()) or {}).get("nlu", []):
            if "intent" not in entry:
                continue
            for line in str(entry.get("examples") or "").splitlines():
                if line.strip().startswith("- "):
                    texts.append(line.strip()[2:].strip())
                    labels.append(str(entry["intent"]))
    return texts, labels
