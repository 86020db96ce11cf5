"""Several comparisons at once, beside statsmodels and brute force."""

import math
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from analysis.statistics.counter import counting
from analysis.statistics.counter import tests_run as count_tests
from analysis.statistics.multiplicity import holm_chains
from analysis.statistics.paired import sign_flip_test
from analysis.statistics.relabelling import rank_test

levels = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def reference(p, method):
    with mock.patch("gc.collect"):  # which it calls each time, a tenth of a second here
        return multipletests(p, method=method)[1].tolist()


def holm(p):
    return [adjusted for (adjusted,) in holm_chains([[value] for value in p])]


@given(levels)
def test_correction_is_that_of_statsmodels(p):
    assert holm(p) == pytest.approx(reference(p, "holm"))


def test_correction_has_the_known_answer():
    assert holm([0.01, 0.02, 0.03, 0.005]) == pytest.approx([0.03, 0.04, 0.04, 0.02])


def test_a_question_that_could_not_be_answered_still_counts_in_the_family():
    assert holm([0.01, math.nan]) == pytest.approx([0.02, 1.0])


def test_a_second_question_costs_nothing_until_the_first_is_answered():
    # Non-inferiority and equivalence beside one other question: a family of two, not of three.
    assert holm_chains([[0.01, 0.02], [0.04]]) == [[0.02, 0.04], [0.04]]
    # What is not shown first is not asked next, however small its p.
    assert holm_chains([[0.2, 0.001], [0.01]]) == [[0.2, 0.2], [0.02]]


@given(st.lists(st.lists(st.floats(0, 1), min_size=1, max_size=3), min_size=1, max_size=4))
def test_chains_reject_what_passing_levels_on_rejects(chains):
    """Bretz et al. (2009): each chain holds a share of the level; a finished one gives it away."""
    adjusted = holm_chains(chains)
    for alpha in (0.01, 0.05, 0.2, 0.5):
        place, share = [0] * len(chains), alpha / len(chains)
        is_open = [True] * len(chains)
        progress = True
        while progress and any(is_open):
            progress = False
            share = alpha / sum(is_open)
            for at, chain in enumerate(chains):
                if is_open[at] and chain[place[at]] <= share:
                    place[at] += 1
                    is_open[at] = place[at] < len(chain)
                    progress = True
                    break
        rejected = [sum(p <= alpha * (1 + 1e-12) for p in chain) for chain in adjusted]
        assert all(abs(a - b) == 0 or _is_close(chains, alpha) for a, b in zip(rejected, place))  # noqa: B905


def _is_close(chains, alpha):
    """Tell whether a p lies on a boundary, where rounding decides."""
    return any(abs(p * k - alpha) < 1e-9 for chain in chains for p in chain for k in range(1, 5))


def test_every_test_of_a_report_is_counted():
    rank_test([1, 2], [3, 4])
    assert count_tests() == 0  # outside any report
    with counting():
        rank_test([1, 2], [3, 4])
        sign_flip_test([0.1, 0.2])
        assert count_tests() == 2
        with counting():
            assert count_tests() == 0
        assert count_tests() == 2
