"""What changed after the swap: new and lost edges, operations that moved, shapes; beside chance."""

import pytest

from analysis.answers.cells.changes import (
    change_table,
    count_new,
    operation_table,
)
from analysis.answers.cells.lineage import START
from analysis.answers.cells.shapes import shape_table
from analysis.architectures.alignment import list_changes, mark
from analysis.architectures.measures import measure_graph
from analysis.architectures.structure import depth
from analysis.arms import CONTINUED, SOURCE
from harness.api import BlockChain, CellGraph
from harness.results.record import Status
from tests.analysis.loading import load_study


@pytest.fixture
def results(invent):
    return load_study([invent(seeds=3, methods=("darts",))])


def only(table, **values):
    for name, value in values.items():
        table = table[table[name] == value]
    (row,) = table.to_dict("records")
    return row


def test_swapped_nodes_are_no_change_and_parallel_edges_count_singly():
    first = CellGraph(2, 2, ((0, 2, "a"), (0, 3, "c"), (1, 2, "b"), (1, 3, "d")), (2, 3))
    twin = CellGraph(2, 2, ((0, 2, "c"), (0, 3, "a"), (1, 2, "d"), (1, 3, "b")), (2, 3))
    assert {state for _, state in list_changes(twin, first)} == {"same"}
    once = CellGraph(1, 1, ((0, 1, "a"),), (1,))
    twice = CellGraph(1, 1, ((0, 1, "a"), (0, 1, "a")), (1,))
    assert [state for _, state in mark(twice, once)] == ["new", "same"]


def test_layers_of_a_chain_are_compared_place_by_place():
    before = BlockChain(("mbconv k3 e3", "mbconv k3 e6", "zero"), (2, 1))
    after = BlockChain(("mbconv k3 e3", "mbconv k5 e6", "zero"), (2, 1))
    assert sorted(list_changes(after, before)) == [
        ("mbconv k3 e3", "same"),
        ("mbconv k3 e6", "gone"),
        ("mbconv k5 e6", "new"),
        ("zero", "same"),
    ]
    with pytest.raises(ValueError, match="cannot be compared with a chain"):
        list_changes(after, CellGraph(1, 1, (), (1,)))


def test_legs_of_a_journey_are_counted_seed_by_seed(results):
    lineages = results.lineages
    assert [lineage.seed for lineage in lineages] == [0, 1, 2]
    table = change_table(lineages, results.chance)
    row = only(table, before=SOURCE, after=CONTINUED, cell="normal")
    new = [count_new(j.graphs[CONTINUED], j.graphs[SOURCE], "normal") for j in lineages]
    assert (row["n"], row["new"]) == (3, pytest.approx(sum(new) / 3))
    # The invented continued search changes the operation on at most two edges of each cell.
    assert max(new) <= 2
    start = only(table, before=SOURCE, after=START, cell="mean")
    assert (start["new"], start["unchanged"], start["mean"]) == (0, 3, 1)


def test_what_left_and_what_entered_explains_what_is_there_after(results):
    table = operation_table(results.lineages, results.chance)
    balance = table["before"] - table["left"] + table["entered"] - table["after"]
    assert balance.abs().max() < 1e-12
    normal = table[table["cell"] == "normal"]
    assert normal[["before", "after", "direct"]].sum().tolist() == pytest.approx([8, 8, 8])


def test_shapes_are_means_over_the_searches_of_a_group(results):
    table = shape_table(results.tables, results.chance)
    row = only(table, role="source", cell="normal", measure="depth")
    searches = results.tables.searches
    jobs = searches[searches["role"] == "source"]["job"]
    depths = [depth(results.tables.graphs[job]["normal"]) for job in jobs]
    assert row["mean"] == pytest.approx(sum(depths) / 3)


def test_a_chain_has_layers_kernels_and_expansions():
    found = measure_graph(BlockChain(("mbconv k3 e3", "mbconv k5 e6", "zero")))
    assert found == {"layers": 2, "kernel": 4, "expansion": 4.5}


def test_nothing_found_leaves_nothing_to_follow(invent):
    results = load_study([invent(fate=lambda job: (Status.FAILED, "no luck"))])
    assert results.lineages == []
    assert change_table([], results.chance).empty
    assert shape_table(results.tables, results.chance).empty


def test_bars_show_how_often_each_operation_is_chosen(results):
    from analysis.figures import operations

    table = operations.collect(results)
    figure = operations.draw(table)
    axes = figure.axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    normal = table[table["cell"] == "normal"].set_index("operation")["before"]
    lengths = [bar.get_width() for bar in axes.containers[0]]
    assert lengths == pytest.approx(normal.reindex(names).fillna(0).tolist())
    assert "no seed has both" in operations.draw(table.iloc[:0]).axes[0].texts[0].get_text()
