"""Charts as SVG, drawn on the server in black on nothing: told apart by pattern and marker, never by colour.

Matplotlib draws; what it writes as `style` becomes plain attributes, so that the strict
Content-Security-Policy holds for a chart that is opened alone, too.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Final
from xml.etree import ElementTree

INK: Final = "#000000"
HATCHES: Final = ("", "////", "....", "xxxx", "----", "++++", "\\\\\\\\", "oo")
MARKERS: Final = ("o", "s", "^", "D")
LINES: Final = ("-", "--", ":", "-.")
# More days than this are drawn by week.
MOST_BARS: Final = 45
MOST_ROWS: Final = 15
LABEL_LIMIT: Final = 46
SVG: Final = "http://www.w3.org/2000/svg"

_RC: Final[dict[Any, Any]] = {
    "svg.hashsalt": "chha",
    "svg.fonttype": "path",
    "font.size": 9,
    "text.parse_math": False,
    "axes.edgecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "hatch.linewidth": 0.7,
}
# Matplotlib keeps its settings for the whole process: one drawing at a time.
_drawing = Lock()

type Numbers = Sequence[float | None]


def bars(days: Sequence[dt.date], series: Mapping[str, Sequence[int]]) -> str:
    """Stacked bars, one a day (or week, when there are many), a pattern a series, the sum on top of each."""
    labels, places = _buckets(days)
    stacked = {
        f"{name} ({sum(counts)})": _summed(counts, places, len(labels)) for name, counts in series.items()
    }

    def draw(axes: Any) -> None:
        below = [0] * len(labels)
        for number, (name, heights) in enumerate(stacked.items()):
            axes.bar(
                range(len(labels)),
                heights,
                bottom=below,
                width=0.8,
                label=name,
                facecolor=INK if number == 0 else "#ffffff",
                edgecolor=INK,
                linewidth=0.8,
                hatch=HATCHES[number % len(HATCHES)],
            )
            below = [one + other for one, other in zip(below, heights, strict=True)]
        if len(labels) <= 31:
            for place, height in enumerate(below):
                if height:
                    axes.annotate(
                        str(height), (place, height), (0, 2), textcoords="offset points", ha="center"
                    )
        axes.set_ylim(0, max(below, default=0) * 1.15 or 1)
        _days_axis(axes, labels)
        if len(stacked) > 1 or any(stacked):
            axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, handlelength=2.5)

    return _drawn(draw)


def lines(days: Sequence[dt.date], series: Mapping[str, Numbers], unit: str) -> str:
    """Lines with marker and dash of their own, each labelled at its end; a day without a value is none.

    Where two end at the same place their names stand above one another, the higher one on top.
    """
    places = range(len(days))

    def draw(axes: Any) -> None:
        top, ends = 0.0, list[tuple[float, int, str]]()
        for number, (name, values) in enumerate(series.items()):
            known = [(place, value) for place, value in zip(places, values, strict=True) if value is not None]
            if not known:
                continue
            top = max(top, *(value for _, value in known))
            axes.plot(
                [place for place, _ in known],
                [value for _, value in known],
                color=INK,
                linewidth=1.2,
                linestyle=LINES[number % len(LINES)],
                marker=MARKERS[number % len(MARKERS)],
                # Of two that meet, each is still seen: a white one inside a black one.
                markersize=6.5 if number % 2 == 0 else 3.5,
                markerfacecolor=INK if number % 2 == 0 else "#ffffff",
            )
            ends.append((known[-1][1], known[-1][0], name))
        for names, place, value in end_labels(ends, near=top * 0.08):
            axes.annotate(names, (place, value), (7, 0), textcoords="offset points", va="center")
        axes.set_ylim(0, top * 1.15 or 1)
        axes.set_xlim(-0.5, len(days) - 0.5 + max(1.0, len(days) * 0.12))
        axes.set_ylabel(unit)
        _days_axis(axes, [_short(day) for day in days])

    return _drawn(draw)


def end_labels(ends: list[tuple[float, int, str]], near: float) -> list[tuple[str, int, float]]:
    """(names, place, value) of the labels for (value, place, name); ends that are `near` share one."""
    labels: list[tuple[list[str], int, list[float]]] = []
    for value, place, name in sorted(ends, reverse=True):
        if labels and labels[-1][1] == place and labels[-1][2][-1] - value < near:
            labels[-1][0].append(name)
            labels[-1][2].append(value)
        else:
            labels.append(([name], place, [value]))
    return [("\n".join(names), place, sum(values) / len(values)) for names, place, values in labels]


def rows(values: Sequence[tuple[str, int]], notes: Sequence[str] = ()) -> str:
    """Lying bars from top to bottom, each with its number at its end.

    Args:
        notes: what stands behind the number of each.
    """
    shown = list(values)[:MOST_ROWS]
    said = [*notes, *[""] * len(shown)]

    def draw(axes: Any) -> None:
        places = range(len(shown))
        axes.barh(
            places,
            [many for _, many in shown],
            height=0.65,
            facecolor="#ffffff",
            edgecolor=INK,
            linewidth=0.8,
            hatch=HATCHES[1],
        )
        for place, (_, many) in enumerate(shown):
            text = f"{many}  {said[place]}".rstrip()
            axes.annotate(text, (many, place), (4, 0), textcoords="offset points", va="center")
        axes.set_yticks(list(places), [_cut(name) for name, _ in shown])
        axes.invert_yaxis()
        axes.set_xlim(0, max((many for _, many in shown), default=0) * 1.3 or 1)
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)

    return _drawn(draw, height=0.6 + 0.32 * max(1, len(shown)))


def keep_fonts_in(folder: Path) -> None:
    """Where Matplotlib keeps its list of fonts; to be said before the first chart."""
    os.environ.setdefault("MPLCONFIGDIR", str(folder))


def _drawn(draw: Any, *, height: float = 3.0) -> str:
    with _drawing:
        import matplotlib
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure

        with matplotlib.rc_context(_RC):
            figure = Figure(figsize=(8.6, height), layout="constrained")
            FigureCanvasSVG(figure)
            draw(figure.add_subplot())
            out = io.StringIO()
            figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _plain(out.getvalue())


def _plain(svg: str) -> str:
    """The drawing without style sheets, style attributes and metadata."""
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ElementTree.fromstring(re.sub(r"<!DOCTYPE[^>]*>", "", svg))  # noqa: S314 - Matplotlib's own
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{SVG}}}style", f"{{{SVG}}}metadata"):
                parent.remove(child)
        style = parent.attrib.pop("style", "")
        for one in style.split(";"):
            name, colon, value = one.partition(":")
            if colon:
                parent.set(name.strip(), value.strip())
    root.set("stroke-linejoin", "round")
    return ElementTree.tostring(root, encoding="unicode")


def _buckets(days: Sequence[dt.date]) -> tuple[list[str], list[int]]:
    """Labels of the bars, and for each day the bar that it belongs to."""
    if len(days) <= MOST_BARS:
        return [_short(day) for day in days], list(range(len(days)))
    places = [number // 7 for number in range(len(days))]
    return [f"week of {_short(days[number * 7])}" for number in range(places[-1] + 1)], places


def _summed(counts: Sequence[int], places: Sequence[int], many: int) -> list[int]:
    found = [0] * many
    for place, count in zip(places, counts, strict=True):
        found[place] += count
    return found


def _days_axis(axes: Any, labels: Sequence[str]) -> None:
    step = max(1, -(-len(labels) // 12))
    places = range(0, len(labels), step)
    axes.set_xticks(list(places), [labels[place].removeprefix("week of ") for place in places])
    if labels and labels[0].startswith("week of "):
        axes.set_xlabel("weeks, by their first day")
    axes.yaxis.get_major_locator().set_params(integer=True)


def _short(day: dt.date) -> str:
    return f"{day.day} {day.strftime('%b')}"


def _cut(name: str) -> str:
    flat = " ".join(name.split())
    return flat if len(flat) <= LABEL_LIMIT else flat[: LABEL_LIMIT - 1].rstrip() + "…"
