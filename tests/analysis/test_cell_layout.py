"""Drawn cells: nothing overlaps, and only what differs is marked."""

import random

import pytest

from analysis.figures.cell_drawing import short
from analysis.figures.cell_layout import NODE, PILL_HEIGHT, PILL_WIDTH, lay_out, mark_cell
from harness.interfaces.graph import CellGraph, graph_from_json
from tests.analysis.ingredients import cells

TIMES = "\N{MULTIPLICATION SIGN}"


def _cell(seed):
    return graph_from_json(cells(random.Random(seed))["graphs"]["normal"])


@pytest.mark.parametrize("seed", range(20))
def test_operations_and_nodes_do_not_overlap(seed):
    layout = lay_out(mark_cell(_cell(seed), _cell(seed + 100)))
    boxes = [(*pill.centre, PILL_WIDTH, PILL_HEIGHT) for pill in layout.pills]
    inner = [node for node in layout.nodes if node >= layout.inputs]
    boxes += [(*layout.nodes[node], 2 * NODE, 2 * NODE) for node in inner]
    for place, (x, y, w, h) in enumerate(boxes):
        assert x - w / 2 > 0
        assert x + w / 2 < layout.width
        assert y - h / 2 >= 0
        assert y + h / 2 <= layout.height
        for ox, oy, ow, oh in boxes[:place]:
            assert abs(x - ox) >= (w + ow) / 2 or abs(y - oy) >= (h + oh) / 2


@pytest.mark.parametrize("seed", range(10))
def test_lines_lead_to_the_right(seed):
    layout = lay_out(mark_cell(_cell(seed), _cell(seed + 100)))
    for pill in layout.pills:
        source, target, _ = pill.edge
        assert layout.nodes[source][0] < pill.centre[0] < layout.nodes[target][0]


def test_same_cell_under_another_numbering_has_nothing_new():
    first = CellGraph(2, 2, ((0, 2, "a"), (1, 2, "b"), (0, 3, "c"), (1, 3, "d")), (2, 3))
    swapped = CellGraph(2, 2, ((0, 2, "c"), (0, 3, "a"), (1, 2, "d"), (1, 3, "b")), (2, 3))
    layout = lay_out(mark_cell(swapped, first))
    assert {pill.state for pill in layout.pills} == {"same"}
    assert [layout.labels[node] for node in (2, 3)] == ["3", "2"]


def test_new_and_gone_edges_are_told_apart():
    first = CellGraph(2, 1, ((0, 2, "a"), (1, 2, "b")), (2,))
    second = CellGraph(2, 1, ((0, 2, "a"), (1, 2, "c")), (2,))
    states = {pill.edge[2]: pill.state for pill in lay_out(mark_cell(second, first)).pills}
    assert states == {"a": "same", "c": "new", "b": "gone"}


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        ("sep_conv_3x3", f"sep 3{TIMES}3"),
        ("max_pool_3x3", f"max 3{TIMES}3"),
        ("nor_conv_1x1", f"conv 1{TIMES}1"),
        ("skip_connect", "skip"),
        ("none", "none"),
    ],
)
def test_operations_are_abbreviated_to_fit(operation, text):
    assert short(operation) == text
