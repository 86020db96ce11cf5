"""The command ``ranks``: what it prints, and what it refuses."""

import json

import pandas as pd
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
    assert {"precision_10", "precision_5", "precision_1"} < set(document["selection"][0])


def test_ranks_says_why_there_is_no_share(data, capsys):
    pair = ["ranks", "--target", "in16", "--data", data, "--unique", "--source"]
    told = "There is no share: single trainings of c10, 200 epochs, test accuracy are not"
    assert main([*pair, "c10"]) == 0
    assert told in capsys.readouterr().out
    assert main([*pair, "c10", "--score", "validation"]) == 0
    assert told not in capsys.readouterr().out


def test_a_short_training_may_rank_the_same_task(data, capsys):
    pair = ["--source", "c100", "--target", "c100", "--epochs", "12", "--unique", "--json"]
    assert main(["ranks", *pair, "--data", data]) == 0
    shares = [
        row["share_of_ceiling"] for row in json.loads(capsys.readouterr().out)["correlations"]
    ]
    assert all(0 < share <= 1 for share in shares)


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
        (["--source", "c100"], "both would be ranked by the same trainings; give two tasks"),
        (["--epochs", "90"], "--epochs 90: the table holds 12 and 200."),
        (["--space", "darts"], "--space darts: ranks needs a table"),
        (
            ["--data", "/nonexistent"],
            "--data /nonexistent: no such folder",
        ),
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


def test_figure_and_the_table_it_shows_are_the_same_bytes_twice(data, tmp_path, capsys):
    files = [tmp_path / side / "ranks.svg" for side in ("one", "two")]
    for file in files:
        file.parent.mkdir()
        pair = ["--source", "c10", "--target", "in16", "--data", data, "--json"]
        assert main(["ranks", *pair, "--out", str(file)]) == 0
        assert json.loads(capsys.readouterr().out)["figure"] == str(file)
    assert files[0].read_bytes() == files[1].read_bytes()
    tables = [file.with_suffix(".csv").read_bytes() for file in files]
    assert tables[0] == tables[1]
    table = pd.read_csv(files[0].with_suffix(".csv"))
    assert len(table) == 15625 and table["source"].is_monotonic_decreasing
    regret = (table["target"].max() - table["target"][:10].max()) / (
        table["target"].max() - table["target"].mean()
    )
    assert table["regret"][9] == pytest.approx(regret)
    assert "tau-b 0.84" in files[0].read_text()


def test_figure_is_refused_before_anything_is_computed(tmp_path, capsys):
    out = ["--out", str(tmp_path / "ranks.bmp"), "--data", "/nonexistent"]
    assert main(["ranks", "--source", "c10", "--target", "c100", *out]) == 2
    assert "expected one that ends in .png, .svg, .pdf" in capsys.readouterr().err
