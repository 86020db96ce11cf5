"""What is looked up among all architectures of a space, and what is only estimated."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.answers.arms import Unit
from analysis.answers.keys import ArmKey
from analysis.answers.transfer.equivalents import equivalent_table
from analysis.answers.transfer.populations import (
    equivalent_draws,
    find_populations,
    normalised_regret,
)
from analysis.loading.rows import frame, list_rows
from analysis.numbers import NOTHING
from analysis.report.sections.gains import _draws
from harness.api import NB201_TABLE
from harness.config.experiment import load_experiment
from harness.evaluators._nb201_table import Table
from harness.results.planned import ExperimentFacts, TaskFacts
from tests.conftest import ROOT

NAMES = {"c10": "cifar10", "c100": "cifar100", "in16": "imagenet16_120"}


@pytest.fixture
def table(reference, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(reference))
    return Table(reference / "nasbench201" / "nb201_tables.npz")


def facts(md5, change=lambda train: None, tasks=NAMES):
    document = load_experiment(ROOT / "configs" / "experiments" / "nb201_published.yaml")
    experiment = document.model_dump(mode="json")
    change(experiment["protocol"]["train"])
    shape = {"notice": "", "inputs": (3, 32, 32), "classes": 10, "fingerprint": md5}
    its = {name: TaskFacts(label=name, **shape) for name in tasks}
    return {"e": ExperimentFacts(experiment=experiment, pairs=(), methods={}, tasks=its)}


def runs(*accuracies, target="c100"):
    return pd.DataFrame({"target": target, "test_acc": list(accuracies)}, dtype=object)


@pytest.mark.parametrize(
    ("epochs", "params"),
    [
        (200, {}),
        (12, {}),
        (200, {"test_split": "ori-test"}),
        (200, {"test_split": "ori-test", "trial": "777"}),
    ],
)
def test_population_is_what_the_evaluator_reports_of_every_cell(table, epochs, params):
    def change(train):
        train["recipe"]["epochs"] = epochs
        train["evaluator"]["params"] = params

    its = facts(table.file.md5, change, tasks=("c100", "in16") if "trial" in params else NAMES)
    found = find_populations(its, runs())
    for task, values in found.items():
        split = params.get("test_split", "x-test") if task != "c10" else "ori-test"
        own = table.test(NAMES[task], epochs, split, params.get("trial", "mean"))
        assert values == pytest.approx(np.array(own), abs=1e-6)
    assert set(found) == set(its["e"].tasks)


def test_no_population_without_the_table_that_was_used(table, monkeypatch, tmp_path):
    its, other = facts(table.file.md5), facts("another table")
    best = max(table.test("cifar100", 200, "x-test", "mean"))
    assert "c100" in find_populations(its, runs(best))
    assert "c100" not in find_populations(its, runs(best, 12.345))
    assert find_populations(other, runs(best)) == {}

    def train(rules):
        rules["evaluator"]["name"] = "training"

    assert find_populations(facts(table.file.md5, train), runs(best)) == {}
    (tmp_path / NB201_TABLE).write_bytes(b"damaged")
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    assert find_populations(its, runs(best)) == {}


def units(values, arm="transferred"):
    method, source = ("", "") if arm == "random" else ("darts", "c10")
    return [
        (
            (method, arm, source, "c100"),
            Unit(f"{arm} {seed}", seed, value, 1, "done", "", ""),
        )
        for seed, value in enumerate(values)
    ]


def test_on_a_table_draws_regret_and_percentile_are_looked_up():
    space, values = np.linspace(0, 100, 1001), [79.0, 80.0, 81.5]
    observed = frame((ArmKey, Unit), [*units(values), *units([10.0, 20.0], "random")])
    (row,) = list_rows(equivalent_table(observed, {"c100": space}))
    mean = np.mean(values)
    low, high = stats.t.interval(0.95, 2, mean, stats.sem(values))
    assert (row["architectures"], row["n"], row["n_random"]) == (1001, 3, 2)
    assert row["draws"] == equivalent_draws(mean, space)
    assert (row["low"], row["high"]) == tuple(equivalent_draws(x, space) for x in (low, high))
    assert row["regret"] == pytest.approx((100 - mean) / 50)
    assert row["regret_low"] == pytest.approx(normalised_regret(high, space))
    assert row["percentile"] == pytest.approx(np.mean(values) + 0.0, abs=0.1)
    assert row["interval"].startswith("looked up")


def test_without_a_table_draws_are_estimated_and_called_so():
    observed = frame((ArmKey, Unit), [*units([79.0, 80.0]), *units([78.0, 79.0, 82.0], "random")])
    (row,) = list_rows(equivalent_table(observed, {}))
    assert row["architectures"] == 0 and math.isnan(row["regret"])
    told = {"draws": row["draws"], "low_draws": math.nan, "n_random": 3, "architectures": 0}
    assert _draws(told | {"high_draws": math.nan}).startswith("≈ ")


@pytest.mark.parametrize(
    ("draws", "text"),
    [(0.0, "< 1"), (1.0, "1"), (1234.0, "1,234"), (math.inf, "more than any"), (math.nan, NOTHING)],
)
def test_worth_is_printed_as_what_is_known(draws, text):
    row = {"draws": draws, "low_draws": math.nan, "high_draws": math.nan}
    assert _draws(row | {"n_random": 8, "architectures": 100}) == text
