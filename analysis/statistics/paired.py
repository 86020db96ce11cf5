"""Which of two paired groups of runs is better: exact tests under flipped signs."""

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy import stats

from analysis.statistics.counter import counted
from analysis.statistics.sample import DRAWS, NOTHING_TESTED, Array, Outcome, Values, quantised

# Up to here all sign patterns of the mean are enumerated; beyond, random ones are drawn.
ENUMERATED_PAIRS = 16


@counted
def signed_rank_test(differences: Values) -> Outcome:
    """Test paired differences by their signed ranks (Wilcoxon), two-sided and exact.

    Ties share their midrank; zeros count in the ranking, for no side (Pratt). A run that failed
    makes its difference infinite: worse than any other.
    """
    d = quantised(differences)
    if len(d) == 0:
        return NOTHING_TESTED
    ranks = np.rint(2 * stats.rankdata(np.abs(d))).astype(np.int64)[d != 0]
    observed = int((np.sign(d[d != 0]) * ranks).sum())
    chances = np.zeros(int(ranks.sum()) + 1)  # of the sum of doubled ranks that are positive
    chances[0] = 1.0
    for rank in ranks:
        chances[rank:] = chances[rank:] / 2 + chances[: len(chances) - rank] / 2
        chances[:rank] /= 2
    place = (observed + len(chances) - 1) // 2
    tails = chances[: place + 1].sum(), chances[place:].sum()
    return Outcome(observed / 2, min(1.0, 2 * float(min(tails))))


@counted
def sign_flip_test(differences: Values) -> Outcome:
    """Test the mean of paired differences (Fisher, Pitman), two-sided; none may be infinite."""
    d = quantised(differences)
    if len(d) == 0:
        return NOTHING_TESTED
    mean = float(d.mean())
    if len(d) <= ENUMERATED_PAIRS:
        signs = np.array(list(itertools.product((-1.0, 1.0), repeat=len(d))))
        return Outcome(mean, _share_as_extreme(signs @ d, d))
    signs = np.random.default_rng(0).choice([-1.0, 1.0], size=(DRAWS, len(d)))
    p = (1 + DRAWS * _share_as_extreme(signs @ d, d)) / (DRAWS + 1)
    return Outcome(mean, p, DRAWS, is_exact=False)


def correlate_pairs(x: Values, y: Values) -> float:
    """Return Pearson's r of paired runs; NaN for less than three pairs or constant values."""
    a, b = quantised(x), quantised(y)
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    return float(np.corrcoef(a, b)[0, 1])


def _share_as_extreme(sums: Array, d: Array) -> float:
    # Sums of the same numbers in another order differ by rounding.
    return float((np.abs(sums) >= abs(float(d.sum())) - 1e-9).mean())
