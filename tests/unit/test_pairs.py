"""Where an experiment searches and trains: proxies of the source, and what they do not touch."""

import pytest

from harness.config.experiment import make_experiment
from harness.errors import ConfigError
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from tests.integration.tiny import experiment

TENTH = {"name": "c10", "params": {"images": 0.1}}


@pytest.fixture(autouse=True)
def _subsets(reference, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(reference / "cifar"))


def resolve(source, target="c100", *more, arms=("source", "transferred", "continued")):
    pairs = [{"source": source, "target": target}, *more]
    return resolve_experiment(make_experiment(experiment(pairs=pairs, arms=list(arms))))


def jobs_of(plan, arm):
    row = next(row for row in plan.arms if row.arm == arm)
    specs = {job.job: job.spec for job in plan.jobs}
    return [specs[digest] for digest in row.searches], specs[row.train]


def test_a_proxy_is_searched_and_the_task_in_full_is_trained():
    plan = make_plan(resolve(TENTH))
    (search,), train = jobs_of(plan, "source")
    assert search.task.params["images"] == 0.1 and search.task.title == "c10-images=0.1"
    assert train.task.params["images"] == 1.0 and train.task.title == "c10"
    assert search.task.fingerprint != train.task.fingerprint


def test_the_target_is_searched_and_trained_in_full():
    (first, second), train = jobs_of(make_plan(resolve(TENTH)), "continued")
    assert first.task.title == "c10-images=0.1"
    assert second.task == train.task and train.task.title == "c100"


def test_a_proxy_has_facts_and_a_name_of_its_own():
    found = resolve({"name": "c10", "params": {"classes": 5, "proxy_seed": 3}})
    assert found.facts.pairs == (("c10-classes=5-proxy_seed=3", "c100"),)
    assert found.facts.tasks["c10-classes=5-proxy_seed=3"].classes == 5
    assert found.facts.tasks["c10"].classes == 10
    assert "classes=5" in found.facts.tasks["c10-classes=5-proxy_seed=3"].label


def test_a_task_that_only_a_source_arm_would_train_on_is_not_listed_without_one():
    assert set(resolve(TENTH, arms=["transferred"]).facts.tasks) == {"c10-images=0.1", "c100"}


def test_whole_and_thinned_sources_stand_side_by_side():
    other = {"source": "c10", "target": "c100"}
    plan = make_plan(resolve(TENTH, "c100", other, arms=["transferred", "direct"]))
    assert {row.source for row in plan.arms} == {"c10-images=0.1", "c10"}
    assert len({row.train for row in plan.arms if row.arm == "direct"}) == 1  # shared


def test_a_target_may_not_be_a_proxy():
    with pytest.raises(ConfigError, match=r"the target c100 was given images=0\.5, but a proxy"):
        resolve("c10", {"name": "c100", "params": {"images": 0.5}})


def test_a_proxy_is_checked_against_the_batches_it_has_to_fill():
    thin = {"name": "c10", "params": {"images": 0.001, "classes": 2}}
    with pytest.raises(ConfigError, match=r"of c10-images=0.001-classes=2 has 0; take more"):
        resolve(thin)
