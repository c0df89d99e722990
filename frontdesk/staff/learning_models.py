"""The trained models on disk: which is live, which wait for a person's decision, and the way back.

`models/*.tar.gz` are models that may run; `models/candidates/` holds what a training run of the console made
until somebody puts it live; `models/live.json` names the one that runs, for Rasa's launcher too.
"""

from __future__ import annotations

import fcntl
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PIN: Final = "live.json"
CANDIDATES: Final = "candidates"
SUFFIX: Final = ".tar.gz"
KEPT_CANDIDATES: Final = 5


class NoSuchModel(LookupError):
    """The model is not on this machine (any more)."""


@dataclass(frozen=True)
class Pin:
    """Which model was put live, and which one before it."""

    model: str
    previous: str | None


class Models:
    """The models of one installation.

    Args:
        folder: `models/`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def candidates(self) -> Path:
        return self._folder / CANDIDATES

    def pin(self) -> Pin | None:
        """What a person put live; None when nobody did, or the file is gone."""
        try:
            said = json.loads((self._folder / PIN).read_text(encoding="utf-8"))
            model = str(said["model"])
            previous = str(said["previous"]) if said.get("previous") else None
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if not (self._folder / model).is_file():
            return None
        return Pin(model, previous if previous and (self._folder / previous).is_file() else None)

    def live(self) -> Path | None:
        """The model that runs at the next start of Rasa: the one put live, or a newer one trained by hand."""
        found = sorted(self._folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime)
        pinned = self.pin()
        if pinned is None:
            return found[-1] if found else None
        # `make train` after the decision is a decision, too.
        decided = (self._folder / PIN).stat().st_mtime
        newer = [path for path in found if path.stat().st_mtime > decided]
        return newer[-1] if newer else self._folder / pinned.model

    def find(self, name: str) -> Path:
        """Where a model lies, candidate or not.

        Raises:
            NoSuchModel
        """
        for path in (self._folder / name, self.candidates / name):
            if path.name == name and path.is_file():
                return path
        raise NoSuchModel(f"The model {name} is not on this machine any more.")

    def put_live(self, name: str) -> Pin:
        """Let a model run at the next start of Rasa; returns the new state.

        Raises:
            NoSuchModel
        """
        before = self.live()
        path = self.find(name)
        if path.parent == self.candidates:
            for part in (path, self._note_of(path)):
                if part.is_file():
                    part.replace(self._folder / part.name)
        return self._write(Pin(name, before.name if before is not None and before.name != name else None))

    def go_back(self) -> Pin:
        """The model before the live one, live again.

        Raises:
            NoSuchModel: none is known.
        """
        pinned = self.pin()
        live = self.live()
        if pinned is None or pinned.previous is None or live is None:
            raise NoSuchModel("There is no earlier model to go back to.")
        back = pinned.previous if live.name == pinned.model else pinned.model
        return self._write(Pin(back, live.name))

    def prune(self) -> None:
        """Keep the newest candidates only."""
        found = sorted(self.candidates.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime)
        for old in found[:-KEPT_CANDIDATES]:
            old.unlink(missing_ok=True)
            self._note_of(old).unlink(missing_ok=True)

    @contextmanager
    def changing(self) -> Iterator[bool]:
        """Hold the right to change what is live; False when another process changes it now."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".changing").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True

    def _write(self, pin: Pin) -> Pin:
        fresh = self._folder / f".{PIN}.{secrets.token_hex(4)}"
        fresh.write_text(json.dumps({"model": pin.model, "previous": pin.previous}) + "\n", encoding="utf-8")
        fresh.replace(self._folder / PIN)
        return pin

    @staticmethod
    def _note_of(path: Path) -> Path:
        """Where set-up notes what a model was trained on."""
        return path.with_name(path.name.removesuffix(SUFFIX) + ".json")
