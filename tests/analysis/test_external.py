"""Runs made elsewhere get the verdicts that scipy gives them by hand, and a report."""

import json
import warnings
from functools import cache, cached_property
from itertools import combinations, product

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis.answers.comparisons.rows import comparison_table
from analysis.report import write_studies
from analysis.report.sections import answer
from analysis.study import Study, load_external
from harness import cli
from tests.analysis.loading import load_study
from tests.conftest import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "external_runs.csv"
HEADER = "method,arm,source,target,seed,accuracy,status"
TASKS = {"c10": 93.0, "c100": 72.0, "in16": 44.0, "svhn": 96.0, "flowers": 81.0}
METHODS = [f"m{number}" for number in range(8)]


@pytest.fixture(scope="module")
def grid():
    """Return the accuracies of eight methods and random architectures on five data sets."""
    rng = np.random.default_rng(7)
    shifts = dict(zip(METHODS, (-0.4, 0.0, 0.0, 0.2, 0.4, 0.8, 1.2, 1.6), strict=True))
    return {
        (name, task): np.round(TASKS[task] + shifts.get(name, -0.8) + rng.normal(0, 0.7, 8), 6)
        for name in (*METHODS, "")
        for task in TASKS
    }


@pytest.fixture(scope="module")
def judged(grid, tmp_path_factory):
    """Return the study of a file of them."""
    rows = [
        f"{name},{'direct' if name else 'random'},,{task},{seed},{value},done"
        for (name, task), values in grid.items()
        for seed, value in enumerate(values)
    ]
    path = tmp_path_factory.mktemp("grid") / "runs.csv"
    path.write_text("\n".join([HEADER, *rows]))
    return load_external(path)


def by_hand(x, y):
    """Return difference, Welch's limits and the p of Brunner and Munzel's statistic, relabelled.

    Eight runs a side without ties: the statistics of all labellings are those of any two samples.
    """
    welch = stats.ttest_ind(x, y, equal_var=False)
    limits = welch.confidence_interval(0.95)
    # Separated samples have no variance, and no p of their own.
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        observed = -stats.brunnermunzel(x, y).statistic
    null = brunner_munzel_null()
    tails = (null <= observed + 1e-9).mean(), (null >= observed - 1e-9).mean()
    p = min(1.0, 2 * min(tails))
    return pytest.approx((x.mean() - y.mean(), limits.low, limits.high, p), rel=1e-9)


@cache
def brunner_munzel_null(n=8):
    """Return the statistic of every labelling of 2 n ranks, from ranks within and over samples."""
    first = np.array(list(combinations(range(1, 2 * n + 1), n)))
    everyone = np.arange(1, 2 * n + 1)
    second = np.array([np.setdiff1d(everyone, row) for row in first])
    beaten = [side - np.arange(1, n + 1) for side in (first, second)]
    variance = sum(side.var(axis=1, ddof=1) for side in beaten) / n**3
    gap = beaten[0].mean(axis=1) / n - 0.5
    with np.errstate(divide="ignore"):
        return gap / np.sqrt(variance)


def test_eight_methods_on_five_data_sets_are_judged_as_scipy_judges_them(grid, judged):
    singles = {
        (one.question.method, one.question.target): one
        for one in judged.comparisons
        if one.question.target in TASKS
    }
    assert set(singles) == set(product(METHODS, TASKS))
    for (method, task), one in singles.items():
        found = (one.effect.difference, one.effect.low, one.effect.high, one.test.outcome.p)
        assert found == by_hand(grid[method, task], grid["", task])
    # Each method once more over all data sets, which share no run.
    assert len(judged.comparisons) == len(singles) + len(METHODS)
    check_verdicts(judged.comparisons)


def test_methods_are_compared_with_each_other_as_scipy_compares_them(grid, judged):
    pairs = {
        (one.question.method, one.question.rival, one.question.target): one
        for one in judged.rivals
        if one.question.target in TASKS
    }
    assert set(pairs) == {(*two, task) for two in combinations(METHODS, 2) for task in TASKS}
    for (first, second, task), one in pairs.items():
        found = (one.effect.difference, one.effect.low, one.effect.high, one.test.outcome.p)
        assert found == by_hand(grid[first, task], grid[second, task])
    check_verdicts(judged.rivals)


