"""Every measure of a pair of cells, against published cells, other libraries, and brute force."""

import itertools
from collections import Counter

import networkx as nx
import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from analysis.architectures.metrics import CELL_METRICS, compare_cells
from analysis.architectures.structure import list_routes
from harness.api import CellGraph, parse_genotype, parse_nb201
from harness.spaces.darts import Darts
from tests.analysis.architectures.published import CANONICAL, CELLS, PAIRS

# Spec TV-C4: DARTS_V2's normal cell with the first two intermediate nodes swapped.
TWIN = parse_genotype(
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), "
    "('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), "
    "('dil_conv_3x3', 3)], normal_concat=[2, 3, 4, 5], reduce=[], reduce_concat=[2, 3, 4, 5])"
)["normal"]
# The best cells of NAS-Bench-201 on CIFAR-10, CIFAR-100 and ImageNet16-120.
BEST = {
    "c10": "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+"
    "|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|",
    "c100": "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+"
    "|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|",
    "in16": "|nor_conv_1x1~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+"
    "|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|",
}
ALIGNED = [name for name in CELL_METRICS if name.endswith("_aligned")]


def pair(first, second):
    """Return every metric of one pair."""
    return {name: float(found[0, 0]) for name, found in compare_cells([first], [second]).items()}


def draw(count, seed=0, cell="normal"):
    space, rng = Darts(), np.random.default_rng(seed)
    return [space.graph(space.sample(rng))[cell] for _ in range(count)]


def renumbered(cell, order):
    number = [*range(cell.inputs), *(cell.inputs + place for place in order)]
    edges = sorted((number[source], number[target], op) for source, target, op in cell.edges)
    outputs = tuple(sorted(number[node] for node in cell.outputs))
    return CellGraph(cell.inputs, cell.nodes, tuple(edges), outputs)


def as_digraph(cell):
    graph = nx.DiGraph()
    for node in range(cell.inputs + cell.nodes):
        graph.add_node(node, kind=node if node < cell.inputs else "inner")
    for source, target, operation in cell.edges:
        graph.add_edge(source, target, op=operation)
    return graph


def edit_distance_of_networkx(first, second):
    return nx.graph_edit_distance(
        as_digraph(first),
        as_digraph(second),
        node_match=lambda a, b: a["kind"] == b["kind"],
        edge_match=lambda a, b: a["op"] == b["op"],
    )


@pytest.mark.parametrize(("first", "second", "cell"), PAIRS)
def test_published_pairs_have_the_known_values(first, second, cell):
    found = pair(CELLS[first][cell], CELLS[second][cell])
    for name, wanted in PAIRS[first, second, cell].items():
        value = wanted[0] / wanted[1] if isinstance(wanted, tuple) else wanted
        assert found[name] == pytest.approx(value, abs=1e-12), name


@pytest.mark.parametrize(("name", "cell"), CANONICAL)
def test_published_cells_have_the_known_canonical_form(name, cell):
    assert list(CELLS[name][cell].canonical().edges) == CANONICAL[name, cell]


def test_swapped_nodes_change_nothing_that_is_aligned():
    cell = CELLS["DARTS_V2"]["normal"]
    found = pair(cell, TWIN)
    assert TWIN.canonical() == cell.canonical()
    for name, metric in CELL_METRICS.items():
        assert found[name] == pytest.approx(metric.equal, abs=1e-12), name
    other = CELLS["DARTS_V1"]["normal"]
    before, after = pair(other, cell), pair(other, TWIN)
    assert after == pytest.approx(before, abs=1e-12)


@pytest.mark.parametrize(
    ("first", "second", "values"),
    [
        ("c10", "c100", (0.7143, 0.0900, 0.1667, 0.4000)),
        ("c10", "in16", (0.3333, 0.0290, 0.1667, 0.1667)),
        ("c100", "in16", (0.5000, 0.1970, 0.3333, 0.2000)),
    ],
)
def test_best_cells_of_nas_bench_201_have_the_known_values(first, second, values):
    found = pair(parse_nb201(BEST[first]), parse_nb201(BEST[second]))
    names = ("edge_jaccard_aligned", "op_jsd", "op_tv", "path_jaccard")
    for name, value in zip(names, values, strict=True):
        assert found[name] == pytest.approx(value, abs=5e-5), name


# Means and standard deviations over uniform random pairs of DARTS cells (specification, 4.5).
CHANCE = {
    "op_jsd": (0.342, 0.157),
    "op_tv": (0.460, 0.152),
    "edge_jaccard_aligned": (0.132, 0.069),
    "edit_distance_aligned": (8.64, 1.16),
    "path_jaccard": (0.089, 0.068),
    "wl_0": (0.660, 0.160),
    "wl_1": (0.517, 0.119),
    "wl_2": (0.458, 0.109),
}
QUANTILES = {
    "op_jsd": (0.102, 0.328, 0.625),
    "op_tv": (0.250, 0.500, 0.750),
    "edge_jaccard_aligned": (0.067, 0.143, 0.231),
    "edit_distance_aligned": (7, 9, 10),
    "path_jaccard": (0, 0.083, 0.211),
}


