"""A file of runs made elsewhere that is wrong gets one line that says where, and writes nothing."""

import csv
import math

import pytest

from analysis.study import load_external
from harness import cli

HEADER = "method,arm,source,target,seed,accuracy,status"
GOOD = [
    HEADER,
    "darts,direct,,c10,0,93.1,done",
    "darts,direct,,c10,1,93.4,done",
    "darts,transferred,svhn,c10,0,92.9,",
    "darts,transferred,svhn,c10,1,92.2,",
    ",random,,c10,0,91.5,",
    ",random,,c10,1,,diverged",
]


def changed(line, new):
    return [new if place == line - 1 else text for place, text in enumerate(GOOD)]


def refused(path, capsys, *options):
    """Return the one line that a file is refused with; nothing is written."""
    before = sorted(path.parent.iterdir())
    assert cli.main(["compare", str(path), *options]) == 2
    assert sorted(path.parent.iterdir()) == before
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (changed(3, "darts,direct,,c10,1,high,done"), "row 3, column accuracy: 'high'; percent"),
        (changed(3, "darts,direct,,c10,1,nan,done"), "row 3, column accuracy: 'nan'; percent"),
        (changed(3, "darts,direct,,c10,1,931,done"), "row 3, column accuracy: '931'; percent"),
        (changed(3, "darts,direct,,c10,1,,done"), "row 3, column accuracy: empty; give percent"),
        (changed(7, ",random,,c10,1,9,diverged"), "row 7, column accuracy: '9', but a run that"),
        (changed(3, "darts,direct,,c10,one,93,"), "row 3, column seed: 'one'; a whole number"),
        (changed(3, "darts,direct,,c10,-1,93,"), "row 3, column seed: '-1'; a whole number"),
        (changed(3, "darts,,,c10,1,93,"), "row 3, column arm: empty; an arm is one of source,"),
        (changed(3, "darts,drect,,c10,1,93,"), "row 3, column arm: 'drect' is no arm; an arm is"),
        (changed(3, ",direct,,c10,1,93,"), "row 3, column method: empty; only random rows"),
        (changed(3, "darts,direct,,,1,93,"), "row 3, column target: empty; name the data set"),
        (changed(3, "darts,direct,svhn,c10,1,93,"), "row 3, column source: 'svhn', but the arm"),
        (changed(4, "darts,transferred,,c10,0,93,"), "row 4, column source: empty; the arm"),
        (changed(4, "darts,transferred,c10,c10,0,93,"), "row 4, column source: 'c10' is also"),
        (changed(3, "darts,direct,,c10,1,93,ok"), "row 3, column status: 'ok' is none of done,"),
        (changed(3, "darts,direct,,c10,0,93,"), "row 3 repeats row 2: darts, direct, c10, seed 0"),
        (changed(3, "darts,direct,,c10,1,0.934,"), "row 3, column accuracy: 0.934 looks like a"),
        (changed(3, "darts,direct,c10,1,93"), "row 3 has 5 cells, the header 7; a text with a"),
        (changed(6, "darts,random,,c10,0,91.5,"), "name a method in row 6 and none in row 7"),
        (changed(1, f"{HEADER[:-6]}state"), "row 1: unknown column 'state'; the columns are"),
        (changed(1, HEADER.replace("status", "seed")), "row 1: column seed occurs twice"),
        (["method,arm,source,target,seed"], "row 1: no column accuracy; the columns are method"),
        (GOOD[:3], "has nothing to compare, but one arm of one method on c10; add"),
        (GOOD[:1], "has no row below its header"),
        ([], "is empty; a header with method, arm"),
        (changed(3, 'darts,"direct,,c10,1,93,'), "is no CSV: unexpected end of data"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_in_one_line_that_names_the_place(
    lines, complaint, write_runs, capsys
):
    path = write_runs(lines)
    line = refused(path, capsys)
    assert line.startswith(f"error: {path}") and complaint in line


def test_a_file_of_fractions_is_refused_unless_they_are_said_to_be_percent(write_runs, capsys):
    lines = [HEADER, "darts,direct,,c10,0,0.93,", ",random,,c10,0,0.91,"]
    path = write_runs(lines)
    assert "row 2, column accuracy: 0.93 looks like a fraction on c10" in refused(path, capsys)
    assert load_external(path, is_percent=True).tables.runs["test_acc"].max() == 0.93


def test_a_network_that_learnt_nothing_is_no_fraction(write_runs):
    lines = [
        HEADER,
        "darts,direct,,c100,0,72.1,",
        "darts,direct,,c100,1,1.0,",
        ",random,,c100,0,70,",
    ]
    assert load_external(write_runs(lines)).tables.runs["test_acc"].min() == 1.0


def test_one_search_with_two_seeds_is_refused(write_runs, capsys):
    lines = [
        f"{HEADER},search",
        "darts,transferred,c10,c100,0,70.0,,a",
        "darts,continued,c10,c100,1,71.0,,a",
    ]
    line = refused(write_runs(lines), capsys)
    assert "column search: 'a' of darts on c10 has seed 0 in row 2 and seed 1 in row 3" in line


def test_a_file_that_is_no_utf_8_or_not_there_is_refused(write_runs, tmp_path, capsys):
    path = write_runs(changed(3, "därts,direct,,c10,1,93,"), encoding="latin-1")
    assert "is not UTF-8: row 3 has the byte 0xe4" in refused(path, capsys)
    assert "no such file or directory" in refused(tmp_path / "other.csv", capsys)


def test_an_arm_that_the_file_lacks_cannot_be_compared_with(write_runs, capsys):
    line = refused(write_runs(GOOD), capsys, "--against", "resumed")
    assert "--against resumed:" in line and "has no run of that arm; it has transferred" in line


@pytest.mark.parametrize("margin", ["0", "-1", "wide", "nan"])
def test_a_margin_that_is_none_is_refused(margin, write_runs, capsys):
    with pytest.raises(SystemExit):
        cli.main(["compare", str(write_runs(GOOD)), f"--margin={margin}"])
    assert "--margin" in capsys.readouterr().err


def test_a_spreadsheet_with_a_mark_and_another_order_of_columns_is_read(write_runs):
    rows = list(csv.DictReader(GOOD))
    names = sorted(rows[0])
    lines = [",".join(names)] + [",".join(f" {row[name]} " for name in names) for row in rows]
    path = write_runs([*lines, ",,,,,,"], encoding="utf-8-sig")
    runs = load_external(path).tables.runs
    assert list(runs["method"]) == ["darts"] * 4 + [""] * 2
    assert math.isnan(runs["test_acc"].iloc[-1])
