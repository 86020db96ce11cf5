"""The job graph chooses the test; the values never do."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.answers.arms import Unit
from analysis.answers.comparisons.asked import list_declared
from analysis.answers.comparisons.family import Family, compare_family, compare_methods
from analysis.answers.comparisons.records import Verdict
from analysis.answers.comparisons.sentences import about_margin, say
from analysis.answers.comparisons.sentences import tested as describe_test
from analysis.answers.keys import ArmKey
from analysis.numbers import MINUS
from tests.analysis.experiments import Invention
from tests.analysis.loading import load_study

DIRECT = (73.1, 73.4, 72.9, 73.3, 73.0)
TRANSFERRED = (72.9, 73.2, 73.0, 73.1, 72.7)
RANDOM = (71.5, 71.9, 71.2, 71.7, 71.4)
PAIR = ("c10", "c100")


def arm(name, values, pair=PAIR, method="darts", *, searches=None, failed=0, end="failed"):
    """Return the units of one arm; by default each rests on a search of its own."""
    source, target = pair
    rows = []
    for seed, value in enumerate([*values, *[math.nan] * failed]):
        own = f"{method}-{target if name == 'direct' else source}-{seed}"
        own = f"{searches[seed]}" if searches else own
        rows.append(
            {
                "method": "" if name == "random" else method,
                "arm": name,
                "source": "" if name == "random" else source,
                "target": target,
                "unit": f"random {seed}: {target}" if name == "random" else own.split()[-1],
                "seed": seed,
                "value": value,
                "trainings": 1,
                "status": "done" if math.isfinite(value) else end,
                "ancestors": "" if name == "random" else own,
                "rules": "r",
            }
        )
    return pd.DataFrame(rows, columns=[*ArmKey._fields, *Unit._fields])


def permutation_p(x, y):
    """Return the p of Brunner and Munzel's statistic over all relabellings."""

    def statistic(a, b):
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            return stats.brunnermunzel(b, a).statistic

    return stats.permutation_test((x, y), statistic, n_resamples=np.inf, vectorized=False).pvalue


def compare(*arms, declared, pairs=(PAIR,), margin=None, methods=("darts",)):
    family = Family(methods, pairs, declared, margin)
    return compare_family(pd.concat(arms, ignore_index=True), family)


def test_searches_of_their_own_are_independent_whatever_their_correlation():
    (found,) = compare(
        arm("transferred", TRANSFERRED),
        arm("direct", DIRECT),
        declared=[("transferred", "direct")],
    )
    assert (found.test.rule, found.test.design) == ("D6", "independent")
    assert found.test.test == "exact studentised permutation of the rank sum"
    # Over all relabellings (scipy): its statistic is studentised, so that ties cost less than in
    # the plain rank sum, whose p is .357.
    assert found.test.outcome.p == pytest.approx(permutation_p(TRANSFERRED, DIRECT))
    assert found.test.outcome.direction == -1
    assert (found.effect.difference, found.effect.low, found.effect.high) == pytest.approx(
        (-0.16, -0.45197, 0.13197), abs=1e-5
    )


def test_runs_that_share_a_search_are_paired():
    shared = [f"first-{seed}" for seed in range(6)]
    (found,) = compare(
        arm("continued", [71, 72, 73, 74, 75, 77], searches=[f"{s} on-{s}" for s in shared]),
        arm("transferred", [70, 71, 72, 73, 74, 75], searches=shared),
        declared=[("continued", "transferred")],
    )
    assert (found.test.rule, found.test.design, found.sample.n_arm) == ("D2", "paired", 6)
    assert found.test.outcome.p == pytest.approx(2 / 2**6)
    assert found.test.correlation > 0.9


def test_random_architectures_are_the_control_of_the_table():
    (found,) = compare(
        arm("transferred", TRANSFERRED), arm("random", RANDOM), declared=[("transferred", "random")]
    )
    assert (found.test.rule, found.verdict) == ("D4", Verdict.SUPERIOR)
    assert found.test.outcome.p == pytest.approx(2 / 252)


def test_a_declared_margin_gives_the_sentence_of_the_specification():
    (found, *_) = compare(
        arm("transferred", TRANSFERRED),
        arm("direct", DIRECT),
        arm("random", RANDOM),
        declared=[("transferred", "direct")],
        margin=0.5,
    )
    assert (found.against_margin.margin, found.against_margin.assay) == (0.5, "yes")
    assert found.against_margin.equivalent_p == pytest.approx(0.013862, abs=1e-6)
    # Non-inferiority is one question more; equivalence, asked after it, costs nothing.
    assert found.adjusted.family == 2
    assert found.against_margin.equivalent_p_holm == pytest.approx(2 * 0.013862, abs=1e-5)
    assert found.against_margin.is_equivalent and found.verdict is Verdict.INCONCLUSIVE
    assert say(found, "cells of c10", "cells of c100") == (
        "cells of c10 did as well on c100 as cells of c100, within ±0.5 points (73.0 against "
        f"73.1 %, 0.2 points less; {MINUS}0.5 to +0.1 cannot be ruled out; 5 runs each)"
    )


