"""Claims against a declared margin."""

import math

import numpy as np
import pytest
from scipy import stats

from analysis.statistics.equivalence import against_margin, has_assay_sensitivity
from analysis.statistics.intervals import mean_difference

DIRECT = (73.1, 73.4, 72.9, 73.3, 73.0)
TRANSFERRED = (72.9, 73.2, 73.0, 73.1, 72.7)
RANDOM = (71.5, 71.9, 71.2, 71.7, 71.4)


def test_transfer_within_half_a_point_has_the_known_answers():
    non_inferior_p, equivalent_p = against_margin(mean_difference(TRANSFERRED, DIRECT), 0.5)
    assert non_inferior_p == equivalent_p == pytest.approx(0.013862, abs=1e-6)
    narrow = mean_difference(DIRECT, TRANSFERRED).interval(0.90)
    assert (narrow.low, narrow.high) == pytest.approx((-0.07539, 0.39539), abs=1e-5)
    assert mean_difference(DIRECT, TRANSFERRED).p() == pytest.approx(0.24170, abs=1e-5)


def test_non_inferiority_is_scipys_shifted_welch_test():
    expected = stats.ttest_ind(
        np.array(DIRECT) - 0.3, TRANSFERRED, equal_var=False, alternative="less"
    ).pvalue
    non_inferior_p, _ = against_margin(mean_difference(TRANSFERRED, DIRECT), 0.3)
    assert non_inferior_p == pytest.approx(expected, rel=1e-12)


def test_both_one_sided_tests_reject_where_the_narrow_interval_lies_within_the_margin():
    rng = np.random.default_rng(0)
    for _ in range(200):
        x, y = rng.normal(0, 1, 6), rng.normal(0, 1, 5)
        found = mean_difference(x, y)
        narrow = found.interval(0.90)
        is_inside = narrow.low > -1.0 and narrow.high < 1.0
        assert (against_margin(found, 1.0)[1] < 0.05) == is_inside


def test_without_spread_nothing_is_claimed():
    assert all(map(math.isnan, against_margin(mean_difference([1.0, 1.0], [1.0, 1.0]), 0.5)))


@pytest.mark.parametrize(
    ("random", "margin", "expected"),
    [(RANDOM, 0.5, True), (RANDOM, 2.0, False), (DIRECT, 0.5, False), ((60.0, 85.0), 0.5, False)],
)
def test_an_experiment_that_cannot_tell_random_from_direct_proves_nothing(random, margin, expected):
    assert has_assay_sensitivity(DIRECT, random, margin) is expected
