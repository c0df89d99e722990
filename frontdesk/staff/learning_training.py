"""Training runs: a candidate model is trained and measured beside the live one, by processes of Rasa's room.

One run at a time in the whole installation, by a lease in the record that the working process renews; a
run whose process died is called failed at the next look. Putting a model live is at the end of this module.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import shutil
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from frontdesk.conversations import restarts
from frontdesk.records.models import TrainingRun, new_id, now
from frontdesk.records.session import Record
from frontdesk.settings import ROOT, Settings
from frontdesk.staff import audit, learning_review
from frontdesk.staff.learning_examples import Examples, UnreadableData
from frontdesk.staff.learning_models import Models, NoSuchModel

logger = logging.getLogger(__name__)

RASA_PYTHON: Final = ROOT / "extensions" / ".venv" / "bin" / "python"
LEASE: Final = timedelta(seconds=30)
LOOK_SECONDS: Final = 0.5
# Longer than a restart may take before it is given up.
RESTART_SECONDS: Final = 150.0
RENEW_SECONDS: Final = 5.0
WORST_TOPICS: Final = 10
LISTED_CHANGES: Final = 300


class AlreadyTraining(RuntimeError):
    """A run is being worked on; only one at a time."""


class TrainingFailed(RuntimeError):
    """A step did not end well; the text is for people."""


class SwapFailed(RuntimeError):
    """The model was not put live, or not yet; the text says what runs now."""


class Training:
    """The training runs of one web process.

    Args:
        restart: restarts Rasa and returns when it answers again; None where it is not ours to restart.
            Raises SwapFailed when it does not come back.
    """

    def __init__(
        self, record: Record, settings: Settings, *, restart: Callable[[], None] | None = None
    ) -> None:
        self._record = record
        self._settings = settings
        self._restart = restart
        self.models = Models(settings.models_dir)
        self.examples = Examples(settings.project_dir, settings.evaluation_sets)
        self._folder = settings.var_dir / "learning"
        self._owner = f"{platform.node()[:30]}:{os.getpid()}"
        self._thread: threading.Thread | None = None

    # --- runs ----------------------------------------------------------------------------------------------

    def start(self, by: str) -> str:
        """Begin a run; returns its id.

        Raises:
            AlreadyTraining
            learning_examples.UnreadableData: `learned.yml` cannot be written.
        """
        self.bury_the_dead()
        run_id, name = new_id(), f"chha-{time.strftime('%Y%m%d-%H%M%S')}-learned"
        live = self.models.live()
        try:
            with self._record.transaction() as session:
                session.add(
                    TrainingRun(
                        id=run_id,
                        working=1,
                        owner=self._owner,
                        lease_until=now() + LEASE,
                        step="Writing the examples",
                        model=f"{name}.tar.gz",
                        compared_with=live.name if live else None,
                        started_by=by,
                    )
                )
                session.flush()
                written = self._write_examples(session)
                session.get_one(TrainingRun, run_id).examples = written
                audit.note(session, by, "training.started", run_id, examples=written)
        except IntegrityError:
            raise AlreadyTraining("A training is running already. Wait until it ends.") from None
        self._thread = threading.Thread(target=self._work, args=(run_id, name), name="training", daemon=True)
        self._thread.start()
        return run_id

    def stop(self, run_id: str, by: str) -> None:
        """Ask a run to end; its process does so at its next look."""
        with self._record.transaction() as session:
            stopped = session.execute(
                update(TrainingRun)
                .where(TrainingRun.id == run_id, TrainingRun.working == 1)
                .values(state="failed", error=f"Stopped by {by}.", finished_at=now(), working=None)
            )
            if stopped.rowcount:  # type: ignore[attr-defined]
                audit.note(session, by, "training.stopped", run_id)

    def bury_the_dead(self) -> None:
        """Call runs failed whose process is gone: nobody renewed their lease."""
        with self._record.transaction() as session:
            session.execute(
                update(TrainingRun)
                .where(TrainingRun.working == 1, TrainingRun.lease_until < now())
                .values(
                    state="failed",
                    working=None,
                    finished_at=now(),
                    error="The process that worked on it ended. Start again.",
                )
            )

    def wait(self, seconds: float) -> None:
        """Wait for the run of this process to end."""
        if self._thread is not None:
            self._thread.join(seconds)

    def write_examples(self) -> int:
        """Bring `learned.yml` to what people decided; returns how many examples it holds.

        Raises:
            learning_examples.UnreadableData
        """
        with self._record.reading() as session:
            return self._write_examples(session)

    def _write_examples(self, session: Session) -> int:
        return self.examples.write(learning_review.taught(session), learning_review.withdrawn(session))

    # --- the work of a run ---------------------------------------------------------------------------------

    def _work(self, run_id: str, name: str) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._train(run_id, name)
            figures = self._measure(run_id)
            self._end(run_id, "ready", figures=figures)
        except _Stopped:
            logger.info("The training run %s was stopped.", run_id)
        except (TrainingFailed, NoSuchModel, UnreadableData) as error:
            self._end(run_id, "failed", error=str(error))
        except Exception as error:
            logger.exception("The training run %s broke off.", run_id)
            self._end(run_id, "failed", error=f"Something broke ({type(error).__name__}); see the log.")

    def _train(self, run_id: str, name: str) -> None:
        out = self.models.candidates
        out.mkdir(parents=True, exist_ok=True)
        stamp = self._stamp()
        command = ["-m", "extensions.launcher", "train", "--fixed-model-name", name, "--out", str(out)]
        self._run(run_id, "Training", command)
        if not (out / f"{name}.tar.gz").is_file():
            raise TrainingFailed(f"Training ended without a model. {self._last_words(run_id)}")
        if stamp:
            note = {"model": f"{name}.tar.gz", "trained_on": stamp}
            (out / f"{name}.json").write_text(json.dumps(note), encoding="utf-8")
        self.models.prune()

    def _stamp(self) -> str:
        """What set-up would call the present data, so that it does not train again what was just trained."""
        script = self._settings.project_dir / "deploy" / "setup.py"
        if not script.is_file():
            return ""
        said = subprocess.run(
            [sys.executable, str(script), "stamp"], capture_output=True, text=True, check=False
        )
        return said.stdout.strip() if said.returncode == 0 else ""

    def _measure(self, run_id: str) -> dict[str, Any]:
        with self._record.transaction() as session:
            run = session.get_one(TrainingRun, run_id)
            run.state = "measuring"
            new, old = run.model, run.compared_with
            reviewed = [
                {"text": one.text, "label": one.label} for one in sorted(learning_review.taught(session))
            ]
        asked = self._folder / f"{run_id}-reviewed.json"
        asked.write_text(json.dumps(reviewed, ensure_ascii=False), encoding="utf-8")
        told: dict[str, dict[str, Any]] = {}
        for which, name in (("old", old), ("new", new)):
            if name is None:
                continue
            out = self._folder / f"{run_id}-{which}.json"
            command = ["-m", "extensions.results", str(self.models.find(name)), "--out", str(out)]
            command += ["--reviewed", str(asked)]
            if self._settings.evaluation_sets is not None:
                command += ["--sets", str(self._settings.evaluation_sets)]
            self._run(run_id, f"Measuring the {which} model", command)
            told[which] = json.loads(out.read_text(encoding="utf-8"))
            out.unlink()
        asked.unlink()
        return side_by_side(told.get("old"), told["new"])

    def _run(self, run_id: str, step: str, arguments: Sequence[str]) -> None:
        """One process to its end, the lease renewed meanwhile.

        Raises:
            TrainingFailed, _Stopped
        """
        if not RASA_PYTHON.exists():
            raise TrainingFailed("Rasa's environment is not set up on this machine. Run `make setup`.")
        # Told to end when this process is killed outright, where the system can.
        dying = ["setpriv", "--pdeathsig=TERM", "--"] if shutil.which("setpriv") else []
        env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "RASA_TELEMETRY_ENABLED": "false",
            "PYTHONUNBUFFERED": "1",
            # The desk works beside it.
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        began = time.monotonic()
        deadline = began + 60 * self._settings.training_minutes
        with self._log(run_id).open("ab") as log:
            process = subprocess.Popen(
                [*dying, "nice", "-n", "10", str(RASA_PYTHON), *arguments],
                cwd=self._settings.project_dir,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            try:
                renewed = 0.0
                while process.poll() is None:
                    at = time.monotonic()
                    if at > deadline:
                        raise TrainingFailed(f"{step} took longer than CHHA_TRAINING_MINUTES.")
                    if at - renewed > RENEW_SECONDS:
                        renewed = at
                        self._renew(run_id, f"{step}, {int(at - began)} s")
                    time.sleep(LOOK_SECONDS)
            finally:
                _end_process(process)
        if process.returncode:
            raise TrainingFailed(f"{step} failed. {self._last_words(run_id)}")

    def _renew(self, run_id: str, step: str) -> None:
        try:
            with self._record.transaction() as session:
                renewed = session.execute(
                    update(TrainingRun)
                    .where(
                        TrainingRun.id == run_id, TrainingRun.working == 1, TrainingRun.owner == self._owner
                    )
                    .values(lease_until=now() + LEASE, step=step)
                )
        except SQLAlchemyError as error:
            logger.warning("The lease of a training could not be renewed: %s", type(error).__name__)
            return
        if not renewed.rowcount:  # type: ignore[attr-defined]
            raise _Stopped

    def _end(
        self, run_id: str, state: str, *, figures: dict[str, Any] | None = None, error: str | None = None
    ) -> None:
        with self._record.transaction() as session:
            ended = session.execute(
                update(TrainingRun)
                .where(TrainingRun.id == run_id, TrainingRun.working == 1)
                .values(state=state, working=None, finished_at=now(), figures=figures, error=error, step="")
            )
            if ended.rowcount:  # type: ignore[attr-defined]
                audit.note(session, "system", f"training.{state}", run_id)

    def _log(self, run_id: str) -> Path:
        return self._folder / f"{run_id}.log"

    def _last_words(self, run_id: str) -> str:
        try:
            lines = self._log(run_id).read_text(errors="replace").splitlines()
        except OSError:
            return ""
        said = [line.strip() for line in lines if line.strip()]
        return f"{said[-1][:300]} (log: {self._log(run_id)})" if said else ""

    # --- live ----------------------------------------------------------------------------------------------

    def put_live(self, run_id: str, by: str) -> str:
        """Let the run's model answer from now on; returns what was done, in a sentence.

        Rasa is restarted; messages that come meanwhile wait in the record and are answered by the new model.
        When Rasa does not come back with it, the model before is put back.

        Raises:
            SwapFailed, NoSuchModel
            LookupError: there is no such run, or it is not ready.
        """
        with self._record.reading() as session:
            run = session.get(TrainingRun, run_id)
            if run is None or run.state not in ("ready", "live", "passed_over"):
                raise LookupError(run_id)
            name = run.model
        return self._swap(name, by)

    def go_back(self, by: str) -> str:
        """The model before the live one, live again; returns what was done.

        Raises:
            SwapFailed, NoSuchModel
        """
        return self._swap(None, by)

    def _swap(self, name: str | None, by: str) -> str:
        with self.models.changing() as allowed:
            if not allowed:
                raise SwapFailed("A model is being put live right now. Wait a moment.")
            before = self.models.live()
            pin = self.models.go_back() if name is None else self.models.put_live(name)
            if self._restart is not None:
                try:
                    self._restarted(by)
                except SwapFailed:
                    if before is not None and before.name != pin.model:
                        self.models.put_live(before.name)
                        self._restarted(by)
                        raise SwapFailed(
                            f"Rasa did not start with {pin.model}; {before.name} is live again. See its log."
                        ) from None
                    raise
            self._note_live(pin.model, before.name if before else None, by)
        if self._restart is None:
            return f"{pin.model} is chosen. Restart Rasa, and it answers with it."
        return f"{pin.model} is live."

    def _restarted(self, by: str) -> None:
        """Restart Rasa while turns wait it out."""
        assert self._restart is not None
        with self._record.transaction() as session:
            restarts.announce(session, RESTART_SECONDS, by=by)
        try:
            self._restart()
        finally:
            with self._record.transaction() as session:
                restarts.over(session)

    def _note_live(self, model: str, before: str | None, by: str) -> None:
        with self._record.transaction() as session:
            session.execute(
                update(TrainingRun).where(TrainingRun.state == "live").values(state="passed_over")
            )
            session.execute(
                update(TrainingRun)
                .where(TrainingRun.model == model, TrainingRun.state.in_(("ready", "passed_over")))
                .values(state="live", live_by=by, live_at=now())
            )
            audit.note(session, by, "model.live", model, before=before)


def listed(session: Session, limit: int = 20) -> Sequence[TrainingRun]:
    """The runs, the newest first."""
    return session.scalars(select(TrainingRun).order_by(TrainingRun.started_at.desc()).limit(limit)).all()


def working(session: Session) -> TrainingRun | None:
    """The run that is being worked on."""
    return session.scalars(select(TrainingRun).where(TrainingRun.working == 1)).one_or_none()


def side_by_side(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """Both models' results as the console shows them: per set, worst topics, changed answers.

    Args:
        old, new: what `extensions.results` wrote; `old` None when there was no model before.
    """
    before = {(one["set"], index): one for index, one in enumerate((old or {}).get("lines", []))}
    sets: dict[str, dict[str, Any]] = {}
    topics: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    changes: list[dict[str, Any]] = []
    for index, line in enumerate(new["lines"]):
        then = before.get((line["set"], index))
        row = sets.setdefault(line["set"], {"set": line["set"], "total": 0, "new": 0, "old": None})
        row["total"] += 1
        row["new"] += line["right"]
        if then is not None:
            row["old"] = (row["old"] or 0) + then["right"]
        if line["set"] == "questions":
            counts = topics[line["expected"]]
            counts[0] += 1
            counts[1] += bool(then and then["right"])
            counts[2] += line["right"]
        if then is not None and (then["right"] != line["right"] or then["got"] != line["got"]):
            kind = (
                "better"
                if line["right"] > then["right"]
                else "worse"
                if line["right"] < then["right"]
                else "other"
            )
            changes.append(
                {
                    "set": line["set"],
                    "text": line["text"],
                    "expected": line["expected"],
                    "old": then["got"],
                    "new": line["got"],
                    "kind": kind,
                }
            )
    order = {"worse": 0, "better": 1, "other": 2}
    changes.sort(key=lambda one: order[one["kind"]])
    worst = sorted(topics.items(), key=lambda one: (one[1][2] / one[1][0], -one[1][0], one[0]))
    return {
        "sets": list(sets.values()),
        "worst": [
            {"topic": topic, "total": total, "old": was, "new": now_right}
            for topic, (total, was, now_right) in worst[:WORST_TOPICS]
            if now_right < total
        ],
        "changes": changes[:LISTED_CHANGES],
        "better": sum(one["kind"] == "better" for one in changes),
        "worse": sum(one["kind"] == "worse" for one in changes),
        "held_out": {"old": (old or {}).get("held_out") or {}, "new": new.get("held_out") or {}},
    }


class _Stopped(Exception):
    """Somebody stopped the run, or another process took it for dead."""


def _end_process(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def seconds(run: TrainingRun, at: datetime) -> float:
    """How long a run took, or takes so far."""
    return ((run.finished_at or at) - run.started_at).total_seconds()
