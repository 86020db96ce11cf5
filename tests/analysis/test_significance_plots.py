"""The figures of the statistics draw what the statistics say."""

import numpy as np
import pytest

from analysis.answers.normalised import normalised_scores
from analysis.figures import (
    aggregates,
    estimation,
    power,
    profile,
    superiority,
    variance,
)
from analysis.statistics.power import detectable_effect
from analysis.statistics.summaries import interquartile_mean, performance_profile
from tests.analysis.experiments import Invention
from tests.analysis.loading import load_study


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plots") / "digits"
    return load_study([Invention(folder, seeds=4, train_seeds=2).write()])


def of(results, plot):
    return plot.collect(results)


def test_scores_run_from_the_mean_of_random_to_the_best_run(results):
    scores = normalised_scores(results.units)
    units = results.units[results.units["target"] == "d100"]
    floor = units.loc[units["arm"] == "random", "value"].mean()
    best = units["value"].max()
    expected = (units["value"] - floor) / (best - floor)
    first = scores.iloc[0]
    place = (units["unit"] == first["unit"]) & (units["arm"] == first["arm"])
    assert first["score"] == pytest.approx(float(expected[place].iloc[0]))
    assert scores["score"].max() == pytest.approx(1.0) and "random" not in set(scores["arm"])


def test_without_random_architectures_there_is_no_scale(invent):
    found = load_study([invent(seeds=2, arms=("transferred", "direct"))])
    assert normalised_scores(found.units).empty
    assert profile.collect(found).empty


def test_a_profile_is_the_share_of_the_arms_own_runs(results):
    table = of(results, profile)
    rows = table[(table["method"] == "darts") & (table["arm"] == "direct")]
    scores = normalised_scores(results.units)
    own = scores[(scores["method"] == "darts") & (scores["arm"] == "direct")]["score"]
    expected = performance_profile([list(own)], rows["threshold"].to_numpy())
    assert rows["share"].to_numpy() == pytest.approx(expected)
    assert rows["low"].isna().all() and set(rows["runs"]) == {4}  # a band needs twenty


def test_aggregates_are_those_of_the_statistics_and_few_runs_have_no_bar(results):
    table = of(results, aggregates)
    scores = normalised_scores(results.units)
    own = scores[(scores["method"] == "darts") & (scores["arm"] == "direct")]["score"]
    row = table[(table["statistic"] == "IQM") & (table["method"] == "darts")]
    row = row[row["arm"] == "direct"].iloc[0]
    assert row["estimate"] == pytest.approx(interquartile_mean(list(own)))
    assert np.isnan(row["low"]) and "a bootstrap needs 20" in row["interval"]


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
