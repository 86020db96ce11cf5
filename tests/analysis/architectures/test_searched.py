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
    study = results.name
    table = stability_table(study, results.found, results.chance)
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
    study = results.name
    table = stability_table(study, results.found, results.chance)
    rows = table[(table["method"] == "darts") & (table["role"] == "source")].set_index("cell")
    cells = rows.loc[["normal", "reduce"], "mean"].mean()
    assert rows.loc["mean", "mean"] == pytest.approx(cells)


def test_warm_started_searches_are_described_but_not_tested(results):
    study = results.name
    collection = results.found
    assert {item.role for item in collection.found} == {"source", "direct", "continued", "random"}
    table = group_table(study, collection, np.random.default_rng(0))
    row = only(table, question="data set", where="darts", cell="normal")
    assert (row["n"], row["groups"]) == (8, "d10, d100")
    assert row["p_min"] == pytest.approx(2 / 70)
    assert only(table, question="data set", where="all", cell="mean")["n"] == 16


def test_failed_searches_are_left_out_and_one_group_is_no_test(invent):
    def fate(job):
        is_lost = job.name.startswith("search-darts-d100")
        return (Status.FAILED, "no luck") if is_lost else (Status.DONE, None)

    results = load_study([invent(seeds=3, methods=("darts",), fate=fate)])
    study = results.name
    collection = results.found
    assert "direct" not in {item.role for item in collection.found}
    assert group_table(study, collection, np.random.default_rng(0)).empty


def test_nothing_found_gives_empty_tables(invent):
    results = load_study([invent(fate=lambda job: (Status.FAILED, "no luck"))])
    assert all(table.empty for table in results.similarity.values())


def test_accuracies_are_correlated_over_random_architectures_and_over_all(results):
    study = results.name
    table = mantel_table(results.tables, study, np.random.default_rng(0))
    row = only(table, target="d100", networks="random architectures", cell="normal")
    assert row["n"] == 6 and row["is_exact"] and -1 <= row["correlation"] <= 1
    assert only(table, target="d100", networks="all", cell="mean")["n"] == 6 + 2 * 3 * 4


def test_answers_of_trained_networks_are_compared_by_what_they_are(results, tmp_path):
    study = results.name
    networks = list_networks(results.tables, study, "d100")
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
    table = functional_table(dataclasses.replace(results.tables, probes=probes), study)
    row = only(table, first="darts: direct", second="darts: direct")
    assert (row["pairs"], row["agreement"], row["kappa"]) == (6, 1.0, pytest.approx(1.0))
    chance = only(table, first="random", second="random")
    assert chance["pairs"] == 15
    assert abs(chance["kappa"]) < 0.2
    lost = table[table["first"] == networks[0].label]
    assert only(lost, second=networks[0].label)["pairs"] < 6
    assert functional_table(results.tables, study).empty


def test_heat_map_shows_every_pair_of_searches_in_the_order_of_its_table(results):
    table = similarity_plot.collect(results)
    count = 2 * 3 * 4
    assert len(table) == count**2
    likeness = table.pivot(index="row", columns="column", values="likeness").to_numpy()
    assert likeness == pytest.approx(likeness.T)
    assert np.diag(likeness) == pytest.approx(1)
    figure = similarity_plot.draw(table)
    names = [label.get_text() for label in figure.axes[2].get_yticklabels()]
    firsts = table[table["column"] == 0]
    assert names == [
        f"{row.method}: {row.role} ({row.task}), {row.seed}" for row in firsts.itertuples()
    ]


def test_heat_map_of_nothing_says_why():
    figure = similarity_plot.draw(pd.DataFrame(columns=similarity_plot.COLUMNS))
    assert "fewer than two searches" in figure.axes[0].texts[0].get_text()
