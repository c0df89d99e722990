"""Reading YAML that people edit: checked when it is read, taken up again when it changes.

The only place that opens knowledge files; the meaning of them is their modules' concern.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

logger = logging.getLogger(__name__)


class KnowledgeError(ValueError):
    """A content file cannot be used; the text names file, place and what to do."""


def read_yaml(path: Path) -> Any:
    """The parsed content of a YAML file.

    Raises:
        KnowledgeError: it is missing, unreadable, or not YAML (with line and column).
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise KnowledgeError(f"{path} is missing; restore it from the repository.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{path} cannot be read: {error}") from None
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader of our own, below
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise KnowledgeError(f"{path}{where}: {error.problem}. Mend the YAML there.") from None
    except yaml.YAMLError as error:
        raise KnowledgeError(f"{path} is not YAML: {error}") from None


# The loader in C where PyYAML was built with it: an edited answer is live in a tenth of the time.
_Safe: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Safe):  # type: ignore[misc, valid-type]
    """Safe YAML in which a key given twice is an error instead of a silent loss."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=deep)
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} stands twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        made: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return made


def checked[Model: BaseModel](model: type[Model], content: Any, path: Path, place: str = "") -> Model:
    """`content` as `model`.

    Raises:
        KnowledgeError: with the path, the place in it and the reason, in one sentence.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        inside = ": ".join(part for part in (place, where) if part)
        raise KnowledgeError(f"{path}, {inside}: {problem['msg']}.") from None


class Watched[Content]:
    """Content made of files, made again when one of them changes.

    Args:
        sources: gives the files that count (called at each look, so new files are seen).
        make: builds the content from them; its KnowledgeError at the first reading is the caller's, later
            ones are logged and the last good content stays.
        look: gives a stamp that is another one after each change, where that is cheaper than a look at
            every source.
    """

    def __init__(
        self,
        sources: Callable[[], Sequence[Path]],
        make: Callable[[Sequence[Path]], Content],
        look: Callable[[], object] | None = None,
    ):
        self._sources = sources
        self._make = make
        self._look = look or self._stamps
        self._lock = Lock()
        self._stamp: object = None
        self._content: Content | None = None
        self.problem: str | None = None

    def get(self) -> Content:
        """The content as the files are now (or were when they were last good)."""
        stamp = self._look()
        with self._lock:
            if self._content is None:
                self._content = self._make(self._sources())
                self._stamp = stamp
            elif stamp != self._stamp:
                self._stamp = stamp
                try:
                    self._content = self._make(self._sources())
                    self.problem = None
                except KnowledgeError as error:
                    self.problem = str(error)
                    logger.error("Edited content was not taken up: %s", error)
            return self._content

    def _stamps(self) -> object:
        return tuple((path, _stamp(path)) for path in self._sources())


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size
