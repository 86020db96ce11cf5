"""Measures of one cell, against the values of published cells and of all of NAS-Bench-201."""

import gzip
import itertools
import json
import math
from collections import Counter

import numpy as np
import pytest

from analysis.architectures.structure import (
    depth,
    is_parameter_free,
    list_routes,
    measure,
    receptive_field,
    skip_ratio,
    width,
)
from harness.api import CellGraph, parse_genotype
from harness.spaces.darts import Darts

# Width, depth, shares of skips and of operations without parameters, paths, distinct ones, and the
# receptive field at stride 1.
PUBLISHED = {
    ("DARTS_V1", "normal"): (3.5, 3, 0.375, 0.375, 9, 5, 5),
    ("DARTS_V2", "normal"): (3.5, 3, 0.25, 0.25, 9, 5, 9),
    ("PC_DARTS_cifar", "normal"): (4.0, 2, 0.125, 0.25, 8, 6, 9),
    ("GDAS_V1", "normal"): (2.0, 5, 0.5, 0.5, 16, 10, 21),
    ("DARTS_V1", "reduce"): (2.5, 3, 0.375, 1.0, 11, 5, 3),
    ("DARTS_V2", "reduce"): (2.5, 3, 0.375, 1.0, 11, 4, 3),
    ("PC_DARTS_cifar", "reduce"): (2.5, 4, 0.0, 0.125, 12, 10, 21),
    ("GDAS_V1", "reduce"): (3.0, 3, 0.0, 0.0, 10, 7, 17),
}
# Width and depth as Shu et al. (ICLR 2020) print them.
SHU = {"NASNet": (5, 2), "AmoebaNet": (4, 4), "ENASNet": (5, 2), "DARTS_V2": (3.5, 3)}
# As its authors publish it; copies elsewhere have another reduction cell.
GDAS_V1 = """Genotype(
    normal=[('skip_connect', 0), ('skip_connect', 1), ('skip_connect', 0), ('sep_conv_5x5', 2),
            ('sep_conv_3x3', 3), ('skip_connect', 0), ('sep_conv_5x5', 4), ('sep_conv_3x3', 3)],
    normal_concat=[2, 3, 4, 5],
    reduce=[('sep_conv_5x5', 0), ('sep_conv_3x3', 1), ('sep_conv_5x5', 2), ('sep_conv_5x5', 1),
            ('dil_conv_5x5', 2), ('sep_conv_3x3', 1), ('sep_conv_5x5', 0), ('sep_conv_5x5', 1)],
    reduce_concat=[2, 3, 4, 5])"""
NB201 = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
NB201_EDGES = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]


@pytest.fixture(scope="session")
def cells(reference):
    """The cells of published genotypes, by the genotype's name."""
    with gzip.open(reference / "darts_space" / "genotypes.json.gz") as file:
        records = {r.get("name"): r for r in json.load(file) if r["format"] == "flat"}
    fields = ("normal", "normal_concat", "reduce", "reduce_concat")
    names = {name for name, _ in PUBLISHED} | set(SHU)
    found = {
        name: parse_genotype(
            f"Genotype({', '.join(f'{field}={records[name][field]}' for field in fields)})"
        )
        for name in names
    }
    return {**found, "GDAS_V1": parse_genotype(GDAS_V1)}


def nb201(operations):
    edges = [(*edge, op) for edge, op in zip(NB201_EDGES, operations, strict=True)]
    return CellGraph(1, 3, tuple(sorted(edges)), (3,))


def chain(*operations):
    """Return a cell that is a single path from its only input."""
    edges = tuple((place, place + 1, op) for place, op in enumerate(operations))
    return CellGraph(1, len(operations), edges, (len(operations),))


@pytest.mark.parametrize(("name", "cell"), PUBLISHED)
def test_published_cells_have_the_known_structure(cells, name, cell):
    found = measure(cells[name][cell])
    assert (
        found.width,
        found.depth,
        found.skip_ratio,
        found.parameter_free_ratio,
        found.paths,
        found.distinct_paths,
        found.receptive_field,
    ) == PUBLISHED[name, cell]
    assert found.none_ratio == 0


