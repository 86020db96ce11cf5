"""A report of a thousand runs is no longer work than its figures and tables are."""

import time

import pandas as pd
import pytest

from analysis.report import write_report

DESIGN = {
    "methods": ("darts", "proxylessnas", "random_search"),
    "pairs": (("d10", "d100"), ("d100", "d10")),
}


@pytest.mark.slow
def test_eight_times_the_runs_take_at_most_three_times_the_work(invent, tmp_path):
    seconds, runs = [], []
    for name, seeds in (("few", 5), ("many", 40)):
        folder = invent(name, seeds=seeds, **DESIGN)
        start = time.process_time()
        write_report([folder], tmp_path / f"{name} report")
        seconds.append(time.process_time() - start)
        runs.append(len(pd.read_csv(tmp_path / f"{name} report" / "tables" / "runs.csv")))
    assert runs == [132, 972]
    assert seconds[1] / seconds[0] < 3


def test_page_of_many_seeds_draws_the_cells_of_a_few(invent, tmp_path):
    folder = invent(seeds=7, methods=("darts",), arms=("direct", "transferred"))
    write_report([folder], tmp_path / "out")
    assert len(list((tmp_path / "out" / "figures").glob("cells-*.svg"))) == 5
    write_report([folder], tmp_path / "all", everything=True)
    assert len(list((tmp_path / "all" / "figures").glob("cells-*.svg"))) == 7