def check_verdicts(family):
    adjusted = multipletests([one.test.outcome.p for one in family], method="holm")[1]
    assert [one.adjusted.p_holm for one in family] == pytest.approx(adjusted, rel=1e-9)
    expected = [
        "inconclusive" if p > 0.05 else "superior" if one.effect.difference > 0 else "inferior"
        for one, p in zip(family, adjusted, strict=True)
    ]
    assert [str(one.verdict) for one in family] == expected
    assert len(set(expected)) > 1, "where all are decided alike, a test tells little"


def test_the_answer_sums_up_each_method_in_plain_words(judged):
    *methods, family = answer.sentences(judged)
    ahead = [
        one.verdict
        for one in judged.comparisons
        if one.question.method == "m7" and one.question.target in TASKS
    ].count("superior")
    names = [text.partition(":")[0] for text in methods]
    assert sorted(names) == METHODS and names[0] == "m7"
    told = f"direct search was better than random architectures on {ahead} of 5 data sets"
    assert told in methods[0]
    decided = sum(one.verdict in {"superior", "inferior"} for one in judged.rivals)
    assert f"{decided} of {len(judged.rivals)} comparisons of methods" in family


def test_a_file_of_our_own_runs_is_judged_as_the_experiment_is(invent, write_runs):
    declared = (("continued", "transferred"), ("continued", "random"), ("transferred", "random"))
    primary = [{"arm": arm, "against": other} for arm, other in declared]
    arms = ("transferred", "continued", "random")
    own = load_study([invent(seeds=6, arms=arms, protocol={"primary": primary})])
    lines = [
        f"{row.method},{row.arm},{row.source},{row.target},{row.search_seed},{row.test_acc!r},done,"
        + row.ancestor_jobs.partition(" ")[0]
        for row in own.tables.runs.itertuples()
    ]
    path = write_runs([f"{HEADER},search", *lines])
    study = load_external(path, against=("transferred", "random"))
    key = ["method", "source", "target", "arm", "against"]
    columns = [*key, *("design", "n_arm", "difference", "low", "high", "p", "p_holm", "verdict")]
    tables = [
        comparison_table(one.comparisons)[columns].sort_values(key).to_dict("records")
        for one in (own, study)
    ]
    assert tables[0] == tables[1]
    assert {row["design"] for row in tables[0]} == {"paired", "independent"}


def test_runs_pair_only_where_the_file_names_the_search_that_they_share(write_runs):
    values = {"transferred": (80.1, 81.4, 79.2, 82.3, 80.8), "continued": (81, 82.5, 79.9, 83, 82)}
    rows = [
        f"darts,{arm},c10,c100,{seed},{value},done"
        for arm, its in values.items()
        for seed, value in enumerate(its)
    ]
    alone = load_external(write_runs([HEADER, *rows]), against=("transferred",))
    named = [f"{row},s{row.split(',')[4]}" for row in rows]
    shared = load_external(write_runs([f"{HEADER},search", *named]), against=("transferred",))
    assert [one.test.design for one in alone.comparisons] == ["independent"]
    (one,) = shared.comparisons
    x, y = (np.array(values[arm], float) for arm in ("continued", "transferred"))
    limits = stats.ttest_rel(x, y).confidence_interval(0.95)
    assert (one.test.design, one.sample.n_arm) == ("paired", 5)
    assert (one.effect.low, one.effect.high) == pytest.approx(tuple(limits))


def test_what_failed_or_diverged_ranks_worst_and_has_no_mean(write_runs):
    rows = [f"darts,direct,,c10,{seed},{90 + seed}.5,done" for seed in range(4)]
    drawn = [f",random,,c10,{seed},{91 + seed},done" for seed in range(3)]
    lost = [",random,,c10,3,,diverged", ",random,,c10,4,,failed"]
    (one,) = load_external(write_runs([HEADER, *rows, *drawn, *lost])).comparisons
    x, y = [90.5, 91.5, 92.5, 93.5], [91.0, 92.0, 93.0, -np.inf, -np.inf]
    assert (one.sample.n_arm, one.sample.n_against, one.sample.failed) == (4, 3, 2)
    assert one.effect.a12 == pytest.approx(np.mean([[a > b for b in y] for a in x]))
    assert one.effect.difference == pytest.approx(0.0)


