"""Tuned values: declared ranges, who may use them where, and what identity they have."""

import json

import pytest
from pydantic import ValidationError

from harness.api import Tunable
from harness.config.experiment import load_experiment, make_experiment
from harness.config.parameters import defaults, nest, ranges
from harness.config.tuning import MethodSetting
from harness.errors import ConfigError
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from harness.plugins import METHODS, TASKS
from harness.results.spec import SearchSpec
from harness.tools.tuning_plan import make_plan as make_tuning
from tests.integration.tiny import PROTOCOL, experiment
from tests.integration.tiny import write as write_experiment


@pytest.fixture
def tuning():
    return {
        "method": "darts",
        "task": "d10",
        "fingerprint": TASKS.load("d10")().fingerprint(),
        "space": "darts",
        "protocol": "tiny",
        "study": "0123456789abcdef",
        "score": 81.5,
        "bill": {"trials": 3, "seconds": 12.5, "examples": 72, "evaluations": 3},
        "params": {"choices": {"learning_rate": 0.02}},
    }


def plan_of(**changes):
    resolved = resolve_experiment(make_experiment(experiment(**changes)))
    return make_plan(resolved)


def searches(plan):
    return [job.spec for job in plan.jobs if isinstance(job.spec, SearchSpec)]


@pytest.mark.parametrize("name", [name for name in METHODS.names() if not METHODS.missing(name)])
def test_declared_ranges_name_parameters_and_hold_admissible_values(name):
    plugin = METHODS.load(name)
    from harness.config.parameters import resolve

    for parameter, over in ranges(plugin).items():
        for value in (over.low, over.high):
            changed = resolve("method", name, plugin, nest({parameter: value}))
            assert changed.keys() == defaults(plugin).keys()


def test_main_hyper_parameters_can_be_tuned():
    assert "choices.learning_rate" in ranges(METHODS.load("darts"))
    assert "choices.learning_rate" in ranges(METHODS.load("proxylessnas"))
    assert ranges(METHODS.load("eat_nas"))["population"].is_whole
    assert ranges(METHODS.load("random_search")) == {}


def test_values_by_dotted_name_become_groups():
    values = {"choices.learning_rate": 1, "choices.weight_decay": 2, "order": 1}
    assert nest(values) == {"choices": {"learning_rate": 1, "weight_decay": 2}, "order": 1}


@pytest.mark.parametrize("bounds", [(1, 1), (2, 1), (0, 1)])
def test_a_range_ascends_and_a_logarithmic_one_is_positive(bounds):
    with pytest.raises(ValueError, match="ascends"):
        Tunable(*bounds, log=True)


def test_a_job_without_tuning_has_the_identity_that_it_always_had():
    (spec,) = searches(plan_of())
    assert "tuning" not in spec.model_dump()["method"]
    assert MethodSetting.model_validate(spec.method.model_dump()) == spec.method


def test_every_search_with_tuned_values_keeps_study_and_bill(tuning):
    methods = [{"name": "darts", "tuning": tuning}]
    plan = plan_of(methods=methods, arms=["transferred", "direct", "continued"])
    assert len(searches(plan)) > 1
    for spec in searches(plan):
        assert spec.method.tuning.study == "0123456789abcdef"
        assert spec.method.tuning.bill.trials == 3
        assert spec.method.params["choices"]["learning_rate"] == 0.02
        assert spec.method.params["order"] == 1  # the protocol's, which was not tuned
        assert SearchSpec.model_validate(spec.model_dump(mode="json")) == spec


def test_tuned_values_lie_over_the_protocols_and_under_the_experiments(tuning):
    given = {"choices": {"learning_rate": 0.5}}
    (spec,) = searches(plan_of(methods=[{"name": "darts", "tuning": tuning, "params": given}]))
    assert spec.method.params["choices"]["learning_rate"] == 0.5


def test_tuned_values_are_refused_for_another_source(tuning):
    methods, pairs = [{"name": "darts", "tuning": tuning}], [{"source": "d100", "target": "d10"}]
    with pytest.raises(ConfigError, match=r"tuned on d10, but a pair's source is d100; [^\n]+$"):
        plan_of(methods=methods, pairs=pairs)


def test_tuned_values_are_refused_for_other_data_of_the_source(tuning):
    methods = [{"name": "darts", "tuning": {**tuning, "fingerprint": "f" * 16}}]
    with pytest.raises(ConfigError, match=r"other data of d10 \(fingerprint ffffffffffff"):
        plan_of(methods=methods)


def test_a_file_of_tuned_values_is_found_beside_the_file_that_names_it(
    tuning, tmp_path, monkeypatch
):
    (tmp_path / "tuning.json").write_text(json.dumps(tuning))
    file = write_experiment(tmp_path, methods=[{"name": "darts", "tuning": "tuning.json"}])
    loaded = load_experiment(file)
    assert loaded.methods[0].tuning.score == 81.5
    monkeypatch.chdir(tmp_path)  # where --set is typed
    again = load_experiment(
        write_experiment(tmp_path), ["methods=[{name: darts, tuning: tuning.json}]"]
    )
    assert again == loaded


def test_values_of_another_method_and_missing_files_are_refused(tuning, tmp_path):
    (tmp_path / "tuning.json").write_text(json.dumps(tuning))
    for name, complaint in (("random_search", "but of darts"), ("darts", "cannot be read")):
        path = "tuning.json" if name == "random_search" else "nowhere.json"
        file = write_experiment(tmp_path, methods=[{"name": name, "tuning": path}])
        with pytest.raises(ConfigError, match=complaint):
            load_experiment(file)


def test_a_damaged_file_of_tuned_values_is_refused(tuning):
    del tuning["bill"]
    with pytest.raises((ConfigError, ValidationError), match=r"bill"):
        make_experiment(experiment(methods=[{"name": "darts", "tuning": tuning}]))


def plan_tuning(wanted, method="darts", **changes):
    import yaml

    file = changes.pop("folder") / "tiny.yaml"
    file.write_text(yaml.safe_dump({**PROTOCOL, **changes}))
    return make_tuning(method, "d10", "darts", str(file), wanted=wanted)


def test_a_range_that_the_method_does_not_declare_is_refused_naming_those_declared(tmp_path):
    with pytest.raises(
        ConfigError,
        match=r"darts declares no range for 'order'; it declares weights\.learning_rate, .*choices",
    ):
        plan_tuning({"order": None}, folder=tmp_path)
    with pytest.raises(ConfigError, match="random_search declares no ranges"):
        plan_tuning({}, "random_search", folder=tmp_path)


def test_bounds_may_be_narrowed_and_stay_whole(tmp_path):
    plan = plan_tuning({"population": (8.0, 10.0)}, "eat_nas", folder=tmp_path)
    assert plan.ranges == {"population": Tunable(8, 10, log=True)}
    assert plan.ranges["population"].is_whole


def test_every_trial_has_a_seed_that_no_experiment_has(tmp_path):
    plan = plan_tuning({}, folder=tmp_path)
    seeds = [plan.spec({}, number).seed for number in range(20)]
    assert len(set(seeds)) == 20 and min(seeds) > 1000


def test_without_a_fidelity_there_is_nothing_to_judge_by(tmp_path):
    search = {**PROTOCOL["search"], "fidelities": []}
    with pytest.raises(ConfigError, match="offers no fidelity"):
        plan_tuning({}, folder=tmp_path, search=search)
