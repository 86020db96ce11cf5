"""What a design can show before any p."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from analysis.statistics.power import (
    capacity,
    detectable_effect,
    is_feasible,
    smallest_p,
    smallest_stratified_p,
)


@pytest.mark.parametrize(
    ("n", "two_samples", "sixfold", "pairs"),
    [
        (3, 3.07, 5.04, 3.26),
        (4, 2.38, 3.50, 2.13),
        (5, 2.02, 2.83, 1.68),
        (6, 1.80, 2.44, 1.43),  # printed as 1.44; 1.4345 also by statsmodels
        (8, 1.51, 1.99, 1.16),
        (10, 1.33, 1.73, 1.00),
        (15, 1.06, 1.36, 0.78),
        (20, 0.91, 1.15, 0.66),
        (30, 0.74, 0.93, 0.53),
    ],
)
def test_detectable_effects_are_those_of_the_table(n, two_samples, sixfold, pairs):
    assert detectable_effect(n, n) == pytest.approx(two_samples, abs=0.0051)
    assert detectable_effect(n, n, alpha=0.05 / 6) == pytest.approx(sixfold, abs=0.0051)
    assert detectable_effect(n) == pytest.approx(pairs, abs=0.0051)


def test_detectable_effects_of_unequal_samples_are_statsmodels():
    expected = TTestIndPower().solve_power(nobs1=6, ratio=12 / 6, alpha=0.05, power=0.8)
    assert detectable_effect(6, 12) == pytest.approx(expected, rel=1e-6)


def test_where_nothing_can_be_detected_it_is_infinite_or_unknown():
    assert detectable_effect(2, 2, alpha=1e-6) == math.inf
    assert math.isnan(detectable_effect(1))
    assert math.isnan(detectable_effect(0, 5))


def test_an_infeasible_family_is_told_before_any_p():
    assert not is_feasible(smallest_p(3, 3), 1)
    assert is_feasible(smallest_p(4, 4), 1) and not is_feasible(smallest_p(4, 4), 2)
    assert not is_feasible(smallest_p(5), 1)  # five pairs cannot reach .05


def test_thousands_of_runs_have_a_smallest_p_that_is_a_number():
    p = smallest_stratified_p([(500, 500)] * 3)
    assert p > 0 and capacity(p) == 1_000_000
    assert smallest_p(5000) > 0


def test_scipys_gaps_in_the_non_central_t_do_not_show():
    # Beyond a non-centrality of about 8.5 scipy returns NaN now and then; the power is 1 there.
    shifts = np.linspace(8, 12, 400)
    gaps = (
        np.isnan(stats.nct.sf(2.0, 8, shifts)).any()
        or np.isnan(stats.nct.cdf(-2.0, 8, shifts)).any()
    )
    effects = [detectable_effect(3, 3, alpha=alpha) for alpha in np.geomspace(1e-2, 1e-3, 30)]
    assert all(a < b for a, b in itertools.pairwise(effects)), gaps
