"""The best of k searches: all subsets by brute force, and intervals that cover."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.statistics.best_of import best_of_difference, best_weights, expected_best
from analysis.statistics.intervals import estimate_mean

SEARCHES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 100)), min_size=1, max_size=7)


@given(SEARCHES, st.integers(1, 7))
def test_best_of_k_is_the_mean_over_all_subsets_and_ties_share(searches, k):
    validation, test = ([float(value) for value in side] for side in zip(*searches, strict=True))
    found = expected_best(validation, test, k)
    if k > len(test):
        assert found is None
        return
    reached = []
    for some in itertools.combinations(range(len(test)), k):
        top = max(validation[i] for i in some)
        reached.append(np.mean([test[i] for i in some if validation[i] == top]))
    assert found == pytest.approx(np.mean(reached))


def test_best_of_one_is_the_mean_and_best_of_all_the_chosen():
    validation, test = [3.0, 1.0, 2.0], [70.0, 90.0, 80.0]
    assert expected_best(validation, test, 1) == pytest.approx(80.0)
    assert expected_best(validation, test, 3) == 70.0


def test_best_of_a_sample_averages_over_all_its_subsets():
    sample = np.array([2.0, 7.0, 5.0, 1.0, 9.0])
    for k in range(1, 6):
        brute = np.mean([max(subset) for subset in itertools.combinations(sample, k)])
        assert best_weights(5, k) @ np.sort(sample) == pytest.approx(brute)


@pytest.mark.parametrize("validation", [[1.0, math.nan, 2.0, 3.0], [1.0, 2.0, 3.0]])
def test_unknown_validation_or_too_few_searches_leave_it_absent(validation):
    test = [70.0] * len(validation)
    assert expected_best(validation, test, 4) is None
    assert best_of_difference(validation, test, 4) is None


def test_one_group_of_k_has_no_interval():
    found = best_of_difference([1.0, 2.0], [70.0, 71.0], 2)
    assert found.estimate == 71.0 and math.isnan(found.interval().low)


def test_jackknife_of_the_mean_is_its_standard_error():
    test = [70.0, 72.5, 71.0, 69.5, 74.0]
    found, mean = best_of_difference(range(5), test, 1), estimate_mean(test)
    assert (found.estimate, found.error) == pytest.approx((mean.estimate, mean.error))


@pytest.mark.parametrize("size", [5, 8, 20])
def test_interval_of_the_best_of_four_covers_the_truth(size):
    rng = np.random.default_rng(0)

    def draw(*shape):
        validation = rng.normal(size=shape)
        return validation, 0.7 * validation + math.sqrt(1 - 0.7**2) * rng.normal(size=shape)

    truth = 0.7 * 1.02937537  # the expected largest of four standard normal values
    found = [best_of_difference(*draw(size), 4).interval() for _ in range(400)]
    covered = np.mean([one.low <= truth <= one.high for one in found])
    assert 0.92 < covered <= 1
