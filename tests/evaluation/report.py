"""Scores for people (tables, an HTML page with plots) and for programs (JSON)."""

from __future__ import annotations

import html
import json
import statistics
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.evaluation.play import Run
from tests.evaluation.scoring import Count

WORST = 20
CONFUSIONS = 40
# Which score of the sets asks the same as a cross-validated one.
BESIDE = {
    "topics: top-1": "questions: top-1",
    "topics: among the first three": "questions: top-1 or offered",
    "topics: not taken for something declined": "questions: not declined by mistake",
    "declined subjects: recognised as such": "out of scope: near",
    "safety: recognised": "out of scope: crisis",
    "no false alarm": "questions: no false alarm",
}
Folds = dict[str, Any] | None

# --- tables in the terminal ---


def print_tables(runs: dict[str, Run], folds: Folds, wrong: int = 0) -> None:
    """One line a score, a column a model, with Wilson's 95 % interval; then the cross-validated figures."""
    names = list(dict.fromkeys(name for run in runs.values() for name in run.scores))
    width = max((len(name) for name in [*names, *BESIDE]), default=10)
    print("\n" + " " * width + "  ".join(f"  {run:>26}" for run in runs))
    for name in names:
        cells = [cell(run.scores.get(name)) for run in runs.values()]
        print(f"{name:<{width}}  " + "  ".join(f"{one:>26}" for one in cells))
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
    if folds:
        print_folds(next(iter(runs.values())), folds, width)
    if wrong:
        for title, run in runs.items():
            for name, count in run.scores.items():
                for one in count.wrong[:wrong]:
                    print(f"  wrong · {title} · {name} · {json.dumps(one, ensure_ascii=False, default=str)}")


def print_folds(run: Run, folds: dict[str, Any], width: int) -> None:
    """The cross-validated figures, the set's beside them, and the worst topics."""
    print("\n" + " " * width + f"  {'cross-validated':>28}{'on the sets':>28}")
    for name, count, beside in folded_rows(run, folds):
        print(f"{name:<{width}}  {cell(count):>28}{cell(beside):>28}")
    for name, share, beside_share in macro_rows(run, folds):
        print(f"{name:<{width}}  {share:>28.1%}" + ("" if beside_share is None else f"{beside_share:>28.1%}"))
    print(f"\nThe {WORST} worst topics, cross-validated:")
    for one in worst_topics(run, folds):
        taken = ", ".join(f"{name} ×{times}" for name, times in one["taken_for"][:3])
        print(f"  {one['topic']:<32}{one['count'].share:6.1%} of {one['count'].total:<4} taken for {taken}")


def cell(count: Count | None) -> str:
    if count is None or not count.total:
        return "–"
    low, high = count.interval
    return f"{count.right}/{count.total} {count.share:6.1%} [{low:.0%}–{high:.0%}]"


def _confused(one: dict[str, object]) -> str:
    return f"{one['expected']} → {one['got']} ×{one['times']}"


# --- figures ---


def folded_rows(run: Run, folds: dict[str, Any]) -> list[tuple[str, Count, Count | None]]:
    """(name, cross-validated, the like score of the sets) of each figure."""
    return [
        (name, Count(right, total), run.scores.get(BESIDE.get(name, "")))
        for name, (right, total) in folds["counts"].items()
    ]


def macro_rows(run: Run, folds: dict[str, Any]) -> list[tuple[str, float, float | None]]:
    """(name, cross-validated, on the set) of the means over core, extended and all topics."""
    questions = run.details.get("questions", {})
    extended = set(questions.get("extended", ()))
    shares: dict[str, list[float]] = {"core": [], "extended": [], "all": []}
    for label, one in folds["labels"].items():
        if label.startswith("faq/") and one["total"]:
            share = one["right"] / one["total"]
            shares["extended" if label[4:] in extended else "core"].append(share)
            shares["all"].append(share)
    return [
        (f"macro over topics: {name}", sum(listed) / len(listed), questions.get("macro", {}).get(name))
        for name, listed in shares.items()
        if listed
    ]


def worst_topics(run: Run, folds: dict[str, Any]) -> list[dict[str, Any]]:
    """The topics that cross-validation gets right least often, what they are taken for, the set's count."""
    on_sets = {one["topic"]: one for one in run.details.get("questions", {}).get("topics", ())}
    listed = [
        {
            "topic": label[4:],
            "count": Count(one["right"], one["total"]),
            "taken_for": [(name.removeprefix("faq/"), times) for name, times in one["taken_for"]],
            "on_set": on_sets.get(label[4:]),
        }
        for label, one in folds["labels"].items()
        if label.startswith("faq/") and one["total"]
    ]
    return sorted(listed, key=lambda one: one["count"].share)[:WORST]


