"""Do the tests keep their level, and do the intervals cover? By simulation of the functions in use.

A test keeps its level if it rejects a true null at most as often as it says, up to Monte-Carlo
error. An interval is asked to cover 93 % at least where a t interval or Newcombe's can; at three
runs a side Newcombe's interval of equal methods covers 90 %, and says so here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats

from analysis.statistics.effects import a12_interval
from analysis.statistics.equivalence import noninferiority_p, tost_p
from analysis.statistics.home import home_advantage
from analysis.statistics.intervals import (
    Interval,
    mean_difference,
    mean_interval,
    paired_difference,
    paired_t,
    stratified_difference,
    welch,
)
from analysis.statistics.paired import sign_flip_test, signed_rank_test
from analysis.statistics.relabelling import (
    Stratum,
    rank_test,
    stratified_rank_test,
    whole_run_test,
)
from analysis.statistics.sample import ALPHA, LEVEL

RUNS, TASKS = (3, 5, 10), (1, 2, 4)
# Among dozens of cells one is two standard errors off by chance.
ERRORS = 3.0
COVERAGE = 0.93
# The margin is half a standard deviation of a run; the true difference lies on it.
MARGIN = 0.5
# How strongly the accuracies of one run on two targets go together.
SHARED = 0.8

Generator = np.random.Generator
Simulated = Callable[[Generator, int, int], float]


@dataclass(frozen=True)
class Rate:
    """How often something happened in simulations.

    Attributes:
        about: ``type-I error`` or ``coverage``.
        name: Of the test or interval.
        n: Runs a side, or pairs.
        tasks: Targets that are put together.
        simulations: Their number.
        rate: Share of rejections, or of intervals that hold the truth.
        error: Monte-Carlo standard error at the bound.
        bound: Largest type-I error, or least coverage; NaN where none is asked for.
    """

    about: str
    name: str
    n: int
    tasks: int
    simulations: int
    rate: float
    error: float
    bound: float

    @property
    def is_met(self) -> bool:
        """Whether the rate is within ``ERRORS`` standard errors of its bound."""
        if math.isnan(self.bound):
            return True
        excess = self.rate - self.bound if self.about == "type-I error" else self.bound - self.rate
        return excess <= ERRORS * self.error

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        bound = None if math.isnan(self.bound) else self.bound
        return asdict(self) | {"bound": bound, "is_met": self.is_met}


def calibrate(simulations: int, seed: int = 0) -> Iterator[Rate]:
    """Yield the type-I error of every test, then the coverage of every interval.

    Args:
        simulations: Of each cell.
        seed: Of all draws.
    """
    for name, simulate in _TESTS.items():
        for n in RUNS:
            for tasks in _tasks_of(name):
                rng = np.random.default_rng([seed, len(name), n, tasks])
                p = np.array([simulate(rng, n, tasks) for _ in range(simulations)])
                # An unknown p rejects nothing.
                yield _rate("type-I error", name, n, tasks, p <= ALPHA, ALPHA)
    for name, cover in _INTERVALS.items():
        for n in RUNS:
            for tasks in _tasks_of(name):
                rng = np.random.default_rng([seed, len(name), n, tasks])
                held = np.array([cover(rng, n, tasks) for _ in range(simulations)])
                yield _rate("coverage", name, n, tasks, held, _least_coverage(name, n))


def _rate(
    about: str,
    name: str,
    n: int,
    tasks: int,
    happened: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    bound: float,
) -> Rate:
    level = LEVEL if math.isnan(bound) else bound
    error = math.sqrt(level * (1 - level) / len(happened))
    return Rate(about, name, n, tasks, len(happened), float(happened.mean()), error, bound)


def _tasks_of(name: str) -> tuple[int, ...]:
    if name in _OVER_TASKS:
        return TASKS
    return (2,) if name == "home advantage" else (1,)


def _least_coverage(name: str, n: int) -> float:
    return math.nan if n == 3 and name.endswith("0 SD apart") else COVERAGE


def _two(rng: Generator, n: int, shift: float = 0.0) -> tuple[Any, Any]:
    """Return runs of two methods, one standard deviation wide, the first one better by a shift."""
    return rng.normal(shift, 1, n), rng.normal(0, 1, n)


def _strata(rng: Generator, n: int, tasks: int) -> list[Stratum]:
    names = [[f"{task} {side} {run}" for run in range(n)] for task in range(tasks) for side in "xy"]
    return [Stratum(*_two(rng, n), names[2 * task], names[2 * task + 1]) for task in range(tasks)]


def _whole(rng: Generator, n: int, tasks: int) -> float:
    """Return the p of runs whose accuracies on all targets go together."""
    common, own = rng.normal(size=(2 * n, 1)), rng.normal(size=(2 * n, tasks))
    scores = math.sqrt(SHARED) * common + math.sqrt(1 - SHARED) * own
    names = [str(run) for run in range(2 * n)]
    return whole_run_test(list(scores[:n]), list(scores[n:]), names[:n], names[n:]).p


def _home(rng: Generator, n: int, tasks: int) -> float:
    """Return the p where tasks differ in level and spread, but home is worth nothing."""
    runs = rng.normal(size=(2, 2, n)) * [[[1.0], [3.0]]] + [[[70.0], [90.0]]]
    found = home_advantage((runs[0, 0], runs[0, 1]), (runs[1, 0], runs[1, 1]))
    return rank_test(found.on_a, found.on_b).p if found else math.nan


_TESTS: dict[str, Simulated] = {
    "studentised permutation of the rank sum": lambda rng, n, _: rank_test(*_two(rng, n)).p,
    "exact sign flip of paired runs": lambda rng, n, _: sign_flip_test(rng.normal(size=n)).p,
    "exact signed ranks of paired runs": lambda rng, n, _: signed_rank_test(rng.normal(size=n)).p,
    "Welch's t": lambda rng, n, _: mean_difference(*_two(rng, n)).p(),
    "paired t": lambda rng, n, _: paired_difference(rng.normal(size=n)).p(),
    "non-inferiority at the margin": lambda rng, n, _: noninferiority_p(
        *_two(rng, n, -MARGIN), MARGIN
    ),
    "equivalence (TOST) at the margin": lambda rng, n, _: tost_p(*_two(rng, n, MARGIN), MARGIN),
    "home advantage": _home,
    "stratified rank sum, independent runs": lambda rng, n, tasks: (
        stratified_rank_test(_strata(rng, n, tasks)).p
    ),
    "rank sum of whole runs on shared targets": _whole,
    "stratified t": lambda rng, n, tasks: stratified_difference(
        [_two(rng, n) for _ in range(tasks)]
    ).p(),
}


def _holds(found: Interval, truth: float) -> bool:
    return found.low <= truth <= found.high


def _chance(shift: float) -> Simulated:
    truth = float(stats.norm.cdf(shift / math.sqrt(2)))
    return lambda rng, n, _: _holds(a12_interval(*_two(rng, n, shift)), truth)


_INTERVALS: dict[str, Simulated] = {
    "mean, t": lambda rng, n, _: _holds(mean_interval(rng.normal(size=n)), 0.0),
    "difference of means, Welch": lambda rng, n, _: _holds(welch(*_two(rng, n, 1)), 1.0),
    "paired difference, t": lambda rng, n, _: _holds(paired_t(rng.normal(1, 1, n)), 1.0),
    **{f"A12, Newcombe 5, means {shift} SD apart": _chance(float(shift)) for shift in (0, 1, 2)},
    "task-averaged difference, stratified t": lambda rng, n, tasks: _holds(
        stratified_difference([_two(rng, n, 1) for _ in range(tasks)]).interval(), 1.0
    ),
}
_OVER_TASKS = {
    "stratified rank sum, independent runs",
    "rank sum of whole runs on shared targets",
    "stratified t",
    "task-averaged difference, stratified t",
}
