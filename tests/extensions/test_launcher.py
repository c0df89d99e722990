"""Rasa's start: fast where it may be, private, quiet, and with one sentence when it cannot be."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from extensions import launcher

ROOT = Path(launcher.__file__).resolve().parent.parent
OURS = ["extensions.nlu.normalizer.MessageNormalizer", "KeywordIntentClassifier"]


def config(folder, pipeline, policies=("extensions.rule_policy.ShortcutFreeRulePolicy",)):
    lines = ["recipe: default.v1", "pipeline:", *(f"- name: {name}" for name in pipeline)]
    lines += ["policies:", *(f"- name: {name}" for name in policies)]
    path = folder / "config.yml"
    path.write_text("\n".join(lines))
    return path


def model(folder, uses):
    nodes = {f"run_{number}": {"uses": name} for number, name in enumerate(uses)}
    content = json.dumps({"predict_schema": {"nodes": nodes}}).encode()
    path = folder / "model.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, data in (("components/x/metadata.json", b"{}"), ("metadata.json", content)):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


@pytest.mark.parametrize(
    "component",
    [
        "DIETClassifier",
        "rasa.nlu.classifiers.diet_classifier.DIETClassifier",
        "ResponseSelector",
        "TEDPolicy",
        "UnexpecTEDIntentPolicy",
        "LanguageModelFeaturizer",
        "ConveRTFeaturizer",
        "someone.elses.Component",
    ],
)
def test_a_component_that_needs_tensorflow_or_is_unknown_gets_the_real_one(tmp_path, component):
    path = config(tmp_path, [*OURS, component])

    assert not launcher.can_do_without_tensorflow(["train", "--config", str(path)])


def test_without_such_a_component_the_stand_in_is_used(tmp_path):
    path = config(tmp_path, OURS)

    assert launcher.can_do_without_tensorflow(["train", "--config", str(path)])
    assert launcher.can_do_without_tensorflow(["train", f"--config={path}"])


def test_a_pipeline_that_rasa_would_choose_itself_gets_the_real_one(tmp_path):
    path = tmp_path / "config.yml"
    path.write_text("recipe: default.v1\npipeline:\npolicies:\n")

    assert not launcher.can_do_without_tensorflow(["train", "--config", str(path)])
    assert not launcher.can_do_without_tensorflow(["train", "--config", str(tmp_path / "none.yml")])


def test_for_a_run_the_model_decides_not_the_config(tmp_path):
    path = config(tmp_path, ["DIETClassifier"])
    run = ["run", "--config", str(path), "--model", str(tmp_path)]
    model(tmp_path, ["extensions.nlu.safety.SafetyDetector", "rasa.core.policies.rule_policy.RulePolicy"])
    assert launcher.can_do_without_tensorflow(run)

    model(tmp_path, ["rasa.core.policies.ted_policy.TEDPolicy"])
    assert not launcher.can_do_without_tensorflow(run)


def test_a_model_that_cannot_be_read_gets_the_real_one(tmp_path):
    (tmp_path / "model.tar.gz").write_bytes(b"nonsense")

    assert not launcher.can_do_without_tensorflow(["run", "--model", str(tmp_path / "model.tar.gz")])


def test_the_newest_model_of_a_folder_is_meant(tmp_path):
    first = model(tmp_path, OURS)
    second = tmp_path / "b.tar.gz"
    os.link(first, tmp_path / "a.tar.gz")
    second.write_bytes(b"newer")

    assert launcher.latest_model(tmp_path) == second
    assert launcher.latest_model(first) == first
    assert launcher.latest_model(tmp_path / "none") is None


def test_the_repositorys_own_configuration_does_without_tensorflow():
    names = launcher.configured_components(ROOT / "config.yml")

    assert names
    assert not any(launcher.needs_tensorflow(name) for name in names)


def python(code, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_with_the_stand_in_rasas_components_are_imported_and_tensorflow_is_not():
    code = """
import sys
from extensions.launcher import TensorFlowStandIn, _AbsentModule
sys.meta_path.insert(0, TensorFlowStandIn())
import rasa.engine.recipes.default_components
import tensorflow
assert isinstance(tensorflow, _AbsentModule)
files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
assert not any("site-packages/tensorflow" in file for file in files)
"""
    result = python(code)

    assert result.returncode == 0, result.stderr


def test_the_stand_in_is_no_tensorflow_to_those_who_look_for_one():
    code = """
import sys
from extensions.launcher import TensorFlowStandIn
sys.meta_path.insert(0, TensorFlowStandIn())
import thinc.compat
assert not thinc.compat.has_tensorflow
import spacy
"""
    result = python(code)

    assert result.returncode == 0, result.stderr


def test_computing_with_the_stand_in_is_refused_with_a_sentence():
    code = """
