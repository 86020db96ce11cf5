"""A report of a thousand runs is no longer work than its figures and tables are."""

import cProfile
import pstats

import pandas as pd
import pytest

from analysis.report.write import write_report


@pytest.mark.slow
@pytest.mark.usefixtures("unsaved")
def test_eight_times_the_seeds_take_less_than_twice_the_calls(invent, tmp_path):
    calls, runs = [], []
    for name, seeds in (("few", 2), ("many", 16)):
        folder = invent(name, seeds=seeds)
        with cProfile.Profile() as profile:
            write_report([folder], tmp_path / f"{name} report")
        calls.append(pstats.Stats(profile).total_calls)
        runs.append(len(pd.read_csv(tmp_path / f"{name} report" / "tables" / "runs.csv")))
    assert runs == [22, 134]
    assert calls[1] / calls[0] < 2


@pytest.mark.usefixtures("sketched")
def test_page_of_many_seeds_draws_the_cells_of_a_few(invent, tmp_path):
    folder = invent(seeds=7, methods=("darts",), arms=("direct", "transferred"))
    write_report([folder], tmp_path / "out")
    assert len(list((tmp_path / "out" / "figures").glob("cells-*.svg"))) == 2
    write_report([folder], tmp_path / "all", everything=True)
    assert len(list((tmp_path / "all" / "figures").glob("cells-*.svg"))) == 8
