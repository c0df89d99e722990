"""Editing the content files by program: one entry changed, everything else kept to the letter, comments too.

A change is checked by reading the whole content as it would be, by the same checks as at load, before the
file is replaced in one step. Who may change what, and the history of it, are the console's concern.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import io
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, FoldedScalarString, ScalarString

from frontdesk.knowledge.files import KnowledgeError, read_yaml
from frontdesk.knowledge.organization import read_organization
from frontdesk.knowledge.topics import Topic, read_topics

ORGANIZATION: Final = "organization"
TOPIC: Final = "topics/"
LINE: Final = 108
# From this length on a text stands folded over several lines.
FOLDED_FROM: Final = 90

type Plain = dict[str, Any]


class EditConflict(RuntimeError):
    """What was to be changed is no longer what it was. `keys`: which of it."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__(
            f"Somebody changed {', '.join(keys)} meanwhile. Load the page again and repeat yours."
        )
        self.keys = keys


class UnknownSubject(LookupError):
    """There is no such answer."""


@dataclass(frozen=True)
class Files:
    """Where the content is. `lock`: a file that whoever writes holds, shared by all processes."""

    knowledge: Path
    organization: Path
    lock: Path

    @property
    def topics(self) -> list[Path]:
        return sorted((self.knowledge / "topics").glob("*.yml"))

    @contextmanager
    def held(self) -> Iterator[None]:
        """One writer at a time on this machine."""
        self.lock.parent.mkdir(parents=True, exist_ok=True)
        with self.lock.open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def plain(value: Any) -> Any:
    """Parsed YAML as JSON can hold it: dates become ISO text."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def entry(files: Files, subject: str) -> Plain:
    """A topic or the organization as it stands in its file, as plain data.

    Raises:
        UnknownSubject, KnowledgeError
    """
    found = _located(files, subject)[1]
    return {str(key): plain(value) for key, value in found.items()}


def check(files: Files, subject: str, before: Plain, after: Plain) -> None:
    """Whether the change could be made now.

    Raises:
        EditConflict, UnknownSubject
        KnowledgeError: the content would not be usable; one sentence with the place and the reason.
    """
    path, text = _changed(files, subject, before, after)
    _check_text(files, subject, path, text, after)


def apply(files: Files, subject: str, before: Plain, after: Plain) -> Restore:
    """Make the change, checked as by `check`; the caller holds `files.held()`.

    Args:
        before: key → value that it must have now; None where the key is missing.
        after: key → its new value; None removes it (in organization.yml: empties it).

    Returns:
        What undoes it, for when the caller's own record of it cannot be kept.

    Raises:
        EditConflict, UnknownSubject, KnowledgeError
    """
    path, text = _changed(files, subject, before, after)
    _check_text(files, subject, path, text, after)
    old = path.read_text(encoding="utf-8")
    _replace(path, text)
    return Restore(path, old)


@dataclass(frozen=True)
class Restore:
    """A file as it was."""

    path: Path
    text: str

    def __call__(self) -> None:
        _replace(self.path, self.text)


def _located(files: Files, subject: str) -> tuple[Path, dict[str, Any], int | None]:
    """The file of a subject, its content by the reader of the house, and its place in the list of topics."""
    if subject == ORGANIZATION:
        content = read_yaml(files.organization)
        return files.organization, content if isinstance(content, dict) else {}, None
    topic_id = subject.removeprefix(TOPIC)
    for path in files.topics:
        content = read_yaml(path)
        for place, one in enumerate(content.get("topics") or []):
            if isinstance(one, dict) and one.get("id") == topic_id:
                return path, one, place
    raise UnknownSubject(subject)


def _changed(files: Files, subject: str, before: Plain, after: Plain) -> tuple[Path, str]:
    path, current, place = _located(files, subject)
    stale = [key for key, value in before.items() if not same(plain(current.get(key)), value)]
    if stale:
        raise EditConflict(stale)
    tool = _tool()
    document = tool.load(path.read_text(encoding="utf-8"))
    if document is None:
        document = CommentedMap()
    node = document if place is None else document["topics"][place]
    for key, value in after.items():
        _set(node, key, value, empties=place is None)
    out = io.StringIO()
    tool.dump(document, out)
    return path, out.getvalue()


def same(one: Any, other: Any) -> bool:
    """Whether two values say the same: empty is empty, and how a text is folded does not matter."""
    if isinstance(one, str) and isinstance(other, str):
        return one.split() == other.split()
    if isinstance(one, dict) and isinstance(other, dict):
        return all(same(one.get(key), other.get(key)) for key in {*one, *other})
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    empty: tuple[Any, ...] = (None, "", [], {})
    if any(one == blank for blank in empty) and any(other == blank for blank in empty):
        return True
    return bool(one == other) and type(one) is type(other)


def _check_text(files: Files, subject: str, path: Path, text: str, after: Plain) -> None:
    trial = _written_beside(path, text)
    try:
        if subject == ORGANIZATION:
            read_organization(trial)
            read = read_yaml(trial) or {}
        else:
            read_topics([trial if one == path else one for one in files.topics])
            listed = read_yaml(trial)["topics"]
            read = next(one for one in listed if one["id"] == subject.removeprefix(TOPIC))
        for key, value in after.items():
            if not same(plain(read.get(key)), value):
                raise KnowledgeError(f"{path}, {key}: this cannot be kept as it is; write it more plainly.")
    except KnowledgeError as error:
        raise KnowledgeError(
            str(error).replace(str(trial), path.name).replace(str(path), path.name)
        ) from None
    finally:
        trial.unlink(missing_ok=True)


def _written_beside(path: Path, text: str) -> Path:
    """A new file beside `path`, hidden and not ending in .yml, so that nobody reads it as content."""
    made = path.parent / f".{path.name}.{secrets.token_hex(4)}.tmp"
    try:
        with made.open("x", encoding="utf-8") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
    except OSError as error:
        made.unlink(missing_ok=True)
        raise KnowledgeError(
            f"{path.name} cannot be written here ({error.strerror}); change it in the repository instead."
        ) from None
    return made


def _replace(path: Path, text: str) -> None:
    """The whole new file or the whole old one, whatever happens."""
    path = path.resolve()
    made = _written_beside(path, text)
    made.chmod(path.stat().st_mode & 0o777)
    made.replace(path)


def _tool() -> YAML:
    made = YAML()
    made.preserve_quotes = True
    made.width = 4096  # lines are folded where we say, and stay where they were
    made.indent(mapping=2, sequence=4, offset=2)
    return made


# The order of a topic's keys, for those that are new in it.
_ORDER: Final = list(Topic.model_fields)


def _set(node: CommentedMap, key: str, value: Any, *, empties: bool) -> None:
    if value in (None, "", [], {}) and not isinstance(value, bool):
        if not empties:
            node.pop(key, None)
        elif isinstance(node.get(key), CommentedSeq) or value == []:
            node[key] = _list([], node.get(key))
        elif key in node:
            node[key] = None
        return
    old = node.get(key)
    if isinstance(value, dict) and isinstance(old, CommentedMap):
        for gone in [one for one in old if one not in value]:
            del old[gone]
        for name, one in value.items():
            if not same(plain(old.get(name)), one) or name not in old:
                _set_inside(old, name, one)
        return
    made = _node(value, old, key)
    if key in node or empties:
        node[key] = made
    else:
        later = [one for one in node if one in _ORDER and _ORDER.index(one) > _order(key)]
        node.insert(list(node).index(later[0]) if later else len(node), key, made)


def _set_inside(node: CommentedMap, key: str, value: Any) -> None:
    old = node.get(key)
    node[key] = None if value is None else _node(value, old, key)


def _order(key: str) -> int:
    return _ORDER.index(key) if key in _ORDER else len(_ORDER)


def _node(value: Any, old: Any, key: str) -> Any:
    if isinstance(value, dict):
        made = CommentedMap()
        if isinstance(old, CommentedMap) and old.fa.flow_style():
            made.fa.set_flow_style()
        for name, one in value.items():
            made[name] = _node(one, old.get(name) if isinstance(old, CommentedMap) else None, name)
        return made
    if isinstance(value, list):
        return _list(value, old)
    if isinstance(value, str):
        return _date(value) if key == "reviewed" else _text(value, old)
    return value


def _list(values: list[Any], old: Any) -> CommentedSeq:
    kept = list(old) if isinstance(old, CommentedSeq) else []
    made = CommentedSeq()
    for place, value in enumerate(values):
        like = next((one for one in kept if same(plain(one), value)), None)
        beside = kept[place] if place < len(kept) else (kept[0] if kept else None)
        made.append(like if like is not None else _node(value, beside, ""))
    whole = all(isinstance(one, str | int | dt.date) for one in values)
    in_line = old.fa.flow_style() if isinstance(old, CommentedSeq) and old else whole
    if in_line or not values:
        made.fa.set_flow_style()
    elif isinstance(old, CommentedSeq) and old:
        made.fa.set_block_style()
        # The empty line after a list belongs to its last item.
        comment = old.ca.items.get(len(old) - 1)
        if comment is not None:
            made.ca.items[len(made) - 1] = comment
    return made


def _date(text: str) -> Any:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return text  # the check says what is wrong with it


def _text(text: str, old: Any) -> Any:
    flat = " ".join(text.split())
    if isinstance(old, FoldedScalarString) or len(flat) > FOLDED_FROM:
        return _folded(flat)
    if isinstance(old, ScalarString):
        return type(old)(flat)
    return flat if _is_plain(flat) else DoubleQuotedScalarString(flat)


def _is_plain(text: str) -> bool:
    """Whether the text can stand without quotation marks, for the YAML 1.1 of our reader too."""
    try:
        return bool(yaml.safe_load(f"key: {text}") == {"key": text})
    except yaml.YAMLError:
        return False


def _folded(text: str) -> Any:
    made: Any = FoldedScalarString(text)
    folds, begin, last = [], 0, -1
    for at, sign in enumerate(text):
        if sign == " ":
            last = at
        if at - begin >= LINE - 6 and last > begin:
            folds.append(last)
            begin = last + 1
    made.fold_pos = folds
    return made
