#!/usr/bin/env python3
"""Makes this checkout ready to run: interpreters, both environments, widget, encoder, model.

Runs on any Python 3.8 or later, standard library only. Each step leaves a stamp of what it was made from
under `var/setup/`, so that it is done again only when that changed. A step that cannot be done ends with one
sentence that says what is missing and how to get it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("CHHA_VAR_DIR") or ROOT / "var")
MODELS = Path(os.environ.get("CHHA_MODELS_DIR") or ROOT / "models")
STAMPS = ROOT / "var" / "setup"
UV_VERSION = "0.13.9"
MODERN = ("3.12", "3.13")
FROZEN = ("3.10",)
TRAINED_ON = (
    "config.yml",
    "domain.yml",
    "data",
    "extensions/nlu",
    "knowledge/vocabulary",
    "extensions/uv.lock",
)
# What the console's review list writes is trained there, and a person puts it live; a start must not do so.
DECIDED_IN_THE_CONSOLE = ("learned.yml",)
# Words that only the form reads are no part of a model.
READ_BY_THE_FORM = ROOT / "knowledge" / "vocabulary" / "answers"
KEPT_MODELS = 5


class Missing(Exception):
    """Something that this script cannot provide; the text says how to get it."""


def main(argv: list[str]) -> int:
    goal = argv[0] if argv else "all"
    if goal == "stamp":
        print(trained_on())
        return 0
    steps = {
        "run": (environments, widget, encoder, model),
        "all": (environments, widget, encoder, model),
        "test": (environments, widget, encoder, model, browser, database),
        "train": (environments, encoder, trained_anew),
    }
    if goal not in steps:
        print(f"setup.py knows {', '.join(steps)}; not {goal}.", file=sys.stderr)
        return 2
    try:
        for step in steps[goal]:
            step()
    except Missing as missing:
        print(f"\n{missing}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nSet-up was stopped; run the command again to go on.", file=sys.stderr)
        return 130
    return 0


# --- environments -------------------------------------------------------------------------------------------


def environments() -> None:
    """Both locked environments, by uv."""
    for name, folder, versions in (("front desk", ROOT, MODERN), ("Rasa", ROOT / "extensions", FROZEN)):
        stamp = fingerprint([folder / "pyproject.toml", folder / "uv.lock"])
        if fits(f"environment-{folder.name}", stamp) and (folder / ".venv" / "bin" / "python").exists():
            continue
        uv = find_uv()
        python = find_python(versions, uv)
        run(
            f"Environment of the {name} (Python {versions[0]})",
            # Compiled here, on every core: Rasa's sixteen thousand files would cost each start of it seconds.
            [uv, "sync", "--locked", "--compile-bytecode", "--python", python, "--project", str(folder)],
            "The packages could not be installed. Is the package registry reachable? See the lines above.",
            cwd=folder,
            env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(folder / ".venv"), "VIRTUAL_ENV": ""},
        )
        keep(f"environment-{folder.name}", stamp)


def find_uv() -> str:
    """uv on PATH, or one of our own in `.tools`."""
    own = ROOT / ".tools" / "bin" / "uv"
    for candidate in (shutil.which("uv"), str(own)):
        if candidate and works([candidate, "--version"]):
            return candidate
    with Telling("uv, the package installer"):
        made = subprocess.run(
            [sys.executable, "-m", "venv", str(ROOT / ".tools")], capture_output=True, text=True
        )
        if made.returncode:
            raise Missing(
                "Python's venv module is missing, so uv cannot be installed. "
                "Run `apt-get install python3-venv`, or install uv (`pip install uv`), then try again."
            )
        got = subprocess.run(
            [str(ROOT / ".tools" / "bin" / "python"), "-m", "pip", "install", "-q", f"uv=={UV_VERSION}"],
            capture_output=True,
            text=True,
        )
        if got.returncode:
            raise Missing(f"uv could not be installed from PyPI: {last_line(got.stderr)}")
    return str(own)


def find_python(versions: tuple[str, ...], uv: str) -> str:
    """An interpreter of one of these versions: on PATH, in pyenv's folder, or fetched by uv."""
    for version in versions:
        found = shutil.which(f"python{version}")
        # pyenv's shims are on PATH for every version and fail unless it is selected: so try it.
        if found and runs_as(found, version):
            return found
        pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
        for candidate in sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True):
            if runs_as(str(candidate), version):
                return str(candidate)
    for version in versions:
        fetched = subprocess.run([uv, "python", "find", version], capture_output=True, text=True)
        if fetched.returncode:
            subprocess.run([uv, "python", "install", version], capture_output=True, text=True)
            fetched = subprocess.run([uv, "python", "find", version], capture_output=True, text=True)
        path = fetched.stdout.strip()
        if fetched.returncode == 0 and runs_as(path, version):
            return path
    raise Missing(
        f"Python {versions[0]} is missing and could not be fetched. Install it (for example "
        f"`pyenv install {versions[0]}` or your system's python{versions[0]} package) and try again."
    )


