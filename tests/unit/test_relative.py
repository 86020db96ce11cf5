"""A path in a file is relative to that file; a path that is typed, to where it is typed."""

import json
import os
from pathlib import Path

import pytest

from harness.config.experiment import load_experiment, make_experiment
from harness.config.relative import with_tables
from harness.errors import ConfigError
from harness.planning.resolve import resolve_experiment
from tests.integration.tiny import PROTOCOL, experiment

COSTS = {
    "currency": "milliseconds",
    "network": {"channels": 4, "cells": 3},
    "table": "tables/phone.json",
}


def tables(loaded):
    protocol = loaded.protocol
    return [protocol.costs.table, *(rules.costs.table for rules in protocol.spaces.values())]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Return a folder with an experiment and, in another folder, its protocol; stand in a third."""
    folder = tmp_path / "experiments"
    for name in ("experiments", "protocols", "here"):
        (tmp_path / name).mkdir()
    protocol = {**PROTOCOL, "costs": COSTS, "spaces": {"nb201": {"costs": COSTS}}}
    (tmp_path / "protocols" / "own.yaml").write_text(json.dumps(protocol))
    (folder / "apart.yaml").write_text(json.dumps(experiment(protocol="../protocols/own.yaml")))
    (folder / "whole.yaml").write_text(json.dumps(experiment(protocol=protocol)))
    monkeypatch.chdir(tmp_path / "here")
    return folder


@pytest.mark.parametrize(("name", "home"), [("apart", "protocols"), ("whole", "experiments")])
def test_a_latency_table_is_found_beside_the_file_that_names_it(files, tmp_path, name, home):
    found = tables(load_experiment(files / f"{name}.yaml"))
    assert found == [str(tmp_path / home / "tables" / "phone.json")] * 2


def test_a_table_that_is_typed_is_found_from_where_it_is_typed(files):
    loaded = load_experiment(files / "apart.yaml", ["protocol.costs.table=mine.json"])
    assert tables(loaded)[0] == "mine.json"


def test_tuned_values_that_are_typed_are_looked_for_where_they_are_typed(files):
    typed = ["methods=[{name: darts, tuning: mine.json}]"]
    with pytest.raises(ConfigError, match=r"^mine\.json cannot be read"):
        load_experiment(files / "apart.yaml", typed)


def test_a_column_of_latencies_is_no_path():
    rules = {"costs": {"table": "nb201:pixel3"}}
    assert with_tables(rules, Path("anywhere")) == rules


@pytest.mark.parametrize("document", [None, [], {"costs": 3}, {"costs": {}}, {"spaces": {"a": 1}}])
def test_what_is_no_protocol_is_left_to_those_who_check_it(document, tmp_path):
    assert with_tables(document, tmp_path) == document


@pytest.mark.parametrize(
    ("source", "arms", "count"),
    [
        ("d10", ["transferred", "direct"], 1),
        ("d10", ["continued"], 1),
        ("d10", ["source", "direct"], 0),
        ("d100", ["transferred", "direct"], 0),
    ],
)
def test_a_pair_of_one_task_is_warned_about_where_it_should_transfer(source, arms, count):
    pairs = [{"source": source, "target": "d10"}]
    found = resolve_experiment(make_experiment(experiment(pairs=pairs, arms=arms)))
    assert [w for w in found.warnings if "both source and target" in w] == [*found.warnings]
    assert len(found.warnings) == count
    assert found.facts.notices == found.warnings


def test_a_file_says_the_same_wherever_a_command_is_typed(files, tmp_path, monkeypatch):
    found = []
    for place in (tmp_path, files):
        monkeypatch.chdir(place)
        found.append(tables(load_experiment(Path(os.path.relpath(files / "apart.yaml")))))
    assert found[0] == found[1]
