"""What the console's forms say of an answer or of CHHA's facts, as plain data and back.

Fields of the organization are made of its model, so a new key of organization.yml is editable at once; their
hints are the comments of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, get_args

import yaml
from pydantic import BaseModel

from frontdesk.knowledge.editing import Plain, plain
from frontdesk.knowledge.files import KnowledgeError
from frontdesk.knowledge.organization import WEEKDAYS, Organization

PART: Final = " | "
# A source that shows an address of organization.yml, in a line of the form.
FACT: Final = "fact:"

# The keys of a topic that have a field of their own in the form.
TOPIC_TEXTS: Final = ("question", "answer", "short", "stability", "reviewed", "notes", "tier")

Read = Callable[[str], str]


def topic_form(entry: Plain) -> dict[str, str]:
    """An entry as the texts of the form's fields."""
    form = {name: " ".join(str(entry.get(name) or "").split()) for name in TOPIC_TEXTS}
    form["answer_with"] = " ".join((entry.get("answer_with") or {}).get("text", "").split())
    form["sources"] = "\n".join(_source_line(one) for one in entry.get("sources") or [])
    form["evidence"] = "\n".join(str(one) for one in entry.get("evidence") or [])
    following = [*(entry.get("next") or []), "", ""]
    form["next1"], form["next2"] = following[:2]
    rows = (entry.get("by_subject") or {}).items()
    form["by_subject"] = "\n".join(
        PART.join(part for part in (name, str(one.get("years", "")), one.get("note")) if part)
        for name, one in rows
    )
    return form


def topic_wanted(entry: Plain, read: Read) -> Plain:
    """What a form wants the entry to be: the keys that the form has.

    Args:
        read: gives the text of a field.

    Raises:
        KnowledgeError: a line cannot be read; the text says which.
    """
    wanted: Plain = {name: " ".join(read(name).split()) or None for name in TOPIC_TEXTS}
    wanted["sources"] = [_source(line) for line in _lines(read("sources"))]
    wanted["evidence"] = _lines(read("evidence"))
    wanted["next"] = [one for one in (read("next1"), read("next2")) if one]
    if entry.get("answer_with"):
        wanted["answer_with"] = {**entry["answer_with"], "text": " ".join(read("answer_with").split())}
    if entry.get("by_subject"):
        wanted["by_subject"] = dict(_subject_row(line) for line in _lines(read("by_subject")))
    return wanted


def _source_line(source: Plain) -> str:
    where = source.get("url") or f"{FACT}{source.get('organization') or ''}"
    return f"{source.get('title', '')}{PART}{where}"


def _source(line: str) -> Plain:
    title, _, where = (part.strip() for part in line.rpartition("|"))
    if not title or not where:
        raise KnowledgeError(f"Source “{line[:80]}”: write title, |, address, such as “AAMC | https://…”.")
    if where.startswith(FACT):
        return {"title": title, "organization": where.removeprefix(FACT).strip()}
    return {"title": title, "url": where}


def _subject_row(line: str) -> tuple[str, Plain]:
    parts = [part.strip() for part in line.split("|")]
    if not 2 <= len(parts) <= 3 or not all(parts):
        raise KnowledgeError(f"Row “{line[:80]}”: write subject | years, or subject | years | note.")
    row: Plain = {"years": parts[1]}
    return parts[0], {**row, "note": parts[2]} if len(parts) == 3 else row


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


@dataclass(frozen=True)
class Fact:
    """One field of the form. `kind`: text, long, lines, number, choice, spans, yaml. `path` is its key."""

    path: str
    kind: str
    label: str
    hint: str
    value: str


@dataclass(frozen=True)
class Facts:
    """Fields under one heading of the file."""

    title: str
    items: Sequence[Fact] = field(default_factory=tuple)


def facts(entry: Plain, path: Path) -> list[Facts]:
    """The organization's fields under the headings of the file, in the file's order."""
    hints, headings, order = _comments(path)
    groups: dict[str, list[Fact]] = {}
    heading = "General"
    known = list(Organization.model_fields)
    for key in [*(one for one in order if one in known), *(one for one in known if one not in order)]:
        heading = headings.get(key, heading)
        for where, kind in _fields_of(key, Organization.model_fields[key].annotation):
            groups.setdefault(heading, []).append(
                Fact(where, kind, _label(where), hints.get(where, ""), _shown(_at(entry, where), kind))
            )
    return [Facts(title, items) for title, items in groups.items()]


def facts_wanted(entry: Plain, read: Read) -> Plain:
    """What a form wants organization.yml to say: every key of the model.

    Raises:
        KnowledgeError: a field cannot be read; the text says which.
    """
    wanted: Plain = {}
    for key, info in Organization.model_fields.items():
        for where, kind in _fields_of(key, info.annotation):
            _put(wanted, where, _value(read(where), kind, where, _at(entry, where)))
        if isinstance(wanted.get(key), dict):
            wanted[key] = _block(wanted[key], entry.get(key), info.annotation)
    return wanted


