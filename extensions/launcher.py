"""Rasa's room: starts Rasa's own command line fast, quiet and private. python -m extensions.launcher
run|train|test|…

May change: how Rasa is started. Must not import: frontdesk, actions (another Python); nothing of Rasa
before main(). Every argument goes to Rasa unchanged. What is added: no telemetry, no TensorFlow where no
component needs it, loopback and the ports of the environment for `run`, no level of logging that prints
what applicants write, and an end with one sentence when Rasa refuses the model (Rasa itself would go on
without one).
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import json
import logging
import os
import sys
import tarfile
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any, Dict, List, NoReturn, Optional, Sequence

from extensions import ignore_warnings_about_parts_not_used

# Rasa's components that compute with TensorFlow (rasa 3.6.21, rasa/engine/recipes/default_components.py).
TENSORFLOW_COMPONENTS = frozenset(
    {
        "ConveRTFeaturizer",
        "DIETClassifier",
        "LanguageModelFeaturizer",
        "ResponseSelector",
        "TEDPolicy",
        "UnexpecTEDIntentPolicy",
    }
)
# What Rasa's modules import of TensorFlow before anybody asks for it. Any other name (thinc tries
# tensorflow.experimental) is answered as on a machine without TensorFlow.
STOOD_IN = frozenset(
    {
        "keras",
        "keras.utils",
        "keras.utils.control_flow_util",
        "keras.utils.tf_utils",
        "tensorflow",
        "tensorflow.keras",
        "tensorflow.keras.backend",
        "tensorflow.keras.callbacks",
        "tensorflow.keras.utils",
        "tensorflow.python",
        "tensorflow.python.eager",
        "tensorflow.python.eager.wrap_function",
        "tensorflow.types",
        "tensorflow.types.experimental",
        "tensorflow_addons",
        "tensorflow_hub",
        "tensorflow_text",
    }
)
# numpy's products of one message are too small to share: a second thread would only spin, and double the
# processor time of an answer.
SERVING = {"OPENBLAS_NUM_THREADS": "1"}
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = "5005"
COMMANDS_WITH_MODEL = frozenset({"run", "shell", "test", "interactive"})


class _Absent(type):
    """A class of TensorFlow that is named (as a base, in an annotation) but must not be used."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _absent(f"{cls.__name__}.{name}")

    def __call__(cls, *arguments: Any, **keywords: Any) -> Any:
        if "." in cls.__name__:  # one of TensorFlow's own, not a class of Rasa's that was derived from it
            raise RuntimeError(
                f"{cls.__name__} was called, but TensorFlow was left out because no configured component "
                "needs it. Start with rasa instead of python -m extensions.launcher."
            )
        return super().__call__(*arguments, **keywords)


def _absent(name: str) -> _Absent:
    return _Absent(name, (), {})


class _AbsentModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _absent(f"{self.__name__}.{name}")


