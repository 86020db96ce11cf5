"""What `similarity` says of architectures, and what it refuses in one line."""

import json

import pytest

from harness import cli
from tests.analysis.architectures.published import GENOTYPES, PAIRS

V1, V2 = GENOTYPES["DARTS_V1"], GENOTYPES["DARTS_V2"]
# DARTS_V2 with the first two intermediate nodes of both cells swapped.
TWIN = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), "
    "('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), "
    "('dil_conv_3x3', 3)], normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), "
    "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])"
)


@pytest.fixture
def all_graphs(monkeypatch):
    """As many random graphs as users get."""
    monkeypatch.setattr("harness.planning.space_graphs.SPACE_GRAPHS", 2000)


def compare(capsys, *arguments):
    """Return the JSON document that the command prints."""
    assert cli.main(["similarity", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refusal(capsys, *arguments):
    """Return the line with which the command refuses its arguments."""
    assert cli.main(["similarity", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ") and captured.err.count("\n") == 1
    return captured.err


@pytest.mark.usefixtures("all_graphs")
def test_published_cells_have_the_known_values_beside_chance(capsys, tmp_path):
    file = tmp_path / "v2.txt"
    file.write_text(V2)
    document = compare(capsys, V1, f"@{file}", "--space", "darts")
    (pair,) = document["pairs"]
    assert (pair["first"], pair["second"]) == (0, 1)
    assert document["chance"] == {"graphs": 2000, "seed": 0}
    for cell in ("normal", "reduce"):
        for name, wanted in PAIRS["DARTS_V1", "DARTS_V2", cell].items():
            value = wanted[0] / wanted[1] if isinstance(wanted, tuple) else wanted
            assert pair["cells"][cell][name]["value"] == pytest.approx(value, abs=1e-12)
    found = pair["cells"]["normal"]["edge_jaccard_aligned"]
    assert found["chance_mean"] == pytest.approx(0.132, abs=0.005)
    assert found["percentile"] > 99
    assert found["corrected"] == pytest.approx((0.6 - 0.132) / (1 - 0.132), abs=0.005)
    mean = pair["cells"]["mean"]["edit_distance_aligned"]
    assert (mean["value"], round(mean["chance_mean"], 1)) == (3.5, 8.7)


def test_swapped_nodes_change_nothing_that_is_aligned(capsys):
    from analysis.architectures.metrics import CELL_METRICS

    document = compare(capsys, V1, V2, TWIN)
    by_places = {(p["first"], p["second"]): p["cells"]["normal"] for p in document["pairs"]}
    for name, metric in CELL_METRICS.items():
        assert by_places[0, 1][name] == pytest.approx(by_places[0, 2][name])
        assert by_places[1, 2][name]["value"] == pytest.approx(metric.equal, abs=1e-12)


@pytest.mark.usefixtures("all_graphs")
def test_a_person_reads_titles_and_what_random_means(capsys):
    assert cli.main(["similarity", V1, V2]) == 0
    text = capsys.readouterr().out
    assert "1 and 2, normal" in text and "1 and 2, mean" in text
    assert "edges, aligned (Jaccard)              0.6000" in text
    assert "2,000 uniform random architectures of darts, seed 0" in text


def test_chains_have_metrics_of_their_own(capsys):
    from harness.spaces.mobile import Mobile

    space = Mobile()
    first = tuple(0 for _ in space.decisions)
    second = (*first[:-1], 1)
    texts = [space.to_text(architecture) for architecture in (first, second)]
    (pair,) = compare(capsys, *texts, "--space", "mobile")["pairs"]
    assert set(pair["cells"]) == {"network"}
    assert pair["cells"]["network"]["width_difference"]["value"] > 0
    assert pair["cells"]["network"]["layer_edit"]["value"] == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([V1], "One architecture was given; expected at least two"),
        ([V1, "Genotype("], "Genotype("),
        ([V1, "@nowhere.txt"], "cannot be read: No such file"),
        ([V1, V2, "--space", "dart"], "Did you mean darts"),
    ],
)
def test_wrong_arguments_are_refused_in_one_line(capsys, arguments, complaint):
    assert complaint in refusal(capsys, *arguments)
