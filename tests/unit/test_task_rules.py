"""Searches of single tasks by rules of their own, and methods that search some sources only."""

import pytest

from harness.config.experiment import make_experiment
from harness.errors import ConfigError, UnknownNameError
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from harness.results.spec import SearchSpec
from tests.analysis.loading import load_study
from tests.integration.tiny import PROTOCOL, experiment, run, write

RECORDED = {
    "channels": 16,
    "cells": 5,
    "epochs": 200,
    "batch_size": 256,
    "learning_rate": 0.1,
    "final_learning_rate": 0,
    "momentum": 0.9,
    "nesterov": True,
    "weight_decay": 5e-4,
    "gradient_clip": 0,
    "label_smoothing": 0,
    "auxiliary_weight": 0,
    "drop_path": 0,
    "augmentation": {"crop_padding": 4, "flip": True, "cutout": 0},
}
LOOKED_UP = {
    "evaluator": "table",
    "fidelities": [12],
    "candidate": RECORDED,
    "budget": {"evaluations": 3},
}
RULES = {
    **PROTOCOL,
    "train": {"evaluator": "table", "recipe": RECORDED},
    "tasks": {"c10": LOOKED_UP, "c100": LOOKED_UP},
}
METHODS = [
    {"name": "random_search", "sources": ["d10"], "arms": ["transferred"]},
    {"name": "random_search", "label": "looked_up", "sources": ["c10"]},
]
PAIRS = [{"source": "d10", "target": "c100"}, {"source": "c10", "target": "c100"}]


def document(**changes):
    its = {"space": "nb201", "methods": METHODS, "pairs": PAIRS, "protocol": RULES}
    arms = ["transferred", "direct", "random"]
    return experiment(**{**its, "arms": arms, **changes})


def searches(resolved):
    jobs = [job for job in make_plan(resolved).jobs if isinstance(job.spec, SearchSpec)]
    return {(job.name.split("-")[1], job.spec.task.name): job.spec.rules for job in jobs}


def test_each_task_is_searched_by_its_own_rules():
    found = searches(resolve_experiment(make_experiment(document())))
    assert set(found) == {("random_search", "d10"), ("looked_up", "c10"), ("looked_up", "c100")}
    for (_, task), rules in found.items():
        is_looked_up = task != "d10"
        assert (rules.evaluator.name == "table") is is_looked_up
        assert (rules.budget.limits() == {"evaluations": 3}) is is_looked_up
        assert (rules.fidelities == (12,)) is is_looked_up


def test_records_hold_the_rules_as_if_they_were_the_only_ones():
    table = {**RULES["search"], **LOOKED_UP}
    alone = {**RULES, "search": table, "tasks": {}}
    mine = [METHODS[1]]
    special = make_experiment(document(methods=mine, pairs=PAIRS[1:]))
    direct = make_experiment(document(methods=mine, pairs=PAIRS[1:], protocol=alone))
    plans = [make_plan(resolve_experiment(one)) for one in (special, direct)]
    assert plans[0] == plans[1]


def test_a_method_takes_part_in_pairs_of_its_sources_only():
    arms = make_plan(resolve_experiment(make_experiment(document()))).arms
    pairs = {(arm.method, arm.source) for arm in arms if arm.method}
    assert pairs == {("random_search", "d10"), ("looked_up", "c10")}


def test_one_method_cannot_search_by_two_sets_of_rules():
    both = [{"name": "random_search", "arms": ["transferred"]}]
    with pytest.raises(ConfigError, match=r"would search d10 and c10 by different rules.*a label"):
        resolve_experiment(make_experiment(document(methods=both)))
    direct = [{"name": "random_search", "sources": ["d10"]}]
    with pytest.raises(ConfigError, match=r"would search d10 and c100 by different rules"):
        resolve_experiment(make_experiment(document(methods=direct)))


def test_what_nobody_has_is_refused():
    with pytest.raises(ConfigError, match=r"searches d100, which is no source of the experiment"):
        make_experiment(document(methods=[{"name": "darts", "sources": ["d100"]}]))
    rules = {**RULES, "tasks": {"c1000": LOOKED_UP}}
    with pytest.raises(UnknownNameError, match=r"No task is called 'c1000'. Did you mean c100"):
        resolve_experiment(make_experiment(document(protocol=rules)))


def test_both_kinds_of_search_stand_in_one_report(tmp_path):
    changes = {key: value for key, value in document().items() if key != "name"}
    assert run(tmp_path, write(tmp_path, **changes)) == 0
    study = load_study([tmp_path / "tiny"])
    runs = study.tables.runs
    assert set(runs[runs["status"] == "done"].groupby(["method", "source"]).groups) == {
        ("", ""),
        ("looked_up", "c10"),
        ("looked_up", "c100"),
        ("random_search", "d10"),
    }
    assert set(runs["status"]) == {"done"}
    page = (tmp_path / "tiny" / "report" / "report.md").read_text()
    assert "on c10 judged by table" in page
    assert "Cost: 1 search took " in page
    assert "2 searches and 4 trainings were looked up: " in page
