"""Benchmark: the table for people, the JSON for programs. Pure but for writing the file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, Ratio, ratio

TITLES = {
    "turns": "A turn, from sending to the whole reply",
    "form": "A turn of the application form beside a plain answer (both of this assistant)",
    "flat": "One conversation of many messages",
    "start": "Start",
    "memory": "Resident memory",
    "training": "Training",
    "desk": "The staff console (no part of stock Rasa)",
}


@dataclass
class Row:
    """One line of the table: our figure, the stock one, their ratio; `aim` is what was set for it."""

    section: str
    what: str
    unit: str
    ours: Figure | None
    stock: Figure | None
    ratio: Ratio | None
    aim: str = ""
    note: str = ""
    values: dict[str, list[float]] = field(default_factory=dict)

    @classmethod
    def measured(
        cls,
        section: str,
        what: str,
        unit: str,
        ours: Sequence[float],
        stock: Sequence[float],
        aim: str = "",
        note: str = "",
    ) -> Row:
        """A row of values measured again and again."""
        kept = {"ours": list(ours), "stock": list(stock)}
        return cls(
            section, what, unit, Figure.of(ours), Figure.of(stock), ratio(ours, stock), aim, note, kept
        )

    @classmethod
    def single(
        cls,
        section: str,
        what: str,
        unit: str,
        ours: float,
        stock: float | None,
        aim: str = "",
        note: str = "",
    ) -> Row:
        """A row of values measured once."""
        return cls.measured(section, what, unit, [ours], [] if stock is None else [stock], aim, note)


def table(rows: Sequence[Row]) -> str:
    """The rows as lines of text, section by section in the order given."""
    heads = ("", "this assistant", "p95", "stock Rasa", "p95", "ratio", "aim")
    cells = [
        (
            row.what,
            _number(row.ours.median if row.ours else None, row.unit),
            _number(row.ours.p95 if row.ours else None, row.unit),
            _number(row.stock.median if row.stock else None, row.unit),
            _number(row.stock.p95 if row.stock else None, row.unit),
            _ratio(row.ratio),
            row.aim,
        )
        for row in rows
    ]
    widths = [max(len(line[place]) for line in [heads, *cells]) for place in range(len(heads))]
    lines = [_line(heads, widths)]
    section = ""
    for row, line in zip(rows, cells, strict=True):
        if row.section != section:
            section = row.section
            lines += ["", TITLES.get(section, section)]
        lines.append(_line(line, widths))
        if row.note:
            lines.append(f"    ({row.note})")
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return f"  {cells[0]:<{widths[0]}}  " + "  ".join(
        f"{cell:>{width}}" for cell, width in zip(cells[1:], widths[1:], strict=True)
    )


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    digits = 0 if value >= 100 or (unit == "MB" and value >= 10) else 2 if unit == "×" else 1
    return f"{value:,.{digits}f} {unit}"


def _ratio(found: Ratio | None) -> str:
    if found is None:
        return "–"
    digits = 3 if found.value < 0.1 else 2
    if found.low is None or found.high is None:
        return f"{found.value:.{digits}f}"
    return f"{found.value:.{digits}f} [{found.low:.{digits}f}–{found.high:.{digits}f}]"


def write_json(rows: Sequence[Row], circumstances: dict[str, Any], path: Path) -> None:
    """Everything measured, each single value too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {**circumstances, "rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
