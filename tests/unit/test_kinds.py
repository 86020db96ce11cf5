"""Budgets and hyper-parameters by kind of search, so that a protocol need not know a method."""

import pytest

from harness.api import Method, SearchKind
from harness.config.experiment import make_experiment
from harness.config.tuning import MethodSetting
from harness.errors import ConfigError
from harness.planning.method_settings import set_up_method
from harness.planning.resolve import resolve_experiment
from harness.plugins import METHODS
from harness.search.oneshot.bilevel import Bilevel
from harness.search.oneshot.descent import ChoiceDescent
from harness.search.sample_based import SampleBased
from tests.integration.tiny import PROTOCOL, experiment

BUDGETS = {
    "kind_budgets": {"supernet": {"examples": 100}, "candidates": {"evaluations": 7}},
    "method_budgets": {"local_search": {"evaluations": 9}},
    "method_params": {"local_search": {"initial": 3}},
    "kind_params": {
        "supernet": {"choices": {"learning_rate": 0.02, "unheard_of": 1}},
        "candidates": {"population": 5, "tournament": 2, "initial": 1},
    },
}


def found(*methods, **changes):
    document = experiment(methods=[*methods], protocol={**PROTOCOL, **BUDGETS, **changes})
    return resolve_experiment(make_experiment(document))


def test_the_base_of_a_method_says_its_kind():
    assert Bilevel.kind({}) is SearchKind.SUPERNET
    assert SampleBased.kind({}) is SearchKind.CANDIDATES
    assert Method.kind({}) is SearchKind.CANDIDATES


def test_budgets_go_by_kind_and_names_are_exceptions():
    rules = found("darts", "proxylessnas", "random_search", "local_search").rules
    assert rules["darts"].budget == rules["proxylessnas"].budget
    assert rules["darts"].budget.limits() == {"examples": 100}
    assert rules["random_search"].budget.limits() == {"evaluations": 7}
    assert rules["local_search"].budget.limits() == {"evaluations": 9}


def test_without_budgets_of_kinds_all_have_that_of_the_search():
    rules = found("darts", kind_budgets={}).rules
    assert rules["darts"].budget.limits() == PROTOCOL["search"]["budget"]


def test_hyper_parameters_of_a_kind_reach_those_methods_that_have_them():
    methods = found("darts", "regularized_evolution", "local_search", "random_search").methods
    assert methods["darts"].params["choices"]["learning_rate"] == 0.02
    assert methods["regularized_evolution"].params["population"] == 5
    assert methods["local_search"].params["initial"] == 3  # the method's over its kind's
    assert methods["random_search"].params.keys() == {"fidelity", "aim"}


def test_what_the_experiment_says_lies_over_the_kind():
    own = {"name": "regularized_evolution", "params": {"population": 6}}
    assert found(own).methods["regularized_evolution"].params["population"] == 6
    wrong = {"name": "darts", "params": {"choices": {"learning_rat": 1}}}
    with pytest.raises(ConfigError, match="learning_rat"):
        found(wrong)


def test_a_method_may_be_of_either_kind():
    pytest.importorskip("nni")
    both = [
        {"name": "nni_strategy", "label": title, "params": {"strategy": title}}
        for title in ("gumbel", "evolution")
    ]
    resolved = found(*both)
    assert resolved.rules["gumbel"].budget.limits() == {"examples": 100}
    assert resolved.rules["evolution"].budget.limits() == {"evaluations": 7}
    assert resolved.methods["evolution"].params["population"] == 5
    assert resolved.methods["gumbel"].params["population"] == 100
    assert resolved.facts.methods["gumbel"].budget == {"examples": 100}


class Own(Bilevel):
    def __init__(self, problem, *, choices: ChoiceDescent = ChoiceDescent()):  # noqa: B008
        super().__init__(problem, choices=choices)


class OwnCandidates(SampleBased):
    def __init__(self, problem, *, fidelity: int | None = None, initial: int = 10):
        super().__init__(problem, fidelity=fidelity)


@pytest.mark.parametrize("protocol", ["smoke", "quick"])
@pytest.mark.parametrize(("own", "builtin"), [(Own, "darts"), (OwnCandidates, "local_search")])
def test_a_method_that_no_protocol_names_gets_what_others_of_its_kind_get(
    monkeypatch, own, builtin, protocol
):
    rules = make_experiment(experiment(protocol=protocol)).protocol
    load = METHODS.load
    monkeypatch.setattr(METHODS, "load", lambda name: own if name == "own" else load(name))
    mine, theirs = (set_up_method(MethodSetting(name=name), rules) for name in ("own", builtin))
    assert mine[1] == theirs[1]
    mine, theirs = (one[0].setting.params for one in (mine, theirs))
    (name,) = mine.keys() & {"choices", "initial"}
    assert mine[name] == theirs[name]
