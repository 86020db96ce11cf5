"""What a design can show before any p."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from analysis.statistics.paired import signed_rank_test
from analysis.statistics.placing import place_pairwise, place_shifted
from analysis.statistics.power import (
    capacity,
    detectable_paired_shift,
    detectable_shift,
    is_feasible,
    smallest_p,
    smallest_stratified_p,
)
from analysis.statistics.relabelling import critical_values


@pytest.mark.parametrize(("n", "m", "ratio", "alpha"), [(5, 5, 1, 0.01), (5, 24, 3, 0.01)])
def test_what_is_called_detectable_is_found_in_eighty_percent_of_repetitions(n, m, ratio, alpha):
    rng = np.random.default_rng(5)
    _, high = critical_values(n, m, alpha)
    found = []
    for _ in range(80):
        shift = detectable_shift(ratio * rng.normal(size=n), rng.normal(size=m), alpha)
        xs, ys = ratio * rng.normal(size=(200, n)), rng.normal(size=(200, m))
        found.append((place_pairwise(xs + shift, ys).statistic >= high).mean())
    assert np.mean(found) == pytest.approx(0.8, abs=0.06)


def test_many_runs_detect_what_the_normal_approximation_says():
    rng = np.random.default_rng(6)
    expected = TTestIndPower().solve_power(nobs1=300, alpha=0.05, power=0.8)
    # The rank test of normal runs has 3 / pi of the t test's efficiency.
    expected *= math.sqrt(math.pi / 3)
    found = [detectable_shift(*rng.normal(size=(2, 300))) / expected for _ in range(21)]
    # Equal means are not equal ranks, so that the larger of both directions is some percent more.
    assert 1.0 <= np.median(found) <= 1.12
    assert min(found) >= 0.95 and max(found) <= 1.25


def test_many_skewed_runs_are_shifted_both_ways():
    # Of equal means, the skewed side is the better one in most pairs before anything is shifted.
    rng = np.random.default_rng(8)
    x, y = -rng.gamma(0.3, size=500), 0.01 * rng.normal(size=500)
    low, high = critical_values(500, 500, 0.05)
    shift = detectable_shift(x, y)
    centred = x - x.mean(), y - y.mean()
    up, down = (place_shifted(*centred, way * shift).statistic[0] for way in (1, -1))
    assert min(up - high, low - down) == pytest.approx(stats.norm.ppf(0.8), abs=0.1)


def test_paired_shifts_are_found_in_eighty_percent_of_repetitions():
    rng = np.random.default_rng(7)
    found = []
    for _ in range(60):
        shift = detectable_paired_shift(rng.normal(size=8))
        rows = shift + rng.normal(size=(100, 8))
        found += [signed_rank_test(row).p <= 0.05 for row in rows]
    assert np.mean(found) == pytest.approx(0.8, abs=0.06)


def test_where_nothing_can_be_detected_nothing_is_said():
    assert detectable_shift([1.0, 2.0, 4.0], [1.0, 2.0, 3.0]) is None  # p is at least .1
    assert detectable_shift([1.0] * 5, [2.0] * 5) is None  # no spread was seen
    assert detectable_shift([1.0], [2.0] * 50) is None
    assert detectable_paired_shift([0.1, 0.2, 0.4, 0.5, 0.3]) is None  # p is at least .0625


def test_an_infeasible_family_is_told_before_any_p():
    assert not is_feasible(smallest_p(3, 3), 1)
    assert is_feasible(smallest_p(4, 4), 1) and not is_feasible(smallest_p(4, 4), 2)
    assert not is_feasible(smallest_p(5), 1)  # five pairs cannot reach .05


def test_thousands_of_runs_have_a_smallest_p_that_is_a_number():
    p = smallest_stratified_p([(500, 500)] * 3)
    assert p > 0 and capacity(p) == 1_000_000
    assert smallest_p(5000) > 0
