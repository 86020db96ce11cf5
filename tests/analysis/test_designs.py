"""The job graph chooses the test; the values never do."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from analysis.answers.arms import Unit
from analysis.answers.comparisons.comparisons import Family, compare_family, compare_methods
from analysis.answers.comparisons.sentences import about_margin, say
from analysis.answers.comparisons.sentences import tested as describe_test
from analysis.answers.comparisons.verdicts import Verdict
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
    return pd.DataFrame(rows, columns=Unit._fields)


def compare(*arms, declared, pairs=(PAIR,), margin=None, methods=("darts",)):
    family = Family(methods, pairs, declared, margin)
    return compare_family(pd.concat(arms, ignore_index=True), family)


def test_searches_of_their_own_are_independent_whatever_their_correlation():
    (found,) = compare(
        arm("transferred", TRANSFERRED),
        arm("direct", DIRECT),
        declared=[("transferred", "direct")],
    )
    assert (found.rule, found.design) == ("D6", "independent")
    assert found.test == "exact permutation of the rank sum"
    assert found.p == pytest.approx(0.357143, abs=1e-6)
    assert (found.difference, found.low, found.high) == pytest.approx(
        (-0.16, -0.45197, 0.13197), abs=1e-5
    )


def test_runs_that_share_a_search_are_paired():
    shared = [f"first-{seed}" for seed in range(6)]
    (found,) = compare(
        arm("continued", [71, 72, 73, 74, 75, 77], searches=[f"{s} on-{s}" for s in shared]),
        arm("transferred", [70, 71, 72, 73, 74, 75], searches=shared),
        declared=[("continued", "transferred")],
    )
    assert (found.rule, found.design, found.n_arm) == ("D2", "paired", 6)
    assert found.p == pytest.approx(2 / 2**6)
    assert found.correlation > 0.9


def test_random_architectures_are_the_control_of_the_table():
    (found,) = compare(
        arm("transferred", TRANSFERRED), arm("random", RANDOM), declared=[("transferred", "random")]
    )
    assert (found.rule, found.verdict) == ("D4", Verdict.SUPERIOR)
    assert found.p == pytest.approx(2 / 252)


def test_a_declared_margin_gives_the_sentence_of_the_specification():
    (found, *_) = compare(
        arm("transferred", TRANSFERRED),
        arm("direct", DIRECT),
        arm("random", RANDOM),
        declared=[("transferred", "direct")],
        margin=0.5,
    )
    assert (found.margin, found.assay, found.family) == (0.5, "yes", 3)
    assert found.equivalent_p == pytest.approx(0.013862, abs=1e-6)
    assert found.equivalent_p_holm == pytest.approx(3 * 0.013862, abs=1e-5)
    assert found.is_equivalent and found.verdict is Verdict.INCONCLUSIVE
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
    assert not found.is_equivalent and not found.is_non_inferior
    assert say(found, "these", "those").startswith("no difference was shown on c100 between these")


def test_what_is_as_good_as_direct_but_so_is_random_is_said_to_be():
    (found,) = compare(
        arm("transferred", TRANSFERRED),
        arm("direct", DIRECT),
        arm("random", DIRECT[::-1]),
        declared=[("transferred", "direct")],
        margin=0.5,
    )
    assert found.assay == "no" and not found.is_equivalent
    assert "but so is random" in about_margin(found)
    assert "as well" not in say(found, "these", "those")


def test_three_seeds_cannot_be_significant_and_the_verdict_says_so():
    (found,) = compare(
        arm("transferred", [90, 91, 92]), arm("direct", [70, 71, 72]),
        declared=[("transferred", "direct")],
    )  # fmt: skip
    assert (found.p_min, found.capacity) == (pytest.approx(0.1), 0)
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
    assert (found.failed, found.n_arm) == (2, 4)
    assert found.p_without_failures == pytest.approx(2 / 210)
    assert found.p > found.p_without_failures
    assert "4 and 6 runs; 2 more failed or diverged and rank worst" in say(found, "", "")


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
    assert [one.p for one in each] == pytest.approx([0.2, 0.2])
    assert (pooled.rule, pooled.design) == ("D3", "stratified")
    assert pooled.p == pytest.approx(0.04)
    assert pooled.family == 3


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
    assert (pooled.rule, pooled.design) == ("D3", "whole runs")
    assert pooled.p == pooled.p_min == pytest.approx(2 / 70)  # whatever the number of targets


def test_what_a_method_takes_no_part_in_is_not_in_the_family():
    units = pd.concat([arm("continued", TRANSFERRED), arm("direct", DIRECT)], ignore_index=True)
    declared = [("continued", "direct"), ("transferred", "direct")]
    whole = Family(("darts", "control"), (PAIR,), declared)
    assert {one.family for one in compare_family(units, whole)} == {4}
    left_out = {("control", "direct"), ("darts", "transferred")}
    (asked,) = compare_family(units, replace(whole, left_out=left_out))
    assert (asked.method, asked.arm, asked.family) == ("darts", "continued", 1)
    assert asked.p_holm == asked.p


def test_arms_of_a_method_come_from_the_experiment_file(tmp_path):
    methods = ("darts", {"name": "darts", "label": "control", "arms": ["continued"]})
    folder = Invention(tmp_path / "some", seeds=2, methods=methods).write()
    asked = load_study([folder]).comparisons
    assert [one.method for one in asked] == ["darts"] * 3
    assert {one.family for one in asked} == {3}


def test_one_control_on_all_targets_leaves_targets_alone_and_says_why():
    other = ("c100", "svhn")
    shared = arm("random", [70, 71, 72, 73])
    again = arm("random", [70, 71, 72, 73], other).assign(unit=shared["unit"])
    found = compare(
        arm("transferred", [75, 76, 77, 78]), shared,
        arm("transferred", [75, 76, 77, 78], other), again,
        declared=[("transferred", "random")], pairs=(PAIR, other),
    )  # fmt: skip
    assert {one.rule for one in found} == {"D4"}
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
    (home,) = [one for one in found if one.rule == "D10"]
    assert (home.design, home.scale) == ("home advantage", "SD")
    assert home.p == pytest.approx(2 / 70) and home.difference > 0
    assert not any(one.design == "stratified" for one in found)  # which would cancel


def test_hundreds_of_runs_are_not_called_exactly_tested():
    (found,) = compare(
        arm("transferred", [70 + n / 100 for n in range(70)]),
        arm("direct", [70.2 + n / 100 for n in range(70)]),
        declared=[("transferred", "direct")],
    )
    assert found.test == "permutation of the rank sum, normal approximation"
    assert "exact" not in describe_test(found)


def test_holm_counts_every_declared_comparison_also_those_without_a_p():
    found = compare(
        arm("transferred", TRANSFERRED),
        arm("random", RANDOM),
        declared=[("transferred", "random"), ("transferred", "direct")],
    )
    assert [one.family for one in found] == [2, 2]
    assert found[0].p_holm == pytest.approx(2 * 2 / 252)
    assert found[1].verdict is Verdict.NO_DATA
    assert "because there is no finished run of the arm direct" in say(found[1], "a", "b")