def test_random_pairs_have_the_known_values():
    # Disjoint pairs, so that the error of a mean is that of independent values; the known values
    # themselves come from 1,500 pairs.
    cells = draw(2 * 1500)
    found = {name: [] for name in CELL_METRICS}
    for place in range(0, 1500, 100):
        first, second = cells[place : place + 100], cells[1500 + place : 1600 + place]
        for name, values in compare_cells(first, second).items():
            found[name] += np.diag(values).tolist()
    for name, (mean, deviation) in CHANCE.items():
        error = deviation * np.sqrt(2 / 1500)
        assert np.mean(found[name]) == pytest.approx(mean, abs=3.5 * error), name
        assert np.std(found[name]) == pytest.approx(deviation, rel=0.08), name
    for name, wanted in QUANTILES.items():
        assert np.quantile(found[name], (0.05, 0.5, 0.95)) == pytest.approx(wanted, abs=0.03), name


def test_edit_distance_is_that_of_networkx_for_published_reduction_cells():
    cells = [CELLS[name]["reduce"] for name in ("DARTS_V1", "DARTS_V2", "PC_DARTS_cifar")]
    for first, second in itertools.combinations(cells, 2):
        assert pair(first, second)["edit_distance_aligned"] == edit_distance_of_networkx(
            first, second
        )


@pytest.mark.slow
def test_edit_distance_is_that_of_networkx_for_random_cells():
    cells = draw(16, seed=3)
    for first, second in zip(cells[:8], cells[8:], strict=True):
        assert pair(first, second)["edit_distance_aligned"] == edit_distance_of_networkx(
            first, second
        )


def test_equal_canonical_forms_mean_isomorphic_graphs():
    rng = np.random.default_rng(5)
    cells = [
        CellGraph(1, 3, tuple(sorted((s, t, "ab"[rng.random() < 0.1]) for s, t in chosen)), (3,))
        for _ in range(80)
        for chosen in [[e for e in itertools.combinations(range(4), 2) if rng.random() < 0.5]]
    ]

    def labelled(cell):
        graph = as_digraph(cell)
        nx.set_node_attributes(graph, {node: node in cell.outputs for node in graph}, "out")
        return graph

    def are_isomorphic(first, second):
        return nx.is_isomorphic(
            labelled(first),
            labelled(second),
            node_match=lambda a, b: a == b,
            edge_match=lambda a, b: a == b,
        )

    answers = Counter()
    for first, second in itertools.combinations(cells, 2):
        is_equal = first.canonical() == second.canonical()
        assert is_equal == are_isomorphic(first, second)
        answers[is_equal] += 1
    assert min(answers.values()) >= 20


def naive(first, second):
    """Return aligned values by trying every numbering with counters."""
    best = {"edge": 0, "wire": 0, "edit": 10**9}
    for order in itertools.permutations(range(first.nodes)):
        moved = renumbered(first, order)
        edges = (Counter(moved.edges) & Counter(second.edges)).total()
        wires = [Counter(edge[:2] for edge in cell.edges) for cell in (moved, second)]
        cost = sum(max(wires[0][w], wires[1][w]) for w in wires[0] | wires[1]) - edges
        best["edge"] = max(best["edge"], edges)
        best["wire"] = max(best["wire"], (wires[0] & wires[1]).total())
        best["edit"] = min(best["edit"], cost)
    size = len(first.edges) + len(second.edges)
    return {
        "edge_jaccard_aligned": best["edge"] / (size - best["edge"]),
        "wiring_jaccard_aligned": best["wire"] / (size - best["wire"]),
        "edit_distance_aligned": best["edit"],
    }


def with_parallel_edges(rng):
    edges = [
        (int(rng.integers(target)), target, str(rng.choice(["a", "b"])))
        for target in (2, 3, 4)
        for _ in range(3)
    ]
    return CellGraph(2, 3, tuple(sorted(edges)), (2, 3, 4))


def test_aligned_values_are_those_of_brute_force_also_with_parallel_edges():
    rng = np.random.default_rng(0)
    groups = [draw(6, seed=1), [with_parallel_edges(rng) for _ in range(8)]]
    for cells in groups:
        found = compare_cells(cells, cells)
        for (i, first), (j, second) in itertools.product(enumerate(cells), repeat=2):
            for name, value in naive(first, second).items():
                assert found[name][i, j] == pytest.approx(value), name


def test_outputs_correspond_to_outputs():
    # Equal edges under a swap, but then the output would be another node.
    first = CellGraph(1, 2, ((0, 1, "a"), (0, 2, "b")), (1,))
    second = CellGraph(1, 2, ((0, 1, "b"), (0, 2, "a")), (1,))
    found = pair(first, second)
    assert first.canonical() != second.canonical()
    assert found["edge_jaccard_aligned"] == 0
    assert found["edit_distance_aligned"] == 2
    swapped = CellGraph(1, 2, second.edges, (2,))
    assert pair(first, swapped)["edge_jaccard_aligned"] == 1


