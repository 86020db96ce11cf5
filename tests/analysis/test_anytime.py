"""Warm starts over time: known answers, brute force, censoring."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from analysis.answers.warm_starts import HELD
from analysis.figures import anytime as anytime_plot
from analysis.figures.anytime import MEDIAN, SEED, SEEDS
from analysis.statistics.curves import (
    Curve,
    area_between,
    area_p,
    asymptotic,
    jumpstart,
    window,
)
from analysis.statistics.reaching import (
    expected_running_time,
    log_rank_p,
    reaching,
    thresholds,
    time_ratio,
)
from tests.analysis.loading import load_study


def _curve(values, start=1, end=None):
    costs = np.arange(start, start + len(values), dtype=float)
    return Curve(costs, np.array(values, dtype=float), end or float(start + len(values)))


COLD, WARM = _curve((60, 65, 70, 72)), _curve((66, 70, 72, 73))


def _noisy(level, seed, count=8, end=10):
    rng = np.random.default_rng(seed)
    return [_curve(level + np.sort(rng.normal(0, 1, end - 1)), end=end) for _ in range(count)]


def test_warm_start_has_the_known_answers():
    assert jumpstart([WARM], [COLD]).estimate == 6
    assert asymptotic([WARM], [COLD]).estimate == 1
    assert (COLD.area(1, 5), WARM.area(1, 5)) == (267, 281)
    assert area_between([WARM], [COLD]).estimate == pytest.approx(3.5)
    assert time_ratio(reaching([WARM], 70), reaching([COLD], 70)) == 1.5


def test_expected_running_time_has_the_known_answer():
    assert expected_running_time((3, 5, 10, 10), (True, True, False, False)) == 14
    assert expected_running_time((3, 5), (False, False)) == math.inf


def test_a_curve_holds_from_its_tick_on_and_is_unknown_before():
    assert list(COLD.at([1, 1.9, 2, 99])) == [60, 60, 65, 72]
    assert math.isnan(COLD.at(0.5))


def test_area_of_part_of_a_step_counts_that_part():
    assert COLD.area(1.5, 2.25) == pytest.approx(0.5 * 60 + 0.25 * 65)


def test_curves_are_compared_where_all_of_them_are_known():
    found = window([_curve((1, 2), start=3, end=9)], [_curve((1, 2, 3), end=7)])
    assert (found.start, found.end) == (3, 7)


def test_a_curve_against_itself_is_no_warm_start():
    curves = _noisy(70, 0)
    assert jumpstart(curves, curves).estimate == 0
    assert area_between(curves, curves).estimate == 0
    assert area_p(curves, curves) == 1


def test_area_between_curves_equals_the_mean_of_a_fine_grid():
    warm, cold = _noisy(72, 1), _noisy(70, 2)
    grid = np.linspace(1, 10, 90_001)[:-1]
    means = [np.mean([curve.at(grid).mean() for curve in curves]) for curves in (warm, cold)]
    assert area_between(warm, cold).estimate == pytest.approx(means[0] - means[1], abs=1e-3)


def test_searches_that_never_get_there_are_censored_not_dropped():
    found = reaching([WARM, COLD], 73)
    assert found.costs == (4, 5)
    assert found.reached == (True, False)
    assert found.median == 4
    assert reaching([COLD], 73).median == math.inf
    assert reaching([COLD, COLD, WARM], 73).median == math.inf


def test_median_time_is_that_of_kaplan_and_meier():
    curves = [*_noisy(70, 3), *_noisy(69.5, 4)]
    found = reaching(curves, 70.8)
    oracle = SurvfuncRight(np.array(found.costs), np.array(found.reached, dtype=int))
    assert 0 < sum(found.reached) < len(curves)
    expected = oracle.surv_times[oracle.surv_prob <= 0.5]
    assert found.median == (expected[0] if len(expected) else math.inf)


def test_log_rank_p_is_that_of_an_independent_computation():
    warm, cold = reaching(_noisy(71, 5), 71), reaching(_noisy(70, 6), 71)
    groups = np.repeat([0, 1], [len(warm.costs), len(cold.costs)])
    _, expected = survdiff(
        np.array(warm.costs + cold.costs), np.array(warm.reached + cold.reached), groups
    )
    assert log_rank_p(warm, cold) == pytest.approx(expected)


def test_log_rank_of_nothing_reached_is_unknown():
    assert math.isnan(log_rank_p(reaching([COLD] * 3, 99), reaching([COLD] * 3, 99)))


def test_thresholds_lie_between_the_cold_start_and_the_best_cold_end():
    assert thresholds([COLD, _curve((62, 80))]) == pytest.approx([70.5, 76.2, 79.05])


def test_continued_searches_are_counted_without_and_with_their_source(invent):
    results = load_study([invent(seeds=4)])
    table = results.process["process"].query("method == 'random_search' and currency == 'examples'")
    marginal, total = (table[table["account"] == name].iloc[0] for name in ("marginal", "total"))
    assert (marginal["start"], marginal["budget"]) == (1000, 4000)
    assert marginal["quality"] == "best validation accuracy so far"
    assert (total["start"], total["budget"]) == (5000, 8000)
    assert total["note"] == HELD
    assert 0 < marginal["p"] <= 1


def test_an_equal_total_control_needs_no_held_quality(invent):
    arms = ("continued", "direct", "direct_long")
    table = load_study([invent(seeds=2, arms=arms)]).process["process"]
    assert set(table["cold"]) == {"direct", "direct_long"}
    assert set(table[table["cold"] == "direct_long"]["account"]) == {"total"}


def test_gradient_searches_are_compared_by_their_super_network(invent):
    table = load_study([invent(seeds=2, methods=("darts",))]).process["process"]
    assert set(table["quality"]) == {"the super-network's validation accuracy"}


def test_times_to_quality_count_successes_and_censored_searches(invent):
    table = load_study([invent(seeds=4)]).process["reaching"]
    assert set(table["account"]) == {"marginal"} and set(table["cold"]) == {"direct"}
    rows = table.query("method == 'random_search' and currency == 'examples'")
    assert list(rows["share"]) == [0.5, 0.8, 0.95]
    assert (rows["reached_cold"] >= 1).all()
    assert (
        rows["expected_cold"] >= rows["median_cold"].where(rows["median_cold"] < math.inf, 0)
    ).all()


def test_without_continued_searches_there_is_nothing_to_tell(invent):
    found = load_study([invent(seeds=2, arms=("direct", "random"))]).process
    assert all(len(table) == 0 for table in found.values())
    assert set(found) == {"process", "reaching"}


def test_an_area_under_the_null_gets_a_uniform_p():
    found = [area_p(_noisy(70, 2 * i, count=5), _noisy(70, 2 * i + 1, count=5)) for i in range(200)]
    assert np.mean(np.array(found) <= 0.05) <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 200)
    assert stats.kstest(found, "uniform", alternative="greater").pvalue > 0.01


@pytest.mark.parametrize(("seeds", "kinds"), [(3, {SEED, MEDIAN}), (SEEDS + 2, {MEDIAN})])
def test_many_seeds_are_drawn_as_their_quartiles_only(invent, seeds, kinds):
    results = load_study([invent(seeds=seeds, methods=("random_search",), arms=("direct",))])
    table = anytime_plot.collect(results)
    assert set(table["kind"]) == kinds
    summary = table[(table["kind"] == MEDIAN) & (table["quality"] == "best_val_so_far")]
    assert (summary["low"] <= summary["value"]).all() and summary["n"].iloc[-1] == seeds
