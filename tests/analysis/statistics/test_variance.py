"""Searches that end elsewhere against trainings that end elsewhere."""

import math

import numpy as np
import pytest

from analysis.statistics.variance import VarianceComponents, optimal_trainings, variance_components


def test_components_are_those_of_the_formula():
    found = variance_components([[70.0, 72.0], [75.0, 75.0, 78.0]])
    assert found.evaluation == pytest.approx((2.0 + 6.0) / 3)
    noise = (2.0 / 2 + 3.0 / 3) / 2
    assert found.search == pytest.approx(np.var([71.0, 76.0], ddof=1) - noise)
    assert (found.searches, found.trainings) == (2, 5)
    assert math.isnan(found.icc)  # unbalanced


def test_balanced_components_are_those_of_the_analysis_of_variance():
    table = np.random.default_rng(0).normal(size=(12, 1)) + np.random.default_rng(1).normal(
        0, 0.5, (12, 3)
    )
    between = 3 * table.mean(axis=1).var(ddof=1)
    within = table.var(axis=1, ddof=1).mean()
    found = variance_components(list(table))
    assert found.evaluation == pytest.approx(within)
    assert found.search == pytest.approx((between - within) / 3)
    assert found.icc == pytest.approx((between - within) / (between + 2 * within))


def test_searches_that_spread_less_than_their_trainings_have_no_variance_of_their_own():
    assert variance_components([[70.0, 80.0], [70.0, 80.0]]).search == 0.0


def test_what_cannot_be_separated_is_unknown():
    once = variance_components([[70.0], [71.0]])
    assert math.isnan(once.search) and math.isnan(once.evaluation)
    assert math.isnan(variance_components([[70.0, 71.0]]).search)


@pytest.mark.parametrize(
    ("name", "every", "best"),
    [
        ("cifar10_e200_valid_seeds", 0.5577, 0.1975),
        ("cifar100_e200_valtest_seeds", 0.5346, 0.4460),
        ("imagenet16_120_e200_valtest_seeds", 0.6863, 0.4900),
    ],
)
def test_noise_of_trainings_on_the_real_table_is_the_known_one(reference, name, every, best):
    with np.load(reference / "nasbench201" / "nb201_tables.npz", allow_pickle=False) as table:
        seeds = table[name]
    groups = [row[np.isfinite(row)] for row in seeds]
    means = np.array([group.mean() for group in groups])
    top = means >= np.quantile(means, 0.9)
    for chosen, expected in ((groups, every), ([groups[i] for i in np.flatnonzero(top)], best)):
        found = math.sqrt(variance_components(chosen).evaluation)
        assert found == pytest.approx(expected, abs=5e-4)


def test_the_best_number_of_trainings_weighs_costs_and_variances():
    found = VarianceComponents(search=1.0, evaluation=4.0, searches=5, trainings=10, icc=math.nan)
    assert optimal_trainings(found, 9.0, 1.0) == pytest.approx(6.0)
    assert optimal_trainings(found, 0.1, 1.0) == 1.0
    nothing = VarianceComponents(0.0, 4.0, 5, 10, math.nan)
    assert optimal_trainings(nothing, 9.0, 1.0) == math.inf
    assert math.isnan(optimal_trainings(found, math.nan, 1.0))
