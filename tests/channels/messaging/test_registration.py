"""`make channels`: each provider is told our address where it lets us; what is done by hand is said."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import CompletedProcess, run
from typing import Any

import pytest

from frontdesk.channels.configured import KINDS
from frontdesk.records.models import ChannelHealth
from frontdesk.records.session import Record
from frontdesk.settings import ROOT
from tests.channels.messaging.providers import Providers

PUBLIC = "https://desk.example.org"


class Command:
    """The command on a record of its own, against stand-ins of the providers."""

    def __init__(self, folder: Path, providers: Providers) -> None:
        self.url = f"sqlite:///{folder / 'record.db'}"
        self.providers = providers
        told = {f"CHHA_{name.upper()}": str(value) for name, value in providers.settings().items()}
        self.env = {
            "PATH": "/usr/bin:/bin",
            "CHHA_VAR_DIR": str(folder),
            "CHHA_SECRET_KEY": "k" * 43,
            "CHHA_PUBLIC_URL": PUBLIC,
            "DATABASE_URL": self.url,
            **told,
        }

    def __call__(self, **env: str) -> CompletedProcess[str]:
        return run(
            [sys.executable, "-m", "frontdesk.channels.registration"],
            cwd=ROOT,
            env={**self.env, **env},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def states(self) -> dict[str, str | None]:
        record = Record(self.url)
        try:
            with record.reading() as session:
                return {row.channel: row.webhook for row in session.query(ChannelHealth)}
        finally:
            record.close()


@pytest.fixture
def command(tmp_path: Path, providers: Providers) -> Command:
    return Command(tmp_path, providers)


@pytest.fixture(scope="module")
def registered(
    tmp_path_factory: pytest.TempPathFactory, shared_providers: Providers
) -> tuple[Command, CompletedProcess[str]]:
    """The command with every channel on, and what it said."""
    command = Command(tmp_path_factory.mktemp("registered"), shared_providers)
    return command, command()


def test_providers_that_allow_it_are_told_our_address(
    registered: tuple[Command, CompletedProcess[str]],
) -> None:
    command, done = registered
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = command.providers.webhooks
    assert told["telegram"] == f"{PUBLIC}/channels/telegram"
    assert told["telegram_secret"] == "telegram-secret"
    assert told["whatsapp"] == f"{PUBLIC}/channels/whatsapp"
    assert told["twilio"] == f"{PUBLIC}/channels/twilio"
    assert "Telegram: on at https://desk.example.org/channels/telegram, webhook registered" in done.stdout
    states = command.states()
    assert {states["telegram"], states["whatsapp"], states["twilio"]} == {"registered"}


def test_what_is_to_be_done_by_hand_is_said(registered: tuple[Command, CompletedProcess[str]]) -> None:
    said = registered[1].stdout
    assert "The app's event subscriptions and interactivity must show" in said
    assert f"{PUBLIC}/channels/slack" in said


def test_without_a_public_address_nothing_is_registered_and_it_fails(command: Command) -> None:
    done = command(CHHA_PUBLIC_URL="")
    assert done.returncode == 1
    assert "CHHA_PUBLIC_URL" in done.stdout
    assert "telegram" not in command.providers.webhooks


def test_a_channel_that_is_off_names_what_is_not_set(command: Command) -> None:
    for name in ("CHHA_TELEGRAM_TOKEN", "CHHA_TELEGRAM_SECRET"):
        del command.env[name]
    assert "Telegram: off (CHHA_TELEGRAM_TOKEN, CHHA_TELEGRAM_SECRET not set)" in command().stdout


def test_a_wrong_token_is_said_in_the_providers_words_without_the_token(command: Command) -> None:
    done = command(CHHA_TELEGRAM_TOKEN="1:wrong")
    assert "Unauthorized" in done.stdout
    assert "1:wrong" not in done.stdout + done.stderr
    assert command.states()["telegram"] == "unknown"


def test_a_database_that_does_not_answer_ends_with_a_sentence(command: Command) -> None:
    done = command(DATABASE_URL="postgresql://nobody@127.0.0.1:9/none")
    assert done.returncode == 2
    assert "DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_kind_of_channel_has_its_line(registered: tuple[Command, CompletedProcess[str]]) -> None:
    said = registered[1].stdout
    assert all(f"{kind.title}: " in said for kind in KINDS)
