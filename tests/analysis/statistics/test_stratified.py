"""Several tasks at once: the exact test over strata, and what it refuses."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics import stratified as module
from analysis.statistics.exact import doubled_ranks, exact_rank_p, rank_sum_null
from analysis.statistics.home import home_advantage
from analysis.statistics.intervals import stratified_t
from analysis.statistics.power import smallest_p, smallest_stratified_p
from analysis.statistics.stratified import (
    DependentStrataError,
    Stratum,
    stratified_rank,
    whole_run_rank,
)

TASKS = (
    ((71.2, 71.9, 72.3), (70.8, 71.4, 71.0)),
    ((46.1, 45.2, 46.6), (45.0, 45.9, 44.8)),
)
score = st.sampled_from([1.0, 2.0, 2.5, 3.0, 4.0])
task = st.tuples(st.lists(score, min_size=1, max_size=3), st.lists(score, min_size=1, max_size=3))


def strata(tasks, shared=()):
    """Return strata in which every run is its own, but for those named."""
    return [
        Stratum(
            x,
            y,
            [shared[i] if i < len(shared) else f"x{t}.{i}" for i in range(len(x))],
            [f"y{t}.{i}" for i in range(len(y))],
        )
        for t, (x, y) in enumerate(tasks)
    ]


def enumerated(tasks, weights):
    """Return the two-sided p by relabelling every task in every way."""
    ways, observed = [], 0.0
    for (x, y), weight in zip(tasks, weights, strict=True):
        ranks = stats.rankdata([*x, *y])
        ways.append([weight * sum(part) for part in itertools.combinations(ranks, len(x))])
        observed += weight * sum(ranks[: len(x)])
    sums = np.array([sum(one) for one in itertools.product(*ways)])
    tails = (sums <= observed + 1e-9).mean(), (sums >= observed - 1e-9).mean()
    return min(1.0, 2 * min(tails))


def test_two_tasks_have_the_known_answer():
    assert [exact_rank_p(x, y) for x, y in TASKS] == pytest.approx([0.2, 0.2])
    u = sum(stats.mannwhitneyu(x, y).statistic for x, y in TASKS)
    assert u == 16
    found = stratified_rank(strata(TASKS))
    assert found.p == pytest.approx(0.04)
    assert (found.draws, found.error) == (0, 0.0)


@pytest.mark.parametrize(("tasks", "p"), [(1, 0.1), (2, 0.005), (3, 2.5e-4), (4, 1.25e-5)])
def test_separated_tasks_reach_the_smallest_p(tasks, p):
    separated = [((4, 5, 6), (1, 2, 3))] * tasks
    assert stratified_rank(strata(separated)).p == pytest.approx(p)
    assert smallest_stratified_p([(3, 3)] * tasks) == pytest.approx(p)


def test_smallest_p_over_two_tasks_of_four_runs_is_that_of_the_table():
    assert smallest_stratified_p([(4, 4)] * 2) == pytest.approx(4.08e-4, rel=1e-3)


def test_null_of_u_counts_as_printed():
    null = rank_sum_null(doubled_ranks([1, 2, 3], [4, 5, 6]), 3)
    assert list(np.rint(null.chances * 20)) == [1, 1, 2, 3, 3, 3, 3, 2, 1, 1]


@settings(deadline=None, max_examples=60)
@given(st.lists(task, min_size=1, max_size=3))
def test_stratified_p_equals_the_enumeration_with_ties_and_equal_weights(tasks):
    found = stratified_rank(strata(tasks), "equal").p
    assert found == pytest.approx(enumerated(tasks, [1] * len(tasks)))


@settings(deadline=None, max_examples=60)
@given(st.lists(task, min_size=1, max_size=3))
def test_stratified_p_equals_the_enumeration_with_van_elterens_weights(tasks):
    weights = [1 / (len(x) + len(y) + 1) for x, y in tasks]
    assert stratified_rank(strata(tasks), "van Elteren").p == pytest.approx(
        enumerated(tasks, weights)
    )


def test_weights_are_van_elterens_unless_all_tasks_have_one_size():
    uneven = [((4, 5), (1, 2, 3)), ((7, 9, 8), (1, 2, 8.5, 3))]
    assert stratified_rank(strata(uneven)) == stratified_rank(strata(uneven), "van Elteren")
    assert stratified_rank(strata(TASKS)) == stratified_rank(strata(TASKS), "equal")


def test_draws_stand_in_where_the_sums_are_too_many(monkeypatch):
    exact = stratified_rank(strata(TASKS)).p
    monkeypatch.setattr(module, "LARGEST_SUPPORT", 1)
    found = stratified_rank(strata(TASKS), rng=np.random.default_rng(3))
    assert found.draws == 100_000
    assert 0 < found.error < 0.001
    assert found.p == pytest.approx(exact, abs=5 * found.error)
    assert found.p * (found.draws + 1) / 2 == pytest.approx(round(found.p * (found.draws + 1) / 2))


def test_strata_that_share_a_search_are_refused():
    with pytest.raises(DependentStrataError, match="two strata share 'search-1'"):
        stratified_rank(strata(TASKS, shared=["search-1"]))


def test_strata_that_share_one_of_several_ancestors_are_refused():
    tasks = strata(TASKS)
    continued = [
        Stratum(one.x, one.y, [("source", f"own {t}"), *one.x_units[1:]], one.y_units)
        for t, one in enumerate(tasks)
    ]
    with pytest.raises(DependentStrataError, match="relabel whole runs"):
        stratified_rank(continued)


def test_every_score_must_say_what_it_rests_on():
    with pytest.raises(ValueError, match="3 \\+ 3 scores and 2 \\+ 3 units"):
        stratified_rank([Stratum(*TASKS[0], ["a", "b"], ["c", "d", "e"])])


def test_whole_runs_have_the_smallest_p_of_one_task_whatever_their_number():
    x, y = [(4, 40, 1), (5, 50, 2), (6, 60, 3)], [(1, 10, 0), (2, 20, -1), (3, 30, -2)]
    found = whole_run_rank(x, y, ["a", "b", "c"], ["d", "e", "f"])
    assert found.p == pytest.approx(smallest_p(3, 3)) == pytest.approx(0.1)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_whole_run_p_equals_the_enumeration_of_joint_relabellings(data):
    n, m, targets = (data.draw(st.integers(1, 4)) for _ in range(3))
    rows = np.array([[data.draw(score) for _ in range(targets)] for _ in range(n + m)], dtype=float)
    sums = []
    for chosen in itertools.combinations(range(n + m), n):
        rest = [i for i in range(n + m) if i not in chosen]
        sums.append(
            sum(
                (rows[i, t] > rows[j, t]) + 0.5 * (rows[i, t] == rows[j, t])
                for t in range(targets)
                for i in chosen
                for j in rest
            )
        )
    sums = np.array(sums)
    tails = (sums <= sums[0] + 1e-9).mean(), (sums >= sums[0] - 1e-9).mean()
    names = [f"r{i}" for i in range(n + m)]
    found = whole_run_rank(rows[:n], rows[n:], names[:n], names[n:])
    assert found.p == pytest.approx(min(1, 2 * min(tails)))


def test_runs_that_rest_on_one_search_are_refused_as_whole_runs():
    with pytest.raises(DependentStrataError, match="two runs share 'a'"):
        whole_run_rank([(1, 2)], [(3, 4)], ["a"], ["a"])


def test_nothing_is_said_without_strata():
    assert np.isnan(stratified_rank([]).p)
    assert np.isnan(whole_run_rank([], [(1, 2)], [], ["a"]).p)
    assert smallest_stratified_p([]) == 1.0


def test_stratified_interval_is_that_of_the_formula():
    found = stratified_t(TASKS)
    gaps = [np.mean(x) - np.mean(y) for x, y in TASKS]
    pooled = [(np.var(x, ddof=1) + np.var(y, ddof=1)) / 2 for x, y in TASKS]
    error = np.sqrt(sum(v * (1 / 3 + 1 / 3) for v in pooled)) / 2
    half = stats.t.ppf(0.975, 8) * error
    assert (found.low, found.estimate, found.high) == pytest.approx(
        (np.mean(gaps) - half, np.mean(gaps), np.mean(gaps) + half)
    )


def test_stratified_interval_of_one_task_is_students():
    x, y = TASKS[0]
    expected = stats.ttest_ind(x, y).confidence_interval()
    found = stratified_t([(x, y)])
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_standardised_difference_does_not_depend_on_a_tasks_scale():
    scaled = [TASKS[0], tuple(tuple(100 * v for v in side) for side in TASKS[1])]
    assert stratified_t(scaled, standardised=True).low == pytest.approx(
        stratified_t(TASKS, standardised=True).low
    )


def test_home_advantage_is_found_where_stratifying_by_target_cancels():
    # Searches on A are one point better on A, searches on B on B.
    noise = np.array([0.0, 0.1, -0.1, 0.05, -0.05])
    on_a, on_b = (71.0 + noise, 50.0 + noise), (70.0 + noise, 51.0 - noise)
    found = home_advantage(on_a, on_b)
    assert found.p == pytest.approx(smallest_p(5, 5))
    assert found.advantage.low > 0
    assert found.source_p > 0.5
    scale = np.std([*on_a[0], *on_b[0]], ddof=1), np.std([*on_a[1], *on_b[1]], ddof=1)
    gaps = (on_a[0].mean() - on_b[0].mean()) / scale[0] + (on_b[1].mean() - on_a[1].mean()) / scale[
        1
    ]
    assert found.advantage.estimate == pytest.approx(gaps)


def test_home_advantage_of_constant_runs_is_unknown():
    found = home_advantage(([1, 1], [2, 3]), ([1, 1], [2, 4]))
    assert np.isnan(found.p) and "no spread" in found.advantage.method
