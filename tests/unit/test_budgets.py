"""A budget that does not buy one candidate is refused before anything runs."""

import re

import pytest

from harness.config.experiment import make_experiment
from harness.errors import ConfigError
from harness.execution.resolve import resolve_experiment


def experiment(*changes, methods="random_search", protocol="quick", **more):
    document = {
        "name": "x",
        "space": "darts",
        "methods": [methods],
        "pairs": [{"source": "d10", "target": "d100"}],
        "seeds": [0],
        "arms": ["transferred", "direct"],
        "protocol": protocol,
        **more,
    }
    return make_experiment(document, changes)


def test_a_candidates_training_has_to_fit_into_the_examples():
    enough = experiment("protocol.method_budgets.random_search.examples=906")
    assert resolve_experiment(enough).warnings == ()
    short = experiment("protocol.method_budgets.random_search.examples=905")
    complaint = "method random_search is 905 examples, but the cheapest candidate takes 906 on d10"
    with pytest.raises(ConfigError, match=re.escape(complaint)):
        resolve_experiment(short)


def test_a_method_that_trains_a_super_network_needs_no_candidate():
    few = experiment("protocol.search.budget.examples=8", methods="darts")
    assert "darts" in resolve_experiment(few).methods


def test_a_tables_cheapest_candidate_has_to_fit_into_the_seconds(reference, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(reference))
    what = {
        "methods": "regularized_evolution",
        "protocol": "table_seconds",
        "space": "nb201",
        "pairs": [{"source": "c10", "target": "c100"}],
    }
    resolve_experiment(experiment(**what))
    short = experiment("protocol.search.budget.seconds=30", **what)
    with pytest.raises(ConfigError, match=r"is 30 seconds, but the cheapest candidate takes 33 on"):
        resolve_experiment(short)
