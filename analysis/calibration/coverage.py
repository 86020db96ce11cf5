"""How often each printed interval holds the truth."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.answers.arms import BEST_OF
from analysis.answers.transfer.gains import size_adjusted_gain
from analysis.calibration.arrays import (
    contrast_arms,
    estimate_best,
    judge_cover,
    limit,
    limit_chance,
    subtract_estimates,
)
from analysis.calibration.laws import Law, find_chance, find_even_shift
from analysis.calibration.rates import WIDER, Design, Generator
from analysis.statistics.sample import Array

# How much direct search gains, in the standard deviations of the wider side, and what is kept.
GAIN, RETENTION = 2.0, 0.8
# Costs of a search on the source and on the target, and how the former varies.
COST, DIRECT_COST, COST_SD = 0.4, 1.0, 0.02
# Standard deviation of the validation accuracy around the test accuracy.
NOISE = 0.5
# Groups of k whose mean best is taken for the truth; its error is below .002.
GROUPS = 400_000


def cover_mean(rng: Generator, design: Design, count: int) -> Array:
    """Simulate the t interval of an arm's mean."""
    return judge_cover(limit(contrast_arms([(1.0, design.draw_first(rng, count))])), 0.0)


def cover_difference(rng: Generator, design: Design, count: int) -> Array:
    """Simulate Welch's interval."""
    x, y = design.draw_first(rng, count), design.draw_second(rng, count)
    return judge_cover(limit(contrast_arms([(1.0, x), (-1.0, y)])), 0.0)


def cover_pairs(rng: Generator, design: Design, count: int) -> Array:
    """Simulate the t interval of paired differences, of pairs in which both sides have a value."""
    x, y = design.draw_first(rng, count), design.draw_second(rng, count)
    with np.errstate(invalid="ignore"):
        return judge_cover(limit(contrast_arms([(1.0, x - y)])), 0.0)


def cover_strata(rng: Generator, design: Design, count: int) -> Array:
    """Simulate the interval of the difference over two tasks that share no run."""
    arms = []
    for wide in (1.0, WIDER):
        arms += [(0.5, wide * design.draw_first(rng, count))]
        arms += [(-0.5, wide * design.draw_second(rng, count))]
    return judge_cover(limit(contrast_arms(arms)), 0.0)


def cover_even_chance(rng: Generator, design: Design, count: int) -> Array:
    """Simulate the interval of A12 where neither side is better."""
    return _cover_chance(rng, design, count, 0.0)


def cover_chance(rng: Generator, design: Design, count: int) -> Array:
    """Simulate the interval of A12 where the first side is better by a standard deviation."""
    return _cover_chance(rng, design, count, design.spread)


def _cover_chance(rng: Generator, design: Design, count: int, shift: float) -> Array:
    at = find_even_shift(design.law, design.ratio) + shift
    survive = 1 - design.failing
    truth = survive**2 * find_chance(design.law, design.ratio, at)
    truth += survive * design.failing + design.failing**2 / 2
    x, y = design.draw_first(rng, count, at), design.draw_second(rng, count)
    return judge_cover(limit_chance(x, y), truth)


def cover_retention(rng: Generator, design: Design, count: int) -> Array:
    """Simulate Fieller's interval of the share that transfer keeps of direct search's gain.

    It holds a value where the contrast at that value is not told apart from 0. It is printed where
    the gain's own interval lies above 0.
    """
    gain = GAIN * max(1.0, design.ratio)
    carried = design.draw_first(rng, count, RETENTION * gain)
    direct, random = design.draw_first(rng, count, gain), design.draw_second(rng, count)
    at = [(1.0, carried), (-RETENTION, direct), (RETENTION - 1, random)]
    held = judge_cover(limit(contrast_arms(at)), 0.0)
    is_printed = limit(contrast_arms([(1.0, direct), (-1.0, random)]))[0] > 0
    return np.where(is_printed, held, np.nan)


def cover_saving(rng: Generator, design: Design, count: int) -> Array:
    """Simulate Fieller's interval of what searching on the source saves."""
    own = COST + COST_SD * design.draw_first(rng, count)
    direct = DIRECT_COST + COST_SD * design.draw_second(rng, count)
    held = judge_cover(limit(contrast_arms([(1.0, own), (-COST / DIRECT_COST, direct)])), 0.0)
    is_printed = limit(contrast_arms([(1.0, direct)]))[0] > 0
    return np.where(is_printed, held, np.nan)


def cover_best(rng: Generator, design: Design, count: int) -> Array:
    """Simulate the interval of the expected best of k, chosen by validation."""
    test = design.draw_first(rng, count)
    found = estimate_best(_validate(rng, test, 1.0), test, BEST_OF)
    return judge_cover(limit(found), find_best(design.law))


def cover_best_gain(rng: Generator, design: Design, count: int) -> Array:
    """Simulate the interval of the best of k less the best of as many of the other side."""
    x, y = design.draw_first(rng, count), design.draw_second(rng, count)
    sides = ((x, 1.0), (y, design.ratio))
    found = [estimate_best(_validate(rng, test, sd), test, BEST_OF) for test, sd in sides]
    truth = (1 - design.ratio) * find_best(design.law)
    return judge_cover(limit(subtract_estimates(*found)), truth)


def _validate(rng: Generator, test: Array, spread: float) -> Array:
    validation: Array = test + NOISE * spread * rng.normal(size=test.shape)
    return validation


@lru_cache(maxsize=8)
def find_best(law: Law) -> float:
    """Return the mean test accuracy of the best of k by validation, by simulation."""
    rng = np.random.default_rng(0)
    test = law.draw(rng, GROUPS, BEST_OF)
    best = _validate(rng, test, 1.0).argmax(axis=1)
    return float(test[np.arange(GROUPS), best].mean())


def cover_adjusted_gain(rng: Generator, design: Design, count: int) -> Array:
    """Simulate the interval of the gain at equal size, where searched networks are larger."""
    held = np.empty(count)
    x, y = design.draw_first(rng, count), design.draw_second(rng, count)
    for row in range(count):
        arm, floor = (_size(rng, side[row], larger) for side, larger in ((x, 0.5), (y, 0.0)))
        found = size_adjusted_gain(arm, floor)
        held[row] = judge_cover((np.array([found.low]), np.array([found.high])), 0.0)[0]
    return held


def _size(rng: Generator, noise: Array, larger: float) -> pd.DataFrame:
    """Return networks whose accuracy follows their size up to noise."""
    params = larger + 0.5 * rng.normal(size=len(noise))
    macs = params + 0.2 * rng.normal(size=len(noise))
    value = 90 + 2 * params + macs + noise
    return pd.DataFrame({"value": value, "params": np.exp(params), "macs": np.exp(macs)})
