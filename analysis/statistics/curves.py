"""Quality over cost as right-continuous step functions, and how a warm start compares with a cold.

Qualities are in percent, costs in whatever currency the caller counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.statistics.intervals import Interval, welch
from analysis.statistics.relabelling import rank_test


@dataclass(frozen=True)
class Curve:
    """Quality of one search: what is known at a cost holds until the next tick.

    Attributes:
        costs: Of the ticks, ascending; (k,), at least one.
        values: Quality from each tick on; (k,).
        end: Where the search stopped, not before the last tick.
    """

    costs: NDArray[np.float64]
    values: NDArray[np.float64]
    end: float

    def at(self, cost: ArrayLike) -> NDArray[np.float64]:
        """Return the quality at some costs; NaN before the first tick, held after the end."""
        place = np.searchsorted(self.costs, cost, side="right") - 1
        return np.where(place >= 0, self.values[place], math.nan)

    def shifted(self, cost: float) -> Curve:
        """Return the curve of a search that had cost so much before it began."""
        return Curve(self.costs + cost, self.values, self.end + cost)

    def held(self, end: float) -> Curve:
        """Return the curve of a search that was stopped, its answer kept to a later end."""
        return Curve(self.costs, self.values, max(self.end, end))

    def area(self, start: float, end: float) -> float:
        """Return the integral of the quality from ``start`` to ``end``."""
        inside = self.costs[(self.costs > start) & (self.costs < end)]
        points = np.concatenate([[start], inside, [end]])
        return float((self.at(points[:-1]) * np.diff(points)).sum())


Curves = Sequence[Curve]


@dataclass(frozen=True)
class Window:
    """Where curves can be compared: from the first common evaluation to the common budget."""

    start: float
    end: float

    @property
    def is_open(self) -> bool:
        """Whether there is anything to compare."""
        return self.start < self.end


def window(*groups: Curves) -> Window:
    """Return where all curves are known."""
    curves = [curve for group in groups for curve in group]
    return Window(max(float(c.costs[0]) for c in curves), min(c.end for c in curves))


def jumpstart(warm: Curves, cold: Curves) -> Interval:
    """Return mean warm - mean cold at the first common evaluation (Taylor & Stone, JMLR 2009)."""
    start = window(warm, cold).start
    return welch(_values(warm, start), _values(cold, start))


def asymptotic(warm: Curves, cold: Curves) -> Interval:
    """Return mean warm - mean cold at the common budget."""
    end = window(warm, cold).end
    return welch(_values(warm, end), _values(cold, end))


def area_between(warm: Curves, cold: Curves) -> Interval:
    """Return the mean distance of the curves over the common window, in points of quality."""
    return welch(*_mean_heights(warm, cold))


def area_p(warm: Curves, cold: Curves) -> float:
    """Return the exact p of the rank sum of areas: one number a run, no point-wise tests."""
    return rank_test(*_mean_heights(warm, cold)).p


def _values(curves: Curves, cost: float) -> list[float]:
    return [float(curve.at(cost)) for curve in curves]


def _mean_heights(warm: Curves, cold: Curves) -> tuple[list[float], list[float]]:
    where = window(warm, cold)
    length = where.end - where.start
    first, second = (
        [curve.area(where.start, where.end) / length for curve in curves] if length > 0 else []
        for curves in (warm, cold)
    )
    return first, second