class TensorFlowStandIn(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Lets Rasa's modules be imported without TensorFlow: 2.8 s and 350 MB less at each start.

    Rasa imports every component it ships, whatever is configured.
    """

    def find_spec(
        self, fullname: str, path: Any, target: Any = None
    ) -> Optional[importlib.machinery.ModuleSpec]:
        if fullname in STOOD_IN:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        if fullname.partition(".")[0] in STOOD_IN:
            raise ModuleNotFoundError(f"No module named {fullname!r} (TensorFlow is left out)", name=fullname)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _AbsentModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""


def needs_tensorflow(component: str) -> bool:
    """Whether a component (its name in config.yml, or the class path in a model) computes with TensorFlow.

    Of components that are neither Rasa's nor ours nothing is known, so they get the real one.
    """
    package, _, name = component.rpartition(".")
    if package and package.partition(".")[0] not in ("rasa", "extensions"):
        return True
    return name in TENSORFLOW_COMPONENTS


def configured_components(config: Path) -> Optional[List[str]]:
    """Names of pipeline and policies in a config.yml; None when Rasa would choose them by itself, or
    unreadable.
    """
    import yaml

    try:
        content = yaml.safe_load(config.read_text(encoding="utf-8"))
        return [str(entry["name"]) for key in ("pipeline", "policies") for entry in content[key]]
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        return None


def model_components(model: Path) -> Optional[List[str]]:
    """Class paths of the components in a trained model; None when it cannot be read."""
    try:
        with tarfile.open(model, mode="r:gz") as archive:
            for member in archive:
                if Path(member.name).name == "metadata.json" and "components" not in Path(member.name).parts:
                    metadata = json.load(archive.extractfile(member))  # type: ignore[arg-type]
                    schema = metadata["predict_schema"]["nodes"]
                    return [str(node["uses"]) for node in schema.values()]
    except (OSError, tarfile.TarError, ValueError, KeyError, TypeError, AttributeError, EOFError):
        pass
    return None


def latest_model(path: Path) -> Optional[Path]:
    """The model file for `--model path`: the file itself, or of a folder the one that was put live.

    Without `live.json` in the folder, and after a training by hand since it was written, that is the newest.
    """
    if path.is_file():
        return path
    models = list(path.glob("*.tar.gz")) if path.is_dir() else []
    newest = max(models, key=lambda model: model.stat().st_mtime) if models else None
    pin = path / "live.json"
    try:
        live = path / str(json.loads(pin.read_text(encoding="utf-8"))["model"])
        if live.is_file() and newest is not None and newest.stat().st_mtime <= pin.stat().st_mtime:
            return live
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return newest


def can_do_without_tensorflow(arguments: Sequence[str]) -> bool:
    """Whether the stand-in is safe for this command line: each component of config and model is known
    not to need it.
    """
    if not arguments or arguments[0].startswith("-"):
        return False
    components = configured_components(Path(_option(arguments, "-c", "--config") or "config.yml"))
    if arguments[0] in COMMANDS_WITH_MODEL:
        model = latest_model(Path(_option(arguments, "-m", "--model") or "models"))
        if arguments[0] == "run":
            components = model_components(model) if model else components
        elif model is not None:
            in_model = model_components(model)
            components = components + in_model if components is not None and in_model is not None else None
    return components is not None and not any(needs_tensorflow(component) for component in components)


def _option(arguments: Sequence[str], short: str, long: str) -> Optional[str]:
    for index, argument in enumerate(arguments):
        if argument in (short, long) and index + 1 < len(arguments):
            return arguments[index + 1]
        if argument.startswith(long + "="):
            return argument[len(long) + 1 :]
    return None


def prepare_environment(environment: Dict[str, str], serving: bool = False) -> None:
    """Set what Rasa reads from the environment: telemetry off, nothing below INFO, no advice for
    SQLAlchemy 2; and for `serving` one thread for numpy, which must not be loaded yet.
    """
    environment["RASA_TELEMETRY_ENABLED"] = "false"
    environment["SQLALCHEMY_SILENCE_UBER_WARNING"] = "1"
    level = (environment.get("CHHA_LOG_LEVEL") or environment.get("LOG_LEVEL") or "INFO").upper()
    # DEBUG prints every text, slot and entity.
    environment["LOG_LEVEL"] = level if level in ("INFO", "WARNING", "ERROR", "CRITICAL") else "INFO"
    environment.setdefault("LOG_LEVEL_LIBRARIES", "ERROR")
    if serving:
        for name, value in SERVING.items():
            environment.setdefault(name, value)


def rasa_arguments(arguments: Sequence[str], environment: Dict[str, str]) -> List[str]:
    """Rasa's command line as given; for `run` and `shell`, the private host and port where none are given.

    Rasa itself listens on 0.0.0.0, and `--debug` and `-vv` print what applicants write.

    Raises:
        SystemExit: `run` is asked for debug output.
    """
    completed = list(arguments)
    if completed[:1] not in (["run"], ["shell"]) or completed[1:2] in (["actions"], ["nlu"]):
        return completed
    if completed[0] == "run" and any(argument in ("--debug", "-vv") for argument in completed):
        _stop(
            "rasa run --debug prints what applicants write; use --verbose, "
            "or rasa shell --debug with words of your own."
        )
    for index, argument in enumerate(completed[:-1]):
        if argument in ("-m", "--model"):
            # Rasa itself would take the newest of a folder, which need not be the live one.
            completed[index + 1] = str(latest_model(Path(completed[index + 1])) or completed[index + 1])
    if _option(completed, "-i", "--interface") is None:
        completed += ["--interface", environment.get("CHHA_RASA_HOST") or DEFAULT_HOST]
    if _option(completed, "-p", "--port") is None:
        completed += ["--port", environment.get("CHHA_RASA_PORT") or DEFAULT_PORT]
    return completed


class _RefusedModel(logging.Filter):
    """Keeps why Rasa refused the model for one sentence, instead of a page of frames."""

    def __init__(self) -> None:
        super().__init__()
        self.reason = ""

    def filter(self, record: logging.LogRecord) -> bool:
        if (
            record.exc_info
            and record.exc_info[1] is not None
            and "Could not load model" in record.getMessage()
        ):
            error = record.exc_info[1]
            while error.__cause__ is not None:  # the component's own words, not the graph's about them
                error = error.__cause__
            self.reason = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            return False
        return True


def cannot_use(model: Any, why: str) -> str:
    """The sentence for a model (a path) that Rasa refuses."""
    return (
        f"Rasa cannot use the model in {model} ({why}); train a new one with "
        "python -m extensions.launcher train."
    )


def refuse_to_serve_without_a_model() -> None:
    """Make `rasa run` end when its model cannot be loaded or no model is there."""
    import rasa.core.agent
    import rasa.core.run

    refused = _RefusedModel()
    rasa.core.agent.logger.addFilter(refused)
    load = rasa.core.run.load_agent_on_start

    async def load_or_stop(*arguments: Any, **keywords: Any) -> Any:
        agent = await load(*arguments, **keywords)
        if not agent.is_ready():
            print(
                cannot_use(arguments[0], refused.reason or "no valid model there"),
                file=sys.stderr,
                flush=True,
            )
            os._exit(1)  # Sanic would print a page of frames about any exception here; nothing is open yet
        return agent

    rasa.core.run.load_agent_on_start = load_or_stop


def check_settings() -> None:
    """End with one sentence where a variable of the environment cannot be used, before anything is loaded."""
    from extensions import remote_actions, tracker_store, turns

    try:
        remote_actions.action_timeout()
        turns.turn_timeout()
        tracker_store.ConversationTrackerStore()
        if os.environ.get("CHHA_LOCK_URL"):
            turns.redis_lock_store(os.environ["CHHA_LOCK_URL"])
    except ValueError as error:
        _stop(str(error))


def _stop(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr, flush=True)
    raise SystemExit(1)


def main(arguments: Optional[Sequence[str]] = None) -> None:
    """Run Rasa's command line in this process."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    prepare_environment(os.environ, serving=given[:1] in (["run"], ["shell"]))  # type: ignore[arg-type]
    completed = rasa_arguments(given, os.environ)  # type: ignore[arg-type]
    if can_do_without_tensorflow(completed):
        sys.meta_path.insert(0, TensorFlowStandIn())

    import sanic  # noqa: F401  puts a filter of its own in front, so it comes first

    # Deprecations of Rasa's frozen neighbours; nobody here can act on them.
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
    import rasa.__main__ as rasa_command

    configure = rasa_command.configure_logging_and_warnings

    def configure_and_ignore(*options: Any, **keywords: Any) -> None:
        configure(*options, **keywords)
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        ignore_warnings_about_parts_not_used()

    rasa_command.configure_logging_and_warnings = configure_and_ignore
    if completed[:1] == ["run"] and completed[1:2] != ["actions"]:
        model = latest_model(Path(_option(completed, "-m", "--model") or "models"))
        if model is None:
            _stop("There is no trained model; train one with python -m extensions.launcher train.")
        if model_components(model) is None:  # said before half a minute of loading what would load it
            _stop(cannot_use(model, "no whole model archive"))
        check_settings()
        refuse_to_serve_without_a_model()
    sys.argv = ["rasa", *completed]
    rasa_command.main()


if __name__ == "__main__":
    main()