def test_smaller_cells_are_padded_with_lonely_nodes():
    small = CellGraph(2, 1, ((0, 2, "a"), (1, 2, "b")), (2,))
    large = CellGraph(2, 2, ((0, 2, "c"), (0, 3, "a"), (1, 3, "b")), (3,))
    found = pair(small, large)
    assert found["edge_jaccard_aligned"] == pytest.approx(2 / 3)
    assert found["edit_distance_aligned"] == 1


def test_cells_too_large_to_align_have_no_aligned_value():
    chain = CellGraph(1, 7, tuple((node, node + 1, "a") for node in range(7)), (7,))
    found = pair(chain, chain)
    assert all(np.isnan(found[name]) for name in ALIGNED)
    assert found["wl_2"] == 1


def test_cells_of_different_inputs_are_not_compared():
    with pytest.raises(ValueError, match="numbers of inputs"):
        pair(CellGraph(1, 1, ((0, 1, "a"),), (1,)), CELLS["DARTS_V1"]["normal"])
    with pytest.raises(ValueError, match="at least one cell"):
        compare_cells([], [])


def test_cells_without_edges_are_equal_and_have_no_shares():
    empty = CellGraph(1, 2, (), (2,))
    found = pair(empty, empty)
    assert (found["edge_jaccard_aligned"], found["path_jaccard"], found["wl_1"]) == (1, 1, 1)
    assert np.isnan(found["op_jsd"])


@pytest.mark.parametrize("seed", range(5))
def test_every_numbering_is_the_same_cell(seed):
    (cell,) = draw(1, seed)
    twins = [renumbered(cell, order) for order in itertools.permutations(range(4))]
    assert {twin.canonical() for twin in twins} == {cell.canonical()}
    found = compare_cells(twins, [cell])
    for name, metric in CELL_METRICS.items():
        assert found[name] == pytest.approx(metric.equal, abs=1e-12), name


def test_laws_hold_on_random_cells():
    cells = draw(40, seed=7)
    found = compare_cells(cells, cells)
    for name, metric in CELL_METRICS.items():
        values = found[name]
        assert values == pytest.approx(values.T), name
        assert np.diag(values) == pytest.approx(metric.equal, abs=1e-12), name
        if "edit" not in name and "hamming" not in name:
            assert values.min() >= 0 and values.max() <= 1 + 1e-12, name
    edits = found["edit_distance_aligned"]
    # The triangle inequality, for all triples at once.
    assert (edits[:, None, :] <= edits[:, :, None] + edits[None, :, :]).all()


def test_jensen_shannon_is_the_square_of_scipys():
    cells = draw(10, seed=9)
    found = compare_cells(cells, cells)["op_jsd"]
    names = sorted({op for cell in cells for _, _, op in cell.edges})
    shares = [[sum(op == name for _, _, op in cell.edges) / 8 for name in names] for cell in cells]
    for i, j in itertools.combinations(range(10), 2):
        assert found[i, j] == pytest.approx(jensenshannon(shares[i], shares[j], base=2) ** 2)


def test_paths_are_compared_as_sets():
    cells = draw(10, seed=11)
    found = compare_cells(cells, cells)
    for i, j in itertools.combinations(range(10), 2):
        first, second = set(list_routes(cells[i])), set(list_routes(cells[j]))
        assert found["path_jaccard"][i, j] == pytest.approx(
            len(first & second) / len(first | second)
        )
        assert found["path_hamming"][i, j] == len(first ^ second)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("refinements", [0, 1, 2])
def test_kernel_is_that_of_grakel_on_reversed_edges(refinements):
    grakel = pytest.importorskip("grakel")
    cells = [CELLS[name][cell] for name in CELLS for cell in ("normal", "reduce")]

    def reversed_graph(cell):
        names = dict(enumerate([*(f"in{i}" for i in range(cell.inputs))]))
        names |= {cell.inputs + i: op for i, (_, _, op) in enumerate(cell.edges)}
        out = len(names)
        links = {node: [] for node in range(out + 1)}
        for place, (source, _, _) in enumerate(cell.edges):
            links[cell.inputs + place] = [source] if source < cell.inputs else [
                cell.inputs + other for other, e in enumerate(cell.edges) if e[1] == source
            ]  # fmt: skip
        links[out] = [
            cell.inputs + place for place, e in enumerate(cell.edges) if e[1] in cell.outputs
        ]
        return grakel.Graph(links, node_labels={**names, out: "out"})

    kernel = grakel.WeisfeilerLehman(
        n_iter=max(1, refinements), base_graph_kernel=grakel.VertexHistogram, normalize=True
    )
    if refinements == 0:
        kernel = grakel.VertexHistogram(normalize=True)
    expected = kernel.fit_transform([reversed_graph(cell) for cell in cells])
    found = compare_cells(cells, cells)[f"wl_{refinements}"]
    assert found == pytest.approx(expected, abs=1e-10)
