"""Whether transfer costs more in one direction than in the other, in units of each target's noise.

Two targets have different scales, so their gaps in points are never subtracted from each other.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.answers.transfer.gaps import Pairs, select
from analysis.arms import CONTINUED, DIRECT, TRANSFERRED
from analysis.statistics.intervals import Interval
from analysis.statistics.sample import LEVEL

ASYMMETRY_COLUMNS = [
    "study",
    "method",
    "first",
    "second",
    "n_first",
    "n_second",
    "gap_forth",
    "gap_back",
    "noise_first",
    "noise_second",
    "noise",
    "asymmetry",
    "low",
    "high",
    "interval",
]
# Up to here all relabellings are enumerated; beyond, this many random ones are drawn.
ENUMERATED, DRAWN = 200_000, 20_000


def permutation_interval(
    x: Sequence[float], y: Sequence[float], level: float = LEVEL, seed: int = 0
) -> Interval:
    """Return mean x - mean y with the interval of shifts that the permutation test accepts.

    A relabelling that swaps some x for as many y reaches the observed difference under every shift
    from (mean of the swapped x) - (mean of the swapped y) on; the limits are order statistics of
    these. Without bounds where the runs are too few to reject anything.
    """
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if min(len(a), len(b)) == 0:
        return Interval(math.nan, math.nan, math.nan, "no interval: no values on one side")
    estimate = float(a.mean() - b.mean())
    count = math.comb(len(a) + len(b), len(a))
    is_exact = count <= ENUMERATED
    total = count if is_exact else DRAWN
    place = math.floor((1 - level) / 2 * total + 1e-9)
    if place == 0:
        why = f"{len(a)} + {len(b)} runs are too few"
        return Interval(estimate, math.nan, math.nan, f"no interval: {why}")
    shifts = np.sort(_all_shifts(a, b) if is_exact else _some_shifts(a, b, seed))
    method = "permutation" if is_exact else f"permutation, {DRAWN} random relabellings"
    return Interval(estimate, float(shifts[place - 1]), float(shifts[-place]), method)


def noise(runs: pd.DataFrame, study: str, target: str) -> tuple[float, str]:
    """Return the noise of trainings on a target, and what it was taken from.

    The pooled standard deviation between trainings of one architecture (sigma_eval); where each
    was trained once, that between runs of an arm, which holds the search's spread as well.
    """
    done = runs[(runs["study"] == study) & (runs["target"] == target) & runs["test_acc"].notna()]
    done = done[done["status"] == "done"].drop_duplicates("job")
    within = _pooled_sd(done, ["method", "arm", "source", "unit"])
    if not math.isnan(within):
        return within, "SD between trainings of one architecture"
    searched = done[done["arm"].isin([DIRECT, TRANSFERRED, CONTINUED])]
    return _pooled_sd(searched, ["method", "arm", "source"]), "SD between runs of an arm"


def asymmetry_table(units: pd.DataFrame, runs: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Return the asymmetry of every method and pair of which both directions were run.

    Gap(first -> second) / noise of second - Gap(second -> first) / noise of first. A search's two
    trainings are added before searches are compared, so runs stay the unit.
    """
    rows = []
    for study, found in pairs.items():
        both = [pair for i, pair in enumerate(found) if pair[::-1] in found[i + 1 :]]
        methods = units["method"][(units["study"] == study) & (units["method"] != "")].unique()
        for method, pair in itertools.product(methods, both):
            scales = [noise(runs, study, target) for target in pair]
            rows.append(_row(units, study, str(method), pair, scales))
    return pd.DataFrame([row for row in rows if row], columns=ASYMMETRY_COLUMNS)


def _row(
    units: pd.DataFrame,
    study: str,
    method: str,
    pair: tuple[str, str],
    scales: list[tuple[float, str]],
) -> dict[str, Any] | None:
    first, second = pair
    at_home = {task: select(units, study, method, DIRECT, (task, task)) for task in pair}
    away = {
        first: select(units, study, method, TRANSFERRED, (first, second)),
        second: select(units, study, method, TRANSFERRED, (second, first)),
    }
    if any(len(table) == 0 for table in (*at_home.values(), *away.values())):
        return None
    gaps = [
        at_home[target]["value"].mean() - away[source]["value"].mean()
        for source, target in (pair, pair[::-1])
    ]
    (noise_first, kind), (noise_second, _) = scales
    scale = {first: noise_first, second: noise_second}
    other = {first: second, second: first}
    sums = {
        task: _sums(at_home[task], away[task], scale[task], scale[other[task]]) for task in pair
    }
    found = _compared(sums[second], sums[first], scale)
    return {
        "study": study,
        "method": method,
        "first": first,
        "second": second,
        "n_first": len(sums[first]),
        "n_second": len(sums[second]),
        "gap_forth": float(gaps[0]),
        "gap_back": float(gaps[1]),
        "noise_first": noise_first,
        "noise_second": noise_second,
        "noise": kind,
        "asymmetry": found.estimate,
        "low": found.low,
        "high": found.high,
        "interval": found.method,
    }


def _sums(home: pd.DataFrame, away: pd.DataFrame, own: float, other: float) -> list[float]:
    """Return, for each search trained on both targets, the sum of its accuracies over noise."""
    if not min(own, other) > 0:
        return []
    both = home.merge(away, on="unit", suffixes=("_home", "_away"))
    sums = both["value_home"] / own + both["value_away"] / other
    return [float(value) for value in sums if math.isfinite(value)]


def _compared(second: list[float], first: list[float], scale: dict[str, float]) -> Interval:
    if not all(value > 0 for value in scale.values()):
        return Interval(math.nan, math.nan, math.nan, "unknown: a target's noise is not known")
    if not second or not first:
        return Interval(math.nan, math.nan, math.nan, "unknown: no search was trained on both")
    return permutation_interval(second, first)


def _pooled_sd(runs: pd.DataFrame, key: list[str]) -> float:
    groups = runs.groupby(key, sort=False)["test_acc"]
    freedom = float((groups.size() - 1).sum())
    squares = float(((runs["test_acc"] - groups.transform("mean")) ** 2).sum())
    return math.sqrt(squares / freedom) if freedom > 0 else math.nan


def _all_shifts(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    parts = []
    for size in range(1, min(len(a), len(b)) + 1):
        means = [np.array(list(itertools.combinations(side, size))).mean(axis=1) for side in (a, b)]
        parts.append(np.subtract.outer(*means).ravel())
    return np.concatenate(parts)


def _some_shifts(a: NDArray[np.float64], b: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Return the shifts of random relabellings; one in which nothing is swapped is left out."""
    rng = np.random.default_rng(seed)
    values = np.concatenate([a, b])
    orders = rng.permuted(np.tile(np.arange(len(values)), (DRAWN - 1, 1)), axis=1)
    leaving = np.zeros((DRAWN - 1, len(values)), dtype=bool)
    np.put_along_axis(leaving, orders[:, len(a) :], values=True, axis=1)
    out, entering = leaving[:, : len(a)], ~leaving[:, len(a) :]
    size = out.sum(axis=1)
    swapped = size > 0
    shifts = (out @ a - entering @ b)[swapped] / size[swapped]
    return np.asarray(shifts)