def test_a_margin_is_tested_against_direct_search(write_runs):
    rows = [
        f"darts,{arm},{source},c10,{seed},{90 + 0.01 * seed},done"
        for arm, source in (("direct", ""), ("transferred", "svhn"))
        for seed in range(6)
    ]
    drawn = [f",random,,c10,{seed},{80 + 0.1 * seed},done" for seed in range(6)]
    study = load_external(write_runs([HEADER, *rows, *drawn]), margin=0.5)
    told = {
        (one.question.arm, one.question.against): bool(
            one.against_margin and one.against_margin.is_equivalent
        )
        for one in study.comparisons
    }
    assert told == {
        ("transferred", "random"): False,
        ("direct", "random"): False,
        ("transferred", "direct"): True,
    }


def test_a_method_is_compared_with_its_own_random_architectures_where_they_name_it(write_runs):
    floors = {"darts": 90.0, "enas": 80.0}
    rows = [
        f"{method},{arm},,c10,{seed},{floor + (arm == 'direct') + 0.1 * seed:.1f},done"
        for method, floor in floors.items()
        for arm in ("direct", "random")
        for seed in range(5)
    ]
    study = load_external(write_runs([HEADER, *rows]))
    assert {
        one.question.method: one.effect.difference for one in study.comparisons
    } == pytest.approx({"darts": 1.0, "enas": 1.0})
    assert list(study.gains["gain"]) == pytest.approx([1.0, 1.0])
    assert list(study.transfer["equivalents"]["n_random"]) == [5, 5]


def test_only_what_the_rows_can_answer_is_asked_and_once(write_runs):
    rows = [
        f"{method},{arm},{source},{target},{seed},{level + 0.1 * seed},done"
        for method, arm, source, target, level in (
            ("darts", "transferred", "c10", "c100", 70),
            ("darts", "transferred", "svhn", "c100", 71),
            ("darts", "direct", "", "c100", 72),
            ("enas", "direct", "", "flowers", 80),
            ("", "random", "", "c100", 60),
        )
        for seed in range(5)
    ]
    study = load_external(write_runs([HEADER, *rows]))
    single = [one for one in study.comparisons if one.question.target == "c100" and one.test.design]
    assert {(one.question.source, one.question.arm, one.question.against) for one in single} == {
        ("c10", "transferred", "random"),
        ("svhn", "transferred", "random"),
        ("c10", "direct", "random"),
        ("c10", "transferred", "direct"),
        ("svhn", "transferred", "direct"),
    }
    assert {one.question.method for one in study.comparisons} == {"darts"}
    assert [text.partition(":")[0] for text in answer.sentences(study)] == [
        "darts, c10 → c100",
        "darts, svhn → c100",
    ]


@pytest.mark.usefixtures("sketched")
def test_the_example_becomes_a_report_that_asserts_nothing_it_does_not_know(tmp_path, capsys):
    out = tmp_path / "report"
    assert cli.main(["compare", str(EXAMPLE), "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"report": str(out / "report.html")}
    text = (out / "report.md").read_text("utf-8")
    for word in ("Cost:", "augmentation", "initialisation", "equal rules", "cells", "epoch"):
        assert word not in text
    assert "The runs were made elsewhere" in text.partition("## Verdicts")[0]
    assert "the file of runs does not say" in text
    document = json.loads((out / "report.json").read_text("utf-8"))
    assert len(document["comparisons"]) == 6 and len(document["runs"]) == 56
    assert {file.name for file in (out / "tables").glob("*.csv")}.isdisjoint(
        {"checklist.csv", "costs.csv", "searches.csv", "sizes.csv"}
    )


def test_every_answer_can_be_asked_for_though_a_file_has_no_jobs():
    study = load_external(EXAMPLE)
    answers = [name for name in vars(Study) if isinstance(vars(Study)[name], cached_property)]
    assert {"arms", "costs", "lineages", "published", "similarity"} <= set(answers)
    for name in answers:
        getattr(study, name)
    assert len(study.published) == len(study.lineages) == len(study.budgets) == 0
    assert study.costs["total_seconds"].isna().all()


@pytest.mark.usefixtures("sketched")
def test_all_figures_are_those_that_runs_alone_can_fill(tmp_path):
    write_studies([load_external(EXAMPLE)], tmp_path, everything=True)
    drawn = {file.stem for file in (tmp_path / "figures").glob("*.svg")}
    assert drawn >= {"arms", "forest", "improvement"}
    assert drawn.isdisjoint({"alphas", "cells", "similarity", "pareto", "anytime"})
