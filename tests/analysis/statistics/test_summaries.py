"""Scores pooled over tasks."""

import math

import numpy as np
import pytest
from scipy import stats

from analysis.statistics.summaries import (
    interquartile_mean,
    normalised,
    optimality_gap,
    performance_profile,
    stratified_bootstrap,
)


@pytest.mark.parametrize(
    ("values", "mean"),
    [([1, 2, 3], 2), ([0, 0, 10], 5 / 3), ([1, 2, 3, 4], 2.5), ([1, 2, 3, 4, 5, 100], 3.5)],
)
def test_interquartile_mean_counts_parts_of_values(values, mean):
    assert interquartile_mean(values) == pytest.approx(mean)
    assert interquartile_mean(values[::-1]) == pytest.approx(mean)


def test_interquartile_mean_of_multiples_of_four_is_the_trimmed_mean():
    values = np.random.default_rng(0).normal(size=12)
    assert interquartile_mean(values) == pytest.approx(stats.trim_mean(values, 0.25))


def test_normalised_scores_run_from_random_to_best():
    assert normalised([60.0, 70.0, 80.0], 60.0, 80.0).tolist() == [0.0, 0.5, 1.0]
    assert np.isnan(normalised([60.0], 60.0, 60.0)).all()


def test_optimality_gap_is_regret_that_cannot_be_negative():
    assert optimality_gap([0.5, 1.5]) == pytest.approx(0.25)
    assert math.isnan(optimality_gap([]))


def test_profile_is_the_share_of_runs_beyond_each_threshold():
    found = performance_profile([[0.1, 0.9], [0.5]], [0.0, 0.1, 0.5, 0.9])
    assert found.tolist() == pytest.approx([1.0, 2 / 3, 1 / 3, 0.0])


def test_a_bootstrap_of_few_runs_gives_no_interval_and_says_why():
    few = stratified_bootstrap([[1.0] * 19], np.mean, np.random.default_rng(0))
    assert few.estimate == 1.0 and math.isnan(few.low)
    assert few.method == "no interval: 19 pooled runs, a bootstrap needs 20"


def test_a_bootstrap_draws_anew_within_each_task_and_is_repeatable():
    tasks = [[1.0] * 10, [3.0] * 10]  # no spread within: every sample has the same mean
    found = stratified_bootstrap(tasks, np.mean, np.random.default_rng(0))
    assert (found.low, found.estimate, found.high) == (2.0, 2.0, 2.0)
    rng = np.random.default_rng(1)
    tasks = [rng.normal(size=15), rng.normal(size=15)]
    twice = [stratified_bootstrap(tasks, np.mean, np.random.default_rng(7)) for _ in range(2)]
    assert twice[0] == twice[1]
    assert "30 pooled runs" in twice[0].method