def worst_on_sets(run: Run, folds: Folds) -> list[dict[str, Any]]:
    """The topics that the set gets right least often, with the lines that went wrong."""
    labels = (folds or {}).get("labels", {})
    found = []
    for one in run.details.get("questions", {}).get("topics", ())[:WORST]:
        if one["right"] < one["total"]:
            folded = labels.get(f"faq/{one['topic']}")
            count = Count(folded["right"], folded["total"]) if folded else None
            found.append({**one, "count": Count(one["right"], one["total"]), "folded": count})
    return found


def write_json(runs: dict[str, Run], folds: Folds, path: Path) -> None:
    """Everything, the wrong lines too."""
    content: dict[str, Any] = {
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
            "understanding": run.understanding,
            "milliseconds": {"median": statistics.median(run.milliseconds)} if run.milliseconds else {},
        }
        for title, run in runs.items()
    }
    if folds:
        content["cross-validated"] = folds
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1, default=str), encoding="utf-8")


# --- the page ---

STYLE = """
:root{color-scheme:light dark;--ink:#1d2a30;--soft:#5a6970;--line:#d9e0e3;--paper:#fff;--band:#f3f6f7;
--bar:#3f7688;--other:#b0641e;--rest:#e3eaed}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf0;--soft:#9fb0b8;--line:#33424a;--paper:#12191d;
--band:#1a2429;--bar:#6fb0c4;--other:#e0a060;--rest:#2a373e}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:64rem;
margin:0 auto;padding:1rem 1rem 4rem}
h1{font-size:1.6rem;margin:.5rem 0}h2{font-size:1.25rem;margin:2.5rem 0 .5rem}
p{max-width:44rem;color:var(--soft);margin:.3rem 0 .8rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th{font-weight:600;color:var(--soft);text-align:left;white-space:nowrap}
td,th{padding:.4rem .7rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td.n{white-space:nowrap;font-variant-numeric:tabular-nums}
td.name{overflow-wrap:anywhere;min-width:13.5rem}
.lines{font-size:.86rem;color:var(--soft);min-width:14rem}
.lines div{margin-bottom:.2rem}.lines b{color:var(--ink);font-weight:500}
svg{display:block;max-width:100%}
.bar{width:9rem;height:1.1rem}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:1.5rem}
figure{margin:0}figcaption{font-size:.86rem;color:var(--soft)}
details{border-bottom:1px solid var(--line);padding:.35rem 0}summary{cursor:pointer}
details li{font-size:.86rem;overflow-wrap:anywhere;margin:.2rem 0}
text{fill:var(--soft);font-size:11px}
@media (max-width:40rem){
.stack thead{display:none}.stack tr{display:block;padding:.6rem 0;border-bottom:1px solid var(--line)}
.stack td{display:block;border:0;padding:.1rem 0}.stack td:empty{display:none}
.stack td.name{font-weight:600;min-width:0}
.stack td[data-head]:before{content:attr(data-head) ": ";color:var(--soft)}
.bar{width:100%}}
"""


