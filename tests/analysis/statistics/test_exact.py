"""Known answers and laws of the small-sample statistics."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.effects import a12
from analysis.statistics.exact import exact_rank_p, sign_flip_p
from analysis.statistics.intervals import mean_interval, paired_t, welch
from analysis.statistics.multiplicity import holm
from analysis.statistics.power import capacity, smallest_p

DIRECT = (73.1, 73.4, 72.9, 73.3, 73.0)
TRANSFERRED = (72.9, 73.2, 73.0, 73.1, 72.7)

accuracies = st.sampled_from([70.0, 70.5, 71.0, 71.25, 72.0, 73.5])
sample = st.lists(accuracies, min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("n", "unpaired", "carries", "paired"),
    [
        (2, 1 / 3, 0, 0.5),
        (3, 0.1, 0, 0.25),
        (4, 0.028571, 1, 0.125),
        (5, 0.0079365, 6, 0.0625),
        (6, 0.0021645, 23, 0.03125),
        (7, 0.00058275, 85, 0.015625),
        (8, 0.0001554, 321, 0.0078125),
        (10, 1.0825e-5, 4618, 0.001953),
    ],
)
def test_smallest_p_and_capacity_are_those_of_the_table(n, unpaired, carries, paired):
    assert smallest_p(n, n) == pytest.approx(unpaired, rel=1e-4)
    assert capacity(smallest_p(n, n)) == carries
    assert smallest_p(n) == pytest.approx(paired, rel=1e-3)


def test_fully_separated_runs_reach_the_smallest_p():
    assert exact_rank_p([4, 5, 6], [1, 2, 3]) == pytest.approx(0.1)


def test_ties_are_counted_exactly():
    assert exact_rank_p([1, 2, 2], [3, 4, 2]) == pytest.approx(0.3)
    assert exact_rank_p(DIRECT, TRANSFERRED) == pytest.approx(0.357143, abs=1e-6)


def test_rounding_noise_does_not_break_a_tie():
    assert exact_rank_p([0.1 + 0.2], [0.3]) == 1.0
    assert a12([0.1 + 0.2], [0.3]) == 0.5


def test_paired_differences_have_the_known_answer():
    differences = (0.4, 0.1, 0.3, 0.25, -0.05)
    found = paired_t(differences)
    assert sign_flip_p(differences) == pytest.approx(0.125)
    assert (found.estimate, found.low, found.high) == pytest.approx(
        (0.2, -0.019497, 0.419497), abs=1e-6
    )


def test_holm_has_the_known_answer():
    assert holm([0.01, 0.02, 0.03, 0.005]) == pytest.approx([0.03, 0.04, 0.04, 0.02])


def test_a_comparison_that_could_not_be_made_still_counts_in_the_family():
    adjusted = holm([0.01, math.nan])
    assert adjusted[0] == pytest.approx(0.02)
    assert math.isnan(adjusted[1])


def test_a12_has_the_known_answers():
    assert a12([4, 5, 6], [1, 2, 3]) == 1.0
    assert a12((97.0, 97.2, 97.3, 97.5, 97.1), (96.9, 97.05, 97.15, 96.8, 97.0)) == 0.86
    assert a12([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]) == 0.5
    assert a12(DIRECT, TRANSFERRED) == pytest.approx(0.70)


def test_welch_has_the_known_answer():
    found = welch(DIRECT, TRANSFERRED)
    assert found.method == "Welch"
    assert (found.estimate, found.low, found.high) == pytest.approx(
        (0.16, -0.13197, 0.45197), abs=1e-5
    )


def test_a_single_value_has_no_interval_and_says_so():
    for found in (welch([1.0], [2.0, 3.0]), mean_interval([1.0]), paired_t([1.0])):
        assert math.isnan(found.low)
        assert "no interval" in found.method
    assert welch([1.0], [2.0, 3.0]).estimate == -1.5


def test_equal_values_have_no_interval_and_say_so():
    for found in (welch([50.0] * 3, [40.0] * 3), mean_interval([50.0] * 3), paired_t([0.1] * 4)):
        assert math.isnan(found.low)
        assert "no spread" in found.method


def test_nothing_is_said_about_no_values():
    assert math.isnan(welch([], [1.0]).estimate)
    assert math.isnan(mean_interval([]).estimate)
    assert math.isnan(a12([], [1.0]))
    assert math.isnan(exact_rank_p([], [1.0]))
    assert math.isnan(sign_flip_p([]))
    assert smallest_p(0, 5) == 1.0


def test_failed_runs_rank_below_every_accuracy():
    assert exact_rank_p([4.0, 5.0, -math.inf], [1.0, 2.0, 3.0]) > exact_rank_p(
        [4.0, 5.0, 6.0], [1.0, 2.0, 3.0]
    )


def test_many_pairs_are_sampled_close_to_the_exact_answer():
    differences = np.random.default_rng(1).normal(0.4, 1, 17)
    exact = np.array(list(itertools.product((-1, 1), repeat=17))) @ differences
    p = float((np.abs(exact) >= abs(differences.sum()) - 1e-9).mean())
    assert sign_flip_p(differences) == pytest.approx(p, abs=0.01)


@given(sample, sample)
def test_a12_and_its_mirror_image_add_up_to_one(x, y):
    assert a12(x, y) + a12(y, x) == pytest.approx(1)


@settings(deadline=None)
@given(sample, sample)
def test_exact_p_equals_the_enumeration_of_all_labellings(x, y):
    ranks = stats.rankdata(x + y)
    sums = [
        sum(ranks[i] for i in chosen)
        for chosen in itertools.combinations(range(len(ranks)), len(x))
    ]
    observed = sum(ranks[: len(x)])
    below = sum(total <= observed + 1e-9 for total in sums)
    above = sum(total >= observed - 1e-9 for total in sums)
    assert exact_rank_p(x, y) == pytest.approx(min(1, 2 * min(below, above) / len(sums)))


@settings(deadline=None)
@given(sample, sample)
def test_exact_p_is_symmetric_and_never_below_the_smallest(x, y):
    assert exact_rank_p(x, y) == pytest.approx(exact_rank_p(y, x))
    assert exact_rank_p(x, y) >= smallest_p(len(x), len(y)) - 1e-12


@settings(deadline=None)
@given(st.lists(accuracies.map(lambda x: x - 71), min_size=2, max_size=8))
def test_sign_flip_p_equals_that_of_scipy(differences):
    expected = stats.permutation_test(
        (np.array(differences),), np.sum, permutation_type="samples", n_resamples=np.inf
    ).pvalue
    assert sign_flip_p(differences) == pytest.approx(min(1, expected))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_no_smaller_than_the_raw_p_and_keeps_the_order(p):
    adjusted = holm(p)
    assert all(a >= raw for a, raw in zip(adjusted, p, strict=True))
    ordered = [adjusted[i] for i in sorted(range(len(p)), key=p.__getitem__)]
    assert ordered == sorted(ordered)


def test_many_runs_get_the_normal_approximation_of_the_rank_sum():
    rng = np.random.default_rng(0)
    for ties in (1, 6):
        x, y = rng.normal(0.1, 1, 90).round(ties), rng.normal(0, 1, 80).round(ties)
        expected = stats.mannwhitneyu(x, y, method="asymptotic").pvalue
        assert exact_rank_p(x, y) == pytest.approx(expected, rel=1e-9)
    assert exact_rank_p([1.0] * 100, [1.0] * 100) == 1.0


def test_the_approximation_begins_where_it_agrees_with_counting():
    rng = np.random.default_rng(1)
    x, y = rng.normal(0.3, 1, 60), rng.normal(0, 1, 60)
    expected = stats.mannwhitneyu(x, y, method="asymptotic").pvalue
    assert exact_rank_p(x, y) == pytest.approx(expected, rel=0.02)
