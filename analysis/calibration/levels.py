"""How often each test that decides rejects where there is nothing to find."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from analysis.calibration.arrays import (
    contrast_arms,
    measure_home,
    rank_p,
    signed_rank_p,
    stratified_p,
)
from analysis.calibration.rates import WIDER, Design, Generator
from analysis.statistics.multiplicity import holm_chains
from analysis.statistics.relabelling import whole_run_test
from analysis.statistics.sample import ALPHA, Array

# Methods of the declared family.
METHODS = 2
# How strongly the accuracies of one run on two tasks go together.
SHARED = 0.8
# The margin in standard deviations of a run; the true difference lies on it.
MARGIN = 0.5


def try_ranks(rng: Generator, design: Design, count: int) -> Array:
    """Simulate ``rank_test`` of one task."""
    return _reject(rank_p(*design.draw_even(rng, count)))


def try_strata(rng: Generator, design: Design, count: int) -> Array:
    """Simulate ``stratified_rank_test`` of two tasks that share no run."""
    return _reject(stratified_p([design.draw_even(rng, count, wide) for wide in (1.0, WIDER)]))


def try_whole_runs(rng: Generator, design: Design, count: int) -> Array:
    """Simulate ``whole_run_test``: runs that are scored on two tasks each."""
    parts = [design.draw_even(rng, count) for _ in range(3)]
    names = [str(run) for run in range(design.n + design.m)]
    own, common = math.sqrt(1 - SHARED), math.sqrt(SHARED)
    x, y = (
        common * np.stack([parts[0][side]] * 2, axis=2)
        + own * np.stack([parts[1][side], parts[2][side]], axis=2)
        for side in (0, 1)
    )
    found = [
        whole_run_test(list(one), list(other), names[: design.n], names[design.n :]).p
        for one, other in zip(x, y, strict=True)
    ]
    return _reject(np.array(found))


def try_pairs(rng: Generator, design: Design, count: int) -> Array:
    """Simulate ``signed_rank_test``; a pair whose both sides failed is no one's."""
    x, y = design.draw_even(rng, count)
    with np.errstate(invalid="ignore"):
        differences = np.where(x == y, 0.0, x - y)
    return _reject(signed_rank_p(differences))


def try_home(rng: Generator, design: Design, count: int) -> Array:
    """Simulate the home advantage of two tasks that differ in level and spread."""
    tasks = [design.draw_even(rng, count, wide) for wide in (1.0, WIDER)]
    a, b = (70 + np.stack([task[side] for task in tasks]) for side in (0, 1))
    return _reject(rank_p(*measure_home(a, b)))


def try_non_inferiority(rng: Generator, design: Design, count: int) -> Array:
    """Simulate the test of "worse by less than the margin" where it is worse by the margin."""
    return _reject(_test_margin(rng, design, count, -MARGIN)[0])


def try_equivalence(rng: Generator, design: Design, count: int) -> Array:
    """Simulate the two one-sided tests of "within the margin" where it is better by the margin."""
    return _reject(np.maximum(*_test_margin(rng, design, count, MARGIN)))


def _test_margin(rng: Generator, design: Design, count: int, shift: float) -> tuple[Array, Array]:
    """Return Welch's one-sided p of "above -margin" and of "below the margin"."""
    margin, at = MARGIN * design.spread, shift * design.spread
    x, y = design.draw_first(rng, count, at), design.draw_second(rng, count)
    estimate, error, freedom = contrast_arms([(1.0, x), (-1.0, y)])
    above = stats.t.sf((estimate + margin) / error, freedom)
    below = stats.t.cdf((estimate - margin) / error, freedom)
    return np.asarray(above), np.asarray(below)


def try_family(rng: Generator, design: Design, count: int) -> Array:
    """Simulate the declared family: is anything found where all are equal?

    Two methods, of each direct against random, transferred against random, and transferred against
    direct. The random arm is one for all.
    """
    _, random = design.draw_even(rng, count)
    chains = []
    for _ in range(METHODS):
        direct, transferred = (design.draw_even(rng, count)[0] for _ in range(2))
        pairs = (direct, random), (transferred, random), (transferred, direct)
        chains += [rank_p(x, y) for x, y in pairs]
    adjusted = [min(p for (p,) in holm_chains([[p] for p in row])) for row in np.transpose(chains)]
    return _reject(np.array(adjusted))


def _reject(p: Array) -> Array:
    # An unknown p rejects nothing.
    return (p <= ALPHA).astype(np.float64)