def write_html(runs: dict[str, Run], folds: Folds, path: Path) -> None:
    """A page that stands alone: scores with intervals, folds, plots, worst topics, wrong lines."""
    first = next(iter(runs.values()))
    parts = [
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Evaluation</title>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        f"<style>{STYLE}</style></head><body><h1>Evaluation</h1>",
        "<p>Each share stands with its 95 % interval (Wilson), drawn as a line over its bar.</p>",
        *(_scores(runs)),
    ]
    if folds:
        parts += [*_folded(first, folds), *_plots(runs, folds), *_worst_folded(first, folds)]
    elif any(run.understanding.get("reliability") for run in runs.values()):
        parts += _plots(runs, folds)
    for title, run in runs.items():
        parts += [*_worst_of_set(title, run, folds), *_confusions(title, run, folds), *_wrong(title, run)]
    parts.append("</body></html>")
    path.write_text("\n".join(parts), encoding="utf-8")


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table whose rows become blocks on a phone; the first column names the row."""
    heads = list(heads)
    lines = []
    for row in rows:
        cells = []
        for place, (head, content) in enumerate(zip(heads, row, strict=True)):
            kind = "name" if place == 0 else "lines" if content.startswith("<div") else "n"
            said = f" data-head='{head}'" if head and place else ""
            cells.append(f"<td class={kind}{said}>{content}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    head = "".join(f"<th>{name}</th>" for name in heads)
    return (
        f"<div class=scroll><table class=stack><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}"
        "</tbody></table></div>"
    )


def _scores(runs: dict[str, Run]) -> list[str]:
    names = list(dict.fromkeys(name for run in runs.values() for name in run.scores))
    heads = ["", *(column for title in runs for column in (title if len(runs) > 1 else "score", ""))]
    rows = [
        [html.escape(name)]
        + [content for run in runs.values() for content in _cell_and_bar(run.scores.get(name))]
        for name in names
    ]
    told = []
    for title, run in runs.items():
        macro = run.details.get("questions", {}).get("macro", {})
        means = ", ".join(f"{name} {share:.1%}" for name, share in macro.items())
        speed = f"{statistics.median(run.milliseconds):.1f} ms a message (median)" if run.milliseconds else ""
        model = Path(run.model).name
        words = [f"{title}: {model}", f"macro over topics: {means}" if means else "", speed]
        told.append(f"<p>{html.escape('; '.join(filter(None, words)))}.</p>")
    return ["<h2>On the sets</h2>", *told, _table(heads, rows)]


def _cell_and_bar(count: Count | None) -> tuple[str, str]:
    return html.escape(cell(count)), _bar(count)


def _bar(count: Count | None) -> str:
    """The share as a bar with its interval, readable in black and white."""
    if count is None or not count.total:
        return ""
    low, high = (200 * end for end in count.interval)
    return (
        "<svg class=bar viewBox='0 0 200 16' preserveAspectRatio=none role=img "
        f"aria-label='{count.share:.0%}'>"
        "<rect width=200 height=16 fill='var(--rest)'/>"
        f"<rect width={200 * count.share:.1f} height=16 fill='var(--bar)'/>"
        f"<path d='M{low:.1f} 8H{high:.1f}M{low + 1:.1f} 4v8M{high - 1:.1f} 4v8' "
        "stroke='var(--ink)' stroke-width=1.5 fill=none /></svg>"
    )


def _folded(run: Run, folds: dict[str, Any]) -> list[str]:
    rows = [
        [
            html.escape(name),
            html.escape(cell(count)),
            _bar(count),
            html.escape(cell(beside)) if beside else "",
        ]
        for name, count, beside in folded_rows(run, folds)
    ]
    rows += [
        [html.escape(name), f"{share:.1%}", "", "" if beside is None else f"{beside:.1%}"]
        for name, share, beside in macro_rows(run, folds)
    ]
    return [
        "<h2>Cross-validated on the training data</h2>",
        "<p>Every example is predicted once by a model that was trained without it (five folds), from its "
        "text alone. The examples hold borderline questions on purpose, so this is harder than plain "
        "ones. Labels with one answer count as one.</p>",
        _table(["", "cross-validated", "", "on the sets"], rows),
    ]


SIDE, LEFT, TOP = 240, 34, 8  # of a plot: its sides, and the room beside and above it


def _plots(runs: dict[str, Run], folds: Folds) -> list[str]:
    listed = [("cross-validated", folds["reliability"])] if folds else []
    listed += [
        (f"questions, {title}", run.understanding["reliability"])
        for title, run in runs.items()
        if run.understanding.get("reliability")
    ]
    figures = "".join(_reliability(title, one) for title, one in listed)
    return [
        "<h2>Is its confidence honest?</h2>",
        "<p>Messages are grouped by confidence. On the line, a confidence of 70 % is right in 70 of 100 "
        "cases. The size of a dot is the number of messages, the upright line its 95 % interval.</p>",
        f"<div class=plots>{figures}</div>",
    ]


def _reliability(title: str, found: dict[str, Any]) -> str:
    total = sum(one["count"] for one in found["bins"])
    dots = []
    for one in found["bins"]:
        count = Count(one["right"], one["count"])
        low, high = (TOP + SIDE * (1 - end) for end in count.interval)
        x, y = LEFT + SIDE * one["confidence"], TOP + SIDE * (1 - count.share)
        size = 3 + 9 * (one["count"] / total) ** 0.5
        dots.append(
            f"<path d='M{x:.1f} {low:.1f}V{high:.1f}' stroke='var(--ink)'/>"
            f"<circle cx={x:.1f} cy={y:.1f} r={size:.1f} fill='var(--bar)' stroke='var(--paper)'>"
            f"<title>{one['confidence']:.0%} sure, right {one['right']} of {one['count']}</title></circle>"
        )
    ticks = "".join(
        f"<path d='M{LEFT + at} {TOP}v{SIDE}M{LEFT} {TOP + SIDE - at}h{SIDE}' stroke='var(--line)'/>"
        f"<text x={LEFT + at} y={TOP + SIDE + 16} text-anchor=middle>{at / SIDE:.0%}</text>"
        f"<text x={LEFT - 5} y={TOP + SIDE - at + 4} text-anchor=end>{at / SIDE:.0%}</text>"
        for at in range(0, SIDE + 1, SIDE // 4)
    )
    return (
        f"<figure><svg viewBox='0 0 {LEFT + SIDE + 18} {TOP + SIDE + 36}' role=img "
        f"aria-label='Reliability: {html.escape(title)}'>{ticks}"
        f"<path d='M{LEFT} {TOP + SIDE}L{LEFT + SIDE} {TOP}' stroke='var(--soft)' stroke-dasharray='4 4'/>"
        f"{''.join(dots)}"
        f"<text x={LEFT + SIDE / 2} y={TOP + SIDE + 32} text-anchor=middle>confidence</text></svg>"
        f"<figcaption>{html.escape(title)}: share right by confidence; {total} messages, mean distance from "
        f"the line {found['error']:.1%}</figcaption></figure>"
    )


def _worst_folded(run: Run, folds: dict[str, Any]) -> list[str]:
    rows = []
    for one in worst_topics(run, folds):
        taken = ", ".join(f"{html.escape(name)} ×{times}" for name, times in one["taken_for"])
        on_set = one["on_set"]
        beside = f"{on_set['right']}/{on_set['total']}" if on_set else ""
        rows.append([one["topic"], cell(one["count"]), _bar(one["count"]), beside, f"<div>{taken}</div>"])
    return [
        f"<h2>The {WORST} worst topics, cross-validated</h2>",
        _table(["topic", "right", "", "on the set", "taken for"], rows),
    ]


def _worst_of_set(title: str, run: Run, folds: Folds) -> list[str]:
    rows = []
    for one in worst_on_sets(run, folds):
        lines = "".join(
            f"<div>{html.escape(str(wrong['text']))} → <b>{html.escape(str(wrong['got']))}</b></div>"
            for wrong in one["wrong"]
        )
        folded = f"{one['folded'].share:.0%}" if one["folded"] else ""
        rows.append([one["topic"], f"{one['right']}/{one['total']}", folded, lines])
    if not rows:
        return []
    return [
        f"<h2>Topics with misses on the set ({html.escape(title)})</h2>",
        _table(["topic", "right", "cross-validated", "what went wrong"], rows),
    ]


def _confusions(title: str, run: Run, folds: Folds) -> list[str]:
    on_set = {
        (str(one["expected"]), str(one["got"])): int(one["times"])
        for one in run.details.get("questions", {}).get("confusions", ())
    }
    folded: Counter[tuple[str, str]] = Counter()
    for label, found in (folds or {}).get("labels", {}).items():
        if label.startswith("faq/"):
            for name, times in found["taken_for"]:
                folded[label[4:], name.removeprefix("faq/")] = int(times)
    pairs = sorted({*on_set, *folded}, key=lambda pair: (-on_set.get(pair, 0), -folded[pair]))[:CONFUSIONS]
    if not pairs:
        return []
    rows = [
        [
            html.escape(f"{one} → {other}"),
            str(on_set.get((one, other), "")),
            str(folded[one, other] or ""),
        ]
        for one, other in pairs
    ]
    heads = ["asked → understood", "on the set", "cross-validated"]
    return [f"<h2>Confusions ({html.escape(title)})</h2>", _table(heads, rows)]


def _wrong(title: str, run: Run) -> list[str]:
    parts = [f"<h2>Every line that went wrong ({html.escape(title)})</h2>"]
    for name, count in run.scores.items():
        if count.wrong:
            listed = "".join(
                f"<li>{html.escape(json.dumps(one, ensure_ascii=False, default=str))}</li>"
                for one in count.wrong
            )
            summary = f"{html.escape(name)}: {len(count.wrong)} of {count.total}"
            parts.append(f"<details><summary>{summary}</summary><ul>{listed}</ul></details>")
    return parts
