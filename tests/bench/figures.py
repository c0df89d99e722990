"""Benchmark, pure part: what a list of measured values says. Knows no assistant."""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

RESAMPLES = 1000


@dataclass(frozen=True)
class Figure:
    """The median and the 95th percentile of `count` measured values, in the unit of the values."""

    median: float
    p95: float | None
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Figure | None:
        """None for no values; fewer than twenty have no 95th percentile worth a name."""
        if not values:
            return None
        return cls(
            statistics.median(values), percentile(values, 95) if len(values) >= 20 else None, len(values)
        )


@dataclass(frozen=True)
class Ratio:
    """Ours divided by stock, with the middle 95 % of resampled ratios where there are enough values."""

    value: float
    low: float | None = None
    high: float | None = None


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which `percent` of the values lie, between neighbours by distance.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("a percentile needs at least one value")
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def ratio(ours: Sequence[float], stock: Sequence[float], seed: int = 7) -> Ratio | None:
    """The ratio of the medians.

    Values measured in turns (as many on each side) are resampled in pairs, so that a slow minute of the
    machine weighs on both.
    """
    if not ours or not stock or statistics.median(stock) == 0:
        return None
    value = statistics.median(ours) / statistics.median(stock)
    if min(len(ours), len(stock)) < 5:
        return Ratio(value)
    chance = random.Random(seed)
    drawn = []
    for _ in range(RESAMPLES):
        mine = [chance.randrange(len(ours)) for _ in ours]
        theirs = mine if len(ours) == len(stock) else [chance.randrange(len(stock)) for _ in stock]
        divisor = statistics.median([stock[place] for place in theirs])
        if divisor:
            drawn.append(statistics.median([ours[place] for place in mine]) / divisor)
    return Ratio(value, percentile(drawn, 2.5), percentile(drawn, 97.5))


def growth(long: Sequence[float], young: Sequence[float], block: int) -> float | None:
    """How much slower the end of a long conversation is than its beginning: 1.0 is flat.

    Each value of the long conversation has its neighbour in time in a young one; what the machine does to
    both falls out.
    """
    if len(long) != len(young) or len(long) < 2 * block:
        return None
    begin = statistics.median(long[:block]) / statistics.median(young[:block])
    end = statistics.median(long[-block:]) / statistics.median(young[-block:])
    return end / begin
