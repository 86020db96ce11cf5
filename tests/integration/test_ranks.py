"""The command ``ranks``: what it prints, and what it refuses."""

import json

import pytest

from harness.cli import main


@pytest.fixture
def data(reference):
    return str(reference / "nasbench201")


def test_ranks_prints_correlations_beside_their_ceilings(data, capsys):
    status = main(["ranks", "--source", "c10", "--target", "in16", "--data", data, "--json"])
    document = json.loads(capsys.readouterr().out)
    rows = {row["subset"]: row for row in document["correlations"]}
    assert status == 0
    assert rows["all"]["kendall"] == pytest.approx(0.84, abs=0.005)
    assert rows["top 10%"]["ceiling"] == pytest.approx(0.68, abs=0.005)
    assert [row["k"] for row in document["selection"]] == [1, 10, 100, 1000]


def test_ranks_reads_as_text_where_no_trainings_were_repeated(data, capsys):
    options = ["--epochs", "12", "--score", "validation", "--unconnected", "out", "--unique"]
    assert main(["ranks", "--source", "c10", "--target", "c100", "--data", data, *options]) == 0
    out = capsys.readouterr().out
    assert "c10, 12 epochs, validation accuracy -> c100, 200 epochs, test accuracy" in out
    assert "all with a path" in out
    assert "nan" not in out


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--target", "c1000"], "No task of the table is called 'c1000'. Did you mean c100"),
        (["--epochs", "90"], "--epochs 90: the table holds 12 and 200."),
        (["--space", "darts"], "--space darts: ranks needs a table"),
        (["--data", "/nonexistent"], "There is no table at /nonexistent/nb201_tables.npz"),
    ],
)
def test_ranks_refuses_in_one_line(data, capsys, options, complaint):
    arguments = ["ranks", "--source", "c10", "--target", "c100", "--data", data, *options]
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert complaint in error
    assert error.count("\n") == 1


def test_ranks_looks_for_the_table_where_the_environment_says(monkeypatch, data, capsys):
    monkeypatch.setenv("HARNESS_DATA", data)
    assert main(["ranks", "--source", "c100", "--target", "c10"]) == 0
    assert "15,625 cells" in capsys.readouterr().out
