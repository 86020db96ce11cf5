"""How large a difference is: published answers and laws."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.effects import (
    a12_interval,
    newcombe,
    probability_of_improvement,
    standardised_mean,
)

BETTER, WORSE = (97.0, 97.2, 97.3, 97.5, 97.1), (96.9, 97.05, 97.15, 96.8, 97.0)
scores = st.lists(st.sampled_from([70.0, 70.5, 71.25, 72.0, 73.5]), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("x", "y", "estimate", "low", "high"),
    [
        ([4, 5, 6], [1, 2, 3], 1.0, 0.5010, 1.0),
        ([1, 2, 3], [4, 5, 6], 0.0, 0.0, 0.4990),
        (BETTER, WORSE, 0.86, 0.4849, 0.9725),
        ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], 0.5, 0.2056, 0.7944),
    ],
)
def test_newcombes_fifth_method_has_the_known_limits(x, y, estimate, low, high):
    found = a12_interval(x, y)
    assert (found.estimate, found.low, found.high) == pytest.approx((estimate, low, high), abs=5e-5)
    assert found.method == "Newcombe 5"


def test_newcombes_limits_solve_his_equation():
    z = stats.norm.ppf(0.975)
    for n, m, wins in ((3, 4, 7), (5, 5, 20), (8, 3, 1)):
        estimate = wins / (n * m)
        extra = (n + m) / 2 - 1
        for limit in newcombe(estimate, n, m):
            bracket = 1 + extra * ((1 - limit) / (2 - limit) + limit / (1 + limit))
            error = math.sqrt(limit * (1 - limit) * bracket / (n * m))
            assert abs(estimate - limit) == pytest.approx(z * error, abs=1e-9)


@given(scores, scores)
def test_newcombes_interval_holds_its_estimate_and_stays_a_probability(x, y):
    found = a12_interval(x, y)
    assert 0 <= found.low <= found.estimate <= found.high <= 1


def test_probability_of_improvement_is_the_mean_over_tasks():
    assert probability_of_improvement([([2, 3], [1, 4]), ([5], [1])]) == pytest.approx(0.75)
    assert math.isnan(probability_of_improvement([]))


def test_paired_effect_is_in_deviations_of_the_difference():
    assert standardised_mean((0.4, 0.1, 0.3, 0.25, -0.05)) == pytest.approx(
        0.2 / 0.176777, rel=1e-5
    )
    assert math.isnan(standardised_mean([1.0, 1.0]))
