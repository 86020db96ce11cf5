"""Chance baselines: what random pairs give, computed once, kept beside their graphs."""

import json
import math

import numpy as np
import pytest
from scipy import stats

from analysis.architectures import chance
from analysis.architectures.chance import Distribution, load_chance, measure_chance
from analysis.architectures.metrics import METRICS, compare_architectures
from harness.planning.space_graphs import draw_graphs
from harness.spaces.darts import Darts


@pytest.fixture(scope="module")
def graphs():
    return draw_graphs(Darts(), "darts")


@pytest.fixture(scope="module")
def baseline(graphs):
    return measure_chance(graphs)


# Means and standard deviations of uniform random DARTS cells, to half a hundredth (spec, 4.5).
KNOWN = {
    "op_jsd": (0.342, 0.157, 0.328),
    "op_tv": (0.460, 0.152, 0.500),
    "edge_jaccard_aligned": (0.132, 0.069, 0.143),
    "edit_distance_aligned": (8.64, 1.16, 9),
    "path_jaccard": (0.089, 0.068, 0.083),
    "wl_0": (0.660, 0.160, 0.67),
    "wl_1": (0.517, 0.119, 0.52),
    "wl_2": (0.458, 0.109, 0.46),
}


@pytest.mark.parametrize("cell", ["normal", "reduce"])
def test_random_cells_of_darts_have_the_known_baselines(baseline, cell):
    for name, (mean, deviation, median) in KNOWN.items():
        # The stated error is half a hundredth, an edit distance is counted in edges.
        error = 0.05 if "edit" in name else 0.006
        found = baseline.pairs[cell][name]
        assert found.mean == pytest.approx(mean, abs=error), name
        assert found.deviation == pytest.approx(deviation, abs=error), name
        # Medians are given to two digits only.
        assert found.quantiles[500] == pytest.approx(median, abs=error + 0.005), name


def test_percentile_is_the_share_of_random_pairs_that_are_less_alike(graphs, baseline):
    half = len(graphs) // 2
    mixed = [graphs[i] for i in np.random.default_rng(0).permutation(len(graphs))]
    pairs = compare_architectures(mixed[:half], mixed[half:])
    for name, metric in METRICS.items():
        if name not in pairs["normal"]:
            continue
        values = pairs["normal"][name].ravel().round(9)  # equal but for rounding is equal
        for value in np.quantile(values, (0.03, 0.5, 0.99), method="nearest"):
            share = stats.percentileofscore(values, value, kind="mean")
            expected = 100 - share if metric.is_distance else share
            found = baseline.judge("normal", name, float(value)).percentile
            assert found == pytest.approx(expected, abs=0.11), name


def test_corrected_value_is_zero_at_the_random_mean_and_one_for_equal_graphs(baseline):
    for name, metric in METRICS.items():
        if name not in baseline.pairs["mean"]:
            continue
        mean = baseline.pairs["mean"][name].mean
        assert baseline.judge("mean", name, mean).corrected == pytest.approx(0)
        assert baseline.judge("mean", name, metric.equal).corrected == pytest.approx(1)
        assert baseline.judge("mean", name, metric.equal).percentile > 99.9


def test_a_metric_that_never_varies_has_no_corrected_value():
    constant = Distribution(0.0, 0.0, (0.0,) * 3)
    assert math.isnan(constant.corrected(0.0, equal=0.0))
    assert constant.percentile(0.0, is_distance=True) == 50


def write(folder, graphs):
    documents = [{name: graph.to_json() for name, graph in cells.items()} for cells in graphs]
    text = json.dumps({"name": "darts", "size": "1", "graphs": documents})
    (folder / "space.json").write_text(text)


def test_baseline_is_kept_beside_the_graphs_and_made_anew_for_others(tmp_path, graphs, monkeypatch):
    write(tmp_path, graphs[:40])
    found = load_chance(tmp_path)
    assert json.loads((tmp_path / "chance.json").read_text())["seed"] == 0
    with monkeypatch.context() as patch:
        patch.setattr(chance, "measure_chance", lambda graphs: pytest.fail("computed again"))
        assert load_chance(tmp_path) == found
    write(tmp_path, graphs[40:80])
    assert load_chance(tmp_path) != found
    (tmp_path / "chance.json").write_text("{")
    assert load_chance(tmp_path).graphs == 40


def test_without_random_graphs_every_judgement_is_unknown(tmp_path):
    nothing = load_chance(tmp_path)
    assert nothing.graphs == 0
    assert all(math.isnan(x) for x in nothing.judge("normal", "wl_0", 0.5))
    write(tmp_path, [])
    assert load_chance(tmp_path).graphs == 0
