"""Hyper-parameters that cannot go together are refused when planning, in one line."""

import pytest

from harness.config.experiment import make_experiment
from harness.errors import ConfigError
from harness.planning.resolve import resolve_experiment
from tests.integration.tiny import PROTOCOL, experiment, run, write

CHEAP = {"currency": "multiply-adds", "network": {"channels": 4, "cells": 3}, "target": 0.5}


def resolve(name, params, **protocol):
    method = {"name": name, "params": params}
    document = experiment(methods=[method], protocol={**PROTOCOL, **protocol})
    return resolve_experiment(make_experiment(document))


@pytest.mark.parametrize("name", ["eat_nas", "regularized_evolution"])
def test_a_tournament_larger_than_the_population_is_refused_when_planning(name):
    line = rf"^method {name}: A tournament of 5 cannot be drawn from a population of 4; lower .*\.$"
    with pytest.raises(ConfigError, match=line):
        resolve(name, {"population": 4, "tournament": 5})
    resolve(name, {"population": 4, "tournament": 4})


@pytest.mark.parametrize(
    ("name", "param", "offered"),
    [
        ("eat_nas", "fidelity", "1"),
        ("eat_nas", "retraining_fidelity", "1"),
        ("random_search", "fidelity", "0, 1"),
        ("local_search", "fidelity", "0, 1"),
        ("optuna", "fidelity", "0, 1"),
    ],
)
def test_a_fidelity_that_is_not_on_offer_is_refused_when_planning(name, param, offered):
    with pytest.raises(
        ConfigError, match=rf"^method {name}: Fidelity 7 .*protocol's: {offered}\.$"
    ):
        resolve(name, {param: 7})


def test_a_target_without_positive_logarithm_is_refused_when_planning():
    with pytest.raises(ConfigError, match=r"^method proxylessnas: .* above 1, not 0\.5; use add#l"):
        resolve("proxylessnas", {}, costs=CHEAP)
    resolve("proxylessnas", {"regulariser": "add#linear"}, costs=CHEAP)
    resolve("proxylessnas", {"rule": "reinforce"}, costs=CHEAP)


def test_nothing_is_written_and_the_command_exits_with_2(tmp_path, capsys):
    method = {"name": "eat_nas", "params": {"population": 4, "tournament": 5}}
    file = write(tmp_path, methods=[method])
    assert run(tmp_path / "results", file) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "results").exists()
