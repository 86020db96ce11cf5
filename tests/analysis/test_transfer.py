"""What is compared with what, and what may be said of it."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.answers.arms import units
from analysis.answers.comparisons.records import Verdict
from analysis.answers.comparisons.sentences import say
from analysis.answers.costs import budget_table
from analysis.answers.transfer.gains import relative_improvement
from analysis.answers.transfer.gaps import matched, select
from analysis.loading.rows import list_rows
from analysis.numbers import p_value
from analysis.study import load
from harness.results.record import Status
from tests.analysis.ingredients import PROTOCOL
from tests.analysis.loading import load_one, load_study

PAIR = ("d10", "d100")
RANDOM = [71.5, 71.9, 71.2, 71.7, 71.4]


def _of(results, arm, against, method="darts"):
    return next(
        found
        for found in results.comparisons
        if (found.question.method, found.question.arm, found.question.against)
        == (method, arm, against)
    )


def test_relative_improvement_has_the_known_answers():
    transferred, direct = [72.9, 73.2, 73.0, 73.1, 72.7], [73.1, 73.4, 72.9, 73.3, 73.0]
    assert relative_improvement(transferred, RANDOM) == pytest.approx(2.0129, abs=1e-4)
    assert relative_improvement(direct, RANDOM) == pytest.approx(2.2365, abs=1e-4)


def test_relative_improvement_over_nothing_is_unknown():
    assert math.isnan(relative_improvement([], RANDOM))
    assert math.isnan(relative_improvement([50.0], []))
    assert math.isnan(relative_improvement([50.0], [0.0, 0.0]))


def test_arms_that_share_a_search_are_paired_and_others_are_not(invent):
    tables = load_one([invent(seeds=3)])
    found = units(tables.runs, tables.searches)
    of = {arm: select(found, "darts", arm, PAIR)
          for arm in ("continued", "transferred", "direct", "random")}  # fmt: skip
    assert len(matched(of["continued"], of["transferred"])) == 3
    assert matched(of["direct"], of["transferred"]) is None
    assert matched(of["transferred"], of["random"]) is None


def test_gap_and_gain_are_differences_of_means(invent):
    results = load_study([invent(spread=1e-9)])
    gaps = results.gaps[results.gaps["method"] == "darts"].set_index("difference")["estimate"]
    assert gaps["direct - transferred"] == pytest.approx(3.5)
    assert gaps["continued - transferred"] == pytest.approx(2.0)
    gains = results.gains[results.gains["method"] == "darts"].set_index("arm")["gain"]
    assert gains["transferred"] == pytest.approx(3.0)
    assert gains["direct"] == pytest.approx(6.5)


def test_family_counts_every_declared_comparison_of_every_method_and_pair(invent):
    results = load_study([invent(seeds=2)])
    assert [found.adjusted.family for found in results.comparisons] == [6] * 6


def test_a_clear_difference_with_enough_seeds_gets_a_verdict(invent):
    found = _of(load_study([invent(seeds=5, spread=0.3)]), "direct", "transferred")
    assert found.test.design == "independent"
    assert found.verdict is Verdict.SUPERIOR
    assert found.test.outcome.p == pytest.approx(found.test.p_min)
    assert found.adjusted.p_holm <= 0.05


def test_a_clear_loss_is_inferior(invent):
    levels = {"transferred": 85.0, "direct": 60.0, "continued": 1.0, "random": 1.0, "source": 1.0}
    found = _of(load_study([invent(seeds=5, levels=levels)]), "direct", "transferred")
    assert found.verdict is Verdict.INFERIOR


def test_too_few_seeds_are_infeasible_whatever_the_data_say(invent):
    for found in load_study([invent(seeds=3)]).comparisons:
        assert found.verdict in {Verdict.INFEASIBLE, Verdict.SUPERIOR}
        if found.question.against == "transferred":
            assert found.verdict is Verdict.INFEASIBLE
            assert "so few runs cannot tell" in say(found, "these", "those")


def test_one_seed_has_an_effect_but_no_interval(invent):
    found = _of(load_study([invent(seeds=1)]), "direct", "transferred")
    assert not math.isnan(found.effect.difference)
    assert math.isnan(found.effect.low)
    assert found.verdict is Verdict.INFEASIBLE
    assert "ruled out" not in say(found, "these", "those")


def test_an_arm_that_was_never_planned_is_not_asked_for(invent):
    assert load_study([invent(seeds=2, arms=("direct",))]).comparisons == []


def test_arms_on_different_tasks_are_not_compared(invent):
    protocol = {"primary": [{"arm": "source", "against": "transferred"}]}
    found = load_study([invent(seeds=2, protocol=protocol)]).comparisons[0]
    assert found.verdict is Verdict.NOT_COMPARABLE


def test_failed_run_ranks_worst_and_the_p_without_it_stands_beside(invent):
    def fate(job):
        crashes = job.name == "train-d100-darts-d100-s0"
        return (Status.FAILED, "ValueError: nan") if crashes else (Status.DONE, None)

    found = _of(load_study([invent(seeds=5, fate=fate)]), "direct", "transferred")
    assert (found.sample.n_arm, found.sample.n_against, found.sample.failed) == (4, 5, 1)
    assert found.test.outcome.p > found.test.p_without_failures
    assert "1 and 0 more failed or diverged and rank worst" in say(found, "these", "those")


def test_several_trainings_of_one_architecture_are_one_observation(invent):
    results = load_study([invent(seeds=3, train_seeds=4)])
    row = results.arms[(results.arms["method"] == "darts") & (results.arms["arm"] == "direct")]
    assert int(row["n"].iloc[0]) == 3
    assert _of(results, "direct", "transferred").sample.n_arm == 3


def test_equal_accuracies_are_inconclusive(invent):
    flat = dict.fromkeys(("source", "transferred", "continued", "direct", "random"), 80.0)
    results = load_study([invent(seeds=5, levels=flat, spread=0.0)])
    found = _of(results, "direct", "transferred")
    assert found.test.outcome.p == 1.0
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.effect.interval.startswith("no interval") or "no spread" in found.effect.interval
    assert say(found, "these", "those").startswith("no difference was shown on d100")


DOUBLED = {"method_budgets": {"random_search": {"examples": 8000}}}


def test_methods_whose_searches_cost_too_differently_are_marked(invent):
    (row,) = list_rows(
        load_study([invent(seeds=1, protocol=DOUBLED)]).budgets.query("task == 'd100'")
    )
    assert row["is_unequal"] and row["unit"] == "seconds"
    assert row["ratio"] == pytest.approx(2.0) and "darts 20 s" in row["methods"]


def test_equal_limits_are_compared_in_what_they_limit(invent):
    (row,) = list_rows(load_study([invent(seeds=1)]).budgets.query("task == 'd100'"))
    assert (row["unit"], row["ratio"], row["is_unequal"]) == ("examples", 1.0, False)


def timed(**seconds):
    rows = [
        {"task": "d", "role": "direct", "status": "done", "method": method, "seconds": value}
        for method, values in seconds.items()
        for value in values
    ]
    return pd.DataFrame(rows)


def test_noise_of_a_machine_is_no_unequal_budget():
    limits = {"a": {"examples": 1}, "b": {"examples": 2}}
    noisy = timed(a=[40.0, 60.0, 50.0], b=[70.0, 50.0, 90.0])
    (row,) = list_rows(budget_table(noisy, limits))
    assert row["ratio"] == pytest.approx(1.4) and not row["is_unequal"]
    logs = [np.log(noisy["seconds"][noisy["method"] == name]) for name in "ba"]
    low = stats.ttest_ind(*logs, equal_var=False).confidence_interval().low
    assert row["low"] == pytest.approx(math.exp(low))
    (sure,) = list_rows(budget_table(timed(a=[40.0, 41.0, 40.5], b=[70.0, 71.0, 69.0]), limits))
    assert sure["is_unequal"] and sure["low"] > 1.2


def test_both_directions_give_each_target_its_own_direct_arm(invent):
    pairs = (("d10", "d100"), ("d100", "d10"))
    results = load_study([invent(seeds=2, pairs=pairs, methods=("darts",))])
    direct = results.arms[results.arms["arm"] == "direct"]
    assert list(direct["target"]) == ["d100", "d10"]
    assert list(direct["n"]) == [2, 2]
    assert len(results.gaps[results.gaps["difference"] == "direct - transferred"]) == 2


def test_experiments_under_equal_rules_are_pooled_without_counting_a_job_twice(invent):
    results = load_study([invent("one", seeds=(0, 1)), invent("two", seeds=(1, 2))])
    row = results.arms[(results.arms["method"] == "darts") & (results.arms["arm"] == "direct")]
    assert list(row["n"]) == [3]
    assert list(results.arms[results.arms["arm"] == "random"]["n"]) == [6]


def test_experiments_under_different_rules_are_never_compared(invent):
    other = {"name": "other", "train": {**PROTOCOL["train"]}, "random_architectures": 3}
    studies = load([invent("one", seeds=2), invent("two", seeds=2, protocol=other)])
    assert [study.name for study in studies] == ["one", "two"]
    for study in studies:
        assert {found.sample.n_arm for found in study.comparisons} == {2}


@pytest.mark.parametrize(
    ("p", "text"),
    [(1.0, "1"), (0.1, "0.10"), (0.0476, "0.048"), (0.0079365, "0.0079"), (1e-9, "< 1e-4")],
)
def test_p_values_are_printed_with_two_digits_and_never_as_zero(p, text):
    assert p_value(p) == text
