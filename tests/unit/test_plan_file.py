"""``plan.json`` holds what jobs have in common once, and reads back as the plan it was."""

import json

import pytest

from harness.config.experiment import make_experiment
from harness.errors import DamagedFileError
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from harness.results.plan_file import read_plan, write_plan
from harness.results.spec import digest
from tests.integration.tiny import PROTOCOL, experiment

COSTS = {"currency": "multiply-adds", "network": {"channels": 4, "cells": 3}}


@pytest.fixture(scope="module", params=[None, COSTS], ids=["plain", "priced"])
def plan(request):
    protocol = {**PROTOCOL, "costs": request.param}
    arms = ["source", "transferred", "continued", "random"]
    document = experiment(seeds=[0, 1, 2], arms=arms, protocol=protocol, train_seeds=2)
    return make_plan(resolve_experiment(make_experiment(document)))


def test_a_plan_reads_back_as_it_was_written(tmp_path, plan):
    file = tmp_path / "plan.json"
    file.write_text(write_plan(plan))
    read = read_plan(file)
    assert read == plan
    assert all(digest(job.spec) == job.job for job in read.jobs)


def test_equal_parts_are_one_object_and_stand_in_the_file_once(tmp_path, plan):
    text = write_plan(plan)
    assert text.count('"ticks_per_epoch"') == 1
    file = tmp_path / "plan.json"
    file.write_text(text)
    splits = {id(job.spec.splits) for job in read_plan(file).jobs}
    assert len(splits) <= 2  # one for each kind of job


def test_files_from_before_are_read(tmp_path, plan):
    file = tmp_path / "plan.json"
    file.write_text(plan.model_dump_json(indent=1))
    assert read_plan(file) == plan


@pytest.mark.parametrize("damage", ["no JSON", '{"shared": [], "jobs": [{"job": "0"}]}', "[]"])
def test_a_damaged_plan_is_named(tmp_path, damage):
    file = tmp_path / "plan.json"
    file.write_text(damage)
    with pytest.raises(DamagedFileError, match=r"plan\.json cannot be read as Plan"):
        read_plan(file)


def test_what_a_file_shares_must_be_there(tmp_path, plan):
    document = json.loads(write_plan(plan))
    document["shared"] = document["shared"][:1]
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(document))
    with pytest.raises(DamagedFileError, match="cannot be read as Plan"):
        read_plan(file)