def test_without_a_margin_nothing_is_called_equivalent():
    (found,) = compare(
        arm("transferred", TRANSFERRED),
        arm("direct", DIRECT),
        arm("random", RANDOM),
        declared=[("transferred", "direct")],
    )
    assert found.against_margin is None
    assert say(found, "these", "those").startswith("no difference was shown on c100 between these")


def test_an_interval_beside_zero_that_decides_nothing_says_why():
    (found,) = compare(
        arm("transferred", [73.0, 73.0, 73.1, 72.9, 70.9]),
        arm("direct", [71.0, 71.0, 71.1, 70.9, 70.95]),
        declared=[("transferred", "direct")],
    )
    assert found.effect.low > 0 and found.verdict is Verdict.INCONCLUSIVE
    p = f"{found.adjusted.p_holm:.2f}"
    assert say(found, "these", "those") == (
        "no difference was shown on c100 between these and those (72.6 against 71.0 %, 1.6 points "
        f"more; 95 % interval +0.4 to +2.8 taken by itself, but p = {p} by ranks and after Holm's "
        "correction; 5 runs each)"
    )


def test_what_is_as_good_as_direct_but_so_is_random_is_said_to_be():
    (found,) = compare(
        arm("transferred", TRANSFERRED),
        arm("direct", DIRECT),
        arm("random", DIRECT[::-1]),
        declared=[("transferred", "direct")],
        margin=0.5,
    )
    assert found.against_margin.assay == "no" and not found.against_margin.is_equivalent
    assert "direct search is not shown to beat random" in about_margin(found.against_margin)
    assert "as well" not in say(found, "these", "those")


def test_three_seeds_cannot_be_significant_and_the_verdict_says_so():
    (found,) = compare(
        arm("transferred", [90, 91, 92]), arm("direct", [70, 71, 72]),
        declared=[("transferred", "direct")],
    )  # fmt: skip
    assert found.test.p_min == pytest.approx(0.1) and found.adjusted.detectable is None
    assert found.verdict is Verdict.INFEASIBLE
    assert found.why == "no outcome of this experiment could be significant"
    assert "cannot tell these from those" in say(found, "these", "those")


@pytest.mark.parametrize("end", ["failed", "diverged"])
def test_failed_runs_rank_worst_and_the_line_without_them_is_printed(end):
    (found,) = compare(
        arm("transferred", [75, 76, 77, 78], failed=2, end=end),
        arm("direct", [70, 71, 72, 73, 74, 74.5]),
        declared=[("transferred", "direct")],
    )
    assert (found.sample.failed, found.sample.n_arm) == (2, 4)
    assert found.test.p_without_failures == pytest.approx(2 / 210)
    assert found.test.outcome.p > found.test.p_without_failures
    assert "4 and 6 runs; 2 and 0 more failed or diverged and rank worst" in say(found, "", "")


def test_targets_that_share_no_run_are_strata():
    other = ("svhn", "stl10")
    every = compare(
        arm("transferred", [71.2, 71.9, 72.3]),
        arm("direct", [70.8, 71.4, 71.0]),
        arm("transferred", [46.1, 45.2, 46.6], other),
        arm("direct", [45.0, 45.9, 44.8], other),
        declared=[("transferred", "direct")],
        pairs=(PAIR, other),
    )
    *each, pooled = every
    assert [one.test.outcome.p for one in each] == pytest.approx([0.2, 0.2])
    assert (pooled.test.rule, pooled.test.design) == ("D3", "stratified")
    assert pooled.test.outcome.p == pytest.approx(0.02)
    assert pooled.adjusted.family == 3


def test_the_same_searches_on_two_targets_are_relabelled_as_whole_runs():
    other = ("c10", "svhn")
    searches = {"darts": [f"d{n}" for n in range(4)], "eat_nas": [f"e{n}" for n in range(4)]}
    units = [
        arm("transferred", values, pair, method, searches=searches[method])
        for method, pair, values in (
            ("darts", PAIR, [75, 76, 77, 78]),
            ("darts", other, [85, 86, 87, 88]),
            ("eat_nas", PAIR, [70, 71, 72, 73]),
            ("eat_nas", other, [80, 81, 82, 83]),
        )
    ]
    family = Family(("darts", "eat_nas"), (PAIR, other))
    *_, pooled = compare_methods(pd.concat(units, ignore_index=True), family)
    assert (pooled.test.rule, pooled.test.design) == ("D3", "whole runs")
    assert (
        pooled.test.outcome.p == pooled.test.p_min == pytest.approx(2 / 70)
    )  # whatever the number of targets


