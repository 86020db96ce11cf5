"""Which of two groups of runs is better: a studentised rank test under relabelling.

Brunner and Munzel's statistic is referred to its own distribution when runs change sides
(Neubert and Brunner, Comput. Stat. Data Anal. 51, 2007; Chung and Romano, Ann. Stat. 41, 2013).
That is exact if labels mean nothing, and keeps its level where the plain rank sum does not: few
searches against many random architectures of another spread. One statistic serves one task, tasks
that share no run, and runs that are scored on several tasks each.

No test is chosen by looking at the data.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.statistics.counter import counted
from analysis.statistics.placing import (
    ENUMERATED,
    ROUNDING,
    Placed,
    Sizes,
    is_enumerable,
    label_as_given,
    list_labellings,
    place_relabelled,
    place_runs,
    sort_null,
    studentise,
)
from analysis.statistics.sample import DRAWS, NOTHING_TESTED, Array, Outcome, Values, quantised

# With more runs on a task, and at least so many a side, the statistic has Satterthwaite's t.
COUNTED_RUNS, FEWEST_FOR_T = 120, 10
# No other statistic is as large as one without variance.
_SEPARATED = 1e7

Unit = str | Collection[str]


class DependentStrataError(ValueError):
    """Runs that a test would take for independent rest on one search or architecture."""


@dataclass(frozen=True)
class Stratum:
    """Two samples on one task.

    Attributes:
        x: Scores of the first.
        y: Scores of the second.
        x_units: What each score of ``x`` rests on: a digest, or several.
        y_units: The same of ``y``.
    """

    x: Values
    y: Values
    x_units: Sequence[Unit]
    y_units: Sequence[Unit]

    @property
    def ids(self) -> frozenset[str]:
        """Everything the stratum rests on."""
        return frozenset().union(*map(_ids_of, (*self.x_units, *self.y_units)))


@counted
def rank_test(x: Values, y: Values) -> Outcome:
    """Test whether the runs of one group are better; two-sided, midranks for ties.

    Infinitely bad values (failed runs) are allowed.
    """
    if min(len(x), len(y)) == 0:
        return NOTHING_TESTED
    return _test_tasks([(x, y)], [1.0])


@counted
def stratified_rank_test(strata: Sequence[Stratum]) -> Outcome:
    """Test over tasks that share no run; two-sided, with van Elteren's weights.

    Tasks add evidence only if no run has a part in two of them: two methods whose same runs are
    scored on two tasks reject a true null at .05 in 14 to 18 of 100 experiments.

    Raises:
        DependentStrataError: If a search or architecture occurs in two strata.
        ValueError: If a sample and its units differ in number.
    """
    _check(strata)
    if not strata or any(min(len(one.x), len(one.y)) == 0 for one in strata):
        return NOTHING_TESTED
    sizes = tuple((len(one.x), len(one.y)) for one in strata)
    return _test_tasks([(one.x, one.y) for one in strata], weigh(sizes))


@counted
def whole_run_test(
    x: Sequence[Values], y: Sequence[Values], x_units: Sequence[Unit], y_units: Sequence[Unit]
) -> Outcome:
    """Test runs that are scored on several tasks each, by relabelling whole runs; two-sided.

    Args:
        x: One row per run, one column per task.
        y: The same of the other group.
        x_units: What each run rests on.
        y_units: The same of ``y``.

    Raises:
        DependentStrataError: If two runs rest on one search.
    """
    counts = Counter(name for unit in (*x_units, *y_units) for name in _ids_of(unit))
    if shared := sorted(name for name, count in counts.items() if count > 1):
        raise DependentStrataError(_message("two runs", shared))
    if min(len(x), len(y)) == 0:
        return NOTHING_TESTED
    sizes = len(x), len(y)
    scores = quantised(np.concatenate([np.asarray(x, float), np.asarray(y, float)])).T
    observed = place_runs(scores, label_as_given(sizes))
    if is_large(sizes):
        return _refer_to_t([observed], [1.0], [sizes])
    null = np.sort(place_runs(scores, list_labellings(sizes)).statistic)
    return _refer(observed.statistic[0], null, is_exact=is_enumerable(sizes))


def is_large(sizes: Sizes) -> bool:
    """Tell whether a task has so many runs that the statistic has a t distribution."""
    return sum(sizes) > COUNTED_RUNS and min(sizes) >= FEWEST_FOR_T


def critical_values(n: int, m: int, alpha: float) -> tuple[float, float]:
    """Return the statistics up to which, and from which, n against m runs without ties differ.

    Huge where only separated samples do, NaN where no samples do.
    """
    if is_large((n, m)):
        bound = float(stats.norm.isf(alpha / 2))
        return -bound, bound
    null = sort_null((1,) * (n + m), n)
    place = math.floor(alpha / 2 * len(null) + ROUNDING)
    if place == 0:
        return math.nan, math.nan
    return float(null[place - 1]), float(null[-place])


def _test_tasks(tasks: Sequence[tuple[Values, Values]], weights: Sequence[float]) -> Outcome:
    sizes = [(len(x), len(y)) for x, y in tasks]
    scores = [quantised([*x, *y]) for x, y in tasks]
    observed = [
        place_runs(one[None], label_as_given(size)) for one, size in zip(scores, sizes, strict=True)
    ]
    if any(map(is_large, sizes)):
        return _refer_to_t(observed, weights, sizes)
    ties = [tuple(np.unique(one, return_counts=True)[1].tolist()) for one in scores]
    if len(tasks) == 1:
        null = sort_null(ties[0], sizes[0][0])
        return _refer(observed[0].statistic[0], null, is_exact=is_enumerable(sizes[0]))
    null, is_exact = list_null(tuple(ties), tuple(sizes))
    return _refer(studentise(observed, weights)[0], null, is_exact=is_exact)


def weigh(sizes: Sequence[Sizes]) -> list[float]:
    """Return van Elteren's weight of each task."""
    return [n * m / (n + m + 1) for n, m in sizes]


