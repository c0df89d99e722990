"""Tests of Rasa's room: a small assistant with the real domain and rules, and an action server that can
misbehave.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import AsyncIterator, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from extensions.launcher import TensorFlowStandIn  # noqa: E402

# As the launcher does: these tests load Rasa, and no component here computes with TensorFlow.
sys.meta_path.insert(0, TensorFlowStandIn())
os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ["SQLALCHEMY_SILENCE_UBER_WARNING"] = "1"

import structlog  # noqa: E402

# Rasa's command line does this; without it structlog prints everything.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

KEY = "a key for tests"
FIELDS = ["consent", "full_name", "email", "review"]
CONFIG = """
recipe: default.v1
assistant_id: fixture
language: en
pipeline:
- name: KeywordIntentClassifier
  case_sensitive: false
policies:
- name: extensions.rule_policy.ShortcutFreeRulePolicy
  core_fallback_action_name: action_fallback
"""
KEYWORDS = {
    "faq/rotation_cost": "cost",
    "chitchat/greet": "hello",
    "decline/off_topic": "football",
    "safety/crisis": "kill myself",
    "apply": "apply",
    "resume": "go on",
    "stop_form": "stop",
    "restart_form": "start over",
    "back": "back",
    "skip": "skip",
    "change_answer": "change",
    "help": "help",
    "explain_why": "why",
    "affirm": "yes",
    "deny": "nope",
    "human": "person",
    "complaint": "complain",
    "status": "status",
    "delete_my_data": "delete",
    "show_my_data": "show me",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], Any], seconds: float = 60.0, what: str = "the condition") -> Any:
    """The condition's value as soon as it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come true within {seconds} seconds")


# --- the action server ----------