import sys
from extensions.launcher import TensorFlowStandIn
sys.meta_path.insert(0, TensorFlowStandIn())
import tensorflow as tf
tf.constant([1])
"""
    result = python(code)

    assert result.returncode == 1
    assert "tensorflow.constant was called, but TensorFlow was left out" in result.stderr


@pytest.mark.parametrize("command", ["run", "shell"])
def test_what_listens_is_private_unless_told_otherwise(command):
    environment = {"CHHA_RASA_PORT": "5999"}

    assert launcher.rasa_arguments([command], environment) == [
        command, "--interface", "127.0.0.1", "--port", "5999",
    ]  # fmt: skip
    told = [command, "-i", "10.0.0.1", "-p", "1"]
    assert launcher.rasa_arguments(told, environment) == told


@pytest.mark.parametrize(
    "command", [["train", "-c", "x.yml"], ["shell", "nlu"], ["run", "actions"], ["--version"], []]
)
def test_everything_else_goes_to_rasa_unchanged(command):
    assert launcher.rasa_arguments(command, {}) == command


@pytest.mark.parametrize("switch", ["--debug", "-vv"])
def test_debug_output_of_a_run_is_refused_because_it_prints_what_applicants_write(switch, capsys):
    with pytest.raises(SystemExit):
        launcher.rasa_arguments(["run", switch], {})

    assert "prints what applicants write" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "level"),
    [({}, "INFO"), ({"LOG_LEVEL": "DEBUG"}, "INFO"), ({"CHHA_LOG_LEVEL": "warning"}, "WARNING")],
)
def test_the_environment_cannot_ask_for_debug_output_and_telemetry_is_off(given, level):
    environment = dict(given)
    launcher.prepare_environment(environment)

    assert environment["LOG_LEVEL"] == level
    assert environment["RASA_TELEMETRY_ENABLED"] == "false"


def run(project, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "extensions.launcher", "run", "--port", "0", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_model_that_rasa_refuses_ends_the_start_with_one_sentence(project, tmp_path):
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"not a model")

    result = run(project, "--model", str(broken))

    assert result.returncode == 1
    assert f"Rasa cannot use the model in {broken}" in result.stderr
    assert "train" in result.stderr
    assert "Traceback" not in result.stderr + result.stdout


def test_a_model_of_another_release_ends_the_start_with_one_sentence(project, tmp_path, model):
    other = tmp_path / "other.tar.gz"
    with tarfile.open(model) as archive, tarfile.open(other, "w:gz") as changed:
        for member in archive:
            data = archive.extractfile(member).read() if member.isfile() else b""
            if member.name.endswith("metadata.json") and b"rasa_open_source_version" in data:
                data = json.dumps({**json.loads(data), "rasa_open_source_version": "2.0.0"}).encode()
                member.size = len(data)
            changed.addfile(member, io.BytesIO(data) if member.isfile() else None)

    result = run(project, "--model", str(other))

    assert result.returncode == 1
    assert "UnsupportedModelVersionError" in result.stderr
    assert "Traceback" not in result.stderr + result.stdout


def test_without_a_model_the_start_ends_with_one_sentence(project, tmp_path):
    result = run(project, "--model", str(tmp_path))

    assert result.returncode == 1
    assert result.stderr.strip().endswith(
        "There is no trained model; train one with python -m extensions.launcher train."
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHHA_ACTION_TIMEOUT", "soon"),
        ("CHHA_TURN_TIMEOUT", "0"),
        ("CHHA_LOCK_URL", "http://x"),
        ("CHHA_TRACKER_URL", "mysql://x/y"),
    ],
)
def test_a_setting_that_cannot_be_used_ends_the_start_and_is_named(project, name, value):
    result = run(project, **{name: value})

    assert result.returncode == 1
    assert name in result.stderr.strip().splitlines()[-1]
    assert "Traceback" not in result.stderr + result.stdout


@pytest.mark.parametrize("command", [["run"], ["shell"], ["run", "--port", "0"]])
def test_serving_gives_numpy_one_thread(command, monkeypatch):
    assert environment_of(command, monkeypatch)["OPENBLAS_NUM_THREADS"] == "1"


@pytest.mark.parametrize("command", [["train"], ["test", "core"], ["data", "validate"], ["--version"], []])
def test_whatever_else_rasa_does_keeps_its_threads(command, monkeypatch):
    assert "OPENBLAS_NUM_THREADS" not in environment_of(command, monkeypatch)


@pytest.mark.parametrize("command", [["run"], ["train"]])
def test_the_environment_has_the_last_word_on_threads(command, monkeypatch):
    environment = environment_of(command, monkeypatch, OPENBLAS_NUM_THREADS="3")

    assert environment["OPENBLAS_NUM_THREADS"] == "3"


def environment_of(command, monkeypatch, **given):
    """The environment in which Rasa would begin to load."""
    monkeypatch.setattr(launcher.os, "environ", dict(given))

    class Begins(Exception):
        pass

    def begin(*_):
        raise Begins

    monkeypatch.setattr(launcher, "rasa_arguments", begin)
    with pytest.raises(Begins):
        launcher.main(command)
    return launcher.os.environ


def test_serving_sets_the_threads_before_numpy_is_loaded(monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    code = """
import os, sys
from extensions import launcher
assert "numpy" not in sys.modules
launcher.prepare_environment(os.environ, serving=True)
import numpy
from threadpoolctl import threadpool_info
pools = [pool["num_threads"] for pool in threadpool_info() if pool["internal_api"] == "openblas"]
assert pools and set(pools) == {1}, pools
"""
    result = python(code)

    assert result.returncode == 0, result.stderr
