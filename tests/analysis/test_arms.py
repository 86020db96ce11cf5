"""The arms are listed once, and that list knows every arm that an experiment can have."""

import ast
from pathlib import Path

import pytest

from analysis.arms import ARMS, SOURCE, label_arm
from harness.config.protocol import Arm

ROOT = Path(__file__).parents[2] / "analysis"
# Columns of tables that are called like arms.
COLUMNS = {ROOT / "answers" / "cells" / "changes.py", ROOT / "figures" / "operations.py"}


def test_every_arm_of_an_experiment_is_known():
    assert set(ARMS) == {str(arm) for arm in Arm}


@pytest.mark.parametrize(
    ("arm", "label"),
    [("direct", "darts: direct"), ("continued", "darts: continued from c10"),
     ("random", "darts: random architectures")],
)  # fmt: skip
def test_arms_that_rest_on_a_source_name_it(arm, label):
    assert label_arm("darts", arm, "c10") == label


def test_random_architectures_of_all_methods_name_none():
    assert label_arm("", "random", "") == "random architectures"


def test_no_other_module_of_the_analysis_spells_an_arm():
    spelled = {
        (path.name, node.value)
        for path in ROOT.rglob("*.py")
        if path not in {ROOT / "arms.py", *COLUMNS}
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value in {*ARMS} - {SOURCE}
    }

    assert spelled == set()