def said(
    text: str, act: dict[str, Any] | None = None, events: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """An action's answer as rasa-sdk's dispatcher sends it."""
    empty = {
        "buttons": [],
        "elements": [],
        "template": None,
        "response": None,
        "image": None,
        "attachment": None,
    }
    responses: list[dict[str, Any]] = [{**empty, "text": text, "custom": {}}]
    if act is not None:
        responses.append({**empty, "text": None, "custom": act})
    return {"events": events or [], "responses": responses}


def slot(name: str, value: Any) -> dict[str, Any]:
    return {"event": "slot", "timestamp": None, "name": name, "value": value}


def asked(field: str) -> dict[str, Any]:
    return {"act": "question", "form": "application", "field": field}


def the_form(call: dict[str, Any]) -> dict[str, Any]:
    """A form's action in small: asks one field after the other, leaves on "stop", sends at the review."""
    tracker = call["tracker"]
    message = tracker["latest_message"]
    waiting = tracker["slots"]["requested_slot"]
    if waiting is None:
        return said(
            "First: consent?",
            asked("consent"),
            [slot("requested_slot", "consent"), slot("application_outcome", "open")],
        )
    if message["intent"]["name"] in ("faq", "safety"):
        events = [slot("requested_slot", waiting), slot("application_outcome", "open")]
        return said(f"An answer. And: {waiting}?", asked(waiting), events)
    if message["intent"]["name"] == "stop_form":
        events = [slot("requested_slot", None), slot("application_outcome", "paused")]
        return said("Paused.", {"act": "application", "event": "paused"}, events)
    if waiting == "review":
        return {
            "events": [slot("requested_slot", None), slot("application_outcome", "send")],
            "responses": [],
        }
    following = FIELDS[FIELDS.index(waiting) + 1]
    events = [slot("requested_slot", following), slot("application_outcome", "open")]
    return said(f"{waiting} is {message['text']}. Next: {following}?", asked(following), events)


class ActionServer:
    """Answers Rasa's calls on a free port; `behaviours[action]` may answer, misbehave, or block until
    `released`.
    """

    the_form = staticmethod(the_form)

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.behaviours: dict[str, Callable[[dict[str, Any]], Any]] = {}
        self.released = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self.port = free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhook"

    def start(self) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            # Small answers go out at once: waiting for the other side's receipt costs 40 ms each.
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_POST(self) -> None:
                call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.calls.append(call)
                status, body = outer._answer(call)
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # Rasa did not wait

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def _answer(self, call: dict[str, Any]) -> tuple[int, bytes]:
        name = call["next_action"]
        behaviour = self.behaviours.get(name)
        if behaviour is not None:
            result = behaviour(call)
        elif name == "validate_application_form":
            result = the_form(call)
        else:
            heard = call["tracker"]["latest_message"].get("text")
            result = said(f"{name}: {heard}", {"act": "answer", "action": name})
        if isinstance(result, tuple):
            return result[0], result[1].encode()
        return 200, json.dumps(result).encode()

    def stop(self) -> None:
        self.released.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def reset(self) -> None:
        self.behaviours.clear()
        self.calls.clear()
        self.released.clear()
        if self._server is None:
            self.start()


@pytest.fixture(scope="session")
def action_server_of_session() -> Iterator[ActionServer]:
    server = ActionServer()
    yield server
    server.stop()


@pytest.fixture
def action_server(action_server_of_session: ActionServer) -> Iterator[ActionServer]:
    action_server_of_session.reset()
    yield action_server_of_session
    action_server_of_session.released.set()


# --- the assistant ----------


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Rasa project with the repository's domain, rules, endpoints and credentials, and keywords for
    NLU; trained.
    """
    folder = tmp_path_factory.mktemp("project")
    (folder / "data").mkdir()
    for name in ("domain.yml", "endpoints.yml", "credentials.yml", "data/rules.yml"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "config.yml").write_text(CONFIG)
    examples = [f"- intent: {label}\n  examples: |\n    - {word}\n" for label, word in KEYWORDS.items()]
    (folder / "data" / "nlu.yml").write_text('version: "3.1"\nnlu:\n' + "".join(examples))
    trained = subprocess.run(
        [sys.executable, "-m", "extensions.launcher", "train"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert trained.returncode == 0, trained.stdout + trained.stderr
    return folder


@pytest.fixture(scope="session")
def model(project: Path) -> Path:
    return next((project / "models").glob("*.tar.gz"))


class RasaProcess:
    """A real Rasa behind its launcher, on a free port."""

    def __init__(self, project: Path, folder: Path, action_server: ActionServer, **environment: str) -> None:
        self.port = free_port()
        self.project = project
        self.log = folder / "rasa.log"
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "CHHA_RASA_PORT": str(self.port),
            "CHHA_RASA_KEY": KEY,
            "CHHA_ACTIONS_URL": action_server.url,
            "CHHA_ACTION_TIMEOUT": "3",
            "CHHA_TURN_TIMEOUT": "10",
            "CHHA_TRACKER_URL": f"sqlite:///{folder / 'tracker.db'}",
            **environment,
        }
        self.process: subprocess.Popen | None = None

    def start(self) -> RasaProcess:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "extensions.launcher", "run"],
            cwd=self.project,
            env=self.environment,
            stdout=self.log.open("ab"),
            stderr=subprocess.STDOUT,
        )
        wait_until(self._answers, what=f"Rasa's start ({self.log})")
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        try:
            return requests.get(self.url("/"), timeout=2).status_code == 200
        except requests.ConnectionError:
            return False

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks/rest{path}"

    def post(self, path: str, body: Any, key: str | None = KEY) -> requests.Response:
        headers = {"Content-Type": "application/json"} | ({"X-Frontdesk-Key": key} if key else {})
        data = body if isinstance(body, (str, bytes)) else json.dumps(body)
        return requests.post(self.url(path), data=data, headers=headers, timeout=30)

    def say(self, sender: str, text: Any, **more: Any) -> requests.Response:
        return self.post("/webhook", {"sender": sender, "message": text, **more})

    def turn(self, conversation: str, text: str, message_id: str, **more: Any) -> requests.Response:
        return self.post(
            "/turn", {"conversation": conversation, "text": text, "message_id": message_id, **more}
        )

    def erase(self, conversation: str, key: str = KEY) -> requests.Response:
        path = "/conversations/" + urllib.parse.quote(conversation, safe="")
        return requests.delete(self.url(path), headers={"X-Frontdesk-Key": key}, timeout=10)

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


@pytest.fixture(scope="session")
def rasa_of_session(
    project: Path, action_server_of_session: ActionServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RasaProcess]:
    process = RasaProcess(project, tmp_path_factory.mktemp("rasa"), action_server_of_session).start()
    yield process
    process.stop()


@pytest.fixture
def rasa(rasa_of_session: RasaProcess, action_server: ActionServer) -> RasaProcess:
    """The running Rasa of this session, with an action server in order."""
    return rasa_of_session


@pytest.fixture
def start_rasa(
    project: Path, action_server: ActionServer, tmp_path: Path
) -> Iterator[Callable[..., RasaProcess]]:
    """Starts a Rasa of the test's own, with variables of its environment as keywords."""
    started: list[RasaProcess] = []

    def start(**environment: str) -> RasaProcess:
        started.append(RasaProcess(project, tmp_path, action_server, **environment))
        return started[-1].start()

    yield start
    for process in started:
        process.stop()


@pytest.fixture
def conversation(request: pytest.FixtureRequest) -> str:
    """A conversation of the test's own."""
    return f"{request.node.name[:80]}-{time.monotonic_ns()}"


# --- the assistant in this process ----------


class Desk:
    """A loaded agent with a tracker store of its own, and turns on it."""

    def __init__(self, model: Path, action_server: ActionServer, tracker_url: str) -> None:
        from rasa.core.agent import Agent
        from rasa.utils.endpoints import EndpointConfig

        from extensions.tracker_store import ConversationTrackerStore
        from extensions.turns import TurnRunner

        self.store = ConversationTrackerStore(url=tracker_url)
        self.agent = Agent.load(
            model,
            tracker_store=self.store,
            action_endpoint=EndpointConfig(action_server.url),
        )
        self.turns = TurnRunner(self.agent)
        self._told = 0

    async def hear(self, sender: str, text: str = "", message_id: str | None = None, **more: Any) -> Any:
        """One turn; the result of TurnRunner.run."""
        from extensions.turns import Inbound

        self._told += 1
        return await self.turns.run(
            Inbound(
                sender_id=sender,
                message_id=message_id or f"m{self._told}",
                text=text,
                channel=more.pop("channel", "website"),
                **more,
            )
        )

    async def tracker(self, sender: str) -> Any:
        """The tracker as it is stored."""
        return await self.store.retrieve(sender)


@pytest.fixture
async def desk(
    model: Path, action_server: ActionServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    for name in ("CHHA_TRACKER_URL", "CHHA_ACTIONS_URL", "CHHA_LOCK_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CHHA_ACTION_TIMEOUT", "3")
    monkeypatch.setenv("CHHA_TURN_TIMEOUT", "10")
    desk = Desk(model, action_server, f"sqlite:///{tmp_path / 'tracker.db'}")
    yield desk
    await desk.turns.close()