def list_null(ties: tuple[tuple[int, ...], ...], sizes: tuple[Sizes, ...]) -> tuple[Array, bool]:
    """Return the statistics of tasks that share no run under relabelling, ascending.

    Args:
        ties: Sizes of the groups of ties on each task.
        sizes: Runs of both sides on each task.

    Returns:
        The statistics, and whether they are those of all relabellings.
    """
    nulls = [place_relabelled(groups, n) for groups, (n, _) in zip(ties, sizes, strict=True)]
    is_exact = all(map(is_enumerable, sizes)) and (
        math.prod(len(null.gap) for null in nulls) <= ENUMERATED
    )
    null: Array = np.sort(studentise(_combine(nulls, is_exact=is_exact), weigh(sizes)))
    return null, is_exact


def _combine(nulls: Sequence[Placed], *, is_exact: bool) -> list[Placed]:
    """Return nulls of one length: every combination of relabellings, or random ones."""
    counts = [len(null.gap) for null in nulls]
    if is_exact:
        places = list(np.indices(counts).reshape(len(counts), -1))
    else:
        rng = np.random.default_rng(0)
        places = [rng.integers(count, size=DRAWS) for count in counts]
    return [
        Placed(null.gap[at], null.variances[:, at]) for null, at in zip(nulls, places, strict=True)
    ]


def _refer(observed: float, null: Array, *, is_exact: bool) -> Outcome:
    """Return twice the smaller tail, at most 1; random draws count the observed one, too.

    Args:
        observed: The statistic.
        null: Of all relabellings, ascending, or of random ones.
        is_exact: Whether it is of all.
    """
    p = float(tail_p(np.array([observed]), null, is_exact=is_exact)[0])
    draws = 0 if is_exact else len(null)
    return Outcome(_report(observed), p, draws=draws, is_exact=is_exact)


def tail_p(observed: Array, null: Array, *, is_exact: bool) -> Array:
    """Return the p of each statistic; see ``_refer``."""
    slack = ROUNDING * np.maximum(1.0, np.abs(observed))
    below = np.searchsorted(null, observed + slack, side="right")
    tail = np.minimum(below, len(null) - np.searchsorted(null, observed - slack))
    drawn = 0 if is_exact else 1
    p: Array = np.minimum(1.0, 2 * (drawn + tail) / (drawn + len(null)))
    return p


def _refer_to_t(
    placed: Sequence[Placed], weights: Sequence[float], sizes: Sequence[Sizes]
) -> Outcome:
    """Return the p of many runs: t with Satterthwaite's degrees of freedom."""
    observed = float(studentise(placed, weights)[0])
    if not math.isfinite(_report(observed)) or observed == 0:
        p = float(np.finfo(float).tiny) if observed else 1.0
        return Outcome(_report(observed), p, is_exact=False)
    parts = [
        (w**2 * float(part), size - 1)
        for one, w, pair in zip(placed, weights, sizes, strict=True)
        for part, size in zip(one.variances[:, 0], pair, strict=True)
    ]
    spread = sum(part for part, _ in parts)
    freedom = spread**2 / sum(part**2 / max(1, its) for part, its in parts)
    return Outcome(observed, 2 * float(stats.t.sf(abs(observed), freedom)), is_exact=False)


def _report(statistic: float) -> float:
    """Return the statistic; infinite for separated samples."""
    is_separated = abs(statistic) > _SEPARATED
    return math.copysign(math.inf, statistic) if is_separated else float(statistic)


def _ids_of(unit: Unit) -> frozenset[str]:
    return frozenset([unit]) if isinstance(unit, str) else frozenset(unit)


def _check(strata: Sequence[Stratum]) -> None:
    for one in strata:
        if (len(one.x), len(one.y)) != (len(one.x_units), len(one.y_units)):
            raise ValueError(
                f"A stratum has {len(one.x)} + {len(one.y)} scores and {len(one.x_units)} + "
                f"{len(one.y_units)} units; name what every score rests on."
            )
    counts = Counter(name for stratum in strata for name in stratum.ids)
    if shared := sorted(name for name, count in counts.items() if count > 1):
        raise DependentStrataError(_message("two strata", shared))


def _message(what: str, shared: Sequence[str]) -> str:
    return (
        f"{what} share {shared[0]!r}"
        + (f" and {len(shared) - 1} more" if len(shared) > 1 else "")
        + "; test each target by itself and correct with Holm, or relabel whole runs."
    )