def runs_as(python: str, version: str) -> bool:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        said = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0 and said.stdout.strip() == version


# --- widget, encoder, model ---------------------------------------------------------------------------------


def widget() -> None:
    """The widget, by npm."""
    folder = ROOT / "widget"
    packages = fingerprint([folder / "package.json", folder / "package-lock.json"])
    packed = ("package.json", "package-lock.json", "tsconfig.json", "tsconfig.types.json")
    sources = ("src", "build", "build.mjs", *packed)
    built_from = fingerprint([folder / name for name in sources])
    made = (folder / "dist" / "widget.js", folder / "npm" / "index.js", folder / "node_modules")
    if fits("widget", built_from) and all(path.exists() for path in made):
        return
    npm = shutil.which("npm")
    if not npm or not works(["node", "--version"]):
        raise Missing(
            "Node.js with npm is missing. Install Node 20 or later (nodejs.org or your system's package)."
        )
    if not (fits("widget-packages", packages) and (folder / "node_modules").exists()):
        run(
            "Packages of the widget",
            [npm, "ci", "--no-audit", "--no-fund"],
            "npm could not install the widget's packages. Is the npm registry reachable?",
            cwd=folder,
        )
        keep("widget-packages", packages)
    run(
        "Widget",
        [npm, "run", "--silent", "build"],
        "The widget could not be built; see the lines above.",
        cwd=folder,
    )
    keep("widget", built_from)


def encoder() -> None:
    """The sentence encoder, made once from the weights in the Rasa environment."""
    stamp = fingerprint([ROOT / "extensions" / "nlu" / "build_encoder.py", ROOT / "extensions" / "uv.lock"])
    if fits("encoder", stamp) and any((ROOT / "var" / "cache").glob("**/*.onnx")):
        return
    run(
        "Sentence encoder",
        [rasa_python(), "-m", "extensions.nlu.build_encoder"],
        "The sentence encoder could not be built; see the lines above.",
    )
    keep("encoder", stamp)


def model() -> None:
    """A trained model, when none fits the present data."""
    if fitting_model() is None:
        trained_anew()


def trained_anew() -> None:
    """Train, and remember what the model was trained on."""
    stamp = trained_on()
    name = "chha-" + time.strftime("%Y%m%d-%H%M%S")
    MODELS.mkdir(parents=True, exist_ok=True)
    run(
        "Model (training on the present data)",
        [
            rasa_python(),
            "-m",
            "extensions.launcher",
            "train",
            "--fixed-model-name",
            name,
            "--out",
            str(MODELS),
        ],
        "Training failed; see the lines above. `make check` finds faults in the data.",
        env={**os.environ, "RASA_TELEMETRY_ENABLED": "false"},
    )
    trained = MODELS / f"{name}.tar.gz"
    if not trained.exists():
        raise Missing(f"Training ended without a model at {trained}; see the lines above.")
    note = {"model": trained.name, "trained_on": stamp}
    (MODELS / f"{name}.json").write_text(json.dumps(note))
    for old in sorted(MODELS.glob("chha-*.tar.gz"))[:-KEPT_MODELS]:
        if old.name in put_live():
            continue
        old.unlink()
        old.with_name(old.name[: -len(".tar.gz")] + ".json").unlink(missing_ok=True)


