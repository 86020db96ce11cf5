"""What a design can show before any p."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from analysis.statistics.paired import signed_rank_test
from analysis.statistics.placing import place_pairwise
from analysis.statistics.power import (
    capacity,
    detectable_paired_shift,
    detectable_shift,
    is_feasible,
    smallest_p,
    smallest_stratified_p,
)
from analysis.statistics.relabelling import critical_values


@pytest.mark.parametrize(
    ("n", "shift"),
    # The simulated column of the specification's table: an exact rank test of normal runs.
    [(4, 3.0), (5, 2.4), (6, 2.0), (8, 1.6), (10, 1.4)],
)
def test_detectable_shifts_of_normal_runs_are_those_of_the_table(n, shift):
    runs = stats.norm.ppf((np.arange(n) + 0.5) / n)
    runs /= runs.std(ddof=1)
    assert detectable_shift(runs, runs) == pytest.approx(shift, rel=0.17)


def test_what_is_called_detectable_is_found_in_eighty_percent_of_repetitions():
    rng = np.random.default_rng(5)
    # Skewed and of unequal spread: the residuals themselves are the population.
    x, y = 3 * rng.gamma(1, size=8), rng.gamma(4, size=24)
    shift = detectable_shift(x, y, 0.01)
    low, high = critical_values(8, 24, 0.01)
    scale = math.sqrt(8 / 7), math.sqrt(24 / 23)
    xs = scale[0] * (rng.choice(x, size=(4000, 8)) - x.mean())
    ys = scale[1] * (rng.choice(y, size=(4000, 24)) - y.mean())
    up = place_pairwise(xs + shift, ys).statistic >= high
    down = place_pairwise(xs - shift, ys).statistic <= low
    assert min(up.mean(), down.mean()) == pytest.approx(0.8, abs=0.05)


def test_many_runs_detect_what_the_normal_approximation_says():
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=300), rng.normal(size=300)
    expected = TTestIndPower().solve_power(nobs1=300, alpha=0.05, power=0.8)
    # The rank test of normal runs has 3 / pi of the t test's efficiency.
    assert detectable_shift(x, y) == pytest.approx(expected * math.sqrt(math.pi / 3), rel=0.1)


def test_paired_shifts_are_found_in_eighty_percent_of_repetitions():
    rng = np.random.default_rng(7)
    d = rng.normal(size=12)
    shift = detectable_paired_shift(d)
    drawn = math.sqrt(12 / 11) * (rng.choice(d, size=(1500, 12)) - d.mean()) + shift
    found = [signed_rank_test(row + 1e-7 * rng.normal(size=12)).p <= 0.05 for row in drawn]
    assert np.mean(found) == pytest.approx(0.8, abs=0.05)


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