def _block(wanted: Plain, current: Any, annotation: Any) -> Plain | None:
    """A block of keys: what is empty in it stays as an empty line with its comment where the file has one."""
    kept = current if isinstance(current, dict) else {}
    inner = _model_in(annotation)
    needs_all = inner is not None and any(one.is_required() for one in inner.model_fields.values())
    if all(value in (None, [], "", {}) for value in wanted.values()) and (needs_all or not kept):
        return None
    return {name: value for name, value in wanted.items() if value not in (None, []) or name in kept}


def _fields_of(key: str, annotation: Any) -> Iterator[tuple[str, str]]:
    """The fields of a key: (path, kind)."""
    inner = _model_in(annotation)
    if inner is not None and not _holds(annotation, list):
        for name, info in inner.model_fields.items():
            if name == "weekly":
                yield from ((f"{key}.weekly.{day}", "spans") for day in WEEKDAYS)
            else:
                yield from _fields_of(f"{key}.{name}", info.annotation)
    elif inner is not None or _holds(annotation, dict):
        yield key, "yaml"
    elif _holds(annotation, list):
        yield key, "lines"
    elif _holds(annotation, bool):
        yield key, "choice"
    elif _holds(annotation, int):
        yield key, "number"
    else:
        yield key, "long" if key.endswith((".text", "_notice")) else "text"


def _types(annotation: Any) -> set[Any]:
    parts = [one for one in get_args(annotation) if isinstance(one, type) or get_args(one)]
    origin = getattr(annotation, "__origin__", None)
    own = {annotation} if isinstance(annotation, type) else set()
    return own.union({origin} if origin else set(), *(_types(one) for one in parts))


def _holds(annotation: Any, kind: type) -> bool:
    return kind in _types(annotation)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    return next(
        (one for one in _types(annotation) if isinstance(one, type) and issubclass(one, BaseModel)), None
    )


_DAYS: Final = dict(
    zip(
        WEEKDAYS,
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        strict=True,
    )
)


def _label(path: str) -> str:
    *outer, name = path.split(".")
    if outer[-1:] == ["weekly"]:
        return _DAYS[name]
    words = name.replace("_", " ")
    for short, right in (("url", "web address"), ("lor", "LOR"), ("org ", "organization ")):
        words = re.sub(rf"\b{short}", right, words)
    label = f"{outer[0].replace('_', ' ')}: {words}" if outer else words
    return label[0].upper() + label[1:]


def _at(entry: Plain, path: str) -> Any:
    value: Any = entry
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _put(wanted: Plain, path: str, value: Any) -> None:
    *outer, name = path.split(".")
    node = wanted
    for part in outer:
        node = node.setdefault(part, {})
    if outer[-1:] == ["weekly"] and not value:
        return  # a day that is not listed is closed
    node[name] = value


def _shown(value: Any, kind: str) -> str:
    if value is None or value == []:
        return ""
    if kind == "yaml":
        return str(yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=4096)).strip()
    if kind == "lines":
        return "\n".join(str(one) for one in value) if isinstance(value, list) else str(value)
    if kind == "spans":
        return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(str(value).split())


_READ: Final[dict[str, Callable[[str], Any]]] = {
    "lines": _lines,
    "spans": lambda words: [one.strip() for one in words.split(",") if one.strip()],
    "choice": {"yes": True, "no": False}.get,
    "number": lambda words: int(words) if re.fullmatch(r"\d{1,9}", words) else words or None,
}


def _value(text: str, kind: str, path: str, current: Any) -> Any:
    words = text.strip()
    if words.splitlines() == _shown(current, kind).splitlines():
        return current
    if kind == "yaml":
        return _parsed(words, path)
    return _READ[kind](words) if kind in _READ else " ".join(words.split()) or None


def _parsed(text: str, path: str) -> Any:
    if not text:
        return []
    try:
        return plain(yaml.safe_load(text))
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise KnowledgeError(f"{path}{line}: {error.problem}.") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise KnowledgeError(f"{path}: this cannot be read as YAML.") from None


_KEY_LINE = re.compile(r"^( *)([a-z_]+):(?:[^#\"']|\"[^\"]*\"|'[^']*')*?(?:#\s*(.*))?$")
HEADING_LIMIT: Final = 40


def _comments(path: Path) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """Of organization.yml: path → comment behind it, key → heading above it, keys in order."""
    hints: dict[str, str] = {}
    headings: dict[str, str] = {}
    order: list[str] = []
    open_keys: list[tuple[int, str]] = []
    above: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            above.append(line.lstrip("# ").strip())
            continue
        if not line.strip():
            above = []
            continue
        found = _KEY_LINE.match(line)
        if found is None:
            continue
        indent, key, comment = len(found[1]), found[2], found[3]
        while open_keys and open_keys[-1][0] >= indent:
            open_keys.pop()
        if indent and not open_keys:
            continue
        where = ".".join([*(name for _, name in open_keys), key])
        open_keys.append((indent, key))
        if indent == 0:
            order.append(key)
            if len(above) == 1 and len(above[0]) <= HEADING_LIMIT:
                headings[key] = above[0]
            elif above:
                hints[where] = " ".join(above)
            above = []
        if comment:
            hints[where] = comment.strip()
    return hints, headings, order
