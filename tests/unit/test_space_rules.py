"""What a protocol says of single spaces, and sizes that have to be fair where they are chosen."""

import pytest

from harness.config.experiment import make_experiment
from harness.errors import ConfigError, UnknownNameError
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from tests.integration.tiny import PROTOCOL, experiment, run, write

COSTS = {"currency": "multiply-adds", "network": {"channels": 4, "cells": 3}, "target": 4e5}
OWN = {"mobile": {"method_budgets": {"darts": {"examples": 8}}, "costs": COSTS}}
BOTH = ["darts", "random_search"]


def resolve(space, methods, **protocol):
    document = experiment(space=space, methods=methods, protocol={**PROTOCOL, **protocol})
    return resolve_experiment(make_experiment(document))


def test_budgets_and_costs_of_a_space_hold_there_only():
    general = {"random_search": {"examples": 500}, "darts": {"examples": 20}}
    here = resolve("mobile", BOTH, spaces=OWN, method_budgets=general)
    there = resolve("darts", BOTH, spaces=OWN, method_budgets=general)
    budgets = {"darts": 8, "random_search": 500}
    for name, examples in budgets.items():
        assert here.rules[name].budget.examples == examples
    assert there.rules["darts"].budget.examples == 20
    assert here.protocol.costs.target == 4e5 and there.protocol.costs is None


def test_records_hold_the_rules_of_the_space_as_if_the_protocol_had_said_them():
    special = resolve("mobile", ["darts"], spaces=OWN)
    direct = resolve("mobile", ["darts"], method_budgets={"darts": {"examples": 8}}, costs=COSTS)
    assert special.facts == direct.facts
    assert make_plan(special) == make_plan(direct)


def test_what_nobody_has_is_refused_in_the_rules_of_any_space():
    with pytest.raises(UnknownNameError, match=r"No space is called 'mobil'\. Did you mean mobile"):
        resolve("darts", ["darts"], spaces={"mobil": {"costs": COSTS}})
    with pytest.raises(UnknownNameError, match="No method is called 'dart'"):
        resolve("darts", ["darts"], spaces={"mobile": {"method_budgets": {"dart": {"seconds": 1}}}})


@pytest.mark.parametrize("costs", [None, {**COSTS, "target": None}])
def test_methods_are_not_compared_in_mobile_without_a_target(costs):
    line = r"^darts and random_search are compared in the space mobile, .*; set a target .*2e6}\.$"
    with pytest.raises(ConfigError, match=line):
        resolve("mobile", BOTH, costs=costs)
    resolve("mobile", BOTH, costs=COSTS)
    resolve("mobile", ["darts"], costs=costs)
    resolve("darts", BOTH, costs=costs)


def test_the_command_prints_a_warning_of_a_target_out_of_reach(tmp_path, capsys):
    file = write(tmp_path, protocol={**PROTOCOL, "costs": {**COSTS, "target": 1}})
    assert run(tmp_path / "results", file, "--dry-run") == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("warning: d10: no network reaches the target of 1 multiply-adds: they")
