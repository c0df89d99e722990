"""What a parser says about an answer. Shared by all parsers; no parser is imported here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

type Value = str | int | list[str] | None


@dataclass(frozen=True)
class Certain:
    """The answer says this and nothing else."""

    value: Value


@dataclass(frozen=True)
class Confirm:
    """The answer probably says this: `ask` names the question of `knowledge/application.yml` that makes sure.

    `otherwise` is what a "no" means, where a "no" says something.
    """

    value: Value
    ask: str
    details: Mapping[str, str] = field(default_factory=dict)
    otherwise: Certain | None = None


@dataclass(frozen=True)
class Unclear:
    """The answer is about the field but does not settle it. `ask` as above.

    `kept` is what may be put together with the next answer (a phone number whose country is not known);
    `options` are the values between which the next answer decides.
    """

    ask: str
    details: Mapping[str, str] = field(default_factory=dict)
    kept: str | None = None
    options: tuple[str, ...] = ()


type Parsed = Certain | Confirm | Unclear | None
"""None: the text is no answer to the field."""


def doubted(parsed: Parsed) -> Parsed:
    """What was read with slips mended is asked about before it counts."""
    return Confirm(parsed.value, "confirm_read") if isinstance(parsed, Certain) else parsed


@dataclass(frozen=True)
class Context:
    """What a parser may know besides the text.

    Args:
        today: dates are resolved against it.
        values: the answers so far, under the field names.
        regions: countries (alpha-2) that the applicant was heard to be in or from, best first.
    """

    today: dt.date
    values: Mapping[str, Any] = field(default_factory=dict)
    regions: tuple[str, ...] = ()
