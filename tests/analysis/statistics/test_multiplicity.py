"""Several comparisons at once, beside statsmodels and brute force."""

import itertools
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from analysis.statistics.counter import counting
from analysis.statistics.counter import tests_run as count_tests
from analysis.statistics.exact import exact_rank_p, sign_flip_p
from analysis.statistics.multiplicity import false_discovery_rate, holm, max_t

levels = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def test_false_discovery_rate_has_the_known_answer():
    expected = [0.02, 0.026667, 0.03, 0.02]
    assert false_discovery_rate([0.01, 0.02, 0.03, 0.005]) == pytest.approx(expected, abs=1e-6)


def reference(p, method):
    with mock.patch("gc.collect"):  # which it calls each time, a tenth of a second here
        return multipletests(p, method=method)[1].tolist()


@given(levels)
def test_both_corrections_are_those_of_statsmodels(p):
    assert holm(p) == pytest.approx(reference(p, "holm"))
    assert false_discovery_rate(p) == pytest.approx(reference(p, "fdr_bh"))


def test_max_t_of_one_method_is_near_its_full_permutation_test():
    x, control = np.array([3.0, 4.1, 5.2]), np.array([1.0, 2.2, 3.1])
    pool = np.concatenate([x, control])

    def welch_t(a, b):
        error = a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)
        return abs(a.mean() - b.mean()) / np.sqrt(error)

    null = []
    for rows in itertools.combinations(range(6), 3):
        rest = [row for row in range(6) if row not in rows]
        null.append(welch_t(pool[list(rows)], pool[rest]))
    exact = np.mean(np.array(null) >= welch_t(x, control) - 1e-9)
    (found,) = max_t([x], control, np.random.default_rng(0), draws=20_000)
    assert found == pytest.approx(exact, abs=0.012)


def test_max_t_is_never_below_a_single_test_and_keeps_the_order():
    rng = np.random.default_rng(0)
    control = np.linspace(-1, 1, 6)
    methods = [control + shift + rng.normal(0, 0.05, 6) for shift in (0.2, 1.0, 3.0)]
    together = max_t(methods, control, np.random.default_rng(1), draws=5000)
    alone = [max_t([one], control, np.random.default_rng(1), draws=5000)[0] for one in methods]
    assert all(many >= one - 0.02 for many, one in zip(together, alone, strict=True))
    assert together[2] < together[1] < together[0]


def test_every_test_of_a_report_is_counted():
    exact_rank_p([1, 2], [3, 4])
    assert count_tests() == 0  # outside any report
    with counting():
        exact_rank_p([1, 2], [3, 4])
        sign_flip_p([0.1, 0.2])
        assert count_tests() == 2
        with counting():
            assert count_tests() == 0
        assert count_tests() == 2
