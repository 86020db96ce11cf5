"""Given architectures from the command line to the report: trained, resumed, added, looked up."""

import json

import pytest

import harness
from analysis.report.checklist.transferring import variances
from analysis.study import load
from harness.cli import main
from harness.config.architectures import find_published
from tests.integration.tiny import records, run, write

GIVEN = {"methods": [], "arms": ["given", "random"], "pairs": [{"target": "d10"}]}
CELLS = (
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|",
    "|none~0|+|none~0|none~1|+|none~0|none~1|avg_pool_3x3~2|",
)


def write_given(folder, names, **changes):
    return write(folder, **{**GIVEN, "architectures": f"published:{names}", **changes})


@pytest.fixture
def look_up(tmp_path, reference):
    """Return a function that looks given cells up in a table."""

    def look_up(*options):
        file = tmp_path / "cells.txt"
        file.write_text(f"good = {CELLS[0]}\n# the worst\nbad = {CELLS[1]}\n")
        where = ["--results", str(tmp_path), "--data", str(reference), "--device", "cpu"]
        what = ["--architectures", str(file), "--target", "c100", "--protocol", "table"]
        return main(["run", *what, "--name", "tiny", *where, *options])

    return look_up


def grow(folder, *options):
    """Return where the jobs' records are, after a command."""
    assert run(folder, folder / "tiny.yaml", *options) == 0
    return set(records(folder))


def test_given_architectures_are_added_to_what_a_method_found(tmp_path, capsys):
    write(tmp_path, methods=["random_search"], pairs=[{"source": "d10", "target": "d10"}])
    before = grow(tmp_path)
    both = {"pairs": [{"source": "d10", "target": "d10"}]}
    write_given(tmp_path, "PDARTS", **both)
    first = grow(tmp_path)
    write_given(tmp_path, "DARTS_V1", seeds=2, **both)
    assert before < first < grow(tmp_path)
    (study,) = load([tmp_path / "tiny"])
    n = {key: len(rows) for key, rows in study.units.groupby(["method", "arm"])}
    assert n == {
        ("random_search", "direct"): 1,
        ("PDARTS", "given"): 1,
        ("DARTS_V1", "given"): 2,
        ("", "random"): 1,
    }
    assert (study.searchers, list(study.given)) == (["random_search"], ["PDARTS", "DARTS_V1"])
    notices = study.experiments["tiny"].notices
    assert any("grew by architectures DARTS_V1; seeds 1." in notice for notice in notices)
    spread = study.variances.set_index("method").loc["DARTS_V1"]
    assert (spread["searches"], spread["trainings"]) == (1, 2)
    _, evidence = variances(study)
    assert evidence == "1 of 4 architectures trained more than once"
    rivals = {(one.question.method, one.question.rival) for one in study.rivals}
    assert ("random_search", "PDARTS") in rivals and ("PDARTS", "DARTS_V1") in rivals


def test_a_name_keeps_its_architecture(tmp_path, capsys):
    write_given(tmp_path, "PDARTS")
    grow(tmp_path)
    write(tmp_path, **GIVEN, architectures=[f"PDARTS = {find_published('DARTS_V1').text}"])
    assert run(tmp_path, tmp_path / "tiny.yaml") == 2
    assert "another architecture called PDARTS" in capsys.readouterr().err


def test_a_stopped_run_goes_on_and_status_counts_its_jobs(tmp_path, capsys):
    file = write_given(tmp_path, "PDARTS,DARTS_V2", seeds=2)
    assert run(tmp_path, file, "--stop-after", "0s") == 3
    assert len(grow(tmp_path)) == 2 * 2 + 1
    capsys.readouterr()
    assert main(["status", str(tmp_path / "tiny"), "--json"]) == 0
    states = json.loads(capsys.readouterr().out)
    assert len(states["done"]) == 5 and not states["pending"]


@pytest.mark.real_report
def test_a_source_that_is_only_named_needs_no_data_beside_a_method(tmp_path):
    write(tmp_path, methods=["random_search"], pairs=[{"source": "d10", "target": "d10"}])
    grow(tmp_path)
    write_given(tmp_path, "PDARTS", pairs=[{"source": "c10", "target": "d10"}])
    grow(tmp_path)
    assert "c10 → d10" in (tmp_path / "tiny" / "report" / "report.md").read_text()


@pytest.mark.real_report
def test_a_looked_up_architecture_is_one_run_and_stands_like_a_method(tmp_path, look_up):
    assert look_up("--seeds", "3", "--set", "protocol.random_architectures=100") == 0
    report = tmp_path / "tiny" / "report"
    runs = json.loads((report / "report.json").read_text())["runs"]
    assert [(r["method"], r["search_seed"]) for r in runs if r["arm"] == "given"] == [
        ("good", 0),
        ("bad", 0),
    ]
    text = (report / "report.md").read_text()
    assert "* good did better on c100 than random cells (better in 100 % of pairs" in text
    assert "* No difference was shown on c100 between bad and random cells" in text
    assert "A dot is one training of a given architecture or one random" in text
    assert (report / "figures" / "given_cells.svg").exists()
    assert "given architectures | good, bad" in text and "cells.txt, line 3" in text
    assert "given against random" in text


def test_methods_and_architectures_are_asked_for_together_from_python(tmp_path):
    found = harness.run(
        method="random_search",
        source="d10",
        target="d10",
        architectures=["published:PDARTS"],
        protocol="smoke",
        seeds=1,
        arms="direct,given,random",
        results=tmp_path,
        device="cpu",
        changes=["protocol.random_architectures=1"],
    )
    assert found.is_complete and found.jobs["done"] == 4
