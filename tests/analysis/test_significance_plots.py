"""The figures of the statistics draw what the statistics say."""

import pytest

from analysis.figures import (
    estimation,
    power,
    superiority,
    variance,
)
from analysis.statistics.power import detectable_effect
from tests.analysis.experiments import Invention
from tests.analysis.loading import load_study


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plots") / "digits"
    return load_study([Invention(folder, seeds=4, train_seeds=2).write()])


def of(results, plot):
    return plot.collect(results)


def test_every_probability_of_the_comparisons_is_drawn(results):
    table = of(results, superiority)
    known = [one.a12 for one in (*results.comparisons, *results.rivals) if one.a12 == one.a12]
    assert table["a12"].to_list() == known
    assert table["is_declared"].sum() == sum(one.a12 == one.a12 for one in results.comparisons)


def test_estimation_shows_every_run_and_the_interval(results):
    table = of(results, estimation)
    one = results.comparisons[0]
    rows = table[table["place"] == 0]
    assert rows[rows["kind"] == "first"]["value"].to_list() == list(one.values)
    (difference,) = rows[rows["kind"] == "difference"].to_dict("records")
    assert (difference["value"], difference["low"]) == (one.difference, one.low)


def test_power_is_that_of_the_observed_spread(results):
    table = of(results, power)
    row = table[table["n"] == 5].iloc[0]
    assert row["detectable"] == pytest.approx(row["spread"] * detectable_effect(5, 5))
    assert row["detectable_holm"] > row["detectable"] and row["capacity"] == 6
    assert table[table["is_used"]]["n"].to_list() == [4]


def test_variances_are_the_squares_of_the_table(results):
    table = of(results, variance)
    expected = results.variances["evaluation_sd"].astype(float).dropna() ** 2
    assert len(expected)
    assert table["evaluation_variance"].to_list() == pytest.approx(expected.to_list())
