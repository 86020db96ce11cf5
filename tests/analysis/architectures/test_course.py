"""The course of architecture parameters, against what searches logged and brute force."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import jensenshannon

from analysis.answers.cells.course import course_table, divergence_table, edge_course
from analysis.answers.cells.lineage import START
from analysis.architectures.alphas import shares, without
from analysis.arms import CONTINUED, DIRECT, SOURCE
from tests.analysis.loading import load_study


def divergence(first, second):
    """Return the mean over edges of the Jensen-Shannon divergence in bits."""
    pairs = zip(first, second, strict=True)
    return float(np.mean([jensenshannon(a, b, base=2) ** 2 for a, b in pairs]))


def existence_divergence(first, second):
    return divergence([(p, 1 - p) for p in first], [(p, 1 - p) for p in second])


@pytest.fixture
def results(invent):
    return load_study([invent(seeds=3, methods=("darts",), edges=("normal_0_2", "reduce_0_2"))])


def _alphas(*ticks):
    rows = [
        ("job", tick, tick / 2, "normal", f"normal_{edge}", str(place), value)
        for tick, edges in enumerate(ticks)
        for edge, values in enumerate(edges)
        for place, value in enumerate(values)
    ]
    names = ["job", "tick", "epoch", "cell", "edge", "op", "alpha"]
    return pd.DataFrame(rows, columns=names)


def _softmax(results, job, tick, edge):
    alphas = results.tables.alphas
    rows = alphas[(alphas["job"] == job) & (alphas["edge"] == edge)]
    wanted = rows["tick"].min() if tick == "first" else rows["tick"].max()
    return shares(rows[rows["tick"] == wanted]["alpha"].to_numpy(float))


def test_edges_of_any_size_are_measured_and_a_single_operation_decides_nothing():
    third = float(np.log(0.5))
    found = edge_course(_alphas([[0, 0, 0], [0, third], [7]], [[np.nan, 0, 0], [0, 1], [7]]))
    assert found["edge"].tolist() == ["normal_0", "normal_1"] * 2
    # Shares of 2/3 and 1/3: H = 0.9183 bits of one.
    assert found["entropy"].tolist()[:2] == pytest.approx([1, 0.918296], abs=1e-6)
    assert found["margin"].tolist()[:2] == pytest.approx([0, 1 / 3])
    assert found["strongest"].tolist() == [0, 0, -1, 1]


def test_switches_are_counted_between_ticks_and_added_up(results):
    lineages = results.lineages
    table = course_table(lineages, results.tables.alphas)
    assert set(table["stage"]) == {SOURCE, CONTINUED, DIRECT}
    for lineage in lineages:
        its = table[(table["seed"] == lineage.seed) & (table["stage"] == CONTINUED)]
        alphas = results.tables.alphas
        own = alphas[alphas["job"] == lineage.jobs[CONTINUED]]
        values = own["alpha"].to_numpy(float).reshape(5, 2, 8)  # ticks, edges, operations
        switched = np.diff(values.argmax(axis=2), axis=0) != 0
        assert its["switches"].tolist() == [0, *switched.sum(axis=1)]
        assert its["switches_so_far"].iloc[-1] == switched.sum()
        logs = np.log2(share := shares(values))
        entropy = -(share * logs).sum(axis=2).mean(axis=1) / 3
        assert its["entropy"].tolist() == pytest.approx(entropy.tolist())


def test_divergences_are_means_over_edges_and_seeds(results):
    lineages = results.lineages
    table = divergence_table(lineages, results.tables.alphas)
    row = table[(table["before"] == SOURCE) & (table["after"] == DIRECT)].set_index("cell")
    edge = "normal_0_2"
    ends = [
        [_softmax(results, lineage.jobs[stage], "last", edge) for lineage in lineages]
        for stage in (SOURCE, DIRECT)
    ]
    kept = [[without(share, 0) for share in side] for side in ends]
    own = [divergence([a], [b]) for a, b in zip(*kept, strict=True)]
    other = [
        divergence([a], [b]) for i, a in enumerate(kept[0]) for j, b in enumerate(kept[1]) if i != j
    ]
    there = existence_divergence(*([1 - share[0] for share in side] for side in ends))
    assert row.loc["normal", "n"] == 3
    assert row.loc["normal", "operations"] == pytest.approx(np.mean(own))
    assert row.loc["normal", "other_seeds"] == pytest.approx(np.mean(other))
    assert row.loc["normal", "existence"] == pytest.approx(there)
    both = row.loc[["normal", "reduce"], "operations"].mean()
    assert row.loc["mean", "operations"] == pytest.approx(both)


def test_start_of_the_continued_search_is_its_first_tick(results):
    lineages = results.lineages
    table = divergence_table(lineages, results.tables.alphas)
    row = table[(table["before"] == START) & (table["cell"] == "reduce")].iloc[0]
    found = [
        divergence(
            *(
                [without(_softmax(results, job, tick, "reduce_0_2"), 0)]
                for tick in ("first", "last")
            )
        )
        for job in (lineage.jobs[CONTINUED] for lineage in lineages)
    ]
    assert (row["after"], row["operations"]) == (CONTINUED, pytest.approx(np.mean(found)))


def test_one_seed_has_no_other_and_no_alphas_leave_nothing(invent):
    results = load_study([invent(seeds=1)])
    table = results.changes["alpha_divergence"]
    assert set(table["method"]) == {"darts"} and table["other_seeds"].isna().all()
    empty = results.tables.alphas.iloc[:0]
    lineages = results.lineages
    assert course_table(lineages, empty).empty
    assert divergence_table(lineages, empty).empty


def test_continued_and_direct_searches_are_drawn_from_where_the_source_search_ended(results):
    from analysis.figures import alpha_course

    table = alpha_course.collect(results)
    starts = table.groupby("stage")["place"].min()
    ends = table.groupby("stage")["place"].max()
    assert starts[SOURCE] == 0 and starts[CONTINUED] == starts[DIRECT] == ends[SOURCE]
    means = table[(table["kind"] == "mean") & (table["stage"] == DIRECT)]
    seeds = table[(table["kind"] == "seed") & (table["stage"] == DIRECT)]
    wanted = seeds.groupby("tick")["entropy"].mean()
    assert means["entropy"].tolist() == pytest.approx(wanted.tolist())
    axes = alpha_course.draw(table).axes
    assert [len(panel.lines) for panel in axes] == [3 * (3 + 1) + 1] * 4


def test_edges_whose_strongest_operation_is_a_skip_are_told():
    alphas = _alphas([[0, 1], [1, 0]], [[np.nan, 0], [2, 0]]).replace({"op": {"0": "skip_connect"}})
    assert edge_course(alphas)["skips"].tolist() == [False, True, False, True]


def test_alpha_over_epochs_runs_from_the_first_tick_to_the_last(results):
    from analysis.figures import alpha_epochs, alphas

    table = alpha_epochs.collect(results)
    end = table[table["moment"] == "end"].drop(columns="moment").reset_index(drop=True)
    pd.testing.assert_frame_equal(end, alphas.collect(results))
    direct = table["search"].str.startswith("direct")
    start = table[direct & (table["moment"] == "start") & (table["edge"] == "normal_0_2")]
    jobs = [lineage.jobs[DIRECT] for lineage in results.lineages]
    wanted = np.mean([_softmax(results, job, "first", "normal_0_2") for job in jobs], axis=0)
    assert start["share"].tolist() == pytest.approx(wanted.tolist())
    assert len(alpha_epochs.draw(table).axes) == 3 * 2 * 5 + 1  # a colour bar
