"""A budget that does not buy one candidate is refused before anything runs."""

import json
import re

import pytest

from harness.config.experiment import make_experiment
from harness.config.protocol import Budget
from harness.errors import ConfigError
from harness.execution.search_job import SearchJob
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from harness.results.spec import SearchSpec


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


def test_a_budget_in_epochs_is_counted_in_images_of_the_searched_split():
    budget = Budget(epochs=3, seconds=60)
    assert budget.on(100).limits() == {"examples": 300, "seconds": 60}
    assert budget.times(2).on(100).limits() == {"examples": 600, "seconds": 120}
    with pytest.raises(ValueError, match="examples or epochs, not both"):
        Budget(epochs=3, examples=300)


def test_a_proxy_with_fewer_images_saves_what_it_leaves_out(tmp_path, reference, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(reference / "cifar"))
    source = {"name": "c10", "params": {"images": 0.1}}
    changes = ["protocol.search.budget={epochs: 2}", "protocol.kind_budgets={}"]
    pairs = [{"source": source, "target": "c10"}]
    plan = make_plan(resolve_experiment(experiment(*changes, methods="darts", pairs=pairs)))
    found = {}
    for spec in (job.spec for job in plan.jobs if isinstance(job.spec, SearchSpec)):
        search = SearchJob(spec, "cpu", tmp_path)
        problem = search.method.problem
        assert problem.steps == 2 * problem.epoch_steps
        found[spec.task.proxy] = search.rules.budget.examples
    assert found == {"": 2 * 5000, "images=0.1": 2 * 500}


def test_a_budget_in_epochs_has_to_buy_a_candidate():
    short = ["protocol.search.candidate.epochs=2", "protocol.search.fidelities=[2]"]
    short += ["protocol.search.budget={epochs: 1}", "protocol.kind_budgets={}"]
    with pytest.raises(
        ConfigError, match="is 906 examples, but the cheapest candidate takes 1,812"
    ):
        resolve_experiment(experiment(*short))


def test_a_table_has_no_epochs(reference, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(reference))
    what = {"protocol": "table", "space": "nb201"}
    what["pairs"] = [{"source": "c10", "target": "c100"}]
    with pytest.raises(ConfigError, match=r"counts epochs, but the evaluator table trains on no"):
        resolve_experiment(experiment("protocol.search.budget={epochs: 3}", **what))


# What takes 7,248 examples: four candidates of two epochs, or of eat_nas, eight of one.
SMALL = {
    "regularized_evolution": ({"population": 4, "tournament": 2}, "population 4"),
    "local_search": ({"initial": 4}, "initial 4"),
    "optuna": ({"startup": 4, "pruning": False}, "startup 4"),
    "eat_nas": ({"population": 8, "tournament": 2}, "population 8"),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_start_up_that_spends_the_whole_budget_is_warned_about(name):
    params, said = SMALL[name]
    method = {"name": name, "params": params}
    changes = ["protocol.method_budgets.eat_nas.examples=7248", *few(7248)]
    (line,) = resolve_experiment(experiment(*changes, methods=method)).warnings
    start = f"{name} learns nothing: its start-up ({said}) takes at least 7,248 examples on d10, "
    assert line.startswith(start)
    more = [*changes, f"protocol.method_budgets.{name}.examples=7249"]
    found = resolve_experiment(experiment(*more, methods=method))
    assert found.warnings == found.facts.notices == ()


def test_a_start_up_is_held_against_evaluations_and_recorded_seconds(reference, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(reference))
    method = {"name": "regularized_evolution", "params": {"population": 200}}
    what = {"space": "nb201", "pairs": [{"source": "c10", "target": "in16"}], "methods": method}
    (line,) = resolve_experiment(experiment(protocol="table", **what)).warnings
    assert "takes at least 200 evaluations on c10, and its budget is 100;" in line
    (line,) = resolve_experiment(experiment(protocol="table_seconds", **what)).warnings
    assert "seconds on in16, and its budget is 20,000;" in line
    few = {**what, "methods": {**method, "params": {"population": 20}}}
    assert resolve_experiment(experiment(protocol="table_seconds", **few)).warnings == ()


def test_what_a_pruner_may_give_up_early_counts_at_its_lowest_effort():
    method = {"name": "optuna", "params": {"startup": 3, "spared": 1}}
    # One candidate of one and of two epochs, two of one epoch.
    (line,) = resolve_experiment(experiment(*few(4530), methods=method)).warnings
    assert "(startup 3) takes at least 4,530 examples on d10" in line
    assert resolve_experiment(experiment(*few(4531), methods=method)).warnings == ()


def few(examples):
    return [f"protocol.kind_budgets.candidates.examples={examples}"]


def test_a_target_that_is_not_searched_is_not_asked_for_its_images(reference, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(reference))
    table = {"evaluator": "table", "recipe": table_recipe()}
    changes = [f"protocol.train={json.dumps(table)}"]
    what = {"space": "nb201", "pairs": [{"source": "c10", "target": "in16"}]}
    found = experiment(*changes, **{**what, "arms": ["transferred"]})
    assert "random_search" in resolve_experiment(found).methods


def table_recipe():
    recipe = experiment(protocol="table").protocol.train.recipe
    return recipe.model_dump(mode="json", exclude_none=True)


def test_a_warm_up_that_spends_the_whole_budget_is_warned_about():
    method = {"name": "darts", "params": {"choices": {"warmup_epochs": 1}}}
    changes = ["protocol.kind_budgets.supernet.epochs=1"]
    (line,) = resolve_experiment(experiment(*changes, methods=method)).warnings
    assert "start-up (choices.warmup_epochs 1) takes at least 906 examples on d10" in line
    changes = ["protocol.kind_budgets.supernet.epochs=2"]
    assert resolve_experiment(experiment(*changes, methods=method)).warnings == ()
