"""What networks cost beside what was asked for, and the stamp where arms differ in size."""

import math

import pandas as pd
import pytest

from analysis.answers.sizes import size_table, unequal_sizes
from analysis.report.sections.verdicts import stamps
from tests.analysis.loading import load_study

BY_ARM = {"direct": (5e5, 8e5), "transferred": (1.25e6, 2e6), "random": (4e5, 4e5)}


@pytest.fixture
def tables(invent):
    """The tables of an invented experiment in which the arms' networks have these costs."""
    found = load_study([invent(seeds=2, methods=("darts",), arms=tuple(BY_ARM))]).tables
    number = found.runs.groupby("arm").cumcount() % 2
    pairs = zip(found.runs["arm"], number, strict=True)
    found.runs["cost"] = [BY_ARM[arm][at] for arm, at in pairs]
    found.runs["cost_target"], found.runs["cost_currency"] = 1e6, "multiply-adds"
    return found


def test_means_are_geometric_and_the_distance_counts_both_directions(tables):
    found = size_table(tables).set_index("arm")
    assert found.loc["direct", "mean_cost"] == pytest.approx(math.sqrt(5e5 * 8e5))
    assert found.loc["direct", "distance"] == pytest.approx(math.sqrt(2 * 1.25))
    assert found.loc["transferred", "distance"] == pytest.approx(math.sqrt(1.25 * 2))
    assert found.loc["transferred", ["lowest_cost", "highest_cost"]].tolist() == [1.25e6, 2e6]
    assert found.loc["random", "aims"] == False  # noqa: E712 - an object, not a number


def test_arms_within_the_factor_are_not_stamped(tables):
    sizes = size_table(tables)
    ((least, most),) = unequal_sizes(sizes)
    assert (least["arm"], most["arm"]) == ("random", "transferred")
    assert not list(unequal_sizes(sizes[sizes["arm"] != "transferred"].assign(mean_cost=1e6)))


def test_an_experiment_that_counts_no_cost_has_no_sizes_and_no_stamp(invent):
    results = load_study([invent(seeds=2)])
    assert isinstance(results.sizes, pd.DataFrame) and not len(results.sizes)
    assert not any("UNEQUAL SIZE" in stamp for stamp in stamps(results))
