"""One real Rasa with this project's model and one real action server for the conversations of this room."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from frontdesk.settings import ROOT
from tests.desk import OPEN_ALWAYS
from tests.stack import Assistant, assistant


@pytest.fixture(scope="session")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of knowledge/ that a test may edit."""
    return Path(shutil.copytree(ROOT / "knowledge", tmp_path_factory.mktemp("content") / "knowledge"))


@pytest.fixture(scope="session")
def organization(knowledge: Path) -> Path:
    """An organization.yml that a test may edit; open at all hours."""
    file = knowledge.parent / "organization.yml"
    file.write_text("name: CHHA\n" + OPEN_ALWAYS)
    return file


@pytest.fixture(scope="session")
def talk(
    tmp_path_factory: pytest.TempPathFactory, knowledge: Path, organization: Path
) -> Iterator[Assistant]:
    env = {"CHHA_KNOWLEDGE_DIR": str(knowledge), "CHHA_ORGANIZATION_FILE": str(organization)}
    with assistant(tmp_path_factory.mktemp("assistant"), env=env) as running:
        yield running
