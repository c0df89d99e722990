"""Scores for people (tables, an HTML page with plots) and for programs (JSON)."""

from __future__ import annotations

import html
import json
import statistics
from pathlib import Path

from tests.evaluation.play import Run
from tests.evaluation.scoring import Count

BAR = 260


def print_tables(runs: dict[str, Run], wrong: int = 0) -> None:
    """One line a score, a column a model, with Wilson's 95 % interval."""
    names = list(dict.fromkeys(name for run in runs.values() for name in run.scores))
    width = max((len(name) for name in names), default=10)
    print("\n" + " " * width + "  ".join(f"  {run:>26}" for run in runs))
    for name in names:
        cells = [_cell(run.scores.get(name)) for run in runs.values()]
        print(f"{name:<{width}}  " + "  ".join(f"{cell:>26}" for cell in cells))
    for title, run in runs.items():
        if "questions" in run.details:
            macro = run.details["questions"]["macro"]
            print(f"\n{title}: macro over topics: " + ", ".join(f"{k} {v:.1%}" for k, v in macro.items()))
            print(
                "  most confused: "
                + "; ".join(_confused(one) for one in run.details["questions"]["confusions"][:12])
            )
        if run.milliseconds:
            print(f"{title}: milliseconds a message: median {statistics.median(run.milliseconds):.1f}")
    if wrong:
        for title, run in runs.items():
            for name, count in run.scores.items():
                for one in count.wrong[:wrong]:
                    print(f"  wrong · {title} · {name} · {json.dumps(one, ensure_ascii=False, default=str)}")


def _cell(count: Count | None) -> str:
    if count is None or not count.total:
        return "–"
    low, high = count.interval
    return f"{count.right}/{count.total} {count.share:6.1%} [{low:.0%}–{high:.0%}]"


def _confused(one: dict[str, object]) -> str:
    return f"{one['expected']} → {one['got']} ×{one['times']}"


def write_json(runs: dict[str, Run], path: Path) -> None:
    """Everything, the wrong lines too."""
    content = {
        title: {
            "model": run.model,
            "scores": {
                name: {
                    "right": count.right,
                    "total": count.total,
                    "interval": count.interval,
                    "wrong": count.wrong,
                }
                for name, count in run.scores.items()
            },
            "details": run.details,
            "milliseconds": {"median": statistics.median(run.milliseconds)} if run.milliseconds else {},
        }
        for title, run in runs.items()
    }
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1, default=str), encoding="utf-8")


def write_html(runs: dict[str, Run], path: Path) -> None:
    """A page that stands alone: bars with intervals, worst topics, confusions, wrong lines."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>Evaluation</title>",
        "<style>body{font:15px/1.5 system-ui;max-width:1000px;margin:2rem auto;padding:0 1rem}"
        "table{border-collapse:collapse;width:100%}td,th{padding:.25rem .6rem;text-align:left;"
        "border-bottom:1px solid #ddd;vertical-align:top}summary{cursor:pointer}</style><h1>Evaluation</h1>",
    ]
    for title, run in runs.items():
        parts.append(f"<h2>{html.escape(title)}: {html.escape(Path(run.model).name)}</h2><table>")
        for name, count in run.scores.items():
            parts.append(f"<tr><td>{html.escape(name)}<td>{html.escape(_cell(count))}<td>{_bar(count)}")
        parts.append("</table>")
        if "questions" in run.details:
            parts.append("<h3>Worst topics</h3><table><tr><th>topic<th>right<th>wrong lines")
            for one in run.details["questions"]["worst"]:
                lines = "<br>".join(
                    html.escape(f"{wrong['text']} → {wrong['got']}") for wrong in one["wrong"]
                )
                parts.append(f"<tr><td>{one['topic']}<td>{one['right']}/{one['total']}<td>{lines}")
            parts.append("</table>")
        for name, count in run.scores.items():
            if count.wrong:
                listed = "".join(
                    f"<li>{html.escape(json.dumps(one, ensure_ascii=False, default=str))}"
                    for one in count.wrong
                )
                summary = f"{html.escape(name)}: {len(count.wrong)} wrong"
                parts.append(f"<details><summary>{summary}</summary><ul>{listed}</ul></details>")
    path.write_text("\n".join(parts), encoding="utf-8")


def _bar(count: Count) -> str:
    """The share as a bar with its interval, readable in black and white."""
    if not count.total:
        return ""
    low, high = count.interval
    return (
        f"<svg width={BAR} height=18 role=img aria-label='{count.share:.0%}'>"
        f"<rect width={BAR} height=18 fill='#eee'/>"
        f"<rect width={BAR * count.share:.0f} height=18 fill='#4a7a8c'/>"
        f"<line x1={BAR * low:.0f} x2={BAR * high:.0f} y1=9 y2=9 stroke='#000' stroke-width=2 /></svg>"
    )
