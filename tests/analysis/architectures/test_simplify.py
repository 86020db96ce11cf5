"""Simplified cells: the counts of NAS-Bench-201's distinct cells, and that functions are kept."""

import itertools

import numpy as np
import pytest

from harness.api import parse_nb201
from harness.notation.nb201_text import NB201_OPERATIONS

FORM = "|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|"
UNIQUE = {"flatten": False}


@pytest.fixture(scope="module")
def cells():
    """All 15,625 cells in the order of their operations."""
    choices = itertools.product(NB201_OPERATIONS, repeat=6)
    return [parse_nb201(FORM.format(*operations)) for operations in choices]


def evaluate(cell, value):
    """Compute a cell with functions of numbers in the place of operations."""
    functions = {
        "none": lambda x: 0.0,
        "skip_connect": lambda x: x,
        "nor_conv_1x1": lambda x: 0.3 * x * x + x,
        "nor_conv_3x3": lambda x: np.sin(x) + 2 * x,
        "avg_pool_3x3": lambda x: x / 2 - x**3,
    }
    values = {0: value}
    for node in (1, 2, 3):
        values[node] = sum(functions[op](values[s]) for s, t, op in cell.edges if t == node)
    return values[3]
