"""From arms to jobs: what is shared, what depends on what, what an identity follows."""

import pytest

from harness.config.experiment import make_experiment
from harness.errors import ConfigError
from harness.planning.plan import make_plan, space_document
from harness.planning.resolve import resolve_experiment
from harness.planning.seeding import derive_seed
from harness.results.spec import SearchSpec, TrainSpec, digest
from tests.integration.tiny import PROTOCOL, experiment

PAIR = [{"source": "d10", "target": "d100"}]
ALL = ["source", "transferred", "continued", "direct", "direct_long", "resumed", "random"]


def plan(**changes):
    return make_plan(resolve_experiment(make_experiment(experiment(**changes))))


@pytest.fixture(scope="module")
def whole():
    protocol = {**PROTOCOL, "random_architectures": 3}
    return plan(pairs=PAIR, arms=ALL, seeds=[0, 1], protocol=protocol)


def arm(plan, name, seed=0):
    return next(row for row in plan.arms if row.arm == name and row.seed == seed)


def spec(plan, job):
    return next(planned.spec for planned in plan.jobs if planned.job == job)


def test_ancestors_stand_before_what_needs_them(whole):
    seen = set()
    for job in whole.jobs:
        assert set(job.spec.ancestors) <= seen
        seen.add(job.job)


def test_each_arm_is_made_of_the_jobs_that_define_it(whole):
    source, target = arm(whole, "source"), arm(whole, "transferred")
    assert source.searches == target.searches
    assert spec(whole, source.train).task.name == "d10"
    assert spec(whole, target.train).task.name == "d100"
    assert spec(whole, source.searches[0]).task.name == "d10"
    continued = arm(whole, "continued")
    assert continued.searches[0] == source.searches[0]
    assert spec(whole, continued.searches[1]).warm_start == source.searches[0]
    assert spec(whole, continued.searches[1]).task.name == "d100"
    resumed = arm(whole, "resumed")
    assert resumed.searches[0] == arm(whole, "direct").searches[0]
    assert spec(whole, resumed.searches[1]).warm_start == resumed.searches[0]


def test_a_long_direct_search_has_twice_the_budget(whole):
    once = spec(whole, arm(whole, "direct").searches[0]).rules.budget
    twice = spec(whole, arm(whole, "direct_long").searches[0]).rules.budget
    assert twice.examples == 2 * once.examples


def test_jobs_that_several_arms_need_are_planned_once(whole):
    assert len({job.job for job in whole.jobs}) == len(whole.jobs)
    # Per seed 5 searches (source, continued, direct, long, resumed) and 6 trainings; 3 random.
    assert len(whole.jobs) == 2 * (5 + 6) + 3


def test_the_random_arm_is_shared_by_methods_and_disjoint_between_targets():
    both = plan(
        pairs=[*PAIR, {"source": "d100", "target": "d10"}],
        methods=["darts", "random_search"],
        arms=["random"],
        protocol={**PROTOCOL, "random_architectures": 4},
    )
    assert {row.method for row in both.arms} == {""}
    texts = [job.spec.architecture for job in both.jobs]
    assert len(texts) == len(set(texts)) == 8


def test_equal_cells_found_by_two_searches_are_two_train_jobs():
    found = plan(methods=["darts", "random_search"], arms=["direct"])
    trained = [job for job in found.jobs if isinstance(job.spec, TrainSpec)]
    assert len({job.job for job in trained}) == 2


def test_a_digest_ignores_labels_and_names_and_follows_every_input():
    base = {job.job for job in plan().jobs}
    assert {job.job for job in plan(name="other").jobs} == base
    assert {job.job for job in plan(methods=[{"name": "darts", "label": "ours"}]).jobs} == base
    changes = [
        {"seeds": [7]},
        {"methods": [{"name": "darts", "params": {"carry": "alpha"}}]},
        {"pairs": PAIR},
        {"protocol": {**PROTOCOL, "search": {**PROTOCOL["search"], "batch_size": 5}}},
    ]
    for change in changes:
        assert not base & {job.job for job in plan(**change).jobs}, change


def test_a_changed_recipe_changes_trainings_but_not_searches():
    recipe = {**PROTOCOL["train"]["recipe"], "epochs": 9}
    changed = plan(protocol={**PROTOCOL, "train": {"evaluator": "training", "recipe": recipe}})
    kinds = {
        job.spec.kind for job in changed.jobs if job.job in {before.job for before in plan().jobs}
    }
    assert kinds == {"search"}


def test_a_digest_is_sixteen_hex_digits_and_does_not_depend_on_the_process():
    job = plan().jobs[0]
    assert isinstance(job.spec, SearchSpec)
    again = SearchSpec.model_validate_json(job.spec.model_dump_json())
    assert digest(again) == job.job
    assert len(job.job) == 16 and int(job.job, 16) >= 0


def test_several_trainings_of_one_architecture_differ_in_their_repeat_only():
    repeated = plan(arms=["direct"], train_seeds=3)
    rows = [row for row in repeated.arms if row.arm == "direct"]
    assert [row.repeat for row in rows] == [0, 1, 2]
    assert len({row.train for row in rows}) == 3 and len({row.searches for row in rows}) == 1


def test_the_space_is_described_by_random_graphs():
    document = space_document(resolve_experiment(make_experiment(experiment())))
    assert document["name"] == "darts" and document["size"] == str(1037664180**2)
    assert len(document["graphs"]) == 2000
    assert set(document["graphs"][0]) == {"normal", "reduce"}


def test_deviations_of_a_protocol_are_resolved_into_the_method():
    facts = resolve_experiment(make_experiment(experiment())).facts.methods["darts"]
    assert facts.params["choices"]["learning_rate"] == 0.01
    assert facts.defaults["choices"]["learning_rate"] == 3e-4
    assert facts.summary.startswith("DARTS (Liu")


def test_seeds_depend_on_their_purpose_and_nothing_else():
    assert derive_seed(0, "a", "b") == derive_seed(0, "a", "b")
    purposes = [(root, *p) for root in (0, 1) for p in (("a",), ("b",), ("a", "b"))]
    assert len({derive_seed(*purpose) for purpose in purposes}) == len(purposes)


def test_a_control_takes_part_in_its_own_arms_only():
    control = {"name": "darts", "label": "control", "params": {"carry": "alpha"}}
    both = plan(
        pairs=PAIR,
        arms=["continued", "direct"],
        methods=["darts", {**control, "arms": ["continued"]}],
    )
    assert {row.arm for row in both.arms if row.method == "control"} == {"continued"}
    assert {row.arm for row in both.arms if row.method == "darts"} == {"continued", "direct"}


def test_an_arm_that_the_experiment_lacks_is_refused_for_a_method():
    with pytest.raises(ConfigError, match=r"darts has the arm resumed, which is none of .*direct"):
        plan(methods=[{"name": "darts", "arms": ["resumed"]}])
