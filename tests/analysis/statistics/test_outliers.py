"""Runs that are far from the others of their arm, and how often noise alone would give some."""

import itertools

import numpy as np
import pytest

from analysis.statistics.outliers import all_below_p, count_apart


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ([41.0, 42.0, 80.0, 81.0, 82.0], 2),
        ([10.0, 80.0, 81.0, 82.0, 83.0], 1),
        ([70.0, 70.5, 71.0, 71.5, 95.0], -1),
        ([41.6, 42.7, 58.7, 73.6, 77.6], 0),
        ([10.0, 80.0, 81.0, 82.0], 0),
        ([70.0] * 8, 0),
        ([], 0),
    ],
)
def test_groups_are_apart_if_the_gap_is_wide_beside_their_ranges(values, count):
    assert count_apart(values) == count
    assert count_apart(values[::-1]) == count


@pytest.mark.parametrize(("size", "most"), [(5, 0.05), (10, 0.005), (50, 0.005)])
def test_noise_is_seldom_taken_for_two_groups(size, most):
    rng = np.random.default_rng(0)
    found = [count_apart(rng.normal(size=size).tolist()) != 0 for _ in range(4000)]
    assert np.mean(found) < most


@pytest.mark.parametrize(("below", "size", "others"), [(1, 1, 1), (2, 3, 1), (3, 5, 3), (2, 2, 4)])
def test_chance_of_lying_below_all_others_is_the_share_of_orders(below, size, others):
    places = list(itertools.combinations(range(size + others), size))
    share = np.mean([set(range(below)) <= set(place) for place in places])
    assert all_below_p(below, size, others) == pytest.approx(share)
