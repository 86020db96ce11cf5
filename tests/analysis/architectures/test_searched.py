"""Tables of how alike searches' architectures are: what is compared, tested, and left out."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from analysis.answers.cells.searched import group_table, stability_table
from analysis.answers.cells.trained import functional_table, list_networks, mantel_table
from analysis.architectures.metrics import compare_cells
from analysis.figures import similarity as similarity_plot
from analysis.study import Study
from harness.results.record import Status
from tests.analysis.loading import load_study


@pytest.fixture
def results(invent):
    return load_study([invent(seeds=4)])


def only(table, **values):
    for name, value in values.items():
        table = table[table[name] == value]
    (row,) = table.to_dict("records")
    return row


def test_stability_is_the_mean_over_pairs_of_seeds(results):
    table = stability_table(results.found, results.chance)
    row = only(table, method="darts", role="direct", cell="normal")
    searches = results.tables.searches
    jobs = searches[(searches["method"] == "darts") & (searches["role"] == "direct")]["job"]
    cells = [results.tables.graphs[job]["normal"] for job in jobs]
    values = compare_cells(cells, cells)["edge_jaccard_aligned"]
    assert row["n"] == 4
    assert row["mean"] == pytest.approx(values[np.triu_indices(4, 1)].mean())
    # The invention holds no random graphs, so chance is unknown and the rest is still said.
    assert math.isnan(row["chance_mean"]) and math.isnan(row["corrected"])


def test_mean_of_the_cells_is_a_row_of_its_own(results):
    table = stability_table(results.found, results.chance)
    rows = table[(table["method"] == "darts") & (table["role"] == "source")].set_index("cell")
    cells = rows.loc[["normal", "reduce"], "mean"].mean()
    assert rows.loc["mean", "mean"] == pytest.approx(cells)


def test_warm_started_searches_are_described_but_not_tested(results):
    collection = results.found
    assert set(collection.found["role"]) == {"source", "direct", "continued"}
    table = group_table(collection, np.random.default_rng(0))
    row = only(table, question="data set", where="darts", cell="normal")
    assert (row["n"], row["seeds"], row["groups"]) == (8, 4, "d10, d100")
    assert row["p_min"] == pytest.approx(2 / 70)
    assert only(table, question="data set", where="all", cell="mean")["n"] == 16


def test_group_distances_are_means_over_all_pairs_of_searches(results):
    # Half of the searches are said to have found what the first found, so that cells repeat.
    tables = results.tables
    jobs = list(tables.graphs)
    graphs = {job: tables.graphs[jobs[0] if place % 2 else job] for place, job in enumerate(jobs)}
    study = Study(dataclasses.replace(tables, graphs=graphs))
    assert len(study.found.values["mean"]) < len(jobs)
    row = only(study.similarity["similarity_groups"], question="method", where="d100", cell="mean")
    searches = tables.searches
    its = searches[(searches["task"] == "d100") & (searches["role"] == "direct")]
    kept = [graphs[job] for job in its["job"]]
    values = [
        compare_cells(*2 * [[cells[name] for cells in kept]]) for name in ("normal", "reduce")
    ]
    distances = 1 - np.mean([value["edge_jaccard_aligned"] for value in values], axis=0)
    methods = its["method"].to_numpy()
    same, upper = methods[:, None] == methods, np.triu(np.ones_like(distances, bool), 1)
    assert row["n"] == len(its)
    assert row["within"] == pytest.approx(distances[same & upper].mean())
    assert row["between"] == pytest.approx(distances[~same & upper].mean())
    stable = study.similarity["similarity_stability"]
    row = only(stable, method="darts", role="direct", cell="mean")
    mine = (methods == "darts")[:, None] & (methods == "darts") & upper
    assert row["mean"] == pytest.approx(1 - distances[mine].mean())
    assert row["distinct"] == len(
        {tuple(graphs[job].items()) for job in its["job"][methods == "darts"]}
    )


def test_failed_searches_are_left_out_and_one_group_is_no_test(invent):
    def fate(job):
        is_lost = job.name.startswith("search-darts-d100")
        return (Status.FAILED, "no luck") if is_lost else (Status.DONE, None)

    results = load_study([invent(seeds=3, methods=("darts",), fate=fate)])
    collection = results.found
    assert "direct" not in set(collection.found["role"])
    assert group_table(collection, np.random.default_rng(0)).empty


def test_nothing_found_gives_empty_tables(invent):
    results = load_study([invent(fate=lambda job: (Status.FAILED, "no luck"))])
    assert all(table.empty for table in results.similarity.values())


def test_accuracies_are_correlated_over_random_architectures(results):
    table = mantel_table(results.tables, np.random.default_rng(0))
    row = only(table, target="d100", cell="normal")
    assert row["n"] == 6 and row["is_exact"] and -1 <= row["correlation"] <= 1


def test_answers_of_trained_networks_are_compared_by_what_they_are(results, tmp_path):
    networks = list_networks(results.tables, "d100")
    rng, probes = np.random.default_rng(0), {}
    labels = rng.integers(3, size=50)
    for number, network in enumerate(networks):
        file = tmp_path / f"{number}.npz"
        is_random = network.label == "random"
        answers = rng.integers(3, size=50) if is_random else labels
        np.savez(file, features=rng.normal(size=(10, 4)), predictions=answers, labels=labels)
        probes[network.job] = file
    # One file cannot be read, and one is about other images.
    probes[networks[0].job].write_text("broken")
    np.savez(probes[networks[1].job], features=rng.normal(size=(10, 4)),
             predictions=labels, labels=labels[::-1])  # fmt: skip
    table = functional_table(dataclasses.replace(results.tables, probes=probes))
    row = only(table, first="darts: direct", second="darts: direct")
    assert (row["pairs"], row["agreement"], row["kappa"]) == (6, 1.0, pytest.approx(1.0))
    chance = only(table, first="random", second="random")
    assert chance["pairs"] == 15
    assert abs(chance["kappa"]) < 0.2
    lost = table[table["first"] == networks[0].label]
    assert only(lost, second=networks[0].label)["pairs"] < 6
    assert functional_table(results.tables).empty


def names_of(figure):
    return [label.get_text() for label in figure.axes[2].get_yticklabels()]


def test_heat_map_shows_every_pair_of_searches_in_the_order_of_its_table(results):
    table = similarity_plot.collect(results)
    count = 2 * 3 * 4
    assert len(table) == count**2
    likeness = table.pivot(index="row", columns="column", values="likeness").to_numpy()
    assert likeness == pytest.approx(likeness.T, nan_ok=True)
    assert np.isnan(np.diag(likeness)).all()  # one search is no pair
    firsts = table[table["column"] == 0]
    assert names_of(similarity_plot.draw(table)) == [
        f"{row.method}: {row.role} ({row.task}), {row.seeds}" for row in firsts.itertuples()
    ]


def test_heat_map_of_many_searches_has_a_row_for_each_group(results, monkeypatch):
    monkeypatch.setattr(similarity_plot, "MOST_ROWS", 23)
    table = similarity_plot.collect(results)
    assert len(table) == (2 * 3) ** 2 and set(table["seeds"]) == {"4 seeds"}
    stable = stability_table(results.found, results.chance)
    for row in table[table["row"] == table["column"]].itertuples():
        its = only(stable, method=row.method, role=row.role, task=row.task, cell="mean")
        assert row.likeness == pytest.approx(its["mean"])
    assert "darts: direct (d100), 4 seeds" in names_of(similarity_plot.draw(table))


def test_heat_map_of_nothing_says_why():
    figure = similarity_plot.draw(pd.DataFrame(columns=similarity_plot.Pair._fields))
    assert "fewer than two searches" in figure.axes[0].texts[0].get_text()
