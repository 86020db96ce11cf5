import json

import pytest

from harness import cli

SETTING = {"device": "cpu", "channels": 2, "cells": 3, "batch": 4, "size": 8, "steps": 2}
TINY = ["bench", *(word for key, value in SETTING.items() for word in (f"--{key}", str(value)))]


def test_bench_compares_both_implementations(capsys):
    assert cli.main([*TINY, "--json"]) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert found["difference"] < 1e-10
    assert 0 < found["paths"]["fused_weights"] < found["paths"]["dense_weights"]
    assert found["plain_seconds"] > 0
    assert found["fused_seconds"] > 0
    assert found["ratio_quartiles"][0] <= found["ratio"] <= found["ratio_quartiles"][1]
    assert [found[name] for name in ("space", "channels", "steps")] == ["darts", 2, 2]
    assert "step 2 of 2" in printed.err


def test_bench_prints_a_summary(capsys):
    assert cli.main([*TINY[:-1], "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        "plain",
        "fused",
        "ratio",
        "largest",
        "one",
        "two",
    ]


@pytest.mark.parametrize("space", ["darts", "mobile"])
def test_paths_keep_a_fraction_of_what_all_operations_keep(space, capsys):
    assert cli.main([*TINY, "--space", space, "--channels", "4", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    paths = found["paths"]
    assert ("ratio" in found) is (space == "darts")
    assert paths["samples"] == 20
    assert 0 < paths["weight_step_ratio"] <= 1 / 4
    assert paths["weight_step_ratio"] < paths["choice_step_ratio"] <= 1 / 3


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--size", "10"], "both sides must be divisible by 4"),
        (["--space", "dart"], "Did you mean darts?"),
    ],
)
def test_bench_refuses_what_cannot_be_measured(options, reason, capsys):
    assert cli.main([*TINY, *options]) == 2
    assert reason in capsys.readouterr().err
