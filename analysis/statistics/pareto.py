"""Accuracy against cost: which points no other one beats, and how much they dominate."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Box = tuple[float, float, float, float]


def on_front(costs: ArrayLike, accuracies: ArrayLike) -> NDArray[np.bool_]:
    """Tell of each point whether none is at least as good in both and better in one.

    Args:
        costs: Lower is better; shape (n,).
        accuracies: Higher is better; shape (n,).

    Returns:
        Shape (n,); equal points are on the front together, NaN never is.
    """
    x, y = np.asarray(costs, dtype=np.float64), np.asarray(accuracies, dtype=np.float64)
    as_good = (x[:, None] <= x) & (y[:, None] >= y)
    better = (x[:, None] < x) | (y[:, None] > y)
    is_beaten = np.any(as_good & better, axis=0)
    return np.asarray(np.isfinite(x) & np.isfinite(y) & ~is_beaten)


def hypervolume(
    costs: ArrayLike, accuracies: ArrayLike, box: tuple[float, float, float, float]
) -> float:
    """Return the share of a box that some point dominates (Zitzler and Thiele, 1998).

    Args:
        costs: Lower is better; shape (n,).
        accuracies: Higher is better; shape (n,).
        box: Lowest and highest cost, lowest and highest accuracy; the reference point is the
            corner of the highest cost and the lowest accuracy. Points beyond it count nothing.

    Returns:
        Between 0 and 1; NaN for a box without area.
    """
    cheap, dear, low, high = box
    if not (dear > cheap and high > low):
        return math.nan
    x, y = np.asarray(costs, dtype=np.float64), np.asarray(accuracies, dtype=np.float64)
    keep = (x <= dear) & (y >= low)
    x, y = np.maximum(x[keep], cheap), np.minimum(y[keep], high)
    order = np.argsort(x, kind="stable")
    best = np.maximum.accumulate(y[order]) if len(order) else y
    widths = np.diff(np.append(x[order], dear))
    return float(np.sum(widths * (best - low)) / ((dear - cheap) * (high - low)))


def box_of(costs: ArrayLike, accuracies: ArrayLike) -> Box:
    """Return the box around all points with both numbers; NaN where there is none."""
    x, y = np.asarray(costs, dtype=np.float64), np.asarray(accuracies, dtype=np.float64)
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return math.nan, math.nan, math.nan, math.nan
    x, y = x[known], y[known]
    return float(x.min()), float(x.max()), float(y.min()), float(y.max())
