"""Simplified cells: the counts of NAS-Bench-201's distinct cells, and that functions are kept."""

import itertools

import numpy as np
import pytest

from analysis.architectures.simplify import drop_dead, drop_none, expression
from analysis.architectures.structure import depth, list_routes
from harness.api import CellGraph, parse_nb201
from harness.notation.nb201_text import NB201_OPERATIONS

FORM = "|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|"
UNIQUE = {"flatten": False}


@pytest.fixture(scope="module")
def cells():
    """All 15,625 cells in the order of their operations."""
    choices = itertools.product(NB201_OPERATIONS, repeat=6)
    return [parse_nb201(FORM.format(*operations)) for operations in choices]


@pytest.mark.slow
def test_nas_bench_201_has_the_known_numbers_of_distinct_cells(cells):
    pruned = [drop_dead(drop_none(cell)) for cell in cells]
    distinct = {
        "raw": {cell.edges for cell in cells},
        "texts, zero kept": {expression(cell, zero=False, **UNIQUE) for cell in cells},
        "pruned": {cell.edges for cell in pruned},
        "up to isomorphism": {cell.canonical() for cell in set(pruned)},
        "texts": {expression(cell, **UNIQUE) for cell in cells},
        "functions": {expression(cell) for cell in cells},
    }
    assert {name: len(found) for name, found in distinct.items()} == {
        "raw": 15_625,
        "texts, zero kept": 12_751,
        "pruned": 9_445,
        "up to isomorphism": 8_765,
        "texts": 6_466,
        "functions": 4_930,
    }
    assert sum(depth(cell) is None for cell in pruned) == 341
    assert sum(expression(cell) == "#" for cell in cells) == 341


@pytest.mark.slow
def test_the_benchmarks_own_classes_are_those_of_the_expression(cells, reference):
    table = np.load(reference / "nasbench201" / "nb201_tables.npz", allow_pickle=False)
    classes = {}
    for text, its_class in zip(table["arch"], table["iso_class"], strict=True):
        found = expression(parse_nb201(str(text)), **UNIQUE)
        assert classes.setdefault(int(its_class), found) == found
    assert len(set(classes.values())) == len(classes) == 6466


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


def test_cells_of_one_expression_compute_the_same(cells):
    rng = np.random.default_rng(0)
    values = {}
    for index in rng.choice(len(cells), 4000, replace=False):
        cell = cells[index]
        values.setdefault(expression(cell), []).append(evaluate(cell, 0.37))
    assert max(len(found) for found in values.values()) > 5
    means = []
    for found in values.values():
        assert found == pytest.approx([found[0]] * len(found), abs=1e-9)
        means.append(found[0])
    # And different expressions differ, as far as these functions can tell.
    assert len({round(mean, 9) for mean in means}) == len(means)


def test_pruning_keeps_every_path(cells):
    for cell in cells[::97]:
        assert list_routes(drop_dead(drop_none(cell))) == list_routes(cell)


def test_dead_ends_and_what_nothing_reaches_are_dropped():
    edges = ((0, 1, "a"), (0, 2, "b"), (1, 3, "c"), (1, 4, "d"), (2, 4, "e"))
    cell = CellGraph(1, 5, (*edges, (5, 4, "f")), (4,))
    kept = drop_dead(cell).edges
    assert set(kept) == {(0, 1, "a"), (0, 2, "b"), (1, 4, "d"), (2, 4, "e")}
    assert drop_dead(CellGraph(1, 2, ((0, 1, "a"),), (2,))).edges == ()


def test_parallel_edges_survive_and_add_up():
    twice = CellGraph(1, 1, ((0, 1, "a"), (0, 1, "a")), (1,))
    assert drop_dead(drop_none(twice)) == twice
    assert expression(twice) == "(0)@a+(0)@a"


def test_several_outputs_are_compared_whatever_their_order():
    first = CellGraph(2, 2, ((0, 2, "a"), (1, 3, "b")), (2, 3))
    second = CellGraph(2, 2, ((0, 3, "a"), (1, 2, "b")), (2, 3))
    assert expression(first) == expression(second) == "(0)@a | (1)@b"
