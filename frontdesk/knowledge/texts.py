"""Short texts, one file of `knowledge/` a concern: documents, resuming, privacy, mail.

Each file holds `texts:`, key → words with {details}; edits are live at once.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from frontdesk.knowledge.files import Watched, checked, read_yaml
from frontdesk.settings import settings


class Texts(BaseModel):
    """The texts of one file."""

    model_config = ConfigDict(extra="forbid")

    texts: dict[str, str]

    def said(self, key: str, **details: object) -> str:
        """A text in one line, its details filled in.

        Raises:
            KeyError: there is no such text.
        """
        return " ".join(self.texts[key].split()).format_map(_Details(details))

    def written(self, key: str, **details: object) -> str:
        """A text with its lines as they stand, its details filled in: for letters.

        Raises:
            KeyError: there is no such text.
        """
        return self.texts[key].strip().format_map(_Details(details))


class _Details(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        # An editor may write a brace that means nothing; the reader then sees it as written.
        return "{" + key + "}"


@lru_cache(maxsize=16)
def _watched(path: Path) -> Watched[Texts]:
    return Watched(lambda: [path], lambda paths: checked(Texts, read_yaml(paths[0]), paths[0]))


def texts(name: str, folder: Path | None = None) -> Texts:
    """The texts of `name`.yml as the file is now.

    Raises:
        KnowledgeError: one sentence with the file and what to do.
    """
    return _watched((folder or settings().knowledge_dir) / f"{name}.yml").get()
