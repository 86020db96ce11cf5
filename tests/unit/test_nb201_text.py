"""The notation of NAS-Bench-201 reads and prints every cell, and says what is wrong with others."""

import itertools

import numpy as np
import pytest

from harness.errors import ConfigError
from harness.interfaces.graph import BlockChain, CellGraph
from harness.notation.nb201_text import NB201_EDGES, NB201_OPERATIONS, format_nb201, parse_nb201

BEST = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|none~2|"


def test_edges_lie_where_the_text_says():
    cell = parse_nb201(f" {BEST}\n")
    assert (cell.inputs, cell.nodes, cell.outputs) == (1, 3, (3,))
    assert set(cell.edges) == {
        (0, 1, "nor_conv_3x3"), (0, 2, "nor_conv_3x3"), (1, 2, "nor_conv_3x3"),
        (0, 3, "skip_connect"), (1, 3, "nor_conv_3x3"), (2, 3, "none"),
    }  # fmt: skip
    assert NB201_EDGES == ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))


def test_order_inside_a_node_means_nothing():
    text = "|none~0|+|skip_connect~1|none~0|+|none~2|none~0|skip_connect~1|"
    assert format_nb201(parse_nb201(text)) == (
        "|none~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|none~2|"
    )


def test_every_cell_of_the_space_survives_the_round_trip():
    texts = {
        "|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|".format(*operations)
        for operations in itertools.product(NB201_OPERATIONS, repeat=6)
    }
    assert len(texts) == 15_625
    assert all(format_nb201(parse_nb201(text)) == text for text in texts)


def test_the_benchmarks_own_strings_and_operation_table_agree(reference):
    table = np.load(reference / "nasbench201" / "nb201_tables.npz", allow_pickle=False)
    names = table["op_names"].astype(str)
    for index in (0, 857, 6111, 9930, 15_624):
        cell = parse_nb201(str(table["arch"][index]))
        operations = dict(zip(NB201_EDGES, names[table["ops"][index]], strict=True))
        assert {(source, target): op for source, target, op in cell.edges} == operations


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "has 1 nodes joined by '+'; expected 3"),
        (BEST.rpartition("+")[0], "has 2 nodes joined by '+'; expected 3"),
        (BEST.replace("|none~2|", "|"), "Node 3 has 2 edges in"),
        (BEST.replace("|+|nor", "|none~0|+|nor", 1), "Node 1 has 2 edges in"),
        (BEST[:-1], "expected it between '|'"),
        (BEST.replace("none", "zero"), "Node 3 has the operation 'zero'; expected one of none"),
        (BEST.replace("none~2", "none~3"), "a predecessor from 0 to 2"),
        (BEST.replace("none~2", "none"), "a predecessor from 0 to 2"),
        (BEST.replace("none~2", "none~1"), "Node 3 has two edges from node 1"),
    ],
)
def test_what_is_no_cell_is_refused_in_one_line(text, complaint):
    with pytest.raises(ConfigError) as refusal:
        parse_nb201(text)
    assert complaint in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("graph", "complaint"),
    [
        (BlockChain(("zero",)), "Expected a cell of one input"),
        (CellGraph(2, 3, (), (3,)), "Expected a cell of one input"),
        (CellGraph(1, 3, ((0, 1, "none"),), (3,)), "one edge between any two nodes"),
        (CellGraph(1, 3, parse_nb201(BEST).edges, (2,)), "the output 3"),
        (CellGraph(1, 3, (*parse_nb201(BEST).edges, (0, 1, "none")), (3,)), "parallel edges"),
    ],
)
def test_other_graphs_cannot_be_printed(graph, complaint):
    with pytest.raises(ConfigError, match=complaint):
        format_nb201(graph)