@pytest.mark.parametrize("name", SHU)
def test_width_and_depth_are_those_that_shu_prints(cells, name):
    cell = cells[name]["normal"]
    assert (width(cell), depth(cell)) == SHU[name]


def test_random_darts_cells_have_the_known_means():
    space, rng = Darts(), np.random.default_rng(0)
    cells = [space.graph(space.sample(rng))["normal"] for _ in range(3000)]
    values = {
        "depth": ([depth(cell) for cell in cells], 3.77, 0.67),
        "width": ([width(cell) for cell in cells], 2.56, 0.47),
        "skips": ([skip_ratio(cell) for cell in cells], 0.143, 0.12),
    }
    for found, mean, deviation in values.values():
        error = deviation / math.sqrt(len(cells))
        assert np.mean(found) == pytest.approx(mean, abs=4 * error + 0.005)
        assert np.std(found) == pytest.approx(deviation, abs=0.02)


def test_all_cells_of_nas_bench_201_have_the_known_depths():
    counts = Counter(depth(nb201(ops)) for ops in itertools.product(NB201, repeat=6))
    assert counts == {3: 8000, 2: 5920, 1: 1364, None: 341}


@pytest.mark.parametrize("seed", range(20))
def test_nothing_depends_on_the_numbering_of_the_nodes(seed):
    space = Darts()
    for cell in space.graph(space.sample(np.random.default_rng(seed))).values():
        assert measure(cell.canonical()) == measure(cell)


def test_cell_without_a_path_has_no_depth_and_sees_nothing():
    found = measure(CellGraph(1, 2, ((0, 1, "none"), (1, 2, "skip_connect")), (2,)))
    assert (found.depth, found.width, found.paths, found.receptive_field) == (None, 0.0, 0, None)
    assert (found.none_ratio, found.skip_ratio, found.parameter_free_ratio) == (0.5, 0.5, 0.5)


def test_cell_without_edges_has_a_structure():
    found = measure(CellGraph(2, 1, (), (2,)))
    assert (found.paths, found.width, found.skip_ratio) == (0, 0.0, 0.0)


def test_parallel_edges_are_different_paths_with_equal_operations():
    twice = CellGraph(1, 1, ((0, 1, "avg_pool_3x3"), (0, 1, "avg_pool_3x3")), (1,))
    assert list_routes(twice) == {(0, ("avg_pool_3x3",)): 2}
    assert (measure(twice).paths, measure(twice).distinct_paths) == (2, 1)


def test_input_that_is_an_output_is_a_path_without_operations():
    cell = CellGraph(2, 1, ((0, 2, "skip_connect"),), (1, 2))
    assert list_routes(cell) == {(1, ()): 1, (0, ("skip_connect",)): 1}
    assert (depth(cell), receptive_field(cell)) == (2, 1)


@pytest.mark.parametrize(
    ("operations", "stride", "side"),
    [
        (["sep_conv_3x3"], 1, 5),
        (["sep_conv_5x5"], 1, 9),
        (["dil_conv_3x3"], 1, 5),
        (["dil_conv_5x5"], 1, 9),
        (["skip_connect", "max_pool_3x3"], 1, 3),
        (["max_pool_3x3", "avg_pool_3x3"], 1, 5),
        # At stride 2 the second operation's pixels lie two apart: 3 + 2 * 2, then 2 * 4 more.
        (["max_pool_3x3", "avg_pool_3x3"], 2, 7),
        (["max_pool_3x3", "avg_pool_3x3", "sep_conv_3x3"], 2, 15),
        (["sep_conv_5x5"], 2, 9),
        (["mystery"], 1, None),
    ],
)
def test_receptive_field_grows_along_a_path(operations, stride, side):
    assert receptive_field(chain(*operations), input_stride=stride) == side


@pytest.mark.parametrize(
    ("operation", "is_free"),
    [
        ("skip_connect", True),
        ("max_pool_3x3", True),
        ("avg_pool_3x3", True),
        ("noise", True),
        ("none", False),
        ("sep_conv_3x3", False),
        ("nor_conv_1x1", False),
    ],
)
def test_skips_and_pools_have_no_parameters(operation, is_free):
    assert is_parameter_free(operation) == is_free
