"""The studentised rank test: one task, several tasks, whole runs; and what it refuses."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics import placing
from analysis.statistics.placing import place_pairwise
from analysis.statistics.power import smallest_p, smallest_stratified_p
from analysis.statistics.relabelling import (
    DependentStrataError,
    Stratum,
    critical_values,
    rank_test,
    stratified_rank_test,
    whole_run_test,
)

TASKS = (
    ((71.2, 71.9, 72.3), (70.8, 71.4, 71.0)),
    ((46.1, 45.2, 46.6), (45.0, 45.9, 44.8)),
)
score = st.sampled_from([-math.inf, 1.0, 2.0, 2.5, 3.0, 4.0])
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


def place(x, y):
    """Return the gap of several targets, and the variances of it, by counting pair by pair.

    ``x`` and ``y`` hold one row per run, one column per target.
    """
    beats = [
        [sum((a > b) + 0.5 * (a == b) for a, b in zip(one, other, strict=True)) for other in y]
        for one in x
    ]
    wins, losses = np.sum(beats, axis=1), len(x) * len(x[0]) - np.sum(beats, axis=0)
    n, m = len(x), len(y)
    variances = [
        np.var(side, ddof=1) / (size * other**2) if size > 1 else 0.0
        for side, size, other in ((wins, n, m), (losses, m, n))
    ]
    return np.sum(wins) / (n * m) - len(x[0]) / 2, sum(variances)


def studentise(gap, variance):
    if abs(gap) < 1e-9:
        return 0.0
    return gap / math.sqrt(max(variance, 1e-18))


def relabel(rows, n):
    """Yield every split of rows into n and the others, the given one first."""
    for chosen in itertools.combinations(range(len(rows)), n):
        rest = [i for i in range(len(rows)) if i not in chosen]
        yield [rows[i] for i in chosen], [rows[i] for i in rest]


def two_sided(found):
    """Return the p of the first of all statistics."""
    slack = 1e-9 * max(1.0, abs(found[0]))
    below = np.mean([one <= found[0] + slack for one in found])
    above = np.mean([one >= found[0] - slack for one in found])
    return min(1.0, 2 * min(below, above))


@settings(deadline=None, max_examples=60)
@given(task)
def test_p_is_that_of_counting_every_relabelling(sides):
    x, y = ([(value,) for value in side] for side in sides)
    found = [studentise(*place(a, b)) for a, b in relabel([*x, *y], len(x))]
    outcome = rank_test(*sides)
    assert outcome.p == pytest.approx(two_sided(found))
    expected = math.copysign(math.inf, found[0]) if abs(found[0]) > 1e7 else found[0]
    assert outcome.statistic == pytest.approx(expected)
    assert outcome.is_exact


@settings(deadline=None, max_examples=40)
@given(st.lists(task, min_size=2, max_size=3))
def test_p_over_tasks_is_that_of_counting_with_van_elterens_weights(tasks):
    sizes = [(len(x), len(y)) for x, y in tasks]
    weights = [n * m / (n + m + 1) for n, m in sizes]
    ways = [
        [place(a, b) for a, b in relabel([(value,) for value in (*x, *y)], len(x))]
        for x, y in tasks
    ]
    found = [
        studentise(
            sum(w * gap for w, (gap, _) in zip(weights, one, strict=True)),
            sum(w * w * variance for w, (_, variance) in zip(weights, one, strict=True)),
        )
        for one in itertools.product(*ways)
    ]
    assert stratified_rank_test(strata(tasks)).p == pytest.approx(two_sided(found))


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_whole_run_p_is_that_of_counting_joint_relabellings(data):
    n, m, targets = (data.draw(st.integers(1, 4)) for _ in range(3))
    rows = [tuple(data.draw(score) for _ in range(targets)) for _ in range(n + m)]
    found = [studentise(*place(a, b)) for a, b in relabel(rows, n)]
    names = [f"r{i}" for i in range(n + m)]
    outcome = whole_run_test(rows[:n], rows[n:], names[:n], names[n:])
    assert outcome.p == pytest.approx(two_sided(found))


def test_the_statistic_is_brunner_and_munzels():
    rng = np.random.default_rng(0)
    for n, m in ((5, 8), (4, 12), (70, 90)):
        x, y = rng.normal(size=n).round(1), rng.normal(0.4, 2, size=m).round(1)
        # scipy's statistic is positive where the second sample is the larger one.
        assert rank_test(x, y).statistic == pytest.approx(-stats.brunnermunzel(x, y).statistic)


def test_many_runs_have_brunner_and_munzels_t():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=70), rng.normal(0.3, 2, size=90)
    found = rank_test(x, y)
    assert found.p == pytest.approx(stats.brunnermunzel(x, y).pvalue)
    assert (found.draws, found.is_exact) == (0, False)


def test_random_relabellings_come_near_the_exact_answer(monkeypatch):
    x, y = (3.0, 1.0, 2.5, 4.0, 0.5), (1.5, 0.0, -1.0, 2.0, -0.5, 0.2)
    exact = rank_test(x, y)
    monkeypatch.setattr(placing, "ENUMERATED", 1)
    placing.place_relabelled.cache_clear()
    placing.sort_null.cache_clear()
    drawn = rank_test(x, y)
    placing.place_relabelled.cache_clear()
    placing.sort_null.cache_clear()
    assert not drawn.is_exact and drawn.draws == placing.DRAWS
    assert drawn.p == pytest.approx(exact.p, abs=5 * drawn.error)
    assert drawn.statistic == exact.statistic


@pytest.mark.parametrize(("tasks", "p"), [(1, 0.1), (2, 0.005), (3, 2.5e-4)])
def test_separated_tasks_reach_the_smallest_p(tasks, p):
    separated = [((4, 5, 6), (1, 2, 3))] * tasks
    assert stratified_rank_test(strata(separated)).p == pytest.approx(p)
    assert smallest_stratified_p([(3, 3)] * tasks) == pytest.approx(p)
    assert stratified_rank_test(strata(separated)).direction == 1


def test_few_searches_against_many_wider_random_architectures_keep_the_level():
    # The plain rank sum rejects 16 to 29 of 100 true nulls here (Corrections of 2026-11-26, 4).
    rng = np.random.default_rng(1)
    for ratio in (3.0, 10.0):
        low, high = critical_values(5, 24, 0.05)
        # Symmetric about one value: no side is better.
        x, y = rng.normal(size=(4000, 5)) * ratio, rng.normal(size=(4000, 24))
        found = place_pairwise(x, y).statistic
        rate = ((found <= low) | (found >= high)).mean()
        assert 0.02 < rate < 0.085, ratio
        plain = np.mean([stats.mannwhitneyu(a, b).pvalue <= 0.05 for a, b in zip(x, y)])  # noqa: B905
        assert plain > 0.1, ratio


def test_critical_values_are_the_statistics_from_which_p_is_at_most_alpha():
    low, high = critical_values(4, 5, 0.05)
    rng = np.random.default_rng(2)
    for _ in range(200):
        found = rank_test(rng.normal(size=4), rng.normal(1.5, size=5))
        is_beyond = found.statistic <= low + 1e-9 or found.statistic >= high - 1e-9
        assert (found.p <= 0.05 + 1e-12) == is_beyond
    assert all(math.isnan(bound) for bound in critical_values(3, 3, 0.05))


def test_placing_many_pairs_equals_testing_each():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(20, 4)).round(), rng.normal(size=(20, 6)).round()
    assert place_pairwise(x, y).statistic == pytest.approx(
        [rank_test(a, b).statistic for a, b in zip(x, y, strict=True)]
    )


def test_strata_that_share_a_search_are_refused():
    with pytest.raises(DependentStrataError, match="two strata share 'search-1'"):
        stratified_rank_test(strata(TASKS, shared=["search-1"]))


def test_strata_that_share_one_of_several_ancestors_are_refused():
    tasks = strata(TASKS)
    continued = [
        Stratum(one.x, one.y, [("source", f"own {t}"), *one.x_units[1:]], one.y_units)
        for t, one in enumerate(tasks)
    ]
    with pytest.raises(DependentStrataError, match="relabel whole runs"):
        stratified_rank_test(continued)


def test_every_score_must_say_what_it_rests_on():
    with pytest.raises(ValueError, match="3 \\+ 3 scores and 2 \\+ 3 units"):
        stratified_rank_test([Stratum(*TASKS[0], ["a", "b"], ["c", "d", "e"])])


def test_whole_runs_have_the_smallest_p_of_one_task_whatever_their_number():
    x, y = [(4, 40, 1), (5, 50, 2), (6, 60, 3)], [(1, 10, 0), (2, 20, -1), (3, 30, -2)]
    found = whole_run_test(x, y, ["a", "b", "c"], ["d", "e", "f"])
    assert found.p == pytest.approx(smallest_p(3, 3)) == pytest.approx(0.1)


def test_runs_that_rest_on_one_search_are_refused_as_whole_runs():
    with pytest.raises(DependentStrataError, match="two runs share 'a'"):
        whole_run_test([(1, 2)], [(3, 4)], ["a"], ["a"])


def test_nothing_is_said_without_values():
    for found in (
        rank_test([], [1.0]),
        stratified_rank_test([]),
        whole_run_test([], [(1, 2)], [], ["a"]),
    ):
        assert math.isnan(found.p) and found.direction == 0
    assert smallest_stratified_p([]) == 1.0


@settings(deadline=None, max_examples=80)
@given(task)
def test_swapping_the_sides_turns_the_direction_and_keeps_p(sides):
    x, y = sides
    there, back = rank_test(x, y), rank_test(y, x)
    assert there.p == pytest.approx(back.p)
    assert there.direction == -back.direction
    assert there.p >= smallest_p(len(x), len(y)) - 1e-12


def test_rounding_noise_does_not_break_a_tie():
    assert rank_test([0.1 + 0.2], [0.3]).p == 1.0