def put_live() -> set[str]:
    """The models that the console put live: the present one and the one to go back to."""
    try:
        said = json.loads((MODELS / "live.json").read_text())
        return {str(said.get("model")), str(said.get("previous"))}
    except (OSError, ValueError, AttributeError):
        return set()


def fitting_model() -> str | None:
    """The newest model that was trained on just what lies here now."""
    stamp = trained_on()
    for note in sorted(MODELS.glob("chha-*.json"), reverse=True):
        try:
            said = json.loads(note.read_text())
        except ValueError:
            continue
        path = MODELS / str(said.get("model"))
        if said.get("trained_on") == stamp and path.exists():
            return str(path)
    return None


def trained_on() -> str:
    return fingerprint([ROOT / name for name in TRAINED_ON])


def rasa_python() -> str:
    return str(ROOT / "extensions" / ".venv" / "bin" / "python")


# --- what only the tests need -------------------------------------------------------------------------------


def browser() -> None:
    """Debian's Chromium, which Playwright drives."""
    if shutil.which("chromium") or shutil.which("chromium-browser"):
        return
    from_debian(["chromium", "fonts-noto-core"], "Chromium, which the browser tests drive", "chromium")


def database() -> None:
    """PostgreSQL's server programs, which the tests start themselves."""
    if shutil.which("initdb") or list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        return
    from_debian(["postgresql"], "PostgreSQL, which the tests of the record start themselves", "postgresql")


def from_debian(packages: list[str], what: str, name: str) -> None:
    apt = shutil.which("apt-get")
    sentence = f"{what}, is missing. Run `apt-get install {name}` (or your system's package) and try again."
    if not apt or os.geteuid() != 0:
        raise Missing(sentence)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run("Debian's list of packages", [apt, "update", "-q"], sentence, env=env)
    install = [apt, "install", "-q", "-y", "--no-install-recommends", *packages]
    run(f"Debian's {name}", install, sentence, env=env)


# --- stamps and steps ---------------------------------------------------------------------------------------


def fingerprint(paths: list[Path]) -> str:
    """A hash of these files and folders: names and contents."""
    digest = hashlib.sha256()
    for path in paths:
        files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        for file in files:
            left_out = file.name in DECIDED_IN_THE_CONSOLE or READ_BY_THE_FORM in file.parents
            if "__pycache__" in file.parts or left_out or not file.exists():
                continue
            digest.update(str(file.relative_to(ROOT)).encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def fits(step: str, stamp: str) -> bool:
    path = STAMPS / step
    return path.exists() and path.read_text() == stamp


def keep(step: str, stamp: str) -> None:
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / step).write_text(stamp)


def works(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given"


class Telling:
    """Says what is being done, and how long it took."""

    def __init__(self, what: str):
        self.what = what

    def __enter__(self) -> None:
        self.began = time.monotonic()
        print(f"· {self.what} …", flush=True)

    def __exit__(self, kind: object, *_: object) -> None:
        took = time.monotonic() - self.began
        print(f"  {'failed' if kind else 'done'} after {took:.0f} s", flush=True)


def run(
    what: str, command: list[str], failed: str, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> None:
    """Run one step with its output shown.

    Raises:
        Missing: with the sentence `failed`, when it did not end well.
    """
    with Telling(what):
        try:
            ended = subprocess.run(command, cwd=cwd, env=env)
        except OSError as error:
            raise Missing(f"{failed} ({error})") from None
        if ended.returncode:
            raise Missing(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
