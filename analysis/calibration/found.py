"""Is "would be found in 80 % of repetitions" found in 80 % of repetitions?"""

from __future__ import annotations

import numpy as np

from analysis.calibration.arrays import rank_p, signed_rank_p
from analysis.calibration.rates import Design, Generator
from analysis.statistics.power import detectable_paired_shift, detectable_shift
from analysis.statistics.sample import ALPHA, Array

# Questions of the declared family: Holm's first step divides the level by them.
FAMILY = 6
LEVEL = ALPHA / FAMILY
REPETITIONS = 500


def find_shift(rng: Generator, design: Design, count: int) -> Array:
    """Simulate what two independent samples say is detectable, and look for it in new ones.

    The share of the direction in which less is found: the report promises both.
    """
    found = np.full((count, 2), np.nan)
    for row in range(count):
        x, y = design.draw_first(rng, 1)[0], design.draw_second(rng, 1)[0]
        shift = detectable_shift(x, y, LEVEL)
        for place, way in enumerate((1.0, -1.0) if shift is not None else ()):
            first = design.draw_first(rng, REPETITIONS, way * (shift or 0.0))
            p = rank_p(first, design.draw_second(rng, REPETITIONS))
            found[row, place] = (p <= LEVEL).mean()
    return _lower(found)


def find_paired_shift(rng: Generator, design: Design, count: int) -> Array:
    """Simulate the same of paired differences."""
    found = np.full((count, 2), np.nan)
    for row in range(count):
        x, y = design.draw_first(rng, 1)[0], design.draw_second(rng, 1)[0]
        shift = detectable_paired_shift(x - y, LEVEL)
        for place, way in enumerate((1.0, -1.0) if shift is not None else ()):
            first = design.draw_first(rng, REPETITIONS, way * (shift or 0.0))
            d = first - design.draw_second(rng, REPETITIONS)
            found[row, place] = (signed_rank_p(d) <= LEVEL).mean()
    return _lower(found)


def _lower(found: Array) -> Array:
    lower: Array = found[:, int(np.nanmean(found, axis=0).argmin())]
    return lower
