"""A search of noise is told from one that found something."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr

from analysis.answers.undecided import SearchesKey, list_undecided
from analysis.loading.rows import frame
from analysis.report.notices import notices
from analysis.report.sections.insights import flags
from analysis.statistics.agreement import DRAWS, Agreement, measure, measure_searches
from tests.analysis.loading import load_study

EDGES = [edge for edge in range(14) for _ in range(8)]


def searches(signal, seeds=5, seed=0):
    """Return parameters before and after searches that share ``signal`` times a common part."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=len(EDGES))
    start = 1e-3 * rng.normal(size=(seeds, len(EDGES)))
    return start, start + signal * common + rng.normal(size=start.shape)


def brute_force(values):
    edges = np.array(EDGES)
    centred = np.array(
        [[x - row[edges == e].mean() for x, e in zip(row, EDGES, strict=True)] for row in values]
    )
    pairs = itertools.combinations(centred, 2)
    return np.mean([pearsonr(one, two).statistic for one, two in pairs])


@pytest.mark.parametrize("signal", [0.0, 0.5])
def test_agreement_is_the_mean_correlation_of_centred_parameters(signal):
    start, end = searches(signal)
    found = measure(start, end, EDGES)
    assert found.start == pytest.approx(brute_force(start), abs=1e-12)
    assert found.end == pytest.approx(brute_force(end), abs=1e-12)
    assert found.searches == 5 and found.is_chance == (signal == 0)


def test_a_constant_on_an_edge_is_no_agreement():
    start, end = searches(0.0)
    shifted = end + 10 * np.array(EDGES)
    assert measure(start, shifted, EDGES).end == pytest.approx(measure(start, end, EDGES).end)


def test_the_level_of_the_test_is_kept():
    rejected = sum(not measure(*searches(0.0, seed=seed), EDGES).is_chance for seed in range(60))
    assert rejected <= 9  # P(more) < 0.002 at a level of 0.05


def test_equal_searches_have_the_smallest_p():
    start, end = searches(0.0, seeds=2)
    assert measure(start, end[[0, 0]], EDGES).p == 1 / (1 + DRAWS)
    assert measure(start, end[[0, 0]], EDGES).end == pytest.approx(1)


def table(start, end):
    return pd.DataFrame(
        [
            {"job": job, "tick": tick, "edge": f"e{edge:02d}", "op": place % 8, "alpha": value}
            for tick, values in ((0, start), (7, end))
            for job, row in enumerate(values)
            for place, (edge, value) in enumerate(zip(EDGES, row, strict=True))
        ]
    )


def test_a_table_of_ticks_gives_the_same_from_its_first_and_last():
    start, end = searches(0.3)
    assert measure_searches(table(start, end)) == measure(start, end, EDGES)
    assert measure_searches(table(start[:1], end[:1])) is None


ROW = {"status": "done", "margin": 0.2, "last_change_step": 10, "steps": 100, "seed": 0}
KEY = SearchesKey("darts", "direct", "d10", "d10")


@pytest.mark.parametrize(
    ("changes", "p", "reason"),
    [
        ({}, 0.001, None),
        ({"margin": 0.01}, 0.001, "small margins"),
        ({"last_change_step": 96}, 0.001, "its cell changed until the end"),
        ({"last_change_step": 95}, 0.001, None),
        ({}, 0.4, "agreement of seeds is not told apart from chance"),
        ({"margin": math.nan, "last_change_step": 100}, 0.4, None),  # no gradient search
        ({"status": "failed", "margin": 0.01}, 0.4, None),
    ],
)
def test_reasons_why_a_search_is_undecided(changes, p, reason):
    agreement = frame(
        (SearchesKey, Agreement),
        [(KEY, Agreement(searches=2, start=0.0, end=0.1, p=p, is_chance=p > 0.05))],
    )
    found = list_undecided(
        pd.DataFrame([{"job": "a", **KEY._asdict(), **ROW, **changes}]), agreement
    )
    assert found == ({} if reason is None else {"a": reason})


def test_a_report_of_invented_noise_says_undecided_before_any_number(invent):
    results = load_study([invent(seeds=3, methods=("darts",))])
    assert len(results.agreement) and results.agreement["is_chance"].all()
    assert set(results.undecided) == set(results.tables.alphas["job"])
    assert any(
        line.startswith("Undecided: 9 of 9 finished searches by darts") for line in notices(results)
    )


def test_flags_name_the_reasons():
    row = {"status": "done", "mean_change": 1.0, "collapse_flag": "collapse"}
    assert flags(row, "") == "collapsed"
    assert flags({**row, "collapse_flag": ""}, "a, b") == "undecided"