def test_what_a_method_takes_no_part_in_is_not_in_the_family():
    units = pd.concat([arm("continued", TRANSFERRED), arm("direct", DIRECT)], ignore_index=True)
    declared = [("continued", "direct"), ("transferred", "direct")]
    (found,) = compare_family(units, Family(("darts", "control"), (PAIR,), declared))
    assert (found.question.method, found.question.arm) == ("darts", "continued")
    assert found.adjusted.family == 1 and found.adjusted.p_holm == found.test.outcome.p


def test_pairs_of_two_sources_ask_once_whether_direct_search_beats_random():
    other = ("svhn", "c100")
    found = compare(
        arm("direct", DIRECT), arm("random", RANDOM),
        arm("transferred", TRANSFERRED), arm("transferred", TRANSFERRED, other),
        declared=[("transferred", "random"), ("direct", "random")], pairs=(PAIR, other),
    )  # fmt: skip
    assert [one.question.arm for one in found] == ["transferred", "direct", "transferred"]
    assert {one.adjusted.family for one in found} == {3}


def test_arms_of_a_method_come_from_the_experiment_file(tmp_path):
    methods = ("darts", {"name": "darts", "label": "control", "arms": ["continued"]})
    folder = Invention(tmp_path / "some", seeds=2, methods=methods).write()
    asked = load_study([folder]).comparisons
    assert [one.question.method for one in asked] == ["darts"] * 3
    assert {one.adjusted.family for one in asked} == {3}


def test_one_control_on_all_targets_leaves_targets_alone_and_says_why():
    other = ("c100", "svhn")
    shared = arm("random", [70, 71, 72, 73])
    again = arm("random", [70, 71, 72, 73], other).assign(unit=shared["unit"])
    found = compare(
        arm("transferred", [75, 76, 77, 78]), shared,
        arm("transferred", [75, 76, 77, 78], other), again,
        declared=[("transferred", "random")], pairs=(PAIR, other),
    )  # fmt: skip
    assert {one.test.rule for one in found} == {"D4"}
    assert any("targets are tested one by one" in warning for warning in found[0].warnings)


def test_both_directions_give_the_home_advantage():
    back = ("c100", "c10")
    at_home, away = [75.0, 76, 77, 78], [70.0, 71, 72, 73]
    c10, c100 = ([f"{task}-{n}" for n in range(4)] for task in PAIR)
    found = compare(
        arm("direct", at_home, PAIR, searches=c100), arm("transferred", away, PAIR, searches=c10),
        arm("direct", at_home, back, searches=c10), arm("transferred", away, back, searches=c100),
        declared=[("direct", "transferred")], pairs=(PAIR, back),
    )  # fmt: skip
    (home,) = [one for one in found if one.test.rule == "D10"]
    assert (home.test.design, home.effect.scale) == ("home advantage", "SD")
    assert home.test.outcome.p == pytest.approx(2 / 70) and home.effect.difference > 0
    assert not any(one.test.design == "stratified" for one in found)  # which would cancel


def test_hundreds_of_runs_are_not_called_exactly_tested():
    (found,) = compare(
        arm("transferred", [70 + n / 100 for n in range(70)]),
        arm("direct", [70.2 + n / 100 for n in range(70)]),
        declared=[("transferred", "direct")],
    )
    assert found.test.test == "studentised permutation of the rank sum, large-sample t"
    assert "exact" not in describe_test(found)


def test_holm_counts_what_was_planned_also_where_it_came_to_nothing():
    lost = arm("direct", [0.0, 0.0]).assign(value=math.nan, status="missing")
    found = compare(
        arm("transferred", TRANSFERRED),
        arm("random", RANDOM),
        lost,
        declared=[("transferred", "random"), ("transferred", "direct")],
    )
    assert found[0].adjusted.family == 2 and found[1].adjusted is None
    assert found[0].adjusted.p_holm == pytest.approx(2 * 2 / 252)
    assert found[1].verdict is Verdict.NO_DATA
    assert "because no run of the arm direct has ended" in say(found[1], "a", "b")


def test_given_architectures_are_compared_with_random_ones_unless_the_protocol_says_otherwise():
    def declare(*primary, architectures=()):
        protocol = {"primary": [{"arm": arm, "against": against} for arm, against in primary]}
        return {"protocol": protocol, "architectures": architectures}

    usual = ("transferred", "direct")
    assert list_declared(declare(usual)) == [usual]
    with_given = declare(usual, architectures=[{"name": "a", "text": "b"}])
    assert list_declared(declare(usual), with_given) == [usual, ("given", "random")]
    said = declare(("given", "direct"), architectures=[{"name": "a", "text": "b"}])
    assert list_declared(said) == [("given", "direct")]
